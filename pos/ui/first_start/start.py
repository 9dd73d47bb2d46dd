"""Runs the first start by itself: an application, the window, and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

from PySide6.QtCore import QLocale, QTimeZone
from PySide6.QtWidgets import QApplication

from pos.i18n.catalogue import LANGUAGES, SOURCE_LANGUAGE, catalogue
from pos.i18n.wording import Wording
from pos.ui.app import make_application, make_style
from pos.ui.first_start.presenter import SetUp
from pos.ui.first_start.window import FirstStart
from pos.ui.look import Look
from pos.ui.metrics import Metrics
from pos.ui.style import KilotillStyle, apply_look
from pos.ui.tasks import TaskRunner

DONE, ENROL, DEMO, LEFT = "done", "enrol", "demo", "left"
_ANY_CURRENCY = "RWF"


def run_first_start(set_up: SetUp, *, asks_passphrase: bool = False) -> str:
    """Ask the questions and make the till with `set_up`: `done`, `demo` (it is wanted instead) or `left`.

    `enrol`: it is made, and shall be enrolled at a head office next.

    `asks_passphrase`: the computer has no key store, so a passphrase seals the till's secrets.
    """
    application = make_application()
    style = make_style(application)
    tasks = TaskRunner()
    window = FirstStart(
        look_maker(application, style),
        set_up,
        tasks,
        language=system_language(),
        time_zone=bytes(QTimeZone.systemTimeZoneId().data()).decode(),
        asks_passphrase=asks_passphrase,
    )
    outcome = LEFT

    def end(how: str) -> None:
        nonlocal outcome
        outcome = how
        window.close()

    window.finished.connect(lambda _made: end(ENROL if window.presenter.state.wants_enrolment else DONE))
    window.wants_demo.connect(lambda: end(DEMO))
    window.showMaximized()
    application.exec()
    tasks.close()
    return outcome


def look_maker(
    application: QApplication, style: KilotillStyle, *, theme: str = "light"
) -> Callable[[str, Metrics], Look]:
    """Return what makes the look of a language and size, and gives it to the application.

    There is no shop yet: no money is shown, and the time is nobody's.
    """

    def make(language: str, metrics: Metrics) -> Look:
        wording = Wording(catalogue(language), _ANY_CURRENCY, UTC)
        look = Look(wording, theme=theme, metrics=metrics)
        apply_look(application, style, look)
        return look

    return make


def system_language() -> str:
    """Return the machine's language where the till speaks it, else English."""
    name = QLocale.system().name().partition("_")[0]
    return name if name in LANGUAGES else SOURCE_LANGUAGE
