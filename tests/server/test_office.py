"""Head office at work: proposals, review, readings, devices, master data; each by role and organisation."""

from __future__ import annotations

import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from central.models import journal
from central.models.master import customer, meter, reading, record, supply_group
from central.services.upkeep import begin_key_changes
from pos.domain.canonical import canonical_bytes
from pos.domain.ids import new_id
from pos.domain.key_change import NOT_YET
from pos.domain.permissions import Role
from pos.domain.price_terms import Basis
from tests.factories.tariffs import make_tariff
from tests.server.rig import Person, Server, end_worker
from tests.server.till_rig import DRNS, SGC, TARIFF, Shop, Till, group_values, make_shop

NEW_DRN = "04100000407"


@pytest.fixture
def shop(server: Server) -> Shop:
    return make_shop(server)


@pytest.fixture
def till(shop: Shop) -> Till:
    return shop.till()


@pytest.fixture
def chief(shop: Shop) -> Person:
    return shop.server.person(Role.ADMINISTRATOR, organisation_id=shop.organisation, username="chief")


def code_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def proposal(till: Till, resource: str = "meter", **cells: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "meter_id": str(new_id(till.now)),
        "meter_number": NEW_DRN,
        "tariff_code": "RES",
    }
    record |= {"supply_group": SGC, "name": "Aline", "phone": "+250788123456", "arrears": 500}
    data = canonical_bytes(record | cells)
    return {
        "proposal_id": str(new_id(till.now)),
        "resource": resource,
        "record_sha256": hashlib.sha256(data).hexdigest(),
        "record": data.decode(),
    }


def propose(till: Till, *proposals: dict[str, Any]) -> Any:
    return till.post("/v1/proposals", {"proposals": list(proposals)})


def states(till: Till, *proposals: dict[str, Any]) -> list[str]:
    return [one["state"] for one in propose(till, *proposals).json()["results"]]


def decide(chief: Person, made: dict[str, Any], decision: str = "accepted") -> Any:
    return chief.post(
        f"/v1/proposals/{made['proposal_id']}/decide", json={"decision": decision, "reason": "looked at it"}
    )


def test_proposal_when_accepted_then_the_meter_and_its_customer_are_head_offices(
    till: Till, chief: Person
) -> None:
    made = proposal(till)
    assert states(till, made) == ["waiting"]
    assert states(till, made) == ["waiting"]
    (listed,) = chief.get("/v1/proposals").json()["items"]
    assert listed["record"]["meter_number"] == NEW_DRN
    assert decide(chief, made).json()["state"] == "accepted"
    assert states(till, made) == ["accepted"]
    (row,) = [one for one in till.pull("meters")["rows"] if one["drn"] == NEW_DRN]
    assert (row["home_till"], row["arrears_minor"]) == (str(till.id), 500)
    assert [one["name"] for one in till.pull("customers")["rows"]] == ["Aline"]
    assert code_of(decide(chief, made)) == (409, "proposal.decided")


def test_proposal_when_refused_then_the_till_is_told_why(till: Till, chief: Person) -> None:
    made = proposal(till)
    propose(till, made)
    assert decide(chief, made, "refused").json()["reason"] == "looked at it"
    (result,) = propose(till, made).json()["results"]
    assert (result["state"], result["reason"]) == ("refused", "looked at it")


def test_proposal_when_the_number_is_known_then_merged_and_its_months_count_once(till: Till) -> None:
    kept, twin = till.shop.meters[DRNS[0]], new_id(till.now)
    till.shop.meters[DRNS[0]] = twin
    till.sell()
    till.push()
    watcher = till.shop.till("T02")
    assert [row["meter_id"] for row in watcher.pull("meter_month")["rows"]] == [str(twin)]
    made = proposal(till, meter_id=str(twin), meter_number=DRNS[0])
    assert states(till, made) == ["merged"]
    page = watcher.pull("meter_month")
    assert {row["meter_id"] for row in page["rows"]} == {str(kept)}
    assert page["deleted"] == [f"{twin}/2026-11/{till.id}"]
    (merged,) = [row for row in watcher.pull("meters")["rows"] if row["id"] == str(twin)]
    assert merged["merged_into"] == str(kept)
    # Until the till learns of it, it sells to its own id; that counts for the meter that is kept.
    till.sell()
    assert till.flags() == ["duplicate_meter"]
    with till.server.database.read() as connection:
        months = connection.execute(select(journal.meter_month.c.meter_id)).scalars().all()
    assert months == [kept]


def test_proposal_when_merged_and_a_monthly_charge_was_taken_under_both_ids_then_one_is_given_back(
    till: Till,
) -> None:
    kept, twin = till.shop.meters[DRNS[0]], new_id(till.now)
    till.sell()
    till.push()
    other = till.shop.till("T02")
    till.shop.meters[DRNS[0]] = twin
    other.sell()
    other.push()
    made = proposal(other, meter_id=str(twin), meter_number=DRNS[0])
    assert states(other, made) == states(other, made) == ["merged"]
    (credit,) = other.pull("customer_credits")["rows"]
    assert (credit["meter_id"], credit["month"], credit["code"]) == (str(kept), "2026-11", "monthly")
    assert (credit["amount_minor"], credit["cause"]) == (590, "charge")
    assert till.pull("customer_credits")["rows"] == []


def test_proposal_when_sold_to_before_it_is_accepted_then_its_debt_is_less(till: Till, chief: Person) -> None:
    made = proposal(till, arrears=900)
    till.shop.meters[NEW_DRN] = UUID(json.loads(made["record"])["meter_id"])
    till.sell(NEW_DRN, basis=Basis(arrears_before_minor=900))
    assert till.flags() == []
    propose(till, made)
    decide(chief, made)
    with till.server.database.read() as connection:
        assert connection.execute(select(meter.c.arrears_minor).where(meter.c.drn == NEW_DRN)).scalar() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"record_sha256": "ab" * 32},
        {"record": "{}"},
        {"record": '{"a":1.5}'},
    ],
)
def test_proposal_when_the_record_is_not_the_one_that_was_stated_then_422(
    till: Till, change: dict[str, str]
) -> None:
    assert code_of(propose(till, proposal(till) | change)) == (422, "proposal.record")


@pytest.mark.parametrize("cells", [{"supply_group": "999999"}, {"tariff_code": "NONE"}, {"site": "x" * 201}])
def test_proposal_when_it_points_to_nothing_then_it_cannot_be_accepted(
    till: Till, chief: Person, cells: dict[str, str]
) -> None:
    made = proposal(till, **cells)
    propose(till, made)
    assert decide(chief, made).status_code == 422
    assert states(till, made) == ["waiting"]


