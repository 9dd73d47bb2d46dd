"""Tills as people see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from central.deps import Principal
from central.errors import Problem
from central.models.tills import till
from central.services.enrolment import Limits
from central.services.security_log import SecurityKind, note
from central.source import Source


def list_tills(connection: Connection, organisation: UUID, *, state: str | None = None) -> list[Row[Any]]:
    """Return the tills of an organisation by code."""
    query = select(till).where(till.c.organisation_id == organisation).order_by(till.c.code)
    if state is not None:
        query = query.where(till.c.state == state)
    return list(connection.execute(query))


def get_till(connection: Connection, organisation: UUID, till_id: UUID) -> Row[Any]:
    """Return one till. Raises Problem `till.unknown` 404."""
    query = select(till).where(till.c.id == till_id, till.c.organisation_id == organisation)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Problem("till.unknown", "There is no such till.", status=404)
    return row


def set_limits(connection: Connection, organisation: UUID, till_id: UUID, *, limits: Limits) -> None:
    """Change how much a till may sell offline. Raises Problem `till.unknown` 404."""
    get_till(connection, organisation, till_id)
    connection.execute(
        update(till)
        .where(till.c.id == till_id)
        .values(limit_money_minor=limits.money_minor, limit_units_milli=limits.units_milli)
    )


def note_till(
    connection: Connection,
    who: Principal,
    till_id: UUID | None,
    *,
    kind: SecurityKind,
    now: datetime,
    source: Source,
    detail: Mapping[str, Any],
) -> None:
    """Write what somebody did with a till into the security log."""
    note(
        connection,
        kind,
        now=now,
        source=source,
        organisation_id=who.organisation_id,
        actor_id=who.user_id,
        subject_id=till_id,
        session_id=who.session_id,
        detail=detail,
    )
