"""The register of meters: import, search, undo. KILOTILL_BENCH_METERS says how many, 1000000 at length."""

from __future__ import annotations

import math
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection
from xlsxwriter import Workbook

from benchmarks.make_meters import HEADER, meter_number, meter_rows, write_meters
from benchmarks.memory import memory_mb, reset_peak
from benchmarks.table import Row
from pos.domain.permissions import Actor, Role
from pos.models.queries.meters import find_meters
from pos.models.uow import Units
from pos.services.meter_import import MeterImport
from pos.services.meter_import_values import ImportResult
from pos.services.meter_shop import MeterChecks
from pos.services.phones import PhoneReader
from pos.system.clock import SystemClock
from tests.db.schema import make_database
from tests.factories.register import fill_shop
from tests.fakes.facts import FakeFacts

METERS = int(os.environ.get("KILOTILL_BENCH_METERS", "100000"))
SHEET_METERS = min(200_000, 2 * METERS)
ROUNDS = 40
ADMINISTRATOR = Actor(UUID(int=1), 1, "Ada", Role.ADMINISTRATOR)
SALE_EVERY_MS = 100
QUERIES = {
    "exact number": [meter_number(n * 7919 % METERS) for n in range(ROUNDS)],
    "last 4 digits": [f"{n * 7919 % 10_000:04d}" for n in range(ROUNDS)],
    "last 5 digits": [f"{n * 79_193 % 100_000:05d}" for n in range(ROUNDS)],
    "last 6 digits": [f"{n * 791_933 % 1_000_000:06d}" for n in range(ROUNDS)],
    "phone, as spoken": [f"078{n % 10} {n * 37 % 1000:03d} {n * 91 % 1000:03d}" for n in range(ROUNDS)],
    "one rare word": [
        "Noël",
        "Séraphine",
        "vedaste",
        "Chepsisye",
        "ilunguli",
        "KIPLALIMO",
        "assumpta",
        "clementine",
    ],
    "one common word": ["Marie", "jean", "claude", "Mukamana", "emmanuel", "mukarimana"],
    "two words": ["marie mukamana", "uwimana jean", "Émile NYIRAMANA", "claudine uwirimana", "noel marie"],
    "two common words": ["marie jean", "claude emmanuel", "jeanne claude", "innocent jean"],
    "two letters": ["mu", "uw", "ny", "je", "ma", "ha", "kw", "no"],
    "three letters": ["muk", "uwi", "nyi", "jea", "mar", "hab", "noe", "sel"],
    "four letters": ["muka", "nyir", "jean", "mari", "clau", "twag"],
    "two beginnings": ["mu je", "uwi m", "ma mu", "m z", "a b", "clementi donatil"],
    "three words": ["jean claude muka", "marie noel uwi", "zainabu amina juma", "a b c"],
    "nothing found": ["qqq", "marie xyz", "zzzz", "99999999999", "+99912345678", "xavier quentin"],
}


