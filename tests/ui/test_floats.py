"""The float screen: acts, their errors, statement, papers, offline limit; by keys against real services."""

from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from pos.bootstrap import Till
from pos.config import PRINTER
from pos.domain.permissions import Actor
from pos.errors import UserError
from pos.services.supplier_float import FloatState
from pos.ui.screens.floats.forms import COMMISSION_PAID, CORRECTION, ENVELOPE, LIMIT, SHARE
from pos.ui.screens.floats.view import FloatsScreen
from tests.ui.conftest import Desktop
from tests.ui.test_tariffs import GivenFiles


def open_floats(desktop: Desktop, role: str) -> FloatsScreen:
    desktop.sign_in(role)
    desktop.window.go("float")
    desktop.settle()
    return cast(FloatsScreen, desktop.screen)


@pytest.fixture
def screen(desktop: Desktop) -> FloatsScreen:
    return open_floats(desktop, "A")


def fill(desktop: Desktop, screen: FloatsScreen, **texts: str) -> None:
    for name, text in texts.items():
        screen.acts.field(name).setFocus()
        screen.acts.field(name).selectAll()
        desktop.type(text)


def reg(till: Till, people: dict[str, Actor]) -> FloatState:
    return till.floats.list_floats(people["A"])[0]


def test_floats_when_opened_show_where_each_supplier_stands(
    screen: FloatsScreen, till: Till, people: dict[str, Actor]
) -> None:
    assert [row.supplier.name for row in screen.model.rows] == ["Rwanda Energy Group"]
    assert screen.model.rows[0].supplier.left_minor == reg(till, people).supplier.left_minor
    statement = screen.presenter.state.statement
    assert statement is not None
    assert statement.closing_minor == reg(till, people).supplier.balance_minor
    envelope = screen.presenter.state.envelope
    assert envelope is not None and envelope.sequence == 1


def test_table_models_when_tested_by_qt_are_sound(screen: FloatsScreen) -> None:
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    for model in (screen.model, screen.moves):
        tester = QAbstractItemModelTester(model, fatal)
        model.show_rows([])
        del tester


def test_top_up_when_done_by_keys_raises_the_float(
    desktop: Desktop, screen: FloatsScreen, till: Till, people: dict[str, Actor]
) -> None:
    before = reg(till, people).supplier.balance_minor
    desktop.key(Qt.Key.Key_F2)
    desktop.type("250000")
    desktop.key(Qt.Key.Key_Tab)
    desktop.type("BK-0042")
    desktop.key(Qt.Key.Key_Return)

    assert reg(till, people).supplier.balance_minor == before + 250_000
    statement = screen.presenter.state.statement
    assert statement is not None
    assert [(move.kind, move.reference) for move in statement.moves][-1] == ("top_up", "BK-0042")
    assert screen.acts.field("amount").text() == ""


def test_top_up_when_fields_are_missing_marks_each(desktop: Desktop, screen: FloatsScreen) -> None:
    desktop.key(Qt.Key.Key_F2)
    desktop.type("-")
    desktop.key(Qt.Key.Key_F8)

    wrong = screen.presenter.state.form.wrong
    assert wrong["amount"] == "Write a number, with a dot: 12.5"
    assert wrong["reference"] == "Type the reference of the transfer."
    assert screen.acts.field("amount").hasFocus()


def test_top_up_when_amount_is_zero_shows_the_refusal_at_its_field(
    desktop: Desktop, screen: FloatsScreen
) -> None:
    fill(desktop, screen, amount="0", reference="BK-1")
    desktop.key(Qt.Key.Key_F8)

    assert screen.presenter.state.form.wrong == {"amount": "Enter an amount above zero."}


def test_correction_when_below_zero_takes_from_the_account(
    desktop: Desktop, screen: FloatsScreen, till: Till, people: dict[str, Actor]
) -> None:
    before = reg(till, people).supplier.balance_minor
    screen.presenter.choose_act(CORRECTION)
    fill(desktop, screen, signed="-1500", reference="LETTER 7")
    desktop.key(Qt.Key.Key_F8)
    assert screen.presenter.state.form.wrong == {"needed_reason": "Say why the account is corrected."}

    fill(desktop, screen, needed_reason="Their books say less")
    desktop.key(Qt.Key.Key_F8)

    assert reg(till, people).supplier.balance_minor == before - 1500


def test_limit_share_and_commission_when_done_change_the_supplier(
    desktop: Desktop, screen: FloatsScreen, till: Till, people: dict[str, Actor]
) -> None:
    before = reg(till, people).supplier.balance_minor
    screen.presenter.choose_act(LIMIT)
    fill(desktop, screen, limit="80000")
    desktop.key(Qt.Key.Key_F8)
    screen.presenter.choose_act(SHARE)
    fill(desktop, screen, percent="2.5")
    desktop.key(Qt.Key.Key_F8)
    screen.presenter.choose_act(COMMISSION_PAID)
    fill(desktop, screen, amount="900", reference="COM-11")
    desktop.key(Qt.Key.Key_F8)

    found = reg(till, people)
    assert (found.supplier.credit_limit_minor, found.supplier.balance_minor) == (80_000, before + 900)
    assert found.commission_ppm == 25_000


