"""A screen with a head over its two zones: title, what it is for, controls at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from pos.ui.look import Look, Type
from pos.ui.widgets.flow import FlowRow
from pos.ui.widgets.text import label
from pos.ui.widgets.zones import scrolling

SIDE_WIDTH = 372


class ScreenHead(QWidget):
    """Title and sentence at the left; what is added stands at the right, or below where the text is large."""

    def __init__(self, look: Look, title: str, about: str) -> None:
        super().__init__()
        self._flow: FlowRow | None = None
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(look, title, Type.TITLE))
        words.addWidget(label(look, about, Type.BODY, tone="text2", wraps=True))
        if look.metrics.is_single_column:
            column = QVBoxLayout(self)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(look.metrics.gap)
            column.addLayout(words)
            self._flow = FlowRow(gap=8)
            column.addWidget(self._flow)
            return
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addLayout(words, 1)

    def add(self, widget: QWidget) -> None:
        """Add a control at the right."""
        if self._flow is not None:
            self._flow.addWidget(widget)
        else:
            self._row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)


def lay_headed(
    host: QWidget, look: Look, head: QWidget, main: QWidget, side: QWidget | None = None, *, main_height: int
) -> None:
    """Put a head over the main zone and the side zone, which scrolls by itself.

    From 150 % on all three stand in one column that scrolls as a whole; the main zone is then at least
    `main_height` high.
    """
    metrics = look.metrics
    margin = metrics.margin
    outer = QVBoxLayout(host)
    if side is not None:
        side.setProperty("klGround", "bg")
    if not metrics.is_single_column:
        outer.setContentsMargins(margin, margin, margin, margin)
        outer.setSpacing(metrics.fixed(12, 8))
        outer.addWidget(head)
        row = QHBoxLayout()
        row.setSpacing(margin)
        row.addWidget(main, 1)
        if side is not None:
            scroll = scrolling(side)
            scroll.setFixedWidth(metrics.fixed(SIDE_WIDTH, metrics.side))
            row.addWidget(scroll)
        outer.addLayout(row, 1)
        return
    outer.setContentsMargins(0, 0, 0, 0)
    holder = QWidget()
    holder.setProperty("klGround", "bg")
    column = QVBoxLayout(holder)
    column.setContentsMargins(margin, margin, margin, margin)
    column.setSpacing(margin)
    main.setMinimumHeight(main_height)
    for part in (head, main, side):
        if part is not None:
            column.addWidget(part)
    outer.addWidget(scrolling(holder))
