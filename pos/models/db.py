"""Opens the till's SQLite file the one safe way (SQLAlchemy's page on SQLite transactions)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

WRITES = "kilotill_writes"
"""Execution option of a connection whose transaction will write."""

BUSY_TIMEOUT_MS = 10_000
PAGE_SIZE = 4096

SQLITE_MEMORY_BYTES = 64 * 1024 * 1024
"""What the page caches of all connections of the process may take together."""


def open_engine(path: Path) -> Engine:
    """Return the engine of a till database: WAL, FULL synchronous, foreign keys, our own BEGIN.

    A transaction begins with BEGIN IMMEDIATE when the connection carries the option `WRITES`, else with
    BEGIN: two writers then queue instead of losing one's update, and readers keep a stable snapshot.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=8,
        # The one used last comes first: its cache is of the present file. In turn, each has one, and all old.
        pool_use_lifo=True,
        connect_args={
            "check_same_thread": False,
            "timeout": BUSY_TIMEOUT_MS / 1000,
            "cached_statements": 256,
        },
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # The driver must not begin or commit by itself (measured: lost updates, half migrations).
    connection.isolation_level = None
    for pragma in (
        f"page_size={PAGE_SIZE}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        # Checkpoints run when the till is idle, not on a sale's commit; this is only the emergency brake.
        "wal_autocheckpoint=20000",
        "cache_size=-32000",
        # Each connection has a cache of its own: without this eight of them keep eight times as much.
        f"soft_heap_limit={SQLITE_MEMORY_BYTES}",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
