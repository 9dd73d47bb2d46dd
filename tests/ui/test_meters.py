"""The meter screens in the window: found, shown, changed, sold to, imported; by keyboard."""

from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.modeltest import ModelTester

from pos.bootstrap import Till
from pos.domain.permissions import Actor
from pos.services.key_changes import Announcement
from pos.ui.screens.meters.form_panel import FormPanel
from pos.ui.screens.meters.import_presenter import Step
from pos.ui.screens.meters.tokens_card import TokensCard
from pos.ui.screens.meters.view import MetersScreen
from pos.ui.screens.meters.words import spaced
from pos.ui.widgets.approval_panel import ApprovalPanel
from tests.factories.meter_files import drn_of, meter_cells, write_csv
from tests.ui.conftest import PINS, Desktop

CTRL = Qt.KeyboardModifier.ControlModifier
FREE_TARIFF = (
    "tariff_code,version,valid_from,service,currency,row,name,to_units,rate,amount\n"
    "LIFE,1,2026-01-01T00:00:00.000Z,electricity,RWF,tariff,Lifeline,,,\n"
    "LIFE,1,2026-01-01T00:00:00.000Z,electricity,RWF,block,,,100,\n"
    "LIFE,1,2026-01-01T00:00:00.000Z,electricity,RWF,free,,,,5\n"
)


def meters(desktop: Desktop, role: str = "S", **where: object) -> MetersScreen:
    """Sign in and go to the meters."""
    desktop.sign_in(role)
    desktop.window.go("meters", **where)
    desktop.settle()
    assert isinstance(desktop.screen, MetersScreen)
    return desktop.screen


def form(screen: MetersScreen) -> FormPanel:
    panel = screen.detail_page.panel
    assert isinstance(panel, FormPanel)
    return panel


def tokens(screen: MetersScreen) -> TokensCard:
    panel = screen.detail_page.panel
    assert isinstance(panel, TokensCard)
    return panel


def wrong(panel: FormPanel, key: str) -> str:
    """What is said to be wrong with a field; empty where nothing is."""
    return panel.fields[key].help.text() if panel.form.wrong.get(key) else ""


def fill(desktop: Desktop, panel: FormPanel, key: str, text: str) -> None:
    """Type into a field, in place of what stands there."""
    field = panel.fields[key].field
    field.setFocus()
    assert isinstance(field, QLineEdit)
    field.selectAll()
    desktop.type(text)


def allow(desktop: Desktop, pin: str) -> None:
    """Type a supervisor's PIN where it is asked for."""
    assert isinstance(desktop.window._panel, ApprovalPanel)
    desktop.type(pin)
    desktop.key(Qt.Key.Key_Return)
    desktop.settle()


def any_drn(till: Till, condition: str = "status = 'active'") -> str:
    with till.units.read() as connection:
        found: str = connection.exec_driver_sql(
            f"SELECT drn FROM meter WHERE {condition} ORDER BY key LIMIT 1"
        ).scalar_one()
    return found


def bought_drn(till: Till) -> str:
    return any_drn(till, "key IN (SELECT meter_key FROM sale_item)")


def status_of(till: Till, drn: str) -> tuple[str, str | None]:
    with till.units.read() as connection:
        row = connection.exec_driver_sql("SELECT status, block_reason FROM meter WHERE drn = ?", (drn,)).one()
    return row[0], row[1]


# -- list -------------------------------------------------------------------------------------------------


def test_list_when_opened_shows_the_newest_first_page_by_page(
    desktop: Desktop, till: Till, qtmodeltester: ModelTester
) -> None:
    screen = meters(desktop)
    model = screen.list_page.model

    assert model.rowCount() == 200
    assert model.rows[0].drn == any_drn(till, "key = (SELECT max(key) FROM meter)")
    qtmodeltester.check(model, force_py=False)
    model.fetchMore()
    desktop.settle()

    assert model.rowCount() == 240 and model.is_whole
    assert len({row.drn for row in model.rows}) == 240


def test_search_when_digits_are_typed_finds_at_once_and_enter_opens(desktop: Desktop, till: Till) -> None:
    drn = any_drn(till)
    screen = meters(desktop)

    desktop.type(drn[-6:])
    assert screen.list_page.model.rows[0].drn == drn
    desktop.key(Qt.Key.Key_Return)

    assert screen.detail_page.head.number.text() == spaced(drn)


