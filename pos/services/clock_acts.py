"""What people say about the clock: it is right, or the trusted instant is wrong (docs/formats.md §8)."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.domain.journal import instant_text
from pos.domain.permissions import Actor, Permission
from pos.errors import MachineFault, UserError
from pos.models.ledger_book import Book, read_head
from pos.models.stored import milliseconds_of
from pos.models.uow import Units, WriteUnit
from pos.services.approval import Approval, require, require_two_people
from pos.services.trusted_clock import BACK_TOLERANCE, token_instant
from pos.system.clock import Clock

SUBJECT = "clock"
"""What an approval of a reset is given for."""

OFF_TOLERANCE = timedelta(minutes=30)

# docs/formats.md §13 has no word for the clock: whoever may end a person's lock may end the till's.
PERMISSION = Permission.USER_UNLOCK


class ClockActs:
    """Confirms and resets the trusted instant. The last TIDs of meters are never reset."""

    def __init__(self, units: Units, book: Book, clock: Clock, *, time_zone: tzinfo) -> None:
        """Dates are typed and compared in the organisation's `time_zone`."""
        self._units = units
        self._book = book
        self._clock = clock
        self._time_zone = time_zone

    def confirm(self, actor: Actor, today: date) -> None:
        """Take the date a supervisor typed as proof that the clock, a week or more ahead, is right.

        Raises:
            UserError: `permission.denied`, `clock.date_differs`.
            MachineFault: `clock.back`, `disk.*`.
        """
        require(actor, PERMISSION)
        self._check_date(today)
        with self._units.write() as unit:
            now, trusted = self._clock.now(), read_head(unit.connection).trusted_at
            if now < trusted - BACK_TOLERANCE:
                token_instant(now, trusted)
            self._note(unit, "confirmed", wall=now, trusted=trusted, actor=actor)

    def reset(
        self,
        actor: Actor,
        today: date,
        *,
        approval: Approval | None = None,
        server_time: datetime | None = None,
    ) -> None:
        """Bring a trusted instant that is wrongly ahead back to the clock.

        An administrator does it alone with the server's time at hand, else two people do: the second approves
        `user.unlock` for the subject `clock`.

        Raises:
            UserError: `permission.denied`, `permission.same_person`, `approval.*`, `clock.date_differs`,
                `clock.not_ahead`.
            ApprovalNeeded: `permission.approval_needed`.
            MachineFault: `clock.off` (the server says another time), `disk.*`.
        """
        self._check_date(today)
        with self._units.write() as unit:
            now, trusted = self._clock.now(), read_head(unit.connection).trusted_at
            if trusted <= now:
                raise UserError("clock.not_ahead", "The last record is not ahead of this computer's clock.")
            approved_by: UUID | None
            if server_time is None:
                approved_by = require_two_people(actor, PERMISSION, approval=approval, subject=SUBJECT)
            else:
                approved_by = require(actor, Permission.SETTING_EDIT)
                _check_server(now, server_time)
            unit.connection.exec_driver_sql("UPDATE book SET trusted_at = ?", (milliseconds_of(now),))
            body = _body("reset", now, trusted)
            self._book.record(unit, "clock_noted", body, actor=actor.id, approved_by=approved_by)

    def note_back(self, actor: Actor) -> bool:
        """Write down that the clock is behind the last record, once for as long as it is; say whether it was.

        A clock that is ahead is not noted by itself: the line would make it the trusted one. It is noted when
        it is confirmed.
        """
        with self._units.write() as unit:
            now, trusted = self._clock.now(), read_head(unit.connection).trusted_at
            if now >= trusted - BACK_TOLERANCE or _is_noted(unit.connection):
                return False
            self._note(unit, "back", wall=now, trusted=trusted, actor=actor)
        return True

    def _note(self, unit: WriteUnit, what: str, *, wall: datetime, trusted: datetime, actor: Actor) -> None:
        self._book.record(unit, "clock_noted", _body(what, wall, trusted), actor=actor.id)

    def _check_date(self, today: date) -> None:
        if today != self._clock.now().astimezone(self._time_zone).date():
            raise UserError(
                "clock.date_differs",
                "That is not the date of this computer: set its clock right first.",
            )


def _body(what: str, wall: datetime, trusted: datetime) -> JsonObject:
    return {"what": what, "wall": instant_text(wall), "trusted": instant_text(trusted)}


def _check_server(now: datetime, server_time: datetime) -> None:
    if abs(now - server_time) > OFF_TOLERANCE:
        raise MachineFault(
            "clock.off",
            f"This computer says {now:%Y-%m-%d %H:%M} UTC, the server {server_time:%Y-%m-%d %H:%M} UTC. "
            "Set the clock right first.",
        )


def _is_noted(connection: Connection) -> bool:
    """Say whether the last line is such a note: nothing was recorded since."""
    kind = connection.exec_driver_sql(
        "SELECT kind FROM journal JOIN book ON journal.seq = book.head_seq"
    ).scalar()
    return kind == "clock_noted"
