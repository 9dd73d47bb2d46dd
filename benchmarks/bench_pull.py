"""The first pull of a register into an empty till; KILOTILL_BENCH_PULL says how many, 1000000 at length."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from benchmarks.make_meters import meter_number
from benchmarks.table import Row
from pos.contracts.wire import PULL_ROWS_MAX
from pos.sync.transport import Response
from tests.factories.linked_till import link_till
from tests.fakes.transport import Request, ok

METERS = int(os.environ.get("KILOTILL_BENCH_PULL", "100000"))


class Register:
    """A server that has meters and nothing else; the time it takes to write pages is not the till's."""

    def __init__(self) -> None:
        self.spent_s = 0.0

    def answer(self, request: Request) -> Response:
        first = int(request.query["cursor"] or 0)
        if request.query["resource"] != "meters" or first >= METERS:
            cursor = request.query["cursor"] or "0"
            return ok({"rows": [], "deleted": [], "cursor": cursor, "more": False, "mapping": "1"})
        begun = time.perf_counter()
        last = min(METERS, first + PULL_ROWS_MAX)
        rows = [_row(n) for n in range(first, last)]
        page = ok({"rows": rows, "deleted": [], "cursor": str(last), "more": last < METERS, "mapping": "1"})
        self.spent_s += time.perf_counter() - begun
        return page


def run() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        till = link_till(Path(folder), opens_shift=False)
        register = Register()
        till.all_works()
        till.transport.will("/v1/sync/pull", register.answer)
        begun = time.perf_counter()
        till.engine.run_once()
        took_s = time.perf_counter() - begun - register.spent_s
        assert till.one("SELECT count(*) FROM meter") == METERS
        till.shop.units.close()
    yield Row(f"first pull of {METERS} meters", took_s, "s")
    yield Row("meters pulled a second", METERS / took_s, "1/s")


def _row(n: int) -> dict[str, object]:
    return {
        "id": str(UUID(int=(1 << 120) + n)),
        "drn": meter_number(n),
        "tariff_code": "HOME",
        "sgc": "201457",
        "status": "active",
        "arrears_minor": 0,
        "site": "Hill",
    }
