"""The words of Paystack as data: states, steps, bounds and pace (docs/payments.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from pos.domain.payment_reports import Outcome
from pos.domain.poll_schedule import Pace, PollSchedule
from pos.gateways.base import StepKind
from pos.gateways.reasons import Reason

LEAST_MINOR: Mapping[str, int] = MappingProxyType(
    {"NGN": 5_000, "USD": 200, "GHS": 10, "ZAR": 100, "KES": 300, "XOF": 1}
)
"""The smallest payment by currency; for XOF none is published."""

WIRE_DIGITS = 2
"""Paystack counts hundredths in every currency, also in XOF, which has none."""

NETWORKS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "GHS": frozenset({"mtn", "atl", "vod"}),
        "KES": frozenset({"mpesa", "mpesa_offline", "mptill", "atl"}),
        "XOF": frozenset({"mtn", "orange", "wave"}),
    }
)
"""Mobile money providers by currency."""

NETWORK_NAMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "GHS": {"mtn": "MTN", "vod": "Telecel", "atl": "AirtelTigo"},
        "KES": {"mpesa": "M-PESA", "atl": "Airtel"},
        "XOF": {"mtn": "MTN", "orange": "Orange", "wave": "Wave"},
    }
)
"""Networks of phones that a counter offers, as people call them."""

USSD_BANKS: Mapping[str, str] = MappingProxyType(
    {"737": "GTBank", "919": "UBA", "822": "Sterling", "966": "Zenith"}
)
"""Banks by the code their customers dial."""

COUNTRIES: Mapping[str, str] = MappingProxyType({"GHS": "GH", "KES": "KE", "XOF": "CI"})
"""The country of a mobile money payer, by currency."""

BANK_COUNTRIES: Mapping[str, str] = MappingProxyType(
    {"NGN": "nigeria", "GHS": "ghana", "KES": "kenya", "ZAR": "south africa"}
)
"""The country whose banks are listed for an account of this currency; of others there is no list."""

SCHEDULE = PollSchedule(
    paces=(
        Pace(timedelta(minutes=3), timedelta(seconds=10)),
        Pace(timedelta(minutes=15), timedelta(seconds=30)),
        Pace(timedelta(hours=2), timedelta(minutes=5)),
    ),
    then_every=timedelta(minutes=30),
    grace=timedelta(minutes=1),
    resend_until=timedelta(minutes=10),
    alarm_after=timedelta(hours=1),
)

STATUSES: Mapping[str, tuple[Outcome, Reason]] = MappingProxyType(
    {
        "success": (Outcome.SUCCEEDED, Reason.PAID),
        "failed": (Outcome.FAILED, Reason.REFUSED),
        "reversed": (Outcome.REVERSED, Reason.REVERSED),
        "timeout": (Outcome.UNKNOWN, Reason.TIME_OUT),
        # Not paid yet: the page is still open, and a payer may come back to it.
        "abandoned": (Outcome.SENT, Reason.WAITING_FOR_PAYER),
        "ongoing": (Outcome.SENT, Reason.WAITING_FOR_PAYER),
        "pending": (Outcome.SENT, Reason.WAITING_FOR_PAYER),
        "processing": (Outcome.SENT, Reason.WAITING_FOR_PAYER),
        "queued": (Outcome.SENT, Reason.WAITING_FOR_PAYER),
        "pay_offline": (Outcome.SENT, Reason.WAITING_FOR_PAYER),
        "open_url": (Outcome.SENT, Reason.STEP_NEEDED),
        "send_pin": (Outcome.SENT, Reason.STEP_NEEDED),
        "send_otp": (Outcome.SENT, Reason.STEP_NEEDED),
        "send_phone": (Outcome.SENT, Reason.STEP_NEEDED),
        "send_birthday": (Outcome.SENT, Reason.STEP_NEEDED),
        "send_address": (Outcome.SENT, Reason.STEP_NEEDED),
    }
)

ONGOING = "ongoing"
"""The status call's word for a payment whose payer is asked for something; it does not say for what."""

STEPS: Mapping[str, StepKind] = MappingProxyType(
    {
        "open_url": StepKind.OPEN_LINK,
        "pay_offline": StepKind.PAY_OFFLINE,
        "pending": StepKind.APPROVE_ON_PHONE,
        "send_pin": StepKind.GIVE_PIN,
        "send_otp": StepKind.GIVE_OTP,
        "send_phone": StepKind.GIVE_PHONE,
        "send_birthday": StepKind.GIVE_BIRTHDAY,
        "send_address": StepKind.GIVE_ADDRESS,
    }
)

SUBMITS: Mapping[StepKind, str] = MappingProxyType(
    {
        StepKind.GIVE_PIN: "pin",
        StepKind.GIVE_OTP: "otp",
        StepKind.GIVE_PHONE: "phone",
        StepKind.GIVE_BIRTHDAY: "birthday",
        StepKind.GIVE_ADDRESS: "address",
    }
)
"""The last word of the path, and for a single value its key, of each step."""

FAILURES: tuple[tuple[str, Reason], ...] = (
    ("insufficient", Reason.NOT_ENOUGH_MONEY),
    ("declined", Reason.REFUSED_BY_PAYER),
    ("pin", Reason.WRONG_PIN),
    ("expired", Reason.EXPIRED),
    ("timeout", Reason.EXPIRED),
    ("limit", Reason.LIMIT_REACHED),
)
"""A failure has a sentence and no code; these words in it tell the reason."""

REFUND_STATUSES: Mapping[str, tuple[Outcome, Reason]] = MappingProxyType(
    {
        "pending": (Outcome.SENT, Reason.WAITING_FOR_PAYER),
        "processing": (Outcome.SENT, Reason.WAITING_FOR_PAYER),
        "processed": (Outcome.SUCCEEDED, Reason.REVERSED),
        "failed": (Outcome.FAILED, Reason.REFUSED),
        "needs-attention": (Outcome.SENT, Reason.STEP_NEEDED),
    }
)