def test_proposal_when_the_id_comes_with_another_record_then_conflict(till: Till) -> None:
    made = proposal(till)
    propose(till, made)
    other = proposal(till, note="x") | {"proposal_id": made["proposal_id"]}
    assert code_of(propose(till, other)) == (409, "proposal.id_conflict")
    stranger = make_shop(till.server, "other", drns=(NEW_DRN,)).till("X01")
    assert code_of(propose(stranger, made)) == (409, "proposal.id_conflict")


def test_proposals_when_too_many_or_unknown_then_refused(till: Till, chief: Person) -> None:
    many = [proposal(till) for _ in range(101)]
    assert code_of(propose(till, *many)) == (413, "proposal.too_many")
    assert code_of(decide(chief, proposal(till))) == (404, "proposal.unknown")


def test_change_of_a_meter_when_accepted_then_only_what_a_till_may_change(till: Till, chief: Person) -> None:
    meter_id = str(till.shop.meters[DRNS[0]])
    changes: list[Any] = [{"field": "status", "new": "suspended"}, {"field": "arrears_minor", "new": 5}]
    line = till.line("meter_changed_here", {"meter_id": meter_id, "drn": DRNS[0], "changes": changes})
    till.push()
    assert decide(chief, {"proposal_id": str(line.event.id)}).json()["state"] == "accepted"
    (row,) = [one for one in till.pull("meters")["rows"] if one["id"] == meter_id]
    assert (row["status"], row["arrears_minor"]) == ("suspended", 0)


def test_review_when_decided_then_once_and_the_fact_stays(till: Till, chief: Person) -> None:
    till.sell(units_milli=1)
    till.push()
    (flag,) = chief.get("/v1/review").json()["items"]
    assert (flag["flag"], flag["till_code"], flag["money_minor"]) == ("price", "T01", 5_000)
    detail = chief.get(f"/v1/review/{flag['id']}").json()
    assert detail["line"]["seq"] == 1
    body = {"bearer": "cashier", "reason": "typed wrong"}
    assert chief.post(f"/v1/review/{flag['id']}/decide", json=body).json()["bearer"] == "cashier"
    assert code_of(chief.post(f"/v1/review/{flag['id']}/decide", json=body)) == (409, "review.decided")
    assert chief.get("/v1/review").json()["items"] == []
    assert len(chief.get("/v1/review?state=decided&flag=price").json()["items"]) == 1
    assert till.get(f"/v1/books/{till.id}/2026-11-20").json()["tenders_minor"] == {"cash": 5_000}


def test_review_when_pushed_at_once_then_the_oldest_fact_first(till: Till, chief: Person) -> None:
    for _ in range(5):
        till.line("sale_delivered", {"sale": till.sale(till.item(units_milli=999_000))})
        till.server.clock.pass_time(seconds=10)
    till.push()
    items = chief.get("/v1/review?flag=price").json()["items"]
    assert [one["seq"] for one in items] == [1, 2, 3, 4, 5]


def test_review_when_by_another_organisation_or_role_then_nothing(till: Till, chief: Person) -> None:
    till.sell(units_milli=1)
    till.push()
    (flag,) = chief.get("/v1/review").json()["items"]
    other = till.server.make_organisation("other")
    stranger = till.server.person(Role.ADMINISTRATOR, organisation_id=other, username="eve")
    cashier = till.server.person(Role.CASHIER, organisation_id=till.shop.organisation)
    auditor = till.server.person(Role.AUDITOR, organisation_id=till.shop.organisation)
    assert stranger.get("/v1/review").json()["items"] == []
    assert code_of(stranger.get(f"/v1/review/{flag['id']}")) == (404, "review.unknown")
    body = {"bearer": "nobody", "reason": "mine now"}
    assert code_of(stranger.post(f"/v1/review/{flag['id']}/decide", json=body)) == (404, "review.unknown")
    assert code_of(auditor.post(f"/v1/review/{flag['id']}/decide", json=body)) == (403, "permission.denied")
    assert code_of(cashier.get("/v1/review")) == (403, "permission.denied")
    assert len(auditor.get("/v1/review").json()["items"]) == 1


def test_auditor_of_an_institution_sees_the_questions_of_its_meters_and_nothing_of_others(
    till: Till, chief: Person
) -> None:
    school = new_id(till.now)
    with till.server.database.write() as connection:
        mine = meter.c.id == till.shop.meters[DRNS[1]]
        connection.execute(update(meter).where(mine).values(institution_id=school))
    for drn in DRNS[:2]:
        till.sell(drn, units_milli=1)
    till.push()
    propose(till, proposal(till))
    auditor = till.server.person(
        Role.AUDITOR, organisation_id=till.shop.organisation, institution_id=school, username="ursula"
    )
    flags = {one["meter_id"]: one["id"] for one in chief.get("/v1/review").json()["items"]}
    own, others = (flags[str(till.shop.meters[drn])] for drn in (DRNS[1], DRNS[0]))

    assert [one["id"] for one in auditor.get("/v1/review").json()["items"]] == [own]
    assert auditor.get(f"/v1/review/{own}").status_code == 200
    assert code_of(auditor.get(f"/v1/review/{others}")) == (404, "review.unknown")
    assert len(chief.get("/v1/proposals").json()["items"]) == 1
    assert auditor.get("/v1/proposals").json()["items"] == []
    assert auditor.get("/v1/security/events").json() == {"items": [], "next_cursor": None}


def reading_of(till: Till, drn: str = DRNS[0], **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "reading_id": str(new_id(till.now)),
        "meter_id": str(till.shop.meters.get(drn, till.id)),
    }
    body |= {"register": "total", "value_milli": 5_000, "read_at": "2026-11-20T07:00:00.000Z"}
    return body | changes


def test_readings_when_sent_twice_then_kept_once_and_wrong_ones_are_named(till: Till, chief: Person) -> None:
    good, unknown = reading_of(till), reading_of(till, NEW_DRN)
    future = reading_of(till, read_at="2026-11-25T07:00:00Z")
    sent = {"readings": [good, unknown, future]}
    assert [one["result"] for one in till.post("/v1/readings", sent).json()["results"]] == [
        "accepted",
        "refused",
        "refused",
    ]
    again = till.post("/v1/readings", sent).json()["results"]
    assert [(one["result"], one["code"]) for one in again] == [
        ("duplicate", ""),
        ("refused", "meter.unknown"),
        ("refused", "reading.future"),
    ]
    with till.server.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(reading)).scalar_one() == 1
    listed = chief.get(f"/v1/meters/{good['meter_id']}/readings").json()["items"]
    assert [(one["register"], one["value_milli"], one["source"]) for one in listed] == [
        ("total", 5_000, "till")
    ]


@pytest.fixture
def device(till: Till, chief: Person) -> dict[str, str]:
    made = chief.post("/v1/devices", json={"meter_id": str(till.shop.meters[DRNS[0]])})
    assert made.status_code == 201
    answer: dict[str, str] = made.json()
    return answer


