"""A sale computed again from what its journal line says it was computed from (docs/formats.md §4, §7).

The server does this with each sale it books. Bodies come from outside: what cannot be read is as wrong as
what does not add up, never an exception.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pos.domain.price_terms import ADJUSTMENT_KINDS, Adjustment, Basis, Terms
from pos.domain.priced_item import LineKind, PricedItem, PriceLine
from pos.domain.pricing import TOKEN_STEP_MILLI, RepresentableTenths, price_by_money
from pos.domain.tariff import Period, Tariff
from pos.errors import UserError

Body = Mapping[str, Any]

UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What reading a body of the wrong form raises."""

_ADJUSTMENTS = {kind.value: kind for kind in ADJUSTMENT_KINDS}
_CREDIT_CLASS = 0


@dataclass(frozen=True, slots=True)
class MonthlyTake:
    """What a meter's item takes from its month: units, free units, monthly charges, arrears.

    `charges` pairs each monthly charge code with its money, tax included.
    """

    units_milli: int
    free_milli: int
    charges: tuple[tuple[str, int], ...]
    arrears_minor: int


def do_sums_hold(sale: Body) -> bool:
    """Say whether Σ lines = money of each item, and Σ items = money of the sale = Σ payments."""
    try:
        items_minor = 0
        for item in sale["items"]:
            money_minor: int = item["money_minor"]
            is_part_of_bulk = "issue_id" in item and "lines" not in item
            if not is_part_of_bulk and sum([line["amount_minor"] for line in item["lines"]]) != money_minor:
                return False
            items_minor += money_minor
        paid_minor = sum([payment["amount_minor"] for payment in sale["payments"]])
        return bool(items_minor == sale["money_minor"] == paid_minor)
    except UNREADABLE:
        return False


def basis_of(item: Body) -> Basis:
    """Return the basis an item names. Raises one of `UNREADABLE`, or PricingError `sale.basis`."""
    basis = item["basis"]
    return Basis(
        basis["bought_before_milli"],
        tuple(basis["charges_taken"]),
        basis["free_before_milli"],
        basis["arrears_before_minor"],
    )


def price_item_again(
    item: Body, tariff: Tariff, *, representable_tenths: RepresentableTenths, basis: Basis | None = None
) -> PricedItem | None:
    """Compute an item's price anew, from its own basis or another; None where its facts make no price.

    What is the item's own fact is taken from it: money, carry in, whether free units were given, fees,
    discounts, credit and cash rounding.
    """
    try:
        terms = Terms(
            tariff,
            basis_of(item) if basis is None else basis,
            item["carry_in_milli"],
            item["free_milli"] > 0,
            _adjustments(item["lines"]),
        )
        if item["item_kind"] == "account":
            return _arrears_alone(item, terms)
        return price_by_money(
            terms,
            item["money_minor"],
            representable_tenths=representable_tenths,
            cash_rounding_minor=_cash_rounding(item["lines"]),
        )
    except (*UNREADABLE, UserError):
        return None


def is_price_right(item: Body, tariff: Tariff, *, representable_tenths: RepresentableTenths) -> bool:
    """Say whether an item's lines, units, carry and tokens are what tariff and basis make of its money."""
    again = price_item_again(item, tariff, representable_tenths=representable_tenths)
    return again is not None and is_same_price(item, again) and are_tokens_right(item)


def is_same_price(item: Body, priced: PricedItem) -> bool:
    """Say whether an item of the journal has exactly the lines and units of `priced`."""
    try:
        return (
            item["units_milli"] == priced.units_milli
            and item["free_milli"] == priced.free_milli
            and item["carry_in_milli"] == priced.carry_in_milli
            and item["carry_out_milli"] == priced.carry_out_milli
            and item["token_units_tenths"] == priced.token_units_tenths
            and item["money_minor"] == priced.money_minor
            and len(item["lines"]) == len(priced.lines)
            and all(map(_is_line, item["lines"], priced.lines))
        )
    except UNREADABLE:
        return False


def are_tokens_right(item: Body) -> bool:
    """Say whether the credit tokens carry the item's units, and units balance with the carry.

    A quote has no `tokens` yet: then only the units are looked at.
    """
    try:
        tenths: int = item["token_units_tenths"]
        on_tokens = sum(
            [one.get("tenths", 0) for one in item.get("tokens", ()) if one["token_class"] == _CREDIT_CLASS]
        )
        had_milli = item["units_milli"] + item["free_milli"] + item["carry_in_milli"]
        balances = had_milli == TOKEN_STEP_MILLI * tenths + item["carry_out_milli"]
        return bool(balances and ("tokens" not in item or on_tokens == tenths))
    except UNREADABLE:
        return False


def monthly_take(item: Body, tariff: Tariff | None) -> MonthlyTake:
    """Return what an item takes from its meter's month. Raises one of `UNREADABLE`."""
    arrears_minor, charges = 0, []
    for line in item["lines"]:
        if line["kind"] == "arrears":
            arrears_minor += line["amount_minor"]
        elif line["kind"] == "charge":
            charges.append(line)
    return MonthlyTake(
        item["units_milli"],
        item["free_milli"],
        () if tariff is None or not charges else _monthly_charges(charges, item, tariff),
        arrears_minor,
    )


def _monthly_charges(charges: list[Body], item: Body, tariff: Tariff) -> tuple[tuple[str, int], ...]:
    monthly = {charge.code for charge in tariff.charges if charge.period is Period.MONTH}
    lines = item["lines"]
    taken = []
    for line in charges:
        if line["code"] in monthly:
            tax_minor = _tax_after(lines, line)
            taken.append((line["code"], line["amount_minor"] + tax_minor))
    return tuple(taken)


def _tax_after(lines: list[Body], charge: Body) -> int:
    """The tax of a charge is the line that follows it (docs/formats.md §7: charges with their tax)."""
    following = next((line for line in lines if line["n"] == charge["n"] + 1), None)
    if following is None or following["kind"] != "tax" or following["code"] != charge["tax_code"]:
        return 0
    amount_minor: int = following["amount_minor"]
    return amount_minor


def _adjustments(lines: list[Body]) -> tuple[Adjustment, ...]:
    return tuple(
        [
            Adjustment(_ADJUSTMENTS[line["kind"]], line["code"], abs(line["amount_minor"]), line["tax_code"])
            for line in lines
            if line["kind"] in _ADJUSTMENTS
        ]
    )


def _cash_rounding(lines: list[Body]) -> int:
    return sum([line["amount_minor"] for line in lines if line["kind"] == "cash_rounding"])


def _arrears_alone(item: Body, terms: Terms) -> PricedItem | None:
    """A payment on arrears: one line, no units, never above what was due."""
    money_minor: int = item["money_minor"]
    if not 0 < money_minor <= terms.basis.arrears_before_minor:
        return None
    line = PriceLine(1, LineKind.ARREARS, "arrears", money_minor, tax_code=terms.tariff.arrears.tax_code)
    carry = terms.carry_in_milli
    return PricedItem(money_minor, (line,), 0, 0, carry, carry, 0)


def _is_line(line: Body, priced: PriceLine) -> bool:
    return (
        line["amount_minor"] == priced.amount_minor
        and line["kind"] == priced.kind
        and line["code"] == priced.code
        and line["units_milli"] == priced.units_milli
        and line["n"] == priced.n
        and line["tax_code"] == priced.tax_code
        and line.get("rate_micro") == priced.rate_micro
        and line.get("block") == priced.block
    )
