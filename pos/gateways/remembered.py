"""The last answer of a provider with its age: balances and catalogues that are shown while it is away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from pos.errors import Unavailable

Value = TypeVar("Value")


class TellsTime(Protocol):
    """Anything that says the time as an aware UTC instant."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Remembered(Generic[Value]):
    """A value, when the provider said it, and why there is no newer one (None: it is as new as wanted)."""

    value: Value
    read_at: datetime
    trouble: Unavailable | None = None

    def age(self, now: datetime) -> timedelta:
        """Give how old the value is; never below nothing, whatever the clock does."""
        return max(now - self.read_at, timedelta())


class Memory(Generic[Value]):
    """Asks at most every `holds`; gives the last known value with its age when the provider is away.

    One caller asks at a time. Whoever comes meanwhile does not wait: he is given what is known.
    """

    def __init__(self, ask: Callable[[], Value], *, clock: TellsTime, holds: timedelta) -> None:
        self._ask = ask
        self._clock = clock
        self._holds = holds
        self._turn = threading.Lock()
        self._last: Remembered[Value] | None = None

    @property
    def last(self) -> Remembered[Value] | None:
        """Give what is known without asking; None where nothing was ever read."""
        return self._last

    def get(self, *, is_urgent: bool = False) -> Remembered[Value]:
        """Give the value, asked anew where it is old or `is_urgent`.

        Raises:
            Unavailable: the provider is away, or being asked by another, and nothing is known: a value is
                never invented.
            Rejected: the provider refused.
        """
        last = self._last
        if last is not None and not is_urgent and last.age(self._clock.now()) < self._holds:
            return last
        if not self._turn.acquire(blocking=False):
            return self._without(Unavailable("provider.unreachable", "The provider is being asked now."))
        try:
            value = self._ask()
        except Unavailable as trouble:
            return self._without(trouble)
        else:
            self._last = last = Remembered(value, self._clock.now())
            return last
        finally:
            self._turn.release()

    def _without(self, trouble: Unavailable) -> Remembered[Value]:
        """Give the last value with what is in the way of a newer one."""
        last = self._last
        if last is None:
            raise trouble
        return Remembered(last.value, last.read_at, trouble)
