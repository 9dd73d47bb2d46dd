"""A window over a small demo shop, made once a session; each test works in a copy of its own."""

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from pos.bootstrap import Access, Till, open_till
from pos.cli.demo_shop import make_demo_shop
from pos.domain.permissions import Actor
from pos.domain.shift import cash_count
from pos.system.paths import DataFolder
from pos.ui.app import make_application, make_style
from pos.ui.customer_window import CustomerWindow
from pos.ui.main_window import MainWindow
from pos.ui.screen import Screen
from pos.ui.style import KilotillStyle
from pos.ui.tasks import TaskRunner
from tests.factories.backups import cheap_secrets

DAYS = 3
PINS = {"C": "24680", "S": "135790", "A": "975310", "F": "86420", "U": "11223"}


@pytest.fixture(autouse=True, scope="session")
def _cheap_secrets() -> Iterator[None]:
    with cheap_secrets():
        yield


@pytest.fixture(scope="session")
def made_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    make_demo_shop(DataFolder(folder), datetime.now(UTC) - timedelta(minutes=1), days=DAYS)
    return folder


@pytest.fixture
def till(made_shop: Path, tmp_path: Path) -> Iterator[Till]:
    """An open till of the demo shop, without a shift."""
    shutil.copytree(made_shop, tmp_path / "shop")
    with open_till(DataFolder(tmp_path / "shop"), Access.WRITES) as opened:
        yield opened


@pytest.fixture
def people(till: Till) -> dict[str, Actor]:
    """One person of each role, by the role's letter."""
    return {person.role.value: person for person in till.sign_in.people()}


@pytest.fixture
def open_shift(till: Till, people: dict[str, Actor]) -> None:
    """The cashier's shift is open, with 50,000 in the drawer."""
    till.shifts.open_shift(people["C"], cash_count([(5000, 10)]))


@pytest.fixture
def style(qapp: QApplication) -> KilotillStyle:
    application = make_application()
    assert application is qapp
    return make_style(application)


class Desktop:
    """The window as a test drives it: keys to whatever has the focus, and waiting for answers."""

    def __init__(self, window: MainWindow, people: dict[str, Actor]) -> None:
        self.window = window
        self.people = people

    @property
    def screen(self) -> Screen:
        assert self.window.screen_now is not None
        return self.window.screen_now

    def sign_in(self, role: str = "C") -> None:
        """Begin a session as the person of a role, without the resume screen."""
        self.window.has_resumed = True
        self.window.sign_in_as(self.people[role])
        self.settle()

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is, and let what it causes happen."""
        QTest.keyClick(self.focus(), key, modifier)
        self.settle()

    def type(self, text: str) -> None:
        """Type letters as a person does: slowly enough not to be a scanner."""
        for letter in text:
            self.window._bursts.forget()
            QTest.keyClick(self.focus(), letter)
        self.settle()

    def focus(self) -> QWidget:
        return QApplication.focusWidget() or self.window

    def settle(self) -> None:
        """Wait until every lane is empty and every answer is shown."""
        for _ in range(3):
            self.window.tasks.wait_idle()
            QCoreApplication.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QCoreApplication.processEvents()

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something that timers bring; half a minute is for a machine with much else to do."""
        end = time.monotonic() + 30
        while not is_so() and time.monotonic() < end:
            QTest.qWait(10)
            self.settle()
        assert is_so()


class WindowsOfTheirOwn(QObject):
    """Notes each part that is shown before it has a parent: it flashes as a window and takes the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Let everything pass."""
        if event.type() != QEvent.Type.Show or isinstance(watched, MainWindow | CustomerWindow):
            return False
        if isinstance(watched, QWidget) and watched.windowType() == Qt.WindowType.Window:
            self.seen.append(f"{type(watched).__name__} '{watched.accessibleName()}'")
        return False


@pytest.fixture
def strays(qapp: QApplication) -> Iterator[list[str]]:
    """What was shown before it had a parent; not for every test: it makes Python look at all events of Qt."""
    watcher = WindowsOfTheirOwn()
    qapp.installEventFilter(watcher)
    yield watcher.seen
    qapp.removeEventFilter(watcher)


@pytest.fixture
def desktop(till: Till, people: dict[str, Actor], style: KilotillStyle) -> Iterator[Desktop]:
    tasks = TaskRunner()
    window = MainWindow(till, tasks, style)
    window.resize(1366, 768)
    window.show()
    window.watch_keys()
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    driver = Desktop(window, people)
    driver.settle()
    yield driver
    driver.settle()
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