def test_search_when_a_name_is_typed_waits_for_the_pause(desktop: Desktop, till: Till) -> None:
    screen = meters(desktop)

    desktop.type("uwim")

    desktop.wait_until(lambda: 0 < screen.list_page.model.rowCount() <= 50)
    assert all("Uwimana" in (row.name or "") for row in screen.list_page.model.rows)
    desktop.key(Qt.Key.Key_Escape)
    assert screen.list_page.model.rowCount() == 200


@pytest.mark.parametrize(
    ("typed", "said"), [("99999999", "No meter ends in 99999999."), ("12", "Go on typing.")]
)
def test_search_when_nothing_is_found_says_the_way_out(desktop: Desktop, typed: str, said: str) -> None:
    screen = meters(desktop)

    desktop.type(typed)

    assert screen.list_page.stack.currentIndex() == 1
    assert screen.list_page.fact.text() == said and screen.list_page.way_out.text()


def test_list_when_down_and_f8_are_pressed_goes_to_sell_to_that_meter(desktop: Desktop) -> None:
    screen = meters(desktop)
    second = screen.list_page.model.rows[1].drn

    desktop.key(Qt.Key.Key_Down)
    assert screen.list_page.table.chosen().drn == second
    desktop.key(Qt.Key.Key_F8)

    assert desktop.window._place == "sell"


# -- detail -----------------------------------------------------------------------------------------------


def test_detail_when_asked_for_by_number_shows_facts_use_and_purchases(
    desktop: Desktop, till: Till, qtmodeltester: ModelTester
) -> None:
    drn = bought_drn(till)
    screen = meters(desktop, meter=drn)
    page = screen.detail_page
    data = screen.presenter.detail.state.data
    assert data is not None

    assert page.head.name.text() == data.meter.row.name
    assert page.head.status.text() == "Active"
    assert len(page.body.chart.chart.bars()) == 12
    assert sum(page.body.chart.chart.bars()[-1].values) + sum(page.body.chart.chart.bars()[-2].values) > 0
    assert page.body.purchases.model.rowCount() == data.past.purchases > 0
    assert {row.drn for row in page.body.purchases.model.rows} == {drn}
    qtmodeltester.check(page.body.purchases.model, force_py=False)
    qtmodeltester.check(page.body.chart.model, force_py=False)


