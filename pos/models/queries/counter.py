"""What the counter shows beside a sale: recent meters, the last token, how the till is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.journal import parse_instant
from pos.models.queries.selling import read_line_at
from pos.models.stored import instant_of


@dataclass(frozen=True, slots=True)
class RecentMeter:
    """A meter that was sold to lately, with its latest sale; `at` is when that was delivered."""

    sale_id: UUID
    place: int
    drn: str
    name: str | None
    area: str | None
    money_minor: int
    at: datetime
    arrears_minor: int
    status: str


# More sales than meters are read: one meter may have bought several times.
_RECENT_READ = 60

# A sale paid by phone may be delivered long after it began. Of the others the place is the delivery's.
_RECENT = """
SELECT sale.id, sale.place, meter.drn, customer.name, customer.area, sale.money_minor, sale.at,
  meter.arrears_minor, meter.status, sale.delivered_place
FROM (SELECT place FROM (SELECT place FROM sale NOT INDEXED WHERE delivered_place IS NOT NULL
   ORDER BY place DESC LIMIT ?1)
  UNION SELECT place FROM (SELECT place FROM sale INDEXED BY ix_sale_delivered_later
   WHERE delivered_place > place ORDER BY delivered_place DESC LIMIT ?1)) AS latest
CROSS JOIN sale ON sale.place = latest.place
JOIN sale_item ON sale_item.sale_place = sale.place AND sale_item.n = 1
JOIN meter ON meter.key = sale_item.meter_key LEFT JOIN customer ON customer.key = meter.customer_key
ORDER BY sale.delivered_place DESC LIMIT ?1
"""


def recent_meters(connection: Connection, *, limit: int) -> list[RecentMeter]:
    """Return the meters this till delivered to last, the latest first, each once."""
    rows: Any = connection.exec_driver_sql(_RECENT, (_RECENT_READ,)).all()
    found: dict[str, RecentMeter] = {}
    for row in rows:
        if row[2] not in found and len(found) < limit:
            found[row[2]] = RecentMeter(
                UUID(bytes=row[0]),
                place=row[1],
                drn=row[2],
                name=row[3],
                area=row[4],
                money_minor=row[5],
                at=delivered_at(connection, row[1], row[9], begun_at=instant_of(row[6])),
                arrears_minor=row[7],
                status=row[8],
            )
    return list(found.values())


def delivered_at(
    connection: Connection, place: int, delivered_place: int | None, *, begun_at: datetime
) -> datetime:
    """Return when a sale was delivered, by its line; of one that was not, when it began."""
    if delivered_place is None or delivered_place == place:
        return begun_at
    return parse_instant(json.loads(read_line_at(connection, delivered_place))["at"])


@dataclass(frozen=True, slots=True)
class PaperState:
    """The newest paper of a place: its job's state and when it ended."""

    state: str
    finished_at: datetime | None
    copies: int


def paper_state(connection: Connection, place: int) -> PaperState | None:
    """Return how the paper of a journal place stands, None where none was queued."""
    row: Any = connection.exec_driver_sql(
        "SELECT state, finished_at, copy FROM print_job WHERE place = ? ORDER BY key DESC LIMIT 1", (place,)
    ).one_or_none()
    if row is None:
        return None
    return PaperState(row[0], None if row[1] is None else instant_of(row[1]), row[2])


# Of what was delivered at once the place is the delivery's: only what came later than it began can be newer.
_LATEST = """
WITH begun AS MATERIALIZED (
  SELECT id, place, delivered_place FROM sale {source} delivered_place IS NOT NULL
  ORDER BY place DESC LIMIT 1)
SELECT id FROM (
  SELECT id, delivered_place FROM begun
  UNION ALL
  SELECT id, delivered_place FROM (SELECT id, delivered_place FROM sale INDEXED BY ix_sale_delivered_later
    WHERE delivered_place > place AND delivered_place > (SELECT place FROM begun) {own}
    ORDER BY delivered_place DESC LIMIT 1)
) ORDER BY delivered_place DESC LIMIT 1
"""
_LATEST_OF_ALL = _LATEST.format(source="NOT INDEXED WHERE", own="")
_LATEST_OWN = _LATEST.format(
    source="INDEXED BY ix_sale_operator WHERE operator_key = ?1 AND", own="AND operator_key = ?1"
)


