"""Which till the window opens."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pos.bootstrap import Till
from pos.cli import desktop
from pos.cli.context import CommandContext
from pos.config import TRAINING
from pos.system.machine_file import write_machine_file
from tests.unit.cli.conftest import Kilotill


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Till]:
    """The tills whose window was opened, with their folders still known."""
    opened: list[Till] = []

    def run_window(till: Till, demo_pins: Callable[[], list[tuple[str, str, str]]], **_: object) -> int:
        opened.append(till)
        assert all(pin for _, _, pin in demo_pins())
        return 0

    monkeypatch.setattr(desktop, "has_display", lambda: True)
    monkeypatch.setattr("pos.ui.app.run_window", run_window)
    return opened


def command(folder: Path) -> CommandContext:
    from pos.system.paths import DataFolder

    return CommandContext(DataFolder(folder), reads_passphrase=False)


def test_program_when_the_folder_has_a_till_then_its_window(demo: Kilotill, shown: list[Till]) -> None:
    assert desktop.show_program(command(demo.folder), is_usual_folder=False, wants_demo=False) == 0
    assert [till.folder.root for till in shown] == [demo.folder]
    assert shown[0].shop.is_demo


def test_program_when_training_is_on_then_the_training_shop_beside_it(
    demo: Kilotill, shown: list[Till]
) -> None:
    write_machine_file(demo.folder, {TRAINING.key: "yes"})

    desktop.show_program(command(demo.folder), is_usual_folder=False, wants_demo=False)

    assert shown[0].shop.is_training
    assert shown[0].folder.root == demo.folder / "training"


def test_program_when_the_folder_has_no_till_then_the_first_start(
    tmp_path: Path, shown: list[Till], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pos.ui.first_start.start.run_first_start", lambda _set_up, **_: "left")

    assert desktop.show_program(command(tmp_path / "new"), is_usual_folder=False, wants_demo=False) == 1
    assert shown == []


def test_display_when_linux_has_none_then_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not desktop.has_display()
    monkeypatch.setenv("DISPLAY", ":0")
    assert desktop.has_display()
