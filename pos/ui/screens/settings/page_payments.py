"""The page of payments: which providers, sandbox or live, and one card for each provider beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from pos import config
from pos.ui.look import Look, Type
from pos.ui.refusal_words import code_words
from pos.ui.screens.settings.form import Form
from pos.ui.screens.settings.page_fields import FieldsPage
from pos.ui.screens.settings.pages import Page
from pos.ui.screens.settings.parts import Choosers, Fact, act_row, clear, pair, side_card, side_column
from pos.ui.screens.settings.payments import PaymentsSection, PaymentsState
from pos.ui.screens.settings.setting_fields import PROVIDER_NAMES
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.card import Card, CardHead, Note
from pos.ui.widgets.fields import EnterFilter, LabelledField, line_edit
from pos.ui.widgets.flow import FlowRow
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule, set_tone

if TYPE_CHECKING:
    from pos.services.provider_accounts import ProviderStatus


class PaymentsPage(FieldsPage):
    """Settings at the left, providers at the right."""

    def __init__(
        self, look: Look, page: Page, form: Form, *, choosers: Choosers, section: PaymentsSection
    ) -> None:
        self._section = section
        super().__init__(look, page, form, choosers)
        section.show = self.show_state
        self.show_state(section.state)

    def build(self, page: Page) -> None:
        """What every shop sets first, then what each provider wants."""
        look, say = self.look, self.say
        self.clash = Note(look, "bad", "")
        self.clash.hide()
        self.column.addWidget(self.clash)
        for setting in (config.PAYMENT_PROVIDERS, config.PAYMENT_STAGE, config.PAYMENT_MODE):
            self.column.addWidget(self.add(setting).widget)
        self.column.addWidget(self.add(config.PROVIDER_LOW_MINOR).widget)
        groups = (
            ("MTN MoMo", (config.MTN_ENVIRONMENT, config.MTN_URL)),
            ("Airtel Money", (config.AIRTEL_URL, config.AIRTEL_VERSION)),
            ("Paystack", (config.PAYSTACK_EMAIL, config.PAYSTACK_URL)),
        )
        for name, settings in groups:
            self.column.addWidget(rule())
            self.column.addWidget(label(look, name, Type.NAME))
            self.column.addLayout(pair(look, *(self.add(one).widget for one in settings)))
        self.column.addWidget(rule())
        self.column.addWidget(self.add(config.SANDBOX_URL).widget)
        self.column.addStretch(1)
        self.cards = {code: ProviderCard(look, code, self._section) for code in config.PROVIDERS}
        self.typing = self._make_typing()
        self.side = side_column(look, self.typing, *self.cards.values())
        self.side_title = say("Providers")

    def _make_typing(self) -> Card:
        look, say, section = self.look, self.say, self._section
        card, inside = side_card(look, say("Credentials"))
        self._typing_title = label(look, "", Type.NAME)
        inside.addWidget(self._typing_title)
        text = say("They are kept in this computer's key store and never shown whole again.")
        inside.addWidget(label(look, text, Type.SUPPORT, tone="text2", wraps=True))
        self._fields = QVBoxLayout()
        self._fields.setSpacing(8)
        inside.addLayout(self._fields)
        self.typing_said = label(look, "", Type.SUPPORT, wraps=True)
        inside.addWidget(self.typing_said)
        self.save = KeyButton(look, say("Keep them"), cap=say("Enter"), kind="accent")
        self.try_typed = KeyButton(look, say("Test connection"))
        self.drop = KeyButton(look, say("Back"), cap="Esc")
        self.save.clicked.connect(section.save)
        self.try_typed.clicked.connect(lambda: section.test(section.state.chosen))
        self.drop.clicked.connect(section.close)
        inside.addLayout(act_row(self.save, self.drop))
        inside.addLayout(act_row(self.try_typed))
        self.edits: dict[str, QLineEdit] = {}
        self._labelled: dict[str, LabelledField] = {}
        self._typed_for = ""
        card.hide()
        return card

    def escape(self) -> bool:
        """Leave the credentials as they are."""
        if not self._section.state.chosen:
            return False
        self._section.close()
        return True

    def show_state(self, state: PaymentsState) -> None:
        """Show what is known."""
        self.clash.setVisible(bool(state.clash))
        if state.clash:
            self.clash.say(code_words(state.clash, self.look.wording))
        for status in state.statuses:
            self.cards[status.code].show_status(status, state)
        for card in self.cards.values():
            card.setVisible(not state.chosen)
        self.typing.setVisible(bool(state.chosen))
        if state.chosen != self._typed_for:
            self._typed_for = state.chosen
            self._rebuild_fields(state.chosen)
        for name, labelled in self._labelled.items():
            labelled.set_wrong(state.wrong.get(name, ""))
        wrong = state.wrong.get(f"test {state.chosen}", "")
        self.typing_said.setText(wrong or (state.said if state.tried == state.chosen else ""))
        set_tone(self.typing_said, "badtext" if wrong else "oktext")
        for button in (self.save, self.try_typed):
            button.setEnabled(not state.is_busy)

    def _rebuild_fields(self, code: str) -> None:
        clear(self._fields)
        self.edits, self._labelled = {}, {}
        self._typing_title.setText(PROVIDER_NAMES.get(code, code))
        for name in self._section.fields():
            edit = line_edit(self.look, is_secret=True)
            edit.setMaxLength(300)
            edit.textEdited.connect(self._typed(name))
            edit.installEventFilter(EnterFilter(edit, self._section.save))
            labelled = LabelledField(self.look, field_word(name, self.say), edit)
            self.edits[name], self._labelled[name] = edit, labelled
            self._fields.addWidget(labelled)
        if self.edits:
            self.side_wanted.emit()
            next(iter(self.edits.values())).setFocus()

    def _typed(self, name: str) -> Callable[[str], None]:
        return lambda text: self._section.type_secret(name, text)


class ProviderCard(Card):
    """Whether it can be offered, its credentials' last characters, the money there and how old that is."""

    def __init__(self, look: Look, code: str, section: PaymentsSection) -> None:
        super().__init__()
        self._look = look
        self._code = code
        say = look.say
        head = CardHead(look, PROVIDER_NAMES.get(code, code))
        self.badge = Badge(look, "", "neutral")
        head.row.addWidget(self.badge)
        self.body.addWidget(head)
        self.body.addWidget(rule())
        inside = QVBoxLayout()
        padding = look.metrics.padding
        inside.setContentsMargins(padding, look.metrics.fixed(12, 8), padding, look.metrics.fixed(14, 10))
        inside.setSpacing(look.metrics.fixed(8, 6))
        self._facts = QVBoxLayout()
        self._facts.setSpacing(6)
        inside.addLayout(self._facts)
        self.said = label(look, "", Type.SUPPORT, wraps=True)
        inside.addWidget(self.said)
        self.test = KeyButton(look, say("Test connection"), size="small")
        self.type = KeyButton(look, say("Type credentials"), size="small", icon="key")
        self.test.clicked.connect(lambda: section.test(code))
        self.type.clicked.connect(lambda: section.choose(code))
        acts = FlowRow(gap=8)
        for button in (self.type, self.test):
            acts.addWidget(button)
        inside.addWidget(acts)
        self.body.addLayout(inside)

    def show_status(self, status: ProviderStatus, state: PaymentsState) -> None:
        """Show what is known of it."""
        look, wording, say = self._look, self._look.wording, self._look.say
        self.badge.show_state(*_state_of(status, look))
        clear(self._facts)
        rows: list[tuple[str, str, str]] = []
        for name, text in status.credentials.items():
            rows.append((field_word(name, say), text, ""))
        if status.balance is not None and status.balance_age is not None:
            money = f"{status.balance.currency} {wording.amount(status.balance.amount_minor)}"
            age = wording.age(max(0, int(status.balance_age.total_seconds())))
            light = "warn" if status.is_low else "ok"
            rows.append((say("Money there"), say("{money}, {age} ago", money=money, age=age), light))
        rows.append((say("Our books say"), wording.money(status.booked_minor), ""))
        if status.trouble:
            rows.append((say("Last try"), code_words(status.trouble, wording), "warn"))
        for name, value, light in rows:
            fact = Fact(look, name, value, light)
            fact.value.setAccessibleName(f"{name}: {value}")
            self._facts.addWidget(fact)
        wrong = state.wrong.get(f"test {self._code}", "")
        self.said.setText(wrong or (state.said if state.tried == self._code else ""))
        self.said.setVisible(bool(self.said.text()))
        set_tone(self.said, "badtext" if wrong else "oktext")
        self.test.setEnabled(not state.is_busy and status.is_ready)


def _state_of(status: ProviderStatus, look: Look) -> tuple[str, str]:
    say = look.say
    if status.breaker is not None and status.breaker.circuit.value == "open":
        return say("No answer"), "bad"
    if status.is_offered:
        return say("Offered"), "ok"
    if status.is_ready:
        return say("Not for this shop"), "neutral"
    return say("Not set up"), "neutral"


def field_word(name: str, say: Callable[..., str]) -> str:
    """Return what a credential is called."""
    words = {
        "subscription_key": say("Subscription key"),
        "user_id": say("API user"),
        "api_key": say("API key"),
        "refund_subscription_key": say("Subscription key for refunds"),
        "refund_user_id": say("API user for refunds"),
        "refund_api_key": say("API key for refunds"),
        "client_id": say("Client id"),
        "client_secret": say("Client secret"),
        "secret_key": say("Secret key"),
    }
    return words.get(name, name)
