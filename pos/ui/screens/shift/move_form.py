"""The form of a cash movement, in the zone where the list of movements stands otherwise."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout

from pos.domain.money import minor_digits
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.shift.count_card import make_lines
from pos.ui.screens.shift.head import scrolled
from pos.ui.screens.shift.presenter import ShiftPresenter
from pos.ui.screens.shift.state import Move, MoveKind
from pos.ui.screens.shift.words import move_title
from pos.ui.widgets.card import Card, CardHead
from pos.ui.widgets.controls import Segments
from pos.ui.widgets.fields import LabelledField, NumberField, line_edit
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule

_REASON_MAX = 200
_SLIP_MAX = 40


class MoveForm(Card):
    """Amount, slip, reason, and the money by note and coin for whoever wants to count it."""

    def __init__(self, look: Look, presenter: ShiftPresenter, move: Move) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._move = move
        self.kind = move.kind
        self.body.setContentsMargins(1, 1, 1, 1)
        self.body.addWidget(CardHead(look, move_title(move.kind, look.wording)))
        self.body.addWidget(rule())
        columns = QHBoxLayout() if not look.metrics.is_single_column else QVBoxLayout()
        side = look.metrics.padding
        columns.setContentsMargins(side, look.metrics.gap, side, look.metrics.gap)
        columns.setSpacing(look.metrics.fixed(32, 16))
        self.inputs: dict[str, QLineEdit] = {}
        self._labelled: dict[str, LabelledField] = {}
        self._amount: NumberField | None = None
        columns.addLayout(self._make_fields(), 1)
        self._lines = []
        if move.kind is not MoveKind.NO_SALE:
            self._lines = make_lines(look, move.count, is_small=True)
            columns.addLayout(self._make_count(), 1)
        self.body.addLayout(columns, 1)

    def _make_fields(self) -> QVBoxLayout:
        look, say, kind = self._look, self._look.say, self.kind
        column = QVBoxLayout()
        column.setSpacing(look.metrics.gap)
        self._ways: Segments | None = None
        if kind is MoveKind.CASH:
            ways = [("out", say("Out of the drawer")), ("in", say("Into the drawer"))]
            self._ways = Segments(look, ways, chosen="out", name=say("Direction"))
            self._ways.chosen.connect(self._on_way)
            row = QHBoxLayout()
            row.addWidget(self._ways)
            row.addStretch(1)
            column.addLayout(row)
        if kind is not MoveKind.NO_SALE:
            wording = look.wording
            self._amount = NumberField(
                look,
                before=wording.currency,
                kind=Type.RECEIVED,
                decimals=minor_digits(wording.currency),
                height=look.metrics.px(56, 46),
                name=say("Amount"),
            )
            self._amount.changed.connect(partial(self._on_typed, "amount"))
            self._add(column, "amount", LabelledField(look, say("Amount"), self._amount), self._amount.edit)
        if kind is MoveKind.BANKING:
            slip = line_edit(look)
            slip.setMaxLength(_SLIP_MAX)
            slip.textEdited.connect(partial(self._on_typed, "slip"))
            help_text = say("As the bank printed it.")
            field = LabelledField(look, say("Number of the deposit slip"), slip, help_text=help_text)
            self._add(column, "slip", field, slip)
        names = {
            MoveKind.CASH: (say("Reason"), say("Such as: cleaning, coins from the bank.")),
            MoveKind.SAFE_DROP: (say("Bag number"), say("Stands on the Z report. May stay empty.")),
            MoveKind.BANKING: (say("Remark"), say("May stay empty.")),
            MoveKind.NO_SALE: (say("Reason"), say("Such as: changing a note. It is written down.")),
        }
        name, help_text = names[kind]
        reason = line_edit(look)
        reason.setMaxLength(_REASON_MAX)
        reason.textEdited.connect(partial(self._on_typed, "reason"))
        self._add(column, "reason", LabelledField(look, name, reason, help_text=help_text), reason)
        column.addSpacing(4)
        column.addLayout(self._make_acts())
        column.addStretch(1)
        return column

    def _add(self, column: QVBoxLayout, name: str, field: LabelledField, edit: QLineEdit) -> None:
        self.inputs[name] = edit
        self._labelled[name] = field
        column.addWidget(field)

    def _make_acts(self) -> QHBoxLayout:
        look, say = self._look, self._look.say
        row = QHBoxLayout()
        row.setSpacing(8)
        caption = say("Open the drawer") if self.kind is MoveKind.NO_SALE else say("Book it")
        self.main = KeyButton(look, caption, cap=look.keys.cap_of(Act.MAIN), kind="accent")
        other = KeyButton(look, say("Do not"), cap="Esc")
        self.main.clicked.connect(self._presenter.main)
        other.clicked.connect(self._on_back)
        row.addWidget(self.main)
        row.addWidget(other)
        row.addStretch(1)
        return row

    def _make_count(self) -> QVBoxLayout:
        look, say = self._look, self._look.say
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(label(look, say("By note and coin, if you like"), Type.SUPPORT, tone="text2"))
        inside = QVBoxLayout()
        inside.setContentsMargins(0, 0, look.metrics.fixed(12, 10), 0)
        inside.setSpacing(0)
        for n, line in enumerate(self._lines):
            line.typed.connect(self._on_line)
            if n:
                inside.addWidget(rule())
            inside.addWidget(line)
        inside.addStretch(1)
        self._area: QScrollArea | None = None
        if look.metrics.is_single_column:
            column.addLayout(inside)
            return column
        self._area = scrolled(inside)
        ground = self._area.widget()
        if ground is not None:
            ground.setProperty("klGround", "surface")
        column.addWidget(self._area, 1)
        return column

    # -- state --------------------------------------------------------------------------------------------

    def show_move(self, move: Move) -> None:
        """Show what was typed, and what of it is wrong."""
        before, self._move = self._move, move
        if self._amount is not None:
            self._amount.set_text(move.amount)
        for name, text in (("slip", move.slip), ("reason", move.reason)):
            edit = self.inputs.get(name)
            if edit is not None and edit.text() != text:
                edit.setText(text)
        if self._ways is not None:
            self._ways.choose("in" if move.is_in else "out")
        for line in self._lines:
            line.show_line(move.count)
        for name, field in self._labelled.items():
            field.set_wrong(move.wrong.get(name, ""))
        if move.wrong and move.wrong != before.wrong:
            self.inputs[next(iter(move.wrong))].setFocus()

    def focus_first(self) -> None:
        """Put the caret into the first field."""
        next(iter(self.inputs.values())).setFocus()

    def enter(self) -> None:
        """Go to the next field that must be filled, else book it."""
        now = QApplication.focusWidget()
        for n, line in enumerate(self._lines):
            if line.edit is now and n + 1 < len(self._lines):
                self._go_to_line(n + 1)
                return
        names = list(self.inputs)
        at = next((n for n, name in enumerate(names) if self.inputs[name] is now), len(names))
        for name in names[at + 1 :]:
            if self._move.is_needed(name) and not self.inputs[name].text().strip():
                self.inputs[name].setFocus()
                return
        self._presenter.main()

    def step(self, by: int) -> bool:
        """Go up or down in the count, or between the fields."""
        now = QApplication.focusWidget()
        for n, line in enumerate(self._lines):
            if line.edit is now:
                self._go_to_line(min(len(self._lines) - 1, max(0, n + by)))
                return True
        edits = list(self.inputs.values())
        at = next((n for n, edit in enumerate(edits) if edit is now), 0)
        edits[min(len(edits) - 1, max(0, at + (1 if by > 0 else -1)))].setFocus()
        return True

    def change_line(self, by: int) -> bool:
        """Count one more or one less where the caret stands."""
        now = QApplication.focusWidget()
        for n, line in enumerate(self._lines):
            if line.edit is now:
                move = self._move
                self._presenter.moves.set_count(move, move.count.change_line(n, by))
                return True
        return False

    def _go_to_line(self, n: int) -> None:
        self._lines[n].take_focus()
        if self._area is not None:
            self._area.ensureWidgetVisible(self._lines[n])

    def _on_line(self, n: int, text: str) -> None:
        self._presenter.moves.set_count(self._move, self._move.count.type_line(n, text))

    def _on_typed(self, name: str, text: str) -> None:
        self._presenter.moves.type_field(self._move, name, text)

    def _on_way(self, way: str) -> None:
        self._presenter.moves.set_way(self._move, is_in=way == "in")

    def _on_back(self) -> None:
        self._presenter.back()