def as_device(till: Till, device: dict[str, str], what: str, body: Any = None, **more: str) -> Any:
    headers = {"Authorization": f"Bearer {device['secret']}", **more}
    return till.client.post(f"/v1/devices/{device['id']}/{what}", json=body, headers=headers)


def test_device_when_it_polls_then_tokens_until_it_has_answered_for_them(
    till: Till, device: dict[str, str]
) -> None:
    first, second = till.sell(DRNS[0]), till.sell(DRNS[0])
    till.sell(DRNS[1])
    till.push()
    digits = [sale["items"][0]["tokens"][0]["digits"] for sale in (first, second)]
    poll = as_device(till, device, "poll").json()
    assert [one["digits"] for one in poll["tokens"]] == digits
    report = {"acknowledged": [{"digits": digits[0], "result": "accepted"}]}
    assert as_device(till, device, "report", report).json()["acknowledged"] == 1
    assert as_device(till, device, "report", report).json()["acknowledged"] == 0
    assert [one["digits"] for one in as_device(till, device, "poll").json()["tokens"]] == digits[1:]


def test_device_when_the_meter_refuses_a_token_then_a_case_once(till: Till, device: dict[str, str]) -> None:
    sale = till.sell()
    till.push()
    digits = sale["items"][0]["tokens"][0]["digits"]
    report = {
        "acknowledged": [{"digits": digits, "result": "used"}],
        "readings": [reading_of(till), reading_of(till, DRNS[1])],
    }
    for _ in range(2):
        answer = as_device(till, device, "report", report).json()
        assert answer["readings"][1]["code"] == "device.other_meter"
    with till.server.database.read() as connection:
        (case,) = connection.execute(select(journal.case)).all()
    assert (case.case_kind, str(case.sale_id)) == ("token_refused", sale["sale_id"])


def test_device_when_its_secret_is_wrong_old_or_ended_then_401(
    till: Till, device: dict[str, str], chief: Person
) -> None:
    assert code_of(as_device(till, device | {"secret": "x"}, "poll")) == (401, "device.secret")
    renewed = chief.post("/v1/devices", json={"meter_id": str(till.shop.meters[DRNS[0]])}).json()
    assert renewed["id"] == device["id"]
    assert code_of(as_device(till, device, "poll")) == (401, "device.secret")
    headers = {"Authorization": f"Bearer {renewed['secret']}", "Kilotill-Device": renewed["id"]}
    sent = till.client.post("/v1/readings", json={"readings": [reading_of(till)]}, headers=headers)
    assert sent.json()["results"][0]["result"] == "accepted"
    assert chief.delete(f"/v1/devices/{device['id']}").status_code == 204
    assert code_of(as_device(till, renewed, "poll")) == (401, "device.secret")
    other = till.server.make_organisation("other")
    stranger = till.server.person(Role.ADMINISTRATOR, organisation_id=other, username="eve")
    assert code_of(stranger.delete(f"/v1/devices/{device['id']}")) == (404, "device.unknown")
    noted = [event["kind"] for event in chief.get("/v1/security/events").json()["items"]]
    assert noted[:3] == ["device_ended", "device_made", "device_made"]


def test_device_when_its_meter_is_of_nobody_or_another_institution_then_a_facility_manager_ends_it_not(
    till: Till, device: dict[str, str]
) -> None:
    manager = till.server.person(
        Role.FACILITY_MANAGER, organisation_id=till.shop.organisation, institution_id=new_id(till.now)
    )
    assert code_of(manager.delete(f"/v1/devices/{device['id']}")) == (404, "device.unknown")
    assert as_device(till, device, "poll").status_code == 200


def test_master_data_when_kept_by_an_administrator_then_tills_pull_it(till: Till, chief: Person) -> None:
    place = {"name": "Second", "currency": "RWF", "language": "fr"}
    made = chief.post("/v1/sales-points", json=place).json()
    assert code_of(chief.post("/v1/sales-points", json=place)) == (409, "sales_point.name_taken")
    assert chief.put(f"/v1/sales-points/{made['id']}", json=place | {"name": "Third"}).status_code == 200
    assert {row["name"] for row in till.pull("sales_points")["rows"]} == {"Main", "Third"}

    assert chief.put("/v1/suppliers/WASAC", json={"name": "Water"}).status_code == 200
    used = {"name": "Main", "currency": "KES"}
    refused = chief.put(f"/v1/sales-points/{till.shop.sales_point}", json=used)
    assert code_of(refused) == (409, "sales_point.currency")
    commission = {"valid_from": "2026-01-01T00:00:00Z", "ppm": 50_000}
    assert chief.put("/v1/suppliers/REG/commission", json=commission).status_code == 204
    group = {"key_method": "04", "algorithm": "11", "krn": 1, "ken": 255, "ti": "01", "supplier": "WASAC"}
    assert chief.put("/v1/supply-groups/201458", json=group | {"holders": ["vault"]}).status_code == 204
    assert {row["id"]: row["lane"] for row in till.pull("supply_groups")["rows"]} == {SGC: 1, "201458": 1}
    changed = chief.put("/v1/supply-groups/201458", json=group | {"holders": ["vault"], "krn": 2})
    assert code_of(changed) == (409, "supply_group.key")
    fewer = chief.put("/v1/supply-groups/201458", json=group | {"holders": ["vault"], "lanes": 4})
    assert code_of(fewer) == (409, "supply_group.lanes")
    unknown = chief.post("/v1/supply-groups/999999/next-key", json={**group, "krn": 2})
    assert code_of(unknown) == (404, "supply_group.unknown")
    nowhere = group | {"holders": ["vault"], "tid_zone": "X/Y"}
    assert code_of(chief.put("/v1/supply-groups/201459", json=nowhere)) == (422, "supply_group.zone")
    assert chief.post(f"/v1/supply-groups/{SGC}/next-key", json={**group, "krn": 2}).status_code == 202
    assert code_of(chief.post(f"/v1/supply-groups/{SGC}/next-key/complete")) == (
        409,
        "key_change.not_started",
    )

    tariff = make_tariff(version=2)
    added = chief.post("/v1/tariffs", json={"name": "Homes 2", "body": tariff.to_json()})
    assert added.status_code == 201
    assert chief.post("/v1/tariffs", json={"body": tariff.to_json()}).json()["id"] == added.json()["id"]
    clash = make_tariff(version=2, min_minor=5)
    assert code_of(chief.post("/v1/tariffs", json={"body": clash.to_json()})) == (
        409,
        "tariff.version_exists",
    )
    assert sorted(row["version"] for row in till.pull("tariffs")["rows"]) == [1, 2]
    listed = chief.get("/v1/tariffs")
    assert chief.get("/v1/tariffs", headers={"If-None-Match": listed.headers["ETag"]}).status_code == 304


