"""What those who run the server see: health, figures, logs, limits, problems."""

import io
import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text

from central.db import Database
from central.limits import KEYS_MAX, Limiter, count_one, network_of
from central.logs import hide_secrets, logger, start_logs
from central.services.sign_in_limit import forget_full
from central.settings import Rate, Rates
from pos.domain.permissions import Role
from pos.errors import MachineFault, Rejected, Unavailable
from tests.server.rig import MANY, PASSWORD, Server, end_worker, make_server, new_sqlite, settings_of


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the server writes as its log."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    start_logs("info", stream)
    root.handlers += handlers
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.contextvars.clear_contextvars()


def _records(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def _limited(sqlite_template: Path, folder: Path, **rates: Rate) -> Server:
    kept = {name: getattr(MANY, name) for name in ("user", "address", "till", "till_login")}
    return make_server(
        settings_of(new_sqlite(sqlite_template, folder), folder, rates=Rates(**(kept | rates)))
    )


def test_health_says_that_it_lives(server: Server) -> None:
    assert server.client.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_health_and_ready_answer_those_who_ask_for_the_head_only(server: Server, path: str) -> None:
    answer = server.client.head(path)

    assert answer.status_code == 200
    assert answer.headers["X-Request-Id"]


def test_ready_says_the_version_of_the_database(server: Server) -> None:
    answer = server.client.get("/ready")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"


def test_ready_with_a_database_of_another_version_is_not_ready(server: Server) -> None:
    with server.database.write() as connection:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    answer = server.client.get("/ready")

    assert (answer.status_code, answer.json()["code"]) == (503, "server.not_ready")
    assert answer.headers["Retry-After"] == "5"
    with server.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :old"), {"old": version})


def test_ready_without_a_database_is_not_ready(tmp_path: Path) -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    server = make_server(settings_of(url, tmp_path))

    answer = server.client.get("/ready")

    assert (answer.status_code, answer.json()["code"]) == (503, "database.unavailable")
    assert server.client.get("/health").status_code == 200


def test_metrics_count_requests_by_declared_address(server: Server) -> None:
    server.client.get("/health")
    server.client.get("/nowhere/at/all")
    cashier = server.person(Role.CASHIER, organisation_id=server.make_organisation())
    cashier.get("/transactions/01980d2e-7c1a-7d3e-8a49-0f6d2b1c9e55")

    answer = server.client.get("/metrics")

    assert answer.headers["Content-Type"].startswith("text/plain")
    assert 'kilotill_requests_total{method="GET",route="/health",status="200"} 1.0' in answer.text
    assert 'route="/transactions/{transaction_id}",status="404"' in answer.text
    assert 'route="none",status="404"' in answer.text
    assert 'kilotill_sign_ins_total{result="ok"} 1.0' in answer.text
    assert "01980d2e" not in answer.text


def test_metrics_count_invented_methods_as_one(server: Server) -> None:
    for method in ("BREW", "WHEN", "PROPFIND"):
        assert server.client.request(method, "/health").status_code == 405

    text = server.client.get("/metrics").text

    assert 'kilotill_requests_total{method="other",route="/health",status="405"} 3.0' in text
    assert "BREW" not in text


def test_metrics_with_a_token_are_for_those_who_have_it(sqlite_template: Path, tmp_path: Path) -> None:
    settings = settings_of(new_sqlite(sqlite_template, tmp_path), tmp_path, metrics_token="figures")
    client = make_server(settings).client

    assert client.get("/metrics").json()["code"] == "login.required"
    assert client.get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer figures"}).status_code == 200


def test_request_id_is_the_clients_where_it_is_decent(server: Server) -> None:
    given_id = server.client.get("/health", headers={"X-Request-Id": "till-42.abcdef"})
    bad = server.client.get("/health", headers={"X-Request-Id": 'x"} {"evil": 1'})

    assert given_id.headers["X-Request-Id"] == "till-42.abcdef"
    assert len(bad.headers["X-Request-Id"]) == 36


def test_request_id_stands_in_problem_header_and_log(server: Server, lines: io.StringIO) -> None:
    answer = server.client.get("/nowhere")

    request_id = answer.headers["X-Request-Id"]
    assert answer.json()["request_id"] == request_id
    (record,) = [one for one in _records(lines) if one["event"] == "request"]
    assert (record["request_id"], record["status"], record["route"]) == (request_id, 404, "none")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "request.not_found"),
        ("DELETE", "/health", 405, "request.method"),
        ("GET", "/transactions/not-an-id", 401, "login.required"),
        ("POST", "/token", 422, "request.invalid"),
    ],
)
def test_refusals_of_the_framework_are_problems_too(
    server: Server, method: str, path: str, status: int, code: str
) -> None:
    answer = server.client.request(method, path)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, "about:blank")


