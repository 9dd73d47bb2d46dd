"""A clock that moves only when a test moves it."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    def __init__(self, now: datetime = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)) -> None:
        self._now = now
        self._running_ms = 1_000_000

    def now(self) -> datetime:
        return self._now

    def running_ms(self) -> int:
        return self._running_ms

    def pass_time(self, **timedelta_parts: float) -> None:
        step = timedelta(**timedelta_parts)
        self._now += step
        self._running_ms += step // timedelta(milliseconds=1)

    def set_wall(self, now: datetime) -> None:
        """Set the wall clock as a person would: the running time knows nothing of it."""
        self._now = now
