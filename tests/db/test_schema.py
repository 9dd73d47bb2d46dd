import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.config import Config
from sqlalchemy import create_engine

import pos.models.migrations
from pos.errors import KilotillError
from pos.models.base import Base
from pos.models.database_copy import check_database
from pos.models.history import newest_version
from pos.models.schema import (
    NEWEST,
    declare_all_tables,
    open_till_database,
    read_till_database,
    upgrade_private,
)
from pos.models.search import create_search
from pos.services.verify import verify
from tests.db.make_fixture import FIXTURES

STEP = """
import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down_revision!r}

def upgrade() -> None:
    op.create_table({table!r}, sa.Column("id", sa.Integer, primary_key=True))
    {then}
"""


def history(folder: Path, *tables: str, then: str = "pass") -> Config:
    """A history with one step a table; `then` is done at the end of the last one."""
    (folder / "versions").mkdir(parents=True)
    shutil.copy(Path(pos.models.migrations.__file__).with_name("env.py"), folder)
    for number, table in enumerate(tables, 1):
        text = STEP.format(
            revision=f"{number:04d}",
            down_revision=f"{number - 1:04d}" if number > 1 else None,
            table=table,
            then=then if number == len(tables) else "pass",
        )
        (folder / "versions" / f"{number:04d}.py").write_text(text, encoding="utf-8")
    config = Config()
    config.set_main_option("script_location", str(folder))
    return config


def test_open_when_nothing_is_there_makes_the_newest_schema(tmp_path: Path) -> None:
    open_till_database(tmp_path).close()

    declare_all_tables()
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        create_search(connection)
        declared = shapes(connection.connection.driver_connection)
    with sqlite3.connect(tmp_path / "till.sqlite") as made:
        found = shapes(made)
    made.close()
    assert found.pop("alembic_version")
    assert found == declared


def test_open_when_the_version_is_the_newest_changes_nothing(tmp_path: Path) -> None:
    open_till_database(tmp_path).close()
    before = (tmp_path / "till.sqlite").read_bytes()

    units = open_till_database(tmp_path)
    units.close()

    assert (tmp_path / "till.sqlite").read_bytes() == before
    assert not (tmp_path / "backups").exists()


def test_open_when_the_database_is_older_keeps_a_copy_and_upgrades_step_by_step(tmp_path: Path) -> None:
    data = old_till(tmp_path, "meters")

    units = open_till_database(data, history=history(tmp_path / "new", "meters", "tokens", "papers"))

    units.close()
    assert tables(data / "till.sqlite") == {"alembic_version", "meters", "tokens", "papers"}
    assert answers(data / "till.sqlite", "SELECT id FROM meters") == {7}
    assert tables(data / "backups" / "before-0003.sqlite") == {"alembic_version", "meters"}
    assert answers(data / "backups" / "before-0003.sqlite", "SELECT id FROM meters") == {7}
    assert sorted(path.name for path in data.iterdir()) == ["backups", "till.sqlite"]


def test_open_when_the_next_upgrade_comes_keeps_only_the_newest_copy(tmp_path: Path) -> None:
    data = old_till(tmp_path, "meters")
    open_till_database(data, history=history(tmp_path / "two", "meters", "tokens")).close()
    open_till_database(data, history=history(tmp_path / "three", "meters", "tokens", "papers")).close()

    assert [path.name for path in (data / "backups").iterdir()] == ["before-0003.sqlite"]


@pytest.mark.parametrize(
    "then",
    [
        "raise ValueError('no tariff')",
        "op.execute('INSERT INTO nowhere VALUES (1)')",
        "op.execute('CREATE TABLE child (id INTEGER REFERENCES meters (id))')\n"
        "    op.execute('INSERT INTO child VALUES (99)')",
    ],
)
def test_open_when_a_step_fails_or_leaves_things_astray_keeps_the_old_file(tmp_path: Path, then: str) -> None:
    data = old_till(tmp_path, "meters")
    before = (data / "till.sqlite").read_bytes()
    broken = history(tmp_path / "new", "meters", "tokens", "papers", then=then)

    for _ in range(2):
        # It is never skipped: the next start tries and fails again.
        found = code_of(lambda: open_till_database(data, history=broken))

    assert found in ("data.upgrade_failed", "disk.damaged")
    assert (data / "till.sqlite").read_bytes() == before
    open_till_database(data, history=history(tmp_path / "mended", "meters", "tokens", "papers")).close()
    assert "papers" in tables(data / "till.sqlite")


