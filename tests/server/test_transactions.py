"""Transactions: made once, seen by those who may, moved by the rules of a sale, listed by key."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from central.models.transactions import transaction_total, transactions
from central.services import transaction_rows, transaction_search
from central.services.totals import NO_INSTITUTION, Delta, TotalKey, add_totals
from central.services.transaction_search import during
from pos.domain.ids import new_id
from pos.domain.permissions import Role
from pos.domain.states import SALE_MOVES, SaleState
from tests.server.rig import Person, Server

BILL = {"type": "bill", "money_minor": 5000, "currency": "RWF", "reference": "INV-42"}
DRN = "04100000373"


@pytest.fixture
def organisation(server: Server) -> UUID:
    return server.make_organisation()


@pytest.fixture
def cashier(server: Server, organisation: UUID) -> Person:
    return server.person(Role.CASHIER, organisation_id=organisation)


@pytest.fixture
def supervisor(server: Server, organisation: UUID) -> Person:
    return server.person(Role.SUPERVISOR, organisation_id=organisation)


def _make(person: Person, **changes: Any) -> dict[str, Any]:
    answer = person.post("/transactions/", json=BILL | changes)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _move(person: Person, transaction_id: str, state: str, **headers: str) -> tuple[int, Any]:
    named = {"If-Match": headers.get("if_match", "*")}
    answer = person.put(
        f"/transactions/{transaction_id}", json={"state": state, "reason": "because"}, headers=named
    )
    return answer.status_code, answer.json().get("code", answer.json().get("state"))


def _till_row(server: Server, organisation: UUID, n: int = 0, **changes: Any) -> UUID:
    """Writes what the ingest of a till's journal would write."""
    at = changes.pop("at", server.clock.now() + timedelta(seconds=n))
    values = {
        "id": new_id(at),
        "organisation_id": organisation,
        "origin": "till",
        "till_id": uuid4(),
        "till_code": "T03",
        "type": "token",
        "state": "delivered",
        "business_day": at.date(),
        "at": at,
        "money_minor": 1000 + n,
        "currency": "RWF",
        "units_milli": 5617,
        "cashier_id": None,
        "cashier_name": "Aline",
        "drn": DRN,
        "receipt_number": f"T03-{n:06}",
        "is_flagged": False,
        "version": 1,
        "changed_at": at,
    } | changes
    with server.database.write() as connection:
        connection.execute(insert(transactions).values(**values))
        key = TotalKey(
            organisation,
            values["business_day"],
            values["till_code"] or "",
            values.get("institution_id") or NO_INSTITUTION,
            values["type"],
            values["state"],
            values["currency"],
        )
        add_totals(connection, {key: Delta(1, values["money_minor"], values["units_milli"])})
    return UUID(str(values["id"]))


def test_create_transaction_gives_it_back_as_it_is_read(server: Server, cashier: Person) -> None:
    answer = cashier.post("/transactions/", json=BILL | {"drn": DRN, "note": "Water of May", "unknown": 1})

    assert answer.status_code == 201
    made = answer.json()
    assert (made["origin"], made["state"], made["version"]) == ("api", "draft", 1)
    assert (made["business_day"], made["at"]) == ("2026-11-20", "2026-11-20T08:00:00.000Z")
    assert (made["cashier_id"], made["cashier_name"]) == (str(cashier.id), "Cashier")
    read = cashier.get(answer.headers["Location"])
    assert read.json() == made
    assert read.headers["ETag"] == answer.headers["ETag"] == '"1"'
    assert cashier.get(f"/v1/transactions/{made['id']}").json() == made


