"""Gets lines of a replaced till back that only head office has: a restore then loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import Connection

from pos.contracts.wire import LINES_MAX
from pos.domain.canonical import JsonError
from pos.domain.journal import JournalError, Line, read_line
from pos.errors import MachineFault
from pos.models.places import place_of
from pos.models.replay import Replayed, may_replay_former, replay_former_line, settle_former
from pos.models.uow import Units
from pos.sync.client import ServerClient

PATH = "/v1/sync/lines"


@dataclass(frozen=True, slots=True)
class FormerEnd:
    """Where a former book ends here."""

    till_id: UUID
    number: int
    seq: int
    hash: bytes
    receipt_last: int


def find_former_end(connection: Connection, till_id: UUID | None = None) -> FormerEnd | None:
    """Return the end of the newest former book, or of the one of a till; None where there is none."""
    row: Any = connection.exec_driver_sql(
        "SELECT till_id, number, head_seq, head_hash, receipt_last FROM former_book "
        "WHERE ?1 IS NULL OR till_id = ?1 ORDER BY number DESC LIMIT 1",
        (None if till_id is None else till_id.bytes,),
    ).one_or_none()
    return None if row is None else FormerEnd(UUID(bytes=row[0]), *row[1:])


def _server_end(connection: Connection, till_id: UUID) -> tuple[int, bytes]:
    """Return where head office said, at enrolment, that the book ends."""
    row: Any = connection.exec_driver_sql(
        "SELECT server_seq, server_hash FROM replaced_book WHERE till_id = ?", (till_id.bytes,)
    ).one()
    return row[0], row[1]


class FormerLines:
    """Fetches and books them, batch by batch; broken off, it goes on where it was."""

    def __init__(self, units: Units, client: ServerClient) -> None:
        self._units = units
        self._client = client

    def run(self, till_id: UUID, *, progress: Callable[[int], None] = lambda _: None) -> Replayed:
        """Fetch every line above the end of the former book of `till_id`.

        Nothing is fetched once this book has facts that follow from the former one.

        Raises:
            Unavailable, ServerRefusal: as `ServerClient.call`.
            MachineFault: `sync.bad_lines`, what came does not follow what is here.
        """
        replayed = Replayed()
        while True:
            with self._units.read() as connection:
                end = find_former_end(connection, till_id)
                if end is None or not may_replay_former(connection):
                    return replayed
                last = _server_end(connection, till_id)
            # Beyond what it said at enrolment there may be lines of a copy of that till.
            lines = self._fetch(end) if end.seq < last[0] else []
            if not lines:
                return replayed
            if any(line.seq == last[0] and line.hash != last[1] for line in lines):
                raise _bad_lines()
            with self._units.write() as unit:
                for line in lines:
                    replay_former_line(unit.connection, line, book_number=end.number, replayed=replayed)
                settle_former(
                    unit.connection,
                    former_till=till_id,
                    first_place=place_of(end.number, lines[0].seq),
                )
                unit.connection.exec_driver_sql(
                    "UPDATE replaced_book SET restored_seq = ?, level_seq = ? WHERE till_id = ?",
                    (lines[-1].seq, lines[-1].seq, till_id.bytes),
                )
            progress(replayed.count)

    def _fetch(self, end: FormerEnd) -> list[Line]:
        query = urlencode({"till": str(end.till_id), "after": end.seq, "limit": LINES_MAX})
        answer = self._client.call("GET", f"{PATH}?{query}")
        lines: list[Line] = []
        seq, head = end.seq, end.hash
        for data in answer.body.splitlines():
            try:
                line, prev = read_line(data)
            except (JournalError, JsonError) as error:
                raise _bad_lines() from error
            if line.seq != seq + 1 or prev != head or line.event.till != end.till_id:
                raise _bad_lines()
            lines.append(line)
            seq, head = line.seq, line.hash
        return lines


def _bad_lines() -> MachineFault:
    return MachineFault(
        "sync.bad_lines", "The records that head office sent do not follow those of the restored back-up."
    )
