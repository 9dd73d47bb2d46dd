"""A meter as it stands in a file or a form, cell by cell (docs/formats.md §12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pos.domain.csv_table import RowError
from pos.domain.money import parse_major
from pos.errors import UserError

COLUMNS = (
    "meter_number",
    "name",
    "phone",
    "address",
    "area",
    "tariff_code",
    "supply_group",
    "tariff_index",
    "key_revision",
    "key_type",
    "algorithm",
    "key_method",
    "base_date",
    "service",
    "status",
    "arrears",
    "account_number",
    "institution",
    "site",
    "building",
    "department",
    "note",
)
REQUIRED = ("meter_number", "tariff_code", "supply_group")
STATUSES = ("active", "inactive", "suspended", "blocked")
SERVICES = ("electricity", "water", "gas", "time")
TEXT_LENGTH_MAX = 200

Cell = str | int | None


@dataclass(frozen=True, slots=True)
class GroupKeys:
    """What a supply group says of its meters' keys, where a meter does not say it itself."""

    key_method: str
    algorithm: str


@dataclass(frozen=True, slots=True)
class Shop:
    """What the cells of a meter are checked against: the shop's tariffs and groups, its currency and country.

    `read_number` returns DRN and PAN (as a number) of 11, 13 or 18 digits, `read_phone` E.164; both raise
    UserError. `institution` is set for a person who may only touch the meters of one.
    """

    tariffs: frozenset[str]
    groups: Mapping[str, GroupKeys]
    currency: str
    read_number: Callable[[str], tuple[str, int]]
    read_phone: Callable[[str], str]
    institution: str | None = None


@dataclass(frozen=True, slots=True)
class MeterCells:
    """The checked cells of one meter, by column; `pan` and money as numbers, an empty cell as None.

    A column the file lacks is not among `values`. `line` is where the row begins in its file.
    """

    line: int
    drn: str
    pan: int
    values: dict[str, Cell]

    def __getitem__(self, column: str) -> Cell:
        """Give a cell; None where it is empty or its column is missing."""
        return self.values.get(column)

    def text(self, column: str) -> str | None:
        """Give a cell that holds text."""
        value = self.values.get(column)
        return None if value is None else str(value)


class MeterReader:
    """Reads rows whose cells stand in a fixed order of our columns; "" in that order skips a cell."""

    def __init__(self, columns: Sequence[str], shop: Shop) -> None:
        self._shop = shop
        self._width = len(columns)
        checks = _checks(shop)
        self._plan = [(place, column, checks[column]) for place, column in enumerate(columns) if column]

    def read(self, line: int, source: Sequence[str]) -> MeterCells | tuple[RowError, ...]:
        """Read one row: the meter, or all that is wrong with it.

        Codes: `csv.blank`, `csv.too_many_cells`, `meter.*`, `pan.*`, `key.*`, `phone.invalid`, `money.*`.
        """
        errors: list[RowError] = []
        values: dict[str, Cell] = {}
        number: tuple[str, int] | None = None
        count = len(source)
        for place, column, check in self._plan:
            text = source[place].strip() if place < count else ""
            values[column] = None
            try:
                if column == "meter_number":
                    number = self._shop.read_number(text) if text else None
                elif text:
                    values[column] = check(text)
            except UserError as error:
                errors.append(RowError(line, column, error.code, error.text))
        if count > self._width and any(cell.strip() for cell in source[self._width :]):
            errors.append(
                RowError(line, "", "csv.too_many_cells", "This row has more cells than the header.")
            )
        values["meter_number"] = number and number[0]
        errors.extend(self._row_errors(line, values, {error.column for error in errors}))
        return tuple(errors) if errors or number is None else MeterCells(line, *number, values)

    def _row_errors(self, line: int, values: Mapping[str, Cell], wrong: set[str]) -> Iterator[RowError]:
        """Yield what is wrong between cells; `wrong` columns have their error already."""
        for column in REQUIRED:
            if values.get(column) is None and column not in wrong:
                yield RowError(line, column, "csv.blank", f"{column} must be filled.")
        if self._shop.institution not in (None, values.get("institution")):
            yield RowError(
                line, "institution", "meter.other_institution", "You look after another institution's meters."
            )
        group = self._shop.groups.get(str(values.get("supply_group")))
        if group is not None and not wrong & {"algorithm", "key_method"}:
            algorithm = values.get("algorithm") or group.algorithm
            if algorithm == "11" and (values.get("key_method") or group.key_method) == "02":
                yield RowError(
                    line, "algorithm", "key.algorithm", "Algorithm 11 does not go with key method 02."
                )


def _checks(shop: Shop) -> dict[str, Callable[[str], Cell]]:
    """How each column's cell is read; `meter_number` is read apart, it gives two values."""
    checks: dict[str, Callable[[str], Cell]] = dict.fromkeys(COLUMNS, _text)
    checks |= {
        "phone": shop.read_phone,
        "tariff_code": lambda text: _tariff(text, shop.tariffs),
        "supply_group": lambda text: _group(text, shop.groups),
        "tariff_index": _tariff_index,
        "key_revision": _key_revision,
        "key_type": _key_type,
        "algorithm": _algorithm,
        "key_method": _key_method,
        "base_date": _base_date,
        "service": _service,
        "status": _status,
        "arrears": lambda text: parse_major(text, shop.currency),
    }
    return checks


def _text(text: str) -> str:
    if len(text) > TEXT_LENGTH_MAX:
        raise UserError("meter.text", f"A text has at most {TEXT_LENGTH_MAX} characters.")
    return text if text.isprintable() and "  " not in text else " ".join(text.split())


def _tariff(text: str, known: frozenset[str]) -> str:
    if text not in known:
        raise UserError("meter.unknown_tariff", f"There is no tariff {text[:40]!r}.")
    return text


def _group(text: str, known: Mapping[str, GroupKeys]) -> str:
    if text not in known:
        raise UserError("meter.unknown_group", f"There is no supply group {text[:40]!r}.")
    return text


def _tariff_index(text: str) -> str:
    if not (len(text) == 2 and text.isascii() and text.isdigit()):
        raise UserError("key.ti", f"A tariff index has 2 digits, not {text[:20]!r}.")
    return text


def _key_revision(text: str) -> int:
    if text not in "123456789" or len(text) != 1:
        raise UserError("key.krn", f"A key revision number is 1 to 9, not {text[:20]!r}.")
    return int(text)


def _key_type(text: str) -> int:
    if text not in "0123" or len(text) != 1:
        raise UserError("key.kt", f"A key type is 0 to 3, not {text[:20]!r}.")
    return int(text)


def _algorithm(text: str) -> str:
    if text not in ("07", "11"):
        raise UserError("meter.algorithm", f"An algorithm is 07 or 11, not {text[:20]!r}.")
    return text


def _key_method(text: str) -> str:
    if text not in ("02", "04"):
        raise UserError("meter.key_method", f"A key method is 02 or 04, not {text[:20]!r}.")
    return text


def _base_date(text: str) -> str:
    if text not in ("93", "14", "35"):
        raise UserError("meter.base_date", f"A base date is 93, 14 or 35, not {text[:20]!r}.")
    return text


def _service(text: str) -> int:
    word = text.lower()
    if word not in SERVICES:
        raise UserError("meter.service", f"A meter's service is one of {', '.join(SERVICES)}.")
    return SERVICES.index(word)


def _status(text: str) -> str:
    word = text.lower()
    if word not in STATUSES:
        raise UserError("meter.status", f"A meter's status is one of {', '.join(STATUSES)}.")
    return word
