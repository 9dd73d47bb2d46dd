"""The machine's clock behind a port, so that time can be driven in tests."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the program takes the time from; nothing else calls datetime.now."""

    def now(self) -> datetime:
        """Return the wall clock as an aware UTC instant."""
        ...

    def running_ms(self) -> int:
        """Return milliseconds that only ever grow while the machine runs, whatever the wall clock does."""
        ...


class SystemClock:
    """The operating system's clock."""

    def now(self) -> datetime:
        """Return the wall clock as an aware UTC instant."""
        return datetime.now(UTC)

    def running_ms(self) -> int:
        """Return the machine's monotonic milliseconds."""
        return time.monotonic_ns() // 1_000_000