def run() -> list[Row]:
    """Measure with METERS meters; times are for all of them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "meters.csv")
        write_meters(file, METERS)
        rows = [*_into_empty(Path(folder), file), *_beside_sales(Path(folder), file)]
        return [*rows, *_from_sheet(Path(folder))]


def _into_empty(folder: Path, file: Path) -> Iterator[Row]:
    with _till(folder / "empty") as (units, imports):
        reset_peak()
        before = memory_mb("VmRSS")
        seconds, result = _import(imports, file, folder)
        yield Row(f"import of {METERS:,} meters, empty register", seconds, "s")
        yield Row("memory it takes", memory_mb("VmHWM") - before, "MB")
        assert (result.counts.added, result.counts.refused) == (METERS, 0)
        with units.read() as connection:
            for name, texts in QUERIES.items():
                yield from _search(connection, name, texts)
        seconds, again = _import(imports, file, folder)
        assert again.counts.unchanged == METERS
        yield Row("the same file again, beside sales", seconds, "s")
        start = time.perf_counter()
        assert imports.undo(ADMINISTRATOR, result.id).kept == ()
        yield Row("undo", time.perf_counter() - start, "s")


def _beside_sales(folder: Path, file: Path) -> Iterator[Row]:
    with _till(folder / "selling") as (units, imports):
        first = folder / "first.csv"
        write_meters(first, 1000, start=METERS)
        _import(imports, first, folder)
        alone_ms = _waits_ms(units, 100)
        stop, waits = threading.Event(), list[float]()
        seller = threading.Thread(target=_sell, args=(units, stop, waits))
        seller.start()
        reset_peak()
        before = memory_mb("VmRSS")
        seconds, result = _import(imports, file, folder)
        peak = memory_mb("VmHWM") - before
        stop.set()
        seller.join()
        yield Row(f"import of {METERS:,} meters beside sales", seconds, "s")
        yield Row("memory it takes", peak, "MB")
        yield Row("write unit beside it, p50", _rank(waits, 0.5), "ms", _rank(alone_ms, 0.5))
        yield Row("write unit beside it, p95", _rank(waits, 0.95), "ms", _rank(alone_ms, 0.95))
        yield Row("write unit beside it, p99", _rank(waits, 0.99), "ms", _rank(alone_ms, 0.99))
        start = time.perf_counter()
        stop.clear()
        waits = []
        seller = threading.Thread(target=_sell, args=(units, stop, waits))
        seller.start()
        imports.undo(ADMINISTRATOR, result.id)
        stop.set()
        seller.join()
        yield Row("undo beside sales", time.perf_counter() - start, "s")
        yield Row("write unit beside it, p95", _rank(waits, 0.95), "ms", _rank(alone_ms, 0.95))


def _from_sheet(folder: Path) -> Iterator[Row]:
    """A workbook is unpacked whole before its first row can be read: its memory is what matters."""
    file = folder / "meters.xlsx"
    with Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate((HEADER, *meter_rows(SHEET_METERS))):
            sheet.write_row(number, 0, row)
    with _till(folder / "sheet") as (_, imports):
        reset_peak()
        before = memory_mb("VmRSS")
        seconds, result = _import(imports, file, folder)
        yield Row(f"import of {SHEET_METERS:,} meters from XLSX", seconds, "s")
        yield Row("memory it takes", memory_mb("VmHWM") - before, "MB")
        assert (result.counts.added, result.counts.refused) == (SHEET_METERS, 0)


@contextmanager
def _till(folder: Path) -> Iterator[tuple[Units, MeterImport]]:
    folder.mkdir()
    units = make_database(folder)
    with units.write() as unit:
        fill_shop(unit.connection)
    phones = PhoneReader("RW")
    checks = MeterChecks(currency="RWF", read_phone=phones)
    yield units, MeterImport(units, FakeFacts(), SystemClock(), checks)
    units.close()


def _import(imports: MeterImport, file: Path, folder: Path) -> tuple[float, ImportResult]:
    start = time.perf_counter()
    result = imports.run(ADMINISTRATOR, file, errors_path=folder / "errors.csv")
    return time.perf_counter() - start, result


def _search(connection: Connection, name: str, texts: list[str]) -> Iterator[Row]:
    times_ms = []
    for _ in range(math.ceil(ROUNDS / len(texts))):
        for text in texts:
            start = time.perf_counter()
            find_meters(connection, text)
            times_ms.append((time.perf_counter() - start) * 1000)
    yield Row(f"find by {name}, p95", _rank(times_ms, 0.95), "ms")
    yield Row(f"find by {name}, worst", max(times_ms), "ms")


def _sell(units: Units, stop: threading.Event, waits_ms: list[float]) -> None:
    while not stop.wait(SALE_EVERY_MS / 1000):
        waits_ms += _waits_ms(units, 1)


def _waits_ms(units: Units, count: int) -> list[float]:
    """Give the milliseconds of write units like a sale's: a few rows in a few tables, durable at the end."""
    times_ms = []
    for number in range(count):
        start = time.perf_counter()
        with units.write() as unit:
            unit.connection.exec_driver_sql(
                "INSERT INTO print_job (place, copy, state, printer, created_at, opens_drawer) "
                "VALUES (?, 0, 'printed', 'p', 0, 0)",
                (number,),
            )
            unit.connection.exec_driver_sql(
                "INSERT INTO setting VALUES ('n', ?, 0) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (str(number),),
            )
        times_ms.append((time.perf_counter() - start) * 1000)
    return times_ms


def _rank(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
