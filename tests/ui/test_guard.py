"""The guard card: when it was printed, keys as caps in sentences; and the exact sum among the notes."""

import pytest
from PySide6.QtCore import Qt

from pos.bootstrap import Till
from pos.ui.screens.sell.guard_page import GuardPage
from pos.ui.screens.sell.money_card import MoneyCard
from pos.ui.screens.sell.state import Stage
from pos.ui.screens.sell.view import SellScreen
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.key_sentence import KEY, KeySentence
from tests.ui.conftest import Desktop
from tests.ui.test_sell import meters, sell, state, to_amount


def guard(desktop: Desktop) -> GuardPage:
    (page,) = desktop.screen.findChildren(GuardPage)
    return page


def test_guard_when_the_paper_came_out_then_its_badge_says_when(
    desktop: Desktop, till: Till, open_shift: None
) -> None:
    desktop.sign_in("C")
    number = meters(till, "arrears_minor = 0")[0]
    sell(desktop, number)
    desktop.type(number)
    desktop.key(Qt.Key.Key_Return)
    desktop.key(Qt.Key.Key_Return)

    assert state(desktop).stage is Stage.GUARD
    shown = state(desktop).guard
    assert shown is not None and shown.paper is not None and shown.paper.finished_at is not None
    time = desktop.window.look.wording.seconds(shown.paper.finished_at)
    page = guard(desktop)
    assert f"Printed {time}" in [badge.text() for badge in page.findChildren(Badge)]
    sentences = [one.accessibleName() for one in page.findChildren(KeySentence) if one.isVisible()]
    assert sentences == [
        "Press R. The same token prints again.",
        "Press S and type the amount.",
        "Press Ctrl T to check the token.",
        "Press Esc and search again.",
    ]


def test_key_sentence_when_narrow_then_breaks_and_keeps_the_dot_at_its_key(desktop: Desktop) -> None:
    look = desktop.window.look
    sentence = KeySentence(look, f"Press {KEY}. The same token prints again.", "R")
    one = sentence.sizeHint()
    assert sentence.heightForWidth(one.width()) == one.height()
    assert sentence.heightForWidth(one.width() // 2) >= 2 * one.height()

    narrow = sentence._pieces(look.text_width(sentence._kind, "Press") + 4)
    (cap,) = [piece for piece in narrow if piece.is_cap]
    after = narrow[narrow.index(cap) + 1]
    assert (after.text, after.line, after.x) == (".", cap.line, cap.x + cap.width)
    sentence.resize(one.width(), one.height())
    colours = set(_pixels(sentence))
    assert len(colours) > 3


def _pixels(widget: KeySentence) -> list[int]:
    image = widget.grab().toImage()
    return [image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)]


@pytest.mark.parametrize(
    ("size", "caption", "under"), [((1366, 768), "18,500 exact", ""), ((1024, 600), "18,500", "exact")]
)
def test_notes_when_offered_then_the_first_is_the_exact_sum_and_says_so(
    desktop: Desktop,
    till: Till,
    open_shift: None,
    size: tuple[int, int],
    caption: str,
    under: str,
) -> None:
    desktop.window.resize(*size)
    desktop.sign_in("C")
    to_amount(desktop, meters(till, "arrears_minor > 0")[0])
    desktop.type("18500")
    desktop.key(Qt.Key.Key_Return)

    screen = desktop.screen
    assert isinstance(screen, SellScreen)
    (card,) = [one for one in screen.findChildren(MoneyCard) if one.isVisible()]
    first, second = card._offer_buttons[:2]
    assert (first.caption, first._under) == (caption, under)
    assert first.accessibleName() == "18,500 exact" and "exact" not in second.accessibleName()
    desktop.type("20000")
    assert first.isVisible() and first.width() >= first.sizeHint().width() - 12
