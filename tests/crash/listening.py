"""Listen to a child process, and kill it at a random moment."""

from __future__ import annotations

import os
import random
import select
import signal
import time

PATIENCE_S = 60


def listen(reading: int, child: int, chance: random.Random | None, *, longest_life_s: float) -> list[str]:
    """Return the lines a child wrote until its end; a `chance` kills it some time after it said `ready`."""
    text = b""
    deadline = time.monotonic() + PATIENCE_S
    kill_at: float | None = None
    while True:
        wait_s = (kill_at or deadline) - time.monotonic()
        ready, _, _ = select.select([reading], [], [], max(0.0, wait_s))
        if not ready:
            os.kill(child, signal.SIGKILL)
            kill_at, deadline, chance = None, time.monotonic() + PATIENCE_S, None
            continue
        piece = os.read(reading, 65_536)
        if not piece:
            return text.decode().splitlines()
        text += piece
        if chance is not None and kill_at is None and b"ready" in text:
            kill_at = time.monotonic() + chance.uniform(0, longest_life_s)
