"""Fraud rules: data, looked at for each line, over all tills."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from central.models.master import meter
from central.models.transactions import transactions
from central.services.book_read import Mentions
from central.services.feed import EVERYBODY
from central.services.fraud import load_fraud_check
from central.services.master import Master
from central.services.organisation_facts import organisation_facts
from central.services.push_lines import read_pushed_line
from central.services.verification import put_level
from pos.domain.ids import new_id
from pos.domain.price_terms import Basis
from tests.server.rig import Server
from tests.server.till_rig import DRNS, Till, make_shop


@pytest.fixture
def till(server: Server) -> Till:
    return make_shop(server).till()


def add_rule(till: Till, kind: str, *, action: str = "flag", is_active: bool = True, **params: int) -> None:
    with till.server.database.write() as connection:
        Master(till.server.app.state.head_office.feed).put_record(
            connection,
            till.shop.organisation,
            "fraud_rules",
            body={"id": kind, "kind": kind, "action": action, "params": params, "is_active": is_active},
            by=None,
            now=till.now,
        )


def test_velocity_when_a_meter_buys_too_often_over_all_tills_then_flagged(till: Till) -> None:
    add_rule(till, "velocity_meter", count=2, minutes=30)
    other = till.shop.till("T02")
    till.sell()
    till.push()
    bought = till.bought[DRNS[0], "2026-11"].bought_before_milli
    other.sell(basis=Basis(bought, ("monthly",)))
    assert other.flags() == []
    till.bought[DRNS[0], "2026-11"] = other.bought[DRNS[0], "2026-11"]
    till.sell()
    assert till.flags() == ["fraud:velocity_meter"]
    with till.server.database.read() as connection:
        assert sorted(connection.execute(select(transactions.c.is_flagged)).scalars()) == [False, False, True]


def test_rule_that_allows_when_it_speaks_then_the_others_are_silent_as_at_the_till(till: Till) -> None:
    add_rule(till, "velocity_meter", count=1, minutes=30)
    add_rule(till, "amount_above", action="allow", amount_minor=9_000)
    till.sell()
    assert till.flags() == []
    till.sell(money=10_000)
    assert till.flags() == []
    till.sell()
    assert till.flags() == ["fraud:velocity_meter"]


def test_velocity_when_the_window_is_past_then_quiet(till: Till) -> None:
    add_rule(till, "velocity_meter", count=1, minutes=30)
    till.sell()
    till.push()
    till.server.clock.pass_time(minutes=31)
    till.log_in()
    till.sell()
    assert till.flags() == []


def test_velocity_of_a_cashier_when_in_one_batch_then_the_line_that_is_too_many_is_flagged(
    till: Till,
) -> None:
    add_rule(till, "velocity_cashier", count=2, minutes=5)
    for drn in DRNS:
        till.sell(drn)
    assert [one["reasons"] for one in till.push()["results"]] == [[], [], ["fraud:velocity_cashier"]]


def test_velocity_of_a_phone_when_it_pays_too_often_then_flagged(till: Till) -> None:
    add_rule(till, "velocity_phone", count=1, minutes=5)
    for n in range(2):
        till.line(
            "payment_changed",
            {
                "payment_id": str(till.id)[:-1] + str(n),
                "sale_id": str(till.actor)[:-1] + str(n),
                "tender": "mtn",
                "from": "created",
                "to": "sent",
                "amount_minor": 5,
                "currency": "RWF",
                "fee_minor": 0,
                "phone_mac": "ab" * 16,
                "phone_last3": "123",
                "source": "reply",
            },
        )
        assert till.flags() == [["fraud:velocity_phone"], []][n == 0]


@pytest.mark.parametrize(
    ("kind", "params", "money", "flagged"),
    [
        ("amount_above", {"amount_minor": 4_999}, 5_000, True),
        ("amount_above", {"amount_minor": 5_000}, 5_000, False),
        # 08:00 UTC is 10:00 in Kigali.
        ("out_of_hours", {"from_hour": 6, "to_hour": 10}, 5_000, True),
        ("out_of_hours", {"from_hour": 6, "to_hour": 11}, 5_000, False),
        ("out_of_hours", {"from_hour": 22, "to_hour": 6}, 5_000, True),
    ],
)
def test_rule_when_one_sale_is_looked_at_then_as_its_parameters_say(
    till: Till, kind: str, params: dict[str, Any], money: int, *, flagged: bool
) -> None:
    add_rule(till, kind, **params)
    till.sell(money=money)
    assert till.flags() == ([f"fraud:{kind}"] if flagged else [])


def test_repeated_amount_when_the_same_for_the_third_time_then_flagged(till: Till) -> None:
    add_rule(till, "repeated_amount", count=3, minutes=60)
    for _ in range(2):
        till.sell()
    till.sell(money=4_000)
    assert till.flags() == []
    till.sell()
    assert till.flags() == ["fraud:repeated_amount"]


def test_ratio_when_many_sales_are_voided_or_reprinted_then_flagged(till: Till) -> None:
    add_rule(till, "void_ratio", ppm=300_000, least=3)
    add_rule(till, "reprint_ratio", ppm=300_000, least=3)
    sales = [till.sell(drn) for drn in DRNS]
    void: dict[str, Any] = {"state": "voided", "reason": "typed wrong", "amount_minor": 5}
    till.line("sale_closed", void | {"sale_id": str(till.id)})
    assert till.flags() == []
    till.line("sale_closed", void | {"sale_id": str(till.actor)})
    assert till.flags() == ["fraud:void_ratio"]
    for copy in (1, 2):
        till.line("token_handed_over", {"sale_id": sales[0]["sale_id"], "how": "printed", "copy": copy})
    assert [one["reasons"] for one in till.push()["results"]] == [[], ["fraud:reprint_ratio"]]


def test_rule_when_clock_or_receipts_jump_then_both_flags_stand(till: Till) -> None:
    add_rule(till, "clock_back")
    add_rule(till, "sequence_gap")
    till.line("clock_noted", {"what": "back", "wall": "x", "trusted": "x"})
    assert till.flags() == ["fraud:clock_back"]
    till.line("sale_delivered", {"sale": till.sale(till.item(), receipt_number="T01-000009")})
    assert till.flags() == ["fraud:sequence_gap", "receipt_gap"]


def test_rule_when_not_active_or_taken_away_then_quiet_and_tills_learn_of_it(till: Till) -> None:
    add_rule(till, "amount_above", amount_minor=1, is_active=False)
    till.sell()
    assert till.flags() == []
    assert [row["id"] for row in till.pull("fraud_rules")["rows"]] == ["amount_above"]
    with till.server.database.write() as connection:
        Master(till.server.app.state.head_office.feed).drop_record(
            connection, till.shop.organisation, "fraud_rules", id_="amount_above", scope=EVERYBODY
        )
    assert till.pull("fraud_rules")["deleted"] == ["amount_above"]


def limit_customer(till: Till, **limits: int) -> None:
    """The first two meters belong to one customer of level 0, who may buy for so much."""
    person = new_id(till.now)
    with till.server.database.write() as connection:
        most = dict.fromkeys(("sale_max_minor", "day_max_minor", "month_max_minor")) | limits
        put_level(connection, till.shop.organisation, 0, name="none", **most)
        values = {"id": person, "name": "A", "verification": 0, "is_erased": False}
        till.server.app.state.head_office.master.put_customers(connection, till.shop.organisation, [values])
        mine = meter.c.drn.in_(DRNS[:2])
        connection.execute(update(meter).where(mine).values(customer_id=person))


def test_customer_when_all_his_meters_at_all_tills_pass_his_limit_of_a_day_then_flagged(till: Till) -> None:
    add_rule(till, "customer_limit")
    limit_customer(till, day_max_minor=10_000)
    other = till.shop.till("T02")
    till.sell(DRNS[0], 5_000)
    till.sell(DRNS[2], 50_000)
    assert [one["reasons"] for one in till.push()["results"]] == [[], []]
    other.sell(DRNS[1], 5_000)
    assert other.flags() == []
    other.sell(DRNS[1], 1_000)
    assert other.flags() == ["fraud:customer_limit"]
    # 22:30 UTC is half past midnight in Kigali: another day, the same month.
    till.server.clock.pass_time(hours=14, minutes=30)
    till.log_in()
    till.sell(DRNS[0], 5_000)
    assert till.flags() == []


def test_customer_when_his_month_is_used_up_in_one_batch_then_the_sale_that_is_too_much_is_flagged(
    till: Till,
) -> None:
    add_rule(till, "customer_limit")
    limit_customer(till, month_max_minor=9_000)
    for drn in (DRNS[0], DRNS[1], DRNS[2]):
        till.sell(drn, 5_000)
    assert [one["reasons"] for one in till.push()["results"]] == [[], ["fraud:customer_limit"], []]
    till.server.clock.pass_time(days=15)
    till.log_in()
    till.sell(DRNS[0], 5_000)
    assert till.flags() == []


def test_customer_when_one_sale_is_above_his_limit_then_flagged_and_without_the_rule_not(till: Till) -> None:
    limit_customer(till, sale_max_minor=4_999)
    till.sell(DRNS[0], 5_000)
    assert till.flags() == []
    add_rule(till, "customer_limit")
    till.sell(DRNS[1], 5_000)
    assert till.flags() == ["fraud:customer_limit"]


def test_customer_when_he_bought_in_the_first_moment_of_the_month_then_it_counts(till: Till) -> None:
    add_rule(till, "customer_limit")
    limit_customer(till, month_max_minor=9_000)
    # A fifth of a second past midnight in Kigali on the first of December.
    till.server.clock.pass_time(days=10, hours=14, seconds=0.2)
    till.log_in()
    till.sell(DRNS[0], 5_000)
    assert till.flags() == []
    till.server.clock.pass_time(minutes=10, seconds=0.3)
    till.sell(DRNS[1], 5_000)
    assert till.flags() == ["fraud:customer_limit"]


def test_customer_when_sold_to_under_the_id_of_a_merged_meter_then_it_counts_for_the_kept_ones(
    till: Till,
) -> None:
    add_rule(till, "customer_limit")
    limit_customer(till, day_max_minor=10_000)
    kept, duplicate = (till.shop.meters[DRNS[n]] for n in (0, 2))
    with till.server.database.write() as connection:
        connection.execute(update(meter).where(meter.c.id == duplicate).values(merged_into=kept))
    till.sell(DRNS[2], 6_000)
    assert till.flags() == ["duplicate_meter"]
    till.sell(DRNS[1], 5_000)
    assert till.flags() == ["fraud:customer_limit"]
    till.sell(DRNS[2], 1_000)
    assert till.flags() == ["duplicate_meter", "fraud:customer_limit"]


def test_customer_when_his_level_has_no_limit_then_what_he_bought_is_not_read(till: Till) -> None:
    add_rule(till, "customer_limit")
    limit_customer(till)
    till.sell(DRNS[0], 50_000)
    assert till.flags() == []

    with till.server.database.read() as connection:
        (meter_id,) = connection.execute(select(meter.c.id).where(meter.c.drn == DRNS[0])).one()
        line = read_pushed_line(till.lines[-1].data)
        check = load_fraud_check(
            connection,
            till.shop.organisation,
            Mentions(meters={str(meter_id)}),
            lines=[line],
            facts=organisation_facts(connection, till.shop.organisation),
        )
    assert not check.bought and not check.limited
