"""The right side: what to do with a float, and what is left of the offline limit."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from pos.i18n.wording import NO_BREAK
from pos.services.envelopes import EnvelopeState
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.floats.forms import act_of
from pos.ui.screens.floats.presenter import FloatsPresenter, FloatsState
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.card import Card, CardHead
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import EnterFilter, LabelledField, line_edit
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule

LOW_PERCENT = 20


class ActCard(Card):
    """One form at a time, chosen from a list."""

    def __init__(self, look: Look, presenter: FloatsPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._key = ""
        self._fields: dict[str, LabelledField] = {}
        metrics = look.metrics
        self._head = CardHead(look, "")
        self.body.addWidget(self._head)
        self.body.addWidget(rule())
        self._column = QVBoxLayout()
        self._column.setContentsMargins(metrics.padding, metrics.gap, metrics.padding, metrics.padding)
        self._column.setSpacing(metrics.gap)
        self.body.addLayout(self._column)
        choices = [(one.key, look.say(one.word)) for one in presenter.acts()]
        self.choice = Choice(look, choices, name=look.say("What to do"))
        self.choice.picked.connect(presenter.choose_act)
        self._column.addWidget(LabelledField(look, look.say("What to do"), self.choice))
        self._help = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        self._column.addWidget(self._help)
        self._inside = QWidget()
        self._column.addWidget(self._inside)
        self.button = KeyButton(look, "", cap=look.keys.cap_of(Act.MAIN), kind="accent")
        self.button.clicked.connect(self._do)
        self._column.addWidget(self.button)
        self._enter = EnterFilter(self, self._do)
        if not bool(choices):
            self.hide()

    def field(self, name: str) -> QLineEdit:
        """Return the line of a field."""
        edit = self._fields[name].field
        assert isinstance(edit, QLineEdit)
        return edit

    def focus_first(self) -> None:
        """Put the caret into the first field."""
        if self._fields:
            next(iter(self._fields.values())).field.setFocus()

    def focus_wrong(self) -> None:
        """Put the caret into the first field that is wrong."""
        for name, field in self._fields.items():
            if name in self._presenter.state.form.wrong:
                field.field.setFocus()
                return

    def show_state(self, state: FloatsState) -> None:
        """Show the form of the chosen act."""
        say, form = self._look.say, state.form
        act = act_of(form.key)
        if self._key != form.key:
            self._key = form.key
            self._build()
        self.choice.choose(form.key)
        chosen = state.float
        self._head.title.setText(
            say("Float with {name}", name=chosen.supplier.name) if chosen else say("Float")
        )
        self._help.setText(say(act.help))
        self.button.set_caption(say(act.button))
        self.button.setEnabled(not state.is_busy)
        for name, field in self._fields.items():
            edit = field.field
            assert isinstance(edit, QLineEdit)
            if edit.text() != form.texts.get(name, ""):
                edit.setText(form.texts.get(name, ""))
            field.set_wrong(form.wrong.get(name, ""))

    def _build(self) -> None:
        look, act = self._look, act_of(self._key)
        old = self._inside
        self._inside = QWidget()
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.metrics.gap)
        self._fields = {}
        captions = self._captions()
        for name in act.fields:
            caption, hint = captions[name]
            edit = line_edit(look, hint=hint)
            edit.setMaxLength(200 if "reason" in name else 40)
            edit.textEdited.connect(lambda text, name=name: self._presenter.type_field(name, text))
            edit.installEventFilter(self._enter)
            self._fields[name] = LabelledField(look, caption, edit)
            column.addWidget(self._fields[name])
        self._column.replaceWidget(old, self._inside)
        old.hide()
        old.deleteLater()
        self.setTabOrder(self.choice, self._inside)

    def _captions(self) -> dict[str, tuple[str, str]]:
        say, currency = self._look.say, self._look.wording.currency
        return {
            "amount": (say("Amount, {currency}", currency=currency), "500000"),
            "signed": (say("Correct by, {currency}", currency=currency), "-1500"),
            "reference": (say("Reference of the transfer"), "BK-2026-11-0042"),
            "reason": (say("Note, if there is one"), ""),
            "needed_reason": (say("Why"), say("The supplier's statement says less")),
            "limit": (say("Limit, {currency}", currency=currency), "200000"),
            "percent": (say("Share of each sale, %"), "2.5"),
            "valid_from": (say("From the day, empty: at once"), "2026-12-01"),
            "money": (say("Money, {currency}", currency=currency), "2000000"),
            "units": (say("Units, kWh"), "20000"),
        }

    def _do(self) -> None:
        self._presenter.do()
        self.focus_wrong()


class EnvelopeCard(Card):
    """What this till may still sell without head office."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        metrics = look.metrics
        head = CardHead(look, look.say("Offline limit"))
        self._badge = Badge(look)
        head.row.addWidget(self._badge)
        self.body.addWidget(head)
        self.body.addWidget(rule())
        column = QVBoxLayout()
        column.setContentsMargins(metrics.padding, metrics.gap, metrics.padding, metrics.gap)
        column.setSpacing(metrics.fixed(8, 6))
        self._left = label(look, "", Type.NUMBER, wraps=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 100)
        column.addWidget(self._left)
        column.addWidget(self._bar)
        self._units = self._fact(column, look.say("Units left"))
        self._number = self._fact(column, look.say("Number"))
        self._ends = self._fact(column, look.say("Ends"))
        self.body.addLayout(column)

    def _fact(self, column: QVBoxLayout, name: str) -> QLabel:
        row = QHBoxLayout()
        row.addWidget(label(self._look, name, Type.BODY, tone="text2"))
        row.addStretch(1)
        value = label(self._look, "", Type.VALUE)
        row.addWidget(value)
        column.addLayout(row)
        return value

    def show_envelope(self, envelope: EnvelopeState | None) -> None:
        """Show what is left."""
        say, wording = self._look.say, self._look.wording
        if envelope is None:
            self._badge.show_state(say("None yet"), "warn")
            self._left.setText(say("No token can be sold without one."))
            self._bar.setValue(0)
            for value in (self._units, self._number, self._ends):
                value.setText("–")
            return
        share = min(
            envelope.left_money_minor * 100 // max(1, envelope.money_minor),
            envelope.left_units_milli * 100 // max(1, envelope.units_milli),
        )
        low = share < LOW_PERCENT
        self._badge.show_state(say("Low") if low else say("Good"), "warn" if low else "ok")
        left, whole = wording.money(envelope.left_money_minor), wording.amount(envelope.money_minor)
        self._left.setText(say("{left} of {whole}", left=left, whole=whole))
        self._bar.setValue(max(0, min(100, share)))
        self._bar.setAccessibleName(say("{percent} % left", percent=share))
        self._units.setText(f"{wording.units(envelope.left_units_milli)}{NO_BREAK}kWh")
        self._number.setText(wording.count(envelope.sequence))
        ends = envelope.expires_at
        self._ends.setText(say("never") if ends is None else wording.day_time(ends))
