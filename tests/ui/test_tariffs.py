"""The tariffs screen: list, editor, worked example, files; driven by keys against real services."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QLineEdit

from pos.bootstrap import Till
from pos.domain.permissions import Actor
from pos.ui.preferences import Preferences
from pos.ui.screens.tariffs.state import TariffsState
from pos.ui.screens.tariffs.view import TariffsScreen
from tests.ui.conftest import Desktop


@dataclass
class GivenFiles:
    """Answers the file dialogs with one path."""

    path: Path | None

    def to_read(self, title: str, kinds: str) -> Path | None:
        return self.path

    def to_write(self, title: str, name: str, kinds: str) -> Path | None:
        return self.path

    def folder(self, title: str) -> Path | None:
        return self.path


@pytest.fixture
def screen(desktop: Desktop) -> TariffsScreen:
    desktop.sign_in("A")
    desktop.window.go("tariffs")
    desktop.settle()
    screen = cast(TariffsScreen, desktop.screen)
    choose(desktop, screen, "RES")
    return screen


def choose(desktop: Desktop, screen: TariffsScreen, code: str) -> None:
    place = next(n for n, row in enumerate(screen.presenter.state.rows) if row.version.code == code)
    screen.table.choose(place)
    desktop.settle()


def state(screen: TariffsScreen) -> TariffsState:
    return screen.presenter.state


def edit(screen: TariffsScreen, part: str, place: int, cell: str) -> QLineEdit:
    field = screen.editor.cell((part, place, cell)).field
    assert isinstance(field, QLineEdit)
    return field


def overtype(desktop: Desktop, field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.selectAll()
    desktop.key(Qt.Key.Key_Delete)
    desktop.type(text)


def versions(till: Till, admin: Actor, code: str) -> list[int]:
    return [one.version for one in till.tariffs.list_versions(admin, code)]


def test_tariffs_when_opened_lists_versions_with_their_state(screen: TariffsScreen) -> None:
    assert {row.version.code: row.stage for row in state(screen).rows}["RES"] == "now"
    assert ("Block 1", "to 20.0\N{NO-BREAK SPACE}kWh: 89") in screen.facts_model.rows


def test_table_models_when_tested_by_qt_are_sound(screen: TariffsScreen) -> None:
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    for model in (screen.model, screen.facts_model):
        tester = QAbstractItemModelTester(model, fatal)
        model.show_rows([])
        del tester


def test_example_when_amount_is_typed_prices_it_as_a_sale(desktop: Desktop, screen: TariffsScreen) -> None:
    amount, bought = screen.example.amount.field, screen.example.bought.field
    overtype(desktop, amount.edit, "5000")  # type: ignore[attr-defined]
    overtype(desktop, bought.edit, "35")  # type: ignore[attr-defined]

    price = state(screen).example.price
    assert price is not None
    assert price.money_minor == sum(row.amount_minor for row in price.rows) == 5000
    # 15 units are left of the second block: the energy begins there.
    assert [row.block for row in price.rows if row.block] == [2]


def test_example_when_sold_by_units_gives_at_least_those(desktop: Desktop, screen: TariffsScreen) -> None:
    screen.example._kind.chosen.emit("units")
    overtype(desktop, screen.example.units.field.edit, "52.5")  # type: ignore[attr-defined]

    price = state(screen).example.price
    assert price is not None
    assert price.token_milli == 52_500


def test_example_when_amount_is_too_small_says_why(desktop: Desktop, screen: TariffsScreen) -> None:
    overtype(desktop, screen.example.amount.field.edit, "1")  # type: ignore[attr-defined]

    assert state(screen).example.price is None
    assert "least amount" in state(screen).example.refusal


def test_editor_when_a_rate_is_changed_works_the_example_anew_and_names_the_change(
    desktop: Desktop, screen: TariffsScreen
) -> None:
    desktop.key(Qt.Key.Key_F8)
    before = state(screen).example.price
    overtype(desktop, edit(screen, "block", 0, "rate"), "100")

    after = state(screen).example.price
    assert before is not None and after is not None
    assert after.token_milli < before.token_milli
    named = {one.what: (one.before, one.after) for one in state(screen).changes}
    unit = "20.0\N{NO-BREAK SPACE}kWh"
    assert named["Block 1"] == (f"to {unit}: 89", f"to {unit}: 100")


def test_editor_when_stored_adds_a_version_and_keeps_the_one_before(
    desktop: Desktop, screen: TariffsScreen, till: Till, people: dict[str, Actor]
) -> None:
    desktop.key(Qt.Key.Key_F8)
    overtype(desktop, edit(screen, "head", 0, "valid_from"), "2031-01-01")
    overtype(desktop, edit(screen, "block", 0, "rate"), "95.5")
    screen._reason_edit.setFocus()
    desktop.type("New rates of the regulator")
    desktop.key(Qt.Key.Key_Return)

    assert versions(till, people["A"], "RES") == [1, 2]
    added = till.tariffs.list_versions(people["A"], "RES")[1].tariff()
    assert added.blocks[0].rate_micro == 95_500_000
    assert state(screen).form is None
    row = state(screen).row
    assert row is not None and (row.version.version, row.stage) == (2, "later")


def test_editor_when_values_are_wrong_marks_each_and_stores_nothing(
    desktop: Desktop, screen: TariffsScreen, till: Till, people: dict[str, Actor]
) -> None:
    desktop.key(Qt.Key.Key_F8)
    overtype(desktop, edit(screen, "block", 0, "rate"), "abc")
    overtype(desktop, edit(screen, "head", 0, "valid_from"), "tomorrow")
    assert screen.editor.cell(("block", 0, "rate")).wrong.text() == "Write a number, with a dot: 12.5"
    desktop.key(Qt.Key.Key_F8)

    assert screen.editor.cell(("block", 0, "rate")).wrong.text()
    assert screen.reason.help.text() == "Say why, for the journal."
    assert versions(till, people["A"], "RES") == [1]
    assert "example follows" in state(screen).example.refusal


@pytest.mark.parametrize(
    ("part", "place", "cell", "text", "wrong"),
    [
        ("block", 1, "to_units", "10", "Each block must reach higher than the one before."),
        ("block", 2, "to_units", "90", "Only the last block has no upper limit."),
        ("block", 0, "rate", "0", "This must be above zero."),
        ("tax", 0, "percent", "101", "A share is above 0 and at most 100."),
        ("head", 0, "max_vend", "50", "The largest sale is below the smallest."),
        ("head", 0, "arrears_percent", "0", "A share is above 0 and at most 100."),
        ("head", 0, "free", "1.2345", "This has too many digits after the dot."),
        ("head", 0, "valid_from", "2031-02-30", "Write the day like 2026-12-01."),
    ],
)
def test_editor_when_one_value_is_wrong_says_so_at_its_field(
    desktop: Desktop, screen: TariffsScreen, part: str, place: int, cell: str, text: str, wrong: str
) -> None:
    desktop.key(Qt.Key.Key_F8)
    overtype(desktop, edit(screen, part, place, cell), text)
    desktop.key(Qt.Key.Key_F8)

    assert screen.editor.cell((part, place, cell)).wrong.text() == wrong
    assert edit(screen, part, place, cell).hasFocus()


def test_editor_when_parts_come_and_go_keeps_what_was_typed(desktop: Desktop, screen: TariffsScreen) -> None:
    desktop.key(Qt.Key.Key_F8)
    for part in ("block", "charge", "levy", "tax"):
        screen.editor._add(part)
        desktop.settle()
    overtype(desktop, edit(screen, "charge", 0, "name"), "service")
    overtype(desktop, edit(screen, "charge", 0, "amount"), "500")
    overtype(desktop, edit(screen, "levy", 0, "name"), "regulator")
    overtype(desktop, edit(screen, "levy", 0, "percent"), "0.3")
    screen.presenter.remove("tax", 1)
    screen.presenter.remove("block", 2)
    desktop.settle()

    assert state(screen).wrong == {}
    price = state(screen).example.price
    assert price is not None
    assert {"Regulator levy", "VAT"} <= {row.name for row in price.rows}
    assert edit(screen, "charge", 0, "amount").text() == "500"


def test_new_tariff_when_its_code_is_taken_is_refused_at_the_code(
    desktop: Desktop, screen: TariffsScreen
) -> None:
    desktop.key(Qt.Key.Key_F6)
    overtype(desktop, edit(screen, "head", 0, "code"), "RES")
    overtype(desktop, edit(screen, "block", 0, "rate"), "89")
    screen.presenter.type_reason("why")
    desktop.key(Qt.Key.Key_F8)

    assert "There is a tariff RES already." in screen.editor.cell(("head", 0, "code")).wrong.text()


def test_new_tariff_when_stored_is_the_first_version(
    desktop: Desktop, screen: TariffsScreen, till: Till, people: dict[str, Actor]
) -> None:
    desktop.key(Qt.Key.Key_F6)
    overtype(desktop, edit(screen, "head", 0, "code"), "PUMP")
    overtype(desktop, edit(screen, "head", 0, "name"), "Pumps")
    overtype(desktop, edit(screen, "block", 0, "rate"), "120")
    screen.presenter.type_reason("A new class of customers")
    desktop.key(Qt.Key.Key_F8)

    assert versions(till, people["A"], "PUMP") == [1]


def test_editor_when_left_with_escape_stores_nothing(
    desktop: Desktop, screen: TariffsScreen, till: Till, people: dict[str, Actor]
) -> None:
    desktop.key(Qt.Key.Key_F8)
    overtype(desktop, edit(screen, "block", 0, "rate"), "95")
    desktop.key(Qt.Key.Key_Escape)

    assert state(screen).form is None
    assert versions(till, people["A"], "RES") == [1]
    assert desktop.screen is screen


def test_editor_when_the_day_is_past_warns_and_may_be_stored(desktop: Desktop, screen: TariffsScreen) -> None:
    desktop.key(Qt.Key.Key_F8)
    overtype(desktop, edit(screen, "head", 0, "valid_from"), "2020-01-01")

    assert screen.editor._past.isVisibleTo(screen)
    assert state(screen).wrong == {}


def test_files_when_exported_and_imported_again_say_that_all_is_here(
    desktop: Desktop, screen: TariffsScreen, tmp_path: Path
) -> None:
    screen.files = GivenFiles(tmp_path / "tariffs.csv")
    QTest.keyClick(screen.table, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    desktop.settle()
    assert (tmp_path / "tariffs.csv").read_text().startswith("tariff_code,")

    desktop.key(Qt.Key.Key_F5)

    assert desktop.window.notices[0] == "New versions: 0. Already here: 4."


def test_import_when_the_file_has_mistakes_lists_them_and_stores_nothing(
    desktop: Desktop, screen: TariffsScreen, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(
        "tariff_code,version,valid_from,currency,row,to_units,rate\n"
        "NEW,1,2026-01-01,RWF,block,20,x\nNEW,1,2026-01-01,RWF,block,,310\n"
    )
    screen.files = GivenFiles(path)
    desktop.key(Qt.Key.Key_F5)

    assert state(screen).file_errors == ("Line 2, rate: Write a number, with a dot: 12.5",)
    assert screen._errors.isVisibleTo(screen)
    desktop.key(Qt.Key.Key_Escape)
    assert state(screen).file_errors == ()


def test_import_when_the_file_is_no_text_says_so(
    desktop: Desktop, screen: TariffsScreen, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_bytes(b"\xff\xfe\x00")
    screen.files = GivenFiles(path)
    desktop.key(Qt.Key.Key_F5)

    assert "not UTF-8" in desktop.window.notices[0]


@pytest.mark.parametrize("preferences", [{"theme": "dark"}, {"text_percent": 200}, {"language": "fr"}])
def test_tariffs_when_shown_otherwise_are_built_without_a_warning(
    desktop: Desktop, screen: TariffsScreen, preferences: dict[str, object]
) -> None:
    from dataclasses import replace

    old: Preferences = desktop.window.preferences
    desktop.window.set_preferences(replace(old, **preferences))
    desktop.settle()
    desktop.window.resize(1024, 600)
    desktop.settle()
    desktop.key(Qt.Key.Key_F8)

    assert cast(TariffsScreen, desktop.screen).presenter.state.form is not None
