"""Payments through head office: a till without a provider's keys asks the server to speak for it (§10).

Every answer is the adapter's own; the server adds nothing and decides nothing. A reference belongs to the
till that used it first. `GET /v1/payments/hints` waits for callbacks about this till's payments.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from pos.contracts.wire import Currency, InstantText, Message

Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._=-]{1,64}$")]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9]\d{6,14}$")]
Words = Annotated[str, StringConstraints(max_length=200)]

HINTS_WAIT_S_MAX = 25
HINTS_MAX = 100


class PayByMessage(Message):
    """How the payer pays; which fields count depends on `by`."""

    by: Annotated[str, StringConstraints(pattern=r"^(phone|link|bank|ussd|saved_card)$")]
    phone: str = Field(default="", max_length=20, repr=False)
    network: str = Field(default="", max_length=20)
    bank_code: str = Field(default="", max_length=20)
    account_number: str = Field(default="", max_length=40, repr=False)
    authorization_code: str = Field(default="", max_length=80, repr=False)


class PayRequest(Message):
    reference: Reference
    amount_minor: Annotated[int, Field(gt=0, le=2**53 - 1)]
    currency: Currency
    pay_by: PayByMessage
    payer_email: str = Field(default="", max_length=200, repr=False)
    payer_text: Words = ""
    note: Words = ""


class PayRefund(Message):
    reference: Reference
    payment_reference: Reference
    provider_reference: Words = ""
    amount_minor: Annotated[int, Field(gt=0, le=2**53 - 1)]
    currency: Currency
    note: Words = ""


class PayStep(Message):
    """What the payer gave; a birthday as `2007-04-15`."""

    kind: Words
    value: str = Field(default="", max_length=200, repr=False)
    street: Words = ""
    city: Words = ""
    state: Words = ""
    zip_code: Words = ""


class StepMessage(Message):
    kind: str
    text: str = ""
    url: str = ""
    ussd_code: str = ""
    account_number: str = ""


class RawMessage(Message):
    at: InstantText
    call: str
    http_status: int | None = None
    body: str


class PayAnswer(Message):
    """An `Answer` of the port (pos/gateways/base.py)."""

    outcome: str
    reason: str
    raw: RawMessage
    code: str = ""
    amount_minor: int | None = None
    currency: str | None = None
    reference: str | None = None
    provider_reference: str = ""
    fee_minor: int | None = None
    step: StepMessage | None = None
    is_silent: bool = False
    ask_after: InstantText | None = None


class PaceMessage(Message):
    until_s: int
    every_s: int


class ProviderMessage(Message):
    """A `Profile` of the port, with the bounds of one payment."""

    code: str
    label: str
    tender: str
    currencies: tuple[str, ...]
    countries: tuple[str, ...]
    means: tuple[str, ...]
    paces: tuple[PaceMessage, ...]
    then_every_s: int
    grace_s: int
    resend_until_s: int
    alarm_after_s: int
    gap_s: int
    can_refund_part: bool = False
    can_name_payer: bool = False
    least_minor: int = 1
    most_minor: int | None = None


class ProvidersAnswer(Message):
    providers: tuple[ProviderMessage, ...]


class BalanceAnswer(Message):
    amount_minor: int
    currency: str
    at: InstantText


class BankMessage(Message):
    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,20}$")]
    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]


class BanksAnswer(Message):
    """The banks whose accounts a provider charges, as it said at `at`."""

    banks: tuple[BankMessage, ...]
    at: InstantText


class PayerRequest(Message):
    phone: Phone = Field(repr=False)


class PayerAnswer(Message):
    is_active: bool
    name: str = Field(default="", repr=False)


class HintMessage(Message):
    provider: str
    reference: str


class HintsAnswer(Message):
    """Callbacks about this till's payments after a number; `after` is asked for next."""

    hints: tuple[HintMessage, ...]
    after: int
