"""The people who sign in, as plain rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from pos.domain.lock_out import LockOut
from pos.domain.permissions import Actor, Role
from pos.models.shop import operator


@dataclass(frozen=True, slots=True)
class Person:
    """One operator: who it is, whether active, and what wrong PINs have brought."""

    actor: Actor
    lock_out: LockOut
    is_active: bool


_COLUMNS = (
    operator.c.key,
    operator.c.id,
    operator.c.name,
    operator.c.role,
    operator.c.institution,
    operator.c.wrong_pins,
    operator.c.wait_left_ms,
    operator.c.wait_from_ms,
    operator.c.is_locked,
    operator.c.is_active,
)


def find_person(connection: Connection, who: str | UUID) -> Person | None:
    """Find an operator by id, or by name: capital letters and blanks around do not matter."""
    if isinstance(who, UUID):
        row = connection.execute(select(*_COLUMNS).where(operator.c.id == who)).one_or_none()
        return None if row is None else _person(row)
    wanted = who.strip().casefold()
    # SQLite folds only ASCII letters, and a till has few people.
    return next(
        (person for person in list_people(connection) if person.actor.name.casefold() == wanted), None
    )


def list_people(connection: Connection) -> tuple[Person, ...]:
    """List all operators by name, the inactive ones too."""
    return tuple(_person(row) for row in connection.execute(select(*_COLUMNS).order_by(operator.c.name)))


def sealed_pin_of(connection: Connection, operator_id: UUID) -> bytes:
    """Return the sealed hash of a person's PIN."""
    sealed: bytes = connection.execute(
        select(operator.c.pin_sealed).where(operator.c.id == operator_id)
    ).scalar_one()
    return sealed


def _person(row: Row[*tuple[Any, ...]]) -> Person:
    actor = Actor(row.id, row.key, row.name, Role(row.role), row.institution)
    lock_out = LockOut(row.wrong_pins, row.wait_left_ms, row.wait_from_ms, row.is_locked)
    return Person(actor, lock_out, row.is_active)
