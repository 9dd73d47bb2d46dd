"""Which file to read or write: the system's own dialogs behind a port, so that tests need none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from PySide6.QtWidgets import QFileDialog, QWidget

_ENDING = re.compile(r"\.[a-z0-9]+(?=\))")


class Files(Protocol):
    """Asks a person for a file or folder; None when nothing was chosen. `kinds` is such as `CSV (*.csv)`."""

    def to_read(self, title: str, kinds: str) -> Path | None:
        """Ask for a file that is there."""
        ...

    def to_write(self, title: str, name: str, kinds: str) -> Path | None:
        """Ask where to write; `name` is offered."""
        ...

    def folder(self, title: str) -> Path | None:
        """Ask for a folder."""
        ...


class SystemFiles:
    """The dialogs of the system over a window."""

    def __init__(self, window: QWidget) -> None:
        self._window = window

    def to_read(self, title: str, kinds: str) -> Path | None:
        """Ask for a file that is there."""
        return _path(QFileDialog.getOpenFileName(self._window, title, "", kinds)[0])

    def to_write(self, title: str, name: str, kinds: str) -> Path | None:
        """Ask where to write."""
        text, kind = QFileDialog.getSaveFileName(self._window, title, name, kinds)
        path = _path(text)
        ending = _ENDING.search(kind)
        # Not every system's dialog adds the ending of the kind that was chosen.
        return path if path is None or path.suffix or ending is None else path.with_suffix(ending[0])

    def folder(self, title: str) -> Path | None:
        """Ask for a folder."""
        return _path(QFileDialog.getExistingDirectory(self._window, title))


def _path(text: str) -> Path | None:
    return Path(text) if text else None
