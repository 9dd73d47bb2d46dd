"""The Sell screen by keyboard: the flow of a sale, its errors, and what stands beside it."""

import json
from itertools import count
from uuid import uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from pos.bootstrap import Till
from pos.config import DUPLICATE_LIMIT_MINOR
from pos.domain.permissions import Actor
from pos.services.sale_values import SaleKind
from pos.tokens.numbers import make_drn
from pos.ui.keymap import Act
from pos.ui.screens.sell.state import SellState, Stage
from pos.ui.screens.sell.view import SellScreen
from tests.ui.conftest import PINS, Desktop

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def screen(desktop: Desktop) -> SellScreen:
    assert isinstance(desktop.screen, SellScreen)
    return desktop.screen


def state(desktop: Desktop) -> SellState:
    return screen(desktop).presenter.state


@pytest.fixture
def selling(desktop: Desktop, open_shift: None) -> Desktop:
    """The cashier is signed in and the shift is open."""
    desktop.sign_in("C")
    return desktop


def meters(till: Till, condition: str = "1", *, count: int = 1) -> list[str]:
    """Active household meters that nobody has sold to yet."""
    with till.units.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT drn FROM meter WHERE status = 'active' AND service = 0 AND institution IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM sale_item WHERE meter_key = meter.key) "
            f"AND {condition} ORDER BY key LIMIT ?",
            (count,),
        )
        return [row[0] for row in rows]


@pytest.fixture
def drn(till: Till) -> str:
    return meters(till, "arrears_minor = 0")[0]


def to_amount(desktop: Desktop, drn: str) -> None:
    desktop.type(drn)
    desktop.key(KEY.Key_Return)
    desktop.key(KEY.Key_Return)
    assert state(desktop).stage is Stage.AMOUNT


def sell(desktop: Desktop, drn: str, amount: str = "5000") -> None:
    to_amount(desktop, drn)
    desktop.type(amount)
    desktop.key(KEY.Key_Return)
    desktop.key(KEY.Key_Return)
    assert state(desktop).stage is Stage.PAID


def test_known_meter_when_paid_exactly_then_four_enters_and_two_numbers(
    selling: Desktop, till: Till, drn: str
) -> None:
    stages = []
    for number in (drn, "", "5000", ""):
        if number:
            selling.type(number)
        selling.key(KEY.Key_Return)
        stages.append(state(selling).stage)

    assert stages == [Stage.CONFIRM, Stage.AMOUNT, Stage.TENDER, Stage.PAID]
    paid = state(selling).paid
    assert paid is not None and len(paid.sale.digits) == 20
    assert paid.change_minor == 0
    assert paid.print_state == "printed" and paid.shown_at is not None
    assert screen(selling).search.edit.hasFocus()
    assert till.verify_books().is_clean


def test_change_when_a_note_is_typed_then_counted_out_and_shown(selling: Desktop, drn: str) -> None:
    to_amount(selling, drn)
    selling.type("3500")
    selling.key(KEY.Key_Return)
    selling.type("5000")
    selling.key(KEY.Key_Return)

    assert state(selling).paid is not None
    assert screen(selling).paid.change.text() == "1,500"


def test_tender_when_less_than_the_price_then_refused_at_the_field(selling: Desktop, drn: str) -> None:
    to_amount(selling, drn)
    selling.type("3500")
    selling.key(KEY.Key_Return)
    selling.type("3000")
    selling.key(KEY.Key_Return)

    assert state(selling).stage is Stage.TENDER
    assert state(selling).tender_problem
    assert screen(selling).trade.money.received.edit.hasFocus()


def test_pay_when_pressed_twice_then_sold_once(selling: Desktop, till: Till, drn: str) -> None:
    to_amount(selling, drn)
    selling.type("5000")
    selling.key(KEY.Key_Return)
    before = _count(till, "sale")

    QTest.keyClick(selling.focus(), KEY.Key_F8)
    QTest.keyClick(selling.focus(), KEY.Key_F8)
    QTest.keyClick(selling.focus(), KEY.Key_Return)
    selling.settle()

    assert _count(till, "sale") == before + 1


def _count(till: Till, table: str) -> int:
    with till.units.read() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def test_next_customer_when_typed_then_the_paid_page_goes(selling: Desktop, till: Till) -> None:
    first, second = meters(till, "arrears_minor = 0", count=2)
    sell(selling, first)

    selling.type(second)
    assert state(selling).stage is Stage.RESULTS
    selling.key(KEY.Key_Return)

    card = state(selling).card
    assert state(selling).stage is Stage.CONFIRM and card is not None and card.meter.drn == second


