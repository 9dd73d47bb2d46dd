"""What an import does inside one write unit: takes checked rows in, or back (docs/formats.md §12)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Table

from pos.domain.csv_table import RowError
from pos.domain.meter_rows import MeterCells
from pos.models.meter_store import (
    CUSTOMER_COLUMNS,
    KEY_COLUMNS,
    METER_COLUMNS,
    Person,
    add_customers,
    add_meters,
    backward,
    change_row,
    next_keys,
    person_of,
)
from pos.models.meters import customer, meter
from pos.models.search import remove_words

Change = dict[str, list[Any]]
"""By column: the value before and after."""


@dataclass(slots=True)
class Taken:
    """What became of some rows."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[RowError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class KeptMeter:
    """A meter an undo left as it was.

    `reason` is sold, office (it is head office's now), later_import or edited.
    """

    drn: str
    reason: str


def take_rows(
    connection: Connection,
    rows: Sequence[MeterCells],
    at: datetime,
    *,
    import_key: int,
    institution: str | None = None,
) -> Taken:
    """Add or change the meters of some rows as part of an import.

    An empty cell leaves what a known meter has, but for key columns, where it means the group's. A meter that
    stands in the file before is refused, and so is one of another institution where `institution` is given,
    and one that head office gave where a row would change it. The name, phone and address of an erased
    customer stay erased.
    """
    taken = Taken()
    known = _known_meters(connection, rows)
    new: dict[str, MeterCells] = {}
    for cells in rows:
        before = known.get(cells.drn)
        if cells.drn in new or (before is not None and _is_of_import(connection, before, import_key)):
            taken.refused.append(_twice(cells))
        elif before is None:
            new[cells.drn] = cells
        elif institution not in (None, before["institution"]):
            taken.refused.append(_others(cells))
        elif (difference := _difference(before, cells)) == ({}, {}):
            taken.unchanged += 1
        elif before["pull_round"] > 0:
            taken.refused.append(_of_office(cells))
        else:
            change = _change(connection, before, difference, at, import_key)
            _note_change(connection, import_key, before["key"], change)
            taken.changed += 1
    _add(connection, list(new.values()), at, import_key)
    taken.added = len(new)
    return taken


def undo_changes(
    connection: Connection, import_key: int, *, below_key: int, limit: int
) -> tuple[int | None, list[KeptMeter]]:
    """Put back what an import changed in some meters, from the newest down; what was edited since stays.

    Returns the key to go on below, None at the end, and the meters that were not wholly put back.
    """
    rows = connection.exec_driver_sql(
        "SELECT meter_key, changes, drn FROM import_change JOIN meter ON meter.key = meter_key "
        "WHERE import_change.import_key = ? AND meter_key < ? ORDER BY meter_key DESC LIMIT ?",
        (import_key, below_key, limit),
    ).all()
    kept = [
        KeptMeter(drn, "edited")
        for meter_key, changes, drn in rows
        if not _put_back(connection, meter_key, json.loads(changes))
    ]
    return (rows[-1][0] if rows else None), kept


def undo_added(
    connection: Connection, import_key: int, *, below_key: int, limit: int
) -> tuple[int | None, list[KeptMeter]]:
    """Delete some meters an import added, from the newest down; those in use since stay.

    Returns as `undo_changes`.
    """
    rows = connection.exec_driver_sql(_ADDED, (import_key, below_key, limit)).all()
    kept = [KeptMeter(row[1], row[3]) for row in rows if row[3] is not None]
    gone = [row for row in rows if row[3] is None]
    if gone:
        keys = [(row[0],) for row in gone]
        remove_words(connection, (row[0] for row in gone))
        connection.exec_driver_sql("DELETE FROM proposal WHERE meter_key = ?", keys)
        connection.exec_driver_sql("DELETE FROM meter WHERE key = ?", keys)
        people = {row[2] for row in gone if row[2] is not None}
        if people:
            connection.exec_driver_sql(_DELETE_CUSTOMER, [(key, import_key) for key in people])
    return (rows[-1][0] if rows else None), kept