def test_create_transaction_takes_the_day_of_the_organisations_zone(server: Server, cashier: Person) -> None:
    server.clock.set_wall(datetime.fromisoformat("2026-11-20T22:30:00+00:00"))
    token = server.sign_in("cashier").json()["access_token"]

    answer = server.client.post("/transactions/", json=BILL, headers={"Authorization": f"Bearer {token}"})

    assert answer.json()["business_day"] == "2026-11-21"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"money_minor": 0}, "request.invalid"),
        ({"money_minor": -5}, "request.invalid"),
        ({"money_minor": 50.5}, "request.invalid"),
        ({"money_minor": "5000"}, "request.invalid"),
        ({"money_minor": 10**16}, "request.invalid"),
        ({"money_minor": True}, "request.invalid"),
        ({"currency": "USD"}, "transaction.currency"),
        ({"drn": "04100000374"}, "meter.check_digit"),
        ({"type": "token "}, "request.invalid"),
        ({"state": "delivered"}, "request.invalid"),
        ({"note": "a\x00b"}, "request.invalid"),
        ({"note": "\ud800"}, "request.invalid"),
    ],
)
def test_create_transaction_with_a_bad_value_is_refused_and_makes_nothing(
    server: Server, cashier: Person, change: dict[str, Any], code: str
) -> None:
    body = json.dumps(BILL | change).encode()
    answer = cashier.post("/transactions/", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert cashier.get("/transactions/").json()["items"] == []


def test_create_transaction_again_with_its_key_gives_the_first_answer(
    server: Server, cashier: Person
) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first = cashier.post("/transactions/", json=BILL, headers=key)
    _move(cashier, first.json()["id"], "awaiting_payment")
    server.clock.pass_time(minutes=5)

    again = cashier.post("/transactions/", json=BILL, headers=key)
    other = cashier.post("/transactions/", json=BILL | {"money_minor": 6000}, headers=key)

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert (other.status_code, other.json()["code"]) == (409, "request.key_reused")
    assert len(cashier.get("/transactions/").json()["items"]) == 1


def test_create_transaction_with_somebody_elses_key_makes_another(
    server: Server, cashier: Person, supervisor: Person
) -> None:
    key = {"Idempotency-Key": "the-same-key"}

    first, second = (
        one.post("/transactions/", json=BILL, headers=key).json() for one in (cashier, supervisor)
    )

    assert first["id"] != second["id"]


def test_create_transaction_by_two_workers_at_once_makes_one(server: Server, cashier: Person) -> None:
    clients = [server.client, server.second_worker()]
    headers = cashier.auth | {"Idempotency-Key": "once"}

    def ask(n: int) -> tuple[int, bytes]:
        answer = clients[n % 2].post("/transactions/", json=BILL, headers=headers)
        return answer.status_code, answer.content

    with ThreadPoolExecutor(6) as pool:
        answers = set(pool.map(ask, range(12)))

    assert len(answers) == 1
    assert {status for status, _ in answers} == {201}
    assert len(cashier.get("/transactions/").json()["items"]) == 1
    (row,) = supervisor_report(server, cashier.organisation_id)
    assert (row["key"], row["pieces"], row["money_minor"]) == ("draft", 1, 5000)
    clients[1].app.state.database.close()


def supervisor_report(server: Server, organisation: UUID) -> list[dict[str, Any]]:
    auditor = server.person(Role.AUDITOR, organisation_id=organisation, username="reporter")
    answer = auditor.get("/v1/reports/month", params={"month": "2026-11", "by": "state"})
    return list(answer.json()["rows"])


def test_move_goes_the_way_of_a_sale_and_each_step_is_told(
    server: Server, cashier: Person, supervisor: Person
) -> None:
    made = _make(cashier)["id"]
    steps = [
        (cashier, "awaiting_payment"),
        (supervisor, "paid"),
        (supervisor, "refund_due"),
        (supervisor, "refunded"),
    ]
    for person, state in steps:
        server.clock.pass_time(seconds=10)
        assert _move(person, made, state) == (200, state)

    events = supervisor.get(f"/v1/transactions/{made}/events").json()["items"]

    assert [event["to_state"] for event in events] == ["draft", *(state for _, state in steps)]
    assert [event["from_state"] for event in events[1:]] == [event["to_state"] for event in events[:-1]]
    assert [event["n"] for event in events] == [1, 2, 3, 4, 5]
    assert [event["actor_name"] for event in events] == ["Cashier", "Cashier"] + ["Supervisor"] * 3
    assert events[2]["reason"] == "because"
    assert events[2]["at"] == "2026-11-20T08:00:20.000Z"


@pytest.mark.parametrize("before", list(SaleState))
def test_move_to_a_state_that_does_not_follow_is_refused(
    server: Server, supervisor: Person, before: SaleState
) -> None:
    reach = {
        SaleState.DRAFT: [],
        SaleState.AWAITING_PAYMENT: ["awaiting_payment"],
        SaleState.PAID: ["awaiting_payment", "paid"],
        SaleState.DELIVERED: ["awaiting_payment", "paid", "delivered"],
        SaleState.VOIDED: ["voided"],
        SaleState.FAILED: ["awaiting_payment", "failed"],
        SaleState.EXPIRED: ["awaiting_payment", "expired"],
        SaleState.REFUND_DUE: ["awaiting_payment", "paid", "refund_due"],
        SaleState.REFUNDED: ["awaiting_payment", "paid", "refund_due", "refunded"],
    }
    made = _make(supervisor)["id"]
    for state in reach[before]:
        assert _move(supervisor, made, state) == (200, state)

    refused = {after for after in SaleState if after not in SALE_MOVES[before]}

    for after in refused:
        assert _move(supervisor, made, after) == (409, "sale.state")
    read = supervisor.get(f"/transactions/{made}").json()
    assert (read["state"], read["version"]) == (before, len(reach[before]) + 1)


@pytest.mark.parametrize(
    ("role", "path", "last", "answer"),
    [
        (Role.CASHIER, [], "awaiting_payment", (200, "awaiting_payment")),
        (Role.CASHIER, ["awaiting_payment"], "paid", (403, "permission.denied")),
        (Role.CASHIER, ["awaiting_payment"], "failed", (403, "permission.denied")),
        (Role.CASHIER, ["awaiting_payment", "paid"], "delivered", (200, "delivered")),
        (Role.CASHIER, ["awaiting_payment", "paid"], "refund_due", (403, "permission.denied")),
        (Role.CASHIER, [], "voided", (200, "voided")),
        (Role.ADMINISTRATOR, ["awaiting_payment"], "paid", (200, "paid")),
        (Role.ADMINISTRATOR, [], "voided", (403, "permission.denied")),
        (Role.ADMINISTRATOR, ["awaiting_payment", "paid"], "refund_due", (403, "permission.denied")),
        (Role.FACILITY_MANAGER, [], "awaiting_payment", (403, "permission.denied")),
        (Role.AUDITOR, [], "awaiting_payment", (403, "permission.denied")),
    ],
)
def test_move_is_for_roles_that_hold_it(
    server: Server, supervisor: Person, role: Role, path: list[str], last: str, answer: tuple[int, str]
) -> None:
    person = server.person(role, organisation_id=supervisor.organisation_id)
    made = _make(person if role is Role.CASHIER else supervisor)["id"]
    for state in path:
        assert _move(supervisor, made, state)[0] == 200

    assert _move(person, made, last) == answer


def test_move_needs_the_version_that_was_read(server: Server, supervisor: Person) -> None:
    path = f"/transactions/{_make(supervisor)['id']}"
    body = {"state": "awaiting_payment", "reason": "because"}

    without = supervisor.put(path, json=body)
    nonsense = supervisor.put(path, json=body, headers={"If-Match": "yesterday"})
    right = supervisor.put(path, json=body, headers={"If-Match": '"1"'})
    stale = supervisor.put(path, json=body | {"state": "paid"}, headers={"If-Match": '"1"'})

    assert (without.status_code, without.json()["code"]) == (428, "request.if_match")
    assert (nonsense.status_code, nonsense.json()["code"]) == (412, "request.stale")
    assert (right.status_code, right.headers["ETag"]) == (200, '"2"')
    assert (stale.status_code, stale.json()["code"]) == (412, "request.stale")


def test_move_without_a_reason_is_refused(server: Server, supervisor: Person) -> None:
    made = _make(supervisor)["id"]

    answer = supervisor.put(
        f"/transactions/{made}", json={"state": "awaiting_payment", "reason": ""}, headers={"If-Match": "*"}
    )

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.reason")


def test_move_by_two_workers_at_once_happens_once(server: Server, supervisor: Person) -> None:
    made = _make(supervisor, state="awaiting_payment")["id"]
    clients = [server.client, server.second_worker()]
    headers = supervisor.auth | {"If-Match": '"1"'}

    def move(n: int) -> int:
        state = ("paid", "failed")[n % 2]
        body = {"state": state, "reason": "because"}
        return clients[n % 2].put(f"/transactions/{made}", json=body, headers=headers).status_code

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(move, range(6)))

    assert answers == [200] + [412] * 5
    assert len(supervisor.get(f"/v1/transactions/{made}/events").json()["items"]) == 2
    assert sum(row["pieces"] for row in supervisor_report(server, supervisor.organisation_id)) == 1
    clients[1].app.state.database.close()


