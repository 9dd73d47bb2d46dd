"""The offline envelope of a stand-alone till: what is left of it, and a new one (docs/formats.md §9)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from pos.domain.canonical import INTEGER_MAX
from pos.domain.permissions import Actor, Permission
from pos.errors import UserError
from pos.models.queries.selling import envelope_in_force, reserved_minor
from pos.models.uow import Units
from pos.services.approval import require
from pos.services.facts import RecordFact
from pos.services.local_envelope import LocalEnvelopes


@dataclass(frozen=True, slots=True)
class EnvelopeState:
    """The envelope in force: what it was, and what is left after use and reservations."""

    sequence: int
    money_minor: int
    units_milli: int
    left_money_minor: int
    left_units_milli: int
    expires_at: datetime | None


class Envelopes:
    """Looks after the envelope. On a till with a server new ones come from there."""

    def __init__(self, units: Units, book: RecordFact, local: LocalEnvelopes) -> None:
        """Wire the parts; `local` signs with the till's own key."""
        self._units = units
        self._book = book
        self._local = local

    def state(self, actor: Actor) -> EnvelopeState | None:
        """Return the envelope in force, None before the first.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.FLOAT_VIEW)
        with self._units.read() as connection:
            row = envelope_in_force(connection)
            reserved_money_minor, reserved_units_milli = reserved_minor(connection)
        if row is None:
            return None
        return EnvelopeState(
            row.sequence,
            row.money_minor,
            row.units_milli,
            row.money_minor - row.used_money_minor - reserved_money_minor,
            row.units_milli - row.used_units_milli - reserved_units_milli,
            row.expires_at,
        )

    def renew_local_envelope(self, actor: Actor, money_minor: int, *, units_milli: int) -> None:
        """Put a new envelope in place of the one in force, with the next sequence and as of the head.

        Raises:
            UserError: `permission.denied`, `envelope.size`, `envelope.from_server`.
            MachineFault: `secrets.till_key_gone`, `disk.*`.
        """
        require(actor, Permission.SETTING_EDIT)
        if not (0 < money_minor <= INTEGER_MAX and 0 < units_milli <= INTEGER_MAX):
            raise UserError("envelope.size", "An offline limit needs money and units above zero.")
        with self._units.write() as unit:
            if _issuer(unit.connection) == "server":
                raise UserError("envelope.from_server", "The offline limit comes from head office.")
            self._local.take(
                unit, self._book, money_minor=money_minor, units_milli=units_milli, actor=actor.id
            )


def _issuer(connection: Connection) -> str | None:
    body: Any = connection.exec_driver_sql(
        "SELECT body FROM envelope WHERE taken_place IS NOT NULL ORDER BY sequence DESC LIMIT 1"
    ).scalar()
    issuer: str | None = None if body is None else json.loads(body).get("issuer")
    return issuer
