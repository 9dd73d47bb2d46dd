"""A shift that is closed: cash compared, what is handed on, and its Z report."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from pos.domain.shift import MovementKind
from pos.ui.keymap import Act
from pos.ui.look import Look
from pos.ui.screens.shift.head import Zones, scrolled
from pos.ui.screens.shift.paper_zone import PaperZone
from pos.ui.screens.shift.presenter import ShiftPresenter
from pos.ui.screens.shift.result_cards import cash_card, empty, envelope_card, phones_card, waiting_card
from pos.ui.screens.shift.state import PaperState, Result, ShiftState
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.card import Card, CardHead
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import rule

_PAPER_WIDTH = 278


class ResultPage(QWidget):
    """Cash at the left, the rest in the middle, the Z and the last acts at the right."""

    def __init__(self, look: Look, presenter: ShiftPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._shown = ""
        zones = Zones(look, self, side_width=look.metrics.fixed(352, 300), step=1)
        self._head = zones.head
        self._cash = QVBoxLayout()
        self._middle = QVBoxLayout()
        self._middle.setSpacing(look.metrics.gap)
        zones.add(self._cash, 11)
        if zones.area is None:
            # Payments without their end and long words may need more room than there is.
            self._middle.setContentsMargins(0, 0, 0, 0)
            zones.add(scrolled(self._middle), 10)
        else:
            zones.add(self._middle, 10)
        zones.add_side(self._make_paper())

    def _make_paper(self) -> Card:
        look, say = self._look, self._look.say
        card = Card()
        head = CardHead(look, say("Z report"))
        self._saved = Badge(look, say("Saved"), "ok")
        self._state = Badge(look, say("Printing"), "info", icon="printer")
        head.row.addWidget(self._saved)
        head.row.addWidget(self._state)
        card.body.addWidget(head)
        card.body.addWidget(rule())
        self.paper = PaperZone(look, width=look.metrics.px(_PAPER_WIDTH, 264))
        card.body.addWidget(self.paper, 1)
        card.body.addWidget(rule())
        foot = QVBoxLayout()
        side = look.metrics.padding
        foot.setContentsMargins(side, side, side, side)
        foot.setSpacing(8)
        keys = look.keys
        self.main = KeyButton(
            look, say("Close shift and sign out"), cap=keys.cap_of(Act.MAIN), kind="accent", size="pay"
        )
        self.slip = KeyButton(look, say("Deposit slip"), cap=keys.cap_of(Act.PLACE_6))
        self.again = KeyButton(look, say("Print"), cap=keys.cap_of(Act.REPRINT))
        self.main.clicked.connect(self._presenter.main)
        self.slip.clicked.connect(self._presenter.print_slip)
        self.again.clicked.connect(self._presenter.print_paper)
        foot.addWidget(self.main)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.slip, 1)
        row.addWidget(self.again, 1)
        foot.addLayout(row)
        card.body.addLayout(foot)
        return card

    # -- state --------------------------------------------------------------------------------------------

    def show_state(self, state: ShiftState) -> None:
        """Show the figures and how far the paper is."""
        result = state.result
        if result is None:
            return
        look, say, report = self._look, self._look.say, result.report
        self._head.say(
            say("Close shift {number}", number=report.number),
            say(
                "Counted at {time} by {name}",
                time=look.wording.time(report.at),
                name=report.made_by,
            ),
        )
        key = f"{report.shift_id} {len(result.movements)} {bool(state.now)}"
        if key != self._shown:
            self._shown = key
            self._show_cards(result, state)
        self.paper.show_text(result.text)
        self._show_paper_state(result.paper)
        self.slip.setVisible(has_slip(result))
        self.again.setEnabled(result.place > 0)

    def _show_cards(self, result: Result, state: ShiftState) -> None:
        look, report = self._look, result.report
        empty(self._cash)
        empty(self._middle)
        self._cash.addWidget(cash_card(look, report, result.movements))
        if report.unresolved:
            self._middle.addWidget(waiting_card(look, report, state.now))
        self._middle.addWidget(phones_card(look, report))
        self._middle.addWidget(envelope_card(look, report), 1)

    def _show_paper_state(self, paper: PaperState) -> None:
        say = self._look.say
        # One badge cannot change its icon, so there is one for the printer at work and one for the rest.
        texts = {
            PaperState.PRINTING: (say("Printing"), "info"),
            PaperState.PRINTED: (say("Printed"), "ok"),
            PaperState.WAITING: (say("Not printed"), "warn"),
            PaperState.UNKNOWN: (say("Look at paper"), "warn"),
            PaperState.NO_PRINTER: (say("No printer"), "neutral"),
        }
        self._state.show_state(*texts[paper])

    def take_focus(self, _state: ShiftState) -> None:
        """The next act is to go home."""
        self.main.setFocus()


def has_slip(result: Result) -> bool:
    """Say whether money of the shift was banked."""
    return any(row.kind is MovementKind.BANKING for row in result.movements)
