"""The settings screen: every page, by keyboard where a person would, with the real services."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget
from pytestqt.modeltest import ModelTester

from pos import config
from pos.bootstrap import Till
from pos.config import SETTINGS
from pos.domain.permissions import Actor, Role
from pos.services.operators import NewOperator
from pos.ui.keymap import Act
from pos.ui.screens.settings.page_backup import BackupPage
from pos.ui.screens.settings.page_keys import KeysPage, keys_model
from pos.ui.screens.settings.page_look import LookPage
from pos.ui.screens.settings.page_people import PeoplePage, people_model
from pos.ui.screens.settings.page_printer import PrinterPage
from pos.ui.screens.settings.pages import all_pages
from pos.ui.screens.settings.parts import PageView
from pos.ui.screens.settings.view import SettingsScreen
from tests.ui.conftest import PINS, Desktop

COMPONENTS = ("0123456789ABCDEF0123456789ABCDEF01234567", "FEDCBA98765432100123456789ABCDEF89ABCDEF")


def _open(desktop: Desktop, page: str, role: str = "A") -> SettingsScreen:
    desktop.sign_in(role)
    desktop.window.go("settings", page=page)
    desktop.settle()
    screen = desktop.screen
    assert isinstance(screen, SettingsScreen)
    assert screen.presenter.state.page == page
    return screen


def _page(desktop: Desktop) -> PageView:
    screen = desktop.screen
    assert isinstance(screen, SettingsScreen)
    view = screen.page_view()
    assert view is not None
    return view


def _press(desktop: Desktop, caption: str) -> None:
    """Press the visible button of this caption."""
    found = [
        button
        for button in desktop.window.findChildren(QAbstractButton)
        if button.objectName() == caption and button.isVisible()
    ]
    assert len(found) == 1, (caption, len(found))
    assert found[0].isEnabled(), caption
    found[0].click()
    desktop.settle()


def _write(desktop: Desktop, field: QWidget, text: str) -> None:
    """Type into a field in place of what stands there."""
    edit = field if isinstance(field, QLineEdit) else field.focusProxy()
    assert isinstance(edit, QLineEdit)
    edit.setFocus()
    edit.selectAll()
    desktop.key(Qt.Key.Key_Delete)
    desktop.type(text)


def _texts(desktop: Desktop) -> str:
    labels = desktop.screen.findChildren(QLabel)
    return "\n".join(label.text() for label in labels if label.isVisible())


def _acts(till: Till) -> list[tuple[str, str]]:
    """The privileged acts of the journal: target kind and id."""
    from pos.models.packing import unpack_line

    with till.units.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT line FROM journal WHERE kind = 'privileged_act' ORDER BY seq"
        )
        bodies = [unpack_line(row[0]) for row in rows]
    import json

    found = [json.loads(body) for body in bodies]
    return [(line["body"]["target_kind"], line["body"]["target_id"]) for line in found]


def test_pages_when_put_together_have_each_setting_once() -> None:
    placed = [setting.key for page in all_pages(str) for setting in page.settings]

    assert sorted(placed) == sorted(SETTINGS)


def test_settings_when_a_supervisor_opens_them_show_people_unlock_and_statements_only(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    for _ in range(5):
        with pytest.raises(Exception, match=r"PIN|Locked"):
            till.sign_in.sign_in("Aline", "00000")
        with till.units.write() as unit:
            unit.connection.exec_driver_sql("UPDATE operator SET wait_left_ms = 0 WHERE name = 'Aline'")
    with till.units.write() as unit:
        unit.connection.exec_driver_sql(
            "UPDATE operator SET is_locked = 1, wait_left_ms = 900000 WHERE name = 'Aline'"
        )
    screen = _open(desktop, "people", role="S")
    assert [page.key for page in screen.presenter.pages] == ["people", "fees"]
    view = _page(desktop)
    assert isinstance(view, PeoplePage)
    assert not view.save.isVisible() and not view.new_code.isVisible() and view.unlock.isVisible()
    assert not view.name.isEnabled()

    _press(desktop, "Unlock")

    assert till.sign_in.sign_in("Aline", PINS["C"]).name == "Aline"
    assert ("operator", str(people["C"].id)) in _acts(till)


def test_setting_when_found_and_typed_is_stored_and_in_the_journal(desktop: Desktop, till: Till) -> None:
    _open(desktop, "shop")

    desktop.key(Qt.Key.Key_F2)
    desktop.type("duplicate minutes")
    desktop.key(Qt.Key.Key_Return)
    assert _page(desktop).title.text() == "Rules and limits"
    desktop.type("4")
    desktop.key(Qt.Key.Key_Return)

    # The caret stood behind what was there.
    assert till.settings.values()[config.DUPLICATE_GUARD_MINUTES] == 304
    assert ("setting", "duplicate_guard_minutes") in _acts(till)
    assert till.rules.duplicate_minutes == 304
    assert "Saved: Duplicate guard in minutes" in desktop.window.notices


def test_setting_when_wrong_says_so_at_its_field_and_esc_brings_the_stored_one_back(
    desktop: Desktop, till: Till
) -> None:
    screen = _open(desktop, "rules")
    edit = desktop.focus()
    assert isinstance(edit, QLineEdit) and edit.text() == "30"

    desktop.type("99")
    desktop.key(Qt.Key.Key_Return)

    assert "A whole number from 0 to 1440 is wanted." in _texts(desktop)
    assert edit.property("klWrong") == "true" and edit.text() == "3099"
    assert till.settings.values()[config.DUPLICATE_GUARD_MINUTES] == 30
    desktop.key(Qt.Key.Key_Escape)
    assert edit.text() == "30" and edit.property("klWrong") == "false"
    assert screen is desktop.screen


@pytest.mark.parametrize(
    ("typed", "stored"), [("12,500", 12_500), ("700", 700), ("", None), ("12.5", ...), ("much", ...)]
)
def test_money_setting_when_typed_is_read_as_a_person_writes_it(
    desktop: Desktop, till: Till, people: dict[str, Actor], typed: str, stored: object
) -> None:
    till.settings.change(people["A"], config.VEND_MIN_MINOR, value=500, reason="test")
    _open(desktop, "rules")
    view = _page(desktop)
    assert view.focus_setting("vend_min_minor")

    _write(desktop, desktop.focus(), typed)
    desktop.key(Qt.Key.Key_Tab)

    is_wrong = stored is ...
    assert till.settings.values()[config.VEND_MIN_MINOR] == (500 if is_wrong else stored)
    assert ("An amount in figures is wanted" in _texts(desktop)) is is_wrong


def test_receipts_when_languages_are_pressed_keep_their_order_and_at_least_one(
    desktop: Desktop, till: Till
) -> None:
    _open(desktop, "shop")
    for name in ("English", "Français", "Ikinyarwanda"):
        _press(desktop, name)
    assert till.settings.values()[config.RECEIPT_LANGUAGES] == ("sw",)

    _press(desktop, "Kiswahili")
    assert "At least one language stays." in _texts(desktop)
    _press(desktop, "Français")

    assert till.settings.values()[config.RECEIPT_LANGUAGES] == ("fr",)


def test_footer_when_typed_stands_on_the_preview(desktop: Desktop, till: Till, tmp_path: Path) -> None:
    screen = _open(desktop, "shop")
    screen.page_view()
    assert _page(desktop).focus_setting("receipt_footer")
    desktop.type("Complaints 3535")
    desktop.key(Qt.Key.Key_Tab)
    screen.choosers.open_file = lambda _title, _start: str(tmp_path / "logo.png")
    _press(desktop, "Choose")

    paper = _page(desktop).paper  # type: ignore[attr-defined]
    assert "Complaints 3535" in paper.accessibleName()
    assert till.paper_rules.footer == "Complaints 3535"
    assert till.settings.values()[config.RECEIPT_LOGO] == str(tmp_path / "logo.png")


def test_theme_when_changed_shows_the_same_page_in_the_other_colours(desktop: Desktop, till: Till) -> None:
    first = _open(desktop, "look")
    segments = _page(desktop).fields["theme"].segments  # type: ignore[attr-defined]
    segments._buttons["dark"].click()
    desktop.settle()

    assert desktop.window.look.theme == "dark" and till.settings.values()[config.THEME] == "dark"
    assert desktop.screen is not first
    assert isinstance(_page(desktop), LookPage)


def test_language_when_stepped_with_an_arrow_is_another_and_the_focus_stays(
    desktop: Desktop, till: Till
) -> None:
    _open(desktop, "look")

    desktop.key(Qt.Key.Key_Right)

    assert till.settings.values()[config.LANGUAGE] == "fr"
    assert desktop.window.look.wording.language == "fr"
    desktop.key(Qt.Key.Key_Left)
    assert desktop.window.look.wording.language == "en"


@pytest.mark.parametrize("percent", ["150", "200"])
def test_text_when_larger_turns_to_one_column_with_nothing_beside(desktop: Desktop, percent: str) -> None:
    _open(desktop, "look")
    _page(desktop).fields["text_percent"].segments._buttons[percent].click()  # type: ignore[attr-defined]
    desktop.settle()

    screen = desktop.screen
    assert isinstance(screen, SettingsScreen) and screen.combo.key() == "look"
    _press(desktop, "Own keys")
    assert screen.zones.currentIndex() == 1
    desktop.key(Qt.Key.Key_Escape)
    assert screen.zones.currentIndex() == 0


def _row(desktop: Desktop, act: Act) -> QWidget:
    view = _page(desktop)
    assert isinstance(view, LookPage)
    return view.rows[act]


def test_own_key_when_pressed_does_the_act_from_then_on(desktop: Desktop, till: Till) -> None:
    _open(desktop, "look")
    _row(desktop, Act.FIND).setFocus()
    desktop.key(Qt.Key.Key_Space)
    desktop.key(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)

    assert till.settings.values()[config.KEYS] == '{"find": "Ctrl+F"}'
    assert desktop.window.look.keys.cap_of(Act.FIND) == "Ctrl F"
    desktop.key(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    screen = desktop.screen
    assert isinstance(screen, SettingsScreen) and screen.search.edit.hasFocus()
    _press(desktop, "All usual keys again")
    assert till.settings.values()[config.KEYS] == ""


@pytest.mark.parametrize(
    ("key", "modifier", "said"),
    [
        (Qt.Key.Key_F8, Qt.KeyboardModifier.NoModifier, "F8 is taken by: Pay, or the main act"),
        (Qt.Key.Key_G, Qt.KeyboardModifier.NoModifier, "This key types or moves"),
        (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "This key types or moves"),
        (Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier, "This key types or moves"),
    ],
)
def test_own_key_when_it_cannot_be_is_refused_and_waited_for_again(
    desktop: Desktop, till: Till, key: Qt.Key, modifier: Qt.KeyboardModifier, said: str
) -> None:
    screen = _open(desktop, "look")
    _row(desktop, Act.HOLD).setFocus()
    desktop.key(Qt.Key.Key_Return)
    desktop.key(key, modifier)

    assert said in _texts(desktop)
    assert till.settings.values()[config.KEYS] == ""
    assert screen.presenter.own_keys.state.waiting == "hold"
    desktop.key(Qt.Key.Key_Escape)
    assert screen.presenter.own_keys.state.waiting == ""


def _file_printer(desktop: Desktop, path: Path) -> PrinterPage:
    screen = _open(desktop, "printer")
    screen.presenter.printer.choose_kind("file")
    view = _page(desktop)
    assert isinstance(view, PrinterPage)
    _write(desktop, view.edits["first"], str(path))
    desktop.key(Qt.Key.Key_Return)
    return view


def test_printer_when_set_up_prints_a_test_page_and_opens_the_drawer(
    desktop: Desktop, till: Till, tmp_path: Path
) -> None:
    path = tmp_path / "paper.bin"
    view = _file_printer(desktop, path)
    assert till.settings.values()[config.PRINTER] == f"file:{path}"
    assert till.rules.printer == f"file:{path}"
    assert view.badge.text() == "Taken as ready"

    desktop.key(Qt.Key.Key_F9)

    assert b"KILOTILL TEST PAGE" in path.read_bytes()
    assert "good" in view.done.text()
    assert "KILOTILL TEST PAGE" in view.paper.accessibleName()
    _press(desktop, "Open the drawer")
    assert ("drawer", "T03") in _acts(till)


def test_printer_when_nobody_answers_says_so_beside_the_choice(desktop: Desktop, till: Till) -> None:
    screen = _open(desktop, "printer")
    screen.presenter.printer.choose_kind("network")
    view = _page(desktop)
    assert isinstance(view, PrinterPage)
    _write(desktop, view.edits["first"], "127.0.0.1")
    desktop.key(Qt.Key.Key_Tab)
    desktop.type("x")
    desktop.key(Qt.Key.Key_Return)
    assert "A number is wanted, or nothing." in _texts(desktop)

    _write(desktop, view.edits["second"], "1")
    desktop.key(Qt.Key.Key_Return)

    assert till.settings.values()[config.PRINTER] == "network:127.0.0.1:1"
    assert view.badge.text() == "Not ready"
    assert view.kind_field.help.isVisible()


def test_printer_when_usb_numbers_are_no_hexadecimal_is_not_stored(desktop: Desktop, till: Till) -> None:
    screen = _open(desktop, "printer")
    screen.presenter.printer.choose_kind("usb")
    view = _page(desktop)
    assert isinstance(view, PrinterPage)

    _write(desktop, view.edits["first"], "epson")
    desktop.key(Qt.Key.Key_Return)

    assert "Four digits 0-9 and a-f" in _texts(desktop)
    assert till.settings.values()[config.PRINTER] == "dummy:"


def test_printer_when_there_is_none_cannot_be_tested_and_says_why(desktop: Desktop, till: Till) -> None:
    screen = _open(desktop, "printer")
    screen.presenter.printer.choose_kind("")
    desktop.settle()
    view = _page(desktop)
    assert isinstance(view, PrinterPage)

    assert till.settings.values()[config.PRINTER] == ""
    assert not view.test.isEnabled() and view.done.text() == "Choose a printer first."


@pytest.mark.parametrize(
    ("caption", "states"),
    [("It is printed", []), ("Print again", ["waiting"]), ("Give it up", ["failed"])],
)
def test_paper_when_nobody_knows_of_it_is_decided_by_a_person(
    desktop: Desktop, till: Till, caption: str, states: list[str]
) -> None:
    with till.units.write() as unit:
        unit.connection.exec_driver_sql(
            "UPDATE print_job SET state = 'unknown', finished_at = NULL "
            "WHERE key = (SELECT max(key) FROM print_job)"
        )
    _open(desktop, "printer")
    assert "did it come out?" in _texts(desktop)

    _press(desktop, caption)

    assert [job.state.value for job in till.spool.list_open()] == states
    if states == ["waiting"]:
        _press(desktop, "Print them now")
        assert till.spool.list_open() == ()


def test_scan_when_tried_is_shown_and_sells_nothing(desktop: Desktop, till: Till) -> None:
    screen = _open(desktop, "scanner")
    with till.units.read() as connection:
        drn = connection.exec_driver_sql("SELECT drn FROM meter LIMIT 1").scalar_one()

    desktop.window._deliver_scan(drn)
    desktop.window._deliver_scan("ABC-1")
    desktop.settle()

    assert desktop.screen is screen
    assert f"Scanned. Meter {drn}" in _texts(desktop) and "No meter number" in _texts(desktop)
    desktop.type("12")
    desktop.key(Qt.Key.Key_Return)
    assert "Typed by hand" in _texts(desktop)


def test_person_when_added_can_sign_in(desktop: Desktop, till: Till) -> None:
    _open(desktop, "people")
    desktop.key(Qt.Key.Key_F8)
    desktop.type("Grace")
    view = _page(desktop)
    assert isinstance(view, PeoplePage)
    view.pin.setFocus()
    desktop.type("12")
    desktop.key(Qt.Key.Key_Return)
    assert "5 to 8 digits" in view.pin_field.help.text() and view.name.text() == "Grace"

    view.pin.setFocus()
    desktop.type("864209")
    desktop.key(Qt.Key.Key_Return)

    assert till.sign_in.sign_in("Grace", "864209").role is Role.CASHIER
    chosen = view.table.chosen()
    assert chosen is not None and chosen.name == "Grace"


def test_person_when_the_name_is_taken_says_so_at_the_name(desktop: Desktop) -> None:
    _open(desktop, "people")
    desktop.key(Qt.Key.Key_F8)
    desktop.type("Aline")
    view = _page(desktop)
    assert isinstance(view, PeoplePage)
    view.pin.setFocus()
    desktop.type("864209")
    desktop.key(Qt.Key.Key_Return)

    assert view.name_field.help.text() == "Somebody here is called Aline already."
    desktop.key(Qt.Key.Key_Escape)
    assert not view._section.state.is_new and view.name.text() == "Aline"


def test_person_when_renamed_given_duties_and_a_pin_is_so(desktop: Desktop, till: Till) -> None:
    _open(desktop, "people")
    view = _page(desktop)
    assert isinstance(view, PeoplePage)
    _write(desktop, view.name, "Aline U.")
    view.role.picked.emit("S")
    desktop.settle()
    _press(desktop, "Save")
    assert "PIN" in view.pin_field.help.text()
    view.pin.setFocus()
    desktop.type("777888")
    _press(desktop, "Save")
    assert till.sign_in.sign_in("Aline U.", "777888").role is Role.SUPERVISOR

    view.pin.setFocus()
    desktop.type("888999")
    _press(desktop, "Set the new PIN")

    assert till.sign_in.sign_in("Aline U.", "888999").role is Role.SUPERVISOR


def test_person_when_leaving_and_coming_back_needs_a_new_pin(desktop: Desktop, till: Till) -> None:
    _open(desktop, "people")
    _press(desktop, "Works here no more")
    assert "Aline" not in till.sign_in.names()
    view = _page(desktop)
    assert isinstance(view, PeoplePage)

    _press(desktop, "Works here again")
    assert "5 to 8 digits" in view.pin_field.help.text()
    view.pin.setFocus()
    desktop.type("54321")
    _press(desktop, "Works here again")

    assert till.sign_in.sign_in("Aline", "54321").name == "Aline"


def test_last_administrator_when_leaving_is_kept(desktop: Desktop, till: Till) -> None:
    _open(desktop, "people")
    view = _page(desktop)
    assert isinstance(view, PeoplePage)
    desktop.key(Qt.Key.Key_Down)
    desktop.key(Qt.Key.Key_Down)
    assert view.name.text() == "Claire"

    _press(desktop, "Works here no more")

    assert "at least one active administrator" in view.role_field.help.text()
    assert "Claire" in till.sign_in.names()


def test_recovery_code_when_made_is_shown_once(desktop: Desktop, till: Till) -> None:
    screen = _open(desktop, "people")
    _press(desktop, "Make a new code")
    view = _page(desktop)
    assert isinstance(view, PeoplePage)
    code = view.code.fact.text()
    assert len(code) == 29 and view.code.isVisible()

    desktop.window.go("sales")
    desktop.settle()

    assert screen.presenter.people.state.code == ""
    till.recovery.recover("Claire", code, new_pin="111222")
    assert till.sign_in.sign_in("Claire", "111222").name == "Claire"


def test_limit_when_renewed_is_in_force(desktop: Desktop, till: Till, people: dict[str, Actor]) -> None:
    screen = _open(desktop, "rules")
    view = _page(desktop)
    money, units = view.money, view.units  # type: ignore[attr-defined]
    _write(desktop, money, "none")
    _press(desktop, "Renew the limit")
    assert "An amount above zero is wanted." in _texts(desktop)

    _write(desktop, money, "2,000,000")
    _write(desktop, units, "9000.5")
    desktop.key(Qt.Key.Key_Return)

    state = till.envelopes.state(people["A"])
    assert state is not None and (state.money_minor, state.units_milli) == (2_000_000, 9_000_500)
    assert screen.presenter.limit.state.done == "The offline limit is renewed."


def _live_till_with_two_administrators(till: Till, people: dict[str, Actor]) -> None:
    till.operators.add(people["A"], NewOperator("Daniel", Role.ADMINISTRATOR, "424242"))
    with till.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE book SET is_demo = 0")


def _type_key(desktop: Desktop, krn: str = "2") -> KeysPage:
    view = _page(desktop)
    assert isinstance(view, KeysPage)
    desktop.key(Qt.Key.Key_F8)
    view.group.picked.emit("201457")
    desktop.settle()
    _write(desktop, view.krn, krn)
    _write(desktop, view.first_edit, COMPONENTS[0])
    desktop.key(Qt.Key.Key_Return)
    return view


def test_key_when_two_people_type_their_components_is_in_the_vault(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    _live_till_with_two_administrators(till, people)
    screen = _open(desktop, "keys")
    view = _type_key(desktop)
    assert "Check value of component 1" in view.check.fact.text()
    assert view.second_person.key() == "Daniel" and view.first_edit.text() == ""

    _write(desktop, view.second_edit, COMPONENTS[1])
    view.pin.setFocus()
    desktop.type("111111")
    desktop.key(Qt.Key.Key_Return)
    assert "The PIN is wrong." in view.pin_field.help.text()
    with till.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE operator SET wait_left_ms = 0")
    view.pin.setFocus()
    desktop.type("424242")
    desktop.key(Qt.Key.Key_Return)

    loaded = [(key.group.sgc, key.group.krn) for key in till.keys.list_keys(people["A"])]
    assert ("201457", 2) in loaded and ("supply_group", "201457") in _acts(till)
    assert screen.presenter.vault.state.step == 0 and "is loaded" in view.done.text()
    shown = "\n".join(edit.text() for edit in desktop.window.findChildren(QLineEdit))
    assert COMPONENTS[0] not in shown and COMPONENTS[1] not in shown
    assert COMPONENTS[0] not in repr(screen.presenter.vault.state)


@pytest.mark.parametrize(
    ("component", "code"), [("XYZ", "0-9 and A-F"), ("ABCD", "20 bytes"), (COMPONENTS[0], "check value")]
)
def test_first_component_when_typed_is_checked_at_once(desktop: Desktop, component: str, code: str) -> None:
    _open(desktop, "keys")
    view = _page(desktop)
    assert isinstance(view, KeysPage)
    desktop.key(Qt.Key.Key_F8)
    view.group.picked.emit("201457")
    desktop.settle()
    _write(desktop, view.first_edit, component)
    desktop.key(Qt.Key.Key_Return)

    said = view.first_field.help.text() if code != "check value" else view.check.fact.text()
    assert code.casefold() in said.casefold()


def test_key_when_the_till_is_a_demo_is_refused_where_it_was_typed(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    screen = _open(desktop, "keys")
    screen.presenter.form.change(config.SINGLE_CUSTODIAN, "yes")
    desktop.settle()
    view = _type_key(desktop)
    assert not view.pin_field.isVisible()

    _write(desktop, view.second_edit, COMPONENTS[1])
    _press(desktop, "Load the key")

    assert "demo" in view.second_field.help.text()
    desktop.key(Qt.Key.Key_Escape)
    assert screen.presenter.vault.state.step == 0


def test_key_change_when_announced_is_shown_with_its_progress(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    _open(desktop, "keys")
    view = _page(desktop)
    assert isinstance(view, KeysPage)
    view.change_group.picked.emit("201457")
    desktop.settle()
    _write(desktop, view.ti, "02")
    _write(desktop, view.from_at, "tomorrow")
    _press(desktop, "Announce the change")
    assert "Write it like 2026-12-31 06:00." in _texts(desktop)
    _write(desktop, view.from_at, "2020-01-01 06:00")
    _press(desktop, "Announce the change")
    assert "not in the past" in view.from_field.help.text()

    _write(desktop, view.from_at, "2099-12-31 06:00")
    _press(desktop, "Announce the change")

    assert "Group 201457 goes to revision 1, index 02" in _texts(desktop)
    assert till.key_changes.progress("201457", people["A"]).changed == 0


def test_vault_when_locked_asks_for_the_phrase_and_refuses_a_wrong_one(
    desktop: Desktop, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.vault.lock()
    _open(desktop, "keys")
    view = _page(desktop)
    assert isinstance(view, KeysPage)
    assert view.badge.text() == "Locked" and view.phrase.hasFocus() and not view.begin.isEnabled()

    desktop.type("a demo needs no phrase")
    desktop.key(Qt.Key.Key_Return)

    assert view.badge.text() == "Open" and view.phrase.text() == ""
    assert not view.locked.isVisible()


def test_backup_when_made_is_listed_and_the_books_are_proven(desktop: Desktop, till: Till) -> None:
    screen = _open(desktop, "backup")
    view = _page(desktop)
    assert isinstance(view, BackupPage)
    assert "No back-up yet" in view.last.text()

    desktop.key(Qt.Key.Key_F8)
    desktop.wait_until(lambda: screen.presenter.safety.state.steps < 0)
    _press(desktop, "Verify the books")
    desktop.wait_until(lambda: not screen.presenter.safety.state.is_verifying)

    assert len(screen.presenter.safety.state.rows) == 1
    assert "opened again and checked" in view.make_said.text()
    assert "The books are right" in view.verdict.text()
    assert till.backups.last_made_at("T03") is not None


def test_books_when_a_number_was_changed_are_called_wrong(desktop: Desktop, till: Till) -> None:
    with till.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE account SET balance_minor = balance_minor + 1")
    screen = _open(desktop, "backup")
    _press(desktop, "Verify the books")
    desktop.wait_until(lambda: not screen.presenter.safety.state.is_verifying)

    assert "Something is wrong in the books." in _texts(desktop)


def test_backup_when_the_folder_is_gone_says_so_and_makes_none(
    desktop: Desktop, till: Till, people: dict[str, Actor], tmp_path: Path
) -> None:
    till.settings.change(people["A"], config.BACKUP_FOLDER, value=str(tmp_path / "stick"), reason="test")
    _open(desktop, "backup")

    desktop.key(Qt.Key.Key_F8)

    view = _page(desktop)
    assert isinstance(view, BackupPage)
    assert "is not there" in view.make_said.text() and view.make.isEnabled()


def test_passphrase_when_typed_twice_alike_is_set(desktop: Desktop, till: Till) -> None:
    _open(desktop, "backup")
    view = _page(desktop)
    assert isinstance(view, BackupPage)
    for phrase, again, said in (
        ("four words are enough", "four words are enough!", "The two are not the same."),
        ("short", "short", "12"),
        ("four words are enough", "four words are enough", ""),
    ):
        _write(desktop, view.phrase, phrase)
        _write(desktop, view.again, again)
        desktop.key(Qt.Key.Key_Return)
        assert said in _texts(desktop)
        assert view.phrase.text() == view.again.text() == ""

    assert (till.folder.root / "backup.lock").exists()


def test_restore_when_into_an_empty_folder_makes_a_till_there(
    desktop: Desktop, till: Till, tmp_path: Path
) -> None:
    till.backups.begin().run()
    screen = _open(desktop, "backup")
    target = tmp_path / "restored"
    _press(desktop, "How to restore")
    view = _page(desktop)
    assert isinstance(view, BackupPage)
    assert view.backup.edit.text().endswith(".kbk")
    _press(desktop, "Restore into this folder")
    assert "Choose an empty folder." in _texts(desktop)

    screen.choosers.folder = lambda _title, _start: str(target)
    view.target.button.click()
    _press(desktop, "Restore into this folder")

    assert (target / "till.sqlite").exists()
    report = "\n".join(screen.presenter.safety.state.report)
    assert "The till is now T03B" in report and f"--data {target}" in report
    assert "The till is now T03B" in _texts(desktop)
    _press(desktop, "Restore into this folder")
    assert "already holds a till" in view.target.field.help.text()
    desktop.key(Qt.Key.Key_Escape)
    assert view.make.isVisible()


def test_training_when_switched_on_says_what_the_next_start_brings(desktop: Desktop, till: Till) -> None:
    _open(desktop, "training")
    assert "Nothing changes at the next start." in _texts(desktop)

    desktop.key(Qt.Key.Key_Space)

    assert till.settings.values()[config.TRAINING] is True
    assert "At the next start the training shop opens." in _texts(desktop)


def test_bundle_when_written_is_where_the_person_chose(desktop: Desktop, tmp_path: Path) -> None:
    screen = _open(desktop, "about")
    asked: list[str] = []

    def choose(_title: str, start: str) -> str:
        asked.append(start)
        return str(tmp_path / "bundle.zip")

    screen.choosers.save_file = choose
    desktop.key(Qt.Key.Key_F8)
    desktop.wait_until(lambda: not screen.presenter.about.state.is_busy)

    assert "kilotill-support-" in asked[0] and "bundle.zip" in _texts(desktop)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        assert '"qt"' in bundle.read("about.json").decode()


def test_bundle_when_no_file_is_chosen_is_not_written(desktop: Desktop) -> None:
    screen = _open(desktop, "about")
    screen.choosers.save_file = lambda _title, _start: ""

    desktop.key(Qt.Key.Key_F8)

    assert not screen.presenter.about.state.is_busy and screen.presenter.about.state.done == ""


def test_search_when_nothing_has_it_says_so_and_esc_shows_all_again(desktop: Desktop) -> None:
    screen = _open(desktop, "shop")
    desktop.key(Qt.Key.Key_F2)
    desktop.type("zebra")
    assert screen.nothing.isVisible() and screen.presenter.state.pages == ()

    desktop.key(Qt.Key.Key_Escape)

    assert len(screen.presenter.state.pages) == len(screen.presenter.pages) == 14
    screen.list.setFocus()
    desktop.key(Qt.Key.Key_Down)
    assert screen.presenter.state.page == "printer"
    desktop.key(Qt.Key.Key_Up)
    assert screen.presenter.state.page == "shop"


def test_window_when_small_has_the_list_as_a_combo_box_and_the_side_a_button_away(desktop: Desktop) -> None:
    desktop.window.resize(1024, 600)
    screen = _open(desktop, "people")
    desktop.settle()
    assert screen.combo.isVisible() and screen.combo.count() == 14

    desktop.key(Qt.Key.Key_F8)

    assert screen.zones.currentIndex() == 1
    view = _page(desktop)
    assert isinstance(view, PeoplePage) and view.name.hasFocus()
    QTest.qWait(0)
    desktop.key(Qt.Key.Key_Escape)
    desktop.key(Qt.Key.Key_Escape)
    assert screen.zones.currentIndex() == 0


@pytest.mark.parametrize("make", [keys_model, people_model])
def test_tables_when_tested_as_models_are_sound(
    desktop: Desktop, qtmodeltester: ModelTester, make: Callable[..., object]
) -> None:
    model = make(desktop.window.look)
    qtmodeltester.check(model)
