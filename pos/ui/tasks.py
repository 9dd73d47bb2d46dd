"""The one way off the window's thread: executors by lane, and one signal back."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from pos.ui.garbage import WindowGarbage
from pos.ui.lanes import LANE_WORKERS, Lane

T = TypeVar("T")


class TaskRunner(QObject):
    """Lives on the window's thread. Work gets plain values, returns plain values and sees no widget.

    Work and what it calls back may hold screens, by way of their presenters. Whoever drops the last reference
    to a widget destroys it, and Qt ends the process if that is a worker. So all of it stays in a table on the
    window's side; workers are given a number, and only the number comes back.
    """

    _finished = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._executors: dict[Lane, ThreadPoolExecutor] = {}
        self._is_closed = False
        self._numbers = itertools.count(1)
        self._tasks: dict[int, _Task] = {}
        self._actions: dict[int, Callable[[], None]] = {}
        self._finished.connect(self._on_finished, Qt.ConnectionType.QueuedConnection)
        self._garbage = WindowGarbage(self)

    def submit(
        self,
        lane: Lane,
        work: Callable[[], T],
        *,
        on_ok: Callable[[T], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        """Do `work` on a lane, then call one of the two here; after `close` neither."""
        if self._is_closed:
            return
        number = next(self._numbers)
        self._tasks[number] = task = _Task(work, on_ok, on_error)
        task.future = self._executor(lane).submit(self._run, number)

    def post(self, action: Callable[[], None]) -> None:
        """Call `action` on the window's thread soon; from any thread."""
        if not self._is_closed:
            number = next(self._numbers)
            self._actions[number] = action
            self._finished.emit(number)

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Call `action` after a while."""
        QTimer.singleShot(delay_ms, self, lambda: None if self._is_closed else action())

    def wait_idle(self) -> None:
        """Wait until every lane has done what it was given; answers arrive with the next events."""
        wait([task.future for task in self._tasks.values() if task.future is not None])

    def close(self) -> None:
        """Take no more work, drop what waits, and wait for what is being done."""
        self._is_closed = True
        for executor in self._executors.values():
            executor.shutdown(wait=False, cancel_futures=True)
        for executor in self._executors.values():
            executor.shutdown(wait=True)
        self._tasks.clear()
        self._actions.clear()
        self._garbage.close()

    def _executor(self, lane: Lane) -> ThreadPoolExecutor:
        if lane not in self._executors:
            self._executors[lane] = ThreadPoolExecutor(LANE_WORKERS[lane], thread_name_prefix=lane.value)
        return self._executors[lane]

    def _run(self, number: int) -> None:
        """Do a task on a worker. No reference to it is left here when its number is sent."""
        self._tasks[number].do()
        self._finished.emit(number)

    def _on_finished(self, number: int) -> None:
        if self._is_closed:
            return
        action = self._actions.pop(number, None)
        if action is not None:
            action()
            return
        self._tasks.pop(number).answer()


class _Task:
    """One piece of work, whom it answers, and how it ended."""

    def __init__(
        self,
        work: Callable[[], Any],
        on_ok: Callable[[Any], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        self._work = work
        self._on_ok = on_ok
        self._on_error = on_error
        self._result: Any = None
        self._error: BaseException | None = None
        self.future: Future[None] | None = None

    def do(self) -> None:
        """Do the work; its end is kept here and nowhere else."""
        try:
            self._result = self._work()
        except BaseException as error:  # Whatever it is, the window is told.
            self._error = error

    def answer(self) -> None:
        """Call back, on the window's thread."""
        # Its traceback holds this task: kept no longer than needed, it is freed here and now.
        error, self._error = self._error, None
        if error is None:
            self._on_ok(self._result)
        else:
            self._on_error(error)
