"""The Head office place against the real server: signing in, tills, people, sessions; driven by keys."""

from datetime import timedelta
from typing import cast

import pyotp
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from sqlalchemy import delete

from central.models.transactions import transactions
from pos.bootstrap import Till
from pos.domain.permissions import Role
from pos.domain.shift import cash_count
from pos.i18n.catalogue import LANGUAGES
from pos.services.office import OfficeFlag, OfficePerson, OfficeTill
from pos.services.sale_values import SaleRequest
from pos.system.ids import new_id
from pos.ui.screens.books.view import BooksScreen
from pos.ui.screens.office.acts import PEOPLE, PROPOSALS, REVIEW, SESSIONS, acts_for
from pos.ui.screens.office.view import OfficeScreen
from pos.ui.screens.settings.view import SettingsScreen
from tests.factories.head_office import compare, day_figures, sales_of
from tests.fakes.server_transport import ClientTransport
from tests.server.rig import PASSWORD, Server
from tests.server.till_rig import DRNS, Shop
from tests.server.till_rig import Till as OtherTill
from tests.sync.conftest import office, server, server_template
from tests.ui.conftest import PINS, Desktop
from tests.ui.overflow import faults
from tests.ui.test_enrol import enrol, line, made, open_page, till

__all__ = ["line", "made", "office", "server", "server_template", "till"]

KEY = Qt.Key


@pytest.fixture
def screen(desktop: Desktop, server: Server, office: Shop) -> OfficeScreen:
    """The till is enrolled, and Claire is an administrator of head office."""
    server.make_user(office.organisation, "claire", Role.ADMINISTRATOR)
    enrol(desktop, open_page(desktop), office.code())
    desktop.wait_until(lambda: not desktop.window.syncing.state.is_running)
    desktop.window.go("office")
    desktop.settle()
    return cast(OfficeScreen, desktop.screen)


def sign_in(desktop: Desktop, screen: OfficeScreen, password: str = PASSWORD) -> None:
    screen.username.setFocus()
    desktop.type("claire")
    screen.password.setFocus()
    desktop.type(password)
    desktop.key(KEY.Key_Return)
    desktop.settle()


def fill(desktop: Desktop, screen: OfficeScreen, **texts: str) -> None:
    for name, text in texts.items():
        screen.acts.fields[name].field.setFocus()
        desktop.type(text)


def people(screen: OfficeScreen) -> dict[str, OfficePerson]:
    found = [row for row in screen.presenter.state.rows if isinstance(row, OfficePerson)]
    return {row.username: row for row in found}


def strip(desktop: Desktop) -> dict[str, tuple[str, str]]:
    return {item.key: (item.value, item.light) for item in desktop.window.strip.items()}


def test_strip_when_an_administrator_is_there_says_how_many_tills_were_seen_and_how_old_the_back_up_is(
    desktop: Desktop, screen: OfficeScreen, till: Till, server: Server, office: Shop
) -> None:
    assert list(strip(desktop)) == ["cashier", "tills", "office", "unsent", "backup", "clock"]
    assert strip(desktop)["tills"] == ("1 of 1 seen today", "ok")
    assert strip(desktop)["backup"] == ("None", "bad")
    desktop.window.strip.pressed.emit("backup")
    desktop.settle()
    assert cast(SettingsScreen, desktop.screen).presenter.state.page == "backup"
    till.backups.begin().run()
    second = OtherTill(office, "T09")
    assert second.enrol().status_code == 200
    server.clock.pass_time(minutes=40)
    engine = till.sync
    assert engine is not None
    engine.run_once()
    till.backups.last_made_at(till.shop.till_code)
    desktop.window.refresh_status()
    desktop.settle()

    assert strip(desktop)["tills"] == ("1 of 2 seen today", "warn")
    made = desktop.window.look.wording.time(server.clock.now() - timedelta(minutes=40))
    assert strip(desktop)["backup"] == (f"{made}, checked", "ok")
    server.clock.pass_time(days=3)
    desktop.window.refresh_status()
    desktop.settle()
    assert strip(desktop)["backup"][1] == "warn"
    assert strip(desktop)["backup"][0].endswith(f"{made}, checked")


