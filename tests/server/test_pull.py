"""Pulling: in the order of change numbers, only what is in scope, nothing skipped under writers."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, text

from central.models.master import customer, feed, feed_head, supply_group
from central.services.feed import Change, jump_after_restore
from central.services.key_changes import announce, complete
from central.services.master import Master
from pos.contracts.resources import ROW_MODELS
from pos.domain.ids import new_id
from pos.domain.key_change import NOT_YET
from pos.domain.price_terms import Basis
from tests.server.rig import Server
from tests.server.till_rig import DRNS, SGC, Till, make_shop, meter_values


@pytest.fixture
def till(server: Server) -> Till:
    return make_shop(server, arrears=900).till()


def master_of(till: Till) -> Master:
    master: Master = till.server.app.state.head_office.master
    return master


def pull_all(till: Till, resource: str, limit: int = 5_000) -> tuple[list[dict[str, Any]], str]:
    rows, cursor = [], ""
    while True:
        page = till.pull(resource, cursor, limit)
        rows += page["rows"]
        cursor = page["cursor"]
        if not page["more"]:
            return rows, cursor


def put_record(till: Till, resource: str, body: dict[str, Any], scope: UUID | None = None) -> None:
    with till.server.database.write() as connection:
        more = {} if scope is None else {"scope": scope}
        master_of(till).put_record(
            connection, till.shop.organisation, resource, body=body, by=None, now=till.now, **more
        )


@pytest.mark.parametrize("resource", sorted(ROW_MODELS))
def test_pull_when_any_resource_is_asked_then_rows_are_of_its_model(till: Till, resource: str) -> None:
    page = till.pull(resource)
    for row in page["rows"]:
        ROW_MODELS[resource].model_validate(row)
    assert page["mapping"] == "1"
    assert not page["more"]
    assert till.pull(resource, page["cursor"])["rows"] == []


def test_pull_when_meters_come_then_page_by_page_and_resumable(till: Till) -> None:
    rows, cursor = pull_all(till, "meters", limit=2)
    assert sorted(row["drn"] for row in rows) == sorted(DRNS)
    assert {row["arrears_minor"] for row in rows} == {900}
    assert till.pull("meters", cursor)["rows"] == []


def test_pull_when_a_row_changes_then_it_comes_once_more_with_a_higher_number(till: Till) -> None:
    _, cursor = pull_all(till, "meters")
    values = meter_values(till.shop.meters[DRNS[0]], DRNS[0], status="blocked", block_reason="theft")
    with till.server.database.write() as connection:
        master_of(till).put_meters(connection, till.shop.organisation, [values])
    page = till.pull("meters", cursor)
    assert [(row["drn"], row["status"]) for row in page["rows"]] == [(DRNS[0], "blocked")]
    assert int(page["cursor"]) > int(cursor)


@pytest.mark.parametrize("cursor", ["999999", "x", "-1", "1.5", "9" * 30])
def test_pull_when_the_cursor_is_unknown_then_410(till: Till, cursor: str) -> None:
    response = till.get("/v1/sync/pull", resource="meters", cursor=cursor)
    assert (response.status_code, response.json()["code"]) == (410, "sync.cursor")


def test_pull_when_the_resource_is_unknown_then_404(till: Till) -> None:
    response = till.get("/v1/sync/pull", resource="secrets")
    assert (response.status_code, response.json()["code"]) == (404, "sync.resource")


def test_pull_when_two_organisations_have_rows_then_each_sees_its_own(till: Till) -> None:
    other = make_shop(till.server, "other", drns=("04100000407",)).till("X01")
    assert [row["drn"] for row in other.pull("meters")["rows"]] == ["04100000407"]
    assert len(till.pull("meters")["rows"]) == 3
    assert [row["code"] for row in other.pull("tills")["rows"]] == ["X01"]


def test_pull_when_a_customer_moves_to_another_sales_point_then_it_comes_as_deleted(till: Till) -> None:
    organisation, master = till.shop.organisation, master_of(till)
    with till.server.database.write() as connection:
        second = master.put_sales_point(
            connection,
            organisation,
            {
                "id": new_id(till.now),
                "name": "Second",
                "currency": "RWF",
                "language": "en",
                "is_active": True,
            },
        )
        person = {"id": new_id(till.now), "name": "Aline", "verification": 0, "is_erased": False}
        master.put_customers(connection, organisation, [person | {"sales_point_id": till.shop.sales_point}])
    far = till.shop
    far.sales_point, near = second, far.sales_point
    other = far.till("T02")
    far.sales_point = near
    page = till.pull("customers")
    assert [row["name"] for row in page["rows"]] == ["Aline"]
    assert other.pull("customers")["rows"] == []
    with till.server.database.write() as connection:
        master.put_customers(connection, organisation, [person | {"sales_point_id": second}])
    gone = till.pull("customers", page["cursor"])
    assert (gone["rows"], gone["deleted"]) == ([], [str(person["id"])])
    assert [row["name"] for row in other.pull("customers")["rows"]] == ["Aline"]
    with till.server.database.write() as connection:
        master.put_customers(
            connection,
            organisation,
            [{"id": person["id"], "sales_point_id": second, "verification": 0, "is_erased": True}],
        )
        assert connection.execute(select(customer.c.name)).scalar_one() is None
    assert other.pull("customers")["rows"] == [{"id": str(person["id"]), "is_erased": True}]


def test_pull_of_settings_when_several_scopes_say_something_then_the_nearest(till: Till) -> None:
    put_record(till, "settings", {"id": "sale.duplicate_minutes", "value": "30"})
    put_record(till, "settings", {"id": "sale.duplicate_minutes", "value": "20"}, till.shop.sales_point)
    put_record(till, "settings", {"id": "sale.duplicate_minutes", "value": "10"}, till.id)
    page = till.pull("settings")
    assert [row["value"] for row in page["rows"]] == ["10"]
    put_record(till, "settings", {"id": "sale.duplicate_minutes", "value": "40"})
    again = till.pull("settings", page["cursor"])
    assert [row["value"] for row in again["rows"]] == ["10"]
    for scope in (till.id, till.shop.sales_point):
        with till.server.database.write() as connection:
            master_of(till).drop_record(
                connection, till.shop.organisation, "settings", id_="sale.duplicate_minutes", scope=scope
            )
    last = till.pull("settings", again["cursor"])
    assert [row["value"] for row in last["rows"]] == ["40"]


def test_pull_of_months_when_another_till_sold_then_its_figures_and_not_the_own(till: Till) -> None:
    other = till.shop.till("T02")
    sale = till.sell(basis=Basis(arrears_before_minor=900))
    till.push()
    (row,) = other.pull("meter_month")["rows"]
    assert row["units_milli"] == sale["items"][0]["units_milli"]
    assert (row["charges"], row["arrears_taken_minor"]) == (["monthly"], 900)
    page = till.pull("meter_month")
    assert page["rows"] == []
    assert page["cursor"] == "1"
    (changed,) = [one for one in other.pull("meters")["rows"] if one["drn"] == DRNS[0]]
    assert changed["arrears_minor"] == 0


def test_pull_of_groups_when_asked_then_with_the_lane_of_the_till(till: Till) -> None:
    other = till.shop.till("T02")
    assert [row["lane"] for row in till.pull("supply_groups")["rows"]] == [1]
    assert [row["lane"] for row in other.pull("supply_groups")["rows"]] == [2]
    assert till.pull("supply_groups")["rows"][0]["supplier_name"] == "Utility"


def test_key_change_when_announced_then_it_starts_once_every_live_till_has_pulled_it(till: Till) -> None:
    office, organisation = till.server.app.state.head_office, till.shop.organisation
    other = till.shop.till("T02")
    with till.server.database.write() as connection:
        following = {"krn": 2, "ken": 255, "ti": "01", "kt": 2, "base_date": "14"}
        announce(office.feed, connection, organisation, sgc=SGC, next_key=following)
    page = till.pull("supply_groups")
    assert page["rows"][0]["next_key"]["from"] == NOT_YET
    till.pull("supply_groups", page["cursor"])
    assert other.pull("supply_groups")["rows"][0]["next_key"]["from"] == NOT_YET
    other.pull("supply_groups", page["cursor"])
    (row,) = till.pull("supply_groups", page["cursor"])["rows"]
    assert row["next_key"]["from"] == "2026-11-27T08:00:00.000Z"
    till.server.clock.pass_time(days=7, hours=1)
    with till.server.database.write() as connection:
        complete(office.feed, connection, organisation, sgc=SGC, now=till.now)
        assert connection.execute(select(supply_group.c.krn, supply_group.c.next_key)).one() == (2, None)


def test_key_change_when_a_till_is_revoked_then_it_is_not_waited_for(till: Till) -> None:
    office, organisation = till.server.app.state.head_office, till.shop.organisation
    other = till.shop.till("T02")
    with till.server.database.write() as connection:
        office.enrolment.end(connection, organisation, other.id, state="lost", reason="stolen", now=till.now)
        following = {"krn": 2, "ken": 255, "ti": "01", "kt": 2, "base_date": "14"}
        announce(office.feed, connection, organisation, sgc=SGC, next_key=following)
    page = till.pull("supply_groups")
    till.pull("supply_groups", page["cursor"])
    assert till.pull("supply_groups", page["cursor"])["rows"][0]["next_key"]["from"] != NOT_YET


def test_pull_when_many_write_at_once_then_no_change_is_ever_skipped(till: Till) -> None:
    office, database = till.server.app.state.head_office, till.server.database
    writers, each = 4, 25
    seen: list[str] = []
    done = threading.Event()

    def write(writer: int) -> None:
        for n in range(each):
            with database.write() as connection:
                change = Change(f"{writer}-{n}", {"id": f"{writer}-{n}", "value": "x"})
                office.feed.publish(connection, till.shop.organisation, "settings", changes=[change])
                if database.is_postgres:
                    # A writer that commits late: its number must not be passed by.
                    connection.execute(text("SELECT pg_sleep(0.001)"))

    def read() -> None:
        cursor = ""
        while True:
            is_last = done.is_set()
            page = till.pull("settings", cursor, 7)
            seen.extend(row["id"] for row in page["rows"])
            cursor = page["cursor"]
            if is_last and not page["more"]:
                return

    reader = threading.Thread(target=read)
    threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
    for thread in (reader, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join()
    assert sorted(seen) == sorted(f"{w}-{n}" for w in range(writers) for n in range(each))
    with database.read() as connection:
        numbers = connection.execute(
            select(feed.c.change).where(feed.c.resource == "settings").order_by(feed.c.change)
        ).scalars()
        assert list(numbers) == list(range(1, writers * each + 1))


def test_pull_when_the_database_was_restored_then_begun_anew_and_what_is_lost_is_taken_back(
    till: Till,
) -> None:
    put_record(till, "settings", {"id": "a.b", "value": "first"})
    old = till.pull("settings")["cursor"]
    put_record(till, "settings", {"id": "a.b", "value": "lost"})
    lost = till.pull("settings")["cursor"]
    with till.server.database.write() as connection:
        # The back-up had only the first; the number after it would be given again.
        connection.execute(
            feed.update()
            .where(feed.c.resource == "settings")
            .values(change=int(old), body='{"id":"a.b","value":"first"}')
        )
        connection.execute(
            feed_head.update().where(feed_head.c.resource == "settings").values(change=int(old))
        )
        jump_after_restore(connection, till.now)
    put_record(till, "settings", {"id": "a.c", "value": "new"})
    assert [row["value"] for row in till.pull("settings", old)["rows"]] == ["new"]
    refusal = till.get("/v1/sync/pull", resource="settings", cursor=lost)
    assert (refusal.status_code, refusal.json()["code"]) == (410, "sync.cursor")
    page = till.pull("settings", limit=1)
    assert [row["value"] for row in page["rows"]] == ["first"]
    page = till.pull("settings", page["cursor"], limit=1)
    assert [row["value"] for row in page["rows"]] == ["new"]
    assert till.pull("settings", page["cursor"])["rows"] == []


def test_pull_when_the_database_was_restored_and_nothing_changed_since_then_it_is_not_begun_anew_for_ever(
    till: Till,
) -> None:
    with till.server.database.write() as connection:
        jump_after_restore(connection, till.now)
    cursor = till.pull("meters")["cursor"]
    page = till.pull("meters", cursor)
    assert (page["rows"], page["cursor"]) == ([], cursor)


def test_pull_when_the_restored_database_had_no_row_of_a_resource_then_what_comes_is_not_taken_for_the_lost(
    till: Till,
) -> None:
    # The back-up is of now: a till then pulls the first row, which is lost.
    with till.server.database.write() as connection:
        jump_after_restore(connection, till.now)
    for n in range(2):
        put_record(till, "settings", {"id": f"a.{n}", "value": "1"})

    refusal = till.get("/v1/sync/pull", resource="settings", cursor="1")

    assert (refusal.status_code, refusal.json()["code"]) == (410, "sync.cursor")
    assert len(till.pull("settings")["rows"]) == 2


def test_pull_when_one_back_up_is_restored_twice_then_the_first_restore_is_lost_too(till: Till) -> None:
    with till.server.database.read() as connection:
        backed_up = [dict(row._mapping) for row in connection.execute(select(feed_head))]
    with till.server.database.write() as connection:
        jump_after_restore(connection, till.now)
    put_record(till, "settings", {"id": "a.b", "value": "lost"})
    cursor = till.pull("settings")["cursor"]
    till.server.clock.pass_time(minutes=1)
    with till.server.database.write() as connection:
        connection.execute(delete(feed).where(feed.c.resource == "settings"))
        connection.execute(delete(feed_head))
        connection.execute(insert(feed_head), backed_up)
        jump_after_restore(connection, till.now)
    for n in range(2):
        put_record(till, "settings", {"id": f"a.{n}", "value": "new"})

    refusal = till.get("/v1/sync/pull", resource="settings", cursor=cursor)

    assert (refusal.status_code, refusal.json()["code"]) == (410, "sync.cursor")


def test_pull_when_rows_were_only_deleted_then_the_cursor_moves_on(till: Till) -> None:
    put_record(till, "settings", {"id": "a.b", "value": "1"})
    with till.server.database.write() as connection:
        connection.execute(delete(feed).where(feed.c.resource == "settings"))
    page = till.pull("settings")
    assert (page["rows"], page["cursor"]) == ([], "0")
