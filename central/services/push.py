"""A push from its bytes to its answer (docs/formats.md §10)."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import select

from central.clock import Clock
from central.db import Database
from central.models.tills import till
from central.services.app_version import min_app
from central.services.booking import Booking
from central.services.line_store import Stored, store_batch
from central.services.push_batch import PushBatch, read_push
from pos.domain.journal import instant_text


class Push:
    """Takes pushes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._booking = Booking(database, clock)

    def take(self, packed: bytes, *, sender: UUID) -> bytes:
        """Store a push, book it, and say what became of each line.

        Raises:
            Problem: `sync.format` 400, `sync.too_large` 413, `till.not_authorised` 403; `sync.gap`,
                `sync.bad_hash`, `sync.bad_signature`, `sync.fork` 409: then nothing is stored.
        """
        batch = read_push(packed)
        stored = store_batch(self._database, batch, sender=sender, now=self._clock.now())
        self._booking.book_till(batch.till, stored.new)
        return self._answer(batch, stored)

    def _answer(self, batch: PushBatch, stored: Stored) -> bytes:
        """Return a `pos.contracts.push.PushAnswer` as JSON, written without building one."""
        flags = self._booking.flags_of(batch.till, first_seq=batch.first_seq, last_seq=batch.last_seq)
        with self._database.read() as connection:
            head = connection.execute(select(till.c.head_seq).where(till.c.id == batch.till)).scalar_one()
            oldest = min_app(connection)
        results = [
            {
                "seq": line.seq,
                "id": line.value["id"],
                "result": _result(is_known=line.seq <= stored.head_seq_before, flags=flags.get(line.seq)),
                "reasons": flags.get(line.seq, ()),
            }
            for line in batch.lines
        ]
        answer = {
            "acked_seq": head,
            "results": results,
            "server_time": instant_text(self._clock.now()),
            "min_app": oldest,
        }
        return json.dumps(answer, separators=(",", ":")).encode()


def _result(*, is_known: bool, flags: tuple[str, ...] | None) -> str:
    if is_known:
        return "duplicate"
    return "accepted_flagged" if flags else "accepted"
