"""How much memory this process takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_EVERY_S = 0.02
ANONYMOUS = ("RssAnon",)
FILE_BACKED = ("RssFile", "RssShmem")
"""Pages of files and of shared memory: the machine takes them back whenever it needs room."""


def memory_mb(*fields: str) -> float:
    """Give the sum of fields of Linux's /proc/self/status; 0 elsewhere."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith(fields)) / 1024


def reset_peak() -> None:
    peak = Path("/proc/self/clear_refs")
    if peak.exists():
        peak.write_text("5")


@dataclass(slots=True)
class Growth:
    """The most by which memory grew since the beginning, told apart by what backs it."""

    anonymous_before_mb: float
    file_before_mb: float
    anonymous_mb: float = 0.0
    file_mb: float = 0.0

    def note(self) -> None:
        """Look how much it is now."""
        self.anonymous_mb = max(self.anonymous_mb, memory_mb(*ANONYMOUS) - self.anonymous_before_mb)
        self.file_mb = max(self.file_mb, memory_mb(*FILE_BACKED) - self.file_before_mb)


@contextmanager
def watched() -> Iterator[Growth]:
    """Watch the memory of this process while the block runs: Linux keeps a peak of the whole only."""
    growth = Growth(memory_mb(*ANONYMOUS), memory_mb(*FILE_BACKED))
    ends = threading.Event()

    def watch() -> None:
        while not ends.wait(_EVERY_S):
            growth.note()

    watcher = threading.Thread(target=watch, name="memory")
    watcher.start()
    try:
        yield growth
    finally:
        ends.set()
        watcher.join()
        growth.note()
