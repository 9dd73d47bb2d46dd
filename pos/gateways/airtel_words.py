"""The codes of Airtel Money as data, and what they mean for a payment (docs/payments.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from pos.domain.poll_schedule import Pace, PollSchedule
from pos.gateways.reasons import Reason

COUNTRIES = frozenset(["UG", "ZM", "KE", "TZ", "RW", "MW", "CG", "CD", "TD", "NG", "GA", "NE", "MG", "SC"])

SCHEDULE = PollSchedule(
    paces=(
        Pace(timedelta(minutes=1), timedelta(seconds=5)),
        Pace(timedelta(minutes=3), timedelta(seconds=15)),
        Pace(timedelta(minutes=10), timedelta(minutes=1)),
        Pace(timedelta(hours=1), timedelta(minutes=5)),
    ),
    then_every=timedelta(minutes=30),
    grace=timedelta(minutes=3),
    resend_until=timedelta(minutes=10),
    alarm_after=timedelta(hours=1),
)

IN_PROCESS = "DP00800001006"
PAID = "DP00800001001"
ESB_SUCCESS = "ESB000010"
ESB_FAILED = "ESB000011"
BAD_SIGNATURE = "DP00800001026"
DUPLICATES = frozenset({"ESB000041", "DP00900001017"})
ABSENT = frozenset({"ESB000045", "DP00800001025"})
AMBIGUOUS = frozenset(
    {
        "DP00800001000",
        "DP00800001005",
        "DP00800001024",
        "ROUTER117",
        "ESB000001",
        "ESB000004",
        "ESB000008",
        "ESB000014",
        "0000900",
    }
)
"""Codes after which the payment may live; …1005 has three meanings, so the enquiry decides."""

REFUSALS: Mapping[str, Reason] = MappingProxyType(
    {
        "DP00800001002": Reason.WRONG_PIN,
        "DP00800001003": Reason.LIMIT_REACHED,
        "DP00800001004": Reason.AMOUNT,
        "DP00800001007": Reason.NOT_ENOUGH_MONEY,
        "DP00800001008": Reason.REFUSED,
        "DP00800001009": Reason.REFUSED,
        "DP00800001010": Reason.SET_UP,
        BAD_SIGNATURE: Reason.SIGNATURE,
        "DP00800001029": Reason.EXPIRED,
        "ROUTER001": Reason.SET_UP,
        "ROUTER003": Reason.BAD_REQUEST,
        "ROUTER005": Reason.SET_UP,
        "ROUTER006": Reason.SET_UP,
        "ROUTER007": Reason.SET_UP,
        "ROUTER112": Reason.SET_UP,
        "ROUTER119": Reason.SET_UP,
        "ROUTER114": Reason.BAD_REQUEST,
        "ROUTER115": Reason.BAD_REQUEST,
        "ROUTER116": Reason.BAD_REQUEST,
        ESB_FAILED: Reason.REFUSED,
        "ESB000033": Reason.PAYER_UNKNOWN,
        "ESB000034": Reason.SET_UP,
        "ESB000035": Reason.SET_UP,
        "ESB000036": Reason.PAYER_UNKNOWN,
        "ESB000039": Reason.SET_UP,
    }
)
"""Codes after which no payment exists for the request that was refused."""

FAILED_REASONS: Mapping[str, Reason] = MappingProxyType({**REFUSALS, "DP00800001005": Reason.EXPIRED})
"""Why a payment that the enquiry calls failed did fail; …1005 mostly means that no PIN was typed."""

CODES = REFUSALS.keys() | AMBIGUOUS | ABSENT | DUPLICATES | {IN_PROCESS, PAID, ESB_SUCCESS}
