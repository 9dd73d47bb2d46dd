"""The register: searched while one types, listed newest first, and the way to one meter. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pos.domain.permissions import Permission
from pos.errors import KilotillError, MachineFault
from pos.services.approval import Approval
from pos.services.meters import MeterDetail, MeterRow
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.meters.detail_presenter import DetailPresenter
from pos.ui.screens.meters.detail_state import DetailState
from pos.ui.screens.meters.forms import Form
from pos.ui.screens.meters.import_presenter import ImportPresenter, ImportState
from pos.ui.screens.meters.meter_form import Choices, add_form, cells_of, interrupted, number_of, wrong_fields
from pos.ui.screens.meters.words import plain_digits, spaced

MEMORY = "meters"
LIST = "list"
DETAIL = "detail"
ADD = "add"
IMPORT = "import"
PAGE_ROWS = 200
NAME_PAUSE_MS = 120
DIGITS_MIN = 3


@dataclass(frozen=True, slots=True)
class MetersState:
    """Where the person is, and what the list answers. `asked` grows with each new question to the list."""

    page: str = LIST
    query: str = ""
    asked: int = 0
    answered: str = ""
    """The text that the rows in the list are for."""
    form: Form | None = None
    exporting: bool = False


class MetersPresenter:
    """Decides on the whole screen; the page of one meter and the import have presenters of their own."""

    def __init__(
        self,
        context: Context,
        *,
        show: Callable[[MetersState], None],
        show_detail: Callable[[DetailState], None],
        show_import: Callable[[ImportState], None],
    ) -> None:
        self.context = context
        self._show = show
        kept = context.memory.get(MEMORY)
        self.state = kept if isinstance(kept, MetersState) else MetersState()
        form = self.state.form
        self.state = replace(
            self.state, exporting=False, form=None if form is None else form.kept(interrupted(context))
        )
        self.detail = DetailPresenter(context, show=show_detail, gone=self.to_list)
        self.importing = ImportPresenter(context, show=show_import)

    # -- the list -----------------------------------------------------------------------------------------

    def opened(self) -> None:
        """Read what may have changed since the screen was left."""
        if self.state.page == DETAIL:
            self.detail.reload()
        elif self.state.page == IMPORT:
            self.importing.reopened()
        elif self.state.page == LIST:
            self._ask(self.state.query)

    def search(self, text: str) -> None:
        """Look for what is typed: digits at once, names after a short pause."""
        self._set(query=text)
        digits = plain_digits(text).lstrip("+")
        if not text.strip() or digits.isdigit():
            self._ask(text)
            return

        def ask() -> None:
            if self.state.query == text:
                self._ask(text)

        self.context.tasks.later(NAME_PAUSE_MS, ask)

    def page_of(self, query: str, last: MeterRow | None) -> Sequence[MeterRow]:
        """Return a page of the answer, on a worker: what was found, or the register newest first."""
        meters, actor = self.context.desk.meters, self.context.actor
        if query:
            return meters.find(actor, query) if last is None else []
        return meters.list_page(actor, before_key=None if last is None else last.key)

    def empty_words(self) -> tuple[str, str]:
        """Return fact and way out for a list without rows."""
        say, query = self.context.say, self.state.answered.strip()
        digits = plain_digits(query)
        if digits.isdigit() and len(digits) < DIGITS_MIN:
            return (
                say("Go on typing."),
                say("Three digits or more: the end of a meter number or of a phone number."),
            )
        if digits.isdigit():
            return (
                say("No meter ends in {digits}.", digits=digits),
                say("Try the name, the phone, or the last four digits."),
            )
        if query:
            return (
                say("Nobody here is called {name}.", name=query),
                say("Try the beginning of another name, or the number on the meter."),
            )
        return (say("There is no meter yet."), say("Import a list of meters, or add one by hand."))

    def may(self, act: str) -> bool:
        """Say whether an act exists on the list for this person."""
        context = self.context
        rules = {
            "add": context.may(Permission.METER_EDIT) or context.may_ask(Permission.SALE_UNKNOWN_METER),
            "import": context.may(Permission.METER_IMPORT),
            "export": context.may(Permission.CUSTOMER_EXPORT),
            "sell": context.may(Permission.SALE_CREATE),
        }
        return rules[act]

    def sell(self, row: MeterRow | None) -> None:
        """Go and sell to a meter of the list."""
        if row is not None and row.status == "active" and self.may("sell"):
            self.context.shell.go("sell", meter=row.drn)

    # -- from page to page --------------------------------------------------------------------------------

    def open_meter(self, drn: str) -> None:
        """Show one meter."""
        self._set(page=DETAIL, form=None)
        self.detail.open(drn)

    def open_number(self, code: str) -> bool:
        """Show the meter of a scanned or given number; False for anything else."""
        drn = number_of(code)
        if not drn.isdigit():
            return False
        self.open_meter(drn)
        return True

    def to_list(self) -> None:
        """Go back to the list."""
        self._set(page=LIST, form=None)
        self._ask(self.state.query)

    def begin_import(self) -> None:
        """Show the import."""
        if self.may("import"):
            self._set(page=IMPORT)
            self.importing.open()

    def back(self) -> bool:
        """Go one step back; False if there is none."""
        page = self.state.page
        if page == DETAIL:
            if not self.detail.back():
                self.to_list()
            return True
        if page == IMPORT:
            if not self.importing.back():
                self.to_list()
            return True
        if page == ADD:
            if self.state.form is None or not self.state.form.is_busy:
                self.to_list()
            return True
        if self.state.query:
            self.search("")
            return True
        return False

    # -- a new meter --------------------------------------------------------------------------------------

    def begin_add(self) -> None:
        """Open the form of a new meter, with the number that was looked for."""
        if not self.may("add"):
            return
        counter, context = self.context.desk.counter, self.context
        digits = plain_digits(self.state.query)
        number = digits if digits.isdigit() and len(digits) > 8 else ""

        def got(choices: Choices) -> None:
            self._set(page=ADD, form=add_form(context, choices, number))

        context.tasks.submit(
            Lane.READ, counter.tariffs_and_groups, on_ok=got, on_error=context.shell.show_error
        )

    def type(self, key: str, text: str) -> None:
        """Take what was typed or chosen in the form."""
        form = self.state.form
        if form is not None and not form.is_busy and form.values.get(key, "") != text:
            self._set(form=form.typed(key, text))

    def submit(self) -> None:
        """Add the meter, if need be with a supervisor's PIN."""
        form, context = self.state.form, self.context
        if form is None or form.is_busy:
            return
        meters, actor, cells = context.desk.meters, context.actor, cells_of(form)
        number = number_of(cells.get("meter_number", ""))
        self._set(form=form.busy())

        def work(approval: Approval | None) -> MeterDetail:
            return meters.add(actor, cells, approval=approval)

        def added(detail: MeterDetail) -> None:
            context.shell.toast(context.say("Meter {number} is in the register.", number=spaced(number)))
            self.open_meter(detail.row.drn)

        context.attempt(
            Lane.SALE,
            work,
            on_ok=added,
            on_error=self._add_failed,
            subject=number,
            facts=context.say("New meter {number}", number=spaced(number)),
            on_refused=lambda: self._set(form=replace(form, is_busy=False)),
        )

    def _add_failed(self, error: BaseException) -> None:
        form = self.state.form
        assert form is not None, "it stays while it is busy"
        if isinstance(error, KilotillError) and not isinstance(error, MachineFault):
            self._set(form=form.refused(wrong_fields(error, self.context)))
            return
        self._set(form=replace(form, is_busy=False))
        self.context.shell.show_error(error)

    # -- the register as a file ---------------------------------------------------------------------------

    def export(self, path: Path) -> None:
        """Write the register to a file, beside everything else."""
        context = self.context
        meters, actor = context.desk.meters, context.actor
        if self.state.exporting or not self.may("export"):
            return
        self._set(exporting=True)
        context.shell.toast(context.say("Writing {file}. Go on working.", file=path.name), light="off")

        def written(count: int) -> None:
            self._set(exporting=False)
            shown = context.wording.count(count)
            context.shell.toast(
                context.say("{file} is written. Meters: {count}", file=path.name, count=shown)
            )

        def failed(error: BaseException) -> None:
            self._set(exporting=False)
            context.shell.show_error(error)

        context.tasks.submit(Lane.BULK, lambda: meters.export(actor, path), on_ok=written, on_error=failed)

    def _ask(self, text: str) -> None:
        self._set(query=text, asked=self.state.asked + 1, answered=text.strip())

    def _set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self.context.memory[MEMORY] = self.state
        self._show(self.state)