def test_commission_when_set_then_the_ledger_of_the_next_sale_has_it(till: Till, chief: Person) -> None:
    body = {"valid_from": "2026-01-01T00:00:00Z", "ppm": 50_000}
    chief.put("/v1/suppliers/REG/commission", json=body)
    till.sell()
    till.push()
    with till.server.database.read() as connection:
        balances = dict(
            connection.execute(
                select(journal.account_balance.c.account, journal.account_balance.c.balance_minor)
            ).all()
        )
    assert balances == {f"drawer:{till.id}": 5_000, "supplier:REG": -4_750, "income:commission": -250}


def test_records_when_put_listed_and_dropped_then_tills_follow(till: Till, chief: Person) -> None:
    body = {"body": {"name": "Aline", "role": "C", "pin_hash": "$argon2id$secret"}}
    user_id = str(new_id(till.now))
    assert chief.put(f"/v1/records/users/{user_id}", json=body).status_code == 204
    assert "secret" not in chief.get("/v1/records/users").text
    assert till.pull("users")["rows"][0]["pin_hash"] == "$argon2id$secret"
    wrong = chief.put(f"/v1/records/users/{user_id}", json={"body": {"name": "Aline", "role": "X"}})
    assert code_of(wrong) == (422, "record.invalid")
    assert wrong.json()["errors"][0]["field"] == "role"
    scoped = chief.put(f"/v1/records/users/{user_id}", json=body | {"scope": str(till.id)})
    assert code_of(scoped) == (422, "record.scope")
    assert chief.delete(f"/v1/records/users/{user_id}").status_code == 204
    assert till.pull("users")["deleted"] == [user_id]
    assert code_of(chief.delete(f"/v1/records/users/{user_id}")) == (404, "record.unknown")
    cashier = till.server.person(Role.CASHIER, organisation_id=till.shop.organisation)
    assert code_of(cashier.get("/v1/records/users")) == (403, "permission.denied")


def test_records_when_read_again_then_sent_only_if_changed(chief: Person) -> None:
    path, made_id = "/v1/records/catalogue", "01980d2e-7c1a-7d3e-8a49-0f6d2b1c9e55"
    body = {"code": "BULB", "kind": "goods", "name": "Bulb", "price_minor": 900}
    made = chief.put(f"{path}/{made_id}", json={"body": body})
    assert made.status_code == 204, made.text
    first = chief.get(path)
    again = chief.get(path, headers={"If-None-Match": first.headers["ETag"]})
    chief.put(f"{path}/{made_id}", json={"body": body | {"price_minor": 950}})
    then = chief.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert then.json()["items"][0]["body"]["price_minor"] == 950


def test_people_when_one_is_put_as_it_was_read_then_the_hash_of_the_pin_stays(
    till: Till, chief: Person
) -> None:
    path = "/v1/records/users/01980d2e-7c1a-7d3e-8a49-0f6d2b1c9e55"
    hashed = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA"
    chief.put(path, json={"body": {"name": "Aline", "role": "C", "pin_hash": hashed}})
    (read,) = chief.get("/v1/records/users").json()["items"]
    assert "pin_hash" not in read["body"]

    chief.put(path, json={"body": read["body"] | {"role": "S"}})
    (row,) = till.pull("users")["rows"]
    assert (row["role"], row["pin_hash"]) == ("S", hashed)


def test_meters_when_kept_by_people_then_only_their_own_and_their_institutions(
    till: Till, chief: Person
) -> None:
    institution = str(new_id(till.now))
    chief.put(f"/v1/records/institutions/{institution}", json={"body": {"name": "Hospital"}})
    body = {"drn": NEW_DRN, "tariff_code": TARIFF.code, "sgc": SGC, "institution_id": institution}
    made = chief.post("/v1/meters", json=body)
    assert made.status_code == 201
    assert code_of(chief.post("/v1/meters", json=body)) == (409, "meter.exists")
    assert code_of(chief.post("/v1/meters", json=body | {"drn": DRNS[0], "sgc": "000000"})) == (
        409,
        "meter.exists",
    )
    wrong = {"drn": "04100000415", "tariff_code": "NONE", "sgc": SGC}
    assert code_of(chief.post("/v1/meters", json=wrong)) == (422, "meter.unknown_tariff")
    path = f"/v1/meters/{made.json()['id']}"
    change = {key: body[key] for key in body if key != "drn"} | {"note": "roof"}
    assert code_of(chief.put(path, json=change)) == (428, "request.if_match")
    changed = chief.put(path, json=change, headers={"If-Match": made_tag(made.json())})
    assert changed.json()["note"] == "roof"
    assert changed.headers["ETag"] == made_tag(chief.get(path).json())
    manager = till.server.person(
        Role.FACILITY_MANAGER,
        organisation_id=till.shop.organisation,
        institution_id=UUID(institution),
    )
    assert [one["drn"] for one in manager.get("/v1/meters").json()["items"]] == [NEW_DRN]
    own = str(till.shop.meters[DRNS[0]])
    assert code_of(manager.get(f"/v1/meters/{own}")) == (404, "meter.unknown")
    assert code_of(manager.get(f"/v1/meters/{own}/readings")) == (404, "meter.unknown")
    assert code_of(manager.post("/v1/devices", json={"meter_id": own})) == (404, "meter.unknown")
    stranger = till.server.person(
        Role.ADMINISTRATOR, organisation_id=till.server.make_organisation("other"), username="eve"
    )
    assert stranger.get("/v1/meters").json()["items"] == []
    assert code_of(stranger.get(path)) == (404, "meter.unknown")
    page = chief.get("/v1/meters?limit=2").json()
    rest = chief.get(f"/v1/meters?limit=2&cursor={page['next_cursor']}").json()
    assert len(page["items"]) == len(rest["items"]) == 2


def made_tag(row: dict[str, Any]) -> str:
    return f'"{row["version"]}"'


def test_meter_when_it_changed_since_it_was_read_then_412_but_its_debt_may_have_moved(
    till: Till, chief: Person
) -> None:
    meter_id = till.shop.meters[DRNS[0]]
    path = f"/v1/meters/{meter_id}"
    read = chief.get(path)
    assert (read.status_code, read.headers["ETag"]) == (200, made_tag(read.json()))
    assert chief.get(path, headers={"If-None-Match": read.headers["ETag"]}).status_code == 304
    with till.server.database.write() as connection:
        connection.execute(update(meter).where(meter.c.id == meter_id).values(arrears_minor=700))
    assert chief.get(path, headers={"If-None-Match": read.headers["ETag"]}).status_code == 200
    said = {"tariff_code": TARIFF.code, "sgc": SGC, "note": "roof"}
    tag = {"If-Match": read.headers["ETag"]}
    changed = chief.put(path, json=said, headers=tag)
    assert (changed.json()["note"], changed.json()["arrears_minor"]) == ("roof", 700)
    stale = chief.put(path, json=said | {"note": "cellar"}, headers=tag)
    assert code_of(stale) == (412, "request.stale")
    assert stale.headers["ETag"] == changed.headers["ETag"]
    assert chief.put(path, json=said, headers={"If-Match": "*"}).status_code == 200
    (event,) = chief.get(f"{path}/events").json()["items"]
    assert (event["kind"], event["actor_name"]) == ("changed", chief.get("/v1/users/me/").json()["full_name"])
    assert event["changes"] == [{"field": "note", "old": None, "new": "roof"}]


