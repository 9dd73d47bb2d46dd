"""The present list as a file, written beside the window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pos.domain.permissions import Permission
from pos.services.past_sales import SalesFilter
from pos.services.sales_export import ExportFormat, ExportTask
from pos.ui.lanes import Lane
from pos.ui.screens.sales.state import ExportState, Listing, Pane
from pos.ui.screens.sales.store import Store


class ExportAct:
    """Writes CSV, Excel or PDF of what the list is limited to."""

    def __init__(
        self, store: Store, *, wanted: Callable[[], SalesFilter], subtitle: Callable[[], str]
    ) -> None:
        self._store = store
        self._wanted = wanted
        self._subtitle = subtitle
        self._stop = threading.Event()

    def may(self) -> bool:
        """Say whether the person may take sales out of the till."""
        return self._store.context.may(Permission.REPORT_EXPORT)

    def begin(self) -> None:
        """Ask which file."""
        state = self._store.state
        if self.may() and state.listing is Listing.SALES:
            if not state.export.is_running:
                self._set(written=0, message="")
            self._store.set(pane=Pane.EXPORT, is_open=True)

    def choose_format(self, key: str) -> None:
        """Choose the kind of file."""
        if not self._store.state.export.is_running:
            self._set(format=ExportFormat(key), message="")

    def file_name(self) -> str:
        """Return the usual name of the file."""
        return f"sales-{self._store.state.today}.{self._store.state.export.format}"

    def run(self, path: Path) -> None:
        """Write the file; the list can be used meanwhile."""
        store, context = self._store, self._store.context
        if store.state.export.is_running:
            return
        kind = store.state.export.format
        if path.suffix.lower() != f".{kind}":
            path = path.with_name(f"{path.name}.{kind}")
        desk, actor, wording = context.desk, context.actor, context.wording
        title = f"{store.say('Sales')} · {desk.shop.till_code} {desk.shop.sales_point}"
        task = ExportTask(self._wanted(), path, kind, title, self._subtitle())
        stop = self._stop = threading.Event()

        def tell(written: int) -> None:
            context.tasks.post(lambda: self._progress(stop, written))

        def done(written: int | None) -> None:
            if written is None:
                message = store.say("Stopped. There is no file.")
            else:
                message = store.say("Sales: {n}, saved as {file}", n=wording.count(written), file=path.name)
                context.shell.toast(message)
            self._set(is_running=False, written=written or 0, message=message)

        def failed(error: BaseException) -> None:
            self._set(is_running=False, written=0)
            context.shell.show_error(error)

        self._set(is_running=True, written=0, message="")
        context.tasks.submit(
            Lane.REPORT,
            lambda: desk.sales_export.write(actor, task, wording, progress=tell, is_cancelled=stop.is_set),
            on_ok=done,
            on_error=failed,
        )

    def stop(self) -> None:
        """Stop writing; what there is of the file goes away."""
        self._stop.set()

    def _progress(self, stop: threading.Event, written: int) -> None:
        if stop is self._stop and self._store.state.export.is_running:
            self._set(written=written)

    def _set(self, **changes: Any) -> None:
        export: ExportState = replace(self._store.state.export, **changes)
        self._store.set(export=export)
