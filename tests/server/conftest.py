"""The server on SQLite and on PostgreSQL: a test that asks for `server` runs on both."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import URL

from central.db import Database
from central.history import upgrade
from tests.server.postgres import database_of_worker, empty
from tests.server.rig import Server, make_server, make_template, new_sqlite, settings_of


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("central") / "template.sqlite"
    make_template(path)
    return path


@pytest.fixture(scope="session")
def postgres_url(testrun_uid: str, worker_id: str) -> Iterator[URL]:
    """An upgraded database of this test process."""
    with database_of_worker(testrun_uid, worker_id) as url:
        with closing(Database(url.render_as_string(hide_password=False))) as database:
            upgrade(database)
        yield url


@pytest.fixture
def postgres_database_url(postgres_url: URL) -> str:
    """The same, emptied."""
    url = postgres_url.render_as_string(hide_password=False)
    with closing(Database(url)) as database, database.write() as connection:
        empty(connection)
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of the newest version, on both."""
    if request.param == "sqlite":
        return new_sqlite(request.getfixturevalue("sqlite_template"), tmp_path)
    return str(request.getfixturevalue("postgres_database_url"))


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    """The real application with no organisation in it yet."""
    made = make_server(settings_of(database_url, tmp_path))
    with made.client:
        yield made
    made.database.close()
