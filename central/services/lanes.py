"""Lanes: which of a group's minutes a till may use for TIDs (docs/formats.md §8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from central.errors import Problem
from central.models.master import supply_group
from central.models.tills import lane
from pos.domain.key_change import LEAD

SERVER_LANE = 0
LANES_AT_FIRST_ENROLMENT = 16


def groups_of(connection: Connection, organisation: UUID) -> list[Row[Any]]:
    """Return the supply groups of an organisation, by SGC."""
    query = select(supply_group).where(supply_group.c.organisation_id == organisation)
    return list(connection.execute(query.order_by(supply_group.c.sgc)))


def give_lanes(
    connection: Connection,
    organisation: UUID,
    till: UUID,
    *,
    now: datetime,
    wanted: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Give a till a lane in every group where it has none; the caller holds the lock of enrolments.

    `wanted` is, by SGC, the lane it makes tokens in already; it keeps that one where nobody else has it.
    A lane is never given twice under one key revision, whatever became of its till, and whenever it got it.

    Raises:
        Problem: `enrol.no_lane`, 409: every lane of a group was used since its key last changed.
    """
    for group in groups_of(connection, organisation):
        if group.lanes == 1:
            connection.execute(
                update(supply_group)
                .where(supply_group.c.organisation_id == organisation, supply_group.c.sgc == group.sgc)
                .values(lanes=LANES_AT_FIRST_ENROLMENT)
            )
        _give_lane(connection, group, till, now=now, wanted=wanted.get(group.sgc))


def lanes_of(connection: Connection, till: UUID) -> dict[str, int]:
    """Return a till's lane by SGC: the one of the newest key revision."""
    query = select(lane.c.sgc, lane.c.lane).where(lane.c.till_id == till).order_by(lane.c.krn)
    return {row.sgc: row.lane for row in connection.execute(query)}


def end_lanes(connection: Connection, till: UUID, *, now: datetime) -> list[str]:
    """End the lanes of a till that counts no more; return them as revocations name them."""
    query = (
        select(lane.c.sgc, lane.c.lane, supply_group.c.base_date)
        .join(
            supply_group,
            (supply_group.c.organisation_id == lane.c.organisation_id) & (supply_group.c.sgc == lane.c.sgc),
        )
        .where(lane.c.till_id == till, lane.c.ended_at.is_(None))
    )
    ended = [f"lane:{row.sgc}/{row.base_date}/{row.lane}" for row in connection.execute(query)]
    connection.execute(
        update(lane).where(lane.c.till_id == till, lane.c.ended_at.is_(None)).values(ended_at=now)
    )
    return ended


def _give_lane(
    connection: Connection, group: Row[Any], till: UUID, *, now: datetime, wanted: int | None
) -> None:
    rows = connection.execute(
        select(lane.c.lane, lane.c.till_id, lane.c.ended_at, lane.c.krn).where(
            lane.c.organisation_id == group.organisation_id, lane.c.sgc == group.sgc
        )
    ).all()
    if any(row.till_id == till and row.ended_at is None for row in rows):
        return
    since = _key_known_since(group)
    taken = {
        row.lane
        for row in rows
        if row.ended_at is None or row.krn == group.krn or (since is not None and row.ended_at > since)
    }
    lanes = LANES_AT_FIRST_ENROLMENT if group.lanes == 1 else group.lanes
    free = [one for one in range(SERVER_LANE + 1, lanes) if one not in taken]
    if not free:
        raise Problem(
            "enrol.no_lane",
            f"All lanes of supply group {group.sgc} are used up: change its key first.",
            status=409,
        )
    connection.execute(
        lane.insert().values(
            organisation_id=group.organisation_id,
            sgc=group.sgc,
            krn=group.krn,
            lane=wanted if wanted in free else free[0],
            till_id=till,
            given_at=now,
        )
    )


def _key_known_since(group: Row[Any]) -> datetime | None:
    """Return since when a till may know the start of the group's present key, None for the first key.

    Whoever ended later may sell with this key, though his lane was given under the one before.
    """
    former = group.former_key
    return None if not former else datetime.fromisoformat(former["until"]) - LEAD
