"""Change numbers: what is published for tills, and how they pull it page by page (docs/formats.md §10).

A number is given under the lock of its resource in the writing transaction, so the order of numbers is the
order of commits: whoever has pulled up to n will never miss a smaller one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from central.db import Database
from central.models.identity import organisation as organisation_table
from central.models.master import feed, feed_head
from central.services.bulk import upsert_rows
from pos.contracts.resources import ROW_MODELS

EVERYBODY = UUID(int=0)
"""The scope of what all tills of an organisation pull."""

MAPPINGS: Mapping[str, str] = dict.fromkeys(ROW_MODELS, "1")
"""The shape of each resource's rows: where it changes, tills pull that resource anew."""

ROWS_MAX = 5000
JUMP = 10**9
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)

_COLUMNS = ("organisation_id", "resource", "id", "scope", "change", "body")


@dataclass(frozen=True, slots=True)
class Change:
    """One row as tills pull it from now on; `body` None: it is gone from this scope."""

    id: str
    body: Mapping[str, Any] | None
    scope: UUID = EVERYBODY


@dataclass(frozen=True, slots=True)
class Page:
    """A page of changes in the order of their numbers: JSON texts of rows, and ids that are gone."""

    rows: list[str]
    deleted: list[str]
    cursor: int
    more: bool


class Feed:
    """Publishes and pages changes of one organisation at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publish(
        self, connection: Connection, organisation: UUID, resource: str, *, changes: Iterable[Change]
    ) -> int:
        """Give each change the next number of its resource; return the last number.

        Only the last change of a row in a scope counts. Takes the resource's lock until the commit.
        """
        latest = {(change.id, change.scope): change for change in changes}
        self.lock(connection, organisation, resource)
        last = self.head(connection, organisation, resource)
        rows = [
            (organisation, resource, one.id, one.scope, last + n, _text(one.body))
            for n, one in enumerate(latest.values(), 1)
        ]
        upsert_rows(
            connection,
            feed,
            _COLUMNS,
            rows,
            key=("organisation_id", "resource", "id", "scope"),
            on_conflict="DO UPDATE SET change = excluded.change, body = excluded.body",
        )
        upsert_rows(
            connection,
            feed_head,
            ("organisation_id", "resource", "change"),
            [(organisation, resource, last + len(rows))],
            key=("organisation_id", "resource"),
            on_conflict="DO UPDATE SET change = excluded.change",
        )
        return last + len(rows)

    def lock(self, connection: Connection, organisation: UUID, resource: str) -> None:
        """Hold the numbers of a resource until the end of the transaction."""
        self._database.take_lock(connection, f"{resource}:{organisation}")

    def head(self, connection: Connection, organisation: UUID, resource: str) -> int:
        """Return the last number given."""
        query = select(feed_head.c.change).where(
            feed_head.c.organisation_id == organisation, feed_head.c.resource == resource
        )
        return connection.execute(query).scalar() or 0

    def knows(self, connection: Connection, organisation: UUID, resource: str, *, change: int) -> bool:
        """Say whether somebody may have pulled up to a number in this database.

        Numbers jump after a restore. One of before is known only while a row of its time has it or a greater
        one: what was given after the back-up and lost is beyond all of them.
        """
        head = self.head(connection, organisation, resource)
        if not change or change // JUMP == head // JUMP:
            return change <= head
        later = select(feed.c.change).where(
            feed.c.organisation_id == organisation,
            feed.c.resource == resource,
            feed.c.change >= change,
            feed.c.change < (change // JUMP + 1) * JUMP,
        )
        return change <= head and connection.execute(later.limit(1)).first() is not None

    def page(
        self,
        connection: Connection,
        organisation: UUID,
        resource: str,
        *,
        scopes: list[UUID],
        after: int,
        limit: int,
    ) -> Page:
        """Return the next changes of some scopes after a number."""
        query = (
            select(feed.c.id, feed.c.change, feed.c.body)
            .where(
                feed.c.organisation_id == organisation,
                feed.c.resource == resource,
                feed.c.change > after,
                feed.c.scope.in_(scopes),
            )
            .order_by(feed.c.change)
            .limit(limit + 1)
        )
        found = connection.execute(query).all()
        page, more = found[:limit], len(found) > limit
        # A row may have left one scope and come into another: only its last word on this page counts.
        latest = {row.id: row.body for row in page}
        return Page(
            [body for body in latest.values() if body is not None],
            [id_ for id_, body in latest.items() if body is None],
            page[-1].change if page else after,
            more,
        )


def _text(body: Mapping[str, Any] | None) -> str | None:
    if body is None:
        return None
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def jump_after_restore(connection: Connection, now: datetime) -> None:
    """Let all numbers go on far above any that tills may have seen and this database has lost.

    Also where this database has none yet: tills may have those that were given first after the back-up. Each
    minute has numbers of its own, so that the same back-up may be restored twice.
    """
    of_now = (now - _EPOCH) // timedelta(minutes=1)
    given = {(row.organisation_id, row.resource): row.change for row in connection.execute(select(feed_head))}
    places = product(connection.execute(select(organisation_table.c.id)).scalars().all(), MAPPINGS)
    upsert_rows(
        connection,
        feed_head,
        ("organisation_id", "resource", "change"),
        [(*place, max(given.get(place, 0) // JUMP + 1, of_now) * JUMP) for place in places],
        key=("organisation_id", "resource"),
        on_conflict="DO UPDATE SET change = excluded.change",
    )
