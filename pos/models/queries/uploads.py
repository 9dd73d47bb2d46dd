"""Journal entries as a person looks at them: what waits for head office, what it flagged, what it has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.journal import parse_instant
from pos.domain.receipt_number import receipt_number
from pos.models.packing import unpack_line
from pos.models.places import book_number_of, place_of, seq_of
from pos.models.queries.selling import read_line_at
from pos.models.stored import instant_of

_SALES_ASKED_MAX = 500


@dataclass(frozen=True, slots=True)
class SaleName:
    """How people call a sale: its number (empty before it has one), its meter's owner, its money, its day."""

    number: str
    customer: str
    money_minor: int
    business_day: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal; `sale` is the sale it speaks of, `meter_name` the owner of its meter."""

    place: int
    kind: str
    at: datetime
    business_day: str
    body: dict[str, Any]
    sale_id: UUID | None = None
    sale: SaleName | None = None
    meter_name: str = ""

    @property
    def seq(self) -> int:
        """The number of the line in its book."""
        return seq_of(self.place)


@dataclass(frozen=True, slots=True)
class FlaggedEntry:
    """An entry head office booked with a question, and its flags (docs/formats.md §10)."""

    entry: Entry
    reasons: tuple[str, ...]
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many entries the open book has of a day, and how many of them head office has."""

    made: int
    taken: int


def entries_after(connection: Connection, seq: int, *, limit: int) -> tuple[Entry, ...]:
    """Return the next entries of the open book."""
    rows: Any = connection.exec_driver_sql(
        "SELECT seq, line FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
    ).all()
    number = _book_number(connection)
    return _named(connection, [(place_of(number, row[0]), unpack_line(row[1])) for row in rows])


def sent_entries(
    connection: Connection, business_day: str, *, acked_seq: int, before: int | None = None, limit: int
) -> tuple[Entry, ...]:
    """Return the entries of a day that head office has, newest first, all below the seq `before`."""
    last = acked_seq if before is None else min(acked_seq, before - 1)
    rows: Any = connection.exec_driver_sql(
        "SELECT seq, line FROM journal WHERE seq <= ? AND seq > ? AND business_day = ? "
        "ORDER BY seq DESC LIMIT ?",
        (last, _before_day(connection, business_day), business_day, limit),
    ).all()
    number = _book_number(connection)
    return _named(connection, [(place_of(number, row[0]), unpack_line(row[1])) for row in rows])


def entry_at(connection: Connection, place: int) -> Entry | None:
    """Return one entry of any book, None where there is none."""
    number = _book_number(connection)
    table, column, key = ("former_journal", "place", place)
    if book_number_of(place) == number:
        table, column, key = ("journal", "seq", seq_of(place))
    query = f"SELECT line FROM {table} WHERE {column} = ?"  # noqa: S608 - our own names
    packed = connection.exec_driver_sql(query, (key,)).scalar()
    return None if packed is None else _named(connection, [(place, unpack_line(packed))])[0]


def flagged_entries(
    connection: Connection, *, limit: int, business_day: str | None = None, book_number: int | None = None
) -> tuple[FlaggedEntry, ...]:
    """Return entries that head office flagged, newest first; of one day or book where one is said."""
    rows: Any = connection.exec_driver_sql(
        "SELECT place, reasons, noted_at FROM line_flag ORDER BY place DESC"
    ).all()
    if book_number is not None:
        rows = [row for row in rows if book_number_of(row[0]) == book_number]
    lines = [(row[0], read_line_at(connection, row[0])) for row in (rows if business_day else rows[:limit])]
    entries = {entry.place: entry for entry in _named(connection, lines)}
    found = [
        FlaggedEntry(entries[row[0]], tuple(row[1].split("\n")), instant_of(row[2]))
        for row in rows
        if row[0] in entries and business_day in (None, entries[row[0]].business_day)
    ]
    return tuple(found[:limit])


def count_flagged(connection: Connection) -> int:
    """Count the entries that head office flagged."""
    return int(connection.exec_driver_sql("SELECT count(*) FROM line_flag").scalar_one())


