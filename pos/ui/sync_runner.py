"""Talks with head office beside the window, again and again; a person may ask for it now. No Qt here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pos.errors import KilotillError, Unavailable
from pos.ui.lanes import Lane, Tasks

if TYPE_CHECKING:
    from pos.sync.engine import SyncEngine, SyncProgress, SyncReport

FIRST_AFTER_S = 2.0
STAND_ALONE_LOOK_S = 60.0
"""How often a till that stands alone looks whether it was enrolled, by the command line or here."""

_PROGRESS_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class SyncState:
    """How the talk with head office stands since the window was opened.

    `step`, `done` and `of` are those of a cycle under way; `tries` counts cycles without an answer since the
    last good one; `error` is what ended the last cycle, None where it ended well.
    """

    is_enrolled: bool = False
    is_running: bool = False
    is_stopping: bool = False
    step: str = ""
    done: int = 0
    of: int = 0
    next_at: datetime | None = None
    tries: int = 0
    sent_at: datetime | None = None
    sent: int = 0
    fetched_at: datetime | None = None
    fetched: int = 0
    repeated: int = 0
    repeated_on: str = ""
    error: BaseException | None = None
    is_no_answer: bool = False


class SyncRunner:
    """One at a time, on the `net` lane; every step of it is told to whoever watches."""

    def __init__(
        self,
        engine: Callable[[], SyncEngine | None],
        tasks: Tasks,
        *,
        is_enrolled: Callable[[], bool],
        now: Callable[[], datetime],
        today: Callable[[], str],
        on_cycle: Callable[[SyncReport | None, BaseException | None], None] = lambda _done, _error: None,
    ) -> None:
        """`engine` may take a while at its first call; `on_cycle` is told how each cycle ended."""
        self._engine = engine
        self._is_enrolled = is_enrolled
        self._tasks = tasks
        self._now = now
        self._today = today
        self._on_cycle = on_cycle
        self._watchers: list[Callable[[SyncState], None]] = []
        self._cancelled = threading.Event()
        self._turn = 0
        self._is_stopped = False
        self._shown_at_s = 0.0
        self._running: SyncEngine | None = None
        self.state = SyncState()

    def watch(self, watcher: Callable[[SyncState], None]) -> Callable[[], None]:
        """Tell `watcher` each new state; returns what ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def start(self) -> None:
        """Begin soon; does nothing for a till without a head office until it is enrolled."""
        self._is_stopped = False
        self._schedule(FIRST_AFTER_S)

    def stop(self) -> None:
        """End what runs at its next step, and begin nothing more."""
        self._is_stopped = True
        self._turn += 1
        self._cancelled.set()

    def run_now(self) -> None:
        """Begin at once; while a cycle runs, nothing."""
        if not self.state.is_running and not self._is_stopped:
            self._begin()

    def cancel(self) -> bool:
        """Ask the running cycle to end at its next step; False where none runs."""
        if not self.state.is_running:
            return False
        self._cancelled.set()
        self._set(is_stopping=True)
        return True

    def _schedule(self, delay_s: float) -> None:
        self._turn += 1
        turn = self._turn
        self._set(next_at=self._now() + timedelta(seconds=delay_s))
        self._tasks.later(max(0, round(delay_s * 1000)), lambda: self._due(turn))

    def _due(self, turn: int) -> None:
        if turn == self._turn and not self._is_stopped and not self.state.is_running:
            self._begin()

    def _begin(self) -> None:
        if not self._is_enrolled():
            self._set(is_enrolled=False, error=None, is_no_answer=False, tries=0)
            self._schedule(STAND_ALONE_LOOK_S)
            return
        self._turn += 1
        self._cancelled = cancelled = threading.Event()
        self._set(is_running=True, is_stopping=False, step="", done=0, of=0, next_at=None)

        def work() -> SyncReport | None:
            # Made here, not on the window's thread: what an engine needs takes a moment to load.
            self._running = engine = self._engine()
            return None if engine is None else engine.run_once(self._progressed, cancelled.is_set)

        self._tasks.submit(Lane.NET, work, on_ok=self._ended, on_error=self._failed)

    def _progressed(self, progress: SyncProgress) -> None:
        """Take the engine's word, on its thread; the window hears at most ten a second, and every step."""
        now_s = time.monotonic()
        if progress.step == self.state.step and now_s - self._shown_at_s < _PROGRESS_EVERY_S:
            return
        self._shown_at_s = now_s
        self._tasks.post(lambda: self._show_progress(progress))

    def _show_progress(self, progress: SyncProgress) -> None:
        if self.state.is_running:
            self._set(step=progress.step, done=progress.done, of=progress.of)

    def _ended(self, report: SyncReport | None) -> None:
        values: dict[str, Any] = {"error": None, "is_no_answer": False, "tries": 0}
        if report is None:
            self._finish({**values, "is_enrolled": False})
            return
        now, fetched = self._now(), sum(report.pulled.values())
        values |= self._repeats(report.repeated)
        if report.pushed:
            values |= {"sent_at": now, "sent": report.pushed}
        if not report.is_cancelled and (fetched or self.state.fetched_at is None):
            values |= {"fetched_at": now, "fetched": fetched}
        self._finish({**values, "is_enrolled": True})
        self._on_cycle(report, None)

    def _repeats(self, repeated: int) -> dict[str, Any]:
        today = self._today()
        before = self.state.repeated if self.state.repeated_on == today else 0
        return {"repeated": before + repeated, "repeated_on": today}

    def _failed(self, error: BaseException) -> None:
        values = {"error": error, "is_no_answer": isinstance(error, Unavailable), "is_enrolled": True}
        self._finish({**values, "tries": self.state.tries + 1})
        self._on_cycle(None, error)

    def _finish(self, values: dict[str, Any]) -> None:
        engine, self._running = self._running, None
        self.state = replace(self.state, is_running=False, is_stopping=False, step="", **values)
        if self._is_stopped:
            self._set()
        else:
            self._schedule(STAND_ALONE_LOOK_S if engine is None else engine.next_delay())

    def _set(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
        for watcher in tuple(self._watchers):
            watcher(self.state)


def code_of(error: BaseException | None) -> str:
    """Return the stable code of an error, empty for none and for a mistake of the program."""
    return error.code if isinstance(error, KilotillError) else ""
