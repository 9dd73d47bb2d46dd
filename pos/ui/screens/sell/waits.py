"""Waiting for money: what is shown while a provider is asked, and tokens that come later by themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from pos.domain.states import SaleState
from pos.errors import KilotillError
from pos.gateways.base import StepKind
from pos.services.counter import OwnerCard, ShownSale
from pos.services.payment_board import ReadyRow, WaitingSale
from pos.services.payment_desk import Stored
from pos.services.payment_views import SaleView
from pos.services.price_view import PriceView, price_view
from pos.services.sale_values import SaleKind, SaleResult
from pos.system.ids import new_id
from pos.ui.lanes import Lane
from pos.ui.screens.sell.state import CASH, Stage, Wait
from pos.ui.screens.sell.step_acts import StepActs
from pos.ui.screens.sell.step_words import step_ask

if TYPE_CHECKING:
    from pos.ui.screens.sell.presenter import SellPresenter

TICK_MS = 1_000

OVER = frozenset(
    {SaleState.FAILED, SaleState.VOIDED, SaleState.EXPIRED, SaleState.REFUND_DUE, SaleState.REFUNDED}
)
"""Nothing more comes of such a sale but money that goes back."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivered sale with all that its page shows."""

    result: SaleResult
    shown: ShownSale
    card: OwnerCard
    price: PriceView
    month: tuple[int, int]


