"""When a provider is asked about a payment: often at first, then more and more seldom, never not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """Until a payment is `until` old it is asked about `every` so long."""

    until: timedelta
    every: timedelta


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """How one provider wants to be asked, and when its "not found" proves that nothing happened.

    `grace`: before that age "not found" proves nothing. `resend_until`: after that age a payment that is
    proven not to exist is closed rather than sent again. `alarm_after`: from that age an open payment needs a
    person.
    """

    paces: tuple[Pace, ...]
    then_every: timedelta
    grace: timedelta
    resend_until: timedelta
    alarm_after: timedelta
    gap: timedelta = timedelta(seconds=2)
    """The least time between two questions, however many callbacks come."""

    def next_ask(self, sent_at: datetime, now: datetime) -> datetime:
        """Give the instant of the next question after one at `now`, for a payment sent at `sent_at`."""
        return now + self.every(now - sent_at)

    def every(self, age: timedelta) -> timedelta:
        """Give the time between two questions at an age; a clock set back counts as age zero."""
        for pace in self.paces:
            if age < pace.until:
                return pace.every
        return self.then_every
