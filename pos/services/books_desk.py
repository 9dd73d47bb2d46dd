"""Both books of each day, till and head office, side by side, and what differs (docs/formats.md §10)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.day_figures import BookColour, DayFigures, DayTally, compare_days
from pos.domain.permissions import Actor, Permission
from pos.domain.receipt_number import receipt_number
from pos.errors import UserError
from pos.i18n.wording import Wording
from pos.models.ledger_book import BookHead, read_head
from pos.models.office_link import find_link
from pos.models.packing import unpack_line
from pos.models.queries.uploads import FlaggedEntry, flagged_entries
from pos.models.stored import instant_of
from pos.models.uow import Units
from pos.printing.devices import check_ready
from pos.printing.thermal import render_thermal
from pos.services.approval import require
from pos.services.books_paper import books_paper
from pos.services.books_rows import BookDay, BookList, BookSide, ChainState, DayMatch, DaySale
from pos.services.paper_files import PaperFiles
from pos.services.print_spool import Printer
from pos.services.verify_findings import Finding
from pos.system.clock import Clock

DAYS_MAX = 366
_FLAGGED_SHOWN = 20
_SALE_KIND = "sale_delivered"


_RECEIPT_CODES = frozenset({"verify.receipt_gap", "verify.counter"})
_TOKEN_CODES = frozenset({"verify.double_tid", "verify.carry", "verify.document", "verify.envelope"})


def chain_state(findings: Sequence[Finding]) -> ChainState:
    """Sort the findings of a verify run into three answers."""
    codes = {finding.code for finding in findings}
    return ChainState(
        not codes - _RECEIPT_CODES - _TOKEN_CODES, not codes & _RECEIPT_CODES, not codes & _TOKEN_CODES
    )


class BooksDesk:
    """Reads the compared days, asks head office again, prints."""

    def __init__(
        self,
        units: Units,
        clock: Clock,
        *,
        files: PaperFiles,
        printer: Callable[[], Printer | None],
        business_day: Callable[[datetime], str],
    ) -> None:
        """`printer` gives the till's printer, None where it has none."""
        self._units = units
        self._clock = clock
        self._files = files
        self._printer = printer
        self._business_day = business_day

    def today(self) -> str:
        """Return today's business day."""
        return self._business_day(self._clock.now())

    def list_days(self, actor: Actor, *, first_day: str, last_day: str) -> BookList:
        """Return the days from one to another, both included, newest first.

        Raises:
            UserError: `permission.denied`, `books.period`. MachineFault: `disk.*`.
        """
        require(actor, Permission.JOURNAL_VERIFY)
        length = date.fromisoformat(last_day) - date.fromisoformat(first_day)
        if not timedelta(0) <= length < timedelta(days=DAYS_MAX):
            raise UserError("books.period", "Choose at most one year, its first day first.")
        with self._units.read() as connection:
            link, head = find_link(connection), read_head(connection)
            if link is None:
                return BookList(is_enrolled=False)
            rows: Any = connection.exec_driver_sql(_DAYS, (first_day, last_day)).all()
            open_days = _unsent_days(connection, head, max(link.tallied_seq, 0))
            days = [_day(row, open_days if row[0] == head.till_id.bytes else {}, head) for row in rows]
            known = {day.day for day in days if day.till_id == head.till_id}
            days += [
                _only_here(head, day, tally)
                for day, (tally, _) in open_days.items()
                if day not in known and first_day <= day <= last_day
            ]
        ordered = sorted(days, key=lambda one: (one.day, one.till_code), reverse=True)
        return BookList(is_enrolled=True, days=tuple(ordered))

    def questions_of(self, actor: Actor, day: BookDay) -> tuple[FlaggedEntry, ...]:
        """Return the entries of a day that head office flagged: where a difference comes from.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.JOURNAL_VERIFY)
        with self._units.read() as connection:
            number = connection.exec_driver_sql(_BOOK_OF_TILL, (day.till_id.bytes,) * 2).scalar()
            if number is None:
                return ()
            return flagged_entries(
                connection, limit=_FLAGGED_SHOWN, business_day=day.day, book_number=int(number)
            )

    def match(self, actor: Actor, day: BookDay, there: Sequence[DaySale]) -> DayMatch:
        """Return the sales that only one book has; `there` is what head office has of the day.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.JOURNAL_VERIFY)
        with self._units.read() as connection:
            number = connection.exec_driver_sql(_BOOK_OF_TILL, (day.till_id.bytes,) * 2).scalar()
            here = () if number is None else day_sales(connection, day.day, book_number=int(number))
        known, ours = {one.sale_id for one in there}, {one.sale_id for one in here}
        return DayMatch(
            tuple(one for one in here if one.sale_id not in known),
            tuple(one for one in there if one.sale_id not in ours),
        )

    def print_out(self, actor: Actor, books: BookList, wording: Wording) -> None:
        """Print the days at once.

        Raises:
            UserError: `permission.denied`, `printer.none`. Unavailable: `printer.*`.
        """
        require(actor, Permission.JOURNAL_VERIFY)
        printer = self._printer()
        if printer is None:
            raise UserError("printer.none", "This till has no printer: choose one in Settings.")
        data = render_thermal(books_paper(books.days, wording, at=self._clock.now()), printer.paper)
        device = printer.open()
        try:
            check_ready(device)
            device.send(data)
        finally:
            device.close()

    def write_pdf(self, actor: Actor, books: BookList, path: Path, *, wording: Wording) -> None:
        """Write the days as PDF.

        Raises:
            UserError: `permission.denied`. MachineFault: `disk.*`.
        """
        require(actor, Permission.JOURNAL_VERIFY)
        # Loaded only here: it takes a third of a second.
        from pos.printing.pdf import Sheet

        paper = books_paper(books.days, wording, at=self._clock.now())
        self._files.write_document(paper, path, Sheet.A4)


