"""What the Shift place shows and prints: the open shift, X reports, papers again, the drawer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.permissions import Actor, Permission, holds
from pos.domain.shift import MovementKind, Unresolved
from pos.errors import UserError
from pos.models.ledger_book import read_head
from pos.models.papers import print_job
from pos.models.places import place_of
from pos.models.queries.counter import count_drafts
from pos.models.queries.shifts import (
    MovementRow,
    ShiftRow,
    count_sales,
    customer_name,
    find_open_shift,
    list_movement_rows,
    list_unresolved,
)
from pos.models.uow import Units
from pos.printing.document import Document, DrawerKick
from pos.printing.layout import COLUMNS_80_MM, plain_text
from pos.services.approval import require_any
from pos.services.delivery import CheckoutRules
from pos.services.print_spool import JobState, PrintSpool, add_print_job
from pos.services.shift_figures import proof_of
from pos.services.shift_papers import ShiftPapers
from pos.services.shifts import Shifts
from pos.system.clock import Clock


@dataclass(frozen=True, slots=True)
class ShiftNow:
    """How the till stands: its open shift, if any, and what waits. No sum of cash: the count is blind.

    `number` is the open shift's or the next one's. `is_mine` says whether the person may go on with it:
    who opened it, and a supervisor.
    """

    number: int
    at: datetime
    shift: ShiftRow | None
    is_mine: bool
    sales: int
    movements: tuple[MovementRow, ...]
    waiting: tuple[Unresolved, ...]
    customers: Mapping[UUID, str]
    drafts: int
    unsent: int
    unsent_since: datetime | None


class ShiftDesk:
    """Answers the questions of the Shift place; of the books it changes nothing."""

    def __init__(
        self,
        units: Units,
        clock: Clock,
        *,
        shifts: Shifts,
        papers: ShiftPapers,
        spool: PrintSpool,
        rules: Callable[[], CheckoutRules],
    ) -> None:
        """Wire the parts; `rules` names the printer and the language of papers."""
        self._units = units
        self._clock = clock
        self._shifts = shifts
        self._papers = papers
        self._spool = spool
        self._rules = rules

    def now(self, actor: Actor) -> ShiftNow:
        """Return how the till stands.

        Raises:
            UserError: `permission.denied`.
        """
        require_any(actor, Permission.SHIFT_OPEN, Permission.REPORT_VIEW)
        may_stand_in = holds(actor.role, Permission.SHIFT_DIFFERENCE)
        with self._units.read() as connection:
            shift = find_open_shift(connection)
            proof = proof_of(connection)
            waiting = list_unresolved(connection)
            return ShiftNow(
                number=read_head(connection).z_last + 1,
                at=self._clock.now(),
                shift=shift,
                is_mine=shift is not None and (may_stand_in or shift.operator_key == actor.key),
                sales=0 if shift is None else count_sales(connection, shift.place),
                movements=() if shift is None else list_movement_rows(connection, shift.place),
                waiting=waiting,
                customers=_customers(connection, waiting),
                drafts=count_drafts(connection),
                unsent=proof.unsent,
                unsent_since=proof.unsent_since,
            )

    def movements_of(self, actor: Actor, number: int) -> tuple[MovementRow, ...]:
        """Return the cash movements of a closed shift, in order. Raises as `Shifts.get_closed`."""
        shift = self._shifts.get_closed(actor, number)
        with self._units.read() as connection:
            return list_movement_rows(connection, shift.place)

    def x_text(self, actor: Actor, *, columns: int = COLUMNS_80_MM) -> str:
        """Return the X report as the lines of the printer. Raises as `Shifts.x_report`."""
        return plain_text(self._papers.document(self._shifts.x_report(actor)), columns)

    def print_x(self, actor: Actor) -> bool:
        """Print the X report as it is now; False where the till has no printer.

        Raises:
            UserError: as `Shifts.x_report`.
            Unavailable: `printer.*`; it is not tried again by itself.
        """
        document = self._papers.document(self._shifts.x_report(actor))
        return self._print_unkept(document)

    def print_z_again(self, actor: Actor, number: int) -> bool:
        """Queue the stored Z of a closed shift as COPY n; False where the till has no printer.

        Raises:
            UserError: as `Shifts.get_closed`.
            MachineFault: `disk.*`.
        """
        shift = self._shifts.get_closed(actor, number)
        assert shift.closed_place is not None, "a closed shift has the place of its close"
        return self._queue_again(shift.closed_place)

    def print_slip_again(self, actor: Actor, number: int) -> bool:
        """Queue the deposit slips of a closed shift as COPY n; False where the till has no printer.

        Raises:
            UserError: `cash.slip_missing` (nothing was banked in it), and as `Shifts.get_closed`.
            MachineFault: `disk.*`.
        """
        banked = [row for row in self.movements_of(actor, number) if row.kind is MovementKind.BANKING]
        if not banked:
            raise UserError("cash.slip_missing", "Nothing was banked in this shift: it has no deposit slip.")
        queued = [self._queue_again(row.place) for row in banked]
        return all(queued)

    def open_drawer(self, place: int) -> bool:
        """Let the drawer spring open for the movement that is written at `place`; False without a printer.

        Raises:
            Unavailable: `printer.*`; the movement stands, somebody opens the drawer with its key.
        """
        rules = self._rules()
        if not self._print_unkept(Document("drawer", rules.language, (DrawerKick(),))):
            return False
        with self._units.write() as unit:
            at = self._clock.now()
            # Done already: the row tells the status strip that the drawer stands open.
            key = add_print_job(unit, place, printer=rules.printer, at=at, opens_drawer=True)
            done = {"state": JobState.PRINTED, "finished_at": at}
            unit.connection.execute(print_job.update().where(print_job.c.key == key).values(done))
        return True

    def open_drawer_for_part(self) -> bool:
        """Let the drawer spring open for cash of a split that was just written: its change is given now.

        Returns and raises as `open_drawer`.
        """
        with self._units.read() as connection:
            seq: int = connection.exec_driver_sql(
                "SELECT max(seq) FROM journal WHERE kind = 'payment_changed'"
            ).scalar_one()
            number = read_head(connection).number
        return self.open_drawer(place_of(number, seq))

    def _print_unkept(self, document: Document) -> bool:
        printer = self._rules().printer
        if not printer:
            return False
        self._spool.print_unkept(document, printer=printer)
        return True

    def _queue_again(self, place: int) -> bool:
        printer = self._rules().printer
        if not printer:
            return False
        with self._units.write() as unit:
            # Two papers must never look alike: the original counts as out even if its job is gone.
            last = unit.connection.exec_driver_sql(
                "SELECT coalesce(max(copy), 0) FROM print_job WHERE place = ?", (place,)
            ).scalar_one()
            add_print_job(unit, place, printer=printer, at=self._clock.now(), copy=int(last) + 1)
        return True


def _customers(connection: Connection, waiting: tuple[Unresolved, ...]) -> dict[UUID, str]:
    return {one.sale_id: customer_name(connection, one.sale_id) for one in waiting}


__all__ = ["MovementRow", "ShiftDesk", "ShiftNow", "ShiftRow"]
