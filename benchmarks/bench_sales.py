"""A sale from "Pay" to durable, beside plain `sqlite3` writing the same rows; its room on disk; verify.

`KILOTILL_BENCH_SALES` says how many earlier sales the shop has (20,000).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.make_sales import make_shop_with_sales
from benchmarks.table import Row
from pos.services.sale_values import SaleRequest
from pos.services.verify import verify
from tests.factories.shop import Shop, reopen_shop

EARLIER_SALES = int(os.environ.get("KILOTILL_BENCH_SALES", "20000"))
FEW_SALES = 1_000
MEASURED = 400
WARM_UP = 40
SECONDS_BETWEEN = 5

# Rows of a sale by its place, and the rows it changes by their key.
_NEW = {
    "journal": "seq",
    "document": "place",
    "print_job": "place",
    "sale": "place",
    "sale_item": "sale_place",
    "sale_line": "sale_place",
    "payment": "sale_place",
    "token": "place",
    "posting": "place",
}
_CHANGED = {
    "account": "SELECT * FROM account WHERE key IN (SELECT account_key FROM posting WHERE place = :place)",
    "carry": "SELECT * FROM carry WHERE meter_key = :meter",
    "tid_guard": "SELECT * FROM tid_guard WHERE pan = (SELECT pan FROM token WHERE place = :place)",
    "meter_month": "SELECT * FROM meter_month WHERE meter_key = :meter ORDER BY month DESC LIMIT 1",
    "total_line": "SELECT * FROM total_line WHERE shift_place = (SELECT max(place) FROM shift)",
    "total_tender": "SELECT * FROM total_tender WHERE shift_place = (SELECT max(place) FROM shift)",
    "envelope": "SELECT * FROM envelope",
    "book": "SELECT * FROM book",
}


def run() -> list[Row]:
    """Measure at few and at many earlier sales."""
    with tempfile.TemporaryDirectory(prefix="kilotill-bench-") as name:
        few, _, _ = _measure(Path(name, "few"), FEW_SALES)
        many, plain, rows = _measure(Path(name, "many"), EARLIER_SALES)
    title = f"sale, {EARLIER_SALES:,} earlier"
    return [
        *(
            Row(f"{title}, p{share}", _percentile(many, share), "ms", _percentile(plain, share))
            for share in (50, 95, 99)
        ),
        Row(f"sale, p50, beside {FEW_SALES:,} earlier", _percentile(many, 50), "ms", _percentile(few, 50)),
        *rows,
    ]


def _measure(folder: Path, earlier: int) -> tuple[list[float], list[float], list[Row]]:
    """Return milliseconds of sales and of plain writes, and rows about the book itself."""
    folder.mkdir()
    shop, drns = make_shop_with_sales(folder, earlier)
    shop.units.close()
    before_bytes = (folder / "till.sqlite").stat().st_size
    copy = Path(shutil.copy(folder / "till.sqlite", folder / "plain.sqlite"))
    now = shop.clock.now()
    shop = reopen_shop(folder)
    shop.clock.set_wall(now)
    shop.set_rules(printer="a printer", duplicate_limit_minor=10**12)
    shop.top_up(10**12)  # a million earlier sales have used the float of the made shop up
    sold, places = _sell(shop, drns)
    plain = _write_plainly(folder / "till.sqlite", copy, places)
    # Events a second, so that it can be compared between books of any size.
    start = time.perf_counter()
    report = verify(shop.units)
    seconds = time.perf_counter() - start
    assert report.is_clean, report.findings
    shop.units.close()
    grown_bytes = (folder / "till.sqlite").stat().st_size - before_bytes
    rows = [
        Row("bytes of a sale", grown_bytes / len(places), "B"),
        Row(f"verify, {report.checked['lines']:,} events", seconds, "s"),
        Row("verify, a million events", seconds / report.checked["lines"] * 1e6, "s"),
    ]
    return sold[WARM_UP:], plain[WARM_UP:], rows


def _sell(shop: Shop, drns: list[str]) -> tuple[list[float], list[int]]:
    """Sell to meters all over the register."""
    times, places = [], []
    step = max(1, len(drns) // (MEASURED + WARM_UP))
    for n in range(MEASURED + WARM_UP):
        shop.clock.pass_time(seconds=SECONDS_BETWEEN)
        asked = SaleRequest(
            sale_id=uuid4(), drn=drns[n * step % len(drns)], money_minor=5000, is_another_wanted=True
        )
        start = time.perf_counter()
        result = shop.checkout.sell(asked, shop.supervisor)
        times.append((time.perf_counter() - start) * 1000)
        places.append(result.place)
    return times, places


def _write_plainly(live: Path, copy: Path, places: list[int]) -> list[float]:
    """Write the rows of the same sales into a copy from before them, each sale in one transaction."""
    source, target = sqlite3.connect(live), sqlite3.connect(copy, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 20000"):
        target.execute(f"PRAGMA {pragma}")
    times = []
    for place in places:
        work = list(_statements(source, place))
        start = time.perf_counter()
        target.execute("BEGIN IMMEDIATE")
        for statement, rows in work:
            target.executemany(statement, rows)
        target.execute("COMMIT")
        times.append((time.perf_counter() - start) * 1000)
    source.close()
    target.close()
    return times


def _statements(source: sqlite3.Connection, place: int) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    meter = source.execute("SELECT meter_key FROM sale_item WHERE sale_place = ?", (place,)).fetchone()[0]
    for table, column in _NEW.items():
        query = f"SELECT * FROM {table} WHERE {column} = ?"  # noqa: S608 - our own names
        yield _insert("INSERT", table, source.execute(query, (place,)).fetchall())
    for table, query in _CHANGED.items():
        rows = source.execute(query, {"place": place, "meter": meter}).fetchall()
        yield _insert("REPLACE", table, rows)


def _insert(verb: str, table: str, rows: list[tuple[Any, ...]]) -> tuple[str, list[tuple[Any, ...]]]:
    return f"{verb} INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows


def _percentile(times_ms: list[float], share: int) -> float:
    return statistics.quantiles(times_ms, n=100)[share - 1]
