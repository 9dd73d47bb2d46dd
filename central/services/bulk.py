"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite; and keys looked up in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Json
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Row,
    Select,
    Table,
    any_,
    bindparam,
    make_url,
    select,
)
from sqlalchemy.exc import DBAPIError

from central.models import types

Values = Sequence[Any]

_IN_MAX = 400
"""Values in one list of a query: SQLite and the statement cache like short ones."""


def insert_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Values]) -> None:
    """Insert rows given as values in the order of `columns`; nothing for no rows."""
    if not rows:
        return
    names = tuple(columns)
    if connection.dialect.name == "postgresql":
        _copy(connection, table, names, rows)
    else:
        statement, processors = _sqlite_insert(table, names)
        connection.exec_driver_sql(statement, _processed(rows, processors))


def upsert_rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Values],
    *,
    key: Sequence[str],
    on_conflict: str,
) -> None:
    """Insert rows, and where the key is there do `on_conflict` (`DO NOTHING` or `DO UPDATE SET …`).

    Rows of one call must differ in their key, and come in one order everywhere: no deadlock.
    """
    if not rows:
        return
    names = tuple(columns)
    if connection.dialect.name == "postgresql":
        adapters = _copy_statement(table, names)[1]
        if adapters:
            rows = [_adapted(row, adapters) for row in rows]
        statement = _upsert(table, names, tuple(key), on_conflict, _arrays(table, names))
        with _driver_errors_as_ours():
            _cursor(connection).execute(statement, [list(column) for column in zip(*rows, strict=True)])
    else:
        statement = _upsert(table, names, tuple(key), on_conflict, _marks(names))
        connection.exec_driver_sql(statement, _processed(rows, _processors(table, names)))


def rows_where(
    connection: Connection,
    columns: Sequence[Column[Any]],
    key: Column[Any],
    values: Iterable[Any],
    *,
    more: Sequence[ColumnElement[bool]] = (),
) -> list[Row[Any]]:
    """Return the columns of all rows whose key is among the values, and for which `more` holds.

    Ids may be given as text.
    """
    wanted = list(values)
    if not wanted:
        return []
    if connection.dialect.name == "postgresql":
        # One array is one statement for any number of values: it is compiled and planned once.
        query = _among(tuple(columns), key)
        return list(connection.execute(query.where(*more) if more else query, {"wanted": wanted}).all())
    if isinstance(key.type, types.Id):
        wanted = [UUID(one) if isinstance(one, str) else one for one in wanted]
    found: list[Row[Any]] = []
    for start in range(0, len(wanted), _IN_MAX):
        query = select(*columns).where(key.in_(wanted[start : start + _IN_MAX]), *more)
        found += connection.execute(query).all()
    return found


@cache
def _among(columns: tuple[Column[Any], ...], key: Column[Any]) -> Select[Any]:
    return select(*columns).where(key == any_(bindparam("wanted", type_=ARRAY(key.type))))


def _copy(connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Values]) -> None:
    statement, adapters = _copy_statement(table, names)
    if adapters:
        rows = [_adapted(row, adapters) for row in rows]
    with _driver_errors_as_ours(), _cursor(connection).copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def _driver_errors_as_ours() -> Iterator[None]:
    """Raise what the driver says as SQLAlchemy does: whoever catches must not care how rows are written."""
    try:
        yield
    except psycopg.Error as error:
        raise DBAPIError.instance(None, None, error, psycopg.Error) from error


def _adapted(row: Values, adapters: tuple[int, ...]) -> list[Any]:
    values = list(row)
    for index in adapters:
        values[index] = Json(values[index])
    return values


def _cursor(connection: Connection) -> psycopg.Cursor[Any]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver.cursor()


@cache
def _copy_statement(table: Table, names: tuple[str, ...]) -> tuple[Any, tuple[int, ...]]:
    columns = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, names))
    statement = psycopg.sql.SQL("COPY {} ({}) FROM STDIN").format(psycopg.sql.Identifier(table.name), columns)
    adapters = tuple(n for n, name in enumerate(names) if isinstance(table.c[name].type, types.Json))
    return statement, adapters


@cache
def _sqlite_insert(table: Table, names: tuple[str, ...]) -> tuple[str, tuple[_Processor, ...]]:
    quoted = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    statement = f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})'  # noqa: S608 - names of ours
    return statement, _processors(table, names)


@cache
def _upsert(table: Table, names: tuple[str, ...], key: tuple[str, ...], on_conflict: str, source: str) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    keys = ", ".join(f'"{name}"' for name in key)
    return f'INSERT INTO "{table.name}" ({quoted}) {source} ON CONFLICT ({keys}) {on_conflict}'


@cache
def _arrays(table: Table, names: tuple[str, ...]) -> str:
    """Return a query over one array for each column: one statement for any number of rows."""
    kinds = (table.c[name].type.compile(dialect=_POSTGRES).split(" COLLATE")[0] for name in names)
    return f"SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for kind in kinds)})"  # noqa: S608 - our own types


def _marks(names: tuple[str, ...]) -> str:
    return f"VALUES ({', '.join('?' * len(names))})"


_Processor = tuple[int, Callable[[Any], Any]]
_SQLITE: Dialect = make_url("sqlite://").get_dialect()()
_POSTGRES: Dialect = make_url("postgresql+psycopg://").get_dialect()()


@cache
def _processors(table: Table, names: tuple[str, ...]) -> tuple[_Processor, ...]:
    found = []
    for n, name in enumerate(names):
        processor = table.c[name].type.dialect_impl(_SQLITE).bind_processor(_SQLITE)
        if isinstance(table.c[name].type, types.Id):
            processor = _id_bytes
        if processor is not None:
            found.append((n, processor))
    return tuple(found)


def _id_bytes(value: UUID | str | None) -> bytes | None:
    if isinstance(value, str):
        return bytes.fromhex(value.replace("-", ""))
    return None if value is None else value.bytes


def _processed(rows: Sequence[Values], processors: tuple[_Processor, ...]) -> list[tuple[Any, ...]]:
    result = []
    for row in rows:
        values = list(row)
        for n, process in processors:
            values[n] = process(values[n])
        result.append(tuple(values))
    return result