def test_search_when_last_digits_are_typed_then_arrows_choose(selling: Desktop, drn: str) -> None:
    selling.type(drn[-4:])
    assert drn in {row.drn for row in state(selling).results}
    selling.key(KEY.Key_Down)
    chosen = state(selling).chosen_result
    selling.key(KEY.Key_Return)

    card = state(selling).card
    assert chosen is not None and card is not None and card.meter.drn == chosen.drn


def test_search_when_nothing_is_found_then_says_so(selling: Desktop) -> None:
    selling.type("zzzqqq")
    selling.wait_until(lambda: state(selling).stage is Stage.RESULTS)

    assert state(selling).results == ()


def test_letters_when_the_amount_has_the_focus_then_go_to_the_search(selling: Desktop, drn: str) -> None:
    to_amount(selling, drn)
    selling.type("5000")
    selling.type("x")

    assert screen(selling).search.edit.hasFocus()
    assert screen(selling).search.text() == "x"
    assert len(state(selling).drafts) == 1 or till_drafts(selling) == 1


def till_drafts(desktop: Desktop) -> int:
    return len(desktop.window.desk.drafts.list(desktop.people["C"]))


def test_number_when_two_digits_are_swapped_then_the_right_one_is_offered(
    selling: Desktop, till: Till
) -> None:
    drn = next(one for one in meters(till, count=50) if one[-1] != one[-2])
    selling.type(drn[:-2] + drn[-1] + drn[-2])
    selling.key(KEY.Key_Return)

    problem = state(selling).search_problem
    assert problem is not None and problem.offer == drn and problem.code == "meter.check_digit"
    selling.key(KEY.Key_Return)
    card = state(selling).card
    assert card is not None and card.meter.drn == drn


def test_amount_when_below_the_smallest_sale_then_refused_at_the_field(selling: Desktop, drn: str) -> None:
    to_amount(selling, drn)
    selling.type("1")
    selling.key(KEY.Key_Return)

    assert state(selling).stage is Stage.AMOUNT
    assert state(selling).amount_problem


def test_units_when_tab_is_pressed_then_the_money_follows(selling: Desktop, drn: str) -> None:
    to_amount(selling, drn)
    selling.key(KEY.Key_Tab)
    selling.type("12.5")

    price = state(selling).price
    assert state(selling).is_by_units and price is not None
    assert price.token_milli >= 12_500
    assert state(selling).amount


def test_trial_when_on_then_enter_sells_nothing(selling: Desktop, drn: str) -> None:
    to_amount(selling, drn)
    selling.type("5000")
    selling.key(KEY.Key_F3)
    selling.key(KEY.Key_Return)

    assert state(selling).stage is Stage.AMOUNT and state(selling).price is not None
    pay = screen(selling).trade.money.pay
    assert not pay.isEnabled() and pay.accessibleName() == "Trial only, F3"
    selling.key(KEY.Key_F3)
    assert pay.isEnabled() and pay.accessibleName() == "Pay, F8"


def test_arrears_when_only_the_debt_is_paid_then_no_token(selling: Desktop, till: Till) -> None:
    drn = meters(till, "arrears_minor > 600")[0]
    to_amount(selling, drn)
    selling.key(KEY.Key_D, CTRL)
    assert state(selling).kind is SaleKind.ARREARS
    selling.type("500")
    selling.key(KEY.Key_Return)
    selling.key(KEY.Key_Return)

    paid = state(selling).paid
    assert paid is not None and paid.sale.digits == ""
    assert till.verify_books().is_clean


def test_guard_when_the_meter_bought_a_moment_ago_then_r_reprints_the_same_token(
    selling: Desktop, till: Till, drn: str
) -> None:
    sell(selling, drn)
    paid = state(selling).paid
    assert paid is not None
    before = _count(till, "sale")
    selling.type(drn)
    selling.key(KEY.Key_Return)
    selling.key(KEY.Key_Return)
    guard = state(selling).guard
    assert state(selling).stage is Stage.GUARD and guard is not None and guard.digits == paid.sale.digits

    selling.type("r")

    copies = till.reprints.copies(paid.sale.row.sale_id, selling.people["C"])
    assert [copy.copy for copy in copies] == [0, 1]
    assert _count(till, "sale") == before


def test_guard_when_another_is_wanted_above_the_limit_then_a_supervisor_allows_it_in_place(
    selling: Desktop, till: Till, people: dict[str, Actor], drn: str
) -> None:
    till.settings.change(people["A"], DUPLICATE_LIMIT_MINOR, value=1000, reason="test")
    till.reload_settings()
    sell(selling, drn)
    selling.type(drn)
    selling.key(KEY.Key_Return)
    selling.key(KEY.Key_Return)
    selling.type("s")
    selling.type("5000")
    selling.key(KEY.Key_Return)
    selling.key(KEY.Key_Return)
    panel = selling.window._panel
    assert panel is not None, "the PIN is asked for"

    selling.type("000000")
    selling.key(KEY.Key_Return)
    assert selling.window._panel is panel, "a wrong PIN keeps asking"

    assert not selling.window.do_act(Act.MAIN), "nothing of the screen is reachable meanwhile"
    selling.key(KEY.Key_Escape)
    assert state(selling).stage is Stage.TENDER and not state(selling).is_paying


