"""Uploads: what waits, what has a question, what was not taken; sending now; both sums of a sale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from pos.domain.permissions import Permission
from pos.services.uploads_desk import BothSums, Entry, RefusedEntry, UploadsNow
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.uploads.state import SENT, TO_DO, UploadsState
from pos.ui.sync_runner import SyncState, code_of

_TICK_MS = 1_000


class UploadsPresenter:
    """Decides; `show` gets each new state. It is told each step of the talk with head office while shown."""

    def __init__(self, context: Context, *, show: Callable[[UploadsState], None]) -> None:
        self._context = context
        self._show = show
        self._unwatch: Callable[[], None] = lambda: None
        self._turn = 0
        self.state = UploadsState(context.desk.clock.now(), sync=context.shell.syncing.state)

    @property
    def may_enrol(self) -> bool:
        """Whether the person may give this till a head office."""
        return self._context.may(Permission.TILL_ENROL)

    @property
    def may_report(self) -> bool:
        """Whether the person sees the sale list of everybody, where a sale can be opened."""
        return self._context.may(Permission.SALE_VIEW_ALL) or self._context.may(Permission.SALE_VIEW_OWN)

    def open(self) -> None:
        """Read, and follow what goes on."""
        self.close()
        self._unwatch = self._context.shell.syncing.watch(self._synced)
        self._set(sync=self._context.shell.syncing.state)
        self.refresh()
        self._tick(self._turn)

    def close(self) -> None:
        """Follow no longer."""
        self._turn += 1
        self._unwatch()
        self._unwatch = lambda: None

    def refresh(self) -> None:
        """Read how the books stand."""
        uploads, actor = self._context.desk.uploads_desk, self._context.actor
        self._context.tasks.submit(
            Lane.READ, lambda: uploads.read(actor), on_ok=self._got, on_error=self._context.shell.show_error
        )

    def sent_page(self, last: Entry | None) -> Sequence[Entry]:
        """Read a page of what was sent today; called beside the window."""
        uploads, actor = self._context.desk.uploads_desk, self._context.actor
        return uploads.sent_today(actor, before=None if last is None else last.seq)

    def turn(self, tab: str) -> None:
        """Show what is to do, or what was sent today."""
        if tab in (TO_DO, SENT):
            self._set(tab=tab)

    def send_now(self) -> None:
        """Talk to head office at once."""
        if self.state.now is not None and not self.state.now.office.has_office:
            self._context.shell.toast(self._context.say("This till stands alone"), light="off")
            return
        self._context.shell.syncing.run_now()

    def cancel(self) -> bool:
        """End the talk after the piece that is under way; False where there is none."""
        return self._context.shell.syncing.cancel()

    def see_sums(self, sale_id: UUID) -> None:
        """Show a sale as it was sold beside what it adds up to now."""
        uploads, actor = self._context.desk.uploads_desk, self._context.actor

        def got(sums: BothSums) -> None:
            self._set(sums=sums)

        self._context.tasks.submit(
            Lane.READ,
            lambda: uploads.both_sums(actor, sale_id),
            on_ok=got,
            on_error=self._context.shell.show_error,
        )

    def close_sums(self) -> bool:
        """Put the sums away; False where none are shown."""
        if self.state.sums is None:
            return False
        self._set(sums=None)
        return True

    def open_sale(self, entry: Entry | None) -> None:
        """Show the sale of an entry in the list of sales."""
        if entry is not None and entry.sale_id is not None and entry.sale is not None:
            self._context.shell.go("sales", sale=entry.sale_id)

    def report(self, refused: RefusedEntry, path: Path) -> None:
        """Write what an administrator needs to know about an entry that was not taken; no secret is in it."""
        context = self._context
        uploads, actor = context.desk.uploads_desk, context.actor

        def done(_: object) -> None:
            context.shell.toast(context.say("Written: {name}", name=path.name))

        context.tasks.submit(
            Lane.READ,
            lambda: uploads.write_report(actor, refused, path),
            on_ok=done,
            on_error=context.shell.show_error,
        )

    # -- hearing ------------------------------------------------------------------------------------------

    def _got(self, now: UploadsNow) -> None:
        self._set(now=now, at=self._context.desk.clock.now())

    def _synced(self, sync: SyncState) -> None:
        was_running = self.state.sync.is_running
        is_new_error = sync.error is not None and code_of(sync.error) != code_of(self.state.sync.error)
        self._set(sync=sync)
        if (was_running and not sync.is_running) or is_new_error:
            self.refresh()

    def _tick(self, turn: int) -> None:
        if turn != self._turn:
            return
        self._set(at=self._context.desk.clock.now())
        self._context.tasks.later(_TICK_MS, lambda: self._tick(turn))

    def _set(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
        self._show(self.state)
