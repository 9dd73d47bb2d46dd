"""Copies of a till's database: taken while it sells, and checked before anybody relies on them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pos.errors import MachineFault
from pos.models.uow import translated

PAGES_PER_STEP = 256
PAUSE_S = 0.005
"""Between two steps the disk belongs to the counter."""


class CopyStopped(Exception):  # noqa: N818 - somebody asked for it
    """The copy was given up because `goes_on` said no."""


def copy_database(
    source: Path, target: Path, *, pause_s: float = PAUSE_S, goes_on: Callable[[], bool] = lambda: True
) -> None:
    """Copy a database, which may be in use, to a new file that needs no other beside it.

    The copy is one moment of the database: whoever writes meanwhile neither waits nor starts it anew.
    Raises MachineFault `disk.*`; CopyStopped once `goes_on` says no.
    """
    target.unlink(missing_ok=True)
    with opened(source) as reading, opened(target) as writing:
        # A snapshot of our own. Without it every sale during the copy would make SQLite begin again.
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        reading.backup(writing, pages=PAGES_PER_STEP, progress=_stop_when(goes_on), sleep=pause_s)
        writing.execute("PRAGMA journal_mode = DELETE")


def check_database(path: Path) -> None:
    """Look at every page, index and reference of a database that nobody has open.

    Raises MachineFault `disk.damaged`, `disk.*`.
    """
    with opened(path) as connection:
        answers = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
        astray = connection.execute("PRAGMA foreign_key_check").fetchone()
    if answers != ["ok"]:
        raise MachineFault("disk.damaged", f"{path.name} is damaged: {answers[0]}.")
    if astray is not None:
        raise MachineFault(
            "disk.damaged", f"{path.name} is damaged: a row of {astray[0]} belongs to nothing."
        )


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database by itself, without our engine, and close it. Raises MachineFault `disk.*`."""
    with translated():
        connection = sqlite3.connect(path, timeout=10, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()


def _stop_when(goes_on: Callable[[], bool]) -> Callable[[int, int, int], None]:
    def look(_status: int, _remaining: int, _total: int) -> None:
        if not goes_on():
            raise CopyStopped

    return look