@pytest.mark.parametrize(
    ("percent", "valid_from", "field"),
    [("101", "", "percent"), ("2", "2020-01-01", "valid_from"), ("2", "soon", "valid_from")],
)
def test_share_when_refused_marks_the_field_at_fault(
    desktop: Desktop, screen: FloatsScreen, percent: str, valid_from: str, field: str
) -> None:
    screen.presenter.choose_act(SHARE)
    fill(desktop, screen, percent=percent)
    if valid_from:
        fill(desktop, screen, valid_from=valid_from)
    desktop.key(Qt.Key.Key_F8)

    assert set(screen.presenter.state.form.wrong) == {field}


def test_envelope_when_renewed_begins_anew_with_the_next_number(
    desktop: Desktop, screen: FloatsScreen, till: Till, people: dict[str, Actor]
) -> None:
    screen.presenter.choose_act(ENVELOPE)
    fill(desktop, screen, money="750000", units="9000")
    desktop.key(Qt.Key.Key_F8)

    found = till.envelopes.state(people["A"])
    assert found is not None
    assert (found.sequence, found.left_money_minor, found.left_units_milli) == (2, 750_000, 9_000_000)
    assert "750,000" in screen.envelope._left.text()

    fill(desktop, screen, money="0", units="0")
    desktop.key(Qt.Key.Key_F8)
    assert set(screen.presenter.state.form.wrong) == {"money"}


def test_float_when_low_says_so(desktop: Desktop, till: Till, people: dict[str, Actor]) -> None:
    from pos.config import FLOAT_LOW_MINOR

    till.settings.change(people["A"], FLOAT_LOW_MINOR, value=10**12, reason="test")
    screen = open_floats(desktop, "A")

    assert screen.model.rows[0].is_low
    assert screen.model.data(screen.model.index(0, 5)) == "Low"


def test_statement_when_days_are_wrong_says_so_at_the_field(desktop: Desktop, screen: FloatsScreen) -> None:
    screen.first_edit.setFocus()
    screen.first_edit.selectAll()
    desktop.type("2026-13-01")
    desktop.key(Qt.Key.Key_Return)
    assert screen.first.help.text() == "Write the day like 2026-12-01."

    screen.presenter.type_days(first="2030-01-01", last="2029-01-01")
    screen.presenter.read_statement()
    assert screen.presenter.state.first_wrong == "The first day is after the last."
    screen.presenter.type_days(first="2020-01-01", last="2026-01-01")
    screen.presenter.read_statement()
    assert screen.presenter.state.first_wrong == "At most one year at once."


def test_statement_when_last_month_is_wanted_ends_on_its_last_day(
    desktop: Desktop, screen: FloatsScreen
) -> None:
    screen.presenter.show_month(1)
    desktop.settle()

    statement = screen.presenter.state.statement
    assert statement is not None
    assert (statement.first_day.day, statement.last_day.month) == (1, statement.first_day.month)


def test_statement_when_written_is_a_pdf(desktop: Desktop, screen: FloatsScreen, tmp_path: Path) -> None:
    path = tmp_path / "statement.pdf"
    screen.files = GivenFiles(path)
    desktop.key(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)

    assert path.read_bytes().startswith(b"%PDF")
    assert desktop.window.notices[0] == "Written: statement.pdf"


def test_statement_when_printed_goes_to_the_printer(
    desktop: Desktop, till: Till, people: dict[str, Actor], tmp_path: Path
) -> None:
    paper = tmp_path / "paper"
    till.settings.change(people["A"], PRINTER, value=f"file:{paper}", reason="test")
    till.reload_settings()
    open_floats(desktop, "S")
    desktop.key(Qt.Key.Key_F9)

    assert b"Rwanda Energy Group" in paper.read_bytes()


def test_statement_when_there_is_no_printer_cannot_be_printed(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    till.settings.change(people["A"], PRINTER, value="", reason="test")
    till.reload_settings()
    screen = open_floats(desktop, "A")

    assert not screen.print_button.isEnabled()
    statement = screen.presenter.state.statement
    assert statement is not None
    with pytest.raises(UserError) as caught:
        till.statement_papers.print_out(
            people["A"], "reg", first_day=statement.first_day, last_day=statement.last_day
        )
    assert caught.value.code == "printer.none"


def test_acts_when_a_supervisor_looks_are_those_the_role_may_do(desktop: Desktop) -> None:
    screen = open_floats(desktop, "S")

    assert [act.key for act in screen.presenter.acts()] == ["top_up", COMMISSION_PAID, CORRECTION]


def test_acts_when_an_auditor_looks_are_none(desktop: Desktop) -> None:
    screen = open_floats(desktop, "U")

    assert screen.presenter.acts() == ()
    assert not screen.acts.isVisibleTo(screen)
    desktop.key(Qt.Key.Key_F8)
    assert screen.presenter.state.statement is not None


def test_escape_when_in_a_field_goes_back_to_the_suppliers(desktop: Desktop, screen: FloatsScreen) -> None:
    desktop.key(Qt.Key.Key_Return)
    assert screen.acts.field("amount").hasFocus()
    desktop.key(Qt.Key.Key_Escape)

    assert screen.table.hasFocus()
