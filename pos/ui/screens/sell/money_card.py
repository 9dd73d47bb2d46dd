"""The money zone: to pay, by which way, what was received or who is asked, the change, Pay."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from pos.domain.money import minor_digits
from pos.services.price_view import units_text
from pos.services.sale_values import SaleKind
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sell.parts_zone import OnePayer, SplitPayers
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.state import CASH, SPLIT, SellState, Stage
from pos.ui.screens.sell.way_buttons import WayButtons, way_name
from pos.ui.screens.sell.words import main_caption, owner_text
from pos.ui.widgets.card import Card, tight
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import NumberField
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import ElidedLabel, label, rule, set_tone

LANGUAGE_NAMES = {"en": "English", "fr": "Français", "rw": "Ikinyarwanda", "sw": "Kiswahili"}


class MoneyCard(Card):
    """Cash, one provider, or several parts; the way that is chosen has its zone here."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        is_row = look.metrics.is_single_column
        gap = look.metrics.fixed(8, 6)
        super().__init__(
            kind="" if is_row else "true", padding=0 if is_row else look.metrics.padding, gap=gap
        )
        self._look = look
        self._presenter = presenter
        self._offer_buttons: list[KeyButton] = []
        if is_row:
            self._lay_rows()
        else:
            self._lay_card()
        self.pay.clicked.connect(self._on_pay)
        self.received.changed.connect(presenter.type_tendered)

    def _lay_rows(self) -> None:
        """One column: cash and Pay in one row, what to give back and the notes on offer above it."""
        look, say = self._look, self._look.say
        self.ways = WayButtons(look, self._presenter)
        self.body.addWidget(self.ways)
        self._acts = QWidget()
        acts = QHBoxLayout(self._acts)
        tight(acts, gap=look.metrics.gap)
        self._offers = QHBoxLayout()
        self._offers.setSpacing(look.metrics.gap)
        acts.addLayout(self._offers)
        self._change_name = label(look, say("Change"), Type.BODY, tone="text2")
        self._change = label(look, "0", Type.HEADING)
        self.language = language_choice(look, self._presenter)
        acts.addStretch(1)
        acts.addWidget(self._change_name)
        acts.addWidget(self._change)
        acts.addWidget(self.language)
        self._acts.hide()
        self.body.addWidget(self._acts)
        self._problem = label(look, "", Type.BODY, tone="badtext", wraps=True)
        self._problem.hide()
        self.body.addWidget(self._problem)
        row = QHBoxLayout()
        row.setSpacing(look.metrics.margin)
        self.received = self._make_field(say("Cash"), look.metrics.pay)
        self.pay = self._make_pay()
        self.payer = OnePayer(look, self._presenter)
        self.split = SplitPayers(look, self._presenter)
        for zone in (self.payer, self.split):
            zone.hide()
        row.addWidget(self.received, 6)
        row.addWidget(self.payer, 6)
        row.addWidget(self.split, 6)
        row.addWidget(self.pay, 5, Qt.AlignmentFlag.AlignBottom)
        self.body.addLayout(row)
        # What the row has no room for keeps its place in the code, not on the screen.
        spare = QWidget(self)
        spare.hide()
        aside = QHBoxLayout(spare)
        self._what = ElidedLabel(look)
        self._total, self._exact, self._after = label(look), label(look), label(look)
        for widget in (self._what, self._total, self._exact, self._after):
            aside.addWidget(widget)

    def _lay_card(self) -> None:
        look, say, metrics = self._look, self._look.say, self._look.metrics
        top = QHBoxLayout()
        top.setSpacing(12)
        self._to_pay = label(look, say("To pay"), Type.BODY, tone="text2")
        top.addWidget(self._to_pay)
        self._what = ElidedLabel(look, "", Type.SUPPORT, tone="text2", align=Qt.AlignmentFlag.AlignRight)
        top.addWidget(self._what, 1)
        self.body.addLayout(top)
        self._total = label(look, "", Type.TOTAL)
        self.body.addWidget(self._total)
        self.ways = WayButtons(look, self._presenter)
        self.body.addWidget(self.ways)
        self._cash = self._make_cash()
        self.payer = OnePayer(look, self._presenter)
        self.split = SplitPayers(look, self._presenter)
        for zone in (self._cash, self.payer, self.split):
            self.body.addWidget(zone, 1)
        for zone in (self.payer, self.split):
            zone.hide()
        self._wrong = label(look, "", Type.BODY, tone="badtext", wraps=True)
        self._wrong.hide()
        self.body.addWidget(self._wrong)
        self.pay = self._make_pay()
        self.body.addWidget(self.pay)
        self._after = label(look, "", Type.SUPPORT, tone="text2")
        self._after.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        if metrics.is_compact:
            self._after.hide()
        self.body.addWidget(self._after)

    def _make_pay(self) -> KeyButton:
        look = self._look
        cap = look.keys.cap_of(Act.MAIN)
        pay = KeyButton(look, look.say("Pay"), cap=cap, kind="accent", size="pay")
        pay.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return pay

    def _make_field(self, before: str, height: int) -> NumberField:
        look = self._look
        return NumberField(
            look,
            before=before,
            kind=Type.RECEIVED,
            decimals=minor_digits(look.wording.currency),
            height=height,
            name=look.say("Cash received"),
        )

    def _make_cash(self) -> QWidget:
        """What was received, the sums on offer, the change."""
        look, say, metrics = self._look, self._look.say, self._look.metrics
        holder = QWidget()
        column = QVBoxLayout(holder)
        tight(column, gap=metrics.fixed(8, 6))
        column.addWidget(self._make_received())
        self._offers = QHBoxLayout()
        self._offers.setSpacing(8)
        column.addLayout(self._offers)
        column.addSpacing(metrics.fixed(6, 0))
        column.addWidget(rule())
        change = QHBoxLayout()
        self._change_name = label(look, say("Change"), Type.BODY, tone="text2")
        self._change = label(look, "0", Type.TOTAL)
        self._change.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        change.addWidget(self._change_name)
        change.addWidget(self._change, 1)
        column.addLayout(change)
        column.addStretch(1)
        return holder

    def _make_received(self) -> QWidget:
        look, say = self._look, self._look.say
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, look.metrics.fixed(6, 0), 0, 0)
        column.setSpacing(4)
        names = QHBoxLayout()
        self._received_name = label(look, say("Cash received"), Type.BODY, tone="text2")
        names.addWidget(self._received_name)
        names.addStretch(1)
        self._exact = label(look, say("Enter = exact cash"), Type.SUPPORT, tone="text2")
        names.addWidget(self._exact)
        column.addLayout(names)
        self.received = self._make_field(look.wording.currency, look.metrics.px(56, 44))
        column.addWidget(self.received)
        self._problem = label(look, "", Type.BODY, tone="badtext", wraps=True)
        self._problem.hide()
        column.addWidget(self._problem)
        return holder

    def show_state(self, state: SellState) -> None:
        """Show a state."""
        look, wording, say = self._look, self._look.wording, self._look.say
        price, card, money_minor = state.price, state.card, state.money_minor
        is_tender = state.stage is Stage.TENDER
        self.ways.show_state(state)
        self._show_zone(state)
        self._total.setText(wording.money(money_minor or 0))
        set_tone(self._total, "text3" if money_minor is None else "text")
        if price is not None and card is not None and state.kind is SaleKind.ENERGY:
            units = units_text(price.token_milli, price.unit, wording)
            self._what.setText(say("{units} for {name}", units=units, name=owner_text(card.meter, look)))
        else:
            self._what.setText("")
        self.received.setEnabled(is_tender and not state.is_paying)
        self.received.set_text(state.tendered)
        self.received.set_hint("" if money_minor is None else wording.amount(money_minor))
        self.received.set_wrong(is_wrong=bool(state.tender_problem) and state.way == CASH)
        self._exact.setVisible(not state.tendered)
        self._show_offers(state)
        change = self._presenter.change_minor()
        self._change.setText("–" if change is None else wording.amount(change))
        set_tone(self._change, "text" if change else "text3")
        self._show_pay(state)
        left = state.envelope_left_minor
        if left is not None and price is not None:
            after = wording.money(max(0, left - price.money_minor))
            self._after.setText(say("Envelope after: {money}", money=after))
        else:
            self._after.setText(" ")

    def _show_zone(self, state: SellState) -> None:
        look, say = self._look, self._look.say
        is_row = look.metrics.is_single_column
        is_tender = state.stage is Stage.TENDER
        is_cash = state.way == CASH or not is_tender
        if is_row:
            self._acts.setVisible(is_tender and is_cash)
            self.received.setVisible(is_cash)
            self.ways.setVisible(is_tender and bool(state.ways))
            self.language.choose(state.language)
        else:
            self._to_pay.setText(say("To pay") if state.rest is None else say("Still to pay"))
            self._cash.setVisible(is_cash)
            self._after.setVisible(is_cash and not look.metrics.is_compact)
        self.payer.setVisible(not is_cash and state.way != SPLIT)
        self.split.setVisible(not is_cash and state.way == SPLIT)
        self.payer.show_state(state)
        self.split.show_state(state)
        self._problem.setText(state.tender_problem)
        self._problem.setVisible(bool(state.tender_problem) and (is_cash or is_row))
        if not is_row:
            self._wrong.setText(state.tender_problem)
            self._wrong.setVisible(bool(state.tender_problem) and not is_cash)

    def _show_pay(self, state: SellState) -> None:
        look, say = self._look, self._look.say
        self.pay.setEnabled(state.money_minor is not None and not state.is_paying and not state.trial_only)
        # Why it is off stands on it: the key that ends the trial, where there is one.
        act = Act.TRIAL if state.trial_only else Act.MAIN
        caption = say("Trial only") if state.trial_only else say("Pay")
        asked_minor = self._presenter.tender.asked_minor() if state.stage is Stage.TENDER else 0
        if asked_minor and not state.trial_only:
            caption = self._ask_caption(state, asked_minor)
        self.pay.set_caption(say("One moment") if state.is_paying else caption, cap=look.keys.cap_of(act))

    def _ask_caption(self, state: SellState, asked_minor: int) -> str:
        look = self._look
        amount = look.wording.amount(asked_minor)
        codes = {part.code for part in state.parts if part.code != CASH}
        way = self._presenter.tender.way_of(next(iter(codes))) if len(codes) == 1 else None
        short = look.say("Ask for {amount}", amount=amount)
        if way is None:
            return short
        name = way.label if way.is_down else way_name(look, way, is_short=True)
        long = look.say("Ask for {amount} by {provider}", amount=amount, provider=name)
        return main_caption(look, long, short)

    def _show_offers(self, state: SellState) -> None:
        look, wording = self._look, self._look.wording
        offers = self._presenter.tender_offers()
        while len(self._offer_buttons) < len(offers):
            button = KeyButton(look, "", size="normal")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(partial(self._on_offer, len(self._offer_buttons)))
            self._offer_buttons.append(button)
            self._offers.addWidget(button, 1)
        chosen = self._presenter.tendered_minor()
        for n, button in enumerate(self._offer_buttons):
            button.setVisible(n < len(offers))
            if n < len(offers):
                text = wording.amount(offers[n])
                is_exact = n == 0 and not look.metrics.is_single_column
                # Where the zone is narrow the word stands under the sum.
                is_narrow = is_exact and look.metrics.is_compact
                button.set_under(look.say("exact") if is_narrow else "")
                button.set_caption(
                    look.say("{amount} exact", amount=text) if is_exact and not is_narrow else text
                )
                button.set_chosen(is_chosen=chosen == offers[n])
                button.setEnabled(not state.is_paying and not state.trial_only)

    def _on_offer(self, n: int, *_: object) -> None:
        offers = self._presenter.tender_offers()
        if n < len(offers):
            self._presenter.use_tendered(offers[n])

    def _on_pay(self) -> None:
        self._presenter.main()

    def focus(self, state: SellState) -> None:
        """Put the caret into the first field of the way that is chosen."""
        if state.way == CASH:
            self.received.edit.setFocus()
        elif state.way == SPLIT:
            self.split.focus(state)
        else:
            self.payer.focus()

    def focus_wrong(self, state: SellState) -> None:
        """Put the caret into the phone that cannot be asked, or where its bank is looked for."""
        at = next((n for n, part in enumerate(state.parts) if part.tone == "badtext"), None)
        if at is None:
            return
        options = self.split.options if state.way == SPLIT else self.payer.options
        if at == state.part_at and options.wants_bank():
            options.bank.setFocus()
            return
        field = self.split.rows[at].payer if state.way == SPLIT else self.payer.payer
        field.edit.setFocus()
        field.edit.selectAll()


def language_choice(look: Look, presenter: SellPresenter) -> Choice:
    """Return the list of languages a receipt can be printed in."""
    is_short = not look.metrics.is_single_column
    languages = [
        (key, key.upper() if is_short else LANGUAGE_NAMES[key]) for key in presenter.receipt_languages()
    ]
    choice = Choice(look, languages, name=look.say("Language of the receipt"))
    choice.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    choice.picked.connect(presenter.choose_language)
    return choice
