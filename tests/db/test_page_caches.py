"""The page caches of all connections together stay within what the till may take."""

import sys
from pathlib import Path

import pytest

from pos.models.db import SQLITE_MEMORY_BYTES, open_engine
from pos.models.uow import Units
from tests.factories.memory import resident_bytes

CONNECTIONS = 8
TABLE_BYTES = 24 * 1024 * 1024


def test_connection_when_opened_then_has_the_limit(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "till.sqlite")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA soft_heap_limit").scalar() == SQLITE_MEMORY_BYTES
    engine.dispose()


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of the process as Linux gives it")
def test_connections_when_each_has_read_a_large_table_then_all_take_no_more_than_the_limit(
    tmp_path: Path,
) -> None:
    engine = open_engine(tmp_path / "till.sqlite")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE large (key INTEGER PRIMARY KEY, bytes BLOB)")
        connection.exec_driver_sql(
            "WITH RECURSIVE n (key) AS (SELECT 1 UNION ALL SELECT key + 1 FROM n WHERE key < ?) "
            "INSERT INTO large SELECT key, zeroblob(4000) FROM n",
            (TABLE_BYTES // 4000,),
        )
        connection.commit()
    before = resident_bytes()

    held = [engine.connect() for _ in range(CONNECTIONS)]
    for connection in held:
        read = connection.exec_driver_sql("SELECT sum(length(bytes)) FROM large").scalar()
        assert read == TABLE_BYTES // 4000 * 4000

    grown = resident_bytes() - before
    for connection in held:
        connection.close()
    engine.dispose()
    assert grown < SQLITE_MEMORY_BYTES * 3 // 2


def test_connections_when_units_follow_each_other_then_all_use_one_cache(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "till.sqlite")
    units = Units(engine)
    with units.read(), units.read():
        pass
    used = set()
    for _ in range(4):
        with units.write() as unit:
            used.add(id(unit.connection.connection.driver_connection))
        with units.read() as connection:
            used.add(id(connection.connection.driver_connection))
    units.close()
    assert len(used) == 1
