"""People at the server: answers under load with think time, how many it can give, and the month report.

On PostgreSQL over loopback, two workers. Sizes: `KILOTILL_BENCH_TRANSACTIONS` rows (50,000; a tenth of them
is measured before), `KILOTILL_BENCH_USERS` people (20), `KILOTILL_BENCH_SECONDS` of load (5).
"""

from __future__ import annotations

import http.client
import json
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import select, text

from benchmarks.table import Row, median_seconds
from central.db import Database
from central.history import upgrade
from central.logs import prepare_loggers
from central.models.identity import users
from central.passwords import Passwords
from central.security import AccessTokens
from central.services.organisations import NewOrganisation, create_organisation
from central.services.sessions import begin_session
from central.services.users import NewUser, create_user
from central.settings import PasswordCost
from central.source import COMMAND_LINE
from pos.domain.permissions import Role
from tests.server.postgres import database_of_worker
from tests.server.process import running

TRANSACTIONS = int(os.environ.get("KILOTILL_BENCH_TRANSACTIONS", "50000"))
USERS = int(os.environ.get("KILOTILL_BENCH_USERS", "20"))
SECONDS = float(os.environ.get("KILOTILL_BENCH_SECONDS", "5"))
WORKERS = "2"
THINK_S = 1.0
AT_ONCE = 16
MONTH = "2026-10"
TILLS = 50
_PASSWORD = "correct horse battery"  # noqa: S105 - nobody signs in with it
_KEYS = {
    "KILOTILL_SECRET_KEY": "00112233445566778899aabbccddeeff" * 2,
    "KILOTILL_SIGNING_KEY": "102132435465768798a9bacbdcedfe0f" * 2,
    "KILOTILL_VAULT_KEY": "2031425364758697a8b9cadbecfd0e1f" * 2,
}

# All rows within one month: the report has the most to add up. Ids grow with time, as real ones do.
_FILL = """
INSERT INTO transactions (
    id, organisation_id, origin, till_id, till_code, type, state, business_day, at, money_minor, currency,
    units_milli, cashier_name, drn, receipt_number, is_flagged, version, changed_at
)
SELECT
    (lpad(to_hex((extract(epoch FROM made.at) * 1000)::bigint), 12, '0') || '7' || substr(made.hash, 1, 3)
        || '8' || substr(made.hash, 4, 15))::uuid,
    :organisation, 'till', md5(made.till)::uuid, made.till,
    CASE WHEN n % 50 = 0 THEN 'bill' ELSE 'token' END,
    CASE WHEN n % 1000 = 0 THEN 'refund_due' ELSE 'delivered' END,
    (made.at AT TIME ZONE 'Africa/Kigali')::date, made.at, 500 + n % 20000, 'RWF', n % 60000,
    'Cashier ' || n % 97, lpad((n % 100000)::text, 11, '0'), made.till || '-' || lpad(n::text, 8, '0'),
    n % 5000 = 0, 1, made.at
FROM generate_series(cast(:first AS bigint), cast(:last AS bigint)) AS n
CROSS JOIN LATERAL (
    SELECT
        timestamptz '2026-10-01 06:00+02' + (n % 30) * interval '1 day'
            + n * interval '40000 s' / :total AS at,
        md5(n::text) AS hash, 'T' || lpad((n % :tills)::text, 3, '0') AS till
) AS made
"""
_TOTALS = """
INSERT INTO transaction_total
SELECT
    organisation_id, business_day, till_code, '00000000-0000-0000-0000-000000000000'::uuid, type, state,
    currency, count(*), sum(money_minor), sum(units_milli)
FROM transactions GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
_PLAIN_REPORT = """
SELECT type, currency, count(*), sum(money_minor), sum(units_milli) FROM transactions
WHERE organisation_id = :organisation AND business_day BETWEEN '2026-10-01' AND '2026-10-31'
    AND state = 'delivered'
GROUP BY type, currency
"""
_FORMS = {
    "first page": "/transactions/",
    "of a state": "/transactions/?status=refund_due",
    "of a till": "/transactions/?till=T007",
    "of a type and days": "/transactions/?type=bill&first_day=2026-10-05&last_day=2026-10-20",
    "of a text": "/transactions/?text=T007-0000",
    "of a text many begin with": "/transactions/?text=T00",
    "of a text none begins with": "/transactions/?text=ZZZ",
}


@dataclass(slots=True)
class Load:
    """What a load brought: seconds of each answer, and what was no success."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, seconds: float, status: int) -> None:
        with self.lock:
            self.seconds.append(seconds)
            self.errors += status != 200


