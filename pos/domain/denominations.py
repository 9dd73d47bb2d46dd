"""The notes and coins of a currency: what a drawer is counted in, and change is given in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pos.domain.money import minor_digits


@dataclass(frozen=True, slots=True)
class Denominations:
    """Values in minor units, the largest first."""

    notes: tuple[int, ...]
    coins: tuple[int, ...]

    @property
    def all(self) -> tuple[int, ...]:
        """Notes, then coins."""
        return (*self.notes, *self.coins)


def _major(notes: tuple[int, ...], coins: tuple[int, ...], digits: int) -> Denominations:
    scale = 10**digits
    return Denominations(tuple(n * scale for n in notes), tuple(c * scale for c in coins))


_KNOWN: Mapping[str, Denominations] = MappingProxyType(
    {
        "RWF": Denominations((5000, 2000, 1000, 500), (100, 50, 20, 10, 5, 1)),
        "UGX": Denominations((50_000, 20_000, 10_000, 5000, 2000, 1000), (1000, 500, 200, 100, 50)),
        "BIF": Denominations((10_000, 5000, 2000, 1000, 500), (100, 50, 10, 5, 1)),
        "KES": _major((1000, 500, 200, 100, 50), (40, 20, 10, 5, 1), 2),
        "TZS": _major((10_000, 5000, 2000, 1000, 500), (500, 200, 100, 50), 2),
        "CDF": _major((20_000, 10_000, 5000, 1000, 500, 200, 100, 50), (), 2),
        "ZMW": Denominations(
            (50_000, 20_000, 10_000, 5000, 2000, 1000, 500, 200), (500, 200, 100, 50, 10, 5)
        ),
        "MWK": _major((5000, 2000, 1000, 500, 200, 100, 50, 20), (10, 5, 1), 2),
        "ZAR": Denominations((20_000, 10_000, 5000, 2000, 1000), (500, 200, 100, 50, 20, 10)),
        "NGN": _major((1000, 500, 200, 100, 50, 20, 10, 5), (2, 1), 2),
        "GHS": Denominations((20_000, 10_000, 5000, 2000, 1000, 500, 200, 100), (200, 100, 50, 20, 10)),
    }
)


def denominations_of(currency: str) -> Denominations:
    """Return the notes and coins of a currency; for one we do not know, round values to type counts for."""
    known = _KNOWN.get(currency)
    if known is not None:
        return known
    digits = minor_digits(currency)
    return _major((1000, 500, 200, 100, 50, 20, 10), (5, 2, 1), digits)


def change_in_pieces(amount_minor: int, currency: str) -> tuple[tuple[int, int], ...]:
    """Return (value, pieces) that make up an amount, the largest first; what no coin covers is left out."""
    values = sorted(set(denominations_of(currency).all), reverse=True)
    found = []
    left = amount_minor
    for value in values:
        pieces, left = divmod(left, value)
        if pieces:
            found.append((value, pieces))
    return tuple(found)


def quick_tenders(amount_minor: int, currency: str, *, most: int = 3) -> tuple[int, ...]:
    """Return what a customer is likely to hand over: the exact money, then the next sums of whole notes."""
    found = [amount_minor]
    notes = denominations_of(currency).notes
    for note in sorted({*notes, *(2 * note for note in notes[:1])}):
        rounded = -(-amount_minor // note) * note
        if rounded > found[-1] and len(found) < most:
            found.append(rounded)
    return tuple(found)