_DAYS = (
    "SELECT day_book.till_id, till.code, business_day, figures, server_figures, colour, compared_at FROM "
    "day_book LEFT JOIN till ON till.id = day_book.till_id "
    "WHERE business_day BETWEEN ? AND ? ORDER BY business_day DESC"
)
_BOOK_OF_TILL = (
    "SELECT number FROM book WHERE till_id = ? UNION ALL SELECT number FROM former_book WHERE till_id = ?"
)


def _day(row: Any, open_days: Mapping[str, tuple[DayTally, int]], head: BookHead) -> BookDay:
    till_id, code, day, figures_text, server_text, colour, compared_at = row
    here = json.loads(figures_text)
    there = None if server_text is None else json.loads(server_text)
    more, unsent = open_days.get(day, (None, 0))
    side = _side(here)
    if more is not None:
        added = _side(more.figures().to_json())
        side = BookSide(side.sales + added.sales, side.money_minor + added.money_minor, added.seal)
    differences = () if there is None else compare_days(DayFigures(**here), DayFigures(**there))
    return BookDay(
        UUID(bytes=till_id),
        code or head.till_code,
        day,
        side,
        None if there is None else _side(there),
        BookColour.GREY if unsent else BookColour(colour),
        differences,
        unsent,
        None if compared_at is None else instant_of(compared_at),
    )


def _only_here(head: BookHead, day: str, tally: DayTally) -> BookDay:
    figures = tally.figures()
    return BookDay(
        head.till_id,
        head.till_code,
        day,
        _side(figures.to_json()),
        None,
        BookColour.GREY,
        unsent=sum(figures.pieces.values()),
    )


def _unsent_days(connection: Connection, head: BookHead, tallied_seq: int) -> dict[str, tuple[DayTally, int]]:
    """Count the lines that no compared day holds yet, by day; how many of them are not sent."""
    found: dict[str, tuple[DayTally, int]] = {}
    rows: Any = connection.exec_driver_sql(
        "SELECT seq, kind, business_day, line, hash FROM journal WHERE seq > ? ORDER BY seq", (tallied_seq,)
    )
    for seq, kind, day, packed, line_hash in rows:
        tally, unsent = found.get(day, (DayTally(), 0))
        tally.add(seq, line_hash.hex(), kind=kind, body=json.loads(unpack_line(packed))["body"])
        found[day] = (tally, unsent + (seq > head.acked_seq))
    return found


_DAY_SALES = (
    "SELECT sale.id, sale.receipt_number, till.code, customer.name, sale.money_minor, sale.at FROM sale "
    "JOIN (SELECT number, till_id FROM book UNION ALL SELECT number, till_id FROM former_book) AS own "
    "ON own.number = sale.receipt_book JOIN till ON till.id = own.till_id "
    "LEFT JOIN sale_item ON sale_item.sale_place = sale.place AND sale_item.n = 1 "
    "LEFT JOIN meter ON meter.key = sale_item.meter_key "
    "LEFT JOIN customer ON customer.key = meter.customer_key "
    "WHERE sale.business_day = ? AND sale.delivered_place IS NOT NULL AND sale.receipt_book = ? "
    "ORDER BY sale.place"
)


def day_sales(connection: Connection, day: str, *, book_number: int) -> tuple[DaySale, ...]:
    """Return the delivered sales of a day of one book."""
    rows: Any = connection.exec_driver_sql(_DAY_SALES, (day, book_number)).all()
    return tuple(
        DaySale(UUID(bytes=row[0]), receipt_number(row[2], row[1]), row[3] or "", row[4], instant_of(row[5]))
        for row in rows
    )


def _side(figures: Mapping[str, Any]) -> BookSide:
    return BookSide(
        figures["pieces"].get(_SALE_KIND, 0), sum(figures["tenders_minor"].values()), figures["last_hash"][:8]
    )
