"""Laws of the pricing function, against an oracle on fractions that knows nothing of its arithmetic."""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import replace
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from pos.domain.money import PPM
from pos.domain.price_terms import Basis, PricingError, Terms
from pos.domain.priced_item import LineKind, PricedItem
from pos.domain.pricing import basis_after, price_again, price_by_money, price_by_units
from pos.domain.tariff import Period, Tariff, Tax, Taxed
from pos.tokens.amount import largest_amount_not_above
from tests.factories.tariff_strategies import all_terms

MONEY = st.integers(0, 60_000)
REPRESENTABLE = largest_amount_not_above


def by_money(terms: Terms, money_minor: int) -> PricedItem | None:
    """A price, or none where the money is refused."""
    try:
        return price_by_money(terms, money_minor, representable_tenths=REPRESENTABLE)
    except PricingError:
        return None


def with_tax(stated: Fraction, tax: Tax | None) -> tuple[Fraction, Fraction]:
    """Split a stated amount into net and tax."""
    if tax is None:
        return stated, Fraction(0)
    rate = Fraction(tax.ppm, PPM)
    net = stated / (1 + rate) if tax.is_inclusive else stated
    return net, net * rate


def exact_lines(
    tariff: Tariff, units_milli: int, bought_before_milli: int
) -> dict[tuple[str, str], Fraction]:
    """What the units cost exactly, by (kind, code or block), unit by unit of the rules."""
    result: dict[tuple[str, str], Fraction] = {}
    position, left = bought_before_milli, units_milli
    inside = [levy for levy in tariff.levies if levy.is_inclusive]
    fixed = sum((Fraction(levy.rate_micro or 0, 10**9) for levy in inside), Fraction(0))
    shares = sum((Fraction(levy.ppm or 0, PPM) for levy in inside), Fraction(0))

    def add(kind: str, code: str, amount: Fraction) -> None:
        result[kind, code] = result.get((kind, code), Fraction(0)) + amount

    for number, block in enumerate(tariff.blocks, start=1):
        end = position + left if block.to_milli is None else min(position + left, block.to_milli)
        units = max(0, end - position)
        position, left = position + units, left - units
        energy = (Fraction(block.rate_micro, 10**9) - fixed) * units / (1 + shares)
        net, tax_amount = with_tax(energy, tariff.tax_on(Taxed.ENERGY))
        add("energy", str(number), net)
        add("tax", "energy", tax_amount)
        for levy in tariff.levies:
            stated = energy * Fraction(levy.ppm or 0, PPM) + Fraction(levy.rate_micro or 0, 10**9) * units
            net, tax_amount = with_tax(stated, tariff.tax_on(Taxed.LEVY))
            add("levy", levy.code, net)
            add("tax", "levy", tax_amount)
    return result


def exact_price(tariff: Tariff, units_milli: int, bought_before_milli: int) -> Fraction:
    return sum(exact_lines(tariff, units_milli, bought_before_milli).values(), Fraction(0))


def energy_money(terms: Terms, item: PricedItem) -> int:
    """What was left for energy: the money without arrears, charges, their tax, adjustments, cash rounding."""
    taken = 0
    for before, line in itertools.pairwise([None, *item.lines]):
        after_charge = before is not None and before.kind is LineKind.CHARGE
        is_charge_tax = line is not None and line.kind is LineKind.TAX and after_charge
        if line is not None and (line.kind in _FIXED or is_charge_tax):
            taken += line.amount_minor
    return item.money_minor - taken


_FIXED = {
    LineKind.ARREARS,
    LineKind.CHARGE,
    LineKind.FEE,
    LineKind.DISCOUNT,
    LineKind.CREDIT,
    LineKind.CASH_ROUNDING,
}


@given(all_terms(), MONEY)
def test_lines_when_priced_then_add_up_to_the_money_and_units_to_token_and_carry(
    terms: Terms, money: int
) -> None:
    item = by_money(terms, money)
    assume(item is not None)
    assert item is not None
    assert sum(line.amount_minor for line in item.lines) == money
    assert [line.n for line in item.lines] == list(range(1, len(item.lines) + 1))
    on_token = item.units_milli + item.free_milli + item.carry_in_milli
    assert on_token == 100 * item.token_units_tenths + item.carry_out_milli
    assert sum(line.units_milli for line in item.lines) == item.units_milli + item.free_milli
    assert item.units_milli >= 100
    assert 0 <= item.carry_out_milli < 100_000


@given(all_terms(), MONEY)
def test_units_when_priced_then_the_most_the_rest_pays_for_exactly(terms: Terms, money: int) -> None:
    item = by_money(terms, money)
    assume(item is not None)
    assert item is not None
    rest, before = energy_money(terms, item), terms.basis.bought_before_milli
    assert exact_price(terms.tariff, item.units_milli, before) <= rest
    assert exact_price(terms.tariff, item.units_milli + 1, before) > rest


@given(all_terms(), MONEY)
def test_energy_and_levy_lines_when_priced_then_exact_to_half_a_minor_unit(terms: Terms, money: int) -> None:
    item = by_money(terms, money)
    assume(item is not None)
    assert item is not None
    exact = exact_lines(terms.tariff, item.units_milli, terms.basis.bought_before_milli)
    for line in item.lines:
        if line.kind in {LineKind.ENERGY, LineKind.LEVY}:
            amount = exact[line.kind.value, str(line.block) if line.block else line.code]
            assert Fraction(-1, 2) < line.amount_minor - amount <= Fraction(1, 2)


