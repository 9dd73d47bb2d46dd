"""Booking at its edges: where a push ends amid one unit of the till, and a line that will not go in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from central.models import journal
from central.models.master import tariff
from central.models.transactions import transactions
from central.services.booking import Booking
from central.services.line_store import store_batch
from central.services.push_batch import read_push
from central.services.verify import verify_till
from pos.domain.journal import line_hash
from tests.server.rig import Server
from tests.server.till_rig import Till, make_shop


@pytest.fixture
def till(server: Server) -> Till:
    return make_shop(server).till()


def states(server: Server) -> list[str]:
    with server.database.read() as connection:
        return list(connection.execute(select(transactions.c.state)).scalars())


def paid_by_phone(till: Till) -> tuple[dict[str, Any], dict[str, Any]]:
    """A sale that a provider's payment pays: the payment's line is written, `sale_paid` is not yet."""
    sale = till.sale(till.item(), holder="central")
    payment = sale["payments"][0]
    change = {
        "payment_id": payment["payment_id"],
        "sale_id": sale["sale_id"],
        "tender": "mtn",
        "fee_minor": 0,
    }
    change |= {"amount_minor": payment["amount_minor"], "currency": "RWF", "source": "poll"}
    till.line("payment_changed", change | {"from": "pending", "to": "succeeded"})
    payment["tender"] = "mtn"
    quote = {key: value for key, value in sale.items() if key not in ("receipt_number", "document_sha256")}
    item = {key: value for key, value in sale["items"][0].items() if key != "tokens"}
    paid = {"sale_id": sale["sale_id"], "quote": quote | {"items": [item]}, "payments": sale["payments"]}
    return sale, paid | {"holder": "central"}


def test_push_when_it_ends_between_a_payment_and_its_sale_then_both_are_booked(till: Till) -> None:
    sale, paid = paid_by_phone(till)
    assert till.flags() == []
    till.line("sale_paid", paid)
    assert till.flags() == []
    assert states(till.server) == ["paid"]
    till.line("sale_delivered", {"sale": sale})
    assert till.flags() == []
    assert states(till.server) == ["delivered"]
    with till.server.database.read() as connection:
        payments = connection.execute(select(journal.payment.c.state, journal.payment.c.tender)).all()
    assert [tuple(row) for row in payments] == [("succeeded", "mtn")]


def test_payment_when_its_steps_come_in_several_pushes_then_booked_as_in_one(till: Till) -> None:
    sale = till.sale(till.item())
    payment = sale["payments"][0]
    payment["tender"] = "mtn"
    change = {"payment_id": payment["payment_id"], "sale_id": sale["sale_id"], "tender": "mtn"}
    change |= {"amount_minor": payment["amount_minor"], "currency": "RWF", "fee_minor": 7, "source": "poll"}
    till.line("payment_changed", change | {"from": "created", "to": "sent", "phone_mac": "ab" * 16})
    till.push()
    till.server.clock.pass_time(seconds=40)
    till.line("payment_changed", change | {"from": "sent", "to": "pending"})
    till.server.clock.pass_time(seconds=40)
    till.line("payment_changed", change | {"from": "pending", "to": "succeeded", "provider_reference": "p1"})
    till.push()
    till.line("sale_delivered", {"sale": sale})
    till.push()
    with till.server.database.read() as connection:
        (row,) = connection.execute(select(journal.payment)).all()
    assert (row.state, row.provider_reference, row.fee_minor) == ("succeeded", "p1", 7)
    assert row.at == till.lines[0].event.at
    assert verify_till(till.server.database, till.server.clock, till.id) is None


def test_push_when_a_meter_number_holds_a_zero_byte_then_the_line_is_kept_raw(till: Till) -> None:
    item = till.item()
    item["meter"]["drn"] = "\x00"
    till.line("sale_delivered", {"sale": till.sale(item)})
    assert till.flags() == ["unknown_kind"]
    till.sell()
    assert till.flags() == ["receipt_gap"]


def test_push_when_the_kind_holds_a_zero_byte_then_the_line_is_kept_raw(till: Till) -> None:
    made = till.line("cash_moved", {"movement_id": str(till.id)})
    data = made.data.replace(b'"cash_moved"', b'"cash\\u0000moved"')
    till.lines[-1] = replace(made, data=data, hash=line_hash(data))
    assert till.flags() == ["unknown_kind"]
    till.sell()
    assert till.flags() == []
    assert till.get(f"/v1/books/{till.id}/2026-11-20").json()["pieces"]["cash\ufffdmoved"] == 1


def test_push_when_somebody_typed_a_backslash_and_a_number_then_it_is_no_zero_byte(till: Till) -> None:
    moved = {"movement_id": str(till.id), "kind": "in", "amount_minor": 5}
    till.line("cash_moved", moved | {"reason": "C:\\u0000"})
    assert till.flags() == []
    till.line("cash_moved", moved | {"reason": "C:\\\x00"})
    assert till.flags() == ["unknown_kind"]


@pytest.mark.expect_log("line_not_booked")
def test_push_when_head_office_cannot_look_something_up_then_the_till_still_goes_on(till: Till) -> None:
    with till.server.database.write() as connection:
        connection.execute(update(tariff).values(body="{}"))
    till.sell()
    till.line("shift_opened", {"shift_id": str(till.shift), "drawer_id": "d", "float_minor": 5, "count": []})
    answer = till.push()
    assert [one["reasons"] for one in answer["results"]] == [["unknown_kind"], []]


@pytest.mark.parametrize("kind", ["float_moved", "cash_moved"])
@pytest.mark.parametrize("amount", [True, 10**14, -(2**53) + 1])
def test_push_when_an_amount_is_none_then_the_line_is_kept_raw(till: Till, kind: str, amount: object) -> None:
    till.line(
        kind,
        {"account": "supplier:REG", "kind": "in", "amount_minor": amount, "reference": "x", "reason": "y"},
    )
    assert till.flags() == ["unknown_kind"]


@pytest.mark.expect_log("line_not_booked")
def test_push_when_one_line_will_not_go_in_then_only_that_one_is_kept_raw(till: Till) -> None:
    for _ in range(4):
        till.sell()
    with till.server.database.write() as connection:
        # Whatever the reason: this row stands where the second line's first posting belongs.
        row = {"till_id": till.id, "seq": 2, "n": 1, "account": "in the way", "amount_minor": 0}
        connection.execute(insert(journal.posting).values(row))
    reasons = [one["reasons"] for one in till.push()["results"]]
    # The receipt number of the line that was not understood is missing to the next.
    assert reasons == [[], ["unknown_kind"], ["receipt_gap"], []]
    assert states(till.server) == ["delivered"] * 3


@pytest.mark.expect_log("line_not_booked")
def test_read_again_when_one_line_still_will_not_go_in_then_the_others_do(till: Till) -> None:
    for _ in range(3):
        till.sell()
    rows = [{"till_id": till.id, "seq": seq, "n": 1, "account": "x", "amount_minor": 0} for seq in (1, 2)]
    with till.server.database.write() as connection:
        connection.execute(insert(journal.posting), rows)
    till.push()
    with till.server.database.write() as connection:
        connection.execute(delete(journal.posting).where(journal.posting.c.seq == 2))
        kept = update(journal.line_flag).where(journal.line_flag.c.flag == "unknown_kind")
        connection.execute(kept.values(detail={"read_by": "an earlier program"}))
    booking = Booking(till.server.database, till.server.clock)
    assert (booking.read_again(), booking.read_again()) == (1, 0)
    with till.server.database.read() as connection:
        flags = connection.execute(
            select(journal.line_flag.c.seq, journal.line_flag.c.state)
            .where(journal.line_flag.c.flag == "unknown_kind")
            .order_by(journal.line_flag.c.seq)
        )
        assert [tuple(row) for row in flags] == [(1, "open"), (2, "cleared")]


class SellingClock:
    """The time; and whenever somebody asks for it, a sale comes in, a few times."""

    def __init__(self, till: Till, sales: int) -> None:
        self._till = till
        self._sales = sales

    def now(self) -> datetime:
        if self._sales:
            self._sales -= 1
            self._till.sell()
            self._till.push()
        return self._till.now


def test_verify_when_sales_come_in_meanwhile_then_it_looks_again(till: Till) -> None:
    till.sell()
    till.push()
    assert verify_till(till.server.database, SellingClock(till, 1), till.id) is None
    busy = verify_till(till.server.database, SellingClock(till, 100), till.id)
    assert busy is not None and "come in all the time" in busy.what


def test_verify_when_lines_are_stored_and_not_booked_then_it_says_so(till: Till) -> None:
    till.sell()
    till.push()
    till.sell()
    store_batch(till.server.database, read_push(till.batch()), sender=till.id, now=till.now)
    finding = verify_till(till.server.database, till.server.clock, till.id)
    assert finding is not None and "not booked yet" in finding.what
    Booking(till.server.database, till.server.clock).book_waiting()
    assert verify_till(till.server.database, till.server.clock, till.id) is None
