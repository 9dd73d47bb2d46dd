"""This computer's clock is far from head office's: the Stop, and the two ways out of it."""

from datetime import timedelta
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from pos.bootstrap import Till
from pos.sync.server_time import ServerTime
from pos.ui.screens.sell.state import Stage
from pos.ui.screens.settings.page_office import OfficePage
from pos.ui.screens.settings.view import SettingsScreen
from pos.ui.widgets.refusal_panel import RefusalPanel
from tests.factories.head_office import stand_enrolled
from tests.ui.conftest import Desktop
from tests.ui.test_sell import meters, state, to_amount

KEY = Qt.Key


def hear(till: Till, *, ahead: timedelta) -> None:
    """Let head office have said its time a moment ago."""
    clock = till.office.state._clock
    till.office.state.heard(ServerTime(clock.now() + ahead, clock.running_ms()))
    offset_ms = ahead // timedelta(milliseconds=1)
    with till.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE server_link SET clock_offset_ms = ?", (offset_ms,))


@pytest.fixture
def stopped(till: Till, open_shift: None) -> None:
    """The till is enrolled and its clock is 45 minutes late."""
    stand_enrolled(till)
    hear(till, ahead=timedelta(minutes=45))


def try_to_sell(desktop: Desktop, till: Till) -> RefusalPanel:
    to_amount(desktop, meters(till, "arrears_minor = 0")[0])
    desktop.type("5000")
    desktop.key(KEY.Key_Return)
    desktop.key(KEY.Key_Return)
    panel = desktop.window._panel
    assert isinstance(panel, RefusalPanel)
    return panel


def clock_light(desktop: Desktop) -> str:
    desktop.window.refresh_status()
    desktop.settle()
    return next(item.light for item in desktop.window.strip.items() if item.key == "clock")


def test_sale_when_the_clock_is_off_then_stopped_and_nothing_is_taken(
    desktop: Desktop, till: Till, stopped: None
) -> None:
    sales = till.status.read().unsent
    desktop.sign_in("C")
    panel = try_to_sell(desktop, till)

    assert (panel.refusal.kind, panel.refusal.code) == ("bad", "clock.off")
    assert "Nothing is charged" in panel.accessibleName()
    assert panel.other.isHidden(), "a cashier cannot change the clock here"
    assert clock_light(desktop) == "bad"
    desktop.key(KEY.Key_Return)
    assert desktop.window._panel is None and state(desktop).stage is Stage.TENDER
    assert till.status.read().unsent == sales


def test_sale_when_the_clock_was_set_right_then_goes_through(
    desktop: Desktop, till: Till, stopped: None
) -> None:
    desktop.sign_in("C")
    try_to_sell(desktop, till)
    desktop.key(KEY.Key_Return)
    hear(till, ahead=timedelta(seconds=2))
    desktop.key(KEY.Key_Return)

    assert state(desktop).stage is Stage.PAID
    assert clock_light(desktop) == "ok"


def test_administrator_when_stopped_then_is_led_to_keep_the_servers_time_and_sells(
    desktop: Desktop, till: Till, stopped: None
) -> None:
    desktop.sign_in("A")
    desktop.window.show_error(_stop(till))
    desktop.settle()
    panel = desktop.window._panel
    assert isinstance(panel, RefusalPanel)
    assert (panel.main.caption, panel.other.caption) == ("Open clock settings", "Go on")

    desktop.key(KEY.Key_Return)

    page = cast(SettingsScreen, desktop.screen).page_view()
    assert isinstance(page, OfficePage) and page.clock.isVisible() and page.keep.isVisible()
    page.reason.setFocus()
    desktop.type("The battery of the clock is empty")
    page.keep.setFocus()
    desktop.type(" ")
    assert page._section.state.wrong == {}
    desktop.wait_until(page.own.isVisible)
    assert clock_light(desktop) == "ok"
    ahead = till.clock.now() - till.office.state._clock.now()
    assert timedelta(minutes=44) < ahead < timedelta(minutes=46)
    desktop.window.sign_out()
    desktop.sign_in("C")
    to_amount(desktop, meters(till, "arrears_minor = 0")[0])
    desktop.type("5000")
    desktop.key(KEY.Key_Return)
    desktop.key(KEY.Key_Return)
    assert state(desktop).stage is Stage.PAID


def _stop(till: Till) -> BaseException:
    with pytest.raises(Exception, match="head office") as caught:
        till.office.state.require_right_clock()
    return caught.value


def test_administrator_when_not_now_then_esc_leaves_everything_as_it_was(
    desktop: Desktop, till: Till, stopped: None
) -> None:
    desktop.sign_in("A")
    place = desktop.window._place
    desktop.window.show_error(_stop(till))
    desktop.settle()
    desktop.key(KEY.Key_Escape)

    assert desktop.window._panel is None and desktop.window._place == place


def test_clock_in_the_strip_when_an_administrator_clicks_it_then_its_settings(
    desktop: Desktop, till: Till, stopped: None
) -> None:
    desktop.sign_in("A")
    strip = desktop.window.strip
    assert clock_light(desktop) == "bad"
    place = next(place for item, place in strip._places() if item.key == "clock")
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=place.center().toPoint())
    desktop.settle()

    assert isinstance(cast(SettingsScreen, desktop.screen).page_view(), OfficePage)
