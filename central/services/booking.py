"""Booking what is stored: each line once, in the till's order, whoever gets to it (docs/formats.md §10).

A push stores its lines, then books; a crash in between is made good by the next push or the job. Both take
the till's row first, so a line is never booked twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.exc import DBAPIError

from central.clock import Clock
from central.db import Database
from central.logs import logger
from central.models.journal import journal_line, line_flag
from central.models.tills import till
from central.services.book_context import Context, load_context
from central.services.book_read import Mentions
from central.services.book_writers import PROGRAM, Booker
from central.services.bulk import rows_where
from central.services.customer_credits import publish_credits
from central.services.feed import Feed
from central.services.fraud import load_fraud_check
from central.services.meter_locks import hold_meters
from central.services.organisation_facts import organisation_facts
from central.services.push_lines import PushedLine, read_pushed_line
from pos.errors import MachineFault, Unavailable

LINES_MAX = 400
"""Lines booked in one transaction where many are waiting."""

_TRIES = (LINES_MAX, LINES_MAX, 1, 1)
"""How many lines each try books: all again, for somebody may have come between; then one by one."""

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Lines of a till that are stored and not booked yet, in order; `more` says that others follow."""

    lines: list[PushedLine]
    drained: frozenset[int]
    more: bool


class Booking:
    """Books the lines of tills."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._feed = Feed(database)

    def book_till(self, till_id: UUID, fresh: Sequence[PushedLine] = ()) -> dict[int, tuple[str, ...]]:
        """Book everything of a till that waits; return the flags of what was booked, by seq.

        `fresh` are lines just stored, which need no reading.
        """
        flags: dict[int, tuple[str, ...]] = {}
        while self._book_some(till_id, fresh, flags):
            pass
        return flags

    def book_waiting(self) -> int:
        """Book what a crash left stored and not booked; return how many tills had some."""
        query = select(till.c.id).where(till.c.booked_seq < till.c.head_seq)
        with self._database.read() as connection:
            waiting = list(connection.execute(query).scalars())
        for till_id in waiting:
            try:
                self.book_till(till_id)
            except (Unavailable, MachineFault):
                raise
            except Exception:
                # A damaged line of one till keeps no other till waiting.
                _log.exception("till_not_booked", till=str(till_id))
        return len(waiting)

    def read_again(self) -> int:
        """Book what an earlier program could not read and this one can; return how many lines."""
        query = select(line_flag.c.till_id, line_flag.c.seq, line_flag.c.detail).where(
            line_flag.c.flag == "unknown_kind", line_flag.c.state == "open"
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        waiting: dict[UUID, list[int]] = {}
        for row in rows:
            if row.detail.get("read_by") != PROGRAM:
                waiting.setdefault(row.till_id, []).append(row.seq)
        return sum(self._book_late(till_id, sorted(seqs)) for till_id, seqs in waiting.items())

    def _book_late(self, till_id: UUID, seqs: list[int]) -> int:
        """Book some lines that were only kept; where one will not go in, each for itself."""
        try:
            return self._book_late_at_once(till_id, seqs)
        except (Unavailable, MachineFault):
            raise
        except Exception as error:
            if len(seqs) > 1:
                return sum(self._book_late(till_id, [seq]) for seq in seqs)
            _log.error("line_not_booked", till=str(till_id), exc_info=error)
        with self._database.write() as connection:
            _note_tried(connection, till_id, seqs[0], {"detail": {"read_by": PROGRAM}})
        return 0

    def _book_late_at_once(self, till_id: UUID, seqs: list[int]) -> int:
        """Book lines that were only kept; note that this program has tried the others."""
        with self._database.write() as connection:
            row = connection.execute(select(till).where(till.c.id == till_id).with_for_update()).one()
            stored = rows_where(
                connection,
                [journal_line.c.line],
                journal_line.c.seq,
                seqs,
                more=(journal_line.c.till_id == till_id,),
            )
            lines = sorted((read_pushed_line(one.line) for one in stored), key=lambda line: line.seq)
            booker, context = self._booker(connection, row, lines)
            done = [line.seq for line in lines if booker.book_late(line)]
            booker.rows.write(connection, context, booked_seq=row.booked_seq)
            publish_credits(self._feed, connection, row.organisation_id, credits=booker.credited)
            for seq in seqs:
                values = {"state": "cleared"} if seq in done else {"detail": {"read_by": PROGRAM}}
                _note_tried(connection, till_id, seq, values)
        return len(done)

    def flags_of(self, till_id: UUID, *, first_seq: int, last_seq: int) -> dict[int, tuple[str, ...]]:
        """Return the flags of some lines by seq."""
        query = select(line_flag.c.seq, line_flag.c.flag).where(
            line_flag.c.till_id == till_id, line_flag.c.seq.between(first_seq, last_seq)
        )
        found: dict[int, tuple[str, ...]] = {}
        with self._database.read() as connection:
            for row in connection.execute(query.order_by(line_flag.c.seq, line_flag.c.flag)):
                found[row.seq] = (*found.get(row.seq, ()), row.flag)
        return found

    def _book_some(
        self, till_id: UUID, fresh: Sequence[PushedLine], flags: dict[int, tuple[str, ...]]
    ) -> bool:
        """Book one transaction's worth of lines; say whether others wait."""
        trouble: Exception | None = None
        for most in _TRIES:
            try:
                with self._database.write() as connection:
                    booked, more = self._book_in(connection, till_id, fresh, most=most)
                flags.update(booked)
                return more
            except (Unavailable, MachineFault):
                raise
            except Exception as error:
                # Another till took the same voucher or sale in this very moment, or one line is to blame. Any
                # trouble counts: a mistake of ours must not keep a till from sending for ever.
                trouble = error
                _log.info("booking_again", till=str(till_id), error=_name_of(error))
        # A line that will not go into the tables is kept raw and flagged, like one of an unknown kind.
        _log.error("line_not_booked", till=str(till_id), exc_info=trouble)
        with self._database.write() as connection:
            booked, more = self._book_in(connection, till_id, fresh, most=1, is_understood=False)
        flags.update(booked)
        return more

    def _book_in(
        self,
        connection: Connection,
        till_id: UUID,
        fresh: Sequence[PushedLine],
        *,
        most: int,
        is_understood: bool = True,
    ) -> tuple[dict[int, tuple[str, ...]], bool]:
        row = connection.execute(select(till).where(till.c.id == till_id).with_for_update()).one()
        waiting = _waiting(connection, row, fresh, most)
        if not waiting.lines:
            return {}, False
        booker, context = self._booker(
            connection, row, waiting.lines, drained=waiting.drained, is_understood=is_understood
        )
        flags = {line.seq: booker.book(line) for line in waiting.lines}
        booker.rows.write(connection, context, booked_seq=waiting.lines[-1].seq)
        publish_credits(self._feed, connection, row.organisation_id, credits=booker.credited)
        return flags, waiting.more

    def _booker(
        self,
        connection: Connection,
        row: Row[Any],
        lines: Sequence[PushedLine],
        *,
        drained: frozenset[int] = frozenset(),
        is_understood: bool = True,
    ) -> tuple[Booker, Context]:
        """Hold the meters of these lines and look everything up that they speak of."""
        mentions = Mentions()
        for line in lines:
            (mentions.add if is_understood else mentions.add_day)(line)
        hold_meters(connection, mentions.pans)
        facts = organisation_facts(connection, row.organisation_id)
        context = load_context(connection, row, mentions, facts=facts, now=self._clock.now())
        fraud = load_fraud_check(connection, row.organisation_id, mentions, lines=lines, facts=facts)
        booker = Booker(context, fraud, is_drained=drained.__contains__, is_understood=is_understood)
        return booker, context


