"""Reading CSV text: separators, header, line numbers, and the errors file."""

from __future__ import annotations

import pytest

from pos.domain.csv_table import RowError, Table, read_table, write_errors

COLUMNS = ("meter", "amount", "note")


def read(text: str) -> Table:
    return read_table(text, columns=COLUMNS, required={"meter", "amount"})


def codes(table: Table) -> list[tuple[int, str, str]]:
    return [(error.line, error.column, error.error_code) for error in table.errors]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_read_table_when_any_separator_then_cells_without_outer_blanks(mark: str, bom: str) -> None:
    table = read(
        bom + mark.join([" Meter ", "AMOUNT", "note"]) + "\r\n" + mark.join([" 1 ", "5", '"a,b;c"']) + "\r\n"
    )
    assert table.errors == ()
    assert table.rows[0].cells == {"meter": "1", "amount": "5", "note": "a,b;c"}


def test_read_table_when_columns_are_unknown_then_named_and_skipped() -> None:
    table = read("meter,colour,amount,\n1,red,5,\n")
    assert table.unknown_columns == ("colour",)
    assert (table.rows[0]["amount"], table.rows[0]["note"]) == ("5", "")
    assert table.errors == ()


def test_read_table_when_rows_are_blank_or_span_lines_then_line_numbers_hold() -> None:
    table = read('meter,amount,note\n\n1,5,"two\nlines"\n,,\n2,6\n')
    assert [row.line for row in table.rows] == [3, 6]
    assert codes(table) == []


def test_read_table_when_cells_are_missing_or_too_many_then_errors_of_their_line() -> None:
    table = read("meter,amount\n,5\n1\n1,2,3\n1,2,\n")
    assert codes(table) == [
        (2, "meter", "csv.blank"),
        (3, "amount", "csv.blank"),
        (4, "", "csv.too_many_cells"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, "amount", "csv.column_missing"), (1, "meter", "csv.column_missing")]),
        ("meter,note\n1,2\n", [(1, "amount", "csv.column_missing")]),
        ("meter,amount,meter\n1,2,3\n", [(1, "meter", "csv.column_twice")]),
        ('"meter,amount\n1,2\n', [(1, "amount", "csv.column_missing"), (1, "meter", "csv.column_missing")]),
    ],
)
def test_read_table_when_header_is_wrong_then_no_rows(
    text: str, expected: list[tuple[int, str, str]]
) -> None:
    table = read(text)
    assert table.rows == ()
    assert codes(table) == expected


def test_read_table_when_a_quote_is_broken_then_reading_stops_there() -> None:
    table = read('meter,amount\n1,2\n2,"3"x\n4,5\n')
    assert [row.line for row in table.rows] == [2]
    assert codes(table) == [(3, "", "csv.malformed")]


def test_write_errors_when_rows_have_errors_then_source_columns_follow() -> None:
    table = read("meter,amount,note\n,5,x\n")
    errors = [*table.errors, RowError(9, "", "csv.malformed", "gone")]
    assert write_errors(table, errors) == (
        "line,column,error_code,error_text,meter,amount,note\n"
        "2,meter,csv.blank,meter must be filled.,,5,x\n"
        "9,,csv.malformed,gone\n"
    )
