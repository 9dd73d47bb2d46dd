"""What head office decides, as a service asks before somebody changes it here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.models.ledger_book import read_head
from pos.models.places import place_of
from pos.models.proposals import customer_record
from pos.models.queries.meters import pages_of_cells


def is_from_office(connection: Connection, resource: str, record_id: str | None = None) -> bool:
    """Return whether head office gave this record, or any of the resource where no id is given."""
    query = "SELECT 1 FROM office_record WHERE resource = ?1 AND (?2 IS NULL OR id = ?2) LIMIT 1"
    return connection.exec_driver_sql(query, (resource, record_id)).first() is not None


def is_meter_of_office(connection: Connection, meter_key: int) -> bool:
    """Return whether a meter's record is head office's; a change here is then a proposal too."""
    found: int = connection.exec_driver_sql(
        "SELECT pull_round FROM meter WHERE key = ?", (meter_key,)
    ).scalar_one()
    return found > 0


def group_waited_for(connection: Connection, drn: str) -> str | None:
    """Return the supply group that a meter of head office waits for here, None where no such meter waits."""
    query = (
        "SELECT json_extract(body, '$.sgc') FROM office_record WHERE resource = 'meters' "
        # Few wait, but they may be a whole register: what is no match is not parsed.
        "AND instr(body, ?1) AND json_extract(body, '$.drn') = ?1 "
        "AND json_extract(body, '$.merged_into') IS NULL LIMIT 1"
    )
    found: str | None = connection.exec_driver_sql(query, (drn,)).scalar()
    return found


REGISTER = "_register"
"""Under this name `office_record` keeps how far this till's own register was proposed; no resource has it."""


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A meter or customer that head office does not know: its key here, and the record as it is proposed."""

    key: int
    record: JsonObject


@dataclass(frozen=True, slots=True)
class OwnPage:
    """Some rows, and where the next page begins."""

    rows: tuple[OwnRow, ...]
    mark: str


def is_pulled(connection: Connection, resource: str) -> bool:
    """Return whether all there was of a resource has come: what it did not name is not known there."""
    query = "SELECT is_whole FROM pull_cursor WHERE resource = ?"
    return bool(connection.exec_driver_sql(query, (resource,)).scalar())


def register_mark(connection: Connection, resource: str) -> str:
    """Return up to where this till's own rows of a resource were proposed, empty before the first."""
    query = "SELECT body FROM office_record WHERE resource = ? AND id = ?"
    return connection.exec_driver_sql(query, (REGISTER, resource)).scalar() or ""


def keep_register_mark(connection: Connection, resource: str, mark: str) -> None:
    """Take note of up to where rows were proposed."""
    connection.exec_driver_sql(
        "INSERT INTO office_record (resource, id, body, round) VALUES (?, ?, ?, 0) "
        "ON CONFLICT (resource, id) DO UPDATE SET body = excluded.body",
        (REGISTER, resource, mark),
    )


def own_meters(connection: Connection, mark: str, *, limit: int) -> OwnPage:
    """Return the next imported meters that head office does not know and that were never proposed.

    By import and key: keys of meters that an undone import took away are given again, those of imports not.
    """
    batch, key = (int(part) for part in (mark or "0/0").split("/"))
    batches = connection.exec_driver_sql(_BATCHES, (batch,)).all()
    for number, state in batches:
        key = key if number == batch else 0
        keys = connection.exec_driver_sql(_OWN_METERS, (number, key, limit)).scalars().all()
        if keys:
            rows = tuple(OwnRow(one, _meter_record(connection, one)) for one in keys)
            return OwnPage(rows, f"{number}/{keys[-1]}")
        if number == batches[-1][0] and state == "running":
            return OwnPage((), f"{number}/{key}")
    return OwnPage((), f"{batches[-1][0] + 1}/0" if batches else f"{batch}/{key}")


def own_customers(connection: Connection, mark: str, *, limit: int) -> OwnPage:
    """Return the next customers without a meter whom head office does not know, not by their phone either.

    One with a meter goes with it.
    """
    keys = connection.exec_driver_sql(_OWN_CUSTOMERS, (int(mark or 0), limit)).scalars().all()
    last = connection.exec_driver_sql("SELECT coalesce(max(key), 0) FROM customer").scalar_one()
    rows = tuple(OwnRow(one, customer_record(connection, one)) for one in keys)
    return OwnPage(rows, str(keys[-1] if keys else last))


def _meter_record(connection: Connection, key: int) -> JsonObject:
    """Return a meter as it is proposed; its debt as it was before the sales head office takes off it."""
    cells = next(iter(pages_of_cells(connection, after_key=key - 1, limit=1)))[0]
    ids: Any = connection.exec_driver_sql(_IDS, (key,)).one()
    record: JsonObject = {name: value for name, value in cells.items() if value is not None}
    record["meter_id"] = str(UUID(bytes=ids[0]))
    record["arrears"] = int(cells["arrears"]) + _arrears_told(connection, key)
    if ids[1] is not None:
        record["customer_id"] = str(UUID(bytes=ids[1]))
    return record


def _arrears_told(connection: Connection, meter_key: int) -> int:
    """Return what was taken of a meter's debt in the books that head office gets."""
    numbers = [read_head(connection).number]
    numbers += connection.exec_driver_sql("SELECT book_number FROM replaced_book").scalars()
    taken = 0
    for number in numbers:
        bounds = (place_of(number, 0), place_of(number + 1, 0))
        taken += connection.exec_driver_sql(_ARREARS, (meter_key, *bounds)).scalar_one()
    return taken


_BATCHES = "SELECT key, state FROM import_batch WHERE key >= ? ORDER BY key"
_OWN_METERS = """
SELECT key FROM meter WHERE import_key = ? AND key > ? AND pull_round = 0 AND merged_into IS NULL
  AND NOT EXISTS (SELECT 1 FROM proposal WHERE proposal.meter_key = meter.key) ORDER BY key LIMIT ?
"""
_IDS = (
    "SELECT meter.id, customer.id FROM meter LEFT JOIN customer ON customer.key = customer_key "
    "WHERE meter.key = ?"
)
_OWN_CUSTOMERS = """
SELECT key FROM customer AS own WHERE key > ? AND pull_round = 0 AND erased_at IS NULL
  AND (name IS NOT NULL OR phone IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM meter WHERE customer_key = own.key)
  AND NOT EXISTS (SELECT 1 FROM proposal WHERE proposal.customer_key = own.key)
  AND NOT EXISTS (SELECT 1 FROM customer AS other WHERE other.phone_reversed = own.phone_reversed
    AND other.pull_round > 0)
ORDER BY key LIMIT ?
"""
_ARREARS = """
SELECT coalesce(sum(sale_line.amount_minor), 0) FROM sale_item
  JOIN sale_line ON sale_line.sale_place = sale_item.sale_place AND sale_line.item_n = sale_item.n
  JOIN sale ON sale.place = sale_item.sale_place
WHERE meter_key = ? AND sale_line.kind = 'arrears' AND sale.delivered_place BETWEEN ? AND ?
"""
