"""When to try again: 2 s to 10 min after trouble, with jitter; Retry-After wins, up to an hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pos.system.clock import Clock


class Random(Protocol):
    """Where jitter comes from: `random.Random` or a test's."""

    def uniform(self, a: float, b: float) -> float:
        """Return a number between the two."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a till talks to the server, in seconds."""

    usual_s: float = 60.0
    least_s: float = 2.0
    most_s: float = 600.0
    wish_s_max: float = 3_600.0
    """No wish silences a till for longer: a wrong clock or a stranger's page may have made it."""


class Schedule:
    """Counts failures in a row and says how long to wait before the next cycle."""

    def __init__(self, clock: Clock, random: Random, pace: Pace | None = None) -> None:
        self._clock = clock
        self._random = random
        self._pace = pace or Pace()
        self._failures = 0
        self._not_before_ms: int | None = None

    @property
    def failures(self) -> int:
        return self._failures

    def succeeded(self) -> None:
        self._failures = 0
        self._not_before_ms = None

    def failed(self, retry_at: datetime | None = None) -> None:
        """Take note of a cycle that ended in trouble; `retry_at` is the server's wish."""
        self._failures += 1
        self._not_before_ms = None
        if retry_at is not None:
            wish_s = (retry_at - self._clock.now()).total_seconds()
            wait_s = min(self._pace.wish_s_max, max(self._pace.least_s, wish_s))
            self._not_before_ms = self._clock.running_ms() + int(wait_s * 1000)

    def next_delay(self) -> float:
        """Return the seconds to wait from now. After trouble between half and all of 2, 4, 8 … 600 s."""
        if self._not_before_ms is not None:
            return max(0.0, (self._not_before_ms - self._clock.running_ms()) / 1000)
        if not self._failures:
            return self._random.uniform(0.9, 1.1) * self._pace.usual_s
        # Beyond 2^16 the ceiling holds anyway, and a till that was off for a month has failed often.
        whole_s = min(self._pace.most_s, self._pace.least_s * 2.0 ** min(self._failures - 1, 16))
        return max(self._pace.least_s, self._random.uniform(0.5, 1.0) * whole_s)