def test_body_that_is_no_json_is_a_problem(server: Server) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=server.make_organisation())

    answer = boss.post("/users/", content=b"{", headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


@pytest.mark.expect_log("Expected boundary character")
def test_form_that_cannot_be_read_is_a_problem(server: Server) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}

    answer = server.client.post("/token", content=b"no boundary in here", headers=kind)

    assert (answer.status_code, answer.json()["code"]) == (400, "request.unreadable")


def test_body_that_is_too_large_is_refused_with_and_without_its_length(server: Server) -> None:
    boss = server.person(Role.ADMINISTRATOR, organisation_id=server.make_organisation())
    body = b'"' + b"a" * 3_000_000 + b'"'
    kind = {"Content-Type": "application/json"}

    told = boss.post("/users/", content=body, headers=kind)
    untold = boss.post("/users/", content=iter([body[:1_500_000], body[1_500_000:]]), headers=kind)

    for answer in (told, untold):
        assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


def _failing(server: Server, error: Exception) -> TestClient:
    app: FastAPI = server.app

    def fail() -> None:
        raise error

    app.add_api_route("/fail", fail)
    return server.client


@pytest.mark.expect_log("failed")
def test_mistake_of_ours_is_answered_with_a_number_and_told_only_to_the_log(
    server: Server, lines: io.StringIO
) -> None:
    client = _failing(server, ValueError("the password is hunter2 for +250788123456"))

    answer = client.get("/fail")

    assert (answer.status_code, answer.json()["code"]) == (500, "server.fault")
    assert "hunter2" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.json()["detail"]
    (record,) = [one for one in _records(lines) if one["event"] == "failed"]
    assert "ValueError" in record["exception"]
    assert "788123456" not in lines.getvalue()


@pytest.mark.expect_log("failed")
def test_mistake_of_ours_at_a_callback_logs_no_hidden_address(server: Server, lines: io.StringIO) -> None:
    office = server.app.state.head_office
    office.webhooks._accounts = None
    client = TestClient(server.app, raise_server_exceptions=False)

    assert client.post("/v1/webhooks/mtn_momo/very-hidden", content=b"{}").status_code == 500

    (record,) = [one for one in _records(lines) if one["event"] == "failed"]
    assert record["path"] == "/v1/webhooks/mtn_momo"
    assert "very-hidden" not in lines.getvalue()


@pytest.mark.expect_log("machine fault")
def test_full_disk_is_answered_as_such(server: Server) -> None:
    answer = _failing(server, MachineFault("disk.full", "The disk is full.")).get("/fail")

    assert (answer.status_code, answer.json()["code"]) == (507, "disk.full")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unavailable("holder.no_answer", "Later."), 503),
        (Rejected("holder.refused", "No."), 409),
    ],
)
def test_errors_of_the_program_have_a_status_each(server: Server, error: Exception, status: int) -> None:
    answer = _failing(server, error).get("/fail")

    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_log_is_json_and_holds_no_secret(server: Server, lines: io.StringIO) -> None:
    organisation = server.make_organisation()
    boss = server.person(Role.ADMINISTRATOR, organisation_id=organisation)
    server.sign_in("administrator", "wrong password here")
    server.client.post("/v1/auth/refresh", json={"refresh_token": boss.refresh_token})

    records = _records(lines)

    assert {record["event"] for record in records} == {"request", "security"}
    assert all({"timestamp", "level", "logger"} <= set(record) for record in records)
    for secret in (PASSWORD, "wrong password here", boss.access_token, boss.refresh_token):
        assert secret not in lines.getvalue()
    known = [record for record in records if record["event"] == "request" and record["route"] == "/token"]
    assert {record["status"] for record in known} == {200, 401}


