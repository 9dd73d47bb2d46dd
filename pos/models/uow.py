"""Units of work: every read is one snapshot, every write that matters one transaction."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from pos.errors import MachineFault
from pos.models.db import WRITES


@dataclass(slots=True)
class WriteUnit:
    """One write transaction: its connection, and what to do once it is durable."""

    connection: Connection
    _after_commit: list[Callable[[], None]] = field(default_factory=list)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` once the transaction is durable; it is dropped on rollback."""
        self._after_commit.append(action)

    def run_after_commit(self) -> None:
        """Run what was asked for, in order."""
        for action in self._after_commit:
            action()


class Units:
    """Opens units of work on one database; objects of the database never leave one."""

    def __init__(self, engine: Engine) -> None:
        self._reading = engine
        # Writers of this process queue here: SQLite's own waiting sleeps up to a tenth of a second at a time,
        # and a sale would miss the pauses that an import leaves for it.
        self._turn = threading.Lock()
        self._writing = engine.execution_options(**{WRITES: True})

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read unit: a stable snapshot, rolled back at the end. Raises MachineFault `disk.*`."""
        with self._translated(), self._reading.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[WriteUnit]:
        """Open a write unit: committed when the block ends normally, rolled back otherwise.

        No network, no printing, no question to a person inside. Raises MachineFault `disk.full`,
        `disk.read_only`, `disk.busy`, `disk.damaged`, `disk.fault`.
        """
        with self._translated():
            with self._turn, self._writing.connect() as connection:
                unit = WriteUnit(connection)
                with connection.begin():
                    yield unit
            unit.run_after_commit()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """As `translated`; on a disk without room SQLite often says only that it failed."""
        try:
            with translated():
                yield
        except MachineFault as fault:
            database = self._reading.url.database
            if fault.code != "disk.fault" or database is None or _has_room(Path(database).parent):
                raise
            raise MachineFault(*_FAULTS[sqlite3.SQLITE_FULL]) from fault

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database as far as readers allow; no writer waits."""
        with translated(), self._reading.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(PASSIVE)")  # type: ignore[union-attr]

    def close(self) -> None:
        """Close every connection; the last one tidies the write-ahead log away."""
        self._reading.dispose()


ROOM_FOR_A_WRITE_BYTES = 1_000_000

_FAULTS = {
    sqlite3.SQLITE_FULL: ("disk.full", "The disk is full: nothing was changed. Make room, then try again."),
    sqlite3.SQLITE_READONLY: ("disk.read_only", "The data folder cannot be written: nothing was changed."),
    sqlite3.SQLITE_BUSY: ("disk.busy", "Another program holds the database: nothing was changed. Try again."),
    sqlite3.SQLITE_CORRUPT: (
        "disk.damaged",
        "The database file is damaged. Stop selling and restore a back-up.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "disk.damaged",
        "The database file is damaged. Stop selling and restore a back-up.",
    ),
    sqlite3.SQLITE_IOERR: ("disk.fault", "The disk failed while reading or writing: nothing was changed."),
    sqlite3.SQLITE_CANTOPEN: ("disk.fault", "The database file cannot be opened."),
}


def _has_room(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free > ROOM_FOR_A_WRITE_BYTES
    except OSError:
        return True


def machine_fault(error: BaseException | None) -> MachineFault | None:
    """Return the fault of the machine behind an error of SQLite; None for a bug."""
    code = getattr(error, "sqlite_errorcode", None)
    fault = _FAULTS.get(code & 0xFF) if isinstance(code, int) else None
    return None if fault is None else MachineFault(*fault)


@contextmanager
def translated() -> Iterator[None]:
    """Turn faults of the machine into MachineFault by SQLite's result code; bugs pass unchanged."""
    try:
        yield
    except (DatabaseError, sqlite3.Error) as error:
        fault = machine_fault(error.orig if isinstance(error, DatabaseError) else error)
        if fault is None:
            raise
        raise fault from error
