"""From what came back on the wire to an `Answer`: the parts that are the same for all providers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from pos.domain.canonical import INTEGER_MAX
from pos.domain.money import AmountTextError, minor_digits, parse_scaled
from pos.domain.payment_reports import Outcome
from pos.errors import KilotillError, Rejected, Unavailable
from pos.gateways.base import Answer, RawAnswer
from pos.gateways.bearer import NoBearer
from pos.gateways.http import Call, Reply, Result, Silence
from pos.gateways.masking import masked_body
from pos.gateways.reasons import Reason

OK: Final = 200
ACCEPTED: Final = 202
BAD_REQUEST: Final = 400
UNAUTHORISED: Final = 401
TOO_MANY: Final = 429
SERVER_ERROR: Final = 500
_DIGITS_MAX, _TEXT_MAX = 30, 100
"""No amount of money is longer; a number such as 1e999999999 would fill the memory when written out."""


def raw_of(call: Call, result: Result) -> RawAnswer:
    """Give what is kept of an answer."""
    if isinstance(result, Reply):
        return RawAnswer(result.at, call.name, result.status, masked_body(result.body))
    return RawAnswer(result.at, call.name, None, "")


def silent(call: Call, silence: Silence) -> Answer:
    """Give the answer for no answer: unknown, or not sent where surely nothing left."""
    return Answer(
        outcome=Outcome.UNKNOWN if silence.was_sent else Outcome.NOT_SENT,
        reason=silence.reason,
        raw=raw_of(call, silence),
        is_silent=True,
        ask_after=silence.retry_at,
    )


def no_bearer(call: Call, failed: NoBearer) -> Answer:
    """Give the answer for a call that did not leave because no token could be had."""
    result = failed.result
    if isinstance(result, Silence):
        reason = result.reason
    elif result.status >= SERVER_ERROR:
        reason = Reason.SERVER_TROUBLE
    else:
        reason = Reason.CREDENTIALS if result.status >= BAD_REQUEST else Reason.UNREADABLE
    return Answer(Outcome.NOT_SENT, reason, raw_of(call, result), is_silent=True, ask_after=result.retry_at)


def unclear(call: Call, reply: Reply, code: str = "") -> Answer:
    """Give the answer for a reply that no document explains: unknown, and nothing was said."""
    if reply.status == TOO_MANY:
        reason = Reason.TOO_MANY
    elif reply.status == UNAUTHORISED:
        reason = Reason.CREDENTIALS
    elif reply.status >= SERVER_ERROR:
        reason = Reason.SERVER_TROUBLE
    else:
        reason = Reason.UNREADABLE
    return Answer(
        Outcome.UNKNOWN, reason, raw_of(call, reply), code, is_silent=True, ask_after=reply.retry_at
    )


def not_done(result: Result | NoBearer) -> KilotillError:
    """Give the error for a call that is not about one payment and did not work."""
    inner = result.result if isinstance(result, NoBearer) else result
    if isinstance(inner, Silence) or inner.status >= SERVER_ERROR or inner.status == TOO_MANY:
        return Unavailable("provider.unreachable", "The provider does not answer now.", inner.retry_at)
    return Rejected("provider.refused", f"The provider refused this (HTTP {inner.status}).")


def unreadable() -> Unavailable:
    """Give the error for an answer that is not what the documents say."""
    return Unavailable("provider.unreadable", "The provider's answer cannot be read.")


def minor_of_major(value: object, currency: object) -> int | None:
    """Read an amount in major units, a number or a text, as minor units; None where it is no such thing."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal) or not isinstance(currency, str):
        return None
    if isinstance(value, Decimal) and abs(value.adjusted()) > _DIGITS_MAX:
        return None
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if len(text) > _TEXT_MAX:
        return None
    try:
        return parse_scaled(text.strip(), minor_digits(currency))
    except AmountTextError:
        return None


def major_of_minor(amount_minor: int, currency: str) -> Decimal:
    """Give minor units as a decimal in major units."""
    return Decimal(amount_minor).scaleb(-minor_digits(currency))


def whole_number(value: object) -> int | None:
    """Read a whole number that may come as a text; None where it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) <= INTEGER_MAX else None
    is_number = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18
    return int(str(value)) if is_number else None


def inside(value: Any, *keys: str) -> Any:
    """Give what stands under a path of keys; None where there is nothing."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text_of(value: object) -> str:
    """Give a text or a number as text that every database takes; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()
