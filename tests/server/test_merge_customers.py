"""Two records of one customer become one: at head office, at the tills, and from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from central.models.master import customer, customer_event, meter
from pos.domain.ids import new_id
from pos.domain.permissions import Role
from tests.server.rig import Person, Server
from tests.server.test_office import code_of, decide, proposal, propose
from tests.server.test_office_commands import Ended, run
from tests.server.till_rig import DRNS, SGC, TARIFF, Till, make_shop

REASON = "One person, written twice"
ANY = {"If-Match": "*"}


@pytest.fixture
def till(server: Server) -> Till:
    return make_shop(server, "shop").till()


@pytest.fixture
def chief(till: Till) -> Person:
    return till.server.person(Role.ADMINISTRATOR, organisation_id=till.shop.organisation, username="chief")


def person(till: Till, chief: Person, **facts: Any) -> UUID:
    body = {"sales_point_id": str(till.shop.sales_point), **facts}
    return UUID(chief.post("/v1/customers", json=body).json()["id"])


def give_meter(till: Till, drn: str, owner: UUID) -> None:
    with till.server.database.write() as connection:
        connection.execute(update(meter).where(meter.c.drn == drn).values(customer_id=owner))


def owners(till: Till) -> dict[str, UUID | None]:
    with till.server.database.read() as connection:
        rows = connection.execute(select(meter.c.drn, meter.c.customer_id)).all()
    return {row.drn: row.customer_id for row in rows}


def merge(chief: Person, kept: UUID, duplicate: UUID) -> Any:
    body = {"duplicate_id": str(duplicate), "reason": REASON}
    return chief.post(f"/v1/customers/{kept}/merge", json=body)


def test_merge_when_two_are_one_then_the_meters_move_blank_facts_are_filled_and_tills_learn(
    till: Till, chief: Person
) -> None:
    kept = person(till, chief, name="Aline")
    twin = person(till, chief, name="A. Uwase", phone="+250788123456", area="Hill", verification=2)
    give_meter(till, DRNS[0], kept)
    give_meter(till, DRNS[1], twin)
    customers, meters = till.pull("customers")["cursor"], till.pull("meters")["cursor"]

    first, again = merge(chief, kept, twin), merge(chief, kept, twin)

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.headers["ETag"] == again.headers["ETag"]
    found = first.json()
    assert (found["name"], found["phone"], found["area"]) == ("Aline", "+250788123456", "Hill")
    assert (found["verification"], found["merged_into"]) == (2, None)
    assert owners(till) == {DRNS[0]: kept, DRNS[1]: kept, DRNS[2]: None}
    page = till.pull("customers", customers)
    assert page["deleted"] == [str(twin)]
    assert [(row["id"], row["phone"]) for row in page["rows"]] == [(str(kept), "+250788123456")]
    (moved,) = till.pull("meters", meters)["rows"]
    assert (moved["drn"], moved["customer_id"]) == (DRNS[1], str(kept))
    assert [one["id"] for one in chief.get("/v1/customers").json()["items"]] == [str(kept)]
    assert chief.get(f"/v1/customers/{twin}").json()["merged_into"] == str(kept)


def test_merge_when_done_then_who_and_why_stand_with_both_and_with_the_meter_and_no_personal_data(
    till: Till, chief: Person
) -> None:
    kept = person(till, chief, name="Aline")
    twin = person(till, chief, phone="+250788123456")
    give_meter(till, DRNS[1], twin)

    for _ in range(2):
        merge(chief, kept, twin)

    for one, field in ((kept, "duplicate"), (twin, "merged_into")):
        answer = chief.get(f"/v1/customers/{one}/events").json()
        (event,) = answer["items"]
        assert (event["kind"], event["reason"], event["actor_id"]) == ("merged", REASON, str(chief.id))
        assert event["changes"][0]["field"] == field
        assert "+250788123456" not in str(answer)
    (event,) = chief.get(f"/v1/meters/{till.shop.meters[DRNS[1]]}/events").json()["items"]
    assert (event["kind"], event["reason"]) == ("changed", REASON)
    assert event["changes"] == [{"field": "customer_id", "old": str(twin), "new": str(kept)}]


def test_merge_when_the_duplicate_had_one_itself_then_both_point_to_the_kept_one(
    till: Till, chief: Person
) -> None:
    kept, twin, third = (person(till, chief, name=name) for name in ("A", "B", "C"))
    give_meter(till, DRNS[2], third)

    assert merge(chief, twin, third).status_code == merge(chief, kept, twin).status_code == 200

    assert owners(till)[DRNS[2]] == kept
    assert merge(chief, kept, third).status_code == 200
    with till.server.database.read() as connection:
        merged = select(customer.c.merged_into).where(customer.c.id.in_([twin, third]))
        assert connection.execute(merged).scalars().all() == [kept, kept]


def test_merge_when_it_makes_no_sense_then_refused(till: Till, chief: Person) -> None:
    kept, twin, third, gone = (person(till, chief, name=name) for name in ("A", "B", "C", "D"))
    assert code_of(merge(chief, kept, kept)) == (422, "customer.same")
    assert code_of(merge(chief, kept, till.id)) == (404, "customer.unknown")
    assert chief.post(f"/v1/customers/{gone}/erase").status_code == 204
    assert code_of(merge(chief, gone, third)) == (409, "customer.erased")
    assert merge(chief, kept, twin).status_code == 200
    assert code_of(merge(chief, twin, third)) == (409, "customer.merged")
    assert code_of(merge(chief, third, twin)) == (409, "customer.merged")
    stranger = till.server.person(
        Role.ADMINISTRATOR, organisation_id=till.server.make_organisation("other"), username="eve"
    )
    assert code_of(merge(stranger, kept, third)) == (404, "customer.unknown")
    theirs = UUID(stranger.post("/v1/customers", json={"name": "E"}).json()["id"])
    assert code_of(merge(chief, kept, theirs)) == (404, "customer.unknown")
    assert code_of(stranger.get(f"/v1/customers/{kept}/events")) == (404, "record.unknown")
    supervisor = till.server.person(Role.SUPERVISOR, organisation_id=till.shop.organisation, username="s")
    assert code_of(merge(supervisor, kept, third)) == (403, "permission.denied")


def test_merged_customer_when_named_later_then_only_the_kept_one_is_changed_or_given_a_meter(
    till: Till, chief: Person
) -> None:
    kept, twin = (person(till, chief, name=name) for name in ("A", "B"))
    merge(chief, kept, twin)
    assert code_of(chief.put(f"/v1/customers/{twin}", json={"name": "C"}, headers=ANY)) == (
        409,
        "customer.merged",
    )
    assert code_of(chief.post(f"/v1/customers/{twin}/erase")) == (409, "customer.merged")
    said = {"tariff_code": TARIFF.code, "sgc": SGC, "customer_id": str(twin)}
    path = f"/v1/meters/{till.shop.meters[DRNS[0]]}"
    assert code_of(chief.put(path, json=said, headers=ANY)) == (422, "customer.merged")
    changed = proposal(till, "customer", customer_id=str(twin), name="Z")
    propose(till, changed)
    assert decide(chief, changed).status_code == 422
    cursor = till.pull("customers")["cursor"]
    assert decide(chief, changed, "refused").status_code == 200
    assert till.pull("customers", cursor)["deleted"] == [str(twin)]


def test_merged_customer_when_a_till_proposes_a_meter_of_his_then_it_is_the_kept_ones(
    till: Till, chief: Person
) -> None:
    kept, twin = (person(till, chief, name=name) for name in ("A", "B"))
    merge(chief, kept, twin)
    made = proposal(till, customer_id=str(twin))
    propose(till, made)
    assert decide(chief, made).json()["state"] == "accepted"
    new = [owner for drn, owner in owners(till).items() if drn not in DRNS]
    assert new == [kept]


def test_erase_when_somebody_was_merged_into_the_customer_then_nothing_of_either_is_left(
    till: Till, chief: Person
) -> None:
    kept = person(till, chief, name="Aline")
    twin = person(till, chief, name="A. Uwase", phone="+250788123456")
    merge(chief, kept, twin)
    assert chief.post(f"/v1/customers/{kept}/erase").status_code == 204
    with till.server.database.read() as connection:
        left = connection.execute(select(customer.c.name, customer.c.phone, customer.c.merged_into)).all()
    assert sorted(left, key=str) == sorted([(None, None, None), (None, None, kept)], key=str)
    page = till.pull("customers")
    assert page["rows"] == [{"id": str(kept), "is_erased": True}]


def test_command_when_customers_are_merged_by_id_then_once_and_a_stranger_is_named(
    till: Till, chief: Person, tmp_path: Path
) -> None:
    kept, twin = (person(till, chief, name=name) for name in ("A", "B"))
    give_meter(till, DRNS[0], twin)
    environment = {
        "KILOTILL_DATABASE_URL": till.server.settings.database_url,
        "KILOTILL_CENTRAL_DATA": str(tmp_path / "data"),
    }

    def merged(duplicate: UUID) -> Ended:
        words = ("merge-customers", str(kept), str(duplicate), "--reason", REASON, "--organisation", "shop")
        return run(environment, *words)

    assert [merged(twin).exit_code for _ in range(2)] == [0, 0]
    assert owners(till)[DRNS[0]] == kept
    with till.server.database.read() as connection:
        names = connection.execute(select(customer_event.c.actor_name)).scalars().all()
    assert names == ["command line"] * 2
    assert merged(new_id(till.now)).error == "customer.unknown"
