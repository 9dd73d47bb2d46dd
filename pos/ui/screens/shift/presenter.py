"""The Shift place: what is open, what is counted, what happens at the close. Knows no widgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pos.domain.permissions import Permission
from pos.errors import UserError
from pos.printing.layout import COLUMNS_80_MM
from pos.services.shift_desk import ShiftNow, ShiftRow
from pos.services.shifts import OpenedShift
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.shift.closing import Closing
from pos.ui.screens.shift.counting import Count
from pos.ui.screens.shift.moves import Moves
from pos.ui.screens.shift.papers import Papers
from pos.ui.screens.shift.state import Move, MoveKind, Page, PaperState, Result, ShiftState

MEMORY = "shift"
PAST_LIMIT = 50
RESULT_KEPT = timedelta(minutes=15)
"""Whoever locked the till instead of signing out finds the next shift the morning after, not the last one."""


class ShiftPresenter:
    """Decides; `show` is called with each new state. The state outlives the view in the context's memory."""

    def __init__(self, context: Context, show: Callable[[ShiftState], None]) -> None:
        self.context = context
        self._show = show
        kept = context.memory.get(MEMORY)
        self.state = kept if isinstance(kept, ShiftState) else ShiftState()
        self._wants_cash = False
        self.moves = Moves(context, self._show_move, moved=self._moved)
        self.papers = Papers(context)
        self.closing = Closing(context, closed=self._closed, refused=self._close_refused)

    # -- reading ------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Read how the till stands; what was being typed stays."""
        # Whatever was under way answered the view before this one.
        self._set(is_busy=False)
        if self.state.page is Page.RESULT and self.state.result is not None:
            self.closing.go_on(self.state.result)
        self.refresh()

    def refresh(self) -> None:
        """Read how the till stands."""
        desk, actor = self.context.desk.shift_desk, self.context.actor
        self.context.tasks.submit(
            Lane.READ, lambda: desk.now(actor), on_ok=self._got_now, on_error=self.context.shell.show_error
        )

    def _got_now(self, now: ShiftNow) -> None:
        before = self.state.now
        is_other = (before is None or before.shift is None) != (now.shift is None) or (
            before is not None
            and before.shift is not None
            and now.shift is not None
            and before.shift.id != now.shift.id
        )
        page = self.state.page
        result = self.state.result
        is_fresh = result is not None and now.at - result.report.at < RESULT_KEPT
        if page is Page.RESULT and now.shift is None and is_fresh:
            self._set(now=now)
            return
        if is_other or page in (Page.WAIT, Page.RESULT):
            self._set(
                now=now,
                page=self._home(now),
                closing=None,
                move=None,
                result=None,
                asks_empty=False,
                is_refused=False,
            )
        else:
            self._set(now=now)
        self._need_counts()
        if self._wants_cash:
            self.begin_cash()

    def _need_counts(self) -> None:
        currency = self.context.desk.shop.currency
        if self.state.opening is None:
            self._set(opening=Count.of(currency))
        if self.state.closing is None:
            self._set(closing=Count.of(currency))

    def _home(self, now: ShiftNow) -> Page:
        if now.shift is not None:
            return Page.OVERVIEW
        return Page.OPEN if self.context.may(Permission.SHIFT_OPEN) else Page.PAST

    @property
    def may_act(self) -> bool:
        """Whether a shift is open and the person may go on with it."""
        return self.state.now is not None and self.state.now.is_mine

    @property
    def may_see_past(self) -> bool:
        """Whether the person sees the reports of closed shifts."""
        return self.context.may(Permission.REPORT_VIEW)

    @property
    def may_see_x(self) -> bool:
        """Whether there is an X report that the person may see."""
        now = self.state.now
        is_open = now is not None and now.shift is not None
        return is_open and (self.may_act or self.may_see_past)

    # -- counting -----------------------------------------------------------------------------------------

    def type_line(self, n: int, text: str) -> None:
        """Take what stands in a line of the count."""
        self._change_count(lambda count: count.type_line(n, text))

    def change_line(self, by: int, n: int | None = None) -> None:
        """Count one more or one less, where the caret stands if no line is named."""
        self._change_count(lambda count: _changed(count, count.at if n is None else n, by))

    def stand_at(self, n: int) -> None:
        """Put the caret into a line."""
        self._change_count(lambda count: count.stand_at(n))

    def step_line(self, by: int) -> None:
        """Go up or down by lines."""
        self._change_count(lambda count: count.stand_at(min(len(count.values) - 1, count.at + by)))

    def enter_line(self) -> None:
        """Go to the next line; after the last one the main act is next, and then it is done."""
        count = self.state.counts
        if count is not None and count.at >= len(count.values):
            self.main()
        else:
            self._change_count(lambda count: count.stand_at(count.at + 1))

    def _change_count(self, change: Callable[[Count], Count]) -> None:
        count = self.state.counts
        if count is None or self.state.is_busy or self.state.page not in (Page.OPEN, Page.COUNT):
            return
        changed = change(count)
        if changed == count:
            return
        has_typed = changed.typed != count.typed
        asks = self.state.asks_empty and not has_typed
        if self.state.page is Page.OPEN:
            self._set(opening=changed, asks_empty=asks)
        else:
            self._set(closing=changed, asks_empty=asks)

    # -- the main act -------------------------------------------------------------------------------------

    def main(self) -> None:
        """Do what F8 stands for on the page that is shown."""
        state = self.state
        if state.is_busy:
            return
        if state.page is Page.OPEN:
            self._open_shift()
        elif state.page is Page.OVERVIEW and state.move is not None:
            self.moves.save(state.move)
        elif state.page is Page.OVERVIEW and self.may_act:
            self._set(page=Page.COUNT, asks_empty=False)
        elif state.page is Page.COUNT:
            self._close_shift()
        elif state.page is Page.RESULT:
            self.context.memory.pop(MEMORY, None)
            self.context.shell.sign_out()

    def _must_ask_again(self, count: Count) -> bool:
        """An untouched count is rather a slip of the finger than an empty drawer."""
        if not count.is_untouched or self.state.asks_empty:
            return False
        self._set(asks_empty=True)
        return True

    def _open_shift(self) -> None:
        count = self.state.opening
        if count is None or self._must_ask_again(count):
            return
        shifts, actor = self.context.desk.shifts, self.context.actor
        self._set(is_busy=True)
        self.context.tasks.submit(
            Lane.SALE,
            lambda: shifts.open_shift(actor, count.to_cash_count()),
            on_ok=self._opened,
            on_error=self._failed,
        )

    def _opened(self, opened: OpenedShift) -> None:
        self._set(is_busy=False, opening=None, asks_empty=False)
        say, money = self.context.say, self.context.wording.money
        amount = money(opened.shift.float_minor)
        if opened.waiting:
            text = say(
                "The shift is open with {amount}. Taken over, not final: {n}.",
                amount=amount,
                n=len(opened.waiting),
            )
            self.context.shell.toast(text, light="warn")
        else:
            self.context.shell.toast(say("The shift is open with {amount}.", amount=amount))
        self.context.shell.deliver_paid()
        self.context.shell.refresh_status()
        self.refresh()

    def _close_shift(self) -> None:
        state = self.state
        if state.closing is None or state.now is None or self._must_ask_again(state.closing):
            return
        self._set(is_busy=True)
        self.closing.close(state.closing)

    def _close_refused(self) -> None:
        self._set(is_busy=False, is_refused=True)
        self.context.shell.refresh_status()

    def _closed(self, result: Result | None) -> None:
        """Show the result, and again as its paper comes along; None: it was not closed."""
        if result is None:
            self._set(is_busy=False)
            return
        page = Page.RESULT if self.state.result is None else self.state.page
        self._set(page=page, result=result, closing=None, move=None, is_busy=False, is_refused=False)

    def _failed(self, error: BaseException) -> None:
        self._set(is_busy=False)
        self.context.shell.show_error(error)
        if isinstance(error, UserError):
            self.refresh()

    # -- movements ----------------------------------------------------------------------------------------

    def begin_cash(self) -> None:
        """Show the form of cash in and out as soon as it is known that a shift is open."""
        self._wants_cash = self.state.now is None
        if self.may_act:
            self.begin_move(MoveKind.CASH)

    def begin_move(self, kind: MoveKind) -> None:
        """Show a form; somebody who may not fill it is told who may."""
        if not self.may_act or self.state.is_busy:
            return
        refusal = self.moves.refusal(kind)
        if refusal:
            self.context.shell.toast(refusal, light="warn")
            return
        self._set(page=Page.OVERVIEW)
        self.moves.begin(kind)

    def _show_move(self, move: Move | None) -> None:
        self._set(move=move)

    def _moved(self, _move: Move) -> None:
        self.papers.print_waiting(self.context.shell.refresh_status)
        self.refresh()

    # -- papers -------------------------------------------------------------------------------------------

    def show_x(self) -> None:
        """Show the X report of the open shift."""
        desk, actor = self.context.desk.shift_desk, self.context.actor
        self.context.tasks.submit(
            Lane.READ,
            lambda: desk.x_text(actor),
            on_ok=lambda text: self._set(page=Page.X, x_text=text, move=None),
            on_error=self.context.shell.show_error,
        )

    def print_paper(self) -> None:
        """Print the paper of the page that is shown."""
        state = self.state
        if state.page is Page.X:
            self.papers.print_x()
        elif state.page is Page.RESULT and state.result is not None:
            self._set(result=replace(state.result, paper=PaperState.PRINTING))
            self.papers.print_z(state.result.report.number, self._got_paper)
        elif state.page is Page.PAST and state.past is not None and state.past.z_number is not None:
            self.papers.print_z(state.past.z_number, lambda _: None)

    def _got_paper(self, paper: PaperState) -> None:
        if self.state.result is not None:
            self._set(result=replace(self.state.result, paper=paper))

    def print_slip(self) -> None:
        """Print the deposit slips of the closed shift that is shown."""
        if self.state.page is Page.RESULT and self.state.result is not None:
            self.papers.print_slip(self.state.result.report.number)
        elif self.state.page is Page.PAST and self.state.past is not None:
            self.papers.print_slip(self.state.past.z_number or 0)

    def paper_place(self) -> int:
        """Return where the paper that is shown is stored, 0 for one that is kept nowhere."""
        state = self.state
        if state.page is Page.RESULT and state.result is not None:
            return state.result.place
        if state.page is Page.PAST and state.past is not None:
            return state.past.closed_place or 0
        return 0

    def save_pdf(self, path: Path) -> None:
        """Write the stored paper that is shown as a PDF file."""
        place = self.paper_place()
        if place:
            self.papers.save_pdf(place, path)

    # -- past shifts --------------------------------------------------------------------------------------

    def show_past(self) -> None:
        """Show the list of closed shifts."""
        if self.may_see_past:
            self._set(page=Page.PAST, move=None, past=None, past_text="")

    def fetch_past(self, last: ShiftRow | None) -> Sequence[ShiftRow]:
        """Read a page of closed shifts, off the window's thread."""
        before = None if last is None else last.z_number
        return self.context.desk.shifts.list_closed(self.context.actor, before_z_number=before)

    def choose_past(self, row: ShiftRow | None, *, columns: int = COLUMNS_80_MM) -> None:
        """Show the stored paper of a closed shift, as wide as there is room for."""
        if row is None or row == self.state.past or row.closed_place is None:
            return
        self._set(past=row)
        files, place = self.context.desk.paper_files, row.closed_place

        def got(text: str) -> None:
            if self.state.past == row:
                self._set(past_text=text)

        self.context.tasks.submit(
            Lane.READ,
            lambda: files.text(place, columns=columns),
            on_ok=got,
            on_error=self.context.shell.show_error,
        )

    # -- moving about -------------------------------------------------------------------------------------

    def back(self) -> bool:
        """Go one step back; False where there is none. A count is never thrown away."""
        state = self.state
        if state.is_busy:
            return True
        if state.move is not None:
            self._set(move=None)
            return True
        if state.page is Page.RESULT and state.now is not None and state.result is not None:
            self._set(page=Page.WAIT, result=None)
            self.refresh()
            return True
        home = Page.WAIT if state.now is None else self._home(state.now)
        if state.page in (Page.COUNT, Page.X, Page.PAST) and state.page is not home:
            self._set(page=home, asks_empty=False)
            return True
        return False

    def show_where(self, where: Mapping[str, object]) -> None:
        """Go to a part that was asked for: the cash form, the past reports."""
        if where.get("part") == "cash":
            self._wants_cash = True
            if self.state.now is not None:
                self.begin_cash()
        elif where.get("part") == "past":
            self.show_past()

    def _set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self.context.memory[MEMORY] = self.state
        self._show(self.state)


def _changed(count: Count, n: int, by: int) -> Count:
    return count.change_line(n, by) if n < len(count.values) else count
