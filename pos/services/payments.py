"""Everything about payments that are not cash in one place: providers, desk, refunds, fees, messages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from pos.config import (
    AUDIT_DAYS,
    EMAIL_WAY,
    MESSAGE_FOLDER,
    PAYMENT_MODE,
    PAYMENT_PROVIDERS,
    SMS_WAY,
    SMTP_SENDER,
    SMTP_SERVER,
)
from pos.domain.permissions import Actor
from pos.errors import UserError
from pos.gateways.base import PaymentGateway, Profile
from pos.gateways.messages import FileMessages, MessageWay, SmtpMessages
from pos.models.ledger_book import Book
from pos.models.queries.payments import purge_answers
from pos.models.uow import Units
from pos.services.checkout import Checkout
from pos.services.delivery import CheckoutRules, Delivery
from pos.services.fee_rules import FeeRules
from pos.services.outbox import Outbox
from pos.services.payment_asking import Asking
from pos.services.payment_desk import Announcement, PaymentDesk
from pos.services.payment_lines import PaymentLines
from pos.services.payment_refunds import PaymentRefunds
from pos.services.payment_rest import RestPricing
from pos.services.payment_settling import Settling
from pos.services.refunds import CreditNotes
from pos.services.settings import SettingValues
from pos.services.statements import Statements
from pos.services.token_messages import NoteSent, TokenMessages
from pos.system.clock import Clock
from pos.system.secret_names import PII_KEY
from pos.system.secrets import SecretStore, get_or_make

if TYPE_CHECKING:
    from pos.gateways.sandbox import Sandbox
    from pos.services.payment_proxy import HintLine, PaymentProxies
    from pos.services.provider_accounts import ProviderAccounts
    from pos.services.provider_set import ProviderSet, SalesPlace
    from pos.sync.client import ServerClient

MAIL_SECRET = "provider:smtp"  # noqa: S105 - a name, not its value
"""Where the password of the mail server is kept."""

PURGE_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PaymentShop:
    """What payments need to know of the shop and its machine."""

    name: str
    country: str
    currency: str
    time_zone: tzinfo
    is_pretend: bool
    folder: Path
    """Where messages are written unless a setting says otherwise."""


class Once:
    """Makes a conversation when it is first wanted, and keeps it."""

    def __init__(self, make: Callable[[], ServerClient | None]) -> None:
        """`make` gives None for a till that stands alone: then it is asked again."""
        self._make = make
        self._made: ServerClient | None = None

    def __call__(self) -> ServerClient | None:
        """Return the conversation, None while there can be none."""
        if self._made is None:
            self._made = self._make()
        return self._made


class OncePerThread:
    """Makes a conversation for each thread that wants one: one that hangs holds up no other."""

    def __init__(self, make: Callable[[], ServerClient | None]) -> None:
        """`make` gives None for a till that stands alone: then it is asked again."""
        self._make = make
        self._kept = threading.local()

    def __call__(self) -> ServerClient | None:
        """Return this thread's conversation, None while there can be none."""
        once: Once | None = getattr(self._kept, "once", None)
        if once is None:
            once = self._kept.once = Once(self._make)
        return once()


