"""Sales out of the till as CSV, Excel workbook or PDF; never more than a page of them in memory."""

from __future__ import annotations

import csv
import errno
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Protocol

from pos.domain.money import format_major, minor_digits
from pos.domain.permissions import Actor
from pos.errors import MachineFault
from pos.i18n.wording import Wording
from pos.models.queries.sales import ExportRow, SalesFilter
from pos.services.past_sales import PastSales

EXPORT_COLUMNS = (
    "receipt_number",
    "at",
    "business_day",
    "state",
    "cashier",
    "meter_number",
    "tender",
    "money",
    "tax",
    "units_milli",
    "tokens",
    "sale_id",
)
_SHEET_ROWS = 1_000_000
_TELL_EVERY_S = 0.1
_WIDTHS = (13, 25, 12, 17, 20, 14, 12, 12, 12, 12, 24, 38)


class ExportFormat(StrEnum):
    """What file to write; the words are the ends of its name."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class ExportTask:
    """What to write, where, and what a person reads on top of it."""

    wanted: SalesFilter
    path: Path
    format: ExportFormat
    title: str = ""
    subtitle: str = ""


class _Sheet(Protocol):
    """A file that takes rows."""

    def add(self, row: ExportRow) -> None:
        """Write one sale."""
        ...

    def save(self) -> None:
        """Finish the file."""
        ...

    def drop(self) -> None:
        """Let go of the file as it is."""
        ...


class _CancelledError(Exception):
    """A person stopped it."""


class SalesExport:
    """Writes the sales of a filter into a file."""

    def __init__(self, past_sales: PastSales, *, currency: str) -> None:
        """Take the rows from `past_sales`: who may export, and sees which, is decided there."""
        self._past_sales = past_sales
        self._currency = currency

    def write(
        self,
        actor: Actor,
        task: ExportTask,
        wording: Wording,
        *,
        progress: Callable[[int], None] = lambda _: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> int | None:
        """Write the file and return how many sales are in it; None, and no file, where it was stopped.

        The file appears under its name when it is whole. `progress` hears at most ten times a second how
        many there are so far.

        Raises:
            UserError: `permission.denied`.
            MachineFault: `disk.*`.
        """
        rows = self._past_sales.export(actor, task.wanted)
        unfinished = task.path.with_name(f".{task.path.name}.part")
        try:
            count = self._fill(self._open(task, unfinished, wording), rows, progress, is_cancelled)
            unfinished.replace(task.path)
        except _CancelledError:
            _remove(unfinished)
            return None
        except OSError as error:
            _remove(unfinished)
            if error.errno == errno.ENOSPC:
                raise MachineFault(
                    "disk.full", f"The disk is full: {task.path.name} was not saved."
                ) from error
            raise MachineFault("disk.write", f"The file {task.path.name} cannot be written.") from error
        except BaseException:
            _remove(unfinished)
            raise
        return count

    def _open(self, task: ExportTask, path: Path, wording: Wording) -> _Sheet:
        if task.format is ExportFormat.CSV:
            return _Csv(path, self._currency)
        if task.format is ExportFormat.XLSX:
            return _Workbook(path, self._currency)
        return _Pdf(path, task, wording)

    def _fill(
        self,
        sheet: _Sheet,
        rows: Iterator[ExportRow],
        progress: Callable[[int], None],
        is_cancelled: Callable[[], bool],
    ) -> int:
        count, told_at = 0, time.monotonic()
        try:
            for count, row in enumerate(rows, 1):
                sheet.add(row)
                if time.monotonic() - told_at >= _TELL_EVERY_S:
                    told_at = time.monotonic()
                    progress(count)
                if is_cancelled():
                    raise _CancelledError
            progress(count)
            sheet.save()
        except BaseException:
            sheet.drop()
            raise
        return count


def export_cells(one: ExportRow, currency: str) -> tuple[str, ...]:
    """Return the cells of a sale under `EXPORT_COLUMNS`, as a CSV has them."""
    row = one.row
    return (
        row.receipt_number or "",
        row.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        row.business_day,
        row.state,
        row.cashier,
        row.drn or "",
        row.tenders,
        format_major(row.money_minor, currency),
        format_major(one.tax_minor, currency),
        str(row.units_milli),
        one.tokens,
        str(row.sale_id),
    )


class _Csv:
    def __init__(self, path: Path, currency: str) -> None:
        self._currency = currency
        # The mark at the beginning lets a spreadsheet see that it is UTF-8.
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(EXPORT_COLUMNS)

    def add(self, row: ExportRow) -> None:
        self._writer.writerow(export_cells(row, self._currency))

    def save(self) -> None:
        self._file.close()

    def drop(self) -> None:
        with suppress(OSError):
            self._file.close()


_AMOUNTS = frozenset({EXPORT_COLUMNS.index("money"), EXPORT_COLUMNS.index("tax")})
_UNITS = EXPORT_COLUMNS.index("units_milli")


class _Workbook:
    """Money and units are numbers, everything else is text: a meter number keeps its zero."""

    def __init__(self, path: Path, currency: str) -> None:
        # Loaded here: most days nobody wants a workbook.
        import xlsxwriter

        self._currency = currency
        path.touch()
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(path), options)
        digits = minor_digits(currency)
        self._money = self._book.add_format({"num_format": "#,##0" + ("." + "0" * digits if digits else "")})
        self._head = self._book.add_format({"bold": True})
        self._begin_sheet()

    def _begin_sheet(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        for n, width in enumerate(_WIDTHS):
            self._sheet.set_column(n, n, width)
        for n, name in enumerate(EXPORT_COLUMNS):
            self._sheet.write_string(0, n, name, self._head)
        self._line = 0

    def add(self, row: ExportRow) -> None:
        if self._line == _SHEET_ROWS:
            self._begin_sheet()
        self._line += 1
        for n, cell in enumerate(export_cells(row, self._currency)):
            if n in _AMOUNTS:
                self._sheet.write_number(self._line, n, Decimal(cell), self._money)
            elif n == _UNITS:
                self._sheet.write_number(self._line, n, row.row.units_milli)
            elif cell:
                self._sheet.write_string(self._line, n, cell)

    def save(self) -> None:
        self._book.close()

    def drop(self) -> None:
        # Not closed, it would write itself when it is collected.
        with suppress(Exception):
            self._book.close()


class _Pdf:
    """For a person: local times, the words of the screen, the last token of a sale, the sum at the end."""

    def __init__(self, path: Path, task: ExportTask, wording: Wording) -> None:
        from pos.reports.table_pdf import PdfColumn, TablePdf

        say = wording.say
        self._wording = wording
        self._sum_minor = self._count = 0
        columns = (
            PdfColumn(say("Time"), 16),
            PdfColumn(say("Receipt"), 12),
            PdfColumn(say("State"), 16),
            PdfColumn(say("Cashier"), 18),
            PdfColumn(say("Meter"), 13),
            PdfColumn(say("Paid with"), 10),
            PdfColumn(wording.currency, 13, is_number=True),
            PdfColumn(say("Tax"), 11, is_number=True),
            PdfColumn(say("Units"), 11, is_number=True),
            PdfColumn(say("Token"), 24),
        )
        path.touch()
        self._table = TablePdf(path, task.title, task.subtitle, columns)

    def add(self, row: ExportRow) -> None:
        sale, wording = row.row, self._wording
        self._sum_minor += sale.money_minor if sale.state == "delivered" else 0
        self._count += 1
        token = row.tokens.rsplit(" ", 1)[-1]
        local = sale.at.astimezone(wording.time_zone)
        self._table.add(
            (
                f"{local:%Y-%m-%d %H:%M}",
                sale.receipt_number or "–",
                state_word(sale.state, wording),
                sale.cashier,
                sale.drn or "–",
                sale.tenders or "–",
                wording.amount(sale.money_minor),
                wording.amount(row.tax_minor),
                wording.units(sale.units_milli),
                " ".join(token[n : n + 4] for n in range(0, len(token), 4)),
            )
        )

    def save(self) -> None:
        say = self._wording.say
        delivered = (say("Delivered"), "", say("Sales: {n}", n=self._wording.count(self._count)))
        sums = chain(delivered, ("", "", ""), (self._wording.amount(self._sum_minor),), ("", "", ""))
        self._table.add(tuple(sums), is_bold=True)
        self._table.save()

    def drop(self) -> None:
        """Nothing is written before `save`."""


def state_word(state: str, wording: Wording) -> str:
    """Return the word for the state of a sale, on screens and in files alike."""
    say = wording.say
    words = {
        "awaiting_payment": say("Waiting"),
        "paid": say("Paid, no token"),
        "delivered": say("Delivered"),
        "voided": say("Voided"),
        "failed": say("Failed"),
        "expired": say("Expired"),
        "refund_due": say("Refund due"),
        "refunded": say("Refunded"),
    }
    return words.get(state, state)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


__all__ = [
    "EXPORT_COLUMNS",
    "ExportFormat",
    "ExportTask",
    "SalesExport",
    "export_cells",
    "state_word",
]