@pytest.mark.logs_secrets
def test_log_hides_what_is_secret_by_name_or_by_look(lines: io.StringIO) -> None:
    logger("test").info(
        "sold",
        password="hunter2",
        access_token="abc",
        headers={"Authorization": "Bearer x", "Accept": "json"},
        phones=["+250 788 123 456"],
        note="token 1234 5678 9012 3456 7890 for 0788123456",
        error_code="login.wrong",
        user="01980d2e-7c1a-7d3e-8a49-0f6d2b1c9e55",
    )

    (record,) = _records(lines)
    assert record["password"] == record["access_token"] == "[hidden]"
    assert record["headers"] == {"Authorization": "[hidden]", "Accept": "json"}
    assert record["phones"] == ["[hidden]"]
    assert record["note"] == "token [hidden] for [hidden]"
    assert record["error_code"] == "login.wrong"
    assert record["user"] == "01980d2e-7c1a-7d3e-8a49-0f6d2b1c9e55"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(["password", "x_token", "Authorization", "totp_code", "vault-key", "PIN"]),
)
def test_hide_secrets_takes_anything_and_shows_nothing_under_a_secret_name(value: Any, name: str) -> None:
    shown = hide_secrets(None, "info", {name: value, "outer": {name: value}})

    assert shown[name] in ("[hidden]", None)
    assert shown["outer"][name] in ("[hidden]", None)


