"""Tariffs from CSV text and back: values, and one error per wrong cell with its line and column."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pos.domain.tariff_csv import COLUMNS, NamedTariff, TariffSheet, parse_tariffs
from pos.domain.tariff_csv_write import tariffs_csv
from tests.factories.tariffs import BLOCKS, MONTHLY, QUARTER, VAT, make_full_tariff, make_tariff

PAGE = """\
tariff_code,version,valid_from,currency,row,name,to_units,rate,percent,amount,period,applies_to,rule,min_vend,shade
RES,1,2026-01-01,RWF,tariff,Residential,,,,,,,,,
RES,1,2026-01-01,RWF,block,,20,89,,,,,,,
RES,1,2026-01-01,RWF,block,,50.000,310.0,,,,,,,dark
RES,1,2026-01-01,RWF,block,,,369,,,,,,,
RES,1,2026-01-01,RWF,charge,monthly,,,,500,month,,,,
RES,1,2026-01-01,RWF,tax,VAT,,,18,,,energy;charge;levy,,,
RES,1,2026-01-01,RWF,arrears,,,,25,,,,percent,,
"""


def sheet(*rows: str) -> TariffSheet:
    """A sheet of rows given as `column=value column=value`, on top of a sound head and one block."""
    head = {"tariff_code": "A", "version": "1", "valid_from": "2026-01-01", "currency": "KES"}
    lines = [",".join(COLUMNS), ",".join({**head, "row": "block", "rate": "10"}.get(c, "") for c in COLUMNS)]
    for row in rows:
        cells = head | dict(pair.split("=") for pair in row.split())
        lines.append(",".join(f'"{cells.get(column, "")}"' for column in COLUMNS))
    return parse_tariffs("\n".join(lines))


def found(result: TariffSheet) -> list[tuple[int, str, str]]:
    return [(error.line, error.column, error.error_code) for error in result.errors]


def test_parse_tariffs_when_page_is_sound_then_the_tariff_and_the_skipped_column() -> None:
    result = parse_tariffs(PAGE)
    tariff = make_tariff(blocks=BLOCKS, charges=(MONTHLY,), taxes=(VAT,), arrears=QUARTER)
    assert result.errors == ()
    assert result.tariffs == (NamedTariff(tariff, "Residential"),)
    assert result.table.unknown_columns == ("shade",)


@pytest.mark.parametrize("mark", [";", "\t"])
def test_parse_tariffs_when_other_separators_and_bom_then_the_same(mark: str) -> None:
    text = "\ufeff" + PAGE.replace("energy;charge;levy", "energy charge levy").replace(",", mark)
    assert parse_tariffs(text).tariffs == parse_tariffs(PAGE).tariffs


def test_parse_tariffs_when_date_in_a_zone_then_its_first_instant() -> None:
    named = parse_tariffs(PAGE, time_zone=ZoneInfo("Africa/Kigali")).tariffs[0]
    assert named.tariff.valid_from == datetime(2025, 12, 31, 22, tzinfo=UTC)


def test_parse_tariffs_when_written_and_read_then_the_same_values() -> None:
    tariffs = (
        NamedTariff(make_full_tariff(), 'Water, "big"'),
        NamedTariff(make_tariff()),
        NamedTariff(make_tariff(version=2, max_minor=7)),
    )
    result = parse_tariffs(tariffs_csv(tariffs))
    assert result.errors == ()
    assert result.tariffs == tariffs


def test_tariffs_csv_when_written_then_decimal_text_in_major_units() -> None:
    text = tariffs_csv([NamedTariff(make_full_tariff())])
    assert "KPL-D,3,2026-06-30T21:00:00.500Z,water,KES,block,2,,30,100,0.1645,,,,,,,,,,," in text
    assert ",charge,,Meter rent,,,,,150.5,month,,EX,,,,,," in text


def test_parse_tariffs_when_position_is_given_then_it_orders_the_rows() -> None:
    result = sheet(
        "row=charge name=b amount=1 period=month position=2", "row=charge name=a amount=2 period=purchase"
    )
    assert [charge.code for charge in result.tariffs[0].tariff.charges] == ["a", "b"]
    moved = sheet("row=block rate=5 to_units=3 position=0")
    assert found(moved) == [(2, "to_units", "tariff.last_block")]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("row=colour", "row", "tariff_csv.row_kind"),
        ("row=free amount=1 rate=2", "rate", "tariff_csv.cell_unused"),
        ("row=free amount=0.0001", "amount", "money.digits"),
        ("row=free amount=x", "amount", "money.text"),
        ("row=free", "amount", "money.text"),
        ("row=charge amount=1 period=month", "name", "tariff.code"),
        ("row=charge name=a amount=1 period=day", "period", "tariff.word"),
        ("row=charge name=a amount=0 period=month", "amount", "tariff.range"),
        ("row=charge name=a amount=1 period=month tax_code=B", "tax_code", "tariff.tax_code"),
        ("row=charge name=a amount=1 period=month position=-1", "position", "tariff_csv.whole_number"),
        ("row=levy name=a", "percent", "tariff.levy"),
        ("row=levy name=a percent=1 inclusive=maybe", "inclusive", "tariff_csv.yes_no"),
        ("row=levy name=a rate=11 inclusive=yes", "rate", "tariff.levy_above_rate"),
        ("row=tax name=a percent=18,5 applies_to=energy", "percent", "money.text"),
        ("row=tax name=a percent=101 applies_to=energy", "percent", "tariff.share"),
        ("row=tax name=a percent=18 applies_to=sun", "applies_to", "tariff.word"),
        ("row=tax name=a percent=18", "applies_to", "tariff.unused_tax"),
        ("row=arrears rule=fixed", "rule", "tariff.arrears"),
        ("row=arrears rule=some", "rule", "tariff.word"),
        ("row=arrears rule=all tax_code=B", "tax_code", "tariff.tax_code"),
        ("row=tariff max_vend=1 min_vend=2", "max_vend", "tariff.limits"),
        ("row=tariff rounding=down", "rounding", "tariff.rounding"),
        ("row=free amount=1 valid_from=2026-01-02", "valid_from", "tariff_csv.head_differs"),
        ("row=free amount=1 service=water", "service", "tariff_csv.head_differs"),
        ("row=block rate=5 from_units=1", "from_units", "tariff_csv.from_units"),
        ("row=free amount=1 currency=", "currency", "csv.blank"),
    ],
)
def test_parse_tariffs_when_a_row_is_wrong_then_its_line_column_and_code(
    row: str, column: str, code: str
) -> None:
    result = sheet(row)
    line = 2 if code == "tariff.levy_above_rate" else 3
    assert found(result) == [(line, column, code)]
    assert result.tariffs == ()


@pytest.mark.parametrize("kind", ["tariff", "free amount=1", "arrears rule=all"])
def test_parse_tariffs_when_a_single_row_comes_twice_then_refused(kind: str) -> None:
    assert found(sheet(f"row={kind}", f"row={kind}")) == [(4, "row", "tariff_csv.row_twice")]


@pytest.mark.parametrize(
    ("head", "column", "code"),
    [
        ("version=x", "version", "tariff_csv.whole_number"),
        ("version=0", "version", "tariff.range"),
        ("valid_from=2026-02-30", "valid_from", "tariff_csv.date"),
        ("valid_from=soon", "valid_from", "tariff.valid_from"),
        ("service=gas", "service", "tariff.word"),
        (f"tariff_code={'x' * 41}", "tariff_code", "tariff.code"),
        ("currency=QQQ", "currency", "money.currency"),
    ],
)
def test_parse_tariffs_when_the_head_is_wrong_then_refused(head: str, column: str, code: str) -> None:
    result = sheet(f"tariff_code=B row=block rate=5 {head}")
    assert found(result) == [(3, column, code)]
    assert [named.tariff.code for named in result.tariffs] == ["A"]


def test_parse_tariffs_when_only_a_currency_is_unknown_then_refused_by_the_tariff() -> None:
    result = sheet("tariff_code=B currency=QQQ row=free amount=1")
    assert found(result) == [(3, "currency", "tariff.currency")]


def test_parse_tariffs_when_there_is_no_block_then_refused() -> None:
    assert found(sheet("tariff_code=B row=free amount=1")) == [(3, "row", "tariff.no_block")]


def test_parse_tariffs_when_columns_are_missing_then_errors_only() -> None:
    result = parse_tariffs("tariff_code,row\nA,block\n")
    assert result.tariffs == ()
    assert {error.error_code for error in result.errors} == {"csv.column_missing"}
