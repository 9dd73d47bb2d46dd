"""Run by Alembic: brings the database named in the configuration to the wanted step.

Each step is one explicit transaction. Left to itself the sqlite3 module commits around `CREATE TABLE`, and
a step that fails half-way would leave its tables behind.
"""

import sqlite3

from alembic import context
from sqlalchemy import URL, Connection, NullPool, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from pos.models.base import Base


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
        )
        with context.begin_transaction():
            context.run_migrations()


def _leave_transactions_to_us(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


migrate()
