"""What a manager waits for: closing a shift, the month report, the first page of a list, a back-up.

`KILOTILL_BENCH_SALES` says how many earlier sales the shop has (20,000).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.bench_sales import EARLIER_SALES
from benchmarks.make_sales import SALES_A_SHIFT, make_shop_with_sales
from benchmarks.table import Row, median_seconds
from pos.domain.ledger import drawer_account
from pos.domain.shift import cash_count
from pos.models.history import newest_version
from pos.models.ledger_book import read_head
from pos.models.queries.money import month_report
from pos.models.queries.sales import SalesFilter, list_sales
from pos.services.backup import BackupPlan, Backups
from pos.services.shifts import ShiftRules, Shifts
from pos.system.paths import DataFolder
from tests.factories.shifts import ZFolder
from tests.factories.shop import Shop


def run() -> list[Row]:
    """Measure beside the earlier sales; the last shift of the made book is the one that is closed."""
    with tempfile.TemporaryDirectory(prefix="kilotill-bench-") as name:
        folder = Path(name)
        shop, drns = make_shop_with_sales(folder, EARLIER_SALES)
        day = f"{shop.clock.now():%Y-%m-%d}"
        _stamp(shop)
        title = f"{EARLIER_SALES:,} sales"
        rows = [
            _milliseconds(f"month report, {title}", lambda: _month(shop, day[:7])),
            *(
                _milliseconds(f"first page by {what}, {title}", partial(_page, shop, wanted))
                for what, wanted in _filters(shop, day, drns[0]).items()
            ),
            Row(f"back-up with check, {title}", _seconds(lambda: _back_up(shop, folder)), "s"),
        ]
        sold = _sold_in_shift(shop)
        rows.append(Row(f"close of a shift of {sold:,} sales", _seconds(lambda: _close(shop)) * 1000, "ms"))
        shop.units.close()
    assert sold <= SALES_A_SHIFT
    return rows


def _filters(shop: Shop, day: str, drn: str) -> dict[str, SalesFilter]:
    with shop.units.read() as connection:
        meter = connection.exec_driver_sql("SELECT key FROM meter WHERE drn = ?", (drn,)).scalar_one()
    return {
        "nothing": SalesFilter(),
        "day": SalesFilter(from_day=day, to_day=day),
        "cashier": SalesFilter(operator_key=shop.cashier.key),
        "meter": SalesFilter(meter_key=meter),
        "state": SalesFilter(state="delivered"),
        "receipt number": SalesFilter(text="T03-000007"),
    }


def _month(shop: Shop, month: str) -> None:
    with shop.units.read() as connection:
        month_report(connection, month)


def _page(shop: Shop, wanted: SalesFilter) -> None:
    with shop.units.read() as connection:
        list_sales(connection, wanted)


def _stamp(shop: Shop) -> None:
    """The made book stands in tables of the newest version; a back-up names it."""
    with shop.units.write() as unit:
        unit.connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        unit.connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (newest_version(),))


def _back_up(shop: Shop, folder: Path) -> None:
    plan = BackupPlan(folder=folder / "backups")
    made = Backups(DataFolder(folder), shop.clock, plan=lambda: plan).begin().run()
    assert made is not None


def _sold_in_shift(shop: Shop) -> int:
    with shop.units.read() as connection:
        return int(
            connection.exec_driver_sql(
                "SELECT count(*) FROM sale WHERE shift_place = (SELECT max(place) FROM shift)"
            ).scalar_one()
        )


def _close(shop: Shop) -> None:
    with shop.units.read() as connection:
        account = drawer_account(str(read_head(connection).till_id))
    drawer_minor = shop.balance(account)
    shifts = Shifts(
        shop.units,
        shop.book,
        clock=shop.clock,
        rules=ShiftRules,
        sign=lambda _: bytes(64),
        papers=ZFolder(),
    )
    shifts.close_shift(shop.supervisor, cash_count([(1, drawer_minor)]))


def _milliseconds(name: str, action: Callable[[], object]) -> Row:
    return Row(name, median_seconds(action) * 1000, "ms")


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
