"""The pricing function: the check figures, then each rule of docs/formats.md §7 on its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pos.domain.price_terms import Adjustment, Basis, PricingError, Terms
from pos.domain.priced_item import LineKind, PricedItem
from pos.domain.pricing import basis_after, price_again, price_by_money, price_by_units
from pos.domain.tariff import ArrearsKind, ArrearsRule, Block, Charge, Levy, Period, Tariff, Tax, Taxed
from pos.tokens.amount import largest_amount_not_above
from tests.factories.tariffs import MONTHLY, QUARTER, VAT, make_tariff, make_terms

ENERGY = frozenset({Taxed.ENERGY})
LEVIES = frozenset({Taxed.LEVY})


def by_money(terms: Terms, money_minor: int) -> PricedItem:
    return price_by_money(terms, money_minor, representable_tenths=largest_amount_not_above)


def by_units(terms: Terms, units_milli: int, coin: int = 1) -> PricedItem:
    return price_by_units(
        terms, units_milli, representable_tenths=largest_amount_not_above, smallest_coin_minor=coin
    )


def shown(item: PricedItem) -> list[tuple[str, int]]:
    return [(line.code, line.amount_minor) for line in item.lines]


def vat_terms(**changes: Any) -> Terms:
    tariff = make_tariff(charges=(MONTHLY,), taxes=(VAT,), arrears=QUARTER)
    return replace(make_terms(tariff, arrears=900), **changes)


def flat(rate_micro: int = 1_000_000, **changes: Any) -> Tariff:
    return make_tariff(blocks=(Block(rate_micro),), **changes)


@pytest.mark.parametrize(
    ("bought", "money", "units"),
    [
        (0, 500, 5_617),
        (0, 1_780, 20_000),
        (0, 5_000, 30_387),
        (0, 11_080, 50_000),
        (0, 20_000, 74_173),
        (10_000, 1_000, 10_354),
        (10_000, 5_000, 23_258),
        (20_000, 1_000, 3_225),
        (20_000, 11_080, 34_823),
        (35_000, 5_000, 15_948),
        (50_000, 1_000, 2_710),
        (50_000, 20_000, 54_200),
    ],
)
def test_price_by_money_when_blocks_only_then_the_check_figures(bought: int, money: int, units: int) -> None:
    assert by_money(make_terms(bought=bought), money).units_milli == units


def test_price_by_money_when_vat_charge_and_arrears_then_the_check_figure_line_by_line() -> None:
    item = by_money(vat_terms(), 5_000)
    assert shown(item) == [
        ("arrears", 900),
        ("monthly", 500),
        ("VAT", 90),
        ("energy", 1_780),
        ("energy", 1_194),
        ("VAT", 535),
        ("rounding", 1),
    ]
    assert item.units_milli == 23_853
    assert [line.n for line in item.lines] == [1, 2, 3, 4, 5, 6, 7]
    energy = [line for line in item.lines if line.kind is LineKind.ENERGY]
    assert [(e.block, e.units_milli, e.rate_micro, e.tax_code) for e in energy] == [
        (1, 20_000, 89_000_000, "VAT"),
        (2, 3_853, 310_000_000, "VAT"),
    ]


@pytest.mark.parametrize(
    ("money", "blocks"), [(1_780, [1]), (1_781, [1, 2]), (11_080, [1, 2]), (11_081, [1, 2, 3])]
)
def test_price_by_money_when_bound_is_reached_then_bound_is_in_the_lower_block(
    money: int, blocks: list[int]
) -> None:
    item = by_money(make_terms(), money)
    assert [line.block for line in item.lines if line.kind is LineKind.ENERGY] == blocks


@pytest.mark.parametrize(
    ("rule", "due", "money", "taken"),
    [
        (ArrearsRule(), 900, 1_000, 0),
        (ArrearsRule(ArrearsKind.FIXED, amount_minor=300), 900, 1_000, 300),
        (ArrearsRule(ArrearsKind.FIXED, amount_minor=300), 200, 1_000, 200),
        (ArrearsRule(ArrearsKind.PERCENT, ppm=250_000), 900, 1_000, 250),
        (ArrearsRule(ArrearsKind.PERCENT, ppm=250_000), 900, 1_002, 251),
        (ArrearsRule(ArrearsKind.PERCENT, ppm=250_000, cap_minor=100), 900, 1_000, 100),
        (ArrearsRule(ArrearsKind.ALL), 900, 1_000, 900),
        (ArrearsRule(ArrearsKind.ALL, cap_minor=400), 900, 1_000, 400),
        (ArrearsRule(ArrearsKind.ALL), 0, 1_000, 0),
    ],
)
def test_price_by_money_when_arrears_are_due_then_the_rule_decides(
    rule: ArrearsRule, due: int, money: int, taken: int
) -> None:
    item = by_money(make_terms(make_tariff(arrears=rule), arrears=due), money)
    assert item.total_minor(LineKind.ARREARS) == taken


def test_price_by_money_when_arrears_name_a_tax_then_it_is_inside_their_line() -> None:
    rule = ArrearsRule(ArrearsKind.ALL, tax_code="VAT")
    item = by_money(make_terms(make_tariff(arrears=rule, taxes=(VAT,)), arrears=500), 1_000)
    assert (item.lines[0].amount_minor, item.lines[0].tax_code) == (500, "VAT")
    assert item.total_minor(LineKind.TAX) == 76


def test_price_by_money_when_charge_was_taken_then_only_the_purchase_charge_is_due() -> None:
    tariff = make_tariff(charges=(MONTHLY, Charge("visit", 40, Period.PURCHASE)))
    basis = Basis(charges_taken=("monthly", "visit"))
    assert shown(by_money(Terms(tariff, basis), 1_000))[0] == ("visit", 40)
    assert [code for code, _ in shown(by_money(Terms(tariff), 1_000))][:2] == ["monthly", "visit"]


def test_price_by_money_when_charge_holds_its_tax_then_it_is_taken_out_of_its_line() -> None:
    item = by_money(
        make_terms(make_tariff(charges=(MONTHLY,), taxes=(replace(VAT, is_inclusive=True),))), 1_000
    )
    assert shown(item)[:2] == [("monthly", 424), ("VAT", 76)]


def test_price_by_money_when_a_charge_is_all_tax_then_its_line_still_says_it_was_taken() -> None:
    tariff = make_tariff(
        charges=(Charge("stamp", 1, Period.MONTH, "DUTY"),),
        taxes=(Tax("DUTY", 1_000_000, is_inclusive=True),),
    )
    item = by_money(make_terms(tariff), 1_000)
    assert shown(item)[:2] == [("stamp", 0), ("DUTY", 1)]
    assert basis_after(tariff, Basis(), item).charges_taken == ("stamp",)


def test_price_by_money_when_too_little_for_charges_then_names_the_least_that_works() -> None:
    with pytest.raises(PricingError) as caught:
        by_money(vat_terms(), 700)
    least = caught.value.limit_minor
    assert (caught.value.code, least) == ("sale.below_charges", 801)
    assert "801 RWF" in caught.value.text
    assert by_money(vat_terms(), 801).units_milli >= 100
    with pytest.raises(PricingError):
        by_money(vat_terms(), 800)


def test_price_by_money_when_smallest_vend_is_higher_then_that_is_the_least_named() -> None:
    tariff = make_tariff(charges=(MONTHLY,), min_minor=1_000)
    for money, code in ((1, "sale.below_charges"), (999, "sale.below_minimum")):
        with pytest.raises(PricingError) as caught:
            by_money(make_terms(tariff), money)
        assert (caught.value.code, caught.value.limit_minor) == (code, 1_000)
    assert by_money(make_terms(tariff), 1_000).money_minor == 1_000


def test_price_by_money_when_above_the_largest_vend_then_refused() -> None:
    terms = make_terms(make_tariff(max_minor=2_000))
    assert by_money(terms, 2_000).money_minor == 2_000
    with pytest.raises(PricingError) as caught:
        by_money(terms, 2_001)
    assert (caught.value.code, caught.value.limit_minor) == ("sale.above_maximum", 2_000)


@pytest.mark.parametrize("money", [-1, 2**53])
def test_price_by_money_when_money_is_no_amount_then_refused(money: int) -> None:
    with pytest.raises(PricingError) as caught:
        by_money(make_terms(), money)
    assert caught.value.code == "sale.amount"


def test_price_by_money_when_more_than_a_token_can_say_then_refused() -> None:
    terms = make_terms(flat())
    assert by_money(terms, 1_820_262).token_units_tenths == 18_201_624
    with pytest.raises(PricingError) as caught:
        by_money(terms, 1_820_263)
    assert caught.value.code == "sale.above_token"


def test_price_by_money_when_inclusive_tax_then_line_is_net_and_tax_stands_apart() -> None:
    item = by_money(make_terms(make_tariff(taxes=(replace(VAT, is_inclusive=True),))), 1_780)
    assert item.units_milli == 20_000
    assert shown(item) == [("energy", 1_508), ("VAT", 272)]


def test_price_by_money_when_exclusive_levies_and_tax_on_both_then_exact() -> None:
    levies = (Levy("fund", ppm=50_000), Levy("pole", rate_micro=2_000_000))
    item = by_money(make_terms(flat(100_000_000, levies=levies, taxes=(VAT,))), 10_000)
    # (100 + 5 + 2) · 1.18 = 126.26 a unit: 10000 / 126.26 = 79.2016…
    assert item.units_milli == 79_201
    assert shown(item) == [("energy", 7_920), ("fund", 396), ("pole", 158), ("VAT", 1_525), ("rounding", 1)]
    levy_lines = [line for line in item.lines if line.kind is LineKind.LEVY]
    assert [(line.rate_micro, line.tax_code) for line in levy_lines] == [(None, "VAT"), (2_000_000, "VAT")]


def test_price_by_money_when_levies_are_inclusive_then_taken_out_of_energy() -> None:
    levies = (
        Levy("fund", ppm=50_000, is_inclusive=True),
        Levy("pole", rate_micro=16_000_000, is_inclusive=True),
    )
    item = by_money(make_terms(flat(100_000_000, levies=levies)), 10_000)
    # 100 = 80 energy + 4 (5 % of 80) + 16.
    assert item.units_milli == 100_000
    assert shown(item) == [("energy", 8_000), ("fund", 400), ("pole", 1_600)]


def test_price_by_money_when_energy_and_levy_have_other_taxes_then_one_line_each() -> None:
    taxes = (Tax("VAT", 200_000, ENERGY, is_inclusive=True), Tax("DUTY", 100_000, LEVIES))
    levies = (Levy("pole", rate_micro=20_000_000),)
    item = by_money(make_terms(flat(120_000_000, levies=levies, taxes=taxes)), 14_200)
    # A unit: 120 holding 20 VAT, a levy of 20, and 2 duty on it.
    assert item.units_milli == 100_000
    assert shown(item) == [("energy", 10_000), ("pole", 2_000), ("VAT", 2_000), ("DUTY", 200)]


def test_price_by_money_when_only_energy_is_taxed_then_levy_carries_none() -> None:
    terms = make_terms(
        flat(levies=(Levy("pole", rate_micro=1_000_000),), taxes=(Tax("VAT", 200_000, ENERGY),))
    )
    item = by_money(terms, 2_200)
    assert item.units_milli == 1_000_000
    assert shown(item) == [("energy", 1_000), ("pole", 1_000), ("VAT", 200)]


def test_price_by_money_when_lines_round_up_then_rounding_is_negative() -> None:
    tariff = flat(1_000_000, levies=(Levy("a", ppm=500_000), Levy("b", ppm=500_000)))
    item = by_money(make_terms(tariff), 3)
    assert shown(item) == [("energy", 2), ("a", 1), ("b", 1), ("rounding", -1)]


def test_price_by_money_when_free_units_are_due_then_a_line_of_no_money_and_on_the_token() -> None:
    terms = make_terms(flat(free_milli=5_000), basis=Basis(bought_before_milli=1, free_before_milli=1_950))
    item = by_money(terms, 10)
    assert (item.units_milli, item.free_milli) == (10_000, 3_050)
    assert (item.token_units_tenths, item.carry_out_milli) == (130, 50)
    free = item.lines[1]
    assert (free.kind, free.amount_minor, free.units_milli) == (LineKind.FREE, 0, 3_050)
    assert by_money(replace(terms, is_free_allowed=False), 10).free_milli == 0
    assert by_money(replace(terms, basis=Basis(free_before_milli=6_000)), 10).free_milli == 0


def test_price_by_money_when_units_are_carried_in_then_used_on_this_token() -> None:
    item = by_money(make_terms(carry_in_milli=95), 500)
    assert (item.carry_in_milli, item.token_units_tenths, item.carry_out_milli) == (95, 57, 12)


def test_price_by_money_when_token_steps_are_coarse_then_the_rest_is_carried() -> None:
    item = by_money(make_terms(flat()), 2_000)
    assert (item.token_units_tenths, item.carry_out_milli) == (19_994, 600)


def test_price_by_money_when_fee_then_first_off_with_the_fee_tax_inside() -> None:
    tariff = flat(taxes=(Tax("VAT", 180_000, frozenset({Taxed.FEE})),))
    fees = (Adjustment(LineKind.FEE, "momo", 118), Adjustment(LineKind.FEE, "sms", 2, "EX"))
    item = by_money(make_terms(tariff, adjustments=fees), 1_120)
    assert item.units_milli == 1_000_000
    assert [(line.code, line.amount_minor, line.tax_code) for line in item.lines[1:]] == [
        ("momo", 118, "VAT"),
        ("sms", 2, "EX"),
    ]
    untaxed = by_money(make_terms(flat(), adjustments=fees[:1]), 1_118)
    assert untaxed.lines[1].tax_code == ""


def test_price_by_money_when_credit_and_discount_then_they_buy_and_stand_negative() -> None:
    adjustments = (Adjustment(LineKind.CREDIT, "given back", 100), Adjustment(LineKind.DISCOUNT, "fair", 50))
    item = by_money(make_terms(flat(), adjustments=adjustments), 850)
    assert item.units_milli == 1_000_000
    assert shown(item) == [("energy", 1_000), ("given back", -100), ("fair", -50)]
    assert by_money(make_terms(flat(), adjustments=adjustments), 0).units_milli == 150_000


def test_price_by_money_when_credit_is_there_then_it_pays_arrears_too() -> None:
    credit = Adjustment(LineKind.CREDIT, "given back", 300)
    terms = make_terms(flat(arrears=ArrearsRule(ArrearsKind.ALL)), arrears=1_000, adjustments=(credit,))
    assert shown(by_money(terms, 900)) == [("arrears", 1_000), ("energy", 200), ("given back", -300)]


def test_price_by_money_when_fee_is_above_the_money_then_below_charges() -> None:
    terms = make_terms(flat(arrears=ArrearsRule(ArrearsKind.ALL)), arrears=10)
    with pytest.raises(PricingError) as caught:
        by_money(replace(terms, adjustments=(Adjustment(LineKind.FEE, "momo", 500),)), 100)
    assert (caught.value.code, caught.value.limit_minor) == ("sale.below_charges", 511)


def test_price_by_units_when_vat_case_then_the_least_money() -> None:
    item = by_units(vat_terms(), 23_853)
    assert (item.money_minor, item.units_milli) == (5_000, 23_853)
    assert by_money(vat_terms(), 4_999).units_milli < 23_853


def test_price_by_units_when_coins_are_coarse_then_cash_rounding_buys_nothing() -> None:
    exact, rounded = by_units(make_terms(), 5_000), by_units(make_terms(), 5_000, coin=50)
    assert (exact.money_minor, rounded.money_minor) == (445, 450)
    assert rounded.units_milli == exact.units_milli == 5_000
    assert shown(rounded) == [("energy", 445), ("cash_rounding", 5)]


@pytest.mark.parametrize(("units", "coin"), [(0, 1), (-1, 1), (2**53, 1), (1_000, 0)])
def test_price_by_units_when_there_is_nothing_to_ask_then_refused(units: int, coin: int) -> None:
    with pytest.raises(PricingError) as caught:
        by_units(make_terms(), units, coin)
    assert caught.value.code == "sale.amount"


def test_price_by_units_when_below_one_step_or_the_smallest_vend_then_the_least_is_named() -> None:
    with pytest.raises(PricingError) as caught:
        by_units(make_terms(), 50)
    assert (caught.value.code, caught.value.limit_minor) == ("sale.below_charges", 9)
    with pytest.raises(PricingError) as caught:
        by_units(make_terms(make_tariff(min_minor=500)), 1_000)
    assert (caught.value.code, caught.value.limit_minor) == ("sale.below_minimum", 500)


def test_price_by_units_when_credit_pays_it_all_then_no_money_is_asked() -> None:
    terms = make_terms(flat(), adjustments=(Adjustment(LineKind.CREDIT, "given back", 100),))
    item = by_units(terms, 20_000)
    assert (item.money_minor, item.units_milli) == (0, 100_000)


def test_price_again_when_computed_by_the_server_then_equal() -> None:
    fee = Adjustment(LineKind.FEE, "momo", 25)
    credit = Adjustment(LineKind.CREDIT, "given back", 7)
    terms = vat_terms(adjustments=(fee, credit), carry_in_milli=33)
    for item in (by_money(terms, 5_000), by_units(terms, 40_000, coin=50)):
        again = price_again(terms.tariff, terms.basis, item, representable_tenths=largest_amount_not_above)
        assert again == item


def test_price_again_when_a_line_was_altered_then_it_differs() -> None:
    item = by_money(vat_terms(), 5_000)
    forged = replace(item, lines=(replace(item.lines[0], amount_minor=899), *item.lines[1:]))
    terms = vat_terms()
    again = price_again(terms.tariff, terms.basis, forged, representable_tenths=largest_amount_not_above)
    assert again == item != forged


def test_price_again_when_free_units_were_withheld_then_not_expected() -> None:
    terms = make_terms(flat(free_milli=1_000), is_free_allowed=False)
    item = by_money(terms, 10)
    assert price_again(terms.tariff, terms.basis, item, representable_tenths=largest_amount_not_above) == item


def test_basis_after_when_a_sale_is_counted_then_units_charges_free_and_arrears_move() -> None:
    tariff = make_tariff(
        charges=(MONTHLY, Charge("visit", 10, Period.PURCHASE)), arrears=QUARTER, free_milli=2_000
    )
    basis = Basis(1_000, ("rent",), 500, 900)
    item = by_money(Terms(tariff, basis), 3_000)
    assert basis_after(tariff, basis, item) == Basis(
        1_000 + item.units_milli, ("rent", "monthly"), 2_000, 900 - 750
    )


@pytest.mark.parametrize("figure", ["bought_before_milli", "free_before_milli", "arrears_before_minor"])
def test_basis_when_a_figure_is_below_zero_then_refused(figure: str) -> None:
    with pytest.raises(PricingError) as caught:
        Basis(**{figure: -1})  # type: ignore[arg-type]
    assert caught.value.code == "sale.basis"


@pytest.mark.parametrize(("kind", "amount"), [(LineKind.ENERGY, 1), (LineKind.FEE, 0), (LineKind.CREDIT, -1)])
def test_adjustment_when_of_another_kind_or_not_above_zero_then_refused(kind: LineKind, amount: int) -> None:
    with pytest.raises(PricingError) as caught:
        Adjustment(kind, "x", amount)
    assert caught.value.code == "sale.adjustment"


def test_terms_when_carry_is_below_zero_then_refused() -> None:
    with pytest.raises(PricingError) as caught:
        make_terms(carry_in_milli=-1)
    assert caught.value.code == "sale.carry"
