"""What a till pulls (docs/formats.md §10): changes of one resource, in order, only what is in its scope."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Table, select

from central.db import Database
from central.errors import Problem
from central.models.master import feed, feed_cursor, meter, supply_group
from central.services.bulk import upsert_rows
from central.services.feed import EVERYBODY, MAPPINGS, ROWS_MAX, Feed, Page
from central.services.former_lines import succession_of
from central.services.key_changes import set_due_starts
from central.services.lanes import lanes_of
from central.services.meter_key_changes import set_due_moves
from central.services.summariser import RESOURCES, Summariser
from central.services.till_sessions import TillPrincipal

_ANNOUNCED: Mapping[str, tuple[Table, Callable[..., None]]] = MappingProxyType(
    {"supply_groups": (supply_group, set_due_starts), "meters": (meter, set_due_moves)}
)
"""What may have a key change announced, and what sets its start once every till has pulled it."""


@dataclass(frozen=True, slots=True)
class PullPlace:
    """Where a till stands and how much it wants."""

    resource: str
    cursor: str
    limit: int


class Pull:
    """Answers pulls."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._feed = Feed(database)
        self._summariser = Summariser(database)

    def page(self, who: TillPrincipal, place: PullPlace, now: datetime) -> bytes:
        """Return the next page as JSON.

        Raises:
            Problem: `sync.resource` 404, `sync.cursor` 410.
        """
        if place.resource not in MAPPINGS:
            raise Problem("sync.resource", f"There is no resource {place.resource[:40]!r}.", status=404)
        if place.resource in RESOURCES:
            self._summariser.publish(who.organisation_id, place.resource)
        with self._database.read() as connection:
            after = self._after(connection, who, place)
            page = self._page(connection, who, place, after)
        if place.resource in _ANNOUNCED:
            self._note(who, place.resource, after, now=now)
        return _page_json(page, MAPPINGS[place.resource])

    def _after(self, connection: Connection, who: TillPrincipal, place: PullPlace) -> int:
        text = place.cursor or "0"
        if text.isascii() and text.isdigit() and len(text) < 19:
            after = int(text)
            if self._feed.knows(connection, who.organisation_id, place.resource, change=after):
                return after
        raise Problem("sync.cursor", "This cursor is not known here: pull the resource anew.", status=410)

    def _page(self, connection: Connection, who: TillPrincipal, place: PullPlace, after: int) -> Page:
        scopes = [EVERYBODY, who.sales_point_id, who.till_id]
        if place.resource == "customer_credits":
            # What the till before it was given and did not use is used here.
            scopes += succession_of(connection, who.till_id)[1:]
        limit = min(max(place.limit, 1), ROWS_MAX)
        page = self._feed.page(
            connection, who.organisation_id, place.resource, scopes=scopes, after=after, limit=limit
        )
        if place.resource == "supply_groups":
            lanes = lanes_of(connection, who.till_id)
            return Page(_with_lanes(page.rows, lanes), page.deleted, page.cursor, page.more)
        if place.resource == "settings":
            return self._nearest(connection, who, page)
        if place.resource == "meter_month":
            own = f'"till":"{who.till_id}"'
            return Page([row for row in page.rows if own not in row], page.deleted, page.cursor, page.more)
        return page

    def _nearest(self, connection: Connection, who: TillPrincipal, page: Page) -> Page:
        """Of each setting that changed, the value nearest to the till: own, sales point's, everybody's."""
        changed = sorted({json.loads(row)["id"] for row in page.rows} | set(page.deleted))
        rank = {EVERYBODY: 0, who.sales_point_id: 1, who.till_id: 2}
        query = select(feed.c.id, feed.c.scope, feed.c.body).where(
            feed.c.organisation_id == who.organisation_id,
            feed.c.resource == "settings",
            feed.c.id.in_(changed),
            feed.c.scope.in_(list(rank)),
            feed.c.body.is_not(None),
        )
        found = sorted(connection.execute(query), key=lambda row: rank[row.scope])
        nearest = {row.id: row.body for row in found}
        gone = [one for one in changed if one not in nearest]
        return Page(list(nearest.values()), gone, page.cursor, page.more)

    def _note(self, who: TillPrincipal, resource: str, after: int, *, now: datetime) -> None:
        """Keep how far a till has come with the groups: an announced key change waits for the last one.

        Meters change with every sale: it is kept only while one of them leaves its group.
        """
        table, set_due = _ANNOUNCED[resource]
        query = select(feed_cursor.c.change).where(
            feed_cursor.c.till_id == who.till_id, feed_cursor.c.resource == resource
        )
        with self._database.read() as connection:
            known = connection.execute(query).scalar()
            is_announced = connection.execute(
                select(table.c.organisation_id)
                .where(table.c.organisation_id == who.organisation_id, table.c.next_change.is_not(None))
                .limit(1)
            ).first()
        if is_announced is None and table is meter:
            return
        if known is not None and after <= known:
            return
        with self._database.write() as connection:
            upsert_rows(
                connection,
                feed_cursor,
                ("till_id", "resource", "change", "pulled_at"),
                [(who.till_id, resource, after, now)],
                key=("till_id", "resource"),
                on_conflict="DO UPDATE SET change = excluded.change, pulled_at = excluded.pulled_at",
            )
        if is_announced is not None:
            set_due(self._database, self._feed, who.organisation_id, now=now)


def _with_lanes(rows: list[str], lanes: dict[str, int]) -> list[str]:
    """Fill in the till's lane; a group where it has none is not its business."""
    filled = []
    for text in rows:
        body: dict[str, Any] = json.loads(text)
        if body["id"] in lanes:
            filled.append(json.dumps(body | {"lane": lanes[body["id"]]}, separators=(",", ":")))
    return filled


def _page_json(page: Page, mapping: str) -> bytes:
    """Write the page; rows are JSON already."""
    deleted = json.dumps(page.deleted, separators=(",", ":"), ensure_ascii=False)
    more = "true" if page.more else "false"
    return (
        f'{{"rows":[{",".join(page.rows)}],"deleted":{deleted},"cursor":"{page.cursor}",'
        f'"more":{more},"mapping":"{mapping}"}}'
    ).encode()
