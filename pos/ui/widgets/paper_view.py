"""A paper as it will look: the lines of the printer in the mono face on white."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos.ui.look import Look, Type

_MARGIN = 14


class PaperView(QWidget):
    """Draws plain lines; the letters step down until the widest line fits."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._lines: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def show_text(self, text: str) -> None:
        """Show the lines of a paper."""
        self._lines = tuple(text.rstrip("\n").split("\n"))
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def _font(self) -> QFont:
        font = QFont(self._look.font(Type.MONO))
        widest = max((len(line) for line in self._lines), default=1)
        while (
            font.pixelSize() > 8
            and QFontMetricsF(font).horizontalAdvance("0") * widest > self.width() - 2 * _MARGIN
        ):
            font.setPixelSize(font.pixelSize() - 1)
        return font

    def sizeHint(self) -> QSize:
        """As high as the paper is long."""
        return QSize(200, round(QFontMetricsF(self._font()).lineSpacing() * len(self._lines)) + 2 * _MARGIN)

    def minimumSizeHint(self) -> QSize:
        """As `sizeHint`."""
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the paper."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.colour("paper"))
        font = self._font()
        painter.setFont(font)
        painter.setPen(self._look.colour("ink"))
        high = QFontMetricsF(font).lineSpacing()
        for n, line in enumerate(self._lines):
            rect = QRectF(_MARGIN, _MARGIN + n * high, self.width() - 2 * _MARGIN, high)
            painter.drawText(rect, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), line)
