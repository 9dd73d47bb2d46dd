"""The one place where what pushes changed gets its change numbers: month figures and debts of meters.

A push only marks rows; numbers are given here under the resource's lock, by whoever pulls next or by the job.
Rows that a push holds at this moment are left for the next time.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, Table, and_, or_, select, update

from central.db import Database
from central.models.journal import meter_month
from central.models.master import meter
from central.services.feed import Change, Feed
from central.services.master_rows import meter_body, meter_month_body

BATCH_MAX = 2_000
RESOURCES = ("meters", "meter_month")
_TABLES = {"meters": meter, "meter_month": meter_month}


class Summariser:
    """Publishes what pushes have marked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._feed = Feed(database)

    def publish(self, organisation: UUID, resource: str) -> None:
        """Publish all marked rows of a resource, some at a time."""
        while self._is_marked(organisation, resource):
            with self._database.write() as connection:
                self._feed.lock(connection, organisation, resource)
                published = self._publish_some(connection, organisation, resource)
            if not published:
                return

    def _is_marked(self, organisation: UUID, resource: str) -> bool:
        table = _TABLES[resource]
        query = select(table.c.organisation_id).where(
            table.c.organisation_id == organisation, table.c.is_dirty
        )
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).one_or_none() is not None

    def _publish_some(self, connection: Connection, organisation: UUID, resource: str) -> int:
        table = _TABLES[resource]
        rows = connection.execute(
            select(table)
            .where(table.c.organisation_id == organisation, table.c.is_dirty)
            .order_by(*table.primary_key.columns)
            .limit(BATCH_MAX)
            .with_for_update(skip_locked=True)
        ).all()
        if not rows:
            return 0
        if resource == "meters":
            changes = [Change(str(row.id), meter_body(row)) for row in rows]
        else:
            bodies = map(meter_month_body, rows)
            changes = [Change(body["id"], body) for body in bodies]
        _clean(
            connection, table, [tuple(row._mapping[one.name] for one in table.primary_key) for row in rows]
        )
        self._feed.publish(connection, organisation, resource, changes=changes)
        return len(rows)


def _clean(connection: Connection, table: Table, keys: list[tuple[object, ...]]) -> None:
    columns = list(table.primary_key.columns)
    for start in range(0, len(keys), 100):
        wanted = or_(
            *(
                and_(*(column == value for column, value in zip(columns, key, strict=True)))
                for key in keys[start : start + 100]
            )
        )
        connection.execute(update(table).where(wanted).values(is_dirty=False))
