"""The two tables, sales and cases, and what stands there when there is no row."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget

from pos.services.cases import CaseRow
from pos.services.past_sales import PAGE_ROWS, SaleRow
from pos.ui.context import Context
from pos.ui.look import Look
from pos.ui.screens.sales.lists import case_columns, sale_columns
from pos.ui.screens.sales.presenter import SalesPresenter
from pos.ui.screens.sales.state import Listing, SalesState
from pos.ui.table_models.paged import PagedModel
from pos.ui.widgets.empty import EmptyPanel
from pos.ui.widgets.table import Table


class SalesTables(QStackedWidget):
    """Tells the presenter which row is chosen; `row_opened` follows Enter."""

    row_opened = Signal()

    def __init__(
        self, context: Context, look: Look, presenter: SalesPresenter, *, opens_on_click: bool
    ) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._has_listed = False
        say = look.say
        self.sales_model = PagedModel[SaleRow](
            sale_columns(look, lambda: presenter.state.today),
            context.tasks,
            limit=PAGE_ROWS,
            on_error=context.shell.show_error,
            parent=self,
        )
        self.cases_model = PagedModel[CaseRow](
            case_columns(look),
            context.tasks,
            limit=PAGE_ROWS,
            on_error=context.shell.show_error,
            parent=self,
        )
        self.sales = Table(look, name=say("Sales"), opens_on_click=opens_on_click)
        self.sales.setModel(self.sales_model)
        self.cases = Table(look, name=say("Cases"), opens_on_click=opens_on_click)
        self.cases.setModel(self.cases_model)
        self._no_sales = EmptyPanel(look, "receipt", "", "")
        self._no_cases = EmptyPanel(
            look, "swap", say("No case is open"), say("A case begins with its sale: choose it, then F6.")
        )
        for page in (self.sales, self._no_sales, self.cases, self._no_cases):
            self.addWidget(page)
        self.sales_model.modelReset.connect(self._on_sales_listed)
        self.cases_model.modelReset.connect(self._on_cases_listed)
        self.sales.moved.connect(self._on_sale)
        self.sales.opened.connect(self._on_opened)
        self.cases.moved.connect(self._on_case)
        self.cases.opened.connect(self._on_opened)

    def table(self) -> Table | None:
        """Return the table that is shown, None where there is no row."""
        page = self.currentWidget()
        return page if isinstance(page, Table) else None

    def show_state(self, state: SalesState) -> None:
        """Show the table of the list, or why it is empty."""
        if state.listing is Listing.CASES:
            self.setCurrentWidget(self.cases if self.cases_model.rows else self._no_cases)
            return
        has_rows = bool(self.sales_model.rows) or not self._has_listed
        self.setCurrentWidget(self.sales if has_rows else self._no_sales)
        if not has_rows:
            self._no_sales.say(*self._why_empty(state))

    def _why_empty(self, state: SalesState) -> tuple[str, str]:
        say, text = self._look.say, state.filters.text
        if text:
            return (
                say("Nothing found for {text}", text=text),
                say("Type a whole meter number, or the number of a receipt with or without its letters."),
            )
        return (
            say("No sale here"),
            say("There is none of this kind in these days. Choose other days, or take a filter away."),
        )

    def _on_sales_listed(self) -> None:
        self._has_listed = True
        n = self._presenter.listed(self.sales_model.rows)
        self.show_state(self._presenter.state)
        if n >= 0:
            self.sales.choose(n)

    def _on_cases_listed(self) -> None:
        state = self._presenter.state
        self.show_state(state)
        if state.listing is not Listing.CASES:
            return
        ids = [row.case_id for row in self.cases_model.rows]
        if state.case is not None and state.case.case_id in ids:
            self.cases.choose(ids.index(state.case.case_id))
        elif state.case is None and ids:
            self.cases.choose(0)

    def _on_sale(self, row: object) -> None:
        if isinstance(row, SaleRow) and self._presenter.state.listing is Listing.SALES:
            self._presenter.look_at(row)

    def _on_case(self, row: object) -> None:
        if isinstance(row, CaseRow) and self._presenter.state.listing is Listing.CASES:
            self._presenter.cases.choose(row)

    def _on_opened(self, row: object) -> None:
        self._on_sale(row)
        self._on_case(row)
        self.row_opened.emit()
