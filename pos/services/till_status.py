"""How the till is, for the strip: shift, envelope, unsent lines, printer, clock; all read by index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pos.models.ledger_book import FORWARD_TOLERANCE, read_head
from pos.models.queries.counter import count_drafts, newest_kick_at, print_queue
from pos.models.queries.selling import envelope_in_force, reserved_minor
from pos.models.queries.shifts import find_open_shift
from pos.models.uow import Units
from pos.services.backup import LastBackup
from pos.services.office_standing import NONE, RESTORED, count_questions, office_standing
from pos.services.shift_figures import proof_of
from pos.services.trusted_clock import BACK_TOLERANCE
from pos.sync.state import TillsSeen
from pos.system.clock import Clock

DRAWER_OPEN = timedelta(seconds=8)
"""How long after its kick a drawer counts as open, where it cannot say itself."""


@dataclass(frozen=True, slots=True)
class TillStatus:
    """Everything the strip says; amounts in minor units. `printer` is empty for a till without one."""

    till_code: str
    sales_point: str
    at: datetime
    shift_number: int | None
    shift_opened_at: datetime | None
    shift_operator: str
    is_drawer_open: bool
    envelope_left_minor: int | None
    envelope_whole_minor: int
    envelope_expires_at: datetime | None
    unsent: int
    unsent_since: datetime | None
    printer: str
    jobs_waiting: int
    jobs_unknown: int
    printer_error: str
    clock: str
    """`ok`, `back` and `off` (tokens are stopped) or `confirm` (a person must say that the date is right)."""
    drafts: int
    is_vault_open: bool
    office: str = "none"
    """none, restored, enrolled, revoked or forked: how the till stands to head office."""
    questions: int = 0
    """Entries head office flagged or did not take."""
    synced_at: datetime | None = None
    tills: TillsSeen | None = None
    """How many tills head office saw today, None where it did not say."""
    backup: LastBackup | None = None
    """The newest back-up, None where nobody has looked yet."""

    @property
    def has_office(self) -> bool:
        """Whether there is a head office to talk to."""
        return self.office not in (NONE, RESTORED)


class TillStatusReader:
    """Reads the status."""

    def __init__(
        self,
        units: Units,
        clock: Clock,
        *,
        sales_point: str,
        printer: Callable[[], str],
        is_vault_open: Callable[[], bool],
        is_clock_off: Callable[[], bool] = lambda: False,
        tills: Callable[[], TillsSeen | None] = lambda: None,
        backup: Callable[[], LastBackup | None] = lambda: None,
    ) -> None:
        """`printer` is the address of the receipt printer, empty for none.

        `is_clock_off` says whether this machine's clock is too far from head office's. `tills` and `backup`
        are as in `TillStatus`, known without waiting.
        """
        self._units = units
        self._clock = clock
        self._sales_point = sales_point
        self._printer = printer
        self._is_vault_open = is_vault_open
        self._is_clock_off = is_clock_off
        self._tills = tills
        self._backup = backup

    def read(self) -> TillStatus:
        """Return how the till is now.

        Raises:
            MachineFault: `disk.*`.
        """
        now = self._clock.now()
        with self._units.read() as connection:
            head = read_head(connection)
            shift = find_open_shift(connection)
            envelope = envelope_in_force(connection)
            reserved_money_minor, _ = reserved_minor(connection)
            proof = proof_of(connection)
            queue = print_queue(connection)
            kicked_at = newest_kick_at(connection)
            drafts = count_drafts(connection)
            office = office_standing(connection)
            questions = count_questions(connection, head, office)
        return TillStatus(
            till_code=head.till_code,
            sales_point=self._sales_point,
            at=now,
            shift_number=None if shift is None else head.z_last + 1,
            shift_opened_at=None if shift is None else shift.opened_at,
            shift_operator="" if shift is None else shift.operator,
            is_drawer_open=kicked_at is not None and timedelta(0) <= now - kicked_at < DRAWER_OPEN,
            envelope_left_minor=None
            if envelope is None
            else envelope.money_minor - envelope.used_money_minor - reserved_money_minor,
            envelope_whole_minor=0 if envelope is None else envelope.money_minor,
            envelope_expires_at=None if envelope is None else envelope.expires_at,
            unsent=proof.unsent,
            unsent_since=proof.unsent_since,
            printer=self._printer(),
            jobs_waiting=queue.waiting,
            jobs_unknown=queue.unknown,
            printer_error=queue.error,
            clock=self._clock_state(now, head.trusted_at),
            drafts=drafts,
            is_vault_open=self._is_vault_open(),
            office=office.state,
            questions=questions,
            synced_at=office.synced_at,
            tills=self._tills(),
            backup=self._backup(),
        )

    def _clock_state(self, now: datetime, trusted_at: datetime) -> str:
        if now < trusted_at - BACK_TOLERANCE:
            return "back"
        if self._is_clock_off():
            return "off"
        return "confirm" if now > trusted_at + FORWARD_TOLERANCE else "ok"


__all__ = ["LastBackup", "TillStatus", "TillStatusReader", "TillsSeen"]
