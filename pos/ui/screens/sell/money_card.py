"""The money zone: to pay, how, what was received, the change, Pay."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from pos.domain.money import minor_digits
from pos.services.price_view import units_text
from pos.services.sale_values import SaleKind
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.state import SellState, Stage
from pos.ui.screens.sell.words import owner_text
from pos.ui.widgets.card import Card
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import NumberField
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import ElidedLabel, label, rule, set_tone

_LANGUAGES = {"en": "English", "fr": "Français", "rw": "Ikinyarwanda", "sw": "Kiswahili"}


class MoneyCard(Card):
    """Cash; other ways to pay stand here as soon as the shop has them."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        metrics = look.metrics
        super().__init__(padding=metrics.padding, gap=metrics.fixed(8, 6))
        self._look = look
        self._presenter = presenter
        say = look.say
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(label(look, say("To pay"), Type.BODY, tone="text2"))
        self._what = ElidedLabel(look, "", Type.SUPPORT, tone="text2", align=Qt.AlignmentFlag.AlignRight)
        top.addWidget(self._what, 1)
        self.body.addLayout(top)
        self._total = label(look, "", Type.TOTAL)
        self.body.addWidget(self._total)
        self._make_ways()
        self.body.addWidget(self._make_received())
        self._offers = QHBoxLayout()
        self._offers.setSpacing(8)
        self.body.addLayout(self._offers)
        self._offer_buttons: list[KeyButton] = []
        self.body.addSpacing(metrics.fixed(6, 0))
        self.body.addWidget(rule())
        change = QHBoxLayout()
        self._change_name = label(look, say("Change"), Type.BODY, tone="text2")
        self._change = label(look, "0", Type.TOTAL)
        self._change.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        change.addWidget(self._change_name)
        change.addWidget(self._change, 1)
        self.body.addLayout(change)
        self.body.addStretch(1)
        self.pay = KeyButton(look, say("Pay"), cap=look.keys.cap_of(Act.MAIN), kind="accent", size="pay")
        self.pay.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.body.addWidget(self.pay)
        self._after = label(look, "", Type.SUPPORT, tone="text2")
        self._after.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        if metrics.is_compact:
            self._after.hide()
        self.body.addWidget(self._after)
        self.pay.clicked.connect(self._on_pay)
        self.received.changed.connect(presenter.type_tendered)

    def _make_ways(self) -> None:
        look, say = self._look, self._look.say
        names = QHBoxLayout()
        names.addWidget(label(look, say("Pay with"), Type.BODY, tone="text2"))
        names.addStretch(1)
        names.addWidget(label(look, say("Receipt in"), Type.SUPPORT, tone="text2"))
        self.body.addLayout(names)
        grid = QGridLayout()
        grid.setSpacing(8)
        self._cash = KeyButton(look, say("Cash"), cap="1", icon="cash", spread=True)
        self._cash.set_chosen(is_chosen=True)
        self._cash.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        languages = [(key, _LANGUAGES[key]) for key in self._presenter.receipt_languages()]
        self._language = Choice(look, languages, name=say("Language of the receipt"))
        self._language.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._language.picked.connect(self._presenter.choose_language)
        grid.addWidget(self._cash, 0, 0)
        grid.addWidget(self._language, 0, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.body.addLayout(grid)

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
        currency = look.wording.currency
        self.received = NumberField(
            look,
            before=currency,
            kind=Type.RECEIVED,
            decimals=minor_digits(currency),
            height=look.metrics.px(56, 44),
            name=say("Cash received"),
        )
        column.addWidget(self.received)
        self._problem = label(look, "", Type.BODY, tone="badtext", wraps=True)
        self._problem.hide()
        column.addWidget(self._problem)
        return holder

    def show_state(self, state: SellState) -> None:
        """Show a state."""
        look, wording, say = self._look, self._look.wording, self._look.say
        price, card = state.price, state.card
        is_tender = state.stage is Stage.TENDER
        self._total.setText(wording.money(0 if price is None else price.money_minor))
        set_tone(self._total, "text3" if price is None else "text")
        if price is not None and card is not None and state.kind is SaleKind.ENERGY:
            units = units_text(price.token_milli, price.unit, wording)
            self._what.setText(say("{units} for {name}", units=units, name=owner_text(card.meter, look)))
        else:
            self._what.setText("")
        self.received.setEnabled(is_tender and not state.is_paying)
        self.received.set_text(state.tendered)
        self.received.set_hint("" if price is None else wording.amount(price.money_minor))
        self.received.set_wrong(is_wrong=bool(state.tender_problem))
        self._exact.setVisible(not state.tendered)
        self._problem.setText(state.tender_problem)
        self._problem.setVisible(bool(state.tender_problem))
        self._show_offers(state)
        change = self._presenter.change_minor()
        self._change.setText("–" if change is None else wording.amount(change))
        set_tone(self._change, "text" if change else "text3")
        self.pay.setEnabled(price is not None and not state.is_paying and not state.trial_only)
        self.pay.set_caption(say("One moment") if state.is_paying else say("Pay"))
        self._language.choose(state.language)
        left = state.envelope_left_minor
        if left is not None and price is not None:
            self._after.setText(
                say("Envelope after: {money}", money=wording.money(max(0, left - price.money_minor)))
            )
        else:
            self._after.setText(" ")

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
                button.set_caption(
                    look.say("{amount} exact", amount=text)
                    if n == 0 and not look.metrics.is_compact
                    else text
                )
                button.set_chosen(is_chosen=chosen == offers[n])
                button.setEnabled(not state.is_paying and not state.trial_only)

    def _on_offer(self, n: int, *_: object) -> None:
        offers = self._presenter.tender_offers()
        if n < len(offers):
            self._presenter.use_tendered(offers[n])

    def _on_pay(self) -> None:
        self._presenter.main()

    def focus(self) -> None:
        """Put the caret into "cash received"."""
        self.received.edit.setFocus()
