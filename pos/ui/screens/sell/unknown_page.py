"""A good number that nobody knows here: who may, sells to it with a reason."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from pos.ui.look import Look, Type
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.state import SellState
from pos.ui.screens.sell.words import meter_text
from pos.ui.widgets.card import Band, Card, tight
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import LabelledField, line_edit
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label


class UnknownPage(QWidget):
    """Name, tariff, supply group and the reason that stands in the journal."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        say = look.say
        column = QVBoxLayout(self)
        tight(column)
        card = Card(kind="warnline")
        self._band = Band(
            look, "warn", "gauge", "", say("This list may be older than the meter. Compare the number first.")
        )
        card.body.addWidget(self._band)
        inside = QVBoxLayout()
        inside.setContentsMargins(20, 16, 20, 16)
        inside.setSpacing(12)
        self._no = label(
            look,
            say("Only a supervisor or the office may sell to a meter that is not in the register."),
            Type.BODY,
            wraps=True,
        )
        inside.addWidget(self._no)
        self._form = self._make_form()
        inside.addWidget(self._form)
        inside.addStretch(1)
        acts = QHBoxLayout()
        acts.setSpacing(8)
        self._go = KeyButton(look, say("Sell to this meter"), cap=say("Enter"), kind="accent")
        back = KeyButton(look, say("Look again"), cap="Esc")
        acts.addWidget(self._go)
        acts.addWidget(back)
        acts.addStretch(1)
        acts.addWidget(label(look, "meter.unknown", Type.MONO, tone="text2"))
        inside.addLayout(acts)
        holder = QWidget()
        holder.setLayout(inside)
        card.body.addWidget(holder)
        column.addWidget(card)
        column.addStretch(1)
        side = presenter.side
        self.name.textEdited.connect(lambda text: side.change_unknown(name=text))
        self.reason.textEdited.connect(lambda text: side.change_unknown(reason=text))
        self._tariff.picked.connect(lambda code: side.change_unknown(tariff=code))
        self._group.picked.connect(lambda sgc: side.change_unknown(sgc=sgc))
        self._go.clicked.connect(side.add_unknown)
        back.clicked.connect(presenter.escape)
        self._drn = ""

    def _make_form(self) -> QWidget:
        look, say = self._look, self._look.say
        holder = QWidget()
        form = QVBoxLayout(holder)
        tight(form, gap=12)
        self.name = line_edit(look, hint=say("As the customer says it"))
        self.reason = line_edit(look, hint=say("For example: new connection, paper seen"))
        self._tariff = Choice(look, name=say("Tariff"))
        self._group = Choice(look, name=say("Supply group"))
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(LabelledField(look, say("Tariff"), self._tariff))
        row.addWidget(LabelledField(look, say("Supply group"), self._group))
        form.addWidget(LabelledField(look, say("Name"), self.name))
        form.addLayout(row)
        self._reason_field = LabelledField(look, say("Reason"), self.reason)
        form.addWidget(self._reason_field)
        return holder

    def show_state(self, state: SellState) -> None:
        """Show the number and what is typed."""
        unknown = state.unknown
        if unknown is None:
            return
        if unknown.drn != self._drn:
            self._drn = unknown.drn
            self._band.title.setText(
                self._look.say("Meter {number} is not known at this till", number=meter_text(unknown.drn))
            )
            self._tariff.fill([(code, code) for code in unknown.tariffs], unknown.tariff)
            self._group.fill([(sgc, sgc) for sgc in unknown.groups], unknown.sgc)
        if self.name.text() != unknown.name:
            self.name.setText(unknown.name)
        if self.reason.text() != unknown.reason:
            self.reason.setText(unknown.reason)
        self._reason_field.set_wrong(unknown.problem)
        may = self._presenter.side.may_sell_unknown()
        self._form.setVisible(may)
        self._go.setVisible(may)
        self._no.setVisible(not may)

    def focus(self) -> None:
        """Put the caret into the name."""
        if not self._form.isAncestorOf(self.focusWidget() or self):
            self.name.setFocus(Qt.FocusReason.OtherFocusReason)
