"""What a price depends on besides the money (docs/formats.md §7)."""

from __future__ import annotations

from dataclasses import dataclass

from pos.domain.priced_item import LineKind
from pos.domain.tariff import Tariff
from pos.errors import UserError

ADJUSTMENT_KINDS = frozenset({LineKind.FEE, LineKind.DISCOUNT, LineKind.CREDIT})
"""Lines that do not come from the tariff."""


class PricingError(UserError):
    """No price can be given (`sale.*`).

    `limit_minor` is the amount that would do: the least one with `sale.below_charges` and
    `sale.below_minimum`, the largest with `sale.above_maximum`; None with the other codes.
    """

    def __init__(self, code: str, text: str, limit_minor: int | None = None) -> None:
        super().__init__(code, text)
        self.limit_minor = limit_minor


@dataclass(frozen=True, slots=True)
class Basis:
    """What a meter had this calendar month before the sale, on all tills and with reservations.

    The names are those of the journal (docs/formats.md §4); `charges_taken` holds charge codes.
    """

    bought_before_milli: int = 0
    charges_taken: tuple[str, ...] = ()
    free_before_milli: int = 0
    arrears_before_minor: int = 0

    def __post_init__(self) -> None:
        """Refuse figures below zero (`sale.basis`)."""
        if min(self.bought_before_milli, self.free_before_milli, self.arrears_before_minor) < 0:
            raise PricingError("sale.basis", "The month figures of a meter cannot be below zero.")


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An amount that is no part of the tariff: FEE (tax inside), DISCOUNT or CREDIT; always given above zero.

    A fee without `tax_code` gets the tariff's tax on fees.
    """

    kind: LineKind
    code: str
    amount_minor: int
    tax_code: str = ""

    def __post_init__(self) -> None:
        """Refuse another kind or an amount not above zero (`sale.adjustment`)."""
        if self.kind not in ADJUSTMENT_KINDS or self.amount_minor <= 0:
            text = "Only a fee, a discount or a credit above zero can adjust a sale."
            raise PricingError("sale.adjustment", text)

    @property
    def signed_minor(self) -> int:
        """The amount as its line has it: a fee adds to what is paid, the others take from it."""
        return self.amount_minor if self.kind is LineKind.FEE else -self.amount_minor


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything a price depends on besides the money; `carry_in_milli` is that of this till and meter.

    `is_free_allowed` is false where this till may not give the month's free units (offline, and not the
    meter's home till).
    """

    tariff: Tariff
    basis: Basis = Basis()
    carry_in_milli: int = 0
    is_free_allowed: bool = True
    adjustments: tuple[Adjustment, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a carry below zero (`sale.carry`)."""
        if self.carry_in_milli < 0:
            raise PricingError("sale.carry", "The carried units of a meter cannot be below zero.")
