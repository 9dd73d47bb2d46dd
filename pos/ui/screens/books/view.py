"""The Books screen: the days at the left, what differs at the right."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QStackedWidget, QWidget

from pos.domain.day_figures import BookColour
from pos.services.books_rows import BookDay
from pos.ui.context import Context
from pos.ui.files import Files, SystemFiles
from pos.ui.keymap import Act
from pos.ui.look import Look
from pos.ui.screen import Screen
from pos.ui.screens.books.presenter import PERIODS, BooksPresenter, BooksState
from pos.ui.screens.books.side import BooksSide
from pos.ui.screens.books.table import BooksTable, book_columns
from pos.ui.table_models.paged import RowsModel
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.card import Card
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.empty import EmptyPanel
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.headed import ScreenHead, lay_headed


def make_screen(context: Context, look: Look) -> Screen:
    """Make the screen."""
    return BooksScreen(context, look)


class BooksScreen(Screen):
    """Every day, both sides must say the same."""

    def __init__(self, context: Context, look: Look) -> None:
        super().__init__(look)
        self.files: Files = SystemFiles(self)
        self.presenter = BooksPresenter(context, show=self.show_state)
        say = look.say
        about = say("Every day, both sides must say the same: count, sum and seal.")
        head = ScreenHead(look, say("Books"), about)
        self.equal, self.differs = Badge(look, "", "ok"), Badge(look, "", "bad")
        for badge in (self.equal, self.differs):
            badge.hide()
            head.add(badge)
        names = [(key, say("Last {n} days", n=days)) for key, days in PERIODS.items()]
        self.periods = Choice(look, names, chosen="7", name=say("Days shown"))
        self.periods.setMinimumWidth(look.metrics.px(140))
        self.periods.picked.connect(self.presenter.choose_period)
        head.add(self.periods)
        self.side = BooksSide(look, self.presenter)
        lay_headed(self, look, head, self._make_table(), self.side, main_height=look.metrics.px(420))
        self.show_state(self.presenter.state)

    def _make_table(self) -> QWidget:
        look, say = self.look, self.look.say
        self.model: RowsModel[BookDay] = RowsModel(book_columns(look), self)
        self.table = BooksTable(look)
        self.table.setModel(self.model)
        self.table.moved.connect(self._on_moved)
        card = Card(padding=1)
        card.body.addWidget(self.table.sides)
        card.body.addWidget(self.table, 1)
        self.nothing = EmptyPanel(look, "book", say("No day in this period."), "")
        empty = Card()
        empty.body.addWidget(self.nothing)
        self.pages = QStackedWidget()
        self.pages.addWidget(card)
        self.pages.addWidget(empty)
        return self.pages

    def show_state(self, state: BooksState) -> None:
        """Show the days, the counts and the chosen day."""
        say, wording, books = self.look.say, self.look.wording, state.books
        self.periods.choose(state.period)
        if books is not None:
            if tuple(self.model.rows) != books.days:
                self.model.show_rows(books.days)
                self.bar_changed.emit()
            if books.days and self.table.currentIndex().row() != state.chosen:
                self.table.choose(state.chosen)
            equal, red = books.count(BookColour.GREEN), books.count(BookColour.RED)
            self.equal.show_state(say("Equal: {n}", n=wording.count(equal)), "ok")
            self.differs.show_state(say("Differs: {n}", n=wording.count(red)), "bad")
            self.equal.setVisible(books.is_enrolled)
            self.differs.setVisible(red > 0)
            if not books.days and self.table.hasFocus():
                # Nothing is there to go through; before the page turns, for its focus would go anywhere.
                self.side.uploads.setFocus()
            self.pages.setCurrentIndex(0 if books.days else 1)
            if not books.is_enrolled:
                self.nothing.say(
                    say("This till stands alone."),
                    say("Books are compared once it is enrolled at a head office."),
                )
            else:
                self.nothing.say(say("No day in this period."), say("Choose a longer one."))
        self.side.show_state(state)

    # -- acts ---------------------------------------------------------------------------------------------

    def bar(self) -> Mapping[Act, BarItem]:
        """Return what the F-keys do."""
        say, books = self.look.say, self.presenter.state.books
        has_days = books is not None and bool(books.days)
        return {
            Act.FIND: BarItem(say("Find")),
            Act.TRIAL: BarItem(say("Check chain")),
            Act.PLACE_5: BarItem(say("Compare"), is_on=books is not None and books.is_enrolled),
            Act.PLACE_7: BarItem(say("Report"), is_on=has_days),
            Act.MAIN: BarItem(say("Uploads"), is_main=True),
            Act.REPRINT: BarItem(say("Print"), is_on=has_days),
        }

    def act(self, act: Act) -> bool:
        """Do an act."""
        acts = {
            Act.FIND: self.periods.setFocus,
            Act.TRIAL: self.presenter.check,
            Act.PLACE_5: self.presenter.compare,
            Act.REFRESH: self.presenter.compare,
            Act.PLACE_7: self._write_pdf,
            Act.EXPORT: self._write_pdf,
            Act.MAIN: self.presenter.open_uploads,
            Act.REPRINT: self.presenter.print_out,
        }
        if act not in acts:
            return False
        acts[act]()
        return True

    def escape(self) -> bool:
        """Go back to the list of days."""
        if self.table.hasFocus() or not self.model.rows:
            return False
        self.table.setFocus()
        return True

    def step(self, by: int) -> bool:
        """Choose another day."""
        self.table.step(by)
        return True

    def opened(self) -> None:
        """Read the days."""
        self.presenter.open()
        self.table.setFocus()

    def left(self) -> None:
        """Follow no longer."""
        self.presenter.close()

    def where(self) -> Mapping[str, object]:
        """Return the period, for the screen that replaces this one."""
        return {"period": self.presenter.state.period}

    def show_where(self, where: Mapping[str, object]) -> None:
        """Show a period."""
        self.presenter.choose_period(str(where.get("period", "")))

    def _on_moved(self, row: object) -> None:
        if isinstance(row, BookDay):
            self.presenter.choose(row)

    def _write_pdf(self) -> None:
        books = self.presenter.state.books
        if books is None or not books.days:
            return
        path = self.files.to_write(
            self.look.say("Books as PDF"), f"books-{books.days[0].day}.pdf", "PDF (*.pdf)"
        )
        if path is not None:
            self.presenter.write_pdf(path)
