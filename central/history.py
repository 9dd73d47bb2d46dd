"""The version of the server's database, and bringing it to this program's (Alembic)."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import central.models
from central.db import Database
from pos.errors import MachineFault

UPGRADE_LOCK = "upgrade"


def declare_all_tables() -> None:
    """Import every module of tables, so that `METADATA` knows them all."""
    for module in pkgutil.iter_modules(central.models.__path__, "central.models."):
        importlib.import_module(module.name)


def history_config() -> Config:
    """Return the program's own steps for Alembic."""
    config = Config()
    config.set_main_option("script_location", "central:migrations")
    return config


@cache
def newest_version() -> str:
    """Return the version this program works with."""
    newest = ScriptDirectory.from_config(history_config()).get_current_head()
    assert newest is not None, "the history has a first step"
    return newest


def version_of(connection: Connection) -> str | None:
    """Return the version of a database; None: nothing is there yet."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database) -> None:
    """Bring a database to this program's version, in one transaction; several may ask at once.

    Raises MachineFault `data.newer`.
    """
    steps = history_config()
    with database.write(lock=UPGRADE_LOCK) as connection:
        _refuse_newer(version_of(connection))
        steps.attributes["connection"] = connection
        command.upgrade(steps, "head")


def make_ready(database: Database) -> None:
    """Make a new database, or see that an old one is of this program's version.

    SQLite, which is one program's own, is upgraded at once. PostgreSQL may serve several machines: it is
    upgraded by `python -m central migrate`, when its operator wants it.

    Raises MachineFault `data.newer`, `data.older`.
    """
    with database.read() as connection:
        version = version_of(connection)
    if version == newest_version():
        return
    if database.is_postgres and version is not None:
        _refuse_newer(version)
        raise MachineFault(
            "data.older", "The database is from an earlier program: run 'python -m central migrate' first."
        )
    upgrade(database)


def _refuse_newer(version: str | None) -> None:
    steps = ScriptDirectory.from_config(history_config()).walk_revisions()
    if version is not None and version not in {step.revision for step in steps}:
        raise MachineFault(
            "data.newer",
            "The database was used by a newer program: install that version or a later one.",
        )
