"""The first pull of a register from the real server, and what a till pays when nothing is new.

The server runs on PostgreSQL in a process of its own, the till is this process; they talk over loopback.
`KILOTILL_BENCH_PULL` says how many meters (100,000; 1,000,000 at length).
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from benchmarks.make_meters import meter_number
from benchmarks.memory import watched
from benchmarks.real_server import new_database, postgres, serving
from benchmarks.table import Row, median_seconds
from central.db import Database
from central.models.master import feed, feed_head, meter
from central.services.bulk import insert_rows, upsert_rows
from central.services.feed import EVERYBODY
from central.services.master import Master
from pos.bootstrap import Access, Till, open_till, set_up_shop
from pos.cli.demo_shop import demo_plan
from pos.domain.permissions import Role
from pos.models.queries.people import list_people
from pos.services.enrol_values import EnrolWish
from pos.services.shop_rows import BookKind
from pos.sync.engine import SyncProgress
from pos.system.paths import DataFolder
from tests.fakes.clock import FakeClock
from tests.server.rig import make_server, settings_of
from tests.server.till_rig import SGC, TARIFF, Shop, group_values, make_shop

METERS = int(os.environ.get("KILOTILL_BENCH_PULL", "100000"))
_AT_ONCE = 50_000
_EARLY = 100_000
"""After so many meters every buffer has its size: a million take no more."""
_METER = (
    *("id", "organisation_id", "drn", "pan", "service", "tariff_code", "sgc", "status"),
    *("arrears_minor", "site", "is_dirty"),
)
_REPEATS = 50


def run() -> Iterator[Row]:
    """Measure the first pull, then one call and one cycle without anything new."""
    with tempfile.TemporaryDirectory(prefix="kilotill-bench-") as name, postgres(Path(name)) as server_url:
        url = new_database(server_url)
        shop = _shop(url, Path(name))
        _fill(url, shop)
        code = shop.code(money_minor=400_000, units_milli=10**12)
        with serving(url, Path(name), workers=1) as address, _till(Path(name, "till")) as till:
            _enrol(till, "http://{}:{}".format(*address), code)
            yield from _first_pull(till)
            yield from _nothing_new(till)


def _first_pull(till: Till) -> Iterator[Row]:
    assert till.sync is not None
    with watched() as memory:
        begun, own_before, early_mb = time.perf_counter(), _own_seconds(), 0.0

        def tell(progress: SyncProgress) -> None:
            nonlocal early_mb
            if progress.what == "meters" and progress.done <= _EARLY:
                early_mb = memory.anonymous_mb

        report = till.sync.run_once(tell)
        took_s = time.perf_counter() - begun
    assert report.pulled["meters"] == METERS, report
    assert not report.troubles, report.troubles
    with till.units.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM meter").scalar() == METERS
    yield Row(f"first pull of {METERS:,} meters from the real server", took_s, "s")
    yield Row("the till's own part of it", _own_seconds() - own_before, "s")
    yield Row("a million would take", took_s * 1_000_000 / METERS, "s")
    yield Row("memory it takes at the till: anonymous", memory.anonymous_mb, "MB")
    yield Row(f"of it, for the first {min(METERS, _EARLY):,} meters", early_mb, "MB")
    yield Row("memory it takes at the till: of files", memory.file_mb, "MB")


def _nothing_new(till: Till) -> Iterator[Row]:
    sync = till.sync
    assert sync is not None
    with till.units.read() as connection:
        cursor = connection.exec_driver_sql(
            "SELECT cursor FROM pull_cursor WHERE resource = 'meters'"
        ).scalar()
    path = f"/v1/sync/pull?resource=meters&cursor={cursor}&limit=5000"
    sync.run_once()
    call_s = median_seconds(lambda: sync.client.call("GET", path), repeats=_REPEATS)
    cycle_s = median_seconds(sync.run_once, repeats=_REPEATS)
    yield Row("pull that finds nothing new", call_s * 1000, "ms")
    yield Row("whole cycle that finds nothing new", cycle_s * 1000, "ms")


def _shop(url: str, folder: Path) -> Shop:
    server = make_server(settings_of(url, folder), FakeClock(datetime.now(UTC)))
    shop = make_shop(server, "bench", drns=())
    with server.database.write() as connection:
        Master(server.app.state.head_office.feed).put_group(
            connection, shop.organisation, group_values(holders=["vault"]), now=server.clock.now()
        )
    return shop


def _fill(url: str, shop: Shop) -> None:
    """Put meters and what tills pull of them into the tables, as an import would leave them."""
    database = Database(url)
    for first in range(0, METERS, _AT_ONCE):
        some = range(first, min(METERS, first + _AT_ONCE))
        numbers = [(UUID(int=(1 << 120) + n), meter_number(n)) for n in some]
        with database.write() as connection:
            insert_rows(
                connection,
                meter,
                _METER,
                [
                    (one, shop.organisation, drn, n, 0, TARIFF.code, SGC, "active", 0, "Hill", False)
                    for n, (one, drn) in enumerate(numbers, first)
                ],
            )
            insert_rows(
                connection,
                feed,
                ("organisation_id", "resource", "id", "scope", "change", "body"),
                [
                    (shop.organisation, "meters", str(one), EVERYBODY, n, _body(one, drn))
                    for n, (one, drn) in enumerate(numbers, first + 1)
                ],
            )
            upsert_rows(
                connection,
                feed_head,
                ("organisation_id", "resource", "change"),
                [(shop.organisation, "meters", first + len(numbers))],
                key=("organisation_id", "resource"),
                on_conflict="DO UPDATE SET change = excluded.change",
            )
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # PostgreSQL does it by itself within a minute of such an import.
        connection.execute(text("ANALYZE"))
    database.close()


def _body(meter_id: UUID, drn: str) -> str:
    return (
        f'{{"arrears_minor":0,"drn":"{drn}","id":"{meter_id}","service":0,"sgc":"{SGC}","site":"Hill",'
        f'"status":"active","tariff_code":"{TARIFF.code}"}}'
    )


@contextmanager
def _till(folder: Path) -> Iterator[Till]:
    data = DataFolder(folder)
    set_up_shop(data, replace(demo_plan(), till_code="T03"), BookKind.DEMO)
    with open_till(data, Access.WRITES) as till:
        yield till


def _enrol(till: Till, url: str, code: str) -> None:
    with till.units.read() as connection:
        people = {person.actor.role: person.actor for person in list_people(connection)}
    till.office.enrol(people[Role.ADMINISTRATOR], EnrolWish(url, code))


def _own_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