def test_debt_of_a_meter_when_changed_then_tills_pull_it_and_an_event_says_why(
    till: Till, chief: Person
) -> None:
    path = f"/v1/meters/{till.shop.meters[DRNS[0]]}"
    body = {"arrears_minor": 1_500, "reason": "Old account of the house"}
    assert code_of(chief.put(f"{path}/arrears", json=body)) == (428, "request.if_match")
    tag = {"If-Match": chief.get(path).headers["ETag"]}
    changed = chief.put(f"{path}/arrears", json=body, headers=tag)
    assert (changed.status_code, changed.json()["arrears_minor"]) == (200, 1_500)
    (row,) = [one for one in till.pull("meters")["rows"] if one["drn"] == DRNS[0]]
    assert row["arrears_minor"] == 1_500
    # A sale takes of it: what is said of the debt as it was then is not written over what it is now.
    assert code_of(chief.put(f"{path}/arrears", json=body, headers=tag)) == (412, "request.stale")
    tag = {"If-Match": changed.headers["ETag"]}
    till.sell(basis=Basis(arrears_before_minor=1_500))
    till.push()
    lower = body | {"arrears_minor": 0}
    assert code_of(chief.put(f"{path}/arrears", json=lower, headers=tag)) == (412, "request.stale")
    (event,) = chief.get(f"{path}/events").json()["items"]
    assert (event["kind"], event["reason"], event["actor_id"]) == ("arrears", body["reason"], str(chief.id))
    assert event["changes"] == [{"field": "arrears_minor", "old": 0, "new": 1_500}]


def test_meter_when_it_was_merged_then_only_the_kept_one_changes(till: Till, chief: Person) -> None:
    twin = proposal(till, meter_id=str(new_id(till.now)), meter_number=DRNS[0])
    assert states(till, twin) == ["merged"]
    path = f"/v1/meters/{json.loads(twin['record'])['meter_id']}"
    body, tag = {"arrears_minor": 5, "reason": "because"}, {"If-Match": "*"}
    assert code_of(chief.put(f"{path}/arrears", json=body, headers=tag)) == (409, "meter.merged")
    said = {"tariff_code": TARIFF.code, "sgc": SGC}
    assert code_of(chief.put(path, json=said, headers=tag)) == (409, "meter.merged")


def merge(chief: Person, kept: UUID, duplicate: UUID) -> Any:
    body = {"duplicate_id": str(duplicate), "reason": "One meter, two numbers"}
    return chief.post(f"/v1/meters/{kept}/merge", json=body)


def owes(till: Till, drn: str, debt: int | None = None) -> int:
    """What a meter owes at head office; `debt` is set before it is read."""
    with till.server.database.write() as connection:
        if debt is not None:
            connection.execute(update(meter).where(meter.c.drn == drn).values(arrears_minor=debt))
        return int(connection.execute(select(meter.c.arrears_minor).where(meter.c.drn == drn)).scalar_one())


def test_merge_when_a_charge_was_taken_under_both_then_it_is_given_back_once_at_the_home_till(
    till: Till, chief: Person
) -> None:
    kept, twin, third = (till.shop.meters[drn] for drn in DRNS)
    other = till.shop.till("T02")
    with till.server.database.write() as connection:
        connection.execute(update(meter).where(meter.c.id == kept).values(home_till=other.id))
    for drn in DRNS:
        till.sell(drn)
    till.push()

    assert merge(chief, twin, third).json()["id"] == str(twin)
    assert merge(chief, kept, twin).status_code == merge(chief, kept, twin).status_code == 200

    assert {row["merged_into"] for row in till.pull("meters")["rows"] if row["id"] != str(kept)} == {
        str(kept)
    }
    months = till.shop.till("T03").pull("meter_month")["rows"]
    assert [(row["meter_id"], row["till"]) for row in months] == [(str(kept), str(till.id))]
    # One for the third into the second, at the till that took it; then one for the second into the first.
    credits = other.pull("customer_credits")["rows"] + till.pull("customer_credits")["rows"]
    assert [(row["meter_id"], row["amount_minor"]) for row in credits] == [(str(kept), 590)] * 2
    assert len(other.pull("customer_credits")["rows"]) == 1
    events = chief.get(f"/v1/meters/{twin}/events").json()["items"]
    assert [(event["kind"], event["reason"]) for event in events] == [
        ("merged", "One meter, two numbers")
    ] * 2


@pytest.mark.parametrize(
    ("debt", "left", "back"), [(2_000, 1_100, 0), (900, 0, 0), (300, 0, 600), (0, 0, 900)]
)
def test_merge_when_a_debt_was_paid_under_the_duplicate_then_it_is_off_the_kept_ones(
    till: Till, chief: Person, debt: int, left: int, back: int
) -> None:
    kept, twin = till.shop.meters[DRNS[0]], till.shop.meters[DRNS[1]]
    assert (owes(till, DRNS[0], debt), owes(till, DRNS[1], 900)) == (debt, 900)
    till.sell(DRNS[1], basis=Basis(arrears_before_minor=900))
    assert till.flags() == []

    for _ in range(2):
        assert merge(chief, kept, twin).json()["arrears_minor"] == left

    assert owes(till, DRNS[0]) == left
    credits = till.pull("customer_credits")["rows"]
    assert sum(row["amount_minor"] for row in credits) == back
    assert {(row["meter_id"], row["cause"]) for row in credits} <= {(str(kept), "arrears")}


def test_merge_when_credit_was_given_for_the_duplicate_then_it_is_the_kept_ones(
    till: Till, chief: Person
) -> None:
    kept, twin = till.shop.meters[DRNS[0]], till.shop.meters[DRNS[1]]
    other = till.shop.till("T02")
    till.sell(DRNS[1])
    till.push()
    bought = till.bought[DRNS[1], "2026-11"].bought_before_milli
    other.sell(DRNS[1], basis=Basis(bought))
    assert other.flags() == ["charge_twice"]
    (given,) = other.pull("customer_credits")["rows"]
    till.sell(DRNS[0])
    till.push()

    merge(chief, kept, twin)

    rows = {row["id"]: row for row in other.pull("customer_credits")["rows"]}
    assert rows[given["id"]] == given | {"meter_id": str(kept)}
    # Taken three times in all: twice too often.
    rows |= {row["id"]: row for row in till.pull("customer_credits")["rows"]}
    assert sorted(row["amount_minor"] for row in rows.values()) == [590, 590]


