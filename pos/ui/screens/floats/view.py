"""The float screen: suppliers and the statement at the left, acts and the offline limit at the right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from pos.services.float_statement import StatementMove
from pos.services.supplier_float import FloatState
from pos.ui.context import Context
from pos.ui.files import Files, SystemFiles
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screen import Screen
from pos.ui.screens.floats.presenter import FloatsPresenter, FloatsState
from pos.ui.screens.floats.side import ActCard, EnvelopeCard
from pos.ui.table_models.columns import Column, Paint
from pos.ui.table_models.paged import RowsModel
from pos.ui.widgets.card import Card, CardHead
from pos.ui.widgets.fields import EnterFilter, LabelledField, line_edit
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.flow import FlowRow
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.table import Table
from pos.ui.widgets.text import label, rule
from pos.ui.widgets.zones import lay_zones, side_column

MOVE_WORDS = {
    "top_up": "Top-up",
    "commission": "Commission",
    "correction": "Correction",
    "sales": "Sales",
    "sales_commission": "Commission on sales",
}
SUPPLIERS_SHOWN = 4


def make_screen(context: Context, look: Look) -> Screen:
    """Make the screen."""
    return FloatsScreen(context, look)


class FloatsScreen(Screen):
    """The money with suppliers."""

    def __init__(self, context: Context, look: Look) -> None:
        super().__init__(look)
        self.files: Files = SystemFiles(self)
        self._shop = context.desk.shop
        self.presenter = FloatsPresenter(context, show=self.show_state)
        main = QWidget()
        left = QVBoxLayout(main)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(look.metrics.gap)
        left.addWidget(self._make_suppliers())
        left.addWidget(self._make_statement(), 1)
        lay_zones(self, look, main, self._make_side(), main_height=look.metrics.px(420))

    def _make_suppliers(self) -> Card:
        look, say = self.look, self.look.say
        wording = look.wording
        card = Card()
        self._head = CardHead(look, say("Suppliers"))
        card.body.addWidget(self._head)
        self.model: RowsModel[FloatState] = RowsModel(
            [
                Column(say("Supplier"), 0, lambda row: row.supplier.name, Paint.STRONG),
                Column(
                    say("Balance, {currency}", currency=wording.currency),
                    122,
                    lambda row: wording.amount(row.supplier.balance_minor),
                    Paint.NUMBER,
                ),
                Column(
                    say("Credit limit"),
                    110,
                    lambda row: wording.amount(row.supplier.credit_limit_minor),
                    Paint.QUIET_NUMBER,
                    is_wide=True,
                ),
                Column(
                    say("Commission"),
                    92,
                    lambda row: wording.percent(row.commission_ppm),
                    Paint.QUIET_NUMBER,
                ),
                Column(
                    say("Left to sell"), 116, lambda row: wording.amount(row.supplier.left_minor), Paint.MONEY
                ),
                Column(
                    say("State"),
                    96,
                    lambda row: _state_word(row, look),
                    Paint.BADGE,
                    tone=_state_tone,
                    fits=True,
                ),
            ],
            self,
        )
        self.table = Table(look, name=say("Suppliers"))
        self.table.setModel(self.model)
        self.table.moved.connect(self._on_moved)
        self.table.opened.connect(self._on_opened)
        card.body.addWidget(self.table)
        return card

    def _make_statement(self) -> Card:
        look, say = self.look, self.look.say
        wording, metrics = look.wording, look.metrics
        card = Card()
        head = CardHead(look, say("Statement"))
        head.setFixedHeight(metrics.px(44, 40))
        self._enter = EnterFilter(self, self.presenter.read_statement)
        acts: QHBoxLayout | FlowRow = head.row
        if metrics.is_single_column:
            acts = FlowRow(gap=metrics.gap)
        for caption, months in ((say("This month"), 0), (say("Last month"), 1)):
            button = KeyButton(look, caption, kind="quiet", size="small")
            button.clicked.connect(lambda _=False, months=months: self.presenter.show_month(months))
            acts.addWidget(button)
        self.pdf_button = KeyButton(look, say("PDF"), size="small", cap=look.keys.cap_of(Act.EXPORT))
        self.pdf_button.clicked.connect(self._write_pdf)
        self.print_button = KeyButton(
            look, say("Print"), size="small", icon="printer", cap=look.keys.cap_of(Act.REPRINT)
        )
        self.print_button.clicked.connect(self.presenter.print_statement)
        acts.addWidget(self.pdf_button)
        acts.addWidget(self.print_button)
        card.body.addWidget(head)
        if isinstance(acts, FlowRow):
            card.body.addWidget(acts)
        card.body.addWidget(rule())
        card.body.addLayout(self._make_days())
        self.moves: RowsModel[StatementMove] = RowsModel(
            [
                Column(say("Day"), 116, lambda row: wording.day(_noon(row, look)), Paint.QUIET),
                Column(say("What"), 160, lambda row: say(MOVE_WORDS[row.kind]), Paint.STRONG),
                Column(say("Reference"), 0, lambda row: row.reference or row.reason, Paint.QUIET),
                Column(
                    say("Pieces"), 80, lambda row: wording.count(row.pieces), Paint.QUIET_NUMBER, is_wide=True
                ),
                Column(wording.currency, 120, lambda row: wording.amount(row.amount_minor), Paint.MONEY),
                Column(say("Balance"), 120, lambda row: wording.amount(row.balance_minor), Paint.NUMBER),
            ],
            self,
        )
        self.moves_table = Table(look, name=say("Statement"), row_height=metrics.px(34, 30))
        self.moves_table.setModel(self.moves)
        card.body.addWidget(self.moves_table, 1)
        return card

    def _make_days(self) -> QBoxLayout:
        look, say, metrics = self.look, self.look.say, self.look.metrics
        row = QVBoxLayout() if metrics.is_single_column else QHBoxLayout()
        row.setContentsMargins(metrics.padding, metrics.fixed(10, 6), metrics.padding, metrics.fixed(10, 6))
        row.setSpacing(12)
        fields = []
        for name in (say("First day"), say("Last day")):
            edit = line_edit(look, hint="2026-11-01")
            edit.setMaxLength(10)
            edit.installEventFilter(self._enter)
            edit.editingFinished.connect(self.presenter.read_statement)
            field = LabelledField(look, name, edit)
            if metrics.is_single_column:
                row.addWidget(field)
            else:
                field.setFixedWidth(metrics.px(150, 132))
                row.addWidget(field, 0, Qt.AlignmentFlag.AlignTop)
            fields.append((field, edit))
        (self.first, self.first_edit), (self.last, self.last_edit) = fields
        self.first_edit.textEdited.connect(lambda text: self.presenter.type_days(first=text))
        self.last_edit.textEdited.connect(lambda text: self.presenter.type_days(last=text))
        row.addStretch(1)
        sums = []
        for name in (say("Opening"), say("Commission"), say("Closing")):
            column = QHBoxLayout() if metrics.is_single_column else QVBoxLayout()
            column.setSpacing(2)
            side = Qt.AlignmentFlag.AlignLeft if metrics.is_single_column else Qt.AlignmentFlag.AlignRight
            column.addWidget(label(look, name, Type.SUPPORT, tone="text2"), 0, side)
            value = label(look, "–", Type.STRONG)
            column.addWidget(value, 0, Qt.AlignmentFlag.AlignRight)
            row.addLayout(column)
            sums.append(value)
        self._opening, self._commission, self._closing = sums
        return row

    def _make_side(self) -> QWidget:
        look = self.look
        self.acts = ActCard(look, self.presenter)
        self.envelope = EnvelopeCard(look)
        return side_column(look, self.acts, self.envelope)

    # -- showing ------------------------------------------------------------------------------------------

    def show_state(self, state: FloatsState) -> None:
        """Show suppliers, statement, form and envelope."""
        wording, say = self.look.wording, self.look.say
        if tuple(self.model.rows) != state.floats:
            self.model.show_rows(state.floats)
            rows = min(SUPPLIERS_SHOWN, max(1, len(state.floats)))
            self.table.setFixedHeight(self.look.metrics.px(33, 30) + rows * self.look.metrics.row + 2)
            self.bar_changed.emit()
        if state.floats and self.table.currentIndex().row() != state.chosen:
            self.table.choose(state.chosen)
        self._head.count.setText(wording.count(len(state.floats)) if state.is_read else "")
        for edit, field, text, wrong in (
            (self.first_edit, self.first, state.first_day, state.first_wrong),
            (self.last_edit, self.last, state.last_day, state.last_wrong),
        ):
            if edit.text() != text:
                edit.setText(text)
            field.set_wrong(wrong)
        statement = state.statement
        moves = () if statement is None else statement.moves
        if tuple(self.moves.rows) != moves:
            self.moves.show_rows(moves)
        for value, amount in (
            (self._opening, None if statement is None else statement.opening_minor),
            (self._commission, None if statement is None else statement.commission_minor),
            (self._closing, None if statement is None else statement.closing_minor),
        ):
            value.setText("–" if amount is None else wording.amount(amount))
        has_one = statement is not None
        self.pdf_button.setEnabled(has_one)
        self.print_button.setEnabled(has_one and state.has_printer)
        self.print_button.setToolTip("" if state.has_printer else say("This till has no printer."))
        self.acts.show_state(state)
        self.envelope.show_envelope(state.envelope)

    # -- acts ---------------------------------------------------------------------------------------------

    def bar(self) -> Mapping[Act, BarItem]:
        """Return what the F-keys do."""
        say = self.look.say
        items = {Act.REPRINT: BarItem(say("Print"), is_on=self.presenter.state.has_printer)}
        if self.presenter.acts():
            items[Act.FIND] = BarItem(say("Amount"))
            items[Act.MAIN] = BarItem(say("Do it"), is_main=True)
        return items

    def act(self, act: Act) -> bool:
        """Do an act."""
        if act is Act.MAIN and self.presenter.acts():
            self.presenter.do()
            self.acts.focus_wrong()
            return True
        if act is Act.FIND and self.presenter.acts():
            self.acts.focus_first()
            return True
        if act is Act.REPRINT and self.presenter.state.has_printer:
            self.presenter.print_statement()
            return True
        if act is Act.EXPORT:
            self._write_pdf()
            return True
        return False

    def escape(self) -> bool:
        """Go back to the list of suppliers."""
        if self.table.hasFocus():
            return False
        self.table.setFocus()
        return True

    def step(self, by: int) -> bool:
        """Choose another supplier."""
        self.table.step(by)
        return True

    def opened(self) -> None:
        """Read where everything stands."""
        self.presenter.open()
        self.table.setFocus()

    def _write_pdf(self) -> None:
        statement = self.presenter.state.statement
        if statement is None:
            return
        name = f"statement-{statement.supplier.code}-{statement.first_day}-{statement.last_day}.pdf"
        path = self.files.to_write(self.look.say("Statement as PDF"), name, "PDF (*.pdf)")
        if path is not None:
            self.presenter.write_pdf(path)

    def _on_moved(self, row: object) -> None:
        if isinstance(row, FloatState):
            self.presenter.choose_code(row.supplier.code)

    def _on_opened(self, row: object) -> None:
        self._on_moved(row)
        self.acts.focus_first()


def _noon(row: StatementMove, look: Look) -> datetime:
    """Give an instant of the day that is on this day in the shop."""
    return datetime.combine(row.day, time(12), look.wording.time_zone)


def _state_word(row: FloatState, look: Look) -> str:
    if row.supplier.left_minor <= 0:
        return look.say("Empty")
    return look.say("Low") if row.is_low else look.say("Good")


def _state_tone(row: FloatState) -> str:
    if row.supplier.left_minor <= 0:
        return "bad"
    return "warn" if row.is_low else "ok"