@pytest.mark.parametrize("headers", [{}, {"If-Match": '"1"'}, {"If-Match": '"7"'}])
def test_move_of_a_tills_own_fact_is_refused(
    server: Server, supervisor: Person, headers: dict[str, str]
) -> None:
    row = _till_row(server, supervisor.organisation_id, state="paid")

    answer = supervisor.put(
        f"/transactions/{row}", json={"state": "delivered", "reason": "because"}, headers=headers
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "transaction.owned_by_till")
    assert supervisor.get(f"/transactions/{row}").json()["state"] == "paid"


def test_cashiers_see_and_move_their_own_only(server: Server, cashier: Person) -> None:
    other = server.person(Role.CASHIER, organisation_id=cashier.organisation_id, username="other")
    made = _make(other)["id"]

    assert cashier.get("/transactions/").json()["items"] == []
    assert cashier.get(f"/transactions/{made}").json()["code"] == "transaction.unknown"
    assert cashier.get(f"/v1/transactions/{made}/events").status_code == 404
    assert _move(cashier, made, "voided") == (404, "transaction.unknown")


def test_nobody_sees_another_organisation(server: Server, supervisor: Person) -> None:
    elsewhere = server.make_organisation("elsewhere")
    strangers = [server.person(role, organisation_id=elsewhere) for role in Role]
    made, row = _make(supervisor)["id"], _till_row(server, supervisor.organisation_id)

    for stranger in strangers:
        listed = stranger.get("/transactions/", params={"text": "INV"})
        assert listed.status_code == 403 or listed.json()["items"] == []
        for path in (f"/transactions/{made}", f"/transactions/{row}", f"/v1/transactions/{made}/events"):
            assert stranger.get(path).status_code in (403, 404)
        assert _move(stranger, made, "awaiting_payment")[0] in (403, 404)
        report = stranger.get("/v1/reports/month", params={"month": "2026-11"})
        assert report.status_code == 403 or report.json()["rows"] == []


