"""The window: which till it opens, what it asks before, and what it does without a display."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from pos.bootstrap import Access, Till, open_till, set_up_shop
from pos.cli import demo as demo_command
from pos.cli.context import PHRASE_VARIABLE, CommandContext
from pos.cli.demo_shop import demo_plan, fill_shop
from pos.config import TRAINING
from pos.errors import KilotillError, UserError
from pos.services.shop_file import ShopPlan
from pos.services.shop_rows import BookKind
from pos.services.shop_setup import ShopMade
from pos.system.logs import start_logs
from pos.system.machine_file import read_machine_file
from pos.system.paths import DataFolder
from pos.system.qt_libraries import missing_qt_packages
from pos.system.secrets import PassphraseQuestion, asks_new_passphrase

if TYPE_CHECKING:
    from pos.ui.start_window import StartQuestions

TRAINING_DAYS = 3


def has_display() -> bool:
    """Say whether a window can be seen here."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def show_program(command: CommandContext, *, is_usual_folder: bool, wants_demo: bool) -> int:
    """Open the window of a till; where there is none yet, the first start or, if wanted, the demo shop.

    Without a display one demo token is sold in the terminal instead, with a picture of the Sell screen.
    """
    folder = command.folder
    demo = DataFolder(folder.root / "demo") if is_usual_folder else folder
    if not has_display():
        return demo_command.show_demo_sale(demo)
    needs_x11 = not os.environ.get("WAYLAND_DISPLAY") and "QT_QPA_PLATFORM" not in os.environ
    if packages := missing_qt_packages(needs_x11=needs_x11):
        click.echo(f"A window needs more of Debian: apt-get install {' '.join(packages)}", err=True)
        return demo_command.show_demo_sale(demo)
    try:
        if wants_demo:
            demo_command.ready_demo_shop(demo)
            return _open_window(command, demo)
        if folder.database.exists():
            return _open_window(command, _training_or(folder))
        return _first_start(command, folder, demo)
    except KilotillError as error:
        if _is_read_by_nobody():
            from pos.ui.start_window import StartQuestions

            StartQuestions().show_refusal(error)
        raise


def _training_or(folder: DataFolder) -> DataFolder:
    """Return the training shop of a till whose machine is set to training, else the till itself."""
    texts = read_machine_file(folder.root)
    if TRAINING.key not in texts or not TRAINING.read(texts[TRAINING.key]):
        return folder
    training = folder.training
    if not training.database.exists():
        fill_shop(training, datetime.now(UTC), BookKind.TRAINING, days=TRAINING_DAYS)
    return training


@dataclass(slots=True)
class _Known:
    """What opens a till and need not be asked for: it was given with the command, or typed a moment ago."""

    passphrase: str | None = None
    phrase: str | None = None


def _open_window(
    command: CommandContext, folder: DataFolder, known: _Known | None = None, *, asks_to_enrol: bool = False
) -> int:
    from pos.ui.app import run_window

    with ExitStack() as stack:
        till = _opened(stack, folder, known or _Known(command.passphrase()))
        logs = start_logs(folder.logs)
        try:
            return run_window(till, demo_pins(till), asks_to_enrol=asks_to_enrol)
        finally:
            logs.stop()


def _opened(stack: ExitStack, folder: DataFolder, known: _Known) -> Till:
    """Open the till; what it needs to know is asked in a window, again while the answer is wrong.

    Raises as `open_till`, and Abort when nobody says the passphrase.
    """
    questions = _Questions()
    phrase = known.phrase or os.environ.get(PHRASE_VARIABLE)
    while True:
        till = open_till(
            folder,
            Access.WRITES,
            passphrase=known.passphrase,
            ask_passphrase=questions.passphrase,
            ask_phrase=lambda: phrase or questions.opening_phrase(),
        )
        try:
            return stack.enter_context(till)
        except UserError as error:
            if questions.is_left:
                raise click.Abort from error
            if not questions.may_ask_again(error):
                raise


class _Questions:
    """The windows that ask; Qt is loaded with the first of them."""

    def __init__(self) -> None:
        self._asked: StartQuestions | None = None

    @property
    def is_left(self) -> bool:
        return self._asked is not None and self._asked.is_left

    def passphrase(self, question: PassphraseQuestion) -> str | None:
        return self._made().passphrase(question)

    def opening_phrase(self) -> str | None:
        return self._made().opening_phrase()

    def may_ask_again(self, error: UserError) -> bool:
        return self._asked is not None and self._asked.may_ask_again(error)

    def _made(self) -> StartQuestions:
        if self._asked is None:
            from pos.ui.start_window import StartQuestions

            self._asked = StartQuestions()
        return self._asked


def _is_read_by_nobody() -> bool:
    """Say whether what is written to the terminal is lost: the program was started by a click."""
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return False
    # On Windows a click makes a console too, which is hidden at once.
    return sys.platform == "win32" or sys.stderr is None or not sys.stderr.isatty()


def demo_pins(till: Till) -> Callable[[], list[tuple[str, str, str]]]:
    """Return name, role and PIN of the people of a demo or training shop; nobody's of a live one."""
    if not (till.shop.is_demo or till.shop.is_training):
        return list
    return lambda: [(user.name, user.role.value, user.pin) for user in demo_plan().users]


def _first_start(command: CommandContext, folder: DataFolder, demo: DataFolder) -> int:
    """Set a real till up in a window, then open it."""
    from pos.ui.first_start.start import run_first_start

    known = _Known(command.passphrase())

    def set_up(plan: ShopPlan, phrase: str, passphrase: str) -> ShopMade:
        known.passphrase, known.phrase = passphrase or known.passphrase, phrase
        return set_up_shop(
            folder, plan, BookKind.LIVE, passphrase=known.passphrase, opening_phrase=known.phrase
        )

    asks_passphrase = known.passphrase is None and asks_new_passphrase(folder.root)
    outcome = run_first_start(set_up, asks_passphrase=asks_passphrase)
    if outcome == "demo":
        demo_command.ready_demo_shop(demo)
        return _open_window(command, demo)
    if outcome not in ("done", "enrol"):
        return 1
    return _open_window(command, folder, known, asks_to_enrol=outcome == "enrol")
