"""How fast head office takes pushes: a real server on loopback and PostgreSQL; signature, hash, recompute.

Two lines a sale (`sale_delivered`, `token_handed_over`), 100 sales a push. The plain figure is `executemany`
of the very rows that one sale gives, into the same tables. `KILOTILL_BENCH_PUSHED` says how many sales are
pushed (4,000). Each till sells to meters of its own, as in a shop; in the last row all sell to the same ones
and know nothing of each other, so that most sales are flagged and most monthly charges given back.
"""

from __future__ import annotations

import http.client
import os
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, Table, select

from benchmarks.real_server import new_database, postgres, serving
from benchmarks.table import Row
from central.db import Database
from central.models import journal
from central.models.tills import till as till_table
from central.models.transactions import transactions
from pos.errors import UserError
from pos.tokens.numbers import parse_drn
from tests.fakes.clock import FakeClock
from tests.server.rig import make_server, settings_of
from tests.server.till_rig import Shop, Till, make_shop

SALES = int(os.environ.get("KILOTILL_BENCH_PUSHED", "4000"))
METERS = 2_000
LINES = 200
WARM_BATCHES = 3
_TABLES: Sequence[Table] = (
    journal.journal_line,
    transactions,
    journal.sale_item,
    journal.sale_line,
    journal.payment,
    journal.token,
    journal.posting,
)


def run() -> list[Row]:
    """Measure one till on one worker, then four tills on two, apart and at the same meters."""
    with tempfile.TemporaryDirectory(prefix="kilotill-bench-") as name, postgres(Path(name)) as url:
        return [
            *_measure(Path(name), url, tills=1, workers=1),
            *_measure(Path(name), url, tills=4, workers=2),
            *_measure(Path(name), url, tills=4, workers=2, title="at the same meters"),
        ]


def _measure(folder: Path, server_url: URL, *, tills: int, workers: int, title: str = "") -> list[Row]:
    url = new_database(server_url)
    shop = _shop(url, folder)
    drns = list(shop.meters)
    own = [drns[:METERS] if title else drns[n::tills] for n in range(tills)]
    pushing = [_filled(shop, f"T{n:02d}", SALES // tills, drns=own[n]) for n in range(tills)]
    with serving(url, folder, workers=workers) as address:
        for till, batches in pushing:
            _push(address, till, batches[:WARM_BATCHES])
        seconds = _at_once(address, [(till, batches[WARM_BATCHES:]) for till, batches in pushing])
    pushed = sum(len(batches) - WARM_BATCHES for _, batches in pushing) * LINES // 2
    _check_booked(url, tills * (SALES // tills))
    figure = pushed / seconds
    name = f"push of sales, {tills} till{'s' * (tills > 1)}, {workers} worker{'s' * (workers > 1)} {title}"
    return [Row(name.strip(), figure, "sales/s", _plain(url, pushing[0][0]) if tills == 1 else None)]


def _filled(shop: Shop, code: str, sales: int, *, drns: Sequence[str]) -> tuple[Till, list[bytes]]:
    till = shop.till(code)
    for n in range(sales):
        sale = till.sell(drns[(n * 7 + int(code[1:]) * 500) % len(drns)])
        till.line("token_handed_over", {"sale_id": sale["sale_id"], "how": "printed", "copy": 0})
    firsts = range(1, len(till.lines) + 1, LINES)
    return till, [till.batch(first, first + LINES - 1) for first in firsts]


def _at_once(address: tuple[str, int], pushing: list[tuple[Till, list[bytes]]]) -> float:
    threads = [threading.Thread(target=_push, args=(address, till, batches)) for till, batches in pushing]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


def _push(address: tuple[str, int], till: Till, batches: list[bytes]) -> None:
    connection = http.client.HTTPConnection(*address, timeout=60)
    headers = {**till.auth, "Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    for packed in batches:
        connection.request("POST", "/v1/sync/push", body=packed, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{answer.status}: {body[:300]!r}")
    connection.close()


def _plain(url: str, till: Till) -> float:
    """Insert the rows of the pushed sales by `executemany`, one commit a push, and return sales a second."""
    database = Database(url)
    with database.read() as connection:
        rows = {
            table: [tuple(row) for row in connection.execute(select(table).where(table.c.till_id == till.id))]
            for table in _TABLES
        }
    database.close()
    sales, a_push = len(rows[transactions]), LINES // 2
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        for table in _TABLES:
            connection.execute(f'TRUNCATE "{table.name}" CASCADE')
        connection.commit()
        begun = time.perf_counter()
        for first in range(0, sales, a_push):
            with connection.cursor() as cursor:
                for table in _TABLES:
                    some = _share(rows[table], first, a_push, sales)
                    marks = ", ".join(["%s"] * len(table.c))
                    cursor.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', some)  # noqa: S608
            connection.commit()
        return sales / (time.perf_counter() - begun)


def _share(rows: list[Any], first: int, count: int, of: int) -> list[Any]:
    """Return the part of a table's rows that belongs to some of the sales."""
    each = len(rows) / of
    return rows[round(first * each) : round(min(of, first + count) * each)]


def _check_booked(url: str, sales: int) -> None:
    database = Database(url)
    with database.read() as connection:
        booked = connection.execute(select(transactions.c.id)).all()
        waiting = connection.execute(
            select(till_table.c.id).where(till_table.c.booked_seq < till_table.c.head_seq)
        ).all()
        flagged = connection.execute(select(journal.line_flag.c.flag)).scalars().all()
    database.close()
    assert len(booked) == sales, (len(booked), sales)
    assert not waiting
    assert set(flagged) <= {"block", "charge_twice"}, set(flagged)


def _shop(url: str, folder: Path) -> Shop:
    server = make_server(settings_of(url, folder), FakeClock(datetime.now(UTC)))
    return make_shop(server, "bench", drns=_drns(4 * METERS))


def _drns(count: int) -> list[str]:
    found: list[str] = []
    body = 410_000_000
    while len(found) < count:
        body += 1
        found += [drn for check in range(10) if (drn := _checked(f"0{body:09d}{check}")) is not None][:1]
    return found


def _checked(digits: str) -> str | None:
    try:
        return parse_drn(digits).digits
    except UserError:
        return None
