"""The server's database: one pooled engine, transactions that read or write, SQLite or PostgreSQL."""

from __future__ import annotations

import math
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from pos.errors import MachineFault, Unavailable

_WRITES = "kilotill_writes"
_BUSY_TIMEOUT_S = 10
_POOL_TIMEOUT_S = 10
_USED_AT = "kilotill_used_at"
_REST_S = 5.0
_READS = ("SELECT", "WITH", "(")


class Database:
    """Gives connections, each in one transaction; nothing else opens the database.

    PostgreSQL runs at READ COMMITTED: what must not happen twice at once names a lock, or rests on a unique
    key. On SQLite writers queue (BEGIN IMMEDIATE) and readers see one snapshot.
    """

    def __init__(self, url: str, *, pool_size: int = 16) -> None:
        parsed = make_url(url)
        self.is_postgres = parsed.get_backend_name() == "postgresql"
        self.url = parsed
        self._engine = _open(url, pool_size=pool_size, is_postgres=self.is_postgres)
        self._writing = self._engine.execution_options(**{_WRITES: True})
        # At READ COMMITTED each statement sees a snapshot of its own anyway, so around single ones BEGIN and
        # ROLLBACK would only be two more ways to the server.
        autocommit = {"isolation_level": "AUTOCOMMIT"} if self.is_postgres else {}
        self._reading = self._engine.execution_options(**autocommit)
        if self.is_postgres:
            event.listen(self._reading, "before_cursor_execute", _refuse_to_write)
        # SQLite's own waiting sleeps between its tries; writers of this process queue in front of it instead.
        self._turn = nullcontext() if self.is_postgres else threading.Lock()

    @property
    def engine(self) -> Engine:
        """The engine, for migrations and tests; work goes through `read` and `write`."""
        return self._engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that only reads; on PostgreSQL each statement sees what is committed by then.

        Raises Unavailable `database.*`.
        """
        with _translated(), self._reading.connect() as connection:
            yield connection

    @contextmanager
    def read_at_length(self) -> Iterator[Connection]:
        """Open a transaction that only reads, for results that are fetched bit by bit (`yield_per`).

        Raises Unavailable `database.*`.
        """
        with _translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, lock: str | None = None) -> Iterator[Connection]:
        """Open a transaction that is committed when its block ends normally.

        `lock`: only one writer at a time holds this name until it commits (SQLite has one writer anyway).
        No network and no slow work inside. Raises Unavailable `database.*`, MachineFault `disk.full`.
        """
        with _translated(), self._turn, self._writing.begin() as connection:
            if lock is not None:
                self.take_lock(connection, lock)
            yield connection

    def take_lock(self, connection: Connection, name: str) -> None:
        """Wait for a name inside a writing transaction and hold it until the end of it."""
        if self.is_postgres:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": lock_number(name)})

    def try_lock(self, connection: Connection, name: str) -> bool:
        """Take a name inside a writing transaction if nobody holds it; say whether that went well."""
        if not self.is_postgres:
            return True
        taken = connection.execute(
            text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": lock_number(name)}
        )
        return bool(taken.scalar_one())

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Hold a name while the block runs, without locking a row; gives False where somebody else has it.

        A SQLite database is one process's own, so there the name is always free.
        """
        if not self.is_postgres:
            yield True
            return
        with _translated(), self._engine.begin() as connection:
            yield self.try_lock(connection, name)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def lock_number(name: str) -> int:
    """Return the number PostgreSQL knows a lock by; equal numbers of two names only make them wait more."""
    return zlib.crc32(name.encode())


def _open(url: str, *, pool_size: int, is_postgres: bool) -> Engine:
    if is_postgres:
        engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_POOL_TIMEOUT_S,
            connect_args={"connect_timeout": 5, "application_name": "kilotill-central"},
        )
        event.listen(engine, "connect", _prepare_postgres)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _look_after_rest)
        return engine
    _make_own(make_url(url).database)
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": _BUSY_TIMEOUT_S, "cached_statements": 256},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_own(path: str | None) -> None:
    """Make a new database file readable by this user only; SQLite makes the files beside it the same."""
    if not path or path == ":memory:" or path.startswith("file:"):
        return
    # What cannot be made here, SQLite says in a moment.
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare_postgres(connection: psycopg.Connection, _entry: ConnectionPoolEntry) -> None:
    """Plan each statement for the values it is asked with.

    One plan for all values of a statement that is asked often took a thousand times as long for some of them:
    how many rows a day or a type has, differs.
    """
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.commit()


def _note_use(_connection: object, entry: ConnectionPoolEntry) -> None:
    entry.info[_USED_AT] = time.monotonic()


def _refuse_to_write(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
    """No transaction stands around a reader's statement that could be rolled back."""
    assert statement.lstrip().startswith(_READS), "a read that writes"


def _look_after_rest(connection: psycopg.Connection, entry: ConnectionPoolEntry, _proxy: object) -> None:
    """See that a connection that rested still stands; asking each time would double the way to the server."""
    if time.monotonic() - entry.info.get(_USED_AT, math.inf) < _REST_S:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.OperationalError as error:
        # The pool throws it away and takes another.
        raise DisconnectionError from error


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # The driver must not begin or commit by itself: it would lose updates and leave half migrations.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_TIMEOUT_S * 1000}",
        "cache_size=-32000",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


# PostgreSQL's classes of errors that pass by themselves: connection, deadlock, resources, shutdown.
_PASSING_CLASSES = ("08", "40", "53", "57")


@contextmanager
def _translated() -> Iterator[None]:
    """Tell faults of the machine from mistakes of ours."""
    try:
        yield
    except DBAPIError as error:
        fault = _fault_of(error)
        if fault is None:
            raise
        raise fault from error
    except PoolTimeoutError as error:
        raise Unavailable("database.busy", "The server has too much to do. Try again in a moment.") from error


def _fault_of(error: DBAPIError) -> Unavailable | MachineFault | None:
    sqlite_code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    state = getattr(error.orig, "sqlstate", None)
    if sqlite_code == sqlite3.SQLITE_FULL or state == "53100":
        return MachineFault("disk.full", "The server's disk is full: nothing was changed.")
    if sqlite_code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Unavailable("database.busy", "The server has too much to do. Try again in a moment.")
    is_passing = state.startswith(_PASSING_CLASSES) if state else isinstance(error, OperationalError)
    if is_passing and not sqlite_code:
        return Unavailable("database.unavailable", "The server's database cannot be reached. Try again.")
    return None
