"""Long work beside the window that outlives the view: a presenter made anew listens to the same run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

P = TypeVar("P")
T = TypeVar("T")

PROGRESS_SECONDS = 0.1


class Throttle:
    """Lets ten messages a second through, from a worker."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._next = 0.0

    def is_due(self) -> bool:
        """Say whether a message may go now."""
        now = self._seconds()
        if now < self._next:
            return False
        self._next = now + PROGRESS_SECONDS
        return True


class BulkRun(Generic[P, T]):
    """One run: how far it is, how it ended. The worker writes, the window reads after it was told."""

    def __init__(self, progress: P) -> None:
        self.progress = progress
        self.result: T | None = None
        self.error: Exception | None = None
        self.is_over = False
        self.stop = threading.Event()
        self._throttle = Throttle()
        self._tell: Callable[[], None] = lambda: None

    def listen(self, tell: Callable[[], None]) -> None:
        """Call `tell`, from the worker, whenever there is something new."""
        self._tell = tell

    def watch(self, progress: P) -> None:
        """Take how far it is; on the worker."""
        self.progress = progress
        if self._throttle.is_due():
            self._tell()

    def work(self, do: Callable[[], T]) -> None:
        """Do the work; on the worker. How it ended is kept, whoever listens then."""
        try:
            self.result = do()
        except Exception as error:
            self.error = error
        self.is_over = True
        self._tell()
