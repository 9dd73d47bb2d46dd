"""A token in groups of four, as large as its line allows and never under what a customer can read."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos.ui.look import Look, Type

_GROUP_GAP_EM = 0.52


def groups_of(digits: str) -> list[str]:
    """Split a token into groups of four."""
    return [digits[n : n + 4] for n in range(0, len(digits), 4)]


_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class TokenLabel(QWidget):
    """Paints 20 digits. It steps down in size only where its width forces it."""

    def __init__(self, look: Look, digits: str = "", kind: Type = Type.TOKEN) -> None:
        super().__init__()
        self._look = look
        self._digits = digits
        self._kind = kind
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(round(look.font(kind).pixelSize() * 1.2))
        self._name()

    def show_token(self, digits: str) -> None:
        """Show another token."""
        if digits != self._digits:
            self._digits = digits
            self._name()
            self.updateGeometry()
            self.update()

    def digits(self) -> str:
        """Return the token."""
        return self._digits

    def _name(self) -> None:
        say = self._look.say
        groups = (" ".join(say(_WORDS[int(digit)]) for digit in group) for group in groups_of(self._digits))
        self.setAccessibleName(", ".join(groups))

    def _width(self, font: QFont) -> float:
        metrics = QFontMetricsF(font)
        groups = groups_of(self._digits)
        return sum(
            metrics.horizontalAdvance(group) for group in groups
        ) + font.pixelSize() * _GROUP_GAP_EM * (max(0, len(groups) - 1))

    def sizeHint(self) -> QSize:
        """Room for the whole token."""
        return QSize(round(self._width(self._look.font(self._kind))) + 2, self.height())

    def minimumSizeHint(self) -> QSize:
        """It can step down."""
        return QSize(120, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the groups."""
        painter = QPainter(self)
        font = QFont(self._look.font(self._kind))
        while self._width(font) > self.width() and font.pixelSize() > 14:
            font.setPixelSize(font.pixelSize() - 1)
        painter.setFont(font)
        painter.setPen(self._look.colour("text"))
        metrics = QFontMetricsF(font)
        x = 0.0
        for group in groups_of(self._digits):
            wide = metrics.horizontalAdvance(group)
            painter.drawText(
                QRectF(x, 0, wide + 4, self.height()),
                int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter),
                group,
            )
            x += wide + font.pixelSize() * _GROUP_GAP_EM
