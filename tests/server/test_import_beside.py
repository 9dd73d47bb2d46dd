"""An import of meters beside pushes that change the debt of the same meters."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, update

from central.models.master import meter
from central.services.master import Master, pan_number
from central.services.meter_locks import hold_meters
from pos.domain.ids import new_id
from pos.domain.permissions import Role
from tests.server.rig import Person, Server
from tests.server.test_key_changes import is_somebody_waiting
from tests.server.till_rig import DRNS, SGC, TARIFF, Till, make_shop, meter_values


@pytest.fixture
def till(server: Server) -> Till:
    return make_shop(server, arrears=900).till()


@pytest.fixture
def boss(till: Till) -> Person:
    return till.server.person(Role.ADMINISTRATOR, organisation_id=till.shop.organisation)


def test_import_when_the_meter_is_added_at_the_same_moment_then_it_is_one_meter(
    till: Till, boss: Person
) -> None:
    database, shop = till.server.database, till.shop
    drn, statuses = "04100001231", []
    text = f"meter_number,tariff_code,supply_group,note\n{drn},{TARIFF.code},{SGC},by the door\n"

    def run() -> None:
        statuses.append(boss.post("/v1/meters/import", json={"text": text}).status_code)

    importing = threading.Thread(target=run)
    with database.write() as connection:
        hold_meters(connection, [pan_number(drn)])
        values = meter_values(new_id(till.now), drn)
        Master(till.server.app.state.head_office.feed).put_meters(connection, shop.organisation, [values])
        importing.start()
        while not is_somebody_waiting(database):
            assert importing.is_alive()
    importing.join()

    assert statuses == [200]
    with database.read() as connection:
        rows = connection.execute(select(meter.c.id, meter.c.note).where(meter.c.drn == drn)).all()
    assert [tuple(row) for row in rows] == [(values["id"], "by the door")]


def test_import_when_a_sale_pays_a_debt_at_the_same_moment_then_it_stays_paid(
    till: Till, boss: Person
) -> None:
    database = till.server.database
    statuses: list[int] = []
    text = f"meter_number,tariff_code,supply_group,note\n{DRNS[0]},{TARIFF.code},{SGC},by the door\n"

    def run() -> None:
        statuses.append(boss.post("/v1/meters/import", json={"text": text}).status_code)

    importing = threading.Thread(target=run)
    with database.write() as connection:
        connection.execute(update(meter).values(arrears_minor=meter.c.arrears_minor - 500))
        importing.start()
        while not is_somebody_waiting(database):
            assert importing.is_alive()
    importing.join()

    assert statuses == [200]
    with database.read() as connection:
        row = connection.execute(
            select(meter.c.arrears_minor, meter.c.note).where(meter.c.drn == DRNS[0])
        ).one()
    assert tuple(row) == (400, "by the door")
