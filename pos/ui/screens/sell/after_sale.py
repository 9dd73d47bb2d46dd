"""What follows a sale and never holds it up: the token was shown, the paper goes to the printer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pos.errors import KilotillError
from pos.services.print_spool import JobState, PrintJob
from pos.services.reprint import Copy, HandedOver
from pos.services.sale_values import SaleResult
from pos.services.token_messages import TokenText
from pos.ui.lanes import Lane
from pos.ui.screens.sell.state import Paid, Stage

if TYPE_CHECKING:
    from pos.ui.screens.sell.presenter import SellPresenter


TEXT_LOOK_MS = 2_000
"""So often it is looked whether a text is out, while its token is on the screen."""

_MAY_BE_SENT = frozenset({"ready", "failed"})
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
        self._read_text(sale_id)

    # -- the text for the phone ---------------------------------------------------------------------------

    def send_text(self) -> None:
        """Send the token to the payer's phone; pressed twice it goes out once."""
        presenter = self._presenter
        paid, context = presenter.state.paid, presenter.context
        if paid is None or paid.text is None or paid.text.state not in _MAY_BE_SENT:
            return
        desk, actor, sale_id = context.desk.payments.texts, context.actor, paid.sale.row.sale_id

        def done(text: TokenText) -> None:
            context.shell.payments_changed()
            self._got_text(sale_id, text)

        context.tasks.submit(
            Lane.SALE,
            lambda: desk.send_to_payer(sale_id, actor),
            on_ok=done,
            on_error=context.shell.show_error,
        )

    def read_text(self) -> None:
        """Look whether the token on the screen can go to a phone, or went."""
        paid = self._presenter.state.paid
        if paid is not None:
            self._read_text(paid.sale.row.sale_id)

    def _read_text(self, sale_id: UUID) -> None:
        context = self._presenter.context
        texts, actor = context.desk.payments.texts, context.actor
        context.tasks.submit(
            Lane.READ,
            lambda: texts.state(sale_id, actor),
            on_ok=lambda text: self._got_text(sale_id, text),
            on_error=context.shell.show_error,
        )

    def _got_text(self, sale_id: UUID, text: TokenText) -> None:
        """Show it; while it waits to go out, look again."""
        self._update(sale_id, text=text)
        paid = self._presenter.state.paid
        if text.state == "waiting" and paid is not None and paid.sale.row.sale_id == sale_id:
            self._presenter.context.tasks.later(TEXT_LOOK_MS, lambda: self._look_at_text(sale_id))

    def _look_at_text(self, sale_id: UUID) -> None:
        paid = self._presenter.state.paid
        if paid is not None and paid.sale.row.sale_id == sale_id:
            self._read_text(sale_id)

    # -- paper --------------------------------------------------------------------------------------------

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
