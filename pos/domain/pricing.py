"""The one pricing function: trial vend, sale, receipt, report and server use it (docs/formats.md §7).

Pure and exact: the result follows from the tariff, the basis and the money alone, on whole numbers. Order of
a price: fees, discounts and credit, arrears, charges with their tax, then energy for the rest.

Where the formats are silent:

- Fees come off the money first; a discount and a credit add to what it buys and stand as negative lines.
  They are inputs: the server takes them from the item's own lines (`price_again`).
- "Percent of money" in the arrears rule is of the money paid, before fees and without `cash_rounding`.
- By units, the coins rounded up are a `cash_rounding` line and buy nothing: the price of the units holds.
- A smallest or largest vend holds for the money paid. Units asked for below the smallest vend are refused,
  not rounded up to it: the customer would get, and pay, much more than was asked.
- All free units of the month go with the first sale that may give them. They are a line of amount 0.
- Energy lines show what is left of the block's price after inclusive levies and inclusive tax are taken out.
  Levy and tax on energy and levies are one line per code, over all blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from pos.domain.canonical import INTEGER_MAX
from pos.domain.money import format_major, round_up_to, share, tax_inside
from pos.domain.price_terms import ADJUSTMENT_KINDS, Adjustment, Basis, PricingError, Terms
from pos.domain.priced_item import LineKind, PricedItem, PriceLine
from pos.domain.rates import Rates, Step
from pos.domain.tariff import ArrearsKind, ArrearsRule, Charge, Period, Tariff, Taxed

TOKEN_STEP_MILLI = 100
"""One 0.1 step of a token."""

TOKEN_STEP_MILLI_MAX = 100_000
"""The coarsest step of a token (from 181862.4 units): what is carried is always less."""

RepresentableTenths = Callable[[int], int]
"""Given tenths of a unit, the largest amount not above it that a token can say, in tenths."""


def price_by_money(
    terms: Terms,
    money_minor: int,
    *,
    representable_tenths: RepresentableTenths,
    cash_rounding_minor: int = 0,
) -> PricedItem:
    """Price a sale of `money_minor`, of which `cash_rounding_minor` buys nothing.

    Raises:
        PricingError: `sale.amount` (no such money), `sale.below_charges` and `sale.below_minimum` (too
            little, naming the least amount), `sale.above_maximum` (over the tariff's largest vend),
            `sale.above_token` (more units than one token can say).
    """
    return _Pricing(terms).price(money_minor, cash_rounding_minor, representable_tenths)


def price_by_units(
    terms: Terms,
    units_milli: int,
    *,
    representable_tenths: RepresentableTenths,
    smallest_coin_minor: int = 1,
) -> PricedItem:
    """Price at least `units_milli`: the least money that buys them, then up to the smallest coin.

    Raises:
        PricingError: as `price_by_money`, and `sale.amount` for units or a coin not above zero.
    """
    if not 0 < units_milli <= INTEGER_MAX or smallest_coin_minor <= 0:
        raise PricingError("sale.amount", "Enter how many units to sell.")
    pricing = _Pricing(terms)
    least_minor = pricing.least_money(units_milli)
    money_minor = round_up_to(least_minor, smallest_coin_minor)
    return pricing.price(money_minor, money_minor - least_minor, representable_tenths)


def price_again(
    tariff: Tariff, basis: Basis, item: PricedItem, *, representable_tenths: RepresentableTenths
) -> PricedItem:
    """Compute the price of an item anew from its basis; it equals `item` if the till computed rightly.

    Fees, discounts, credit, cash rounding, carry in and whether free units were given are the item's facts.

    Raises:
        PricingError: the item's facts make no price; its lines are then wrong too.
    """
    adjustments = tuple(
        Adjustment(line.kind, line.code, abs(line.amount_minor), line.tax_code)
        for line in item.lines
        if line.kind in ADJUSTMENT_KINDS
    )
    return price_by_money(
        Terms(tariff, basis, item.carry_in_milli, item.free_milli > 0, adjustments),
        item.money_minor,
        representable_tenths=representable_tenths,
        cash_rounding_minor=item.total_minor(LineKind.CASH_ROUNDING),
    )


def basis_after(tariff: Tariff, basis: Basis, item: PricedItem) -> Basis:
    """Count a sale or a reserved quote into the next one's basis, so that any interleaving prices alike."""
    monthly = {charge.code for charge in tariff.charges if charge.period is Period.MONTH}
    taken = tuple(line.code for line in item.lines if line.kind is LineKind.CHARGE and line.code in monthly)
    return replace(
        basis,
        bought_before_milli=basis.bought_before_milli + item.units_milli,
        charges_taken=basis.charges_taken + taken,
        free_before_milli=basis.free_before_milli + item.free_milli,
        arrears_before_minor=basis.arrears_before_minor - item.total_minor(LineKind.ARREARS),
    )


def _charge_parts(tariff: Tariff, charge: Charge) -> tuple[int, int, str]:
    """Split a charge into its line, its tax and the code of that tax; both to the minor unit."""
    tax = tariff.charge_tax(charge)
    if tax is None:
        return charge.amount_minor, 0, ""
    if tax.is_inclusive:
        tax_minor = tax_inside(charge.amount_minor, tax.ppm)
        return charge.amount_minor - tax_minor, tax_minor, tax.code
    return charge.amount_minor, share(charge.amount_minor, tax.ppm), tax.code


def _wanted_arrears(rule: ArrearsRule, money_minor: int, due_minor: int) -> int:
    if rule.kind is ArrearsKind.FIXED:
        return rule.amount_minor or 0
    if rule.kind is ArrearsKind.PERCENT:
        return share(money_minor, rule.ppm or 0)
    return due_minor if rule.kind is ArrearsKind.ALL else 0


@dataclass(slots=True)
class _Lines:
    """The lines of an item while they are written, numbered from 1."""

    lines: list[PriceLine] = field(default_factory=list)

    def add(self, kind: LineKind, code: str, amount_minor: int, tax_code: str = "") -> None:
        """Add a line unless its amount is zero."""
        if amount_minor:
            self.lines.append(PriceLine(len(self.lines) + 1, kind, code, amount_minor, 0, tax_code))

    def keep(self, line: PriceLine) -> None:
        """Add a line whatever its amount: it says that units were given or a charge was taken."""
        self.lines.append(replace(line, n=len(self.lines) + 1))

    def total_minor(self) -> int:
        """Add up all lines."""
        return sum(line.amount_minor for line in self.lines)


_RATES_MAX = 64
_rates: dict[int, tuple[Tariff, Rates]] = {}


def _rates_of(tariff: Tariff) -> Rates:
    """Return a tariff's rates, made once: a tariff never changes, and a shop has few."""
    known = _rates.get(id(tariff))
    if known is not None and known[0] is tariff:
        return known[1]
    if len(_rates) >= _RATES_MAX:
        _rates.clear()
    rates = Rates(tariff)
    _rates[id(tariff)] = (tariff, rates)
    return rates


class _Pricing:
    """One set of terms, prepared: charges due, rates and what the adjustments add to the money."""

    __slots__ = ("_adjusting_minor", "_basis", "_charges", "_charges_minor", "_rates", "_tariff", "_terms")

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._tariff = terms.tariff
        self._basis = terms.basis
        self._rates = _rates_of(terms.tariff)
        self._charges = [
            (charge.code, *_charge_parts(terms.tariff, charge)) for charge in _charges_due(terms)
        ]
        self._charges_minor = sum(amount + tax for _, amount, tax, _ in self._charges)
        self._adjusting_minor = sum(adjustment.signed_minor for adjustment in terms.adjustments)

    def price(
        self, money_minor: int, cash_rounding_minor: int, representable_tenths: RepresentableTenths
    ) -> PricedItem:
        """Price the money; errors as `price_by_money`."""
        if not 0 <= cash_rounding_minor <= money_minor <= INTEGER_MAX:
            raise PricingError("sale.amount", "Enter how much money to sell for.")
        buying_minor = money_minor - cash_rounding_minor
        self._check_limits(money_minor, buying_minor)
        bought = self._rates.affordable(
            self._for_energy(buying_minor) * self._rates.price_denominator, self._basis.bought_before_milli
        )
        free_milli = self._free_milli()
        lines = self._write(money_minor, cash_rounding_minor, bought, free_milli)
        return self._item(
            money_minor, lines, sum(units for _, units in bought), free_milli, representable_tenths
        )

    def least_money(self, units_milli: int) -> int:
        """Give the least money that buys at least `units_milli`, by search: more money never buys less."""
        needed_minor = self._cost_minor(units_milli)
        low = max(0, needed_minor + self._charges_minor + self._adjusting_minor)
        high = low + self._basis.arrears_before_minor
        while low < high:
            middle = (low + high) // 2
            if self._for_energy(middle) >= needed_minor:
                high = middle
            else:
                low = middle + 1
        return low

    def _cost_minor(self, units_milli: int) -> int:
        """Give the exact price of units, up to the minor unit: the least whole money that pays for them."""
        price = self._rates.price(units_milli, self._basis.bought_before_milli)
        return -(-price // self._rates.price_denominator)

    def _arrears(self, money_minor: int) -> int:
        rule, due_minor = self._tariff.arrears, self._basis.arrears_before_minor
        wanted = _wanted_arrears(rule, money_minor, due_minor)
        cap_minor = due_minor if rule.cap_minor is None else rule.cap_minor
        return max(0, min(wanted, due_minor, cap_minor, money_minor - self._adjusting_minor))

    def _for_energy(self, money_minor: int) -> int:
        """Give what is left after adjustments, arrears and charges; below zero if they are not covered."""
        return money_minor - self._adjusting_minor - self._arrears(money_minor) - self._charges_minor

    def _check_limits(self, money_minor: int, buying_minor: int) -> None:
        largest = self._tariff.max_minor
        if largest is not None and money_minor > largest:
            text = f"One sale may be at most {self._major(largest)}."
            raise PricingError("sale.above_maximum", text, largest)
        if self._for_energy(buying_minor) < self._cost_minor(TOKEN_STEP_MILLI):
            least = max(self.least_money(TOKEN_STEP_MILLI), self._tariff.min_minor)
            text = f"Too little for what is due and 0.1 unit; the least amount is {self._major(least)}."
            raise PricingError("sale.below_charges", text, least)
        if money_minor < self._tariff.min_minor:
            text = f"The least amount is {self._major(self._tariff.min_minor)}."
            raise PricingError("sale.below_minimum", text, self._tariff.min_minor)

    def _major(self, amount_minor: int) -> str:
        return f"{format_major(amount_minor, self._tariff.currency)} {self._tariff.currency}"

    def _free_milli(self) -> int:
        if not self._terms.is_free_allowed:
            return 0
        return max(0, self._tariff.free_milli - self._basis.free_before_milli)

    def _write(
        self, money_minor: int, cash_rounding_minor: int, bought: list[tuple[Step, int]], free_milli: int
    ) -> tuple[PriceLine, ...]:
        lines = _Lines()
        arrears_minor = self._arrears(money_minor - cash_rounding_minor)
        lines.add(LineKind.ARREARS, "arrears", arrears_minor, self._tariff.arrears.tax_code)
        for code, amount_minor, tax_minor, tax_code in self._charges:
            lines.keep(PriceLine(0, LineKind.CHARGE, code, amount_minor, 0, tax_code))
            lines.add(LineKind.TAX, tax_code, tax_minor, tax_code)
        self._write_energy(lines, bought)
        if free_milli:
            lines.keep(PriceLine(0, LineKind.FREE, "free", 0, free_milli))
        for adjustment in self._terms.adjustments:
            tax_code = self._adjustment_tax(adjustment)
            lines.add(adjustment.kind, adjustment.code, adjustment.signed_minor, tax_code)
        rounding_minor = money_minor - cash_rounding_minor - lines.total_minor()
        lines.add(LineKind.ROUNDING, "rounding", rounding_minor)
        lines.add(LineKind.CASH_ROUNDING, "cash_rounding", cash_rounding_minor)
        return tuple(lines.lines)

    def _adjustment_tax(self, adjustment: Adjustment) -> str:
        fee_tax = self._tariff.tax_on(Taxed.FEE)
        if adjustment.tax_code or adjustment.kind is not LineKind.FEE or fee_tax is None:
            return adjustment.tax_code
        return fee_tax.code

    def _write_energy(self, lines: _Lines, bought: list[tuple[Step, int]]) -> None:
        rates = self._rates
        for step, units in bought:
            net_minor = rates.net_minor(step.energy * units, rates.energy_tax)
            tax_code = rates.energy_tax.code if rates.energy_tax else ""
            lines.keep(
                PriceLine(
                    0, LineKind.ENERGY, "energy", net_minor, units, tax_code, step.rate_micro, step.block
                )
            )
        energy = sum(step.energy * units for step, units in bought)
        levies = self._write_levies(lines, energy, sum(units for _, units in bought))
        self._write_taxes(lines, energy, levies)

    def _write_levies(self, lines: _Lines, energy: int, units_milli: int) -> int:
        rates = self._rates
        tax_code = rates.levy_tax.code if rates.levy_tax else ""
        total = 0
        for index, (levy, _, _) in enumerate(rates.levies):
            amount = rates.levy_amount(index, energy, units_milli)
            net_minor = rates.net_minor(amount, rates.levy_tax)
            lines.keep(PriceLine(0, LineKind.LEVY, levy.code, net_minor, 0, tax_code, levy.rate_micro))
            total += amount
        return total

    def _write_taxes(self, lines: _Lines, energy: int, levies: int) -> None:
        rates = self._rates
        if rates.energy_tax == rates.levy_tax:
            energy, levies = energy + levies, 0
        for tax, amount in ((rates.energy_tax, energy), (rates.levy_tax, levies)):
            if tax is not None:
                lines.add(LineKind.TAX, tax.code, rates.tax_minor(amount, tax), tax.code)

    def _item(
        self,
        money_minor: int,
        lines: tuple[PriceLine, ...],
        units_milli: int,
        free_milli: int,
        representable_tenths: RepresentableTenths,
    ) -> PricedItem:
        carry_in_milli = self._terms.carry_in_milli
        on_token_milli = units_milli + free_milli + carry_in_milli
        tenths = representable_tenths(on_token_milli // TOKEN_STEP_MILLI)
        carry_out_milli = on_token_milli - TOKEN_STEP_MILLI * tenths
        if carry_out_milli >= TOKEN_STEP_MILLI_MAX:
            raise PricingError("sale.above_token", "One token cannot say so many units; sell less at once.")
        return PricedItem(
            money_minor, lines, units_milli, free_milli, carry_in_milli, carry_out_milli, tenths
        )


def _charges_due(terms: Terms) -> Iterable[Charge]:
    taken = terms.basis.charges_taken
    return (
        charge
        for charge in terms.tariff.charges
        if charge.period is Period.PURCHASE or charge.code not in taken
    )
