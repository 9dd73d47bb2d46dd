"""Key changes of supply groups beside other changes of the same group."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, text, update

from central.db import Database
from central.models.master import supply_group
from central.services.key_changes import announce, complete
from pos.domain.journal import instant_text
from pos.domain.permissions import Role
from tests.server.rig import Person, Server
from tests.server.till_rig import DRNS, SGC, Till, group_values, make_shop, minutes

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def till(server: Server) -> Till:
    return make_shop(server).till()


@pytest.fixture
def boss(till: Till) -> Person:
    return till.server.person(Role.ADMINISTRATOR, organisation_id=till.shop.organisation)


def is_somebody_waiting(database: Database) -> bool:
    """Whether a transaction waits for another; on SQLite the next one waits before it begins."""
    if not database.is_postgres:
        return True
    with database.read() as connection:
        return int(connection.execute(WAITING).scalar_one()) > 0


def test_group_when_it_is_changed_while_its_key_change_ends_then_the_new_key_stays(
    till: Till, boss: Person
) -> None:
    server = till.server
    begun = {"krn": 2, "ken": 255, "ti": "01", "kt": 2, "base_date": "14", "from": instant_text(till.now)}
    with server.database.write() as connection:
        connection.execute(update(supply_group).values(next_key=begun))
    answers: list[tuple[int, str]] = []

    def change() -> None:
        body = {name: value for name, value in group_values(supplier="REG").items() if name != "sgc"}
        answer = boss.put(f"/v1/supply-groups/{SGC}", json=body)
        answers.append((answer.status_code, answer.json()["code"]))

    changing = threading.Thread(target=change)
    feed = server.app.state.head_office.feed
    with server.database.write() as connection:
        complete(feed, connection, till.shop.organisation, sgc=SGC, now=till.now)
        changing.start()
        while not is_somebody_waiting(server.database):
            assert changing.is_alive()
    changing.join()

    assert answers == [(409, "supply_group.key")]
    with server.database.read() as connection:
        assert connection.execute(select(supply_group.c.krn)).scalar_one() == 2


def test_sale_when_it_comes_after_the_key_change_ended_then_the_key_of_its_instant_is_right(
    till: Till,
) -> None:
    server = till.server
    start = till.now + minutes(60)
    begun = {"krn": 2, "ken": 255, "ti": "01", "kt": 2, "base_date": "14", "from": instant_text(start)}
    with server.database.write() as connection:
        connection.execute(update(supply_group).values(next_key=begun))
    feed = server.app.state.head_office.feed
    for at in (till.now, start):
        till.line("sale_delivered", {"sale": till.sale(till.item(DRNS[0]))}, at=at)
    server.clock.pass_time(seconds=7_200)
    with server.database.write() as connection:
        complete(feed, connection, till.shop.organisation, sgc=SGC, now=till.now)

    till.log_in()
    assert [one["reasons"] for one in till.push()["results"]] == [[], ["key_revision"]]


def test_lane_when_its_till_ends_after_a_key_change_then_it_is_not_given_again(till: Till) -> None:
    """A till keeps its lane over a key change: it makes tokens with the new key too."""
    shop, server = till.shop, till.server
    office = server.app.state.head_office
    following = {"krn": 2, "ken": 255, "ti": "01", "kt": 2, "base_date": "14"}
    early, late = shop.till("T02"), shop.till("T03")

    def end(one: Till) -> None:
        with server.database.write() as connection:
            office.enrolment.end(
                connection, shop.organisation, one.id, state="lost", reason="stolen", now=server.clock.now()
            )

    end(early)
    with server.database.write() as connection:
        announce(office.feed, connection, shop.organisation, sgc=SGC, next_key=following)
    server.clock.pass_time(hours=1)
    for one in (till, late):
        one.log_in()
        one.pull("supply_groups", one.pull("supply_groups")["cursor"])
    # The start is set, a week ahead. Both know it, wherever they are when it comes.
    server.clock.pass_time(hours=1)
    end(late)
    server.clock.pass_time(days=7)
    with server.database.write() as connection:
        complete(office.feed, connection, shop.organisation, sgc=SGC, now=server.clock.now())
    end(till)
    lanes = [shop.till(code).pull("supply_groups")["rows"][0]["lane"] for code in ("T04", "T05")]
    # Lanes 1 and 3 are those of the two that know the key; lane 2 is free, its till never did.
    assert lanes == [2, 4]
