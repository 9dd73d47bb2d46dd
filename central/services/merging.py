"""Two ids for one meter: the duplicate points to the one that is kept, and its months count there."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, delete, select, text, update

from central.db import Database
from central.errors import Problem
from central.models.journal import meter_month
from central.models.master import meter
from central.services.bulk import upsert_rows
from central.services.feed import Change, Feed
from central.services.master import Master

_MONTH = (
    *("meter_id", "month", "till_id", "organisation_id", "units_milli", "free_milli"),
    *("arrears_taken_minor", "charges", "is_dirty"),
)


def merge_meters(
    connection: Connection,
    database: Database,
    feed: Feed,
    organisation: UUID,
    *,
    duplicate: UUID,
    kept: UUID,
) -> None:
    """Let one meter stand for another with the same number.

    Raises:
        Problem: `meter.unknown` 404; `meter.merge` 409: different numbers, or merged already.
    """
    rows = {
        row.id: row
        for row in connection.execute(
            select(meter).where(meter.c.organisation_id == organisation, meter.c.id.in_([duplicate, kept]))
        )
    }
    if len(rows) < 2:
        raise Problem("meter.unknown", "There is no such meter, or it is merged with itself.", status=404)
    if rows[kept].merged_into is not None or rows[duplicate].merged_into is not None:
        raise Problem("meter.merge", "One of the two is merged already.", status=409)
    if rows[kept].pan != rows[duplicate].pan:
        raise Problem("meter.merge", "Only meters of one number are the same meter.", status=409)
    if database.is_postgres:
        # Booking holds the number of each meter it sells to.
        connection.execute(text("SELECT pg_advisory_xact_lock(:pan)"), {"pan": rows[kept].pan})
    connection.execute(update(meter).where(meter.c.id == duplicate).values(merged_into=kept))
    move_months(connection, feed, organisation, duplicate=duplicate, kept=kept)
    Master(feed).publish_meters(connection, organisation, [duplicate, kept])


def move_months(
    connection: Connection, feed: Feed, organisation: UUID, *, duplicate: UUID, kept: UUID
) -> None:
    """Add what was taken under one id to the months of another."""
    rows = connection.execute(select(meter_month).where(meter_month.c.meter_id.in_([duplicate, kept]))).all()
    known = {(row.month, row.till_id): row for row in rows if row.meter_id == kept}
    moved = []
    for row in rows:
        if row.meter_id == kept:
            continue
        same = known.get((row.month, row.till_id))
        charges = {*_codes(row.charges), *(_codes(same.charges) if same is not None else ())}
        moved.append(
            (
                *(kept, row.month, row.till_id, organisation),
                row.units_milli + (same.units_milli if same is not None else 0),
                row.free_milli + (same.free_milli if same is not None else 0),
                row.arrears_taken_minor + (same.arrears_taken_minor if same is not None else 0),
                *("\n".join(sorted(charges)), True),
            )
        )
    upsert_rows(
        connection,
        meter_month,
        _MONTH,
        moved,
        key=("meter_id", "month", "till_id"),
        on_conflict="DO UPDATE SET units_milli = excluded.units_milli, free_milli = excluded.free_milli, "
        "arrears_taken_minor = excluded.arrears_taken_minor, charges = excluded.charges, is_dirty = true",
    )
    connection.execute(delete(meter_month).where(meter_month.c.meter_id == duplicate))
    gone = [
        Change(f"{duplicate}/{row.month}/{row.till_id}", None) for row in rows if row.meter_id == duplicate
    ]
    if gone:
        feed.publish(connection, organisation, "meter_month", changes=gone)


def _codes(charges: str) -> list[str]:
    return charges.split("\n") if charges else []
