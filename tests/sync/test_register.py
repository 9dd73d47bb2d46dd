"""A register that a shop had before it enrolled, and files taken in after: head office is asked once."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from pos.domain.permissions import Role
from pos.models.meters import proposal
from pos.services.meter_import_values import ImportResult
from pos.sync import register
from tests.factories.meter_files import drn_of, meter_cells, write_csv
from tests.server.rig import Person, Server
from tests.server.till_rig import DRNS
from tests.sync.conftest import RealTill

OWN = 120


def imported(till: RealTill, path: Path, rows: list[dict[str, str]]) -> ImportResult:
    return till.till.imports.run(
        till.people[Role.ADMINISTRATOR], write_csv(path, rows), errors_path=path.with_suffix(".errors")
    )


def administrator(till: RealTill, server: Server) -> Person:
    organisation = till.office.organisation
    name = f"claire-{uuid4().hex[:8]}"
    return server.person(Role.ADMINISTRATOR, organisation_id=organisation, username=name)


def waiting(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = f"?limit=100&cursor={cursor}" if cursor else "?limit=100"
        page = person.get(f"/v1/proposals{query}").json()
        found, cursor = found + page["items"], page["next_cursor"]
    return found


def cycles(till: RealTill, count: int = 3) -> list[int]:
    return [till.engine.run_once().proposed for _ in range(count)]


@pytest.fixture
def shop(real_till: RealTill, tmp_path: Path) -> RealTill:
    """A shop that stands alone: its register came from a file, and it has sold already."""
    owned = {"name": "Kamanzi", "phone": "+250788123456"}
    rows = [meter_cells(n, arrears="900" if n == 1 else "") for n in range(1, OWN + 1)]
    rows[1] |= owned
    rows[2] |= owned
    imported(real_till, tmp_path / "own.csv", [*rows, {**rows[0], "meter_number": DRNS[0]}])
    code = real_till.one("SELECT supplier FROM supply_group")
    chief = real_till.people[Role.ADMINISTRATOR]
    real_till.till.floats.top_up(chief, code, amount_minor=10**6, reference="slip 1")
    real_till.open_shift()
    real_till.sell(drn_of(1))
    return real_till


def test_register_when_the_shop_enrols_what_head_office_does_not_know_is_proposed_once(
    shop: RealTill, server: Server
) -> None:
    taken = shop.one("SELECT sum(amount_minor) FROM sale_line WHERE kind = 'arrears'")
    assert taken > 0
    shop.enrol()
    person = administrator(shop, server)

    assert cycles(shop) == [OWN, 0, 0]

    records = [one["record"] for one in waiting(person)]
    assert sorted(one["meter_number"] for one in records) == [drn_of(n) for n in range(1, OWN + 1)]
    (first,) = [one for one in records if one["meter_number"] == drn_of(1)]
    assert first["arrears"] == 900
    for one in waiting(person):
        body = {"decision": "accepted", "reason": "their register"}
        assert person.post(f"/v1/proposals/{one['id']}/decide", json=body).status_code == 200
    assert cycles(shop) == [0, 0, 0]
    assert waiting(person) == []
    # The debt is what is left of it, and the two meters of one customer are one customer's.
    assert shop.all("SELECT arrears_minor FROM meter WHERE drn = ?", drn_of(1)) == [(900 - taken,)]
    assert [one["name"] for one in person.get("/v1/customers").json()["items"]] == ["Kamanzi"]
    assert shop.one("SELECT count(DISTINCT customer_key) FROM meter WHERE customer_key IS NOT NULL") == 1
    assert shop.one("SELECT count(*) FROM meter WHERE pull_round = 0") == 0


def test_register_when_broken_off_goes_on_where_it_was(
    shop: RealTill, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.enrol()
    monkeypatch.setattr(register, "CYCLE_UNITS", 1)

    assert cycles(shop, 4) == [50, 50, 20, 0]

    assert shop.one("SELECT count(*) FROM proposal") == OWN
    assert shop.one("SELECT count(DISTINCT meter_key) FROM proposal") == OWN


def test_import_when_enrolled_adds_proposals_and_leaves_what_is_head_offices(
    real_till: RealTill, server: Server, tmp_path: Path
) -> None:
    real_till.enrol()
    real_till.engine.run_once()
    rows = [
        meter_cells(7),
        {**meter_cells(1), "meter_number": DRNS[0], "note": "behind the shop"},
        {**meter_cells(1), "meter_number": DRNS[1]},
    ]

    done = imported(real_till, tmp_path / "more.csv", rows)

    assert (done.counts.added, done.counts.unchanged, done.counts.refused) == (1, 1, 1)
    assert done.errors_path is not None
    refused = done.errors_path.read_text(encoding="utf-8").splitlines()[1].split(",")
    assert refused[:3] == ["3", "meter_number", "meter.from_office"]
    assert real_till.one("SELECT note FROM meter WHERE drn = ?", DRNS[0]) is None
    assert cycles(real_till) == [1, 0, 0]
    assert [one["record"]["meter_number"] for one in waiting(administrator(real_till, server))] == [drn_of(7)]


def test_import_when_undone_and_made_again_is_proposed_again(real_till: RealTill, tmp_path: Path) -> None:
    real_till.enrol()
    real_till.engine.run_once()
    person, path = real_till.people[Role.ADMINISTRATOR], tmp_path / "more.csv"
    first = imported(real_till, path, [meter_cells(7), meter_cells(8)])
    assert cycles(real_till, 1) == [2]
    assert real_till.till.imports.undo(person, first.id).kept == ()
    again = imported(real_till, path, [meter_cells(7), meter_cells(8)])

    assert cycles(real_till, 1) == [2]

    with real_till.till.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE meter SET pull_round = 1 WHERE drn = ?", (drn_of(7),))
    kept = real_till.till.imports.undo(person, again.id).kept
    assert [(one.drn, one.reason) for one in kept] == [(drn_of(7), "office")]


def test_customer_without_a_meter_when_head_office_knows_the_phone_is_not_proposed(
    shop: RealTill, server: Server
) -> None:
    person = administrator(shop, server)
    place = str(shop.office.sales_point)
    body = {"sales_point_id": place, "name": "Kamanzi P.", "phone": "+250788000001"}
    assert person.post("/v1/customers", json=body).status_code == 201
    people, cashier = shop.till.customers, shop.people[Role.ADMINISTRATOR]
    meter_id = UUID(bytes=shop.one("SELECT id FROM meter WHERE drn = ?", DRNS[0]))
    for name, phone in (("Kamanzi", "+250788000001"), ("Uwase", "+250788000002")):
        people.create(cashier, meter_id, {"name": name, "phone": phone})
    shop.enrol()
    cycles(shop)

    with shop.till.units.read() as connection:
        found = connection.execute(proposal.select().where(proposal.c.resource == "customer")).all()
    assert [json.loads(one.record)["name"] for one in found] == ["Uwase"]
