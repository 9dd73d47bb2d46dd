"""Enrolling from the settings against the real server: code, PIN, replacement, clock; driven by keys."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt

from pos.bootstrap import Access, Till, open_till, set_up_shop
from pos.cli.demo_shop import demo_plan
from pos.services.restore import RestoreRequest
from pos.services.shop_rows import BookKind
from pos.services.shop_setup import ShopMade
from pos.system.paths import DataFolder
from pos.ui.screens.books.view import BooksScreen
from pos.ui.screens.settings.page_office import OfficePage
from pos.ui.screens.settings.view import SettingsScreen
from tests.fakes.server_transport import ClientTransport
from tests.server.rig import Server
from tests.server.till_rig import Shop
from tests.sync.conftest import office, revoke, server, server_template
from tests.ui.conftest import PINS, Desktop

__all__ = ["office", "server", "server_template"]

KEY = Qt.Key


@pytest.fixture
def line(server: Server) -> ClientTransport:
    """The way to the real application, in this process."""
    return ClientTransport(server.client)


@pytest.fixture
def made(server: Server, tmp_path: Path) -> ShopMade:
    """A new demo till in its folder."""
    plan = replace(demo_plan(), till_code="T03")
    return set_up_shop(DataFolder(tmp_path / "till"), plan, BookKind.DEMO, clock=server.clock)


@pytest.fixture
def till(made: ShopMade, server: Server, line: ClientTransport, tmp_path: Path) -> Iterator[Till]:
    """The till stands alone, on the server's clock."""
    folder = DataFolder(tmp_path / "till")
    with open_till(folder, Access.WRITES, clock=server.clock) as opened:
        opened.office.use_transport(lambda _: line, pause=lambda _: None)
        yield opened


def open_page(desktop: Desktop, role: str = "A") -> OfficePage:
    desktop.sign_in(role)
    desktop.window.go("settings", page="office")
    desktop.settle()
    view = cast(SettingsScreen, desktop.screen).page_view()
    assert isinstance(view, OfficePage)
    return view


def enrol(desktop: Desktop, page: OfficePage, code: str) -> None:
    """Type address, code and PIN, each followed by Enter."""
    page.url.setFocus()
    desktop.type("https://office.test")
    page.code.setFocus()
    desktop.type(code)
    desktop.key(KEY.Key_Return)
    desktop.type(PINS["A"])
    desktop.key(KEY.Key_Return)
    desktop.settle()


def test_page_when_the_till_stands_alone_shows_its_code_and_key(desktop: Desktop, till: Till) -> None:
    page = open_page(desktop)

    facts = page._section.state.facts
    assert facts is not None
    assert (facts.till_code, facts.standing.state) == ("T03", "none")
    assert len(facts.fingerprint) == 16
    assert page.badge.text() == "Stands alone"
    assert page.form.isVisible() and not page.talk.isVisible()


def test_enrol_when_fields_are_empty_marks_each(desktop: Desktop) -> None:
    page = open_page(desktop)
    desktop.key(KEY.Key_F8)

    assert set(page._section.state.wrong) == {"url", "code", "pin"}
    assert page.url.hasFocus()


def test_enrol_when_done_by_keys_sends_the_books_and_shows_the_state(
    desktop: Desktop, till: Till, office: Shop
) -> None:
    page = open_page(desktop)
    enrol(desktop, page, office.code())
    desktop.wait_until(lambda: not desktop.window.syncing.state.is_running)

    assert page.badge.text() == "Enrolled"
    assert "enrolled at" in page.said.text()
    assert desktop.window.syncing.state.error is None
    status = till.status.read()
    assert (status.unsent, status.office) == (0, "enrolled")
    desktop.window.go("books")
    desktop.settle()
    books = cast(BooksScreen, desktop.screen).presenter.state.books
    assert books is not None and [day.colour.value for day in books.days] == ["green"]


@pytest.mark.parametrize(
    ("code", "field"), [("AAAAAAAAAA", "code"), ("short", "code")], ids=["unknown", "form"]
)
def test_enrol_when_the_code_is_wrong_says_so_at_its_field(
    desktop: Desktop, till: Till, office: Shop, code: str, field: str
) -> None:
    page = open_page(desktop)
    enrol(desktop, page, code)

    assert set(page._section.state.wrong) == {field}
    assert page.pin.text() == ""
    assert till.sync is None


def test_enrol_when_the_pin_is_wrong_asks_nobody(
    desktop: Desktop, till: Till, office: Shop, line: ClientTransport
) -> None:
    page = open_page(desktop)
    line.is_cut = True
    page.url.setFocus()
    desktop.type("https://office.test")
    page.code.setFocus()
    desktop.type("AAAAAAAAAA")
    desktop.key(KEY.Key_Return)
    desktop.type("000000")
    desktop.key(KEY.Key_Return)

    assert set(page._section.state.wrong) == {"pin"}