def test_merge_when_it_makes_no_sense_then_refused(till: Till, chief: Person) -> None:
    kept, twin, third = (till.shop.meters[drn] for drn in DRNS)
    assert code_of(merge(chief, kept, kept)) == (422, "meter.same")
    assert code_of(merge(chief, kept, till.id)) == (404, "meter.unknown")
    assert merge(chief, kept, twin).status_code == 200
    assert code_of(merge(chief, twin, third)) == (409, "meter.merged")
    assert code_of(merge(chief, third, twin)) == (409, "meter.merged")
    stranger = till.server.person(
        Role.ADMINISTRATOR, organisation_id=till.server.make_organisation("other"), username="eve"
    )
    assert code_of(merge(stranger, kept, third)) == (404, "meter.unknown")
    supervisor = till.server.person(Role.SUPERVISOR, organisation_id=till.shop.organisation, username="s")
    assert code_of(merge(supervisor, kept, third)) == (403, "permission.denied")


def test_proposal_when_merged_and_a_debt_was_paid_under_its_id_then_the_known_meter_owes_less(
    till: Till,
) -> None:
    twin = new_id(till.now)
    assert owes(till, DRNS[0], 1_500) == 1_500
    till.shop.meters[DRNS[0]] = twin
    till.sell(basis=Basis(arrears_before_minor=900))
    till.push()

    made = proposal(till, meter_id=str(twin), meter_number=DRNS[0], arrears=900)
    assert states(till, made) == states(till, made) == ["merged"]

    with till.server.database.read() as connection:
        query = select(meter.c.arrears_minor).where(meter.c.drn == DRNS[0], meter.c.merged_into.is_(None))
        assert connection.execute(query).scalar() == 600


OTHER_SGC = "201457"


@pytest.fixture
def moving(till: Till, chief: Person) -> str:
    """A meter that leaves its group; the path of it."""
    group = group_values(OTHER_SGC, key_method="04") | {"krn": 3}
    with till.server.database.write() as connection:
        till.server.app.state.head_office.master.put_group(
            connection, till.shop.organisation, group, now=till.now
        )
    return f"/v1/meters/{till.shop.meters[DRNS[0]]}"


def test_meter_when_it_leaves_its_group_then_it_begins_once_every_till_has_heard(
    till: Till, chief: Person, moving: str
) -> None:
    other = till.shop.till("T02")
    body = {"sgc": OTHER_SGC, "reason": "New transformer"}
    assert code_of(chief.post(f"{moving}/next-key", json=body)) == (428, "request.if_match")
    tag = {"If-Match": chief.get(moving).headers["ETag"]}
    announced = chief.post(f"{moving}/next-key", json=body, headers=tag)
    assert (announced.status_code, announced.json()["sgc"]) == (202, SGC)
    assert announced.json()["next_key"] == {
        "krn": 3, "ken": 255, "ti": "01", "kt": 2, "base_date": "14", "sgc": OTHER_SGC, "from": NOT_YET,
    }  # fmt: skip
    assert code_of(chief.post(f"{moving}/next-key", json=body, headers=tag)) == (412, "request.stale")
    assert code_of(chief.post(f"{moving}/next-key/complete")) == (409, "key_change.not_started")
    said = {"tariff_code": TARIFF.code, "sgc": OTHER_SGC}
    refused = chief.put(moving, json=said, headers={"If-Match": "*"})
    assert code_of(refused) == (409, "key_change.announced")

    def begun(database: Any = till.server.database) -> str:
        begin_key_changes(database, till.server.clock)
        return str(chief.get(moving).json()["next_key"]["from"])

    till.pull("meters", till.pull("meters")["cursor"])
    assert begun() == NOT_YET
    other.pull("meters", other.pull("meters")["cursor"])
    assert begun() == begun() == "2026-11-27T08:00:00.000Z"
    (row,) = [row for row in till.pull("meters")["rows"] if row["drn"] == DRNS[0]]
    assert (row["sgc"], row["next_key"]["from"]) == (SGC, "2026-11-27T08:00:00.000Z")
    till.server.clock.pass_time(days=7)
    chief = till.server.person(Role.ADMINISTRATOR, organisation_id=till.shop.organisation, username="c2")
    completed = chief.post(f"{moving}/next-key/complete").json()
    assert (completed["sgc"], completed["next_key"], completed["krn"]) == (OTHER_SGC, None, None)
    events = chief.get(f"{moving}/events").json()["items"]
    assert [event["changes"][0]["new"] for event in events] == [OTHER_SGC, f"{OTHER_SGC}, announced"]


def test_meter_when_its_move_makes_no_sense_then_refused(till: Till, chief: Person, moving: str) -> None:
    def announce(who: Person, sgc: str) -> tuple[int, str]:
        body = {"sgc": sgc, "reason": "New transformer"}
        return code_of(who.post(f"{moving}/next-key", json=body, headers={"If-Match": "*"}))

    assert announce(chief, "999999") == (404, "supply_group.unknown")
    assert announce(chief, SGC) == (409, "key_change.same_key")
    supervisor = till.server.person(Role.SUPERVISOR, organisation_id=till.shop.organisation, username="s")
    assert announce(supervisor, OTHER_SGC) == (403, "permission.denied")
    stranger = till.server.person(
        Role.ADMINISTRATOR, organisation_id=till.server.make_organisation("other"), username="eve"
    )
    assert announce(stranger, OTHER_SGC) == (404, "meter.unknown")
    with till.server.database.write() as connection:
        connection.execute(
            update(supply_group).where(supply_group.c.sgc == OTHER_SGC).values(next_key={"from": NOT_YET})
        )
    assert announce(chief, OTHER_SGC) == (409, "key_change.announced")


def test_debt_of_a_meter_when_by_another_role_or_organisation_then_nothing(till: Till) -> None:
    path = f"/v1/meters/{till.shop.meters[DRNS[0]]}"
    body, tag = {"arrears_minor": 5, "reason": "because"}, {"If-Match": "*"}
    cashier = till.server.person(Role.CASHIER, organisation_id=till.shop.organisation, username="c")
    assert code_of(cashier.put(f"{path}/arrears", json=body, headers=tag)) == (403, "permission.denied")
    stranger = till.server.person(
        Role.ADMINISTRATOR, organisation_id=till.server.make_organisation("other"), username="eve"
    )
    assert code_of(stranger.put(f"{path}/arrears", json=body, headers=tag)) == (404, "meter.unknown")
    assert code_of(stranger.get(f"{path}/events")) == (404, "meter.unknown")
    supervisor = till.server.person(Role.SUPERVISOR, organisation_id=till.shop.organisation, username="s")
    assert supervisor.put(f"{path}/arrears", json=body, headers=tag).json()["arrears_minor"] == 5


