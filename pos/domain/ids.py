"""Time-ordered ids: UUID version 7 (RFC 9562 section 5.7), made by whoever states the fact."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_id(at: datetime) -> UUID:
    """Return a new id for a fact at `at` (aware): 48 bits of milliseconds, 74 random bits."""
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    random_bits = secrets.randbits(74)
    return UUID(
        int=(milliseconds & 0xFFFF_FFFF_FFFF) << 80
        | 7 << 76
        | (random_bits >> 62) << 64
        | 2 << 62
        | random_bits & (1 << 62) - 1
    )
