"""The sandbox's time: a clock that can be moved forward, work that is due, and waiting for it."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

logger = logging.getLogger(__name__)

GLANCE_S = 0.02
"""How often a waiting thread looks whether the injected clock has moved; it cannot be told."""


class TimeSource(Protocol):
    """Anything that says the time as an aware UTC instant."""

    def now(self) -> datetime: ...


class MachineTime:
    """The operating system's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Timeline:
    """Time of the sandbox, and one thread that does what is due."""

    def __init__(self, source: TimeSource) -> None:
        self._source = source
        self._ahead = timedelta()
        self._due: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._change = threading.Condition()
        self._life = 0
        self._is_busy = False
        self._is_stopped = False
        self._thread: threading.Thread | None = None

    def now(self) -> datetime:
        return self._source.now() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the time forward; what becomes due is done by the thread."""
        with self._change:
            self._ahead += timedelta(seconds=max(seconds, 0))
            self._change.notify_all()

    def call_at(self, instant: datetime, action: Callable[[], object]) -> None:
        """Have `action` done at `instant`; what is due at the same instant is done in the order of asking."""
        with self._change:
            heapq.heappush(self._due, (instant, next(self._order), action))
            self._change.notify_all()

    def call_soon(self, action: Callable[[], object]) -> None:
        self.call_at(self.now(), action)

    def wait(self, seconds: float) -> bool:
        """Hold the caller until that much sandbox time has passed; False if all was forgotten before that."""
        with self._change:
            end, life = self.now() + timedelta(seconds=seconds), self._life
            while not self._is_stopped and self._life == life and self.now() < end:
                self._change.wait(GLANCE_S)
            return not self._is_stopped and self._life == life

    def settle(self, timeout_s: float = 10) -> bool:
        """Wait until nothing is due any more; False if that took longer than `timeout_s` of real time."""
        end = time.monotonic() + timeout_s
        with self._change:
            while self._has_work():
                if time.monotonic() >= end:
                    return False
                self._change.wait(GLANCE_S)
        return True

    def is_due(self) -> bool:
        """Say whether there is work that is due or being done."""
        with self._change:
            return self._has_work()

    def clear(self) -> None:
        """Forget everything that is still to come, and that the time was moved."""
        with self._change:
            self._due.clear()
            self._ahead = timedelta()
            self._life += 1
            self._change.notify_all()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="sandbox-timeline", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self._change:
            self._is_stopped = True
            self._change.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (action := self._next_due()) is not None:
            try:
                action()
            except Exception:
                logger.exception("Work that was due in the sandbox failed.")
            with self._change:
                self._is_busy = False
                self._change.notify_all()

    def _has_work(self) -> bool:
        return self._is_busy or bool(self._due and self._due[0][0] <= self.now())

    def _next_due(self) -> Callable[[], object] | None:
        with self._change:
            while not self._is_stopped:
                if not self._due:
                    self._change.wait()
                elif self._due[0][0] <= self.now():
                    self._is_busy = True
                    return heapq.heappop(self._due)[2]
                else:
                    self._change.wait(GLANCE_S)
        return None
