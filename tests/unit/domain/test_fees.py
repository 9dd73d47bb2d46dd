from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.canonical import JsonError
from pos.domain.fees import FeePayer, FeeRule, FeeRuleError, fee_rule_from_json, rule_at

START = datetime(2026, 1, 1, tzinfo=UTC)


def rule(**changes: object) -> FeeRule:
    values: dict[str, object] = {
        "code": "MOMO",
        "version": 1,
        "provider": "mtn_momo",
        "currency": "RWF",
        "valid_from": START,
    }
    return FeeRule(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "amount_minor", "fee_minor"),
    [
        ({}, 5000, 0),
        ({"percent_ppm": 15_000}, 5000, 75),
        ({"percent_ppm": 15_000}, 33, 0),
        ({"percent_ppm": 15_000}, 34, 1),
        ({"fixed_minor": 100}, 5000, 100),
        ({"percent_ppm": 15_000, "fixed_minor": 100}, 250_000, 3850),
        ({"percent_ppm": 15_000, "most_minor": 2000}, 250_000, 2000),
        ({"percent_ppm": 15_000, "least_minor": 50}, 1000, 50),
        ({"fixed_minor": 100, "least_minor": 50}, 0, 0),
    ],
)
def test_fee_is_percent_and_fixed_within_its_bounds(
    changes: dict[str, object], amount_minor: int, fee_minor: int
) -> None:
    assert rule(**changes).fee_minor(amount_minor) == fee_minor


rules = st.builds(
    lambda percent, fixed, least, room: rule(
        percent_ppm=percent,
        fixed_minor=fixed,
        least_minor=least,
        most_minor=None if room is None else least + room,
    ),
    st.integers(0, 999_999),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.none() | st.integers(0, 100_000),
)


@given(rules, st.integers(1, 10**12), st.integers(0, 10**6))
def test_fee_never_falls_as_the_amount_grows_and_keeps_its_bounds(
    made: FeeRule, amount_minor: int, more_minor: int
) -> None:
    fee_minor = made.fee_minor(amount_minor)

    assert made.least_minor <= fee_minor <= made.fee_minor(amount_minor + more_minor)
    assert made.most_minor is None or fee_minor <= made.most_minor


@given(rules)
def test_rule_goes_through_json_unchanged(made: FeeRule) -> None:
    assert fee_rule_from_json(made.to_json()) == made


@pytest.mark.parametrize(
    "changes",
    [
        {"code": ""},
        {"provider": ""},
        {"currency": "XXX"},
        {"version": 0},
        {"percent_ppm": 1_000_000},
        {"fixed_minor": -1},
        {"least_minor": -1},
        {"least_minor": 2, "most_minor": 1},
    ],
)
def test_rule_with_an_impossible_value_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(FeeRuleError) as caught:
        rule(**changes)
    assert caught.value.code == "fee_rule.value"


def test_rule_from_json_without_a_key_is_refused() -> None:
    value = rule().to_json()
    del value["payer"]

    with pytest.raises(JsonError) as caught:
        fee_rule_from_json(value)
    assert caught.value.code == "json.field_missing"


def test_rule_at_is_the_one_that_began_last() -> None:
    old, new = rule(), rule(version=2, valid_from=START + timedelta(days=30), payer=FeePayer.SHOP)
    mended = rule(version=3, valid_from=new.valid_from)
    other = rule(provider="airtel_money", version=9)
    found = [
        rule_at(
            [new, old, other, mended], provider="mtn_momo", currency="RWF", at=START + timedelta(days=days)
        )
        for days in (-1, 0, 29, 30)
    ]

    assert found == [None, old, old, mended]
    assert rule_at([old], provider="mtn_momo", currency="UGX", at=START) is None
