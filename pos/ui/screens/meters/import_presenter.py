"""The import of meters in four steps: file, columns, check, import; and taking one back. No Qt."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from pos.domain.meter_rows import COLUMNS
from pos.services.meter_import import ImportProgress, ImportResult, ImportRow, Preview, PreviewRow, UndoResult
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.meters.bulk_run import BulkRun
from pos.ui.screens.meters.words import sentence

Run = BulkRun[ImportProgress | int, ImportResult | UndoResult]

MEMORY = "meters.import"
RUN_MEMORY = "meters.import_run"


class Step(IntEnum):
    """Where the import is."""

    FILE = 1
    COLUMNS = 2
    CHECK = 3
    IMPORT = 4


@dataclass(frozen=True, slots=True)
class ImportState:
    """What is chosen, what the file says, how far it is."""

    step: Step = Step.FILE
    path: Path | None = None
    preview: Preview | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    is_reading: bool = False
    message: str = ""
    progress: ImportProgress = field(default_factory=ImportProgress)
    is_running: bool = False
    is_cancelling: bool = False
    result: ImportResult | None = None
    imports: tuple[ImportRow, ...] = ()
    undo_asked: UUID | None = None
    """The import a person wants to take back, until it is confirmed."""
    undoing: UUID | None = None
    undone_rows: int = 0

    @property
    def is_busy(self) -> bool:
        """Whether the register is being written."""
        return self.is_running or self.undoing is not None

    @property
    def wrong_rows(self) -> int:
        """How many of the rows that are shown cannot be taken."""
        return 0 if self.preview is None else sum(bool(row.errors) for row in self.preview.rows)

    @property
    def permille(self) -> int | None:
        """How far the import is; None where the length of the file is not known."""
        about = self.progress.lines_about
        return min(1000, self.progress.lines_read * 1000 // about) if about else None


class ImportPresenter:
    """Decides on the import."""

    def __init__(self, context: Context, *, show: Callable[[ImportState], None]) -> None:
        self.context = context
        self._show = show
        self._reading = 0
        kept = context.memory.get(MEMORY)
        self.state = replace(kept, is_reading=False) if isinstance(kept, ImportState) else ImportState()
        run = context.memory.get(RUN_MEMORY)
        self._run: Run | None = run if isinstance(run, BulkRun) else None
        if self._run is not None:
            self._listen(self._run)

    def open(self) -> None:
        """Begin with the file, unless an import is under way."""
        if not self.state.is_busy:
            self._set(
                step=Step.FILE, path=None, preview=None, message="", result=None, undo_asked=None, mapping={}
            )
        self._read_imports()

    def reopened(self) -> None:
        """Read the past imports anew; the step stays."""
        self._read_imports()

    # -- file and columns ---------------------------------------------------------------------------------

    def choose_file(self, path: Path) -> None:
        """Read the first rows of a file, its columns as they are guessed."""
        self._read(path, None)

    def map_column(self, name: str, ours: str) -> None:
        """Say which of our columns one of the file's is; "" skips it."""
        mapping = {**self.state.mapping, name: ours}
        self._set(mapping={name: column for name, column in mapping.items() if column})
        if self.state.path is not None:
            self._read(self.state.path, dict(self.state.mapping))

    def samples(self, place: int) -> str:
        """Return what stands in a column of the first rows."""
        preview = self.state.preview
        if preview is None:
            return ""
        cells = [row.source[place] for row in preview.rows if place < len(row.source) and row.source[place]]
        return " · ".join(cells[:3])

    def number_in(self, row: PreviewRow) -> str:
        """Return what a row has where the meter number should stand."""
        preview = self.state.preview
        for place, name in enumerate(() if preview is None else preview.header):
            if self.state.mapping.get(name) == "meter_number" and place < len(row.source):
                return row.source[place]
        return ""

    def column_choices(self) -> tuple[tuple[str, str], ...]:
        """Return what a column of the file can be."""
        skip = (("", self.context.say("Skip this column")),)
        return (*skip, *((column, column.replace("_", " ")) for column in COLUMNS))

    def _read(self, path: Path, mapping: dict[str, str] | None) -> None:
        context = self.context
        imports, actor = context.desk.imports, context.actor
        self._reading += 1
        reading = self._reading
        self._set(is_reading=True, message="")

        def got(preview: Preview) -> None:
            if reading != self._reading:
                return
            step = self.state.step if mapping is not None else Step.COLUMNS
            self._set(is_reading=False, path=path, preview=preview, mapping=dict(preview.mapping), step=step)

        def failed(error: BaseException) -> None:
            if reading == self._reading:
                self._set(is_reading=False, message=sentence(error, context.wording))

        # Only a look: beside the import's own lane, where a back-up may be under way.
        context.tasks.submit(
            Lane.REPORT,
            lambda: imports.preview(actor, path, mapping=mapping),
            on_ok=got,
            on_error=failed,
        )

    @property
    def can_go_on(self) -> bool:
        """Whether the next step is open."""
        state = self.state
        if state.is_reading or state.is_busy or state.preview is None:
            return False
        return state.step in (Step.COLUMNS, Step.CHECK) and not state.preview.errors

    def go_on(self, _row: object = None) -> None:
        """Go to the next step."""
        if not self.can_go_on:
            return
        if self.state.step is Step.COLUMNS:
            self._set(step=Step.CHECK)
        else:
            self._begin()

    def back(self) -> bool:
        """Go a step back; False from the first, or while the register is being written."""
        state = self.state
        if state.undo_asked is not None:
            self._set(undo_asked=None)
            return True
        if state.step is Step.IMPORT:
            if not state.is_running:
                self.open()
            # While it runs Esc does nothing: stopping an import is its own button.
            return True
        if state.step is Step.FILE:
            return False
        self._set(step=Step(state.step - 1))
        return True

    # -- the import ---------------------------------------------------------------------------------------

    def _begin(self) -> None:
        context, path, mapping = self.context, self.state.path, dict(self.state.mapping)
        assert path is not None, "the check shows a file"
        imports, actor = context.desk.imports, context.actor
        run: Run = BulkRun(ImportProgress())
        self._set(
            step=Step.IMPORT, is_running=True, is_cancelling=False, result=None, progress=ImportProgress()
        )

        def work() -> ImportResult:
            return imports.run(
                actor,
                path,
                errors_path=errors_path_of(path),
                mapping=mapping,
                progress=run.watch,
                is_cancelled=run.stop.is_set,
            )

        self._start(run, work)

    def _start(self, run: Run, work: Callable[[], ImportResult | UndoResult]) -> None:
        context = self.context
        self._run = run
        context.memory[RUN_MEMORY] = run
        self._listen(run)
        context.tasks.submit(
            Lane.BULK, lambda: run.work(work), on_ok=lambda _: None, on_error=context.shell.show_error
        )

    def _listen(self, run: Run) -> None:
        post = self.context.tasks.post
        run.listen(lambda: post(self._heard))
        post(self._heard)

    def _heard(self) -> None:
        """Show how far the run is, or how it ended."""
        run, progress = self._run, None if self._run is None else self._run.progress
        if run is None:
            return
        if isinstance(progress, ImportProgress) and self.state.is_running:
            self._set(progress=progress)
        elif isinstance(progress, int) and self.state.undoing is not None:
            self._set(undone_rows=progress)
        if run.is_over:
            self._run = None
            self.context.memory.pop(RUN_MEMORY, None)
            self._ended(run)

    def _ended(self, run: Run) -> None:
        if isinstance(run.result, ImportResult):
            self._imported(run.result)
        elif isinstance(run.result, UndoResult):
            self._undone(run.result)
        else:
            was_import = self.state.is_running
            step = Step.CHECK if was_import else self.state.step
            self._set(is_running=False, is_cancelling=False, undoing=None, step=step)
            if run.error is not None:
                self.context.shell.show_error(run.error)
        self._read_imports()

    def cancel(self) -> None:
        """Stop the import after the rows under way; what was taken stays until it is taken back."""
        if self.state.is_running and self._run is not None:
            self._run.stop.set()
            self._set(is_cancelling=True)

    def _imported(self, result: ImportResult) -> None:
        self._set(is_running=False, is_cancelling=False, result=result, progress=result.counts)
        say, counts = self.context.say, result.counts
        count = self.context.wording.count
        text = say(
            "Import: {added} added, {changed} changed, {refused} refused",
            added=count(counts.added),
            changed=count(counts.changed),
            refused=count(counts.refused),
        )
        self.context.shell.toast(text, light="warn" if counts.refused else "ok")

    # -- taking one back ----------------------------------------------------------------------------------

    def ask_undo(self, import_id: UUID) -> None:
        """Ask whether an import is to be taken back."""
        if not self.state.is_busy:
            self._set(undo_asked=import_id)

    def undo(self) -> None:
        """Take the import back that was asked about."""
        import_id, context = self.state.undo_asked, self.context
        if import_id is None or self.state.is_busy:
            return
        imports, actor = context.desk.imports, context.actor
        run: Run = BulkRun(0)
        self._set(undo_asked=None, undoing=import_id, undone_rows=0)
        self._start(run, lambda: imports.undo(actor, import_id, progress=run.watch))

    def _undone(self, result: UndoResult) -> None:
        say = self.context.say
        self._set(undoing=None)
        if result.kept:
            kept = self.context.wording.count(len(result.kept))
            self.context.shell.toast(
                say("Taken back. Left as they are, for they were sold to or changed: {count}", count=kept),
                light="warn",
            )
        else:
            self.context.shell.toast(say("The import is taken back."))

    def _read_imports(self) -> None:
        context = self.context
        imports, actor = context.desk.imports, context.actor

        def got(rows: tuple[ImportRow, ...]) -> None:
            self._set(imports=rows)

        context.tasks.submit(
            Lane.READ, lambda: imports.list_imports(actor), on_ok=got, on_error=context.shell.show_error
        )

    def _set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self.context.memory[MEMORY] = self.state
        self._show(self.state)


def errors_path_of(path: Path) -> Path:
    """Return where refused rows go: beside the file, or home where one cannot write there."""
    folder = path.parent if os.access(path.parent, os.W_OK) else Path.home()
    return folder / f"{path.stem}-errors.csv"
