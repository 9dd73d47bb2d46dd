"""What the counter shows beside a sale, and how the till says it is."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from pos.domain.permissions import Actor, Permission
from pos.errors import Unavailable
from pos.models.queries.counter import latest_sale, recent_meters
from pos.services.after_stop import AfterStop, Unfinished
from pos.services.counter import Counter
from pos.services.sale_values import SaleRequest
from pos.services.till_status import TillStatusReader
from pos.system.ids import new_id
from tests.crash.remote_twin import RemoteHolderTwin, Step
from tests.factories.office import code_of
from tests.factories.shop import ZONE, Shop, make_shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def counter_of(shop: Shop) -> Counter:
    return Counter(shop.units, shop.clock, ZONE)


def sell(shop: Shop, drn: str, money_minor: int = 5000) -> None:
    shop.clock.pass_time(seconds=3600)
    request = SaleRequest(
        sale_id=new_id(shop.clock.now()), drn=drn, money_minor=money_minor, is_another_wanted=True
    )
    shop.checkout.sell(request, shop.cashier)


def test_recent_when_a_meter_bought_twice_then_listed_once_with_its_latest_sale(shop: Shop) -> None:
    first, second = shop.add_meter(1), shop.add_meter(2)
    for drn, money in ((first, 1000), (second, 2000), (first, 3000)):
        sell(shop, drn, money)

    rows = counter_of(shop).recent(shop.cashier)

    assert [(row.drn, row.money_minor) for row in rows] == [(first, 3000), (second, 2000)]


def shop_with_a_late_sale(folder: Path) -> tuple[Shop, str, str]:
    """A shop where one sale began before another and was delivered after it; the meters of both."""
    remote: dict[str, RemoteHolderTwin] = {}
    shop = make_shop(folder, holders='["central"]', remote_holders=remote)
    remote["central"] = RemoteHolderTwin(shop.vault, folder / "central.jsonl", (Step.LOSE_REQUEST,))
    late, prompt = shop.add_meter(1), shop.add_meter(2)
    asked = SaleRequest(sale_id=new_id(shop.clock.now()), drn=late, money_minor=5000)
    with pytest.raises(Unavailable):
        shop.checkout.sell(asked, shop.cashier)
    sell(shop, prompt, 2000)
    shop.clock.pass_time(seconds=600)
    shop.checkout.sell(asked, shop.cashier)
    return shop, late, prompt


@pytest.mark.parametrize("who", ["cashier", "supervisor"])
def test_last_sale_when_an_earlier_one_is_delivered_later_then_the_one_delivered_last(
    tmp_path: Path, who: str
) -> None:
    shop, late, prompt = shop_with_a_late_sale(tmp_path)
    actor: Actor = getattr(shop, who)

    last = counter_of(shop).last_sale(actor)
    recent = counter_of(shop).recent(actor)

    assert last is not None and last.row.drn == late
    assert last.delivered_at == shop.clock.now() and last.row.at < last.delivered_at
    assert [row.drn for row in recent] == [late, prompt]
    assert recent[0].at == last.delivered_at

    sell(shop, prompt, 3000)
    newest = counter_of(shop).last_sale(actor)
    assert newest is not None and newest.row.drn == prompt
    assert newest.row.money_minor == 3000
    assert [row.drn for row in counter_of(shop).recent(actor)] == [prompt, late]


def test_last_sale_when_somebody_sold_nothing_then_none_though_others_did(tmp_path: Path) -> None:
    shop, _, _ = shop_with_a_late_sale(tmp_path)

    with shop.units.read() as connection:
        assert latest_sale(connection, operator_key=999) is None
        assert latest_sale(connection, operator_key=shop.cashier.key) is not None


def test_latest_sales_when_read_then_by_the_heads_of_indexes_without_reading_all_through(
    tmp_path: Path,
) -> None:
    shop, _, _ = shop_with_a_late_sale(tmp_path)
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        seen.append((statement, values))

    with shop.units.read() as connection:
        event.listen(shop.units._reading, "before_cursor_execute", note)
        latest_sale(connection)
        latest_sale(connection, operator_key=shop.cashier.key)
        recent_meters(connection, limit=10)
        event.remove(shop.units._reading, "before_cursor_execute", note)
        steps = [
            [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            for statement, values in seen
            if "ix_sale_delivered_later" in statement
        ]

    of_all, own, recent = (" | ".join(plan) for plan in steps)
    for plan in (of_all, recent):
        # In the order of its key, of which LIMIT takes the head.
        assert "SCAN sale |" in plan and "INDEX ix_sale_delivered_later" in plan, plan
    assert "SEARCH sale USING INDEX ix_sale_operator (operator_key=?)" in own
    assert "SEARCH sale USING INDEX ix_sale_delivered_later (delivered_place>?)" in own
    # What is sorted is what LIMIT left of the heads.
    assert of_all.count("TEMP B-TREE") == own.count("TEMP B-TREE") == 1


def test_card_when_asked_then_month_purchases_and_tariff(shop: Shop) -> None:
    drn = shop.add_meter(1)
    sell(shop, drn)

    card = counter_of(shop).card(shop.cashier, drn)

    assert card.meter.drn == drn and card.tariff is not None
    assert [row.money_minor for row in card.purchases] == [5000]
    assert card.bought_month_milli == card.purchases[0].units_milli
    assert code_of(lambda: counter_of(shop).card(shop.cashier, "04999999998")) == "meter.check_digit"


def test_known_near_when_two_neighbours_are_swapped_then_the_known_meter(shop: Shop) -> None:
    drn = next(one for one in (shop.add_meter(n) for n in range(1, 20)) if one[-1] != one[-2])
    counter = counter_of(shop)

    assert counter.known_near(shop.cashier, drn[:-2] + drn[-1] + drn[-2]) == drn
    assert counter.known_near(shop.cashier, "00000000000") == ""


def test_who_holds_when_asked_then_only_those_with_the_permission(shop: Shop) -> None:
    names = counter_of(shop).who_holds(Permission.SALE_DUPLICATE)

    assert shop.supervisor.name in names and shop.cashier.name not in names


def test_report_when_a_sale_was_not_shown_then_its_card_and_whole_books(shop: Shop) -> None:
    drn = shop.add_meter(1)
    sell(shop, drn)

    report = AfterStop(shop.units, shop.clock).report(shop.cashier)

    (card,) = report.cards
    assert (card.item.what, card.item.drn, len(card.digits)) == (Unfinished.NOT_HANDED_OVER, drn, 1)
    assert report.is_chain_whole and not report.has_receipt_gap and report.last_receipt.endswith("000001")


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE journal SET hash = zeroblob(32) WHERE seq = (SELECT max(seq) - 1 FROM journal)",
        "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)",
    ],
)
def test_report_when_the_newest_lines_are_damaged_then_says_so(shop: Shop, damage: str) -> None:
    sell(shop, shop.add_meter(1))
    with shop.units.write() as unit:
        unit.connection.exec_driver_sql(damage)

    assert not AfterStop(shop.units, shop.clock).report(shop.cashier).is_chain_whole


def test_report_when_a_receipt_is_gone_then_a_gap(shop: Shop) -> None:
    for n in range(3):
        sell(shop, shop.add_meter(n + 1))
    with shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE sale SET receipt_number = 99 WHERE receipt_number = 2")

    assert AfterStop(shop.units, shop.clock).report(shop.cashier).has_receipt_gap


def test_status_when_the_clock_moves_then_says_what_a_person_must_do(shop: Shop) -> None:
    sell(shop, shop.add_meter(1))
    reader = TillStatusReader(
        shop.units, shop.clock, sales_point="Counter", printer=lambda: "dummy:", is_vault_open=lambda: True
    )
    now = shop.clock.now()
    states = []
    for by in (timedelta(0), timedelta(hours=-1), timedelta(days=30)):
        shop.clock.set_wall(now + by)
        states.append(reader.read().clock)

    assert states == ["ok", "back", "confirm"]


def test_status_when_read_then_shift_envelope_and_unsent(shop: Shop) -> None:
    reader = TillStatusReader(
        shop.units, shop.clock, sales_point="Counter", printer=lambda: "", is_vault_open=lambda: False
    )
    before = reader.read()
    sell(shop, shop.add_meter(1))
    after = reader.read()

    assert before.shift_number == 1 and before.shift_operator
    assert before.envelope_left_minor is not None and after.envelope_left_minor is not None
    assert before.envelope_left_minor - after.envelope_left_minor == 5000
    assert after.unsent > before.unsent and after.unsent_since is not None
