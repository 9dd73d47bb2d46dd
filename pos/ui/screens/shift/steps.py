"""The steps of a close: done, now, still to come."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos.ui.icons import draw_icon
from pos.ui.look import Look, Type

_DISC = 20
_GAP = 8
_LINE = 28
_BESIDE = 12


class Steps(QWidget):
    """Numbered discs with their words and a line between them."""

    def __init__(self, look: Look, words: Sequence[str], now: int) -> None:
        super().__init__()
        self._look = look
        self._words = tuple(words)
        self._now = now
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{now + 1}/{len(self._words)}: {self._words[now]}")

    def _kind(self, n: int) -> Type:
        return Type.NAME if n == self._now else Type.BODY

    def sizeHint(self) -> QSize:
        """Room for all words on one line."""
        look, between = self._look, (len(self._words) - 1) * (_LINE + 2 * _BESIDE)
        words = sum(look.text_width(self._kind(n), word) for n, word in enumerate(self._words))
        discs = len(self._words) * (look.metrics.px(_DISC) + _GAP)
        return QSize(words + discs + between, look.metrics.px(24))

    def minimumSizeHint(self) -> QSize:
        """As `sizeHint`."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the steps."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, x = self._look, 0.0
        middle = self.height() / 2
        for n, word in enumerate(self._words):
            if n:
                painter.setPen(QPen(look.colour("strong"), 1))
                y = round(middle)
                painter.drawLine(round(x + _BESIDE), y, round(x + _BESIDE + _LINE), y)
                x += _LINE + 2 * _BESIDE
            x = self._draw_step(painter, n, word, x)

    def _draw_step(self, painter: QPainter, n: int, word: str, x: float) -> float:
        look = self._look
        side = look.metrics.px(_DISC)
        disc = QRectF(round(x), round((self.height() - side) / 2), side, side)
        ink = "text2"
        if n < self._now:
            draw_icon(painter, look.icons, "light-ok", disc, look.hex("ok"), look.hex("bg"))
        elif n == self._now:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("accent"))
            painter.drawEllipse(disc)
            ink = "onaccent"
        else:
            painter.setPen(QPen(look.colour("strong"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(disc.adjusted(0.5, 0.5, -0.5, -0.5))
        if n >= self._now:
            painter.setFont(look.font(Type.CAPTION))
            painter.setPen(look.colour(ink))
            painter.drawText(disc, int(Qt.AlignmentFlag.AlignCenter), str(n + 1))
        kind = self._kind(n)
        width = look.text_width(kind, word)
        painter.setFont(look.font(kind))
        painter.setPen(look.colour("text" if n == self._now else "text2"))
        place = QRectF(disc.right() + _GAP, 0, width, self.height())
        beyond = place.adjusted(0, 0, 2, 0)
        painter.drawText(beyond, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), word)
        return place.right()
