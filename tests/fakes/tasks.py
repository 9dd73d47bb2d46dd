"""A task runner that works at once, on the caller's thread: for presenters without a window."""

from collections.abc import Callable
from typing import TypeVar

from pos.ui.lanes import Lane

T = TypeVar("T")


class InlineTasks:
    """Does the work in `submit` itself; `later` and `post` are kept for `run_later`."""

    def __init__(self) -> None:
        self.waiting: list[tuple[int, Callable[[], None]]] = []
        self.lanes: list[Lane] = []

    def submit(
        self,
        lane: Lane,
        work: Callable[[], T],
        *,
        on_ok: Callable[[T], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        self.lanes.append(lane)
        try:
            result = work()
        except Exception as error:
            on_error(error)
        else:
            on_ok(result)

    def post(self, action: Callable[[], None]) -> None:
        action()

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        self.waiting.append((delay_ms, action))

    def run_later(self) -> None:
        """Do what waits."""
        waiting, self.waiting = self.waiting, []
        for _, action in waiting:
            action()
