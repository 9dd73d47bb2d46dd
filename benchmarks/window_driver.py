"""Drives the window for the benchmarks: presses a key and waits for the paint that answers it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from pos.bootstrap import Till
from pos.domain.permissions import Actor
from pos.ui.app import SWITCH_INTERVAL_S, make_application, make_style
from pos.ui.main_window import MainWindow
from pos.ui.picture import settle
from pos.ui.screens.sell.state import Stage
from pos.ui.screens.sell.view import SellScreen
from pos.ui.tasks import TaskRunner

_WAIT_S = 5.0


class _PaintWatch(QObject):
    """Notes when a widget was painted last."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 0.0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: ARG002, N802 - Qt's name
        if event.type() == QEvent.Type.Paint:
            self.at = time.perf_counter()
        return False


class WindowDriver:
    """A window with the cashier at the Sell screen."""

    def __init__(self, till: Till, cashier: Actor) -> None:
        # As the program does: a busy thread may not keep the window waiting longer.
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._style = make_style(make_application())
        self._tasks = TaskRunner()
        self._window = MainWindow(till, self._tasks, self._style)
        self._window.resize(1366, 768)
        self._window.show()
        self._window.has_resumed = True
        self._window.sign_in_as(cashier)
        self._window.activateWindow()
        settle(self._tasks)
        QTest.qWaitForWindowActive(self._window)
        self._watch = _PaintWatch()

    @property
    def _screen(self) -> SellScreen:
        screen = self._window.screen_now
        assert isinstance(screen, SellScreen)
        return screen

    def close(self) -> None:
        self._window.close()

    def _key(self, letter: str) -> None:
        self._window._bursts.forget()
        QTest.keyClicks(QApplication.focusWidget() or self._window, letter)

    def _until_painted(
        self, widget: QWidget, is_answered: Callable[[], bool], press: Callable[[], None]
    ) -> float:
        """Press, wait for the answer and for the paint after it; returns milliseconds."""
        widget.installEventFilter(self._watch)
        start = time.perf_counter()
        press()
        answered_at = 0.0
        while time.perf_counter() - start < _WAIT_S:
            QCoreApplication.processEvents()
            if not answered_at and is_answered():
                answered_at = time.perf_counter()
                widget.update()
            elif answered_at and self._watch.at > answered_at:
                break
            time.sleep(0.0002)
        widget.removeEventFilter(self._watch)
        assert answered_at, "an answer within five seconds"
        return (self._watch.at - start) * 1000

    def search(self, texts: list[str]) -> list[float]:
        """Type texts; measures the last key of each until its results are on the screen."""
        times, view, presenter = [], self._screen.idle.results.viewport(), self._screen.presenter

        def is_answered(text: str) -> bool:
            return presenter.state.results_for == text and presenter.state.stage is Stage.RESULTS

        for text in texts:
            presenter.reset()
            self._screen.search.edit.setFocus()
            for letter in text[:-1]:
                self._key(letter)
            settle(self._tasks)
            times.append(self._until_painted(view, partial(is_answered, text), partial(self._key, text[-1])))
        return times

    def scroll(self, count: int) -> list[float]:
        """Go down and up a list of results."""
        presenter, table = self._screen.presenter, self._screen.idle.results
        presenter.reset()
        self._screen.search.edit.setFocus()
        presenter.finding.type("000")
        settle(self._tasks)
        assert len(presenter.state.results) > 1, "something to scroll"
        times = []
        for n in range(count):
            before = presenter.state.result_at
            is_last = before >= len(presenter.state.results) - 1
            key = Qt.Key.Key_Up if is_last or (n % 40 >= 20 and before > 0) else Qt.Key.Key_Down

            def is_answered(before: int = before) -> bool:
                return presenter.state.result_at != before

            times.append(self._until_painted(table.viewport(), is_answered, partial(self._arrow, key)))
        return times

    def _arrow(self, key: Qt.Key) -> None:
        QTest.keyClick(QApplication.focusWidget() or self._window, key)

    def trial(self, numbers: list[str]) -> list[float]:
        """Type amounts for meters; measures each key until the lines of its price are on the screen."""
        times: list[float] = []
        presenter, lines = self._screen.presenter, self._screen.trade.price
        for number in numbers:
            presenter.reset()
            presenter.open_meter(number)
            settle(self._tasks)
            presenter.set(stage=Stage.AMOUNT)
            settle(self._tasks)
            for letter in "5000":
                asked = presenter._trial_number

                def is_answered(asked: int = asked) -> bool:
                    return asked < presenter._trial_number == presenter._priced_number

                times.append(self._until_painted(lines, is_answered, partial(self._key, letter)))
            presenter.set(amount="", price=None)
        presenter.reset()
        settle(self._tasks)
        return times

    def heartbeat(self, work: Callable[[], object], *, beat_ms: int, least_s: float) -> list[float]:
        """Beat on the window's thread while `work` runs beside it; returns the gaps between beats."""
        beats: list[float] = []
        timer = QTimer()
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(lambda: beats.append(time.perf_counter()))
        timer.start(beat_ms)
        with ThreadPoolExecutor(1) as lane:
            running = lane.submit(work)
            end = time.perf_counter() + least_s
            while not running.done() or time.perf_counter() < end:
                QCoreApplication.processEvents()
                time.sleep(0.0002)
            running.result()
        timer.stop()
        return [(later - earlier) * 1000 for earlier, later in pairwise(beats)]
