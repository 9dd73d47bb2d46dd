"""An icon that stands alone."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from pos.ui.icons import draw_icon
from pos.ui.look import Look


class IconLabel(QWidget):
    """An icon in the colour of a role."""

    def __init__(
        self, look: Look, name: str, size: int = 20, tone: str = "text2", *, ground: str = "surface"
    ) -> None:
        super().__init__()
        self._look = look
        self._name = name
        self._tone = tone
        self._ground = ground
        pixels = look.metrics.px(size)
        self.setFixedSize(pixels, pixels)

    def show_icon(self, name: str, tone: str) -> None:
        """Show another icon."""
        self._name, self._tone = name, tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        draw_icon(
            QPainter(self),
            self._look.icons,
            self._name,
            QRectF(self.rect()),
            self._look.hex(self._tone),
            self._look.hex(self._ground),
        )