def latest_sale(connection: Connection, *, operator_key: int | None = None) -> UUID | None:
    """Return the sale that was delivered last, of one cashier where a key is given."""
    found = (
        connection.exec_driver_sql(_LATEST_OF_ALL)
        if operator_key is None
        else connection.exec_driver_sql(_LATEST_OWN, (operator_key,))
    ).scalar()
    return None if found is None else UUID(bytes=found)


def count_own_sales(connection: Connection, shift_place: int, operator_key: int) -> int:
    """Count what a person sold in the open shift."""
    return int(
        connection.exec_driver_sql(
            "SELECT count(*) FROM sale INDEXED BY ix_sale_operator WHERE operator_key = ? AND place > ? "
            "AND delivered_place IS NOT NULL",
            (operator_key, shift_place),
        ).scalar_one()
    )


def has_unfinished(connection: Connection, *, with_drafts: bool) -> bool:
    """Say whether anything waits for a person: money, tokens, papers.

    With drafts also what goes on by itself or was only typed: payments that are asked about, drafts.
    """
    return bool(
        connection.exec_driver_sql(
            "SELECT EXISTS (SELECT 1 FROM sale INDEXED BY ix_sale_not_delivered WHERE "
            "(state IN ('paid', 'refund_due') OR (?1 AND state = 'awaiting_payment')) "
            "AND state <> 'delivered') "
            "OR EXISTS (SELECT 1 FROM sale INDEXED BY ix_sale_not_handed_over "
            "WHERE state = 'delivered' AND is_handed_over = 0) "
            "OR EXISTS (SELECT 1 FROM issue INDEXED BY ix_issue_not_handed_over WHERE is_handed_over = 0) "
            "OR (?1 AND EXISTS (SELECT 1 FROM draft))",
            (with_drafts,),
        ).scalar_one()
    )


@dataclass(frozen=True, slots=True)
class PrintQueue:
    """What the spool holds: jobs that wait, jobs nobody knows of, the code of the last refusal."""

    waiting: int
    unknown: int
    error: str


def print_queue(connection: Connection) -> PrintQueue:
    """Return how the spool stands."""
    row: Any = connection.exec_driver_sql(
        "SELECT count(*) FILTER (WHERE state IN ('waiting', 'sending')), "
        "count(*) FILTER (WHERE state = 'unknown'), "
        "coalesce((SELECT error FROM print_job INDEXED BY ix_print_job_open WHERE state <> 'printed' "
        "AND state = 'waiting' AND error IS NOT NULL ORDER BY key DESC LIMIT 1), '') "
        "FROM print_job INDEXED BY ix_print_job_open WHERE state <> 'printed'"
    ).one()
    return PrintQueue(*row)


def count_drafts(connection: Connection) -> int:
    """Count the sales on hold."""
    return int(connection.exec_driver_sql("SELECT count(*) FROM draft").scalar_one())


def month_units(connection: Connection, meter_key: int) -> list[tuple[str, int]]:
    """Return what a meter bought by month (YYYY-MM, 0.001 units), the newest 13 months, oldest first."""
    rows = connection.exec_driver_sql(
        "SELECT month, sum(units_milli) FROM meter_month WHERE meter_key = ? GROUP BY month "
        "ORDER BY month DESC LIMIT 13",
        (meter_key,),
    )
    return sorted((row[0], row[1]) for row in rows)


def newest_kick_at(connection: Connection) -> datetime | None:
    """Return when the drawer was last told to open, None if it never was."""
    found: int | None = connection.exec_driver_sql(
        "SELECT finished_at FROM print_job WHERE key > (SELECT coalesce(max(key), 0) - 20 FROM print_job) "
        "AND opens_drawer = 1 AND finished_at IS NOT NULL ORDER BY key DESC LIMIT 1"
    ).scalar()
    return None if found is None else instant_of(found)
