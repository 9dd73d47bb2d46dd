"""A refusal as a cashier reads it: what happened, money, token, what to say, the next act, the code."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from pos.ui.look import Look, Type
from pos.ui.widgets.card import Band, Card
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the panel says. `kind`: warn, info, bad (a Stop). `rows` are name and sentence."""

    kind: str
    title: str
    text: str
    rows: tuple[tuple[str, str], ...]
    code: str
    main: str = ""
    other: str = ""


_ICONS = {"bad": "stop", "warn": "light-warn", "info": "hourglass", "sup": "shield"}


class RefusalPanel(Card):
    """Fills the zone of the act that was refused. `main_pressed` and `other_pressed` are its buttons."""

    main_pressed = Signal()
    other_pressed = Signal()

    def __init__(self, look: Look, refusal: Refusal) -> None:
        super().__init__()
        self.refusal = refusal
        self.body.addWidget(Band(look, refusal.kind, _ICONS[refusal.kind], refusal.title, refusal.text))
        inside = QVBoxLayout()
        inside.setContentsMargins(20, 16, 20, 16)
        inside.setSpacing(8)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, look.metrics.px(108, 90))
        grid.setColumnStretch(1, 1)
        for n, (name, text) in enumerate(refusal.rows):
            grid.addWidget(label(look, name, Type.BODY, tone="text2"), n, 0)
            grid.addWidget(label(look, text, Type.BODY, wraps=True), n, 1)
        inside.addLayout(grid)
        inside.addStretch(1)
        acts = QHBoxLayout()
        acts.setSpacing(8)
        self.main = KeyButton(
            look, refusal.main, cap=look.say("Enter"), kind="bad" if refusal.kind == "bad" else "accent"
        )
        self.other = KeyButton(look, refusal.other, cap="Esc")
        for button, caption in ((self.main, refusal.main), (self.other, refusal.other)):
            if not caption:
                button.hide()
        acts.addWidget(self.main)
        acts.addWidget(self.other)
        acts.addStretch(1)
        acts.addWidget(label(look, refusal.code, Type.MONO, tone="text2"))
        inside.addLayout(acts)
        holder = QWidget()
        holder.setLayout(inside)
        self.body.addWidget(holder, 1)
        self.main.clicked.connect(self.main_pressed)
        self.other.clicked.connect(self.other_pressed)
        self.setAccessibleName(" ".join((refusal.title, refusal.text, *(text for _, text in refusal.rows))))
