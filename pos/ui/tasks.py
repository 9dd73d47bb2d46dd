"""The one way off the window's thread: executors by lane, and one signal back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from pos.ui.garbage import WindowGarbage
from pos.ui.lanes import LANE_WORKERS, Lane

T = TypeVar("T")


class TaskRunner(QObject):
    """Lives on the window's thread. Work gets plain values, returns plain values and sees no widget."""

    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._executors: dict[Lane, ThreadPoolExecutor] = {}
        self._is_closed = False
        self._finished.connect(self._call, Qt.ConnectionType.QueuedConnection)
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

        def done(future: Future[T]) -> None:
            if future.cancelled():
                return
            error = future.exception()
            self.post((lambda: on_ok(future.result())) if error is None else (lambda: on_error(error)))

        self._executor(lane).submit(work).add_done_callback(done)

    def post(self, action: Callable[[], None]) -> None:
        """Call `action` on the window's thread soon; from any thread."""
        if not self._is_closed:
            self._finished.emit(action)

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Call `action` after a while."""
        QTimer.singleShot(delay_ms, self, lambda: self._call(action))

    def wait_idle(self) -> None:
        """Wait until every lane has done what it was given; answers arrive with the next events."""
        for executor in list(self._executors.values()):
            executor.submit(lambda: None).result()

    def close(self) -> None:
        """Take no more work, drop what waits, and wait for what is being done."""
        self._is_closed = True
        for executor in self._executors.values():
            executor.shutdown(wait=False, cancel_futures=True)
        for executor in self._executors.values():
            executor.shutdown(wait=True)
        self._garbage.close()

    def _executor(self, lane: Lane) -> ThreadPoolExecutor:
        if lane not in self._executors:
            self._executors[lane] = ThreadPoolExecutor(LANE_WORKERS[lane], thread_name_prefix=lane.value)
        return self._executors[lane]

    def _call(self, action: Callable[[], None]) -> None:
        if not self._is_closed:
            action()
