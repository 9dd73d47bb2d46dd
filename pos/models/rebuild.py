"""Projections written in bulk: what `verify` compares the tables with, and what fills a bench's book quickly.

The same projector as a sale's, with another sink and other look-ups: rows that never change again are written
in batches; rows that add up or change stay in memory until `finish`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite

from pos.models.book_facts import MissingFactError, monthly_charges, tax_ppm
from pos.models.money import account, posting, total_line, total_tender
from pos.models.sales import (
    carry,
    case,
    envelope,
    issue,
    meter_month,
    payment,
    sale,
    sale_item,
    sale_line,
    tid_guard,
    token,
)
from pos.models.shifts import cash_movement, shift
from pos.models.stored import bytes_of, milliseconds_of, stored
from pos.models.types import Id, Instant

Row = Mapping[str, Any]
Body = Mapping[str, Any]
Key = tuple[Any, ...]

BATCH_ROWS = 5_000
SEEN_SLOTS = 1 << 24
"""Most sales are new: a mark per hash, 16 MB, answers that without asking the database."""

PARTS_HELD = 50_000
"""Of so many sales the payments are kept at hand; the others are read again."""

STREAMED = (sale_item, sale_line, token, posting, cash_movement)
"""Tables whose rows are written once and never touched again."""

CHANGING = (sale, payment)
"""Tables with too many rows to hold whose rows may change at any time."""

HELD = (account, shift, case, issue, carry, tid_guard, meter_month, total_line, total_tender, envelope)
"""Tables whose rows change or add up: small enough to stay in memory until the end."""

PROJECTIONS = (*CHANGING, *STREAMED, *HELD)
"""Every table that follows from the journal."""

ENVELOPE_COLUMNS = ("sequence", "taken_place", "used_money_minor", "used_units_milli")
"""The columns of `envelope` that follow from the journal; the rest came with the envelope."""

BESIDE_THE_JOURNAL = {("sale", "request_sha"), ("sale", "asked_drn"), ("meter_month", "pull_round")}
"""Columns of projections that no line tells."""

# By these columns the projector finds a row it changes.
_KEYS = {"shift": "place", "case_record": "id", "issue": "id", "envelope": "sequence"}


def projected_columns(table: Table) -> tuple[str, ...]:
    """Return the columns of a projection that follow from the journal, in the table's order."""
    if table is envelope:
        return ENVELOPE_COLUMNS
    names = (column.name for column in table.columns)
    return tuple(name for name in names if (table.name, name) not in BESIDE_THE_JOURNAL)


def create_rebuilt_tables(connection: sqlite3.Connection, schema: str) -> None:
    """Create every projection in the attached database `schema`, without the indexes nobody asks for here."""
    for table in PROJECTIONS:
        connection.execute(_table_statement(table, schema))
    connection.execute(f"CREATE INDEX {schema}.ix_rebuilt_sale_id ON sale (id)")


