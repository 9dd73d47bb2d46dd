"""The Books screen: both sides of each day, what differs, the chain, paper; driven by keys."""

from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from pos.bootstrap import Till
from pos.config import PRINTER
from pos.domain.day_figures import BookColour
from pos.domain.permissions import Actor
from pos.ui.screens.books.view import BooksScreen
from pos.ui.screens.uploads.view import UploadsScreen
from tests.factories.head_office import compare, day_figures, flag, sales_of, stand_enrolled
from tests.ui.conftest import Desktop
from tests.ui.test_tariffs import GivenFiles
from tests.ui.test_uploads import DeadLine, line, sold

__all__ = ["line", "sold"]

KEY = Qt.Key


def open_books(desktop: Desktop, role: str = "A") -> BooksScreen:
    desktop.sign_in(role)
    desktop.window.go("books")
    desktop.settle()
    return cast(BooksScreen, desktop.screen)


@pytest.fixture
def red_day(till: Till, line: DeadLine) -> tuple[str, int]:
    """A day that head office has one sale less of, and that sale's money; the sale is flagged."""
    stand_enrolled(till)
    seq, day, money_minor = sales_of(till)[0]
    flag(till, {seq: ["unknown_kind"]})
    compare(till)
    figures: dict[str, Any] = day_figures(till, day)
    figures["pieces"]["sale_delivered"] -= 1
    figures["tenders_minor"]["cash"] -= money_minor
    compare(till, red={day: figures})
    return day, money_minor


def test_books_when_the_till_stands_alone_say_so(desktop: Desktop) -> None:
    screen = open_books(desktop)

    assert screen.presenter.state.books is not None and not screen.presenter.state.books.is_enrolled
    assert screen.pages.currentIndex() == 1
    assert not screen.side.again.isEnabled()


@pytest.mark.parametrize(("role", "has_it"), [("C", 0), ("S", 1), ("U", 1), ("F", 0)])
def test_books_when_a_role_may_not_verify_are_not_on_its_rail(
    desktop: Desktop, role: str, has_it: int
) -> None:
    desktop.sign_in(role)

    assert ("books" in {item.key for item in desktop.window.rail.items()}) == has_it


def test_books_when_equal_are_green_with_the_same_figures_on_both_sides(
    desktop: Desktop,
    till: Till,
    line: DeadLine,
) -> None:
    stand_enrolled(till)
    compare(till)
    screen = open_books(desktop)

    days = screen.model.rows
    assert days and all(day.colour is BookColour.GREEN and day.here == day.there for day in days)
    assert [day.day for day in days] == sorted((day.day for day in days), reverse=True)
    assert screen.side.light._state == "ok"
    assert not screen.differs.isVisible()


def test_books_when_entries_are_unsent_are_grey_and_count_all_of_the_till(
    desktop: Desktop,
    till: Till,
    line: DeadLine,
    sold: None,
) -> None:
    stand_enrolled(till, unsent=2)
    compare(till)
    screen = open_books(desktop)

    today = screen.model.rows[0]
    assert (today.colour, today.unsent) == (BookColour.GREY, 2)
    assert today.here.sales == 3 and today.here.money_minor == 15_000
    assert "2" in screen.side.sentence.text()


def test_books_when_a_day_differs_choose_it_and_name_the_sale(
    desktop: Desktop, till: Till, red_day: tuple[str, int]
) -> None:
    screen = open_books(desktop)

    day = screen.presenter.state.day
    assert day is not None and (day.day, day.colour) == (red_day[0], BookColour.RED)
    assert day.missing_sales == 1 and day.missing_minor == red_day[1]
    assert screen.side.fact.text().endswith("one sale is missing")
    questions = screen.presenter.state.questions
    assert questions is not None and [one.reasons for one in questions] == [("unknown_kind",)]
    assert screen.differs.text() == "Differs: 1"


def test_chain_when_checked_by_key_says_that_it_is_whole(
    desktop: Desktop, till: Till, red_day: tuple[str, int]
) -> None:
    screen = open_books(desktop)
    desktop.key(KEY.Key_F3)

    chain = screen.presenter.state.chain
    assert chain is not None and chain.is_good
    assert screen.side.chain._value.text() == "whole"
    assert desktop.window.notices[0] == "The chain of this till is whole."


def test_day_when_chosen_with_arrows_shows_that_day(
    desktop: Desktop, till: Till, red_day: tuple[str, int]
) -> None:
    screen = open_books(desktop)
    before = screen.presenter.state.chosen
    desktop.key(KEY.Key_Down)

    assert screen.presenter.state.chosen == before + 1
    day = screen.presenter.state.day
    assert day is not None and day.colour is BookColour.GREEN
    assert "equal" in screen.side.fact.text()


def test_compare_when_asked_for_talks_with_head_office(
    desktop: Desktop,
    till: Till,
    line: DeadLine,
    red_day: tuple[str, int],
) -> None:
    open_books(desktop)
    tried = line.tried
    desktop.key(KEY.Key_F5)

    assert line.tried > tried


def test_uploads_when_opened_by_key_is_the_place(
    desktop: Desktop, till: Till, red_day: tuple[str, int]
) -> None:
    open_books(desktop)
    desktop.key(KEY.Key_F8)

    assert isinstance(desktop.screen, UploadsScreen)


def test_period_when_longer_shows_more_days(desktop: Desktop, till: Till, red_day: tuple[str, int]) -> None:
    screen = open_books(desktop)
    first = len(screen.model.rows)
    screen.periods.picked.emit("92")
    desktop.settle()

    assert len(screen.model.rows) >= first
    assert screen.periods.key() == "92"


def test_books_when_printed_and_written_name_the_day(
    desktop: Desktop, till: Till, people: dict[str, Actor], red_day: tuple[str, int], tmp_path: Path
) -> None:
    paper, path = tmp_path / "paper", tmp_path / "books.pdf"
    till.settings.change(people["A"], PRINTER, value=f"file:{paper}", reason="test")
    till.reload_settings()
    screen = open_books(desktop)
    desktop.key(KEY.Key_F9)
    assert b"Books" in paper.read_bytes() and b"Differs" in paper.read_bytes()

    screen.files = GivenFiles(path)
    desktop.key(KEY.Key_F7)
    assert path.read_bytes().startswith(b"%PDF")


def test_books_when_there_is_no_printer_say_so(
    desktop: Desktop, till: Till, people: dict[str, Actor], red_day: tuple[str, int]
) -> None:
    till.settings.change(people["A"], PRINTER, value="", reason="test")
    till.reload_settings()
    open_books(desktop)
    desktop.key(KEY.Key_F9)

    assert "no printer" in desktop.window.notices[0]


def test_table_model_when_tested_by_qt_is_sound(
    desktop: Desktop, till: Till, red_day: tuple[str, int]
) -> None:
    screen = open_books(desktop)
    tester = QAbstractItemModelTester(screen.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    screen.model.show_rows([])
    del tester

    assert screen.model.rowCount() == 0
