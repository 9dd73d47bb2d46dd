"""Python's collector of reference cycles, kept on the window's thread."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

from pos.system.memory import give_back_memory

_LOOK_EVERY_MS = 200
_TIDY_EVERY_MS = 20_000


class WindowGarbage(QObject):
    """Collects cycles by a timer on the thread that made it, and nowhere else.

    Left to itself Python collects on whichever thread happens to allocate. A widget in a cycle would then be
    destroyed on a worker's thread, and Qt ends the process. Thresholds are Python's own. What was freed goes
    back to the machine from time to time.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_on = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(_LOOK_EVERY_MS)
        self.tidying = QTimer(self)
        self.tidying.timeout.connect(give_back_memory)
        self.tidying.start(_TIDY_EVERY_MS)

    def close(self) -> None:
        """Hand the collector back to Python, when no other thread works any more."""
        self._timer.stop()
        self.tidying.stop()
        if self._was_on:
            gc.enable()

    def _look(self) -> None:
        counts, thresholds = gc.get_count(), gc.get_threshold()
        full = [n for n in range(3) if 0 < thresholds[n] < counts[n]]
        if full:
            gc.collect(full[-1])
