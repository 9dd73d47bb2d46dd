"""The print spool: what is to be printed, what was, and what nobody knows.

A job is `waiting`, then `sending` (committed before the first byte leaves), then `printed`. Whatever goes
wrong before the first byte puts it back to `waiting` (no paper, cover open, printer off). Whatever goes wrong
after it, the end of the program included, makes it `unknown`: a customer may hold the paper. No job is
ever printed again by itself; a person looks and decides. `failed` is a paper that cannot be made at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from pos.errors import MachineFault, Unavailable, UserError, code_of
from pos.models.papers import document, print_job
from pos.models.uow import Units, WriteUnit
from pos.printing.devices import PrinterDevice, check_ready
from pos.printing.document import Document, opening_drawer
from pos.printing.thermal import ThermalPaper, render_thermal
from pos.system.clock import Clock

logger = logging.getLogger(__name__)


class JobState(StrEnum):
    """Where a job is (pos/models/papers.py)."""

    WAITING = "waiting"
    SENDING = "sending"
    PRINTED = "printed"
    UNKNOWN = "unknown"
    FAILED = "failed"


class Decision(StrEnum):
    """What a person says of a job nobody knows about."""

    IS_PRINTED = "is_printed"
    PRINT_AGAIN = "print_again"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One job; `copy` 0 is the original, `error` the code of the last refusal."""

    key: int
    place: int
    copy: int
    state: JobState
    printer: str
    created_at: datetime
    opens_drawer: bool
    error: str = ""