def test_enrol_when_head_office_cannot_be_reached_says_so_and_may_be_repeated(
    desktop: Desktop, till: Till, office: Shop, line: ClientTransport
) -> None:
    page = open_page(desktop)
    code = office.code()
    line.is_cut = True
    enrol(desktop, page, code)
    assert page.said.text() == "The line is cut."

    line.is_cut = False
    page.pin.setFocus()
    desktop.type(PINS["A"])
    desktop.key(KEY.Key_Return)
    desktop.settle()
    assert page.badge.text() == "Enrolled"


def test_page_when_the_till_was_revoked_says_so_once_as_a_stop(
    desktop: Desktop, till: Till, office: Shop, server: Server
) -> None:
    page = open_page(desktop)
    enrol(desktop, page, office.code())
    desktop.wait_until(lambda: not desktop.window.syncing.state.is_running)
    link = till.office.state.link
    assert link is not None
    revoke(server, office, link.till_id)
    desktop.key(KEY.Key_F8)
    desktop.wait_until(lambda: not desktop.window.syncing.state.is_running)
    desktop.window.go("sell")
    desktop.window.go("settings", page="office")
    desktop.settle()

    assert page.badge.text() == "Revoked"
    assert "out of use" in page.note.fact.text()


def test_clock_when_far_from_the_servers_may_be_kept_with_a_reason(
    desktop: Desktop, till: Till, office: Shop, server: Server
) -> None:
    page = open_page(desktop)
    enrol(desktop, page, office.code())
    desktop.wait_until(lambda: not desktop.window.syncing.state.is_running)
    assert not page.clock.isVisible()
    with till.units.write() as unit:
        unit.connection.exec_driver_sql(
            "UPDATE server_link SET clock_offset_ms = ?",
            (timedelta(hours=2) // timedelta(milliseconds=1),),
        )
    page._section.open()
    desktop.settle()
    assert page.clock.isVisible()
    page.keep.click()
    assert set(page._section.state.wrong) == {"reason"}

    page.reason.setFocus()
    desktop.type("The battery of the clock is empty")
    page.keep.click()
    desktop.settle()
    facts = page._section.state.facts
    assert facts is not None and facts.keeps_server_clock
    assert page.own.isVisible()


def test_start_when_the_book_was_restored_asks_whether_it_replaces_the_lost_till(
    desktop: Desktop,
    till: Till,
    office: Shop,
    server: Server,
    line: ClientTransport,
    tmp_path: Path,
    made: ShopMade,
) -> None:
    enrol(desktop, open_page(desktop), office.code())
    desktop.wait_until(lambda: not desktop.window.syncing.state.is_running)
    backup = till.backups.begin().run()
    assert backup is not None
    target = tmp_path / "other"
    till.restore_elsewhere(
        target, RestoreRequest(backup=backup.path, reason="dead disk", administrator=desktop.people["A"].name)
    )
    with open_till(DataFolder(target), Access.WRITES, clock=server.clock) as other:
        other.office.use_transport(lambda _: line, pause=lambda _: None)
        assert other.status.read().office == "restored"
        # PINs do not move to another machine: an administrator comes in with the recovery code.
        other.recovery.recover(desktop.people["A"].name, made.recovery_code, new_pin=PINS["A"])
        desktop.window.desk = other
        desktop.window.sign_out()
        desktop.window.sign_in_as(desktop.people["A"])
        desktop.settle()

        view = cast(SettingsScreen, desktop.screen).page_view()
        assert isinstance(view, OfficePage)
        assert desktop.window.banner.isVisible()
        assert view.replaces.isChecked()
        enrol(desktop, view, office.code())
        assert view._section.state.wrong == {}
        enrolled = view._section.state.enrolled
        assert enrolled is not None and enrolled.replaced is not None
        assert enrolled.replaced.former_code == "T03" and enrolled.replaced.missing == ()
        desktop.wait_until(lambda: not desktop.window.syncing.state.is_running)
        desktop.window.desk = till


def test_start_when_the_first_start_said_so_leads_an_administrator_to_enrolling(desktop: Desktop) -> None:
    desktop.window._asks_to_enrol = True
    desktop.sign_in("C")
    assert desktop.window._place == "sell"
    desktop.window.sign_out()
    desktop.sign_in("A")

    view = cast(SettingsScreen, desktop.screen).page_view()
    assert isinstance(view, OfficePage) and view.form.isVisible()
