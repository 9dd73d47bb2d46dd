"""A paper on sunken ground that scrolls where it is longer than its zone."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from pos.ui.look import Look
from pos.ui.screens.shift.head import QuietScrollArea
from pos.ui.widgets.paper_view import PaperView

_STEP = 40


class PaperZone(QuietScrollArea):
    """Shows the lines of a paper; Up, Down and the page keys move it."""

    def __init__(self, look: Look, *, width: int, ground: str = "sunken") -> None:
        super().__init__()
        self.paper = PaperView(look)
        self.paper.setFixedWidth(width)
        holder = QWidget()
        holder.setProperty("klGround", ground)
        row = QHBoxLayout(holder)
        row.setContentsMargins(8, 14, 8, 14)
        row.addStretch(1)
        row.addWidget(self.paper, 0, Qt.AlignmentFlag.AlignTop)
        row.addStretch(1)
        if look.metrics.is_single_column:
            self.setMinimumHeight(look.metrics.px(220))
        self.setWidget(holder)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setProperty("klGround", ground)

    def show_text(self, text: str) -> None:
        """Show the lines of a paper; an empty text shows none."""
        self.paper.setVisible(bool(text))
        if text != self.paper.accessibleName():
            self.paper.show_text(text)
            self.verticalScrollBar().setValue(0)

    def move_paper(self, by: int) -> None:
        """Move the paper by some steps."""
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + by * _STEP)
