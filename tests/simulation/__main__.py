"""Simulates at length: `python -m tests.simulation --sales 1000000 --seed 7`; see `make simulate`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import ExitStack

from central.db import Database
from central.history import upgrade
from tests.server.postgres import database_of_worker
from tests.simulation.acts import WrongError
from tests.simulation.run import simulate
from tests.simulation.world import Plan, World


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--sales", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--tills", type=int, default=4)
    parser.add_argument("--postgres", action="store_true", help="head office on a real PostgreSQL")
    options = parser.parse_args()
    plan = Plan(options.seed, options.sales, options.tills)
    began = time.monotonic()
    say(f"seed {plan.seed}: {plan.sales} sales at {plan.tills} tills, about {plan.days} days")

    def watch(world: World) -> None:
        seconds = time.monotonic() - began
        say(
            f"{world.time.now():%Y-%m-%d}  {world.sales:>9} sales  {world.sales / seconds:7.1f}/s  "
            f"{world.tally['cycles']:>7} cycles, {world.tally['cycles broken off']} broken off",
        )

    with ExitStack() as stack:
        url = None
        if options.postgres:
            made = stack.enter_context(database_of_worker(str(os.getpid()), "simulation"))
            url = made.render_as_string(hide_password=False)
            database = Database(url)
            upgrade(database)
            database.close()
        try:
            outcome = simulate(plan, database_url=url, watch=watch)
        except WrongError as wrong:
            sys.stderr.write(f"WRONG: {wrong}\n")
            return 1
    say(json.dumps(outcome.tally, indent=1))
    say(f"all holds; {time.monotonic() - began:.0f} s; fingerprint {outcome.fingerprint[:16]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
