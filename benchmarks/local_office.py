"""A head office for benchmarks: a demo server in a process of its own, on loopback and SQLite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.fakes.clock import FakeClock
from tests.server.process import running
from tests.server.rig import make_server, make_template, new_sqlite, settings_of
from tests.server.till_rig import make_shop


@contextmanager
def local_office(folder: Path, drns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Run a server that knows these meters; gives its address and a code for one till."""
    folder.mkdir()
    template = folder / "template.sqlite"
    make_template(template)
    url = new_sqlite(template, folder)
    made = make_server(settings_of(url, folder), FakeClock(datetime.now(UTC)))
    with made.client:
        shop = make_shop(made, "bench", drns=drns)
        code = shop.code(money_minor=10**9, units_milli=10**12)
    made.database.close()
    environment = {"KILOTILL_DATABASE_URL": url, "KILOTILL_LOG_LEVEL": "warning"}
    with running(folder, ("--demo",), environment) as server:
        yield server.url, code
