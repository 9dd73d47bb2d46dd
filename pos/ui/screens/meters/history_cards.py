"""What a meter bought: by month as a chart or a table, and its purchases."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QWidget

from pos.i18n.wording import Wording
from pos.services.meter_history import BLOCKS, MonthBought
from pos.services.past_sales import SaleRow
from pos.ui.context import Context
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.meters.detail_presenter import PURCHASES_PAGE
from pos.ui.screens.meters.detail_state import DetailData, DetailState
from pos.ui.screens.meters.words import tender_word
from pos.ui.table_models.columns import Column, Paint
from pos.ui.table_models.paged import PagedModel, RowsModel
from pos.ui.widgets.bar_chart import Bar, BarChart
from pos.ui.widgets.card import Card, CardHead
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.table import Table
from pos.ui.widgets.text import label, rule

BLOCK_ROLES = ("b1", "b2", "b3")
MIXED_ROLE = "s1"
"""The colour of a month whose blocks cannot be told."""


_ROUND = (1, 1, 1, 7)
"""Room for the corners of a card, which its children do not respect."""


class _Swatch(QWidget):
    """A square in the colour of a piece of the bars."""

    def __init__(self, look: Look, role: str) -> None:
        super().__init__()
        self._look = look
        self._role = role
        self.setFixedSize(QSize(12, 12))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour(self._role))
        painter.drawRoundedRect(QRectF(self.rect()), 2, 2)


def month_columns(wording: Wording, unit: str, *, has_blocks: bool) -> tuple[Column[MonthBought], ...]:
    """Return the columns of the chart as a table."""
    say = wording.say

    def block_text(n: int) -> Callable[[MonthBought], str]:
        return lambda month: wording.units(month.blocks_milli[n]) if month.blocks_milli else ""

    blocks = tuple(
        Column(say("Block {n}", n=n + 1), 110, block_text(n), Paint.NUMBER)
        for n in range(BLOCKS if has_blocks else 0)
    )
    return (
        Column(say("Month"), 0, lambda month: f"{wording.month(month.first_at)} {month.first_at:%Y}"),
        *blocks,
        Column(
            say("All, {unit}", unit=unit), 120, lambda month: wording.units(month.units_milli), Paint.MONEY
        ),
    )


class ChartCard(Card):
    """Bought per month. `toggled` asks for the other way to show it."""

    toggled = Signal()

    def __init__(self, look: Look, unit: str, *, has_blocks: bool) -> None:
        super().__init__(padding=_ROUND)
        self._look = look
        self._has_blocks = has_blocks
        say = look.say
        head = CardHead(look, say("Bought per month, {unit}", unit=unit))
        self._legend = QWidget()
        row = QHBoxLayout(self._legend)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for n, role in enumerate(BLOCK_ROLES if has_blocks else ()):
            row.addWidget(_Swatch(look, role))
            row.addWidget(label(look, say("block {n}", n=n + 1), Type.SUPPORT, tone="text2"))
            row.addSpacing(8)
        head.row.addWidget(self._legend)
        self.toggle = KeyButton(
            look, say("Table"), cap=look.keys.cap_of(Act.CHART_TABLE), kind="quiet", size="small"
        )
        self.toggle.clicked.connect(self.toggled)
        head.row.addWidget(self.toggle)
        self.body.addWidget(head)
        self.body.addWidget(rule())
        self.chart = BarChart(look, (*BLOCK_ROLES, MIXED_ROLE))
        self.model: RowsModel[MonthBought] = RowsModel(
            month_columns(look.wording, unit, has_blocks=has_blocks), self
        )
        self.table = Table(look, row_height=look.metrics.row, name=say("Bought per month"))
        self.table.setModel(self.model)
        self.stack = QStackedWidget()
        holder = QWidget()
        inside = QHBoxLayout(holder)
        inside.setContentsMargins(look.metrics.padding, 8, look.metrics.padding, 4)
        inside.addWidget(self.chart)
        self.stack.addWidget(holder)
        self.stack.addWidget(self.table)
        self.body.addWidget(self.stack, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_months(self, months: Sequence[MonthBought]) -> None:
        """Show the months, oldest first."""
        look, wording = self._look, self._look.wording
        bars = []
        for month in months:
            pieces = [milli / 1000 for milli in month.blocks_milli] or [0.0] * BLOCKS
            rest = 0.0 if month.blocks_milli else month.units_milli / 1000
            bars.append(Bar(wording.short_month(month.first_at), (*pieces, rest)))
        spoken = ", ".join(
            f"{wording.month(month.first_at)} {wording.units(month.units_milli)}" for month in months
        )
        self.chart.show_bars(bars, summary=look.say("Bought per month: {months}", months=spoken))
        newest_first = list(reversed(months))
        if list(self.model.rows) != newest_first:
            self.model.show_rows(newest_first)

    def show_as(self, *, is_table: bool) -> None:
        """Show bars or rows."""
        say = self._look.say
        self.stack.setCurrentIndex(1 if is_table else 0)
        self._legend.setVisible(self._has_blocks and not is_table)
        self.toggle.set_caption(say("Chart") if is_table else say("Table"))


def purchase_columns(look: Look, unit: str) -> tuple[Column[SaleRow], ...]:
    """Return the columns of the purchases."""
    wording = look.wording
    say = wording.say
    return (
        Column(say("When"), 160, lambda row: wording.day_time(row.at)),
        Column(say("Receipt"), 120, lambda row: row.receipt_number or "", Paint.QUIET),
        Column(wording.currency, 90, lambda row: wording.amount(row.money_minor), Paint.MONEY),
        Column(
            say("Units"),
            110,
            lambda row: f"{wording.units(row.token_tenths * 100)} {unit}",
            Paint.NUMBER,
        ),
        Column(
            say("Paid with"),
            120,
            lambda row: ", ".join(tender_word(one, wording) for one in row.tenders.split(",") if one),
        ),
        Column(
            say("Sold by"), 0, lambda row: row.cashier, Paint.QUIET, is_wide=look.metrics.is_single_column
        ),
    )


class PurchasesCard(Card):
    """The sales to one meter, newest first. `all_pressed` goes to the list of sales, `opened` to one."""

    all_pressed = Signal()
    opened = Signal(object)

    def __init__(
        self,
        look: Look,
        context: Context,
        unit: str,
        *,
        has_all: bool,
        is_own: bool,
        fetch: Callable[[int, SaleRow | None], Sequence[SaleRow]],
    ) -> None:
        super().__init__(padding=_ROUND)
        self._look = look
        self._asked = -1
        self._meter_key = 0
        self._fetch_page = fetch
        say = look.say
        self.head = CardHead(look, say("Your sales to this meter") if is_own else say("Purchases"))
        self._is_own = is_own
        everything = KeyButton(look, say("All of them"), kind="quiet", size="small")
        if not has_all:
            everything.hide()
        everything.clicked.connect(self.all_pressed)
        self.head.row.addWidget(everything)
        self.body.addWidget(self.head)
        self.body.addWidget(rule())
        self.model: PagedModel[SaleRow] = PagedModel(
            purchase_columns(look, unit),
            context.tasks,
            limit=PURCHASES_PAGE,
            on_error=context.shell.show_error,
            on_page=self._on_page,
            parent=self,
        )
        self.table = Table(look, row_height=look.metrics.px(32), name=say("Purchases"))
        self.table.setModel(self.model)
        self.table.opened.connect(self.opened)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        none = label(look, say("Nothing was bought here yet."), Type.BODY, tone="text2")
        none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.stack.addWidget(none)
        self.body.addWidget(self.stack, 1)

    def show_state(self, state: DetailState, data: DetailData) -> None:
        """Ask for the purchases where it is a new question."""
        if not self._is_own:
            self.head.count.setText(self._look.wording.count(data.past.purchases))
        if state.purchases_asked != self._asked:
            self._asked = state.purchases_asked
            self._meter_key = data.meter.row.key
            self.model.ask(self._fetch)

    def _fetch(self, last: SaleRow | None) -> Sequence[SaleRow]:
        return self._fetch_page(self._meter_key, last)

    def _on_page(self) -> None:
        self.stack.setCurrentIndex(0 if self.model.rowCount() else 1)
        if not self.table.currentIndex().isValid():
            self.table.choose(0)
