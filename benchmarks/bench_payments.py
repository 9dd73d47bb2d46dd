"""What payments by phone cost: a poll, a thousand parked ones, callbacks into the server.

The provider is a twin in this process: what is measured is the till and the server, not a network.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import statistics
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.table import Row, median_seconds
from central.history import upgrade
from central.services.payment_accounts import PaymentAccounts, ServerAccount
from pos.gateways.factory import Account
from pos.gateways.http import Line
from tests.factories.payments import Counter, asked, make_counter, momo
from tests.fakes.clock import FakeClock
from tests.server.rig import make_server, settings_of

PARKED = 1_000
CALLBACKS = 500
KEY = "sk_test_bench"


def run() -> list[Row]:
    """Measure on empty books."""
    return [*_till(), *_server()]


def _till() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="kilotill-bench-") as name:
        counter = make_counter(Path(name), float_minor=10**12)
        counter.shop.set_rules(duplicate_minutes=0)
        counter.momo.is_instant = False
        drns = [counter.shop.add_meter(n) for n in range(1, 101)]
        begun_s = _seconds_of(lambda: _park_all(counter, drns))
        poll_s = median_seconds(lambda: _poll_one(counter), repeats=50)
        counter.shop.clock.pass_time(minutes=30)
        rows = [
            Row("begin a sale by phone", begun_s / PARKED * 1000, "ms"),
            Row("overhead of a status poll that changes nothing", poll_s * 1000, "ms"),
        ]
        rows += _beside(counter)
        counter.momo.finish()
        counter.shop.clock.pass_time(minutes=30)
        delivered_s = _seconds_of(lambda: _run_all(counter))
        rows.append(Row(f"{PARKED:,} parked payments found paid and delivered", delivered_s, "s"))
        counter.shop.units.close()
    return rows


def _park_all(counter: Counter, drns: list[str]) -> None:
    for n in range(PARKED):
        _park(counter, drns[n % len(drns)])


def _park(counter: Counter, drn: str) -> None:
    view = counter.desk.begin(asked(drn), (momo(),), counter.shop.supervisor)
    counter.desk.stop_waiting(view.sale_id, counter.shop.supervisor)


def _poll_one(counter: Counter) -> None:
    """One payment is due at this instant: the one after it only a moment later."""
    with counter.shop.units.write() as unit:
        unit.connection.exec_driver_sql(
            "UPDATE provider_payment SET ask_at = 0 WHERE id = (SELECT id FROM provider_payment LIMIT 1)"
        )
    counter.desk.run_due()


def _beside(counter: Counter) -> list[Row]:
    """Poll all while another thread reads what a key press reads."""
    waits: list[float] = []
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            begun = time.perf_counter()
            with counter.shop.units.read() as connection:
                connection.exec_driver_sql("SELECT drn FROM meter WHERE drn LIKE '0400%' LIMIT 10").all()
            waits.append(time.perf_counter() - begun)
            is_over.wait(0.005)

    reader = threading.Thread(target=read)
    reader.start()
    polled_s = _seconds_of(lambda: _run_all(counter))
    is_over.set()
    reader.join()
    worst_ms = statistics.quantiles(waits, n=100)[98] * 1000
    return [
        Row(f"{PARKED:,} parked payments polled", polled_s, "s"),
        Row("a key's read beside it, 99th of 100", worst_ms, "ms"),
    ]


def _run_all(counter: Counter) -> None:
    asked_before = -1
    while len(counter.momo.asked) != asked_before:
        asked_before = len(counter.momo.asked)
        counter.desk.run_due()


def _server() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="kilotill-bench-") as name:
        folder = Path(name)
        server = make_server(settings_of(f"sqlite:///{folder / 'central.sqlite'}", folder), FakeClock())
        upgrade(server.database)
        account = Account(
            url="https://api.paystack.co",
            country="GH",
            currency="GHS",
            credentials={"secret_key": KEY},
            email="shop@example.com",
        )
        office = server.app.state.head_office
        office.webhooks._accounts = PaymentAccounts(
            [ServerAccount("*", "paystack", account)], Line(server.clock)
        )
        bodies = [
            json.dumps(
                {"event": "charge.success", "data": {"id": n, "reference": f"r-{n}", "status": "success"}}
            )
            for n in range(CALLBACKS)
        ]
        with server.client as client:
            begun = time.perf_counter()
            for body in bodies:
                signature = hmac.new(KEY.encode(), body.encode(), hashlib.sha512).hexdigest()
                answer = client.post(
                    "/v1/webhooks/paystack", content=body, headers={"x-paystack-signature": signature}
                )
                assert answer.status_code == 200, answer.text
            seconds = time.perf_counter() - begun
        server.database.close()
    return [Row("callbacks into the server, one after the other", CALLBACKS / seconds, "a second")]


def _seconds_of(work: object) -> float:
    assert callable(work)
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    from benchmarks.table import table

    print(table(run()))
