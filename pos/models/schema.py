"""Opens the till's database at program start: makes a new one, upgrades an older one, refuses a newer one."""

from __future__ import annotations

import importlib
import pkgutil
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pos.models
from pos.errors import MachineFault, UserError
from pos.models.database_copy import check_database, copy_database, opened
from pos.models.db import open_engine
from pos.models.uow import Units
from pos.system.files import sync_folder
from pos.system.network_share import refuse_network_share
from pos.system.paths import DataFolder

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "0006"
"""The version of this program's databases: the head of its history (a test compares them).

A till whose database is of this version opens without Alembic, which takes a tenth of a second to load.
"""

_ROOM_RESERVE_BYTES = 100_000_000


def open_till_database(data_dir: Path, *, history: Config | None = None) -> Units:
    """Open the database of a data folder for writing; the caller holds the folder's lock.

    A database that is not there is made. An older one is first copied to `backups/before-<version>.sqlite`,
    then upgraded step by step on a second copy, checked, and put in the place of the old one in one move: a
    step that fails leaves the old file as it was. `history` are the steps, by default the program's own.

    Raises MachineFault `disk.network_share`, `data.newer`, `data.not_a_till`, `data.upgrade_failed`,
    `disk.*`.
    """
    refuse_network_share(data_dir)
    path, steps = DataFolder(data_dir).database, history
    version = _known_version(path, steps)
    if version is None:
        _make(path, steps)
    elif version != _newest_of(steps):
        _upgrade(path, steps, DataFolder(data_dir).backups)
    return _units(path)


def read_till_database(data_dir: Path, *, history: Config | None = None) -> Units:
    """Open the database of a data folder for a command that only looks: nothing is made or upgraded.

    Raises UserError `data.no_till`; MachineFault `disk.network_share`, `data.older`, `data.newer`,
    `data.not_a_till`, `disk.*`.
    """
    refuse_network_share(data_dir)
    path, steps = DataFolder(data_dir).database, history
    version = _known_version(path, steps)
    if version is None:
        raise UserError("data.no_till", f"There is no till in {data_dir}.")
    if version != _newest_of(steps):
        raise MachineFault(
            "data.older",
            "The database is from an earlier program: start the till once, or run a command that writes.",
        )
    return _units(path)


def upgrade_private(path: Path, *, history: Config | None = None) -> None:
    """Bring a database that is nobody's till yet, such as one out of a back-up, to the newest step in place.

    Raises MachineFault `data.newer`, `data.not_a_till`, `data.upgrade_failed`, `disk.*`.
    """
    steps = history
    version = _known_version(path, steps)
    if version is None:
        raise _not_a_till(path)
    if version != _newest_of(steps):
        _run(path, steps)
    check_database(path)


def declare_all_tables() -> None:
    """Import every module of tables, so that `Base.metadata` knows them all."""
    for module in pkgutil.iter_modules(pos.models.__path__, "pos.models."):
        importlib.import_module(module.name)


def _known_version(path: Path, steps: Config | None) -> str | None:
    """Return the version of a database, None where nothing is yet; refuse what this program cannot know."""
    if not path.exists() or not path.stat().st_size:
        return None
    with opened(path) as connection:
        tables = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_schema")}
        if not tables:
            return None
        if "alembic_version" not in tables:
            raise _not_a_till(path)
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    version = None if row is None else str(row[0])
    is_known = version is None or (steps is None and version == NEWEST) or version in _versions_of(steps)
    if not is_known:
        raise MachineFault(
            "data.newer",
            "The database was used by a newer program: install that version or a later one. Nothing was "
            "changed.",
        )
    return version


def _make(path: Path, steps: Config | None) -> None:
    new = path.with_name(f"{path.name}.new")
    _remove(new)
    _run(new, steps)
    new.replace(path)
    sync_folder(path.parent)


def _upgrade(path: Path, steps: Config | None, backups: Path) -> None:
    newest = _newest_of(steps)
    _require_room(path)
    backups.mkdir(mode=0o700, exist_ok=True)
    kept, work = backups / f"before-{newest}.sqlite", path.with_name(f"{path.name}.upgrading")
    copy_database(path, kept, pause_s=0)
    _remove(work)
    shutil.copyfile(kept, work)
    _run(work, steps)
    check_database(work)
    _settle(path)
    work.replace(path)
    sync_folder(path.parent)
    for older in backups.glob("before-*.sqlite"):
        if older != kept:
            older.unlink()


def _run(path: Path, steps: Config | None) -> None:
    from pos.models.history import run_steps

    run_steps(path, steps)


def _settle(path: Path) -> None:
    """Bring everything into the one file: a write-ahead log left over would be read into the new file."""
    with opened(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        raise MachineFault("disk.busy", "Another program holds the database: close it and start again.")


def _require_room(path: Path) -> None:
    log = path.with_name(f"{path.name}-wal")
    size = path.stat().st_size + (log.stat().st_size if log.exists() else 0)
    if shutil.disk_usage(path.parent).free < 3 * size + _ROOM_RESERVE_BYTES:
        raise MachineFault(
            "disk.full", "There is no room to upgrade the database: make room, then start again."
        )


def _units(path: Path) -> Units:
    units = Units(open_engine(path))
    with units.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema")
    return units


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _newest_of(steps: Config | None) -> str:
    return NEWEST if steps is None else _newest_version(steps)


def _newest_version(steps: Config | None) -> str:
    """Return the head of a history."""
    from pos.models.history import newest_version

    return newest_version(steps)


def _versions_of(steps: Config | None) -> set[str]:
    """Return every version of a history."""
    from pos.models.history import all_versions

    return all_versions(steps)


def _not_a_till(path: Path) -> MachineFault:
    return MachineFault("data.not_a_till", f"{path.name} is a database, but not one of a till.")
