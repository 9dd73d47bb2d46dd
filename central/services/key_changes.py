"""An announced key change of a supply group: its start is set once every live till knows of it.

Docs: docs/formats.md §8. Until then the announcement carries an instant that never comes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Row, func, select, update

from central.db import Database
from central.errors import Problem
from central.models.master import feed_cursor, supplier, supply_group
from central.models.tills import till
from central.services.feed import Change, Feed
from central.services.master_rows import group_body
from pos.domain.journal import instant_text
from pos.domain.key_change import LEAD, NOT_YET


def check_zone(name: str) -> None:
    """Refuse a time zone that is none. Raises Problem `supply_group.zone` 422."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Problem("supply_group.zone", f"There is no time zone {name!r}.", status=422) from error


def announce(
    feed: Feed, connection: Connection, organisation: UUID, *, sgc: str, next_key: dict[str, Any]
) -> None:
    """Announce the next key of a group; `next_key` has krn, ken, ti, kt, base_date.

    Raises:
        Problem: `supply_group.unknown` 404, `key_change.same_key` 409, `key_change.announced` 409.
    """
    row = _held_group(connection, organisation, sgc)
    if row.next_key is not None:
        raise Problem("key_change.announced", "A key change of this group is announced already.", status=409)
    if next_key["krn"] == row.krn and next_key["base_date"] == row.base_date:
        raise Problem("key_change.same_key", "This is the key the group has already.", status=409)
    _set(connection, organisation, sgc, next_key={**next_key, "from": NOT_YET})
    change = publish_group(feed, connection, organisation, sgc)
    connection.execute(_of(organisation, sgc).values(next_change=change))


def set_due_starts(database: Database, feed: Feed, organisation: UUID, *, now: datetime) -> None:
    """Set the start of every announced change that all live tills have pulled."""
    with database.write(lock=f"key-changes:{organisation}") as connection:
        waiting = connection.execute(
            select(supply_group)
            .where(supply_group.c.organisation_id == organisation, supply_group.c.next_change.is_not(None))
            .order_by(supply_group.c.sgc)
            .with_for_update()
        ).all()
        for row in waiting:
            if is_known_everywhere(connection, organisation, "supply_groups", row.next_change):
                start = {**row.next_key, "from": instant_text(now + LEAD)}
                _set(connection, organisation, row.sgc, next_key=start)
                publish_group(feed, connection, organisation, row.sgc)


def complete(feed: Feed, connection: Connection, organisation: UUID, *, sgc: str, now: datetime) -> None:
    """Make the next key the group's key, when its start is past and its meters have been given it.

    Raises:
        Problem: `supply_group.unknown` 404, `key_change.not_started` 409.
    """
    row = _held_group(connection, organisation, sgc)
    following = row.next_key
    if following is None or datetime.fromisoformat(following["from"]) > now:
        raise Problem("key_change.not_started", "No key change of this group has begun.", status=409)
    names = ("krn", "ken", "ti", "kt", "base_date")
    former = {"krn": row.krn, "base_date": row.base_date, "until": following["from"]}
    connection.execute(
        _of(organisation, sgc).values(
            {name: following[name] for name in names}
            | {"next_key": None, "next_change": None, "former_key": former}
        )
    )
    publish_group(feed, connection, organisation, sgc)


def publish_group(feed: Feed, connection: Connection, organisation: UUID, sgc: str) -> int:
    """Publish a group as it is now; return the change number."""
    row = _group(connection, organisation, sgc)
    name = connection.execute(
        select(supplier.c.name).where(
            supplier.c.organisation_id == organisation, supplier.c.code == row.supplier
        )
    ).scalar()
    return feed.publish(
        connection, organisation, "supply_groups", changes=[Change(sgc, group_body(row, name))]
    )


def is_known_everywhere(connection: Connection, organisation: UUID, resource: str, change: int) -> bool:
    """Say whether every live till has pulled a change of a resource."""
    behind = (
        select(func.count())
        .select_from(
            till.outerjoin(
                feed_cursor,
                (feed_cursor.c.till_id == till.c.id) & (feed_cursor.c.resource == resource),
            )
        )
        .where(
            till.c.organisation_id == organisation,
            till.c.state == "enrolled",
            func.coalesce(feed_cursor.c.change, 0) < change,
        )
    )
    return connection.execute(behind).scalar_one() == 0


def _held_group(connection: Connection, organisation: UUID, sgc: str) -> Row[Any]:
    """Return a group that nobody else changes before the commit. Raises as `_group`."""
    held = select(supply_group.c.sgc).where(
        supply_group.c.organisation_id == organisation, supply_group.c.sgc == sgc
    )
    connection.execute(held.with_for_update())
    return _group(connection, organisation, sgc)


def _group(connection: Connection, organisation: UUID, sgc: str) -> Row[Any]:
    row = connection.execute(
        select(supply_group).where(supply_group.c.organisation_id == organisation, supply_group.c.sgc == sgc)
    ).one_or_none()
    if row is None:
        raise Problem("supply_group.unknown", "There is no such supply group.", status=404)
    return row


def _of(organisation: UUID, sgc: str) -> Any:
    return update(supply_group).where(
        supply_group.c.organisation_id == organisation, supply_group.c.sgc == sgc
    )


def _set(connection: Connection, organisation: UUID, sgc: str, *, next_key: dict[str, Any]) -> None:
    connection.execute(_of(organisation, sgc).values(next_key=next_key, next_change=None))
