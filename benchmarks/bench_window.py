"""What a cashier feels: key to paint, start, memory, and the window's heartbeat beside heavy work.

`KILOTILL_BENCH_SALES` and `KILOTILL_BENCH_METERS` say how full the till is (20,000 and 100,000).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.bench_meters import METERS
from benchmarks.bench_sales import EARLIER_SALES
from benchmarks.make_meters import TARIFFS, meter_number, write_meters
from benchmarks.make_sales import make_shop_with_sales
from benchmarks.table import Row
from pos.bootstrap import Access, Till, open_till
from pos.domain.canonical import canonical_bytes
from pos.domain.permissions import Actor, Role
from pos.domain.tariff import tariff_sha256
from pos.models.history import newest_version
from pos.models.queries.people import list_people
from pos.system.paths import DataFolder
from pos.system.secret_names import TILL_KEY
from pos.tokens.secret import Secret
from tests.factories.shop import plain_tariff

if TYPE_CHECKING:
    from benchmarks.window_driver import WindowDriver

PASSPHRASE = "a bench has no secrets"  # noqa: S105 - and so nothing to hide
SAMPLES = 60
HEARTBEAT_MS = 5
BEAT_S = 6.0
STARTS = 5
PULLED_METERS = 20_000

_BARE = """
import json, os, sys, time
began = float(sys.argv[1])
from PySide6.QtWidgets import QApplication, QWidget
application = QApplication([])
window = QWidget()
window.resize(1366, 768)
window.show()
application.processEvents()
window.grab()
print(json.dumps({"ms": (time.time() - began) * 1000}))
"""

_TILL = """
import json, os, sys, time
began = float(sys.argv[1])
from pathlib import Path
from pos.bootstrap import Access, open_till
from pos.models.queries.people import list_people
from pos.system.paths import DataFolder
from tests.factories.shop import plain_tariff
from pos.ui.app import make_application, make_style
from pos.ui.main_window import MainWindow
from pos.ui.picture import settle
from pos.ui.tasks import TaskRunner

with open_till(DataFolder(Path(sys.argv[2])), Access.WRITES, passphrase=sys.argv[3], mirrors=False) as till:
    style, tasks = make_style(make_application()), TaskRunner()
    window = MainWindow(till, tasks, style)
    window.resize(1366, 768)
    window.has_resumed = True
    window.show()
    with till.units.read() as connection:
        people = list_people(connection)
    window.sign_in_as(next(one.actor for one in people if one.actor.role.value == "C"))
    settle(tasks)
    window.grab()
    found = {"ms": (time.time() - began) * 1000}
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        settle(tasks)
        time.sleep(0.02)
    with open("/proc/self/statm") as file:
        found["mb"] = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    window.close()
print(json.dumps(found))
"""


def run() -> list[Row]:
    """Measure one filled till."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="kilotill-bench-") as name:
        folder = Path(name, "till")
        folder.mkdir()
        shop, _ = make_shop_with_sales(folder, EARLIER_SALES)
        with shop.units.write() as unit:
            connection = unit.connection
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32))")
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (newest_version(),))
            for tariff in map(plain_tariff, TARIFFS):
                connection.exec_driver_sql(
                    "INSERT INTO tariff SELECT max(key) + 1, ?, ?, 1, min(valid_from), ?, ?, ? FROM tariff",
                    (
                        uuid4().bytes,
                        tariff.code,
                        tariff.code,
                        canonical_bytes(tariff.to_json()).decode(),
                        bytes.fromhex(tariff_sha256(tariff)),
                    ),
                )
        shop.units.close()
        write_meters(Path(name, "meters.csv"), METERS)
        with open_till(DataFolder(folder), Access.WRITES, passphrase=PASSPHRASE, mirrors=False) as till:
            administrator = _person(till, Role.ADMINISTRATOR)
            made = till.imports.run(
                administrator, Path(name, "meters.csv"), errors_path=Path(name, "errors.csv")
            )
            # A few numbers of the register are those of the sales already.
            assert made.counts.added + made.counts.changed + made.counts.unchanged == METERS, made
        rows = list(_starts(folder))
        with open_till(DataFolder(folder), Access.WRITES, passphrase=PASSPHRASE, mirrors=False) as till:
            rows += _window_rows(till, Path(name))
    return rows


def _person(till: Till, role: Role) -> Actor:
    with till.units.read() as connection:
        return next(one.actor for one in list_people(connection) if one.actor.role is role)


