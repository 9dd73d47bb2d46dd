"""A token that is brought back: what it says, and whether this till made it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from pos.ui.look import Look, Type
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.side_acts import digits_of
from pos.ui.screens.sell.state import SellState, TokenQuestion
from pos.ui.screens.sell.words import meter_text
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.card import Card, CardHead, tight
from pos.ui.widgets.fields import BareEdit, FieldFrame, LabelledField
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule


class CheckPage(QWidget):
    """Meter and 20 digits; the answer stands below at once."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        say = look.say
        column = QVBoxLayout(self)
        tight(column, gap=look.metrics.gap)
        card = Card()
        card.body.addWidget(CardHead(look, say("Check a token")))
        card.body.addWidget(rule())
        inside = QVBoxLayout()
        inside.setContentsMargins(20, 16, 20, 16)
        inside.setSpacing(12)
        self.meter = FieldFrame(look, BareEdit(takes=_takes))
        self.meter.edit.setFont(look.font(Type.SEARCH))
        self.meter.row.addWidget(self.meter.edit)
        self.meter.setFixedHeight(look.metrics.line(look.metrics.fixed(48, 42), look.metrics.fixed(36, 32)))
        self.token = FieldFrame(look, BareEdit(takes=_takes))
        self.token.edit.setFont(look.font(Type.TOKEN_LIST))
        self.token.edit.setMaxLength(24)
        self.token.row.addWidget(self.token.edit)
        self.token.setFixedHeight(look.metrics.line(look.metrics.fixed(56, 48), look.metrics.fixed(40, 36)))
        inside.addWidget(LabelledField(look, say("Meter"), self.meter))
        self._token_field = LabelledField(look, say("Token, 20 digits"), self.token)
        inside.addWidget(self._token_field)
        self._answer = QVBoxLayout()
        self._answer.setSpacing(6)
        inside.addLayout(self._answer)
        inside.addStretch(1)
        acts = QHBoxLayout()
        acts.setSpacing(8)
        check = KeyButton(look, say("Check"), cap=say("Enter"), kind="accent")
        back = KeyButton(look, say("Back"), cap="Esc")
        acts.addWidget(check)
        acts.addWidget(back)
        acts.addStretch(1)
        inside.addLayout(acts)
        holder = QWidget()
        holder.setLayout(inside)
        card.body.addWidget(holder, 1)
        column.addWidget(card, 1)
        self.meter.edit.textEdited.connect(self._on_meter)
        self.token.edit.textEdited.connect(self._on_token)
        check.clicked.connect(presenter.side.check)
        back.clicked.connect(presenter.escape)
        self._shown: TokenQuestion | None = None

    def show_state(self, state: SellState) -> None:
        """Show question and answer."""
        question = state.check
        if question is None or question is self._shown:
            return
        self._shown = question
        if digits_of(self.meter.edit.text()) != digits_of(question.drn):
            self.meter.edit.setText(meter_text(question.drn) if question.drn else "")
        if digits_of(self.token.edit.text()) != digits_of(question.digits):
            self.token.edit.setText(question.digits)
        self._token_field.set_wrong(question.problem)
        while (item := self._answer.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        verdict = question.verdict
        if verdict is None:
            return
        look, say, wording = self._look, self._look.say, self._look.wording
        here = verdict.issued_here
        if here is not None:
            self._answer.addWidget(Badge(look, say("Made at this till"), "ok"))
            text = say(
                "{day} {time} by {cashier}",
                day=wording.day(here.at),
                time=wording.time(here.at),
                cashier=here.cashier,
            )
            self._answer.addWidget(label(look, text, Type.VALUE))
        else:
            self._answer.addWidget(Badge(look, say("Not made at this till"), "warn"))
        for sentence in verdict.sentences:
            self._answer.addWidget(label(look, say(sentence), Type.BODY, wraps=True))

    def focus(self) -> None:
        """Put the caret where the next digit belongs."""
        if self.meter.edit.hasFocus() or self.token.edit.hasFocus():
            return
        (self.token if self.meter.edit.text() else self.meter).edit.setFocus()

    def _on_meter(self, text: str) -> None:
        self._presenter.side.type_check(drn=text)

    def _on_token(self, text: str) -> None:
        digits = digits_of(text)[:20]
        grouped = " ".join(digits[n : n + 4] for n in range(0, len(digits), 4))
        if grouped != text:
            self.token.edit.setText(grouped)
        self._presenter.side.type_check(digits=grouped)


def _takes(letter: str) -> bool:
    return letter.isdecimal() or letter in " -"
