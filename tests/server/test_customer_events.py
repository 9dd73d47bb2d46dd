"""Who changed or erased a customer of head office, and that nothing personal stays where it was erased."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update

from central.models.master import meter
from pos.domain.canonical import canonical_bytes
from pos.domain.ids import new_id
from pos.domain.permissions import Role
from tests.server.rig import Person, Server
from tests.server.till_rig import DRNS, SGC, TARIFF, Till, make_shop

FACTS = {
    "name": "Aline Uwase",
    "phone": "+250788123456",
    "address": "KG 7",
    "area": "Kigali",
    "verification": 1,
}
PERSONAL = ("Aline", "Uwase", "788123456", "788999777", "KG 7", "Bosco")


@pytest.fixture
def till(server: Server) -> Till:
    return make_shop(server).till()


@pytest.fixture
def chief(till: Till) -> Person:
    organisation = till.shop.organisation
    return till.server.person(Role.ADMINISTRATOR, organisation_id=organisation, username="chief")


@pytest.fixture
def aline(till: Till, chief: Person) -> UUID:
    made = chief.post("/v1/customers", json=FACTS | {"sales_point_id": str(till.shop.sales_point)})
    assert made.status_code == 201, made.text
    return UUID(made.json()["id"])


def change(chief: Person, one: UUID, **facts: Any) -> Any:
    body = {name: value for name, value in chief.get(f"/v1/customers/{one}").json().items() if name in FACTS}
    place = chief.get(f"/v1/customers/{one}").json()["sales_point_id"]
    return chief.put(
        f"/v1/customers/{one}", json=body | {"sales_point_id": place} | facts, headers={"If-Match": "*"}
    )


def events(chief: Person, one: UUID) -> list[dict[str, Any]]:
    answer = chief.get(f"/v1/customers/{one}/events")
    assert not [word for word in PERSONAL if word in answer.text]
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def everything(till: Till) -> str:
    """All rows of all tables that may hold something of a customer."""
    tables = ("customer", "customer_event", "meter_event", "feed", "proposal", "security_event")
    with till.server.database.read() as connection:
        rows = [row for name in tables for row in connection.execute(text(f"SELECT * FROM {name}"))]
    return "\n".join(map(str, rows))


def test_change_of_a_customer_when_made_then_who_when_and_what_stand_in_an_event_without_personal_data(
    chief: Person, till: Till, aline: UUID
) -> None:
    till.server.clock.pass_time(minutes=5)
    changed = change(
        chief, aline, name="Bosco", phone="+250788999777", address=None, verification=2, sales_point_id=None
    )

    assert changed.status_code == 200, changed.text
    (event,) = events(chief, aline)
    assert (event["kind"], event["actor_id"], event["actor_name"]) == ("changed", str(chief.id), "Chief")
    assert event["at"] == "2026-11-20T08:05:00.000Z"
    assert sorted(event["changes"], key=lambda one: str(one["field"])) == [
        {"field": "address", "old": "…", "new": None},
        {"field": "name", "old": "…", "new": "…"},
        {"field": "phone", "old": "…456", "new": "…777"},
        {"field": "sales_point_id", "old": str(till.shop.sales_point), "new": None},
        {"field": "verification", "old": 1, "new": 2},
    ]


def test_change_of_a_customer_when_nothing_differs_then_no_event_and_tills_pull_nothing(
    chief: Person, till: Till, aline: UUID
) -> None:
    cursor = till.pull("customers")["cursor"]
    same = change(chief, aline)

    assert same.status_code == 200
    assert events(chief, aline) == []
    assert till.pull("customers", cursor)["rows"] == []


def test_events_of_a_customer_when_there_are_many_then_newest_first_in_pages(
    chief: Person, aline: UUID
) -> None:
    for level in (2, 3, 4):
        change(chief, aline, verification=level)
    path = f"/v1/customers/{aline}/events"
    first = chief.get(path, params={"limit": 2}).json()
    second = chief.get(path, params={"limit": 2, "cursor": first["next_cursor"]}).json()

    levels = [event["changes"][0]["new"] for event in first["items"] + second["items"]]
    assert levels == [4, 3, 2]
    assert second["next_cursor"] is None


def test_change_of_a_customer_when_refused_then_no_event(chief: Person, till: Till, aline: UUID) -> None:
    path = f"/v1/customers/{aline}"
    stale = chief.put(path, json=FACTS, headers={"If-Match": '"0000000000000000"'})
    unknown = change(chief, aline, sales_point_id=str(new_id(till.now)))
    cashier = till.server.person(Role.AUDITOR, organisation_id=till.shop.organisation)
    refused = cashier.put(path, json=FACTS, headers={"If-Match": "*"})
    stranger = till.server.person(Role.ADMINISTRATOR, organisation_id=till.server.make_organisation("there"))

    assert (stale.status_code, unknown.status_code, refused.status_code) == (412, 404, 403)
    assert stranger.put(path, json=FACTS, headers={"If-Match": "*"}).status_code == 404
    assert stranger.post(f"{path}/erase").status_code == 404
    assert stranger.get(f"{path}/events").status_code == 404
    assert events(chief, aline) == []


def test_erase_when_done_then_an_event_says_who_and_nothing_personal_is_left_anywhere(
    chief: Person, till: Till, aline: UUID
) -> None:
    change(chief, aline, phone="+250788999777")
    proposed = {
        **{"customer_id": str(aline), "meter_id": str(new_id(till.now)), "meter_number": "04100000407"},
        **{"tariff_code": TARIFF.code, "supply_group": SGC, "name": "Aline Uwase", "phone": "+250788123456"},
    }
    renamed = {"customer_id": str(aline), "name": "Aline U.", "address": "KG 7"}
    for resource, record in (("meter", proposed), ("customer", renamed)):
        data = canonical_bytes(record)
        made = {"proposal_id": str(new_id(till.now)), "resource": resource, "record": data.decode()}
        digest = {"record_sha256": hashlib.sha256(data).hexdigest()}
        answer = till.post("/v1/proposals", {"proposals": [made | digest]})
        assert answer.status_code == 200, answer.text
    assert "Aline" in everything(till)

    for _ in range(2):
        assert chief.post(f"/v1/customers/{aline}/erase").status_code == 204

    assert not [word for word in PERSONAL if word in everything(till)]
    newest, *_ = found = events(chief, aline)
    assert (newest["kind"], newest["changes"], newest["actor_id"]) == ("erased", [], str(chief.id))
    assert [event["kind"] for event in found] == ["erased", "changed"]
    waiting = chief.get("/v1/proposals").json()["items"]
    assert {one["resource"] for one in waiting} == {"meter", "customer"}


def test_erase_when_a_change_comes_after_it_then_409_and_no_event(chief: Person, aline: UUID) -> None:
    assert chief.post(f"/v1/customers/{aline}/erase").status_code == 204
    after = chief.put(f"/v1/customers/{aline}", json=FACTS, headers={"If-Match": "*"})

    assert (after.status_code, after.json()["code"]) == (409, "customer.erased")
    assert [event["kind"] for event in events(chief, aline)] == ["erased"]


def test_erase_when_a_file_names_somebody_for_his_meter_then_it_is_a_new_customer(
    chief: Person, till: Till, aline: UUID
) -> None:
    with till.server.database.write() as connection:
        connection.execute(update(meter).where(meter.c.drn == DRNS[0]).values(customer_id=aline))
    assert chief.post(f"/v1/customers/{aline}/erase").status_code == 204
    rows = f"meter_number,tariff_code,supply_group,name\n{DRNS[0]},{TARIFF.code},{SGC},Chantal\n"
    first = chief.post("/v1/meters/import", json={"text": rows}).json()
    again = chief.post("/v1/meters/import", json={"text": rows}).json()

    assert (first["changed"], first["errors"], again["unchanged"]) == (1, [], 1)
    people = {one["name"]: one for one in chief.get("/v1/customers").json()["items"]}
    assert set(people) == {None, "Chantal"}
    assert people[None]["id"] == str(aline)
    assert not people["Chantal"]["is_erased"]
    path = f"/v1/meters/{till.shop.meters[DRNS[0]]}"
    assert chief.get(path).json()["customer_id"] == people["Chantal"]["id"]