def test_detail_when_ctrl_shift_t_is_pressed_shows_the_chart_as_a_table(desktop: Desktop, till: Till) -> None:
    screen = meters(desktop, meter=bought_drn(till))
    chart = screen.detail_page.body.chart

    desktop.key(Qt.Key.Key_T, CTRL | Qt.KeyboardModifier.ShiftModifier)

    assert chart.stack.currentWidget() is chart.table
    assert chart.model.rowCount() == 12
    desktop.key(Qt.Key.Key_T, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert chart.stack.currentWidget() is not chart.table


def test_detail_when_the_number_is_unknown_goes_back_to_the_list(desktop: Desktop) -> None:
    screen = meters(desktop, meter=drn_of(77))

    assert screen.presenter.state.page == "list"
    assert "not known" in desktop.window.notices[0] or desktop.window._panel is not None


def test_detail_when_scanned_shows_that_meter(desktop: Desktop, till: Till) -> None:
    screen = meters(desktop)
    drn = any_drn(till)

    assert screen.scanned(drn)
    desktop.settle()

    assert screen.presenter.detail.state.drn == drn


def test_detail_when_f8_is_pressed_goes_to_sell(desktop: Desktop, till: Till) -> None:
    meters(desktop, meter=any_drn(till))

    desktop.key(Qt.Key.Key_F8)

    assert desktop.window._place == "sell"


def test_detail_when_all_of_them_is_pressed_goes_to_the_sales_of_the_meter(
    desktop: Desktop, till: Till
) -> None:
    screen = meters(desktop, meter=bought_drn(till))
    went: list[tuple[str, dict[str, object]]] = []
    desktop.window.go = lambda place, **where: went.append((place, where))  # type: ignore[method-assign]

    screen.detail_page.body.purchases.all_pressed.emit()

    assert went == [("sales", {"text": bought_drn(till)})]


def test_detail_when_seen_by_an_auditor_offers_no_act(desktop: Desktop, till: Till) -> None:
    screen = meters(desktop, "U", meter=any_drn(till))
    head = screen.detail_page.head

    assert not any(button.isVisible() for button in (head.sell, head.edit, head.block))
    assert not screen.detail_page.body.cases.isVisible()
    assert [item.caption for item in screen.bar().values()] == ["Find"]


def test_detail_when_the_window_is_small_has_tabs(desktop: Desktop, till: Till) -> None:
    desktop.window.resize(1024, 600)
    screen = meters(desktop, meter=any_drn(till))
    body = screen.detail_page.body
    assert body.tabs is not None

    for tab, part in (("use", body.chart), ("cases", body.cases), ("facts", body.facts)):
        body.tabs.chosen.emit(tab)
        desktop.settle()
        assert part.isVisible()


def test_window_when_it_becomes_small_keeps_what_is_typed(desktop: Desktop, till: Till) -> None:
    screen = meters(desktop, meter=any_drn(till))
    desktop.key(Qt.Key.Key_F6)
    desktop.type("The lid is open")

    desktop.window.resize(1024, 600)
    desktop.settle()

    screen = desktop.screen  # type: ignore[assignment]
    field = form(screen).fields["reason"].field
    assert isinstance(field, QLineEdit) and field.text() == "The lid is open"


# -- acts -------------------------------------------------------------------------------------------------


def test_block_when_no_reason_is_given_says_so_at_the_field_and_then_blocks(
    desktop: Desktop, till: Till
) -> None:
    drn = any_drn(till)
    screen = meters(desktop, meter=drn)

    screen.detail_page.head.block.click()
    desktop.key(Qt.Key.Key_Return)
    assert wrong(form(screen), "reason") == "Say why the meter is blocked."
    desktop.type("Bypass found")
    desktop.key(Qt.Key.Key_Return)

    assert status_of(till, drn) == ("blocked", "Bypass found")
    assert screen.detail_page.head.status.text() == "Blocked"
    assert not screen.detail_page.head.sell.isVisible()
    screen.detail_page.head.block.click()
    desktop.key(Qt.Key.Key_Return)
    assert status_of(till, drn) == ("active", None)


def test_case_when_f6_is_pressed_is_opened_and_shown(desktop: Desktop, till: Till) -> None:
    drn = any_drn(till)
    screen = meters(desktop, "C", meter=drn)

    desktop.key(Qt.Key.Key_F6)
    desktop.key(Qt.Key.Key_Return)
    assert wrong(form(screen), "reason")
    desktop.type("The display is dark")
    desktop.key(Qt.Key.Key_Return)

    data = screen.presenter.detail.state.data
    assert data is not None
    assert [(case.reason, case.state.value) for case in data.past.cases] == [("The display is dark", "open")]
    assert data.past.cases[0].number in desktop.window.notices[0]


def test_arrears_when_a_cashier_adjusts_ask_for_a_pin(desktop: Desktop, till: Till) -> None:
    drn = any_drn(till, "arrears_minor > 1000")
    screen = meters(desktop, "C", meter=drn)
    before = till.meters.get_by_number(desktop.people["A"], drn).row.arrears_minor

    screen.presenter.detail.begin("arrears")
    fill(desktop, form(screen), "amount", "1o")
    desktop.key(Qt.Key.Key_Return)
    assert wrong(form(screen), "amount")
    fill(desktop, form(screen), "amount", "9 000 000")
    fill(desktop, form(screen), "reason", "Paid at the office")
    desktop.key(Qt.Key.Key_Return)
    assert "is due" in wrong(form(screen), "amount")
    fill(desktop, form(screen), "amount", "700")
    desktop.key(Qt.Key.Key_Return)
    allow(desktop, PINS["S"])

    assert till.meters.get_by_number(desktop.people["A"], drn).row.arrears_minor == before - 700
    assert screen.detail_page.panel is None


def test_arrears_when_the_supervisor_says_no_stay_and_the_form_too(desktop: Desktop, till: Till) -> None:
    screen = meters(desktop, "C", meter=any_drn(till, "arrears_minor > 1000"))
    screen.presenter.detail.begin("arrears")
    fill(desktop, form(screen), "amount", "700")
    fill(desktop, form(screen), "reason", "x")
    desktop.key(Qt.Key.Key_Return)
    assert isinstance(desktop.window._panel, ApprovalPanel)

    desktop.key(Qt.Key.Key_Escape)

    assert not form(screen).form.is_busy and form(screen).form.value("amount") == "700"
    desktop.key(Qt.Key.Key_Escape)
    assert screen.detail_page.panel is None


def test_approval_when_left_by_the_rail_frees_the_form(desktop: Desktop, till: Till) -> None:
    screen = meters(desktop, "C", meter=any_drn(till, "arrears_minor > 1000"))
    screen.presenter.detail.begin("arrears")
    fill(desktop, form(screen), "amount", "700")
    fill(desktop, form(screen), "reason", "x")
    desktop.key(Qt.Key.Key_Return)

    desktop.window.go("meters")
    desktop.settle()

    assert not form(screen).form.is_busy


def test_free_units_when_due_give_a_token_that_is_shown_and_printed(desktop: Desktop, till: Till) -> None:
    till.tariffs.import_csv(desktop.people["A"], FREE_TARIFF)
    till.meters.add(desktop.people["A"], meter_cells(501) | {"tariff_code": "LIFE"})
    screen = meters(desktop, "C", meter=drn_of(501))

    desktop.key(Qt.Key.Key_F5)
    assert "5.0 kWh" in form(screen).form.text
    desktop.key(Qt.Key.Key_Return)
    allow(desktop, PINS["S"])

    card = tokens(screen)
    assert [len(token.digits()) for token in card.tokens] == [20]
    assert card.shown.text == "5.0 kWh" and card.shown.light == "ok"
    verdict = till.token_checks.verify(drn_of(501), card.tokens[0].digits(), actor=desktop.people["S"])
    assert verdict.issued_here is not None
    assert not screen.presenter.detail.has_free
    desktop.key(Qt.Key.Key_F9)
    assert till.spool.list_open() == ()
    desktop.key(Qt.Key.Key_Escape)
    assert screen.detail_page.panel is None


def test_engineering_when_f7_is_pressed_makes_a_power_limit(desktop: Desktop, till: Till) -> None:
    drn = any_drn(till)
    screen = meters(desktop, meter=drn)

    desktop.key(Qt.Key.Key_F7)
    screen.presenter.detail.type("kind", "power_limit")
    fill(desktop, form(screen), "reason", "Technician on site")
    desktop.key(Qt.Key.Key_Return)
    assert wrong(form(screen), "value") == "Type the power in whole watts."
    fill(desktop, form(screen), "value", "3000")
    desktop.key(Qt.Key.Key_Return)

    assert tokens(screen).shown.title == "Set the power limit"
    verdict = till.token_checks.verify(drn, tokens(screen).tokens[0].digits(), actor=desktop.people["S"])
    assert any("3" in sentence for sentence in verdict.sentences)


@pytest.mark.parametrize("kind", ["clear_credit", "clear_tamper"])
def test_engineering_when_a_reason_is_missing_says_so(desktop: Desktop, till: Till, kind: str) -> None:
    screen = meters(desktop, meter=any_drn(till))
    desktop.key(Qt.Key.Key_F7)
    screen.presenter.detail.type("kind", kind)

    desktop.key(Qt.Key.Key_Return)
    assert wrong(form(screen), "reason") == "Say why this token is needed."
    fill(desktop, form(screen), "reason", "Seal broken")
    desktop.key(Qt.Key.Key_Return)

    assert len(tokens(screen).tokens) == 1


def test_key_change_when_announced_shows_its_tokens_in_order(desktop: Desktop, till: Till) -> None:
    drn = any_drn(till, "sgc = '201457'")
    announcement = Announcement(
        sgc="201457", krn=1, ti="02", from_at=till.clock.now() + timedelta(seconds=1), reason="Yearly"
    )
    till.key_changes.announce(announcement, desktop.people["A"])
    screen = meters(desktop, meter=drn)
    desktop.key(Qt.Key.Key_F7)
    screen.presenter.detail.type("kind", "key_change")
    desktop.settle()

    def made() -> bool:
        if isinstance(screen.detail_page.panel, FormPanel):
            desktop.key(Qt.Key.Key_Return)
        return isinstance(screen.detail_page.panel, TokensCard)

    desktop.wait_until(made)
    assert [caption for caption, _ in tokens(screen).shown.parts] == ["1 of 2", "2 of 2"]


def test_key_change_when_none_is_announced_says_so_in_the_form(desktop: Desktop, till: Till) -> None:
    screen = meters(desktop, meter=any_drn(till))
    desktop.key(Qt.Key.Key_F7)
    screen.presenter.detail.type("kind", "key_change")
    desktop.settle()

    desktop.key(Qt.Key.Key_Return)

    assert form(screen).form.message


def test_move_when_the_other_meter_is_known_gives_its_owner(desktop: Desktop, till: Till) -> None:
    drn, other = any_drn(till), any_drn(till, "key = 5")
    screen = meters(desktop, meter=drn)

    screen.presenter.detail.begin("move")
    fill(desktop, form(screen), "other", drn_of(78))
    desktop.key(Qt.Key.Key_Return)
    assert form(screen).form.message
    fill(desktop, form(screen), "other", spaced(other))
    desktop.key(Qt.Key.Key_Return)

    administrator = desktop.people["A"]
    assert (
        till.meters.get_by_number(administrator, drn).customer_id
        == till.meters.get_by_number(administrator, other).customer_id
    )


def test_erase_when_the_digits_are_confirmed_takes_the_person_away(desktop: Desktop, till: Till) -> None:
    drn = any_drn(till)
    screen = meters(desktop, "A", meter=drn)

    screen.presenter.detail.begin("erase")
    fill(desktop, form(screen), "reason", "Asked in writing")
    fill(desktop, form(screen), "confirm", "0000")
    desktop.key(Qt.Key.Key_Return)
    assert wrong(form(screen), "confirm")
    fill(desktop, form(screen), "confirm", drn[-4:])
    desktop.key(Qt.Key.Key_Return)

    assert till.meters.get_by_number(desktop.people["A"], drn).is_customer_erased
    assert screen.detail_page.head.name.text() == "Erased"
    assert not screen.presenter.detail.may("erase")


# -- forms ------------------------------------------------------------------------------------------------


def test_edit_when_a_phone_is_wrong_says_so_at_its_field_and_then_saves(desktop: Desktop, till: Till) -> None:
    drn = any_drn(till)
    screen = meters(desktop, meter=drn)

    desktop.key(Qt.Key.Key_I, CTRL)
    fill(desktop, form(screen), "phone", "12")
    desktop.key(Qt.Key.Key_Return)
    assert wrong(form(screen), "phone")
    assert form(screen).fields["phone"].field.hasFocus()
    desktop.type("0788000111")
    fill(desktop, form(screen), "building", "Block B")
    fill(desktop, form(screen), "key_revision", "12")
    desktop.key(Qt.Key.Key_Return)
    assert wrong(form(screen), "key_revision")
    fill(desktop, form(screen), "key_revision", "2")
    desktop.key(Qt.Key.Key_Return)

    after = till.meters.get_by_number(desktop.people["A"], drn)
    assert (after.row.phone, after.building, after.krn) == ("+250788000111", "Block B", 2)
    assert screen.detail_page.panel is None


def test_edit_when_done_by_a_cashier_has_the_owner_only(desktop: Desktop, till: Till) -> None:
    screen = meters(desktop, "C", meter=any_drn(till))

    desktop.key(Qt.Key.Key_I, CTRL)

    assert list(form(screen).fields) == ["name", "phone", "address", "area"]


def test_edit_when_a_meter_has_no_owner_makes_one(desktop: Desktop, till: Till) -> None:
    till.meters.add(desktop.people["A"], meter_cells(502))
    screen = meters(desktop, meter=drn_of(502))

    desktop.key(Qt.Key.Key_I, CTRL)
    fill(desktop, form(screen), "name", "Keza Ange")
    desktop.key(Qt.Key.Key_Return)

    assert screen.detail_page.head.name.text() == "Keza Ange"


def test_add_when_cells_are_wrong_says_so_at_each_and_then_adds(desktop: Desktop, till: Till) -> None:
    screen = meters(desktop)

    desktop.key(Qt.Key.Key_F6)
    panel = screen.add_panel
    assert panel is not None and panel.fields["meter_number"].field.hasFocus()
    desktop.key(Qt.Key.Key_Return)
    assert {key for key in panel.fields if wrong(panel, key)} == {
        "meter_number",
        "tariff_code",
        "supply_group",
    }
    fill(desktop, panel, "meter_number", spaced(drn_of(503)))
    screen.presenter.type("tariff_code", "RES")
    screen.presenter.type("supply_group", "123456")
    fill(desktop, panel, "arrears", "12x")
    desktop.key(Qt.Key.Key_Return)
    assert wrong(panel, "arrears")
    fill(desktop, panel, "arrears", "1200")
    desktop.key(Qt.Key.Key_Return)

    assert screen.presenter.state.page == "detail"
    assert till.meters.get_by_number(desktop.people["A"], drn_of(503)).row.arrears_minor == 1200


def test_add_when_done_by_a_cashier_asks_for_a_pin(desktop: Desktop, till: Till) -> None:
    screen = meters(desktop, "C")
    desktop.type(drn_of(504))

    desktop.key(Qt.Key.Key_F6)
    panel = screen.add_panel
    assert panel is not None and panel.form.value("meter_number") == drn_of(504)
    screen.presenter.type("tariff_code", "RES")
    screen.presenter.type("supply_group", "123456")
    desktop.key(Qt.Key.Key_Return)
    allow(desktop, PINS["S"])

    assert screen.presenter.detail.state.drn == drn_of(504)
    assert till.meters.find(desktop.people["A"], drn_of(504))


def test_add_when_left_by_esc_is_the_list_again(desktop: Desktop) -> None:
    screen = meters(desktop)
    desktop.key(Qt.Key.Key_F6)

    desktop.key(Qt.Key.Key_Escape)

    assert screen.presenter.state.page == "list" and screen.add_panel is None


# -- import and export ------------------------------------------------------------------------------------


def rows(count: int) -> list[dict[str, str]]:
    return [
        {"compteur": drn_of(600 + n), "nom": f"Person {n}", "tarif": "RES", "supply_group": "123456"}
        for n in range(count)
    ]


def test_import_when_gone_through_by_keyboard_adds_meters_and_can_be_undone(
    desktop: Desktop, till: Till, tmp_path: Path, qtmodeltester: ModelTester
) -> None:
    wrong_row = {"compteur": "04000000011", "tarif": "RES", "supply_group": "123456"}
    path = write_csv(tmp_path / "new.csv", [*rows(30), wrong_row])
    screen = meters(desktop, "A")
    page, presenter = screen.import_page, screen.presenter.importing
    screen.ask_open = lambda: str(path)

    desktop.key(Qt.Key.Key_F5)
    qtmodeltester.check(page.past_model, force_py=False)
    desktop.key(Qt.Key.Key_Return)
    assert presenter.state.step is Step.COLUMNS
    assert presenter.state.mapping == {
        "compteur": "meter_number",
        "nom": "name",
        "tarif": "tariff_code",
        "supply_group": "supply_group",
    }
    desktop.key(Qt.Key.Key_Return)
    assert presenter.state.step is Step.CHECK and page.check_model.rowCount() == 20
    qtmodeltester.check(page.check_model, force_py=False)
    desktop.key(Qt.Key.Key_Return)

    result = presenter.state.result
    assert result is not None and (result.counts.added, result.counts.refused) == (30, 1)
    assert result.errors_path == tmp_path / "new-errors.csv" and result.errors_path.exists()
    assert page.figures[1].text() == "30"
    desktop.key(Qt.Key.Key_Escape)
    assert presenter.state.imports[0].file_name == "new.csv"
    page.undo_button.click()
    desktop.key(Qt.Key.Key_Escape)
    assert presenter.state.undo_asked is None
    page.undo_button.click()
    page.undo_yes.setFocus()
    desktop.key(Qt.Key.Key_Return)

    assert presenter.state.imports[0].state == "undone" and presenter.state.undoing is None
    assert till.meters.find(desktop.people["A"], drn_of(601)) == []
    desktop.key(Qt.Key.Key_Escape)
    assert screen.presenter.state.page == "list"


def test_import_when_a_needed_column_is_missing_stops_until_it_is_mapped(
    desktop: Desktop, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path / "odd.csv", [{"compteur": drn_of(601), "prix": "RES", "supply_group": "123456"}]
    )
    screen = meters(desktop, "A")
    presenter = screen.presenter.importing
    screen.presenter.begin_import()
    presenter.choose_file(path)
    desktop.settle()
    assert not screen.import_page.next.isEnabled()

    screen.import_page.choices["prix"].picked.emit("tariff_code")
    desktop.settle()
    assert screen.import_page.next.isEnabled()
    screen.import_page.choices["prix"].picked.emit("")
    desktop.settle()

    assert not screen.import_page.next.isEnabled()
    assert presenter.state.step is Step.COLUMNS


def test_import_when_the_file_is_no_text_says_so(desktop: Desktop, tmp_path: Path) -> None:
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\xff\xfe\x00")
    screen = meters(desktop, "A")
    screen.presenter.begin_import()

    screen.presenter.importing.choose_file(path)
    desktop.settle()

    assert "UTF-8" in screen.presenter.importing.state.message
    assert screen.presenter.importing.state.step is Step.FILE


def test_import_when_stopped_keeps_what_it_took(desktop: Desktop, till: Till, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "long.csv", rows(2_000))
    screen = meters(desktop, "A")
    presenter = screen.presenter.importing
    screen.presenter.begin_import()
    presenter.choose_file(path)
    desktop.settle()
    presenter.go_on()

    presenter.go_on()
    presenter.cancel()
    assert presenter.back(), "Esc does not leave an import that runs"
    desktop.settle()

    result = presenter.state.result
    assert result is not None and result.state == "cancelled" and result.counts.added < 2_000
    assert not presenter.state.is_running


def test_import_when_the_window_is_built_anew_goes_on_being_shown(desktop: Desktop, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "long.csv", rows(1_000))
    screen = meters(desktop, "A")
    presenter = screen.presenter.importing
    screen.presenter.begin_import()
    presenter.choose_file(path)
    desktop.settle()
    presenter.go_on()
    presenter.go_on()

    desktop.window.resize(1024, 600)
    desktop.settle()

    anew = desktop.screen
    assert isinstance(anew, MetersScreen) and anew is not screen
    desktop.wait_until(lambda: not anew.presenter.importing.state.is_running)
    result = anew.presenter.importing.state.result
    assert result is not None and result.counts.added == 1_000


def test_export_when_asked_for_writes_the_register(desktop: Desktop, tmp_path: Path) -> None:
    screen = meters(desktop, "A")
    screen.ask_save = lambda name: str(tmp_path / name)

    desktop.key(Qt.Key.Key_E, CTRL)

    assert len((tmp_path / "meters.csv").read_text(encoding="utf-8").splitlines()) == 241
    assert "240" in desktop.window.notices[0]


def test_acts_of_the_list_when_seen_by_a_cashier_are_his_only(
    desktop: Desktop, people: dict[str, Actor]
) -> None:
    screen = meters(desktop, "C")

    page = screen.list_page
    assert (page.add.isVisible(), page.take.isVisible(), page.export.isVisible()) == (True, False, False)
    desktop.key(Qt.Key.Key_E, CTRL)
    desktop.key(Qt.Key.Key_F5)
    assert screen.presenter.state.page == "list"


def test_find_when_f2_is_pressed_on_a_meter_is_the_list_with_the_caret_in_search(
    desktop: Desktop, till: Till
) -> None:
    screen = meters(desktop, meter=any_drn(till))

    desktop.key(Qt.Key.Key_F2)

    assert screen.presenter.state.page == "list"
    assert screen.list_page.search.edit.hasFocus()


def test_purchase_when_enter_is_pressed_goes_to_it_in_the_sales(desktop: Desktop, till: Till) -> None:
    screen = meters(desktop, meter=bought_drn(till))
    went: list[tuple[str, dict[str, object]]] = []
    desktop.window.go = lambda place, **where: went.append((place, where))  # type: ignore[method-assign]
    row = screen.detail_page.body.purchases.model.rows[0]

    assert screen.detail_page.body.purchases.table.hasFocus()
    desktop.key(Qt.Key.Key_Return)

    assert went == [("sales", {"text": row.receipt_number})]


def test_scan_when_a_form_is_open_is_not_followed(desktop: Desktop, till: Till) -> None:
    drn, other = any_drn(till), any_drn(till, "key = 5")
    screen = meters(desktop, meter=drn)
    desktop.key(Qt.Key.Key_F6)

    assert screen.scanned(other)
    desktop.settle()

    assert screen.presenter.detail.state.drn == drn


def test_tokens_when_the_window_is_built_anew_are_still_shown_and_can_be_printed(
    desktop: Desktop, till: Till
) -> None:
    screen = meters(desktop, meter=any_drn(till))
    desktop.key(Qt.Key.Key_F7)
    fill(desktop, form(screen), "reason", "Moved out")
    desktop.key(Qt.Key.Key_Return)
    digits = tokens(screen).tokens[0].digits()

    desktop.window.resize(1024, 600)
    desktop.settle()

    anew = desktop.screen
    assert isinstance(anew, MetersScreen) and tokens(anew).tokens[0].digits() == digits
    desktop.key(Qt.Key.Key_F9)
    assert tokens(anew).shown.light == "ok"
