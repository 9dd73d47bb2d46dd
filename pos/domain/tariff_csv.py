"""Reading tariffs from CSV text, one row per part of a tariff (docs/formats.md §12).

Rows with the same tariff_code and version make one tariff. Where the formats are silent: `valid_from` may be
a plain date, meaning its first instant in the shop's time zone; rows of a kind stand in the order of
`position`, then of the file; a charge or levy is coded by its `name`, a tax by its `tax_code`, else its
`name`; `from_units` may be left empty, else it is the bound before; a filled cell that means nothing in its
kind of row is an error, except `name`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import TypeAlias, TypeVar

from pos.domain.csv_table import Row, RowError, Table, read_table
from pos.domain.money import AmountTextError, minor_digits, parse_scaled
from pos.domain.tariff import (
    HALF_UP,
    NO_ARREARS,
    ArrearsKind,
    ArrearsRule,
    Block,
    Charge,
    Levy,
    Period,
    Service,
    Tariff,
    TariffError,
    Tax,
    Taxed,
    parse_instant,
    word,
)
from pos.errors import UserError

COLUMNS = (
    *("tariff_code", "version", "valid_from", "service", "currency", "row", "position", "name"),
    *("from_units", "to_units", "rate", "percent", "amount", "period", "inclusive", "tax_code"),
    *("applies_to", "rule", "cap", "min_vend", "max_vend", "rounding"),
)
REQUIRED = frozenset({"tariff_code", "version", "valid_from", "currency", "row"})

_HEAD = REQUIRED | {"service", "position", "name"}
UNIT_DIGITS = 3
PERCENT_DIGITS = 4
MICRO_DIGITS = 6
_WHOLE = re.compile(r"[0-9]{1,9}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LIST_MARKS = re.compile(r"[;, ]+")
_FLAGS = {"": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True}


class CellError(UserError):
    """One cell that cannot be read (`tariff_csv.*`); it becomes a RowError."""


@dataclass(frozen=True, slots=True)
class NamedTariff:
    """A tariff and the name people call it by, which is no part of its JSON form or hash."""

    tariff: Tariff
    name: str = ""


@dataclass(frozen=True, slots=True)
class TariffSheet:
    """What a tariffs CSV text holds: the sound tariffs, every error, and the table for the errors file."""

    tariffs: tuple[NamedTariff, ...]
    errors: tuple[RowError, ...]
    table: Table


@dataclass(frozen=True, slots=True)
class _General:
    """What a `tariff` row says."""

    name: str = ""
    min_minor: int = 0
    max_minor: int | None = None
    rounding: str = HALF_UP


@dataclass(frozen=True, slots=True)
class _Free:
    """What a `free` row says."""

    units_milli: int = 0


@dataclass(frozen=True, slots=True)
class _Bounded:
    """What a `block` row says: the block, and where the row says it begins."""

    block: Block
    from_milli: int | None


_Part: TypeAlias = _General | _Bounded | Charge | Levy | Tax | _Free | ArrearsRule
_AnyPart = TypeVar("_AnyPart", _General, _Bounded, Charge, Levy, Tax, _Free, ArrearsRule)


def parse_tariffs(text: str, *, time_zone: tzinfo = UTC) -> TariffSheet:
    """Read tariffs CSV text; a tariff with an error in any of its rows is left out.

    It never raises. Codes of the errors: `csv.*` (csv_table), `money.*` (money), `tariff.*` (tariff) and
    `tariff_csv.row_kind`, `.cell_unused`, `.row_twice`, `.head_differs`, `.whole_number`, `.yes_no`, `.date`,
    `.from_units`.
    """
    table = read_table(text, columns=COLUMNS, required=REQUIRED)
    bad_lines = {error.line for error in table.errors}
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in table.rows:
        groups.setdefault((row["tariff_code"], row["version"]), []).append(row)
    drafts = [_Draft(rows, bad_lines, time_zone) for rows in groups.values()]
    found = [named for draft in drafts if (named := draft.build()) is not None]
    errors = [*table.errors, *(error for draft in drafts for error in draft.errors)]
    return TariffSheet(tuple(found), tuple(sorted(errors, key=lambda error: error.line)), table)


class _Cells:
    """The cells of one row, read as what they mean; `reading` is the column an error is about."""

    __slots__ = ("reading", "row")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.reading = ""

    def text(self, column: str) -> str:
        self.reading = column
        return self.row[column]

    def has(self, column: str) -> bool:
        return bool(self.row[column])

    def scaled(self, column: str, digits: int) -> int:
        return parse_scaled(self.text(column), digits)

    def money_digits(self) -> int:
        return minor_digits(self.text("currency"))

    def money(self, column: str) -> int:
        return self.scaled(column, self.money_digits())

    def optional_money(self, column: str) -> int | None:
        return self.money(column) if self.has(column) else None

    def rate(self) -> int:
        return self.scaled("rate", self.money_digits() + MICRO_DIGITS)

    def percent(self) -> int:
        return self.scaled("percent", PERCENT_DIGITS)

    def flag(self) -> bool:
        value = _FLAGS.get(self.text("inclusive").lower())
        if value is None:
            raise CellError("tariff_csv.yes_no", "Write yes or no.")
        return value

    def whole(self, column: str) -> int:
        text = self.text(column)
        if not _WHOLE.fullmatch(text):
            raise CellError("tariff_csv.whole_number", f"{column} must be a whole number.")
        return int(text)

    def valid_from(self, time_zone: tzinfo) -> datetime:
        text = self.text("valid_from")
        if not _DATE.fullmatch(text):
            return parse_instant(text)
        try:
            return datetime.combine(date.fromisoformat(text), time.min, time_zone).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise CellError("tariff_csv.date", f"{text} is no date.") from error


def _general(cells: _Cells) -> _General:
    return _General(
        name=cells.text("name"),
        min_minor=cells.optional_money("min_vend") or 0,
        max_minor=cells.optional_money("max_vend"),
        rounding=cells.text("rounding") or HALF_UP,
    )


def _bounded(cells: _Cells) -> _Bounded:
    from_milli = cells.scaled("from_units", UNIT_DIGITS) if cells.has("from_units") else None
    to_milli = cells.scaled("to_units", UNIT_DIGITS) if cells.has("to_units") else None
    return _Bounded(Block(cells.rate(), to_milli), from_milli)


def _charge(cells: _Cells) -> Charge:
    period = word(Period, cells.text("period").lower(), "period")
    return Charge(cells.text("name"), cells.money("amount"), period, cells.text("tax_code"))


def _levy(cells: _Cells) -> Levy:
    return Levy(
        code=cells.text("name"),
        ppm=cells.percent() if cells.has("percent") else None,
        rate_micro=cells.rate() if cells.has("rate") else None,
        is_inclusive=cells.flag(),
    )


def _tax(cells: _Cells) -> Tax:
    kinds = _LIST_MARKS.sub(" ", cells.text("applies_to").lower()).split()
    return Tax(
        code=cells.text("tax_code") or cells.text("name"),
        ppm=cells.percent(),
        applies_to=frozenset(word(Taxed, kind, "applies_to") for kind in kinds),
        is_inclusive=cells.flag(),
    )


def _free(cells: _Cells) -> _Free:
    return _Free(cells.scaled("amount", UNIT_DIGITS))


def _arrears(cells: _Cells) -> ArrearsRule:
    return ArrearsRule(
        kind=word(ArrearsKind, cells.text("rule").lower(), "rule"),
        amount_minor=cells.optional_money("amount"),
        ppm=cells.percent() if cells.has("percent") else None,
        cap_minor=cells.optional_money("cap"),
        tax_code=cells.text("tax_code"),
    )


_ROW_KINDS: dict[str, tuple[Callable[[_Cells], _Part], frozenset[str]]] = {
    "tariff": (_general, frozenset({"min_vend", "max_vend", "rounding"})),
    "block": (_bounded, frozenset({"from_units", "to_units", "rate"})),
    "charge": (_charge, frozenset({"amount", "period", "tax_code"})),
    "levy": (_levy, frozenset({"percent", "rate", "inclusive"})),
    "tax": (_tax, frozenset({"percent", "inclusive", "tax_code", "applies_to"})),
    "free": (_free, frozenset({"amount"})),
    "arrears": (_arrears, frozenset({"rule", "amount", "percent", "cap", "tax_code"})),
}

_COLUMNS_OF_CODES = {
    "tariff.arrears": "rule",
    "tariff.duplicate_code": "name",
    "tariff.tax_code": "tax_code",
    "tariff.two_taxes": "applies_to",
    "tariff.unused_tax": "applies_to",
}
_COLUMNS_OF_FIELDS = {
    "amount_minor": "amount",
    "blocks": "row",
    "cap_minor": "cap",
    "free_milli": "amount",
    "max_minor": "max_vend",
    "min_minor": "min_vend",
    "ppm": "percent",
    "rate_micro": "rate",
    "to_milli": "to_units",
}
_PARTS_OF_FIELDS: dict[str, type[_Part]] = {
    "arrears": ArrearsRule,
    "charges": Charge,
    "levies": Levy,
    "max_minor": _General,
    "rate_micro": _Bounded,
    "rounding": _General,
    "taxes": Tax,
    "to_milli": _Bounded,
}


class _Draft:
    """The rows of one tariff while they are read; `errors` is complete after `build`."""

    def __init__(self, rows: Sequence[Row], bad_lines: Collection[int], time_zone: tzinfo) -> None:
        self.errors: list[RowError] = []
        self._rows = [row for row in rows if row.line not in bad_lines]
        self._is_whole = len(self._rows) == len(rows)
        self._time_zone = time_zone
        self._parts: list[tuple[int, int, _Part]] = []

    def build(self) -> NamedTariff | None:
        """Read the rows and build the tariff; none if anything is wrong."""
        for row in self._rows:
            self._read(row)
        self._parts.sort(key=lambda entry: entry[:2])
        self._check_starts()
        if self.errors or not self._is_whole:
            return None
        cells = _Cells(self._rows[0])
        try:
            return self._tariff(cells)
        except TariffError as error:
            self._refuse(self._line_of(error), error, head_column=cells.reading)
        except CellError as error:
            self._refuse_cell(cells, error)
        return None

    def _read(self, row: Row) -> None:
        cells = _Cells(row)
        try:
            self._check_head(cells)
            part = _read_part(cells)
            self._check_single(part)
            position = cells.whole("position") if cells.has("position") else 0
            self._parts.append((position, row.line, part))
        except TariffError as error:
            self._refuse(row.line, error, head_column="name")
        except (AmountTextError, CellError) as error:
            self._refuse_cell(cells, error)

    def _refuse(self, line: int, error: TariffError, *, head_column: str) -> None:
        by_field = _COLUMNS_OF_FIELDS.get(error.field, error.field)
        column = _COLUMNS_OF_CODES.get(error.code, by_field)
        self.errors.append(
            RowError(line, head_column if column == "code" else column, error.code, error.text)
        )

    def _refuse_cell(self, cells: _Cells, error: UserError) -> None:
        self.errors.append(RowError(cells.row.line, cells.reading, error.code, error.text))

    def _check_head(self, cells: _Cells) -> None:
        first = self._rows[0]
        for column in ("valid_from", "currency", "service"):
            text = cells.text(column)
            if text and text != first[column]:
                raise CellError("tariff_csv.head_differs", f"{column} is not as in line {first.line}.")

    def _check_single(self, part: _Part) -> None:
        is_again = any(type(other) is type(part) for _, _, other in self._parts)
        if is_again and isinstance(part, _General | _Free | ArrearsRule):
            raise CellError("tariff_csv.row_twice", "A tariff has only one row of this kind.")

    def _check_starts(self) -> None:
        bound = 0
        for line, bounded in self._all(_Bounded):
            if bounded.from_milli not in (None, bound):
                text = "from_units is not where the block before ends."
                self.errors.append(RowError(line, "from_units", "tariff_csv.from_units", text))
            bound = bounded.block.to_milli or bound

    def _all(self, kind: type[_AnyPart]) -> list[tuple[int, _AnyPart]]:
        return [(line, part) for _, line, part in self._parts if isinstance(part, kind)]

    def _one(self, kind: type[_AnyPart], default: _AnyPart) -> _AnyPart:
        return next((part for _, part in self._all(kind)), default)

    def _line_of(self, error: TariffError) -> int:
        kind = _PARTS_OF_FIELDS.get(error.field)
        lines = [line for _, line, part in self._parts if kind is not None and isinstance(part, kind)]
        return lines[error.index or 0] if lines else self._rows[0].line

    def _tariff(self, cells: _Cells) -> NamedTariff:
        general = self._one(_General, _General())
        valid_from = cells.valid_from(self._time_zone)
        version = cells.whole("version")
        tariff = Tariff(
            code=cells.text("tariff_code"),
            version=version,
            valid_from=valid_from,
            currency=cells.row["currency"],
            service=word(Service, cells.row["service"].lower() or Service.ELECTRICITY.value, "service"),
            blocks=tuple(bounded.block for _, bounded in self._all(_Bounded)),
            charges=tuple(charge for _, charge in self._all(Charge)),
            levies=tuple(levy for _, levy in self._all(Levy)),
            taxes=tuple(tax for _, tax in self._all(Tax)),
            arrears=self._one(ArrearsRule, NO_ARREARS),
            free_milli=self._one(_Free, _Free()).units_milli,
            min_minor=general.min_minor,
            max_minor=general.max_minor,
            rounding=general.rounding,
        )
        return NamedTariff(tariff, general.name)


def _read_part(cells: _Cells) -> _Part:
    kind = cells.text("row").lower()
    if kind not in _ROW_KINDS:
        raise CellError("tariff_csv.row_kind", f"row must be one of {', '.join(_ROW_KINDS)}.")
    read, meant = _ROW_KINDS[kind]
    for column in COLUMNS:
        if cells.text(column) and column not in _HEAD and column not in meant:
            raise CellError("tariff_csv.cell_unused", f"{column} means nothing in a {kind} row.")
    part = read(cells)
    cells.reading = "row"
    return part
