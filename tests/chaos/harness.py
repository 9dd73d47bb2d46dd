"""Kills a till in the middle of payments, again and again: `python -m tests.chaos.harness --rounds 5`.

Each round takes every provider through every scenario of the sandbox. A till is forked from this process,
asks a payer for money and is ended with SIGKILL: half of the times by its parent at a random instant, half of
the times by itself just before a statement or a request. Then the till is opened again and does what is due.
What must hold, by the sandbox's own book of who paid:

- money taken: delivered exactly once, or shown as unresolved with its owner, or given back;
- money not taken: not delivered;
- the token that was said is the token that is kept, and the customer's meter takes it once;
- `verify` finds nothing, and every ledger adds up.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter as Count
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from pos.domain.states import PaymentState, SaleState
from pos.models.queries.shifts import list_unresolved
from pos.services.payment_views import SaleView
from pos.services.verify import verify
from pos.tokens.virtual_meter import ResultCode, VirtualMeter
from tests.chaos.life import CASH_MINOR, live, open_counter, request
from tests.chaos.shared_clock import START, SharedClock
from tests.crash.listening import PATIENCE_S, listen
from tests.factories.payments import Counter
from tests.factories.shop import make_shop

PROVIDERS = ("mtn", "airtel", "paystack")
SCENARIOS = [str(number) for number in range(1, 15)]
VARIANTS = ["5-never", "5-forged", "5-out-of-order", "8-502", "8-503", "no-money", "refused", "expired"]
VARIANTS += ["ambiguous", "refused-at-once", "paid"]
TRIALS_A_BOOK = 14
STEPS_OF_A_LIFE = 260
"""Statements and requests of a life from its first payment on."""
LONGEST_LIFE_S = 0.25
LONG_S = 4 * 3600
"""So long a restarted till goes on asking, in its own time."""


@dataclass
class Tally:
    """What happened, for the closing note."""

    kills: int = 0
    kills_at_a_step: int = 0
    delivered: int = 0
    acknowledged: int = 0
    failed: int = 0
    unresolved: int = 0
    never_begun: int = 0
    paid_by_payers: int = 0
    by_scenario: Count[str] = field(default_factory=Count)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--scenarios", default="", help="Some of them, with commas; empty: all.")
    parser.add_argument("--providers", default="", help="Some of them, with commas; empty: all.")
    options = parser.parse_args()
    _say({"seed": options.seed})
    chance = random.Random(options.seed)
    scenarios = options.scenarios.split(",") if options.scenarios else [*SCENARIOS, *VARIANTS]
    providers = options.providers.split(",") if options.providers else list(PROVIDERS)
    tally = Tally()
    for number in range(options.rounds):
        for name in providers:
            order = list(scenarios)
            chance.shuffle(order)
            for first in range(0, len(order), TRIALS_A_BOOK):
                run_book(
                    name, order[first : first + TRIALS_A_BOOK], chance, tally, first=number * 1000 + first
                )
    _say({**vars(tally), "by_scenario": dict(sorted(tally.by_scenario.items()))})


def run_book(name: str, scenarios: list[str], chance: random.Random, tally: Tally, *, first: int) -> None:
    """Let one book live through a death in each scenario."""
    with tempfile.TemporaryDirectory(prefix="kilotill-chaos-") as folder:
        clock = SharedClock(Path(folder) / "clock")
        with _sandbox(Path(folder) / "clock") as url:
            book = _Book(Path(folder), clock, url, name, chance=chance, tally=tally)
            for n, scenario in enumerate(scenarios):
                book.suffer(first + n, scenario)


@contextmanager
def _sandbox(clock: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.sandbox_process", str(clock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(PATIENCE_S)
        process.stdout.close()


class _Book:
    """One shop with one provider."""

    def __init__(
        self, folder: Path, clock: SharedClock, url: str, name: str, *, chance: random.Random, tally: Tally
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._url = url
        self._name = name
        self._chance = chance
        self._tally = tally
        shop = make_shop(folder, commission_ppm=15_000, clock=clock)
        self._drn = shop.add_meter(1)
        shop.units.close()
        self._meter: VirtualMeter = shop.virtual_meter(self._drn)

    def suffer(self, trial: int, scenario: str) -> None:
        self._control(action="play", provider=self._name.removesuffix("_v1"), scenario=scenario)
        at_a_step = self._chance.random() < 0.5
        die_at = self._chance.randrange(STEPS_OF_A_LIFE) if at_a_step else None
        said = self._one_life(trial, die_at)
        self._tally.kills += 1
        self._tally.kills_at_a_step += at_a_step
        self._inspect(trial, scenario, said)
        # What was not used up must not hit the next payment.
        self._control(action="reset")

    def _one_life(self, trial: int, die_at: int | None) -> list[str]:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            self._live(trial, die_at, writing)
        os.close(writing)
        chance = self._chance if die_at is None else None
        said = listen(reading, child, chance, longest_life_s=LONGEST_LIFE_S)
        os.close(reading)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, (status, said)
        assert not any(line.startswith("failed") for line in said), said
        return said

    def _live(self, trial: int, die_at: int | None, writing: int) -> None:
        def say(text: str) -> None:
            os.write(writing, f"{text}\n".encode())

        try:
            live(
                self._folder,
                self._clock,
                trial=trial,
                name=self._name,
                url=self._url,
                drn=self._drn,
                die_at=die_at,
                say=say,
            )
        except BaseException as error:
            say(f"failed {error!r}")
        finally:
            os._exit(70)

    def _inspect(self, trial: int, scenario: str, said: list[str]) -> None:
        counter = open_counter(self._folder, self._clock, self._name, self._url)
        counter.desk.take_up()
        self._check_books(counter)
        asked = request(trial, self._drn)
        with counter.shop.units.read() as connection:
            begun = connection.exec_driver_sql(
                "SELECT 1 FROM sale WHERE id = ?", (asked.sale_id.bytes,)
            ).first()
        if begun is None:
            assert self._paid() == [], f"{scenario}: money without a sale"
            self._tally.never_begun += 1
            counter.shop.units.close()
            return
        self._go_on(counter)
        self._check_books(counter)
        view = counter.desk.look(asked.sale_id)
        tokens = [line.split()[1] for line in said if line.startswith("token")]
        self._judge(counter, view, scenario, tokens)
        self._clear(counter, view)
        self._check_books(counter)
        counter.shop.units.close()

    def _go_on(self, counter: Counter) -> None:
        """Time passes; now and then a shift ends with the payment still open."""
        ends = self._clock.running_ms() + LONG_S * 1000
        if self._chance.random() < 0.4:
            counter.close_shift()
        while self._clock.running_ms() < ends:
            at = counter.desk.next_due_at()
            if at is None:
                break
            wait_s = max(0.0, (at - self._clock.now()).total_seconds())
            self._clock.pass_time(seconds=wait_s + 0.001)
            counter.desk.run_due()
            if self._chance.random() < 0.05:
                for payment in self._control_state()["payments"]:
                    counter.desk.hint(next(iter(counter.gateways)), payment["reference"])
            if self._no_shift(counter) and self._chance.random() < 0.3:
                counter.open_shift()
        if self._no_shift(counter):
            counter.open_shift()
        counter.desk.run_due()

    def _no_shift(self, counter: Counter) -> bool:
        with counter.shop.units.read() as connection:
            return (
                connection.exec_driver_sql("SELECT 1 FROM shift WHERE closed_place IS NULL").first() is None
            )

    def _judge(self, counter: Counter, view: SaleView, scenario: str, tokens: list[str]) -> None:
        paid = self._paid()
        assert len(paid) <= 1, f"{scenario}: charged {len(paid)} times"
        ours = [part for part in view.parts if part.provider]
        assert len({part.reference for part in ours}) == len(ours) == 1
        owned = self._owned(counter, view)
        self._tally.paid_by_payers += len(paid)
        if view.state is SaleState.DELIVERED:
            assert len(paid) == 1, f"{scenario}: delivered without money"
            assert view.result is not None and view.result.credit_token is not None
            digits = view.result.credit_token["digits"]
            assert all(token == digits for token in tokens), f"{scenario}: another token than was said"
            assert self._meter.enter(digits).result is ResultCode.ACCEPT
            self._tally.delivered += 1
            self._tally.acknowledged += bool(tokens)
        else:
            assert not tokens, f"{scenario}: a token was said and is gone"
            if paid:
                assert owned, f"{scenario}: money taken, {view.state}, and nobody owns it"
                self._tally.unresolved += 1
            elif view.state is SaleState.FAILED:
                self._tally.failed += 1
            else:
                assert owned, f"{scenario}: {view.state} and nobody owns it"
                self._tally.unresolved += 1
        self._tally.by_scenario[f"{scenario} {view.state.value}"] += 1

    def _owned(self, counter: Counter, view: SaleView) -> bool:
        with counter.shop.units.read() as connection:
            found = [one for one in list_unresolved(connection) if one.sale_id == view.sale_id]
        waiting = {one.sale_id for one in counter.desk.waiting(counter.shop.supervisor)}
        assert all(one.owner for one in found)
        return bool(found) and (
            view.sale_id in waiting or view.state is SaleState.REFUND_DUE or view.is_refused
        )

    def _clear(self, counter: Counter, view: SaleView) -> None:
        """A person deals with what is left, so that the next trial begins with a clean desk."""
        from pos.domain.payment_reports import Outcome

        desk, person = counter.desk, counter.shop.supervisor
        for part in view.parts:
            if part.is_under_way or part.attention:
                desk.resolve(part.id, person, outcome=Outcome.FAILED, reason="asked at the provider")
        view = desk.look(view.sale_id)
        if view.state is SaleState.AWAITING_PAYMENT:
            desk.give_up(view.sale_id, person, reason="the customer left")
            counter.refunds.make(view.sale_id, person, reason="the customer left")
            assert desk.look(view.sale_id).state is SaleState.REFUNDED
            assert all(part.state is not PaymentState.SUCCEEDED for part in desk.look(view.sale_id).parts), (
                CASH_MINOR
            )

    def _paid(self) -> list[dict[str, Any]]:
        return [one for one in self._control_state()["payments"] if one["outcome"] == "paid"]

    def _control_state(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"{self._url}/_control", timeout=10).json()
        return found

    def _control(self, **fields: object) -> None:
        requests.post(f"{self._url}/_control", json=fields, timeout=10).raise_for_status()

    def _check_books(self, counter: Counter) -> None:
        report = verify(counter.shop.units)
        assert report.is_clean, report.findings
        assert self._clock.now() >= START


def _say(figures: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
