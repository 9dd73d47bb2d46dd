"""The state of the Sales screen and who is told when it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from pos.services.print_spool import JobState, PrintJob
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.sales.state import Form, SalesState

_MEMORY = "sales"


class Store:
    """Keeps the state, also over a view that is made anew, and prints for all parts of the presenter."""

    def __init__(self, context: Context, show: Callable[[SalesState], None]) -> None:
        self.context = context
        self._show = show
        kept = context.memory.get(_MEMORY)
        self.state = _resting(kept) if isinstance(kept, SalesState) else SalesState()

    def set(self, **changes: Any) -> None:
        """Change the state and show it."""
        self.state = replace(self.state, **changes)
        self.context.memory[_MEMORY] = self.state
        self._show(self.state)

    def set_form(self, **changes: Any) -> None:
        """Change what is being typed."""
        form: Form = replace(self.state.form, **changes)
        self.set(form=form)

    def say(self, source: str, /, **values: object) -> str:
        """Translate a text of the screen."""
        return self.context.wording.say(source, **values)

    def print_paper(self, job: int, *, place: int, copy: int, done: Callable[[], None]) -> None:
        """Print a queued paper; an original that came out is stated as handed over."""
        context = self.context
        desk, actor = context.desk, context.actor

        def work() -> PrintJob:
            printed = desk.spool.print_job(job)
            if printed.state is JobState.PRINTED and not copy:
                desk.reprints.hand_over_paper(place, actor)
            return printed

        def ended(printed: PrintJob) -> None:
            self.set(is_printing=False)
            if printed.state is JobState.PRINTED:
                number = printed.copy
                context.shell.toast(self.say("COPY {n} printed", n=number) if number else self.say("Printed"))
            else:
                context.shell.toast(self.say("Look at the printer: did the paper come out?"), light="warn")
            context.shell.refresh_status()
            done()

        def failed(error: BaseException) -> None:
            self.set(is_printing=False)
            context.shell.show_error(error)
            context.shell.refresh_status()

        self.set(is_printing=True)
        context.tasks.submit(Lane.DEVICE, work, on_ok=ended, on_error=failed)

    def print_notes(self) -> None:
        """Print the credit notes that wait, also those of refunds that a provider made meanwhile."""
        context = self.context

        def ended(printed: tuple[PrintJob, ...]) -> None:
            if any(job.state is not JobState.PRINTED for job in printed):
                context.shell.toast(self.say("Look at the printer: did the paper come out?"), light="warn")
            context.shell.refresh_status()

        context.tasks.submit(
            Lane.DEVICE,
            lambda: context.desk.spool.print_all("credit_note"),
            on_ok=ended,
            on_error=context.shell.show_error,
        )

    def reprint(self, what: UUID, *, done: Callable[[], None]) -> None:
        """Print the stored paper of a sale or an issue again, marked COPY n."""
        context = self.context
        desk, actor = context.desk, context.actor

        def work() -> tuple[int, int, int] | None:
            if not desk.status.read().printer:
                return None
            copy = desk.reprints.reprint(what, actor)
            assert copy.print_job is not None, "there is a printer"
            return copy.print_job, copy.place, copy.copy

        def made(copy: tuple[int, int, int] | None) -> None:
            if copy is None:
                self.set(is_printing=False)
                context.shell.toast(self.say("No printer is set up. Save it as PDF instead."), light="warn")
                return
            self.print_paper(copy[0], place=copy[1], copy=copy[2], done=done)

        def failed(error: BaseException) -> None:
            self.set(is_printing=False)
            context.shell.show_error(error)

        self.set(is_printing=True)
        context.tasks.submit(Lane.SALE, work, on_ok=made, on_error=failed)


def _resting(state: SalesState) -> SalesState:
    """Return the state without the work whose answers went to the view before."""
    return replace(
        state,
        form=replace(state.form, is_busy=False),
        export=replace(state.export, is_running=False),
        is_printing=False,
    )
