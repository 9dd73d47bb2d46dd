"""Tills as people see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, case, exists, func, or_, select, update

from central.deps import Principal
from central.errors import Problem
from central.models.identity import organisation
from central.models.tills import till, till_session
from central.services.enrolment import Limits
from central.services.security_log import SecurityKind, note
from central.source import Source
from pos.contracts.till_session import TillsToday


def list_tills(connection: Connection, organisation_id: UUID, *, state: str | None = None) -> list[Row[Any]]:
    """Return the tills of an organisation by code."""
    query = select(till).where(till.c.organisation_id == organisation_id).order_by(till.c.code)
    if state is not None:
        query = query.where(till.c.state == state)
    return list(connection.execute(query))


def get_till(connection: Connection, organisation_id: UUID, till_id: UUID) -> Row[Any]:
    """Return one till. Raises Problem `till.unknown` 404."""
    query = select(till).where(till.c.id == till_id, till.c.organisation_id == organisation_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Problem("till.unknown", "There is no such till.", status=404)
    return row


def tills_seen(connection: Connection, till_id: UUID, *, now: datetime) -> TillsToday | None:
    """Return how many tills of a till's organisation there are and were seen today; None: it has ended.

    Seen is a till that has logged in just now, or has sent something since its day began.
    """
    own = select(till.c.organisation_id).where(till.c.id == till_id, till.c.state == "enrolled")
    organisation_id = connection.execute(own).scalar()
    if organisation_id is None:
        return None
    zone = connection.execute(
        select(organisation.c.time_zone).where(organisation.c.id == organisation_id)
    ).scalar_one()
    today = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    is_here = exists().where(till_session.c.till_id == till.c.id, till_session.c.expires_at > now)
    seen = case((or_(till.c.pushed_at >= today, is_here), 1), else_=0)
    row = connection.execute(
        select(func.coalesce(func.sum(seen), 0).label("seen"), func.count().label("enrolled")).where(
            till.c.organisation_id == organisation_id, till.c.state == "enrolled"
        )
    ).one()
    return TillsToday(seen=int(row.seen), enrolled=row.enrolled)


def set_limits(connection: Connection, organisation_id: UUID, till_id: UUID, *, limits: Limits) -> None:
    """Change how much a till may sell offline. Raises Problem `till.unknown` 404."""
    get_till(connection, organisation_id, till_id)
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
