"""One sale in full: who, the token, why so many units, how it was paid, where it stands in the journal."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

from pos.domain.permissions import Permission
from pos.domain.states import SaleState
from pos.services.past_sales import PaperState
from pos.services.payment_board import Trail
from pos.services.payment_words import state_tone, state_word
from pos.services.price_view import PriceRow, units_text
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sales.presenter import SalesPresenter
from pos.ui.screens.sales.state import SalesState, ShownSale
from pos.ui.screens.sales.words import (
    NONE,
    case_kind_word,
    case_state_word,
    case_tone,
    meter_text,
    state_badge,
    tender_word,
)
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.card import tight
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import ElidedLabel, label, rule
from pos.ui.widgets.token_label import TokenLabel


class SalePane(QWidget):
    """Shows a sale; made anew inside for each one, as each has other lines."""

    pdf_pressed = Signal()

    def __init__(self, look: Look, presenter: SalesPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._shown: ShownSale | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.addWidget(self._scroll, 1)
        column.addWidget(rule())
        column.addLayout(self._make_buttons())

    def _make_buttons(self) -> QHBoxLayout:
        look, presenter = self._look, self._presenter
        padding = look.metrics.padding
        row = QHBoxLayout()
        row.setContentsMargins(padding, look.metrics.fixed(12, 8), padding, look.metrics.fixed(16, 8))
        row.setSpacing(8)
        keys = look.keys
        self.main = KeyButton(
            look, look.say("Reprint"), cap=keys.cap_of(Act.REPRINT), kind="accent", icon="printer"
        )
        self.pdf = KeyButton(look, look.say("PDF"), icon="download")
        self.case = KeyButton(look, look.say("Wrong meter"), cap=keys.cap_of(Act.PLACE_6))
        self.refund = KeyButton(look, look.say("Refund"), cap=keys.cap_of(Act.PLACE_7), kind="accent")
        self.void = KeyButton(look, look.say("Void"), cap=keys.cap_of(Act.PLACE_7), kind="bad")
        self.main.clicked.connect(presenter.papers.reprint)
        self.pdf.clicked.connect(self.pdf_pressed)
        self.case.clicked.connect(presenter.cases.begin)
        self.refund.clicked.connect(presenter.money.begin)
        self.void.clicked.connect(presenter.money.begin)
        for button in (self.main, self.refund, self.void, self.case):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.pdf)
        self._why = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        row.insertWidget(0, self._why, 1)
        return row

    def take_focus(self) -> None:
        """Begin with the first thing that can be done."""
        for button in (self.main, self.refund, self.void, self.pdf):
            if not button.isHidden() and button.isEnabled():
                button.setFocus()
                return

    def show_state(self, state: SalesState) -> None:
        """Show the sale that is chosen."""
        presenter, shown = self._presenter, state.shown
        if shown is None:
            return
        has_paper = shown.facts.paper_place is not None
        is_compact = self._look.metrics.is_compact
        self.main.setVisible(has_paper)
        self.pdf.setVisible(has_paper)
        self.main.setEnabled(presenter.papers.can_reprint())
        self.pdf.setEnabled(presenter.papers.can_reprint())
        self.case.setVisible(is_compact and presenter.cases.can_begin())
        self.refund.setVisible(presenter.money.can_refund())
        self.void.setVisible(presenter.money.can_void())
        may_reprint = presenter.context.may(Permission.SALE_REPRINT)
        acts = (self.main, self.case, self.refund, self.void)
        has_act = any(not button.isHidden() for button in acts)
        why = "" if has_act else self._look.say("There is no paper and nothing to do for this sale.")
        if has_paper and not may_reprint:
            why = self._look.say("You may look, not reprint.")
        self._why.setText(why)
        self._why.setVisible(bool(why))
        if shown is not self._shown:
            self._shown = shown
            self._scroll.setWidget(self._make(shown))

    def _make(self, shown: ShownSale) -> QWidget:
        look = self._look
        inside = QWidget()
        inside.setProperty("klGround", "surface")
        column = QVBoxLayout(inside)
        tight(column)
        column.addLayout(self._padded(self._head(shown), top=13, bottom=10))
        column.addWidget(rule())
        sides = QBoxLayout(
            QBoxLayout.Direction.LeftToRight if look.metrics.is_compact else QBoxLayout.Direction.TopToBottom
        )
        tight(sides)
        left, right = QVBoxLayout(), QVBoxLayout()
        tight(left)
        tight(right)
        if shown.digits:
            left.addLayout(self._padded(self._tokens(shown), top=12, bottom=12))
            left.addWidget(rule())
        prices = self._padded(self._prices(shown), top=9, bottom=10)
        facts = self._padded(self._facts(shown), top=9, bottom=9)
        if look.metrics.is_compact:
            left.addLayout(facts)
            right.addLayout(prices)
            left.addStretch(1)
            right.addStretch(1)
            sides.addLayout(left, 1)
            sides.addWidget(rule("v"))
            sides.addLayout(right, 1)
        else:
            left.addLayout(prices)
            left.addWidget(rule())
            left.addLayout(facts)
            sides.addLayout(left)
            sides.addStretch(1)
        column.addLayout(sides, 1)
        return inside

    def _padded(self, layout: QLayout, *, top: int, bottom: int) -> QVBoxLayout:
        metrics = self._look.metrics
        around = QVBoxLayout()
        around.setContentsMargins(
            metrics.padding, metrics.fixed(top, 8), metrics.padding, metrics.fixed(bottom, 8)
        )
        around.addLayout(layout)
        return around

    def _head(self, shown: ShownSale) -> QVBoxLayout:
        look, row = self._look, shown.detail.row
        wording = look.wording
        column = QVBoxLayout()
        column.setSpacing(4)
        top = QHBoxLayout()
        at = wording.seconds(row.at)
        if row.business_day != self._presenter.state.today:
            at = f"{wording.short_day(row.at)} {at}"
        number = f"{row.receipt_number} · {at}" if row.receipt_number else at
        top.addWidget(label(look, number, Type.SUPPORT, tone="text2"), 1)
        top.addWidget(Badge(look, *state_badge(row, wording)))
        column.addLayout(top)
        name = label(look, row.customer or look.say("No name"), Type.HEADING, wraps=True)
        column.addWidget(name)
        place = " · ".join(part for part in (meter_text(row.drn), shown.facts.area) if part)
        column.addWidget(ElidedLabel(look, place, Type.BODY, tone="text2"))
        if shown.case is not None:
            column.addSpacing(4)
            column.addLayout(self._case(shown))
        return column

    def _case(self, shown: ShownSale) -> QHBoxLayout:
        case, look = shown.case, self._look
        assert case is not None
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(Badge(look, case_state_word(case.state, look.wording), case_tone(case.state)))
        words = f"{case.number} · {case_kind_word(case.kind, look.wording)}"
        line.addWidget(ElidedLabel(look, words, Type.SUPPORT, tone="text2"), 1)
        return line

    def _tokens(self, shown: ShownSale) -> QVBoxLayout:
        look = self._look
        column = QVBoxLayout()
        column.setSpacing(8)
        kind = Type.TOKEN_LIST if len(shown.digits) == 1 else Type.TOKEN_SMALL
        for digits in shown.digits:
            column.addWidget(TokenLabel(look, digits, kind))
        badges = QHBoxLayout()
        badges.setSpacing(8)
        badges.addWidget(Badge(look, *_paper_badge(shown.facts.paper, look)))
        if shown.facts.is_shown:
            badges.addWidget(Badge(look, look.say("Handed over"), "ok"))
        copies = max(0, shown.detail.row.copies - 1)
        if copies:
            badges.addWidget(Badge(look, look.say("Copies: {n}", n=copies), "plain"))
        badges.addStretch(1)
        column.addLayout(badges)
        return column

    def _prices(self, shown: ShownSale) -> QVBoxLayout:
        look, wording = self._look, self._look.wording
        column = QVBoxLayout()
        column.setSpacing(look.metrics.fixed(4, 2))
        price = shown.price
        if price is None:
            # Of a sale under way the row knows only what is paid so far.
            trail = shown.trail
            is_asked = trail is not None and trail.view.state is SaleState.AWAITING_PAYMENT
            row_minor = shown.detail.row.money_minor
            money_minor = trail.view.money_minor if trail is not None and is_asked else row_minor
            column.addLayout(self._pair(look.say("Amount"), wording.money(money_minor)))
            return column
        for row in price.rows:
            name, amount = _price_words(row), wording.amount(row.amount_minor)
            if not row.amount_minor and row.group == 2:
                # What does not fit into a token costs nothing now: its units stand there.
                amount = units_text(price.carry_milli, price.unit, wording)
            line = self._pair(name, amount)
            column.addLayout(line)
        column.addSpacing(2)
        units = units_text(price.token_milli, price.unit, wording) if price.token_milli else ""
        column.addLayout(self._pair(units, wording.money(price.money_minor), kind=Type.NAME, tone="text"))
        return column

    def _facts(self, shown: ShownSale) -> QVBoxLayout:
        look, say, row = self._look, self._look.say, shown.detail.row
        column = QVBoxLayout()
        column.setSpacing(look.metrics.fixed(4, 2))
        column.addLayout(self._fact(say("Paid"), self._paid(shown)))
        if shown.trail is not None:
            column.addWidget(self._payments(shown.trail))
        shift = shown.facts.shift_number
        by = row.cashier if shift is None else say("{name}, shift {n}", name=row.cashier, n=shift)
        column.addLayout(self._fact(say("By"), by))
        entry = say("entry {n}", n=look.wording.count(shown.facts.seq))
        column.addLayout(self._fact(say("Journal"), entry))
        column.addLayout(self._fact(say("Head office"), self._sent(shown)))
        return column

    def _paid(self, shown: ShownSale) -> str:
        look, wording = self._look, self._look.wording
        payments = [] if shown.detail.sale is None else shown.detail.sale.get("payments", [])
        parts = []
        for payment in payments:
            given = wording.amount(payment["amount_minor"] + payment["change_minor"])
            word = tender_word(payment["tender"], wording)
            if payment["tender"] == "cash":
                change = wording.amount(payment["change_minor"])
                parts.append(
                    look.say("{tender} {given}, change {change}", tender=word, given=given, change=change)
                )
            else:
                parts.append(f"{word} {given}")
        return " + ".join(parts) or NONE

    def _payments(self, trail: Trail) -> QWidget:
        """Each part with its state, and the way to all of its steps."""
        look, wording = self._look, self._look.wording
        holder = QWidget()
        column = QVBoxLayout(holder)
        tight(column, gap=4)
        for part in trail.view.parts:
            line = QHBoxLayout()
            line.setSpacing(8)
            name = tender_word(part.tender, wording)
            line.addWidget(ElidedLabel(look, name, Type.SUPPORT, tone="text2"), 1)
            line.addWidget(Badge(look, state_word(part.state, wording), state_tone(part.state)))
            line.addWidget(label(look, wording.amount(part.amount_minor), Type.SUPPORT))
            column.addLayout(line)
        button = KeyButton(
            look, look.say("Payments"), cap=look.keys.cap_of(Act.HOLD), kind="quiet", size="small"
        )
        button.clicked.connect(self._presenter.payments.begin)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button)
        column.addLayout(row)
        return holder

    def _sent(self, shown: ShownSale) -> str:
        if shown.facts.is_sent:
            return self._look.say("received")
        now = self._presenter.context.desk.clock.now()
        age = max(0, int((now - shown.detail.row.at).total_seconds()))
        return self._look.say("in line, {age}", age=self._look.wording.age(age))

    def _pair(self, name: str, value: str, kind: Type = Type.BODY, tone: str = "text2") -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(ElidedLabel(self._look, name, kind, tone=tone), 1)
        line.addWidget(label(self._look, value, Type.NAME if kind is Type.NAME else Type.VALUE))
        return line

    def _fact(self, name: str, value: str) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(label(self._look, name, Type.SUPPORT, tone="text2"))
        words = label(self._look, value, Type.SUPPORT, wraps=True)
        words.setAlignment(Qt.AlignmentFlag.AlignRight)
        line.addWidget(words, 1)
        return line


def _price_words(row: PriceRow) -> str:
    return f"{row.name}, {row.detail}" if row.block else row.name


def _paper_badge(paper: PaperState | None, look: Look) -> tuple[str, str]:
    say = look.say
    if paper is None:
        return say("No paper"), "neutral"
    if paper.state == "printed" and paper.finished_at is not None:
        return say("Printed {time}", time=look.wording.seconds(paper.finished_at)), "ok"
    words = {
        "printed": (say("Printed"), "ok"),
        "waiting": (say("Not printed yet"), "warn"),
        "sending": (say("Printing"), "info"),
        "unknown": (say("Look at the paper"), "warn"),
    }
    return words.get(paper.state, (say("Not printed"), "bad"))
