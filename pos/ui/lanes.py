"""How presenters get work done beside the window: lanes, and the port of the task runner. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Protocol, TypeVar

T = TypeVar("T")


class Lane(Enum):
    """A row of workers. Work of one lane that has one worker is done in order."""

    SALE = "sale"
    READ = "read"
    REPORT = "report"
    BULK = "bulk"
    NET = "net"
    PAY = "pay"
    DEVICE = "device"


LANE_WORKERS = {
    Lane.SALE: 1,
    Lane.READ: 1,
    Lane.REPORT: 1,
    Lane.BULK: 1,
    Lane.NET: 2,
    Lane.PAY: 2,
    Lane.DEVICE: 1,
}


class Tasks(Protocol):
    """Does work on a lane and calls back on the window's thread."""

    def submit(
        self,
        lane: Lane,
        work: Callable[[], T],
        *,
        on_ok: Callable[[T], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        """Do `work` on a lane, then call one of the two; after the end of the program neither."""
        ...

    def post(self, action: Callable[[], None]) -> None:
        """Call `action` on the window's thread soon; may be called from any thread: for progress."""
        ...

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Call `action` on the window's thread after a while."""
        ...


class TaskScope:
    """Tasks of one set of screens: once it is closed, late answers reach nobody."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._is_closed = False

    def close(self) -> None:
        """Drop every answer from now on; the work itself is done to its end."""
        self._is_closed = True

    def submit(
        self,
        lane: Lane,
        work: Callable[[], T],
        *,
        on_ok: Callable[[T], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        """As `Tasks.submit`; a closed scope takes no new work."""
        if self._is_closed:
            return

        def ok(result: T) -> None:
            if not self._is_closed:
                on_ok(result)

        def failed(error: BaseException) -> None:
            if not self._is_closed:
                on_error(error)

        self._tasks.submit(lane, work, on_ok=ok, on_error=failed)

    def post(self, action: Callable[[], None]) -> None:
        """As `Tasks.post`."""
        self._tasks.post(lambda: None if self._is_closed else action())

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        """As `Tasks.later`."""
        self._tasks.later(delay_ms, lambda: None if self._is_closed else action())
