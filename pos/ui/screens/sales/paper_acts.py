"""Papers of past sales again: on the printer or as PDF, each a copy with its number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pos.domain.permissions import Permission
from pos.services.reprint import HandedOver
from pos.ui.lanes import Lane
from pos.ui.screens.sales.state import Pane
from pos.ui.screens.sales.store import Store


class PaperActs:
    """Gives out copies of what stands beside the list."""

    def __init__(self, store: Store, *, refresh: Callable[[], None]) -> None:
        self._store = store
        self._refresh = refresh

    def can_reprint(self) -> bool:
        """Say whether there is a paper to print again."""
        state = self._store.state
        if state.is_printing or not self._store.context.may(Permission.SALE_REPRINT):
            return False
        if state.pane is Pane.REPLACED:
            return state.replacement is not None
        is_sale = state.pane is Pane.SALE and state.shown is not None
        return is_sale and state.shown is not None and state.shown.facts.paper_place is not None

    def reprint(self) -> None:
        """Print the receipt, or the slip of a replacement, again."""
        state = self._store.state
        if not self.can_reprint():
            return
        if state.pane is Pane.REPLACED and state.replacement is not None:
            self._store.reprint(state.replacement.issue_id, done=lambda: None)
        elif state.shown is not None:
            self._store.reprint(state.shown.sale_id, done=self._refresh)

    def pdf_name(self) -> str:
        """Return the usual name of the shown sale's file."""
        shown = self._store.state.shown
        return f"{shown.detail.row.receipt_number}.pdf" if shown is not None else ""

    def save_pdf(self, path: Path) -> None:
        """Write the receipt as PDF; it is a copy like any other and marked as one."""
        store, context = self._store, self._store.context
        shown = store.state.shown
        if shown is None or not self.can_reprint():
            return
        if path.suffix.lower() != ".pdf":
            path = path.with_name(f"{path.name}.pdf")
        desk, actor, shell, sale_id = context.desk, context.actor, context.shell, shown.sale_id

        def work() -> int:
            copy = desk.reprints.reprint(sale_id, actor, how=HandedOver.PDF)
            desk.paper_files.write_pdf(copy.place, path, copy=copy.copy)
            return copy.copy

        def done(number: int) -> None:
            store.set(is_printing=False)
            shell.toast(store.say("COPY {n} saved as {file}", n=number, file=path.name))
            self._refresh()

        def failed(error: BaseException) -> None:
            store.set(is_printing=False)
            shell.show_error(error)

        store.set(is_printing=True)
        context.tasks.submit(Lane.DEVICE, work, on_ok=done, on_error=failed)
