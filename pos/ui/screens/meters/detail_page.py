"""The page of one meter: head, use, purchases, facts, cases; tabs where there is little room."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from pos.domain.permissions import Permission
from pos.ui.look import Look, Type
from pos.ui.screens.meters.detail_cards import CasesCard, FactsCard, HeadCard
from pos.ui.screens.meters.detail_presenter import DetailPresenter
from pos.ui.screens.meters.detail_state import (
    TAB_CASES,
    TAB_FACTS,
    TAB_PURCHASES,
    TAB_USE,
    DetailData,
    DetailState,
)
from pos.ui.screens.meters.form_panel import FormPanel
from pos.ui.screens.meters.forms import Form
from pos.ui.screens.meters.history_cards import ChartCard, PurchasesCard
from pos.ui.screens.meters.tokens_card import TokensCard
from pos.ui.widgets.controls import Segments
from pos.ui.widgets.text import label


class DetailPage(QWidget):
    """Made anew for each meter's kind; shows whatever its presenter says. `changed`: the bar may be other."""

    changed = Signal()

    def __init__(self, look: Look, presenter: DetailPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._body: _Body | None = None
        self._body_of: tuple[str, bool] = ("", False)
        self.panel: FormPanel | TokensCard | None = None
        metrics = look.metrics
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(*(metrics.margin,) * 4)
        self._column.setSpacing(metrics.gap)
        self.head = HeadCard(look, presenter)
        self.head.pressed.connect(self._on_head)
        self._column.addWidget(self.head)
        self._wait = label(look, look.say("Reading the meter"), Type.BODY, tone="text2")
        self._wait.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column.addWidget(self._wait, 1)

    @property
    def body(self) -> _Body:
        """The parts below the head; they are there once the meter is read."""
        assert self._body is not None
        return self._body

    def show_state(self, state: DetailState) -> None:
        """Show a meter, and what is in front of it."""
        data = state.data
        self.head.setVisible(data is not None)
        self._wait.setVisible(data is None)
        if data is None:
            self._drop_body()
            return
        self.head.show_data(data)
        has_blocks = any(any(month.blocks_milli) for month in data.past.months)
        wanted = (state.drn + data.unit, has_blocks)
        if self._body is None or wanted != self._body_of:
            self._drop_body()
            self._body_of = wanted
            self._body = _Body(self._look, self._presenter, data.unit, has_blocks=has_blocks)
            self._column.addWidget(self._body, 1)
            if self.isVisible():
                self._body.focus()
        self._body.show_state(state, data)
        self._show_panel(state)
        is_free = self._presenter.is_free
        self.head.show_acts(is_free=is_free)
        self._body.facts.show_acts(is_free=is_free)
        self._body.cases.show_acts(is_free=is_free)
        self.changed.emit()

    def _drop_body(self) -> None:
        if self._body is not None:
            self._body.hide()
            self._body.deleteLater()
            self._body, self.panel = None, None

    def _show_panel(self, state: DetailState) -> None:
        """Put a form or tokens in front, or take them away; the focus goes with them."""
        panel = self.panel
        if state.form is not None:
            if isinstance(panel, FormPanel) and panel.fits(state.form):
                panel.show_form(state.form)
                return
            self._replace_panel(self._make_form(state.form), is_wide=state.form.columns > 1)
        elif state.tokens is not None:
            is_same = isinstance(panel, TokensCard) and panel.shown.parts == state.tokens.parts
            if isinstance(panel, TokensCard) and is_same:
                panel.show_tokens(state.tokens)
                return
            tokens = TokensCard(self._look, state.tokens, may_print=self._presenter.may_print)
            tokens.print_pressed.connect(self._presenter.print_again)
            tokens.closed.connect(self._presenter.back)
            self._replace_panel(tokens, is_wide=True)
        elif panel is not None:
            self._replace_panel(None, is_wide=False)

    def _make_form(self, form: Form) -> FormPanel:
        panel = FormPanel(self._look, form)
        panel.typed.connect(self._presenter.type)
        panel.submitted.connect(self._presenter.submit)
        panel.cancelled.connect(self._presenter.back)
        return panel

    def _replace_panel(self, panel: FormPanel | TokensCard | None, *, is_wide: bool) -> None:
        had_kind = isinstance(self.panel, FormPanel) and isinstance(panel, FormPanel)
        kept = self._focused_key() if had_kind else ""
        self.panel = panel
        self.body.show_panel(panel, is_wide=is_wide)
        if isinstance(panel, FormPanel):
            panel.focus(kept)
        elif isinstance(panel, TokensCard):
            panel.close_button.setFocus()
        else:
            self.focus()

    def _focused_key(self) -> str:
        panel = self.panel
        if not isinstance(panel, FormPanel):
            return ""
        return next((key for key, field in panel.fields.items() if field.field.hasFocus()), "")

    def focus(self) -> None:
        """Put the focus where Enter and the arrows make sense."""
        if self._body is not None and self.panel is None:
            self._body.focus()

    def _on_head(self, act: str) -> None:
        if act == "sell":
            self._presenter.sell()
        else:
            self._presenter.begin(act)


class _Body(QWidget):
    """Everything below the head."""

    def __init__(self, look: Look, presenter: DetailPresenter, unit: str, *, has_blocks: bool) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._is_wide = False
        self._panel: QWidget | None = None
        context = presenter.context
        is_own = not context.may(Permission.SALE_VIEW_ALL) and presenter.sees_sales
        self.chart = ChartCard(look, unit, has_blocks=has_blocks)
        self.chart.toggled.connect(presenter.toggle_chart)
        self.purchases = PurchasesCard(
            look, context, unit, has_all=presenter.sees_sales, is_own=is_own, fetch=presenter.purchases
        )
        self.purchases.all_pressed.connect(presenter.all_sales)
        self.purchases.opened.connect(presenter.open_sale)
        self.facts = FactsCard(look, presenter)
        self.facts.pressed.connect(presenter.begin)
        may_see = context.may(Permission.CASE_OPEN) or context.may(Permission.CASE_DECIDE)
        self.cases = CasesCard(look, may_open=presenter.may("case"))
        self.cases.pressed.connect(self._open_case)
        if not may_see:
            self.cases.hide()
        self.tabs: Segments | None = None
        self._parts: dict[str, QWidget] = {}
        self._left = QStackedWidget()
        self._over = QWidget()
        self._right = QWidget(self)
        self._right.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.metrics.margin)
        row.addWidget(self._left, 1)
        if look.metrics.is_compact or look.metrics.is_single_column:
            self._make_tabs(sees_cases=may_see)
        else:
            self._make_columns()
            row.addWidget(self._right)
            self._right.show()
        self._left.addWidget(self._over)

    def _make_columns(self) -> None:
        metrics = self._look.metrics
        column = QVBoxLayout(self._over)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(metrics.gap)
        column.addWidget(self.chart, 1)
        column.addWidget(self.purchases, 1)
        self._right.setFixedWidth(metrics.side)
        side = QVBoxLayout(self._right)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(metrics.gap)
        side.addWidget(self.facts, 5)
        side.addWidget(self.cases, 3)

    def _make_tabs(self, *, sees_cases: bool) -> None:
        look, say = self._look, self._look.say
        names = [(TAB_PURCHASES, say("Purchases")), (TAB_USE, say("Use"))]
        self._parts = {TAB_PURCHASES: self.purchases, TAB_USE: self.chart, TAB_FACTS: self.facts}
        if sees_cases:
            names.append((TAB_CASES, say("Cases")))
            self._parts[TAB_CASES] = self.cases
        names.append((TAB_FACTS, say("Facts")))
        self.tabs = Segments(look, names, chosen=TAB_PURCHASES, name=say("Show"))
        self.tabs.chosen.connect(self._presenter.choose_tab)
        column = QVBoxLayout(self._over)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.metrics.gap)
        line = QHBoxLayout()
        line.addWidget(self.tabs)
        line.addStretch(1)
        column.addLayout(line)
        self._stack = QStackedWidget()
        for part in self._parts.values():
            self._stack.addWidget(part)
        column.addWidget(self._stack, 1)

    def show_state(self, state: DetailState, data: DetailData) -> None:
        """Show a meter."""
        self.chart.show_months(data.past.months)
        self.chart.show_as(is_table=state.is_chart_table)
        self.purchases.show_state(state, data)
        self.facts.show_data(data)
        self.cases.show_cases(data.past.cases)
        if self.tabs is not None:
            tab = state.tab if state.tab in self._parts else TAB_PURCHASES
            self.tabs.choose(tab)
            if self._stack.currentWidget() is not self._parts[tab]:
                # The part that goes may have the focus: its tab takes it, and Tab leads into the new part.
                self._focus_tab()
                self._stack.setCurrentWidget(self._parts[tab])

    def show_panel(self, panel: QWidget | None, *, is_wide: bool) -> None:
        """Show a panel instead of the left part; a wide one instead of everything."""
        old, self._panel = self._panel, panel
        if panel is not None:
            self._left.addWidget(panel)
            self._left.setCurrentWidget(panel)
        else:
            self._left.setCurrentWidget(self._over)
        if old is not None:
            self._left.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._right.setVisible(not is_wide and self.tabs is None)

    def focus(self) -> None:
        """Put the focus into the purchases, the first thing to go through."""
        if self.tabs is None or self._stack.currentWidget() is self.purchases:
            self.purchases.table.setFocus()
        else:
            self._focus_tab()

    def _focus_tab(self) -> None:
        if self.tabs is not None and self._panel is None:
            for button in self.tabs.findChildren(QToolButton):
                if button.isChecked():
                    button.setFocus()

    def _open_case(self) -> None:
        self._presenter.begin("case")
