"""Payments at the counter by keyboard: asked for, waited for, parked, refused, come later."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtTest import QTest

from pos.bootstrap import Till
from pos.config import CUSTOMER_DISPLAY, MESSAGE_FOLDER, SMS_WAY
from pos.domain.fees import FeeRule
from pos.domain.payment_reports import Outcome
from pos.domain.permissions import Actor
from pos.domain.shift import cash_count
from pos.domain.states import PaymentState, SaleState
from pos.gateways.sandbox import Sandbox
from pos.ui.main_window import MainWindow
from pos.ui.screens.help.view import HelpScreen
from pos.ui.screens.sell.state import CASH, SPLIT, Stage
from pos.ui.screens.shift.overview_page import WaitingRow
from pos.ui.style import KilotillStyle
from pos.ui.tasks import TaskRunner
from pos.ui.widgets.text import ElidedLabel
from tests.fakes.clock import FakeClock
from tests.ui.conftest import Desktop
from tests.ui.payments import CTRL, KEY, PHONE, PayDesk, make_clock, payment_till
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


@pytest.fixture
def counter(desktop: Desktop, sandbox: Sandbox, clock: FakeClock, open_shift: None) -> PayDesk:
    """The cashier is signed in, the shift is open, the sandbox answers."""
    desktop.sign_in("C")
    return PayDesk(desktop, sandbox, clock)


@pytest.fixture
def drn(till: Till) -> str:
    return meters(till, "arrears_minor = 0")[0]


def states(counter: PayDesk) -> list[PaymentState]:
    wait = counter.state.wait
    assert wait is not None
    return [part.state for part in wait.view.parts]


def test_phone_when_the_customer_approves_then_the_token_is_shown_and_the_books_balance(
    counter: PayDesk, till: Till, drn: str
) -> None:
    counter.play("1")
    counter.ask_momo(drn)

    shown = counter.screen.trade.wait.shown
    assert shown is not None and shown.title == "Waiting for MTN MoMo"
    assert shown.left_s is not None and shown.left_s > 300
    assert shown.steps[0].title == "Request sent to 0788 413 412"
    counter.go_on(5, times=3)

    paid = counter.state.paid
    assert counter.state.stage is Stage.PAID and paid is not None and len(paid.sale.digits) == 20
    assert paid.change_minor == 0 and paid.print_state == "printed"
    assert counter.screen.search.edit.hasFocus()
    assert till.payment_board.read(counter.desktop.people["C"]).ready == ()
    assert till.verify_books().is_clean


def test_phone_when_the_countdown_runs_then_it_is_drawn_from_the_clock(counter: PayDesk, drn: str) -> None:
    counter.play("6")
    counter.ask_momo(drn)
    counter.go_on(60)

    shown = counter.screen.trade.wait.shown
    assert shown is not None and shown.left_s == 300
    assert counter.screen.trade.wait._left.text() == "5:00"


def test_phone_when_it_is_no_number_then_refused_at_the_field_and_nothing_is_asked(
    counter: PayDesk, sandbox: Sandbox, drn: str
) -> None:
    counter.to_tender(drn)
    counter.key(KEY.Key_2, CTRL)
    counter.desktop.type("07884")
    counter.key(KEY.Key_Return)

    assert counter.state.stage is Stage.TENDER
    assert counter.state.parts[0].tone == "badtext" and counter.state.parts[0].note
    assert counter.screen.trade.money.payer.payer.edit.hasFocus()
    assert sandbox.core.book.newest_first() == []


def test_phone_when_of_another_country_then_said_while_typing(counter: PayDesk, drn: str) -> None:
    counter.to_tender(drn)
    counter.key(KEY.Key_2, CTRL)
    counter.desktop.type("+256772123456")

    assert counter.state.parts[0].note == "MTN MoMo does not work in the country of this number."


def test_phone_when_the_provider_knows_the_payer_then_the_name_stands_there(
    counter: PayDesk, drn: str
) -> None:
    counter.to_tender(drn)
    counter.key(KEY.Key_2, CTRL)
    counter.desktop.type(PHONE)
    counter.desktop.wait_until(lambda: counter.state.parts[0].note == "Sand Box, checked")

    assert counter.state.parts[0].tone == "oktext"


def test_pay_when_pressed_twice_then_asked_once(counter: PayDesk, sandbox: Sandbox, drn: str) -> None:
    counter.play("6", times=2)
    counter.to_tender(drn)
    counter.key(KEY.Key_2, CTRL)
    counter.desktop.type(PHONE)
    for key in (KEY.Key_F8, KEY.Key_F8):
        QTest.keyClick(counter.desktop.focus(), key)
    counter.desktop.settle()

    assert counter.state.stage is Stage.WAITING
    assert len(sandbox.core.book.newest_first()) == 1


def test_split_when_cash_is_typed_then_the_rest_is_exact_and_asked_for(
    counter: PayDesk, till: Till, drn: str
) -> None:
    counter.play("1")
    counter.to_tender(drn, "18500")
    counter.desktop.type("10000")
    counter.key(KEY.Key_4, CTRL)

    tender = counter.screen.presenter.tender
    assert counter.state.way == SPLIT and [part.amount for part in counter.state.parts] == ["10000", ""]
    assert (tender.amount_minor(1), tender.still_minor(), tender.asked_minor()) == (8500, 0, 8500)
    row = counter.screen.trade.money.split.rows[1]
    row.payer.edit.setFocus()
    row.payer.edit.selectAll()
    counter.desktop.type(PHONE)
    counter.key(KEY.Key_Return)
    assert states(counter) == [PaymentState.SUCCEEDED, PaymentState.SENT]
    counter.go_on(5, times=3)

    paid = counter.state.paid
    assert paid is not None and [one["tender"] for one in paid.sale.sale["payments"]] == ["cash", "momo"]
    assert [one["amount_minor"] for one in paid.sale.sale["payments"]] == [10_000, 8500]
    assert till.verify_books().is_clean


def to_split(counter: PayDesk, drn: str, amount: str, *, cash: str) -> None:
    """Type an amount and its cash part, the rest by the first provider."""
    counter.to_tender(drn, amount)
    counter.desktop.type(cash)
    counter.key(KEY.Key_4, CTRL)
    type_payer(counter, PHONE)


NBSP = "\N{NO-BREAK SPACE}"


def type_payer(counter: PayDesk, phone: str) -> None:
    row = counter.screen.trade.money.split.rows[1]
    row.payer.edit.setFocus()
    row.payer.edit.selectAll()
    counter.desktop.type(phone)


def test_split_when_more_cash_is_given_then_the_change_is_told_and_booked(
    counter: PayDesk, till: Till, drn: str, people: dict[str, Actor]
) -> None:
    counter.play("1")
    to_split(counter, drn, "18500", cash="10000")
    split = counter.screen.trade.money.split
    split.rows[0].received.edit.setFocus()
    counter.desktop.type("20000")

    tender = counter.screen.presenter.tender
    assert (tender.still_minor(), tender.asked_minor(), tender.change_minor()) == (0, 8500, 10_000)
    assert split._change.text() == "10,000" and split._change.isVisible()
    counter.key(KEY.Key_Return)
    assert till.status.read().is_drawer_open, "the change is given before the rest has come"
    shown = counter.screen.trade.wait.shown
    assert shown is not None and shown.steps[0].title == "Give RWF\N{NO-BREAK SPACE}10,000 change"
    counter.go_on(5, times=3)

    paid = counter.state.paid
    assert paid is not None and (paid.received_minor, paid.change_minor) == (28_500, 10_000)
    payments = paid.sale.sale["payments"]
    assert [(one["amount_minor"], one["change_minor"]) for one in payments] == [(10_000, 10_000), (8500, 0)]
    report = till.shifts.close_shift(people["S"], cash_count([(5000, 12)]))
    assert report.compared is not None and report.cash is not None
    assert (report.cash.taken_minor, report.cash.change_minor) == (10_000, 10_000)
    assert (report.compared.expected_minor, report.compared.difference_minor) == (60_000, 0)
    assert till.verify_books().is_clean


def test_split_when_less_cash_is_given_than_its_part_then_refused_and_nothing_is_asked(
    counter: PayDesk, sandbox: Sandbox, drn: str
) -> None:
    to_split(counter, drn, "18500", cash="10000")
    counter.screen.trade.money.split.rows[0].received.edit.setFocus()
    counter.desktop.type("9000")
    counter.key(KEY.Key_Return)

    assert counter.state.stage is Stage.TENDER
    assert counter.state.tender_problem == "That is less than the cash part."
    assert sandbox.core.book.newest_first() == []


def test_split_when_all_parts_are_cash_then_sold_at_once_with_the_change_of_all(
    counter: PayDesk, drn: str
) -> None:
    to_split(counter, drn, "18500", cash="10000")
    counter.key(KEY.Key_1, CTRL)
    counter.screen.trade.money.split.rows[1].received.edit.setFocus()
    counter.desktop.type("9000")
    counter.key(KEY.Key_F8)

    paid = counter.state.paid
    assert paid is not None, counter.state.tender_problem
    assert (paid.received_minor, paid.change_minor) == (19_000, 500)


def fee_rule(
    till: Till, people: dict[str, Actor], tender: str, *, ppm: int = 0, fixed_minor: int = 0
) -> None:
    rule = FeeRule(
        code=f"fee_{tender}",
        version=1,
        provider=tender,
        currency="RWF",
        valid_from=till.clock.now(),
        percent_ppm=ppm,
        fixed_minor=fixed_minor,
    )
    till.payments.fees.add(people["A"], rule)


def fees_shown(counter: PayDesk) -> list[int]:
    price = counter.state.price
    assert price is not None
    return [row.amount_minor for row in price.rows if row.is_fee]


def test_split_when_its_amounts_change_then_the_fee_is_of_what_the_provider_takes(
    counter: PayDesk, till: Till, people: dict[str, Actor], drn: str
) -> None:
    fee_rule(till, people, "momo", ppm=10_000)
    to_split(counter, drn, "18500", cash="10000")
    assert fees_shown(counter) == [85]
    counter.screen.trade.money.split.rows[0].amount.edit.setFocus()
    counter.screen.trade.money.split.rows[0].amount.edit.selectAll()
    counter.desktop.type("3500")

    assert fees_shown(counter) == [150]


def test_rest_when_another_provider_pays_it_then_its_fee_is_shown_before_and_booked(
    counter: PayDesk, till: Till, people: dict[str, Actor], drn: str
) -> None:
    fee_rule(till, people, "momo", fixed_minor=100)
    fee_rule(till, people, "airtel", ppm=20_000)
    counter.play("refused")
    to_split(counter, drn, "18500", cash="10000")
    assert fees_shown(counter) == [100]
    counter.key(KEY.Key_Return)
    counter.go_on(6, times=2)
    counter.key(KEY.Key_Return)
    assert (counter.state.money_minor, fees_shown(counter)) == (8500, [100]), "the same provider again"
    counter.key(KEY.Key_1, CTRL)
    assert (counter.state.money_minor, fees_shown(counter)) == (8500, []), "cash costs nothing"
    counter.key(KEY.Key_3, CTRL)
    assert (counter.state.money_minor, fees_shown(counter)) == (8500, [170])
    counter.play("1")
    counter.desktop.type("0730000012")
    counter.key(KEY.Key_Return)
    counter.go_on(5, times=4)

    paid = counter.state.paid
    assert paid is not None, counter.state.tender_problem
    fees = [line for line in paid.sale.item["lines"] if line["kind"] == "fee"]
    assert [(line["code"], line["amount_minor"]) for line in fees] == [("fee_airtel", 170)]
    assert [row.amount_minor for row in paid.view.rows if row.is_fee] == [170]
    assert [one["amount_minor"] for one in paid.sale.sale["payments"]] == [10_000, 8500]
    assert till.verify_books().is_clean


def test_rest_of_a_sale_by_units_when_its_provider_has_a_fee_then_that_much_more_is_asked(
    counter: PayDesk, till: Till, people: dict[str, Actor], drn: str
) -> None:
    fee_rule(till, people, "airtel", fixed_minor=200)
    counter.play("refused")
    counter.desktop.type(drn)
    for key in (KEY.Key_Return, KEY.Key_Return, KEY.Key_Tab):
        counter.key(key)
    counter.desktop.type("20")
    counter.key(KEY.Key_Return)
    money_minor = counter.state.money_minor
    assert money_minor is not None
    counter.desktop.type("1000")
    counter.key(KEY.Key_4, CTRL)
    type_payer(counter, PHONE)
    counter.key(KEY.Key_Return)
    counter.go_on(6, times=2)
    counter.key(KEY.Key_Return)
    counter.key(KEY.Key_3, CTRL)
    assert counter.state.money_minor == money_minor - 1000 + 200
    counter.play("1")
    counter.desktop.type("0730000012")
    counter.key(KEY.Key_Return)
    counter.go_on(5, times=4)

    paid = counter.state.paid
    assert paid is not None, counter.state.tender_problem
    assert [one["amount_minor"] for one in paid.sale.sale["payments"]] == [1000, money_minor - 1000 + 200]
    assert till.verify_books().is_clean


def test_split_when_the_parts_are_not_the_price_then_says_how_much_is_missing(
    counter: PayDesk, sandbox: Sandbox, drn: str
) -> None:
    counter.to_tender(drn, "18500")
    counter.desktop.type("10000")
    counter.key(KEY.Key_4, CTRL)
    counter.screen.trade.money.split.rows[1].amount.edit.setFocus()
    counter.desktop.type("8000")
    counter.key(KEY.Key_Return)

    assert counter.state.stage is Stage.TENDER
    assert counter.state.tender_problem.replace("\N{NO-BREAK SPACE}", " ") == "RWF 500 is not covered yet."
    assert sandbox.core.book.newest_first() == []


def test_split_when_another_part_is_added_then_it_takes_a_way_that_has_none(
    counter: PayDesk, drn: str
) -> None:
    counter.to_tender(drn, "18500")
    counter.desktop.type("10000")
    counter.key(KEY.Key_4, CTRL)
    counter.key(KEY.Key_Plus, CTRL)

    assert [part.code for part in counter.state.parts] == [CASH, "mtn_momo", "airtel_money"]
    assert [part.amount for part in counter.state.parts] == ["10000", "8500", ""]
    assert counter.state.tender_problem == ""


def test_split_when_a_part_is_refused_then_cash_stays_and_the_rest_is_asked_again(
    counter: PayDesk, till: Till, drn: str
) -> None:
    counter.play("refused")
    counter.to_tender(drn, "18500")
    counter.desktop.type("10000")
    counter.key(KEY.Key_4, CTRL)
    row = counter.screen.trade.money.split.rows[1]
    row.payer.edit.setFocus()
    row.payer.edit.selectAll()
    counter.desktop.type(PHONE)
    counter.key(KEY.Key_Return)
    counter.go_on(6, times=2)

    shown = counter.screen.trade.wait.shown
    assert shown is not None and shown.main == "Ask for the rest"
    counter.key(KEY.Key_Return)
    assert counter.state.stage is Stage.TENDER and counter.state.rest is not None
    assert counter.state.money_minor == 8500
    counter.key(KEY.Key_1, CTRL)
    counter.key(KEY.Key_Return)
    counter.desktop.settle()

    paid = counter.state.paid
    assert paid is not None, counter.state.tender_problem
    assert [one["tender"] for one in paid.sale.sale["payments"]] == ["cash", "cash"]
    assert till.verify_books().is_clean


@pytest.mark.parametrize(
    ("scenario", "why"),
    [
        ("refused", "The payer refused."),
        ("no-money", "The payer has not enough money."),
        ("expired", "The payer did not approve in time."),
    ],
)
def test_phone_when_not_paid_then_says_why_and_enter_asks_again_in_a_new_sale(
    counter: PayDesk, till: Till, drn: str, scenario: str, why: str
) -> None:
    counter.play(scenario)
    counter.ask_momo(drn)
    first = counter.state.sale_id
    counter.go_on(6, times=2)

    shown = counter.screen.trade.wait.shown
    assert shown is not None and (shown.kind, dict(shown.rows)["Why"]) == ("bad", why)
    assert dict(shown.rows)["Money"] == "Nothing was taken."
    counter.key(KEY.Key_Return)
    assert counter.state.stage is Stage.TENDER and counter.state.sale_id != first
    counter.play("1")
    counter.key(KEY.Key_Return)
    counter.go_on(5, times=3)

    assert counter.state.stage is Stage.PAID
    assert till.verify_books().is_clean


def test_phone_when_nobody_knows_then_it_waits_and_never_sends_anew(
    counter: PayDesk, sandbox: Sandbox, till: Till, drn: str
) -> None:
    counter.play("8")
    counter.ask_momo(drn)

    shown = counter.screen.trade.wait.shown
    assert shown is not None
    if states(counter) == [PaymentState.UNKNOWN]:
        assert shown.title.startswith("We are asking MTN MoMo about")
        assert dict(shown.rows)["Tell them"].startswith("“Your payment is being checked.")
    counter.key(KEY.Key_R, CTRL)
    counter.go_on(6, times=3)

    assert counter.state.stage is Stage.PAID
    assert len(sandbox.core.book.newest_first()) == 1


def test_phone_when_the_amount_differs_then_nothing_is_given_and_a_person_is_called(
    counter: PayDesk, till: Till, drn: str
) -> None:
    counter.play("14")
    counter.ask_momo(drn)
    counter.go_on(6, times=3)

    shown = counter.screen.trade.wait.shown
    assert shown is not None and shown.kind == "warn"
    assert dict(shown.rows)["Token"] == "None. A supervisor looks at the payment first."
    counter.key(KEY.Key_Return)
    row = counter.state.board.waiting[0]
    assert counter.state.stage is Stage.IDLE and row.needs_person

    window = counter.desktop.window
    window.go("shift")
    counter.desktop.settle()
    (shift_row,) = [one for one in window.findChildren(WaitingRow) if one.isVisible()]
    said = [one.text() for one in shift_row.findChildren(ElidedLabel)]
    assert said[1:] == [
        "MTN MoMo · held, a person is needed · Aline",
        "The provider names another amount.",
    ]


def test_next_customer_when_served_then_the_token_is_announced_and_ctrl_j_hands_it_over(
    counter: PayDesk, till: Till
) -> None:
    first, second = meters(till, "arrears_minor = 0", count=2)
    counter.play("1")
    counter.ask_momo(first)
    counter.key(KEY.Key_Return)
    assert counter.state.stage is Stage.IDLE
    assert [row.drn for row in counter.state.board.waiting] == [first] and counter.state.board.count == 1
    counter.to_tender(second)
    counter.go_on(5, times=3)

    assert counter.state.stage is Stage.TENDER, "the next customer is not disturbed"
    window = counter.desktop.window
    owner = till.counter.card(counter.desktop.people["C"], first).meter.name
    assert owner and window.notices[0] == f"Token for {owner} is ready."
    assert {item.key: item.count for item in window.rail.items()}["sell"] >= 1
    counter.key(KEY.Key_Escape)
    counter.key(KEY.Key_J, CTRL)

    paid = counter.state.paid
    assert counter.state.stage is Stage.PAID and paid is not None and paid.sale.row.drn == first
    assert paid.print_state == "printed"
    assert counter.state.board.ready == () and window.paying.ready == ()
    assert till.verify_books().is_clean


def test_waiting_when_a_letter_is_typed_then_the_sale_is_parked_and_the_search_has_it(
    counter: PayDesk, drn: str
) -> None:
    counter.play("6")
    counter.ask_momo(drn)
    counter.desktop.type("ali")

    assert counter.screen.search.text() == "ali"
    assert counter.state.board.count == 1 and counter.state.board.waiting[0].is_parked


def test_waiting_when_stopped_then_no_cancel_goes_out_and_it_may_still_come(
    counter: PayDesk, till: Till, drn: str
) -> None:
    counter.play("1")
    counter.ask_momo(drn)
    counter.key(KEY.Key_Delete, CTRL)
    assert counter.state.stage is Stage.IDLE
    counter.go_on(5, times=3)

    assert [row.what for row in counter.state.board.ready] == ["delivered"]
    assert counter.screen.idle._last_badge.text() == "Ready", "it is not printed before somebody takes it up"


def test_waiting_list_when_a_part_was_refused_then_says_what_is_still_to_pay(
    counter: PayDesk, drn: str
) -> None:
    counter.play("refused")
    to_split(counter, drn, "18500", cash="10000")
    counter.key(KEY.Key_Return)
    counter.go_on(6, times=2)
    counter.key(KEY.Key_Delete, CTRL)

    (row,) = counter.screen.idle.waiting.rows
    assert row.texts[1:3] == ("8,500", "Still to pay")
    assert counter.desktop.window.notices[-1] == f"RWF{NBSP}8,500 is still to pay"


def test_waiting_list_when_time_passes_then_ages_grow_and_what_needs_a_person_says_so(
    counter: PayDesk, drn: str
) -> None:
    counter.play("6")
    counter.ask_momo(drn)
    counter.key(KEY.Key_Return)
    assert counter.screen.idle.waiting.rows[0].texts[3] == f"asked 0{NBSP}s ago"
    counter.clock.pass_time(seconds=20)
    counter.desktop.window._tick()
    counter.desktop.settle()
    assert counter.screen.idle.waiting.rows[0].texts[3] == f"asked 20{NBSP}s ago"
    for _ in range(2):
        counter.clock.pass_time(seconds=3700)
        counter.desktop.window.paying.wake()
        counter.desktop.settle()
    counter.desktop.window._tick()
    counter.desktop.settle()

    assert counter.screen.idle.waiting.rows[0].texts[2] == "A person is needed"


def test_waiting_list_when_ctrl_r_is_pressed_then_the_oldest_is_taken_up_and_arrows_go_on(
    counter: PayDesk, till: Till
) -> None:
    first, second = meters(till, "arrears_minor = 0", count=2)
    counter.play("6", times=2)
    for one in (first, second):
        counter.ask_momo(one)
        counter.key(KEY.Key_Return)
        counter.clock.pass_time(seconds=1)

    counter.key(KEY.Key_R, CTRL)
    card = counter.state.card
    assert counter.state.stage is Stage.WAITING and card is not None and card.meter.drn == first
    assert counter.state.price is not None and counter.state.price.money_minor == 5000
    counter.key(KEY.Key_Down)
    card = counter.state.card
    assert card is not None and card.meter.drn == second


def test_sms_when_a_token_is_ready_then_it_goes_to_the_payer_once_and_says_so(
    counter: PayDesk, till: Till, drn: str, people: dict[str, Actor], tmp_path: Path
) -> None:
    till.settings.change(people["A"], MESSAGE_FOLDER, value=str(tmp_path / "sms"), reason="test")
    counter.play("1")
    counter.ask_momo(drn)
    counter.key(KEY.Key_Return)
    counter.go_on(5, times=3)
    counter.key(KEY.Key_J, CTRL)
    page = counter.screen.paid
    assert page._send is not None and not page._send.isEnabled()
    assert page._trouble.text() == "No SMS set up"
    assert page._send.toolTip() == "No SMS service is set up: see Settings, Messages."

    till.settings.change(people["A"], SMS_WAY, value="file", reason="test")
    counter.screen.presenter.after.read_text()
    counter.desktop.settle()
    assert page._send.isEnabled() and page._send.caption == f"SMS ··· {PHONE[-3:]}"
    for _ in range(2):
        page._send.click()
    counter.desktop.settle()
    counter.screen.presenter.after.read_text()
    counter.desktop.settle()

    paid = counter.state.paid
    (file,) = (tmp_path / "sms").iterdir()
    address, _, _, text = file.read_text(encoding="utf-8").split("\n", 3)
    assert paid is not None and address == "+25" + PHONE
    assert paid.sale.digits in text.replace(" ", "")
    assert page._trouble.text().startswith("SMS sent") and not page._send.isEnabled()
    assert till.verify_books().is_clean


def test_help_when_f1_is_pressed_while_waiting_then_it_is_about_payments_and_the_sale_is_not_lost(
    counter: PayDesk, drn: str
) -> None:
    counter.play("6")
    counter.ask_momo(drn)
    counter.key(KEY.Key_F1)

    screen = counter.desktop.screen
    assert isinstance(screen, HelpScreen) and screen.presenter.state.topic == "payments"
    counter.key(KEY.Key_Escape)
    assert [row.drn for row in counter.state.board.waiting] == [drn]
    assert counter.state.stage is Stage.WAITING
    counter.key(KEY.Key_Escape)
    counter.key(KEY.Key_F1)
    assert isinstance(counter.desktop.screen, HelpScreen)
    assert counter.desktop.screen.presenter.state.topic == "sell"


def test_failure_when_parked_then_announced_and_shown_among_the_sales(
    counter: PayDesk, till: Till, drn: str
) -> None:
    counter.play("refused")
    counter.ask_momo(drn)
    counter.key(KEY.Key_Return)
    counter.go_on(6, times=2)

    assert counter.state.board.ready[0].what == "failed"
    counter.key(KEY.Key_J, CTRL)
    assert counter.desktop.window._place == "sales"
    assert till.payments.desk.announcements() == []


def test_payment_when_the_till_stopped_meanwhile_then_the_token_comes_in_a_new_shift(
    counter: PayDesk, till: Till, drn: str, people: dict[str, Actor]
) -> None:
    counter.play("1")
    counter.ask_momo(drn)
    assert counter.state.wait is not None
    sale_id = counter.state.wait.view.sale_id
    till.payments.desk.take_up()
    counter.key(KEY.Key_Return)
    till.shifts.close_shift(people["S"], cash_count([(5000, 10)]))
    counter.go_on(5, times=3)
    assert till.payments.desk.look(sale_id).state is SaleState.AWAITING_PAYMENT, "no shift is open"
    counter.desktop.window.go("shift")
    counter.desktop.settle()
    counter.desktop.type("10")
    counter.key(KEY.Key_F8)
    counter.desktop.settle()
    counter.go_on(1)

    assert [row.what for row in till.payment_board.read(people["C"]).ready] == ["delivered"]
    counter.key(KEY.Key_J, CTRL)
    assert counter.state.paid is not None and counter.state.paid.sale.row.sale_id == sale_id


def test_shift_when_closed_over_a_payment_then_a_line_of_its_own_with_owner_and_age(
    counter: PayDesk, till: Till, drn: str, people: dict[str, Actor]
) -> None:
    counter.play("6")
    counter.ask_momo(drn)
    counter.key(KEY.Key_Return)
    counter.clock.pass_time(minutes=22)
    window = counter.desktop.window
    window.go("shift")
    counter.desktop.settle()
    name = till.counter.card(people["C"], drn).meter.name
    rows = [row for row in window.findChildren(WaitingRow) if row.isVisible()]
    assert len(rows) == 1
    report = till.shifts.close_shift(people["S"], cash_count([(5000, 10)]))
    opened = till.shifts.open_shift(people["C"], cash_count([(5000, 10)]))

    (line,) = report.unresolved
    assert (line.owner, line.amount_minor, line.tender) == (people["C"].name, 5000, "momo")
    assert line.age_seconds(report.at) >= 22 * 60
    assert [one.sale_id for one in opened.waiting] == [line.sale_id]
    now = till.shift_desk.now(people["C"])
    assert now.customers[line.sale_id] == name


def test_look_when_it_changes_while_a_payment_is_waited_for_then_the_wait_goes_on(
    counter: PayDesk, drn: str
) -> None:
    counter.play("1")
    counter.ask_momo(drn)
    window = counter.desktop.window
    window.set_preferences(replace(window.preferences, theme="dark"))
    counter.desktop.settle()

    assert counter.state.stage is Stage.WAITING
    counter.go_on(5, times=3)
    assert counter.state.stage is Stage.PAID


def test_fee_when_a_rule_is_there_then_its_line_stands_before_anything_is_asked(
    counter: PayDesk, till: Till, people: dict[str, Actor], drn: str
) -> None:
    rule = FeeRule(
        code="fee_momo",
        version=1,
        provider="momo",
        currency="RWF",
        valid_from=till.clock.now(),
        percent_ppm=0,
        fixed_minor=100,
    )
    till.payments.fees.add(people["A"], rule)
    counter.to_tender(drn)
    counter.key(KEY.Key_2, CTRL)

    price = counter.state.price
    assert price is not None and [row.amount_minor for row in price.rows if row.is_fee] == [100]
    assert price.money_minor == 5000
    assert "RWF\N{NO-BREAK SPACE}100" in counter.screen.trade.money.payer._fee.text()
    counter.key(KEY.Key_Escape)
    price = counter.state.price
    assert price is not None and not any(row.is_fee for row in price.rows)


def test_escape_when_a_provider_is_chosen_then_back_to_cash_and_then_to_the_amount(
    counter: PayDesk, drn: str
) -> None:
    counter.to_tender(drn)
    counter.key(KEY.Key_3, CTRL)
    assert counter.state.way == "airtel_money"
    counter.key(KEY.Key_Escape)
    assert (counter.state.stage, counter.state.way) == (Stage.TENDER, CASH)
    counter.key(KEY.Key_Escape)
    assert counter.state.stage is Stage.AMOUNT


def test_cash_when_providers_are_offered_then_still_four_enters_and_two_numbers(
    counter: PayDesk, drn: str
) -> None:
    for number in (drn, "", "5000", ""):
        if number:
            counter.desktop.type(number)
        counter.key(KEY.Key_Return)

    assert counter.state.stage is Stage.PAID


def test_customer_display_when_asked_then_says_to_approve_on_the_phone(
    counter: PayDesk, till: Till, people: dict[str, Actor], drn: str
) -> None:
    till.settings.change(people["A"], CUSTOMER_DISPLAY, value=True, reason="test")
    counter.desktop.window.settings_changed()
    counter.desktop.settle()
    counter.play("6")
    counter.ask_momo(drn)

    customer = counter.desktop.window._customer
    assert customer is not None and customer.said[1] == "Approve the payment on your phone"


def test_resolve_when_a_supervisor_says_paid_then_the_token_comes(
    counter: PayDesk, till: Till, people: dict[str, Actor], drn: str
) -> None:
    counter.play("6")
    counter.ask_momo(drn)
    assert counter.state.wait is not None
    payment_id = counter.state.wait.view.parts[0].id
    till.payments.desk.resolve(payment_id, people["A"], outcome=Outcome.SUCCEEDED, reason="seen on the slip")
    counter.go_on(1)

    assert counter.state.stage is Stage.PAID


def test_window_when_opened_anew_then_what_is_ready_is_told_again(
    counter: PayDesk, till: Till, drn: str, style: KilotillStyle, people: dict[str, Actor]
) -> None:
    counter.play("1")
    counter.ask_momo(drn)
    counter.key(KEY.Key_Return)
    counter.clock.pass_time(seconds=11)
    counter.sandbox.core.settle()
    till.payments.run_due()
    tasks = TaskRunner()
    window = MainWindow(till, tasks, style)
    window.has_resumed = True
    window.sign_in_as(people["C"])
    window.paying.wake()
    another = Desktop(window, people)
    another.settle()

    owner = till.counter.card(people["C"], drn).meter.name
    assert owner and window.notices[0] == f"Token for {owner} is ready."
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
