"""After a stop: what was taken, issued and not printed, and the next act for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pos.errors import Unavailable
from pos.services.after_stop import NextAction, StopCard, StopReport, Unfinished
from pos.services.print_spool import Decision, JobState, PrintJob
from pos.services.reprint import HandedOver
from pos.ui.context import Context
from pos.ui.lanes import Lane


@dataclass(frozen=True, slots=True)
class ResumeState:
    """What the screen shows. `status` says how printer and clock are; `at` is the chosen card."""

    report: StopReport | None = None
    at: int = 0
    clock: str = "ok"
    is_drawer_open: bool = False
    is_busy: bool = False

    @property
    def card(self) -> StopCard | None:
        """Return the chosen card."""
        cards = self.report.cards if self.report else ()
        return cards[self.at] if 0 <= self.at < len(cards) else None


class ResumePresenter:
    """Goes from card to card; each is gone when its act is done."""

    def __init__(self, context: Context, show: Callable[[ResumeState], None]) -> None:
        self._context = context
        self._show = show
        self.state = ResumeState()

    def open(self) -> None:
        """Read what waits."""
        desk, actor = self._context.desk, self._context.actor

        def read() -> tuple[StopReport, str, bool]:
            status = desk.status.read()
            return desk.after_stop.report(actor), status.clock, status.is_drawer_open

        def got(found: tuple[StopReport, str, bool]) -> None:
            report, clock, is_open = found
            at = min(self.state.at, max(0, len(report.cards) - 1))
            self._set(report=report, clock=clock, is_drawer_open=is_open, at=at, is_busy=False)

        self._context.tasks.submit(Lane.READ, read, on_ok=got, on_error=self._failed)

    def step(self, by: int) -> None:
        """Choose another card."""
        count = len(self.state.report.cards) if self.state.report else 0
        if count:
            self._set(at=min(count - 1, max(0, self.state.at + by)))

    def choose(self, n: int) -> None:
        """Choose a card."""
        self._set(at=n)

    def main(self) -> None:
        """Do the next act of the chosen card; without one go on selling."""
        card = self.state.card
        if self.state.is_busy:
            return
        if card is None:
            self._context.shell.go("sell")
            return
        acts: dict[NextAction, Callable[[StopCard], None]] = {
            NextAction.HAND_OVER: self.print_token,
            NextAction.PRINT: self.print_token,
            NextAction.LOOK_AT_PAPER: self.print_token,
            NextAction.ASK_HOLDER: self._deliver,
            NextAction.RECALL_DRAFT: self._recall,
            NextAction.OPEN_SHIFT: lambda _: self._context.shell.go("shift"),
            NextAction.MAKE_REFUND: self._open_sale,
            NextAction.CHECK_PAYMENT: self._wait,
        }
        acts[card.item.action](card)

    def print_token(self, card: StopCard) -> None:
        """Print what never came out; where nobody knows, print it again marked as a copy."""
        desk, actor = self._context.desk, self._context.actor
        item = card.item
        job = card.print_job

        def work() -> PrintJob | None:
            if job is not None:
                waiting = {one.key: one for one in desk.spool.list_open()}
                state = waiting[job].state if job in waiting else JobState.PRINTED
                if state is JobState.UNKNOWN:
                    desk.spool.decide(job, Decision.PRINT_AGAIN)
                return desk.spool.print_job(job)
            assert item.id is not None, "a token has its sale"
            copy = desk.reprints.reprint(item.id, actor)
            return None if copy.print_job is None else desk.spool.print_job(copy.print_job)

        def done(printed: PrintJob | None) -> None:
            if printed is None:
                text = self._context.say("There is no printer. Show the token.")
                self._context.shell.toast(text, light="warn")
                self.open()
            elif printed.state is JobState.PRINTED:
                self._handed_over(card, HandedOver.PRINTED)
            else:
                self.open()

        self._set(is_busy=True)
        self._context.tasks.submit(Lane.DEVICE, work, on_ok=done, on_error=self._not_printed)

    def show_token(self, card: StopCard) -> None:
        """The token was read to the customer from this screen."""
        self._handed_over(card, HandedOver.SHOWN)

    def it_was_printed(self, card: StopCard) -> None:
        """The paper is there after all."""
        desk, job = self._context.desk, card.print_job
        if job is None:
            return
        self._context.tasks.submit(
            Lane.DEVICE,
            lambda: desk.spool.decide(job, Decision.IS_PRINTED),
            on_ok=lambda _: self._handed_over(card, HandedOver.PRINTED),
            on_error=self._failed,
        )

    def _handed_over(self, card: StopCard, how: HandedOver) -> None:
        desk, actor, item = self._context.desk, self._context.actor, card.item
        if item.id is None or item.what not in (Unfinished.NOT_HANDED_OVER, Unfinished.ISSUE_NOT_HANDED_OVER):
            self.open()
            return
        what = item.id
        self._context.tasks.submit(
            Lane.SALE,
            lambda: desk.reprints.hand_over(what, actor, how=how),
            on_ok=lambda _: self.open(),
            on_error=self._failed,
        )

    def _deliver(self, card: StopCard) -> None:
        desk, actor, sale_id = self._context.desk, self._context.actor, card.item.id
        assert sale_id is not None, "a paid sale has its id"
        self._set(is_busy=True)
        self._context.tasks.submit(
            Lane.SALE,
            lambda: desk.checkout.deliver(sale_id, actor),
            on_ok=lambda _: self.open(),
            on_error=self._failed,
        )

    def _recall(self, card: StopCard) -> None:
        self._context.shell.go("sell", draft=card.item.id)

    def _wait(self, card: StopCard) -> None:
        """Its payment goes on being asked about; here it can be asked now."""
        self._context.shell.go("sell", waiting=card.item.id)

    def _open_sale(self, card: StopCard) -> None:
        self._context.shell.go("sales", sale=card.item.id)

    def throw_away(self, card: StopCard) -> None:
        """Drop a sale that was typed and not paid."""
        desk, actor, sale_id = self._context.desk, self._context.actor, card.item.id
        if card.item.what is not Unfinished.DRAFT or sale_id is None:
            return
        self._context.tasks.submit(
            Lane.SALE,
            lambda: desk.drafts.discard(sale_id, actor),
            on_ok=lambda _: self.open(),
            on_error=self._failed,
        )

    def _not_printed(self, error: BaseException) -> None:
        self._set(is_busy=False)
        if isinstance(error, Unavailable):
            text = self._context.say("Not printed. The token is on this screen and safe.")
            self._context.shell.toast(text, light="bad")
            self._context.shell.refresh_status()
            return
        self._context.shell.show_error(error)

    def _failed(self, error: BaseException) -> None:
        self._set(is_busy=False)
        self._context.shell.show_error(error)

    def _set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self._show(self.state)
