"""What is asked before the till's window, and what is said when the till does not open."""

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pos.bootstrap import Till, set_up_shop
from pos.cli import desktop
from pos.cli.context import CommandContext
from pos.errors import KilotillError, MachineFault
from pos.services.shop_file import read_shop_plan
from pos.services.shop_rows import BookKind
from pos.system.instance_lock import InstanceLock
from pos.system.paths import DataFolder
from pos.system.secrets import asks_new_passphrase
from pos.ui.start_window import RefusalWindow, SecretWindow, StartQuestions
from pos.ui.style import KilotillStyle

PASSPHRASE, PHRASE = "four old goats sing", "a cold green river runs"
KEY = Qt.Key
SHOP = b"""{"organisation": {"name": "Nyange"}, "sales_point": {"name": "Market"}, "till_code": "T01",
"currency": "RWF", "time_zone": "Africa/Kigali", "language": "en",
"users": [{"name": "Claire", "role": "A", "pin": "975310"}],
"envelope": {"money": "5000000", "units": "50000"}, "supply_groups": []}"""


@pytest.fixture
def live(tmp_path: Path, style: KilotillStyle, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    """A live till whose secrets are in a sealed file, and a display to open it on."""
    folder = DataFolder(tmp_path / "till")
    plan = read_shop_plan(SHOP, tmp_path)
    set_up_shop(folder, plan, BookKind.LIVE, passphrase=PASSPHRASE, opening_phrase=PHRASE)
    monkeypatch.setattr(desktop, "has_display", lambda: True)
    return folder


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The tills whose window came, and whether their vault was open."""
    tills: list[tuple[str, bool]] = []

    def run_window(till: Till, _pins: object, **_: object) -> int:
        tills.append((till.shop.till_code, till.is_vault_open()))
        return 0

    monkeypatch.setattr("pos.ui.app.run_window", run_window)
    return tills


def show(folder: DataFolder) -> int:
    command = CommandContext(folder, reads_passphrase=False)
    return desktop.show_program(command, is_usual_folder=False, wants_demo=False)


class Person:
    """Answers each window in turn, as soon as it is there; notes what it said."""

    def __init__(self, *answers: Callable[[SecretWindow], None]) -> None:
        self._answers = list(answers)
        self.read: list[str] = []
        self._timer = QTimer()
        self._timer.timeout.connect(self._look)
        self._timer.start(5)

    def _look(self) -> None:
        for window in QApplication.topLevelWidgets():
            if isinstance(window, RefusalWindow) and window.isVisible():
                self.read.append(window.panel.refusal.code)
                QTest.keyClick(window, KEY.Key_Return)
            elif isinstance(window, SecretWindow) and window.isVisible() and self._answers:
                self.read.append(window.field.caption.text() + "|" + window.field.help.text())
                self._answers.pop(0)(window)

    def stop(self) -> None:
        self._timer.stop()


def say(text: str) -> Callable[[SecretWindow], None]:
    def answer(window: SecretWindow) -> None:
        QTest.keyClicks(window.edit, text)
        QTest.keyClick(window.edit, KEY.Key_Return)

    return answer


def leave(window: SecretWindow) -> None:
    QTest.keyClick(window.edit, KEY.Key_Escape)


def test_till_when_it_has_a_sealed_file_then_asks_in_windows_until_the_answers_are_right(
    live: DataFolder, opened: list[tuple[str, bool]]
) -> None:
    person = Person(say("wrong"), say(PASSPHRASE), say("a wrong phrase, long"), say(PHRASE))
    assert show(live) == 0
    person.stop()

    assert [is_open for _, is_open in opened] == [True]
    assert person.read == [
        "Passphrase of this till|",
        "Passphrase of this till|This is not the passphrase.",
        "Opening phrase|",
        "Opening phrase|This is not the opening phrase.",
    ]


def test_vault_when_nobody_says_its_phrase_then_the_till_opens_without_tokens(
    live: DataFolder, opened: list[tuple[str, bool]]
) -> None:
    person = Person(say(PASSPHRASE), leave)
    assert show(live) == 0
    person.stop()

    assert [is_open for _, is_open in opened] == [False]


def test_till_when_nobody_says_the_passphrase_then_stays_closed(
    live: DataFolder, opened: list[tuple[str, bool]]
) -> None:
    person = Person(leave)
    with pytest.raises(click.Abort):
        show(live)
    person.stop()

    assert opened == []
    InstanceLock.take(live).release()


def test_till_when_it_does_not_open_and_nobody_reads_a_terminal_then_a_window_says_why(
    live: DataFolder, opened: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desktop, "_is_read_by_nobody", lambda: True)
    person = Person()
    lock = InstanceLock.take(live)
    try:
        with pytest.raises(KilotillError):
            show(live)
    finally:
        lock.release()
    person.stop()

    assert person.read == ["till.in_use"] and opened == []


def test_refusal_when_it_is_a_machines_fault_then_the_window_has_its_code(style: KilotillStyle) -> None:
    person = Person()
    StartQuestions().show_refusal(MachineFault("disk.damaged", "till.sqlite is damaged."))
    person.stop()

    assert person.read == ["disk.damaged"]


def test_new_till_when_the_computer_has_a_key_store_or_a_passphrase_then_nobody_is_asked(
    tmp_path: Path,
) -> None:
    assert asks_new_passphrase(tmp_path, environ={}, os_keyring=lambda: None)
    assert not asks_new_passphrase(
        tmp_path, environ={"KILOTILL_PASSPHRASE": "given"}, os_keyring=lambda: None
    )
    (tmp_path / "secrets.keyring").touch()
    assert not asks_new_passphrase(tmp_path, environ={}, os_keyring=lambda: None)
