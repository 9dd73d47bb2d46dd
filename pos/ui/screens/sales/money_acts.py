"""Money that goes back, and sales that come to nothing."""

from __future__ import annotations

from collections.abc import Callable

from pos.domain.permissions import Permission
from pos.domain.states import SaleState
from pos.services.refunds import Refund
from pos.ui.lanes import Lane
from pos.ui.screens.sales.payment_acts import PaymentActs
from pos.ui.screens.sales.state import Form, Pane
from pos.ui.screens.sales.store import Store


class MoneyActs:
    """Refunds what cannot be delivered, voids what was never paid."""

    def __init__(self, store: Store, *, payments: PaymentActs, reload: Callable[[], None]) -> None:
        self._store = store
        self._payments = payments
        self._reload = reload

    def can_refund(self) -> bool:
        """Say whether money of the shown sale is due back, or can be made so."""
        if self._payments.can_give_up():
            return True
        return self._is_shown(SaleState.REFUND_DUE) and self._store.context.may_ask(Permission.REFUND_MAKE)

    def can_void(self) -> bool:
        """Say whether the shown sale waits for its payment."""
        waits = self._is_shown(SaleState.AWAITING_PAYMENT) and self._payments.trail is None
        return waits and self._store.context.may(Permission.SALE_VOID)

    def _is_shown(self, state: SaleState) -> bool:
        shown = self._store.state.shown
        is_there = self._store.state.pane is Pane.SALE and shown is not None
        return is_there and shown is not None and shown.detail.row.state == state

    def begin(self) -> None:
        """Ask for the reason of a refund or a void, whichever the sale can have."""
        if self.can_refund():
            self._store.set(pane=Pane.REFUND, form=Form(), is_open=True)
        elif self.can_void():
            self._store.set(pane=Pane.VOID, form=Form(), is_open=True)

    def confirm(self) -> None:
        """Do it, once there is a reason."""
        store = self._store
        if store.state.form.is_busy or store.state.shown is None:
            return
        if not store.state.form.reason.strip():
            store.set_form(wrong="reason", message=store.say("Say why."))
            return
        store.set_form(is_busy=True, wrong="", message="")
        if store.state.pane is Pane.REFUND:
            self._refund()
        else:
            self._void()

    def _refund(self) -> None:
        store, context = self._store, self._store.context
        shown = store.state.shown
        assert shown is not None
        desk, actor, sale_id = context.desk, context.actor, shown.sale_id
        reason = store.state.form.reason.strip()
        if shown.trail is not None:
            self._payments.give_back(sale_id, reason, done=self._ended)
            return
        money = context.wording.money(shown.detail.row.money_minor)
        context.attempt(
            Lane.SALE,
            lambda approval: desk.refunds.make(sale_id, actor, reason=reason, approval=approval),
            on_ok=self._refunded,
            on_error=self._refused,
            subject=str(sale_id),
            facts=store.say(
                "Give back {money} for meter {meter}", money=money, meter=shown.detail.row.drn or "–"
            ),
            on_refused=lambda: store.set_form(is_busy=False),
        )

    def _refunded(self, refund: Refund) -> None:
        store, context = self._store, self._store.context
        money = context.wording.money(refund.amount_minor)
        self._ended(
            store.say("Give back {money}. Credit note {number}", money=money, number=refund.document_number)
        )
        if refund.print_job is not None:
            # Above 0: a credit note carries no token to hand over.
            store.print_paper(refund.print_job, place=refund.place, copy=1, done=lambda: None)

    def _void(self) -> None:
        store, context = self._store, self._store.context
        shown = store.state.shown
        assert shown is not None
        desk, actor, sale_id = context.desk, context.actor, shown.sale_id
        reason = store.state.form.reason.strip()
        context.tasks.submit(
            Lane.SALE,
            lambda: desk.voids.void(sale_id, actor, reason=reason),
            on_ok=lambda _: self._ended(store.say("The sale is voided")),
            on_error=self._refused,
        )

    def _ended(self, text: str) -> None:
        store, context = self._store, self._store.context
        store.set_form(is_busy=False)
        # The list shows the sale anew: nothing of it is as it was.
        store.set(pane=Pane.NOTHING, shown=None, is_open=False)
        context.shell.toast(text)
        context.shell.payments_changed()
        context.shell.refresh_status()
        self._reload()

    def _refused(self, error: BaseException) -> None:
        self._store.set_form(is_busy=False)
        self._store.context.shell.show_error(error)
