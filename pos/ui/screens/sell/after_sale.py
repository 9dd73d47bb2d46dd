"""What follows a sale and never holds it up: the token was shown, the paper goes to the printer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pos.errors import KilotillError
from pos.services.print_spool import JobState, PrintJob
from pos.services.reprint import Copy, HandedOver
from pos.services.sale_values import SaleResult
from pos.ui.lanes import Lane
from pos.ui.screens.sell.state import Paid, Stage

if TYPE_CHECKING:
    from pos.ui.screens.sell.presenter import SellPresenter


_NEVER_CAME = frozenset({"waiting", "failed"})


class AfterSale:
    """Hands a token over, prints and reprints."""

    def __init__(self, presenter: SellPresenter) -> None:
        self._presenter = presenter

    def begin(self, result: SaleResult, paid: Paid) -> None:
        """State that the token is on the screen, and print."""
        presenter = self._presenter
        context = presenter.context
        wording, shell = context.wording, context.shell
        shell.customer_display(
            wording.money(paid.change_minor),
            presenter.say("Your change"),
            paid.sale.digits,
        )
        desk, actor, sale_id = context.desk, context.actor, result.sale_uuid
        if result.credit_token is not None:
            context.tasks.submit(
                Lane.SALE,
                lambda: desk.reprints.hand_over(sale_id, actor, how=HandedOver.SHOWN),
                on_ok=lambda _: self._update(sale_id, shown_at=desk.clock.now()),
                on_error=shell.show_error,
            )
        if result.print_job is not None:
            self._print(result.print_job, sale_id, place=result.place)

    def _print(self, job: int, sale_id: UUID, *, place: int | None) -> None:
        context = self._presenter.context
        desk, actor = context.desk, context.actor

        def work() -> PrintJob:
            printed = desk.spool.print_job(job)
            if printed.state is JobState.PRINTED and place is not None:
                desk.reprints.hand_over_paper(place, actor)
            return printed

        def done(printed: PrintJob) -> None:
            if printed.copy and printed.state is JobState.PRINTED:
                context.shell.toast(self._presenter.say("COPY {n} is printed", n=printed.copy))
            at = desk.clock.now() if printed.state is JobState.PRINTED else None
            self._update(sale_id, printed_at=at, print_state=printed.state.value, print_error=printed.error)
            self._presenter.refresh_side()
            context.shell.refresh_status()

        def failed(error: BaseException) -> None:
            code = error.code if isinstance(error, KilotillError) else ""
            self._update(sale_id, print_state="failed", print_error=code)
            self._presenter.refresh_side()
            if isinstance(error, KilotillError):
                context.shell.toast(
                    self._presenter.say("Not printed. The token is safe: F9 tries again."), light="bad"
                )
            context.shell.refresh_status()
            if not code:
                context.shell.show_error(error)

        context.tasks.submit(Lane.DEVICE, work, on_ok=done, on_error=failed)

    def _update(self, sale_id: UUID, **changes: Any) -> None:
        presenter = self._presenter
        paid = presenter.state.paid
        if paid is not None and paid.sale.row.sale_id == sale_id:
            presenter.set(paid=replace(paid, **changes))

    def reprint(self) -> None:
        """Print the token on screen again, else the last one.

        An original that never came out is printed as that; anything later is marked COPY n.
        """
        presenter = self._presenter
        state, context = presenter.state, presenter.context
        sale = state.guard if state.stage is Stage.GUARD else state.paid.sale if state.paid else state.last
        if sale is None or state.is_paying:
            return
        desk, actor, sale_id = context.desk, context.actor, sale.row.sale_id

        def work() -> Copy:
            papers = desk.reprints.copies(sale_id, actor)
            if papers and papers[0].state in _NEVER_CAME and papers[0].print_job is not None:
                return papers[0]
            return desk.reprints.reprint(sale_id, actor)

        def done(paper: Copy) -> None:
            if paper.print_job is not None:
                self._print(paper.print_job, sale_id, place=None if paper.copy else paper.place)
            if presenter.state.stage is Stage.GUARD:
                presenter.reset()
            presenter.refresh_side()

        context.tasks.submit(Lane.SALE, work, on_ok=done, on_error=context.shell.show_error)
