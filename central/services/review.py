"""The list of what was flagged, and who bears the difference (docs/formats.md §10)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, select, update

from central.errors import Problem
from central.models.journal import journal_line, line_flag
from central.models.master import meter
from central.models.tills import till


class Bearer(StrEnum):
    """Who bears the difference of a flagged fact."""

    NOBODY = "nobody"
    """There is none."""
    VENDOR = "vendor"
    CASHIER = "cashier"
    CUSTOMER = "customer"
    SUPPLIER = "supplier"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFilter:
    """Which flags are wanted; `institution`: only those of its meters."""

    institution: UUID | None = None
    state: str | None = None
    flag: str | None = None
    till_id: UUID | None = None


def list_flags(
    connection: Connection, organisation: UUID, wanted: ReviewFilter, *, after: UUID | None, limit: int
) -> list[Row[Any]]:
    """Return flags, the oldest fact first, from after an id."""
    query = (
        select(line_flag, till.c.code.label("till_code"))
        .join(till, till.c.id == line_flag.c.till_id)
        .where(line_flag.c.organisation_id == organisation)
    )
    if wanted.institution is not None:
        query = query.where(_of_institution(organisation, wanted.institution))
    if wanted.state is not None:
        query = query.where(line_flag.c.state == wanted.state)
    if wanted.flag is not None:
        query = query.where(line_flag.c.flag == wanted.flag)
    if wanted.till_id is not None:
        query = query.where(line_flag.c.till_id == wanted.till_id)
    if after is not None:
        query = query.where(line_flag.c.id > after)
    return list(connection.execute(query.order_by(line_flag.c.id).limit(limit)))


def get_flag(
    connection: Connection, organisation: UUID, flag_id: UUID, *, institution: UUID | None = None
) -> Row[Any]:
    """Return one flag; `institution`: of one of its meters. Raises Problem `review.unknown` 404."""
    query = (
        select(line_flag, till.c.code.label("till_code"))
        .join(till, till.c.id == line_flag.c.till_id)
        .where(line_flag.c.organisation_id == organisation, line_flag.c.id == flag_id)
    )
    if institution is not None:
        query = query.where(_of_institution(organisation, institution))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Problem("review.unknown", "There is no such flag.", status=404)
    return row


def line_of(connection: Connection, flag: Row[Any]) -> Any:
    """Return the line that was flagged, as the till wrote it."""
    query = select(journal_line.c.line).where(
        journal_line.c.till_id == flag.till_id, journal_line.c.seq == flag.seq
    )
    return json.loads(connection.execute(query).scalar_one())


def decide(
    connection: Connection,
    organisation: UUID,
    flag_id: UUID,
    *,
    bearer: Bearer,
    reason: str,
    by: UUID,
    now: datetime,
) -> Row[Any]:
    """Write down who bears the difference; what was booked stays.

    Raises:
        Problem: `review.unknown` 404, `review.decided` 409.
    """
    decided = connection.execute(
        update(line_flag)
        .where(
            line_flag.c.organisation_id == organisation,
            line_flag.c.id == flag_id,
            line_flag.c.state == "open",
        )
        .values(state="decided", bearer=bearer.value, reason=reason, decided_by=by, decided_at=now)
    )
    row = get_flag(connection, organisation, flag_id)
    if decided.rowcount == 0:
        raise Problem("review.decided", "This was decided already.", status=409)
    return row


def _of_institution(organisation: UUID, institution: UUID) -> ColumnElement[bool]:
    own = select(meter.c.id).where(
        meter.c.organisation_id == organisation, meter.c.institution_id == institution
    )
    return line_flag.c.meter_id.in_(own)
