"""A supervisor's PIN, asked for in the zone of the act."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from pos.domain.permissions import Permission
from pos.ui.look import Look, Type
from pos.ui.widgets.card import Band, Card
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import LabelledField
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.pin import PinField
from pos.ui.widgets.text import label

CODE = "permission.approval_needed"
"""What is looked up in the list of errors: the refusal that asks for somebody, whatever the act."""

_SALES = frozenset(
    {
        Permission.SALE_CREATE,
        Permission.SALE_DUPLICATE,
        Permission.SALE_UNKNOWN_METER,
        Permission.SALE_FREE_ISSUE,
    }
)


class ApprovalPanel(Card):
    """Name and PIN of who allows one act, and what it is about."""

    allowed = Signal(str, str)
    refused = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        say = look.say
        self._band = Band(look, "sup", "shield", say("A supervisor must allow this"))
        self.body.addWidget(self._band)
        inside = QVBoxLayout()
        inside.setContentsMargins(20, 16, 20, 16)
        inside.setSpacing(12)
        row = QHBoxLayout()
        row.setSpacing(16)
        self._who = Choice(look, name=say("Supervisor"))
        self._who.setMinimumWidth(look.metrics.px(220, 190))
        self._pin = PinField(look, name=say("PIN"), is_supervisor=True)
        self._pin.setMinimumWidth(look.metrics.px(180, 160))
        row.addWidget(LabelledField(look, say("Supervisor"), self._who))
        row.addWidget(LabelledField(look, say("PIN"), self._pin))
        row.addStretch(1)
        inside.addLayout(row)
        self._wrong = label(look, "", Type.BODY, tone="badtext", wraps=True)
        self._wrong.hide()
        inside.addWidget(self._wrong)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        facts = (
            (say("Money"), say("Nothing was taken.")),
            (say("Token"), say("None was made.")),
            (say("Journal"), say("Who asked, who allowed, why, and when.")),
        )
        self._of_sale: list[QWidget] = []
        """Money and token: only a sale has them."""
        for n, (name, text) in enumerate(facts):
            line = (label(look, name, Type.BODY, tone="text2"), label(look, text, Type.BODY, wraps=True))
            for at, words in enumerate(line):
                grid.addWidget(words, n, at)
            if n < len(facts) - 1:
                self._of_sale += line
        inside.addLayout(grid)
        inside.addStretch(1)
        acts = QHBoxLayout()
        self._allow = KeyButton(look, say("Allow this one"), cap=say("Enter"), kind="sup")
        self._refuse = KeyButton(look, say("Do not"), cap="Esc")
        acts.addWidget(self._allow)
        acts.addWidget(self._refuse)
        acts.addStretch(1)
        acts.addWidget(label(look, CODE, Type.MONO, tone="text2"))
        inside.addLayout(acts)
        holder = QWidget()
        holder.setLayout(inside)
        self.body.addWidget(holder, 1)
        self._allow.clicked.connect(self._on_allow)
        self._refuse.clicked.connect(self.refused)
        self._pin.entered.connect(self._on_pin)

    def ask(self, people: Sequence[str], facts: str, permission: Permission) -> None:
        """Ask anew for a permission; the caret stands in the PIN."""
        for words in self._of_sale:
            words.setVisible(permission in _SALES)
        self._band.text.setText(facts)
        self._band.text.setVisible(bool(facts))
        self._who.fill([(name, name) for name in people])
        self._wrong.hide()
        self._pin.clear()
        self._pin.set_wrong(is_wrong=False)
        self.setAccessibleName(f"{self._band.title.text()}. {facts} {CODE}")

    def focus(self) -> None:
        """Put the caret into the PIN."""
        self._pin.setFocus()

    def say_wrong(self, text: str) -> None:
        """Say why the PIN did not do."""
        self._wrong.setText(text)
        self._wrong.setVisible(bool(text))
        self._pin.set_wrong(is_wrong=bool(text))
        self._pin.setFocus()

    def _on_allow(self) -> None:
        self._on_pin(self._pin.take())

    def _on_pin(self, pin: str) -> None:
        if pin:
            self.allowed.emit(self._who.key(), pin)
        else:
            self._pin.setFocus()
