"""People of the server: who makes them, changes them, and what keeps the last administrator in."""

from typing import Any
from uuid import uuid4

import pytest

from pos.domain.permissions import HOLDERS, Permission, Role
from tests.server.rig import PASSWORD, Server

NEW = {"username": "aline", "full_name": "Aline Uwase", "role": "C", "password": PASSWORD}


def test_create_user_by_an_administrator_makes_somebody_who_can_sign_in(server: Server) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=server.make_organisation())

    answer = boss.post("/users/", json=NEW)

    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["username"] == "aline"
    assert "password" not in answer.text
    assert answer.headers["Location"] == f"/v1/users/{made['id']}"
    token = server.sign_in("aline").json()["access_token"]
    me = server.client.get("/users/me/", headers={"Authorization": f"Bearer {token}"}).json()
    assert me["id"] == made["id"]
    assert me["permissions"] == sorted(one for one, roles in HOLDERS.items() if Role.CASHIER in roles)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_create_user_by_any_other_role_is_refused(server: Server, role: Role) -> None:
    person = server.person(role, organisation_id=server.make_organisation())

    answer = person.post("/users/", json=NEW)

    assert answer.status_code == 403
    assert answer.json()["code"] == "permission.denied"


def test_create_user_without_signing_in_is_refused(server: Server) -> None:
    answer = server.client.post("/users/", json=NEW)

    assert answer.status_code == 401
    assert answer.json()["code"] == "login.required"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_create_user_with_a_name_that_is_taken_is_refused_only_inside_the_organisation(
    server: Server,
) -> None:
    here, there = server.make_organisation("here"), server.make_organisation("there")
    boss = server.person(Role.ADMINISTRATOR, organisation_id=here)
    other = server.person(Role.ADMINISTRATOR, organisation_id=there)
    assert boss.post("/users/", json=NEW).status_code == 201

    again = boss.post("/users/", json=NEW)
    elsewhere = other.post("/users/", json=NEW)

    assert again.status_code == 409
    assert again.json()["code"] == "user.exists"
    assert again.json()["errors"][0]["field"] == "body.username"
    assert elsewhere.status_code == 201


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "tiny pw"}, "request.invalid"),
        ({"password": "aaaaaaaaaaaaaaa"}, "password.weak"),
        ({"password": "aline has a password"}, "password.weak"),
        ({"password": "password1234"}, "password.weak"),
        ({"username": "Aline Uwase"}, "request.invalid"),
        ({"username": "aline\x00"}, "request.invalid"),
        ({"role": "X"}, "request.invalid"),
        ({"full_name": ""}, "request.invalid"),
        ({"institution_id": str(uuid4())}, "user.institution"),
    ],
)
def test_create_user_with_a_bad_value_names_it_and_does_not_repeat_it(
    server: Server, change: dict[str, str], code: str
) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=server.make_organisation())

    answer = boss.post("/users/", json=NEW | change)

    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == code
    assert problem["errors"][0]["field"] == f"body.{next(iter(change))}"
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    if value := change.get("password"):
        assert value not in answer.text


def test_list_users_pages_by_name_within_the_organisation(server: Server) -> None:
    here, there = server.make_organisation("here"), server.make_organisation("there")
    boss = server.person(Role.ADMINISTRATOR, organisation_id=here, username="boss")
    server.make_user(there, "stranger", Role.CASHIER)
    for name in ("c", "a", "d"):
        server.make_user(here, name, Role.CASHIER)

    first = boss.get("/v1/users/", params={"limit": 2}).json()
    second = boss.get("/v1/users/", params={"limit": 2, "cursor": first["next_cursor"]}).json()

    assert [user["username"] for user in first["items"] + second["items"]] == ["a", "boss", "c", "d"]
    assert second["next_cursor"] is None


def test_change_user_needs_the_version_that_was_read(server: Server) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=server.make_organisation())
    path = f"/v1/users/{boss.post('/users/', json=NEW).json()['id']}"
    read = boss.get(path)

    without = boss.patch(path, json={"role": "S"})
    right = boss.patch(path, json={"role": "S"}, headers={"If-Match": read.headers["ETag"]})
    stale = boss.patch(path, json={"role": "F"}, headers={"If-Match": read.headers["ETag"]})

    assert (without.status_code, without.json()["code"]) == (428, "request.if_match")
    assert right.json()["role"] == "S"
    assert right.headers["ETag"] == '"2"'
    assert (stale.status_code, stale.json()["code"]) == (412, "request.stale")


