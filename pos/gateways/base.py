"""The port that all payment providers share, and the plain values that go through it (docs/payments.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, TypeAlias
from uuid import UUID

from pos.domain.payment_reports import FINAL_OUTCOMES, Outcome, Report, Source
from pos.domain.poll_schedule import PollSchedule
from pos.gateways.reasons import Reason


class Means(StrEnum):
    """By what a payer can pay; a provider declares those it takes."""

    PHONE = "phone"
    LINK = "link"
    BANK = "bank"
    USSD = "ussd"
    CARD = "card"
    SAVED_CARD = "saved_card"


@dataclass(frozen=True, slots=True)
class ByPhone:
    """The payer approves on a phone. `phone` is E.164; `network` only where a provider serves several."""

    phone: str = field(repr=False)
    network: str = ""


@dataclass(frozen=True, slots=True)
class ByLink:
    """The payer opens a page of the provider: a link, shown as a QR code."""


@dataclass(frozen=True, slots=True)
class ByBank:
    """The payer's bank account is charged."""

    bank_code: str
    account_number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ByUssd:
    """The payer dials a code of this bank."""

    bank_code: str


@dataclass(frozen=True, slots=True)
class ByCard:
    """A card typed in; only for merchants whom the card rules allow that."""

    number: str = field(repr=False)
    cvv: str = field(repr=False)
    expiry_month: str
    expiry_year: str


@dataclass(frozen=True, slots=True)
class BySavedCard:
    """A card that the provider keeps for this customer."""

    authorization_code: str = field(repr=False)


PayBy: TypeAlias = ByPhone | ByLink | ByBank | ByUssd | ByCard | BySavedCard


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """A payment as stored before it is sent; `reference` comes from the gateway's `reference_for`."""

    reference: str
    amount_minor: int
    currency: str
    pay_by: PayBy
    payer_email: str = field(default="", repr=False)
    payer_text: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """A refund as stored before it is sent: its own reference, and both references of the payment."""

    reference: str
    payment_reference: str
    provider_reference: str
    amount_minor: int
    currency: str
    note: str = ""


class StepKind(StrEnum):
    """What must happen next before the payment can go on."""

    APPROVE_ON_PHONE = "approve_on_phone"
    OPEN_LINK = "open_link"
    PAY_OFFLINE = "pay_offline"
    GIVE_PIN = "give_pin"
    GIVE_OTP = "give_otp"
    GIVE_PHONE = "give_phone"
    GIVE_BIRTHDAY = "give_birthday"
    GIVE_ADDRESS = "give_address"


@dataclass(frozen=True, slots=True)
class NextStep:
    """What the payer or the cashier does next; `url` is also what a QR code holds."""

    kind: StepKind
    text: str = ""
    url: str = ""
    ussd_code: str = ""
    account_number: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A card holder's address, for the rare bank that asks for it."""

    street: str
    city: str
    state: str
    zip_code: str


@dataclass(frozen=True, slots=True)
class StepInput:
    """What the payer gave for a step."""

    kind: StepKind
    value: str | date | Address = field(repr=False)


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What a provider answered, whole but without secrets and full phones; for managers, then purged."""

    at: datetime
    call: str
    http_status: int | None
    body: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider's answer means. Money it did not state is None, never guessed."""

    outcome: Outcome
    reason: Reason
    raw: RawAnswer
    code: str = ""
    """The provider's own word or code."""
    amount_minor: int | None = None
    currency: str | None = None
    reference: str | None = None
    provider_reference: str = ""
    fee_minor: int | None = None
    step: NextStep | None = None
    is_silent: bool = False
    ask_after: datetime | None = None

    @property
    def is_final(self) -> bool:
        """Say whether the provider will not change its mind, as far as its documents go."""
        return self.outcome in FINAL_OUTCOMES

    @property
    def text(self) -> str:
        """Say in plain English what happened; screens translate it by `reason`."""
        return self.reason.text

    def report(self, source: Source) -> Report:
        """Give what the recovery rule needs (pos/domain/payment_recovery.py)."""
        return Report(
            source=source,
            outcome=self.outcome,
            reason=self.reason.value,
            amount_minor=self.amount_minor,
            currency=self.currency,
            reference=self.reference,
            is_silent=self.is_silent,
            ask_after=self.ask_after,
        )


@dataclass(frozen=True, slots=True)
class Balance:
    """Money a shop has at a provider, as the provider said it at `at`."""

    amount_minor: int
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank whose accounts a provider charges; `code` is what `ByBank` names it by."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class BankList:
    """The banks a provider charges, by name, as it said at `at`."""

    banks: tuple[Bank, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class PayerInfo:
    """What a provider knows of a payer; `name` is empty where it does not tell names."""

    is_active: bool
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """The least and the most of one payment; None where the provider publishes no bound."""

    least_minor: int = 1
    most_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What a provider is and can do, as the tender screen needs it. No countries: any country."""

    code: str
    label: str
    tender: str
    currencies: frozenset[str]
    countries: frozenset[str]
    means: frozenset[Means]
    schedule: PollSchedule
    can_refund_part: bool = False
    can_name_payer: bool = False

    @property
    def shows_link(self) -> bool:
        """Say whether a link with its QR code can be shown to the payer."""
        return Means.LINK in self.means

    def fits(self, country: str, currency: str) -> bool:
        """Say whether a sales point in that country, selling in that currency, may offer this provider."""
        return currency in self.currencies and (not self.countries or country in self.countries)


class PaymentGateway(Protocol):
    """One provider of payments.

    The calls about one payment never raise for what the other side or the line does: every such thing is an
    `Answer`. The others (`balance`, `banks`, `verify_payer`) raise `Unavailable` or `Rejected`.
    """

    @property
    def profile(self) -> Profile:
        """Say what this provider is and can do."""
        ...

    def limits(self, currency: str) -> Limits:
        """Give the bounds of one payment in a currency."""
        ...

    def reference_for(self, payment_id: UUID, at: datetime) -> str:
        """Make the reference of a payment or refund: the same for the same arguments, and never shared.

        It is stored, with amount and payer, before the request leaves.
        """
        ...

    def request_payment(self, request: PaymentRequest) -> Answer:
        """Ask the payer for money. Repeated with the same request it never charges twice."""
        ...

    def ask_payment(self, reference: str) -> Answer:
        """Ask what became of a payment."""
        ...

    def continue_payment(self, reference: str, given: StepInput) -> Answer:
        """Hand over what the payer gave for a step; `payment.no_step` where the provider has none."""
        ...

    def refund(self, request: RefundRequest) -> Answer:
        """Give a succeeded payment back, whole or in part where the provider can."""
        ...

    def ask_refund(self, request: RefundRequest) -> Answer:
        """Ask what became of a refund."""
        ...

    def balance(self) -> Balance:
        """Ask for the shop's money there."""
        ...

    def banks(self) -> BankList:
        """List the banks whose accounts it charges; `provider.not_offered` where it has no such list."""
        ...

    def verify_payer(self, phone: str) -> PayerInfo:
        """Ask whether a phone (E.164) can pay, and its owner's name where the provider tells it."""
        ...
