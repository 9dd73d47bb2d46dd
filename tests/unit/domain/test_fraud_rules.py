from datetime import UTC, datetime, timedelta

import pytest

from pos.domain.fraud_rules import Earlier, SaleSeen, TillRule, holding_rule

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def seen(*minutes_ago: int, money_minor: int = 5_000, hour: int = 10, cashier: int = 0) -> SaleSeen:
    earlier = [Earlier(NOW - timedelta(minutes=one), 5_000) for one in minutes_ago]
    return SaleSeen(NOW, hour, money_minor, earlier, [Earlier(NOW, 1)] * cashier)


def rule(kind: str, action: str = "hold", **params: int) -> TillRule:
    return TillRule(kind, kind, action, params)


@pytest.mark.parametrize(
    ("one", "sale", "is_held"),
    [
        (rule("velocity_meter", count=2, minutes=30), seen(5, 10), True),
        (rule("velocity_meter", count=2, minutes=30), seen(5, 31), False),
        (rule("repeated_amount", count=3, minutes=60), seen(5, 50), True),
        (rule("repeated_amount", count=3, minutes=60), seen(5, 50, money_minor=4_999), False),
        (rule("velocity_cashier", count=3), seen(cashier=3), True),
        (rule("velocity_cashier", count=3), seen(cashier=2), False),
        (rule("out_of_hours", from_hour=7, to_hour=19), seen(hour=6), True),
        (rule("out_of_hours", from_hour=7, to_hour=19), seen(hour=18), False),
        (rule("out_of_hours", from_hour=20, to_hour=4), seen(hour=3), False),
        (rule("out_of_hours", from_hour=20, to_hour=4), seen(hour=4), True),
        (rule("amount_above", amount_minor=4_999), seen(), True),
        (rule("amount_above", amount_minor=5_000), seen(), False),
        (rule("amount_above", "flag", amount_minor=1), seen(), False),
        (rule("moon_phase"), seen(), False),
    ],
)
def test_holding_rule_when_a_rule_speaks_holds_the_sale(
    one: TillRule, sale: SaleSeen, *, is_held: bool
) -> None:
    assert (holding_rule([one], sale) is one) is is_held


def test_holding_rule_when_an_allow_rule_speaks_too_lets_it_pass() -> None:
    rules = [rule("amount_above", amount_minor=1), rule("amount_above", "allow", amount_minor=1)]

    assert holding_rule(rules, seen()) is None