def test_auditors_of_an_institution_see_its_meters_sales_only(server: Server, organisation: UUID) -> None:
    school = uuid4()
    auditor = server.person(Role.AUDITOR, organisation_id=organisation, institution_id=school)
    manager = server.person(Role.FACILITY_MANAGER, organisation_id=organisation, institution_id=school)
    lost = server.person(Role.FACILITY_MANAGER, organisation_id=organisation, username="lost")
    its = _till_row(server, organisation, 1, institution_id=school)
    other = _till_row(server, organisation, 2, institution_id=uuid4())

    listed = auditor.get("/transactions/").json()["items"]

    assert [one["id"] for one in listed] == [str(its)]
    assert auditor.get(f"/transactions/{other}").status_code == 404
    for person, pieces in ((auditor, [1]), (manager, [1]), (lost, [])):
        rows = person.get("/v1/reports/month", params={"month": "2026-11"}).json()["rows"]
        assert [row["pieces"] for row in rows] == pieces
    assert manager.get("/transactions/").json()["code"] == "permission.denied"


def test_list_gives_pages_of_twenty_newest_first_to_the_end(server: Server, supervisor: Person) -> None:
    made = [str(_till_row(server, supervisor.organisation_id, n)) for n in range(45)]

    seen, cursor, sizes = [], None, []
    while True:
        params = {} if cursor is None else {"cursor": cursor}
        page = supervisor.get("/transactions/", params=params)
        items = page.json()["items"]
        seen += [item["id"] for item in items]
        sizes.append(len(items))
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
        assert f"cursor={cursor}" in page.headers["Link"]

    assert (seen, sizes) == (made[::-1], [20, 20, 5])


def test_list_takes_a_hundred_at_most(server: Server, supervisor: Person) -> None:
    assert supervisor.get("/transactions/", params={"limit": 100}).status_code == 200
    for limit in (0, 101, "x"):
        assert supervisor.get("/transactions/", params={"limit": limit}).status_code == 422


