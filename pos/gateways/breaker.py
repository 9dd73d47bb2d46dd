"""A circuit breaker: a provider that does not answer several times is left alone for a while."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class Clock(Protocol):
    """Where time comes from: the wall, and milliseconds that only grow while the machine runs."""

    def now(self) -> datetime: ...

    def running_ms(self) -> int: ...


class Circuit(StrEnum):
    """Whether calls go through; half open: one call goes to see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerState:
    """What a screen shows: `retry_at` while it is open, and the failures in a row."""

    circuit: Circuit
    failures: int = 0
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BreakerLimits:
    """So many failures in a row open it; it rests longer each time that the call to see fails too."""

    failures: int = 5
    rest_ms: int = 15_000
    rest_ms_max: int = 300_000


class Breaker:
    """The breaker of one provider; several threads may use it at once."""

    def __init__(self, clock: Clock, limits: BreakerLimits = BreakerLimits()) -> None:
        self._clock = clock
        self._limits = limits
        self._lock = threading.Lock()
        self._failures = 0
        self._rests = 0
        self._rest_ends_ms: int | None = None
        self._is_trying = False

    def state(self) -> BreakerState:
        """Give the state as it is now."""
        with self._lock:
            return self._state()

    def enter(self) -> bool:
        """Say whether a call may go; if so, `succeeded` or `failed` must follow."""
        with self._lock:
            circuit = self._state().circuit
            if circuit is Circuit.HALF_OPEN and not self._is_trying:
                self._is_trying = True
                return True
            return circuit is Circuit.CLOSED

    def succeeded(self) -> None:
        """Note that the provider answered: the breaker closes."""
        with self._lock:
            self._failures = self._rests = 0
            self._rest_ends_ms = None
            self._is_trying = False

    def failed(self) -> None:
        """Note that the provider did not answer, or not as a provider should."""
        with self._lock:
            self._failures += 1
            if self._is_trying or (self._rest_ends_ms is None and self._failures >= self._limits.failures):
                rest_ms = min(self._limits.rest_ms << min(self._rests, 16), self._limits.rest_ms_max)
                self._rest_ends_ms = self._clock.running_ms() + rest_ms
                self._rests += 1
            self._is_trying = False

    def _state(self) -> BreakerState:
        if self._rest_ends_ms is None:
            return BreakerState(Circuit.CLOSED, self._failures)
        left_ms = self._rest_ends_ms - self._clock.running_ms()
        if left_ms <= 0:
            return BreakerState(Circuit.HALF_OPEN, self._failures)
        retry_at = self._clock.now() + timedelta(milliseconds=left_ms)
        return BreakerState(Circuit.OPEN, self._failures, retry_at)