class Payments:
    """The parts wired together. What speaks HTTP is loaded when a provider is first wanted."""

    def __init__(
        self,
        units: Units,
        book: Book,
        checkout: Checkout,
        *,
        delivery: Delivery,
        shop: PaymentShop,
        clock: Clock,
        secrets: SecretStore | None,
        papers: CreditNotes,
        rules: Callable[[], CheckoutRules],
        values: Callable[[], SettingValues],
        office_client: Callable[[], ServerClient | None] = lambda: None,
    ) -> None:
        """Wire the parts; `office_client` makes a conversation with head office, None without enrolment."""
        self._units = units
        self._book = book
        self._shop = shop
        self._clock = clock
        self._secrets = secrets
        self._values = values
        self._office_client = office_client
        self._proxy_set: PaymentProxies | None = None
        self._hint_line: HintLine | None = None
        self._turn = threading.RLock()
        self._set: ProviderSet | None = None
        self._accounts: ProviderAccounts | None = None
        self._sandbox: Sandbox | None = None
        self._sandbox_override = ""
        self._purged_at: datetime | None = None
        self.outbox = Outbox(units, clock, ways=self._message_ways, sent=NoteSent(book))
        self.texts = TokenMessages(units, self.outbox, shop=shop.name, time_zone=shop.time_zone)
        self.fees = FeeRules(units, book, currency=lambda: shop.currency)
        rest = RestPricing(checkout.preparation, self.fees, clock)
        lines = PaymentLines(book, clock, pii_key=self._pii_key)
        settling = Settling(
            book,
            delivery,
            clock=clock,
            preparation=checkout.preparation,
            lines=lines,
            texts=self.texts,
            rest=rest,
        )
        asking = Asking(units, clock=clock, lines=lines, settling=settling, gateways=self.gateways)
        self.refunds = PaymentRefunds(
            units, clock=clock, gateways=self.gateways, lines=lines, papers=papers, rules=rules
        )
        self.desk = PaymentDesk(
            units,
            book,
            checkout,
            clock=clock,
            gateways=self.gateways,
            lines=lines,
            settling=settling,
            asking=asking,
            refunds=self.refunds,
            fees=self.fees,
            rest=rest,
            currency=lambda: shop.currency,
        )
        self.statements = Statements(units, book, self.desk, clock=clock, currency=shop.currency)

    @property
    def providers(self) -> ProviderSet:
        """The providers that are set up; made when first asked for."""
        with self._turn:
            if self._set is None:
                from pos.gateways.http import Line
                from pos.services.provider_set import ProviderSet

                self._set = ProviderSet(
                    self._place(),
                    Line(self._clock),
                    values=self._values,
                    secrets=self._secrets,
                    sandbox_url=self.sandbox_url,
                    proxies=self._proxies,
                )
            return self._set

    @property
    def accounts(self) -> ProviderAccounts:
        """Credentials, balances and payers."""
        with self._turn:
            if self._accounts is None:
                from pos.services.provider_accounts import ProviderAccounts

                self._accounts = ProviderAccounts(
                    self._units,
                    self._book,
                    self.providers,
                    clock=self._clock,
                    secrets=self._secrets,
                    values=self._values,
                )
            return self._accounts

    def gateways(self) -> Mapping[str, PaymentGateway]:
        """Return the providers that are set up now, by code."""
        return self.providers.gateways()

    def clash(self) -> str:
        """Name the code of a mix of real and play money, empty where there is none or nothing is set up."""
        found = self.providers.clash(self._values())
        is_wanted = any(
            self.providers.credentials(code) is not None for code in self._values()[PAYMENT_PROVIDERS]
        )
        return found.code if found is not None and is_wanted else ""

    def offers(self) -> list[Profile]:
        """Return the providers a cashier may offer: those that fit country and currency here."""
        return [gateway.profile for gateway in self.providers.offered().values()]

    def sandbox_url(self) -> str:
        """Return the address of the sandbox inside this program, starting it when it is first wanted."""
        with self._turn:
            if self._sandbox_override:
                return self._sandbox_override
            if self._sandbox is None:
                from pos.gateways.sandbox import Sandbox

                self._sandbox = Sandbox().start()
            return self._sandbox.base_url

    def use_sandbox(self, url: str) -> None:
        """Use a sandbox that runs by itself, whatever the settings say."""
        self._sandbox_override = url

    def run_due(self) -> list[Announcement]:
        """Do what is due: ask providers, deliver, send messages; returns what is new to say.

        Raises:
            MachineFault: `disk.*`.
        """
        news = self.desk.run_due()
        self.outbox.run_due()
        self._purge()
        return news

    def next_due_at(self) -> datetime | None:
        """Return when `run_due` has something to do next, None while nothing waits."""
        found = [at for at in (self.desk.next_due_at(), self.outbox.next_due_at()) if at is not None]
        return min(found, default=None)

    def wait_for_hints(self) -> bool:
        """Hear callbacks from head office: holds for up to half a minute; True when something is to be asked.

        To be called again and again in a thread of its own while the till pays through head office.

        Raises:
            UserError: `payment.not_central`, this till speaks to its providers itself.
            Unavailable, Rejected: head office does not answer; try again after a pause.
        """
        if self._values()[PAYMENT_MODE] != "central":
            raise UserError("payment.not_central", "This till speaks to its providers itself.")
        with self._turn:
            if self._hint_line is None:
                from pos.services.payment_proxy import HintLine

                self._hint_line = HintLine(Once(self._office_client))
        ours = [self.desk.hint(one.provider, one.reference) for one in self._hint_line.wait()]
        return any(ours)

    def stop(self) -> None:
        """End the sandbox inside this program."""
        with self._turn:
            if self._sandbox is not None:
                self._sandbox.stop()
                self._sandbox = None

    def set_mail_password(self, actor: Actor, password: str) -> None:
        """Keep the mail server's password. Raises UserError `permission.denied`, MachineFault `secrets.*`."""
        from pos.domain.permissions import Permission
        from pos.services.approval import require
        from pos.tokens.secret import Secret

        require(actor, Permission.SETTING_EDIT)
        assert self._secrets is not None, "opened for writing"
        self._secrets.set(MAIL_SECRET, Secret(password.encode()))

    def _purge(self) -> None:
        """Once a day: forget raw answers and payers that are older than the audit period."""
        now = self._clock.now()
        if self._purged_at is not None and now - self._purged_at < PURGE_EVERY:
            return
        self._purged_at = now
        with self._units.write() as unit:
            purge_answers(unit.connection, now - timedelta(days=self._values()[AUDIT_DAYS]))

    def _proxies(self) -> Mapping[str, PaymentGateway]:
        with self._turn:
            if self._proxy_set is None:
                from pos.services.payment_proxy import PaymentProxies

                self._proxy_set = PaymentProxies(OncePerThread(self._office_client), self._clock)
            proxies = self._proxy_set
        # It may ask head office: nobody else waits for that.
        return proxies.gateways()

    def _place(self) -> SalesPlace:
        from pos.services.provider_set import SalesPlace

        return SalesPlace(self._shop.country, self._shop.currency, self._shop.is_pretend)

    def _pii_key(self) -> bytes:
        assert self._secrets is not None, "opened for writing"
        return get_or_make(self._secrets, PII_KEY).reveal()

    def _message_ways(self) -> Mapping[str, MessageWay]:
        values = self._values()
        folder = Path(values[MESSAGE_FOLDER]) if values[MESSAGE_FOLDER] else self._shop.folder
        ways: dict[str, MessageWay] = {}
        if values[SMS_WAY] == "file":
            ways["sms"] = FileMessages(folder)
        if values[EMAIL_WAY] == "file":
            ways["email"] = FileMessages(folder)
        elif values[EMAIL_WAY] == "smtp":
            try:
                password = None if self._secrets is None else self._secrets.get(MAIL_SECRET)
                text = "" if password is None else password.reveal().decode()
                ways["email"] = SmtpMessages(values[SMTP_SERVER], values[SMTP_SENDER], password=text)
            except UserError:
                # Not set up whole: e-mails wait, and the list of messages says why.
                return ways
        return ways
