"""The blocks of a tariff as one bar: how far the month is, in segments with 2 px between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos.ui.look import Look

_GAP = 2.0


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the bar: how many units, in which colour role."""

    units_milli: int
    role: str


class BlockBar(QWidget):
    """Draws segments and what is left of the bar in sunken."""

    def __init__(self, look: Look, *, width: int | None = None, height: int = 10) -> None:
        super().__init__()
        self._look = look
        self._segments: tuple[Segment, ...] = ()
        self._whole = 1
        self.setFixedHeight(height)
        if width is None:
            self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        else:
            self.setFixedWidth(width)

    def show_segments(self, segments: Sequence[Segment], whole_milli: int, *, summary: str = "") -> None:
        """Show the segments of a bar that is `whole_milli` long."""
        self._segments = tuple(segments)
        self._whole = max(1, whole_milli)
        self.setAccessibleName(summary)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour("sunken"))
        painter.drawRect(self.rect())
        x, width = 0.0, float(self.width())
        for segment in self._segments:
            wide = width * segment.units_milli / self._whole
            if wide <= 0:
                continue
            painter.setBrush(self._look.colour(segment.role))
            painter.drawRect(QRectF(round(x), 0, max(1.0, round(wide) - _GAP), self.height()))
            x += wide
