"""What every screen is to the window: what its keys do, and where typing goes."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRect, Signal
from PySide6.QtWidgets import QWidget

from pos.ui.keymap import Act
from pos.ui.look import Look
from pos.ui.widgets.fkey_bar import BarItem


class Screen(QWidget):
    """A place on the rail. The window asks it what stands in the bar and hands it the keys nobody took."""

    bar_changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.setProperty("klGround", "bg")
        self.setObjectName("desk")

    def zone_of_acts(self) -> QRect:
        """Return where a question or a Stop may stand: the whole desk inside its margins."""
        margin = self.look.metrics.margin
        return self.rect().adjusted(margin, margin, -margin, -margin)

    def bar(self) -> Mapping[Act, BarItem]:
        """Return what the F-keys do here; help and lock are the window's."""
        return {}

    def act(self, act: Act) -> bool:
        """Do an act; False if it does nothing here."""
        return False

    def type_text(self, text: str) -> bool:
        """Take a letter or digit that no field took; False if it goes nowhere here."""
        return False

    def scanned(self, code: str) -> bool:
        """Take a code from the scanner; False if this screen has no use for it."""
        return False

    def enter(self) -> bool:
        """Take an Enter that no field took."""
        return False

    def escape(self) -> bool:
        """Take an Esc: one step back. False if there is none, and the window goes to Sell."""
        return False

    def step(self, by: int) -> bool:
        """Take Up (-1), Down (1), PgUp (-10), PgDown (10) that no field took."""
        return False

    def show_where(self, where: Mapping[str, object]) -> None:
        """Go to a part of the screen that `Shell.go` was asked for."""

    def where(self) -> Mapping[str, object]:
        """Return the part that is shown, for `show_where` of the screen that replaces this one."""
        return {}

    def help_topic(self) -> str:
        """Return the topic of the help for what is being done; empty for that of the place."""
        return ""

    def is_busy(self) -> bool:
        """Say whether something is under way whose answer must be shown here: no lock, no other place."""
        return False

    def opened(self) -> None:
        """Become the screen that is shown: read what may have changed, take the focus."""

    def payments_changed(self) -> None:
        """Read anew what waits for money and what is ready."""

    def time_passed(self) -> None:
        """A second has passed while this screen is shown."""

    def will_be_rebuilt(self) -> None:
        """Be built anew at once, in another look or size: hand over what is shown. `left` follows."""

    def left(self) -> None:
        """Stop being shown."""
