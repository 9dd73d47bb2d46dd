"""Key to paint while a thousand parked payments are asked about, each once a minute, in the real window.

The providers are a sandbox in another process; every answer is "not yet", which is what a till hears most.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from benchmarks.bench_window import SAMPLES, _share
from benchmarks.table import Row
from pos.bootstrap import Access, Till, open_till
from pos.cli.demo_shop import make_demo_shop
from pos.domain.permissions import Actor, Role
from pos.domain.shift import cash_count
from pos.gateways.base import ByPhone
from pos.models.queries.people import list_people
from pos.services.payment_parts import Part
from pos.services.sale_values import SaleRequest
from pos.system.ids import new_id
from pos.system.paths import DataFolder

PARKED = 1_000
EVERY_S = 60.0 / PARKED
"""In its first hour a parked payment is asked about once a minute."""

STARTS_WITHIN_S = 20.0


def run() -> list[Row]:
    """Park the payments, then type while all of them are asked about."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="kilotill-bench-") as name, _sandbox() as url:
        folder = DataFolder(Path(name))
        make_demo_shop(folder, datetime.now(UTC) - timedelta(minutes=1), days=1)
        with open_till(folder, Access.WRITES) as till:
            till.payments.use_sandbox(url)
            cashier = _person(till, Role.CASHIER)
            till.shifts.open_shift(cashier, cash_count([(5000, 10)]))
            return _measure(till, cashier, _park(till, _person(till, Role.SUPERVISOR)))


def _measure(till: Till, cashier: Actor, payments: list[UUID]) -> list[Row]:
    # Qt only now: the sandbox and the payments were made without it.
    from benchmarks.window_driver import WindowDriver

    driver = WindowDriver(till, cashier)
    with till.units.read() as connection:
        numbers = list(
            connection.exec_driver_sql(
                "SELECT drn FROM meter ORDER BY key DESC LIMIT ?", (SAMPLES,)
            ).scalars()
        )
    at_rest = driver.search([number[-4:] for number in numbers])
    plain = (_share(at_rest, 95), _share(driver.trial(numbers[:24]), 95))
    asked, ended = [0], threading.Event()

    def ask_all() -> None:
        while not ended.is_set():
            for payment_id in payments:
                if ended.wait(EVERY_S):
                    return
                till.payments.desk.requery(payment_id, cashier)
                asked[0] += 1

    worker = threading.Thread(target=ask_all, name="bench-ask")
    began = time.monotonic()
    worker.start()
    searches = driver.search([number[-4:] for number in numbers])
    trials = driver.trial(numbers[:24])
    seconds = time.monotonic() - began
    ended.set()
    worker.join()
    gaps = driver.heartbeat(till.payments.run_due, beat_ms=5, least_s=3.0)
    driver.close()
    title = f"beside {PARKED:,} parked payments"
    return [
        Row(f"search {title}, key to paint, p95", _share(searches, 95), "ms", plain[0]),
        Row(f"trial vend {title}, key to paint, p95", _share(trials, 95), "ms", plain[1]),
        Row("payments asked about meanwhile", asked[0] / seconds, "a second"),
        Row(f"heartbeat {title}, p99 gap", _share(gaps, 99), "ms"),
    ]


def _park(till: Till, supervisor: Actor) -> list[UUID]:
    """Ask for money of so many customers and serve the next one each time."""
    with till.units.read() as connection:
        drns = list(
            connection.exec_driver_sql(
                "SELECT drn FROM meter WHERE status = 'active' AND service = 0 AND arrears_minor = 0 "
                "ORDER BY key LIMIT ?",
                (PARKED,),
            ).scalars()
        )
    parked = []
    for n, drn in enumerate(drns * (PARKED // len(drns) + 1)):
        if n == PARKED:
            break
        request = SaleRequest(
            sale_id=new_id(till.clock.now()), drn=drn, money_minor=2000, is_another_wanted=True
        )
        view = till.payments.desk.begin(request, [Part("momo", pay_by=ByPhone("+250788413499"))], supervisor)
        till.payments.desk.stop_waiting(request.sale_id, supervisor)
        parked.append(view.parts[0].id)
    return parked


def _person(till: Till, role: Role) -> Actor:
    with till.units.read() as connection:
        return next(one.actor for one in list_people(connection) if one.actor.role is role)


@contextmanager
def _sandbox() -> Iterator[str]:
    """Run the sandbox by itself; each payment waits for its payer for ever."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "pos", "sandbox", "--port", str(port)], stdout=subprocess.DEVNULL
    )
    try:
        _wait_for(url)
        order = {"action": "play", "scenario": "6", "times": 10 * PARKED}
        call = urllib.request.Request(  # noqa: S310 - http on this machine
            f"{url}/_control", json.dumps(order).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(call, timeout=5).close()  # noqa: S310 - http on this machine
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str) -> None:
    ends = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            urllib.request.urlopen(f"{url}/_control", timeout=1).close()  # noqa: S310 - http on this machine
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    from benchmarks.table import table

    sys.stdout.write(table(run()) + "\n")
