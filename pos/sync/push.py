"""Sends the journal: the stored bytes, in order, signed at their end (docs/formats.md §10)."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection

from pos.contracts.push import PushAnswer, PushHeader
from pos.contracts.wire import LINES_MAX, NDJSON, PUSH_BYTES_MAX, PUSH_BYTES_PACKED_MAX
from pos.domain.canonical import canonical_bytes
from pos.domain.journal import head_message, instant_text
from pos.errors import MachineFault
from pos.models.ledger_book import read_head
from pos.models.office_link import (
    StoredLine,
    change_link,
    former_lines_after,
    lines_after,
    open_days,
    set_acked,
    store_flags,
)
from pos.models.proposals import ask_again
from pos.models.uow import Units
from pos.sync.client import ServerClient, ServerRefusal, bad_answer
from pos.sync.stops import forked
from pos.system.clock import Clock

PATH = "/v1/sync/push"
KEPT_HERE = "fork"
"""The flag of lines that head office has not, for a copy of the till wrote others in their place."""

_ROOM_FOR_HEADER = 1_000
_GZIP_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did: lines sent, how many of them are flagged, how many the server had already.

    `kept` are lines of a former book that stay here: head office has those of a copy of that till instead.
    """

    lines: int = 0
    flagged: int = 0
    repeated: int = 0
    kept: int = 0


class LinesOf(Protocol):
    """Which book is pushed: how its lines are read and how far the server has them."""

    till_id: UUID
    is_open: bool
    """Whether it is the book this till writes; a former one grows at the server only."""

    def acked(self, connection: Connection) -> int:
        """Return the last seq the server has."""
        ...

    def head(self, connection: Connection) -> int:
        """Return the last seq there is."""
        ...

    def after(self, connection: Connection, seq: int, *, limit: int) -> list[StoredLine]:
        """Return the next lines."""
        ...

    def note(self, connection: Connection, acked_seq: int) -> None:
        """Keep how far the server has them."""
        ...

    def number(self, connection: Connection) -> int:
        """Return the number of the book."""
        ...


class OpenBook:
    """The till's own book."""

    is_open = True

    def __init__(self, till_id: UUID) -> None:
        self.till_id = till_id

    def acked(self, connection: Connection) -> int:
        return read_head(connection).acked_seq

    def head(self, connection: Connection) -> int:
        return read_head(connection).head_seq

    def after(self, connection: Connection, seq: int, *, limit: int) -> list[StoredLine]:
        return lines_after(connection, seq, limit=limit)

    def note(self, connection: Connection, acked_seq: int) -> None:
        set_acked(connection, acked_seq)

    def number(self, connection: Connection) -> int:
        return read_head(connection).number


class FormerBook:
    """A book that this till replaced and restored further than the server had it."""

    is_open = False

    def __init__(self, till_id: UUID) -> None:
        self.till_id = till_id

    def acked(self, connection: Connection) -> int:
        return self._one(connection, "level_seq")

    def head(self, connection: Connection) -> int:
        return self._one(connection, "restored_seq")

    def after(self, connection: Connection, seq: int, *, limit: int) -> list[StoredLine]:
        limit = max(0, min(limit, self.head(connection) - seq))
        return former_lines_after(connection, seq, book_number=self.number(connection), limit=limit)

    def note(self, connection: Connection, acked_seq: int) -> None:
        connection.exec_driver_sql(
            "UPDATE replaced_book SET level_seq = ?, server_seq = max(server_seq, ?) WHERE till_id = ?",
            (acked_seq, acked_seq, self.till_id.bytes),
        )

    def number(self, connection: Connection) -> int:
        return self._one(connection, "book_number")

    def part(self, connection: Connection, seq: int, *, at: datetime) -> int:
        """Let the book end before `seq` for head office; the lines from there on stay here, each says so.

        Returns how many those are.
        """
        kept = range(seq, self.head(connection) + 1)
        flags = dict.fromkeys(kept, (KEPT_HERE,))
        store_flags(connection, flags, book_number=self.number(connection), at=at)
        connection.exec_driver_sql(
            "UPDATE replaced_book SET restored_seq = ?1, level_seq = ?1, server_seq = min(server_seq, ?1) "
            "WHERE till_id = ?2",
            (seq - 1, self.till_id.bytes),
        )
        return len(kept)

    def _one(self, connection: Connection, column: str) -> int:
        query = f"SELECT {column} FROM replaced_book WHERE till_id = ?"  # noqa: S608 - our own columns
        return int(connection.exec_driver_sql(query, (self.till_id.bytes,)).scalar_one())


