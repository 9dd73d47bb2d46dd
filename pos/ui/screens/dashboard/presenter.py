"""The dashboard: which month, its figures beside those of the month before, its file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pos.domain.permissions import Permission
from pos.errors import UserError
from pos.services.reports import Figures, MonthFigures, ReportForm, month_before
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.refusal_words import plain_sentence

MONTHS_OFFERED = 24
MONEY, UNITS = "money", "units"


@dataclass(frozen=True, slots=True)
class DashboardState:
    """What the screen shows; `refusal` says why there are no figures."""

    today: str
    month: str
    figures: MonthFigures | None = None
    before: MonthFigures | None = None
    measure: str = MONEY
    is_table: bool = False
    refusal: str = ""
    is_busy: bool = False

    @property
    def is_current(self) -> bool:
        """Whether the month is not over."""
        return self.today.startswith(self.month)

    @property
    def days(self) -> tuple[Figures, ...]:
        """The days that there were so far."""
        days = () if self.figures is None else self.figures.days
        return tuple(day for day in days if day.name <= self.today) if self.is_current else days

    @property
    def day_now(self) -> Figures | None:
        """Today's figures, None in another month."""
        return self.days[-1] if self.is_current and self.days else None


class DashboardPresenter:
    """Decides; `show` gets each new state."""

    def __init__(self, context: Context, *, show: Callable[[DashboardState], None]) -> None:
        self._context = context
        self._show = show
        today = context.desk.reports.today()
        self.state = DashboardState(today, today[:7])
        self._generation = 0

    @property
    def may_export(self) -> bool:
        """Whether the person may take the figures out of the till."""
        return self._context.may(Permission.REPORT_EXPORT)

    def months(self) -> tuple[str, ...]:
        """Return the months that can be chosen, the newest first."""
        found = [self.state.today[:7]]
        while len(found) < MONTHS_OFFERED:
            found.append(month_before(found[-1]))
        return tuple(found)

    def open(self) -> None:
        """Read the month; a new day may have begun."""
        was_current = self.state.is_current
        today = self._context.desk.reports.today()
        self._set(today=today, month=today[:7] if was_current else self.state.month)
        self._read()

    def choose(self, month: str) -> None:
        """Choose a month."""
        if month != self.state.month and month in self.months():
            self._set(month=month)
            self._read()

    def step(self, by: int) -> None:
        """Choose the month before (-1) or after (1)."""
        months = self.months()
        place = months.index(self.state.month) - by
        if 0 <= place < len(months):
            self.choose(months[place])

    def measure(self, measure: str) -> None:
        """Show money or units."""
        self._set(measure=measure)

    def turn(self) -> None:
        """Show the chart as a table, and back."""
        self._set(is_table=not self.state.is_table)

    def export(self, path: Path) -> None:
        """Write the month to a file; its ending says in which form."""
        context, month = self._context, self.state.month
        ending = path.suffix.lower().removeprefix(".")
        form = ReportForm(ending) if ending in set(ReportForm) else ReportForm.XLSX
        target = path if ending in set(ReportForm) else path.with_name(f"{path.name}.{form.value}")
        reports, actor, wording = context.desk.reports, context.actor, context.wording
        self._set(is_busy=True)

        def done(_: object) -> None:
            self._set(is_busy=False)
            context.shell.toast(context.say("Written: {name}", name=target.name))

        def failed(error: BaseException) -> None:
            self._set(is_busy=False)
            context.shell.show_error(error)

        context.tasks.submit(
            Lane.REPORT,
            lambda: reports.export_month(actor, month, target, form=form, wording=wording),
            on_ok=done,
            on_error=failed,
        )

    def _read(self) -> None:
        context, month = self._context, self.state.month
        reports, actor = context.desk.reports, context.actor
        self._generation += 1
        generation = self._generation

        def read() -> tuple[MonthFigures, MonthFigures]:
            return reports.month(actor, month), reports.month(actor, month_before(month))

        def got(found: tuple[MonthFigures, MonthFigures]) -> None:
            if generation == self._generation:
                self._set(figures=found[0], before=found[1], refusal="")

        def failed(error: BaseException) -> None:
            if generation != self._generation:
                return
            if isinstance(error, UserError):
                self._set(figures=None, before=None, refusal=plain_sentence(error, context.wording))
            else:
                context.shell.show_error(error)

        context.tasks.submit(Lane.REPORT, read, on_ok=got, on_error=failed)

    def _set(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
        self._show(self.state)
