"""Prints the credit notes of refunds that ended beside the window. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from pos.errors import Unavailable
from pos.services.print_spool import JobState, PrintJob
from pos.ui.lanes import Lane, Tasks

AFTER_TROUBLE = timedelta(minutes=1)
"""A printer that does not answer holds its lane up: it is left in peace for so long."""


class Spool(Protocol):
    """What it needs of `pos.services.print_spool.PrintSpool`."""

    def print_unattended(self, kind: str) -> tuple[PrintJob, ...]:
        """Print the waiting originals of a kind that do not open the drawer."""
        ...


class NotePrinter:
    """Looks after each go of the payments whether a note waits; each is printed once, by the spool."""

    def __init__(
        self,
        spool: Spool,
        tasks: Tasks,
        *,
        now: Callable[[], datetime],
        on_printed: Callable[[tuple[PrintJob, ...]], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        """`on_printed` is told of what came out, or may have; `on_error` of all but a printer in trouble."""
        self._spool = spool
        self._tasks = tasks
        self._now = now
        self._on_printed = on_printed
        self._on_error = on_error
        self._is_printing = False
        self._not_before: datetime | None = None

    def look(self) -> None:
        """Print what waits, unless it is at it or the printer was in trouble a moment ago."""
        if self._is_printing or (self._not_before is not None and self._now() < self._not_before):
            return
        self._is_printing, self._not_before = True, None
        spool = self._spool
        self._tasks.submit(
            Lane.DEVICE,
            lambda: spool.print_unattended("credit_note"),
            on_ok=self._ended,
            on_error=self._failed,
        )

    def _ended(self, printed: tuple[PrintJob, ...]) -> None:
        self._is_printing = False
        if any(job.state is not JobState.PRINTED for job in printed):
            self._not_before = self._now() + AFTER_TROUBLE
        if printed:
            self._on_printed(printed)

    def _failed(self, error: BaseException) -> None:
        self._is_printing = False
        self._not_before = self._now() + AFTER_TROUBLE
        if not isinstance(error, Unavailable):
            self._on_error(error)
