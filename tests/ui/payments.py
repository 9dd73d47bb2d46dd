"""A counter whose provider is the sandbox of this process: one clock moves both, nothing sleeps."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt

from pos.bootstrap import Access, Till, open_till
from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox.scenarios import Order, named_scenario
from pos.system.paths import DataFolder
from pos.ui.screens.sell.state import SellState, Stage
from pos.ui.screens.sell.view import SellScreen
from tests.fakes.clock import FakeClock
from tests.ui.conftest import Desktop

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
PHONE = "0788413412"


@contextmanager
def payment_till(folder: Path, clock: FakeClock, sandbox: Sandbox) -> Iterator[Till]:
    """Open the till of a demo shop on a clock of the test's, its providers in the sandbox."""
    with open_till(DataFolder(folder), Access.WRITES, clock=clock) as till:
        till.payments.use_sandbox(sandbox.base_url)
        yield till


def make_clock() -> FakeClock:
    return FakeClock(datetime.now(UTC) + timedelta(minutes=1))


class PayDesk:
    """The window, its sandbox, and the time of both."""

    def __init__(self, desktop: Desktop, sandbox: Sandbox, clock: FakeClock) -> None:
        self.desktop = desktop
        self.sandbox = sandbox
        self.clock = clock

    @property
    def screen(self) -> SellScreen:
        assert isinstance(self.desktop.screen, SellScreen)
        return self.desktop.screen

    @property
    def state(self) -> SellState:
        return self.screen.presenter.state

    def play(self, scenario: str, *, times: int = 1, **changes: Any) -> None:
        """The next payments play a scenario of the sandbox."""
        found = named_scenario(scenario)
        assert found is not None
        self.sandbox.core.orders.add(Order(found, times_left=times, **changes))

    def go_on(self, seconds: float = 4, *, times: int = 1) -> None:
        """Let time pass, let what is due be asked, and show what came of it."""
        for _ in range(times):
            self.clock.pass_time(seconds=seconds)
            self.sandbox.core.settle()
            self.desktop.window.paying.wake()
            self.desktop.settle()
            if isinstance(self.desktop.screen, SellScreen):
                self.screen.presenter.waits.look()
            self.desktop.settle()

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.desktop.key(key, modifier)

    def to_tender(self, drn: str, amount: str = "5000") -> None:
        """Press everything up to the money."""
        self.desktop.type(drn)
        self.key(KEY.Key_Return)
        self.key(KEY.Key_Return)
        self.desktop.type(amount)
        self.key(KEY.Key_Return)
        assert self.state.stage is Stage.TENDER

    def ask_momo(self, drn: str, amount: str = "5000", phone: str = PHONE) -> None:
        """Ask a phone for the whole sum by the first provider."""
        self.to_tender(drn, amount)
        self.key(KEY.Key_2, CTRL)
        self.desktop.type(phone)
        self.key(KEY.Key_Return)
        assert self.state.stage is Stage.WAITING, self.state.tender_problem
