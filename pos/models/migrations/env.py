"""Run by Alembic: brings the database named in the configuration to the wanted step.

Each step is one explicit transaction. Left to itself the sqlite3 module commits around `CREATE TABLE`, and
a step that fails half-way would leave its tables behind.
"""

import sqlite3
from collections.abc import Iterable
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy import URL, Connection, NullPool, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from pos.models.base import Base
from pos.models.search import create_search, is_search_table


def migrate() -> None:
    url: URL = context.config.attributes["url"]
    # Foreign keys stay off, as SQLite starts: batch mode drops and renames tables that others refer to.
    engine = create_engine(url, poolclass=NullPool)
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            transactional_ddl=True,
            transaction_per_migration=True,
            include_name=_is_ours,
            render_item=_render,
            process_revision_directives=_add_search,
        )
        with context.begin_transaction():
            context.run_migrations()


def _leave_transactions_to_us(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Say what autogenerate compares: the search index and what SQLite makes for it are no models."""
    return kind != "table" or not is_search_table(name)


def _render(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column types as what SQLite stores: a step must not change when they do."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.load_dialect_impl(sqlite.dialect())!r}"
    return False


def _add_search(_context: object, _revision: object, directives: list[Any]) -> None:
    """Let the very first step make the search index too, which autogenerate does not see."""
    if not directives or context.config.attributes.get("is_first") is not True:
        return
    directives[0].upgrade_ops.ops += [ops.ExecuteSQLOp(statement) for statement in _search_statements()]


def _search_statements() -> Iterable[str]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        create_search(connection)
        # The tables that SQLite made for the index have statements too, but come with it.
        found = connection.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL%'")
        return [str(row[0]) for row in found]


migrate()
