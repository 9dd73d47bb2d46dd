"""What stands beside the table, one at a time: nothing, a sale, a case, a form."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget

from pos.ui.look import Look
from pos.ui.screens.sales.case_panes import CasePane, ReplacedPane
from pos.ui.screens.sales.form_panes import ExportPane, FormPane, NewCasePane, ReasonPane
from pos.ui.screens.sales.payment_pane import PaymentPane
from pos.ui.screens.sales.presenter import SalesPresenter
from pos.ui.screens.sales.sale_pane import SalePane
from pos.ui.screens.sales.state import Pane, SalesState
from pos.ui.widgets.empty import EmptyPanel

AnyPane = EmptyPanel | SalePane | FormPane | ReplacedPane


class Panes(QStackedWidget):
    """Shows the pane of the state."""

    def __init__(self, look: Look, presenter: SalesPresenter) -> None:
        super().__init__()
        say = look.say
        self.nothing = EmptyPanel(
            look, "receipt", say("No sale is chosen"), say("Choose a line of the table to see all of it.")
        )
        self.sale = SalePane(look, presenter)
        self.new_case = NewCasePane(look, presenter)
        self.case = CasePane(look, presenter)
        self.replaced = ReplacedPane(look, presenter)
        self.reason = ReasonPane(look, presenter)
        self.export = ExportPane(look, presenter)
        self.payments = PaymentPane(look, presenter)
        self._panes: dict[Pane, AnyPane] = {
            Pane.NOTHING: self.nothing,
            Pane.SALE: self.sale,
            Pane.NEW_CASE: self.new_case,
            Pane.CASE: self.case,
            Pane.REPLACED: self.replaced,
            Pane.REFUND: self.reason,
            Pane.VOID: self.reason,
            Pane.EXPORT: self.export,
            Pane.PAYMENTS: self.payments,
        }
        for widget in dict.fromkeys(self._panes.values()):
            self.addWidget(widget)
        self._shown: AnyPane = self.nothing

    def show_state(self, state: SalesState) -> None:
        """Show one pane; the others wait as they are."""
        self._shown = self._panes[state.pane]
        if not isinstance(self._shown, EmptyPanel):
            self._shown.show_state(state)
        self.setCurrentWidget(self._shown)

    def take_focus(self) -> None:
        """Put the focus where the pane begins."""
        if not isinstance(self._shown, EmptyPanel):
            self._shown.take_focus()
