"""Books: which days, how both sides stand, what differs on the chosen one, and whether the chain is whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pos.domain.day_figures import BookColour
from pos.services.books_desk import BooksDesk, chain_state
from pos.services.books_rows import BookDay, BookList, ChainState, DayMatch
from pos.services.uploads_desk import FlaggedEntry
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.sync_runner import SyncState

PERIODS = {"7": 7, "14": 14, "31": 31, "92": 92}


@dataclass(frozen=True, slots=True)
class BooksState:
    """What the screen shows; `questions` belong to the chosen day, None until they are read."""

    period: str = "7"
    books: BookList | None = None
    chosen: int = 0
    questions: tuple[FlaggedEntry, ...] | None = None
    match: DayMatch | None = None
    chain: ChainState | None = None
    is_checking: bool = False
    sync: SyncState | None = None

    @property
    def day(self) -> BookDay | None:
        """The chosen day."""
        days = () if self.books is None else self.books.days
        return days[self.chosen] if 0 <= self.chosen < len(days) else None


class BooksPresenter:
    """Decides; `show` gets each new state."""

    def __init__(self, context: Context, *, show: Callable[[BooksState], None]) -> None:
        self._context = context
        self._show = show
        self._unwatch: Callable[[], None] = lambda: None
        self._generation = 0
        self.state = BooksState(sync=context.shell.syncing.state)

    @property
    def _desk(self) -> BooksDesk:
        return self._context.desk.books_desk

    def open(self) -> None:
        """Read the days, and follow the talk with head office."""
        self.close()
        self._unwatch = self._context.shell.syncing.watch(self._synced)
        self._set(sync=self._context.shell.syncing.state)
        self._read()

    def close(self) -> None:
        """Follow no longer."""
        self._unwatch()
        self._unwatch = lambda: None

    def choose_period(self, period: str) -> None:
        """Show more days, or fewer."""
        if period in PERIODS and period != self.state.period:
            self._set(period=period, chosen=0, questions=None, match=None)
            self._read()

    def choose(self, day: BookDay) -> None:
        """Choose a day, and read what head office asked about it."""
        books = self.state.books
        if books is None or day not in books.days or day == self.state.day:
            return
        self._set(chosen=books.days.index(day), questions=None, match=None)
        self._read_questions()

    def compare(self) -> None:
        """Ask head office anew: a talk with it ends in comparing every day that is not green."""
        if self.state.books is not None and not self.state.books.is_enrolled:
            return
        self._context.shell.syncing.run_now()

    def check(self) -> None:
        """Look whether this till's own chain is whole; takes a while."""
        if self.state.is_checking:
            return
        context = self._context
        desk = context.desk
        self._set(is_checking=True, chain=None)

        def got(chain: ChainState) -> None:
            self._set(is_checking=False, chain=chain)
            good = context.say("The chain of this till is whole.")
            bad = context.say("The books of this till are damaged.")
            context.shell.toast(good if chain.is_good else bad, light="ok" if chain.is_good else "bad")

        def failed(error: BaseException) -> None:
            self._set(is_checking=False)
            context.shell.show_error(error)

        context.tasks.submit(
            Lane.REPORT, lambda: chain_state(desk.verify_books().findings), on_ok=got, on_error=failed
        )

    def print_out(self) -> None:
        """Print the days that are shown."""
        books, desk, context = self.state.books, self._desk, self._context
        if books is None or not books.days:
            return
        context.tasks.submit(
            Lane.DEVICE,
            lambda: desk.print_out(context.actor, books, context.wording),
            on_ok=lambda _: context.shell.toast(context.say("The books are printed.")),
            on_error=context.shell.show_error,
        )

    def write_pdf(self, path: Path) -> None:
        """Write the days that are shown as PDF."""
        books, desk, context = self.state.books, self._desk, self._context
        if books is None:
            return
        context.tasks.submit(
            Lane.REPORT,
            lambda: desk.write_pdf(context.actor, books, path, wording=context.wording),
            on_ok=lambda _: context.shell.toast(context.say("Written: {name}", name=path.name)),
            on_error=context.shell.show_error,
        )

    def open_uploads(self) -> None:
        """Go to what is not taken or has a question."""
        self._context.shell.go("uploads")

    # -- reading ------------------------------------------------------------------------------------------

    def _read(self) -> None:
        desk, actor = self._desk, self._context.actor
        self._generation += 1
        generation = self._generation
        last = desk.today()
        first = (date.fromisoformat(last) - timedelta(days=PERIODS[self.state.period] - 1)).isoformat()

        def got(books: BookList) -> None:
            if generation == self._generation:
                self._got(books)

        self._context.tasks.submit(
            Lane.REPORT,
            lambda: desk.list_days(actor, first_day=first, last_day=last),
            on_ok=got,
            on_error=self._context.shell.show_error,
        )

    def _got(self, books: BookList) -> None:
        before = self.state.day
        chosen = _place(books, before)
        if before is None:
            # What differs is what one comes for.
            red = [n for n, day in enumerate(books.days) if day.colour is BookColour.RED]
            chosen = red[0] if red else 0
        is_same = before is not None and 0 <= chosen < len(books.days) and books.days[chosen] == before
        kept = (self.state.questions, self.state.match) if is_same else (None, None)
        self._set(books=books, chosen=chosen, questions=kept[0], match=kept[1])
        if not is_same:
            self._read_questions()

    def _read_questions(self) -> None:
        day, desk, actor = self.state.day, self._desk, self._context.actor
        if day is None or day.colour is not BookColour.RED:
            return

        def got(questions: tuple[FlaggedEntry, ...]) -> None:
            if self.state.day == day:
                self._set(questions=questions)

        self._context.tasks.submit(
            Lane.REPORT,
            lambda: desk.questions_of(actor, day),
            on_ok=got,
            on_error=self._context.shell.show_error,
        )

        self._match(day)

    def _match(self, day: BookDay) -> None:
        """Whoever is signed in at head office sees the sales by name that only one book has."""
        context, desk, actor = self._context, self._desk, self._context.actor
        office = context.desk.office_admin
        if not office.is_signed_in(actor):
            return

        def got(match: DayMatch) -> None:
            if self.state.day == day:
                self._set(match=match)

        def work() -> DayMatch:
            return desk.match(actor, day, office.sales_of_day(actor, day.till_code, day.day))

        context.tasks.submit(Lane.NET, work, on_ok=got, on_error=context.shell.show_error)

    def _synced(self, sync: SyncState) -> None:
        was_running = self.state.sync is not None and self.state.sync.is_running
        self._set(sync=sync)
        if was_running and not sync.is_running:
            self._read()

    def _set(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
        self._show(self.state)


def _place(books: BookList, day: BookDay | None) -> int:
    if day is not None:
        for n, one in enumerate(books.days):
            if (one.till_id, one.day) == (day.till_id, day.day):
                return n
    return 0
