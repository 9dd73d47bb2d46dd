"""Time-ordered ids: UUID version 7 (RFC 9562 section 5.7), made by whoever states the fact."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from threading import Lock
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RANDOM_BITS = 74
_STEP_BITS = 48


class _Numbers:
    """The random half of the ids: greater each time within one millisecond (section 6.2, method 2)."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._milliseconds = -1
        self._last = 0

    def take(self, milliseconds: int) -> int:
        with self._lock:
            after = self._last + 1 + secrets.randbits(_STEP_BITS)
            if milliseconds != self._milliseconds or after >> _RANDOM_BITS:
                # The top bit stays free, so that a millisecond has room for 2**25 more ids.
                after = secrets.randbits(_RANDOM_BITS - 1)
            self._milliseconds, self._last = milliseconds, after
            return after


_numbers = _Numbers()


def new_id(at: datetime) -> UUID:
    """Return a new id for a fact at `at` (aware): 48 bits of milliseconds, 74 random bits.

    Ids that one process makes for the same millisecond stand in the order in which they were made, so a
    list by id shows two facts of one moment as they came.
    """
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    number = _numbers.take(milliseconds)
    return UUID(
        int=(milliseconds & 0xFFFF_FFFF_FFFF) << 80
        | 7 << 76
        | (number >> 62) << 64
        | 2 << 62
        | number & (1 << 62) - 1
    )
