"""The inside of an import: rows in chunks, checked, and the file of those refused (docs/formats.md §12)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from pos.domain.csv_table import RowError
from pos.domain.meter_rows import MeterCells, MeterReader
from pos.errors import MachineFault
from pos.models.meter_batches import Taken
from pos.services.meter_file import Line, MeterFile
from pos.services.meter_import_values import CHUNK_ROWS

ERROR_COLUMNS = ("line", "column", "error_code", "error_text")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file: as they stand, those that are good, and what is wrong with the others."""

    lines: list[Line]
    good: list[MeterCells]
    wrong: list[RowError]

    def refused_with(self, taken: Taken) -> list[tuple[RowError, Line | None]]:
        """Give all refused rows with their lines, in the order of the file."""
        errors = self.wrong + taken.refused
        if not errors:
            return []
        lines = {line.number: line for line in self.lines}
        return [(error, lines.get(error.line)) for error in sorted(errors, key=lambda error: error.line)]


@dataclass(frozen=True, slots=True)
class ImportJob:
    """One file on its way in: where it comes from, how it is read, where its wrong rows go."""

    source: MeterFile
    columns: tuple[str, ...]
    reader: MeterReader
    errors: ErrorsFile

    def chunks(self, unit_rows: int) -> Iterator[Iterator[list[Line | RowError]]]:
        """Yield, for each write unit, its rows in chunks; each is to be used up before the next."""
        rows = self.source.rows(self.columns)
        chunk_rows = min(unit_rows, CHUNK_ROWS)
        first = _some(rows, chunk_rows)
        while first:
            yield _unit(first, rows, unit_rows // chunk_rows - 1, chunk_rows)
            first = _some(rows, chunk_rows)

    def check(self, rows: list[Line | RowError]) -> Chunk:
        """Check the rows of a chunk."""
        chunk = Chunk([], [], [])
        for row in rows:
            if isinstance(row, RowError):
                chunk.wrong.append(row)
                continue
            chunk.lines.append(row)
            cells = self.reader.read(row.number, row.cells)
            if isinstance(cells, MeterCells):
                chunk.good.append(cells)
            else:
                chunk.wrong.extend(cells)
        return chunk


def _unit(
    first: list[Line | RowError], rows: Iterator[Line | RowError], more: int, chunk_rows: int
) -> Iterator[list[Line | RowError]]:
    yield first
    for _ in range(more):
        chunk = _some(rows, chunk_rows)
        if not chunk:
            return
        yield chunk


def _some(rows: Iterator[Line | RowError], count: int) -> list[Line | RowError]:
    return [row for _, row in zip(range(count), rows, strict=False)]


class ErrorsFile(AbstractContextManager["ErrorsFile"]):
    """The file of refused rows; made when the first one comes."""

    def __init__(self, path: Path, header: tuple[str, ...]) -> None:
        self._path = path
        self._header = header
        self._file: AbstractContextManager[object] = nullcontext()
        self._write_row: Callable[[Sequence[object]], object] | None = None

    def write(self, refused: list[tuple[RowError, Line | None]]) -> None:
        """Add refused rows with their errors."""
        if not refused:
            return
        try:
            if self._write_row is None:
                file = self._path.open("w", encoding="utf-8", newline="")
                self._file, self._write_row = file, csv.writer(file, lineterminator="\n").writerow
                self._write_row((*ERROR_COLUMNS, *self._header))
            for error, line in refused:
                source = () if line is None else line.cells
                self._write_row((error.line, error.column, error.error_code, error.error_text, *source))
        except OSError as error:
            raise MachineFault("disk.write", f"The file {self._path.name} cannot be written.") from error

    def __exit__(self, *error: object) -> None:
        self._file.__exit__(None, None, None)
