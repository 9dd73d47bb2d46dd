"""Tariffs and meters in the Head office place against the real server, driven by keys."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel
from sqlalchemy import update

from central.models.master import meter as meter_table
from central.services.master import Master
from pos.domain.permissions import Role
from pos.services.office_master import OfficeMeter, OfficeTariff
from pos.ui.main_window import MainWindow
from pos.ui.screens.office.acts import METERS, TARIFFS
from pos.ui.screens.office.view import TAB_WORDS, OfficeScreen
from pos.ui.screens.sell.words import meter_text
from tests.factories.meter_files import drn_of
from tests.fakes.server_transport import ClientTransport
from tests.server.rig import Server
from tests.server.test_office import proposal, states
from tests.server.till_rig import DRNS, TARIFF, Shop, meter_values
from tests.sync.conftest import office, server, server_template
from tests.ui.conftest import Desktop
from tests.ui.overflow import faults
from tests.ui.test_enrol import line, made, till
from tests.ui.test_office import fill, screen, sign_in

__all__ = ["line", "made", "office", "screen", "server", "server_template", "till"]

KEY = Qt.Key
HEAD = "tariff_code,version,valid_from,currency,row,name,to_units,rate,percent,amount,applies_to\n"


@dataclass
class GivenFile:
    """Answers the file dialog with one path."""

    path: Path | None

    def to_read(self, title: str, kinds: str) -> Path | None:
        return self.path

    def to_write(self, title: str, name: str, kinds: str) -> Path | None:
        return self.path

    def folder(self, title: str) -> Path | None:
        return self.path


def open_tab(desktop: Desktop, screen: OfficeScreen, tab: str) -> None:
    """Sign in and go from list to list with F6."""
    sign_in(desktop, screen)
    for _ in range(list(TAB_WORDS).index(tab)):
        desktop.key(KEY.Key_F6)
        desktop.settle()
    assert screen.presenter.state.tab == tab and screen.presenter.state.is_read


def give_file(desktop: Desktop, screen: OfficeScreen, path: Path, text: str) -> None:
    """Choose a file by keys."""
    path.write_text(text, encoding="utf-8")
    screen.files = GivenFile(path)
    screen.acts.fields["file"].field.setFocus()
    desktop.key(KEY.Key_Space)


def do(desktop: Desktop) -> None:
    desktop.key(KEY.Key_F8)
    desktop.settle()


def tariffs(screen: OfficeScreen) -> list[tuple[str, int]]:
    rows = [row for row in screen.presenter.state.rows if isinstance(row, OfficeTariff)]
    return [(row.tariff.code, row.tariff.version) for row in rows]


def meters(screen: OfficeScreen) -> list[OfficeMeter]:
    return [row for row in screen.presenter.state.rows if isinstance(row, OfficeMeter)]


def begin(desktop: Desktop, screen: OfficeScreen, drn: str, act: str) -> None:
    """Choose a meter by stepping to it, and an act."""
    screen.tables[METERS].setFocus()
    screen.tables[METERS].choose(0)
    for _ in range([one.drn for one in meters(screen)].index(drn)):
        desktop.key(KEY.Key_Down)
    assert cast(OfficeMeter, screen.presenter.state.row).drn == drn
    screen.presenter.choose_act(act)


def test_tariffs_when_opened_show_each_version_with_its_rows(desktop: Desktop, screen: OfficeScreen) -> None:
    open_tab(desktop, screen, TARIFFS)

    assert tariffs(screen) == [(TARIFF.code, TARIFF.version)]
    shown = screen.detail.texts()
    assert screen.detail.isVisible()
    assert {"Homes", "Valid from", "Block 1", "Old debt (arrears)"} <= set(shown)


def test_tariffs_when_a_file_is_imported_list_the_new_version_and_name_wrong_lines(
    desktop: Desktop, screen: OfficeScreen, tmp_path: Path
) -> None:
    open_tab(desktop, screen, TARIFFS)
    do(desktop)
    assert set(screen.presenter.state.form.wrong) == {"file"}
    text = (
        HEAD
        + "NIGHT,1,2027-01-01,RWF,tariff,Night,,,,,\n"
        + "NIGHT,1,2027-01-01,RWF,block,,,120,,,\n"
        + "BAD,1,2027-01-01,RWF,block,,,much,,,\n"
    )
    give_file(desktop, screen, tmp_path / "new.csv", text)
    do(desktop)

    assert ("NIGHT", 1) in tariffs(screen) and ("BAD", 1) not in tariffs(screen)
    done = screen.presenter.state.imported
    assert done is not None and done.added == 1
    assert [(error.line, error.column) for error in done.errors] == [(4, "rate")]
    assert any(text.startswith("Line 4, rate: ") for text in screen.detail.texts())


def test_tariffs_when_a_version_is_another_one_say_so_at_the_file(
    desktop: Desktop, screen: OfficeScreen, tmp_path: Path
) -> None:
    open_tab(desktop, screen, TARIFFS)
    text = HEAD + f"{TARIFF.code},{TARIFF.version},2027-01-01,RWF,block,,,120,,,\n"
    give_file(desktop, screen, tmp_path / "same.csv", text)
    do(desktop)

    assert set(screen.presenter.state.form.wrong) == {"file"}
    assert screen.acts.fields["file"].help.isVisible()
    assert tariffs(screen) == [(TARIFF.code, TARIFF.version)]


def test_tariffs_when_the_file_is_not_utf8_say_so_at_the_file(
    desktop: Desktop, screen: OfficeScreen, tmp_path: Path
) -> None:
    open_tab(desktop, screen, TARIFFS)
    give_file(desktop, screen, tmp_path / "old.csv", "")
    (tmp_path / "old.csv").write_bytes(b"\xff\xfe\x00caf\xe9")
    do(desktop)

    assert set(screen.presenter.state.form.wrong) == {"file"}


def test_meters_when_searched_by_number_list_those_that_begin_so(
    desktop: Desktop, screen: OfficeScreen
) -> None:
    open_tab(desktop, screen, METERS)
    assert [one.drn for one in meters(screen)] == sorted(DRNS)
    desktop.key(KEY.Key_F7)
    desktop.type("0410 0000 38")
    desktop.key(KEY.Key_Return)
    desktop.settle()

    assert [one.drn for one in meters(screen)] == [DRNS[1]]
    assert screen.detail._head.title.text() == meter_text(DRNS[1])


def test_meters_when_there_are_many_come_by_pages_as_one_goes_down(
    desktop: Desktop, screen: OfficeScreen, server: Server, office: Shop
) -> None:
    with server.database.write() as connection:
        Master(server.app.state.head_office.feed).put_meters(
            connection, office.organisation, [meter_values(uuid4(), drn_of(n)) for n in range(120)]
        )
    open_tab(desktop, screen, METERS)
    assert len(meters(screen)) < 123
    table = screen.tables[METERS]
    for _ in range(3):
        table.choose(len(screen.presenter.state.rows) - 1)
        table.scrollToBottom()
        desktop.settle()

    assert len(meters(screen)) == 123 == screen.models[METERS].rowCount()
    assert len({one.id for one in meters(screen)}) == 123
    assert screen.presenter.state.next_page == ""


def test_meter_when_blocked_needs_a_reason_and_shows_it(desktop: Desktop, screen: OfficeScreen) -> None:
    open_tab(desktop, screen, METERS)
    begin(desktop, screen, DRNS[1], "meter_status")
    screen.presenter.type_field("status", "blocked")
    do(desktop)
    assert set(screen.presenter.state.form.wrong) == {"block_reason"}
    fill(desktop, screen, block_reason="Seal broken")
    do(desktop)

    row = screen.presenter.state.row
    assert isinstance(row, OfficeMeter)
    assert (row.drn, row.status, row.block_reason) == (DRNS[1], "blocked", "Seal broken")
    assert "Seal broken" in screen.detail.texts()


def test_meter_when_its_debt_is_changed_keeps_all_else_and_says_why(
    desktop: Desktop, screen: OfficeScreen, server: Server, office: Shop
) -> None:
    open_tab(desktop, screen, METERS)
    before = meters(screen)[0]
    begin(desktop, screen, before.drn, "meter_debt")
    fill(desktop, screen, money="1250")
    do(desktop)
    assert set(screen.presenter.state.form.wrong) == {"reason"}
    fill(desktop, screen, reason="Old account")
    do(desktop)

    after = meters(screen)[0]
    assert after.arrears_minor == 1250
    assert {**after.record, "arrears_minor": 0, "version": ""} == {**before.record, "version": ""}
    chief = server.person(Role.ADMINISTRATOR, organisation_id=office.organisation, username="o3")
    (event,) = chief.get(f"/v1/meters/{after.id}/events").json()["items"]
    assert (event["kind"], event["reason"]) == ("arrears", "Old account")


def test_debt_when_a_sale_took_of_it_meanwhile_is_read_again_and_not_written(
    desktop: Desktop, screen: OfficeScreen, server: Server, office: Shop
) -> None:
    open_tab(desktop, screen, METERS)
    begin(desktop, screen, DRNS[0], "meter_debt")
    with server.database.write() as connection:
        connection.execute(update(meter_table).where(meter_table.c.drn == DRNS[0]).values(arrears_minor=300))
    fill(desktop, screen, money="1250", reason="Old account")
    do(desktop)

    assert "It was changed meanwhile" in shown_text(desktop.window)
    assert meters(screen)[0].arrears_minor == 300


def test_meter_when_its_tariff_is_changed_is_sold_to_by_it(
    desktop: Desktop, screen: OfficeScreen, tmp_path: Path
) -> None:
    open_tab(desktop, screen, TARIFFS)
    give_file(desktop, screen, tmp_path / "new.csv", HEAD + "NIGHT,1,2027-01-01,RWF,block,,,120,,,\n")
    do(desktop)
    desktop.key(KEY.Key_F6)
    desktop.settle()
    begin(desktop, screen, DRNS[0], "meter_tariff")
    assert screen.presenter.state.form.text("tariff") == TARIFF.code
    screen.presenter.type_field("tariff", "NIGHT")
    do(desktop)

    assert meters(screen)[0].tariff_code == "NIGHT"


def test_meter_when_somebody_changed_it_meanwhile_is_read_again_and_not_written(
    desktop: Desktop, screen: OfficeScreen, server: Server, office: Shop
) -> None:
    open_tab(desktop, screen, METERS)
    begin(desktop, screen, DRNS[0], "meter_status")
    other = server.person(Role.ADMINISTRATOR, organisation_id=office.organisation, username="other")
    path = f"/v1/meters/{office.meters[DRNS[0]]}"
    said = {"tariff_code": TARIFF.code, "sgc": "123456", "note": "Moved house"}
    assert other.put(path, json=said, headers={"If-Match": "*"}).status_code == 200
    screen.presenter.type_field("status", "inactive")
    do(desktop)

    assert "It was changed meanwhile" in shown_text(desktop.window)
    first = meters(screen)[0]
    assert (first.status, first.record["note"]) == ("active", "Moved house")


def shown_text(window: MainWindow) -> str:
    """All labels of the window that can be seen."""
    return "\n".join(one.text() for one in window.findChildren(QLabel) if one.isVisible())


def test_merge_when_a_till_proposed_the_number_too_points_its_meter_to_this_one(
    desktop: Desktop, screen: OfficeScreen, server: Server, office: Shop
) -> None:
    number = drn_of(7)
    other = office.till("T08")
    record = {"meter_id": str(uuid4()), "meter_number": number, "tariff_code": TARIFF.code}
    made_there = proposal(other, **record)
    assert states(other, made_there) == ["waiting"]
    with server.database.write() as connection:
        kept = uuid4()
        Master(server.app.state.head_office.feed).put_meters(
            connection, office.organisation, [meter_values(kept, number)]
        )
    open_tab(desktop, screen, METERS)
    begin(desktop, screen, number, "merge")
    fill(desktop, screen, number=DRNS[0], reason="The same meter")
    do(desktop)
    assert set(screen.presenter.state.form.wrong) == {"number"}
    screen.acts.fields["number"].field.setFocus()
    screen.presenter.type_field("number", "")
    desktop.type(number)
    do(desktop)

    found = server.person(Role.ADMINISTRATOR, organisation_id=office.organisation, username="o2").get(
        f"/v1/meters/{record['meter_id']}"
    )
    assert found.json()["merged_into"] == str(kept)
    begin(desktop, screen, DRNS[0], "merge")
    fill(desktop, screen, number=DRNS[0], reason="The same meter")
    do(desktop)
    assert set(screen.presenter.state.form.wrong) == {"number"}


def test_merge_when_another_number_is_given_its_meter_becomes_this_one_and_leaves_the_list(
    desktop: Desktop, screen: OfficeScreen, server: Server, office: Shop
) -> None:
    open_tab(desktop, screen, METERS)
    begin(desktop, screen, DRNS[1], "merge_number")
    for number in (DRNS[1], drn_of(7), "12345"):
        screen.presenter.type_field("duplicate", "")
        screen.presenter.type_field("reason", "")
        fill(desktop, screen, duplicate=number, reason="One meter, two numbers")
        do(desktop)
        assert set(screen.presenter.state.form.wrong) == {"duplicate"}
    screen.presenter.type_field("duplicate", "")
    fill(desktop, screen, duplicate=f"{DRNS[0][:4]} {DRNS[0][4:]}")
    do(desktop)

    assert [one.drn for one in meters(screen)] == sorted(DRNS[1:])
    assert cast(OfficeMeter, screen.presenter.state.row).drn == DRNS[1]
    chief = server.person(Role.ADMINISTRATOR, organisation_id=office.organisation, username="o4")
    merged = chief.get(f"/v1/meters/{office.meters[DRNS[0]]}").json()
    assert merged["merged_into"] == str(office.meters[DRNS[1]])
    desktop.wait_until(lambda: "A duplicate was merged into it" in "".join(screen.detail.texts()))
    assert "Why: One meter, two numbers" in "".join(screen.detail.texts())


def test_meter_when_one_rests_on_it_shows_what_people_did_to_it_last(
    desktop: Desktop, screen: OfficeScreen, server: Server, office: Shop
) -> None:
    chief = server.person(Role.ADMINISTRATOR, organisation_id=office.organisation, username="o5")
    path = f"/v1/meters/{office.meters[DRNS[1]]}"
    body = {"arrears_minor": 1250, "reason": "Old account"}
    assert chief.put(f"{path}/arrears", json=body, headers={"If-Match": "*"}).status_code == 200
    said = {"tariff_code": TARIFF.code, "sgc": "123456", "status": "blocked", "block_reason": "Seal broken"}
    assert chief.put(path, json=said, headers={"If-Match": "*"}).status_code == 200
    open_tab(desktop, screen, METERS)
    desktop.wait_until(lambda: screen.presenter.state.events_of != "")
    assert "None" in screen.detail.texts()

    begin(desktop, screen, DRNS[1], "meter_status")
    desktop.wait_until(lambda: len(screen.presenter.state.events) == 2)

    texts = screen.detail.texts()
    at = texts.index("Last changes at head office")
    assert [text.partition(" · ")[2] for text in texts[at + 1 :: 2]] == ["O5"] * 2
    newest, first = texts[at + 2 :: 2]
    assert {"Status: Blocked, before Active", "Why it is blocked: Seal broken, before –"} <= set(
        newest.splitlines()
    )
    assert first.splitlines()[1:] == ["Why: Old account"]
    assert first.startswith("Old debt (arrears): ") and "1,250" in first


def test_meters_when_one_steps_through_them_head_office_is_asked_about_the_last_only(
    desktop: Desktop, screen: OfficeScreen, line: ClientTransport
) -> None:
    open_tab(desktop, screen, METERS)
    desktop.wait_until(lambda: screen.presenter.state.events_of != "")
    asked: list[str] = []
    line.before = lambda path: asked.append(path) if "/events" in path else None

    for drn in sorted(DRNS)[1:]:
        begin(desktop, screen, drn, "meter_status")
    last = cast(OfficeMeter, screen.presenter.state.row)
    desktop.wait_until(lambda: screen.presenter.state.events_of == last.id)

    assert len(asked) == 1 and last.id in asked[0]


def test_meters_when_a_file_is_imported_name_the_rows_left_out(
    desktop: Desktop, screen: OfficeScreen, tmp_path: Path
) -> None:
    open_tab(desktop, screen, METERS)
    screen.presenter.choose_act("import_meters")
    text = (
        "meter_number,tariff_code,supply_group,arrears\n"
        f"{drn_of(3)},{TARIFF.code},123456,500\n{drn_of(4)},NOWHERE,123456,0\n"
    )
    give_file(desktop, screen, tmp_path / "meters.csv", text)
    do(desktop)

    done = screen.presenter.state.imported
    assert done is not None and (done.added, len(done.errors)) == (1, 1)
    assert any(text.startswith("Line 3, ") for text in screen.detail.texts())
    assert drn_of(3) in [one.drn for one in meters(screen)]


def test_models_of_tariffs_and_meters_when_tested_by_qt_are_sound(
    desktop: Desktop, screen: OfficeScreen
) -> None:
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    testers = [QAbstractItemModelTester(screen.models[tab], fatal) for tab in (TARIFFS, METERS)]
    open_tab(desktop, screen, METERS)
    desktop.key(KEY.Key_F7)
    desktop.type(DRNS[1])
    desktop.key(KEY.Key_Return)
    desktop.settle()
    rows = screen.presenter.state.rows
    screen.models[METERS].show_rows((*rows, *rows))

    assert screen.models[METERS].rowCount() == 2
    assert len(testers) == 2


@pytest.mark.parametrize(("language", "percent"), [("en", 200), ("fr", 100), ("sw", 200), ("rw", 100)])
def test_place_when_small_and_in_each_language_cuts_nothing(
    desktop: Desktop, screen: OfficeScreen, server: Server, office: Shop, percent: int, language: str
) -> None:
    chief = server.person(Role.ADMINISTRATOR, organisation_id=office.organisation, username="o6")
    path, any_ = f"/v1/meters/{office.meters[sorted(DRNS)[0]]}", {"If-Match": "*"}
    chief.put(f"{path}/arrears", json={"arrears_minor": 1250, "reason": "As the office says"}, headers=any_)
    said = {"tariff_code": TARIFF.code, "sgc": "123456", "status": "blocked", "block_reason": "Seal broken"}
    assert chief.put(path, json=said, headers=any_).status_code == 200
    window = desktop.window
    window.resize(1024, 600)
    desktop.settle()
    # A small window has a screen of its own.
    sign_in(desktop, cast(OfficeScreen, desktop.screen))
    preferences = replace(window.preferences, text_percent=percent)
    window.set_preferences(preferences.with_language(language))
    desktop.settle()
    again = cast(OfficeScreen, desktop.screen)
    again.opened()
    wrong = []
    for tab in TAB_WORDS:
        again._turn(tab)
        desktop.settle()
        if tab == METERS:
            desktop.wait_until(lambda: len(again.presenter.state.events) == 2)
            assert again.presenter.state.events_of
        acts = [again.acts.choice.itemData(n) for n in range(again.acts.choice.count())]
        for key in acts or [""]:
            again.presenter.choose_act(key) if key else None
            desktop.settle()
            wrong += [f"{tab} {key}: {fault}" for fault in faults(window)]

    assert again.presenter.state.is_signed_in
    assert wrong == []
