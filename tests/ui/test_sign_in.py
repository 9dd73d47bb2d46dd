"""Signing in: people, PINs, waits, the lock, the languages."""

from PySide6.QtCore import Qt

from pos.bootstrap import Till
from pos.ui.screens.sign_in.view import SignInScreen
from tests.ui.conftest import PINS, Desktop

KEY = Qt.Key


def screen(desktop: Desktop) -> SignInScreen:
    assert isinstance(desktop.screen, SignInScreen)
    return desktop.screen


def test_pin_when_right_then_signed_in(desktop: Desktop) -> None:
    desktop.type(PINS["C"])
    desktop.key(KEY.Key_Return)

    assert desktop.window.actor is not None and desktop.window.actor.name == "Aline"


def test_person_when_chosen_with_the_arrows_or_by_name_then_theirs_is_the_pin(desktop: Desktop) -> None:
    desktop.key(KEY.Key_Down)
    assert screen(desktop).presenter.state.chosen == 1
    desktop.type("cl")
    desktop.type(PINS["A"])
    desktop.key(KEY.Key_Return)

    assert desktop.window.actor is not None and desktop.window.actor.name == "Claire"


def test_pin_when_wrong_then_says_how_long_to_wait_and_keeps_nothing(desktop: Desktop) -> None:
    desktop.type("99999")
    desktop.key(KEY.Key_Return)

    state = screen(desktop).presenter.state
    assert state.is_wrong and "2" in state.message
    assert desktop.window.actor is None
    assert screen(desktop)._pin.text() == ""


def test_lock_when_f12_is_pressed_then_the_sign_in_screen_and_no_session(desktop: Desktop) -> None:
    desktop.sign_in("C")
    desktop.key(KEY.Key_F12)

    assert desktop.window.actor is None
    assert isinstance(desktop.screen, SignInScreen)


def test_till_when_nobody_is_there_for_long_then_locks_itself(desktop: Desktop) -> None:
    desktop.sign_in("C")
    now = desktop.window.clock_ms()
    desktop.window.clock_ms = lambda: now + 11 * 60_000
    desktop.window._tick()
    desktop.settle()

    assert desktop.window.actor is None


def test_language_when_chosen_then_the_screen_speaks_it(desktop: Desktop, till: Till) -> None:
    screen(desktop).language_chosen.emit("fr")
    desktop.settle()

    assert desktop.window.look.wording.language == "fr"


def test_checks_when_opened_then_printer_clock_and_back_up_are_named(desktop: Desktop) -> None:
    checks = screen(desktop).presenter.state.checks

    assert ("ok", "Printer ready") in checks and ("ok", "Clock right") in checks
    assert ("warn", "No back-up yet") in checks
