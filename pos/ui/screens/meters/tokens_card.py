"""Tokens that were just made, as large as the line allows, with the state of their paper."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.meters.detail_state import MadeTokens
from pos.ui.widgets.badge import Light
from pos.ui.widgets.card import Card, CardHead
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule
from pos.ui.widgets.token_label import TokenLabel


class TokensCard(Card):
    """`print_pressed` asks for the paper (again); `closed` puts the tokens away."""

    print_pressed = Signal()
    closed = Signal()

    def __init__(self, look: Look, tokens: MadeTokens, *, may_print: bool) -> None:
        super().__init__(kind="ok")
        self._look = look
        self.shown = tokens
        say, metrics = look.say, look.metrics
        head = CardHead(look, tokens.title, count=tokens.text)
        head.row.insertWidget(0, IconLabel(look, "light-ok", 16, "ok"))
        self.body.addWidget(head)
        self.body.addWidget(rule())
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(metrics.fixed(24, 14), metrics.fixed(16, 8), metrics.fixed(24, 14), 12)
        column.setSpacing(metrics.fixed(8, 4))
        kind = Type.TOKEN if len(tokens.parts) == 1 else Type.TOKEN_3
        self.tokens = [TokenLabel(look, digits, kind) for _, digits in tokens.parts]
        holder = QWidget()
        holder.setProperty("klGround", "surface")
        parts = QVBoxLayout(holder)
        parts.setContentsMargins(0, 0, 0, 0)
        parts.setSpacing(metrics.fixed(8, 4))
        parts.addStretch(1)
        for token, (caption, _) in zip(self.tokens, tokens.parts, strict=True):
            if caption:
                parts.addWidget(label(look, caption, Type.STRONG, tone="text2"))
            parts.addWidget(token)
        parts.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(holder)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.addWidget(scroll, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        self._light = Light(look)
        self.printing = label(look, "", Type.VALUE, wraps=True)
        row.addWidget(self._light)
        row.addWidget(self.printing, 1)
        self.again = KeyButton(look, say("Print"), cap=look.keys.cap_of(Act.REPRINT), icon="printer")
        if not may_print:
            self.again.hide()
        self.close_button = KeyButton(look, say("Done"), cap="Esc")
        self.again.clicked.connect(self.print_pressed)
        self.close_button.clicked.connect(self.closed)
        row.addWidget(self.again)
        row.addWidget(self.close_button)
        column.addLayout(row)
        self.body.addWidget(inside, 1)
        self.show_tokens(tokens)

    def show_tokens(self, tokens: MadeTokens) -> None:
        """Show how their paper stands."""
        self.shown = tokens
        self._light.show_state(tokens.light)
        self.printing.setText(tokens.printing)
