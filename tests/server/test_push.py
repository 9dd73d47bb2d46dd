"""Pushing: what is refused whole, what is booked, and that nothing is booked twice."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select, update

from central.models import journal
from central.models.tills import till as till_table
from central.models.transactions import transaction_total, transactions
from central.services.line_store import store_batch
from central.services.push_batch import read_push
from central.services.verify import verify_till
from tests.server.rig import Server, end_worker
from tests.server.till_rig import DRNS, Till, make_shop

DAY = "2026-11-20"


@pytest.fixture
def till(server: Server) -> Till:
    return make_shop(server).till()


def count(server: Server, table: Any) -> int:
    with server.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def booked(server: Server) -> dict[str, int]:
    """How many rows everything that was sold gave."""
    tables = (
        journal.journal_line,
        journal.sale_item,
        journal.sale_line,
        journal.payment,
        journal.token,
        journal.posting,
        transactions,
    )
    return {table.name: count(server, table) for table in tables}


def test_push_when_sales_come_then_each_is_accepted_and_booked(till: Till) -> None:
    sales = [till.sell(drn) for drn in DRNS]
    till.line("token_handed_over", {"sale_id": sales[0]["sale_id"], "how": "printed", "copy": 0})
    answer = till.push()
    assert answer["acked_seq"] == 4
    assert [one["result"] for one in answer["results"]] == ["accepted"] * 4
    assert [one["id"] for one in answer["results"]] == [str(line.event.id) for line in till.lines]
    assert booked(till.server)["transactions"] == 3
    assert booked(till.server)["token"] == 3


def test_push_when_booked_then_books_and_ledger_agree_with_the_sales(till: Till) -> None:
    sales = [till.sell(drn) for drn in DRNS]
    till.push()
    book = till.get(f"/v1/books/{till.id}/{DAY}").json()
    assert book["pieces"] == {"sale_delivered": 3}
    assert book["tenders_minor"] == {"cash": 15_000}
    assert book["tokens"] == 3
    assert book["units_milli"] == sum(sale["items"][0]["units_milli"] for sale in sales)
    assert sum(book["sums_minor"].values()) == 15_000
    with till.server.database.read() as connection:
        balances = dict(
            connection.execute(
                select(journal.account_balance.c.account, journal.account_balance.c.balance_minor)
            ).all()
        )
        totals = connection.execute(select(transaction_total)).all()
    assert balances == {f"drawer:{till.id}": 15_000, "supplier:REG": -15_000}
    assert [(row.pieces, row.money_minor, row.state) for row in totals] == [(3, 15_000, "delivered")]


def test_push_when_the_same_batch_comes_again_then_duplicates_and_nothing_more(till: Till) -> None:
    till.sell()
    packed = till.batch()
    assert till.send(packed).json()["results"][0]["result"] == "accepted"
    before = booked(till.server)
    answer = till.send(packed).json()
    assert answer["results"][0]["result"] == "duplicate"
    assert answer["acked_seq"] == 1
    assert booked(till.server) == before


def test_push_when_batches_overlap_then_only_the_new_lines_are_booked(till: Till) -> None:
    for _ in range(3):
        till.sell()
    till.send(till.batch(1, 2))
    answer = till.send(till.batch(2, 3)).json()
    assert [one["result"] for one in answer["results"]] == ["duplicate", "accepted"]
    assert booked(till.server)["transactions"] == 3


def test_push_when_two_workers_get_the_same_batch_at_once_then_it_is_booked_once(till: Till) -> None:
    for _ in range(50):
        till.sell()
    packed = till.batch()
    other = till.server.second_worker()
    answers: list[dict[str, Any]] = []
    start = threading.Barrier(2)

    def send(client: Any) -> None:
        start.wait()
        answers.append(till.send(packed, client).json())

    threads = [threading.Thread(target=send, args=(client,)) for client in (till.client, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    end_worker(other)
    results = sorted({one["result"] for answer in answers for one in answer["results"]})
    assert results == ["accepted", "duplicate"]
    assert booked(till.server)["transactions"] == 50
    assert booked(till.server)["token"] == 50


def test_push_when_the_server_fell_between_store_and_booking_then_the_next_push_books(till: Till) -> None:
    till.sell()
    till.sell()
    batch = read_push(till.batch())
    store_batch(till.server.database, batch, sender=till.id, now=till.now)
    assert booked(till.server)["journal_line"] == 2
    assert booked(till.server)["transactions"] == 0
    till.line("token_handed_over", {"sale_id": str(till.id), "how": "shown", "copy": 0})
    answer = till.send(till.batch(3)).json()
    assert answer["acked_seq"] == 3
    assert booked(till.server)["transactions"] == 2


def test_push_when_fallen_between_and_sent_again_then_duplicates_that_are_booked(till: Till) -> None:
    till.sell()
    store_batch(till.server.database, read_push(till.batch()), sender=till.id, now=till.now)
    answer = till.send(till.batch()).json()
    assert answer["results"][0]["result"] == "duplicate"
    assert booked(till.server)["transactions"] == 1


def test_booking_when_asked_by_the_job_then_what_waits_is_booked(till: Till) -> None:
    for _ in range(3):
        till.sell()
    store_batch(till.server.database, read_push(till.batch()), sender=till.id, now=till.now)
    assert till.server.app.state.head_office.booking.book_waiting() == 1
    assert booked(till.server)["transactions"] == 3
    assert till.server.app.state.head_office.booking.book_waiting() == 0


@pytest.mark.expect_log("line_not_booked")
@pytest.mark.expect_log("till_not_booked")
def test_booking_when_a_stored_line_of_one_till_is_damaged_then_the_others_are_booked(server: Server) -> None:
    shop = make_shop(server)
    tills = [shop.till(code) for code in ("T01", "T02", "T03")]
    for till in tills:
        till.sell()
        store_batch(server.database, read_push(till.batch()), sender=till.id, now=till.now)
    damaged = update(journal.journal_line).where(
        journal.journal_line.c.till_id == min(one.id for one in tills)
    )
    with server.database.write() as connection:
        connection.execute(damaged.values(line=b"not a line"))

    server.app.state.head_office.booking.book_waiting()

    assert booked(server)["transactions"] == 2


def test_push_when_lines_are_missing_then_gap_with_the_seq_to_send_from(till: Till) -> None:
    for _ in range(3):
        till.sell()
    till.send(till.batch(1, 1))
    response = till.send(till.batch(3, 3))
    assert response.status_code == 409
    assert response.json()["code"] == "sync.gap"
    assert response.json()["expected_seq"] == 2
    assert response.json()["hash"] == till.lines[0].hash.hex()
    assert booked(till.server)["journal_line"] == 1


def test_push_when_another_line_has_the_same_seq_then_fork_and_it_is_written_down(till: Till) -> None:
    till.sell()
    till.push()
    known = till.lines[-1].hash.hex()
    till.lines.pop()
    till.sell()
    response = till.send(till.batch(1))
    assert response.status_code == 409
    problem = response.json()
    assert (problem["code"], problem["seq"], problem["hash"]) == ("sync.fork", 1, known)
    with till.server.database.read() as connection:
        row = connection.execute(select(till_table)).one()
    assert row.fork_seq == 1
    assert till.get("/v1/sync/envelope", sequence=0).json()["code"] == "sync.fork"


def test_push_when_a_copied_till_goes_on_with_its_own_line_then_fork(till: Till) -> None:
    till.sell()
    till.sell()
    till.push()
    till.lines.pop()
    till.sell()
    till.sell()
    response = till.send(till.batch(3))
    assert (response.status_code, response.json()["code"]) == (409, "sync.fork")
    assert response.json()["seq"] == 2


def _wrong_head(till: Till) -> bytes:
    return till.batch(head="11" * 32)


def _wrong_key(till: Till) -> bytes:
    return till.batch(key=Ed25519PrivateKey.generate())


def _broken_chain(till: Till) -> bytes:
    till.lines[1] = till.lines[2]
    return till.batch()


def _another_till(till: Till) -> bytes:
    return till.batch(till=till.actor)


def _long_count(till: Till) -> bytes:
    return till.batch(count=7)


def _many(till: Till) -> bytes:
    return till.batch(count=201)


def _no_gzip(till: Till) -> bytes:
    return gzip.decompress(till.batch())


def _cut(till: Till) -> bytes:
    return till.batch()[:-9]


def _behind(till: Till) -> bytes:
    return till.batch() + b"more"


def _bomb(_till: Till) -> bytes:
    return gzip.compress(b"0" * (9 * 1024 * 1024))


def _no_header(till: Till) -> bytes:
    return gzip.compress(till.lines[0].data)


def _not_canonical(till: Till) -> bytes:
    line = till.lines[-1]
    data = line.data.replace(b'{"actor"', b'{ "actor"')
    till.lines[-1] = type(line)(line.event, line.seq, data, line.hash)
    return till.batch()


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        (_wrong_head, 409, "sync.bad_hash"),
        (_wrong_key, 409, "sync.bad_signature"),
        (_broken_chain, 400, "sync.format"),
        (_another_till, 400, "sync.format"),
        (_long_count, 400, "sync.format"),
        (_many, 413, "sync.too_large"),
        (_no_gzip, 400, "sync.format"),
        (_cut, 400, "sync.format"),
        (_behind, 400, "sync.format"),
        (_bomb, 413, "sync.too_large"),
        (_no_header, 400, "sync.format"),
        (_not_canonical, 400, "sync.format"),
    ],
)
def test_push_when_the_batch_is_not_right_then_refused_whole(
    till: Till, make: Callable[[Till], bytes], status: int, code: str
) -> None:
    for _ in range(3):
        till.sell()
    response = till.send(make(till))
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert booked(till.server)["journal_line"] == 0


def test_push_when_a_line_does_not_follow_then_bad_hash(till: Till) -> None:
    till.sell()
    other = Till(till.shop, "T09")
    other.id, other.key = till.id, till.key
    other.sell()
    other.sell()
    till.lines.append(other.lines[1])
    response = till.send(till.batch())
    assert (response.status_code, response.json()["code"]) == (409, "sync.bad_hash")


def test_push_when_packed_is_too_large_then_refused(till: Till) -> None:
    response = till.send(b"\x1f\x8b" + bytes(1024 * 1024))
    assert (response.status_code, response.json()["code"]) == (413, "sync.too_large")


def test_push_when_the_book_is_another_tills_then_not_authorised(till: Till) -> None:
    other = till.shop.till("T02")
    other.sell()
    response = till.send(other.batch())
    assert (response.status_code, response.json()["code"]) == (403, "till.not_authorised")


def test_push_when_a_sale_is_paid_first_then_one_transaction_moves_on(till: Till) -> None:
    sale = till.sale(till.item(), holder="central")
    quote = {key: value for key, value in sale.items() if key not in ("receipt_number", "document_sha256")}
    item = {key: value for key, value in sale["items"][0].items() if key != "tokens"}
    body = {"sale_id": sale["sale_id"], "quote": quote | {"items": [item]}, "payments": sale["payments"]}
    till.line("sale_paid", body | {"holder": "central"})
    assert till.push()["results"][0]["reasons"] == []
    with till.server.database.read() as connection:
        assert connection.execute(select(transactions.c.state)).scalars().all() == ["paid"]
    till.line("sale_delivered", {"sale": sale})
    assert till.flags() == []
    with till.server.database.read() as connection:
        rows = connection.execute(select(transactions)).all()
        totals = connection.execute(select(transaction_total)).all()
        accounts = dict(
            connection.execute(
                select(journal.account_balance.c.account, journal.account_balance.c.balance_minor)
            ).all()
        )
    assert [(row.state, row.receipt_number) for row in rows] == [("delivered", "T01-000001")]
    assert {(row.state, row.pieces) for row in totals} == {("paid", 0), ("delivered", 1)}
    assert accounts[f"drawer:{till.id}"] == 5_000
    assert accounts["customer_deposit"] == 0


def test_push_when_a_sale_fails_then_its_state_says_so(till: Till) -> None:
    sale_id, payment_id = str(till.actor), str(till.shift)
    change = {"payment_id": payment_id, "sale_id": sale_id, "tender": "mtn", "amount_minor": 700}
    change |= {"currency": "RWF", "fee_minor": 0, "source": "reply"}
    till.line("payment_changed", change | {"from": "created", "to": "sent"})
    till.line("payment_changed", change | {"from": "sent", "to": "failed"})
    till.line(
        "sale_closed",
        {"sale_id": sale_id, "state": "failed", "reason": "no money", "amount_minor": 700},
    )
    assert all(one["reasons"] == [] for one in till.push()["results"])
    with till.server.database.read() as connection:
        assert connection.execute(select(transactions.c.state)).scalars().all() == ["failed"]
        assert connection.execute(select(journal.payment.c.state)).scalars().all() == ["failed"]


def test_push_when_a_split_sale_is_given_back_then_it_is_refunded_with_its_last_payment(
    till: Till,
) -> None:
    sale_id, payments = str(till.actor), [str(till.shift), str(till.id)]
    for payment_id, tender, amount in zip(payments, ("mtn", "cash"), (700, 300), strict=True):
        change = {"payment_id": payment_id, "sale_id": sale_id, "tender": tender, "amount_minor": amount}
        change |= {"currency": "RWF", "fee_minor": 0, "source": "person", "from": "created"}
        till.line("payment_changed", change | {"to": "succeeded"})
    closed: dict[str, Any] = {"sale_id": sale_id, "reason": "no token"}
    till.line("sale_closed", closed | {"state": "refund_due", "amount_minor": 1_000})
    refund = closed | {"state": "refunded", "payment_id": payments[1], "amount_minor": 300}
    till.line("sale_closed", refund | {"document_number": "T01-000001"})
    assert till.flags() == []
    assert state_of(till.server) == ("refund_due", 1_000, ["succeeded", "refunded"])

    refund = closed | {"state": "refunded", "payment_id": payments[0], "amount_minor": 700}
    till.line("sale_closed", refund | {"document_number": "T01-000002"})
    assert till.flags() == []
    assert state_of(till.server) == ("refunded", 1_000, ["refunded", "refunded"])
    with till.server.database.read() as connection:
        totals = connection.execute(select(transaction_total).where(transaction_total.c.pieces != 0)).all()
    assert [(row.state, row.pieces, row.money_minor) for row in totals] == [("refunded", 1, 1_000)]
    assert verify_till(till.server.database, till.server.clock, till.id) is None


def state_of(server: Server) -> tuple[str, int, list[str]]:
    """State and money of the only sale, and the states of its payments, the largest first."""
    with server.database.read() as connection:
        sale = connection.execute(select(transactions)).one()
        parts = connection.execute(select(journal.payment).order_by(journal.payment.c.amount_minor.desc()))
        return sale.state, sale.money_minor, [part.state for part in parts]


def test_push_when_the_till_program_is_too_old_then_426_with_the_oldest_that_would_do(till: Till) -> None:
    from central.models.identity import server_fact

    with till.server.database.write() as connection:
        connection.execute(server_fact.insert().values(name="min_app", value="2.0.0"))
    till.sell()
    headers = till.auth | {"Kilotill-App": "1.9.9"}
    response = till.client.post("/v1/sync/push", content=till.batch(), headers=headers)
    assert response.status_code == 426
    assert (response.json()["code"], response.json()["min_app"]) == ("sync.app_too_old", "2.0.0")
    assert till.push()["min_app"] == "2.0.0"


@pytest.mark.parametrize("text", ["\x00", "a\x00b"])
def test_push_when_a_text_cannot_be_kept_by_the_database_then_stored_and_flagged(
    till: Till, text: str
) -> None:
    till.line("float_moved", {"account": text, "amount_minor": 5, "kind": "top_up", "reference": "x"})
    assert till.flags() == ["unknown_kind"]
    till.sell()
    assert till.flags() == []


def test_push_when_a_till_was_revoked_then_it_drains_and_everything_is_flagged(till: Till) -> None:
    till.sell()
    till.push()
    with till.server.database.write() as connection:
        till.server.app.state.head_office.enrolment.end(
            connection, till.shop.organisation, till.id, state="revoked", reason="stolen", now=till.now
        )
    assert till.send(till.batch(1)).status_code == 401
    assert till.log_in().json()["scope"] == "drain"
    till.sell(DRNS[1])
    assert till.flags() == ["revoked_till"]
    assert booked(till.server)["transactions"] == 2
    for path in ("/v1/sync/pull?resource=meters", "/v1/sync/envelope", f"/v1/books/{till.id}/{DAY}"):
        response = till.get(path)
        assert (response.status_code, response.json()["code"]) == (403, "till.not_authorised")
    response = till.post("/v1/readings", {"readings": []})
    assert (response.status_code, response.json()["code"]) == (403, "till.not_authorised")


def test_push_when_the_till_was_replaced_then_the_new_one_sends_its_rest(till: Till) -> None:
    till.sell()
    till.push()
    till.sell(DRNS[1])
    new = Till(till.shop, "T01B")
    replaced = {"till": str(till.id), "seq": 2, "hash": till.lines[-1].hash.hex()}
    assert new.enrol(replaces=replaced).status_code == 200
    assert new.answer["replaced"]["last_seq"] == 1
    assert new.answer["replaced"]["receipt_last"] == 1
    new.log_in()
    packed = till.batch(2, key=new.key)
    assert new.send(packed).json()["results"][0]["reasons"] == []
    lines = new.get("/v1/sync/lines", till=str(till.id), after=0).content
    assert lines == b"".join(line.data + b"\n" for line in till.lines)
    assert new.get(f"/v1/books/{till.id}/{DAY}").json()["pieces"] == {"sale_delivered": 2}


def test_push_when_the_successor_was_revoked_then_what_it_sends_of_the_old_book_is_flagged(
    till: Till,
) -> None:
    till.sell()
    new = Till(till.shop, "T01B")
    replaced = {"till": str(till.id), "seq": 1, "hash": till.lines[-1].hash.hex()}
    assert new.enrol(replaces=replaced).status_code == 200
    office = till.server.app.state.head_office
    with till.server.database.write() as connection:
        office.enrolment.end(
            connection, till.shop.organisation, new.id, state="revoked", reason="stolen", now=till.now
        )
    assert new.log_in().json()["scope"] == "drain"
    answer = new.send(till.batch(1, key=new.key)).json()
    assert [one["reasons"] for one in answer["results"]] == [["revoked_till"]]


def test_push_when_a_whole_backlog_comes_then_batches_follow_each_other(till: Till) -> None:
    for _ in range(450):
        till.line("cash_moved", {"movement_id": str(till.id), "kind": "in", "amount_minor": 1, "reason": ""})
    assert till.push()["acked_seq"] == 450
    with till.server.database.read() as connection:
        row = connection.execute(select(till_table)).one()
    assert (row.head_seq, row.booked_seq) == (450, 450)
    assert till.get(f"/v1/books/{till.id}/{DAY}").json()["pieces"] == {"cash_moved": 450}


def test_push_when_the_till_is_set_back_by_the_database_then_gap(till: Till) -> None:
    till.sell()
    till.push()
    with till.server.database.write() as connection:
        connection.execute(update(till_table).values(head_seq=0, head_hash=bytes(32), booked_seq=0))
    till.sell()
    assert till.send(till.batch(2)).json()["expected_seq"] == 1
