"""A demo shop that an earlier version made, met by this one."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pos.cli.demo import ready_demo_shop
from pos.cli.demo_shop import make_demo_shop
from pos.models.history import newest_version
from pos.system.paths import DataFolder


def make_older(database: Path) -> None:
    """Take back the steps 0006 and 0005: two indexes and a column."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DROP INDEX ix_sale_delivered_later")
        connection.execute("DROP INDEX ix_meter_merged_into")
        connection.execute("ALTER TABLE sale DROP COLUMN asked_drn")
        connection.execute("UPDATE alembic_version SET version_num = '0004'")


def test_demo_when_an_earlier_version_made_it_then_it_is_upgraded_and_kept(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "demo")
    made = make_demo_shop(folder, datetime.now(UTC), days=1)
    make_older(folder.database)

    assert ready_demo_shop(folder) == made
    with closing(sqlite3.connect(folder.database)) as connection:
        version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert version == (newest_version(),)
