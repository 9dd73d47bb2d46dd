"""A meter that leaves its supply group: announced to all tills before it begins, like the key of a group.

Docs: docs/formats.md §8, docs/sync.md. Until every live till has pulled it the announcement never begins.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from central.db import Database
from central.errors import Problem
from central.models.master import meter, supply_group
from central.services.feed import Feed
from central.services.key_changes import is_known_everywhere
from central.services.master import Master
from central.services.meter_changes import Author, add_event, held_meter, version_of
from central.services.users import stale
from pos.domain.journal import instant_text
from pos.domain.key_change import LEAD, NOT_YET

_OWN_KEY = ("ti", "krn", "kt", "algorithm", "key_method", "base_date")
"""What a meter may hold apart from its group; in the new group it has that group's."""


def announce_move(
    connection: Connection,
    master: Master,
    author: Author,
    meter_id: UUID,
    *,
    sgc: str,
    reason: str,
    wanted: str | None,
) -> None:
    """Announce that a meter gets the key of another group; `wanted` is the version it was made from.

    Raises:
        Problem: `supply_group.unknown` 404; `key_change.announced` 409, the meter or the group changes
            already; `key_change.same_key` 409; `meter.merged` 409; `request.stale` 412.
    """
    row = held_meter(connection, meter_id)
    if wanted is not None and wanted.partition(".")[0] != version_of(row).partition(".")[0]:
        raise stale(version_of(row))
    group = _group(connection, row.organisation_id, sgc)
    if row.next_key is not None or group.next_key is not None:
        raise Problem("key_change.announced", "A key change of it is announced already.", status=409)
    if sgc == row.sgc:
        raise Problem("key_change.same_key", "The meter is in this group already.", status=409)
    names = ("krn", "ken", "ti", "kt", "base_date")
    following: dict[str, Any] = {name: group._mapping[name] for name in names}
    following |= {"sgc": sgc, "from": NOT_YET}
    change = _publish(connection, master, row, next_key=following)
    connection.execute(update(meter).where(meter.c.id == meter_id).values(next_change=change))
    _note(connection, author, meter_id, old=row.sgc, new=f"{sgc}, announced", reason=reason)


def complete_move(connection: Connection, master: Master, author: Author, meter_id: UUID) -> None:
    """Let a meter be of its new group altogether, once it has been given the key; done already: nothing.

    Raises:
        Problem: `key_change.not_started` 409; `meter.merged` 409.
    """
    row = held_meter(connection, meter_id)
    following = row.next_key
    if following is None or datetime.fromisoformat(following["from"]) > author.now:
        raise Problem("key_change.not_started", "No key change of this meter has begun.", status=409)
    group = {"sgc": following["sgc"], **dict.fromkeys(_OWN_KEY)}
    _publish(connection, master, row, next_key=None, **group)
    _note(connection, author, meter_id, old=row.sgc, new=following["sgc"], reason="")


def set_due_moves(database: Database, feed: Feed, organisation: UUID, *, now: datetime) -> None:
    """Set the start of every announced move that all live tills have pulled."""
    with database.write(lock=f"key-changes:{organisation}") as connection:
        waiting = connection.execute(
            select(meter)
            .where(meter.c.organisation_id == organisation, meter.c.next_change.is_not(None))
            .order_by(meter.c.id)
            .with_for_update()
        ).all()
        master = Master(feed)
        for row in waiting:
            if is_known_everywhere(connection, organisation, "meters", row.next_change):
                start = {**row.next_key, "from": instant_text(now + LEAD)}
                _publish(connection, master, row, next_key=start)


def _publish(
    connection: Connection, master: Master, row: Row[Any], *, next_key: dict[str, Any] | None, **values: Any
) -> int:
    """Write a meter's next key and publish the meter; return the change number."""
    values |= {"next_key": next_key, "next_change": None}
    connection.execute(update(meter).where(meter.c.id == row.id).values(values))
    return master.publish_meters(connection, row.organisation_id, [row.id])


def _note(connection: Connection, author: Author, meter_id: UUID, *, old: str, new: str, reason: str) -> None:
    change = {"field": "sgc", "old": old, "new": new}
    add_event(connection, author, meter_id, kind="changed", changes=[change], reason=reason)


def _group(connection: Connection, organisation: UUID, sgc: str) -> Row[Any]:
    query = select(supply_group).where(
        supply_group.c.organisation_id == organisation, supply_group.c.sgc == sgc
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Problem("supply_group.unknown", "There is no such supply group.", status=404)
    return row
