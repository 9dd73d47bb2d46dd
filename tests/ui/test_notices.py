"""The bell list: kept notices with their time, opened by key and by click, read by keyboard."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListWidget

from pos.bootstrap import Till
from pos.domain.permissions import Permission
from pos.errors import UserError
from pos.i18n.catalogue import catalogue
from pos.ui import main_window
from pos.ui.context import ApprovalAsk
from pos.ui.keymap import Act, KeyMap
from pos.ui.screens.sell.state import Stage
from pos.ui.screens.sell.view import SellScreen
from pos.ui.widgets.approval_panel import ApprovalPanel
from pos.ui.widgets.notice_list import NoticePanel
from tests.ui.conftest import Desktop
from tests.ui.overflow import Longer, faults
from tests.ui.test_sell import meters

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def panel(desktop: Desktop) -> NoticePanel:
    shown = desktop.window._panel
    assert isinstance(shown, NoticePanel) and shown.isVisible()
    return shown


def texts(shown: QListWidget) -> list[str]:
    return [shown.item(n).text() for n in range(shown.count())]


def bell(desktop: Desktop) -> int:
    return next(one.count for one in desktop.window.rail.bottom() if one.key == main_window.BELL)


def test_bell_when_its_key_is_pressed_then_the_notices_are_there_with_time_and_light(
    desktop: Desktop,
) -> None:
    desktop.sign_in("C")
    desktop.window.toast("Printed.")
    desktop.window.show_error(UserError("meter.unknown", "Not known."))
    desktop.settle()
    assert bell(desktop) == 1
    assert "Notices 1" in desktop.window.rail.accessibleName()
    before = desktop.focus()

    desktop.key(KEY.Key_B, CTRL)

    shown = panel(desktop)
    time = desktop.window.look.wording.time(desktop.window.desk.clock.now())
    assert texts(shown.list)[1] == "Printed." and shown.list.currentRow() == 0
    read = shown.list.item(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert read == f"{time}: Printed."
    assert shown.accessibleName() == shown.list.accessibleName() == "Notices: 2"
    assert shown.head.count.text() == "2" and shown.empty.isHidden()
    assert desktop.focus() is shown.list and bell(desktop) == 0
    desktop.key(KEY.Key_Down)
    assert shown.list.currentRow() == 1

    desktop.key(KEY.Key_Escape)

    assert desktop.window._panel is None and desktop.focus() is before


@pytest.mark.parametrize("key", [KEY.Key_Return, KEY.Key_Escape])
def test_bell_when_nothing_was_said_then_says_so_and_closes(desktop: Desktop, key: Qt.Key) -> None:
    desktop.sign_in("C")
    desktop.key(KEY.Key_B, CTRL)

    shown = panel(desktop)
    assert shown.list.isHidden() and not shown.empty.isHidden()
    assert shown.accessibleName() == "Notices: 0" and shown.close_button.hasFocus()
    desktop.key(key)
    assert desktop.window._panel is None


def test_bell_when_clicked_then_opens_and_closes(desktop: Desktop) -> None:
    desktop.sign_in("C")
    desktop.window.toast("Printed.")
    rail = desktop.window.rail
    place = rail.place_of(main_window.BELL).center().toPoint()

    QTest.mouseClick(rail, Qt.MouseButton.LeftButton, pos=place)
    assert texts(panel(desktop).list) == ["Printed."]
    QTest.mouseClick(rail, Qt.MouseButton.LeftButton, pos=place)
    assert desktop.window._panel is None


def test_bell_when_something_is_said_while_open_then_it_comes_on_top_and_is_seen(desktop: Desktop) -> None:
    desktop.sign_in("C")
    desktop.window.toast("First")
    desktop.window.toast("Second")
    desktop.key(KEY.Key_B, CTRL)
    desktop.key(KEY.Key_Down)
    desktop.window.toast("Third", light="warn")

    shown = panel(desktop)
    assert texts(shown.list) == ["Third", "Second", "First"]
    assert shown.list.currentItem().text() == "First" and bell(desktop) == 0


def test_bell_when_the_next_customer_is_typed_then_gives_way_to_the_search(
    desktop: Desktop, till: Till, open_shift: None
) -> None:
    number = meters(till, "arrears_minor = 0")[0]
    desktop.sign_in("C")
    desktop.window.toast("Printed.")
    desktop.key(KEY.Key_B, CTRL)
    assert panel(desktop).list.hasFocus()

    desktop.type(number)

    assert desktop.window._panel is None
    screen = desktop.screen
    assert isinstance(screen, SellScreen) and screen.presenter.state.search == number
    desktop.key(KEY.Key_Return)
    assert screen.presenter.state.stage is Stage.CONFIRM


def test_bell_when_another_act_is_asked_for_then_closes_and_does_it(desktop: Desktop) -> None:
    desktop.sign_in("C")
    desktop.key(KEY.Key_B, CTRL)
    assert panel(desktop)
    desktop.key(KEY.Key_2, Qt.KeyboardModifier.AltModifier)

    assert desktop.window._panel is None and desktop.window._place == "sales"


def test_bell_when_somebody_else_signs_in_then_reads_only_their_own(desktop: Desktop) -> None:
    desktop.sign_in("A")
    desktop.window.toast("Said to the administrator")
    desktop.window.sign_out()
    desktop.sign_in("C")
    desktop.key(KEY.Key_B, CTRL)
    assert panel(desktop).list.isHidden()
    desktop.window.sign_out()
    desktop.sign_in("A")
    desktop.key(KEY.Key_B, CTRL)

    assert texts(panel(desktop).list) == ["Said to the administrator"]


def test_bell_when_a_supervisor_is_asked_then_the_question_stays(desktop: Desktop) -> None:
    desktop.sign_in("C")
    desktop.window.ask_approval(
        ApprovalAsk(Permission.SALE_VOID, None, "Void a sale", on_given=lambda _: None)
    )
    desktop.settle()
    asked = desktop.window._panel
    assert isinstance(asked, ApprovalPanel)

    desktop.key(KEY.Key_B, CTRL)

    assert desktop.window._panel is asked


def test_bell_when_the_shop_has_another_key_then_that_one_opens_it(desktop: Desktop) -> None:
    keys_text = KeyMap({Act.NOTICES: "Ctrl+N"}).to_text()
    desktop.window.set_preferences(replace(desktop.window.preferences, keys_text=keys_text))
    desktop.sign_in("C")
    desktop.key(KEY.Key_B, CTRL)
    assert desktop.window._panel is None
    desktop.key(KEY.Key_N, CTRL)

    assert panel(desktop)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1366, 768), (1024, 600)])
@pytest.mark.parametrize("percent", [100, 200])
def test_bell_when_texts_are_long_then_every_one_is_whole(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch, theme: str, size: tuple[int, int], percent: int
) -> None:
    monkeypatch.setattr(main_window, "catalogue", lambda _: Longer("en", catalogue("en").texts))
    desktop.window.resize(*size)
    desktop.window.set_preferences(replace(desktop.window.preferences, theme=theme, text_percent=percent))
    desktop.sign_in("A")
    for n in range(8):
        desktop.window.toast(
            f"{n} " + "The second copy of the book cannot be written. " * (n // 2), light="warn"
        )
    desktop.settle()
    assert faults(desktop.window) == []
    desktop.key(KEY.Key_B, CTRL)

    shown = panel(desktop).list
    assert not desktop.window.toasts.isVisible()
    assert faults(desktop.window) == []
    assert shown.horizontalScrollBar().maximum() == 0
    heights = [shown.visualItemRect(shown.item(n)).height() for n in range(shown.count())]
    assert heights[0] > heights[-1] >= desktop.window.look.metrics.px(34)
    desktop.key(KEY.Key_End)
    last = shown.visualItemRect(shown.currentItem())
    assert shown.viewport().rect().contains(last)
    assert ink(desktop) >= 3


def ink(desktop: Desktop) -> int:
    """Count the colours of what the list drew."""
    shown = panel(desktop).list
    image = shown.viewport().grab().scaled(QSize(200, 100)).toImage()
    return len({image.pixel(x, y) for x in range(0, 200, 5) for y in range(0, 100, 5)})
