"""The shop's accounts at its providers: credentials, trying them, balance with its age, payers' names."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pos.config import PROVIDER_LOW_MINOR, PROVIDERS
from pos.domain.ledger import tender_account
from pos.domain.permissions import Actor, Permission
from pos.errors import KilotillError, UserError
from pos.gateways.bank_lists import BankLists, charges_banks
from pos.gateways.base import Balance, BankList, PayerInfo, PaymentGateway, Profile
from pos.gateways.breaker import BreakerState
from pos.gateways.factory import FIELDS, check_credentials
from pos.gateways.requests_check import check_country
from pos.models.ledger_book import Book
from pos.models.queries.money import balance_minor
from pos.models.stored import instant_of, milliseconds_of
from pos.models.uow import Units
from pos.services.approval import require, require_any
from pos.services.facts import privileged_act
from pos.services.provider_set import ProviderSet, secret_name
from pos.services.settings import SettingValues
from pos.system.clock import Clock
from pos.system.secrets import SecretStore
from pos.tokens.secret import Secret

logger = logging.getLogger(__name__)

SHOWN_CHARACTERS = 4
REFRESH_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """A provider as the settings show it. `balance` is what it last said, with its time; never made up.

    `booked_minor` is what our own books say it holds. `credentials` shows the last characters of each.
    """

    code: str
    label: str
    tender: str
    is_ready: bool
    is_offered: bool
    credentials: Mapping[str, str]
    fields: tuple[str, ...]
    """The names of its credentials; those of refunds may be left out."""
    balance: Balance | None
    balance_age: timedelta | None
    trouble: str
    booked_minor: int
    is_low: bool
    breaker: BreakerState | None


class ProviderAccounts:
    """Keeps and tries credentials, and asks for balances."""

    def __init__(
        self,
        units: Units,
        book: Book,
        providers: ProviderSet,
        *,
        clock: Clock,
        secrets: SecretStore | None,
        values: Callable[[], SettingValues],
    ) -> None:
        """Wire the parts; without `secrets` (a command that only looks) nothing can be stored."""
        self._units = units
        self._book = book
        self._providers = providers
        self._clock = clock
        self._secrets = secrets
        self._values = values
        self._banks = BankLists(clock)

    def statuses(self, actor: Actor) -> list[ProviderStatus]:
        """Return every provider as known now, asking none. Raises UserError `permission.denied`."""
        require_any(actor, Permission.SETTING_EDIT, Permission.FLOAT_VIEW)
        return [self._status(code) for code in PROVIDERS]

    def set_credentials(self, actor: Actor, code: str, given: Mapping[str, str]) -> None:
        """Store what was typed; only that it was changed is written down, never what.

        Raises:
            UserError: `permission.denied`, `provider.unknown`, `provider.credentials`.
            MachineFault: `secrets.*`.
        """
        require(actor, Permission.SETTING_EDIT)
        assert self._secrets is not None, "opened for writing"
        if code not in FIELDS:
            raise UserError("provider.unknown", f"There is no provider {code[:40]!r}.")
        plain = {name: value.strip() for name, value in given.items() if value.strip()}
        check_credentials(code, plain)
        self._secrets.set(secret_name(code), Secret(json.dumps(plain).encode()))
        act = privileged_act(Permission.SETTING_EDIT, "credentials", code, reason="typed anew")
        with self._units.write() as unit:
            self._book.record(unit, "privileged_act", act, actor=actor.id)

    def test(self, actor: Actor, code: str, given: Mapping[str, str] | None = None) -> Balance:
        """Ask a provider for the shop's balance, with what was typed or what is stored.

        Raises:
            UserError: `permission.denied`, `provider.*`.
            Unavailable, Rejected: what the provider or the line says.
        """
        require(actor, Permission.SETTING_EDIT)
        gateway = self._needed(code) if given is None else self._providers.make(code, given)
        balance = gateway.balance()
        if given is None:
            self._keep(code, balance, "")
        return balance

    def refresh(self, code: str) -> None:
        """Ask for a balance and keep it, or keep what was in the way; the last one stays with its age."""
        gateway = self._providers.gateways().get(code)
        if gateway is None:
            return
        try:
            balance = gateway.balance()
        except KilotillError as error:
            self._keep(code, None, error.code)
        else:
            self._keep(code, balance, "")

    def refresh_due(self) -> None:
        """Ask for the balances that were not asked for within the hour."""
        with self._units.read() as connection:
            rows: Any = connection.exec_driver_sql("SELECT provider, tried_at FROM provider_account").all()
        tried = {row[0]: instant_of(row[1]) for row in rows if row[1] is not None}
        now = self._clock.now()
        for code in self._providers.offered():
            if code not in tried or now - tried[code] >= REFRESH_EVERY:
                self.refresh(code)

    def banks(self, profile: Profile) -> BankList | None:
        """Return the banks whose accounts a provider charges, as last heard; asks nobody."""
        return self._banks.known(profile)

    def refresh_banks(self) -> None:
        """Ask for the lists of banks that are not known or older than a day; who is away is asked later."""
        for gateway in self._providers.offered().values():
            if charges_banks(gateway):
                try:
                    self._banks.get(gateway)
                except KilotillError as error:
                    # The counter types the bank's code then.
                    logger.info("%s lists no banks now: %s", gateway.profile.code, error.code)

    def payer(self, actor: Actor, code: str, phone: str) -> PayerInfo:
        """Ask who a phone (E.164) belongs to, where the provider tells it.

        Raises:
            UserError: `permission.denied`, `provider.not_set_up`, `provider.country`.
            Unavailable, Rejected: what the provider or the line says.
        """
        require(actor, Permission.SALE_CREATE)
        gateway = self._needed(code)
        check_country(phone, gateway.profile)
        return gateway.verify_payer(phone)

    def _needed(self, code: str) -> PaymentGateway:
        gateway = self._providers.gateways().get(code)
        if gateway is None:
            raise self._providers.clash(self._values()) or UserError(
                "provider.not_set_up", "This provider is not set up on this till."
            )
        return gateway

    def _keep(self, code: str, balance: Balance | None, trouble: str) -> None:
        now = milliseconds_of(self._clock.now())
        with self._units.write() as unit:
            unit.connection.exec_driver_sql(
                "INSERT INTO provider_account (provider, tried_at, trouble) VALUES (?, ?, ?) "
                "ON CONFLICT (provider) DO UPDATE SET tried_at = excluded.tried_at, "
                "trouble = excluded.trouble",
                (code, now, trouble or None),
            )
            if balance is not None:
                unit.connection.exec_driver_sql(
                    "UPDATE provider_account SET currency = ?, balance_minor = ?, balance_at = ? "
                    "WHERE provider = ?",
                    (balance.currency, balance.amount_minor, milliseconds_of(balance.at), code),
                )

    def _status(self, code: str) -> ProviderStatus:
        gateway = self._providers.gateways().get(code)
        stored = self._providers.credentials(code) if self._secrets is not None else None
        tender = code if gateway is None else gateway.profile.tender
        with self._units.read() as connection:
            row: Any = connection.exec_driver_sql(
                "SELECT balance_minor, currency, balance_at, trouble FROM provider_account "
                "WHERE provider = ?",
                (code,),
            ).one_or_none()
            booked_minor = balance_minor(connection, tender_account(tender, ""))
        balance = None if row is None or row[0] is None else Balance(row[0], row[1], instant_of(row[2]))
        low_minor = self._values()[PROVIDER_LOW_MINOR]
        return ProviderStatus(
            code=code,
            label=code if gateway is None else gateway.profile.label,
            tender=tender,
            is_ready=gateway is not None,
            is_offered=code in self._providers.offered(),
            credentials={name: shown(value) for name, value in (stored or {}).items()},
            fields=FIELDS[code],
            balance=balance,
            balance_age=None if balance is None else self._clock.now() - balance.at,
            trouble="" if row is None else row[3] or "",
            booked_minor=booked_minor,
            is_low=balance is not None and balance.amount_minor < low_minor,
            breaker=self._providers.breakers().get(code),
        )


def shown(secret: str) -> str:
    """Return the last characters of a secret, as people may see it; nothing of a short one."""
    return f"…{secret[-SHOWN_CHARACTERS:]}" if len(secret) > 3 * SHOWN_CHARACTERS else "…"
