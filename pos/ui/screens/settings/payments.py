"""Providers of payments: what is known of each, credentials typed once, a try, money there and its age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pos.gateways.base import Balance
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.settings.section import Section, SectionState

if TYPE_CHECKING:
    from pos.services.provider_accounts import ProviderStatus


@dataclass(frozen=True, slots=True)
class PaymentsState(SectionState):
    """What is known of each provider, whose credentials are typed, and what came of the last try."""

    statuses: tuple[ProviderStatus, ...] = ()
    clash: str = ""
    chosen: str = ""
    typed: Mapping[str, str] = field(default_factory=dict, repr=False)
    tried: str = ""
    said: str = ""


class PaymentsSection(Section[PaymentsState]):
    """Decides about the page. What is typed is kept until it is stored or left, and shown to nobody."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, PaymentsState())

    def open(self) -> None:
        """Read what is known; no provider is asked."""
        payments, actor = self.context.desk.payments, self.context.actor

        def read() -> tuple[tuple[ProviderStatus, ...], str]:
            return tuple(payments.accounts.statuses(actor)), payments.clash()

        def got(found: tuple[tuple[ProviderStatus, ...], str]) -> None:
            self.set(statuses=found[0], clash=found[1])

        self.submit(Lane.NET, read, got, is_shown=False)

    def choose(self, code: str) -> None:
        """Type the credentials of a provider."""
        self.set(chosen=code, typed={}, wrong={}, tried="", said="")

    def close(self) -> None:
        """Forget what was typed."""
        if self.state.chosen or self.state.typed:
            self.set(chosen="", typed={}, wrong={}, tried="", said="")

    def type_secret(self, name: str, text: str) -> None:
        """Take one of the credentials."""
        self.type(typed={**self.state.typed, name: text})

    def fields(self) -> tuple[str, ...]:
        """Return the names of the credentials of the chosen provider."""
        return next((one.fields for one in self.state.statuses if one.code == self.state.chosen), ())

    def test(self, code: str) -> None:
        """Ask a provider for the money there: with what is typed, else with what is stored."""
        payments, actor = self.context.desk.payments, self.context.actor
        typed = {name: text for name, text in self.state.typed.items() if text.strip()}
        given = typed if code == self.state.chosen and typed else None

        def tried(balance: Balance) -> None:
            money = f"{balance.currency} {self.context.wording.amount(balance.amount_minor)}"
            self.set(tried=code, said=self.say("It works. Money there: {money}", money=money))
            self.open()

        self.set(tried=code, said="")
        self.submit(Lane.NET, lambda: payments.accounts.test(actor, code, given), tried, field=f"test {code}")

    def save(self) -> None:
        """Store the credentials that are typed."""
        code, typed, names = self.state.chosen, dict(self.state.typed), self.fields()
        if not names or self.state.is_busy:
            return
        payments, actor = self.context.desk.payments, self.context.actor

        def saved(_: None) -> None:
            self.set(chosen="", typed={}, tried="", said="")
            self.context.shell.toast(self.say("The credentials are kept."))
            self.context.shell.settings_changed()
            self.open()

        self.submit(
            Lane.NET, lambda: payments.accounts.set_credentials(actor, code, typed), saved, field=names[0]
        )
