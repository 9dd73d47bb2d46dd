"""Takes a file of meters into the register, shows before what it would take, and takes it all back.

The form is docs/formats.md §12. An import is made of short write units, so that sales go on beside it; into
an empty register it takes big ones. When the program ends in the middle, what was taken stays as an import in
state `running`: undo it, or import the file again, which leaves alone what is there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, select, update

from pos.domain.csv_table import RowError
from pos.domain.meter_rows import MeterCells, MeterReader, Shop
from pos.domain.permissions import Actor, Permission
from pos.errors import UserError
from pos.models.meter_batches import KeptMeter, Taken, end_undo, take_rows, undo_added, undo_changes
from pos.models.meters import import_batch
from pos.models.search import merge_search, optimize_search
from pos.models.uow import Units
from pos.services.approval import require
from pos.services.facts import RecordFact, privileged_act
from pos.services.meter_file import Line, columns_of, guess_mapping, header_errors, open_meter_file
from pos.services.meter_import_job import Chunk, ErrorsFile, ImportJob
from pos.services.meter_import_values import (
    CHUNK_ROWS,
    QUIET,
    SELLING,
    ImportProgress,
    ImportResult,
    ImportRow,
    Pace,
    Preview,
    PreviewRow,
    UndoResult,
)
from pos.services.meter_shop import MeterChecks
from pos.system.clock import Clock
from pos.system.ids import new_id

PREVIEW_ROWS = 20
_ALL_KEYS = (1 << 63) - 1


Pause = Callable[[float], None]
Watch = Callable[[ImportProgress], None]


class MeterImport:
    """Imports, previews and undoes; one at a time, on one thread."""

    def __init__(
        self,
        units: Units,
        facts: RecordFact,
        clock: Clock,
        checks: MeterChecks,
        *,
        pause: Pause = time.sleep,
    ) -> None:
        self._units = units
        self._facts = facts
        self._clock = clock
        self._checks = checks
        self._pause = pause

    def preview(
        self, actor: Actor, path: Path, *, mapping: Mapping[str, str] | None = None, rows: int = PREVIEW_ROWS
    ) -> Preview:
        """Read a file's first rows as they would be taken; nothing is changed.

        Raises:
            UserError: `permission.denied`, `csv.encoding`, `xlsx.unreadable`,
                `xlsx.too_large`.
            MachineFault: `disk.read`.
        """
        require(actor, Permission.METER_IMPORT)
        source = open_meter_file(path)
        chosen = guess_mapping(source.header) if mapping is None else dict(mapping)
        columns = columns_of(source.header, chosen)
        errors = header_errors(source.header, columns)
        unknown = tuple(name for name, ours in zip(source.header, columns, strict=True) if name and not ours)
        shown: tuple[PreviewRow, ...] = ()
        if not errors:
            reader = MeterReader(columns, self._shop(actor))
            first = (row for row, _ in zip(source.rows(columns), range(rows), strict=False))
            shown = tuple(_preview_row(row, reader) for row in first)
        return Preview(source.header, chosen, unknown, shown, errors)

    def run(
        self,
        actor: Actor,
        path: Path,
        *,
        errors_path: Path,
        mapping: Mapping[str, str] | None = None,
        progress: Watch = lambda _: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> ImportResult:
        """Take a file in: new meters are added, known ones changed to what their row says.

        Wrong rows stand with their errors in `errors_path`, which is written only if there are any. A
        cancelled import keeps what it took; undo takes that back too.

        Raises:
            UserError: `permission.denied`, `csv.encoding`, `csv.column_missing`, `csv.column_twice`,
                `xlsx.unreadable`, `xlsx.too_large`.
            MachineFault: `disk.*`.
        """
        require(actor, Permission.METER_IMPORT)
        source = open_meter_file(path)
        columns = columns_of(source.header, guess_mapping(source.header) if mapping is None else mapping)
        for error in header_errors(source.header, columns):
            raise UserError(*_header_refusal(error))
        shop = self._shop(actor)
        job = ImportJob(source, columns, MeterReader(columns, shop), ErrorsFile(errors_path, source.header))
        pace, batch_key, batch_id = self._begin(actor, path)
        counts = ImportProgress(lines_about=source.lines_about)
        state = "done"
        with job.errors:
            for rows in job.chunks(pace.unit_rows):
                if is_cancelled():
                    state = "cancelled"
                    break
                counts = self._take(job, rows, counts, batch_key=batch_key, institution=shop.institution)
                progress(counts)
                self._rest(pace, counts.lines_read)
        self._tidy_search(pace)
        self._end(actor, batch_id, counts, state=state, file_name=path.name)
        return ImportResult(batch_id, state, counts, errors_path if counts.refused else None)

    def list_imports(self, actor: Actor) -> tuple[ImportRow, ...]:
        """List all imports, newest first.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.METER_IMPORT)
        with self._units.read() as connection:
            rows = connection.execute(select(import_batch).order_by(import_batch.c.key.desc())).all()
        return tuple(
            ImportRow(row.id, row.file_name, row.state, row.rows_added, row.rows_changed, row.rows_refused)
            for row in rows
        )

    def undo(
        self, actor: Actor, import_id: UUID, *, progress: Callable[[int], None] = lambda _: None
    ) -> UndoResult:
        """Take a whole import back: its meters are deleted unless sold to since, its changes put back.

        `progress` gets the number of meters looked at. Broken off, it can be called again.

        Raises:
            UserError: `permission.denied`, `import.unknown`, `import.undone`.
            MachineFault: `disk.*`.
        """
        require(actor, Permission.METER_IMPORT)
        batch_key, pace = self._undoable(actor, import_id)
        kept: list[KeptMeter] = []
        looked_at = 0
        for step in (undo_changes, undo_added):
            below: int | None = _ALL_KEYS
            while below is not None:
                limit = min(pace.unit_rows, CHUNK_ROWS)
                with self._units.write() as unit:
                    for _ in range(max(1, pace.unit_rows // limit)):
                        if below is not None:
                            below, left = step(unit.connection, batch_key, below_key=below, limit=limit)
                            kept += left
                            looked_at += limit if below is not None else 0
                progress(looked_at)
                self._rest(pace, looked_at)
        self._tidy_search(pace)
        self._end_undo(actor, import_id, batch_key, kept)
        return UndoResult(import_id, tuple(kept))

    def _shop(self, actor: Actor) -> Shop:
        with self._units.read() as connection:
            return self._checks.shop(connection, actor)

    def _begin(self, actor: Actor, path: Path) -> tuple[Pace, int, UUID]:
        batch_id = new_id(self._clock.now())
        with self._units.write() as unit:
            is_empty = unit.connection.exec_driver_sql("SELECT 1 FROM meter LIMIT 1").first() is None
            key = unit.connection.execute(
                import_batch.insert().values(
                    id=batch_id,
                    file_name=path.name,
                    started_at=self._clock.now(),
                    state="running",
                    operator_key=actor.key,
                    rows_added=0,
                    rows_changed=0,
                    rows_refused=0,
                )
            ).inserted_primary_key
        assert key is not None
        return QUIET if is_empty else SELLING, int(key[0]), batch_id

    def _take(
        self,
        job: ImportJob,
        rows: Iterator[list[Line | RowError]],
        counts: ImportProgress,
        *,
        batch_key: int,
        institution: str | None,
    ) -> ImportProgress:
        """Take the rows of one write unit, a chunk at a time."""
        refused: list[tuple[RowError, Line | None]] = []
        # The first chunk is checked before the unit begins: a short unit then holds only its writing.
        first = job.check(next(rows))
        with self._units.write() as unit:
            chunk: Chunk | None = first
            while chunk is not None:
                taken = take_rows(
                    unit.connection,
                    chunk.good,
                    self._clock.now(),
                    import_key=batch_key,
                    institution=institution,
                )
                counts = _counted(counts, chunk, taken)
                refused += chunk.refused_with(taken)
                following = next(rows, None)
                chunk = None if following is None else job.check(following)
            unit.connection.execute(
                update(import_batch)
                .where(import_batch.c.key == batch_key)
                .values(
                    rows_added=counts.added,
                    rows_changed=counts.changed,
                    rows_refused=counts.refused,
                )
            )
        job.errors.write(refused)
        return counts

    def _rest(self, pace: Pace, rows_done: int) -> None:
        if rows_done % pace.tidy_rows < pace.unit_rows:
            self._units.checkpoint()
        if pace.pause_ms:
            self._pause(pace.pause_ms / 1000)

    def _tidy_search(self, pace: Pace) -> None:
        if not pace.pause_ms:
            with self._units.write() as unit:
                optimize_search(unit.connection)
            return
        is_merging = True
        while is_merging:
            with self._units.write() as unit:
                is_merging = merge_search(unit.connection)
            self._pause(pace.pause_ms / 1000)

    def _end(
        self, actor: Actor, batch_id: UUID, counts: ImportProgress, *, state: str, file_name: str
    ) -> None:
        with self._units.write() as unit:
            _set_state(unit.connection, batch_id, state)
            body = privileged_act(
                Permission.METER_IMPORT,
                "import",
                str(batch_id),
                reason=file_name,
                after={
                    "state": state,
                    "added": counts.added,
                    "changed": counts.changed,
                    "refused": counts.refused,
                },
            )
            self._facts.record(unit, "privileged_act", body, actor=actor.id)
        self._units.checkpoint()

    def _undoable(self, actor: Actor, import_id: UUID) -> tuple[int, Pace]:
        with self._units.read() as connection:
            batch = connection.execute(
                select(import_batch.c.key, import_batch.c.state, import_batch.c.operator_key).where(
                    import_batch.c.id == import_id
                )
            ).one_or_none()
            if batch is None or not self._checks.may_undo(actor, batch.operator_key):
                raise UserError("import.unknown", "There is no such import.")
            if batch.state == "undone":
                raise UserError("import.undone", "This import was taken back before.")
            is_all = (
                connection.exec_driver_sql(
                    "SELECT 1 FROM meter WHERE import_key IS NOT ? LIMIT 1", (batch.key,)
                ).first()
                is None
            )
            is_used = connection.exec_driver_sql("SELECT 1 FROM sale LIMIT 1").first() is not None
        return batch.key, QUIET if is_all and not is_used else SELLING

    def _end_undo(self, actor: Actor, import_id: UUID, batch_key: int, kept: list[KeptMeter]) -> None:
        with self._units.write() as unit:
            end_undo(unit.connection, batch_key)
            _set_state(unit.connection, import_id, "undone")
            body = privileged_act(
                Permission.METER_IMPORT, "import", str(import_id), reason="undo", after={"kept": len(kept)}
            )
            self._facts.record(unit, "privileged_act", body, actor=actor.id)
        self._units.checkpoint()


def _counted(counts: ImportProgress, chunk: Chunk, taken: Taken) -> ImportProgress:
    wrong_lines = {error.line for error in chunk.wrong} | {error.line for error in taken.refused}
    return replace(
        counts,
        lines_read=counts.lines_read + len(chunk.lines),
        added=counts.added + taken.added,
        changed=counts.changed + taken.changed,
        unchanged=counts.unchanged + taken.unchanged,
        refused=counts.refused + len(wrong_lines),
    )


def _preview_row(row: Line | RowError, reader: MeterReader) -> PreviewRow:
    if isinstance(row, RowError):
        return PreviewRow(row.line, (), None, (row,))
    cells = reader.read(row.number, row.cells)
    if isinstance(cells, MeterCells):
        return PreviewRow(row.number, tuple(row.cells), cells, ())
    return PreviewRow(row.number, tuple(row.cells), None, cells)


def _header_refusal(error: RowError) -> tuple[str, str]:
    return error.error_code, error.error_text


def _set_state(connection: Connection, batch_id: UUID, state: str) -> None:
    connection.execute(update(import_batch).where(import_batch.c.id == batch_id).values(state=state))


__all__ = [
    "ImportProgress",
    "ImportResult",
    "ImportRow",
    "MeterImport",
    "Pause",
    "Preview",
    "PreviewRow",
    "UndoResult",
    "Watch",
]
