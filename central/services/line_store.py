"""Storing pushed lines raw, in a transaction of its own, before they are understood (docs/formats.md §10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from central.db import Database
from central.errors import Problem
from central.models.journal import journal_line
from central.models.tills import till
from central.services.bulk import insert_rows
from central.services.former_lines import succession_of
from central.services.push_batch import PushBatch, check_signature
from central.services.push_lines import PushedLine
from pos.domain.journal import GENESIS_HASH

_COLUMNS = ("till_id", "seq", "id", "hash", "line", "received_at", "is_drained")


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch: the till as it was, and which of the lines are new."""

    head_seq_before: int
    new: list[PushedLine]


def store_batch(database: Database, batch: PushBatch, *, sender: UUID, now: datetime) -> Stored:
    """Check a batch against what the server has of the till, and store its new lines.

    `sender` is the till that has logged in: the book's own, or the one that replaced it.

    Raises:
        Problem: `till.not_authorised` 403; `sync.bad_signature`, `sync.gap`, `sync.fork` 409.
    """
    try:
        with database.write() as connection:
            row = _locked_till(connection, batch.till, sender)
            who = row if row.id == sender else _till(connection, sender)
            check_signature(batch, who.public_key)
            _check_place(connection, row, batch)
            new = batch.lines[row.head_seq + 1 - batch.first_seq :]
            # Whoever sends: a till that was revoked may carry on the book of one that it replaced.
            _insert(connection, row, new, is_drained=who.state != "enrolled", now=now)
    except Problem as problem:
        if problem.code == "sync.fork":
            _note_fork(database, batch.till, seq=problem.extra["seq"], now=now)
        raise
    return Stored(row.head_seq, new)


def _locked_till(connection: Connection, till_id: UUID, sender: UUID) -> Row[Any]:
    """Return the till's row, held until the end; the book is the sender's or one that it carries on."""
    row = connection.execute(select(till).where(till.c.id == till_id).with_for_update()).one_or_none()
    if row is None or not (till_id == sender or till_id in succession_of(connection, sender)):
        raise Problem("till.not_authorised", "These lines are of another till.", status=403)
    return row


def _till(connection: Connection, till_id: UUID) -> Any:
    return connection.execute(select(till.c.public_key, till.c.state).where(till.c.id == till_id)).one()


def _check_place(connection: Connection, row: Row[Any], batch: PushBatch) -> None:
    if batch.first_seq > row.head_seq + 1:
        raise Problem(
            "sync.gap",
            f"Lines are missing: send from {row.head_seq + 1}.",
            status=409,
            extra={"expected_seq": row.head_seq + 1, "hash": row.head_hash.hex()},
        )
    known = _known_hashes(connection, row, batch)
    if batch.lines[0].prev != known[batch.first_seq - 1].hex():
        raise _fork(batch.first_seq - 1, known[batch.first_seq - 1])
    for line in batch.lines:
        if line.seq in known and known[line.seq] != line.hash:
            raise _fork(line.seq, known[line.seq])


def _known_hashes(connection: Connection, row: Row[Any], batch: PushBatch) -> dict[int, bytes]:
    """Return the hashes the server has from the line before the batch to its end."""
    known = {0: GENESIS_HASH, row.head_seq: row.head_hash}
    if batch.first_seq <= row.head_seq:
        query = select(journal_line.c.seq, journal_line.c.hash).where(
            journal_line.c.till_id == row.id,
            journal_line.c.seq.between(batch.first_seq - 1, batch.last_seq),
        )
        known |= {one.seq: one.hash for one in connection.execute(query)}
    return known


def _fork(seq: int, known: bytes) -> Problem:
    return Problem(
        "sync.fork",
        f"Line {seq} differs from what the server has: this till's book exists twice. Stop selling.",
        status=409,
        extra={"seq": seq, "hash": known.hex()},
    )


def _insert(
    connection: Connection, row: Row[Any], new: list[PushedLine], *, is_drained: bool, now: datetime
) -> None:
    if not new:
        connection.execute(update(till).where(till.c.id == row.id).values(pushed_at=now))
        return
    insert_rows(
        connection,
        journal_line,
        _COLUMNS,
        [(row.id, line.seq, UUID(line.value["id"]), line.hash, line.data, now, is_drained) for line in new],
    )
    connection.execute(
        update(till)
        .where(till.c.id == row.id)
        .values(head_seq=new[-1].seq, head_hash=new[-1].hash, pushed_at=now)
    )


def _note_fork(database: Database, till_id: UUID, *, seq: int, now: datetime) -> None:
    """Write the fork down; the refusal itself stored nothing."""
    with database.write() as connection:
        connection.execute(
            update(till)
            .where(till.c.id == till_id, till.c.forked_at.is_(None))
            .values(forked_at=now, fork_seq=seq)
        )
