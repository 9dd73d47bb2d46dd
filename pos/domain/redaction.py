"""Hides in texts what must not be in any log: tokens, keys, PINs, recovery codes, phone numbers."""

from __future__ import annotations

import re

HIDDEN = "[hidden]"

_SECRETS = (
    # A key, a hash, anything in hexadecimal of 8 bytes or more. First, lest part of it be taken for a token.
    re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{16,}(?![0-9A-Fa-f])"),
    # A token or a voucher: 20 or 16 digits, in groups or not.
    re.compile(r"(?<!\d)(?<!\d[ -])\d(?:[ -]?\d){19}(?![ -]?\d)"),
    re.compile(r"(?<!\d)(?<!\d[ -])\d{4}(?:[ -]?\d{4}){3}(?![ -]?\d)"),
    # Hexadecimal in groups of four.
    re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{4}(?:[ -][0-9A-Fa-f]{4}){3,}(?![0-9A-Fa-f])"),
    # A stored secret: base 64 of 16 bytes or more.
    re.compile(r"(?<![\w+/-])[A-Za-z0-9+/_-]{22,}={1,2}"),
    # The recovery code: five groups of five.
    re.compile(r"(?<!\w)[A-Z2-9]{5}(?:-[A-Z2-9]{5}){4}(?!\w)"),
    # A phone number: international, or 9, 10 or 12 digits, or 11 from 07. Meter numbers have 11 or 13.
    re.compile(r"\+\d(?:[ .()-]{0,2}\d){6,14}"),
    re.compile(r"(?<![\d.])(?:\d{9,10}|\d{12}|0[789]\d{9})(?![\d.]*\d)"),
)
# An id of ours (UUID version 7) is random digits that may look like a phone number, and logs are read by it.
_OWN_ID = re.compile(
    r"(?<![\w-])([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})(?![\w-])"
)
_PIN = re.compile(r"(?i)(\b(?:\w*_)?pins?\b[^0-9\n]{0,20}?)\d{4,8}(?!\d)")


def redact(text: str) -> str:
    """Return the text without tokens, keys, PINs, recovery codes and phone numbers; ids of ours stay.

    It is the last net, not the rule: nothing that is secret is ever passed to a logger.
    """
    parts = _OWN_ID.split(text)
    # Every second part is an id.
    return "".join(part if n % 2 else _hidden(part) for n, part in enumerate(parts))


def _hidden(text: str) -> str:
    for pattern in _SECRETS:
        text = pattern.sub(HIDDEN, text)
    return _PIN.sub(rf"\1{HIDDEN}", text)
