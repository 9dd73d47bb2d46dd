"""How the journal names a phone without telling it (docs/formats.md §3, §9)."""

from __future__ import annotations

import hashlib
import hmac

PREFIX = b"kilotill-pii-v1\n"


def phone_mac(key: bytes, phone: str) -> str:
    """Return the keyed name of a phone (E.164): 32 hex digits, the same for the same phone and key."""
    return hmac.new(key, PREFIX + phone.encode(), hashlib.sha256).hexdigest()[:32]


def last3(phone: str) -> str:
    """Return the last three digits, which people may see."""
    return phone[-3:]
