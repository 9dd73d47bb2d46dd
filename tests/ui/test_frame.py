"""The frame around the screens: strip, rail, keys, theme, sizes, the customer's window, refusals."""

import gc
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from pos.bootstrap import Till
from pos.config import CUSTOMER_DISPLAY
from pos.domain.permissions import Actor
from pos.errors import MachineFault, UserError
from pos.system.disk import low_room
from pos.ui.keymap import Act, KeyMap
from pos.ui.screens.help.view import HelpScreen
from pos.ui.screens.sell.view import SellScreen
from pos.ui.widgets.fkey_bar import BarItem, FKeyBar
from pos.ui.widgets.refusal_panel import RefusalPanel
from pos.ui.widgets.table import Table
from tests.ui.conftest import Desktop
from tests.ui.test_sell import meters, sell

KEY = Qt.Key


def strip(desktop: Desktop) -> dict[str, tuple[str, str]]:
    return {item.key: (item.value, item.light) for item in desktop.window.strip.items()}


def test_strip_when_shown_then_says_how_the_till_is_and_never_an_amount_of_cash(
    desktop: Desktop, open_shift: None
) -> None:
    desktop.sign_in("C")
    desktop.window.refresh_status()
    desktop.settle()

    shown = strip(desktop)
    assert shown["cashier"][0] == "Aline"
    assert shown["drawer"] == ("Closed", "ok")
    assert shown["printer"] == ("Ready", "ok")
    assert shown["clock"][1] == "ok"
    assert shown["shift"][0].startswith("4 ·")
    assert "50,000" not in str(shown.values())


def test_strip_when_no_shift_is_open_then_says_so(desktop: Desktop) -> None:
    desktop.sign_in("C")

    assert strip(desktop)["shift"] == ("Not open", "off")


@pytest.mark.parametrize(
    ("role", "places"),
    [
        ("C", "sell sales meters shift uploads"),
        ("A", "sell sales meters shift dashboard float tariffs books office settings"),
        ("U", "sales meters dashboard float books"),
    ],
)
def test_rail_when_shown_then_only_what_the_role_may(desktop: Desktop, role: str, places: str) -> None:
    desktop.sign_in(role)

    assert {item.key for item in desktop.window.rail.items()} == set(places.split())


def test_places_when_alt_and_a_digit_are_pressed_then_opened_from_the_top(desktop: Desktop) -> None:
    desktop.sign_in("A")
    keys = [item.key for item in desktop.window.rail.items()]
    assert len(keys) == 10
    for n, key in enumerate(keys, start=1):
        desktop.key(getattr(KEY, f"Key_{n % 10}"), Qt.KeyboardModifier.AltModifier)
        assert desktop.window._place == key
        assert desktop.window._panel is None


def test_help_when_f1_is_pressed_then_about_this_screen(desktop: Desktop) -> None:
    desktop.sign_in("C")
    desktop.key(KEY.Key_F1)

    assert isinstance(desktop.screen, HelpScreen)


def test_key_bar_when_a_click_changes_what_it_shows_then_pressed_once(desktop: Desktop) -> None:
    bar = FKeyBar(desktop.window.look)
    bar.resize(1200, bar.height())
    bar.show_items({Act.FIND: BarItem("Find"), Act.MAIN: BarItem("Pay")})
    pressed: list[Act] = []

    def on_pressed(act: Act) -> None:
        pressed.append(act)
        bar.show_items({})

    bar.pressed.connect(on_pressed)
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.place_of(Act.FIND).center().toPoint())
    assert pressed == [Act.FIND]


