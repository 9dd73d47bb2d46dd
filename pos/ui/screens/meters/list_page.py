"""The register: search line on top, the table below, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from pos.i18n.wording import Wording
from pos.services.meters import MeterRow
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.meters.presenter import PAGE_ROWS, MetersPresenter, MetersState
from pos.ui.screens.meters.words import (
    owner_name,
    place_of_meter,
    spaced,
    spaced_group,
    status_tone,
    status_word,
)
from pos.ui.table_models.columns import Column, Paint
from pos.ui.table_models.paged import PagedModel
from pos.ui.widgets.card import Card
from pos.ui.widgets.fields import SearchField
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.table import Table
from pos.ui.widgets.text import ElidedLabel, label


def meter_columns(wording: Wording, *, is_large: bool = False) -> tuple[Column[MeterRow], ...]:
    """Return the columns of the register; in large letters only those one finds a meter by."""
    say = wording.say
    columns: tuple[Column[MeterRow], ...] = (
        Column(
            say("Owner and place"),
            0,
            lambda row: owner_name(row, wording),
            Paint.TWO_LINES,
            second=place_of_meter,
        ),
        Column(say("Meter"), 140, lambda row: spaced(row.drn), Paint.METER),
        Column(say("Tariff"), 110, lambda row: row.tariff_code, Paint.QUIET),
        Column(say("Supply group"), 120, lambda row: spaced_group(row.sgc), Paint.QUIET, is_wide=True),
        Column(
            say("Arrears, {currency}", currency=wording.currency),
            130,
            lambda row: wording.amount(row.arrears_minor) if row.arrears_minor else "",
            Paint.MONEY,
        ),
        Column(
            say("State"),
            120,
            lambda row: status_word(row.status, wording),
            Paint.BADGE,
            tone=lambda row: status_tone(row.status),
            fits=True,
        ),
    )
    return (*columns[:2], columns[-1]) if is_large else columns


class ListPage(QWidget):
    """Search and table. `opened` gives the row that was opened; the buttons have signals of their own."""

    opened = Signal(object)
    add_pressed = Signal()
    import_pressed = Signal()
    export_pressed = Signal()

    def __init__(self, look: Look, presenter: MetersPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._asked = -1
        metrics, say = look.metrics, look.say
        column = QVBoxLayout(self)
        column.setContentsMargins(*(metrics.margin,) * 4)
        column.setSpacing(metrics.gap)
        self.search = SearchField(
            look,
            say("Number, end of a number, phone or name"),
            cap=look.keys.cap_of(Act.FIND),
            name=say("Find a meter"),
        )
        self.search.changed.connect(presenter.search)
        column.addWidget(self.search)
        column.addLayout(self._make_line())
        column.addWidget(self._make_table(), 1)

    def _make_line(self) -> QHBoxLayout:
        look, say, keys = self._look, self._look.say, self._look.keys
        row = QHBoxLayout()
        row.setSpacing(8)
        self.title = ElidedLabel(look, "", Type.STRONG)
        self.title.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.count = label(look, "", Type.BODY, tone="text2")
        row.addWidget(self.title)
        row.addWidget(self.count)
        row.addStretch(1)
        self.export = KeyButton(look, say("Export"), cap=keys.cap_of(Act.EXPORT), size="small", icon="upload")
        self.take = KeyButton(
            look, say("Import"), cap=keys.cap_of(Act.PLACE_5), size="small", icon="download"
        )
        self.add = KeyButton(look, say("New meter"), cap=keys.cap_of(Act.PLACE_6), size="small", icon="plus")
        acts = (
            ("export", self.export, self.export_pressed),
            ("import", self.take, self.import_pressed),
            ("add", self.add, self.add_pressed),
        )
        for act, button, signal in acts:
            if not self._presenter.may(act):
                button.hide()
            button.clicked.connect(signal)
            row.addWidget(button)
        return row

    def _make_table(self) -> QWidget:
        look = self._look
        context = self._presenter.context
        self.model: PagedModel[MeterRow] = PagedModel(
            meter_columns(look.wording, is_large=look.metrics.is_single_column),
            context.tasks,
            limit=PAGE_ROWS,
            on_error=context.shell.show_error,
            on_page=self._on_page,
            parent=self,
        )
        self.table = Table(
            look,
            row_height=look.metrics.px(46, 40),
            opens_on_click=True,
            name=look.say("Meters"),
        )
        self.table.setModel(self.model)
        self.table.opened.connect(self.opened)
        empty = QWidget()
        column = QVBoxLayout(empty)
        column.addStretch(1)
        column.addWidget(IconLabel(look, "gauge", 40, "text3"), 0, Qt.AlignmentFlag.AlignHCenter)
        self.fact = label(look, "", Type.HEADING)
        self.way_out = label(look, "", Type.BODY, tone="text2")
        column.addWidget(self.fact, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.way_out, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        self.stack.addWidget(empty)
        card = Card(padding=(1, 1, 1, 7))
        card.body.addWidget(self.stack)
        return card

    def show_state(self, state: MetersState) -> None:
        """Show the text, and ask for its rows where it is a new question."""
        self.search.set_text(state.query)
        self.export.setEnabled(not state.exporting)
        if state.asked != self._asked:
            self._asked = state.asked
            self.model.ask(partial(self._fetch, state.answered))

    def _fetch(self, query: str, last: MeterRow | None) -> Sequence[MeterRow]:
        return self._presenter.page_of(query, last)

    def _on_page(self) -> None:
        say, query = self._look.say, self._presenter.state.answered
        rows = self.model.rowCount()
        self.stack.setCurrentIndex(0 if rows else 1)
        fact, way_out = self._presenter.empty_words()
        self.fact.setText(fact)
        self.way_out.setText(way_out)
        self.title.setText(say("Found") if query else say("All meters, newest first"))
        self.count.setText(self._look.wording.count(rows) if query else "")
        if rows and not self.table.currentIndex().isValid():
            self.table.choose(0)

    def focus(self) -> None:
        """Put the caret into the search line."""
        self.search.edit.setFocus()
        self.search.edit.selectAll()