def end_undo(connection: Connection, import_key: int) -> None:
    """Forget what an undone import changed, and delete customers it made whom nobody has any more."""
    connection.exec_driver_sql("DELETE FROM import_change WHERE import_key = ?", (import_key,))
    connection.exec_driver_sql(
        "DELETE FROM customer WHERE import_key = ? AND NOT EXISTS "
        "(SELECT 1 FROM meter WHERE meter.customer_key = customer.key)",
        (import_key,),
    )


# A meter is in use once a sale, a reservation or a token speaks of it.
_ADDED = """
SELECT meter.key, meter.drn, meter.customer_key, CASE
    WHEN EXISTS (SELECT 1 FROM sale_item WHERE sale_item.meter_key = meter.key)
      OR EXISTS (SELECT 1 FROM reservation WHERE reservation.meter_key = meter.key)
      OR EXISTS (SELECT 1 FROM tid_guard WHERE tid_guard.pan = meter.pan) THEN 'sold'
    WHEN meter.pull_round > 0 THEN 'office'
    WHEN EXISTS (SELECT 1 FROM import_change WHERE import_change.meter_key = meter.key) THEN 'later_import'
  END
FROM meter INDEXED BY ix_meter_import
WHERE meter.import_key = ? AND meter.key < ? ORDER BY meter.key DESC LIMIT ?
"""
_DELETE_CUSTOMER = (
    "DELETE FROM customer WHERE key = ? AND import_key = ? "
    "AND NOT EXISTS (SELECT 1 FROM meter WHERE meter.customer_key = customer.key)"
)
_METER_FIELDS = tuple(METER_COLUMNS.values())
_KNOWN = (
    "SELECT meter.key, meter.drn, meter.import_key, meter.customer_key, meter.pull_round, "  # noqa: S608 - our own columns
    "customer.erased_at, "
    + ", ".join(f"meter.{column}" for column in _METER_FIELDS)
    + ", "
    + ", ".join(f"customer.{column}" for column in CUSTOMER_COLUMNS)
    + " FROM json_each(?) AS wanted JOIN meter ON meter.drn = wanted.value "
    "LEFT JOIN customer ON customer.key = meter.customer_key"
)


def _known_meters(connection: Connection, rows: Sequence[MeterCells]) -> dict[str, RowMapping]:
    wanted = json.dumps([cells.drn for cells in rows])
    return {row["drn"]: row for row in connection.exec_driver_sql(_KNOWN, (wanted,)).mappings()}


def _is_of_import(connection: Connection, before: RowMapping, import_key: int) -> bool:
    if before["import_key"] == import_key:
        return True
    return (
        connection.exec_driver_sql(
            "SELECT 1 FROM import_change WHERE import_key = ? AND meter_key = ?", (import_key, before["key"])
        ).first()
        is not None
    )


def _twice(cells: MeterCells) -> RowError:
    return RowError(
        cells.line, "meter_number", "meter.twice", f"Meter {cells.drn} stands in this file before."
    )


def _of_office(cells: MeterCells) -> RowError:
    return RowError(
        cells.line, "meter_number", "meter.from_office", "Head office keeps this meter: change it there."
    )


def _others(cells: MeterCells) -> RowError:
    return RowError(
        cells.line,
        "meter_number",
        "meter.other_institution",
        f"Meter {cells.drn} belongs to another institution.",
    )


def _add(connection: Connection, rows: Sequence[MeterCells], at: datetime, import_key: int) -> None:
    if not rows:
        return
    free = next_keys(connection)
    known = _known_people(connection, rows)
    added: dict[int, Person] = {}
    meters: list[tuple[int, MeterCells, int | None]] = []
    for key, cells in enumerate(rows, free.meter):
        person = person_of(cells)
        owner = known.get(person)
        if owner is None and person != _NOBODY:
            owner = free.customer + len(added)
            added[owner] = person
            if person[0] and person[1]:
                known[person] = owner
        meters.append((key, cells, owner))
    add_customers(connection, added, at, import_key=import_key)
    add_meters(connection, meters, at, import_key=import_key)


_NOBODY: Person = (None, None, None, None)