def run() -> Iterator[Row]:
    """Measure all of it."""
    prepare_loggers()
    with tempfile.TemporaryDirectory(prefix="kilotill-bench-") as name, _database() as url:
        database = Database(url)
        organisation_id = _prepare(database)
        tokens = _sign_everybody_in(database, organisation_id)
        environment = _KEYS | {
            "KILOTILL_DATABASE_URL": url,
            "KILOTILL_WORKERS": WORKERS,
            "KILOTILL_RATE_USER": "10000000",
            "KILOTILL_LOG_LEVEL": "warning",
        }
        with running(Path(name), environment=environment) as server:
            port = int(server.url.rpartition(":")[2])
            before, few = 0, max(1, TRANSACTIONS // 10)
            for rows in (few, TRANSACTIONS):
                _fill(database, organisation_id, before + 1, rows)
                yield from _report_rows(database, organisation_id, port, tokens[0], rows)
                before = rows
            yield from _load_rows(port, tokens)
        database.close()


@contextmanager
def _database() -> Iterator[str]:
    with database_of_worker(uuid4().hex[:12], "bench") as url:
        yield url.render_as_string(hide_password=False)


def _prepare(database: Database) -> UUID:
    upgrade(database)
    now = datetime.now(UTC)
    new = NewOrganisation(slug="bench", name="Bench", time_zone="Africa/Kigali", currency="RWF")
    return create_organisation(database, new, now=now, source=COMMAND_LINE)


def _sign_everybody_in(database: Database, organisation_id: UUID) -> list[str]:
    """Make people with sessions and return their access tokens; passwords are not what is measured."""
    cheap = Passwords(PasswordCost(memory_kib=8, passes=1, lanes=1))
    access = AccessTokens(bytes.fromhex(_KEYS["KILOTILL_SECRET_KEY"]), timedelta(hours=12))
    now, made = datetime.now(UTC), []
    for n in range(USERS):
        person = NewUser(username=f"user{n}", full_name=f"User {n}", role=Role.SUPERVISOR, password=_PASSWORD)
        user = create_user(
            database, cheap, organisation_id, person, actor_id=None, now=now, source=COMMAND_LINE
        )
        with database.write() as connection:
            row = connection.execute(select(users).where(users.c.id == user.id)).one()
            tokens = begin_session(
                connection,
                row,
                now=now,
                lifetime=timedelta(days=7),
                source=COMMAND_LINE,
                has_second_factor=False,
            )
        made.append(access.issue(tokens.user_id, tokens.session_id, now=now))
    return made


def _fill(database: Database, organisation_id: UUID, first: int, last: int) -> None:
    values = {
        "organisation": organisation_id,
        "first": first,
        "last": last,
        "total": TRANSACTIONS,
        "tills": TILLS,
    }
    with database.write() as connection:
        connection.execute(text(_FILL), values)
        connection.execute(text("DELETE FROM transaction_total"))
        connection.execute(text(_TOTALS))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) transactions"))
        connection.execute(text("ANALYZE transaction_total"))


def _report_rows(
    database: Database, organisation_id: UUID, port: int, token: str, rows: int
) -> Iterator[Row]:
    ask = _Client(port, token).get
    report = f"/v1/reports/month?month={MONTH}"

    def plainly() -> None:
        with database.read() as connection:
            connection.execute(text(_PLAIN_REPORT), {"organisation": organisation_id}).all()

    ask(report)
    ours, plain = median_seconds(lambda: ask(report)), median_seconds(plainly, repeats=3)
    yield Row(f"month report, {rows:,} transactions", ours * 1000, "ms", plain * 1000)
    for label, path in _FORMS.items():
        yield Row(f"{label}, {rows:,} transactions", median_seconds(partial(ask, path)) * 1000, "ms")


def _load_rows(port: int, tokens: Sequence[str]) -> Iterator[Row]:
    paths = _paths(port, tokens[0])
    thinking = _load(port, tokens, paths, think_s=THINK_S)
    yield Row(f"{len(tokens)} users, p50", statistics.median(thinking.seconds) * 1000, "ms")
    yield Row(f"{len(tokens)} users, p95", statistics.quantiles(thinking.seconds, n=100)[94] * 1000, "ms")
    yield Row(f"{len(tokens)} users, errors", float(thinking.errors), "")
    full = _load(port, (list(tokens) * AT_ONCE)[:AT_ONCE], paths, think_s=0.0)
    yield Row(f"saturation, {AT_ONCE} at once", len(full.seconds) / SECONDS, "1/s")
    yield Row("saturation, p95", statistics.quantiles(full.seconds, n=100)[94] * 1000, "ms")


def _paths(port: int, token: str) -> Callable[[random.Random], str]:
    """Return what makes one request: 60 % lists, 30 % detail, 10 % summaries."""
    page = json.loads(_Client(port, token).get("/transactions/?limit=100")[1])
    ids = [item["id"] for item in page["items"]]
    lists = list(_FORMS.values())[:5]

    def choose(chance: random.Random) -> str:
        share = chance.random()
        if share < 0.6:
            return chance.choice(lists)
        return f"/transactions/{chance.choice(ids)}" if share < 0.9 else f"/v1/reports/month?month={MONTH}"

    return choose


def _load(port: int, tokens: Sequence[str], paths: Callable[[random.Random], str], *, think_s: float) -> Load:
    """Let everybody ask for `SECONDS`, each with a connection of their own."""
    load, end = Load(), time.monotonic() + SECONDS

    def be_somebody(n: int) -> None:
        chance, client = random.Random(n), _Client(port, tokens[n])  # noqa: S311 - not for secrets
        time.sleep(chance.random() * think_s)
        while time.monotonic() < end:
            begun = time.perf_counter()
            status, _ = client.get(paths(chance))
            load.add(time.perf_counter() - begun, status)
            time.sleep(think_s * chance.uniform(0.5, 1.5))

    threads = [threading.Thread(target=be_somebody, args=(n,)) for n in range(len(tokens))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load


class _Client:
    """One person's connection, kept open."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> tuple[int, bytes]:
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()
