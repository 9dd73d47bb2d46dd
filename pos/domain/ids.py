"""Time-ordered ids: UUID version 7 (RFC 9562 section 5.7), made by whoever states the fact."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTER_BITS = 34
_RANDOM_BITS = 40

_counter = count(secrets.randbits(_COUNTER_BITS - 1))
"""Counts the ids of this process (RFC 9562 section 6.2, method 1); `next` of it is safe among threads."""


def new_id(at: datetime) -> UUID:
    """Return a new id for a fact at `at` (aware): 48 bits of milliseconds, 34 of a counter, 40 random ones.

    Of ids for one millisecond the one made later in this process is the greater one, so a list by id shows
    two facts of one moment as they came. The counter begins anywhere: another process has other numbers.
    """
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    counted = next(_counter) & (1 << _COUNTER_BITS) - 1
    tail = counted << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return _with_tail(milliseconds, tail)


def id_from(at: datetime, text: str) -> UUID:
    """Return the one id of a fact at `at` that follows from others: `text` names it and is hashed."""
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    tail = int.from_bytes(sha256(text.encode()).digest()[:10])
    return _with_tail(milliseconds, tail & (1 << _COUNTER_BITS + _RANDOM_BITS) - 1)


def _with_tail(milliseconds: int, tail: int) -> UUID:
    return UUID(
        int=(milliseconds & 0xFFFF_FFFF_FFFF) << 80
        | 7 << 76
        | (tail >> 62) << 64
        | 2 << 62
        | tail & (1 << 62) - 1
    )
