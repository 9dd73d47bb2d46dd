"""The dashboard screen: four figures over a chart, and three tables beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from pos.domain.money import minor_digits
from pos.i18n.wording import NO_BREAK
from pos.services.reports import Figures, day_name, month_before, month_name, tender_name
from pos.ui.context import Context
from pos.ui.files import Files, SystemFiles
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screen import Screen
from pos.ui.screens.dashboard.parts import FigureCard, Legend
from pos.ui.screens.dashboard.presenter import MONEY, UNITS, DashboardPresenter, DashboardState
from pos.ui.table_models.columns import Column, Paint
from pos.ui.table_models.paged import RowsModel
from pos.ui.widgets.bar_chart import Bar, BarChart
from pos.ui.widgets.card import Card, CardHead, Note
from pos.ui.widgets.controls import Choice, Segments
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.flow import FlowRow
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.table import Table
from pos.ui.widgets.text import label, rule
from pos.ui.widgets.zones import lay_zones

FILE_KINDS = "Excel (*.xlsx);;CSV (*.csv);;PDF (*.pdf)"


def make_screen(context: Context, look: Look) -> Screen:
    """Make the screen."""
    return DashboardScreen(context, look)


class DashboardScreen(Screen):
    """A month of the shop."""

    def __init__(self, context: Context, look: Look) -> None:
        super().__init__(look)
        self.files: Files = SystemFiles(self)
        self.presenter = DashboardPresenter(context, show=self.show_state)
        main = QWidget()
        left = QVBoxLayout(main)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(look.metrics.gap)
        left.addLayout(self._make_head())
        self.refusal = Note(look, "info", "")
        self.refusal.hide()
        left.addWidget(self.refusal)
        left.addLayout(self._make_figures())
        left.addWidget(self._make_chart(), 1)
        lay_zones(self, look, main, self._make_side(), main_height=look.metrics.px(480))

    def _make_head(self) -> QHBoxLayout:
        look, say = self.look, self.look.say
        row = QHBoxLayout()
        row.setSpacing(8)
        self._title = label(look, "", Type.TITLE)
        # A small screen has no room for the month twice.
        if look.metrics.is_compact or look.metrics.is_single_column:
            self._title.hide()
        row.addWidget(self._title)
        row.addStretch(1)
        months = [(month, month_name(month, look.wording)) for month in self.presenter.months()]
        self.months = Choice(look, months, name=say("Month"))
        self.months.setFixedWidth(look.metrics.px(180, 160))
        self.months.picked.connect(self.presenter.choose)
        self.earlier = KeyButton(look, say("Earlier"))
        self.earlier.clicked.connect(lambda: self.presenter.step(-1))
        self.later = KeyButton(look, say("Later"))
        self.later.clicked.connect(lambda: self.presenter.step(1))
        self.export_button = KeyButton(look, say("Export"), icon="download", cap=look.keys.cap_of(Act.EXPORT))
        self.export_button.clicked.connect(self._export)
        if not self.presenter.may_export:
            self.export_button.hide()
        acts: QHBoxLayout | FlowRow = row
        if look.metrics.is_single_column:
            acts = FlowRow(gap=row.spacing())
            row.addWidget(acts, 1000)
        for widget in (self.earlier, self.months, self.later, self.export_button):
            acts.addWidget(widget)
        return row

    def _make_figures(self) -> QGridLayout:
        look = self.look
        grid = QGridLayout()
        grid.setSpacing(look.metrics.gap)
        across = 2 if look.metrics.is_single_column else 4
        self.day_card, self.month_card = FigureCard(look), FigureCard(look)
        self.units_card, self.average_card = FigureCard(look), FigureCard(look)
        for n, card in enumerate((self.day_card, self.month_card, self.units_card, self.average_card)):
            grid.addWidget(card, n // across, n % across)
            grid.setColumnStretch(n % across, 1)
        return grid

    def _make_chart(self) -> Card:
        look, say = self.look, self.look.say
        card = Card()
        is_tight = look.metrics.is_single_column and look.metrics.is_compact
        head = CardHead(look, "", cap="" if is_tight else look.keys.cap_of(Act.CHART_TABLE))
        head.setFixedHeight(look.metrics.px(44))
        head.title.setWordWrap(True)
        head.row.setStretchFactor(head.title, 2)
        self._chart_head = head
        self._now = Legend(look, is_dashed=False)
        self._then = Legend(look, is_dashed=True)
        head.row.addWidget(self._now)
        head.row.addWidget(self._then)
        currency = look.wording.currency
        self.measure = Segments(
            look, [(MONEY, currency), (UNITS, "kWh")], chosen=MONEY, name=say("What the chart shows")
        )
        self.measure.chosen.connect(self.presenter.measure)
        head.row.addWidget(self.measure)
        card.body.addWidget(head)
        card.body.addWidget(rule())
        self.chart = BarChart(look, ["s1"])
        self.days: RowsModel[tuple[Figures, Figures | None]] = RowsModel(self._day_columns(), self)
        self.days_table = Table(look, name=say("The chart as a table"), row_height=look.metrics.px(32, 28))
        self.days_table.setModel(self.days)
        self._chart_pages = QStackedWidget()
        holder = QWidget()
        inside = QVBoxLayout(holder)
        margin = look.metrics.padding
        inside.setContentsMargins(margin, look.metrics.gap, margin, look.metrics.fixed(8, 4))
        inside.addWidget(self.chart)
        self._chart_pages.addWidget(holder)
        self._chart_pages.addWidget(self.days_table)
        card.body.addWidget(self._chart_pages, 1)
        return card

    def _day_columns(self) -> list[Column[tuple[Figures, Figures | None]]]:
        say, wording = self.look.say, self.look.wording
        return [
            Column(say("Day"), 100, lambda row: day_name(row[0].name, wording), Paint.STRONG),
            Column(say("Payments"), 0, lambda row: wording.count(row[0].payments), Paint.QUIET_NUMBER),
            Column(wording.currency, 120, lambda row: wording.amount(row[0].amount_minor), Paint.MONEY),
            Column("kWh", 100, lambda row: wording.units(row[0].kwh_milli // 100 * 100), Paint.NUMBER),
            Column(
                say("Month before, {currency}", currency=wording.currency),
                160,
                lambda row: "" if row[1] is None else wording.amount(row[1].amount_minor),
                Paint.QUIET_NUMBER,
            ),
        ]

    def _make_side(self) -> QWidget:
        look, say = self.look, self.look.say
        wording = look.wording
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.metrics.gap)

        def count(row: Figures) -> str:
            return wording.count(row.payments)

        def units(row: Figures) -> str:
            unit = "m\u00b3" if row.m3_milli and not row.kwh_milli else "kWh"
            return f"{wording.units((row.kwh_milli or row.m3_milli) // 100 * 100)}{NO_BREAK}{unit}"

        self.tenders = self._part(
            column, say("Paid with"), lambda row: tender_name(row.name, wording), (say("Payments"), count)
        )
        self.cashiers = self._part(column, say("By cashier"), lambda row: row.name, (say("Payments"), count))
        self.tariffs = self._part(
            column,
            say("By tariff"),
            lambda row: row.name or say("Without a tariff"),
            (say("Units"), units),
        )
        return side

    def _part(
        self,
        column: QVBoxLayout,
        title: str,
        name: Callable[[Figures], str],
        middle: tuple[str, Callable[[Figures], str]],
    ) -> RowsModel[Figures]:
        look = self.look
        wording = look.wording
        card = Card()
        model: RowsModel[Figures] = RowsModel(
            [
                Column(title, 0, name, Paint.STRONG),
                Column(middle[0], 112, middle[1], Paint.QUIET_NUMBER),
                Column(wording.currency, 116, lambda row: wording.amount(row.amount_minor), Paint.MONEY),
            ],
            self,
        )
        table = Table(look, name=title, row_height=look.metrics.px(36, 30))
        table.setModel(model)
        if look.metrics.is_single_column:
            table.setMinimumHeight(look.metrics.px(160))
        card.body.addWidget(table, 1)
        column.addWidget(card, 1)
        return model

    # -- showing ------------------------------------------------------------------------------------------

    def show_state(self, state: DashboardState) -> None:
        """Show the month."""
        say, wording = self.look.say, self.look.wording
        name = month_name(state.month, wording)
        self._title.setText(name)
        self.months.choose(state.month)
        months = self.presenter.months()
        self.later.setEnabled(state.month != months[0])
        self.earlier.setEnabled(state.month != months[-1])
        self.export_button.setEnabled(state.figures is not None and not state.is_busy)
        self.measure.choose(state.measure)
        figures = state.figures
        is_empty = figures is not None and not figures.whole.payments
        nothing = say("Nothing was sold in {month}.", month=name) if is_empty else ""
        self.refusal.say(state.refusal or nothing)
        self.refusal.setVisible(bool(state.refusal or nothing))
        self._show_figures(state)
        self._show_chart(state)
        for model, rows in (
            (self.tenders, figures.tenders if figures else ()),
            (self.cashiers, figures.cashiers if figures else ()),
            (self.tariffs, figures.tariffs if figures else ()),
        ):
            if tuple(model.rows) != rows:
                model.show_rows(rows)

    def _show_figures(self, state: DashboardState) -> None:
        say, wording = self.look.say, self.look.wording
        figures, before = state.figures, state.before
        currency = wording.currency
        if figures is None or before is None:
            for card in (self.day_card, self.month_card, self.units_card, self.average_card):
                card.say("", "–", "")
            return
        now = state.day_now
        if now is not None:
            name, day = say("Sales today, {currency}", currency=currency), now
            below = say("Payments: {n}", n=wording.count(now.payments))
        else:
            name = say("Best day, {currency}", currency=currency)
            day = figures.best_day or Figures("")
            below = day_name(day.name, wording) if day.name else ""
        self.day_card.say(name, wording.amount(day.amount_minor), below)
        name = say("This month, {currency}", currency=currency)
        if not state.is_current:
            name = say("The month, {currency}", currency=currency)
        self.month_card.say(name, wording.amount(figures.whole.amount_minor), self._compared(state))
        units = wording.count(round(figures.whole.kwh_milli / 1000))
        water = ""
        if figures.whole.m3_milli:
            water = say("water {units} m³", units=wording.count(round(figures.whole.m3_milli / 1000)))
        self.units_card.say(say("Electricity, kWh"), units, water)
        below = say("Payments: {n}", n=wording.count(figures.whole.payments))
        self.average_card.say(
            say("Average sale, {currency}", currency=currency), wording.amount(figures.average_minor), below
        )

    def _compared(self, state: DashboardState) -> str:
        """Say how the month stands beside as many days of the month before."""
        say, figures, before = self.look.say, state.figures, state.before
        assert figures is not None and before is not None, "read together"
        other = sum(day.amount_minor for day in before.days[: len(state.days)])
        name = month_name(state.before.month if state.before else "", self.look.wording).split(" ")[0]
        if not other:
            return say("nothing in {month}", month=name)
        percent = round((figures.whole.amount_minor - other) * 100 / other)
        sign = "+" if percent >= 0 else "\u2212"
        return say("{sign} {percent} % on {month}", sign=sign, percent=abs(percent), month=name)

    def _show_chart(self, state: DashboardState) -> None:
        say, wording = self.look.say, self.look.wording
        name, other = month_name(state.month, wording), month_name(month_before(state.month), wording)
        is_money = state.measure == MONEY
        unit = wording.currency if is_money else "kWh"
        self._chart_head.title.setText(say("Sales a day, {unit}", unit=unit))
        self._now.say(name.split(" ")[0])
        self._then.say(other.split(" ")[0])
        step = 10 ** minor_digits(wording.currency) if is_money else 1000

        def value(day: Figures) -> float:
            return (day.amount_minor if is_money else day.kwh_milli) / step

        past = () if state.before is None else state.before.days
        pairs = [(day, past[n] if n < len(past) else None) for n, day in enumerate(state.days)]
        bars = [
            Bar(str(n), (max(0.0, value(day)),), None if then is None else max(0.0, value(then)))
            for n, (day, then) in enumerate(pairs, start=1)
        ]
        total = 0 if state.figures is None else state.figures.whole.amount_minor
        summary = say(
            "Sales of {month} by day, {total} in all. The same as a table: {key}",
            month=name,
            total=wording.money(total),
            key=self.look.keys.cap_of(Act.CHART_TABLE),
        )
        self.chart.show_bars(bars, summary=summary)
        if tuple(self.days.rows) != tuple(pairs):
            self.days.show_rows(pairs)
        self._chart_pages.setCurrentIndex(1 if state.is_table else 0)

    # -- acts ---------------------------------------------------------------------------------------------

    def bar(self) -> Mapping[Act, BarItem]:
        """Return what the F-keys do."""
        say = self.look.say
        return {Act.PLACE_5: BarItem(say("Earlier")), Act.PLACE_6: BarItem(say("Later"))}

    def act(self, act: Act) -> bool:
        """Do an act."""
        if act is Act.PLACE_5:
            self.presenter.step(-1)
        elif act is Act.PLACE_6:
            self.presenter.step(1)
        elif act is Act.CHART_TABLE:
            self.presenter.turn()
            if self.presenter.state.is_table:
                self.days_table.setFocus()
            else:
                self.months.setFocus()
        elif act is Act.EXPORT:
            self._export()
        elif act is Act.REFRESH:
            self.presenter.open()
        else:
            return False
        return True

    def escape(self) -> bool:
        """Turn the table back into the chart."""
        if not self.presenter.state.is_table:
            return False
        self.presenter.turn()
        self.months.setFocus()
        return True

    def opened(self) -> None:
        """Read the month."""
        self.presenter.open()
        self.months.setFocus(Qt.FocusReason.OtherFocusReason)

    def _export(self) -> None:
        if self.presenter.state.figures is None or not self.presenter.may_export:
            return
        name = f"sales-{self.presenter.state.month}.xlsx"
        path = self.files.to_write(self.look.say("Export the month"), name, FILE_KINDS)
        if path is not None:
            self.presenter.export(path)