def test_read_user_again_with_its_tag_sends_nothing(server: Server) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=server.make_organisation())
    path = f"/v1/users/{boss.id}"
    tag = boss.get(path).headers["ETag"]

    again = boss.get(path, headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")


def test_change_user_who_may_no_longer_sign_in_is_out_at_once(server: Server) -> None:
    organisation = server.make_organisation()
    boss = server.person(Role.ADMINISTRATOR, organisation_id=organisation)
    cashier = server.person(Role.CASHIER, organisation_id=organisation)
    assert cashier.get("/users/me/").status_code == 200

    boss.patch(f"/v1/users/{cashier.id}", json={"is_active": False}, headers={"If-Match": '"1"'})

    assert cashier.get("/users/me/").status_code == 401
    assert server.sign_in("cashier").json()["code"] == "login.wrong"
    refreshed = server.client.post("/v1/auth/refresh", json={"refresh_token": cashier.refresh_token})
    assert refreshed.json()["code"] == "session.refresh_wrong"


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "S"}])
def test_change_user_that_would_leave_no_administrator_is_refused(
    server: Server, change: dict[str, Any]
) -> None:
    organisation = server.make_organisation()
    boss = server.person(Role.ADMINISTRATOR, organisation_id=organisation)

    alone = boss.patch(f"/v1/users/{boss.id}", json=change, headers={"If-Match": "*"})
    server.make_user(organisation, "second", Role.ADMINISTRATOR)
    then = boss.patch(f"/v1/users/{boss.id}", json=change, headers={"If-Match": "*"})

    assert (alone.status_code, alone.json()["code"]) == (409, "user.last_administrator")
    assert then.status_code == 200


def test_change_role_holds_for_the_token_that_is_out_there(server: Server) -> None:
    organisation = server.make_organisation()
    boss = server.person(Role.ADMINISTRATOR, organisation_id=organisation)
    person = server.person(Role.CASHIER, organisation_id=organisation)
    assert person.get("/v1/security/events").status_code == 403

    boss.patch(f"/v1/users/{person.id}", json={"role": "U"}, headers={"If-Match": "*"})

    assert person.get("/v1/security/events").status_code == 200


def test_users_of_another_organisation_do_not_exist(server: Server) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=server.make_organisation("here"))
    stranger = server.make_user(server.make_organisation("there"), "stranger", Role.ADMINISTRATOR)
    path = f"/v1/users/{stranger}"

    answers = [
        boss.get(path),
        boss.patch(path, json={"is_active": False}, headers={"If-Match": "*"}),
        boss.put(f"{path}/password", json={"password": "another good password"}),
        boss.post(f"{path}/unlock"),
        boss.delete(f"{path}/two-factor"),
        boss.get("/v1/sessions", params={"user_id": str(stranger)}),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "user.unknown")] * 6


def test_set_password_of_somebody_ends_their_sessions(server: Server) -> None:
    organisation = server.make_organisation()
    boss = server.person(Role.ADMINISTRATOR, organisation_id=organisation)
    cashier = server.person(Role.CASHIER, organisation_id=organisation)

    answer = boss.put(f"/v1/users/{cashier.id}/password", json={"password": "another good password"})

    assert answer.status_code == 204
    assert cashier.get("/users/me/").status_code == 401
    assert server.sign_in("cashier").status_code == 401
    server.clock.pass_time(seconds=3)
    assert server.sign_in("cashier", "another good password").status_code == 200


def test_change_own_password_needs_the_old_one_and_keeps_this_session(server: Server) -> None:
    cashier = server.person(Role.CASHIER, organisation_id=server.make_organisation())
    elsewhere = server.sign_in("cashier").json()["access_token"]
    new = {"new_password": "another good password"}

    wrong = cashier.put("/v1/me/password", json=new | {"old_password": "not this one"})
    server.clock.pass_time(seconds=3)
    weak = cashier.put("/v1/me/password", json={"old_password": PASSWORD, "new_password": "password1234"})
    right = cashier.put("/v1/me/password", json=new | {"old_password": PASSWORD})

    assert weak.json()["errors"][0]["field"] == "body.new_password"
    assert (wrong.status_code, wrong.json()["code"]) == (422, "password.wrong")
    assert right.status_code == 204
    assert cashier.get("/users/me/").status_code == 200
    other = server.client.get("/users/me/", headers={"Authorization": f"Bearer {elsewhere}"})
    assert other.status_code == 401
    assert server.sign_in("cashier", "another good password").status_code == 200