def test_strip_when_an_administrator_has_a_shift_says_what_the_counter_needs(
    desktop: Desktop, screen: OfficeScreen, till: Till
) -> None:
    till.shifts.open_shift(desktop.people["C"], cash_count(((1000, 50),)))
    desktop.window.refresh_status()
    desktop.settle()

    assert {"shift", "drawer", "printer"} < strip(desktop).keys()
    assert not {"tills", "backup"} & strip(desktop).keys()


def test_place_when_the_till_stands_alone_leads_to_enrolling(desktop: Desktop) -> None:
    desktop.sign_in("A")
    desktop.window.go("office")
    desktop.settle()
    screen = cast(OfficeScreen, desktop.screen)

    assert screen.pages.currentIndex() == 2
    desktop.key(KEY.Key_F8)
    assert desktop.window._place == "settings"


def test_sign_in_when_the_password_is_wrong_says_so_and_forgets_it(
    desktop: Desktop, screen: OfficeScreen
) -> None:
    sign_in(desktop, screen, "not the right one")

    assert set(screen.presenter.state.sign_in_wrong) == {"password"}
    assert screen.password.text() == ""
    assert not screen.presenter.state.is_signed_in


def test_sign_in_when_right_lists_the_tills_and_keeps_no_password(
    desktop: Desktop, screen: OfficeScreen
) -> None:
    sign_in(desktop, screen)

    tills = [row for row in screen.presenter.state.rows if isinstance(row, OfficeTill)]
    assert [(one.code, one.state) for one in tills] == [("T03", "enrolled")]
    assert tills[0].entries > 0 and tills[0].unbooked == 0
    assert screen.password.text() == ""
    assert PASSWORD not in repr(screen.presenter.state)


def test_sign_in_when_a_second_factor_is_set_asks_for_its_code(
    desktop: Desktop, screen: OfficeScreen, server: Server
) -> None:
    token = server.sign_in("claire").json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    begun = server.client.post("/v1/me/two-factor", json={"password": PASSWORD}, headers=headers)
    totp = pyotp.TOTP(begun.json()["secret"])
    code = {"code": totp.at(server.clock.now())}
    confirmed = server.client.post("/v1/me/two-factor/confirm", json=code, headers=headers)
    assert confirmed.status_code == 200
    server.clock.pass_time(seconds=60)
    sign_in(desktop, screen)
    assert screen.presenter.state.asks_code and screen.totp.hasFocus()

    desktop.type(totp.at(server.clock.now()))
    desktop.key(KEY.Key_Return)
    desktop.settle()
    assert screen.presenter.state.is_signed_in


def test_code_when_made_is_shown_once_and_enrols_a_till(
    desktop: Desktop, screen: OfficeScreen, office: Shop
) -> None:
    sign_in(desktop, screen)
    desktop.key(KEY.Key_F2)
    fill(desktop, screen, money="300000", units="1500")
    desktop.key(KEY.Key_F8)

    made_code = screen.presenter.state.code
    assert made_code is not None and len(made_code.code) == 10
    assert screen.acts.code.text().replace(" ", "") == made_code.code
    assert office.till("T09", enrol_code=made_code.code).code == "T09"
    screen.presenter.choose_act("revoke")
    assert screen.presenter.state.code is None


def test_till_when_revoked_by_keys_is_out_of_use_and_this_till_stops(
    desktop: Desktop, screen: OfficeScreen, till: Till
) -> None:
    sign_in(desktop, screen)
    screen.presenter.choose_act("revoke")
    desktop.key(KEY.Key_F8)
    assert set(screen.presenter.state.form.wrong) == {"reason"}
    fill(desktop, screen, reason="It was stolen")
    desktop.key(KEY.Key_F8)
    desktop.settle()

    row = screen.presenter.state.row
    assert isinstance(row, OfficeTill) and row.state == "revoked"
    desktop.window.syncing.run_now()
    desktop.wait_until(lambda: not desktop.window.syncing.state.is_running)
    assert till.status.read().office == "revoked"


def test_person_when_added_let_go_and_taken_back_follows(desktop: Desktop, screen: OfficeScreen) -> None:
    sign_in(desktop, screen)
    screen._turn(PEOPLE)
    desktop.settle()
    desktop.key(KEY.Key_F2)
    fill(desktop, screen, username="aline", full_name="Aline Uwase", password="a long enough word")
    desktop.key(KEY.Key_F8)
    desktop.settle()
    assert set(people(screen)) == {"aline", "claire"}

    for key, is_active in (("deactivate", False), ("activate", True)):
        screen.presenter.choose(people(screen)["aline"])
        screen.presenter.choose_act(key)
        desktop.key(KEY.Key_F8)
        desktop.settle()
        assert people(screen)["aline"].is_active is is_active


