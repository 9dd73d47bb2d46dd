"""Messages to customers: put in with the fact they tell of, sent again until they are out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.errors import KilotillError, MachineFault, Rejected, code_of
from pos.gateways.messages import Message, MessageWay
from pos.models.stored import instant_of, milliseconds_of
from pos.models.uow import Units, WriteUnit
from pos.system.clock import Clock
from pos.system.ids import new_id

logger = logging.getLogger(__name__)

AT_ONCE_MAX = 50
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=1)
"""A token that comes a day late helps nobody: the till shows it as not sent."""

Ways = Callable[[], Mapping[str, MessageWay]]
"""Gives the way of each channel that is set up now."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One message as a list shows it; the address is never shown whole."""

    id: UUID
    channel: str
    about: str
    state: str
    tries: int
    made_at: datetime
    sent_at: datetime | None
    trouble: str


class Outbox:
    """Keeps messages and sends them."""

    def __init__(
        self,
        units: Units,
        clock: Clock,
        *,
        ways: Ways,
        sent: Callable[[WriteUnit, str, str], None] = lambda _unit, _channel, _about: None,
    ) -> None:
        """Wire the parts; `sent` is told channel and subject matter in the unit that notes a sending."""
        self._units = units
        self._clock = clock
        self._ways = ways
        self._sent = sent
        self._turn = threading.Lock()

    def has_way(self, channel: str) -> bool:
        """Say whether messages of a channel can go out."""
        return channel in self._ways()

    def put(
        self,
        connection: Connection,
        channel: str,
        address: str,
        *,
        body: str,
        about: str,
        subject: str = "",
    ) -> None:
        """Put a text in, inside the write unit at hand; the same one is put in once.

        One that was given up is tried again.
        """
        now = self._clock.now()
        connection.exec_driver_sql(
            "INSERT INTO message (id, channel, address, subject, body, about, made_at, state, tries, "
            "send_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', 0, ?) ON CONFLICT (channel, address, about) "
            "DO UPDATE SET state = 'waiting', tries = 0, trouble = NULL, made_at = excluded.made_at, "
            "send_at = excluded.send_at WHERE state = 'failed'",
            (
                new_id(now).bytes,
                channel,
                address,
                subject,
                body,
                about,
                milliseconds_of(now),
                milliseconds_of(now),
            ),
        )

    def run_due(self) -> int:
        """Send what is due; returns how many went out. A message is never sent by two callers at once."""
        if not self._turn.acquire(blocking=False):
            return 0
        try:
            with self._units.read() as connection:
                rows: Any = connection.exec_driver_sql(
                    "SELECT id, channel, address, subject, body, tries, made_at, about FROM message "
                    "WHERE state IN ('waiting', 'sending') AND send_at <= ? ORDER BY send_at LIMIT ?",
                    (milliseconds_of(self._clock.now()), AT_ONCE_MAX),
                ).all()
            return sum(self._send_guarded(row) for row in rows)
        finally:
            self._turn.release()

    def next_due_at(self) -> datetime | None:
        """Return when something is next to be sent, None while nothing waits."""
        with self._units.read() as connection:
            found: int | None = connection.exec_driver_sql(
                "SELECT min(send_at) FROM message WHERE state IN ('waiting', 'sending')"
            ).scalar()
        return None if found is None else instant_of(found)

    def newest(self, connection: Connection, channel: str, about: str) -> OutboxRow | None:
        """Return the newest message of a channel about something, None where there is none."""
        rows = self._rows(connection, "WHERE channel = ? AND about = ? ORDER BY made_at DESC", channel, about)
        return next(iter(rows), None)

    def latest(self, limit: int = 100) -> list[OutboxRow]:
        """Return the newest messages."""
        with self._units.read() as connection:
            return self._rows(connection, "ORDER BY id DESC LIMIT ?", limit)

    def _rows(self, connection: Connection, rest: str, *values: str | int) -> list[OutboxRow]:
        rows: Any = connection.exec_driver_sql(
            "SELECT id, channel, about, state, tries, made_at, sent_at, trouble "  # noqa: S608 - our own words
            f"FROM message {rest}",
            values,
        ).all()
        return [
            OutboxRow(
                id=UUID(bytes=row[0]),
                channel=row[1],
                about=row[2],
                state=row[3],
                tries=row[4],
                made_at=instant_of(row[5]),
                sent_at=None if row[6] is None else instant_of(row[6]),
                trouble=row[7] or "",
            )
            for row in rows
        ]

    def _send_guarded(self, row: Any) -> bool:
        """As `_send`; a mistake of ours at one message puts that one off and holds up no other."""
        try:
            return self._send(row)
        except MachineFault:
            raise
        except Exception as error:
            logger.exception("A message could not be sent: %s", UUID(bytes=row[0]))
            self._later(row, code_of(error))
            return False

    def _send(self, row: Any) -> bool:
        key, channel = row[0], row[1]
        way = self._ways().get(channel)
        if way is None:
            self._later(row, "message.no_way")
            return False
        try:
            way.send(Message(str(UUID(bytes=key)), channel, row[2], row[3], row[4]))
        except Rejected as error:
            self._end(key, "failed", error.code)
            return False
        except KilotillError as error:
            logger.info("A message was not sent: %s", error.code)
            self._later(row, error.code)
            return False
        with self._units.write() as unit:
            unit.connection.exec_driver_sql(
                "UPDATE message SET state = 'sent', sent_at = ?, send_at = NULL, trouble = NULL WHERE id = ?",
                (milliseconds_of(self._clock.now()), key),
            )
            self._sent(unit, channel, row[7])
        return True

    def _later(self, row: Any, trouble: str) -> None:
        now, tries = self._clock.now(), row[5] + 1
        if now - instant_of(row[6]) >= GIVEN_UP_AFTER:
            self._end(row[0], "failed", trouble)
            return
        at = now + min(FIRST_WAIT * 2 ** min(tries - 1, 10), LONGEST_WAIT)
        with self._units.write() as unit:
            unit.connection.exec_driver_sql(
                "UPDATE message SET tries = ?, send_at = ?, trouble = ? WHERE id = ?",
                (tries, milliseconds_of(at), trouble, row[0]),
            )

    def _end(self, key: bytes, state: str, trouble: str) -> None:
        with self._units.write() as unit:
            unit.connection.exec_driver_sql(
                "UPDATE message SET state = ?, send_at = NULL, trouble = ? WHERE id = ?",
                (state, trouble, key),
            )
