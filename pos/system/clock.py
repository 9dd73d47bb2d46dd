"""The machine's clock behind a port, so that time can be driven in tests."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the program takes the time from; nothing else calls datetime.now."""

    def now(self) -> datetime:
        """Return the wall clock as an aware UTC instant."""
        ...

    def running_ms(self) -> int:
        """Return milliseconds that only grow, whatever the wall clock does; the machine's sleep counts."""
        ...


class SystemClock:
    """The operating system's clock."""

    def now(self) -> datetime:
        """Return the wall clock as an aware UTC instant."""
        return datetime.now(UTC)

    def running_ms(self) -> int:
        """Return the machine's monotonic milliseconds, those it slept among them."""
        # A closed laptop must not believe that head office's clock stood still meanwhile.
        if sys.platform == "linux":
            return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
        if sys.platform == "darwin":
            return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000_000
        return time.monotonic_ns() // 1_000_000


class DrivenClock:
    """A clock that stands still until it is set: for a demo's past and for training."""

    def __init__(self, now: datetime) -> None:
        """Begin at `now` (aware)."""
        self._now = now
        self._running_ms = 0

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self._now

    def running_ms(self) -> int:
        """Return milliseconds that grow with every setting forward."""
        return self._running_ms

    def set(self, now: datetime) -> None:
        """Move to `now` (aware), which is not before the present one."""
        assert now >= self._now, "the past of a demo is made in order"
        self._running_ms += (now - self._now) // timedelta(milliseconds=1)
        self._now = now
