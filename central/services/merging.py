"""Two ids for one meter: what was taken from its month under either counts for the one that is kept."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, delete, select

from central.models.journal import meter_month
from central.services.bulk import upsert_rows
from central.services.feed import Change, Feed

_MONTH = (
    *("meter_id", "month", "till_id", "organisation_id", "units_milli", "free_milli"),
    *("arrears_taken_minor", "charges", "is_dirty"),
)


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
