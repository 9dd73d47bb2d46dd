"""Changes of one meter by a person: made from what was read, and each leaves an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, select

from central.errors import Problem
from central.etags import tag_of
from central.models.master import meter, meter_event
from central.services.master import Master
from central.services.users import stale
from pos.domain.ids import new_id

_NOT_SAID = frozenset({"organisation_id", "pan", "is_dirty", "arrears_minor", "next_change"})


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, and when; `id` None: the command line."""

    organisation_id: UUID
    id: UUID | None
    name: str
    now: datetime


def version_of(row: Row[Any]) -> str:
    """Return the version of a meter: one half changes with its record, the other with its debt."""
    said = {name: value for name, value in row._mapping.items() if name not in _NOT_SAID}
    return f"{tag_of(said)}.{row.arrears_minor}"


def change_record(
    connection: Connection, master: Master, meter_id: UUID, values: Mapping[str, Any], *, wanted: str | None
) -> Sequence[dict[str, Any]]:
    """Change what is said of a meter and return what was changed; its debt may have moved meanwhile.

    `wanted` is the version it was made from, None: whichever there is.

    Raises:
        Problem: `request.stale` 412, `meter.merged` 409; `key_change.announced` 409, it moves already.
    """
    row = held_meter(connection, meter_id)
    if row.next_key is not None and values["sgc"] != row.sgc:
        raise Problem("key_change.announced", "This meter leaves its group already.", status=409)
    if wanted is not None and wanted.partition(".")[0] != version_of(row).partition(".")[0]:
        raise stale(version_of(row))
    changes = [
        {"field": name, "old": _plain(row._mapping[name]), "new": _plain(value)}
        for name, value in values.items()
        if row._mapping[name] != value
    ]
    if changes:
        master.put_meters(connection, row.organisation_id, [{**row._mapping, **values}])
    return changes


def set_arrears(
    connection: Connection,
    master: Master,
    author: Author,
    meter_id: UUID,
    *,
    arrears_minor: int,
    reason: str,
    wanted: str | None,
) -> None:
    """Say what a meter owes, all of it; every till pulls it, and why stands in an event.

    Raises:
        Problem: `request.stale` 412: a sale or somebody else changed it; `meter.merged` 409.
    """
    row = held_meter(connection, meter_id)
    if wanted is not None and wanted != version_of(row):
        raise stale(version_of(row))
    if row.arrears_minor == arrears_minor:
        return
    master.put_meters(connection, row.organisation_id, [{**row._mapping, "arrears_minor": arrears_minor}])
    change = {"field": "arrears_minor", "old": row.arrears_minor, "new": arrears_minor}
    add_event(connection, author, meter_id, kind="arrears", changes=[change], reason=reason)


def add_event(
    connection: Connection,
    author: Author,
    meter_id: UUID,
    *,
    kind: str,
    changes: Sequence[Mapping[str, Any]],
    reason: str = "",
) -> None:
    """Write down what was done to a meter."""
    values = event_values(author, kind=kind, changes=changes, reason=reason)
    connection.execute(insert(meter_event).values(meter_id=meter_id, **values))


def event_values(
    author: Author, *, kind: str, changes: Sequence[Mapping[str, Any]], reason: str
) -> dict[str, Any]:
    """Return what every event has, whatever it happened to."""
    return {
        "id": new_id(author.now),
        "organisation_id": author.organisation_id,
        "at": author.now,
        "kind": kind,
        "changes": list(changes),
        "reason": reason,
        "actor_id": author.id,
        "actor_name": author.name,
    }


def list_events(
    connection: Connection, organisation: UUID, meter_id: UUID, *, after: UUID | None, limit: int
) -> list[Row[Any]]:
    """Return what people did to a meter, the newest first."""
    query = select(meter_event).where(
        meter_event.c.organisation_id == organisation, meter_event.c.meter_id == meter_id
    )
    return newest_events(connection, query, meter_event.c.id, after=after, limit=limit)


def newest_events(
    connection: Connection, query: Select[Any], id_: ColumnElement[Any], *, after: UUID | None, limit: int
) -> list[Row[Any]]:
    """Return the events of a query, the newest first, from after an id."""
    if after is not None:
        query = query.where(id_ < after)
    return list(connection.execute(query.order_by(id_.desc()).limit(limit)))


def held_meter(connection: Connection, meter_id: UUID) -> Row[Any]:
    """Return a meter and hold it: a push that takes its debt waits. Raises Problem `meter.merged` 409."""
    row = connection.execute(select(meter).where(meter.c.id == meter_id).with_for_update()).one()
    if row.merged_into is not None:
        raise Problem("meter.merged", "This meter was merged: change the one that is kept.", status=409)
    return row


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value
