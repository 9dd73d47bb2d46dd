"""The steps of the database's history, run by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from pos.errors import MachineFault
from pos.models.uow import translated


def history_config() -> Config:
    """Return the program's own steps for Alembic."""
    config = Config()
    config.set_main_option("script_location", "pos.models:migrations")
    return config


def newest_version(history: Config | None = None) -> str:
    """Return the version that a history ends with, by default the program's own."""
    newest = ScriptDirectory.from_config(history or history_config()).get_current_head()
    assert newest is not None, "a till's history has a first step"
    return newest


def all_versions(history: Config | None = None) -> set[str]:
    """Return every version of a history."""
    return {
        step.revision for step in ScriptDirectory.from_config(history or history_config()).walk_revisions()
    }


def run_steps(path: Path, history: Config | None = None) -> None:
    """Bring a database to the end of a history. Raises MachineFault `data.upgrade_failed`."""
    steps = history or history_config()
    steps.attributes["url"] = URL.create("sqlite", database=str(path))
    try:
        with translated():
            command.upgrade(steps, "head")
    except (SQLAlchemyError, CommandError, ValueError, LookupError) as error:
        raise MachineFault(
            "data.upgrade_failed",
            "The database could not be brought to this program's form. The old one is untouched: go on with "
            "the earlier program and report it.",
        ) from error