def test_open_when_the_last_start_ended_in_a_power_cut_upgrades_what_the_log_still_held(
    tmp_path: Path,
) -> None:
    data = old_till(tmp_path, "meters")
    beside = tmp_path / "crashed"
    beside.mkdir()
    connection = sqlite3.connect(data / "till.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("INSERT INTO meters VALUES (8)")
    for path in data.glob("till.sqlite*"):
        shutil.copy(path, beside)
    connection.close()
    assert (beside / "till.sqlite-wal").stat().st_size

    open_till_database(beside, history=history(tmp_path / "new", "meters", "tokens")).close()

    assert answers(beside / "till.sqlite", "SELECT id FROM meters") == {7, 8}
    assert "tokens" in tables(beside / "till.sqlite")


def test_open_when_the_database_is_newer_refuses_and_changes_nothing(tmp_path: Path) -> None:
    data = old_till(tmp_path, "meters", "tokens")
    before = (data / "till.sqlite").read_bytes()
    older = history(tmp_path / "older", "meters")

    assert code_of(lambda: open_till_database(data, history=older)) == "data.newer"
    assert code_of(lambda: read_till_database(data, history=older)) == "data.newer"
    assert (data / "till.sqlite").read_bytes() == before


def test_open_when_the_file_is_no_till_or_damaged_refuses(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "till.sqlite") as connection:
        connection.execute("CREATE TABLE music (id)")
    connection.close()
    assert code_of(lambda: open_till_database(tmp_path)) == "data.not_a_till"
    assert code_of(lambda: upgrade_private(tmp_path / "till.sqlite")) == "data.not_a_till"

    (tmp_path / "till.sqlite").write_bytes(b"not a database, but long enough to look like one" * 100)
    assert code_of(lambda: open_till_database(tmp_path)) == "disk.damaged"


def test_open_when_the_upgrade_has_no_room_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = old_till(tmp_path, "meters")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))

    steps = history(tmp_path / "new", "meters", "tokens")

    assert code_of(lambda: open_till_database(data, history=steps)) == "disk.full"


def test_open_when_another_program_reads_the_old_file_does_not_replace_it(tmp_path: Path) -> None:
    data = old_till(tmp_path, "meters")
    other = sqlite3.connect(data / "till.sqlite", isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("BEGIN")
    other.execute("SELECT * FROM meters").fetchall()

    steps = history(tmp_path / "new", "meters", "tokens")
    found = code_of(lambda: open_till_database(data, history=steps))

    other.close()
    assert found == "disk.busy"
    assert tables(data / "till.sqlite") == {"alembic_version", "meters"}


def test_open_when_the_folder_is_on_a_share_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pos.system.network_share._is_share", lambda _: True)

    assert code_of(lambda: open_till_database(tmp_path)) == "disk.network_share"


def test_read_when_there_is_nothing_to_read_makes_nothing(tmp_path: Path) -> None:
    assert code_of(lambda: read_till_database(tmp_path)) == "data.no_till"
    assert list(tmp_path.iterdir()) == []


def test_read_when_the_database_is_older_leaves_the_upgrade_to_a_start(tmp_path: Path) -> None:
    data = old_till(tmp_path, "meters")
    steps = history(tmp_path / "new", "meters", "tokens")

    assert code_of(lambda: read_till_database(data, history=steps)) == "data.older"


@pytest.mark.parametrize("fixture", sorted(FIXTURES.glob("v*.sqlite")), ids=lambda path: path.stem)
def test_upgrade_when_the_database_is_from_any_released_version_keeps_the_books(
    tmp_path: Path, fixture: Path
) -> None:
    shutil.copy(fixture, tmp_path / "till.sqlite")

    units = open_till_database(tmp_path)

    report = verify(units)
    with units.read() as connection:
        sold = connection.exec_driver_sql("SELECT count(*), sum(money_minor) FROM sale").one()
    units.close()
    check_database(tmp_path / "till.sqlite")
    assert report.findings == ()
    assert tuple(sold) == (3, 15_000)


def test_fixture_when_a_version_is_made_is_there() -> None:
    assert (FIXTURES / f"v{newest_version()}.sqlite").exists()


def old_till(folder: Path, *names: str) -> Path:
    """A data folder whose database has these steps, and one meter."""
    data = folder / "data"
    data.mkdir()
    open_till_database(data, history=history(folder / "old", *names)).close()
    connection = sqlite3.connect(data / "till.sqlite")
    with connection:
        connection.execute("INSERT INTO meters VALUES (7)")
    connection.close()
    return data


def shapes(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """The statement of each table and index, cut into its parts: their order does not matter."""
    found = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    plain = {name: re.sub(r"[\s\"]+", " ", sql).split("(", 1) for name, sql in found}
    return {name: [head.strip(), *sorted(_parts(body))] for name, (head, body) in plain.items()}


def _parts(body: str) -> list[str]:
    inside, _, behind = body.rpartition(")")
    return [behind.strip(), *(part.strip() for part in inside.split(","))]


def tables(path: Path) -> set[str]:
    return answers(path, "SELECT name FROM sqlite_schema WHERE type = 'table'")


def answers(path: Path, query: str) -> set[str]:
    connection = sqlite3.connect(path)
    try:
        return {row[0] for row in connection.execute(query)}
    finally:
        connection.close()


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


def test_newest_version_when_asked_then_the_one_the_program_opens_without_alembic() -> None:
    assert newest_version() == NEWEST