class RebuildSink:
    """Takes projected rows; complete in the database only after `finish`."""

    def __init__(self, connection: sqlite3.Connection, schema: str) -> None:
        """Write to the tables of `schema` through a connection whose transaction the caller owns."""
        self._connection = connection
        self._schema = schema
        self._batches: dict[str, tuple[Key, list[Key]]] = {}
        self._batched = 0
        self._sales: dict[int, dict[str, Any]] = {}
        self._sale_places: dict[UUID, int] = {}
        self._parts: dict[Key, dict[str, Any]] = {}
        self._held: dict[str, dict[Any, dict[str, Any]]] = {table.name: {} for table in HELD}
        self._accounts = self._held["account"]
        self._seen = bytearray(SEEN_SLOTS)
        self._asked: UUID | None = None
        self._answer: tuple[int, str] | None = None

    def add(self, table: Table, rows: list[Row]) -> None:
        """Insert rows of one shape."""
        name = table.name
        if name in self._held:
            for row in rows:
                self._held[name][row[_KEYS[name]]] = dict(row)
        elif table is sale:
            for row in rows:
                self._sales[row["place"]] = dict(row)
                self._sale_places[row["id"]] = row["place"]
                self._seen[hash(row["id"]) % SEEN_SLOTS] = 1
        elif table is payment and "reference" in rows[0]:
            # Cash that was taken with its sale never changes, and is streamed.
            for row in rows:
                self._parts[row["sale_place"], row["n"]] = dict(row)
        elif rows:
            # The projector gives all rows of a table the same columns.
            found = self._batches.get(name)
            if found is None:
                found = self._batches[name] = tuple(rows[0]), []
            found[1].extend([tuple(row.values()) for row in rows])
        self._batched += len(rows)
        if self._batched > BATCH_ROWS:
            self.flush()

    def change(self, table: Table, key: Row, values: Row) -> None:
        """Set columns of the row with this key."""
        if table is sale:
            self._change_sale(key, values)
            return
        if table is payment:
            self._change_part(key, values)
            return
        (found,) = key.values()
        rows = self._held[table.name]
        if table is envelope and found not in rows:
            # The row came with the envelope; the line only says that it is the one in force.
            rows[found] = {**key, "used_money_minor": 0, "used_units_milli": 0}
        if found in rows:
            rows[found].update(values)

    def increase(self, table: Table, key: Row, amounts: Row, values: Row | None = None) -> None:
        """Add amounts to the row with this key, and set values, making the row where there is none."""
        rows = self._held[table.name]
        place = tuple(key.values())
        row = rows.get(place)
        if row is None:
            rows[place] = {**key, **amounts, **(values or {})}
            return
        for column, amount in amounts.items():
            row[column] += amount
        if values:
            row.update(values)

    def count(self, table: Table, key: Row, amounts: Row) -> None:
        """Add amounts to the existing row with this key."""
        (found,) = key.values()
        if table is sale:
            row = self._sale_at(found)
            self._change_sale(key, {name: row[name] + amount for name, amount in amounts.items()})
            return
        row = self._held[table.name][found]
        for column, amount in amounts.items():
            row[column] += amount

    def raise_to(self, table: Table, key: Row, values: Row) -> None:
        """Set each column to the larger of its value and the given one, making the row if need be."""
        row = self._held[table.name].setdefault(tuple(key.values()), {**key, **values})
        for column, value in values.items():
            row[column] = max(row[column], value)

    def post(self, account_name: str, amount_minor: int) -> int:
        """Add to an account's balance, making it where there is none; return its key."""
        row = self._accounts.get(account_name)
        if row is None:
            # As SQLite numbers them: an account is never deleted.
            key = len(self._accounts) + 1
            self._accounts[account_name] = {"key": key, "name": account_name, "balance_minor": amount_minor}
            return key
        row["balance_minor"] += amount_minor
        number: int = row["key"]
        return number

    def balance_minor(self, account_name: str) -> int:
        """Return an account's balance so far."""
        row = self._accounts.get(account_name)
        return 0 if row is None else int(row["balance_minor"])

    def sale_row(self, sale_id: UUID) -> tuple[int, str] | None:
        """Return place and state of a sale that an earlier line spoke of."""
        place = self._sale_places.get(sale_id)
        if place is not None:
            return place, self._sales[place]["state"]
        if not self._seen[hash(sale_id) % SEEN_SLOTS]:
            return None
        # Ledger and projector ask about the same sale, one after the other.
        if sale_id != self._asked:
            self._asked = sale_id
            self._answer = self._connection.execute(
                f"SELECT place, state FROM {self._schema}.sale WHERE id = ?",  # noqa: S608 - our own name
                (sale_id.bytes,),
            ).fetchone()
        return self._answer

    def tender_of(self, payment_id: UUID) -> str | None:
        """Return the tender of an earlier payment; slow, and asked only for a refund."""
        self.flush()
        found = self._connection.execute(
            f"SELECT tender FROM {self._schema}.payment WHERE id = ?",  # noqa: S608 - our own schema name
            (payment_id.bytes,),
        ).fetchone()
        return None if found is None else str(found[0])

    def payments_of(self, sale_place: int) -> dict[UUID, tuple[int, str]]:
        """Return number and state of the payments of a sale so far; slow, and asked only for late news."""
        self.flush()
        rows = self._connection.execute(
            f"SELECT id, n, state FROM {self._schema}.payment WHERE sale_place = ?",  # noqa: S608 - our own name
            (sale_place,),
        )
        return {UUID(bytes=row[0]): (int(row[1]), str(row[2])) for row in rows}

    def held(self, table: Table, key: Key) -> Row | None:
        """Return a row that stays in memory."""
        return self._held[table.name].get(key)

    def shifts(self) -> Iterable[Row]:
        """Return the shifts so far."""
        return self._held["shift"].values()

    def flush(self) -> None:
        """Write what is batched."""
        for name, (columns, rows) in self._batches.items():
            self._write(name, columns, rows)
        if self._sales:
            first = next(iter(self._sales.values()))
            self._write("sale", tuple(first), [tuple(row.values()) for row in self._sales.values()])
        if self._parts:
            first = next(iter(self._parts.values()))
            self._write("payment", tuple(first), [tuple(row.values()) for row in self._parts.values()])
            self._parts.clear()
        self._batches.clear()
        self._sales.clear()
        self._sale_places.clear()
        self._batched = 0

    def finish(self) -> None:
        """Write everything that was kept in memory; the sink takes nothing after it."""
        self.flush()
        for table in HELD:
            columns = projected_columns(table)
            rows = [tuple(row.get(column) for column in columns) for row in self._held[table.name].values()]
            self._write(table.name, columns, rows)

    def _change_sale(self, key: Row, values: Row) -> None:
        self._asked = None
        ((column, found),) = key.items()
        place = self._sale_places.get(found) if column == "id" else found
        row = self._sales.get(place) if place is not None else None
        if row is not None:
            row.update(values)
            return
        settings = ", ".join(f"{name} = ?" for name in values)
        statement = f"UPDATE {self._schema}.sale SET {settings} WHERE {column} = ?"  # noqa: S608 - our own names
        self._connection.execute(statement, [stored(value) for value in (*values.values(), found)])

    def _sale_at(self, place: int) -> Mapping[str, Any]:
        row = self._sales.get(place)
        if row is not None:
            return row
        found = self._connection.execute(
            f"SELECT money_minor FROM {self._schema}.sale WHERE place = ?",  # noqa: S608 - our own name
            (place,),
        ).fetchone()
        return {"money_minor": found[0]}

    def _change_part(self, key: Row, values: Row) -> None:
        row = self._parts.get((key["sale_place"], key["n"]))
        if row is not None:
            row.update(values)
            return
        # The row may be among those that are streamed: cash of a sale whose token came later.
        self.flush()
        settings = ", ".join(f"{name} = ?" for name in values)
        statement = f"UPDATE {self._schema}.payment SET {settings} WHERE sale_place = ? AND n = ?"  # noqa: S608 - our own names
        self._connection.execute(statement, [stored(value) for value in (*values.values(), *key.values())])

    def _write(self, name: str, columns: Key, rows: list[Key]) -> None:
        statement = (
            f"INSERT INTO {self._schema}.{name} ({', '.join(columns)}) "  # noqa: S608 - our own names
            f"VALUES ({', '.join('?' * len(columns))})"
        )
        self._connection.executemany(statement, _stored_rows(name, columns, rows))