def test_guard_when_a_supervisor_types_the_pin_then_sold(
    selling: Desktop, till: Till, people: dict[str, Actor], drn: str
) -> None:
    till.settings.change(people["A"], DUPLICATE_LIMIT_MINOR, value=1000, reason="test")
    till.reload_settings()
    sell(selling, drn)
    selling.type(drn)
    selling.key(KEY.Key_Return)
    selling.key(KEY.Key_Return)
    selling.type("s")
    selling.type("5000")
    selling.key(KEY.Key_Return)
    selling.key(KEY.Key_Return)
    selling.type(PINS["S"])
    selling.key(KEY.Key_Return)

    assert state(selling).stage is Stage.PAID
    assert till.verify_books().is_clean


def test_unknown_meter_when_a_reason_is_given_then_a_supervisor_allows_the_sale(
    selling: Desktop, till: Till
) -> None:
    drn = str(make_drn("04", "99887766"))
    selling.type(drn)
    selling.key(KEY.Key_Return)
    assert state(selling).stage is Stage.UNKNOWN
    selling.key(KEY.Key_Return)
    unknown = state(selling).unknown
    assert unknown is not None and unknown.problem, "a reason is asked for"

    screen(selling).unknown.reason.setFocus()
    selling.type("new connection")
    selling.key(KEY.Key_Return)
    selling.type(PINS["S"])
    selling.key(KEY.Key_Return)

    card = state(selling).card
    assert state(selling).stage is Stage.CONFIRM and card is not None and card.meter.drn == drn


def test_meter_of_head_office_when_its_group_is_not_here_then_nobody_is_offered_to_add_it(
    selling: Desktop, till: Till
) -> None:
    drn = str(make_drn("04", "99887766"))
    body = json.dumps({"id": str(uuid4()), "drn": drn, "sgc": "999888"})
    with till.units.write() as unit:
        unit.connection.exec_driver_sql(
            "INSERT INTO office_record (resource, id, body, round) VALUES ('meters', 'a', ?, 1)", (body,)
        )

    selling.type(drn)
    selling.key(KEY.Key_Return)

    problem = state(selling).search_problem
    assert state(selling).stage is Stage.IDLE and problem is not None
    assert (problem.code, problem.offer) == ("key.group_not_allowed", "")
    assert "supply group" in problem.text


def test_hold_when_pressed_then_recalled_with_its_amount(selling: Desktop, drn: str) -> None:
    to_amount(selling, drn)
    selling.type("5000")
    sale_id = state(selling).sale_id
    selling.key(KEY.Key_F10)
    assert state(selling).stage is Stage.IDLE and len(state(selling).drafts) == 1

    selling.key(KEY.Key_F10)

    assert state(selling).stage is Stage.AMOUNT
    assert (state(selling).amount, state(selling).sale_id) == ("5000", sale_id)
    assert state(selling).price is not None
    selling.key(KEY.Key_Return)
    selling.key(KEY.Key_Return)
    assert state(selling).stage is Stage.PAID
    assert till_drafts(selling) == 0


def test_escape_when_pressed_then_one_step_back_each_time(selling: Desktop, drn: str) -> None:
    to_amount(selling, drn)
    selling.type("5000")
    selling.key(KEY.Key_Return)
    stages = []
    for _ in range(3):
        selling.key(KEY.Key_Escape)
        stages.append(state(selling).stage)

    assert stages == [Stage.AMOUNT, Stage.CONFIRM, Stage.IDLE]
    assert till_drafts(selling) == 0


def test_scan_when_the_amount_has_the_focus_then_never_lands_there(selling: Desktop, till: Till) -> None:
    first, second = meters(till, "arrears_minor = 0", count=2)
    to_amount(selling, first)
    selling.type("7000")

    selling.window.clock_ms = count(0, 5).__next__
    selling.window._bursts.forget()
    for letter in second:
        QTest.keyClick(selling.focus(), letter)
    QTest.keyClick(selling.focus(), KEY.Key_Return)
    selling.settle()

    card = state(selling).card
    assert card is not None and card.meter.drn == second
    assert state(selling).stage is Stage.CONFIRM
    held = selling.window.desk.drafts.list(selling.people["C"])
    assert [draft.body["amount"] for draft in held] == ["7000"]


