"""Readings of meters: from tills and devices, many at once, each kept once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from central.models.master import meter, reading
from central.services.bulk import rows_where, upsert_rows

AHEAD_MAX = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value of one register."""

    reading_id: UUID
    meter_id: UUID
    register: str
    value_milli: int
    read_at: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class Source:
    """Who says so: `till` or `device`, its id, and the one meter a device may speak of."""

    kind: str
    id: UUID
    organisation_id: UUID
    only_meter: UUID | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a reading: accepted, duplicate, refused with a code."""

    reading_id: UUID
    result: str
    code: str = ""


def take_readings(
    connection: Connection, source: Source, readings: Sequence[Reading], now: datetime
) -> list[Taken]:
    """Keep readings; what is not right is refused one by one."""
    known_ids = {
        row.id
        for row in rows_where(
            connection, [reading.c.id], reading.c.id, sorted({one.reading_id for one in readings})
        )
    }
    meters = {
        row.id: row
        for row in rows_where(
            connection,
            [meter.c.id, meter.c.drn, meter.c.organisation_id],
            meter.c.id,
            sorted({one.meter_id for one in readings}),
        )
        if row.organisation_id == source.organisation_id
    }
    rows, results = [], []
    for one in readings:
        code = _refusal(one, source, meters, now)
        if code:
            results.append(Taken(one.reading_id, "refused", code))
        elif one.reading_id in known_ids:
            results.append(Taken(one.reading_id, "duplicate"))
        else:
            known_ids.add(one.reading_id)
            rows.append(_row(one, source, meters[one.meter_id].drn))
            results.append(Taken(one.reading_id, "accepted"))
    columns = [column.name for column in reading.c]
    upsert_rows(
        connection,
        reading,
        columns,
        [[row[name] for name in columns] for row in rows],
        key=("id",),
        on_conflict="DO NOTHING",
    )
    return results


def list_readings(
    connection: Connection, organisation: UUID, meter_id: UUID, *, before: UUID | None, limit: int
) -> list[Row[Any]]:
    """Return the readings of a meter, newest first."""
    query = select(reading).where(reading.c.organisation_id == organisation, reading.c.meter_id == meter_id)
    if before is not None:
        query = query.where(reading.c.id < before)
    return list(connection.execute(query.order_by(reading.c.id.desc()).limit(limit)))


def _refusal(one: Reading, source: Source, meters: dict[UUID, Any], now: datetime) -> str:
    if one.meter_id not in meters:
        return "meter.unknown"
    if source.only_meter is not None and one.meter_id != source.only_meter:
        return "device.other_meter"
    return "reading.future" if one.read_at > now + AHEAD_MAX else ""


def _row(one: Reading, source: Source, drn: str) -> dict[str, Any]:
    return {
        "id": one.reading_id,
        "organisation_id": source.organisation_id,
        "meter_id": one.meter_id,
        "drn": drn,
        "register": one.register,
        "value_milli": one.value_milli,
        "read_at": one.read_at,
        "kind": one.kind,
        "source": source.kind,
        "source_id": source.id,
    }