class RebuildFacts:
    """Look-ups in memory, filled from the live database as the lines ask."""

    def __init__(self, connection: sqlite3.Connection, sink: RebuildSink) -> None:
        """Look up in the `main` database of the connection, and in what the sink has so far."""
        self._connection = connection
        self._sink = sink
        self._operators = self._keys("SELECT id, key FROM main.operator")
        self._tariff_keys = self._keys("SELECT id, key FROM main.tariff")
        self._tariffs: dict[str, Body] = {}
        self._meters: dict[str, int] = {}
        self._suppliers = dict(connection.execute("SELECT sgc, supplier FROM main.supply_group").fetchall())
        self._commissions = connection.execute(
            "SELECT supplier, valid_from, ppm FROM main.commission_rule "
            "ORDER BY valid_from DESC, version DESC"
        ).fetchall()
        self._shifts: dict[UUID, int] = {}
        self._envelope: int | None = None
        self._instant_ms = 0
        self._cases = 0
        self._payments: dict[int, dict[UUID, tuple[int, str]]] = {}

    def at(self, instant: datetime) -> RebuildFacts:
        """Return the same facts, with versioned rules as they stood at `instant`."""
        self._instant_ms = milliseconds_of(instant)
        return self

    def operator_key(self, operator: UUID) -> int:
        """Return the key of an operator."""
        key = self._operators.get(operator)
        return int(_needed(key, "operator", operator))

    def meter_key(self, meter_id: str) -> int:
        """Return the key of a meter."""
        key = self._meters.get(meter_id)
        if key is None:
            row = self._connection.execute(
                "SELECT key FROM main.meter WHERE id = ?1 "
                "UNION ALL SELECT meter_key FROM main.meter_alias WHERE id = ?1",
                (bytes_of(meter_id),),
            ).fetchone()
            key = self._meters[meter_id] = _needed(row and row[0], "meter", meter_id)
        return key

    def tariff_key(self, tariff_id: str) -> int:
        """Return the key of a tariff version."""
        return int(_needed(self._tariff_keys.get(_id_of(tariff_id)), "tariff", tariff_id))

    def shift_place(self, shift_id: UUID) -> int:
        """Return where a shift was opened."""
        return int(_needed(self._shifts.get(shift_id), "shift", shift_id))

    def sale_place(self, sale_id: str) -> int | None:
        """Return where a sale began, None if no line speaks of it yet."""
        row = self._sink.sale_row(_id_of(sale_id))
        return None if row is None else row[0]

    def is_paid(self, sale_id: str) -> bool:
        """Return whether earlier lines took the sale's money."""
        row = self._sink.sale_row(_id_of(sale_id))
        return row is not None and row[1] in ("paid", "awaiting_payment")

    def own_charges(self, meter_key: int, month: str) -> set[str]:
        """Return the charge codes this till took from a meter in a month so far."""
        row = self._sink.held(meter_month, (meter_key, month, ""))
        return set() if row is None or not row["charges"] else set(str(row["charges"]).split("\n"))

    def monthly_charges(self, item: Body) -> set[str]:
        """Return the codes of an item's charge lines that its tariff takes once a month."""
        return monthly_charges(item, self._tariff(item))

    def next_case_number(self) -> int:
        """Return the number of the next case."""
        self._cases += 1
        return self._cases

    def envelope_sequence(self) -> int | None:
        """Return the sequence of the envelope in force, None before the first."""
        return self._envelope

    def envelope_begun(self, sequence: int) -> None:
        """Take note that an envelope came into force."""
        self._envelope = sequence if self._envelope is None else max(self._envelope, sequence)

    def sale_begun(self, sale_id: str, place: int, state: str) -> None:  # noqa: ARG002 - the protocol's form
        """Take note of a sale whose payments have lines of their own; the sink knows the sale itself."""
        if state == "awaiting_payment":
            self._payments[place] = {}

    def shift_begun(self, shift_id: UUID, place: int) -> None:
        """Take note of a shift's place."""
        self._shifts[shift_id] = place

    def charges_taken(self, meter_key: int, month: str, charges: set[str]) -> None:
        """Nothing to note: the sink knows the month."""

    def supplier_of(self, item: Body) -> str:
        """Return the code of the supplier whose product an item sells."""
        sgc = item["meter"]["sgc"]
        return str(_needed(self._suppliers.get(sgc), "supply group", sgc))

    def commission_ppm(self, supplier: str) -> int:
        """Return the commission share in force at the line's instant."""
        for code, valid_from, ppm in self._commissions:
            if code == supplier and valid_from <= self._instant_ms:
                return int(ppm)
        return 0

    def tax_ppm(self, item: Body, tax_code: str) -> int:
        """Return the rate of a tax code in the item's tariff."""
        return tax_ppm(self._tariff(item), tax_code)

    def balance_minor(self, account_name: str) -> int:
        """Return an account's balance before the line."""
        return self._sink.balance_minor(account_name)

    def tender_of(self, payment_id: str) -> str:
        """Return the tender of an earlier payment."""
        return str(self._sink.tender_of(UUID(payment_id)))

    def payment_n(self, sale_place: int, payment_id: str) -> int:
        """Return the number of a payment among those of its sale: its own, or the next for a new one."""
        known = self._payments_of(sale_place)
        found = known.get(_id_of(payment_id))
        return len(known) + 1 if found is None else found[0]

    def payment_noted(self, sale_place: int, payment_id: str, state: str) -> None:
        """Take note of a payment's state."""
        known = self._payments_of(sale_place)
        known[_id_of(payment_id)] = (self.payment_n(sale_place, payment_id), state)

    def is_more_due(self, sale_place: int, payment_id: str) -> bool:
        """Return whether another payment of the sale than this one was paid and is not given back yet."""
        this = _id_of(payment_id)
        others = (state for key, (_, state) in self._payments_of(sale_place).items() if key != this)
        return any(state in ("succeeded", "refund_pending") for state in others)

    def _payments_of(self, sale_place: int) -> dict[UUID, tuple[int, str]]:
        """Keep what is known of the sales that were spoken of last: a sale's lines stand close together."""
        if len(self._payments) > PARTS_HELD:
            self._payments.clear()
        known = self._payments.get(sale_place)
        if known is None:
            known = self._payments[sale_place] = self._sink.payments_of(sale_place)
        return known

    def _tariff(self, item: Body) -> Body:
        tariff_id = item["basis"]["tariff_id"]
        tariff = self._tariffs.get(tariff_id)
        if tariff is None:
            row = self._connection.execute(
                "SELECT body FROM main.tariff WHERE id = ?", (bytes_of(tariff_id),)
            ).fetchone()
            tariff = self._tariffs[tariff_id] = json.loads(_needed(row and row[0], "tariff", tariff_id))
        return tariff

    def _keys(self, query: str) -> dict[UUID, int]:
        return {UUID(bytes=identity): key for identity, key in self._connection.execute(query)}


