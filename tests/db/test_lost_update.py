"""Two writers never lose one's update: eight threads read, subtract one, write."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.db.schema import make_database

THREADS = 8
ROUNDS = 50


def test_write_when_eight_threads_subtract_one_at_a_time_loses_none(tmp_path: Path) -> None:
    units = make_database(tmp_path)
    with units.write() as unit:
        unit.connection.exec_driver_sql("INSERT INTO account (name, balance_minor) VALUES ('safe', 400)")

    def subtract(_thread: int) -> int:
        for _ in range(ROUNDS):
            with units.write() as unit:
                left = unit.connection.exec_driver_sql("SELECT balance_minor FROM account").scalar_one()
                unit.connection.exec_driver_sql("UPDATE account SET balance_minor = ?", (left - 1,))
        return ROUNDS

    with ThreadPoolExecutor(THREADS) as pool:
        done = sum(pool.map(subtract, range(THREADS)))

    with units.read() as connection:
        left = connection.exec_driver_sql("SELECT balance_minor FROM account").scalar_one()
    units.close()
    assert (done, left) == (THREADS * ROUNDS, 0)
