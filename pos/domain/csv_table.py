"""Reading a CSV text as rows of named cells, and the errors file of an import (docs/formats.md §12)."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one cell; `line` counts from 1 as an editor does, `column` may be empty."""

    line: int
    column: str
    error_code: str
    error_text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its first line, its cells by column without outer blanks, and the cells as they stood."""

    line: int
    cells: dict[str, str]
    source: tuple[str, ...]

    def __getitem__(self, column: str) -> str:
        """Give a cell; empty where the file lacks the column or the row ends before it."""
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV text as read: every row, the columns that are skipped, and the errors found on the way."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    unknown_columns: tuple[str, ...]
    errors: tuple[RowError, ...]


def read_table(text: str, *, columns: Sequence[str], required: Collection[str]) -> Table:
    """Read a CSV text with a header line; it never raises, what is wrong becomes a RowError.

    Of `,` `;` and tab, the one that shows most known columns separates the cells. Codes: `csv.column_missing`
    and `csv.column_twice` (then no row is read), `csv.malformed` (reading stops there), `csv.too_many_cells`,
    `csv.blank` (a required cell).
    """
    body = text.removeprefix(_BOM)
    delimiter = max(DELIMITERS, key=lambda mark: len(set(columns).intersection(_header(body, mark))))
    header = _header(body, delimiter)
    errors = list(_header_errors(header, required))
    rows = list(_rows(body, delimiter, header, errors)) if header and not errors else []
    for row in rows:
        errors.extend(_row_errors(row, header, required))
    unknown = tuple(column for column in header if column and column not in columns)
    return Table(header, tuple(rows), unknown, tuple(errors))


def write_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a header and rows as CSV text with commas."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def write_errors(table: Table, errors: Iterable[RowError]) -> str:
    """Write the errors file: line, column, error_code, error_text, then the source columns."""
    sources = {row.line: row.source for row in table.rows}
    return write_table(
        ("line", "column", "error_code", "error_text", *table.header),
        (
            (str(error.line), error.column, error.error_code, error.error_text, *sources.get(error.line, ()))
            for error in errors
        ),
    )


def _header(body: str, delimiter: str) -> tuple[str, ...]:
    try:
        reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
        cells: list[str] = next(reader, [])
    except csv.Error:
        return ()
    return tuple(cell.strip().lower() for cell in cells)


def _header_errors(header: Sequence[str], required: Collection[str]) -> Iterator[RowError]:
    for column, times in Counter(header).items():
        if column and times > 1:
            yield RowError(1, column, "csv.column_twice", f"The column {column} stands {times} times.")
    for column in sorted(required):
        if column not in header:
            yield RowError(1, column, "csv.column_missing", f"The column {column} is missing.")


def _rows(body: str, delimiter: str, header: Sequence[str], errors: list[RowError]) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    next(reader)
    line = reader.line_num + 1
    try:
        for source in reader:
            if any(cell.strip() for cell in source):
                cells = (cell.strip() for cell in source)
                yield Row(line, dict(zip(header, cells, strict=False)), tuple(source))
            line = reader.line_num + 1
    except csv.Error as error:
        errors.append(RowError(line, "", "csv.malformed", f"Reading stops here: {error}."))


def _row_errors(row: Row, header: Sequence[str], required: Collection[str]) -> Iterator[RowError]:
    if any(cell.strip() for cell in row.source[len(header) :]):
        yield RowError(row.line, "", "csv.too_many_cells", "This row has more cells than the header.")
    for column in sorted(required):
        if not row[column]:
            yield RowError(row.line, column, "csv.blank", f"{column} must be filled.")
