"""The window: which till it opens, what it asks before, and what it does without a display."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import click

from pos.bootstrap import Access, Till, open_till, set_up_shop
from pos.cli import demo as demo_command
from pos.cli.context import CommandContext
from pos.cli.demo_shop import demo_plan, fill_shop
from pos.config import TRAINING
from pos.services.shop_file import ShopPlan
from pos.services.shop_rows import BookKind
from pos.services.shop_setup import ShopMade
from pos.system.logs import start_logs
from pos.system.machine_file import read_machine_file
from pos.system.paths import DataFolder
from pos.system.qt_libraries import missing_qt_packages

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
    if wants_demo:
        demo_command.ready_demo_shop(demo)
        return _open_window(command, demo)
    if folder.database.exists():
        return _open_window(command, _training_or(folder))
    return _first_start(command, folder, demo)


def _training_or(folder: DataFolder) -> DataFolder:
    """Return the training shop of a till whose machine is set to training, else the till itself."""
    texts = read_machine_file(folder.root)
    if TRAINING.key not in texts or not TRAINING.read(texts[TRAINING.key]):
        return folder
    training = folder.training
    if not training.database.exists():
        fill_shop(training, datetime.now(UTC), BookKind.TRAINING, days=TRAINING_DAYS)
    return training


def _open_window(command: CommandContext, folder: DataFolder) -> int:
    from pos.ui.app import run_window

    with open_till(
        folder,
        Access.WRITES,
        passphrase=command.passphrase(),
        ask_passphrase=command.ask_passphrase,
        ask_phrase=command.opening_phrase,
    ) as till:
        logs = start_logs(folder.logs)
        try:
            return run_window(till, demo_pins(till))
        finally:
            logs.stop()


def demo_pins(till: Till) -> Callable[[], list[tuple[str, str, str]]]:
    """Return name, role and PIN of the people of a demo or training shop; nobody's of a live one."""
    if not (till.shop.is_demo or till.shop.is_training):
        return list
    return lambda: [(user.name, user.role.value, user.pin) for user in demo_plan().users]


def _first_start(command: CommandContext, folder: DataFolder, demo: DataFolder) -> int:
    """Set a real till up in a window, then open it."""
    from pos.ui.first_start.start import run_first_start

    def set_up(plan: ShopPlan, opening_phrase: str | None) -> ShopMade:
        return set_up_shop(
            folder,
            plan,
            BookKind.LIVE,
            passphrase=command.passphrase(),
            ask_passphrase=command.ask_passphrase,
            opening_phrase=opening_phrase,
        )

    outcome = run_first_start(set_up)
    if outcome == "demo":
        demo_command.ready_demo_shop(demo)
        return _open_window(command, demo)
    return _open_window(command, folder) if outcome == "done" else 1