def test_list_neither_repeats_nor_hides_a_row_while_others_come(server: Server, supervisor: Person) -> None:
    organisation = supervisor.organisation_id
    old = [str(_till_row(server, organisation, n)) for n in range(4)]
    first = supervisor.get("/transactions/", params={"limit": 2}).json()
    _till_row(server, organisation, 100)
    late = str(_till_row(server, organisation, at=server.clock.now() + timedelta(milliseconds=500)))

    rest = supervisor.get("/transactions/", params={"limit": 20, "cursor": first["next_cursor"]}).json()

    assert [item["id"] for item in first["items"]] == [old[3], old[2]]
    assert [item["id"] for item in rest["items"]] == [old[1], late, old[0]]


def test_list_of_rows_of_one_instant_goes_by_id(server: Server, supervisor: Person) -> None:
    at = server.clock.now()
    made = {str(_till_row(server, supervisor.organisation_id, n, at=at)) for n in range(7)}

    seen, cursor = [], None
    for _ in range(4):
        page = supervisor.get(
            "/transactions/", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
        ).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert cursor is None
    assert seen == sorted(made, reverse=True)


@pytest.mark.parametrize("cursor", ["x", "bm90IGpzb24", "WzEsMiwzXQ", "W251bGwsbnVsbCxudWxsXQ", "é", "e30"])
def test_list_with_a_foreign_cursor_is_refused(server: Server, supervisor: Person, cursor: str) -> None:
    answer = supervisor.get("/transactions/", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (422, "page.cursor")


def test_list_with_the_cursor_of_another_list_is_refused(server: Server, supervisor: Person) -> None:
    for n in range(3):
        _till_row(server, supervisor.organisation_id, n)
    cursor = supervisor.get("/transactions/", params={"limit": 1}).json()["next_cursor"]

    answer = supervisor.get("/transactions/", params={"limit": 1, "cursor": cursor, "status": "paid"})

    assert answer.json()["code"] == "page.cursor"


@pytest.mark.parametrize("place", [10**30, -1, 2**63, 1e300, True, None, "9" * 30, [], {}])
def test_list_by_money_with_a_forged_cursor_is_refused(
    server: Server, supervisor: Person, place: Any
) -> None:
    for n in range(2):
        _till_row(server, supervisor.organisation_id, n)
    params = {"limit": 1, "sort": "money", "first_day": "2026-11-20", "last_day": "2026-11-20"}
    cursor = supervisor.get("/transactions/", params=params).json()["next_cursor"]
    _, row_id, digest = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    forged = base64.urlsafe_b64encode(json.dumps([place, row_id, digest]).encode()).decode()

    answer = supervisor.get("/transactions/", params=params | {"cursor": forged})

    assert (answer.status_code, answer.json()["code"]) == (422, "page.cursor")


def test_list_filters(server: Server, supervisor: Person) -> None:
    organisation, now = supervisor.organisation_id, server.clock.now()
    aline = uuid4()
    rows = {
        "usual": _till_row(server, organisation, 1),
        "paid": _till_row(server, organisation, 2, state="paid"),
        "bill": _till_row(server, organisation, 3, type="bill"),
        "other till": _till_row(server, organisation, 4, till_code="T07", receipt_number="T07-000004"),
        "other meter": _till_row(server, organisation, 5, drn="07000000000"),
        "of aline": _till_row(server, organisation, 6, cashier_id=aline),
        "old": _till_row(server, organisation, 7, at=now - timedelta(days=40)),
        "flagged": _till_row(server, organisation, 8, is_flagged=True),
        "api": UUID(_make(supervisor)["id"]),
    }
    names = {str(row): name for name, row in rows.items()}

    def found(**params: Any) -> set[str]:
        answer = supervisor.get("/transactions/", params=params)
        assert answer.status_code == 200, answer.text
        return {names[item["id"]] for item in answer.json()["items"]}

    everything = set(rows)
    assert found() == everything
    assert found(status="paid") == {"paid"}
    assert found(status="delivered") == everything - {"paid", "api"}
    assert found(type="bill") == {"bill", "api"}
    assert found(type="token") == everything - {"bill", "api"}
    assert found(till="T07") == {"other till"}
    assert found(meter="07000000000") == {"other meter"}
    assert found(cashier=str(aline)) == {"of aline"}
    assert found(origin="api") == {"api"}
    assert found(flagged=True) == {"flagged"}
    assert found(flagged=False) == everything - {"flagged"}
    assert found(last_day="2026-10-31") == {"old"}
    assert found(first_day="2026-11-20", last_day="2026-11-20") == everything - {"old"}
    assert found(first_day="2026-11-21") == set()
    assert found(text="T07-0") == {"other till"}
    assert found(text="t07-000004") == {"other till"}
    assert found(text="0700") == {"other meter"}
    assert found(text="INV-4") == {"api"}
    assert found(text="INV-4", status="paid") == set()
    assert found(text="100%") == set()


def test_list_of_days_begins_and_ends_where_the_days_do(server: Server, supervisor: Person) -> None:
    organisation, day = supervisor.organisation_id, server.clock.now().date()
    # Tills in all zones, and days on which nothing was sold.
    rows = {
        (n, hours): _till_row(
            server,
            organisation,
            at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=n, hours=hours),
            business_day=day + timedelta(days=n),
        )
        for n in (-9, -3, -2, -1, 0, 1, 3)
        for hours in (-37, -11, 0, 13, 37)
    }

    for first, last in ((-9, -9), (-3, -1), (-2, 3), (0, 0), (1, 2), (-6, -5), (None, -1), (0, None)):
        ends = [None if n is None else day + timedelta(days=n) for n in (first, last)]
        asked = {name: str(end) for name, end in zip(("first_day", "last_day"), ends, strict=True) if end}
        found = {
            item["id"]
            for item in supervisor.get("/transactions/", params=asked | {"limit": "100"}).json()["items"]
        }
        assert found == {
            str(row)
            for (n, _), row in rows.items()
            if (first is None or n >= first) and (last is None or n <= last)
        }