def test_customer_when_read_then_a_change_must_name_what_was_read(till: Till, chief: Person) -> None:
    body = {"sales_point_id": str(till.shop.sales_point), "name": "Aline", "phone": "+250788123456"}
    path = f"/v1/customers/{chief.post('/v1/customers', json=body).json()['id']}"
    read = chief.get(path)
    assert (read.json()["name"], read.headers["ETag"]) == ("Aline", made_tag(read.json()))
    assert chief.get(path, headers={"If-None-Match": read.headers["ETag"]}).status_code == 304
    assert code_of(chief.put(path, json=body)) == (428, "request.if_match")
    tag = {"If-Match": read.headers["ETag"]}
    changed = chief.put(path, json=body | {"name": "Aline U."}, headers=tag)
    assert changed.headers["ETag"] == chief.get(path).headers["ETag"] != read.headers["ETag"]
    assert code_of(chief.put(path, json=body, headers=tag)) == (412, "request.stale")
    manager = till.server.person(
        Role.FACILITY_MANAGER, organisation_id=till.shop.organisation, institution_id=new_id(till.now)
    )
    stranger = till.server.person(
        Role.ADMINISTRATOR, organisation_id=till.server.make_organisation("other"), username="eve"
    )
    for other in (manager, stranger):
        assert code_of(other.get(path)) == (404, "record.unknown")


def test_customers_when_erased_then_nothing_is_left_here_or_at_the_till(till: Till, chief: Person) -> None:
    body = {"sales_point_id": str(till.shop.sales_point), "name": "Aline", "phone": "+250788123456"}
    made = chief.post("/v1/customers", json=body).json()
    any_ = {"If-Match": "*"}
    path = f"/v1/customers/{made['id']}"
    assert chief.put(path, json=body | {"name": "Aline U."}, headers=any_).status_code == 200
    assert chief.post(f"/v1/customers/{made['id']}/erase").status_code == 204
    assert till.pull("customers")["rows"] == [{"id": made["id"], "is_erased": True}]
    assert code_of(chief.put(path, json=body, headers=any_)) == (409, "customer.erased")
    with till.server.database.read() as connection:
        assert connection.execute(select(customer.c.name, customer.c.phone)).one() == (None, None)
    stranger = till.server.person(
        Role.ADMINISTRATOR, organisation_id=till.server.make_organisation("other"), username="eve"
    )
    assert code_of(stranger.post(f"/v1/customers/{made['id']}/erase")) == (404, "record.unknown")


METERS_CSV = (
    "meter_number,name,phone,tariff_code,supply_group,status,arrears\n"
    f"{NEW_DRN},Aline,+250788123456,RES,{SGC},active,500\n"
    f"{DRNS[0]},,,RES,{SGC},blocked,\n"
    f"{DRNS[1]},,,NONE,{SGC},active,\n"
    f"{DRNS[0]},,,RES,{SGC},active,\n"
    f"04100000415,,x,RES,{SGC},active,\n"
)
INSTITUTION_CSV = f"meter_number,tariff_code,supply_group,institution\n{NEW_DRN},RES,{SGC},Nobody\n"


def test_import_of_meters_when_some_rows_are_wrong_then_the_others_are_in(till: Till, chief: Person) -> None:
    answer = chief.post("/v1/meters/import", json={"text": METERS_CSV}).json()
    assert (answer["added"], answer["changed"]) == (1, 1)
    assert [(one["line"], one["error_code"]) for one in answer["errors"]] == [
        (4, "meter.unknown_tariff"),
        (5, "meter.twice"),
        (6, "phone.invalid"),
    ]
    rows = {row["drn"]: row for row in till.pull("meters")["rows"]}
    assert (rows[NEW_DRN]["arrears_minor"], rows[DRNS[0]]["status"]) == (500, "blocked")
    assert [row["name"] for row in till.pull("customers")["rows"]] == ["Aline"]
    nobody = chief.post("/v1/meters/import", json={"text": INSTITUTION_CSV}).json()
    assert [one["error_code"] for one in nobody["errors"]] == ["record.unknown"]
    again = chief.post("/v1/meters/import", json={"text": METERS_CSV}).json()
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 2)


def test_import_of_meters_when_it_comes_again_then_tills_pull_nothing_but_what_changed(
    till: Till, chief: Person
) -> None:
    head = "meter_number,tariff_code,supply_group,name,note\n"
    rows = [f"{DRNS[0]},RES,{SGC},Aline,left", f"{DRNS[1]},RES,{SGC},Bosco,right"]
    chief.post("/v1/meters/import", json={"text": head + "\n".join(rows)})
    meters, customers = (till.pull(name)["cursor"] for name in ("meters", "customers"))
    changed = rows[0].replace("left", "behind"), rows[1].replace("Bosco", "Bosco N.")

    again = chief.post("/v1/meters/import", json={"text": head + "\n".join(rows)}).json()
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 2)
    assert (till.pull("meters", meters)["rows"], till.pull("customers", customers)["rows"]) == ([], [])
    then = chief.post("/v1/meters/import", json={"text": head + "\n".join(changed)}).json()
    assert (then["added"], then["changed"], then["unchanged"]) == (0, 2, 0)
    assert [row["note"] for row in till.pull("meters", meters)["rows"]] == ["behind"]
    assert [row["name"] for row in till.pull("customers", customers)["rows"]] == ["Bosco N."]


def test_import_of_meters_when_two_are_one_customers_then_he_is_written_once(
    till: Till, chief: Person
) -> None:
    made = chief.post("/v1/customers", json={"sales_point_id": str(till.shop.sales_point), "name": "Aline"})
    with till.server.database.write() as connection:
        connection.execute(update(meter).values(customer_id=UUID(made.json()["id"])))
    rows = [f"{DRNS[0]},RES,{SGC},Aline U.,", f"{DRNS[1]},RES,{SGC},Aline Uwase,Kigali"]
    text = "meter_number,tariff_code,supply_group,name,area\n" + "\n".join(rows)
    answer = chief.post("/v1/meters/import", json={"text": text})

    assert answer.status_code == 200, answer.text
    (one,) = chief.get("/v1/customers").json()["items"]
    assert (one["name"], one["area"]) == ("Aline Uwase", "Kigali")


def test_import_of_staff_and_tariffs_when_right_then_tills_pull_them(till: Till, chief: Person) -> None:
    staff = "name,role,active\nAline,C,yes\nSam,X,yes\n"
    answer = chief.post("/v1/staff/import", json={"text": staff}).json()
    assert (answer["added"], [one["line"] for one in answer["errors"]]) == (1, [3])
    assert [row["name"] for row in till.pull("users")["rows"]] == ["Aline"]
    tariffs = (
        "tariff_code,version,valid_from,currency,row,to_units,rate,name\n"
        "WATER,1,2026-01-01,RWF,tariff,,,Water\nWATER,1,2026-01-01,RWF,block,,331,\n"
        "BAD,1,2026-01-01,RWF,block,5,331,\n"
    )
    answer = chief.post("/v1/tariffs/import", json={"text": tariffs}).json()
    assert (answer["added"], answer["unchanged"]) == (1, 0)
    assert answer["errors"]
    again = chief.post("/v1/tariffs/import", json={"text": tariffs}).json()
    assert (again["added"], again["unchanged"]) == (0, 1)
    assert {row["code"] for row in till.pull("tariffs")["rows"]} == {"RES", "WATER"}


