"""A few of the deaths that `make crash` tries by the thousand."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.torn_wal import acknowledged_size, run

ROOT = Path(__file__).parents[2]
SEED = int(os.environ.get("KILOTILL_CRASH_SEED", "20261120"))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks, and kills with SIGKILL")


def test_till_when_killed_forty_times_loses_no_sale_and_gives_no_second_token() -> None:
    # A process of its own: it forks, and may have no other thread.
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.harness", "--kills", "40", "--seed", str(SEED)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    tally = json.loads(done.stdout.splitlines()[-1])
    assert (tally["kills"], tally["at_statements"]) == (40, 20)
    # At most one sale a life is durable and dies before it is acknowledged.
    assert 0 <= tally["tokens_accepted"] - tally["acknowledged"] - tally["finished_later"] <= 40
    assert tally["finished_later"] > 0
    assert tally["listed_unfinished"] > 0


def test_log_when_torn_behind_what_was_acknowledged_keeps_every_sale() -> None:
    done = run(300, random.Random(SEED))

    assert done["trials"] == 300
    assert done["verified"] == 3


def test_acknowledged_size_when_older_frames_lie_behind_stops_before_them() -> None:
    header = b"\x37\x7f\x06\x82" + bytes(4) + (512).to_bytes(4, "big") + bytes(4) + b"newsalts" + bytes(8)
    page = bytes(512)
    commit = (1).to_bytes(4, "big") + (7).to_bytes(4, "big") + b"newsalts" + bytes(8) + page
    no_commit = (1).to_bytes(4, "big") + bytes(4) + b"newsalts" + bytes(8) + page
    older = (1).to_bytes(4, "big") + (7).to_bytes(4, "big") + b"oldsalts" + bytes(8) + page

    assert acknowledged_size(header + commit + older) == len(header + commit)
    assert acknowledged_size(header + commit + no_commit + older) == len(header + commit)
    assert acknowledged_size(b"") == 0