def _starts(folder: Path) -> Iterator[Row]:
    title = f"{METERS:,} meters, {EARLIER_SALES:,} sales"
    bare = [_process(_BARE)["ms"] for _ in range(STARTS)]
    till = [_process(_TILL, str(folder), PASSPHRASE) for _ in range(STARTS)]
    best = statistics.median(one["ms"] for one in till)
    yield Row(f"start to the Sell screen, {title}", best, "ms", statistics.median(bare))
    cold = _dropped(folder)
    if cold is not None:
        yield Row("the same with the disk's cache dropped", cold, "ms")
    yield Row("memory of the idle till", statistics.median(one["mb"] for one in till), "MB")


def _process(code: str, *arguments: str) -> dict[str, float]:
    result = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, str(time.time()), *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return found


def _dropped(folder: Path) -> float | None:
    """Start once after the kernel forgot every file; only root may ask for that."""
    try:
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3", encoding="ascii")
    except OSError:
        return None
    return _process(_TILL, str(folder), PASSPHRASE)["ms"]


def _window_rows(till: Till, folder: Path) -> list[Row]:
    # Qt only now: the processes above were started without it.
    from benchmarks.window_driver import WindowDriver

    driver = WindowDriver(till, _person(till, Role.CASHIER))
    numbers = [meter_number(n * 7919 % METERS) for n in range(SAMPLES)]
    rows = [
        _percentiles("search by last 4 digits, key to paint", driver.search([one[-4:] for one in numbers])),
        _percentiles("search by name, key to paint", driver.search(["uwi", "muk", "jean", "aline"] * 8)),
        _percentiles("scroll of the results, key to paint", driver.scroll(SAMPLES)),
        _percentiles("trial vend, key to paint", driver.trial(numbers[:12])),
    ]
    works: dict[str, Callable[[], object]] = {
        "at rest": lambda: None,
        "import": lambda: _import(till, folder),
        "month report": lambda: _reports(till),
        "back-up": lambda: till.backups.begin().run(),
    }
    for name, work in works.items():
        gaps = driver.heartbeat(work, beat_ms=HEARTBEAT_MS, least_s=BEAT_S if name == "import" else 1.0)
        rows.append(Row(f"heartbeat beside {name}, p99 gap", _share(gaps, 99), "ms"))
        rows.append(Row(f"heartbeat beside {name}, longest gap", max(gaps), "ms"))
    rows += _sync_rows(till, folder, driver)
    driver.close()
    return rows


def _sync_rows(till: Till, folder: Path, driver: WindowDriver) -> list[Row]:
    """Beside the first talk with head office: the whole journal goes out, its meters come in."""
    from benchmarks.local_office import local_office
    from pos.services.enrol_values import EnrolWish

    drns = [meter_number(METERS + 50_000 + n) for n in range(PULLED_METERS)]
    with local_office(folder / "office", drns) as (url, code):
        _give_key(till)
        till.office.enrol(_person(till, Role.ADMINISTRATOR), EnrolWish(url, code))
        sent = []

        def sync() -> None:
            assert till.sync is not None, "enrolled"
            report = till.sync.run_once()
            assert report.pulled["meters"] >= PULLED_METERS, report
            sent.append(report.pushed)

        began = time.perf_counter()
        gaps = driver.heartbeat(sync, beat_ms=HEARTBEAT_MS, least_s=1.0)
        seconds = time.perf_counter() - began
    title = f"heartbeat beside a sync of {sum(sent):,} entries and {PULLED_METERS:,} meters"
    return [
        Row(f"{title}, p99 gap", _share(gaps, 99), "ms"),
        Row("the same, longest gap", max(gaps), "ms"),
        Row("the same, how long it took", seconds, "s"),
    ]


def _give_key(till: Till) -> None:
    """The filled till was made without set-up: give it the key it signs with."""
    key = Ed25519PrivateKey.generate()
    assert till.secrets is not None
    till.secrets.set(TILL_KEY, Secret(key.private_bytes_raw()))
    with till.units.write() as unit:
        unit.connection.exec_driver_sql(
            "UPDATE till SET public_key = ?", (key.public_key().public_bytes_raw(),)
        )


def _percentiles(name: str, times_ms: list[float]) -> Row:
    return Row(f"{name}, p95", _share(times_ms, 95), "ms")


def _share(values: list[float], share: int) -> float:
    return statistics.quantiles(values, n=100)[share - 1]


def _import(till: Till, folder: Path) -> None:
    path = folder / "more.csv"
    write_meters(path, 20_000, start=METERS + 1)
    till.imports.run(_person(till, Role.ADMINISTRATOR), path, errors_path=folder / "errors.csv")


def _reports(till: Till) -> None:
    administrator = _person(till, Role.ADMINISTRATOR)
    month = f"{till.clock.now():%Y-%m}"
    for _ in range(50):
        till.reports.month(administrator, month)