def staff_of(chief: Person) -> dict[str, dict[str, Any]]:
    rows = chief.get("/v1/records/users").json()["items"]
    return {row["body"]["name"]: row["body"] | {"version": row["version"]} for row in rows}


def import_staff(chief: Person, text: str) -> tuple[int, int, int, list[tuple[int, str, str]]]:
    answer = chief.post("/v1/staff/import", json={"text": text}).json()
    errors = [(one["line"], one["column"], one["error_code"]) for one in answer["errors"]]
    return answer["added"], answer["changed"], answer["unchanged"], errors


def test_import_of_staff_when_it_comes_again_then_nobody_is_made_twice_and_nothing_changes(
    till: Till, chief: Person
) -> None:
    text = "name,role,active\nAline,C,yes\nBosco,S,no\n"
    assert import_staff(chief, text) == (2, 0, 0, [])
    first = staff_of(chief)
    cursor = till.pull("users")["cursor"]

    assert import_staff(chief, text) == (0, 0, 2, [])
    assert staff_of(chief) == first
    assert till.pull("users", cursor)["rows"] == []


def test_import_of_staff_when_a_field_changed_then_it_alone_does_for_the_same_person(
    till: Till, chief: Person
) -> None:
    import_staff(chief, "name,role,active\nAline,C,yes\nBosco,S,no\n")
    before = staff_of(chief)
    body = {name: before["Aline"][name] for name in ("id", "name", "role", "is_active")}
    hashed = {"pin_hash": "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA"}
    path = f"/v1/records/users/{body['id']}"
    assert chief.put(path, json={"body": body | hashed}).status_code in (200, 204)

    assert import_staff(chief, "name,role\nALINE,S\nbosco,S\n") == (0, 2, 0, [])
    after = staff_of(chief)
    assert (after["ALINE"]["id"], after["ALINE"]["role"]) == (before["Aline"]["id"], "S")
    assert (after["bosco"]["id"], after["bosco"]["is_active"]) == (before["Bosco"]["id"], False)
    with till.server.database.read() as connection:
        kept = connection.execute(select(record.c.body).where(record.c.id == body["id"])).scalar_one()
    assert kept["pin_hash"] == hashed["pin_hash"]


def test_import_of_staff_when_a_row_contradicts_an_id_then_it_is_named_and_the_others_are_in(
    chief: Person,
) -> None:
    import_staff(chief, "name,role\nAline,C\nBosco,S\n")
    aline = staff_of(chief)["Aline"]["id"]
    made = "01980d2e-7c1a-7d3e-8a49-0f6d2b1c9e55"
    text = (
        "id,name,role,active\n"
        f"{made},bosco,S,\n"
        f"{aline},Aline Uwase,C,\n"
        ",aline uwase,C,\n"
        f"{made},Chantal,C,\n"
        "nonsense,Didier,C,\n"
        ",Eric,C,perhaps\n"
        ",Fred,X,\n"
    )

    assert import_staff(chief, text) == (
        *(1, 1, 0),
        [
            (2, "id", "staff.other_id"),
            (4, "name", "staff.twice"),
            (6, "id", "record.invalid"),
            (7, "active", "staff.active"),
            (8, "role", "record.invalid"),
        ],
    )
    assert set(staff_of(chief)) == {"Aline Uwase", "Bosco", "Chantal"}
    assert staff_of(chief)["Chantal"]["id"] == made


def test_import_of_staff_when_a_name_was_made_twice_before_then_the_id_must_be_named(chief: Person) -> None:
    for n in range(2):
        body = {"id": f"01980d2e-7c1a-7d3e-8a49-0f6d2b1c9e5{n}", "name": "Aline", "role": "C"}
        chief.put(f"/v1/records/users/{body['id']}", json={"body": body})

    assert import_staff(chief, "name,role\nAline,S\n") == (0, 0, 0, [(2, "id", "staff.ambiguous")])


def test_import_of_staff_when_two_workers_do_it_at_once_then_everybody_is_made_once(
    till: Till, chief: Person
) -> None:
    other = till.server.second_worker()
    text = "name,role\n" + "".join(f"Person {n},C\n" for n in range(30))
    start = threading.Barrier(2)

    def send(client: Any) -> int:
        start.wait()
        answer = client.post("/v1/staff/import", json={"text": text}, headers=chief.auth)
        return int(answer.json()["added"])

    with ThreadPoolExecutor(2) as pool:
        added = sorted(pool.map(send, (till.client, other)))
    end_worker(other)

    assert added == [0, 30]
    assert len(chief.get("/v1/records/users", params={"limit": 100}).json()["items"]) == 30


def test_levels_when_set_then_listed(chief: Person) -> None:
    body = {"name": "phone seen", "day_max_minor": 50_000}
    assert chief.put("/v1/verification-levels/1", json=body).status_code == 204
    (level,) = chief.get("/v1/verification-levels").json()["items"]
    assert (level["level"], level["day_max_minor"], level["sale_max_minor"]) == (1, 50_000, None)


def test_key_change_when_the_job_runs_then_it_begins_without_a_pull(till: Till, chief: Person) -> None:
    key = {"krn": 2, "ken": 255, "ti": "01"}
    assert chief.post(f"/v1/supply-groups/{SGC}/next-key", json=key).status_code == 202
    page = till.pull("supply_groups")
    till.pull("supply_groups", page["cursor"])
    with till.server.database.write() as connection:
        connection.execute(
            update(supply_group).values(
                next_change=1, next_key={**key, "kt": 2, "base_date": "14", "from": NOT_YET}
            )
        )
    begin_key_changes(till.server.database, till.server.clock)
    with till.server.database.read() as connection:
        assert connection.execute(select(supply_group.c.next_key)).scalar_one()["from"] != NOT_YET


@pytest.mark.expect_log("job failed for an organisation")
def test_key_change_when_one_organisations_is_damaged_then_the_others_begin(server: Server) -> None:
    good, damaged = make_shop(server, "good"), make_shop(server, "damaged")
    key = {"krn": 2, "ken": 255, "ti": "01", "kt": 2, "base_date": "14", "from": NOT_YET}
    with server.database.write() as connection:
        for one, following in ((good, key), (damaged, "none")):
            of_one = supply_group.c.organisation_id == one.organisation
            connection.execute(update(supply_group).where(of_one).values(next_change=1, next_key=following))

    begin_key_changes(server.database, server.clock)

    with server.database.read() as connection:
        begun = select(supply_group.c.next_key).where(supply_group.c.organisation_id == good.organisation)
        assert connection.execute(begun).scalar_one()["from"] != NOT_YET