def test_keys_when_the_shop_has_changed_one_then_the_new_one_works_and_the_old_does_not(
    desktop: Desktop,
) -> None:
    desktop.window.set_preferences(
        replace(desktop.window.preferences, keys_text=KeyMap({Act.LOCK: "Ctrl+L"}).to_text())
    )
    desktop.sign_in("C")
    desktop.key(KEY.Key_F12)
    assert desktop.window.actor is not None
    desktop.key(KEY.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert desktop.window.actor is None


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("percent", [100, 125, 150, 175, 200])
def test_look_when_changed_then_every_place_is_built_anew_without_a_word(
    desktop: Desktop, theme: str, percent: int
) -> None:
    desktop.sign_in("A")
    desktop.window.set_preferences(replace(desktop.window.preferences, theme=theme, text_percent=percent))
    desktop.settle()

    assert desktop.window.look.theme == theme
    assert isinstance(desktop.screen, SellScreen)


def test_customer_window_when_the_shop_has_one_then_shows_change_and_token(
    desktop: Desktop, till: Till, people: dict[str, Actor], open_shift: None
) -> None:
    till.settings.change(people["A"], CUSTOMER_DISPLAY, value=True, reason="test")
    desktop.window.settings_changed()
    desktop.sign_in("C")
    sell(desktop, meters(till, "arrears_minor = 0")[0])

    window = desktop.window._customer
    assert window is not None and window.isVisible()
    assert desktop.window.isActiveWindow() or QApplication.activeWindow() is not window
    assert len(window._token.digits()) == 20
    said = window.said
    desktop.window.set_preferences(replace(desktop.window.preferences, theme="dark"))
    desktop.settle()

    dark = desktop.window._customer
    assert dark is not None and dark is not window and not window.isVisible()
    assert dark.said == said and dark.isVisible() and dark._token._look.theme == "dark"


def test_stop_when_it_happens_then_a_panel_says_what_and_enter_goes_on(desktop: Desktop) -> None:
    desktop.sign_in("C")
    desktop.window.show_error(MachineFault("clock.back", "The clock went back."))
    desktop.settle()

    panel = desktop.window._panel
    assert isinstance(panel, RefusalPanel)
    assert (panel.refusal.kind, panel.refusal.code) == ("bad", "clock.back")
    assert panel.refusal.rows
    desktop.key(KEY.Key_Return)
    assert desktop.window._panel is None


@pytest.mark.expect_log("unexpected error")
def test_bug_when_it_happens_then_a_number_is_shown_and_logged(desktop: Desktop) -> None:
    desktop.sign_in("C")
    desktop.window.show_error(ZeroDivisionError("our own mistake"))
    desktop.settle()

    panel = desktop.window._panel
    assert isinstance(panel, RefusalPanel) and panel.refusal.code.startswith("#")


def test_refusal_when_it_is_no_stop_then_a_toast_that_takes_no_focus(desktop: Desktop) -> None:
    desktop.sign_in("C")
    before = desktop.focus()
    desktop.window.show_error(UserError("meter.unknown", "Not known."))
    desktop.settle()

    assert desktop.window.toasts.text() and desktop.focus() is before


def test_backup_when_due_then_made_beside_the_window(desktop: Desktop, till: Till) -> None:
    desktop.sign_in("A")
    assert till.backups.last_made_at(till.shop.till_code) is None
    desktop.window._back_up_if_due()
    desktop.settle()

    made = till.backups.last_made_at(till.shop.till_code)
    assert made is not None and till.clock.now() - made < timedelta(minutes=1)


def test_session_when_locked_and_opened_again_then_a_typed_amount_is_on_hold(
    desktop: Desktop, till: Till, open_shift: None
) -> None:
    desktop.sign_in("C")
    desktop.type(meters(till, "arrears_minor = 0")[0])
    desktop.key(KEY.Key_Return)
    desktop.key(KEY.Key_Return)
    desktop.type("5000")
    desktop.key(KEY.Key_F12)

    assert [draft.body["amount"] for draft in till.drafts.list(desktop.people["C"])] == ["5000"]


def test_backup_when_the_window_stays_open_then_its_own_timer_makes_one(desktop: Desktop, till: Till) -> None:
    desktop.sign_in("C")
    timer = desktop.window._backup_timer
    assert timer.isActive() and timer.interval() <= timedelta(hours=1) / timedelta(milliseconds=1)
    assert till.backups.last_made_at(till.shop.till_code) is None
    timer.setInterval(1)

    desktop.wait_until(lambda: till.backups.last_made_at(till.shop.till_code) is not None)
    timer.stop()


def test_strip_when_somebody_else_than_a_cashier_is_there_then_says_what_they_are(desktop: Desktop) -> None:
    desktop.sign_in("A")

    captions = {item.key: item.caption for item in desktop.window.strip.items()}
    assert captions["cashier"] == "Administrator"


def test_table_when_the_text_is_large_then_columns_that_need_room_are_hidden(
    desktop: Desktop, till: Till, open_shift: None
) -> None:
    desktop.window.set_preferences(replace(desktop.window.preferences, text_percent=200))
    desktop.sign_in("C")
    sell(desktop, meters(till, "arrears_minor = 0")[0])
    desktop.window.go("sales")
    desktop.settle()

    table = next(one for one in desktop.screen.findChildren(Table) if one.isVisible())
    heads = [column.head for column in table.model().columns]
    assert table.isColumnHidden(heads.index("Receipt"))
    assert table.columnWidth(heads.index("Customer")) > 150


def test_disk_when_it_gets_full_then_the_window_says_so(
    desktop: Desktop, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(till.backups, "_free", lambda _folder: 1_500_000_000)
    desktop.sign_in("C")
    desktop.window._back_up_if_due()
    desktop.settle()

    low = low_room(1_500_000_000)
    assert low is not None and low.text in desktop.window.notices
    assert desktop.window.toasts.isVisible()


def test_ring_when_a_whole_screen_takes_the_keys_then_none_is_drawn(
    desktop: Desktop, open_shift: None
) -> None:
    desktop.sign_in("A")
    desktop.window.go("shift")
    desktop.settle()
    desktop.screen.setFocus()

    assert desktop.focus() is desktop.screen
    assert desktop.window._focus_frame is not None and desktop.window._focus_frame.widget() is None


def test_window_when_built_anew_many_times_then_keeps_nothing_of_before(desktop: Desktop) -> None:
    desktop.sign_in("C")
    counts = []
    for n in range(6):
        theme = "dark" if n % 2 else "light"
        desktop.window.set_preferences(replace(desktop.window.preferences, theme=theme))
        desktop.settle()
        gc.collect()
        counts.append(len(desktop.window.findChildren(QWidget)))

    assert counts[2:4] == counts[4:6]
