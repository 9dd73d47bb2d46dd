"""Projections under verify: every column of every row beside the rebuilt one, and the ledgers added up."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import Table

from pos.models.money import account
from pos.models.rebuild import PROJECTIONS, projected_columns
from pos.models.sales import envelope, meter_month
from pos.services.verify_findings import Finding, shown

# Of these tables only some rows follow from the journal.
_OWN_ROWS = {
    meter_month.name: "till = ''",
    envelope.name: "(taken_place IS NOT NULL OR used_money_minor <> 0 OR used_units_milli <> 0)",
}


def compare_tables(
    connection: sqlite3.Connection, rebuilt: str, checked: dict[str, int]
) -> Iterator[Finding]:
    """Compare every projection with its rebuilt copy in schema `rebuilt`; give the first difference of each.

    Counts the rows of each table into `checked`.
    """
    for table in PROJECTIONS:
        comparison = _Comparison(connection, table, rebuilt)
        checked[table.name] = comparison.count("main")
        finding = comparison.first_difference(checked[table.name])
        if finding is not None:
            yield finding


class _Comparison:
    """One table beside its rebuilt copy. Names come from our own tables, never from outside."""

    def __init__(self, connection: sqlite3.Connection, table: Table, rebuilt: str) -> None:
        self._connection = connection
        self._table = table
        self._rebuilt = rebuilt
        self._columns = projected_columns(table)
        self._keys = tuple(column.name for column in table.primary_key)
        self._own = _OWN_ROWS.get(table.name, "1")

    def count(self, schema: str) -> int:
        """Return the number of rows that follow from the journal."""
        query = f"SELECT count(*) FROM {schema}.{self._table.name} WHERE {self._own}"  # noqa: S608 - our own names
        return int(self._connection.execute(query).fetchone()[0])

    def first_difference(self, live_rows: int) -> Finding | None:
        """Return the first row that is changed, missing or too many, None if there is none."""
        changed = self._first("main", self._rebuilt, differs=True)
        if changed is not None:
            return self._changed(changed)
        if live_rows == self.count(self._rebuilt):
            return None
        missing = self._first(self._rebuilt, "main", differs=False)
        assert missing is not None
        key = self._key_text(missing)
        return Finding(
            "verify.row_missing",
            f"The row {key} of {self._table.name} is missing: the journal tells of it.",
            self._table.name,
            key,
        )

    def _first(self, left: str, right: str, *, differs: bool) -> tuple[Any, ...] | None:
        """Return the first row of `left` that `right` lacks or, if asked for, has otherwise."""
        name, columns, keys = self._table.name, self._columns, self._keys
        conditions = [f"r.{keys[0]} IS NULL"]
        if differs:
            conditions += [f"l.{column} IS NOT r.{column}" for column in columns if column not in keys]
        query = (
            f"SELECT {', '.join(f'l.{column}' for column in columns)}, "  # noqa: S608 - our own names
            f"{', '.join(f'r.{column}' for column in columns)} "
            f"FROM (SELECT * FROM {left}.{name} NOT INDEXED WHERE {self._own}) AS l "
            f"LEFT JOIN {right}.{name} AS r ON {' AND '.join(f'r.{key} = l.{key}' for key in keys)} "
            f"WHERE {' OR '.join(conditions)} "
            f"ORDER BY {', '.join(f'l.{key}' for key in keys)} LIMIT 1"
        )
        row: tuple[Any, ...] | None = self._connection.execute(query).fetchone()
        return row

    def _changed(self, row: tuple[Any, ...]) -> Finding:
        name, width = self._table.name, len(self._columns)
        found, expected = row[:width], row[width:]
        key = self._key_text(row)
        if all(value is None for value in expected):
            return Finding(
                "verify.row_extra",
                f"The row {key} of {name} should not be there: no line of the journal tells of it.",
                name,
                key,
            )
        column, wanted, got = next(
            one for one in zip(self._columns, expected, found, strict=True) if one[1] != one[2]
        )
        return Finding(
            "verify.row_changed",
            f"In the row {key} of {name} {column} is {shown(got) or 'empty'}; "
            f"the journal says {shown(wanted) or 'empty'}.",
            name,
            key,
            column,
            shown(wanted),
            shown(got),
        )

    def _key_text(self, row: tuple[Any, ...]) -> str:
        values = dict(zip(self._columns, row, strict=False))
        return ", ".join(f"{key}={shown(values[key])}" for key in self._keys)


def check_laws(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Re-add the ledgers, the carry and the references of the live tables."""
    yield from _unbalanced_event(connection)
    yield from _wrong_account(connection)
    yield from _double_tid(connection)
    yield from _wrong_carry(connection)
    yield from _unpaid_delivery(connection)
    yield from _broken_reference(connection)
    yield from _damaged_tariff(connection)


