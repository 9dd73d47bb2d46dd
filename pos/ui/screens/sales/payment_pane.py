"""The payments of one sale beside the list: each part and step, what the provider answered, the acts."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from pos.domain.states import PaymentState
from pos.gateways.reasons import Reason
from pos.services.payment_board import Trail, pretty_answer
from pos.services.payment_views import PaymentView
from pos.services.payment_words import case_word, reason_words, source_word, state_tone, state_word
from pos.ui.look import Look, Type
from pos.ui.screens.sales.form_panes import FormPane, show_field
from pos.ui.screens.sales.presenter import SalesPresenter
from pos.ui.screens.sales.state import SalesState
from pos.ui.screens.sales.words import tender_word
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.card import Note, tight
from pos.ui.widgets.flow import FlowRow
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import ElidedLabel, label, rule


class PaymentPane(FormPane):
    """Made anew inside for each trail."""

    pdf_pressed = Signal()

    def __init__(self, look: Look, presenter: SalesPresenter) -> None:
        super().__init__(look, look.say("Payments"))
        say = look.say
        self._presenter = presenter
        acts = presenter.payments
        self.button = self.main_button(say("Ask now"), acts.ask)
        self.back_button(presenter.back)
        self._trail: Trail | None = None
        self._shows_answers = False
        self._parts = QVBoxLayout()
        tight(self._parts, gap=look.metrics.fixed(12, 8))
        self._resolve = QWidget()
        column = QVBoxLayout(self._resolve)
        tight(column, gap=8)
        is_beside = look.metrics.is_compact and not look.metrics.is_single_column
        if not is_beside:
            column.addWidget(rule())
        column.addWidget(
            label(
                look,
                say("If the provider does not say it, a person may."),
                Type.BODY,
                tone="text2",
                wraps=True,
            )
        )
        self.reason = self.field(say("What shows it?"), presenter.cases.type_reason)
        column.addWidget(self.reason)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.paid = KeyButton(look, say("It was paid"), size="small")
        self.failed = KeyButton(look, say("It was not paid"), size="small")
        self.paid.clicked.connect(acts.resolve_yes)
        self.failed.clicked.connect(acts.resolve_no)
        for button in (self.paid, self.failed):
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        more = FlowRow(gap=8)
        self.pdf = KeyButton(look, say("PDF"), icon="download", size="small")
        self.pdf.clicked.connect(self.pdf_pressed)
        self.answers = KeyButton(look, say("What the provider answered"), icon="eye", size="small")
        self.answers.clicked.connect(acts.show_answers)
        for button in (self.pdf, self.answers):
            more.addWidget(button)
        self._is_beside = is_beside
        self._lay(more)
        self.raw = QPlainTextEdit()
        self.raw.setReadOnly(True)
        self.raw.setFont(look.font(Type.MONO))
        self.raw.setMinimumHeight(look.metrics.px(180))
        self.raw.setAccessibleName(say("What the provider answered"))
        self.body.addWidget(self.raw)
        self._seeks_raw = False
        self.area.verticalScrollBar().rangeChanged.connect(self._roll_to_raw)
        self.body.addStretch(1)

    def _lay(self, more: QWidget) -> None:
        """Put what a person does below the parts, or beside them where the pane is low and wide."""
        if not self._is_beside:
            self.body.addLayout(self._parts)
            for widget in (self._resolve, more):
                self.body.addWidget(widget)
            return
        acts = QVBoxLayout()
        tight(acts, gap=8)
        for widget in (self._resolve, more):
            acts.addWidget(widget)
        acts.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addLayout(self._parts, 3)
        row.addWidget(rule("v"))
        row.addLayout(acts, 2)
        self.body.addLayout(row)

    def take_focus(self) -> None:
        """Begin with asking, else with the file."""
        (self.button if not self.button.isHidden() else self.pdf).setFocus()

    def show_state(self, state: SalesState) -> None:
        """Show the trail of the chosen sale."""
        acts, form = self._presenter.payments, state.form
        trail = acts.trail
        if trail is None:
            return
        if trail is not self._trail:
            self._trail = trail
            self._show_parts(trail)
        self.button.setVisible(acts.can_ask())
        self.button.setEnabled(not form.is_busy)
        self.button.set_caption(self.look.say("Asking") if form.is_busy else self.look.say("Ask now"))
        self._resolve.setVisible(acts.can_resolve())
        self._show_words(is_refund=acts.is_about_refund())
        show_field(self.reason, form.reason, wrong=form.message if form.wrong == "reason" else "")
        for button in (self.paid, self.failed):
            button.setEnabled(not form.is_busy)
        self.answers.setVisible(bool(trail.answers))
        is_shown = state.shows_answers and bool(trail.answers)
        self.raw.setVisible(is_shown)
        if is_shown:
            self.raw.setPlainText(self._raw_text(trail))
        self._seeks_raw = is_shown

    def _roll_to_raw(self) -> None:
        """Roll to the answers, which stand last, whenever the layout has made room for them."""
        if self._seeks_raw:
            bar = self.area.verticalScrollBar()
            bar.setValue(bar.maximum())

    def _show_words(self, *, is_refund: bool) -> None:
        say = self.look.say
        self.paid.set_caption(say("It was given back") if is_refund else say("It was paid"))
        self.failed.set_caption(say("It was not given back") if is_refund else say("It was not paid"))

    def _raw_text(self, trail: Trail) -> str:
        wording = self.look.wording
        texts = []
        for _, one in trail.answers:
            status = "" if one.http_status is None else f" HTTP {one.http_status}"
            texts.append(
                f"{wording.seconds(one.at)} {one.call}{status} → {one.outcome}\n{pretty_answer(one.body)}"
            )
        return "\n\n".join(texts)

    def _show_parts(self, trail: Trail) -> None:
        while (item := self._parts.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for n, part in enumerate(trail.view.parts):
            if n:
                self._parts.addWidget(rule())
            self._parts.addWidget(self._part(part, trail))
        if self._is_beside:
            self._parts.addStretch(1)

    def _part(self, part: PaymentView, trail: Trail) -> QWidget:
        look, wording, say = self.look, self.look.wording, self.look.say
        holder = QWidget()
        column = QVBoxLayout(holder)
        tight(column, gap=4)
        top = QHBoxLayout()
        top.setSpacing(8)
        name = tender_word(part.tender, wording)
        if part.phone_last3:
            name = f"{name} ··· {part.phone_last3}"
        top.addWidget(ElidedLabel(look, name, Type.NAME), 1)
        top.addWidget(Badge(look, state_word(part.state, wording), state_tone(part.state)))
        top.addWidget(label(look, wording.amount(part.amount_minor), Type.NAME))
        column.addLayout(top)
        for case in sorted(part.attention):
            column.addWidget(Note(look, "warn", "", case_word(case, wording)))
        facts = []
        if part.fee_minor:
            facts.append((say("Fee"), wording.amount(part.fee_minor)))
        if part.reference:
            facts.append((say("Reference"), part.reference))
        if part.provider_reference:
            facts.append((say("Their reference"), part.provider_reference))
        # Of a payment that is held, "it succeeded" would say that all is well.
        is_held = part.reason == Reason.PAID and part.state is not PaymentState.SUCCEEDED
        if part.provider and part.reason and not is_held:
            facts.append((say("Reason"), reason_words(part.reason, wording)))
        for fact, text in facts:
            column.addWidget(label(look, f"{fact}: {text}", Type.SUPPORT, tone="text2", wraps=True))
        for step in trail.steps:
            if step.payment_id == part.id:
                column.addWidget(self._step(step.at, step.after, step.source))
        return holder

    def _step(self, at: datetime, after: str, source: str) -> QWidget:
        look, wording = self.look, self.look.wording
        holder = QWidget()
        line = QHBoxLayout(holder)
        tight(line, gap=10)
        line.addWidget(label(look, wording.seconds(at), Type.SUPPORT, tone="text2"))
        line.addWidget(label(look, state_word(after, wording), Type.SUPPORT))
        right = Qt.AlignmentFlag.AlignRight
        line.addWidget(
            ElidedLabel(look, source_word(source, wording), Type.SUPPORT, tone="text2", align=right), 1
        )
        return holder
