import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pos.domain.permissions import Role
from pos.domain.shift import MovementKind, cash_count
from pos.errors import KilotillError
from pos.models.queries.selling import read_line_at
from tests.factories.shifts import Desk, coins, make_desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = make_desk(tmp_path)
    desk.shifts.open_shift(desk.shop.cashier, coins(50_000))
    return desk


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


def body_at(desk: Desk, place: int) -> dict[str, Any]:
    with desk.shop.units.read() as connection:
        body: dict[str, Any] = json.loads(read_line_at(connection, place))["body"]
    return body


def test_moves_when_made_change_drawer_safe_bank_and_loss(desk: Desk) -> None:
    cashier, supervisor = desk.shop.cashier, desk.shop.supervisor
    before = {name: desk.shop.balance(name) for name in ("safe", "bank", "loss:paid_out")}

    desk.cash.put_in(cashier, 2000, reason="coins")
    desk.cash.take_out(cashier, 5000, reason="cleaning")
    desk.cash.drop_to_safe(cashier, 20_000, reason="bag 2210")
    desk.cash.bank(supervisor, 10_000, slip_number=" BK-7 ", count=cash_count([(5000, 2)]))

    assert desk.drawer() == 50_000 + 2000 - 5000 - 20_000 - 10_000
    moved = {name: desk.shop.balance(name) - was for name, was in before.items()}
    assert moved == {"safe": -2000 + 20_000, "bank": 10_000, "loss:paid_out": 5000}


def test_bank_when_made_keeps_slip_and_count_in_the_journal(desk: Desk) -> None:
    moved = desk.cash.bank(desk.shop.supervisor, 10_000, slip_number=" BK-7 ", count=cash_count([(5000, 2)]))

    body = body_at(desk, moved.place)
    assert (body["slip_number"], body["amount_minor"], body["kind"]) == ("BK-7", -10_000, "banking")
    assert body["count"] == [{"value_minor": 5000, "pieces": 2}]


def test_open_without_sale_when_done_is_logged_with_nothing_moved(desk: Desk) -> None:
    moved = desk.cash.open_without_sale(desk.shop.cashier, reason="change a note")

    assert (moved.kind, moved.amount_minor) == (MovementKind.NO_SALE_OPEN, 0)
    assert body_at(desk, moved.place)["reason"] == "change a note"
    assert desk.drawer() == 50_000


def test_moves_when_the_shift_closes_stand_on_its_report(desk: Desk) -> None:
    desk.cash.take_out(desk.shop.cashier, 5000, reason="cleaning")
    desk.cash.open_without_sale(desk.shop.cashier, reason="change")

    report = desk.shifts.close_shift(desk.shop.cashier, coins(45_000))

    assert report.cash is not None
    assert [(one.kind.value, one.amount_minor) for one in report.cash.movements] == [
        ("out", -5000),
        ("no_sale_open", 0),
    ]
    assert (report.cash.taken_minor, report.cash.expected_minor) == (0, 45_000)


def test_take_out_when_more_than_the_books_hold_tells_the_cashier_nothing(desk: Desk) -> None:
    desk.cash.take_out(desk.shop.cashier, 50_001, reason="typing mistake")

    assert desk.drawer() == -1


def test_moves_when_something_is_missing_are_refused(desk: Desk) -> None:
    cash, cashier, supervisor = desk.cash, desk.shop.cashier, desk.shop.supervisor
    calls: list[tuple[str, Callable[[], object]]] = [
        ("cash.amount", lambda: cash.put_in(cashier, 0, reason="x")),
        ("cash.amount", lambda: cash.take_out(cashier, 2**60, reason="x")),
        ("cash.reason", lambda: cash.take_out(cashier, 5, reason="  ")),
        ("cash.reason", lambda: cash.open_without_sale(cashier, reason="x" * 201)),
        ("cash.total_differs", lambda: cash.drop_to_safe(cashier, 5, count=coins(6))),
        ("cash.slip_missing", lambda: cash.bank(supervisor, 5, slip_number=" ")),
    ]
    assert [code_of(call) for _, call in calls] == [code for code, _ in calls]
    assert desk.drawer() == 50_000


def test_moves_when_no_shift_is_open_or_it_is_anothers_are_refused(desk: Desk) -> None:
    desk.shifts.close_shift(desk.shop.cashier, coins(50_000))
    move = lambda: desk.cash.take_out(desk.shop.cashier, 5, reason="x")  # noqa: E731 - two calls of one thing
    assert code_of(move) == "shift.cannot_open"
    desk.shifts.open_shift(desk.shop.supervisor, coins(50_000))

    assert code_of(move) == "shift.not_yours"


@pytest.mark.parametrize(("role", "moves", "banks"), [("S", True, True), ("C", True, False)])
def test_moves_when_a_role_may(desk: Desk, role: str, *, moves: bool, banks: bool) -> None:
    actor = desk.person(Role(role))

    assert moves
    assert desk.cash.take_out(actor, 5, reason="x").amount_minor == -5
    if banks:
        assert desk.cash.bank(actor, 5, slip_number="7").amount_minor == -5
    else:
        assert code_of(lambda: desk.cash.bank(actor, 5, slip_number="7")) == "permission.denied"


@pytest.mark.parametrize("role", ["F", "A", "U"])
def test_moves_when_a_role_may_not_are_denied(desk: Desk, role: str) -> None:
    actor = desk.person(Role(role))

    assert code_of(lambda: desk.cash.take_out(actor, 5, reason="x")) == "permission.denied"
    assert code_of(lambda: desk.cash.bank(actor, 5, slip_number="7")) == "permission.denied"
