"""A month's figures as files for a spreadsheet: CSV and XLSX, with plain numbers in whole units."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from decimal import Decimal

from pos.domain.csv_table import write_table
from pos.domain.money import format_scaled, minor_digits
from pos.reports.month import Figures, MonthFigures

HEADER = ("part", "name", "payments", "amount", "kwh", "m3")
_UNIT_DIGITS = 3
_XLSX_NAMES = {"day": "Days", "tender": "Tenders", "cashier": "Cashiers", "tariff": "Tariffs"}
_FORMULA_MARKS = ("=", "+", "-", "@")


def month_parts(figures: MonthFigures) -> dict[str, Sequence[Figures]]:
    """Give the parts of a month by the word that stands for each in files."""
    return {
        "day": figures.days,
        "tender": figures.tenders,
        "cashier": figures.cashiers,
        "tariff": figures.tariffs,
    }


def month_csv(figures: MonthFigures, currency: str) -> bytes:
    """Give the month as CSV, one line for each day, tender, cashier and tariff."""
    digits = minor_digits(currency)
    return write_table(HEADER, list(_rows(figures, digits))).encode()


def month_xlsx(figures: MonthFigures, currency: str) -> bytes:
    """Give the month as a workbook with a sheet for each part."""
    # Loaded only here: most days nobody wants a spreadsheet.
    import xlsxwriter

    digits = minor_digits(currency)
    buffer = io.BytesIO()
    # Names are text, whatever they begin with: a spreadsheet must not run a cashier's name.
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True})
        money = book.add_format({"num_format": "#,##0" + ("." + "0" * digits if digits else "")})
        units = book.add_format({"num_format": "#,##0.0##"})
        for part, rows in month_parts(figures).items():
            sheet = book.add_worksheet(_XLSX_NAMES[part])
            sheet.write_row(0, 0, (part, *HEADER[2:3], f"amount {currency}", *HEADER[4:]), bold)
            sheet.set_column(0, 0, 24)
            sheet.set_column(1, 4, 14)
            sheet.freeze_panes(1, 0)
            for n, row in enumerate(rows, start=1):
                sheet.write_string(n, 0, row.name)
                sheet.write_number(n, 1, row.payments)
                sheet.write_number(n, 2, float(Decimal(row.amount_minor).scaleb(-digits)), money)
                sheet.write_number(n, 3, float(Decimal(row.kwh_milli).scaleb(-_UNIT_DIGITS)), units)
                sheet.write_number(n, 4, float(Decimal(row.m3_milli).scaleb(-_UNIT_DIGITS)), units)
    return buffer.getvalue()


def _rows(figures: MonthFigures, digits: int) -> Iterator[tuple[str, ...]]:
    for part, rows in month_parts(figures).items():
        for row in rows:
            # A quote before it keeps a name that looks like a formula from being one.
            name = f"'{row.name}" if row.name.startswith(_FORMULA_MARKS) else row.name
            yield (
                part,
                name,
                str(row.payments),
                format_scaled(row.amount_minor, digits),
                format_scaled(row.kwh_milli, _UNIT_DIGITS),
                format_scaled(row.m3_milli, _UNIT_DIGITS),
            )
