"""Asks providers beside the window when it is time, and tells what came of what. No Qt here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from pos.services.payment_desk import Announcement
from pos.ui.lanes import Lane, Tasks

FIRST_AFTER_MS = 1_500
LEAST_MS = 250
MOST_MS = 30_000
"""However long nothing is due, so often it is looked: a setting or a shift may have changed."""

AFTER_TROUBLE_MS = 5_000


class Payments(Protocol):
    """What the runner needs of `pos.services.payments.Payments`."""

    def run_due(self) -> list[Announcement]:
        """Ask, deliver, send; return what nobody has seen yet."""
        ...

    def next_due_at(self) -> datetime | None:
        """Return when there is something to do next."""
        ...


class PaymentRunner:
    """One go at a time, on the `net` lane; between two of them it sleeps until something is due."""

    def __init__(
        self,
        payments: Payments,
        tasks: Tasks,
        *,
        now: Callable[[], datetime],
        on_news: Callable[[Sequence[Announcement]], None] = lambda _: None,
        on_error: Callable[[BaseException], None] = lambda _: None,
    ) -> None:
        """`on_news` is told after each go what nobody has seen yet, also where that is nothing."""
        self._payments = payments
        self._tasks = tasks
        self._now = now
        self._on_news = on_news
        self._on_error = on_error
        self._turn = 0
        self._is_running = False
        self._is_wanted = False
        self._is_stopped = True

    def start(self) -> None:
        """Begin soon."""
        self._is_stopped = False
        self._schedule(FIRST_AFTER_MS)

    def stop(self) -> None:
        """Begin nothing more."""
        self._is_stopped = True
        self._turn += 1

    def wake(self) -> None:
        """Go now: something was sent, or a shift was opened. While a go runs, once more after it."""
        if self._is_running:
            self._is_wanted = True
        elif not self._is_stopped:
            self._begin()

    def _schedule(self, delay_ms: int) -> None:
        if self._is_stopped:
            return
        self._turn += 1
        turn = self._turn
        self._tasks.later(delay_ms, lambda: self._begin() if turn == self._turn else None)

    def _begin(self) -> None:
        if self._is_stopped or self._is_running:
            return
        self._turn += 1
        self._is_running, self._is_wanted = True, False
        payments = self._payments

        def work() -> tuple[list[Announcement], datetime | None]:
            return payments.run_due(), payments.next_due_at()

        self._tasks.submit(Lane.NET, work, on_ok=lambda found: self._ended(*found), on_error=self._failed)

    def _ended(self, news: list[Announcement], due_at: datetime | None) -> None:
        self._is_running = False
        self._on_news(news)
        if self._is_wanted:
            self._begin()
            return
        delay_ms = MOST_MS
        if due_at is not None:
            left_ms = round((due_at - self._now()).total_seconds() * 1000)
            delay_ms = min(MOST_MS, max(LEAST_MS, left_ms))
        self._schedule(delay_ms)

    def _failed(self, error: BaseException) -> None:
        self._is_running = False
        self._on_error(error)
        self._schedule(AFTER_TROUBLE_MS)
