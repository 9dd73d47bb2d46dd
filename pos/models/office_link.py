"""Reads and writes the one row about the server, and the flags it gave to lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.sqlite import insert

from pos.models.ledger_book import read_head
from pos.models.office import line_flag, server_link
from pos.models.packing import unpack_line
from pos.models.places import place_of
from pos.models.stored import milliseconds_of


@dataclass(frozen=True, slots=True)
class Link:
    """How this till stands to its server."""

    url: str
    till_id: UUID
    state: str
    """enrolled, revoked or forked."""
    state_reason: str
    enrolled_at: datetime
    server_keys: Mapping[str, bytes]
    clock_offset_ms: int | None
    clock_checked_at: datetime | None
    keeps_server_clock: bool
    min_app: str
    synced_at: datetime | None
    failed_at: datetime | None
    failed_code: str | None
    failed_text: str | None
    tallied_seq: int


def find_link(connection: Connection) -> Link | None:
    """Return the link of the open book's till, None where it is not enrolled (a restore ends a link)."""
    row = connection.execute(select(server_link)).one_or_none()
    if row is None or row.till_id != read_head(connection).till_id:
        return None
    return _link(row)


def find_former_link(connection: Connection) -> Link | None:
    """Return the link of a till that a restore ended, None where there is none."""
    row = connection.execute(select(server_link)).one_or_none()
    return None if row is None or row.till_id == read_head(connection).till_id else _link(row)


def _link(row: Row[Any]) -> Link:
    keys = {one["key_id"]: bytes.fromhex(one["public_key"]) for one in json.loads(row.server_keys)}
    return Link(
        row.url,
        row.till_id,
        row.state,
        row.state_reason,
        row.enrolled_at,
        keys,
        row.clock_offset_ms,
        row.clock_checked_at,
        row.keeps_server_clock,
        row.min_app,
        row.synced_at,
        row.failed_at,
        row.failed_code,
        row.failed_text,
        row.tallied_seq,
    )


def begin_link(
    connection: Connection,
    *,
    url: str,
    till_id: UUID,
    at: datetime,
    server_keys: Iterable[Mapping[str, str]],
    known: Link | None = None,
) -> None:
    """Write the link of a till that was enrolled now, in place of any other.

    `known` is its own from before, where head office had forgotten it: days counted stay counted.
    """
    connection.execute(server_link.delete())
    connection.execute(
        server_link.insert().values(
            one=1,
            url=url,
            till_id=till_id,
            state="enrolled",
            state_reason="",
            enrolled_at=at,
            server_keys=keys_text(server_keys),
            keeps_server_clock=known is not None and known.keeps_server_clock,
            clock_offset_ms=None if known is None else known.clock_offset_ms,
            min_app="",
            tallied_seq=0 if known is None else known.tallied_seq,
        )
    )


def keys_text(server_keys: Iterable[Mapping[str, str]]) -> str:
    """Return server keys as they are stored."""
    return json.dumps([dict(one) for one in server_keys])


def change_link(connection: Connection, **values: Any) -> None:
    """Set columns of the link."""
    connection.execute(update(server_link).values(**values))


def store_flags(
    connection: Connection, results: Mapping[int, tuple[str, ...]], *, book_number: int, at: datetime
) -> None:
    """Keep the flags of lines by seq; lines without any lose what they had."""
    clear = [(place_of(book_number, seq),) for seq, reasons in results.items() if not reasons]
    if clear:
        connection.exec_driver_sql("DELETE FROM line_flag WHERE place = ?", clear)
    for seq, reasons in results.items():
        if reasons:
            values = {"reasons": "\n".join(reasons), "noted_at": at}
            connection.execute(
                insert(line_flag)
                .values(place=place_of(book_number, seq), **values)
                .on_conflict_do_update(index_elements=["place"], set_=values)
            )


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line as it is sent."""

    seq: int
    data: bytes
    hash: bytes


def lines_after(connection: Connection, seq: int, *, limit: int) -> list[StoredLine]:
    """Return the next lines of the open book."""
    rows = connection.exec_driver_sql(
        "SELECT seq, line, hash FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
    )
    return [StoredLine(row[0], unpack_line(row[1]), row[2]) for row in rows]


def former_lines_after(connection: Connection, seq: int, *, book_number: int, limit: int) -> list[StoredLine]:
    """Return the next lines of a former book."""
    rows = connection.exec_driver_sql(
        "SELECT place, line, hash FROM former_journal WHERE place > ? AND place < ? ORDER BY place LIMIT ?",
        (place_of(book_number, seq), place_of(book_number + 1, 0), limit),
    )
    base = place_of(book_number, 0)
    return [StoredLine(row[0] - base, unpack_line(row[1]), row[2]) for row in rows]


def set_acked(connection: Connection, seq: int) -> None:
    """Note how far the server has the open book's lines."""
    connection.exec_driver_sql("UPDATE book SET acked_seq = ?", (seq,))


def open_days(connection: Connection, till_id: UUID, *, after_seq: int) -> None:
    """Let the days of a book that have lines above a seq be compared again."""
    connection.exec_driver_sql(
        "UPDATE day_book SET colour = 'grey' WHERE till_id = ? AND last_seq > ?", (till_id.bytes, after_seq)
    )


def raise_trusted(connection: Connection, at: datetime) -> None:
    """Let the server's time be the trusted one where it is later (docs/formats.md §8)."""
    connection.exec_driver_sql("UPDATE book SET trusted_at = max(trusted_at, ?)", (milliseconds_of(at),))


def enrolling_actor(connection: Connection) -> UUID | None:
    """Return who enrolled this till: in that name it states what it does by itself. None before."""
    packed = connection.exec_driver_sql(
        "SELECT line FROM journal WHERE kind = 'till_enrolled' ORDER BY seq DESC LIMIT 1"
    ).scalar()
    return None if packed is None else UUID(json.loads(unpack_line(packed))["actor"])