def _damaged_tariff(connection: sqlite3.Connection) -> Iterator[Finding]:
    """A tariff is no projection, but every price names its hash: the text must still have it."""
    rows = connection.execute("SELECT key, code, version, body, sha256 FROM main.tariff ORDER BY key")
    for key, code, version, body, stored in rows:
        found = sha256(str(body).encode()).digest()
        if found != stored:
            yield Finding(
                "verify.tariff",
                f"Tariff {code} version {version} is not the text whose hash the sales name.",
                "tariff",
                f"key={key}",
                "body",
                bytes(stored).hex(),
                found.hex(),
            )
            return


def _unbalanced_event(connection: sqlite3.Connection) -> Iterator[Finding]:
    row = connection.execute(
        "SELECT place, sum(amount_minor) FROM main.posting "
        "GROUP BY place HAVING sum(amount_minor) <> 0 LIMIT 1"
    ).fetchone()
    if row is not None:
        yield Finding(
            "verify.unbalanced",
            f"The postings of the event at place {row[0]} do not add up to 0 but to {row[1]}.",
            "posting",
            f"place={row[0]}",
            "amount_minor",
            "0",
            str(row[1]),
        )


def _wrong_account(connection: sqlite3.Connection) -> Iterator[Finding]:
    sums = dict(
        connection.execute("SELECT account_key, sum(amount_minor) FROM main.posting GROUP BY account_key")
    )
    for key, name, balance_minor in connection.execute("SELECT key, name, balance_minor FROM main.account"):
        if sums.get(key, 0) != balance_minor:
            yield Finding(
                "verify.account",
                f"The balance of account {name} is not the sum of its postings.",
                account.name,
                f"key={key}",
                "balance_minor",
                str(sums.get(key, 0)),
                str(balance_minor),
            )
            return


def _double_tid(connection: sqlite3.Connection) -> Iterator[Finding]:
    row = connection.execute(
        "SELECT pan, base_date, tid, max(place) FROM main.token WHERE tid IS NOT NULL "
        "GROUP BY pan, base_date, tid HAVING count(*) > 1 ORDER BY max(place) LIMIT 1"
    ).fetchone()
    if row is not None:
        yield Finding(
            "verify.double_tid",
            f"Two tokens of meter {row[0]:018d} have the TID {row[2]}: the meter takes only one of them.",
            "token",
            f"place={row[3]}",
            "tid",
            found=str(row[2]),
        )


def _wrong_carry(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Σ units + free = Σ tokens + Σ carry, over all sales and free issues (docs/formats.md §7.6)."""
    units_milli, tokens_milli, carried_milli = connection.execute(
        "SELECT (SELECT coalesce(sum(units_milli + free_milli), 0) FROM main.sale_item "
        "WHERE item_kind = 'token'), "
        "(SELECT coalesce(sum(tenths), 0) * 100 FROM main.token WHERE cause = 'sale'), "
        "(SELECT coalesce(sum(carry_out_milli - carry_in_milli), 0) FROM main.sale_item "
        "WHERE item_kind = 'token')"
    ).fetchone()
    if units_milli != tokens_milli + carried_milli:
        yield Finding(
            "verify.carry",
            "What was sold is not what was issued and carried.",
            "sale_item",
            column="units_milli",
            expected=str(tokens_milli + carried_milli),
            found=str(units_milli),
        )


def _unpaid_delivery(connection: sqlite3.Connection) -> Iterator[Finding]:
    """What was delivered was paid: its payments, without those that failed, are its money.

    Only sales with a payment that is not cash can differ: cash stands in the line of the delivery itself.
    """
    row = connection.execute(
        "SELECT sale.place, money_minor, (SELECT coalesce(sum(amount_minor), 0) FROM main.payment AS part "
        "WHERE part.sale_place = sale.place AND part.state IN ('succeeded', 'reversed')) AS paid_minor "
        "FROM (SELECT DISTINCT sale_place FROM main.payment INDEXED BY ix_payment_tender "
        "WHERE tender <> 'cash') JOIN main.sale ON sale.place = sale_place "
        "WHERE sale.state = 'delivered' AND paid_minor <> money_minor LIMIT 1"
    ).fetchone()
    if row is not None:
        yield Finding(
            "verify.unpaid",
            f"The sale at place {row[0]} was delivered, and its payments are not its money.",
            "sale",
            f"place={row[0]}",
            "money_minor",
            str(row[2]),
            str(row[1]),
        )


def _broken_reference(connection: sqlite3.Connection) -> Iterator[Finding]:
    row = connection.execute("PRAGMA main.foreign_key_check").fetchone()
    if row is not None:
        yield Finding(
            "verify.reference",
            f"A row of {row[0]} refers to a row of {row[2]} that is not there.",
            str(row[0]),
            f"rowid={row[1]}",
        )
