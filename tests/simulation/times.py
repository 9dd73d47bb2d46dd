"""Time in the simulation: one true time, and clocks of machines that may be wrong by some amount."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
"""A week before a month's end: even a short run sells across it."""


@dataclass(slots=True)
class TrueTime:
    """What the time really is; it never runs back."""

    instant: datetime = START
    elapsed_ms: int = 1_000_000

    def now(self) -> datetime:
        return self.instant

    def running_ms(self) -> int:
        return self.elapsed_ms

    def pass_time(self, step: timedelta) -> None:
        self.instant += step
        self.elapsed_ms += step // timedelta(milliseconds=1)


@dataclass(slots=True)
class MachineClock:
    """The clock of one machine: people and dead batteries move it, its running time never jumps."""

    true: TrueTime
    offset: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return self.true.now() + self.offset

    def running_ms(self) -> int:
        return self.true.running_ms()
