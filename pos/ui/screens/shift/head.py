"""What stands above every page of the Shift place: its title, what it is about, the steps of a close."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

from pos.ui.look import Look, Type
from pos.ui.screens.shift.steps import Steps
from pos.ui.widgets.text import ElidedLabel, FittedLabel, label

_TEXT_MAX = 24
"""Up to here a text grows in full; a display size only as far as its line allows."""


class PageHead(QWidget):
    """Title and a line under it at the left; steps at the right where there are some."""

    def __init__(self, look: Look, *, step: int | None = None) -> None:
        super().__init__()
        self._look = look
        self.setFixedHeight(look.metrics.px(48, 42))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.title = ElidedLabel(look, "", Type.HEADING)
        self.text = ElidedLabel(look, "", Type.BODY, tone="text2")
        words.addWidget(self.title)
        words.addWidget(self.text)
        row.addLayout(words, 1)
        # Large letters leave no room for them; the title says where one is.
        if step is not None and not look.metrics.is_single_column:
            say = look.say
            steps = Steps(look, (say("Count the drawer"), say("Compare"), say("Report and banking")), step)
            row.addWidget(steps, 0, Qt.AlignmentFlag.AlignVCenter)

    def say(self, title: str, text: str) -> None:
        """Say what the page is about."""
        self.title.setText(title)
        self.text.setText(text)


class QuietScrollArea(QScrollArea):
    """Scrolls by wheel and to what has the focus; the arrows go on to the screen."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the keys alone: in a count Up and Down are lines."""
        event.ignore()


def scrolled(content: QLayout) -> QScrollArea:
    """Return a zone that scrolls where a currency or the letters need more room than there is."""
    holder = QWidget()
    holder.setProperty("klGround", "bg")
    holder.setLayout(content)
    area = QuietScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(holder)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


class Zones:
    """A page under its head: a zone that grows and one of a fixed width, or one column for large letters."""

    def __init__(self, look: Look, page: QWidget, *, side_width: int, step: int | None = None) -> None:
        metrics = look.metrics
        column = QVBoxLayout(page)
        column.setContentsMargins(metrics.margin, metrics.margin, metrics.margin, metrics.margin)
        column.setSpacing(metrics.fixed(10, 6))
        self.head = PageHead(look, step=step)
        column.addWidget(self.head)
        self.area: QScrollArea | None = None
        self._side_width = side_width
        self._row: QHBoxLayout | QVBoxLayout
        if metrics.is_single_column:
            self._row = QVBoxLayout()
            self._row.setContentsMargins(0, 0, 0, 0)
            self._row.setSpacing(metrics.gap)
            self.area = scrolled(self._row)
            column.addWidget(self.area, 1)
        else:
            self._row = QHBoxLayout()
            self._row.setSpacing(metrics.margin)
            column.addLayout(self._row, 1)

    def add(self, zone: QWidget | QLayout, stretch: int = 1) -> None:
        """Add a zone that grows."""
        if isinstance(zone, QWidget):
            self._row.addWidget(zone, stretch)
        else:
            self._row.addLayout(zone, stretch)

    def add_side(self, side: QWidget) -> None:
        """Add the zone at the right."""
        if self.area is None:
            side.setFixedWidth(self._side_width)
        self._row.addWidget(side)

    def reveal(self, widget: QWidget) -> None:
        """Scroll to a widget where the page is one column."""
        if self.area is not None:
            self.area.ensureWidgetVisible(widget)


def sized(look: Look, kind: Type, normal: int, compact: int, *, weight: int = 600) -> QFont:
    """Return the font of a kind in a size of this place alone."""
    font = QFont(look.font(kind))
    is_display = normal > _TEXT_MAX
    pixels = look.metrics.display(normal, compact) if is_display else look.metrics.px(normal, compact)
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight(weight))
    return font


def figure(look: Look, caption: str, kind: Type = Type.OWNER) -> tuple[QVBoxLayout, FittedLabel]:
    """Return a caption over a number, and the label of the number."""
    column = QVBoxLayout()
    column.setSpacing(0)
    column.addWidget(label(look, caption, Type.SUPPORT, tone="text2"))
    number = FittedLabel(look.font(kind))
    column.addWidget(number)
    return column, number
