"""Projected rows into the live database, with statements prepared once per shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table

from pos.models.stored import stored

Row = Mapping[str, Any]


class LiveSink:
    """Writes rows through one write unit's connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, table: Table, rows: list[Row]) -> None:
        """Insert rows of one shape."""
        if not rows:
            return
        statement = _insert(table.name, tuple(rows[0]))
        self._connection.exec_driver_sql(statement, [_values(row.values()) for row in rows])

    def change(self, table: Table, key: Row, values: Row) -> None:
        """Set columns of the row with this key."""
        statement = _update(table.name, tuple(values), tuple(key))
        self._connection.exec_driver_sql(statement, _values([*values.values(), *key.values()]))

    def increase(self, table: Table, key: Row, amounts: Row, values: Row | None = None) -> None:
        """Add amounts to the row with this key, and set values, making the row where there is none."""
        given = values or {}
        statement = _upsert(table.name, tuple(key), tuple(amounts), tuple(given))
        self._connection.exec_driver_sql(
            statement, _values([*key.values(), *amounts.values(), *given.values()])
        )

    def count(self, table: Table, key: Row, amounts: Row) -> None:
        """Add amounts to the existing row with this key."""
        statement = _addition(table.name, tuple(amounts), tuple(key))
        self._connection.exec_driver_sql(statement, _values([*amounts.values(), *key.values()]))

    def raise_to(self, table: Table, key: Row, values: Row) -> None:
        """Set each column to the larger of its value and the given one, making the row if need be."""
        statement = _raise(table.name, tuple(key), tuple(values))
        self._connection.exec_driver_sql(statement, _values([*key.values(), *values.values()]))

    def post(self, account: str, amount_minor: int) -> int:
        """Add to an account's balance, making it where there is none; return its key."""
        key: int = self._connection.exec_driver_sql(
            "INSERT INTO account (name, balance_minor) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET "
            "balance_minor = balance_minor + excluded.balance_minor RETURNING key",
            (account, amount_minor),
        ).scalar_one()
        return key


def _values(values: Iterable[object]) -> tuple[object, ...]:
    return tuple(stored(value) for value in values)


# Names come from our own tables, never from outside: no value is ever put into the text of a statement.
@cache
def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our own names


@cache
def _update(table: str, columns: tuple[str, ...], key: tuple[str, ...]) -> str:
    settings = ", ".join(f"{column} = ?" for column in columns)
    return f"UPDATE {table} SET {settings} WHERE {' AND '.join(f'{column} = ?' for column in key)}"  # noqa: S608 - our own names


@cache
def _addition(table: str, columns: tuple[str, ...], key: tuple[str, ...]) -> str:
    settings = ", ".join(f"{column} = {column} + ?" for column in columns)
    return f"UPDATE {table} SET {settings} WHERE {' AND '.join(f'{column} = ?' for column in key)}"  # noqa: S608 - our own names


@cache
def _raise(table: str, key: tuple[str, ...], values: tuple[str, ...]) -> str:
    settings = ", ".join(f"{column} = max({column}, excluded.{column})" for column in values)
    return f"{_insert(table, key + values)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {settings}"


@cache
def _upsert(table: str, key: tuple[str, ...], amounts: tuple[str, ...], values: tuple[str, ...]) -> str:
    settings = [f"{column} = {column} + excluded.{column}" for column in amounts]
    settings += [f"{column} = excluded.{column}" for column in values]
    insert = _insert(table, key + amounts + values)
    return f"{insert} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(settings)}"
