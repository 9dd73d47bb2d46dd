"""Doing the acts on one meter: each form has its submission here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from pos.domain.money import parse_major
from pos.errors import KilotillError, UserError
from pos.services.approval import Approval
from pos.services.cases import OpenedCase
from pos.services.engineering import EngineeringKind, EngineeringRequest
from pos.services.issuing import IssueResult
from pos.services.meters import MeterDetail
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.meters.act_forms import CONFIRM_DIGITS, KEY_CHANGE
from pos.ui.screens.meters.detail_state import DetailData
from pos.ui.screens.meters.forms import Form
from pos.ui.screens.meters.meter_form import changes_of
from pos.ui.screens.meters.words import plain_digits, spaced

_ALL_REGISTERS = 65_535


class ActHost(Protocol):
    """The presenter of the meter, as its acts see it."""

    @property
    def context(self) -> Context: ...

    def show_form(self, form: Form | None) -> None:
        """Show a form, or none."""
        ...

    def failed(self, error: BaseException) -> None:
        """Show an error in the form."""
        ...

    def finished(self, text: str) -> None:
        """Say that an act is done, and read the meter anew."""
        ...

    def made(self, title: str, result: IssueResult) -> None:
        """Show and print tokens."""
        ...


class MeterActs:
    """Does what a form asks for."""

    def __init__(self, host: ActHost) -> None:
        self._host = host
        self._before: dict[str, str] = {}

    def begin_edit(self, cells: dict[str, str]) -> None:
        """Remember what the record said when its form was opened."""
        self._before = cells

    def submit(self, form: Form, data: DetailData) -> None:
        """Do the act of a form."""
        acts: dict[str, Callable[[Form, DetailData], None]] = {
            "block": self._block,
            "unblock": self._unblock,
            "case": self._case,
            "arrears": self._arrears,
            "free": self._free,
            "engineering": self._engineering,
            "edit": self._edit,
            "move": self._move,
            "erase": self._erase,
        }
        acts[form.key](form, data)

    def _write(self, form: Form, work: Callable[[], object], done: str) -> None:
        host = self._host
        host.show_form(form.busy())
        host.context.tasks.submit(Lane.SALE, work, on_ok=lambda _: host.finished(done), on_error=host.failed)

    def _block(self, form: Form, data: DetailData) -> None:
        context, meter = self._host.context, data.meter
        meters, actor = context.desk.meters, context.actor
        self._write(
            form,
            lambda: meters.set_status(actor, meter.row.id, "blocked", reason=form.value("reason")),
            context.say("Blocked. No till of this shop sells to this meter."),
        )

    def _unblock(self, form: Form, data: DetailData) -> None:
        context, meter = self._host.context, data.meter
        meters, actor = context.desk.meters, context.actor
        self._write(
            form,
            lambda: meters.set_status(actor, meter.row.id, "active"),
            context.say("The meter can buy again."),
        )

    def _move(self, form: Form, data: DetailData) -> None:
        context, meter = self._host.context, data.meter
        desk, actor = context.desk, context.actor
        number = plain_digits(form.value("other"))

        def work() -> object:
            other = desk.meters.get_by_number(actor, number)
            if other.customer_id is None:
                raise UserError("customer.unknown", "This customer is not in the register.")
            return desk.customers.assign(actor, meter.row.id, other.customer_id)

        self._write(form, work, context.say("Moved to another owner."))

    def _erase(self, form: Form, data: DetailData) -> None:
        context, meter = self._host.context, data.meter
        if form.value("confirm") != meter.row.drn[-CONFIRM_DIGITS:]:
            text = context.say("These are not the last digits of the meter number.")
            self._host.show_form(form.refused({"confirm": text}))
            return
        customers, actor, customer_id = context.desk.customers, context.actor, meter.customer_id
        assert customer_id is not None, "the form is for a meter with an owner"
        self._write(
            form,
            lambda: customers.erase(actor, customer_id, reason=form.value("reason")),
            context.say("Erased."),
        )

    def _edit(self, form: Form, data: DetailData) -> None:
        context, meter = self._host.context, data.meter
        desk, actor = context.desk, context.actor
        owner, own = changes_of(form, self._before)

        def work() -> None:
            if owner and meter.customer_id is not None and not meter.is_customer_erased:
                desk.customers.edit(actor, meter.customer_id, owner)
            elif owner:
                desk.customers.create(actor, meter.row.id, owner)
            if own:
                desk.meters.edit(actor, meter.row.id, own)

        self._write(form, work, context.say("Saved."))

    def _case(self, form: Form, data: DetailData) -> None:
        host, context = self._host, self._host.context
        cases, actor, drn = context.desk.cases, context.actor, data.meter.row.drn
        host.show_form(form.busy())

        def opened(case: OpenedCase) -> None:
            host.finished(context.say("Case {number} is open.", number=case.number))
            if case.print_job is not None:
                self._print_fault(case.print_job)

        context.tasks.submit(
            Lane.SALE,
            lambda: cases.report_fault(drn, actor, what=form.value("reason")),
            on_ok=opened,
            on_error=host.failed,
        )

    def _print_fault(self, job: int) -> None:
        context = self._host.context
        spool = context.desk.spool
        context.tasks.submit(
            Lane.DEVICE,
            lambda: spool.print_job(job),
            on_ok=lambda _: context.shell.refresh_status(),
            on_error=context.shell.show_error,
        )

    def _arrears(self, form: Form, data: DetailData) -> None:
        host, context, meter = self._host, self._host.context, data.meter
        try:
            amount_minor = parse_major("".join(form.value("amount").split()), context.wording.currency)
        except KilotillError as error:
            host.failed(error)
            return
        if amount_minor == 0:
            host.show_form(form.refused({"amount": context.say("Type an amount above zero.")}))
            return
        change_minor = amount_minor if form.value("way") == "more" else -amount_minor
        meters, actor = context.desk.meters, context.actor

        def work(approval: Approval | None) -> MeterDetail:
            return meters.adjust_arrears(
                actor,
                meter.row.id,
                change_minor=change_minor,
                reason=form.value("reason"),
                approval=approval,
            )

        sign = "+" if change_minor > 0 else "\N{MINUS SIGN}"
        facts = context.say(
            "Arrears of {number}: {change}",
            number=spaced(meter.row.drn),
            change=f"{sign} {context.wording.money(amount_minor)}",
        )
        self._attempt(
            form, work, data, facts, lambda _: host.finished(context.say("The arrears are adjusted."))
        )

    def _free(self, form: Form, data: DetailData) -> None:
        context, drn = self._host.context, data.meter.row.drn
        free_issue, actor = context.desk.free_issue, context.actor
        facts = context.say("Free units for {number}", number=spaced(drn))
        self._issue(
            form, lambda approval: free_issue.issue(drn, actor, approval=approval), data, facts, form.title
        )

    def _engineering(self, form: Form, data: DetailData) -> None:
        context, drn = self._host.context, data.meter.row.drn
        desk, actor, kind = context.desk, context.actor, form.value("kind")
        title = next(text for key, text in form.fields[0].choices if key == kind)
        facts = context.say("{act}: meter {number}", act=title, number=spaced(drn))
        if kind == KEY_CHANGE:
            self._issue(form, lambda _: desk.key_changes.issue(drn, actor), data, facts, title)
            return
        value = 0
        if kind == EngineeringKind.CLEAR_CREDIT.value:
            value = _ALL_REGISTERS
        elif any(one.key == "value" for one in form.fields):
            digits = plain_digits(form.value("value"))
            if not (digits.isascii() and digits.isdigit()) or int(digits) == 0:
                text = context.say("Type the power in whole watts.")
                self._host.show_form(form.refused({"value": text}))
                return
            value = int(digits)
        request = EngineeringRequest(
            drn=drn, kind=EngineeringKind(kind), reason=form.value("reason"), value=value
        )
        self._issue(
            form,
            lambda approval: desk.engineering.issue(request, actor, approval=approval),
            data,
            facts,
            title,
        )

    def _issue(
        self,
        form: Form,
        work: Callable[[Approval | None], IssueResult],
        data: DetailData,
        facts: str,
        title: str,
    ) -> None:
        self._attempt(form, work, data, facts, lambda result: self._host.made(title, result))

    def _attempt(
        self,
        form: Form,
        work: Callable[[Approval | None], object],
        data: DetailData,
        facts: str,
        on_ok: Callable[..., None],
    ) -> None:
        host = self._host
        host.show_form(form.busy())
        host.context.attempt(
            Lane.SALE,
            work,
            on_ok=on_ok,
            on_error=host.failed,
            subject=data.meter.row.drn,
            facts=facts,
            on_refused=lambda: host.show_form(replace(form, is_busy=False)),
        )
