"""A file of meters as rows of texts, CSV or XLSX, read as it comes (docs/formats.md §12)."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pos.domain.csv_table import DELIMITERS, RowError
from pos.domain.meter_rows import COLUMNS, REQUIRED
from pos.domain.names import fold
from pos.errors import MachineFault, UserError

SHEET_BYTES_MAX = 150_000_000
"""A workbook is unpacked whole and takes twice that room: some 300,000 meters; a CSV has no such limit."""

_CHUNK_BYTES = 1 << 20
_INTEGER_OF_FLOAT_MAX = 1 << 53

_OTHER_NAMES = {
    "meter": "meter_number",
    "meter no": "meter_number",
    "meter serial": "meter_number",
    "serial": "meter_number",
    "serial number": "meter_number",
    "drn": "meter_number",
    "pan": "meter_number",
    "compteur": "meter_number",
    "numero compteur": "meter_number",
    "customer": "name",
    "customer name": "name",
    "owner": "name",
    "nom": "name",
    "amazina": "name",
    "jina": "name",
    "telephone": "phone",
    "phone number": "phone",
    "mobile": "phone",
    "msisdn": "phone",
    "simu": "phone",
    "adresse": "address",
    "location": "address",
    "tariff": "tariff_code",
    "tarif": "tariff_code",
    "sgc": "supply_group",
    "supply group code": "supply_group",
    "ti": "tariff_index",
    "krn": "key_revision",
    "kt": "key_type",
    "ea": "algorithm",
    "dkga": "key_method",
    "account": "account_number",
    "balance due": "arrears",
    "debt": "arrears",
}
# Excel drops the zeros a number begins with: how many digits the column has.
_WIDTHS = {"supply_group": (6,), "tariff_index": (2,), "algorithm": (2,), "key_method": (2,)}
_METER_WIDTHS = (11, 13)


@dataclass(frozen=True, slots=True)
class Line:
    """One row: where it begins, counted from 1, and its cells."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class MeterFile:
    """A file that was found readable: its header in lower case, and how many lines it has about."""

    path: Path
    header: tuple[str, ...]
    delimiter: str
    lines_about: int

    @property
    def is_workbook(self) -> bool:
        """Say whether it is XLSX."""
        return not self.delimiter

    def rows(self, columns: Sequence[str]) -> Iterator[Line | RowError]:
        """Yield the rows that are not blank, and a RowError where reading stops; `columns`: `columns_of`."""
        return _sheet_rows(self.path, columns) if self.is_workbook else _csv_rows(self.path, self.delimiter)


def open_meter_file(path: Path) -> MeterFile:
    """Look at a file's first line and at the whole of its text.

    Raises:
        UserError: `csv.encoding`, not UTF-8; `xlsx.unreadable`, no workbook; `xlsx.too_large`.
        MachineFault: `disk.read`.
    """
    try:
        if path.suffix.lower() == ".xlsx":
            first = next(_sheet(path), [])
            return MeterFile(path, _header([_text(cell) for cell in first]), "", 0)
        lines = _count_lines(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            text = file.readline()
    except OSError as error:
        raise MachineFault("disk.read", f"The file {path.name} cannot be read.") from error
    delimiter = max(DELIMITERS, key=lambda mark: _likeliness(_first_row(text, mark)))
    return MeterFile(path, _header(_first_row(text, delimiter)), delimiter, lines)


def guess_mapping(header: Sequence[str]) -> dict[str, str]:
    """Guess which column of ours each column of a file is; unknown ones are left out."""
    guesses: dict[str, str] = {}
    for name in header:
        plain = fold(name)
        column = plain.replace(" ", "_")
        ours = column if column in COLUMNS else _OTHER_NAMES.get(plain)
        if ours is not None and ours not in guesses.values():
            guesses[name] = ours
    return guesses


def columns_of(header: Sequence[str], mapping: Mapping[str, str]) -> tuple[str, ...]:
    """Give our column of each cell of a row, "" for those to skip."""
    return tuple(mapping.get(name, "") for name in header)


def header_errors(header: Sequence[str], columns: Sequence[str]) -> tuple[RowError, ...]:
    """Give what keeps a file from being read: a needed column missing, two columns for one of ours."""
    errors = [
        RowError(1, column, "csv.column_missing", f"The column {column} is missing.")
        for column in REQUIRED
        if column not in columns
    ]
    errors += [
        RowError(1, column, "csv.column_twice", f"The column {column} stands {columns.count(column)} times.")
        for column in COLUMNS
        if columns.count(column) > 1
    ]
    errors += [
        RowError(1, name, "csv.column_twice", f"The column {name} stands {header.count(name)} times.")
        for place, name in enumerate(header)
        if columns[place] and name in header[:place] and columns.count(columns[place]) == 1
    ]
    return tuple(errors)


def _count_lines(path: Path) -> int:
    """Count lines, and make sure that a file is text before any of it is taken."""
    decoder, count = codecs.getincrementaldecoder("utf-8")(), 0
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK_BYTES):
                decoder.decode(chunk)
                count += chunk.count(b"\n")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise UserError(
                "csv.encoding", f"The file {path.name} is not UTF-8: save it as UTF-8."
            ) from error
    return count


def _first_row(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _likeliness(row: Sequence[str]) -> tuple[int, int]:
    return len(guess_mapping(_header(row))), len(row)


def _header(row: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell.strip().lower() for cell in row)


def _csv_rows(path: Path, delimiter: str) -> Iterator[Line | RowError]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        line = 1
        try:
            next(reader)
            line = reader.line_num + 1
            for cells in reader:
                if (cells and cells[0].strip()) or any(cell.strip() for cell in cells):
                    yield Line(line, cells)
                line = reader.line_num + 1
        except csv.Error as error:
            yield RowError(line, "", "csv.malformed", f"Reading stops here: {error}.")


def _sheet(path: Path) -> Iterator[Sequence[object]]:
    from python_calamine import CalamineError, CalamineWorkbook

    _check_unpacked_size(path)
    try:
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    except (CalamineError, IndexError) as error:
        raise UserError("xlsx.unreadable", f"The file {path.name} is no workbook with a sheet.") from error
    return iter(sheet.iter_rows())


def _check_unpacked_size(path: Path) -> None:
    """Refuse a workbook that would fill the memory, as one made to do so would."""
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile as error:
        raise UserError("xlsx.unreadable", f"The file {path.name} is no workbook with a sheet.") from error
    if size > SHEET_BYTES_MAX:
        raise UserError("xlsx.too_large", f"The workbook {path.name} is too large. Save it as CSV UTF-8.")


def _sheet_rows(path: Path, columns: Sequence[str]) -> Iterator[Line | RowError]:
    rows = _sheet(path)
    next(rows, None)
    for number, row in enumerate(rows, 2):
        cells = [_cell(cell, column) for cell, column in zip(row, columns, strict=False)]
        if any(cells):
            yield Line(number, cells)


def _cell(value: object, column: str) -> str:
    """Give a cell as text; a number gets back the zeros its column wants."""
    text = _text(value)
    if isinstance(value, int | float) and text.isdigit():
        widths = _METER_WIDTHS if column == "meter_number" else _WIDTHS.get(column, ())
        # Only one zero of a meter number can be missing: makers' codes of two zeros do not exist.
        width = next((width for width in widths if column != "meter_number" or width == len(text) + 1), 0)
        return text.zfill(width)
    return text


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < _INTEGER_OF_FLOAT_MAX:
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value).strip()
