"""What the eye sees: long numbers, questions over a place, what is cut, where the focus is."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from pos.bootstrap import Till
from pos.i18n.catalogue import LANGUAGES
from pos.ui.look import Type
from pos.ui.screens.books.view import BooksScreen
from pos.ui.screens.sales.state import Pane
from pos.ui.screens.sales.view import SalesScreen
from pos.ui.screens.sell.view import SellScreen
from pos.ui.screens.settings.page_payments import PaymentsPage
from pos.ui.screens.settings.view import SettingsScreen
from pos.ui.widgets.approval_panel import ApprovalPanel
from pos.ui.widgets.fkey_bar import FKeyBar
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.table import Table
from pos.ui.widgets.text import FittedLabel
from tests.ui.conftest import PINS, Desktop
from tests.ui.overflow import captions_cut
from tests.ui.test_sell import meters

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def small(desktop: Desktop) -> Desktop:
    desktop.window.resize(1024, 600)
    desktop.settle()
    return desktop


def to_amount(desktop: Desktop, till: Till, amount: str) -> SellScreen:
    desktop.sign_in("C")
    desktop.type(meters(till, "arrears_minor = 0")[0])
    desktop.key(KEY.Key_Return)
    desktop.key(KEY.Key_Return)
    desktop.type(amount)
    assert isinstance(desktop.screen, SellScreen)
    return desktop.screen


def pane_of(screen: SalesScreen) -> Pane:
    return screen.presenter.state.pane


def figures(desktop: Desktop) -> list[FittedLabel]:
    return [one for one in desktop.screen.findChildren(FittedLabel) if one.isVisible()]


def cut_figures(desktop: Desktop) -> list[str]:
    found = figures(desktop)
    assert found
    return [one.text() for one in found if one.fontMetrics().horizontalAdvance(one.text()) > one.width()]


@pytest.mark.usefixtures("open_shift")
def test_amount_when_it_is_long_then_all_its_digits_stand_in_the_field(small: Desktop, till: Till) -> None:
    edit = to_amount(small, till, "123").trade.amount.edit
    usual = edit.font().pixelSize()

    small.type("45678")

    assert edit.text() == "12,345,678"
    assert QFontMetrics(edit.font()).horizontalAdvance(edit.text()) < edit.width()

    for _ in range(5):
        small.key(KEY.Key_Backspace)

    assert (edit.text(), edit.font().pixelSize()) == ("123", usual)


@pytest.mark.usefixtures("open_shift")
def test_debt_when_it_may_be_paid_alone_then_its_key_stands_on_the_button(
    desktop: Desktop, till: Till
) -> None:
    desktop.sign_in("C")
    desktop.type(meters(till, "arrears_minor > 0")[0])
    desktop.key(KEY.Key_Return)
    desktop.key(KEY.Key_Return)
    assert isinstance(desktop.screen, SellScreen)

    names = [one.accessibleName() for one in desktop.screen.trade.findChildren(KeyButton) if one.isVisible()]
    assert "Only the debt, Ctrl D" in names


def test_owner_when_names_of_facts_are_long_then_the_values_stand_apart(
    small: Desktop, open_shift: None, till: Till
) -> None:
    small.window.set_preferences(replace(small.window.preferences, language="sw"))
    small.sign_in("C")
    small.type(meters(till, "arrears_minor > 0")[0])
    small.key(KEY.Key_Return)
    screen = small.screen
    assert isinstance(screen, SellScreen)

    name = next(
        one for one in screen.confirm.findChildren(QLabel) if one.text() == "Zilizonunuliwa mwezi huu"
    )
    end = name.x() + name.fontMetrics().horizontalAdvance(name.text())
    assert screen.confirm._values["month"].x() - end >= 12


@pytest.mark.usefixtures("open_shift")
def test_question_when_it_is_of_no_sale_then_covers_the_place_and_speaks_of_no_token(small: Desktop) -> None:
    small.sign_in("C")
    small.window.go("shift")
    small.settle()
    small.key(KEY.Key_F8)
    small.type("1")
    small.key(KEY.Key_F8)

    panel = small.window._panel
    assert isinstance(panel, ApprovalPanel)
    words = [one.text() for one in panel.findChildren(QLabel) if one.isVisible()]
    assert "None was made." not in words
    assert "Who asked, who allowed, why, and when." in words
    (code,) = [one for one in panel.findChildren(QLabel) if one.text() == "permission.approval_needed"]
    assert code.geometry().right() > panel.width() - 3 * code.height(), "at the right, as in every refusal"
    margin = small.window.look.metrics.margin
    assert panel.geometry() == small.screen.rect().adjusted(margin, margin, -margin, -margin)


@pytest.mark.usefixtures("open_shift")
def test_question_when_it_is_of_a_sale_then_the_number_stays_in_sight(small: Desktop, till: Till) -> None:
    screen = to_amount(small, till, "5000")
    assert screen.zone_of_acts().top() > screen.search.geometry().bottom()


@pytest.mark.usefixtures("open_shift")
def test_shift_when_its_sums_are_large_then_no_digit_is_cut(small: Desktop) -> None:
    small.sign_in("C")
    small.window.go("shift")
    small.settle()
    small.key(KEY.Key_F8)
    small.type("2569")

    edit = small.focus()
    assert isinstance(edit, QLineEdit)
    assert QFontMetrics(edit.font()).horizontalAdvance("2569") < edit.width()
    assert cut_figures(small) == []

    small.key(KEY.Key_F8)
    small.type(PINS["S"])
    small.key(KEY.Key_Return)
    small.settle()

    assert "12,845,000" in [one.text() for one in figures(small)]
    assert cut_figures(small) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_shift_when_counted_in_a_shipped_language_then_its_keys_have_whole_captions(
    small: Desktop, open_shift: None, language: str
) -> None:
    small.window.set_preferences(replace(small.window.preferences, language=language))
    small.sign_in("C")
    small.window.go("shift")
    small.settle()
    assert captions_cut(small.window) == []

    small.key(KEY.Key_F8)

    assert captions_cut(small.window) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_when_the_window_is_small_then_none_is_under_twelve_pixels(
    small: Desktop, till: Till, language: str
) -> None:
    small.window.set_preferences(replace(small.window.preferences, language=language))
    to_amount(small, till, "5000")
    bar = small.window.findChild(FKeyBar)
    assert bar is not None

    captions = [bar._font(act).pixelSize() for act in bar.shown()]

    assert captions and min(captions) >= 12
    assert min(small.window.look.font(kind).pixelSize() for kind in Type) >= 12


def test_number_when_it_is_wrong_then_the_line_says_to_fix_it(desktop: Desktop, open_shift: None) -> None:
    desktop.sign_in("C")
    screen = desktop.screen
    assert isinstance(screen, SellScreen)
    assert screen.search.hint.text() == "Scanner ready"

    desktop.type("04100000374")
    desktop.key(KEY.Key_Return)

    assert screen.search.hint.text() == "Fix it"

    desktop.key(KEY.Key_Escape)

    assert screen.search.hint.text() == "Scanner ready"


def test_books_when_there_is_no_day_then_the_focus_is_on_what_can_be_done(desktop: Desktop) -> None:
    desktop.sign_in("A")
    desktop.window.go("books")
    desktop.settle()
    assert isinstance(desktop.screen, BooksScreen)

    assert desktop.screen.side.uploads.hasFocus()


@pytest.mark.usefixtures("open_shift")
def test_places_when_opened_then_no_part_flashes_as_a_window_of_its_own(
    strays: list[str], desktop: Desktop
) -> None:
    desktop.sign_in("A")
    places = [item.key for item in desktop.window.rail.items()]
    for place in places:
        desktop.window.go(place)
        desktop.settle()

    assert len(places) > 8 and strays == []


@pytest.mark.usefixtures("open_shift")
def test_token_when_gone_to_then_its_call_is_gone(desktop: Desktop) -> None:
    desktop.sign_in("C")
    desktop.window._tell_news("A token is ready.", "ok")
    assert desktop.window.toasts.text() == "A token is ready."

    desktop.key(KEY.Key_J, CTRL)

    assert desktop.window.toasts.text() != "A token is ready."


def test_sale_when_it_stands_over_the_list_then_the_list_behind_has_no_focus(
    small: Desktop, open_shift: None, till: Till
) -> None:
    to_amount(small, till, "5000")
    small.key(KEY.Key_Return)
    small.key(KEY.Key_Return)
    small.window.go("sales")
    small.settle()
    small.key(KEY.Key_Return)
    screen = small.screen
    assert isinstance(screen, SalesScreen)
    small.key(KEY.Key_F6)
    assert pane_of(screen) is Pane.NEW_CASE

    small.key(KEY.Key_Escape)

    assert pane_of(screen) is Pane.SALE
    assert screen.presenter.state.is_open
    assert not isinstance(QApplication.focusWidget(), Table)


def test_providers_when_shown_then_their_acts_stand_beside_each_other(desktop: Desktop) -> None:
    desktop.sign_in("A")
    desktop.window.go("settings", page="payments")
    desktop.settle()
    assert isinstance(desktop.screen, SettingsScreen)
    page = desktop.screen.page_view()
    assert isinstance(page, PaymentsPage)

    card = page.cards["mtn_momo"]
    assert card.type.y() == card.test.y()


@pytest.mark.parametrize(
    ("language", "name"),
    [("fr", "À propos de Kilotill"), ("rw", "Ibyerekeye Kilotill"), ("sw", "Kuhusu Kilotill")],
)
def test_about_when_in_another_language_then_not_the_subject_of_a_case(
    desktop: Desktop, language: str, name: str
) -> None:
    desktop.window.set_preferences(replace(desktop.window.preferences, language=language))
    desktop.sign_in("A")
    desktop.window.go("settings")
    desktop.settle()
    assert isinstance(desktop.screen, SettingsScreen)

    assert name in [page.word for page in desktop.screen.presenter.pages]
