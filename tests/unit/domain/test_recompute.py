"""A sale computed again: what a till did rightly agrees, whatever else differs is found, nothing raises."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.price_terms import Adjustment, Basis, PricingError, Terms
from pos.domain.priced_item import LineKind, PricedItem
from pos.domain.pricing import price_by_money, price_by_units
from pos.domain.recompute import (
    are_tokens_right,
    do_sums_hold,
    is_price_right,
    is_same_price,
    monthly_take,
    price_item_again,
)
from pos.domain.tariff import ArrearsKind, ArrearsRule, Tariff
from pos.tokens.amount import largest_amount_not_above
from tests.factories.tariff_strategies import tariffs
from tests.factories.tariffs import MONTHLY, QUARTER, VAT, make_tariff

FULL = make_tariff(charges=(MONTHLY,), taxes=(VAT,), arrears=QUARTER)
BASIS = Basis(10_000, (), 0, 900)


def basis_json(basis: Basis) -> dict[str, Any]:
    return {
        "tariff_id": "x",
        "month": "2026-11",
        "bought_before_milli": basis.bought_before_milli,
        "charges_taken": list(basis.charges_taken),
        "free_before_milli": basis.free_before_milli,
        "arrears_before_minor": basis.arrears_before_minor,
    }


def item_json(priced: PricedItem, basis: Basis, **changes: Any) -> dict[str, Any]:
    token = {"n": 1, "token_class": 0, "subclass": 0, "tid": 5, "digits": "0" * 20}
    tokens = [token | {"tenths": priced.token_units_tenths}] if priced.token_units_tenths else []
    item: dict[str, Any] = {"n": 1, "item_kind": "token", "basis": basis_json(basis), "tokens": tokens}
    return json.loads(json.dumps(item | priced.to_json() | changes))  # type: ignore[no-any-return]


def sold(money_minor: int = 5_000, *, tariff: Tariff = FULL, basis: Basis = BASIS) -> dict[str, Any]:
    priced = price_by_money(
        Terms(tariff, basis, 35), money_minor, representable_tenths=largest_amount_not_above
    )
    return item_json(priced, basis)


def is_right(item: dict[str, Any], tariff: Tariff = FULL) -> bool:
    return is_price_right(item, tariff, representable_tenths=largest_amount_not_above)


@given(tariff=tariffs(), money=st.integers(1, 10**9), bought=st.integers(0, 10**6), carry=st.integers(0, 999))
def test_price_when_the_till_computed_it_then_it_is_right(
    tariff: Tariff, money: int, bought: int, carry: int
) -> None:
    basis = Basis(bought, (), 0, 1_000)
    try:
        priced = price_by_money(
            Terms(tariff, basis, carry), money, representable_tenths=largest_amount_not_above
        )
    except PricingError:
        return
    item = item_json(priced, basis)
    assert is_right(item, tariff)
    assert do_sums_hold(
        {"items": [item], "money_minor": money, "payments": [{"amount_minor": money, "change_minor": 0}]}
    )


@given(money=st.integers(2_000, 10**6), units=st.integers(200, 90_000), coin=st.sampled_from([1, 5, 50]))
def test_price_when_with_adjustments_or_by_units_then_it_is_right(money: int, units: int, coin: int) -> None:
    adjustments = (Adjustment(LineKind.FEE, "counter", 118), Adjustment(LineKind.CREDIT, "credit", 40))
    terms = Terms(FULL, BASIS, adjustments=adjustments)
    by_money = price_by_money(terms, money, representable_tenths=largest_amount_not_above)
    by_units = price_by_units(
        terms, units, representable_tenths=largest_amount_not_above, smallest_coin_minor=coin
    )
    assert is_right(item_json(by_money, BASIS))
    assert is_right(item_json(by_units, BASIS))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("units_milli", 1),
        ("free_milli", 7),
        ("carry_out_milli", 3),
        ("token_units_tenths", 9_999),
        ("money_minor", 5_001),
        ("lines", []),
        ("basis", {}),
        ("basis", None),
        ("lines", 7),
        ("carry_in_milli", -1),
        ("carry_in_milli", "x"),
        ("tokens", [{}]),
        ("tokens", [{"token_class": 0, "tenths": 1}]),
    ],
)
def test_price_when_one_figure_is_changed_then_it_is_wrong(key: str, value: object) -> None:
    assert is_right(sold())
    assert not is_right(sold() | {key: value})


@pytest.mark.parametrize("field", ["amount_minor", "kind", "code", "n", "tax_code", "units_milli", "block"])
def test_price_when_a_line_is_changed_then_it_is_wrong(field: str) -> None:
    item = sold()
    item["lines"][-2][field] = 77
    assert not is_right(item)


def test_price_when_computed_on_another_basis_then_the_block_shows() -> None:
    item = sold(basis=Basis(0))
    other = price_item_again(
        item, FULL, representable_tenths=largest_amount_not_above, basis=Basis(20_000, ("monthly",))
    )
    assert other is not None
    assert not is_same_price(item, other)


@pytest.mark.parametrize("money", [0, 901, -5, 10**20])
def test_arrears_alone_when_more_than_is_due_then_it_is_wrong(money: int) -> None:
    assert not is_right(arrears_item(money))


def test_arrears_alone_when_inside_what_is_due_then_it_is_right() -> None:
    assert is_right(arrears_item(400))


def arrears_item(money: int) -> dict[str, Any]:
    line = {"n": 1, "kind": "arrears", "code": "arrears", "amount_minor": money}
    priced = PricedItem(money, (), 0, 0, 12, 12, 0)
    lines = [line | {"units_milli": 0, "tax_code": ""}]
    return item_json(priced, BASIS, item_kind="account", lines=lines)


@pytest.mark.parametrize(
    "sale",
    [
        {},
        {"items": 3, "payments": [], "money_minor": 0},
        {"items": [{"money_minor": 5, "lines": [{"amount_minor": 4}]}], "payments": [], "money_minor": 5},
        {"items": [{"money_minor": 5, "lines": [{"amount_minor": 5}]}], "payments": [], "money_minor": 5},
        {"items": [], "payments": [{"amount_minor": "5"}], "money_minor": 5},
    ],
)
def test_sums_when_they_differ_or_cannot_be_read_then_they_do_not_hold(sale: dict[str, Any]) -> None:
    assert not do_sums_hold(sale)


def test_tokens_when_a_management_token_stands_beside_then_only_credit_counts() -> None:
    item = sold()
    item["tokens"].insert(0, {"n": 1, "token_class": 2, "subclass": 3, "tid": None, "digits": "1" * 20})
    assert are_tokens_right(item)


def test_monthly_take_when_charge_and_arrears_are_taken_then_with_tax_and_money() -> None:
    take = monthly_take(sold(), FULL)
    assert take.charges == (("monthly", 590),)
    assert take.arrears_minor == 900
    assert take.units_milli == sold()["units_milli"]


def test_monthly_take_when_the_charge_names_its_tax_then_that_tax_is_in_it() -> None:
    tariff = make_tariff(charges=(replace(MONTHLY, tax_code="VAT"),), taxes=(VAT,))
    assert monthly_take(sold(tariff=tariff), tariff).charges == (("monthly", 590),)
    assert monthly_take(sold(tariff=tariff), None).charges == ()


def test_monthly_take_when_arrears_are_cleared_whole_then_their_money() -> None:
    tariff = make_tariff(arrears=ArrearsRule(ArrearsKind.ALL))
    assert monthly_take(sold(tariff=tariff), tariff).arrears_minor == 900
