"""The close: the count becomes a Z, or a supervisor must look; what follows keeps nobody waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pos.config import PRINTER
from pos.domain.permissions import Permission
from pos.domain.shift import ShiftReport
from pos.errors import KilotillError
from pos.printing.layout import COLUMNS_58_MM
from pos.services.approval import Approval
from pos.services.shifts import CountDiffersError
from pos.ui.context import ApprovalAsk, Context
from pos.ui.lanes import Lane
from pos.ui.screens.shift.counting import Count
from pos.ui.screens.shift.papers import print_until_done
from pos.ui.screens.shift.state import PaperState, Result
from pos.ui.screens.shift.words import difference, sentence_of


class Closing:
    """Closes the open shift. `closed` gets the result and its later states, None when nothing was closed."""

    def __init__(
        self,
        context: Context,
        *,
        closed: Callable[[Result | None], None],
        refused: Callable[[], None],
    ) -> None:
        self._context = context
        self._closed = closed
        self._refused = refused
        self._result: Result | None = None

    def close(self, count: Count, approval: Approval | None = None) -> None:
        """Close with a blind count."""
        shifts, actor = self._context.desk.shifts, self._context.actor
        self._context.tasks.submit(
            Lane.SALE,
            lambda: shifts.close_shift(actor, count.to_cash_count(), approval=approval),
            on_ok=self._is_closed,
            on_error=lambda error: self._is_not_closed(count, error),
        )

    def _is_not_closed(self, count: Count, error: BaseException) -> None:
        if not isinstance(error, CountDiffersError):
            self._closed(None)
            self._context.shell.show_error(error)
            return
        self._refused()
        wording, compared = self._context.wording, error.compared
        # From here on the figures are no secret: this count stands in the journal, whatever follows.
        facts = wording.say(
            "Counted {counted}, expected {expected}: the difference is {difference}.",
            counted=wording.money(compared.count.total_minor),
            expected=wording.money(compared.expected_minor),
            difference=difference(compared.difference_minor, wording),
        )
        self._context.shell.ask_approval(
            ApprovalAsk(
                Permission(error.permission), error.subject, facts, lambda given: self.close(count, given)
            )
        )

    def _is_closed(self, report: ShiftReport) -> None:
        self._show(Result(report))
        self._context.shell.refresh_status()
        self._read_paper(report)
        self._context.tasks.submit(
            Lane.BULK, self._keep_safe, on_ok=lambda _: None, on_error=self._back_up_failed
        )

    def go_on(self, result: Result) -> None:
        """Follow the paper of a close that was confirmed in a view which is gone."""
        if self._result is not None:
            return
        self._result = result
        if not result.place:
            self._read_paper(result.report)
        elif result.paper is PaperState.PRINTING:
            self._has_paper(result)

    def _read_paper(self, report: ShiftReport) -> None:
        context, desk, actor = self._context, self._context.desk, self._context.actor

        def read() -> Result:
            shift = desk.shifts.get_closed(actor, report.number)
            place = shift.closed_place or 0
            movements = desk.shift_desk.movements_of(actor, report.number)
            text = desk.paper_files.text(place, columns=COLUMNS_58_MM)
            return Result(report, movements, place, text)

        context.tasks.submit(Lane.READ, read, on_ok=self._has_paper, on_error=context.shell.show_error)

    def _keep_safe(self) -> None:
        self._context.desk.note_head()
        self._context.desk.backups.begin().run()

    def _back_up_failed(self, error: BaseException) -> None:
        if not isinstance(error, KilotillError):
            self._context.shell.show_error(error)
            return
        sentence = sentence_of(error, self._context.wording)
        text = self._context.say("The shift is closed. No back-up was made: {why}", why=sentence)
        self._context.shell.toast(text, light="warn")

    def _has_paper(self, result: Result) -> None:
        self._show(result)
        context, desk = self._context, self._context.desk

        def work() -> PaperState:
            state = print_until_done(desk, result.place)
            return state if desk.settings.values()[PRINTER] else PaperState.NO_PRINTER

        context.tasks.submit(Lane.DEVICE, work, on_ok=self._printed, on_error=self._not_printed)

    def _printed(self, paper: PaperState) -> None:
        if self._result is not None:
            self._show(replace(self._result, paper=paper))
        self._context.shell.refresh_status()

    def _not_printed(self, error: BaseException) -> None:
        self._printed(PaperState.WAITING)
        self._context.shell.show_error(error)

    def _show(self, result: Result) -> None:
        self._result = result
        self._closed(result)