def test_list_of_days_reads_past_no_other_day(server: Server, supervisor: Person) -> None:
    organisation, now = supervisor.organisation_id, server.clock.now()
    for n in range(-6, 7):
        _till_row(server, organisation, at=now + timedelta(days=n))
    first, last = now.date() - timedelta(days=1), now.date() + timedelta(days=1)

    with server.database.read() as connection:
        _, begin, _, end = during(connection, organisation, first, last)
        of_instants = select(transactions.c.business_day).where(
            transactions.c.organisation_id == organisation, begin, end
        )
        days = connection.execute(of_instants.order_by(transactions.c.business_day)).scalars().all()

    assert days == [first, now.date(), last]


@pytest.mark.parametrize("sort", ["-at", "at"])
def test_text_that_very_many_begin_with_is_looked_for_a_stretch_at_a_time(
    server: Server, supervisor: Person, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(transaction_search, "MATCHES_MAX", 3)
    monkeypatch.setattr(transaction_rows, "STRETCH", 4)
    organisation = supervisor.organisation_id
    codes = ["T07", *9 * ["T03"], *4 * ["T07"], "T03"]
    made = [
        str(_till_row(server, organisation, n, till_code=code, receipt_number=f"{code}-{n:06}"))
        for n, code in enumerate(codes)
    ]
    wanted = [row for row, code in zip(made, codes, strict=True) if code == "T07"]

    seen, sizes, cursor = [], [], None
    while True:
        asked = {"text": "T07-", "limit": "2", "sort": sort, **({"cursor": cursor} if cursor else {})}
        page = supervisor.get("/transactions/", params=asked).json()
        seen += [item["id"] for item in page["items"]]
        sizes.append(len(page["items"]))
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == (wanted[::-1] if sort == "-at" else wanted)
    # Some pages hold nothing and yet go on; few enough matches come in full pages out of the indexes.
    assert 0 in sizes
    monkeypatch.setattr(transaction_search, "MATCHES_MAX", 5)
    page = supervisor.get("/transactions/", params={"text": "T07-", "limit": "4"}).json()
    assert [item["id"] for item in page["items"]] == wanted[:0:-1]
    assert page["next_cursor"] is not None


def test_list_sorts(server: Server, supervisor: Person) -> None:
    for n, money in enumerate((300, 100, 200)):
        _till_row(server, supervisor.organisation_id, n, money_minor=money)
    days = {"first_day": "2026-11-01", "last_day": "2026-11-30"}

    def order(sort: str, **params: str) -> list[int]:
        seen: list[int] = []
        cursor = None
        while True:
            asked = {"sort": sort, "limit": 1, **params, **({"cursor": cursor} if cursor else {})}
            page = supervisor.get("/transactions/", params=asked).json()
            seen += [item["money_minor"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return seen

    assert order("-at") == [200, 100, 300]
    assert order("at") == [300, 100, 200]
    assert order("money", **days) == [100, 200, 300]
    assert order("-money", **days) == [300, 200, 100]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"sort": "money"}, "transaction.sort_days"),
        ({"sort": "-money", "first_day": "2026-01-01", "last_day": "2026-11-30"}, "transaction.sort_days"),
        ({"text": "  a  "}, "transaction.text"),
        ({"text": "ab"}, "request.invalid"),
        ({"first_day": "0001-01-01"}, "request.invalid"),
        ({"first_day": "2026-02-30"}, "request.invalid"),
        ({"status": "sold"}, "request.invalid"),
        ({"meter": "12"}, "request.invalid"),
        ({"text": "a\x00bc"}, "request.invalid"),
    ],
)
def test_list_with_a_bad_filter_is_refused(
    server: Server, supervisor: Person, params: dict[str, str], code: str
) -> None:
    answer = supervisor.get("/transactions/", params=params)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"]