class Push:
    """Sends what the server lacks, batch by batch."""

    def __init__(
        self, units: Units, client: ServerClient, clock: Clock, *, sign: Callable[[bytes], bytes]
    ) -> None:
        self._units = units
        self._client = client
        self._clock = clock
        self._sign = sign

    def run(
        self,
        book: LinesOf,
        *,
        progress: Callable[[int, int], None] = lambda _done, _of: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Pushed:
        """Send every line above the acknowledged one; `progress` gets lines sent and to send.

        Raises:
            Unavailable: as `ServerClient.call`. ForkedError: `sync.fork`, written down before.
            ServerRefusal: `sync.bad_hash`, `sync.bad_signature`, and others.
        """
        done, of, pushed = 0, self._waiting(book), Pushed()
        gaps = kept = 0
        while not is_cancelled():
            batch = self._batch(book)
            if not batch:
                break
            try:
                answer = self._send(book, batch)
            except ServerRefusal as refusal:
                gaps += 1
                kept += self._refused(book, refusal, gaps)
                continue
            flagged = self._take(book, answer, batch)
            repeated = sum(one.result == "duplicate" for one in answer.results)
            done += len(batch)
            pushed = Pushed(done, pushed.flagged + flagged, pushed.repeated + repeated)
            progress(done, max(of, done))
        return replace(pushed, kept=kept)

    def hear_head(self, book: LinesOf, head_seq: int) -> None:
        """Go back to the last line the server has, where it lost some: it was restored from a back-up."""
        with self._units.write() as unit:
            if head_seq < book.acked(unit.connection):
                _go_back(unit.connection, book, head_seq)

    def _waiting(self, book: LinesOf) -> int:
        with self._units.read() as connection:
            return book.head(connection) - book.acked(connection)

    def _batch(self, book: LinesOf) -> list[StoredLine]:
        with self._units.read() as connection:
            lines = book.after(connection, book.acked(connection), limit=LINES_MAX)
        size = _ROOM_FOR_HEADER
        for n, line in enumerate(lines):
            size += len(line.data) + 1
            if n and size > PUSH_BYTES_MAX:
                return lines[:n]
        return lines

    def _send(self, book: LinesOf, batch: list[StoredLine]) -> PushAnswer:
        body = self._packed(book, batch)
        while len(body) > PUSH_BYTES_PACKED_MAX and len(batch) > 1:
            del batch[len(batch) // 2 :]
            body = self._packed(book, batch)
        headers = {"Content-Type": NDJSON, "Content-Encoding": "gzip"}
        answer = self._client.read(self._client.call("POST", PATH, body=body, headers=headers), PushAnswer)
        self._client.note_server_time(answer.server_time)
        return answer

    def _packed(self, book: LinesOf, batch: Sequence[StoredLine]) -> bytes:
        at, last = self._clock.now(), batch[-1]
        message = head_message(at=at, line_hash_hex=last.hash.hex(), seq=last.seq, till=book.till_id)
        header = PushHeader(
            at=instant_text(at),
            count=len(batch),
            first_seq=batch[0].seq,
            head=last.hash.hex(),
            sig=self._sign(message).hex(),
            till=book.till_id,
        )
        first = canonical_bytes(header.model_dump(mode="json"))
        return gzip.compress(
            b"\n".join([first, *(line.data for line in batch)]) + b"\n", _GZIP_LEVEL, mtime=0
        )

    def _take(self, book: LinesOf, answer: PushAnswer, batch: Sequence[StoredLine]) -> int:
        _refuse_other(answer, batch)
        sent = {line.seq for line in batch}
        # A line sent twice comes back as a duplicate, with the flags whose first answer was lost.
        flags = {one.seq: one.reasons for one in answer.results if one.seq in sent}
        self._refuse_copy(book, answer.acked_seq)
        with self._units.write() as unit:
            if answer.acked_seq < batch[-1].seq and answer.acked_seq <= book.acked(unit.connection):
                # It took nothing and says no reason: sending the same for ever would help nobody.
                raise MachineFault("sync.not_taken", "Head office does not take this till's records.")
            # Lines it has beyond this batch may be a copy's: they are sent too, and it compares their hashes.
            book.note(unit.connection, min(answer.acked_seq, batch[-1].seq))
            store_flags(
                unit.connection, flags, book_number=book.number(unit.connection), at=self._clock.now()
            )
            if answer.min_app:
                change_link(unit.connection, min_app=answer.min_app)
        return sum(1 for reasons in flags.values() if reasons)

    def _refuse_copy(self, book: LinesOf, acked_seq: int) -> None:
        """Stop where the server has lines of this till that this database never wrote: it is an old copy."""
        with self._units.read() as connection:
            if not book.is_open or acked_seq <= book.head(connection):
                return
        with self._units.write() as unit:
            change_link(unit.connection, state="forked", state_reason=f"line {acked_seq}")
        raise forked()

    def _refused(self, book: LinesOf, refusal: ServerRefusal, gaps: int) -> int:
        """Go on from where the server is after a gap; write a fork down; raise everything else.

        Returns how many lines stay here: a fork of a former book stops nobody, its till is gone.
        """
        expected = refusal.problem.expected_seq
        is_gap = refusal.code == "sync.gap" and expected is not None
        with self._units.write() as unit:
            is_fork = refusal.code == "sync.fork"
            if is_gap and expected is not None:
                is_fork = self._is_copy(unit.connection, book, expected - 1, refusal.problem.hash)
            if is_gap and expected is not None and not is_fork:
                acked = book.acked(unit.connection)
                if gaps > 2 or expected < 1 or (expected - 1 > acked and refusal.problem.hash is None):
                    raise refusal
                if expected - 1 < acked:
                    _go_back(unit.connection, book, expected - 1)
                else:
                    book.note(unit.connection, expected - 1)
                return 0
            seq = refusal.problem.seq or expected
            if is_fork and isinstance(book, FormerBook) and seq:
                return book.part(unit.connection, seq, at=self._clock.now())
            if is_fork:
                change_link(unit.connection, state="forked", state_reason=f"line {seq}")
        if is_fork:
            raise forked() from refusal
        raise refusal

    def _is_copy(self, connection: Connection, book: LinesOf, seq: int, server_hash: str | None) -> bool:
        """Say whether the server's head is no line of this database: a copy of the till wrote it.

        Going back needs no hash: what is sent next is compared there, and the server writes the fork down.
        """
        if seq > book.head(connection):
            return True
        if server_hash is None or seq <= book.acked(connection):
            return False
        return book.after(connection, seq - 1, limit=1)[0].hash.hex() != server_hash


def _go_back(connection: Connection, book: LinesOf, seq: int) -> None:
    """Begin anew after `seq`: what was answered about the lines beyond, the server knows no more."""
    ask_again(connection)
    # What was equal is to be compared again, when it has the lines again.
    open_days(connection, book.till_id, after_seq=seq)
    book.note(connection, seq)


def _refuse_other(answer: PushAnswer, batch: Sequence[StoredLine]) -> None:
    """Refuse an answer that is not about these lines: something on the way kept or mixed up another one.

    Raises:
        Unavailable: `sync.bad_answer`. Believed, it could stop this till for good, as a copy of itself.
    """
    answered = {one.seq: one.id for one in answer.results}
    if any(f'"id":"{answered.get(line.seq)}"'.encode() not in line.data for line in batch):
        raise bad_answer()
