"""The Shift place in the window: opened, moved, counted blind, compared, reported; by keyboard."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester

from pos.bootstrap import Till
from pos.config import BACKUP_FOLDER, PRINTER
from pos.domain.denominations import denominations_of
from pos.domain.permissions import Actor
from pos.domain.shift import MovementKind, cash_count
from pos.errors import UserError
from pos.services.shift_desk import ShiftNow
from pos.ui.keymap import Act
from pos.ui.screens.shift.count_page import CountPage
from pos.ui.screens.shift.move_form import MoveForm
from pos.ui.screens.shift.overview_page import OverviewPage
from pos.ui.screens.shift.past_page import PastPage
from pos.ui.screens.shift.result_page import ResultPage
from pos.ui.screens.shift.state import Page, PaperState
from pos.ui.screens.shift.view import ShiftScreen
from pos.ui.screens.sign_in.view import SignInScreen
from pos.ui.widgets.approval_panel import ApprovalPanel
from tests.ui.conftest import PINS, Desktop

K = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def shift(desktop: Desktop, role: str = "C", **where: object) -> ShiftScreen:
    """Sign in and go to the shift."""
    desktop.sign_in(role)
    desktop.window.go("shift", **where)
    desktop.settle()
    assert isinstance(desktop.screen, ShiftScreen)
    return desktop.screen


def now_of(till: Till, people: dict[str, Actor]) -> ShiftNow:
    return till.shift_desk.now(people["S"])


def count(desktop: Desktop, amount: int) -> None:
    """Type an amount by note and coin, from the first line to past the last."""
    left = amount
    for value in denominations_of("RWF").all:
        pieces, left = divmod(left, value)
        if pieces:
            desktop.type(str(pieces))
        desktop.key(K.Key_Return)


def form(screen: ShiftScreen) -> MoveForm:
    page = screen.page(Page.OVERVIEW)
    assert isinstance(page, OverviewPage)
    assert page.form is not None
    return page.form


def count_page(screen: ShiftScreen, kind: Page) -> CountPage:
    page = screen.page(kind)
    assert isinstance(page, CountPage)
    return page


def toast_text(desktop: Desktop) -> str:
    return desktop.window.notices[0] if desktop.window.notices else ""


# -- opening ----------------------------------------------------------------------------------------------


def test_open_when_the_float_is_counted_by_keyboard_opens_the_shift(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    screen = shift(desktop)
    assert screen.presenter.state.page is Page.OPEN

    desktop.type("9")
    desktop.key(K.Key_Return)
    desktop.key(K.Key_Return)
    desktop.type("5")
    desktop.key(K.Key_F8)

    opened = now_of(till, people).shift
    assert opened is not None
    assert (opened.float_minor, opened.operator) == (50_000, people["C"].name)
    assert screen.presenter.state.page is Page.OVERVIEW
    assert "RWF" in toast_text(desktop)


def test_open_when_nothing_is_counted_asks_once_more_and_then_believes_it(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    screen = shift(desktop)

    desktop.key(K.Key_F8)

    assert now_of(till, people).shift is None
    assert screen.presenter.state.asks_empty

    desktop.key(K.Key_F8)

    opened = now_of(till, people).shift
    assert opened is not None
    assert opened.float_minor == 0


def test_open_when_somebody_was_quicker_shows_that_shift(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    screen = shift(desktop)
    till.shifts.open_shift(people["S"], cash_count([(5000, 1)]))

    desktop.type("1")
    desktop.key(K.Key_F8)

    assert screen.presenter.state.page is Page.OVERVIEW
    assert not screen.presenter.may_act
    assert toast_text(desktop)


def test_count_when_plus_minus_and_arrows_are_pressed_counts_where_the_caret_stands(desktop: Desktop) -> None:
    screen = shift(desktop)
    lines = count_page(screen, Page.OPEN).lines

    desktop.type("+++-")
    desktop.key(K.Key_Down)
    desktop.type("+")
    desktop.key(K.Key_Up)

    state = screen.presenter.state.opening
    assert state is not None
    assert state.typed[:2] == ("2", "1")
    assert state.total_minor == 12_000
    assert QApplication.focusWidget() is lines[0].edit
    assert lines[0].edit.text() == "2"


def test_count_when_the_window_changes_size_and_theme_keeps_what_was_typed(desktop: Desktop) -> None:
    shift(desktop)
    desktop.type("12")
    desktop.key(K.Key_Return)

    desktop.window.resize(1024, 600)
    desktop.settle()

    screen = desktop.screen
    assert isinstance(screen, ShiftScreen)
    lines = count_page(screen, Page.OPEN).lines
    assert lines[0].edit.text() == "12"
    assert QApplication.focusWidget() is lines[1].edit


# -- the open shift ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("open_shift")
def test_overview_when_shown_names_the_shift_and_no_sum_of_the_drawer(desktop: Desktop) -> None:
    screen = shift(desktop)
    page = screen.page(Page.OVERVIEW)
    assert isinstance(page, OverviewPage)

    items = screen.bar()
    assert items[Act.MAIN].caption == "Close shift"
    assert not items[Act.PLACE_6].is_on
    assert not page.acts["banking"].isEnabled()
    assert page.acts["past"].isHidden()
    assert page.main.hasFocus()


@pytest.mark.usefixtures("open_shift")
def test_cash_out_when_typed_is_booked_and_listed(
    desktop: Desktop, till: Till, people: dict[str, Actor], qtmodeltester: ModelTester
) -> None:
    screen = shift(desktop)
    page = screen.page(Page.OVERVIEW)
    assert isinstance(page, OverviewPage)

    desktop.key(K.Key_F11)
    desktop.type("5000")
    desktop.key(K.Key_Return)
    desktop.type("cleaning")
    desktop.key(K.Key_Return)

    (moved,) = now_of(till, people).movements
    assert (moved.kind, moved.amount_minor, moved.reason) == (MovementKind.OUT, -5000, "cleaning")
    assert screen.presenter.state.move is None
    assert [row.place for row in page.model.rows] == [moved.place]
    assert till.spool.list_open() == ()
    with pytest.raises(UserError):
        till.paper_files.text(moved.place)
    assert desktop.window.desk.status.read().is_drawer_open
    qtmodeltester.check(page.model)


@pytest.mark.usefixtures("open_shift")
def test_cash_in_when_counted_takes_the_amount_from_the_count(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    screen = shift(desktop)
    desktop.key(K.Key_F11)
    assert screen.presenter.state.move is not None
    screen.presenter.moves.set_way(screen.presenter.state.move, is_in=True)
    desktop.key(K.Key_Tab)
    desktop.type("coins")
    form(screen)._lines[1].take_focus()
    desktop.type("3")
    desktop.type("+")
    desktop.key(K.Key_F8)

    (moved,) = now_of(till, people).movements
    assert (moved.kind, moved.amount_minor) == (MovementKind.IN, 8000)


@pytest.mark.usefixtures("open_shift")
@pytest.mark.parametrize(
    ("key", "typed", "field"),
    [
        (K.Key_F11, {"reason": "cleaning"}, "amount"),
        (K.Key_F11, {"amount": "500"}, "reason"),
        (K.Key_F7, {"amount": "0"}, "amount"),
        (K.Key_F6, {"amount": "500"}, "slip"),
        (K.Key_F5, {}, "reason"),
    ],
)
def test_movement_when_a_field_is_missing_says_so_at_the_field(
    desktop: Desktop, till: Till, people: dict[str, Actor], key: Qt.Key, typed: dict[str, str], field: str
) -> None:
    screen = shift(desktop, "S")
    desktop.key(key)
    for name, text in typed.items():
        form(screen).inputs[name].setFocus()
        desktop.type(text)

    desktop.key(K.Key_F8)

    assert screen.presenter.state.move is not None
    assert list(screen.presenter.state.move.wrong) == [field]
    assert form(screen).inputs[field].hasFocus()
    assert now_of(till, people).movements == ()


@pytest.mark.usefixtures("open_shift")
def test_movement_when_the_count_is_not_the_amount_says_so(desktop: Desktop) -> None:
    screen = shift(desktop)
    desktop.key(K.Key_F7)
    desktop.type("700")
    form(screen)._lines[0].take_focus()
    desktop.type("1")
    desktop.key(K.Key_F8)

    assert screen.presenter.state.move is not None
    assert list(screen.presenter.state.move.wrong) == ["amount"]


@pytest.mark.usefixtures("open_shift")
def test_form_when_left_with_escape_books_nothing(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    screen = shift(desktop)
    desktop.key(K.Key_F5)
    desktop.type("change")
    desktop.key(K.Key_Escape)

    assert screen.presenter.state.move is None
    assert now_of(till, people).movements == ()


@pytest.mark.usefixtures("open_shift")
def test_banking_when_a_cashier_asks_for_it_says_who_may(desktop: Desktop) -> None:
    screen = shift(desktop)

    desktop.key(K.Key_F6)

    assert screen.presenter.state.move is None
    assert "supervisor" in toast_text(desktop)


@pytest.mark.usefixtures("open_shift")
def test_banking_when_a_supervisor_does_it_prints_the_slip(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    shift(desktop, "S")
    desktop.key(K.Key_F6)
    desktop.type("20000")
    desktop.key(K.Key_Return)
    desktop.type("BK-7")
    desktop.key(K.Key_Return)

    (moved,) = now_of(till, people).movements
    assert (moved.kind, moved.slip_number) == (MovementKind.BANKING, "BK-7")
    assert "DEPOSIT SLIP" in till.paper_files.text(moved.place)
    assert till.spool.list_open() == ()


@pytest.mark.usefixtures("open_shift")
def test_drawer_when_the_printer_is_away_says_so_after_the_movement_is_booked(
    desktop: Desktop, till: Till, people: dict[str, Actor], tmp_path: Path
) -> None:
    till.settings.change(people["A"], PRINTER, value=f"file:{tmp_path / 'no' / 'lp0'}", reason="test")
    till.reload_settings()
    shift(desktop)
    desktop.key(K.Key_F5)
    desktop.type("change")
    desktop.key(K.Key_Return)

    (moved,) = now_of(till, people).movements
    assert moved.kind is MovementKind.NO_SALE_OPEN
    assert "printer" in toast_text(desktop).lower()


@pytest.mark.usefixtures("open_shift")
def test_where_when_cash_is_asked_for_opens_its_form_at_once(desktop: Desktop) -> None:
    screen = shift(desktop, part="cash")

    assert form(screen).inputs["amount"].hasFocus()


@pytest.mark.usefixtures("open_shift")
def test_x_when_asked_for_is_shown_blind_and_printed(desktop: Desktop) -> None:
    screen = shift(desktop)

    desktop.key(K.Key_F9)
    text = screen.presenter.state.x_text
    desktop.key(K.Key_F9)

    assert "X REPORT" in text
    assert "CASH IN THE DRAWER" not in text
    assert toast_text(desktop) == "Printed."
    desktop.key(K.Key_Escape)
    assert screen.presenter.state.page is Page.OVERVIEW


# -- closing ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("open_shift")
def test_close_when_the_count_is_right_shows_the_z_prints_backs_up_and_signs_out(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    till.cash.bank(people["S"], 5000, slip_number="BK-7")
    screen = shift(desktop)
    number = now_of(till, people).number
    desktop.key(K.Key_F8)
    count(desktop, 45_000)
    assert count_page(screen, Page.COUNT).main.hasFocus()

    desktop.key(K.Key_Return)

    result = screen.presenter.state.result
    assert result is not None
    assert screen.presenter.state.page is Page.RESULT
    assert result.report.compared is not None
    assert result.report.compared.difference_minor == 0
    desktop.settle()
    assert screen.presenter.state.result is not None
    assert screen.presenter.state.result.paper is PaperState.PRINTED
    assert "Z REPORT" in screen.presenter.state.result.text
    page = screen.page(Page.RESULT)
    assert isinstance(page, ResultPage)
    assert not page.slip.isHidden()
    assert till.backups.last_made_at(till.shop.till_code) is not None

    desktop.key(K.Key_F9)
    assert till.spool.list_open() == ()
    desktop.key(K.Key_F6)
    assert toast_text(desktop) == "Printed."
    desktop.key(K.Key_F8)

    assert isinstance(desktop.screen, SignInScreen)
    assert till.shifts.get_closed(people["C"], number).difference_minor == 0


@pytest.mark.usefixtures("open_shift")
def test_close_when_the_count_differs_needs_a_supervisor_in_place(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    screen = shift(desktop)
    desktop.key(K.Key_F8)
    count(desktop, 40_000)
    desktop.key(K.Key_F8)

    panel = desktop.window._panel
    assert isinstance(panel, ApprovalPanel)
    assert "expected" in panel.accessibleName()
    assert now_of(till, people).shift is not None

    desktop.type(PINS["S"])
    desktop.key(K.Key_Return)
    desktop.settle()

    assert screen.presenter.state.page is Page.RESULT
    assert screen.presenter.state.result is not None
    assert screen.presenter.state.result.report.approved_by == people["S"].id


@pytest.mark.usefixtures("open_shift")
def test_close_when_the_supervisor_says_no_stays_at_the_count(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    screen = shift(desktop)
    desktop.key(K.Key_F8)
    count(desktop, 40_000)
    desktop.key(K.Key_F8)
    desktop.key(K.Key_Escape)

    state = screen.presenter.state
    assert (state.page, state.is_refused, state.is_busy) == (Page.COUNT, True, False)
    assert state.closing is not None
    assert state.closing.total_minor == 40_000
    assert now_of(till, people).shift is not None


@pytest.mark.usefixtures("open_shift")
def test_close_when_escape_is_pressed_keeps_the_count_for_later(desktop: Desktop) -> None:
    screen = shift(desktop)
    desktop.key(K.Key_F8)
    desktop.type("7")
    desktop.key(K.Key_Escape)
    assert screen.presenter.state.page is Page.OVERVIEW

    desktop.key(K.Key_F8)

    assert count_page(screen, Page.COUNT).lines[0].edit.text() == "7"


@pytest.mark.usefixtures("open_shift")
def test_close_when_the_printer_is_away_closes_and_says_so(
    desktop: Desktop, till: Till, people: dict[str, Actor], tmp_path: Path
) -> None:
    till.settings.change(people["A"], PRINTER, value=f"file:{tmp_path / 'no' / 'lp0'}", reason="test")
    till.reload_settings()
    screen = shift(desktop)
    desktop.key(K.Key_F8)
    count(desktop, 50_000)
    desktop.key(K.Key_F8)
    desktop.settle()

    assert now_of(till, people).shift is None
    assert screen.presenter.state.result is not None
    assert screen.presenter.state.result.paper is PaperState.WAITING


@pytest.mark.usefixtures("open_shift")
def test_close_when_no_back_up_can_be_made_closes_and_says_so(
    desktop: Desktop, till: Till, people: dict[str, Actor], tmp_path: Path
) -> None:
    blocked = tmp_path / "a file and no folder"
    blocked.write_text("")
    till.settings.change(people["A"], BACKUP_FOLDER, value=str(blocked), reason="test")
    screen = shift(desktop)
    desktop.key(K.Key_F8)
    count(desktop, 50_000)
    desktop.key(K.Key_F8)
    desktop.settle()

    assert screen.presenter.state.page is Page.RESULT
    assert any("No back-up was made" in notice for notice in desktop.window.notices)


@pytest.mark.usefixtures("open_shift")
def test_result_when_the_window_is_made_anew_stays(desktop: Desktop) -> None:
    shift(desktop)
    desktop.key(K.Key_F8)
    count(desktop, 50_000)
    desktop.key(K.Key_F8)
    desktop.window.resize(1024, 600)
    desktop.settle()

    screen = desktop.screen
    assert isinstance(screen, ShiftScreen)
    assert screen.presenter.state.page is Page.RESULT
    assert screen.presenter.state.result is not None
    assert "Z REPORT" in screen.presenter.state.result.text


@pytest.mark.usefixtures("open_shift")
def test_result_when_left_with_escape_makes_room_for_the_next_shift(desktop: Desktop) -> None:
    screen = shift(desktop)
    desktop.key(K.Key_F8)
    count(desktop, 50_000)
    desktop.key(K.Key_F8)

    desktop.key(K.Key_Escape)

    assert screen.presenter.state.page is Page.OPEN
    desktop.type("1")
    assert screen.presenter.state.opening is not None
    assert screen.presenter.state.opening.total_minor == 5000


# -- past reports -----------------------------------------------------------------------------------------


def test_past_when_a_supervisor_looks_lists_papers_prints_and_saves_them(
    desktop: Desktop, till: Till, tmp_path: Path, qtmodeltester: ModelTester
) -> None:
    screen = shift(desktop, "S")
    desktop.key(K.Key_F4)
    desktop.settle()
    page = screen.page(Page.PAST)
    assert isinstance(page, PastPage)
    numbers = [row.z_number for row in page.model.rows]
    assert numbers == sorted(numbers, key=lambda n: -(n or 0))
    assert len(numbers) >= 2
    assert "Z REPORT" in screen.presenter.state.past_text

    desktop.key(K.Key_Down)
    assert screen.presenter.state.past == page.model.rows[1]
    desktop.key(K.Key_F9)
    assert toast_text(desktop) == "Printed."
    screen._ask_path = lambda _parent, _title, name: str(tmp_path / name)
    desktop.key(K.Key_E, CTRL)

    (pdf,) = tmp_path.glob("Z-*.pdf")
    assert pdf.read_bytes().startswith(b"%PDF")
    desktop.key(K.Key_F6)
    assert "slip" in toast_text(desktop)
    qtmodeltester.check(page.model)
    desktop.key(K.Key_Escape)
    assert screen.presenter.state.page is Page.OPEN


def test_past_when_a_cashier_asks_is_not_there(desktop: Desktop) -> None:
    screen = shift(desktop)

    desktop.key(K.Key_F4)

    assert screen.presenter.state.page is Page.OPEN
    assert Act.RECENT not in screen.bar()


@pytest.mark.usefixtures("open_shift")
def test_shift_when_it_is_anothers_can_be_looked_at_and_not_touched(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    till.shifts.close_shift(people["C"], cash_count([(5000, 10)]))
    till.shifts.open_shift(people["S"], cash_count([(5000, 1)]))
    screen = shift(desktop)
    page = screen.page(Page.OVERVIEW)
    assert isinstance(page, OverviewPage)

    desktop.key(K.Key_F8)
    desktop.key(K.Key_F11)

    assert (screen.presenter.state.page, screen.presenter.state.move) == (Page.OVERVIEW, None)
    assert not page.main.isEnabled()
    assert people["S"].name in page._why.text()
    assert Act.MAIN not in screen.bar()


@pytest.mark.parametrize("role", ["C", "S"])
def test_bar_when_shown_has_captions_of_thirteen_letters_at_most(
    desktop: Desktop, till: Till, people: dict[str, Actor], role: str
) -> None:
    screen = shift(desktop, role)
    assert all(len(item.caption) <= 13 for item in screen.bar().values())
    till.shifts.open_shift(people[role], cash_count([(5000, 1)]))
    desktop.window.go("shift")
    desktop.settle()
    for key in (K.Key_F11, K.Key_Escape, K.Key_F8, K.Key_F9):
        desktop.key(key)
        assert all(len(item.caption) <= 13 for item in screen.bar().values())