def _known_people(connection: Connection, rows: Sequence[MeterCells]) -> dict[Person, int]:
    """Find the customers that rows name: the same name, phone, address and area are the same customer."""
    phones = json.dumps([backward(phone) for cells in rows if (phone := cells.text("phone")) is not None])
    found = connection.exec_driver_sql(
        "SELECT customer.name, customer.phone, customer.address, customer.area, customer.key "
        "FROM json_each(?) AS wanted JOIN customer ON customer.phone_reversed = wanted.value "
        "WHERE customer.name IS NOT NULL",
        (phones,),
    )
    return {(row[0], row[1], row[2], row[3]): row[4] for row in found}


def _difference(before: RowMapping, cells: MeterCells) -> tuple[Change, Change]:
    """Return what a row says otherwise than a known meter, and than its customer."""
    change = {
        column: [before[column], cells.values[name]]
        for name, column in METER_COLUMNS.items()
        if name in cells.values
        and (cells.values[name] is not None or name in KEY_COLUMNS)
        and before[column] != cells.values[name]
    }
    person = {
        column: [before[column], value]
        for column in CUSTOMER_COLUMNS
        if (value := cells[column]) is not None and before[column] != value
    }
    return change, {} if before["erased_at"] is not None else person


def _change(
    connection: Connection,
    before: RowMapping,
    difference: tuple[Change, Change],
    at: datetime,
    import_key: int,
) -> dict[str, Any]:
    """Bring a known meter to what its row says; returns what changed."""
    change, person = difference
    if person and not _is_own_customer(connection, before["customer_key"]):
        change["customer_key"] = [
            before["customer_key"],
            _person_key(connection, _merged(before, person), at, import_key),
        ]
        person = {}
    noted: dict[str, Any] = {}
    if change:
        change_row(connection, meter, before["key"], _after(change))
        noted["meter"] = change
    if person:
        change_row(connection, customer, before["customer_key"], _after(person))
        noted |= {"customer": person, "customer_key": before["customer_key"]}
    return noted


def _is_own_customer(connection: Connection, customer_key: int | None) -> bool:
    """Say whether a customer has one meter only, so that a row may correct the customer itself."""
    if customer_key is None:
        return False
    found = connection.exec_driver_sql(
        "SELECT 1 FROM meter WHERE customer_key = ? LIMIT 2", (customer_key,)
    ).all()
    return len(found) == 1


def _merged(before: RowMapping, person: Change) -> Person:
    values = {
        column: person[column][1] if column in person else before[column] for column in CUSTOMER_COLUMNS
    }
    return values["name"], values["phone"], values["address"], values["area"]


def _person_key(connection: Connection, person: Person, at: datetime, import_key: int) -> int:
    if person[0] and person[1]:
        found = connection.exec_driver_sql(
            "SELECT key FROM customer WHERE phone_reversed = ? AND name = ? AND address IS ? AND area IS ?",
            (backward(person[1]), person[0], person[2], person[3]),
        ).first()
        if found is not None:
            return int(found[0])
    key = next_keys(connection).customer
    add_customers(connection, {key: person}, at, import_key=import_key)
    return key


def _after(change: Change) -> dict[str, Any]:
    return {column: values[1] for column, values in change.items()}


def _note_change(connection: Connection, import_key: int, meter_key: int, change: Mapping[str, Any]) -> None:
    connection.exec_driver_sql(
        "INSERT INTO import_change (import_key, meter_key, changes) VALUES (?, ?, ?)",
        (import_key, meter_key, json.dumps(change, ensure_ascii=False)),
    )


def _put_back(connection: Connection, meter_key: int, noted: Mapping[str, Any]) -> bool:
    """Put one meter and its customer back, column by column; False where a column was changed since."""
    is_whole = _put_back_row(connection, meter, meter_key, noted.get("meter", {}))
    if "customer" in noted:
        is_whole &= _put_back_row(connection, customer, noted["customer_key"], noted["customer"])
    return is_whole


def _put_back_row(connection: Connection, table: Table, key: int, change: Change) -> bool:
    now = connection.execute(table.select().where(table.c.key == key)).mappings().one_or_none()
    if now is None:
        return False
    old = {column: before for column, (before, after) in change.items() if now[column] == after}
    change_row(connection, table, key, old)
    return len(old) == len(change)
