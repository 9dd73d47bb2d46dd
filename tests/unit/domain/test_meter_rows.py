"""The cells of a meter, one row at a time."""

import pytest

from pos.domain.csv_table import RowError
from pos.domain.meter_rows import COLUMNS, GroupKeys, MeterCells, MeterReader, Shop
from pos.errors import UserError

GOOD = {"meter_number": "1", "tariff_code": "RES", "supply_group": "123456"}


def read_number(text: str) -> tuple[str, int]:
    if not text.isdigit():
        raise UserError("meter.not_digits", "no")
    return f"drn {text}", int(text)


def read_phone(text: str) -> str:
    if text == "bad":
        raise UserError("phone.invalid", "no")
    return f"+{text}"


def shop(institution: str | None = None) -> Shop:
    groups = {"123456": GroupKeys("02", "07"), "201458": GroupKeys("04", "11")}
    return Shop(frozenset({"RES"}), groups, "KES", read_number, read_phone, institution)


def read(cells: dict[str, str], institution: str | None = None) -> MeterCells | tuple[RowError, ...]:
    reader = MeterReader(tuple(cells), shop(institution))
    return reader.read(7, list(cells.values()))


def errors(cells: dict[str, str], institution: str | None = None) -> list[tuple[int, str, str]]:
    found = read(cells, institution)
    assert not isinstance(found, MeterCells)
    return [(error.line, error.column, error.error_code) for error in found]


def test_read_when_every_cell_is_filled_then_values_by_column() -> None:
    texts = dict.fromkeys(COLUMNS, " some  text ") | {
        "meter_number": "12",
        "phone": "25078",
        "tariff_code": "RES",
        "supply_group": "201458",
        "tariff_index": "01",
        "key_revision": "1",
        "key_type": "2",
        "algorithm": "11",
        "key_method": "04",
        "base_date": "14",
        "service": "Water",
        "status": "Suspended",
        "arrears": "12.5",
    }

    cells = read(texts)

    assert isinstance(cells, MeterCells)
    assert (cells.line, cells.drn, cells.pan) == (7, "drn 12", 12)
    assert cells["name"] == cells["note"] == "some text"
    assert (cells["phone"], cells["arrears"], cells["service"]) == ("+25078", 1250, 1)
    assert (cells["status"], cells["key_revision"], cells["key_type"]) == ("suspended", 1, 2)
    assert (cells["algorithm"], cells["key_method"], cells["base_date"]) == ("11", "04", "14")


def test_read_when_cells_are_empty_or_missing_then_none() -> None:
    cells = read(GOOD | {"name": " ", "": "skipped"})

    assert isinstance(cells, MeterCells)
    assert cells["name"] is cells["phone"] is cells.text("area") is None
    assert "name" in cells.values
    assert "phone" not in cells.values


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("meter_number", "", "csv.blank"),
        ("meter_number", "x", "meter.not_digits"),
        ("tariff_code", "", "csv.blank"),
        ("tariff_code", "NONE", "meter.unknown_tariff"),
        ("supply_group", "", "csv.blank"),
        ("supply_group", "999999", "meter.unknown_group"),
        ("phone", "bad", "phone.invalid"),
        ("tariff_index", "1", "key.ti"),
        ("key_revision", "0", "key.krn"),
        ("key_revision", "12", "key.krn"),
        ("key_type", "4", "key.kt"),
        ("algorithm", "09", "meter.algorithm"),
        ("algorithm", "11", "key.algorithm"),
        ("key_method", "03", "meter.key_method"),
        ("base_date", "2014", "meter.base_date"),
        ("service", "heat", "meter.service"),
        ("status", "gone", "meter.status"),
        ("arrears", "-5", "money.text"),
        ("arrears", "1.005", "money.digits"),
        ("name", "x" * 201, "meter.text"),
    ],
)
def test_read_when_one_cell_is_wrong_then_its_error(column: str, text: str, code: str) -> None:
    assert errors(GOOD | {column: text}) == [(7, column, code)]


def test_read_when_several_cells_are_wrong_then_all_are_named() -> None:
    found = errors(GOOD | {"supply_group": "9", "base_date": "x", "phone": "bad"})

    assert {code for _, _, code in found} == {"meter.unknown_group", "meter.base_date", "phone.invalid"}


def test_read_when_a_row_is_longer_than_its_header_then_an_error() -> None:
    reader = MeterReader(tuple(GOOD), shop())

    found = reader.read(3, [*GOOD.values(), "", "more"])

    assert isinstance(found, tuple)
    assert [error.error_code for error in found] == ["csv.too_many_cells"]
    assert isinstance(reader.read(3, [*GOOD.values(), " "]), MeterCells)
    assert isinstance(reader.read(3, ["1"]), tuple)


def test_read_when_the_person_has_one_institution_then_only_its_meters() -> None:
    assert isinstance(read(GOOD | {"institution": "School"}, "School"), MeterCells)
    assert errors(GOOD, "School") == [(7, "institution", "meter.other_institution")]
    assert errors(GOOD | {"institution": "Clinic"}, "School") == [
        (7, "institution", "meter.other_institution")
    ]
