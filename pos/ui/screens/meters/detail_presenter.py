"""One meter: what is known of it, what may be done with it, the tokens that were made. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pos.domain.permissions import Permission
from pos.errors import KilotillError, MachineFault
from pos.services.issuing import IssueResult
from pos.services.past_sales import SaleRow, SalesFilter
from pos.services.print_spool import JobState, PrintJob
from pos.services.reprint import HandedOver
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.meters import act_forms
from pos.ui.screens.meters.acts import MeterActs
from pos.ui.screens.meters.detail_state import (
    TAB_CASES,
    TAB_USE,
    DetailData,
    DetailState,
    MadeTokens,
    read_detail,
)
from pos.ui.screens.meters.forms import Form
from pos.ui.screens.meters.meter_form import Choices, edit_form, interrupted, wrong_fields
from pos.ui.screens.meters.words import spaced

PURCHASES_PAGE = 50
MEMORY = "meters.detail"
CELLS_MEMORY = "meters.cells"


class DetailPresenter:
    """Decides on the page of one meter. `gone` is called when the meter is not there."""

    def __init__(
        self, context: Context, *, show: Callable[[DetailState], None], gone: Callable[[], None]
    ) -> None:
        self.context = context
        self._show = show
        self._gone = gone
        self._acts = MeterActs(self)
        kept = context.memory.get(MEMORY)
        self.state = kept if isinstance(kept, DetailState) else DetailState()
        if self.state.form is not None:
            self.state = replace(self.state, form=self.state.form.kept(interrupted(context)))
            before = context.memory.get(CELLS_MEMORY)
            self._acts.begin_edit(dict(before) if isinstance(before, dict) else {})

    # -- reading ------------------------------------------------------------------------------------------

    def open(self, drn: str) -> None:
        """Show a meter from its beginning; not while an act on another is under way."""
        if self.is_busy:
            return
        self._set(
            drn=drn,
            data=None,
            form=None,
            tokens=None,
            is_chart_table=False,
        )
        self.reload()

    def reload(self) -> None:
        """Read the meter and its purchases anew; what is in front of it stays."""
        context, drn = self.context, self.state.drn
        self._set(purchases_asked=self.state.purchases_asked + 1)

        def got(data: DetailData) -> None:
            if drn == self.state.drn:
                self._set(data=data)

        def failed(error: BaseException) -> None:
            if drn == self.state.drn:
                self._gone()
            context.shell.show_error(error)

        context.tasks.submit(Lane.READ, lambda: read_detail(context, drn), on_ok=got, on_error=failed)

    def purchases(self, meter_key: int, last: SaleRow | None) -> Sequence[SaleRow]:
        """Return a page of purchases, on a worker: all, one's own, or the last few."""
        desk, actor = self.context.desk, self.context.actor
        if not self.sees_sales:
            return [] if last else desk.past_sales.recent(actor, meter_key)
        before = None if last is None else last.place
        wanted = SalesFilter(meter_key=meter_key)
        return desk.past_sales.page(actor, wanted, before=before, limit=PURCHASES_PAGE)

    @property
    def is_busy(self) -> bool:
        """Whether an act is under way."""
        return self.state.form is not None and self.state.form.is_busy

    @property
    def sees_sales(self) -> bool:
        """Whether the person may go through sales."""
        return self.context.may(Permission.SALE_VIEW_ALL) or self.context.may(Permission.SALE_VIEW_OWN)

    # -- what may be done ---------------------------------------------------------------------------------

    def may(self, act: str) -> bool:
        """Say whether an act exists here for this person and this meter, as it stands now."""
        context, data = self.context, self.state.data
        if data is None:
            return False
        row = data.meter.row
        rules: dict[str, Callable[[], bool]] = {
            "sell": lambda: context.may(Permission.SALE_CREATE),
            "edit": lambda: context.may(Permission.METER_EDIT) or context.may(Permission.CUSTOMER_EDIT),
            "block": lambda: context.may(Permission.METER_BLOCK),
            "arrears": lambda: context.may_ask(Permission.ARREARS_ADJUST),
            "free": lambda: context.may_ask(Permission.SALE_FREE_ISSUE),
            "case": lambda: context.may(Permission.CASE_OPEN),
            "engineering": lambda: (
                context.may_ask(Permission.TOKEN_ENGINEERING) or context.may(Permission.TOKEN_KEY_CHANGE)
            ),
            "move": lambda: context.may(Permission.CUSTOMER_EDIT) and context.may(Permission.METER_EDIT),
            "erase": lambda: (
                context.may(Permission.CUSTOMER_ERASE)
                and data.meter.customer_id is not None
                and not data.meter.is_customer_erased
            ),
        }
        return rules[act]() and (act != "sell" or row.status == "active")

    @property
    def is_free(self) -> bool:
        """Whether nothing is in front of the meter."""
        return self.state.form is None and self.state.tokens is None

    @property
    def has_free(self) -> bool:
        """Whether free units can be given now."""
        data = self.state.data
        return data is not None and data.free is not None and data.free.token_tenths > 0

    # -- acts ---------------------------------------------------------------------------------------------

    def sell(self) -> None:
        """Go and sell to this meter."""
        if self.is_free and self.may("sell"):
            self.context.shell.go("sell", meter=self.state.drn)

    def all_sales(self) -> None:
        """Go to the list of sales, of this meter only."""
        self.context.shell.go("sales", text=self.state.drn)

    def open_sale(self, row: SaleRow) -> None:
        """Go to one purchase in the list of sales."""
        if self.sees_sales and row.receipt_number:
            self.context.shell.go("sales", text=row.receipt_number)

    def toggle_chart(self) -> None:
        """Show the chart as a table, or the table as a chart."""
        self._set(is_chart_table=not self.state.is_chart_table, tab=TAB_USE)

    def choose_tab(self, tab: str) -> None:
        """Show another part, on a small screen."""
        self._set(tab=tab)

    def begin(self, act: str) -> None:
        """Open the form of an act, unless one is open: what is typed there is not thrown away."""
        data = self.state.data
        if data is None or not self.is_free or not self.may(act):
            return
        context, meter = self.context, data.meter
        if act == "edit":
            self._begin_edit(data)
        elif act == "block":
            self.show_form(act_forms.block_form(context, meter))
        elif act == "case":
            self._set(tab=TAB_CASES)
            self.show_form(act_forms.case_form(context))
        elif act == "arrears":
            self.show_form(act_forms.arrears_form(context, meter))
        elif act == "engineering":
            self.show_form(act_forms.engineering_form(context))
        elif act == "move":
            self.show_form(act_forms.move_form(context))
        elif act == "erase":
            self.show_form(act_forms.erase_form(context, meter))
        elif act == "free" and data.free is not None and self.has_free:
            self.show_form(act_forms.free_form(context, data.free, data.unit))

    def _begin_edit(self, data: DetailData) -> None:
        context = self.context
        desk, actor, meter = context.desk, context.actor, data.meter

        def got(found: tuple[dict[str, str], Choices]) -> None:
            cells, choices = found
            self._acts.begin_edit(cells)
            context.memory[CELLS_MEMORY] = cells
            may_meter = context.may(Permission.METER_EDIT)
            may_owner = context.may(Permission.CUSTOMER_EDIT)
            number = spaced(meter.row.drn)
            form = edit_form(context, choices, cells, number=number, may_meter=may_meter, may_owner=may_owner)
            if self.state.drn == meter.row.drn:
                self.show_form(form)

        context.tasks.submit(
            Lane.READ,
            lambda: (desk.meters.cells(actor, meter.row.id), desk.counter.tariffs_and_groups()),
            on_ok=got,
            on_error=context.shell.show_error,
        )

    def type(self, key: str, text: str) -> None:
        """Take what was typed or chosen in the form."""
        form = self.state.form
        if form is None or form.is_busy or form.values.get(key, "") == text:
            return
        if form.key == "engineering" and key == "kind":
            kept = form.value("reason")
            self.show_form(act_forms.engineering_form(self.context, text).typed("reason", kept))
        else:
            self.show_form(form.typed(key, text))

    def submit(self) -> None:
        """Do what the form is for."""
        form, data = self.state.form, self.state.data
        if form is not None and data is not None and not form.is_busy:
            self._acts.submit(form, data)

    def back(self) -> bool:
        """Put away what is in front of the meter; False if nothing is."""
        if self.state.form is not None:
            if not self.state.form.is_busy:
                self.show_form(None)
            return True
        if self.state.tokens is not None:
            self._set(tokens=None)
            return True
        return False

    # -- for the acts -------------------------------------------------------------------------------------

    def show_form(self, form: Form | None) -> None:
        """Show a form, or none."""
        self._set(form=form, tokens=None if form is not None else self.state.tokens)

    def failed(self, error: BaseException) -> None:
        """Show an error at its field; a fault of the machine or of ours goes to the window."""
        form = self.state.form
        if form is None:
            self.context.shell.show_error(error)
            return
        if isinstance(error, KilotillError) and not isinstance(error, MachineFault):
            self.show_form(form.refused(wrong_fields(error, self.context)))
            return
        self.show_form(replace(form, is_busy=False))
        self.context.shell.show_error(error)

    def finished(self, text: str) -> None:
        """Put the form away, say that it is done, and read the meter anew."""
        self._set(form=None)
        self.context.shell.toast(text)
        self.context.shell.refresh_status()
        self.reload()

    def made(self, title: str, result: IssueResult) -> None:
        """Show tokens large, state that they were shown, and print their slip."""
        context, digits = self.context, [str(one["digits"]) for one in result.item["tokens"]]
        count = len(digits)
        parts = tuple(
            ("" if count == 1 else context.say("{n} of {count}", n=n, count=count), one)
            for n, one in enumerate(digits, 1)
        )
        data, tenths = self.state.data, int(result.item["token_units_tenths"])
        units = "" if data is None or not tenths else f"{context.wording.units(tenths * 100)} {data.unit}"
        tokens = MadeTokens(title, units, parts, result.issue_id, result.print_job)
        self._set(form=None, tokens=tokens)
        self.reload()
        context.shell.refresh_status()
        reprints, actor = context.desk.reprints, context.actor
        context.tasks.submit(
            Lane.SALE,
            lambda: reprints.hand_over(result.issue_id, actor, how=HandedOver.SHOWN),
            on_ok=lambda _: None,
            on_error=context.shell.show_error,
        )
        self._print(result.print_job)

    # -- paper --------------------------------------------------------------------------------------------

    @property
    def may_print(self) -> bool:
        """Whether the tokens in front can be printed (again)."""
        return self.state.tokens is not None and self.context.may(Permission.SALE_REPRINT)

    def print_again(self) -> None:
        """Print the slip that waits, or a copy of the one that came out."""
        tokens, context = self.state.tokens, self.context
        if tokens is None or not self.may_print:
            return
        if tokens.job is not None:
            self._print(tokens.job)
            return
        reprints, actor = context.desk.reprints, context.actor
        context.tasks.submit(
            Lane.SALE,
            lambda: reprints.reprint(tokens.issue_id, actor),
            on_ok=lambda copy: self._print(copy.print_job),
            on_error=context.shell.show_error,
        )

    def _print(self, job: int | None) -> None:
        context = self.context
        if job is None:
            self._say_printing(context.say("No printer is set up. Copy the token by hand."), "off")
            return
        self._say_printing(context.say("Printing"), "off")
        spool = context.desk.spool
        context.tasks.submit(
            Lane.DEVICE, lambda: spool.print_job(job), on_ok=self._printed, on_error=self._not_printed
        )

    def _printed(self, job: PrintJob) -> None:
        context = self.context
        context.shell.refresh_status()
        if self.state.tokens is not None:
            self._set(tokens=replace(self.state.tokens, job=None))
        if job.state is not JobState.PRINTED:
            self._say_printing(
                context.say("Nobody knows if the paper came out. The token is below and safe."), "warn"
            )
            return
        time = context.wording.seconds(context.desk.clock.now())
        self._say_printing(context.say("Printed {time}", time=time), "ok")
        reprints, actor = context.desk.reprints, context.actor
        if job.copy == 0:
            context.tasks.submit(
                Lane.SALE,
                lambda: reprints.hand_over_paper(job.place, actor),
                on_ok=lambda _: None,
                on_error=context.shell.show_error,
            )

    def _not_printed(self, error: BaseException) -> None:
        self._say_printing(self.context.say("Not printed. The token is below and safe."), "warn")
        self.context.shell.show_error(error)
        self.context.shell.refresh_status()

    def _say_printing(self, text: str, light: str) -> None:
        tokens = self.state.tokens
        if tokens is not None:
            self._set(tokens=replace(tokens, printing=text, light=light))

    def _set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self.context.memory[MEMORY] = self.state
        self._show(self.state)
