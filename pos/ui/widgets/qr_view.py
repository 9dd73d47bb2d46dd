"""A QR code on the screen, for phones that read it off the till."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from pos.ui.look import Look


class QrView(QWidget):
    """Black on white in any theme: phones want it so."""

    def __init__(self, look: Look, text: str, *, side: int = 0, name: str = "") -> None:
        super().__init__()
        self._look = look
        self._text = text
        side = side or look.metrics.px(96, 72)
        self.setFixedSize(side, side)
        self.setAccessibleName(name or look.say("QR code of the token"))

    def paintEvent(self, event: QPaintEvent) -> None:
        # Loaded when a code is wanted: most days nobody asks for one.
        from pos.printing.qr import qr_modules

        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.white)
        modules = qr_modules(self._text)
        step = self.width() // (len(modules) + 4)
        edge = (self.width() - step * len(modules)) // 2
        for y, row in enumerate(modules):
            for x, is_dark in enumerate(row):
                if is_dark:
                    painter.fillRect(edge + x * step, edge + y * step, step, step, Qt.GlobalColor.black)
