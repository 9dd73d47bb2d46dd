"""A push from its bytes to its answer (docs/formats.md §10)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import orjson

from central.clock import Clock
from central.db import Database
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

    def take(self, packed: bytes, *, sender: UUID, min_app: str = "") -> bytes:
        """Store a push, book it, and say what became of each line.

        Raises:
            Problem: `sync.format` 400, `sync.too_large` 413, `till.not_authorised` 403; `sync.gap`,
                `sync.bad_hash`, `sync.bad_signature`, `sync.fork` 409: then nothing is stored.
        """
        batch = read_push(packed)
        stored = store_batch(self._database, batch, sender=sender, now=self._clock.now())
        flags = self._booking.book_till(batch.till, stored.new)
        if any(line.seq not in flags for line in batch.lines):
            # Some were booked before, or by somebody else just now.
            known = self._booking.flags_of(batch.till, first_seq=batch.first_seq, last_seq=batch.last_seq)
            flags = known | flags
        return self._answer(batch, stored, flags, min_app)

    def _answer(
        self, batch: PushBatch, stored: Stored, flags: Mapping[int, tuple[str, ...]], min_app: str
    ) -> bytes:
        """Return a `pos.contracts.push.PushAnswer` as JSON, written without building one."""
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
            "acked_seq": max(stored.head_seq_before, batch.last_seq),
            "results": results,
            "server_time": instant_text(self._clock.now()),
            "min_app": min_app,
        }
        return orjson.dumps(answer)


def _result(*, is_known: bool, flags: tuple[str, ...] | None) -> str:
    if is_known:
        return "duplicate"
    return "accepted_flagged" if flags else "accepted"
