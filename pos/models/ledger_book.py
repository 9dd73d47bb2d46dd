"""The book: every fact becomes one journal line and its projections, inside the write unit at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from importlib.metadata import version
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.domain.journal import Event, write_line
from pos.models.book_facts import LiveFacts
from pos.models.live_sink import LiveSink
from pos.models.packing import pack_line
from pos.models.places import place_of
from pos.models.projector import project
from pos.models.stored import instant_of, milliseconds_of
from pos.models.uow import WriteUnit
from pos.system.clock import Clock
from pos.system.ids import new_id


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact that now has its place; it is durable when the write unit ends."""

    place: int
    seq: int
    hash: bytes
    id: UUID
    at: datetime
    business_day: str
    data: bytes


@dataclass(frozen=True, slots=True)
class BookHead:
    """Where the book stands: its number, till, head, counters and the trusted instant."""

    number: int
    till_id: UUID
    till_code: str
    head_seq: int
    head_hash: bytes
    acked_seq: int
    receipt_last: int
    z_last: int
    case_last: int
    trusted_at: datetime
    is_demo: bool
    is_training: bool


FORWARD_TOLERANCE = timedelta(days=7)
"""How far the clock may run ahead of the last record before a person confirms it (docs/formats.md §8)."""

CONFIRMING = frozenset({"confirmed", "reset"})
"""What a `clock_noted` says when a person vouches for the clock."""

Mirror = Callable[[int, bytes], None]
"""Takes a durable line (seq, bytes) off the counter's path."""


class Book:
    """Writes facts. One per data folder; thread-safe, because the write unit is."""

    def __init__(self, clock: Clock, time_zone: tzinfo, mirror: Mirror | None = None) -> None:
        self._clock = clock
        self._time_zone = time_zone
        self._mirror = mirror
        self._app = version("kilotill")

    def record(
        self,
        unit: WriteUnit,
        kind: str,
        body: JsonObject,
        *,
        actor: UUID,
        shift: UUID | None = None,
        approved_by: UUID | None = None,
        business_day: str | None = None,
    ) -> Recorded:
        """Write one fact: journal line, projections, new head.

        `shift` is the id of the open shift, None outside one. `business_day` defaults to today in the
        organisation's time zone. The line's instant is never before the line it follows (docs/formats.md §8).

        Raises:
            JournalError, JsonError: a kind or body that is not ours to write: a mistake of the caller.
        """
        head = read_head(unit.connection)
        at = self._instant(head, kind, body)
        event = Event(
            id=new_id(at),
            kind=kind,
            body=body,
            at=at,
            business_day=business_day or self.business_day(at),
            till=head.till_id,
            actor=actor,
            app=self._app,
            shift=shift,
            approved_by=approved_by,
        )
        line = write_line(event, head.head_seq + 1, head.head_hash)
        place = place_of(head.number, line.seq)
        unit.connection.exec_driver_sql(
            "INSERT INTO journal (seq, id, kind, business_day, line, hash) VALUES (?, ?, ?, ?, ?, ?)",
            (line.seq, event.id.bytes, kind, event.business_day, pack_line(line.data), line.hash),
        )
        project(event, place, LiveSink(unit.connection), LiveFacts(unit.connection))
        unit.connection.exec_driver_sql(
            "UPDATE book SET head_seq = ?, head_hash = ?, trusted_at = ?",
            (line.seq, line.hash, milliseconds_of(at)),
        )
        if self._mirror is not None:
            mirror = self._mirror
            unit.after_commit(lambda: mirror(line.seq, line.data))
        return Recorded(place, line.seq, line.hash, event.id, at, event.business_day, line.data)

    def _instant(self, head: BookHead, kind: str, body: JsonObject) -> datetime:
        """Never before the line before; and not in a far future that nobody has confirmed yet.

        Otherwise any line written after a jump of the clock would make the jump the trusted time.
        """
        now = self._clock.now()
        is_confirmed = kind == "clock_noted" and body.get("what") in CONFIRMING
        if now > head.trusted_at + FORWARD_TOLERANCE and head.head_seq > 0 and not is_confirmed:
            return head.trusted_at
        return max(now, head.trusted_at)

    def business_day(self, at: datetime) -> str:
        """Return the business day of an instant: its date in the organisation's time zone."""
        return f"{at.astimezone(self._time_zone):%Y-%m-%d}"


_HEAD = (
    "SELECT book.number, book.till_id, till.code, book.head_seq, book.head_hash, book.acked_seq, "
    "book.receipt_last, book.z_last, book.case_last, book.trusted_at, book.is_demo, book.is_training "
    "FROM book JOIN till ON till.id = book.till_id"
)


def read_head(connection: Connection) -> BookHead:
    """Return where the book stands."""
    row: Any = connection.exec_driver_sql(_HEAD).one()
    return BookHead(
        number=row[0],
        till_id=UUID(bytes=row[1]),
        till_code=row[2],
        head_seq=row[3],
        head_hash=row[4],
        acked_seq=row[5],
        receipt_last=row[6],
        z_last=row[7],
        case_last=row[8],
        trusted_at=instant_of(row[9]),
        is_demo=bool(row[10]),
        is_training=bool(row[11]),
    )


def take_number(connection: Connection, counter: str) -> int:
    """Take the next receipt, Z or case number (`receipt_last`, `z_last`, `case_last`) inside a write unit."""
    assert counter in ("receipt_last", "z_last", "case_last")
    number: int = connection.exec_driver_sql(
        f"UPDATE book SET {counter} = {counter} + 1 RETURNING {counter}"  # noqa: S608 - one of three names above
    ).scalar_one()
    return number