def test_change_own_password_with_a_wrong_one_counts_as_at_the_door_and_is_noted(server: Server) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=server.make_organisation())
    body = {"old_password": "not this one", "new_password": "another good password"}
    codes = []
    for _ in range(5):
        codes.append(boss.put("/v1/me/password", json=body).json()["code"])
        server.clock.pass_time(seconds=20)
    after = boss.put("/v1/me/password", json=body | {"old_password": PASSWORD})

    assert codes == ["password.wrong"] * 5
    assert (after.status_code, after.json()["code"]) == (429, "login.locked")
    assert server.sign_in(boss.username).json()["code"] == "login.locked"
    events = boss.get("/v1/security/events").json()["items"]
    noted = [event["kind"] for event in events if event["subject_id"] == str(boss.id)]
    assert noted[:5] == ["login_locked"] + ["proof_failed"] * 4


def test_administrator_changes_their_own_account_only_with_the_password_they_have(server: Server) -> None:
    organisation = server.make_organisation()
    boss = server.person(Role.ADMINISTRATOR, organisation_id=organisation)
    path = f"/v1/users/{boss.id}"

    password = boss.put(f"{path}/password", json={"password": "another good password"})
    second_factor = boss.delete(f"{path}/two-factor")

    assert (password.status_code, password.json()["code"]) == (409, "user.self")
    assert (second_factor.status_code, second_factor.json()["code"]) == (409, "user.self")
    assert server.sign_in(boss.username).status_code == 200


def test_security_log_says_who_did_what_and_holds_no_password(server: Server) -> None:
    organisation = server.make_organisation()
    boss = server.person(Role.ADMINISTRATOR, organisation_id=organisation)
    made = boss.post("/users/", json=NEW).json()
    auditor = server.person(Role.AUDITOR, organisation_id=organisation)

    events = auditor.get("/v1/security/events", params={"kind": "user_created", "limit": 100})

    first = next(event for event in events.json()["items"] if event["subject_id"] == made["id"])
    assert first["actor_id"] == str(boss.id)
    assert first["detail"] == {"role": "C"}
    assert PASSWORD not in events.text


def test_security_log_pages_newest_first_and_within_the_organisation(server: Server) -> None:
    here = server.make_organisation("here")
    server.clock.pass_time(seconds=1)
    auditor = server.person(Role.AUDITOR, organisation_id=here)
    server.person(Role.ADMINISTRATOR, organisation_id=server.make_organisation("there"))
    for _ in range(3):
        server.clock.pass_time(seconds=60)
        assert server.sign_in("auditor@here").status_code == 200

    first = auditor.get("/v1/security/events", params={"limit": 3}).json()
    rest = auditor.get("/v1/security/events", params={"cursor": first["next_cursor"]}).json()

    kinds = [event["kind"] for event in first["items"] + rest["items"]]
    assert kinds[:3] == ["login"] * 3
    assert sorted(kinds[3:5]) == ["login", "user_created"]
    assert kinds[5:] == ["organisation_created"]
    times = [event["at"] for event in first["items"] + rest["items"]]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("role", list(Role))
def test_permissions_of_the_endpoints_are_those_of_the_table(server: Server, role: Role) -> None:
    person = server.person(role, organisation_id=server.make_organisation())
    nobody = uuid4()
    asked = {
        Permission.USER_MANAGE: person.get("/v1/users/"),
        Permission.USER_UNLOCK: person.post(f"/v1/users/{nobody}/unlock"),
        Permission.AUDIT_VIEW: person.get("/v1/security/events"),
        Permission.SETTING_EDIT: person.patch("/v1/organisation", json={"requires_two_factor": False}),
        Permission.REPORT_VIEW: person.get("/v1/reports/month", params={"month": "2026-11"}),
        Permission.SALE_CREATE: person.post("/transactions/", json={}),
    }

    refused = {permission for permission, answer in asked.items() if answer.status_code == 403}

    assert refused == {permission for permission in asked if role not in HOLDERS[permission]}


def test_roles_are_sent_once_and_then_named_by_their_tag(server: Server) -> None:
    cashier = server.person(Role.CASHIER, organisation_id=server.make_organisation())
    first = cashier.get("/v1/roles")

    again = cashier.get("/v1/roles", headers={"If-None-Match": f'"other", {first.headers["ETag"]}'})

    assert len(first.json()["roles"]) == len(Role)
    assert first.headers["Cache-Control"] == "private, max-age=3600"
    assert (again.status_code, again.content) == (304, b"")