def test_read_again_with_its_tag_sends_nothing_until_it_is_moved(server: Server, supervisor: Person) -> None:
    made = _make(supervisor)["id"]
    tag = supervisor.get(f"/transactions/{made}").headers["ETag"]

    same = supervisor.get(f"/transactions/{made}", headers={"If-None-Match": tag})
    _move(supervisor, made, "voided")
    moved = supervisor.get(f"/transactions/{made}", headers={"If-None-Match": tag})

    assert (same.status_code, same.content) == (304, b"")
    assert (moved.status_code, moved.json()["state"]) == (200, "voided")


def test_report_of_a_month_by_type_till_day_and_state(server: Server, supervisor: Person) -> None:
    organisation = supervisor.organisation_id
    _till_row(server, organisation, 1, money_minor=100)
    _till_row(server, organisation, 2, money_minor=200, till_code="T07")
    _till_row(server, organisation, 3, money_minor=400, type="bill", units_milli=0)
    _till_row(server, organisation, 4, money_minor=800, state="paid")
    _till_row(server, organisation, 5, at=server.clock.now() - timedelta(days=30))
    _till_row(server, organisation, 6, at=server.clock.now() - timedelta(days=1), money_minor=1600)

    def report(**params: str) -> dict[str, int]:
        answer = supervisor.get("/v1/reports/month", params={"month": "2026-11", **params})
        assert answer.status_code == 200, answer.text
        return {row["key"]: row["money_minor"] for row in answer.json()["rows"]}

    assert report() == {"token": 1900, "bill": 400}
    assert report(by="till") == {"T03": 2100, "T07": 200}
    assert report(by="day") == {"2026-11-19": 1600, "2026-11-20": 700}
    assert report(by="state") == {"delivered": 2300, "paid": 800}
    assert report(state="paid") == {"token": 800}


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "1999-01", "2026-11-01", "x"])
def test_report_of_no_month_is_refused(server: Server, supervisor: Person, month: str) -> None:
    assert supervisor.get("/v1/reports/month", params={"month": month}).status_code == 422


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["awaiting_payment", "paid", "delivered", "voided", "failed"]), st.integers(0, 3)
        ),
        max_size=12,
    )
)
def test_totals_are_always_those_of_the_rows(
    server: Server, supervisor: Person, moves: list[tuple[str, int]]
) -> None:
    made = [_make(supervisor, money_minor=10**n)["id"] for n in range(4)]

    for state, n in moves:
        _move(supervisor, made[n], state)

    with server.database.read() as connection:
        totals = connection.execute(
            select(
                transaction_total.c.state, transaction_total.c.pieces, transaction_total.c.money_minor
            ).where(transaction_total.c.pieces != 0)
        ).all()
        rows = connection.execute(
            select(transactions.c.state, func.count(), func.sum(transactions.c.money_minor)).group_by(
                transactions.c.state
            )
        ).all()
    assert sorted(map(tuple, totals)) == sorted(map(tuple, rows))
