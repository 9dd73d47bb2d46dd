"""The table of the two books: a head over each side, and a line between them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from pos.domain.day_figures import BookColour
from pos.services.books_rows import BookDay
from pos.ui.look import Look, Type
from pos.ui.screens.books.words import TONES, day_words, seal_words, state_words
from pos.ui.table_models.columns import Column, Paint
from pos.ui.widgets.table import Table

HERE, THERE = 2, 5
"""The first columns of both sides."""


def book_columns(look: Look) -> list[Column[BookDay]]:
    """Return the columns: day and till, this till, head office, state."""
    say, wording = look.say, look.wording

    def ink(part: str) -> Callable[[BookDay], str]:
        """Make the colour of one of head office's figures: red where it is not the till's."""

        def tone(day: BookDay) -> str:
            is_other = day.there is not None and getattr(day.there, part) != getattr(day.here, part)
            return "badtext" if day.colour is BookColour.RED and is_other else ""

        return tone

    def there(day: BookDay, part: str) -> str:
        # Figures of a day that is not compared yet are old ones.
        if day.there is None or day.colour is BookColour.GREY:
            return ""
        if part == "sales":
            return wording.count(day.there.sales)
        return wording.amount(day.there.money_minor) if part == "money" else seal_words(day.there.seal)

    first: Column[BookDay] = Column(
        say("Day"), 112, lambda day: day_words(day.day, wording), Paint.STRONG, fits=True
    )
    here: list[Column[BookDay]] = [
        Column(say("Sales"), 66, lambda day: wording.count(day.here.sales), Paint.NUMBER),
        Column(wording.currency, 92, lambda day: wording.amount(day.here.money_minor), Paint.MONEY),
    ]
    state: Column[BookDay] = Column(
        say("State"),
        0,
        lambda day: state_words(day, wording, names_till=not look.metrics.is_compact),
        Paint.BADGE,
        tone=lambda day: TONES[day.colour],
    )
    if look.metrics.is_single_column:
        # Head office's side is in the card of the chosen day.
        return [first, *here, state]
    return [
        first,
        Column(say("Till"), 52, lambda day: day.till_code),
        *here,
        Column(say("Seal"), 112, lambda day: seal_words(day.here.seal), Paint.MONO, is_wide=True),
        Column(say("Sales"), 66, lambda day: there(day, "sales"), Paint.NUMBER, tone=ink("sales")),
        Column(wording.currency, 92, lambda day: there(day, "money"), Paint.MONEY, tone=ink("money_minor")),
        Column(say("Seal"), 112, lambda day: there(day, "seal"), Paint.MONO, tone=ink("seal"), is_wide=True),
        state,
    ]


class BooksTable(Table):
    """Draws the line between the sides."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, name=look.say("Books"), row_height=look.metrics.px(42, 34))
        self._has_sides = not look.metrics.is_single_column
        self.sides = SidesHead(look, self)
        if not self._has_sides:
            # Shown before it stands in its card it would be a window of its own and take the focus.
            self.sides.hide()

    def edges(self) -> tuple[int, int]:
        """Return where the two sides begin, in pixels."""
        return tuple(self.columnViewportPosition(one) for one in (HERE, THERE))  # type: ignore[return-value]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, then the lines over them."""
        super().paintEvent(event)
        if not self._has_sides:
            return
        painter = QPainter(self.viewport())
        painter.setPen(QPen(self._look.colour("line"), 1))
        last = (
            self.rowViewportPosition(self.model().rowCount() - 1) + self.verticalHeader().defaultSectionSize()
        )
        for x in self.edges():
            painter.drawLine(x, 0, x, last)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the head over the columns follow them."""
        super().resizeEvent(event)
        self.sides.update()


class SidesHead(QWidget):
    """Names the two sides over their columns."""

    def __init__(self, look: Look, table: BooksTable) -> None:
        super().__init__()
        self._look = look
        self._table = table
        self.setFixedHeight(look.metrics.px(32, 28))
        self.setAccessibleName(f"{look.say('This till')}, {look.say('Head office')}")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw both names and the lines before them."""
        look, painter = self._look, QPainter(self)
        painter.fillRect(self.rect(), look.colour("sunken"))
        here, there = self._table.edges()
        painter.setPen(QPen(look.colour("line"), 1))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        for x in (here, there):
            painter.drawLine(x, 0, x, self.height())
        painter.setFont(look.font(Type.CAPTION))
        painter.setPen(look.colour("text2"))
        side = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for x, end, name in (
            (here, there, look.say("This till")),
            (there, self.width(), look.say("Head office")),
        ):
            room = end - x - 24
            text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(x + 12, 0, room, self.height()), side, text)
