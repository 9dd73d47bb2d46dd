"""The sandbox as a process of its own, which outlives the till: `python -m tests.chaos.sandbox_process`."""

import sys
from pathlib import Path

from pos.gateways.sandbox import Sandbox
from tests.chaos.shared_clock import SharedClock


def main() -> None:
    with Sandbox(0, seed=11, clock=SharedClock(Path(sys.argv[1]))) as running:
        sys.stdout.write(running.base_url + "\n")
        sys.stdout.flush()
        # Ends with whoever started it.
        sys.stdin.read()


if __name__ == "__main__":
    main()
