"""A provider's answer as it may be kept: whole, but without secrets, tokens and full phone numbers."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from pos.domain.redaction import HIDDEN, redact

_SECRET_KEY = re.compile(
    r"(access_?|refresh_?|main_?|bonus_?|reset_?|configure_?)?tokens?|api_?key|key|client_?secret|secret(_?key)?"
    r"|authorization(_code)?|authorization_url|access_code|signature|hash|pins?|otp|cvv|password|kct\d?"
    r"|purchased_?code|cards|url",
    re.IGNORECASE,
)
_PHONE_KEY = re.compile(
    r"(international_format_)?(phone|msisdn|mobile|partyid|account_?number|unique_element|number)",
    re.IGNORECASE,
)
_TEXT_KEY = re.compile(
    r".*(message|text|description|note|narration|error|reason|gateway_response)", re.IGNORECASE
)
_SHOWN_DIGITS = 3


def masked_body(body: bytes) -> str:
    """Give an answer's text for keeping; JSON stays JSON, anything else loses all that looks secret."""
    text = body.decode("utf-8", errors="replace")
    try:
        kept = json.dumps(_masked(json.loads(text, parse_float=Decimal), ""), ensure_ascii=False, default=str)
    except ValueError:
        return redact(text).replace("\0", "\ufffd")
    except RecursionError:
        # Nested so deep that its secrets cannot be told from the rest.
        return HIDDEN
    # JSON may name half of a character (\ud800), which no database takes; it stays written out.
    return kept.encode("utf-8", "backslashreplace").decode()


def masked_phone(text: str) -> str:
    """Give the last digits of a phone number, the others as dots."""
    return "…" + text[-_SHOWN_DIGITS:] if len(text) > _SHOWN_DIGITS else text


def _masked(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _masked(inner, str(name)) for name, inner in value.items()}
    if value is None or isinstance(value, bool) or value == "":
        return value
    if _SECRET_KEY.fullmatch(key):
        return HIDDEN
    if isinstance(value, list):
        return [_masked(inner, key) for inner in value]
    if _PHONE_KEY.fullmatch(key):
        return masked_phone(str(value))
    return redact(value) if isinstance(value, str) and _TEXT_KEY.fullmatch(key) else value