def test_limit_of_an_address_holds_for_strangers_and_not_for_people(
    sqlite_template: Path, tmp_path: Path
) -> None:
    server = _limited(sqlite_template, tmp_path, address=Rate(5, 3600))
    cashier = server.person(Role.CASHIER, organisation_id=server.make_organisation())

    answers = [server.client.get("/transactions/") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [401] * 4 + [429] * 2
    assert answers[0].headers["RateLimit-Limit"] == "5"
    assert answers[0].headers["RateLimit-Remaining"] == "3"
    assert answers[0].headers["RateLimit-Policy"] == "5;w=3600"
    last = answers[-1]
    assert last.json()["code"] == "limit.requests"
    assert 0 < int(last.headers["Retry-After"]) <= 720
    assert cashier.get("/users/me/").status_code == 200
    assert server.client.get("/health").status_code == 200


def test_limit_of_an_address_holds_for_bad_tokens_too(sqlite_template: Path, tmp_path: Path) -> None:
    server = _limited(sqlite_template, tmp_path, address=Rate(3, 3600))

    answers = [
        server.client.get("/users/me/", headers={"Authorization": f"Bearer guess-{n}"}).status_code
        for n in range(5)
    ]

    assert answers == [401] * 3 + [429] * 2


@pytest.mark.parametrize("path", ["/token", "/v1/token", "/v1/auth/refresh"])
def test_limit_of_an_address_when_no_token_is_needed_then_sending_one_is_no_way_around(
    sqlite_template: Path, tmp_path: Path, path: str
) -> None:
    server = _limited(sqlite_template, tmp_path, address=Rate(3, 3600))

    answers = [
        server.client.post(path, headers={"Authorization": f"Bearer {n}"}).status_code for n in range(5)
    ]

    assert answers == [422] * 3 + [429] * 2


def test_limit_of_till_logins_when_a_token_is_sent_then_it_counts(
    sqlite_template: Path, tmp_path: Path
) -> None:
    server = _limited(sqlite_template, tmp_path, till_login=Rate(2, 3600))
    asked = {"till": "01980d2e-7c1a-7d3e-8a49-0f6d2b1c9e55"}

    answers = [
        server.client.post("/v1/tills/challenge", json=asked, headers={"Authorization": "Bearer x"})
        for _ in range(3)
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 429]


def test_limit_of_callbacks_is_their_own(sqlite_template: Path, tmp_path: Path) -> None:
    server = _limited(sqlite_template, tmp_path, address=Rate(1, 3600), callback=Rate(3, 3600))

    answers = [
        server.client.post("/v1/webhooks/nobody", content=b"{}", headers={"Authorization": "Basic x"})
        for _ in range(4)
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]


def test_limit_of_an_address_holds_for_devices_that_are_not_known(
    sqlite_template: Path, tmp_path: Path
) -> None:
    server = _limited(sqlite_template, tmp_path, address=Rate(2, 3600))
    path = "/v1/devices/01980d2e-7c1a-7d3e-8a49-0f6d2b1c9e55/poll"

    answers = [
        server.client.post(path, headers={"Authorization": f"Bearer guess-{n}"}).status_code for n in range(3)
    ]

    assert answers == [401, 401, 429]


def test_limit_of_an_address_of_ipv6_holds_for_its_64_and_the_log_has_all_of_it(
    sqlite_template: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = _limited(sqlite_template, tmp_path, address=Rate(2, 3600))

    def ask(address: str) -> int:
        client = TestClient(server.app, client=(address, 50_000))
        return client.get("/transactions/").status_code

    one_line = [ask(f"2001:db8:1:2:{n}::1") for n in range(3)]

    assert (one_line, ask("2001:db8:1:3::1")) == ([401, 401, 429], 401)
    assert "2001:db8:1:2:2::1" in caplog.text


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_network_of_an_address_is_what_one_line_has(address: str, network: str) -> None:
    assert network_of(address) == network


def test_limit_of_a_user_is_their_own(sqlite_template: Path, tmp_path: Path) -> None:
    server = _limited(sqlite_template, tmp_path, user=Rate(2, 60))
    organisation = server.make_organisation()
    one = server.person(Role.CASHIER, organisation_id=organisation, username="one")
    other = server.person(Role.CASHIER, organisation_id=organisation, username="other")

    answers = [one.get("/users/me/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[1].headers["RateLimit-Remaining"] == "0"
    assert answers[2].headers["Retry-After"] == "30"
    assert other.get("/users/me/").status_code == 200


def test_limit_of_sign_ins_holds_exactly_for_all_workers_and_after_a_restart(
    database_url: str, tmp_path: Path
) -> None:
    rates = replace(MANY, address=Rate(10, 3600))
    server = make_server(settings_of(database_url, tmp_path, rates=rates))
    server.make_user(server.make_organisation(), "aline", Role.CASHIER)
    other = server.second_worker()
    typed = {"username": "aline", "password": PASSWORD}
    start = threading.Barrier(2)

    def ask(client: TestClient) -> list[tuple[int, str]]:
        start.wait()
        answers = [client.post("/token", data=typed) for _ in range(8)]
        return [(one.status_code, one.json().get("code", "")) for one in answers]

    with ThreadPoolExecutor(2) as pool:
        answers = [one for found in pool.map(ask, (server.client, other)) for one in found]
    with server.database.write() as connection:
        forget_full(connection, server.clock.now())
    restarted = server.second_worker()
    refused = restarted.post("/token", data=typed)
    server.clock.pass_time(seconds=360)
    later = [restarted.post("/token", data=typed) for _ in range(2)]

    # A second sign-in of one person in the same moment waits (429 too); it was looked at all the same.
    assert sum(code != "limit.requests" for _, code in answers) == 10
    assert (refused.status_code, refused.json()["code"]) == (429, "limit.requests")
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert refused.headers["Retry-After"] == "360"
    assert [one.status_code for one in later] == [200, 429]
    for worker in (other, restarted):
        end_worker(worker)
    server.database.close()


def test_limit_of_sign_ins_is_the_only_one_that_writes(server: Server) -> None:
    cashier = server.person(Role.CASHIER, organisation_id=server.make_organisation())
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(server.database.engine, "before_cursor_execute", note)
    for path in ("/users/me/", "/transactions/", "/v1/sales-points", "/health"):
        assert cashier.get(path).status_code == 200
    assert server.client.get("/transactions/").status_code == 401
    read = list(statements)
    server.sign_in(cashier.username)

    assert [one for one in read if not one.startswith(("SELECT", "BEGIN"))] == []
    assert any("sign_in_bucket" in one for one in statements)


def test_counts_of_sign_ins_wait_for_no_disk_on_postgresql(postgres_database_url: str) -> None:
    with closing(Database(postgres_database_url)) as database, database.read() as connection:
        kind = connection.execute(
            text("SELECT relpersistence FROM pg_class WHERE relname = 'sign_in_bucket'")
        ).scalar_one()

    assert kind == "u"


def test_limit_when_the_clock_was_set_back_then_nobody_waits_longer_than_a_whole_bucket() -> None:
    full_at_s, verdict = count_one(Rate(2, 60), full_at_s=10_000.0, now_s=100.0)

    assert not verdict.is_allowed
    assert (full_at_s, verdict.next_in_s) == (160.0, 30)


def test_limiter_fills_evenly_and_forgets_the_oldest() -> None:
    now = [0.0]
    limiter = Limiter(Rates(user=Rate(60, 60)), lambda: now[0])

    burst = [limiter.take("user", "a").is_allowed for _ in range(61)]
    now[0] = 1.0
    later = [limiter.take("user", "a").is_allowed for _ in range(2)]
    for n in range(KEYS_MAX):
        limiter.take("address", str(n))
    forgotten = limiter.take("user", "a")

    assert burst == [True] * 60 + [False]
    assert later == [True, False]
    assert forgotten.remaining == 59
