"""X report of the open shift, and the Z reports of closed ones."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from pos.printing.layout import COLUMNS_58_MM, COLUMNS_80_MM
from pos.services.shift_desk import ShiftRow
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.shift.head import Zones
from pos.ui.screens.shift.paper_zone import PaperZone
from pos.ui.screens.shift.presenter import PAST_LIMIT, ShiftPresenter
from pos.ui.screens.shift.state import ShiftState
from pos.ui.screens.shift.words import difference
from pos.ui.table_models.columns import Column, Paint
from pos.ui.table_models.paged import PagedModel
from pos.ui.widgets.card import Card, CardHead, Note
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.table import Table
from pos.ui.widgets.text import label, rule

_PAPER_WIDTH = 404


class XPage(QWidget):
    """The running figures as they would be printed."""

    def __init__(self, look: Look, presenter: ShiftPresenter) -> None:
        super().__init__()
        self._look = look
        metrics, say = look.metrics, look.say
        zones = Zones(look, self, side_width=metrics.fixed(392, 300))
        self._head = zones.head
        card = Card()
        card.body.setContentsMargins(1, 1, 1, 1)
        self.paper = PaperZone(look, width=metrics.px(_PAPER_WIDTH, 400))
        card.body.addWidget(self.paper)
        zones.add(card)
        side = Card(padding=metrics.fixed(20, 12), gap=metrics.fixed(12, 8))
        note = Note(
            look,
            "info",
            say("Nothing is closed"),
            say("These are the figures of now. What the drawer should hold is not on it before the count."),
        )
        side.body.addWidget(note)
        side.body.addStretch(1)
        self.main = KeyButton(
            look, say("Print the X report"), cap=look.keys.cap_of(Act.REPRINT), kind="accent", size="pay"
        )
        back = KeyButton(look, say("Back"), cap="Esc")
        self.main.clicked.connect(presenter.print_paper)
        back.clicked.connect(presenter.back)
        side.body.addWidget(self.main)
        side.body.addWidget(back)
        zones.add_side(side)

    def show_state(self, state: ShiftState) -> None:
        """Show the paper."""
        now, say = state.now, self._look.say
        if now is None:
            return
        self._head.say(
            say("X report of shift {number}", number=now.number),
            "" if now.shift is None else say("Opened by {name}", name=now.shift.operator),
        )
        self.paper.show_text(state.x_text)

    def take_focus(self, _state: ShiftState) -> None:
        """Enter prints."""
        self.main.setFocus()


def past_columns(look: Look) -> list[Column[ShiftRow]]:
    """Return the columns of closed shifts."""
    say, wording = look.say, look.wording

    def amount(minor: int | None) -> str:
        return "" if minor is None else wording.amount(minor)

    return [
        Column(say("Z"), 64, lambda row: str(row.z_number or ""), Paint.STRONG),
        Column(
            say("Closed"),
            168,
            lambda row: "" if row.closed_at is None else wording.day_time(row.closed_at),
            fits=True,
        ),
        Column(say("Cashier"), 0, lambda row: row.operator),
        Column(
            say("Expected"), 104, lambda row: amount(row.expected_minor), Paint.QUIET_NUMBER, is_wide=True
        ),
        Column(say("Counted"), 104, lambda row: amount(row.counted_minor), Paint.NUMBER),
        Column(
            say("Difference"), 100, lambda row: difference(row.difference_minor or 0, wording), Paint.MONEY
        ),
    ]


class PastPage(QWidget):
    """Closed shifts at the left, the stored paper of the chosen one at the right."""

    def __init__(self, look: Look, presenter: ShiftPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        metrics, say = look.metrics, look.say
        zones = Zones(look, self, side_width=metrics.fixed(440, 332))
        self._head = zones.head
        self._head.say(
            say("Past Z reports"),
            say("Each is the paper of its day, as it was stored; a print of it is marked as a copy."),
        )
        left = Card()
        left.body.setContentsMargins(1, 1, 1, 1)
        self.model = PagedModel(
            past_columns(look),
            presenter.context.tasks,
            limit=PAST_LIMIT,
            on_error=presenter.context.shell.show_error,
            on_page=self._on_page,
            parent=self,
        )
        self.table = Table(look, name=say("Past Z reports"))
        self.table.setModel(self.model)
        if metrics.is_single_column:
            self.table.setMinimumHeight(metrics.px(160))
        self.table.moved.connect(self._on_moved)
        self._none = label(look, say("No shift was closed on this till yet."), Type.BODY, tone="text2")
        self._none.setContentsMargins(metrics.padding, 12, metrics.padding, 12)
        self._none.hide()
        left.body.addWidget(self.table, 1)
        left.body.addWidget(self._none)
        zones.add(left)
        zones.add_side(self._make_side())

    def _make_side(self) -> Card:
        look, say, keys = self._look, self._look.say, self._look.keys
        side = Card()
        side.body.setContentsMargins(1, 1, 1, 1)
        head = CardHead(look, say("Z report"))
        self._number = head.count
        side.body.addWidget(head)
        side.body.addWidget(rule())
        self.paper = PaperZone(look, width=look.metrics.px(_PAPER_WIDTH, 304))
        side.body.addWidget(self.paper, 1)
        side.body.addWidget(rule())
        row = QHBoxLayout()
        margin = look.metrics.padding
        row.setContentsMargins(margin, look.metrics.gap, margin, look.metrics.gap)
        row.setSpacing(8)
        self.again = KeyButton(look, say("Print"), cap=keys.cap_of(Act.REPRINT), kind="accent")
        self.pdf = KeyButton(look, say("Save PDF"), cap=keys.cap_of(Act.EXPORT))
        self.again.clicked.connect(self._presenter.print_paper)
        row.addWidget(self.again, 1)
        row.addWidget(self.pdf, 1)
        side.body.addLayout(row)
        return side

    def read(self) -> None:
        """Read the list anew."""
        self.model.ask(self._presenter.fetch_past)

    def show_state(self, state: ShiftState) -> None:
        """Show the chosen paper."""
        has_one = state.past is not None
        self._number.setText("" if state.past is None else str(state.past.z_number))
        self.paper.show_text(state.past_text if has_one else "")
        self.again.setEnabled(has_one)
        self.pdf.setEnabled(has_one)

    def take_focus(self, _state: ShiftState) -> None:
        """The list takes the arrows."""
        self.table.setFocus()

    def _on_page(self) -> None:
        has_rows = bool(self.model.rows)
        self._none.setVisible(not has_rows)
        self.table.setVisible(has_rows)
        if has_rows and self.table.chosen() is None:
            self.table.choose(0)

    def _on_moved(self, row: object) -> None:
        columns = COLUMNS_58_MM if self._look.metrics.is_compact else COLUMNS_80_MM
        self._presenter.choose_past(row if isinstance(row, ShiftRow) else None, columns=columns)
