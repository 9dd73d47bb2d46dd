"""The cap of a key: drawn on buttons and in the bar, or standing alone beside a text."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos.ui.look import Look, Type

_SIDE = 5.0
_RADIUS = 4.0


def cap_size(look: Look, text: str) -> QSize:
    """Return how large the cap of a key is."""
    width = QFontMetrics(look.font(Type.CAP)).horizontalAdvance(text)
    return QSize(max(round(width + 2 * _SIDE + 2), look.metrics.px(20)), look.metrics.px(20, 18))


def draw_cap(
    painter: QPainter, look: Look, rect: QRectF, text: str, *, ground: str = "", colour: str = "text2"
) -> None:
    """Draw a cap; on a filled button `ground` is its fill and it has no border."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    inside = rect.adjusted(0.5, 0.5, -0.5, -0.5)
    if ground:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour(ground))
        painter.drawRoundedRect(rect, _RADIUS, _RADIUS)
    else:
        edge = look.colour("strong" if colour != "distext" else "distext")
        painter.setPen(QPen(edge, 1))
        painter.setBrush(look.colour("surface") if colour != "distext" else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(inside, _RADIUS, _RADIUS)
        painter.setPen(QPen(edge, 1))
        painter.drawLine(
            round(rect.left() + _RADIUS),
            round(rect.bottom() - 2),
            round(rect.right() - _RADIUS),
            round(rect.bottom() - 2),
        )
    painter.setPen(look.colour(colour))
    painter.setFont(look.font(Type.CAP))
    painter.drawText(inside.adjusted(0, -1, 0, 0), int(Qt.AlignmentFlag.AlignCenter), text)
    painter.restore()


class KeyCap(QWidget):
    """A cap beside a text."""

    def __init__(self, look: Look, text: str) -> None:
        super().__init__()
        self._look = look
        self._text = text
        self.setFixedSize(cap_size(look, text))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cap."""
        draw_cap(QPainter(self), self._look, QRectF(self.rect()), self._text, colour="text")
