"""The server's clock as it was last heard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pos.system.clock import Clock


@dataclass(frozen=True, slots=True)
class ServerTime:
    """What the server's clock said, and the running time of this machine then."""

    at: datetime
    running_ms: int

    def now(self, clock: Clock) -> datetime:
        """Return the server's time now, whatever happened to the wall clock since."""
        return self.at + timedelta(milliseconds=clock.running_ms() - self.running_ms)
