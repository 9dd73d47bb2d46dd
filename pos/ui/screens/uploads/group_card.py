"""One group of entries: a light, a word, how many, and the entries under each other with their acts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from pos.ui.look import Look, Type
from pos.ui.table_models.columns import Column, Paint
from pos.ui.table_models.paged import RowsModel
from pos.ui.widgets.badge import Light
from pos.ui.widgets.card import Card
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.table import Table
from pos.ui.widgets.text import label, rule

Row = TypeVar("Row")

ROWS_SHOWN = 8
_ACTS_WIDTH = 200
_ACT_GAP = 4
_FOOT = 5
_ACT_MARGIN = 12


@dataclass(frozen=True, slots=True)
class RowAct(Generic[Row]):
    """An act of a row: its word, what it does, and for which rows it is there."""

    word: str
    do: Callable[[Row], None]
    is_for: Callable[[Row], bool] = lambda _: True


def acts_width(look: Look, words_of_groups: Sequence[Sequence[str]]) -> int:
    """Return the width, before it grows with the text, that the acts of every group have room in."""
    most = 0
    for words in words_of_groups:
        wide = sum(KeyButton(look, word, size="small").sizeHint().width() + _ACT_GAP for word in words)
        most = max(most, wide + _ACT_MARGIN)
    return max(_ACTS_WIDTH, -(-most * 100 // look.metrics.percent))


class GroupCard(Card, Generic[Row]):
    """Shows the rows of one group; without any it is not there.

    Acts stand in the rows where the window is wide, else in the head, for the chosen row.
    Enter does the first.
    """

    row_chosen = Signal()

    def __init__(
        self,
        look: Look,
        title: str,
        light: str,
        *,
        columns: Sequence[Column[Row]],
        acts: Sequence[RowAct[Row]] = (),
        width: int = _ACTS_WIDTH,
        on_opened: Callable[[Row], None] | None = None,
    ) -> None:
        super().__init__()
        self._look = look
        self._acts = tuple(acts)
        self._on_opened = on_opened
        self._has_row_acts = bool(acts) and not look.metrics.is_compact and not look.metrics.is_single_column
        self._row_height = look.metrics.px(48, 44)
        self.body.addWidget(self._make_head(title, light))
        self.body.addWidget(rule())
        wide = width if not (look.metrics.is_compact or look.metrics.is_single_column) else 0
        shown = [*columns]
        if wide:
            # Its room is kept in every group, so that the columns stand under each other.
            shown.append(Column("", wide, lambda _: "", Paint.BADGE))
        self.model: RowsModel[Row] = RowsModel(shown, self)
        self.table = Table(look, name=title, row_height=self._row_height)
        self.table.horizontalHeader().hide()
        self.table.setModel(self.model)
        self.table.opened.connect(self._on_enter)
        self.table.moved.connect(self._on_moved)
        self.body.addWidget(self.table)
        # The last line ends above the round corners of the card.
        self.body.addSpacing(_FOOT)

    def _make_head(self, title: str, light: str) -> QWidget:
        look = self._look
        head = QWidget()
        head.setMinimumHeight(look.metrics.px(43, 36))
        row = QHBoxLayout(head)
        row.setContentsMargins(look.metrics.fixed(18, 12), 0, look.metrics.padding, 0)
        row.setSpacing(9)
        row.addWidget(Light(look, light, size=16))
        row.addWidget(label(look, title, Type.NAME))
        self.count = label(look, "", Type.BODY, tone="text3")
        row.addWidget(self.count)
        row.addStretch(1)
        self.note = label(look, "", Type.BODY, tone="text2")
        row.addWidget(self.note)
        self.buttons: list[KeyButton] = []
        if self._acts and not self._has_row_acts:
            for act in self._acts:
                button = KeyButton(look, act.word, size="small")
                button.clicked.connect(lambda _=False, act=act: self._do(act, self.table.chosen()))
                row.addWidget(button)
                self.buttons.append(button)
        return head

    def show_rows(self, rows: Sequence[Row], count: str, note: str = "") -> None:
        """Show other rows; the chosen place stays."""
        self.count.setText(count)
        self.note.setText(note)
        self.setVisible(bool(rows))
        if tuple(self.model.rows) == tuple(rows):
            # Ages grow without a new row.
            self.table.viewport().update()
            return
        place = self.table.currentIndex().row()
        self.model.show_rows(rows)
        seen = min(ROWS_SHOWN, max(1, len(rows)))
        self.table.setFixedHeight(seen * self._row_height + 2)
        if rows and place >= 0:
            self.table.choose(min(place, len(rows) - 1))
        if self._has_row_acts:
            for n, row in enumerate(rows):
                self.table.setIndexWidget(
                    self.model.index(n, len(self.model.columns) - 1), self._row_acts(row)
                )
        self._show_acts()

    def unchoose(self) -> None:
        """Let no row be the chosen one."""
        self.table.setCurrentIndex(QModelIndex())

    def _on_moved(self, row: object) -> None:
        if row is not None:
            self.table.selectRow(self.table.currentIndex().row())
            self.row_chosen.emit()
        self._show_acts()

    def _row_acts(self, row: Row) -> QWidget:
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, _ACT_MARGIN, 0)
        line.setSpacing(_ACT_GAP)
        line.addStretch(1)
        for act in self._acts:
            if act.is_for(row):
                button = KeyButton(self._look, act.word, size="small")
                button.clicked.connect(lambda _=False, act=act: act.do(row))
                line.addWidget(button)
        return holder

    def _show_acts(self) -> None:
        row = self.table.chosen()
        for button, act in zip(self.buttons, self._acts, strict=False):
            button.setVisible(row is not None and act.is_for(row))

    def _on_enter(self, row: Row) -> None:
        for act in self._acts:
            if act.is_for(row):
                act.do(row)
                return
        if self._on_opened is not None:
            self._on_opened(row)

    def _do(self, act: RowAct[Row], row: Row | None) -> None:
        if row is not None and act.is_for(row):
            act.do(row)
