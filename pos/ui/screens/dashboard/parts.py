"""Small parts of the dashboard: a card with one figure, and a legend of the chart."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QWidget

from pos.i18n.wording import NO_BREAK
from pos.ui.look import Look, Type
from pos.ui.widgets.card import Card
from pos.ui.widgets.text import label


class FigureCard(Card):
    """One number with its name above and what explains it below."""

    def __init__(self, look: Look) -> None:
        margin = look.metrics.fixed(16, 12)
        super().__init__(
            padding=(margin, look.metrics.fixed(12, 8), margin, look.metrics.fixed(12, 8)), gap=2
        )
        self._name = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        self.value = label(look, "", Type.TITLE)
        self._below = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        for one in (self._name, self.value, self._below):
            self.body.addWidget(one)

    def say(self, name: str, value: str, below: str) -> None:
        """Show another number."""
        self._name.setText(name)
        self.value.setText(value)
        self._below.setText(below or NO_BREAK)
        self.setAccessibleName(f"{name}: {value}. {below}")


class Legend(QWidget):
    """A square or a dashed line before a word."""

    def __init__(self, look: Look, *, is_dashed: bool) -> None:
        super().__init__()
        self._look = look
        self._is_dashed = is_dashed
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 0, 8, 0)
        self._label = label(look, "", Type.SUPPORT, tone="text2")
        row.addWidget(self._label)

    def say(self, text: str) -> None:
        """Show another word."""
        self._label.setText(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the mark."""
        painter = QPainter(self)
        middle = self.height() / 2
        if self._is_dashed:
            painter.setPen(QPen(self._look.colour("s3"), 2, Qt.PenStyle.DashLine))
            painter.drawLine(2, round(middle), 20, round(middle))
        else:
            painter.fillRect(QRectF(8, middle - 5, 10, 10), self._look.colour("s1"))