def test_person_when_the_name_is_taken_says_so_at_its_field(desktop: Desktop, screen: OfficeScreen) -> None:
    sign_in(desktop, screen)
    screen._turn(PEOPLE)
    desktop.settle()
    fill(desktop, screen, username="claire", full_name="Claire", password="a long enough word")
    desktop.key(KEY.Key_F8)
    desktop.settle()

    assert set(screen.presenter.state.form.wrong) == {"username"}


def test_own_password_when_changed_needs_the_present_one_and_a_wrong_one_is_said_at_its_field(
    desktop: Desktop, screen: OfficeScreen, server: Server
) -> None:
    sign_in(desktop, screen)
    screen._turn(PEOPLE)
    desktop.settle()
    screen.presenter.choose(people(screen)["claire"])
    assert [act.key for act in acts_for(PEOPLE, people(screen)["claire"])] == [
        *("add", "own_password", "deactivate"),
    ]
    screen.presenter.choose_act("own_password")
    desktop.settle()
    fill(desktop, screen, old_password="not this word", password="another long word")
    desktop.key(KEY.Key_F8)
    desktop.settle()
    assert set(screen.presenter.state.form.wrong) == {"old_password"}

    server.clock.pass_time(minutes=1)
    screen.presenter.type_field("old_password", PASSWORD)
    desktop.key(KEY.Key_F8)
    desktop.settle()
    assert screen.presenter.state.form.wrong == {}
    assert screen.presenter.state.is_signed_in
    assert server.sign_in("claire", "another long word").status_code == 200


def test_own_password_when_wrong_a_moment_ago_says_to_wait(
    desktop: Desktop, screen: OfficeScreen, server: Server
) -> None:
    sign_in(desktop, screen, "not this word")
    screen.password.setFocus()
    desktop.type(PASSWORD)
    desktop.key(KEY.Key_Return)
    desktop.settle()

    assert "wait" in screen.presenter.state.sign_in_wrong["password"].lower()


def test_sessions_when_another_is_ended_is_gone(
    desktop: Desktop, screen: OfficeScreen, server: Server
) -> None:
    assert server.sign_in("claire").status_code == 200
    sign_in(desktop, screen)
    screen._turn(SESSIONS)
    desktop.settle()
    before = len(screen.presenter.state.rows)
    other = next(row for row in screen.presenter.state.rows if not getattr(row, "is_this", True))
    screen.presenter.choose(other)
    desktop.key(KEY.Key_F8)
    desktop.settle()

    assert len(screen.presenter.state.rows) == before - 1


def test_session_when_the_till_is_locked_is_forgotten(
    desktop: Desktop, screen: OfficeScreen, till: Till
) -> None:
    sign_in(desktop, screen)
    desktop.key(KEY.Key_F12)

    assert not till.office_admin.is_signed_in(desktop.people["A"])


def test_list_when_the_line_is_cut_says_so(
    desktop: Desktop,
    screen: OfficeScreen,
    line: ClientTransport,
) -> None:
    sign_in(desktop, screen)
    line.is_cut = True
    desktop.key(KEY.Key_F5)
    desktop.settle()

    assert desktop.window.notices[0] == "The line is cut."
    assert screen.presenter.state.is_signed_in


def test_place_when_a_cashier_signs_in_is_not_there(desktop: Desktop) -> None:
    desktop.sign_in("C")

    assert "office" not in {item.key for item in desktop.window.rail.items()}
    assert PINS["C"]


def test_table_models_when_tested_by_qt_are_sound(desktop: Desktop, screen: OfficeScreen) -> None:
    sign_in(desktop, screen)
    screen._turn(PEOPLE)
    desktop.settle()
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    for model in screen.models.values():
        tester = QAbstractItemModelTester(model, fatal)
        model.show_rows([])
        del tester

    assert all(model.rowCount() == 0 for model in screen.models.values())


