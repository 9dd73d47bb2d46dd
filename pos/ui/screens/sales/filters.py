"""The row above the table: the search line, what limits the list, how many there are, the export."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QWidget

from pos.domain.states import SaleState
from pos.i18n.wording import Wording
from pos.services.past_sales import COUNTED_MOST
from pos.services.sales_export import state_word
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sales.presenter import ME, SalesPresenter
from pos.ui.screens.sales.state import Listing, SalesState
from pos.ui.screens.sales.words import tender_word
from pos.ui.widgets.controls import Choice, Segments, set_property
from pos.ui.widgets.fields import SearchField
from pos.ui.widgets.flow import FlowRow
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label

_STATES = (
    SaleState.DELIVERED,
    SaleState.AWAITING_PAYMENT,
    SaleState.PAID,
    SaleState.REFUND_DUE,
    SaleState.REFUNDED,
    SaleState.VOIDED,
    SaleState.FAILED,
    SaleState.EXPIRED,
)
_ARROW = 28
_ICON = 18


class FilterChip(Choice):
    """A drop-down as wide as what is chosen; it lights up while it limits the list."""

    def __init__(self, look: Look, *, name: str, icon: str = "") -> None:
        super().__init__(look, name=name)
        self._look = look
        self._icon = icon
        self._shown: list[tuple[str, str]] = []
        self.setProperty("klKind", "chip")
        self.setFont(look.font(Type.VALUE))
        self.setIconSize(QSize(look.metrics.px(_ICON), look.metrics.px(_ICON)))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_choices(self, choices: Sequence[tuple[str, str]], chosen: str, *, limits: bool) -> None:
        """Offer choices, the chosen one in the chip."""
        if list(choices) != self._shown:
            self._shown = list(choices)
            self.fill(choices, chosen)
            wide = max((self._look.text_width(Type.BODY, text) for _, text in choices), default=0)
            self.view().setMinimumWidth(wide + 40)
        self.choose(chosen)
        set_property(self, "klChosen", "true" if limits else "false")
        if self._icon and self.count():
            icon = self._look.icons.icon(self._icon, self._look.hex("accenttext"), _ICON)
            self.setItemIcon(self.currentIndex(), icon)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Room for what is chosen."""
        text = self._look.text_width(Type.VALUE, self.currentText())
        icon = self._look.metrics.px(_ICON) + 10 if self._icon else 0
        return QSize(
            text + icon + self._look.metrics.px(_ARROW) + self._look.metrics.fixed(34, 30),
            self._look.metrics.field,
        )

    def minimumSizeHint(self) -> QSize:
        """As `sizeHint`."""
        return self.sizeHint()


class FilterRow(QWidget):
    """Tells the presenter what the list is to be limited to."""

    export_pressed = Signal()

    def __init__(self, look: Look, presenter: SalesPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        say = look.say
        self.setMinimumHeight(look.metrics.field)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.metrics.fixed(8, 6))
        hint = say("Meter, receipt") if look.metrics.is_compact else say("Meter or receipt number")
        self.search = SearchField(
            look, hint, cap=look.keys.cap_of(Act.FIND), is_large=False, name=say("Find a sale")
        )
        self.search.setFixedWidth(look.metrics.px(260, 190))
        self.span = FilterChip(look, name=say("Days"), icon="calendar")
        self.state = FilterChip(look, name=say("Status"))
        self.tender = FilterChip(look, name=say("Paid with"))
        self.cashier = FilterChip(look, name=say("Cashier"))
        self.cases = Segments(
            look, [("open", say("Open cases")), ("all", say("All cases"))], chosen="open", name=say("Cases")
        )
        self.count = label(look, "", Type.BODY, tone="text2")
        self.export = KeyButton(look, say("Export"), cap=look.keys.cap_of(Act.EXPORT), icon="download")
        flow = FlowRow(gap=row.spacing())
        for widget in (self.search, self.span, self.state, self.tender, self.cashier, self.cases):
            flow.addWidget(widget)
        row.addWidget(flow, 1)
        if look.metrics.is_single_column:
            flow.addWidget(self.export)
            if not look.metrics.is_compact:
                flow.addWidget(self.count)
        elif not look.metrics.is_compact:
            # A small window has its place beside the title.
            row.addWidget(self.count, 0, Qt.AlignmentFlag.AlignVCenter)
        if not look.metrics.is_single_column:
            row.addWidget(self.export, 0, Qt.AlignmentFlag.AlignTop)
        self._sales_only = (self.search, self.span, self.state, self.tender, self.cashier, self.count)
        self.search.changed.connect(presenter.search)
        self.span.picked.connect(presenter.choose_span)
        self.state.picked.connect(presenter.choose_state)
        self.tender.picked.connect(presenter.choose_tender)
        self.cashier.picked.connect(presenter.choose_cashier)
        self.cases.chosen.connect(presenter.cases.choose_listed)
        self.export.clicked.connect(self.export_pressed)
        for chip in (self.span, self.state, self.tender, self.cashier):
            chip.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_state(self, state: SalesState) -> None:
        """Show what limits the list."""
        is_sales = state.listing is Listing.SALES
        for widget in self._sales_only:
            widget.setVisible(is_sales)
        self.cases.setVisible(not is_sales)
        self.cases.choose("all" if state.shows_all_cases else "open")
        self.export.setVisible(is_sales and self._presenter.export.may())
        if not is_sales:
            return
        filters, wording, say = state.filters, self._look.wording, self._look.say
        self.search.set_text(filters.text)
        spans = self._presenter.spans()
        if filters.text:
            self.span.show_choices([("", say("All days"))], "", limits=False)
        elif spans:
            chosen = filters.span or spans[0].key
            self.span.show_choices([(one.key, one.text) for one in spans], chosen, limits=True)
        else:
            self.span.show_choices([("", say("No shift yet"))], "", limits=False)
        self.state.show_choices(_states(wording), filters.state, limits=bool(filters.state))
        tenders = [("", say("Paid with: all"))]
        tenders += [(one, tender_word(one, wording)) for one in state.choices.tenders]
        self.tender.show_choices(tenders, filters.tender, limits=bool(filters.tender))
        self._show_cashiers(state)
        self.count.setText(_count_text(state.count, wording))

    def _show_cashiers(self, state: SalesState) -> None:
        say, presenter = self._look.say, self._presenter
        me = (ME, say("Cashier: me"))
        if not presenter.sees_all:
            self.cashier.show_choices([me], ME, limits=True)
            return
        own = presenter.context.actor.key
        others = [(str(key), name) for key, name in state.choices.cashiers if key != own]
        choices = [("", say("Cashier: all")), me, *others]
        self.cashier.show_choices(choices, state.filters.cashier, limits=bool(state.filters.cashier))


def _states(wording: Wording) -> list[tuple[str, str]]:
    named = [(state.value, state_word(state, wording)) for state in _STATES]
    return [("", wording.say("Status: all")), *named]


def _count_text(count: int | None, wording: Wording) -> str:
    if count is None:
        return ""
    if count > COUNTED_MOST:
        return wording.say("Sales: over {n}", n=wording.count(COUNTED_MOST))
    return wording.say("Sales: {n}", n=wording.count(count))
