"""How this till stands to head office right now: what sales and screens ask without waiting."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from pos.errors import MachineFault
from pos.models.office_link import Link, find_link
from pos.models.uow import Units
from pos.sync.server_time import ServerTime
from pos.sync.stops import forked
from pos.system.clock import Clock

OFF_TOLERANCE = timedelta(minutes=30)
ONLINE_FOR_MS = 10 * 60_000
"""A till counts as online for this long after a whole cycle; the longest pause between two is as long."""


@dataclass(frozen=True, slots=True)
class TillsSeen:
    """How many tills there are, and how many of them head office saw today."""

    seen: int
    enrolled: int


class OfficeState:
    """Keeps the link in memory, and the server's time as last heard; thread-safe."""

    def __init__(self, units: Units, clock: Clock) -> None:
        """Read the link; `clock` is the machine's own, not one corrected by the server."""
        self._units = units
        self._clock = clock
        self._lock = threading.Lock()
        self._link: Link | None = None
        self._server_time: ServerTime | None = None
        self._synced_ms: int | None = None
        self._tills: TillsSeen | None = None
        self.reload()

    @property
    def link(self) -> Link | None:
        """The link, None while the till stands alone."""
        return self._link

    @property
    def is_enrolled(self) -> bool:
        return self._link is not None

    def reload(self) -> None:
        """Read the link anew, after it was changed."""
        with self._units.read() as connection:
            link = find_link(connection)
        with self._lock:
            self._link = link

    def heard(self, server_time: ServerTime) -> None:
        """Take note of the server's clock."""
        with self._lock:
            self._server_time = server_time

    def saw_tills(self, tills: TillsSeen | None) -> None:
        """Take note of how many tills head office saw today."""
        with self._lock:
            self._tills = tills

    @property
    def tills(self) -> TillsSeen | None:
        """How many tills head office saw today, as told at the last log-in; None where it was not told."""
        return self._tills

    def synced(self) -> None:
        """Take note that a whole cycle ended well."""
        with self._lock:
            self._synced_ms = self._clock.running_ms()

    def failed(self) -> None:
        """Take note that the server could not be reached: the till is offline."""
        with self._lock:
            self._synced_ms = None

    @property
    def is_online(self) -> bool:
        """Whether a cycle ended well a moment ago; a guess, made without waiting."""
        synced_ms = self._synced_ms
        return synced_ms is not None and self._clock.running_ms() - synced_ms < ONLINE_FOR_MS

    def server_now(self) -> datetime | None:
        """Return the server's time now, None where it was not heard in this run."""
        heard = self._server_time
        return None if heard is None else heard.now(self._clock)

    def clock_offset(self) -> timedelta | None:
        """Return the server's clock minus this machine's, as they stand now; None where it is not known."""
        server_now = self.server_now()
        return None if server_now is None else server_now - self._clock.now()

    @property
    def is_clock_off(self) -> bool:
        """Whether this machine's clock is too far from the server's, and the till does not go by that one."""
        link, offset = self._link, self.clock_offset()
        if link is None or offset is None or link.keeps_server_clock:
            return False
        return abs(offset) > OFF_TOLERANCE

    def require_allowed(self) -> None:
        """Refuse to sell on a till that head office revoked, or that exists twice.

        Raises:
            MachineFault: `till.not_authorised`, `sync.fork`.
        """
        link = self._link
        if link is None or link.state == "enrolled":
            return
        if link.state == "forked":
            raise forked()
        raise MachineFault(
            "till.not_authorised",
            "Head office has taken this till out of use. What was sold is still sent; nothing can be sold.",
        )

    def require_right_clock(self) -> None:
        """Refuse tokens while this machine's clock is far from the server's (docs/formats.md §8).

        It ends by itself when the clock is set, or an administrator lets the till keep the server's time.

        Raises:
            MachineFault: `clock.off`.
        """
        offset = self.clock_offset()
        if offset is None or not self.is_clock_off:
            return
        now = self._clock.now()
        raise MachineFault(
            "clock.off",
            f"This computer says {now:%Y-%m-%d %H:%M} UTC, head office {now + offset:%Y-%m-%d %H:%M} UTC. "
            "Set the clock right; no token is made until then.",
        )


class OfficeClock:
    """The machine's clock, or the server's where an administrator lets the till keep that one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = timedelta(0)

    def keep(self, offset: timedelta) -> None:
        """Add `offset` to the machine's clock from now on."""
        self._offset = offset

    def now(self) -> datetime:
        return self._clock.now() + self._offset

    def running_ms(self) -> int:
        return self._clock.running_ms()