def test_review_when_the_list_is_narrow_then_its_card_says_the_question_whole(
    desktop: Desktop, screen: OfficeScreen, office: Shop
) -> None:
    desktop.window.resize(1024, 600)
    desktop.settle()
    narrow = cast(OfficeScreen, desktop.screen)
    other = office.till("T08")
    other.sell(units_milli=999_000)
    assert other.flags() == ["price"]
    sign_in(desktop, narrow)
    narrow._turn(REVIEW)
    desktop.settle()

    assert narrow.detail.texts() == ["Question", "Head office adds up otherwise.", "Entry", "1"]


def test_sessions_when_listed_then_no_instant_is_cut(desktop: Desktop, screen: OfficeScreen) -> None:
    sign_in(desktop, screen)
    screen._turn(SESSIONS)
    desktop.settle()

    table = screen.tables[SESSIONS]
    assert all(table.columnWidth(n) >= table.sizeHintForColumn(n) for n in (0, 1))


def test_review_when_a_flag_is_decided_leaves_the_list(
    desktop: Desktop, screen: OfficeScreen, office: Shop
) -> None:
    other = office.till("T08")
    other.sell(units_milli=999_000)
    assert other.flags() == ["price"]
    sign_in(desktop, screen)
    screen._turn(REVIEW)
    desktop.settle()
    (flag,) = screen.presenter.state.rows
    assert isinstance(flag, OfficeFlag) and (flag.till_code, flag.flag) == ("T08", "price")

    desktop.key(KEY.Key_F2)
    fill(desktop, screen, reason="The cashier was told")
    screen.presenter.type_field("bearer", "vendor")
    desktop.key(KEY.Key_F8)
    desktop.settle()
    assert screen.presenter.state.rows == ()


def test_proposals_when_there_are_none_show_an_empty_list(desktop: Desktop, screen: OfficeScreen) -> None:
    sign_in(desktop, screen)
    screen._turn(PROPOSALS)
    desktop.settle()

    assert screen.presenter.state.is_read and screen.presenter.state.rows == ()
    assert screen.presenter.state.form.key == ""
    desktop.key(KEY.Key_F8)
    assert screen.presenter.state.is_signed_in


def test_books_when_signed_in_there_name_the_sale_that_head_office_lacks(
    desktop: Desktop, screen: OfficeScreen, till: Till, server: Server
) -> None:
    sign_in(desktop, screen)
    cashier = desktop.people["C"]
    till.shifts.open_shift(cashier, cash_count([(1000, 50)]))
    for drn in DRNS:
        request = SaleRequest(
            sale_id=new_id(till.clock.now()), drn=drn, money_minor=5000, tendered_minor=5000
        )
        till.checkout.sell(request, cashier)
    desktop.window.syncing.run_now()
    desktop.wait_until(lambda: not desktop.window.syncing.state.is_running)
    seq, day, _ = sales_of(till)[0]
    with server.database.write() as connection:
        connection.execute(delete(transactions).where(transactions.c.drn == DRNS[-1]))
    figures = day_figures(till, day)
    figures["pieces"]["sale_delivered"] -= 1
    compare(till, red={day: figures})
    desktop.window.go("books")
    desktop.settle()

    match = cast(BooksScreen, desktop.screen).presenter.state.match
    assert match is not None and seq > 0
    assert [one.money_minor for one in match.only_here] == [5000] and match.only_there == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_form_when_it_is_longer_than_its_zone_then_its_button_stays_in_view(
    desktop: Desktop, screen: OfficeScreen, language: str
) -> None:
    window = desktop.window
    window.resize(1024, 600)
    window.set_preferences(window.preferences.with_language(language))
    desktop.settle()
    small = cast(OfficeScreen, desktop.screen)
    sign_in(desktop, small)
    small._turn(PEOPLE)
    desktop.settle()
    small.presenter.choose_act("add")
    desktop.settle()

    acts, viewport = small.acts, small.side.parentWidget()
    assert viewport is not None
    bottom = acts.button.mapTo(viewport, acts.button.rect().bottomLeft()).y()
    assert acts.button.isVisible() and bottom <= viewport.height()
    assert faults(window) == []

    desktop.key(KEY.Key_F8)
    desktop.settle()
    wrong = acts.fields[next(iter(small.presenter.state.form.wrong))]
    bottom = acts.button.mapTo(viewport, acts.button.rect().bottomLeft()).y()
    assert bottom <= viewport.height(), "also under what is wrong"
    assert wrong.field.visibleRegion().boundingRect().height() == wrong.field.height()