def test_fast_typing_when_too_short_for_a_code_then_lands_in_the_amount(selling: Desktop, drn: str) -> None:
    to_amount(selling, drn)
    selling.window.clock_ms = count(0, 5).__next__
    for letter in "500":
        QTest.keyClick(selling.focus(), letter)
    selling.window.clock_ms = count(1000, 5).__next__
    selling.wait_until(lambda: state(selling).amount == "500")


def test_reprint_when_pressed_idle_then_the_last_token_prints_as_a_copy(
    selling: Desktop, till: Till, drn: str
) -> None:
    sell(selling, drn)
    paid = state(selling).paid
    assert paid is not None
    selling.key(KEY.Key_Escape)
    selling.key(KEY.Key_F9)

    copies = till.reprints.copies(paid.sale.row.sale_id, selling.people["C"])
    assert [copy.state for copy in copies] == ["printed", "printed"]


def test_copy_when_pressed_after_a_sale_then_the_token_is_on_the_clipboard(
    selling: Desktop, drn: str
) -> None:
    sell(selling, drn)
    selling.key(KEY.Key_C, CTRL)

    paid = state(selling).paid
    assert paid is not None and QGuiApplication.clipboard().text() == paid.sale.digits


def test_token_when_brought_back_then_the_till_says_what_it_is(selling: Desktop, drn: str) -> None:
    sell(selling, drn)
    paid = state(selling).paid
    assert paid is not None
    selling.key(KEY.Key_T, CTRL)
    selling.type(paid.sale.digits)

    question = state(selling).check
    assert question is not None and question.verdict is not None
    assert question.verdict.issued_here is not None and question.verdict.issued_here.cashier == "Aline"


def test_token_when_mistyped_then_refused_at_the_field(selling: Desktop, drn: str) -> None:
    sell(selling, drn)
    selling.key(KEY.Key_T, CTRL)
    selling.type("12345678901234567890")

    question = state(selling).check
    assert question is not None and question.problem and question.verdict is None


def test_blocked_meter_when_confirmed_then_nothing_is_sold(selling: Desktop, till: Till, drn: str) -> None:
    supervisor = selling.people["S"]
    row = till.meters.find(supervisor, drn)[0]
    till.meters.set_status(supervisor, row.id, "blocked", reason="illegal connection")
    selling.type(drn)
    selling.key(KEY.Key_Return)
    selling.key(KEY.Key_Return)

    assert state(selling).stage is Stage.CONFIRM
    assert "illegal connection" in selling.window.notices[0]


def test_sale_when_no_shift_is_open_then_says_so_and_keeps_the_amount(
    desktop: Desktop, till: Till, drn: str
) -> None:
    desktop.sign_in("C")
    to_amount(desktop, drn)
    desktop.type("5000")
    desktop.key(KEY.Key_Return)
    desktop.key(KEY.Key_Return)

    assert state(desktop).stage is Stage.TENDER and state(desktop).amount == "5000"
    assert desktop.window.notices or desktop.window._panel is not None


def test_recent_when_f4_is_pressed_then_arrows_and_enter_open_one(selling: Desktop) -> None:
    selling.key(KEY.Key_F4)
    selling.key(KEY.Key_Down)
    assert state(selling).recent_at == 1
    wanted = state(selling).recent[1].drn
    selling.key(KEY.Key_Return)

    card = state(selling).card
    assert card is not None and card.meter.drn == wanted


def test_window_when_it_becomes_small_then_the_sale_goes_on(selling: Desktop, drn: str) -> None:
    to_amount(selling, drn)
    selling.type("5000")
    selling.window.resize(1024, 600)
    selling.settle()

    assert (state(selling).stage, state(selling).amount) == (Stage.AMOUNT, "5000")
    assert screen(selling).trade.amount.text() == "5000"
    assert screen(selling).trade.amount.edit.hasFocus()
    assert till_drafts(selling) == 0


def test_tables_when_tested_by_qt_then_sound(selling: Desktop, qtmodeltester: object) -> None:
    idle = screen(selling).idle
    for model in (idle.recent_model, idle.results_model):
        qtmodeltester.check(model, force_py=True)  # type: ignore[attr-defined]


def test_enter_when_faster_than_the_price_then_what_is_typed_counts(selling: Desktop, drn: str) -> None:
    to_amount(selling, drn)
    for letter in "5000":
        selling.window._bursts.forget()
        QTest.keyClick(selling.focus(), letter)
    QTest.keyClick(selling.focus(), KEY.Key_Return)
    selling.settle()

    price = state(selling).price
    assert state(selling).stage is Stage.TENDER
    assert price is not None and price.money_minor == 5000
