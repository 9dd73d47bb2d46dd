"""Pictures of the window without a display: for the terminal's demo and for the documentation."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QMessageLogContext, QtMsgType, qInstallMessageHandler

from pos.domain.permissions import Actor
from pos.ui.app import make_application, make_style
from pos.ui.desk import Desk
from pos.ui.main_window import MainWindow
from pos.ui.tasks import TaskRunner

SIZE = (1366, 768)
_OFFSCREEN = "This plugin does not support propagateSizeHints()"


def settle(tasks: TaskRunner) -> None:
    """Let everything that was asked for arrive on the window."""
    for _ in range(4):
        tasks.wait_idle()
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def sell_picture(desk: Desk, actor: Actor, path: Path) -> None:
    """Write a PNG of the Sell screen of a person who has just signed in."""
    silence_offscreen()
    style = make_style(make_application())
    tasks = TaskRunner()
    window = MainWindow(desk, tasks, style)
    window.resize(*SIZE)
    window.has_resumed = True
    window.show()
    window.sign_in_as(actor)
    settle(tasks)
    window.grab().save(str(path))
    window.close()


def silence_offscreen() -> None:
    """Leave out what the offscreen platform says at each window."""
    qInstallMessageHandler(_say)


def _say(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    """Pass Qt's messages on, without what the offscreen platform says at each window."""
    if text != _OFFSCREEN:
        sys.stderr.write(f"{text}\n")
