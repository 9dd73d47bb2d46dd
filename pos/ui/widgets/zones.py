"""The two zones of an office screen: side by side, or under each other where the text is large."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from pos.ui.look import Look


def lay_zones(host: QWidget, look: Look, main: QWidget, side: QWidget, *, main_height: int) -> None:
    """Put the main zone beside the side zone, which scrolls by itself.

    From 150 % on both stand in one column that scrolls as a whole; the main zone is then `main_height` high.
    """
    metrics = look.metrics
    side.setProperty("klGround", "bg")
    outer = QHBoxLayout(host)
    if not metrics.is_single_column:
        outer.setContentsMargins(metrics.margin, metrics.margin, metrics.margin, metrics.margin)
        outer.setSpacing(metrics.margin)
        outer.addWidget(main, 1)
        scroll = scrolling(side)
        scroll.setFixedWidth(metrics.side)
        outer.addWidget(scroll)
        return
    outer.setContentsMargins(0, 0, 0, 0)
    holder = QWidget()
    holder.setProperty("klGround", "bg")
    column = QVBoxLayout(holder)
    column.setContentsMargins(metrics.margin, metrics.margin, metrics.margin, metrics.margin)
    column.setSpacing(metrics.margin)
    main.setMinimumHeight(main_height)
    column.addWidget(main)
    column.addWidget(side)
    outer.addWidget(scrolling(holder))


def side_column(look: Look, *cards: QWidget, stretches: bool = False) -> QWidget:
    """Return the side zone: cards under each other."""
    side = QWidget()
    side.setProperty("klGround", "bg")
    column = QVBoxLayout(side)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(look.metrics.gap)
    for n, card in enumerate(cards):
        column.addWidget(card, 1 if stretches and n == len(cards) - 1 else 0)
    if not stretches:
        column.addStretch(1)
    return side


def scrolling(inside: QWidget) -> QScrollArea:
    """Return an area that scrolls up and down, never sideways, and takes no focus of its own."""
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(inside)
    return scroll
