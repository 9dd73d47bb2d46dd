"""Tills come, log in, are revoked and replaced; their codes are never used again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from central.models.master import supply_group
from central.models.tills import enrolment_code, enrolment_try, lane, till_session
from central.models.tills import till as till_table
from central.services.housekeeping import tidy
from pos.contracts.enrol import EnrolAnswer
from pos.domain.envelope import envelope_message
from pos.domain.ids import new_id
from pos.domain.permissions import Role
from pos.domain.till_login import login_message
from tests.server.rig import Server, end_worker
from tests.server.till_rig import SGC, Shop, Till, make_shop

STRANGER = {"till": str(UUID(int=5)), "seq": 0, "hash": "00" * 32}


@pytest.fixture
def shop(server: Server) -> Shop:
    return make_shop(server)


def code_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_enrol_when_the_code_is_right_then_the_answer_has_all_a_till_needs(shop: Shop) -> None:
    till = Till(shop, "T01")
    answer = EnrolAnswer.model_validate(till.enrol().json())
    assert (answer.till, answer.till_code) == (till.id, "T01")
    assert answer.organisation.id == shop.organisation
    assert answer.sales_point.id == shop.sales_point
    assert answer.envelope is not None
    envelope = answer.envelope.envelope
    assert envelope["money_minor"] == 100_000
    assert envelope["groups"] == [
        {"base_date": "14", "holders": ["central", "vault"], "lane": 1, "lanes": 16, "sgc": SGC}
    ]
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(answer.server_keys[0].public_key))
    key.verify(bytes.fromhex(answer.envelope.sig), envelope_message(envelope))  # type: ignore[arg-type]


def test_enrol_when_asked_again_with_the_same_code_then_the_same_answer(shop: Shop) -> None:
    till = Till(shop, "T01")
    code = shop.code()
    first = till.enrol(enrol_code=code)
    again = till.enrol(enrol_code=code)
    assert first.json() == again.json()


def test_enrol_when_the_code_is_used_by_another_then_refused(shop: Shop) -> None:
    code = shop.code()
    Till(shop, "T01").enrol(enrol_code=code)
    assert code_of(Till(shop, "T02").enrol(enrol_code=code)) == (403, "enrol.code")


def test_enrol_when_the_code_is_too_old_then_refused(shop: Shop) -> None:
    code = shop.code()
    shop.server.clock.pass_time(minutes=15)
    assert code_of(Till(shop, "T01").enrol(enrol_code=code)) == (403, "enrol.code")


def test_enrol_when_five_codes_were_wrong_then_even_a_right_one_waits(shop: Shop) -> None:
    for _ in range(5):
        assert code_of(Till(shop, "T01").enrol(enrol_code="AAAAAAAAAA")) == (403, "enrol.code")
    assert code_of(Till(shop, "T01").enrol()) == (429, "enrol.tries")
    shop.server.clock.pass_time(minutes=16)
    assert Till(shop, "T01").enrol().status_code == 200


def test_enrol_code_when_stored_then_only_its_hash(shop: Shop) -> None:
    code = shop.code()
    with shop.server.database.read() as connection:
        (row,) = connection.execute(select(enrolment_code)).all()
    assert len(code) == 10
    assert code.encode() not in row.hash
    assert row.expires_at - row.made_at == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"currency": "KES"}, (409, "enrol.currency")),
        ({"is_demo": False}, (409, "enrol.demo")),
        ({"till_code": "t1"}, (422, "till.code")),
        ({"till_code": "TOOLONG"}, (422, "till.code")),
        ({"public_key": "xyz"}, (422, "request.invalid")),
        (
            {"replaces": {"till": str(UUID(int=5)), "seq": 0, "hash": "00" * 32}},
            (409, "enrol.replaces_unknown"),
        ),
    ],
)
def test_enrol_when_something_does_not_fit_then_refused(
    shop: Shop, change: dict[str, Any], refusal: tuple[int, str]
) -> None:
    response = Till(shop, "T01").enrol(**change)
    status, code = code_of(response)
    assert status == refusal[0]
    assert code == refusal[1] or refusal[1] == "request.invalid"
    assert Till(shop, "T01").enrol().status_code == 200


def test_enrol_when_the_till_code_was_used_ever_then_taken(shop: Shop) -> None:
    till = shop.till("T01")
    revoke(till)
    assert code_of(Till(shop, "T01").enrol()) == (409, "till.code_taken")


def test_enrol_when_the_till_is_enrolled_with_another_key_then_already(shop: Shop) -> None:
    till = shop.till()
    till.key = Ed25519PrivateKey.generate()
    assert code_of(till.enrol()) == (409, "enrol.already")


def test_enrol_when_it_replaces_a_book_with_another_hash_then_unknown(shop: Shop) -> None:
    till = shop.till()
    till.sell()
    till.push()
    replaced = {"till": str(till.id), "seq": 1, "hash": "ab" * 32}
    assert code_of(Till(shop, "T01B").enrol(replaces=replaced)) == (409, "enrol.replaces_unknown")


def test_replace_when_enrolled_then_the_old_till_drains_and_has_no_envelope_any_more(shop: Shop) -> None:
    till = shop.till()
    replaced = {"till": str(till.id), "seq": 0, "hash": "00" * 32}
    new = shop.till("T01B", replaces=replaced)
    assert till.log_in().json()["scope"] == "drain"
    assert [row["state"] for row in new.pull("tills")["rows"]] == ["replaced", "enrolled"]
    assert {row["id"] for row in new.pull("revocations")["rows"]} == {f"till:{till.id}", f"lane:{SGC}/14/1"}
    assert code_of(Till(shop, "T01C").enrol(replaces=replaced)) == (409, "enrol.replaces_unknown")


def test_replace_when_the_answer_was_lost_and_the_code_is_another_then_the_same_till_again(
    shop: Shop,
) -> None:
    till = shop.till()
    till.sell()
    till.push()
    replaced = {"till": str(till.id), "seq": 1, "hash": till.lines[0].hash.hex()}
    new = Till(shop, "T01B")
    first = new.enrol(replaces=replaced).json()
    shop.server.clock.pass_time(days=2)
    again = new.enrol(replaces=replaced)
    assert again.status_code == 200, again.text
    assert again.json()["replaced"] == first["replaced"]
    assert again.json()["envelope"] == first["envelope"]
    # Nobody else gets in so.
    assert code_of(Till(shop, "T01C").enrol(replaces=replaced)) == (409, "enrol.replaces_unknown")


def test_login_when_the_nonce_is_used_wrong_or_old_then_refused(shop: Shop) -> None:
    till = shop.till()
    client = shop.server.client

    def log_in(nonce: str, key: Ed25519PrivateKey, till_id: UUID) -> tuple[int, str]:
        signature = key.sign(login_message(nonce=nonce, till=till_id)).hex()
        body = {"till": str(till_id), "nonce": nonce, "signature": signature}
        return code_of(client.post("/v1/tills/token", json=body))

    def nonce() -> str:
        return str(client.post("/v1/tills/challenge", json={"till": str(till.id)}).json()["nonce"])

    assert log_in("made-up", till.key, till.id) == (403, "till.nonce")
    assert log_in(nonce(), Ed25519PrivateKey.generate(), till.id) == (403, "till.signature")
    old = nonce()
    shop.server.clock.pass_time(minutes=2)
    assert log_in(old, till.key, till.id) == (403, "till.nonce")
    unknown = new_id(till.now)
    assert code_of(client.post("/v1/tills/challenge", json={"till": str(unknown)})) == (
        403,
        "till.not_authorised",
    )


def test_login_when_a_nonce_is_tried_twice_then_only_once(shop: Shop) -> None:
    till = shop.till()
    nonce = shop.server.client.post("/v1/tills/challenge", json={"till": str(till.id)}).json()["nonce"]
    signature = till.key.sign(login_message(nonce=nonce, till=till.id)).hex()
    body = {"till": str(till.id), "nonce": nonce, "signature": signature}
    assert shop.server.client.post("/v1/tills/token", json=body).status_code == 200
    assert code_of(shop.server.client.post("/v1/tills/token", json=body)) == (403, "till.nonce")


def test_log_in_when_other_tills_were_seen_today_then_it_says_how_many(shop: Shop) -> None:
    def told(till: Till) -> tuple[int, int]:
        tills = till.log_in().json()["tills"]
        return tills["seen"], tills["enrolled"]

    first, second, third = (shop.till(code) for code in ("T01", "T02", "T03"))
    stranger = make_shop(shop.server, "other", drns=()).till("X01")
    assert told(first) == (3, 3)
    assert told(stranger) == (1, 1)
    second.sell()
    second.push()
    shop.server.clock.pass_time(hours=2)
    # The third has not asked for two hours, and never sent anything.
    assert told(first) == (2, 3)
    shop.server.clock.pass_time(days=1)
    assert told(first) == (1, 3)
    assert told(third) == (2, 3)


def test_bearer_when_half_an_hour_is_past_then_log_in_again(shop: Shop) -> None:
    till = shop.till()
    shop.server.clock.pass_time(minutes=30)
    assert code_of(till.get("/v1/sync/pull", resource="tills")) == (401, "till.login_required")
    with shop.server.database.read() as connection:
        (row,) = connection.execute(select(till_session)).all()
    assert till.bearer.encode() not in row.token_hash


def test_lanes_when_a_till_is_revoked_then_its_lane_is_not_given_again_before_the_key_changes(
    shop: Shop,
) -> None:
    first, second = shop.till("T01"), shop.till("T02")
    assert lanes(shop) == {first.id: 1, second.id: 2}
    revoke(first)
    third = shop.till("T03")
    assert lanes(shop)[third.id] == 3
    with shop.server.database.write() as connection:
        connection.execute(update(supply_group).values(krn=2))
    fourth = shop.till("T04")
    assert lanes(shop)[fourth.id] == 1


def test_lanes_when_all_are_used_then_the_sixteenth_till_waits_for_a_key_change(shop: Shop) -> None:
    for n in range(15):
        shop.till(f"T{n:02d}")
    assert code_of(Till(shop, "T99").enrol()) == (409, "enrol.no_lane")


def test_envelope_when_the_float_is_small_then_no_more_than_it_covers(shop: Shop) -> None:
    tills = [shop.till(f"T{n}0", enrol_code=shop.code(money_minor=600_000)) for n in (1, 2)]
    sizes = [till.answer["envelope"]["envelope"]["money_minor"] for till in tills]
    assert sizes == [600_000, 400_000]


def test_envelope_when_used_and_pushed_then_a_new_one_and_the_float_is_counted(shop: Shop) -> None:
    till = shop.till()
    assert till.get("/v1/sync/envelope", sequence=1).status_code == 204
    till.line("envelope_taken", {"sequence": 1, "sha256": "ab" * 32})
    till.sell(money=50_000)
    till.push()
    granted = till.get("/v1/sync/envelope", sequence=1).json()["envelope"]
    assert (granted["sequence"], granted["as_of_seq"], granted["money_minor"]) == (2, 2, 100_000)
    # Asked again before it is taken, it is the same one.
    assert till.get("/v1/sync/envelope", sequence=1).json()["envelope"] == granted


@pytest.mark.parametrize(
    ("money_minor", "units_milli"), [(0, 0), (0, 10_000_000), (100_000, 1_000), (99_999, 10_000_000)]
)
def test_envelope_when_the_limit_of_the_till_is_lowered_then_a_smaller_one_once(
    shop: Shop, money_minor: int, units_milli: int
) -> None:
    till = shop.till()
    boss = shop.server.person(Role.ADMINISTRATOR, organisation_id=shop.organisation)
    limits = {"limit_money_minor": money_minor, "limit_units_milli": units_milli}
    assert boss.put(f"/v1/tills/{till.id}/limits", json=limits).status_code == 200
    granted = till.get("/v1/sync/envelope", sequence=1).json()["envelope"]
    assert (granted["sequence"], granted["money_minor"], granted["units_milli"]) == (
        2,
        money_minor,
        units_milli,
    )
    till.line("envelope_taken", {"sequence": 2, "sha256": "ab" * 32})
    till.push()
    assert till.get("/v1/sync/envelope", sequence=2).status_code == 204


def test_write_off_when_a_till_is_lost_then_its_rest_is_free_again(shop: Shop) -> None:
    till = shop.till()
    manager = shop.server.person(Role.ADMINISTRATOR, organisation_id=shop.organisation)
    assert code_of(manager.post(f"/v1/tills/{till.id}/write-off")) == (409, "envelope.still_used")
    body = {"reason": "stolen", "is_lost": True}
    assert manager.post(f"/v1/tills/{till.id}/revoke", json=body).json()["state"] == "lost"
    assert manager.post(f"/v1/tills/{till.id}/write-off").json() == {"money_minor": 100_000}
    assert manager.post(f"/v1/tills/{till.id}/write-off").json() == {"money_minor": 0}


def test_tills_when_managed_by_people_then_by_role_and_organisation(shop: Shop) -> None:
    till = shop.till()
    manager = shop.server.person(Role.ADMINISTRATOR, organisation_id=shop.organisation)
    cashier = shop.server.person(Role.CASHIER, organisation_id=shop.organisation)
    other = make_shop(shop.server, "other")
    stranger = shop.server.person(Role.ADMINISTRATOR, organisation_id=other.organisation, username="eve")
    assert [row["code"] for row in manager.get("/v1/tills").json()["items"]] == ["T01"]
    assert stranger.get("/v1/tills").json()["items"] == []
    assert code_of(stranger.get(f"/v1/tills/{till.id}")) == (404, "till.unknown")
    assert code_of(stranger.post(f"/v1/tills/{till.id}/revoke", json={"reason": "mine"})) == (
        404,
        "till.unknown",
    )
    place = {"sales_point_id": str(shop.sales_point)}
    assert code_of(stranger.post("/v1/tills/codes", json=place)) == (404, "sales_point.unknown")
    assert code_of(cashier.post("/v1/tills/codes", json=place)) == (403, "permission.denied")
    code = manager.post("/v1/tills/codes", json=place).json()["code"]
    assert Till(shop, "T02").enrol(enrol_code=code).status_code == 200
    limits = {"limit_money_minor": 5, "limit_units_milli": 6}
    assert manager.put(f"/v1/tills/{till.id}/limits", json=limits).json()["limit_money_minor"] == 5
    (noted,) = manager.get("/v1/security/events", params={"kind": "till_limits_set"}).json()["items"]
    assert (noted["subject_id"], noted["actor_id"], noted["detail"]) == (
        *(str(till.id), str(manager.id)),
        limits,
    )


def test_tills_when_let_in_ended_and_written_off_then_the_security_log_says_who(shop: Shop) -> None:
    boss = shop.server.person(Role.ADMINISTRATOR, organisation_id=shop.organisation)
    shop.server.clock.pass_time(seconds=1)
    code = boss.post("/v1/tills/codes", json={"sales_point_id": str(shop.sales_point)}).json()["code"]
    shop.server.clock.pass_time(seconds=1)
    till = Till(shop, "T02")
    assert till.enrol(enrol_code=code).status_code == till.enrol(enrol_code=code).status_code == 200
    shop.server.clock.pass_time(seconds=1)
    boss.post(f"/v1/tills/{till.id}/revoke", json={"reason": "stolen"})
    shop.server.clock.pass_time(seconds=1)
    boss.post(f"/v1/tills/{till.id}/write-off")
    noted = [
        (one["kind"], one["subject_id"], one["detail"])
        for one in reversed(boss.get("/v1/security/events?limit=4").json()["items"])
        if one["actor_id"] == str(boss.id)
    ]
    assert noted == [
        ("till_code_made", None, {"sales_point_id": str(shop.sales_point)}),
        ("till_enrolled", str(till.id), {"till_code": "T02", "replaces": None}),
        ("till_revoked", str(till.id), {"reason": "stolen", "is_lost": False}),
        ("envelope_written_off", str(till.id), {"money_minor": 500_000}),
    ]


def revoke(till: Till) -> None:
    with till.server.database.write() as connection:
        till.server.app.state.head_office.enrolment.end(
            connection, till.shop.organisation, till.id, state="revoked", reason="stolen", now=till.now
        )


def lanes(shop: Shop) -> dict[UUID, int]:
    with shop.server.database.read() as connection:
        return {row.till_id: row.lane for row in connection.execute(select(lane)) if row.ended_at is None}


def test_maintenance_when_it_lasts_then_tills_and_devices_wait(shop: Shop) -> None:
    till = shop.till()
    boss = shop.server.person(Role.ADMINISTRATOR, organisation_id=shop.organisation)
    device = boss.post("/v1/devices", json={"meter_id": str(next(iter(shop.meters.values())))}).json()
    boss.put("/v1/organisation/maintenance", json={"minutes": 30, "note": "New disk"})
    till.sell()
    poll = f"/v1/devices/{device['id']}/poll"
    for answer in (
        till.send(till.batch()),
        till.get("/v1/sync/pull", resource="meters"),
        Till(shop, "T02").enrol(),
        till.client.post(poll, headers={"Authorization": f"Bearer {device['secret']}"}),
    ):
        assert code_of(answer) == (503, "server.maintenance")
        assert answer.headers["Retry-After"] == "1800"
    boss.delete("/v1/organisation/maintenance")
    assert till.flags() == []


def test_enrol_when_wrong_codes_come_from_one_64_of_ipv6_then_they_count_together(shop: Shop) -> None:
    def guess(address: str) -> tuple[int, str]:
        till = Till(shop, "T01")
        till.client = TestClient(shop.server.app, client=(address, 50_000))
        return code_of(till.enrol(enrol_code="WRONGCODE2"))

    answers = [guess(f"2001:db8:1:2::{n}") for n in range(6)]

    assert answers == [(403, "enrol.code")] * 5 + [(429, "enrol.tries")]
    assert guess("2001:db8:1:3::1") == (403, "enrol.code")


def test_enrol_when_two_workers_get_wrong_codes_at_once_then_every_one_counts(shop: Shop) -> None:
    clients = [shop.server.client, shop.server.second_worker()]

    def guess(n: int) -> tuple[int, str]:
        till = Till(shop, "T01")
        till.client = clients[n % 2]
        return code_of(till.enrol(enrol_code="WRONGCODE2"))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(12)))

    assert sorted(answers) == [(403, "enrol.code")] * 5 + [(429, "enrol.tries")] * 7
    end_worker(clients[1])
    shop.server.clock.pass_time(minutes=16)
    tidy(shop.server.database, shop.server.clock.now())
    with shop.server.database.read() as connection:
        assert connection.execute(select(enrolment_try)).all() == []


def test_enrol_when_asked_again_after_its_book_forked_then_no_envelope(shop: Shop) -> None:
    till = Till(shop, "T01")
    code = shop.code()
    assert till.enrol(enrol_code=code).json()["envelope"] is not None
    with shop.server.database.write() as connection:
        connection.execute(update(till_table).values(forked_at=till.now, fork_seq=1))
    assert till.enrol(enrol_code=code, envelope_sequence=7).json()["envelope"] is None
