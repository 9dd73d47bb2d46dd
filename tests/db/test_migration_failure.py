import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import URL

import pos.models.migrations

STEP = """
import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down_revision!r}

def upgrade() -> None:
    op.create_table({table!r}, sa.Column("id", sa.Integer, primary_key=True))
    {then}
"""


def test_upgrade_when_a_step_fails_half_way_keeps_the_steps_before_and_nothing_of_it(tmp_path: Path) -> None:
    history, database = tmp_path / "history", tmp_path / "till.sqlite"
    (history / "versions").mkdir(parents=True)
    shutil.copy(Path(pos.models.migrations.__file__).with_name("env.py"), history)
    _write_step(history, "one", None, table="meters", then="pass")
    _write_step(history, "two", "one", table="tokens", then="raise ValueError('no tariff')")
    config = Config()
    config.set_main_option("script_location", str(history))
    config.attributes["url"] = URL.create("sqlite", database=str(database))

    with pytest.raises(ValueError, match="no tariff"):
        command.upgrade(config, "head")

    assert _answers(database, "SELECT name FROM sqlite_schema WHERE type = 'table'") == {
        "alembic_version",
        "meters",
    }
    assert _answers(database, "SELECT version_num FROM alembic_version") == {"one"}


def _write_step(history: Path, revision: str, down_revision: str | None, *, table: str, then: str) -> None:
    text = STEP.format(revision=revision, down_revision=down_revision, table=table, then=then)
    (history / "versions" / f"{revision}.py").write_text(text, encoding="utf-8")


def _answers(database: Path, query: str) -> set[str]:
    connection = sqlite3.connect(database)
    try:
        return {row[0] for row in connection.execute(query)}
    finally:
        connection.close()
