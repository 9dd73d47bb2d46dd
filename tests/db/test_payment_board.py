"""What the counter sees of payments at a glance, and the trail of one sale."""

from pathlib import Path
from uuid import UUID

import pytest

from pos.domain.payment_reports import Outcome
from pos.domain.permissions import Actor, Role
from pos.domain.states import SaleState
from pos.errors import UserError
from pos.services.payment_board import PaymentBoard, pretty_answer
from tests.factories.payments import Counter, cash, make_counter, momo


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    made = make_counter(tmp_path)
    made.momo.is_instant = False
    return made


@pytest.fixture
def board(counter: Counter) -> PaymentBoard:
    return PaymentBoard(counter.shop.units, counter.shop.clock)


def test_board_when_payments_wait_then_the_oldest_first_and_no_more_than_asked_for(
    counter: Counter, board: PaymentBoard
) -> None:
    sales = []
    for n in range(1, 4):
        sales.append(counter.begin(counter.shop.add_meter(n), cash(1000), momo()).sale_id)
        counter.shop.clock.pass_time(seconds=1)
    found = board.read(counter.shop.cashier, limit=2)

    assert found.count == 3 and len(found.waiting) == 2
    row = next(row for row in board.read(counter.shop.cashier).waiting if row.sale_id == sales[0])
    assert (row.tender, row.phone_last3, row.amount_minor) == ("momo", "456", 4000)
    assert not row.is_parked and not row.needs_person


def test_board_when_a_parked_sale_is_delivered_then_ready_until_it_was_seen(
    counter: Counter, board: PaymentBoard
) -> None:
    view = counter.begin(counter.shop.add_meter(1))
    counter.desk.stop_waiting(view.sale_id, counter.shop.cashier)
    counter.desk.resolve(view.parts[0].id, counter.shop.supervisor, outcome=Outcome.SUCCEEDED, reason="slip")
    found = board.read(counter.shop.cashier)

    assert found.count == 0 and [(row.what, row.sale_id) for row in found.ready] == [
        ("delivered", view.sale_id)
    ]
    counter.desk.seen(found.ready[0].key)
    assert board.read(counter.shop.cashier).ready == ()


def test_trail_when_read_then_each_step_once_and_answers_only_for_who_may(
    counter: Counter, board: PaymentBoard
) -> None:
    view = counter.begin(counter.shop.add_meter(1), cash(1000), momo())
    counter.begin(counter.shop.add_meter(2))
    counter.desk.resolve(
        view.parts[1].id, counter.shop.supervisor, outcome=Outcome.FAILED, reason="statement"
    )
    trail = board.trail(counter.shop.cashier, view.sale_id)

    assert [(step.after, step.source) for step in trail.steps] == [
        ("succeeded", "person"),
        ("sent", "reply"),
        ("failed", "person"),
    ]
    assert trail.view.state is SaleState.AWAITING_PAYMENT and trail.answers == ()
    assert board.trail(counter.shop.supervisor, view.sale_id).answers != ()


def test_trail_when_the_sale_is_unknown_or_the_role_has_no_part_in_it_then_refused(
    counter: Counter, board: PaymentBoard
) -> None:
    with pytest.raises(UserError) as caught:
        board.trail(counter.shop.cashier, UUID(int=1))
    assert caught.value.code == "sale.unknown"
    manager = Actor(UUID(int=9), 9, "Denis", Role.FACILITY_MANAGER)
    with pytest.raises(UserError) as caught:
        board.trail(manager, UUID(int=1))
    assert caught.value.code == "permission.denied"


def test_answer_when_no_json_then_as_it_came() -> None:
    assert pretty_answer('{"status":"PENDING"}') == '{\n  "status": "PENDING"\n}'
    assert pretty_answer("<html>") == "<html>"
