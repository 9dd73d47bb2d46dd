"""Ten thousand sales and more at tills whose line to head office fails in every way; then every sum compared.

`make simulate N=1000000 SEED=…` does the same at length.
"""

import pytest

from central.db import Database
from central.history import upgrade
from tests.server.postgres import database_of_worker
from tests.simulation.faults import Fault
from tests.simulation.run import simulate
from tests.simulation.world import Plan

PLANS = (Plan(11, 3_400, 4), Plan(12, 3_400, 4), Plan(13, 3_400, 3))
"""Several worlds, so that test processes share them."""

ALWAYS = (
    *("sales by vault", "sales by central", "sales repeated", "sales with a key change", "reprints", "voids"),
    *("charges taken twice", "sales with credit", "meters proposed", "proposals decided", "clocks moved"),
    *("head office restarted", "tills restarted", "tills revoked", "signing keys changed", "cash moved"),
    *("key changes announced", "shifts", "tokens without a sale", "cycles broken off", "lines pushed twice"),
)
"""What every world must have seen: a simulation in which nothing happens proves nothing."""


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: f"seed-{plan.seed}")
def test_simulation_when_everything_goes_wrong_both_books_agree(plan: Plan) -> None:
    tally = simulate(plan).tally

    assert tally["sales"] >= plan.sales
    assert tally["tokens accepted by meters"] >= tally["sales by vault"]
    assert [what for what in ALWAYS if not tally.get(what)] == []
    assert [fault.value for fault in Fault if not tally.get(f"line: {fault.value}")] == []
    assert sum(tally.get(f"tills replaced {how} mirror", 0) for how in ("with", "without")) == 2


def test_simulations_together_when_run_sell_ten_thousand_times() -> None:
    assert sum(plan.sales for plan in PLANS) >= 10_000


def test_simulation_when_run_twice_with_one_seed_is_the_same() -> None:
    one, other = (simulate(Plan(5, 120, 3)) for _ in range(2))

    assert one.fingerprint == other.fingerprint and one.tally == other.tally


@pytest.mark.postgres
def test_simulation_when_head_office_runs_on_postgresql_is_right_as_well(
    testrun_uid: str, worker_id: str
) -> None:
    with database_of_worker(f"{testrun_uid}-simulation", worker_id) as url:
        text = url.render_as_string(hide_password=False)
        database = Database(text)
        upgrade(database)
        database.close()

        tally = simulate(Plan(21, 300, 3), database_url=text).tally

    assert tally["sales"] >= 300 and tally["cycles"] > 0
