"""Starts Qt, shows the window, ends both."""

from __future__ import annotations

import faulthandler
import gc
import logging
import sys
import threading
from types import TracebackType

from PySide6.QtCore import QLibraryInfo, QLocale, Qt, QTranslator
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from pos.i18n.resources import resource_path
from pos.ui.desk import DemoPins, Desk
from pos.ui.look import load_fonts
from pos.ui.main_window import MINIMUM, MainWindow
from pos.ui.style import KilotillStyle
from pos.ui.tasks import TaskRunner

SWITCH_INTERVAL_S = 0.0005
"""How long a busy Python thread may keep the window waiting (measured: docs/performance.md)."""

_logger = logging.getLogger(__name__)


def make_application(arguments: list[str] | None = None) -> QApplication:
    """Return the one QApplication with the house's style and fonts."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        policy = Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(policy)
        application = QApplication(arguments or ["kilotill"])
    application.setApplicationName("Kilotill")
    application.setDesktopFileName("kilotill")
    icon = resource_path("icons", "kilotill.svg")
    if icon.exists():
        application.setWindowIcon(QIcon(str(icon)))
    load_fonts()
    return application


def make_style(application: QApplication) -> KilotillStyle:
    """Return the style, which the caller keeps: Qt does not."""
    style = KilotillStyle()
    application.setStyle(style)
    return style


def translate_qt(application: QApplication, language: str) -> QTranslator:
    """Translate Qt's own texts where it has them for a language."""
    translator = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(QLocale(language), "qtbase", "_", folder):
        application.installTranslator(translator)
    return translator


def run_window(desk: Desk, demo_pins: DemoPins = list, *, asks_to_enrol: bool = False) -> int:
    """Show the till until its window is closed; returns the exit code.

    `asks_to_enrol`: the first administrator who signs in is led to enrolling.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    application = make_application()
    style = make_style(application)
    tasks = TaskRunner()
    window = MainWindow(desk, tasks, style, demo_pins=demo_pins, asks_to_enrol=asks_to_enrol)
    translate_qt(application, window.preferences.language)
    _catch_everything(window)
    window.setMinimumSize(*MINIMUM)
    window.watch_keys()
    window.showMaximized()
    # What stands now stands till the end: the collector need not look at it again.
    gc.freeze()
    code = application.exec()
    tasks.close()
    return code


def _catch_everything(window: MainWindow) -> None:
    """Show and log what nobody caught; the till goes on."""
    faulthandler.enable()

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        _logger.error("uncaught", exc_info=(kind, error, trace))
        window.show_error(error)

    def thread_hook(found: threading.ExceptHookArgs) -> None:
        error = found.exc_value
        if error is not None:
            _logger.error("uncaught in a thread", exc_info=error)
            window.tasks.post(lambda: window.show_error(error))

    sys.excepthook = hook
    threading.excepthook = thread_hook
