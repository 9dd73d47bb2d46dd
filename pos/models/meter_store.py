"""Writes meters and customers, one or many: rows, backward digits and the search index together."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, update

from pos.domain.meter_rows import MeterCells
from pos.domain.names import fold
from pos.models.meters import customer, meter
from pos.models.search import add_words, change_words
from pos.models.stored import milliseconds_of

METER_COLUMNS: Mapping[str, str] = {
    "tariff_code": "tariff_code",
    "supply_group": "sgc",
    "tariff_index": "ti",
    "key_revision": "krn",
    "key_type": "kt",
    "algorithm": "algorithm",
    "key_method": "key_method",
    "base_date": "base_date",
    "service": "service",
    "status": "status",
    "arrears": "arrears_minor",
    "account_number": "account_number",
    "institution": "institution",
    "site": "site",
    "building": "building",
    "department": "department",
    "note": "note",
}
"""Which column of `meter` holds which column of a file (docs/formats.md §12)."""

KEY_COLUMNS = frozenset({"tariff_index", "key_revision", "key_type", "algorithm", "key_method", "base_date"})
"""Columns whose empty cell says something: the group's."""

CUSTOMER_COLUMNS = ("name", "phone", "address", "area")

Person = tuple[str | None, str | None, str | None, str | None]
"""Name, phone (E.164), address, area."""


@dataclass(frozen=True, slots=True)
class NextKeys:
    """The keys the next meter and the next customer get in this write unit."""

    meter: int
    customer: int


def next_keys(connection: Connection) -> NextKeys:
    """Return the next free keys."""
    row = connection.exec_driver_sql(
        "SELECT (SELECT coalesce(max(key), 0) + 1 FROM meter), "
        "(SELECT coalesce(max(key), 0) + 1 FROM customer)"
    ).one()
    return NextKeys(*row)


def new_ids(at: datetime, count: int) -> list[bytes]:
    """Make many ids of version 7 for facts at `at`, as SQLite keeps them; `pos.system.ids` makes one."""
    start, noise = milliseconds_of(at).to_bytes(6, "big"), secrets.token_bytes(10 * count)
    return [
        start
        + bytes((noise[i] & 0x0F | 0x70, noise[i + 1], noise[i + 2] & 0x3F | 0x80))
        + noise[i + 3 : i + 10]
        for i in range(0, 10 * count, 10)
    ]


def backward(digits: str | None) -> str | None:
    """Give the digits of a number from the last to the first."""
    return None if digits is None else digits.lstrip("+")[::-1]


def person_of(cells: MeterCells) -> Person:
    """Give the customer's part of a row."""
    return cells.text("name"), cells.text("phone"), cells.text("address"), cells.text("area")


def add_customers(
    connection: Connection, people: Mapping[int, Person], at: datetime, *, import_key: int | None
) -> None:
    """Insert customers by key."""
    if people:
        ids = new_ids(at, len(people))
        connection.exec_driver_sql(
            _INSERT_CUSTOMER,
            [
                (key, one_id, *person, backward(person[1]), import_key)
                for one_id, (key, person) in zip(ids, people.items(), strict=True)
            ],
        )


def add_meters(
    connection: Connection,
    rows: Iterable[tuple[int, MeterCells, int | None]],
    at: datetime,
    *,
    import_key: int | None,
) -> None:
    """Insert meters with their search words: key, checked cells, key of the customer (already there)."""
    rows = list(rows)
    if not rows:
        return
    ids = new_ids(at, len(rows))
    connection.exec_driver_sql(
        _INSERT_METER,
        [
            _meter_row(key, one_id, cells, customer_key, import_key)
            for one_id, (key, cells, customer_key) in zip(ids, rows, strict=True)
        ],
    )
    add_words(connection, [(key, fold(str(cells["name"] or ""))) for key, cells, _ in rows])


def change_row(connection: Connection, table: Table, key: int, values: Mapping[str, Any]) -> None:
    """Set columns of the meter or customer with this key; the backward phone and the search words follow."""
    values = dict(values)
    if "phone" in values:
        values["phone_reversed"] = backward(values["phone"])
    if values:
        connection.execute(update(table).where(table.c.key == key).values(values))
    if table is customer and "name" in values:
        refresh_words(connection, "meter.customer_key = ?", key)
    elif table is meter and "customer_key" in values:
        refresh_words(connection, "meter.key = ?", key)


def refresh_words(connection: Connection, condition: str, key: int) -> None:
    """Index the names of some meters anew."""
    found = connection.exec_driver_sql(
        "SELECT meter.key, coalesce(customer.name, '') FROM meter "  # noqa: S608 - one of two conditions above
        f"LEFT JOIN customer ON customer.key = meter.customer_key WHERE {condition}",
        (key,),
    )
    change_words(connection, [(row[0], fold(row[1])) for row in found.all()])


def _meter_row(
    key: int, one_id: bytes, cells: MeterCells, customer_key: int | None, import_key: int | None
) -> tuple[Any, ...]:
    get = cells.values.get
    return (
        key,
        one_id,
        cells.drn,
        cells.drn[::-1],
        cells.pan,
        get("service") or 0,
        customer_key,
        get("tariff_code"),
        get("supply_group"),
        get("tariff_index"),
        get("key_revision"),
        get("key_type"),
        get("algorithm"),
        get("key_method"),
        get("base_date"),
        get("status") or "active",
        get("arrears") or 0,
        get("account_number"),
        get("institution"),
        get("site"),
        get("building"),
        get("department"),
        get("note"),
        import_key,
    )


def _insert(table: Table, columns: str) -> str:
    """Give the INSERT of some columns in order, for tuples: a mapping a row costs a third of the time."""
    names = columns.split()
    assert all(name in table.c for name in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - our own names


_INSERT_CUSTOMER = _insert(customer, "key id name phone address area phone_reversed import_key")
_INSERT_METER = _insert(
    meter,
    "key id drn drn_reversed pan service customer_key tariff_code sgc ti krn kt algorithm key_method "
    "base_date status arrears_minor account_number institution site building department note import_key",
)
