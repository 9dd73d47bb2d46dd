"""Past sales: what the list shows, which sale stands beside it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from pos.domain.permissions import Permission
from pos.services.cases import CaseRow
from pos.services.past_sales import SaleRow, SalesChoices, SalesFilter
from pos.services.price_view import price_view
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.sales.case_acts import CaseActs
from pos.ui.screens.sales.export_act import ExportAct
from pos.ui.screens.sales.money_acts import MoneyActs
from pos.ui.screens.sales.paper_acts import PaperActs
from pos.ui.screens.sales.payment_acts import PaymentActs
from pos.ui.screens.sales.periods import Span, chosen_span, sales_filter, spans_of
from pos.ui.screens.sales.state import FORMS, Filters, Listing, Pane, Period, SalesState, ShownSale
from pos.ui.screens.sales.store import Store

ME = "me"
FOLLOWS = (Permission.PAYMENT_REQUERY, Permission.SALE_VIEW_ALL)
"""Either lets a person see the steps of payments."""

TYPING_PAUSE_MS = 250

FetchSales = Callable[[SaleRow | None], Sequence[SaleRow]]
FetchCases = Callable[[CaseRow | None], Sequence[CaseRow]]


class SalesView(Protocol):
    """What the presenter tells the view."""

    def show_state(self, state: SalesState) -> None:
        """Show everything but the rows."""
        ...

    def list_sales(self, fetch: FetchSales) -> None:
        """List other sales."""
        ...

    def list_cases(self, fetch: FetchCases) -> None:
        """List other cases."""
        ...


class SalesPresenter:
    """Decides what the screen shows and does."""

    def __init__(self, context: Context, view: SalesView) -> None:
        self.context = context
        self._view = view
        self.store = Store(context, view.show_state)
        self.cases = CaseActs(self.store, reload=self.reload, show_sale=self.show_sale)
        self.payments = PaymentActs(self.store, refresh=self.refresh_payments)
        self.money = MoneyActs(self.store, payments=self.payments, reload=self.reload)
        self.papers = PaperActs(self.store, refresh=self.refresh_shown)
        self.export = ExportAct(self.store, wanted=self.wanted, subtitle=self.filter_text)
        self._looked = 0
        self._asked = 0
        self._typed = 0
        self._pinned: UUID | None = None
        self._loading: UUID | None = None

    @property
    def state(self) -> SalesState:
        """What is shown."""
        return self.store.state

    @property
    def sees_all(self) -> bool:
        """Whether the list may show other people's sales."""
        return self.context.may(Permission.SALE_VIEW_ALL)

    # -- the list -----------------------------------------------------------------------------------------

    def open(self) -> None:
        """Read what the lists can be limited to, and the list."""
        desk, actor = self.context.desk, self.context.actor

        def got(choices: SalesChoices) -> None:
            self.store.set(choices=choices)
            if self.state.filters.period is Period.SHIFT:
                self.reload()

        self.context.tasks.submit(
            Lane.READ,
            lambda: desk.past_sales.choices(actor),
            on_ok=got,
            on_error=self.context.shell.show_error,
        )
        self.reload()

    def reload(self) -> None:
        """List anew, from the newest."""
        desk, actor = self.context.desk, self.context.actor
        self.store.set(today=self.today().isoformat())
        if self.state.listing is Listing.CASES:
            self.cases.list(self._view.list_cases)
            return
        wanted = self.wanted()
        self._view.list_sales(
            lambda last: desk.past_sales.page(actor, wanted, before=None if last is None else last.place)
        )
        self._asked += 1
        asked = self._asked

        def counted(count: int) -> None:
            if asked == self._asked:
                self.store.set(count=count)

        self.context.tasks.submit(
            Lane.REPORT,
            lambda: desk.past_sales.count(actor, wanted),
            on_ok=counted,
            on_error=self.context.shell.show_error,
        )

    def today(self) -> date:
        """Return the shop's day."""
        desk = self.context.desk
        return desk.clock.now().astimezone(desk.shop.time_zone).date()

    def spans(self) -> list[Span]:
        """Return the stretches of the chosen period."""
        state = self.state
        return spans_of(state.filters.period, self.today(), state.choices, self.context.wording)

    def wanted(self) -> SalesFilter:
        """Return what the list is limited to."""
        filters = self.state.filters
        key = filters.cashier
        operator_key = self.context.actor.key if key == ME else int(key) if key else None
        return sales_filter(filters, chosen_span(filters, self.spans()), operator_key=operator_key)

    def filter_text(self) -> str:
        """Return in words what the list is limited to in time, for the head of a file."""
        span = chosen_span(self.state.filters, self.spans())
        return self.store.say("All days") if self.state.filters.text or span is None else span.text

    def choose_period(self, key: str) -> None:
        """List a shift, a day, a week or a month: the present one."""
        self._filter(period=Period(key), span="")

    def choose_span(self, key: str) -> None:
        """List another day, week, month or shift."""
        self._filter(span=key)

    def choose_state(self, key: str) -> None:
        """List one state; empty for all."""
        self._filter(state=key)

    def choose_tender(self, key: str) -> None:
        """List one way of paying; empty for all."""
        self._filter(tender=key)

    def choose_cashier(self, key: str) -> None:
        """List one person's sales; empty for all."""
        self._filter(cashier=key)

    def search(self, text: str) -> None:
        """Look for a receipt or a meter once the typing rests."""
        self.store.set(filters=replace(self.state.filters, text=text))
        self._pinned = None
        self._typed += 1
        typed = self._typed
        self.context.tasks.later(TYPING_PAUSE_MS, lambda: self.reload() if typed == self._typed else None)

    def _filter(self, **changes: Any) -> None:
        filters: Filters = replace(self.state.filters, **changes)
        self._pinned = None
        self.store.set(filters=filters)
        self.reload()

    def switch_listing(self) -> None:
        """List the cases instead of the sales, or back."""
        to_cases = self.state.listing is Listing.SALES
        # A sale that is still being read must not come in between.
        self._looked += 1
        self._loading = None
        pane = Pane.NOTHING if to_cases or self.state.shown is None else Pane.SALE
        self.store.set(
            listing=Listing.CASES if to_cases else Listing.SALES, pane=pane, is_open=False, case=None
        )
        self.reload()

    # -- one sale -----------------------------------------------------------------------------------------

    def look_at(self, row: SaleRow) -> None:
        """Show the sale under the caret beside the list; what is being typed about it stays."""
        shown, pane = self.state.shown, self.state.pane
        if row.sale_id == self._loading:
            return
        if shown is not None and shown.sale_id == row.sale_id:
            if pane is Pane.SALE and shown.detail.row == row:
                return
            if pane not in (Pane.SALE, Pane.NOTHING):
                return
        self._pinned = None
        self._load(row.sale_id, lambda: None)

    def listed(self, rows: Sequence[SaleRow]) -> int:
        """Say which row of a new list to choose: the shown sale, else the first; -1 for none."""
        shown, pinned = self.state.shown, self._pinned
        wanted = pinned or (None if shown is None else shown.sale_id)
        found = next((n for n, row in enumerate(rows) if row.sale_id == wanted), -1)
        if found >= 0 or pinned is not None:
            return found
        if not rows and self.state.pane not in FORMS:
            self.store.set(shown=None, pane=Pane.NOTHING, is_open=False)
        return 0 if rows else -1

    def show_sale(self, sale_id: UUID, then: Callable[[], None] = lambda: None) -> None:
        """Show a sale wherever it stands, and go on from there."""

        def loaded() -> None:
            self.store.set(is_open=True)
            then()

        self._pinned = sale_id
        if self.state.listing is Listing.CASES:
            self.store.set(listing=Listing.SALES)
            self.reload()
        self._load(sale_id, loaded)

    def show_case_of(self, sale_id: UUID) -> None:
        """Show a sale and open the form of its case, or the case it has."""
        self.show_sale(sale_id, self.cases.begin)

    def _load(self, sale_id: UUID, then: Callable[[], None]) -> None:
        desk, actor, wording = self.context.desk, self.context.actor, self.context.wording
        self._looked += 1
        looked = self._looked
        self._loading = sale_id
        may_follow = any(self.context.may(one) for one in FOLLOWS)

        def work() -> ShownSale:
            detail = desk.past_sales.detail(actor, sale_id)
            price = None
            if detail.sale is not None:
                tariff = desk.counter.tariff_version(detail.sale)
                price = price_view(detail.sale["items"][0], tariff, wording, detail.row.at)
            facts = desk.past_sales.facts(actor, sale_id)
            case = desk.cases.of_sale(actor, sale_id) if detail.row.case_state else None
            trail = None
            if may_follow and (detail.row.state != "delivered" or detail.row.tenders != "cash"):
                trail = desk.payment_board.trail(actor, sale_id)
            if trail is not None and not any(part.provider for part in trail.view.parts):
                trail = None
            return ShownSale(detail, facts, price, case, trail)

        def got(shown: ShownSale) -> None:
            if looked == self._looked:
                self._loading = None
                self.store.set(
                    listing=Listing.SALES, shown=shown, pane=Pane.SALE, case=None, shows_answers=False
                )
                then()

        def failed(error: BaseException) -> None:
            if looked == self._looked:
                self._loading = self._pinned = None
                self.context.shell.show_error(error)

        self.context.tasks.submit(Lane.READ, work, on_ok=got, on_error=failed)

    def refresh_shown(self) -> None:
        """Read the shown sale anew after something was done with it."""
        if self.state.shown is not None and self.state.pane is Pane.SALE:
            self._load(self.state.shown.sale_id, lambda: None)
        self.reload()

    def refresh_payments(self) -> None:
        """Read the shown sale anew while its payments are looked at."""
        shown = self.state.shown
        if shown is not None and self.state.pane in (Pane.SALE, Pane.PAYMENTS):
            then = self.payments.begin if self.state.pane is Pane.PAYMENTS else lambda: None
            self._load(shown.sale_id, then)
        self.reload()

    def open_pane(self) -> None:
        """Show what stands beside the table over it, where there is no room beside it."""
        self.store.set(is_open=True)

    def close_pane(self) -> None:
        """Let the table be seen again where something stands over it."""
        self.store.set(is_open=False)

    def find(self, code: str) -> None:
        """Look for a number at once, without waiting for more of it."""
        if self.state.listing is Listing.CASES:
            self.store.set(listing=Listing.SALES, case=None, pane=Pane.NOTHING)
        self.store.set(is_open=False)
        self._filter(text=code)

    def back(self) -> bool:
        """Go one step back; False if there is none."""
        state = self.state
        if state.pane in FORMS or state.pane is Pane.REPLACED:
            if state.export.is_running and state.pane is Pane.EXPORT:
                self.export.stop()
            elif state.pane is Pane.REPLACED and state.case is not None:
                self.store.set(pane=Pane.CASE)
            else:
                self.store.set(pane=Pane.NOTHING if state.shown is None else Pane.SALE)
            return True
        if state.pane is Pane.CASE and state.listing is Listing.SALES and state.shown is not None:
            self._load(state.shown.sale_id, lambda: None)
            return True
        if state.is_open:
            self.store.set(is_open=False)
            return True
        if state.listing is Listing.CASES:
            self.switch_listing()
            return True
        if state.filters.text:
            self._filter(text="")
            return True
        return False
