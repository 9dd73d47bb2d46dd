"""Weeks of tills and a real head office over a line on which everything goes wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SALES = int(os.environ.get("KILOTILL_SIMULATION_SALES", "10000"))
SEED = int(os.environ.get("KILOTILL_SIMULATION_SEED", "20261120"))


def _simulate(*options: str) -> dict[str, Any]:
    # A process of its own: it has a clock, a randomness and log records that no other test may see.
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    tally: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{\n") : done.stdout.rindex("}") + 1])
    return tally


def test_books_when_everything_goes_wrong_for_weeks_agree_to_the_last_sale() -> None:
    tally = _simulate("--sales", str(SALES), "--seed", str(SEED))

    assert tally["sales"] >= SALES
    assert tally["cycles broken off"] > 0
    assert tally["lines pushed twice"] > 0
    assert tally["sales by central"] > 0
    assert tally["sales by vault"] > 0


@pytest.mark.postgres
def test_books_when_head_office_runs_on_postgresql_agree_as_well() -> None:
    tally = _simulate("--sales", "400", "--seed", str(SEED), "--postgres")

    assert tally["sales"] >= 400
    assert tally["cycles broken off"] > 0
