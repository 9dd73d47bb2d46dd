"""Payments among the past sales: every step, ask again, a person's word, money back, the trail as PDF."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QLabel

from pos.bootstrap import Till
from pos.domain.permissions import Actor
from pos.domain.states import PaymentState, SaleState
from pos.gateways.base import ByPhone
from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox.scenarios import Order, named_scenario
from pos.services.payment_parts import Part
from pos.services.payment_views import SaleView
from pos.services.sale_values import SaleRequest
from pos.system.ids import new_id
from pos.ui.screens.sales.state import Pane
from pos.ui.screens.sales.view import SalesScreen
from pos.ui.screens.sales.words import meter_text
from tests.fakes.clock import FakeClock
from tests.ui.conftest import PINS, Desktop
from tests.ui.payments import CTRL, KEY, make_clock, payment_till
from tests.ui.test_sell import meters


@pytest.fixture
def clock() -> FakeClock:
    return make_clock()


@pytest.fixture
def sandbox(clock: FakeClock) -> Iterator[Sandbox]:
    with Sandbox(clock=clock) as running:
        yield running


@pytest.fixture
def till(made_shop: Path, tmp_path: Path, clock: FakeClock, sandbox: Sandbox) -> Iterator[Till]:
    shutil.copytree(made_shop, tmp_path / "shop")
    with payment_till(tmp_path / "shop", clock, sandbox) as opened:
        yield opened


def begin(till: Till, sandbox: Sandbox, cashier: Actor, scenario: str, *, cash_minor: int = 0) -> SaleView:
    """A parked sale of 5,000 by phone, or in part by cash, that plays a scenario."""
    found = named_scenario(scenario)
    assert found is not None
    sandbox.core.orders.add(Order(found))
    drn = meters(till, "arrears_minor = 0")[0]
    request = SaleRequest(sale_id=new_id(till.clock.now()), drn=drn, money_minor=5000)
    parts = [Part("momo", pay_by=ByPhone("+250788413412"))]
    if cash_minor:
        parts.insert(0, Part("", cash_minor))
    till.payments.desk.begin(request, parts, cashier)
    return till.payments.desk.stop_waiting(request.sale_id, cashier)


def show(desktop: Desktop, role: str, sale_id: UUID) -> SalesScreen:
    desktop.sign_in(role)
    desktop.window.go("sales", sale=sale_id)
    desktop.settle()
    screen = desktop.screen
    assert isinstance(screen, SalesScreen)
    return screen


def test_payments_when_opened_then_every_step_with_its_time_and_who_said_it(
    desktop: Desktop, open_shift: None, till: Till, people: dict[str, Actor], sandbox: Sandbox
) -> None:
    view = begin(till, sandbox, people["C"], "6")
    screen = show(desktop, "C", view.sale_id)
    desktop.key(KEY.Key_F10)

    state = screen.presenter.state
    assert state.pane is Pane.PAYMENTS and state.shown is not None and state.shown.trail is not None
    steps = [(step.before, step.after, step.source) for step in state.shown.trail.steps]
    assert steps == [("created", "sent", "reply")]
    assert state.shown.trail.answers == (), "a cashier sees no raw answers"
    assert screen.panes.payments.button.hasFocus()
    desktop.key(KEY.Key_Escape)
    assert screen.presenter.state.pane is Pane.SALE


def test_payments_when_asked_again_then_the_sale_is_delivered_and_shown_so(
    desktop: Desktop,
    open_shift: None,
    till: Till,
    people: dict[str, Actor],
    sandbox: Sandbox,
    clock: FakeClock,
) -> None:
    view = begin(till, sandbox, people["C"], "1")
    screen = show(desktop, "C", view.sale_id)
    clock.pass_time(seconds=11)
    sandbox.core.settle()
    desktop.key(KEY.Key_R, CTRL)
    desktop.settle()

    shown = screen.presenter.state.shown
    assert shown is not None and shown.detail.row.state == "delivered" and shown.has_token
    assert shown.trail is not None and [step.after for step in shown.trail.steps] == ["sent", "succeeded"]


def test_answers_when_an_administrator_looks_then_word_by_word(
    desktop: Desktop, open_shift: None, till: Till, people: dict[str, Actor], sandbox: Sandbox
) -> None:
    view = begin(till, sandbox, people["C"], "6")
    till.payments.desk.requery(view.parts[0].id, people["C"])
    screen = show(desktop, "A", view.sale_id)
    desktop.key(KEY.Key_F10)
    pane = screen.panes.payments
    assert pane.raw.isHidden()
    pane.answers.click()
    desktop.settle()

    rolled = pane.area.verticalScrollBar()
    desktop.wait_until(lambda: rolled.value() > 0 or rolled.maximum() == 0)
    top = pane.raw.mapTo(pane.area, QPoint(0, 0)).y()
    assert top < pane.area.height(), "what was asked for is in sight"
    text = pane.raw.toPlainText()
    assert "mtn status" in text and '"status": "PENDING"' in text
    assert "788413412" not in text


def test_resolve_when_no_reason_is_given_then_asked_for_and_with_one_the_token_comes(
    desktop: Desktop, open_shift: None, till: Till, people: dict[str, Actor], sandbox: Sandbox
) -> None:
    view = begin(till, sandbox, people["C"], "6")
    screen = show(desktop, "A", view.sale_id)
    desktop.key(KEY.Key_F10)
    pane = screen.panes.payments
    pane.paid.click()
    desktop.settle()
    assert screen.presenter.state.form.wrong == "reason"
    pane.reason.field.setFocus()
    desktop.type("SMS of the customer")
    pane.paid.click()
    desktop.settle()

    assert till.payments.desk.look(view.sale_id).state is SaleState.DELIVERED
    assert till.verify_books().is_clean


def test_resolve_when_a_cashier_wants_it_then_a_supervisors_pin_is_asked_for(
    desktop: Desktop, open_shift: None, till: Till, people: dict[str, Actor], sandbox: Sandbox
) -> None:
    view = begin(till, sandbox, people["C"], "6")
    screen = show(desktop, "C", view.sale_id)
    desktop.key(KEY.Key_F10)
    pane = screen.panes.payments
    pane.reason.field.setFocus()
    desktop.type("statement")
    pane.failed.click()
    desktop.settle()
    desktop.type(PINS["S"])
    desktop.key(KEY.Key_Return)
    desktop.settle()

    done = till.payments.desk.look(view.sale_id)
    assert (done.state, done.parts[0].state) == (SaleState.FAILED, PaymentState.FAILED)


def test_refund_when_a_supervisor_gives_back_a_part_then_the_sale_ends_and_it_goes_in_one_go(
    desktop: Desktop,
    open_shift: None,
    till: Till,
    people: dict[str, Actor],
    sandbox: Sandbox,
    clock: FakeClock,
) -> None:
    view = begin(till, sandbox, people["C"], "refused", cash_minor=2000)
    clock.pass_time(seconds=6)
    sandbox.core.settle()
    till.payments.run_due()
    assert till.payments.desk.look(view.sale_id).is_refused
    screen = show(desktop, "S", view.sale_id)
    texts = [one.text() for one in screen.panes.sale.findChildren(QLabel)]
    assert "RWF\N{NO-BREAK SPACE}5,000" in texts, "all of it, not what is paid"
    desktop.key(KEY.Key_F7)
    assert screen.presenter.state.pane is Pane.REFUND
    desktop.type("the customer left")
    desktop.key(KEY.Key_Return)
    desktop.settle()

    assert till.payments.desk.look(view.sale_id).state is SaleState.REFUNDED
    assert f"Give back RWF\N{NO-BREAK SPACE}2,000 for meter {meter_text(view.drn)}" in desktop.window.notices
    assert till.payments.desk.announcements() == [], "nothing is due back any more"
    with till.units.read() as connection:
        states = connection.exec_driver_sql("SELECT state, opens_drawer FROM print_job ORDER BY key DESC")
        assert states.first() == ("printed", 1), "the credit note, and the drawer for its cash"
    assert till.verify_books().is_clean


def test_refund_when_a_cashier_gives_back_then_a_supervisor_lets_each_of_the_two_acts_happen(
    desktop: Desktop,
    open_shift: None,
    till: Till,
    people: dict[str, Actor],
    sandbox: Sandbox,
    clock: FakeClock,
) -> None:
    view = begin(till, sandbox, people["C"], "refused", cash_minor=2000)
    clock.pass_time(seconds=6)
    sandbox.core.settle()
    till.payments.run_due()
    show(desktop, "C", view.sale_id)
    for state in (SaleState.REFUND_DUE, SaleState.REFUNDED):
        desktop.key(KEY.Key_F7)
        desktop.type("the customer left")
        desktop.key(KEY.Key_Return)
        desktop.type(PINS["S"])
        desktop.key(KEY.Key_Return)
        assert till.payments.desk.look(view.sale_id).state is state
        desktop.window.go("sales", sale=view.sale_id)
        desktop.settle()

    assert till.verify_books().is_clean


def test_refund_when_the_provider_does_not_tell_then_a_person_says_what_became_of_it(
    desktop: Desktop,
    open_shift: None,
    till: Till,
    people: dict[str, Actor],
    sandbox: Sandbox,
    clock: FakeClock,
) -> None:
    paid, refused, lost = (named_scenario(word) for word in ("paid", "refused", "2"))
    assert paid is not None and refused is not None and lost is not None
    sandbox.core.orders.add(Order(refused, provider="mtn"))
    sandbox.core.orders.add(Order(paid, provider="airtel"))
    request = SaleRequest(
        sale_id=new_id(clock.now()), drn=meters(till, "arrears_minor = 0")[0], money_minor=5000
    )
    parts = [
        Part("momo", 2000, pay_by=ByPhone("+250788413412")),
        Part("airtel", pay_by=ByPhone("+250738123456")),
    ]
    till.payments.desk.begin(request, parts, people["C"])
    for _ in range(8):
        clock.pass_time(seconds=6)
        sandbox.core.settle()
        till.payments.run_due()
    assert till.payments.desk.look(request.sale_id).is_refused
    till.payments.desk.give_up(request.sale_id, people["S"], reason="left")
    sandbox.core.orders.add(Order(lost, provider="airtel"))
    till.payments.refunds.make(request.sale_id, people["S"], reason="left")
    screen = show(desktop, "S", request.sale_id)
    desktop.key(KEY.Key_F10)
    pane = screen.panes.payments
    assert (pane.paid.caption, pane.failed.caption) == ("It was given back", "It was not given back")
    pane.reason.field.setFocus()
    desktop.type("SMS of the customer")
    pane.paid.click()
    desktop.settle()

    assert till.payments.desk.look(request.sale_id).state is SaleState.REFUNDED
    assert till.verify_books().is_clean


def test_pdf_when_saved_then_written_without_the_phone(
    desktop: Desktop, open_shift: None, till: Till, people: dict[str, Actor], sandbox: Sandbox, tmp_path: Path
) -> None:
    view = begin(till, sandbox, people["C"], "6")
    screen = show(desktop, "C", view.sale_id)
    screen.ask_path = lambda _title, name, _kind: tmp_path / name
    desktop.key(KEY.Key_F10)
    screen.panes.payments.pdf.click()
    desktop.settle()

    path = tmp_path / f"payments-{str(view.sale_id)[-12:]}.pdf"
    assert path.read_bytes().startswith(b"%PDF")
    assert b"413412" not in path.read_bytes()


@pytest.mark.parametrize("is_killed_between", [False, True])
def test_refund_when_it_ends_beside_the_window_then_its_credit_note_is_printed_once(
    desktop: Desktop,
    open_shift: None,
    till: Till,
    people: dict[str, Actor],
    sandbox: Sandbox,
    clock: FakeClock,
    *,
    is_killed_between: bool,
) -> None:
    sale_id = under_way_back(till, people, sandbox, clock)
    desktop.sign_in("C")
    desktop.window.paying.wake()
    desktop.settle()
    assert notes(till) == []
    clock.pass_time(seconds=30)
    sandbox.core.settle()
    if is_killed_between:
        till.payments.run_due()
        assert notes(till) == ["waiting"]
    desktop.window.paying.wake()
    desktop.settle()

    assert till.payments.desk.look(sale_id).state is SaleState.REFUNDED
    assert notes(till) == ["printed"]
    assert "A refund was made: its credit note is printed." in desktop.window.notices
    desktop.window.paying.wake()
    desktop.settle()
    assert notes(till) == ["printed"]
    assert till.verify_books().is_clean


def under_way_back(till: Till, people: dict[str, Actor], sandbox: Sandbox, clock: FakeClock) -> UUID:
    """A sale of which one part was refused, given up: the other is on its way back to a phone."""
    paid, refused = named_scenario("paid"), named_scenario("refused")
    assert paid is not None and refused is not None
    sandbox.core.orders.add(Order(paid, provider="mtn"))
    sandbox.core.orders.add(Order(refused, provider="airtel"))
    drn = meters(till, "arrears_minor = 0")[0]
    request = SaleRequest(sale_id=new_id(clock.now()), drn=drn, money_minor=5000)
    parts = [
        Part("momo", 2000, pay_by=ByPhone("+250788413412")),
        Part("airtel", pay_by=ByPhone("+250738123456")),
    ]
    till.payments.desk.begin(request, parts, people["C"])
    for _ in range(8):
        clock.pass_time(seconds=6)
        sandbox.core.settle()
        till.payments.run_due()
    till.payments.desk.give_up(request.sale_id, people["S"], reason="left")
    till.payments.refunds.make(request.sale_id, people["S"], reason="left")
    return request.sale_id


def notes(till: Till) -> list[str]:
    """Where the jobs of credit notes are."""
    with till.units.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT print_job.state FROM print_job JOIN document USING (place) WHERE kind = 'credit_note'"
        )
        return list(found.scalars())
