"""Payments of the shown sale: ask again, say what became of them, give the money back, pass the trail on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from pos.domain.payment_reports import Outcome
from pos.domain.permissions import Permission
from pos.domain.states import PaymentState, SaleState
from pos.services.approval import Approval
from pos.services.payment_board import Trail
from pos.services.payment_paper import write_trail_pdf
from pos.services.payment_views import PaymentView, SaleView
from pos.ui.lanes import Lane
from pos.ui.screens.sales.state import Form, Pane
from pos.ui.screens.sales.store import Store
from pos.ui.screens.sales.words import meter_text


class PaymentActs:
    """Works on the trail that stands beside the list."""

    def __init__(self, store: Store, *, refresh: Callable[[], None]) -> None:
        self._store = store
        self._refresh = refresh

    @property
    def trail(self) -> Trail | None:
        """The trail of the shown sale, None where no provider had a part in it."""
        shown = self._store.state.shown
        return None if shown is None else shown.trail

    def can_show(self) -> bool:
        """Say whether the shown sale has payments to look at."""
        return self.trail is not None and self._store.state.pane is Pane.SALE

    def begin(self) -> None:
        """Show the payments of the sale."""
        if self.can_show():
            self._store.set(pane=Pane.PAYMENTS, form=Form(), is_open=True)

    def open_parts(self) -> tuple[PaymentView, ...]:
        """Return the payments that are not final."""
        trail = self.trail
        if trail is None:
            return ()
        states = (PaymentState.SENT, PaymentState.UNKNOWN, PaymentState.REFUND_PENDING)
        return tuple(part for part in trail.view.parts if part.provider and part.state in states)

    def can_ask(self) -> bool:
        """Say whether there is something to ask a provider."""
        return bool(self.open_parts()) and self._store.context.may(Permission.PAYMENT_REQUERY)

    def ask(self) -> None:
        """Ask the provider now about each payment that is open."""
        store, context = self._store, self._store.context
        if not self.can_ask() or store.state.form.is_busy:
            return
        desk, actor, ids = context.desk.payments.desk, context.actor, [part.id for part in self.open_parts()]

        def work() -> None:
            for payment_id in ids:
                desk.requery(payment_id, actor)

        store.set_form(is_busy=True, wrong="", message="")
        context.tasks.submit(Lane.PAY, work, on_ok=lambda _: self._done(""), on_error=self._refused)

    def can_resolve(self) -> bool:
        """Say whether a person may say here what became of a payment, if need be with a supervisor."""
        return self._resolvable() is not None and self._store.context.may_ask(Permission.PAYMENT_RESOLVE)

    def _resolvable(self) -> PaymentView | None:
        trail = self.trail
        parts = () if trail is None else trail.view.parts
        return next((part for part in parts if part.provider and part.needs_word), None)

    def is_about_refund(self) -> bool:
        """Say whether what a person may say is about money on its way back."""
        part = self._resolvable()
        return part is not None and part.state is PaymentState.REFUND_PENDING

    def resolve_yes(self) -> None:
        """The provider has the money, or the customer has it back: the slip or the statement shows it."""
        self._resolve(Outcome.SUCCEEDED)

    def resolve_no(self) -> None:
        """No money came, or none went back, and none will."""
        self._resolve(Outcome.FAILED)

    def _resolve(self, outcome: Outcome) -> None:
        store, context = self._store, self._store.context
        part, reason = self._resolvable(), store.state.form.reason.strip()
        if part is None or store.state.form.is_busy:
            return
        if not reason:
            store.set_form(wrong="reason", message=store.say("Say what shows it: a slip, a statement."))
            return
        desk, actor, payment_id = context.desk.payments.desk, context.actor, part.id
        resolve = desk.resolve_refund if self.is_about_refund() else desk.resolve

        def work(approval: Approval | None) -> SaleView:
            return resolve(payment_id, actor, outcome=outcome, reason=reason, approval=approval)

        said = self._said(part, is_yes=outcome is Outcome.SUCCEEDED)
        store.set_form(is_busy=True, wrong="", message="")
        context.attempt(
            Lane.SALE,
            work,
            on_ok=lambda _: self._done(store.say("Written: {text}", text=said)),
            on_error=self._refused,
            subject=str(payment_id),
            facts=f"{said}: {reason}",
            on_refused=lambda: store.set_form(is_busy=False),
        )

    def _said(self, part: PaymentView, *, is_yes: bool) -> str:
        say, money = self._store.say, self._store.context.wording.money(part.amount_minor)
        if part.state is PaymentState.REFUND_PENDING:
            return (
                say("{money} was given back", money=money)
                if is_yes
                else say("{money} was not given back", money=money)
            )
        return say("{money} was paid", money=money) if is_yes else say("{money} was not paid", money=money)

    def show_answers(self) -> None:
        """Show what the provider answered, word by word, or hide it again."""
        self._store.set(shows_answers=not self._store.state.shows_answers)

    # -- money back ---------------------------------------------------------------------------------------

    def can_give_up(self) -> bool:
        """Say whether the sale can be ended so that what was paid of it goes back."""
        trail = self.trail
        if trail is None or self._store.state.pane is not Pane.SALE:
            return False
        view = trail.view
        is_stuck = view.state in (SaleState.AWAITING_PAYMENT, SaleState.PAID) and not view.is_waiting
        return is_stuck and view.paid_minor > 0 and self._store.context.may_ask(Permission.REFUND_MAKE)

    def give_back(self, sale_id: UUID, reason: str, *, done: Callable[[str], None]) -> None:
        """End the sale where that is to be done first, and give each part back as it came.

        Who may do both by themselves does them in one go; with a supervisor's PIN each is an act of its own.
        """
        store, context = self._store, self._store.context
        trail = self.trail
        assert trail is not None, "it has payments"
        payments, actor = context.desk.payments, context.actor
        is_due = trail.view.state is SaleState.REFUND_DUE
        gives_back = is_due or context.may(Permission.REFUND_MAKE)
        money = context.wording.money(trail.view.paid_minor)

        def work(approval: Approval | None) -> None:
            if not is_due:
                payments.desk.give_up(sale_id, actor, reason=reason, approval=approval)
            if gives_back:
                payments.refunds.make(sale_id, actor, reason=reason, approval=approval)

        said = self._goes_back(trail.view)
        if not gives_back:
            said = store.say("{money} is due back: the same key gives it back", money=money)
        context.attempt(
            Lane.PAY if gives_back else Lane.SALE,
            work,
            on_ok=lambda _: self._given_back(said, done),
            on_error=self._not_given_back,
            subject=str(sale_id),
            facts=store.say("Give back {money} for meter {meter}", money=money, meter=trail.view.drn),
            on_refused=lambda: store.set_form(is_busy=False),
        )

    def _goes_back(self, view: SaleView) -> str:
        """Say what the cashier has to hand out, and what its provider sends."""
        say, money = self._store.say, self._store.context.wording.money
        paid = [part for part in view.parts if part.state is PaymentState.SUCCEEDED]
        cash_minor = sum(part.amount_minor for part in paid if not part.provider)
        said = []
        if cash_minor:
            said.append(
                say(
                    "Give back {money} for meter {meter}", money=money(cash_minor), meter=meter_text(view.drn)
                )
            )
        if view.paid_minor > cash_minor:
            said.append(say("{money} is on its way back", money=money(view.paid_minor - cash_minor)))
        return " · ".join(said)

    # -- passing on ---------------------------------------------------------------------------------------

    def pdf_name(self) -> str:
        """Return the usual name of the file."""
        trail = self.trail
        return "" if trail is None else f"payments-{str(trail.view.sale_id)[-12:]}.pdf"

    def save_pdf(self, path: Path) -> None:
        """Write the trail as PDF."""
        store, context, trail = self._store, self._store.context, self.trail
        if trail is None:
            return
        if path.suffix.lower() != ".pdf":
            path = path.with_name(f"{path.name}.pdf")
        wording = context.wording
        context.tasks.submit(
            Lane.DEVICE,
            lambda: write_trail_pdf(trail, path, wording),
            on_ok=lambda _: context.shell.toast(store.say("Saved as {file}", file=path.name)),
            on_error=context.shell.show_error,
        )

    def _given_back(self, said: str, done: Callable[[str], None]) -> None:
        done(said)
        self._store.print_notes()

    def _done(self, text: str) -> None:
        self._store.set_form(is_busy=False, reason="")
        self._store.print_notes()
        if text:
            self._store.context.shell.toast(text)
        self._store.context.shell.payments_changed()
        self._store.context.shell.refresh_status()
        self._refresh()

    def _not_given_back(self, error: BaseException) -> None:
        """The sale may have ended before that was refused: show it as it is now."""
        self._refused(error)
        self._refresh()

    def _refused(self, error: BaseException) -> None:
        self._store.set_form(is_busy=False)
        self._store.context.shell.show_error(error)
