"""The rates of a tariff as whole numbers over common denominators: exact prices (docs/formats.md §7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pos.domain.money import PPM, half_up
from pos.domain.tariff import Tariff, Tax, Taxed

_RATE_SCALE = 10**9
"""A rate in micro times units in milli, over this, is minor units."""


@dataclass(frozen=True, slots=True)
class Step:
    """A block in whole numbers: `energy` and `price` of 0.001 unit over the denominators of its `Rates`."""

    block: int
    rate_micro: int
    to_milli: int | None
    energy: int
    price: int


class Rates:
    """A tariff's rates over two common denominators, so that prices are exact and rounded only as lines.

    `denominator` is that of stated amounts (energy without inclusive levies; each levy), `denominator` · PPM
    that of full prices (with exclusive tax).
    """

    __slots__ = ("denominator", "energy_tax", "levies", "levy_tax", "price_denominator", "steps")

    def __init__(self, tariff: Tariff) -> None:
        inside_ppm = sum(levy.ppm or 0 for levy in tariff.levies if levy.is_inclusive)
        inside_micro = sum(levy.rate_micro or 0 for levy in tariff.levies if levy.is_inclusive)
        share_base = PPM + inside_ppm
        self.denominator = share_base * PPM * _RATE_SCALE
        self.price_denominator = self.denominator * PPM
        self.energy_tax = tariff.tax_on(Taxed.ENERGY)
        self.levy_tax = tariff.tax_on(Taxed.LEVY)
        self.levies = tuple(
            (levy, (levy.rate_micro or 0) * share_base * PPM, levy.ppm or 0) for levy in tariff.levies
        )
        self.steps = tuple(
            self._step(
                number, block.rate_micro, block.to_milli, (block.rate_micro - inside_micro) * PPM * PPM
            )
            for number, block in enumerate(tariff.blocks, start=1)
        )

    def _step(self, number: int, rate_micro: int, to_milli: int | None, energy: int) -> Step:
        levies = sum(self.levy_amount(index, energy, 1) for index in range(len(self.levies)))
        price = energy * _times_with_tax(self.energy_tax) + levies * _times_with_tax(self.levy_tax)
        return Step(number, rate_micro, to_milli, energy, price)

    def levy_amount(self, index: int, energy: int, units_milli: int) -> int:
        """Give the stated amount of a levy on `units_milli` that cost `energy`, over `denominator`."""
        _, per_milli, ppm = self.levies[index]
        return per_milli * units_milli + energy * ppm // PPM

    def segments(self, bought_before_milli: int) -> Iterator[tuple[Step, int | None]]:
        """Give the blocks still open and the room left in each (None: without end)."""
        for step in self.steps:
            if step.to_milli is None:
                yield step, None
            elif step.to_milli > bought_before_milli:
                yield step, step.to_milli - bought_before_milli
                bought_before_milli = step.to_milli

    def price(self, units_milli: int, bought_before_milli: int) -> int:
        """Give the exact price of units over `price_denominator`."""
        total, left = 0, units_milli
        for step, room in self.segments(bought_before_milli):
            units = left if room is None else min(left, room)
            total += units * step.price
            left -= units
        return total

    def affordable(self, money: int, bought_before_milli: int) -> list[tuple[Step, int]]:
        """Give the most units per block whose exact price is not above `money` (over `price_denominator`)."""
        bought = []
        for step, room in self.segments(bought_before_milli):
            units = money // step.price if room is None else min(room, money // step.price)
            if units:
                bought.append((step, units))
            # A block that is not full keeps the next ones shut, even cheaper ones.
            money = money - units * step.price if units == room else 0
        return bought

    def net_minor(self, amount: int, tax: Tax | None) -> int:
        """Give a stated amount without its inclusive tax, to the minor unit, half up."""
        if tax is None or not tax.is_inclusive:
            return half_up(amount, self.denominator)
        return half_up(amount * PPM, self.denominator * (PPM + tax.ppm))

    def tax_minor(self, amount: int, tax: Tax) -> int:
        """Give the tax in or on a stated amount, to the minor unit, half up."""
        base = PPM + tax.ppm if tax.is_inclusive else PPM
        return half_up(amount * tax.ppm, self.denominator * base)


def _times_with_tax(tax: Tax | None) -> int:
    """Give the factor, in ppm, from a stated amount to what it costs: only an exclusive tax adds to it."""
    return PPM if tax is None or tax.is_inclusive else PPM + tax.ppm
