"""The codes of VTpass as data, and how its many companies name a token (docs/payments.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from pos.domain.payment_reports import Outcome
from pos.domain.poll_schedule import Pace, PollSchedule
from pos.gateways.answers import inside, minor_of_major, text_of
from pos.gateways.bills import Goods
from pos.gateways.reasons import Reason

CURRENCY = "NGN"

SCHEDULE = PollSchedule(
    paces=(
        Pace(timedelta(seconds=30), timedelta(seconds=10)),
        Pace(timedelta(minutes=2), timedelta(seconds=30)),
        Pace(timedelta(minutes=10), timedelta(minutes=1)),
        Pace(timedelta(hours=1), timedelta(minutes=5)),
    ),
    then_every=timedelta(minutes=30),
    grace=timedelta(minutes=10),
    resend_until=timedelta(minutes=30),
    alarm_after=timedelta(hours=1),
)

READ_STATUS = frozenset({"000", "001", "044"})
ABSENT = "015"
DUPLICATES = frozenset({"014", "019"})
PENDING = frozenset({"089", "099"})
AMBIGUOUS = frozenset({"030", "083"})
"""Codes after which the purchase may live."""
REVERSED = "040"
FAILED = "016"
REFUSALS: Mapping[str, Reason] = MappingProxyType(
    {
        "010": Reason.BAD_REQUEST,
        "011": Reason.BAD_REQUEST,
        "012": Reason.BAD_REQUEST,
        "013": Reason.AMOUNT,
        "017": Reason.AMOUNT,
        "018": Reason.SHOP_BALANCE,
        "021": Reason.SET_UP,
        "022": Reason.SET_UP,
        "023": Reason.SET_UP,
        "024": Reason.SET_UP,
        "025": Reason.BAD_REQUEST,
        "026": Reason.BAD_REQUEST,
        "027": Reason.SET_UP,
        "028": Reason.SET_UP,
        "031": Reason.BAD_REQUEST,
        "032": Reason.BAD_REQUEST,
        "034": Reason.NOT_ALLOWED,
        "035": Reason.NOT_ALLOWED,
        "085": Reason.CLOCK,
        "087": Reason.CREDENTIALS,
        "091": Reason.REFUSED,
    }
)
"""Codes after which nothing was bought and nothing is charged."""

STATUSES: Mapping[str, tuple[Outcome, Reason]] = MappingProxyType(
    {
        "delivered": (Outcome.SUCCEEDED, Reason.PAID),
        "initiated": (Outcome.SENT, Reason.WAITING_FOR_PAYER),
        "pending": (Outcome.SENT, Reason.WAITING_FOR_PAYER),
        "failed": (Outcome.FAILED, Reason.REFUSED),
        "reversed": (Outcome.REVERSED, Reason.REVERSED),
    }
)

_TOKEN = re.compile(r"(?<!\d)\d(?:[ -]?\d){19}(?![ -]?\d)")
_PIN = re.compile(r"(?i)\bpin\s*:\s*([0-9A-Za-z-]+)")
_TOKEN_KEYS = ("maintoken", "token")
_UNITS_KEYS = ("maintokenunits", "units", "purchasedunits")


def goods_of(envelope: dict[str, Any]) -> Goods:
    """Find what was bought, wherever this company's answer has it."""
    lower = {str(key).lower(): value for key, value in envelope.items()}
    code = text_of(lower.get("purchased_code"))
    transaction = inside(envelope, "content", "transactions")
    return Goods(
        token=_token(lower, code),
        key_change_tokens=tuple(filter(None, (_digits(text_of(lower.get(key))) for key in ("kct1", "kct2")))),
        units=next(filter(None, (text_of(lower.get(key)) for key in _UNITS_KEYS)), ""),
        pins=_pins(lower, code),
        link=text_of(lower.get("certurl")),
        commission_minor=minor_of_major(inside(transaction, "commission"), CURRENCY),
        charged_minor=minor_of_major(inside(transaction, "total_amount"), CURRENCY),
    )


def _token(lower: dict[str, Any], purchased_code: str) -> str:
    given = (text_of(lower.get(key)) for key in _TOKEN_KEYS)
    return next(filter(None, map(_digits, (*given, purchased_code))), "")


def _digits(text: str) -> str:
    match = _TOKEN.search(text)
    return re.sub(r"\D", "", match[0]) if match else ""


def _pins(lower: dict[str, Any], purchased_code: str) -> tuple[str, ...]:
    cards = lower.get("cards")
    if isinstance(cards, list) and cards:
        return tuple(
            f"{text_of(inside(card, 'Serial'))} {text_of(inside(card, 'Pin'))}".strip() for card in cards
        )
    tokens = lower.get("tokens")
    if isinstance(tokens, list) and tokens:
        return tuple(filter(None, map(text_of, tokens)))
    return tuple(_PIN.findall(text_of(lower.get("pin")) or purchased_code))
