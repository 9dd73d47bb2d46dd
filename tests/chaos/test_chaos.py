"""A few of the deaths that `make chaos` tries by the thousand: each provider, each scenario, one kill."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.harness import PROVIDERS, SCENARIOS

ROOT = Path(__file__).parents[2]
SEED = int(os.environ.get("KILOTILL_CRASH_SEED", "20261120"))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks, and kills with SIGKILL")


@pytest.mark.parametrize("name", PROVIDERS)
def test_till_when_killed_in_every_scenario_charges_and_delivers_once(name: str) -> None:
    # A process of its own: it forks, and may have no other thread.
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.chaos.harness"),
            *("--seed", str(SEED), "--providers", name, "--scenarios", ",".join(SCENARIOS)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    tally = json.loads(done.stdout.splitlines()[-1])
    assert tally["kills"] == len(SCENARIOS)
    ended = tally["delivered"] + tally["failed"] + tally["unresolved"] + tally["never_begun"]
    assert ended == len(SCENARIOS)
    assert tally["delivered"] > 0