class WaitActs:
    """Follows a sale until its money or token comes, or until the next customer is served."""

    def __init__(self, presenter: SellPresenter) -> None:
        self._presenter = presenter
        self._turn = 0
        self._is_looking = False
        self.steps = StepActs(presenter)

    # -- beginning ----------------------------------------------------------------------------------------

    def begin(self, stored: Stored, view: SaleView) -> None:
        """Show the wait at once; the requests leave beside it."""
        presenter = self._presenter
        desk = presenter.context.desk
        payers = presenter.tender.payers()
        presenter.set(
            stage=Stage.WAITING,
            is_paying=False,
            rest=None,
            wait=Wait(view, desk.clock.now(), payers, is_asking=bool(stored.payments)),
        )
        self._tell_customer(view)
        self._watch()
        if stored.payments and any(not part.provider for part in view.parts):
            self._open_drawer()
        presenter.context.tasks.submit(
            Lane.PAY,
            lambda: desk.payments.desk.send(stored),
            on_ok=self.looked,
            on_error=self.failed,
        )

    def _open_drawer(self) -> None:
        """Cash of a split is kept, and its change given, before the rest has come."""
        context = self._presenter.context

        def failed(error: BaseException) -> None:
            if isinstance(error, KilotillError):
                context.shell.toast(
                    self._presenter.say("No printer opens the drawer: use its key."), light="warn"
                )
            else:
                context.shell.show_error(error)

        context.tasks.submit(
            Lane.DEVICE,
            context.desk.shift_desk.open_drawer_for_part,
            on_ok=lambda _: context.shell.refresh_status(),
            on_error=failed,
        )

    def open(self, sale_id: UUID) -> None:
        """Take up a sale that waits, also one begun in another shift or before a stop."""
        presenter = self._presenter
        if presenter.state.is_paying:
            return
        presenter.keep_what_was_typed()
        desk, actor, wording = presenter.context.desk, presenter.context.actor, presenter.context.wording

        def work() -> tuple[WaitingSale, OwnerCard, PriceView | None]:
            found = desk.payment_board.look(actor, sale_id)
            card = desk.counter.card(actor, found.view.drn)
            price = None
            if found.item is not None:
                price = price_view(found.item, card.tariff, wording, desk.clock.now())
            return found, card, price

        def got(found: tuple[WaitingSale, OwnerCard, PriceView | None]) -> None:
            waiting, card, price = found
            presenter.reset()
            presenter.set(
                stage=Stage.WAITING,
                sale_id=sale_id,
                card=card,
                price=price,
                price_month=_month(waiting.item),
                kind=SaleKind.ENERGY if price is None or price.token_milli else SaleKind.ARREARS,
                search=card.meter.drn,
                wait=Wait(waiting.view, desk.clock.now()),
            )
            presenter.tender.refresh_ways()
            self._show(waiting.view)
            self._watch()

        presenter.context.tasks.submit(
            Lane.READ, work, on_ok=got, on_error=presenter.context.shell.show_error
        )

    def open_first(self) -> bool:
        """Take up the sale that waits longest; False where none does."""
        rows = self._presenter.state.board.waiting
        if rows:
            self.open(rows[0].sale_id)
        return bool(rows)

    def step(self, by: int) -> bool:
        """Go to another sale that waits."""
        state = self._presenter.state
        ids = [row.sale_id for row in state.board.waiting]
        if state.wait is None or state.wait.view.sale_id not in ids:
            return False
        at = ids.index(state.wait.view.sale_id) + (1 if by > 0 else -1)
        if 0 <= at < len(ids):
            self.open(ids[at])
        return True

    # -- waiting ------------------------------------------------------------------------------------------

    def resume(self) -> None:
        """Go on watching in a view that was made anew."""
        self.look()
        self._watch()

    def _watch(self) -> None:
        self._turn += 1
        turn = self._turn
        self._presenter.context.tasks.later(TICK_MS, lambda: self._tick(turn))

    def _tick(self, turn: int) -> None:
        presenter = self._presenter
        wait = presenter.state.wait
        if turn != self._turn or presenter.state.stage is not Stage.WAITING or wait is None:
            return
        presenter.set(wait=replace(wait, now=presenter.context.desk.clock.now()))
        self.look()
        self._watch()

    def look(self) -> None:
        """Read where the sale is; nobody is asked."""
        presenter = self._presenter
        wait = presenter.state.wait
        if wait is None or self._is_looking:
            return
        desk, sale_id = presenter.context.desk, wait.view.sale_id
        self._is_looking = True

        def got(view: SaleView) -> None:
            self._is_looking = False
            self._show(view)

        def failed(error: BaseException) -> None:
            self._is_looking = False
            presenter.context.shell.show_error(error)

        presenter.context.tasks.submit(
            Lane.READ, lambda: desk.payments.desk.look(sale_id), on_ok=got, on_error=failed
        )

    def ask_now(self) -> None:
        """Ask the provider now, whatever the schedule says."""
        presenter = self._presenter
        wait = presenter.state.wait
        if wait is None or wait.is_asking:
            return
        desk, actor = presenter.context.desk.payments.desk, presenter.context.actor
        open_ones = [part.id for part in wait.view.parts if part.provider and part.is_under_way]
        sale_id = wait.view.sale_id

        def work() -> SaleView:
            for payment_id in open_ones:
                desk.requery(payment_id, actor)
            if not open_ones:
                desk.deliver_waiting()
            return desk.look(sale_id)

        presenter.set(wait=replace(wait, is_asking=True))
        presenter.context.tasks.submit(Lane.PAY, work, on_ok=self.looked, on_error=self.failed)

    def looked(self, view: SaleView) -> None:
        """Show what a provider was heard to say."""
        wait = self._presenter.state.wait
        if wait is not None and wait.view.sale_id == view.sale_id:
            self._presenter.set(wait=replace(wait, is_asking=False))
            self._show(view)
            self._tell_customer(view)
        self._presenter.context.shell.payments_changed()

    def failed(self, error: BaseException) -> None:
        """Show why nothing was heard; the sale waits on."""
        wait = self._presenter.state.wait
        if wait is not None:
            self._presenter.set(wait=replace(wait, is_asking=False))
        self._presenter.context.shell.show_error(error)

    def _show(self, view: SaleView) -> None:
        """Show where the sale is by now; its token, once it has one."""
        presenter = self._presenter
        wait = presenter.state.wait
        if presenter.state.stage is not Stage.WAITING or wait is None or wait.view.sale_id != view.sale_id:
            return
        if view.result is not None:
            self._deliver(view.sale_id)
            return
        if view != wait.view:
            ask = self.steps.asked()
            following = step_ask(view, presenter.say)
            wait = self.steps.after(wait, ask, following)
            presenter.set(wait=replace(wait, view=view, now=presenter.context.desk.clock.now()))

    def _tell_customer(self, view: SaleView) -> None:
        asked = [part for part in view.parts if part.is_under_way]
        if not asked:
            return
        say, money = self._presenter.say, self._presenter.context.wording.money
        link = next((part.step.url for part in asked if part.step is not None and part.step.url), "")
        has_link = any(part.step is not None and part.step.kind is StepKind.OPEN_LINK for part in asked)
        text = say("Scan the code to pay") if has_link else say("Approve the payment on your phone")
        amount = money(sum(part.amount_minor for part in asked))
        self._presenter.context.shell.customer_display(amount, text, qr=link)

    # -- going on -----------------------------------------------------------------------------------------

    def serve_next(self) -> None:
        """Serve the next customer: this sale goes on by itself, and what comes of it is announced."""
        self._park(self._presenter.say("We go on asking. The token comes by itself."))

    def stop(self) -> None:
        """Stop waiting. What was sent stays sent: it may still be paid."""
        wait, say = self._presenter.state.wait, self._presenter.say
        if wait is None:
            return
        if wait.view.is_refused:
            rest = self._presenter.context.wording.money(wait.view.rest_minor)
            self._park(say("{money} is still to pay", money=rest))
        else:
            self._park(say("Nobody waits any more. If it is paid after all, the token comes."))

    def _park(self, text: str) -> None:
        presenter = self._presenter
        wait = presenter.state.wait
        if wait is None:
            return
        self._turn += 1
        view = wait.view
        presenter.set(wait=None)
        presenter.reset()
        if view.state in OVER:
            presenter.refresh_side()
            return
        desk, actor = presenter.context.desk.payments.desk, presenter.context.actor

        def parked(after: SaleView) -> None:
            if after.result is not None and presenter.state.stage is Stage.IDLE:
                # It came at that very moment, so nobody is told of it later.
                self._deliver(after.sale_id)
                return
            presenter.context.shell.toast(text, light="off")
            presenter.refresh_side()
            presenter.context.shell.payments_changed()

        presenter.context.tasks.submit(
            Lane.SALE,
            lambda: desk.stop_waiting(view.sale_id, actor),
            on_ok=parked,
            on_error=presenter.context.shell.show_error,
        )

    def leave(self) -> None:
        """The screen goes: nobody stands here for the payment any more."""
        wait = self._presenter.state.wait
        if wait is not None:
            self.leave_rest(wait.view)

    def leave_rest(self, view: SaleView) -> None:
        """Leave a sale that is not over; what is paid of it stays, and it stands in the list."""
        self._turn += 1
        if view.state in OVER:
            return
        desk, actor, sale_id = (
            self._presenter.context.desk.payments.desk,
            self._presenter.context.actor,
            view.sale_id,
        )
        self._presenter.context.tasks.submit(
            Lane.SALE,
            lambda: desk.stop_waiting(sale_id, actor),
            on_ok=lambda _: self._presenter.context.shell.payments_changed(),
            on_error=self._presenter.context.shell.show_error,
        )

    def main(self) -> None:
        """Do what Enter leads to: ask again where it failed, ask for the rest, else serve the next one."""
        wait = self._presenter.state.wait
        if wait is None:
            return
        if self.steps.asked() is not None:
            self.steps.give()
        elif self.may_pay_again():
            self._turn += 1
            self._presenter.tender.pay_again(new_id(self._presenter.context.desk.clock.now()))
        elif wait.view.is_refused:
            self._turn += 1
            self._presenter.tender.pay_rest(wait.view)
        else:
            self.serve_next()

    def may_pay_again(self) -> bool:
        """Say whether a failed sale stands here with all that was typed for it."""
        state = self._presenter.state
        failed = state.wait is not None and state.wait.view.state is SaleState.FAILED
        return failed and state.way != CASH and bool(state.amount or state.units)

    # -- tokens that came ---------------------------------------------------------------------------------

    def open_ready(self) -> None:
        """Go to the oldest thing nobody has seen: a token is handed over, anything else is looked at."""
        presenter = self._presenter
        if presenter.state.is_paying:
            return
        desk, actor = presenter.context.desk, presenter.context.actor
        presenter.context.tasks.submit(
            Lane.READ,
            lambda: desk.payment_board.read(actor).ready,
            on_ok=self._got_ready,
            on_error=presenter.context.shell.show_error,
        )

    def _got_ready(self, rows: tuple[ReadyRow, ...]) -> None:
        presenter = self._presenter
        if not rows:
            presenter.context.shell.toast(presenter.say("No token is waiting for you."), light="off")
            return
        row = rows[0]
        if row.what != "delivered":
            self._seen(row.key)
            presenter.context.shell.go("sales", sale=row.sale_id)
            return
        presenter.keep_what_was_typed()
        presenter.reset()
        self._deliver(row.sale_id)

    def _seen(self, key: int) -> None:
        presenter = self._presenter
        desk = presenter.context.desk.payments.desk

        def noted(_: None) -> None:
            presenter.context.shell.payments_changed()
            presenter.refresh_side()

        presenter.context.tasks.submit(
            Lane.SALE, lambda: desk.seen(key), on_ok=noted, on_error=presenter.context.shell.show_error
        )

    def _deliver(self, sale_id: UUID) -> None:
        """Show the token of a sale, and print it where that did not happen yet."""
        presenter = self._presenter
        self._turn += 1
        presenter.context.tasks.submit(
            Lane.SALE,
            lambda: self._read_delivered(sale_id),
            on_ok=presenter.show_delivered,
            on_error=presenter.context.shell.show_error,
        )

    def _read_delivered(self, sale_id: UUID) -> Delivered:
        context = self._presenter.context
        desk, actor, wording = context.desk, context.actor, context.wording
        view = desk.payments.desk.look(sale_id)
        assert view.result is not None, "it is delivered"
        shown = desk.counter.shown_sale(actor, sale_id)
        card = desk.counter.card(actor, view.drn)
        tariff = desk.counter.tariff_version(view.result.sale)
        price = price_view(view.result.item, tariff, wording, shown.row.at)
        papers = desk.reprints.copies(sale_id, actor)
        for one in desk.payments.desk.announcements():
            if one.sale_id == sale_id:
                desk.payments.desk.seen(one.key)
        job = papers[0].print_job if papers and papers[0].state == "waiting" else None
        result = replace(view.result, print_job=job)
        return Delivered(result, shown, card, price, _month(view.result.item))


def _month(item: dict[str, object] | None) -> tuple[int, int]:
    """Return the units of the month before and after an item."""
    basis = {} if item is None else item.get("basis") or {}
    if not isinstance(basis, dict) or item is None:
        return 0, 0
    before = int(basis.get("bought_before_milli", 0)) + int(basis.get("free_before_milli", 0))
    units = item.get("units_milli", 0)
    free = item.get("free_milli", 0)
    return before, before + (units if isinstance(units, int) else 0) + (free if isinstance(free, int) else 0)
