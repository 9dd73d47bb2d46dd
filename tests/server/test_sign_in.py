"""Signing in, going on and being shut out: tokens, lock-out, second factor, sessions, maintenance."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import jwt
import pyotp
import pytest
from sqlalchemy import select, update

from central.models.identity import users
from central.passwords import Checked, Passwords
from central.services.housekeeping import tidy
from central.services.two_factor import TwoFactor
from central.settings import PasswordCost
from pos.domain.permissions import Role
from tests.server.rig import NOW, PASSWORD, Person, Server


@pytest.fixture
def cashier(server: Server) -> Person:
    return server.person(Role.CASHIER, organisation_id=server.make_organisation())


@pytest.fixture
def manager(server: Server) -> Person:
    return server.person(Role.SUPERVISOR, organisation_id=server.make_organisation())


def _me(server: Server, access_token: str) -> int:
    return server.client.get("/users/me/", headers={"Authorization": f"Bearer {access_token}"}).status_code


def _set_up_two_factor(server: Server, person: Person) -> tuple[pyotp.TOTP, list[str]]:
    begun = person.post("/v1/me/two-factor", json={"password": PASSWORD})
    assert begun.status_code == 201, begun.text
    totp = pyotp.TOTP(begun.json()["secret"])
    confirmed = person.post("/v1/me/two-factor/confirm", json={"code": totp.at(server.clock.now())})
    assert confirmed.status_code == 200, confirmed.text
    server.clock.pass_time(seconds=60)
    return totp, confirmed.json()["recovery_codes"]


def test_token_is_good_for_thirty_minutes(server: Server, cashier: Person) -> None:
    answer = server.sign_in("cashier").json()
    assert (answer["token_type"], answer["expires_in"], answer["refresh_expires_in"]) == (
        "bearer",
        1800,
        604800,
    )

    server.clock.pass_time(minutes=29, seconds=59)
    before = _me(server, answer["access_token"])
    server.clock.pass_time(seconds=1)

    assert (before, _me(server, answer["access_token"])) == (200, 401)


def test_token_is_served_under_v1_too_and_name_ignores_case(server: Server, cashier: Person) -> None:
    answer = server.client.post("/v1/token", data={"username": " Cashier@Demo ", "password": PASSWORD})

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


def test_token_signed_by_somebody_else_or_for_no_session_is_refused(server: Server, cashier: Person) -> None:
    claims = jwt.decode(cashier.access_token, options={"verify_signature": False})
    forged = jwt.encode(claims, b"k" * 32, algorithm="HS256")
    unsigned = jwt.encode(claims, None, algorithm="none")
    no_session = server.app.state.access_tokens.issue(cashier.id, uuid4(), now=server.clock.now())

    assert [_me(server, token) for token in (forged, unsigned, no_session, "x", "a.b.c")] == [401] * 5


@pytest.mark.parametrize("name", ["cashier", "cashier@demo", "nobody", "nobody@nowhere", "cashier@nowhere"])
def test_wrong_password_and_wrong_name_are_answered_alike(server: Server, cashier: Person, name: str) -> None:
    answer = server.sign_in(name, "not this password")

    assert answer.status_code == 401
    problem = answer.json()
    assert (problem["code"], problem["error"]) == ("login.wrong", "invalid_grant")
    assert problem["detail"] == "Name or password is wrong."


def test_name_without_organisation_where_there_are_two_is_refused(server: Server, cashier: Person) -> None:
    server.make_organisation("second")

    assert server.sign_in("cashier").status_code == 401
    assert server.sign_in("cashier@demo").status_code == 200


@pytest.mark.parametrize("name", ["cashier", "nobody"])
def test_wrong_passwords_make_wait_then_lock_by_time_and_not_for_good(
    server: Server, cashier: Person, name: str
) -> None:
    waits = []
    for _ in range(4):
        assert server.sign_in(name, "not this password").status_code == 401
        refused = server.sign_in(name)
        assert (refused.status_code, refused.json()["code"]) == (429, "login.wait")
        waits.append(int(refused.headers["Retry-After"]))
        server.clock.pass_time(seconds=waits[-1])
    server.sign_in(name, "not this password")

    locked = server.sign_in(name)

    assert waits == [2, 4, 8, 16]
    assert (locked.status_code, locked.json()["code"]) == (429, "login.locked")
    assert int(locked.headers["Retry-After"]) == 15 * 60
    server.clock.pass_time(minutes=15)
    assert server.sign_in(name).status_code == (200 if name == "cashier" else 401)


def test_lock_is_ended_by_a_supervisor_and_is_in_the_security_log(server: Server, cashier: Person) -> None:
    boss = server.person(Role.SUPERVISOR, organisation_id=cashier.organisation_id)
    auditor = server.person(Role.AUDITOR, organisation_id=cashier.organisation_id)
    for wait in (2, 4, 8, 16, 0):
        server.sign_in("cashier", "not this password")
        server.clock.pass_time(seconds=wait)
    assert server.sign_in("cashier").json()["code"] == "login.locked"
    server.clock.pass_time(seconds=1)

    answer = boss.post(f"/v1/users/{cashier.id}/unlock")

    assert answer.status_code == 204
    server.clock.pass_time(seconds=1)
    assert server.sign_in("cashier").status_code == 200
    shown = auditor.get("/v1/security/events", params={"subject_id": str(cashier.id)}).json()["items"]
    kinds = [event["kind"] for event in shown]
    assert kinds[:3] == ["login", "user_unlocked", "login_locked"]
    assert kinds.count("login_failed") == 4


def test_two_workers_asked_at_once_count_every_guess(server: Server, cashier: Person) -> None:
    clients = [server.client, server.second_worker()]

    def guess(n: int) -> int:
        data = {"username": "cashier", "password": "not this password"}
        return clients[n % 2].post("/token", data=data).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(16)))

    assert sorted(answers) == [401] + [429] * 15
    clients[1].app.state.database.close()


def test_password_that_was_hashed_too_cheaply_is_hashed_anew(server: Server, cashier: Person) -> None:
    server.app.state.sign_in._passwords = Passwords(PasswordCost(memory_kib=16, passes=2, lanes=1))

    assert server.sign_in("cashier").status_code == 200

    with server.database.read() as connection:
        kept = connection.execute(select(users.c.password_hash).where(users.c.id == cashier.id)).scalar_one()
    assert "m=16,t=2,p=1" in kept
    assert kept.startswith("$argon2id$")


def test_refresh_gives_new_tokens_and_each_works_once(server: Server, cashier: Person) -> None:
    server.clock.pass_time(days=6)
    first = server.client.post("/v1/auth/refresh", json={"refresh_token": cashier.refresh_token})
    assert first.status_code == 200, first.text
    server.clock.pass_time(days=6)
    second = server.client.post("/v1/auth/refresh", json={"refresh_token": first.json()["refresh_token"]})

    assert second.status_code == 200
    assert _me(server, second.json()["access_token"]) == 200


def test_refresh_with_a_used_token_ends_the_whole_session(server: Server, cashier: Person) -> None:
    newer = server.client.post("/v1/auth/refresh", json={"refresh_token": cashier.refresh_token}).json()

    thief = server.client.post("/v1/auth/refresh", json={"refresh_token": cashier.refresh_token})
    owner = server.client.post("/v1/auth/refresh", json={"refresh_token": newer["refresh_token"]})

    assert (thief.status_code, thief.json()["code"]) == (401, "session.reused")
    assert (owner.status_code, owner.json()["code"]) == (401, "session.refresh_wrong")
    assert _me(server, newer["access_token"]) == 401
    auditor = server.person(Role.AUDITOR, organisation_id=cashier.organisation_id)
    kinds = [event["kind"] for event in auditor.get("/v1/security/events").json()["items"]]
    assert "refresh_reused" in kinds


def test_refresh_by_two_workers_at_once_lets_one_through_and_ends_the_session(
    server: Server, cashier: Person
) -> None:
    clients = [server.client, server.second_worker()]

    def refresh(n: int) -> int:
        return clients[n].post("/v1/auth/refresh", json={"refresh_token": cashier.refresh_token}).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(refresh, range(2)))

    assert answers == [200, 401]
    assert cashier.get("/users/me/").status_code == 401
    clients[1].app.state.database.close()


def test_refresh_token_ends_after_seven_days(server: Server, cashier: Person) -> None:
    server.clock.pass_time(days=7)

    answer = server.client.post("/v1/auth/refresh", json={"refresh_token": cashier.refresh_token})

    assert answer.json()["code"] == "session.refresh_wrong"


def test_log_out_ends_access_and_refresh_at_once(server: Server, cashier: Person) -> None:
    assert cashier.post("/v1/auth/logout").status_code == 204

    assert cashier.get("/users/me/").status_code == 401
    refreshed = server.client.post("/v1/auth/refresh", json={"refresh_token": cashier.refresh_token})
    assert refreshed.status_code == 401


def test_sessions_are_listed_and_ended_one_by_one(server: Server, cashier: Person) -> None:
    server.clock.pass_time(seconds=1)
    other = server.client.post(
        "/token", data={"username": "cashier", "password": PASSWORD}, headers={"User-Agent": "phone\x7f 1"}
    ).json()

    listed = cashier.get("/v1/sessions").json()["items"]
    ended = cashier.delete(f"/v1/sessions/{other['session_id']}")

    assert [(one["user_agent"], one["is_this"]) for one in listed] == [
        ("phone 1", False),
        ("testclient", True),
    ]
    assert ended.status_code == 204
    assert _me(server, other["access_token"]) == 401
    assert len(cashier.get("/v1/sessions").json()["items"]) == 1


def test_sessions_of_others_are_an_administrators_business(server: Server, cashier: Person) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=cashier.organisation_id)
    colleague = server.person(Role.CASHIER, organisation_id=cashier.organisation_id, username="colleague")
    (session,) = boss.get("/v1/sessions", params={"user_id": str(cashier.id)}).json()["items"]
    path = f"/v1/sessions/{session['id']}"

    assert colleague.get("/v1/sessions", params={"user_id": str(cashier.id)}).status_code == 403
    assert colleague.delete(path).json()["code"] == "permission.denied"
    assert boss.delete(path).status_code == 204
    assert cashier.get("/users/me/").status_code == 401
    assert boss.delete(f"/v1/sessions/{uuid4()}").json()["code"] == "session.unknown"


def test_second_factor_is_asked_for_once_it_is_confirmed(server: Server, manager: Person) -> None:
    totp, _ = _set_up_two_factor(server, manager)

    missing = server.sign_in("supervisor")
    wrong = server.sign_in("supervisor", totp="000000")
    server.clock.pass_time(seconds=60)
    right = server.sign_in("supervisor", totp=totp.at(server.clock.now()))

    assert (missing.status_code, missing.json()["code"]) == (401, "two_factor.code_missing")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "two_factor.code_wrong")
    assert right.status_code == 200
    assert manager.get("/users/me/").json()["has_second_factor"] is True


def test_second_factor_code_works_once(server: Server, manager: Person) -> None:
    totp, _ = _set_up_two_factor(server, manager)
    code = totp.at(server.clock.now())
    assert server.sign_in("supervisor", totp=code).status_code == 200

    again = server.sign_in("supervisor", totp=code)

    assert again.json()["code"] == "two_factor.code_wrong"


def test_second_factor_of_the_neighbouring_half_minute_is_taken(server: Server, manager: Person) -> None:
    totp, _ = _set_up_two_factor(server, manager)
    late = totp.at(server.clock.now() - timedelta(seconds=30))
    old = totp.at(server.clock.now() - timedelta(seconds=90))

    assert server.sign_in("supervisor", totp=old).status_code == 401
    server.clock.pass_time(seconds=2)
    assert server.sign_in("supervisor", totp=late).status_code == 200


def test_recovery_code_works_once_in_place_of_the_phone(server: Server, manager: Person) -> None:
    _, codes = _set_up_two_factor(server, manager)
    assert len(set(codes)) == 10

    first = server.sign_in("supervisor", totp=codes[0].lower())
    again = server.sign_in("supervisor", totp=codes[0])

    assert first.status_code == 200
    assert again.json()["code"] == "two_factor.code_wrong"
    assert manager.get("/users/me/").json()["recovery_codes_left"] == 9


def test_second_factor_guesses_count_towards_the_lock(server: Server, manager: Person) -> None:
    _set_up_two_factor(server, manager)
    for wait in (2, 4, 8, 16, 0):
        assert server.sign_in("supervisor", totp="000000").status_code == 401
        server.clock.pass_time(seconds=wait)

    assert server.sign_in("supervisor").json()["code"] == "login.locked"


def test_second_factor_is_set_up_with_password_and_code(server: Server, manager: Person) -> None:
    early = manager.post("/v1/me/two-factor/confirm", json={"code": "000000"})
    stranger = manager.post("/v1/me/two-factor", json={"password": "not this password"})
    server.clock.pass_time(seconds=3)
    manager.post("/v1/me/two-factor", json={"password": PASSWORD})
    wrong = manager.post("/v1/me/two-factor/confirm", json={"code": "000000"})

    assert early.json()["code"] == "two_factor.none"
    assert stranger.json()["code"] == "password.wrong"
    assert (wrong.status_code, wrong.json()["code"]) == (422, "two_factor.code_wrong")
    assert server.sign_in("supervisor").status_code == 200


def test_second_factor_is_not_replaced_but_removed_first(server: Server, manager: Person) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=manager.organisation_id)
    _set_up_two_factor(server, manager)

    again = manager.post("/v1/me/two-factor", json={"password": PASSWORD})
    removed = manager.post("/v1/me/two-factor/remove", json={"password": PASSWORD})
    by_boss = boss.delete(f"/v1/users/{manager.id}/two-factor")

    assert (again.status_code, again.json()["code"]) == (409, "two_factor.exists")
    assert removed.status_code == 204
    assert by_boss.json()["code"] == "two_factor.none"
    assert server.sign_in("supervisor").status_code == 200


def test_second_factor_that_the_organisation_asks_for_comes_before_all_else(
    server: Server, manager: Person
) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=manager.organisation_id)
    cashier = server.person(Role.CASHIER, organisation_id=manager.organisation_id)
    _set_up_two_factor(server, boss)
    boss.patch("/v1/organisation", json={"requires_two_factor": True})

    refused = manager.get("/transactions/")

    assert (refused.status_code, refused.json()["code"]) == (403, "two_factor.must_enrol")
    assert manager.get("/users/me/").status_code == 200
    assert cashier.get("/transactions/").status_code == 200
    _set_up_two_factor(server, manager)
    assert manager.get("/transactions/").status_code == 200


def test_second_factor_is_not_kept_in_clear(server: Server, manager: Person) -> None:
    secret = manager.post("/v1/me/two-factor", json={"password": PASSWORD}).json()["secret"]

    with server.database.read() as connection:
        kept = connection.execute(select(users.c.totp_sealed).where(users.c.id == manager.id)).scalar_one()

    assert secret.encode() not in bytes(kept)


def test_second_factor_sealed_under_an_earlier_key_leaves_the_recovery_codes(
    server: Server, manager: Person
) -> None:
    totp, codes = _set_up_two_factor(server, manager)
    server.app.state.sign_in._two_factor = TwoFactor(b"another key of the server" * 2)

    with_phone = server.sign_in("supervisor", totp=totp.at(server.clock.now()))
    server.clock.pass_time(seconds=2)
    with_code = server.sign_in("supervisor", totp=codes[3])

    assert with_phone.json()["code"] == "two_factor.code_wrong"
    assert with_code.status_code == 200


def test_maintenance_serves_administrators_only_until_it_ends(server: Server, cashier: Person) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=cashier.organisation_id)
    begun = boss.put("/v1/organisation/maintenance", json={"minutes": 30, "note": "New disk"})
    assert begun.status_code == 200, begun.text

    refused = cashier.get("/transactions/")
    at_the_door = server.sign_in("cashier")

    for answer in (refused, at_the_door):
        assert (answer.status_code, answer.json()["code"]) == (503, "server.maintenance")
        assert answer.json()["detail"] == "New disk"
        assert answer.headers["Retry-After"] == "1800"
    assert boss.get("/transactions/").status_code == 200
    assert server.client.get("/ready").status_code == 200
    server.clock.pass_time(minutes=15)
    assert boss.delete("/v1/organisation/maintenance").status_code == 200
    assert cashier.get("/transactions/").status_code == 200


def test_maintenance_counts_no_right_password_as_a_wrong_one(server: Server, cashier: Person) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=cashier.organisation_id)
    boss.put("/v1/organisation/maintenance", json={"minutes": 30})
    asked = [server.sign_in("cashier") for _ in range(6)]
    boss.delete("/v1/organisation/maintenance")

    assert [answer.json()["code"] for answer in asked] == ["server.maintenance"] * 6
    assert server.sign_in("cashier").status_code == 200


def test_maintenance_of_one_organisation_is_not_anothers(server: Server, cashier: Person) -> None:
    other = server.person(Role.ADMINISTRATOR, organisation_id=server.make_organisation("other"))

    other.put("/v1/organisation/maintenance", json={"minutes": 30})

    assert cashier.get("/transactions/").status_code == 200


def test_tidying_drops_what_is_old_and_nothing_else(server: Server, cashier: Person) -> None:
    server.sign_in("nobody", "not this password")
    server.clock.pass_time(days=40)
    fresh = server.sign_in("cashier").json()

    tidy(server.database, server.clock.now())

    assert _me(server, fresh["access_token"]) == 200
    assert (
        server.client.post("/v1/auth/refresh", json={"refresh_token": fresh["refresh_token"]}).status_code
        == 200
    )
    old = server.client.post("/v1/auth/refresh", json={"refresh_token": cashier.refresh_token})
    assert old.json()["code"] == "session.refresh_wrong"
    assert server.clock.now() > NOW


class SlowPasswords(Passwords):
    """Compares so slowly that something else happens meanwhile."""

    def __init__(self, cost: PasswordCost, meanwhile: Callable[[], object]) -> None:
        super().__init__(cost)
        self._meanwhile = meanwhile

    def check(self, password: str, stored: str | None) -> Checked:
        checked = super().check(password, stored)
        self._meanwhile()
        return checked


def test_sign_in_when_the_password_is_changed_meanwhile_then_no_session_outlives_it(
    server: Server, cashier: Person
) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=cashier.organisation_id)

    def change() -> None:
        answer = boss.put(f"/v1/users/{cashier.id}/password", json={"password": "another long password"})
        assert answer.status_code == 204

    server.app.state.sign_in._passwords = SlowPasswords(server.settings.password_cost, change)
    server.clock.pass_time(seconds=2)
    answer = server.sign_in("cashier")

    assert (answer.status_code, answer.json()["code"]) == (401, "login.wrong")


def test_sign_in_when_a_second_factor_is_set_meanwhile_then_it_is_asked_for(
    server: Server, manager: Person
) -> None:
    server.app.state.sign_in._passwords = SlowPasswords(
        server.settings.password_cost, lambda: _turn_second_factor_on(server, manager)
    )
    server.clock.pass_time(seconds=2)

    assert server.sign_in("supervisor").json()["code"] == "two_factor.code_missing"


def _turn_second_factor_on(server: Server, person: Person) -> None:
    with server.database.write() as connection:
        connection.execute(
            update(users).where(users.c.id == person.id).values(totp_confirmed_at=server.clock.now())
        )
