"""A monkey at the counter: seeded random keys and clicks on the demo shop's window.

`python -m tests.ui.monkey --events 20000 --seed 7`; `make monkey N=20000`. Afterwards the books must verify.
Any exception, Qt warning or log line at warning or above ends the run with the seed and the last events.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QMessageLogContext,
    QPoint,
    Qt,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from pos.bootstrap import Access, Till, open_till
from pos.cli.demo_shop import make_demo_shop
from pos.domain.shift import cash_count
from pos.system.paths import DataFolder
from pos.ui.app import make_application, make_style
from pos.ui.main_window import MainWindow
from pos.ui.tasks import TaskRunner

PINS = {"C": "24680", "S": "135790", "A": "975310", "F": "86420", "U": "11223"}
_QUIET = "This plugin does not support "
_F_KEYS = [getattr(Qt.Key, f"Key_F{n}") for n in range(1, 13)]
_MOVES = [
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_Tab,
    Qt.Key.Key_Backtab,
]
_CTRL = [getattr(Qt.Key, f"Key_{letter}") for letter in "12TMCDIRK"]


class Monkey:
    """Presses what a hurried person might, and what nobody would."""

    def __init__(self, window: MainWindow, till: Till, seed: int) -> None:
        self.window = window
        self.till = till
        self.random = random.Random(seed)
        self.done: deque[str] = deque(maxlen=40)
        with till.units.read() as connection:
            rows = connection.exec_driver_sql("SELECT drn FROM meter ORDER BY key LIMIT 60")
            self.drns = [row[0] for row in rows]

    def step(self) -> None:
        """Do one thing."""
        if self.window.actor is None:
            self._sign_in()
            return
        acts: list[tuple[int, Callable[[], None]]] = [
            (30, self._enter),
            (14, self._digits),
            (12, self._meter),
            (3, self._sale),
            (10, self._move),
            (9, self._escape),
            (8, self._f_key),
            (7, self._click),
            (4, self._place),
            (3, self._ctrl),
            (3, self._letters),
            (2, self._scan),
            (1, self._pin),
            (1, self._resize),
        ]
        weights = [weight for weight, _ in acts]
        act = self.random.choices([one for _, one in acts], weights)[0]
        self.done.append(f"{act.__name__} on {type(self.window.screen_now).__name__}")
        act()

    def _focus(self) -> QWidget:
        return QApplication.focusWidget() or self.window

    def _key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self._focus(), key, modifier)

    def _type(self, text: str) -> None:
        for letter in text:
            self.window._bursts.forget()
            QTest.keyClick(self._focus(), letter)

    def _sign_in(self) -> None:
        role = self.random.choices("CSAFU", [10, 4, 3, 1, 1])[0]
        self.done.append(f"sign in as {role}")
        person = next(one for one in self.till.sign_in.people() if one.role.value == role)
        self.window.sign_in_as(person)

    def _enter(self) -> None:
        self._key(Qt.Key.Key_Return)

    def _escape(self) -> None:
        self._key(Qt.Key.Key_Escape)

    def _digits(self) -> None:
        self._type(self.random.choice(["500", "5000", "12.5", "0", "999999999", "7", "1000", "20000", "."]))

    def _meter(self) -> None:
        drn = self.random.choice(self.drns)
        self._key(Qt.Key.Key_F2)
        self._type(drn if self.random.random() < 0.7 else drn[-4:])

    def _sale(self) -> None:
        """Most of a sale in one go; the next step may break it off."""
        self._key(Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
        self._key(Qt.Key.Key_F2)
        self._type(self.random.choice(self.drns))
        for text in ("", "", self.random.choice(["500", "5000", "1000"]), ""):
            self._type(text)
            self._key(Qt.Key.Key_Return)
            self.window.tasks.wait_idle()
            QCoreApplication.processEvents()

    def _move(self) -> None:
        self._key(self.random.choice(_MOVES))

    def _f_key(self) -> None:
        self._key(self.random.choice(_F_KEYS))

    def _ctrl(self) -> None:
        self._key(self.random.choice(_CTRL), Qt.KeyboardModifier.ControlModifier)

    def _place(self) -> None:
        key = getattr(Qt.Key, f"Key_{self.random.randint(1, 8)}")
        self._key(key, Qt.KeyboardModifier.AltModifier)

    def _letters(self) -> None:
        self._type(self.random.choice(["mu", "jean", "é", "R", "s", "x y", "+", "-", "%"]))

    def _scan(self) -> None:
        for letter in self.random.choice(self.drns):
            QTest.keyClick(self._focus(), letter)
        self._key(Qt.Key.Key_Return)

    def _pin(self) -> None:
        self._type(PINS["S"])
        self._key(Qt.Key.Key_Return)

    def _click(self) -> None:
        place = QPoint(
            self.random.randrange(self.window.width()), self.random.randrange(self.window.height())
        )
        target = self.window.childAt(place) or self.window
        QTest.mouseClick(target, Qt.MouseButton.LeftButton, pos=target.mapFrom(self.window, place))

    def _resize(self) -> None:
        self.window.resize(*self.random.choice([(1366, 768), (1024, 600), (1366, 700), (1920, 1080)]))


def _answer(nothing: object, *_: object, **__: object) -> object:
    return nothing


class TroubleError(Exception):
    """Something the window should not have done."""


class _Watch(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))


def run(folder: Path, events: int, seed: int) -> dict[str, int]:
    """Let the monkey work in a shop of its own; returns counts. Raises TroubleError."""
    watch = _Watch()
    watch.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(watch)

    def message(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        # The offscreen platform says so of what it cannot do: raise a window, hint at its size.
        if not text.startswith(_QUIET):
            watch.found.append(f"Qt: {text}")

    def hook(kind: type[BaseException], error: BaseException, trace: object) -> None:
        logging.getLogger("monkey").error("uncaught", exc_info=(kind, error, trace))  # type: ignore[arg-type]

    before = qInstallMessageHandler(message)
    hook_before, sys.excepthook = sys.excepthook, hook
    try:
        with open_till(DataFolder(folder), Access.WRITES) as till:
            cashier = next(one for one in till.sign_in.people() if one.role.value == "C")
            if till.shifts.resume(cashier) is None:
                till.shifts.open_shift(cashier, cash_count([(5000, 10)]))
            _play(till, watch, events=events, seed=seed)
            report = till.verify_books()
            if not report.is_clean:
                raise TroubleError(f"seed {seed}: the books are wrong: {report.findings[:3]}")
            return report.checked
    finally:
        logging.getLogger().removeHandler(watch)
        qInstallMessageHandler(before)
        sys.excepthook = hook_before


def _play(till: Till, watch: _Watch, *, events: int, seed: int) -> None:
    style, tasks = make_style(make_application()), TaskRunner()
    window = MainWindow(till, tasks, style)
    window.resize(1366, 768)
    window.show()
    window.watch_keys()
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    monkey = Monkey(window, till, seed)
    # A file dialog is the system's own; the monkey gets no file.
    names = ("getOpenFileName", "getSaveFileName", "getExistingDirectory")
    kept = {name: getattr(QFileDialog, name) for name in names}
    for name in names:
        nothing = "" if name == "getExistingDirectory" else ("", "")
        setattr(QFileDialog, name, staticmethod(partial(_answer, nothing)))
    try:
        for n in range(events):
            monkey.step()
            QCoreApplication.processEvents()
            if n % 5 == 0:
                tasks.wait_idle()
                QCoreApplication.processEvents()
                QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            if watch.found:
                raise TroubleError(
                    f"seed {seed}, event {n}: {watch.found[0]}\nlast: {list(monkey.done)[-12:]}"
                )
    finally:
        for name, value in kept.items():
            setattr(QFileDialog, name, value)
        tasks.wait_idle()
        QCoreApplication.processEvents()
        window.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def main() -> int:
    """Run from the command line."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kilotill-monkey-") as name:
        folder = Path(name, "shop")
        make_demo_shop(DataFolder(folder), datetime.now(UTC) - timedelta(minutes=1), days=3)
        start = time.monotonic()
        try:
            checked = run(folder, arguments.events, arguments.seed)
        except TroubleError as trouble:
            sys.stdout.write(f"{trouble}\n")
            return 1
    seconds = time.monotonic() - start
    sys.stdout.write(
        f"{arguments.events} events, seed {arguments.seed}, {seconds:.0f} s: nothing wrong; "
        f"{checked.get('sale', 0)} sales verified\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