def _needed(found: Any, what: str, which: object) -> Any:
    if found is None:
        raise MissingFactError(f"{what} {which}")
    return found


@lru_cache(maxsize=1024)
def _id_of(text: str) -> UUID:
    return UUID(text)


def _stored_rows(name: str, columns: Key, rows: list[Key]) -> Iterable[Key]:
    """Give rows as SQLite keeps them."""
    rich = [n for n, column in enumerate(columns) if column in _RICH[name]]
    if not rich:
        yield from rows
        return
    for row in rows:
        values = list(row)
        for n in rich:
            values[n] = stored(values[n])
        yield tuple(values)


_RICH = {
    table.name: {column.name for column in table.columns if isinstance(column.type, Id | Instant)}
    for table in PROJECTIONS
}
"""Ids and instants by table: they are stored in another form than they are handed in."""

_DIALECT = sqlite.dialect()


def _table_statement(table: Table, schema: str) -> str:
    columns = [table.columns[name] for name in projected_columns(table)]
    keys = [column.name for column in table.primary_key]
    shapes = [f"{column.name} {column.type.compile(dialect=_DIALECT)}" for column in columns]
    statement = f"CREATE TABLE {schema}.{table.name} ({', '.join(shapes)}, PRIMARY KEY ({', '.join(keys)}))"
    return statement + (" WITHOUT ROWID" if table.dialect_options["sqlite"]["with_rowid"] is False else "")