@given(all_terms(), MONEY)
def test_arrears_and_charges_when_priced_then_never_above_what_is_due(terms: Terms, money: int) -> None:
    item = by_money(terms, money)
    assume(item is not None)
    assert item is not None
    assert 0 <= item.total_minor(LineKind.ARREARS) <= terms.basis.arrears_before_minor
    taken = [line.code for line in item.lines if line.kind is LineKind.CHARGE]
    for charge in terms.tariff.charges:
        due = charge.period is Period.PURCHASE or charge.code not in terms.basis.charges_taken
        assert taken.count(charge.code) == due


@given(all_terms(), MONEY, st.integers(1, 2_000))
def test_units_when_there_is_more_money_then_never_fewer(terms: Terms, money: int, more: int) -> None:
    item = by_money(terms, money)
    richer = by_money(terms, money + more)
    assume(item is not None and richer is not None)
    assert item is not None
    assert richer is not None
    assert richer.units_milli >= item.units_milli


@given(all_terms(), MONEY)
def test_refusal_when_too_little_then_the_named_amount_sells_and_less_does_not(
    terms: Terms, money: int
) -> None:
    terms = replace(terms, tariff=replace(terms.tariff, max_minor=None))
    try:
        price_by_money(terms, money, representable_tenths=REPRESENTABLE)
    except PricingError as error:
        least = error.limit_minor
        assert least is not None
        assert least > money
        assert by_money(terms, least) is not None
        assert by_money(terms, least - 1) is None


@given(all_terms(), st.integers(100, 90_000), st.sampled_from([1, 1, 5, 50, 100]))
def test_by_units_when_priced_then_the_least_money_that_gives_them(
    terms: Terms, units: int, coin: int
) -> None:
    try:
        item = price_by_units(terms, units, representable_tenths=REPRESENTABLE, smallest_coin_minor=coin)
    except PricingError:
        return
    assert item.units_milli >= units
    cash_rounding = item.total_minor(LineKind.CASH_ROUNDING)
    assert 0 <= cash_rounding < coin
    assert item.money_minor % coin == 0
    assert sum(line.amount_minor for line in item.lines) == item.money_minor
    if item.money_minor > cash_rounding:
        less = by_money(terms, item.money_minor - cash_rounding - 1)
        assert less is None or less.units_milli < units


@given(all_terms(), MONEY, st.integers(100, 90_000))
def test_price_again_when_the_server_computes_it_then_equal(terms: Terms, money: int, units: int) -> None:
    items = [by_money(terms, money)]
    with contextlib.suppress(PricingError):
        items.append(price_by_units(terms, units, representable_tenths=REPRESENTABLE, smallest_coin_minor=50))
    for item in items:
        if item is not None:
            again = price_again(terms.tariff, terms.basis, item, representable_tenths=REPRESENTABLE)
            assert again == item


def basis_of(tariff: Tariff, basis: Basis, rows: list[PricedItem]) -> Basis:
    """The basis as a query adds it up from the month's rows, in whatever order they come."""
    monthly = {charge.code for charge in tariff.charges if charge.period is Period.MONTH}
    codes = {line.code for row in rows for line in row.lines if line.kind is LineKind.CHARGE} & monthly
    return Basis(
        bought_before_milli=basis.bought_before_milli + sum(row.units_milli for row in rows),
        charges_taken=tuple(sorted(codes.union(basis.charges_taken))),
        free_before_milli=basis.free_before_milli + sum(row.free_milli for row in rows),
        arrears_before_minor=basis.arrears_before_minor
        - sum(row.total_minor(LineKind.ARREARS) for row in rows),
    )


@given(all_terms(), st.lists(MONEY, max_size=5), st.data())
def test_quotes_when_reserved_paid_and_failed_in_any_order_then_priced_like_sales_in_a_row(
    terms: Terms, asked: list[int], data: st.DataObject
) -> None:
    """Each quote counts all open and paid ones; those that fail are as if they had never been asked."""
    tariff = terms.tariff
    counted: list[PricedItem] = []
    for money in asked:
        rows: list[PricedItem] = data.draw(st.permutations(counted))
        quote = by_money(replace(terms, basis=basis_of(tariff, terms.basis, rows)), money)
        in_a_row = terms.basis
        for earlier in counted:
            in_a_row = basis_after(tariff, in_a_row, earlier)
        assert quote == by_money(replace(terms, basis=in_a_row), money)
        if quote is not None:
            counted.append(quote)
        if data.draw(st.booleans()) and counted:
            counted.remove(data.draw(st.sampled_from(counted)))


@given(all_terms(), st.lists(MONEY, min_size=1, max_size=6))
def test_sales_when_many_in_a_month_then_blocks_fill_in_order_and_never_over(
    terms: Terms, asked: list[int]
) -> None:
    tariff, basis, carry = terms.tariff, replace(terms.basis, bought_before_milli=0), 0
    filled: dict[int | None, int] = {}
    tokens = free = 0
    for money in asked:
        item = by_money(replace(terms, basis=basis, carry_in_milli=carry), money)
        if item is None:
            continue
        basis, carry = basis_after(tariff, basis, item), item.carry_out_milli
        tokens, free = tokens + item.token_units_tenths, free + item.free_milli
        for line in item.lines:
            if line.kind is LineKind.ENERGY:
                filled[line.block] = filled.get(line.block, 0) + line.units_milli
    left = basis.bought_before_milli
    begin = 0
    for number, block in enumerate(tariff.blocks, start=1):
        size = left if block.to_milli is None else min(left, block.to_milli - begin)
        assert filled.get(number, 0) == size
        left, begin = left - size, block.to_milli or begin
    assert basis.bought_before_milli + free == 100 * tokens + carry
    assert free <= max(0, tariff.free_milli - terms.basis.free_before_milli)
    assert basis.arrears_before_minor >= 0