def _note_tried(connection: Connection, till_id: UUID, seq: int, values: Mapping[str, Any]) -> None:
    """Write down what became of a line that was kept, at its flag."""
    flag = (line_flag.c.till_id == till_id, line_flag.c.seq == seq, line_flag.c.flag == "unknown_kind")
    connection.execute(update(line_flag).where(*flag).values(**values))


def _name_of(error: Exception) -> str:
    return type(error.orig if isinstance(error, DBAPIError) else error).__name__


def _waiting(connection: Connection, row: Row[Any], fresh: Sequence[PushedLine], most: int) -> Waiting:
    """Return the next lines to book: those just stored, if they are the next, else from the table."""
    if row.booked_seq >= row.head_seq:
        return Waiting([], frozenset(), more=False)
    first = row.booked_seq + 1
    known = {line.seq: line for line in fresh}
    last = min(row.head_seq, row.booked_seq + most)
    is_all_fresh = all(seq in known for seq in range(first, last + 1))
    columns = [journal_line.c.seq, journal_line.c.is_drained]
    if not is_all_fresh:
        columns.append(journal_line.c.line)
    elif row.state == "enrolled":
        # What an enrolled till has just sent itself cannot be drained.
        lines = [known[seq] for seq in range(first, last + 1)]
        return Waiting(lines, frozenset(), more=last < row.head_seq)
    query = select(*columns).where(journal_line.c.till_id == row.id, journal_line.c.seq.between(first, last))
    stored = connection.execute(query.order_by(journal_line.c.seq)).all()
    return Waiting(
        [known[one.seq] if is_all_fresh else read_pushed_line(one.line) for one in stored],
        frozenset(one.seq for one in stored if one.is_drained),
        more=last < row.head_seq,
    )