def count_day(connection: Connection, business_day: str, *, acked_seq: int) -> DayCount:
    """Count a day's entries; only the end of the journal is looked at."""
    made, taken = connection.exec_driver_sql(
        "SELECT count(*), coalesce(sum(seq <= ?), 0) FROM journal WHERE seq > ? AND business_day = ?",
        (acked_seq, _before_day(connection, business_day), business_day),
    ).one()
    return DayCount(made, taken)


def _before_day(connection: Connection, business_day: str) -> int:
    """Return the last line of an earlier day: below it the day cannot be, but for a clock that was wrong."""
    return int(
        connection.exec_driver_sql(
            "SELECT seq FROM journal WHERE business_day < ? ORDER BY seq DESC LIMIT 1", (business_day,)
        ).scalar()
        or 0
    )


def _book_number(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT number FROM book").scalar_one())


def _named(connection: Connection, lines: Sequence[tuple[int, bytes]]) -> tuple[Entry, ...]:
    """Read lines and look up the names of what they speak of."""
    read = [(place, json.loads(data)) for place, data in lines]
    sale_ids = {found for _, line in read if (found := _sale_id(line["body"])) is not None}
    drns = {drn for _, line in read if (drn := _drn(line["body"])) is not None}
    sales, owners = _sales(connection, sale_ids), _owners(connection, drns)
    entries: list[Entry] = []
    for place, line in read:
        body: dict[str, Any] = line["body"]
        sale_id = _sale_id(body)
        sale = None if sale_id is None else sales.get(sale_id)
        owner = owners.get(_drn(body) or "", "")
        at = parse_instant(line["at"])
        entries.append(Entry(place, line["kind"], at, line["business_day"], body, sale_id, sale, owner))
    return tuple(entries)


def _sale_id(body: dict[str, Any]) -> UUID | None:
    text = body.get("sale_id") or body.get("sale", body.get("quote", {})).get("sale_id")
    return UUID(text) if text else None


def _drn(body: dict[str, Any]) -> str | None:
    found = body.get("drn") or body.get("item", {}).get("meter", {}).get("drn") or body.get("right_drn")
    return None if found is None else str(found)


_SALE = (
    "SELECT sale.id, sale.receipt_number, sale.receipt_book, sale.money_minor, sale.business_day, "
    "customer.name FROM sale LEFT JOIN sale_item ON sale_item.sale_place = sale.place AND sale_item.n = 1 "
    "LEFT JOIN meter ON meter.key = sale_item.meter_key "
    "LEFT JOIN customer ON customer.key = meter.customer_key WHERE sale.id IN "
)
_CODES = (
    "SELECT number, code, is_training FROM book JOIN till ON till.id = till_id UNION ALL "
    "SELECT former_book.number, code, book.is_training FROM former_book JOIN till ON till.id = "
    "former_book.till_id JOIN book"
)


def _sales(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, SaleName]:
    keys = [one.bytes for one in ids][:_SALES_ASKED_MAX]
    if not keys:
        return {}
    codes = {row[0]: (row[1], bool(row[2])) for row in connection.exec_driver_sql(_CODES)}
    rows: Any = connection.exec_driver_sql(f"{_SALE}({_marks(keys)})", tuple(keys)).all()
    found = {}
    for row in rows:
        number = ""
        if row[1] is not None:
            code, is_training = codes[row[2]]
            number = receipt_number(code, row[1], is_training=is_training)
        found[UUID(bytes=row[0])] = SaleName(number, row[5] or "", row[3], row[4])
    return found


def _owners(connection: Connection, drns: Iterable[str]) -> dict[str, str]:
    wanted = list(drns)
    if not wanted:
        return {}
    rows: Any = connection.exec_driver_sql(
        "SELECT meter.drn, customer.name FROM meter JOIN customer ON customer.key = meter.customer_key "  # noqa: S608 - only marks are put in
        f"WHERE meter.drn IN ({_marks(wanted)})",
        tuple(wanted),
    ).all()
    return {row[0]: row[1] or "" for row in rows}


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" for _ in values)
