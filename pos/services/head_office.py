"""This till and its head office in one place: how they stand, who talks, who else makes tokens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pos.domain.permissions import Actor, Permission
from pos.errors import UserError
from pos.models.ledger_book import Book
from pos.models.office_link import change_link
from pos.models.queries.selling import SellingMeter
from pos.models.uow import Units
from pos.services.approval import require
from pos.services.central_holder import CentralHolder
from pos.services.enrol_values import Enrolled, EnrolWish
from pos.services.facts import privileged_act
from pos.sync.schedule import Random, Schedule
from pos.sync.state import OfficeClock, OfficeState
from pos.sync.transport import Transport
from pos.system.clock import Clock

if TYPE_CHECKING:
    from pos.sync.client import ServerClient
    from pos.sync.engine import SyncEngine
    from pos.sync.resources.base import SealPin


@dataclass(frozen=True, slots=True)
class OfficePorts:
    """What head office needs of this machine."""

    sign: Callable[[bytes], bytes]
    seal_pin: SealPin
    random: Random
    machine: str
    time_zone: str


class HeadOffice:
    """Enrols the till and keeps the engine of its cycles; before that, everything here is None or refuses."""

    def __init__(
        self,
        units: Units,
        book: Book,
        *,
        machine_clock: Clock,
        office_clock: OfficeClock,
        ports: OfficePorts,
    ) -> None:
        """`office_clock` is the clock everybody else uses; it may be told to follow the server's."""
        self._units = units
        self._book = book
        self._machine_clock = machine_clock
        self._office_clock = office_clock
        self._ports = ports
        self._open_transport: Callable[[str], Transport] = _over_https
        self._pause: Callable[[float], None] = time.sleep
        self.state = OfficeState(units, machine_clock)
        self.holder = CentralHolder(
            self._vending_client,
            is_reachable=lambda: self.state.is_online,
            unreachable=self.state.failed,
        )
        self._turn = threading.Lock()
        self._engine: SyncEngine | None = None
        self._vend_client: ServerClient | None = None
        link = self.state.link
        if link is not None and link.keeps_server_clock and link.clock_offset_ms is not None:
            self._office_clock.keep(timedelta(milliseconds=link.clock_offset_ms))

    @property
    def engine(self) -> SyncEngine | None:
        """What runs cycles with head office, None while the till stands alone; made when first asked for."""
        with self._turn:
            if self._engine is None and self.state.is_enrolled:
                self._begin()
            return self._engine

    def use_transport(
        self, open_transport: Callable[[str], Transport], *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """Reach servers in another way from now on: through a proxy, or inside a test."""
        self._open_transport = open_transport
        self._pause = pause
        self._forget()

    def transport_to(self, url: str) -> Transport:
        """Return the way to a server's address."""
        return self._open_transport(url)

    def enrol(
        self, actor: Actor, wish: EnrolWish, *, progress: Callable[[int], None] = lambda _: None
    ) -> Enrolled:
        """Enrol this till; errors as `Enrolment.enrol`. The first cycle should follow at once."""
        from pos.services.enrolment import Enrolment

        enrolment = Enrolment(
            self._units,
            self._book,
            self._machine_clock,
            open_transport=self._open_transport,
            sign=self._ports.sign,
            machine=self._ports.machine,
            time_zone=self._ports.time_zone,
        )
        try:
            return enrolment.enrol(actor, wish, progress=progress)
        finally:
            # Also after a broken line: what was enrolled is enrolled, and the rest comes with the cycles.
            self.state.reload()
            self._forget()

    def keep_server_clock(self, actor: Actor, *, reason: str) -> None:
        """Let the till go by the server's clock while this machine's is wrong (docs/formats.md §8).

        Raises:
            UserError: `permission.denied`, `clock.no_server`: the server's time is not known now.
        """
        require(actor, Permission.SETTING_EDIT)
        offset = self.state.clock_offset()
        if self.state.link is None or offset is None:
            raise UserError("clock.no_server", "The time of head office is not known: connect to it first.")
        # First: the line about it must not be dated by the clock that is wrong.
        self._office_clock.keep(offset)
        seconds = round(offset.total_seconds())
        self._set_keeps(actor, keeps=True, reason=reason, after={"offset_s": seconds})

    def go_by_own_clock(self, actor: Actor, *, reason: str) -> None:
        """Let the till go by this machine's clock again.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.SETTING_EDIT)
        self._set_keeps(actor, keeps=False, reason=reason, after={"offset_s": 0})
        self._office_clock.keep(timedelta(0))

    def server_now(self) -> datetime | None:
        """Return the server's time, None where it was not heard in this run."""
        return self.state.server_now()

    def may_give_free(self, meter: SellingMeter) -> bool:
        """Whether this till may give a meter's free units of the month: offline only its home till may."""
        link = self.state.link
        return link is None or meter.home_till == link.till_id or self.state.is_online

    def _set_keeps(self, actor: Actor, *, keeps: bool, reason: str, after: dict[str, int]) -> None:
        body = privileged_act(Permission.SETTING_EDIT, "clock", "server", reason=reason, after=dict(after))
        with self._units.write() as unit:
            change_link(unit.connection, keeps_server_clock=keeps)
            self._book.record(unit, "privileged_act", body, actor=actor.id)
        self.state.reload()

    def _vending_client(self) -> ServerClient | None:
        """A cashier waits for a token: it has its own conversation beside that of the cycles."""
        return None if self.engine is None else self._vend_client

    def payment_client(self) -> ServerClient | None:
        """Return a new conversation for payments, None while the till stands alone: one a thread."""
        link = self.state.link
        if self.engine is None or link is None:
            return None
        from pos.sync.client import ServerClient

        return ServerClient(
            self._open_transport(link.url), self._machine_clock, till_id=link.till_id, sign=self._ports.sign
        )

    def _forget(self) -> None:
        with self._turn:
            self._engine = self._vend_client = None

    def _begin(self) -> None:
        """Make the engine of an enrolled till; what it needs is loaded only now, a third of a second."""
        from pos.sync.client import ServerClient
        from pos.sync.engine import EngineParts, SyncEngine
        from pos.sync.resources.all import all_mappings

        link = self.state.link
        assert link is not None
        transport = self._open_transport(link.url)
        parts = EngineParts(
            units=self._units,
            book=self._book,
            clock=self._machine_clock,
            office_clock=self._office_clock,
            state=self.state,
            sign=self._ports.sign,
            seal_pin=self._ports.seal_pin,
            mappings=all_mappings(),
            pause=self._pause,
        )
        schedule = Schedule(self._machine_clock, self._ports.random)
        self._engine = SyncEngine(parts, transport, schedule, till_id=link.till_id)
        self._vend_client = ServerClient(
            transport, self._machine_clock, till_id=link.till_id, sign=self._ports.sign
        )


def _over_https(url: str) -> Transport:
    from pos.sync.http import RequestsTransport

    return RequestsTransport(url)
