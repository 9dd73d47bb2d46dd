import ctypes
import sys

import pytest

from pos.system.qt_libraries import missing_qt_packages


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The libraries of a Linux machine; a test fills it."""
    libraries: set[str] = set()

    def load(name: str) -> None:
        if name not in libraries:
            raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", load)
    return libraries


def test_missing_packages_when_nothing_is_installed_are_all(installed: set[str]) -> None:
    assert missing_qt_packages() == [
        "libegl1",
        "libgl1",
        "libxkbcommon0",
        "libdbus-1-3",
        "libfontconfig1",
        "libglib2.0-0",
    ]


def test_missing_packages_when_one_library_is_absent_are_its_package(installed: set[str]) -> None:
    installed |= {"libEGL.so.1", "libGL.so.1", "libdbus-1.so.3", "libfontconfig.so.1", "libgthread-2.0.so.0"}

    assert missing_qt_packages() == ["libxkbcommon0"]


def test_missing_packages_when_on_windows_are_none(
    installed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    assert missing_qt_packages() == []
