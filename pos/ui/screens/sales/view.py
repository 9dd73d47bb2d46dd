"""The Sales screen: filters above, the table, and one sale, case or form beside it or over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import UUID

from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
)

from pos.domain.permissions import Permission
from pos.ui.context import Context
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screen import Screen
from pos.ui.screens.sales.filters import FilterRow
from pos.ui.screens.sales.panes import Panes
from pos.ui.screens.sales.presenter import FetchCases, FetchSales, SalesPresenter
from pos.ui.screens.sales.state import Listing, Pane, Period, SalesState
from pos.ui.screens.sales.tables import SalesTables
from pos.ui.widgets.card import Card
from pos.ui.widgets.controls import Segments
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.table import Table
from pos.ui.widgets.text import label

AskPath = Callable[[str, str, str], Path | None]
"""Asks for a file: title of the window, usual name, what kind; None where the person thought better of it."""

_PANE_WIDTH = 360


class SalesScreen(Screen):
    """Shows past sales."""

    def __init__(self, context: Context, look: Look, *, ask_path: AskPath | None = None) -> None:
        super().__init__(look)
        self.ask_path = ask_path or self._ask_path
        self._context = context
        self.presenter = SalesPresenter(context, self)
        # Over the table where there is no room beside it.
        self._is_over = look.metrics.is_compact or look.metrics.is_single_column
        self._pane_was = Pane.NOTHING
        self._bar_was: Mapping[Act, BarItem] = {}
        margin = look.metrics.margin
        column = QVBoxLayout(self)
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(look.metrics.fixed(12, 8))
        self.filters = FilterRow(look, self.presenter)
        column.addLayout(self._make_head())
        self.filters.export_pressed.connect(self.presenter.export.begin)
        column.addWidget(self.filters)
        self.tables = SalesTables(context, look, self.presenter, opens_on_click=self._is_over)
        self.tables.row_opened.connect(self._on_opened)
        self.panes = Panes(look, self.presenter)
        self.panes.sale.pdf_pressed.connect(self._on_pdf)
        self.panes.export.save_pressed.connect(self._on_export)
        self.panes.payments.pdf_pressed.connect(self._on_trail)
        column.addLayout(self._make_zone(), 1)
        self.show_state(self.presenter.state)

    def _make_head(self) -> QHBoxLayout:
        look, say = self.look, self.look.say
        row = QHBoxLayout()
        self._title = label(look, say("Sales"), Type.TITLE)
        self._title.setFixedHeight(look.metrics.px(40, 34))
        row.addWidget(self._title)
        if look.metrics.is_compact:
            row.addSpacing(8)
            row.addWidget(self.filters.count)
        row.addStretch(1)
        periods = [
            (Period.SHIFT.value, say("Shift")),
            (Period.TODAY.value, say("Today")),
            (Period.WEEK.value, say("Week")),
            (Period.MONTH.value, say("Month")),
        ]
        self.periods = Segments(look, periods, chosen=Period.TODAY, name=say("Days"))
        self.periods.chosen.connect(self.presenter.choose_period)
        row.addWidget(self.periods)
        return row

    def _make_zone(self) -> QHBoxLayout:
        zone = QHBoxLayout()
        zone.setSpacing(self.look.metrics.fixed(16, 8))
        table_card = Card(padding=1)
        table_card.body.addWidget(self.tables)
        self.pane_card = Card()
        self.pane_card.body.addWidget(self.panes)
        self.zone = QStackedWidget()
        self.zone.addWidget(table_card)
        zone.addWidget(self.zone, 1)
        if self.look.metrics.is_single_column:
            # The lines of the filters get their room first; the table scrolls.
            self.zone.setMinimumHeight(2 * self.look.metrics.row)
        if self._is_over:
            self.zone.addWidget(self.pane_card)
        else:
            self.pane_card.setFixedWidth(self.look.metrics.px(_PANE_WIDTH))
            zone.addWidget(self.pane_card)
        return zone

    # -- what the presenter says --------------------------------------------------------------------------

    def show_state(self, state: SalesState) -> None:
        """Show everything but the rows."""
        say = self.look.say
        is_sales = state.listing is Listing.SALES
        self._title.setText(say("Sales") if is_sales else say("Cases"))
        self.periods.setVisible(is_sales)
        self.periods.choose(state.filters.period)
        self.filters.show_state(state)
        self.tables.show_state(state)
        self.panes.show_state(state)
        # A token that is handed over needs the width of the table as well.
        is_wide = state.pane is Pane.REPLACED and not self._is_over
        self.zone.setVisible(not is_wide)
        if not self._is_over:
            width = 16_777_215 if is_wide else self.look.metrics.px(_PANE_WIDTH)
            self.pane_card.setMinimumWidth(0 if is_wide else width)
            self.pane_card.setMaximumWidth(width)
        else:
            is_open = state.is_open and state.pane is not Pane.NOTHING
            self.zone.setCurrentIndex(1 if is_open else 0)
        if state.pane is not self._pane_was:
            before, self._pane_was = self._pane_was, state.pane
            self._focus_pane(state, before)
        bar = self.bar()
        if bar != self._bar_was:
            self._bar_was = bar
            self.bar_changed.emit()

    def _focus_pane(self, state: SalesState, before: Pane) -> None:
        is_form = state.pane not in (Pane.NOTHING, Pane.SALE, Pane.CASE)
        if state.pane is Pane.CASE:
            # The caret stays in the list of cases, but a case that a sale or its token led to has it.
            is_form = state.listing is Listing.SALES or before is Pane.REPLACED
        if is_form or (self._is_over and state.is_open):
            self.panes.take_focus()
        elif not self.filters.search.edit.hasFocus():
            self._focus_table()

    def _focus_table(self) -> None:
        table = self.tables.table()
        (self.filters.search.edit if table is None else table).setFocus()

    def list_sales(self, fetch: FetchSales) -> None:
        """List other sales."""
        self.tables.sales_model.ask(fetch)

    def list_cases(self, fetch: FetchCases) -> None:
        """List other cases."""
        self.tables.cases_model.ask(fetch)

    # -- what a person does -------------------------------------------------------------------------------

    def _on_opened(self) -> None:
        self.presenter.open_pane()
        self.panes.take_focus()

    def _on_pdf(self) -> None:
        say = self.look.say
        path = self.ask_path(say("Save the receipt"), self.presenter.papers.pdf_name(), "PDF (*.pdf)")
        if path is not None:
            self.presenter.papers.save_pdf(path)

    def _on_trail(self) -> None:
        payments = self.presenter.payments
        path = self.ask_path(self.look.say("Save the payments"), payments.pdf_name(), "PDF (*.pdf)")
        if path is not None:
            payments.save_pdf(path)

    def _on_export(self) -> None:
        export = self.presenter.export
        name = export.file_name()
        path = self.ask_path(self.look.say("Save the sales"), name, f"*.{name.rsplit('.', 1)[-1]}")
        if path is not None:
            export.run(path)

    def _ask_path(self, title: str, name: str, kind: str) -> Path | None:
        chosen, _ = QFileDialog.getSaveFileName(self, title, str(Path.home() / name), kind)
        return Path(chosen) if chosen else None

    # -- what the window asks -----------------------------------------------------------------------------

    def bar(self) -> Mapping[Act, BarItem]:
        """Return what the F-keys do here."""
        say, presenter, state = self.look.say, self.presenter, self.presenter.state
        is_sales = state.listing is Listing.SALES
        items = {}
        if is_sales:
            items[Act.FIND] = BarItem(say("Find"))
            items[Act.TRIAL] = BarItem(say("Filters"))
        if presenter.cases.may_list():
            items[Act.RECENT] = BarItem(say("Cases") if is_sales else say("Sales"))
        items[Act.PLACE_5] = BarItem(say("Refresh"))
        if self._context.may(Permission.CASE_OPEN):
            items[Act.PLACE_6] = BarItem(say("Wrong meter"), is_on=presenter.cases.can_begin())
        if presenter.money.can_void():
            items[Act.PLACE_7] = BarItem(say("Void"))
        elif self._context.may_ask(Permission.REFUND_MAKE):
            items[Act.PLACE_7] = BarItem(say("Refund"), is_on=presenter.money.can_refund())
        if presenter.payments.trail is not None:
            items[Act.HOLD] = BarItem(say("Payments"), is_on=presenter.payments.can_show())
        main = self._main()
        if main:
            items[Act.MAIN] = BarItem(main, is_main=True)
        if self._context.may(Permission.SALE_REPRINT):
            items[Act.REPRINT] = BarItem(say("Reprint"), is_on=presenter.papers.can_reprint())
        if self._context.may(Permission.CASH_MOVE):
            items[Act.CASH] = BarItem(say("Cash in/out"))
        return items

    def _main(self) -> str:
        say, pane = self.look.say, self.presenter.state.pane
        words = {
            Pane.NEW_CASE: say("Open case"),
            Pane.REFUND: say("Give back"),
            Pane.VOID: say("Void"),
            Pane.EXPORT: say("Save as"),
            Pane.CASE: say("Decide") if self.presenter.cases.can_decide() else "",
            Pane.PAYMENTS: say("Ask now") if self.presenter.payments.can_ask() else "",
        }
        return words.get(pane, "")

    def act(self, act: Act) -> bool:
        """Do an act."""
        presenter = self.presenter
        acts: dict[Act, Callable[[], object]] = {
            Act.FIND: self._find,
            Act.TRIAL: self.filters.span.setFocus,
            Act.RECENT: presenter.switch_listing,
            Act.PLACE_5: presenter.reload,
            Act.REFRESH: self._ask,
            Act.HOLD: presenter.payments.begin,
            Act.PLACE_6: presenter.cases.begin,
            Act.PLACE_7: presenter.money.begin,
            Act.MAIN: self._do_main,
            Act.REPRINT: presenter.papers.reprint,
            Act.EXPORT: presenter.export.begin,
            Act.CASH: self._go_to_cash,
        }
        if act not in acts or (act in self._only_in_bar() and act not in self.bar()):
            return False
        acts[act]()
        return True

    def _only_in_bar(self) -> frozenset[Act]:
        return frozenset({Act.RECENT, Act.TRIAL, Act.CASH, Act.MAIN})

    def _do_main(self) -> None:
        presenter = self.presenter
        acts = {
            Pane.NEW_CASE: presenter.cases.open,
            Pane.REFUND: presenter.money.confirm,
            Pane.VOID: presenter.money.confirm,
            Pane.EXPORT: self._on_export,
            Pane.CASE: presenter.cases.decide,
            Pane.PAYMENTS: presenter.payments.ask,
        }
        acts[presenter.state.pane]()

    def _ask(self) -> None:
        """Ask the provider about the shown sale where it is open, else read the list anew."""
        if self.presenter.payments.can_ask():
            self.presenter.payments.ask()
        else:
            self.presenter.reload()

    def _go_to_cash(self) -> None:
        self._context.shell.go("shift", part="cash")

    def _find(self) -> None:
        if self.presenter.state.listing is Listing.CASES:
            self.presenter.switch_listing()
        self.presenter.close_pane()
        edit = self.filters.search.edit
        edit.setFocus()
        edit.selectAll()

    def type_text(self, text: str) -> bool:
        """Begin to look for a number."""
        if self.presenter.state.listing is Listing.CASES:
            return False
        edit = self.filters.search.edit
        edit.setFocus()
        edit.insert(text)
        self.presenter.search(edit.text())
        return True

    def scanned(self, code: str) -> bool:
        """Look for the receipt or meter that was scanned."""
        self.presenter.find(code)
        return True

    def enter(self) -> bool:
        """Press the button that has the focus, else open the chosen line."""
        focused = QApplication.focusWidget()
        if isinstance(focused, QAbstractButton) and self.isAncestorOf(focused):
            focused.click()
            return True
        table = self.tables.table()
        if table is None or table.chosen() is None:
            return False
        self._on_opened()
        return True

    def escape(self) -> bool:
        """One step back."""
        focused = QApplication.focusWidget()
        was_in_table = isinstance(focused, Table)
        if not self.presenter.back() and was_in_table:
            return False
        state = self.presenter.state
        if self._is_over and state.is_open:
            # The list is behind what is open: it would take keys nobody sees.
            self.panes.take_focus()
        elif state.pane in (Pane.SALE, Pane.NOTHING):
            self._focus_table()
        return True

    def step(self, by: int) -> bool:
        """Choose another line, wherever the focus is."""
        table = self.tables.table()
        if table is not None:
            table.step(by)
        return True

    def show_where(self, where: Mapping[str, object]) -> None:
        """Show one sale (`sale`), or the form of its case (`case`, the sale's id as well)."""
        sale, case = where.get("sale"), where.get("case")
        if isinstance(case, UUID):
            self.presenter.show_case_of(case)
        elif isinstance(sale, UUID):
            self.presenter.show_sale(sale)
        elif "text" in where:
            self.filters.search.set_text(str(where["text"]))
            self.presenter.search(str(where["text"]))

    def payments_changed(self) -> None:
        """Read the shown sale anew: its payments may have moved on."""
        if self.presenter.payments.open_parts():
            self.presenter.refresh_payments()

    def opened(self) -> None:
        """Read the list anew; the caret stands in it."""
        self.presenter.open()
        if self.presenter.state.pane in (Pane.SALE, Pane.NOTHING):
            self._focus_table()


def make_screen(context: Context, look: Look) -> Screen:
    """Return the screen."""
    return SalesScreen(context, look)