class Papers(Protocol):
    """Where the spool finds what to print."""

    def find(self, place: int, copy: int) -> Document:
        """Give the document of a journal place, marked if `copy` is above 0; UserError if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Printer:
    """A configured printer: how to open it, and its paper."""

    open: Callable[[], PrinterDevice]
    paper: ThermalPaper


def add_print_job(
    unit: WriteUnit, place: int, *, printer: str, at: datetime, copy: int = 0, opens_drawer: bool = False
) -> int:
    """Add a job in the write unit of the fact whose paper it is, and give its key.

    Opening the drawer without a sale is a fact of its own (`cash_moved`, `no_sale_open`) for the caller.
    """
    job = {
        "place": place,
        "copy": copy,
        "state": JobState.WAITING,
        "printer": printer,
        "created_at": at,
        "opens_drawer": opens_drawer,
    }
    return int(unit.connection.execute(insert(print_job).values(job).returning(print_job.c.key)).scalar_one())


class PrintSpool:
    """Prints waiting jobs, one at a time and in order; runs on one worker."""

    def __init__(
        self, units: Units, *, clock: Clock, papers: Papers, printers: Callable[[str], Printer]
    ) -> None:
        """Take what it works with; `printers` gives one by name, UserError `printer.unknown` if none."""
        self._units = units
        self._clock = clock
        self._papers = papers
        self._printers = printers

    def recover(self) -> tuple[int, ...]:
        """Call at program start: jobs found in the middle of sending become unknown; gives their keys."""
        with self._units.write() as unit:
            found = unit.connection.execute(
                update(print_job)
                .where(print_job.c.state == JobState.SENDING)
                .values(state=JobState.UNKNOWN, error="printer.interrupted")
                .returning(print_job.c.key)
            )
            return tuple(sorted(key for (key,) in found))

    def list_open(self) -> tuple[PrintJob, ...]:
        """List all jobs that are not printed, the oldest first."""
        with self._units.read() as connection:
            return tuple(
                _job_from(row)
                for row in connection.execute(
                    select(print_job).where(print_job.c.state != JobState.PRINTED).order_by(print_job.c.key)
                )
            )

    def print_next(self) -> PrintJob | None:
        """Print the oldest waiting job and give it with its new state; None where nothing waits.

        Raises:
            Unavailable: `printer.paper_out`, `printer.cover_open`, `printer.offline` or
                `printer.driver_missing`; the job waits on.
        """
        with self._units.read() as connection:
            row = connection.execute(
                select(print_job.c.key)
                .where(print_job.c.state == JobState.WAITING)
                .order_by(print_job.c.key)
                .limit(1)
            ).first()
        return None if row is None else self.print_job(row.key)

    def print_all(self, kind: str) -> tuple[PrintJob, ...]:
        """Print the waiting papers of one kind, the oldest first, and give them with their new states.

        Raises:
            Unavailable: as `print_next`; what is not printed waits on.
        """
        return self._print_each(document.c.kind == kind)

    def print_unattended(self, kind: str) -> tuple[PrintJob, ...]:
        """Print the waiting originals of one kind that do not open the drawer: perhaps nobody stands there.

        Returns and raises as `print_all`.
        """
        is_quiet = print_job.c.opens_drawer.is_(False) & (print_job.c.copy == 0)
        return self._print_each(document.c.kind == kind, is_quiet)

    def print_job(self, key: int) -> PrintJob:
        """Print one waiting job and give it with its new state: printed, unknown or failed.

        Raises:
            UserError: `printer.job_not_waiting`, `printer.job_missing`.
            Unavailable: as `print_next`.
        """
        job = self._take(key)
        try:
            data, printer = self._render(job)
        except MachineFault as error:
            self._finish(job, JobState.WAITING, error)
            raise
        except UserError as error:
            return self._finish(job, JobState.FAILED, error)
        except Exception as error:
            # The papers behind it are to come out all the same.
            logger.exception("A paper could not be made: print job %d", key)
            return self._finish(job, JobState.FAILED, error)
        try:
            device = self._open(printer)
        except Exception as error:
            # No byte has left: the paper waits, whatever it was.
            self._finish(job, JobState.WAITING, error)
            raise
        return self._send(job, device, data)

    def print_unkept(self, document: Document, *, printer: str) -> None:
        """Print what is kept nowhere, such as an X report or the kick of a drawer; it leaves no job.

        Raises:
            UserError: `printer.unknown`.
            Unavailable: as `print_next`; nobody knows what came out once it began.
        """
        target = self._printers(printer)
        data = render_thermal(document, target.paper)
        device = self._open(target)
        try:
            device.send(data)
            check_ready(device)
        finally:
            device.close()

    def decide(self, key: int, decision: Decision) -> PrintJob:
        """Settle an unknown or failed job as a person says: it came out, print it (again), or leave it.

        Printing again does not open the drawer again.

        Raises:
            UserError: `printer.job_missing`, `printer.job_settled` (nothing to decide).
        """
        states = {
            Decision.IS_PRINTED: JobState.PRINTED,
            Decision.PRINT_AGAIN: JobState.WAITING,
            Decision.GIVE_UP: JobState.FAILED,
        }
        with self._units.write() as unit:
            job = _get_job(unit.connection, key)
            if job.state not in (JobState.UNKNOWN, JobState.FAILED):
                raise UserError("printer.job_settled", "This paper needs no decision.")
            unit.connection.execute(
                update(print_job).where(print_job.c.key == key).values(opens_drawer=False)
            )
            return _change(unit.connection, key, state=states[decision], error=None, at=self._clock.now())

    def _print_each(self, *conditions: ColumnElement[bool]) -> tuple[PrintJob, ...]:
        waiting = (
            select(print_job.c.key)
            .join(document, document.c.place == print_job.c.place)
            .where(print_job.c.state == JobState.WAITING, *conditions)
            .order_by(print_job.c.key)
        )
        with self._units.read() as connection:
            keys = [row.key for row in connection.execute(waiting)]
        return tuple(self.print_job(key) for key in keys)

    def _take(self, key: int) -> PrintJob:
        with self._units.write() as unit:
            job = _get_job(unit.connection, key)
            if job.state is not JobState.WAITING:
                raise UserError("printer.job_not_waiting", "This paper does not wait for the printer.")
            return _change(unit.connection, key, state=JobState.SENDING, error=None, at=self._clock.now())

    def _render(self, job: PrintJob) -> tuple[bytes, Printer]:
        printer = self._printers(job.printer)
        document = self._papers.find(job.place, job.copy)
        if job.opens_drawer:
            document = opening_drawer(document)
        return render_thermal(document, printer.paper), printer

    def _open(self, printer: Printer) -> PrinterDevice:
        device = printer.open()
        try:
            check_ready(device)
        except Exception:
            # Whatever it was, the device must not stay open.
            device.close()
            raise
        return device

    def _send(self, job: PrintJob, device: PrinterDevice, data: bytes) -> PrintJob:
        """Send everything; once a byte may have left, only a person can say what came out."""
        try:
            try:
                device.send(data)
                check_ready(device)
            finally:
                device.close()
        except Unavailable as error:
            return self._finish(job, JobState.UNKNOWN, error)
        except Exception as error:
            # A mistake of ours amid a paper: a person says what came out, and the next one is printed.
            logger.exception("A paper was broken off: print job %d", job.key)
            return self._finish(job, JobState.UNKNOWN, error)
        return self._finish(job, JobState.PRINTED, None)

    def _finish(self, job: PrintJob, state: JobState, error: Exception | None) -> PrintJob:
        code = None if error is None else code_of(error)
        with self._units.write() as unit:
            return _change(unit.connection, job.key, state=state, error=code, at=self._clock.now())


def _get_job(connection: Connection, key: int) -> PrintJob:
    row = connection.execute(select(print_job).where(print_job.c.key == key)).first()
    if row is None:
        raise UserError("printer.job_missing", f"There is no print job {key}.")
    return _job_from(row)


def _change(
    connection: Connection, key: int, *, state: JobState, error: str | None, at: datetime
) -> PrintJob:
    is_done = state in (JobState.PRINTED, JobState.FAILED)
    connection.execute(
        update(print_job)
        .where(print_job.c.key == key)
        .values(state=state, error=error, finished_at=at if is_done else None)
    )
    return _get_job(connection, key)


def _job_from(row: Row[tuple[object, ...]]) -> PrintJob:
    return PrintJob(
        key=row.key,
        place=row.place,
        copy=row.copy,
        state=JobState(row.state),
        printer=row.printer,
        created_at=row.created_at,
        opens_drawer=row.opens_drawer,
        error=row.error or "",
    )
