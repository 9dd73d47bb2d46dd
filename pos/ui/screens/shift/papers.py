"""Printing from the Shift place: the spool's waiting papers, X reports, copies, PDF files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pos.services.print_spool import JobState
from pos.ui.context import Context
from pos.ui.desk import Desk
from pos.ui.lanes import Lane
from pos.ui.screens.shift.state import PaperState

_STATES = {
    JobState.WAITING: PaperState.WAITING,
    JobState.SENDING: PaperState.PRINTING,
    JobState.UNKNOWN: PaperState.UNKNOWN,
    JobState.FAILED: PaperState.UNKNOWN,
}


def print_until_done(desk: Desk, place: int = 0) -> PaperState:
    """Print what waits, in order, and say how the papers of a place stand. Raises Unavailable `printer.*`."""
    while desk.spool.print_next() is not None:
        continue
    open_jobs = [job.state for job in desk.spool.list_open() if job.place == place]
    return _STATES.get(open_jobs[-1], PaperState.PRINTED) if open_jobs else PaperState.PRINTED


class Papers:
    """Sends papers to the printer beside the window; trouble with it is a toast."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def print_waiting(self, done: Callable[[], None]) -> None:
        """Print whatever waits in the spool."""
        desk = self._context.desk
        self._context.tasks.submit(
            Lane.DEVICE,
            lambda: print_until_done(desk),
            on_ok=lambda _: done(),
            on_error=self._trouble,
        )

    def print_x(self) -> None:
        """Print the X report as it is now."""
        desk, actor = self._context.desk.shift_desk, self._context.actor
        self._context.tasks.submit(
            Lane.DEVICE, lambda: desk.print_x(actor), on_ok=self._say_printed, on_error=self._trouble
        )

    def print_z(self, number: int, done: Callable[[PaperState], None]) -> None:
        """Print the stored Z of a closed shift once more, marked as a copy."""
        desk, actor = self._context.desk, self._context.actor

        def queued(is_queued: bool) -> None:
            if not is_queued:
                self._say_printed(is_queued)
                done(PaperState.NO_PRINTER)
                return
            self._context.tasks.submit(
                Lane.DEVICE, lambda: print_until_done(desk), on_ok=printed, on_error=troubled
            )

        def printed(paper: PaperState) -> None:
            self._say_printed(is_printed=True)
            done(paper)

        def troubled(error: BaseException) -> None:
            self._trouble(error)
            done(PaperState.WAITING)

        self._context.tasks.submit(
            Lane.SALE,
            lambda: desk.shift_desk.print_z_again(actor, number),
            on_ok=queued,
            on_error=troubled,
        )

    def print_slip(self, number: int) -> None:
        """Print the deposit slips of a closed shift once more."""
        desk, actor = self._context.desk, self._context.actor

        def queued(is_queued: bool) -> None:
            if is_queued:
                self.print_waiting(lambda: self._say_printed(is_printed=True))
            else:
                self._say_printed(is_queued)

        self._context.tasks.submit(
            Lane.SALE,
            lambda: desk.shift_desk.print_slip_again(actor, number),
            on_ok=queued,
            on_error=self._trouble,
        )

    def save_pdf(self, place: int, path: Path) -> None:
        """Write a stored paper as a PDF file."""
        files = self._context.desk.paper_files
        text = self._context.say("Saved: {name}", name=path.name)
        self._context.tasks.submit(
            Lane.REPORT,
            lambda: files.write_pdf(place, path),
            on_ok=lambda _: self._context.shell.toast(text),
            on_error=self._context.shell.show_error,
        )

    def _say_printed(self, is_printed: bool) -> None:
        shell, say = self._context.shell, self._context.say
        if is_printed:
            shell.toast(say("Printed."))
        else:
            shell.toast(say("This till has no printer. Save the paper as PDF."), light="warn")
        shell.refresh_status()

    def _trouble(self, error: BaseException) -> None:
        self._context.shell.show_error(error)
        self._context.shell.refresh_status()
