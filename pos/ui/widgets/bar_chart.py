"""Bars: stacked or side by side, with a dashed line of comparison; the same values are in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos.ui.look import Look, Type

_LINES = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label and the values of its pieces, from the bottom; `compared` is a point of the line."""

    label: str
    values: tuple[float, ...]
    compared: float | None = None


class BarChart(QWidget):
    """Flat bars over four grid lines. `roles` are the colours of the pieces; the last label is bold."""

    def __init__(self, look: Look, roles: Sequence[str]) -> None:
        super().__init__()
        self._look = look
        self._roles = tuple(roles)
        self._bars: tuple[Bar, ...] = ()
        self._current = -1
        self.setMinimumHeight(look.metrics.fixed(120, 90))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_bars(self, bars: Sequence[Bar], *, summary: str, current: int = -1) -> None:
        """Show bars; `summary` says in words what they show, `current` is the one in bold."""
        self._bars = tuple(bars)
        self._current = current % len(self._bars) if self._bars else -1
        self.setAccessibleName(summary)
        self.update()

    def bars(self) -> tuple[Bar, ...]:
        """Return what is shown."""
        return self._bars

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the chart."""
        painter = QPainter(self)
        look = self._look
        painter.setFont(look.font(Type.SMALL))
        top = nice_top(max((max(sum(bar.values), bar.compared or 0) for bar in self._bars), default=0))
        left = max(look.text_width(Type.SMALL, look.wording.count(round(top))), 24) + 12
        low = self.height() - look.metrics.px(22)
        high = 8
        area = QRectF(left, high, self.width() - left - 8, low - high)
        self._grid(painter, area, top)
        if not self._bars:
            return
        step = area.width() / len(self._bars)
        width = max(3.0, min(40.0, step * 0.62))
        every = max(
            1,
            ceil(look.text_width(Type.SMALL, max((bar.label for bar in self._bars), key=len)) / max(step, 1)),
        )
        for n, bar in enumerate(self._bars):
            middle = area.left() + step * (n + 0.5)
            self._bar(painter, area, QRectF(middle - width / 2, 0, width, 0), bar, top)
            is_current = n == self._current
            if (len(self._bars) - 1 - n) % every == 0 or is_current:
                painter.setFont(look.font(Type.CAPTION if is_current else Type.SMALL))
                painter.setPen(look.colour("text" if is_current else "text2"))
                words = QRectF(middle - step * every, low + 2, step * 2 * every, self.height() - low - 2)
                painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter), bar.label)
        self._line(painter, area, step, top)

    def _grid(self, painter: QPainter, area: QRectF, top: float) -> None:
        look = self._look
        for n in range(_LINES + 1):
            y = round(area.bottom() - area.height() * n / _LINES) + 0.5
            painter.setPen(QPen(look.colour("strong" if n == 0 else "grid"), 2 if n == 0 else 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(look.colour("text2"))
            words = QRectF(0, y - 10, area.left() - 8, 20)
            text = look.wording.count(round(top * n / _LINES))
            painter.drawText(words, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), text)

    def _bar(self, painter: QPainter, area: QRectF, place: QRectF, bar: Bar, top: float) -> None:
        y = area.bottom()
        for n, value in enumerate(bar.values):
            high = area.height() * value / top
            if high <= 0:
                continue
            gap = 1 if n else 0
            rect = QRectF(
                round(place.left()), round(y - high), round(place.width()), max(1.0, round(high) - gap)
            )
            painter.fillRect(rect, self._look.colour(self._roles[n % len(self._roles)]))
            y -= high

    def _line(self, painter: QPainter, area: QRectF, step: float, top: float) -> None:
        points = [
            QPointF(area.left() + step * (n + 0.5), area.bottom() - area.height() * bar.compared / top)
            for n, bar in enumerate(self._bars)
            if bar.compared is not None
        ]
        if len(points) > 1:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._look.colour("s3"), 2, Qt.PenStyle.DashLine))
            painter.drawPolyline(QPolygonF(points))


def nice_top(value: float) -> float:
    """Return the end of an axis: a round number, four equal steps of which are round too."""
    if value <= 0:
        return float(_LINES)
    step = value / _LINES
    power = 10.0 ** int(log10(step) if step >= 1 else 0)
    for factor in (1, 2, 2.5, 5, 10):
        if factor * power >= step:
            return factor * power * _LINES
    return 10 * power * _LINES
