"""The help: opened by F1 on the topic of the place, searched, with the live keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from pos import config
from pos.bootstrap import Till
from pos.domain.permissions import Actor
from pos.ui.key_words import act_words
from pos.ui.keymap import Act
from pos.ui.places import PLACES
from pos.ui.screens.help.texts import all_topics
from pos.ui.screens.help.view import HelpScreen
from pos.ui.widgets.keycap import KeyCap
from tests.ui.conftest import Desktop


def _help(desktop: Desktop) -> HelpScreen:
    assert isinstance(desktop.screen, HelpScreen)
    return desktop.screen


def _texts(desktop: Desktop) -> str:
    return "\n".join(label.text() for label in desktop.screen.findChildren(QLabel) if label.isVisible())


def test_topics_when_put_together_cover_every_place_and_every_act() -> None:
    topics = {topic.key for topic in all_topics(str)}

    assert {place.key for place in PLACES} <= topics
    words = act_words(str)
    assert all(words[act] != act.value for act in Act)


def test_help_when_f1_is_pressed_tells_about_the_place_and_esc_goes_back(desktop: Desktop) -> None:
    desktop.sign_in("A")
    desktop.window.go("settings")
    desktop.settle()

    desktop.key(Qt.Key.Key_F1)

    assert _help(desktop).presenter.state.topic == "settings"
    assert "A change counts at once" in _texts(desktop)
    desktop.key(Qt.Key.Key_F1)
    assert _help(desktop).presenter.state.topic == "settings"
    desktop.key(Qt.Key.Key_Escape)
    assert desktop.window._place == "settings"


def test_help_when_a_cashier_opens_it_has_only_own_places(desktop: Desktop) -> None:
    desktop.sign_in("C")
    desktop.window.go("help")
    desktop.settle()

    topics = [topic.key for topic in _help(desktop).presenter.all]

    assert "sell" in topics and "settings" not in topics and topics[-2:] == ["keyboard", "refusals"]


def test_help_when_searched_opens_what_has_it(desktop: Desktop) -> None:
    desktop.sign_in("A")
    desktop.window.go("help")
    desktop.settle()

    desktop.type("blind zebra")
    assert _help(desktop).nothing.isVisible()
    desktop.key(Qt.Key.Key_Escape)
    assert not _help(desktop).nothing.isVisible()
    desktop.type("wrong meter case")

    assert _help(desktop).presenter.state.topic == "sales"
    assert "A token cannot be cancelled." in _texts(desktop)


def test_help_when_keys_are_remapped_shows_the_shops_own(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    till.settings.change(people["A"], config.KEYS, value='{"main": "Ctrl+P"}', reason="test")
    desktop.sign_in("C")
    desktop.window.settings_changed()
    desktop.window.go("help", topic="sell")
    desktop.settle()

    caps = [cap.accessibleName() for cap in desktop.screen.findChildren(KeyCap)]

    assert "Ctrl P" in caps and "F8" not in caps


def test_help_when_stepped_goes_through_the_topics_to_the_kinds_of_refusal(desktop: Desktop) -> None:
    desktop.sign_in("C")
    desktop.window.go("help")
    desktop.settle()
    for _ in _help(desktop).presenter.all:
        desktop.key(Qt.Key.Key_Down)

    assert _help(desktop).presenter.state.topic == "refusals"
    assert "The answer is not known yet." in _texts(desktop)
    desktop.key(Qt.Key.Key_Up)
    assert _help(desktop).presenter.state.topic == "keyboard"


@pytest.mark.parametrize("percent", [100, 200])
def test_help_when_the_window_is_small_has_the_keyboard_a_button_away(
    desktop: Desktop, till: Till, people: dict[str, Actor], percent: int
) -> None:
    till.settings.change(people["A"], config.TEXT_PERCENT, value=percent, reason="test")
    desktop.window.resize(1024, 600)
    desktop.sign_in("C")
    desktop.window.settings_changed()
    desktop.window.go("help", topic="shift")
    desktop.settle()
    screen = _help(desktop)

    screen.turn.click()

    assert screen.zones.currentIndex() == 1 and screen.combo.key() == "shift"
    desktop.key(Qt.Key.Key_Escape)
    assert screen.zones.currentIndex() == 0


def test_help_when_the_look_changes_stays_on_its_topic(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    desktop.sign_in("C")
    desktop.window.go("help", topic="shift")
    desktop.settle()
    _help(desktop).presenter.choose("refusals")
    till.settings.change(people["A"], config.THEME, value="dark", reason="test")

    desktop.window.settings_changed()
    desktop.settle()

    assert _help(desktop).presenter.state.topic == "refusals"
    desktop.key(Qt.Key.Key_Escape)
    assert desktop.window._place == "shift"
