"""What the Sales screen shows, as one frozen value; a view that is made anew shows the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from pos.domain.states import CaseKind, CaseState
from pos.services.cases import CaseRow, ReplacementRow
from pos.services.past_sales import SaleDetail, SaleFacts, SalesChoices
from pos.services.payment_board import Trail
from pos.services.price_view import PriceView
from pos.services.sales_export import ExportFormat


class Listing(StrEnum):
    """What the table lists."""

    SALES = "sales"
    CASES = "cases"


class Period(StrEnum):
    """How long a stretch of sales is."""

    SHIFT = "shift"
    TODAY = "today"
    WEEK = "week"
    MONTH = "month"


class Pane(StrEnum):
    """What stands beside the table, in a small window over it."""

    NOTHING = "nothing"
    SALE = "sale"
    NEW_CASE = "new_case"
    CASE = "case"
    REPLACED = "replaced"
    REFUND = "refund"
    VOID = "void"
    EXPORT = "export"
    PAYMENTS = "payments"


FORMS = frozenset({Pane.NEW_CASE, Pane.REFUND, Pane.VOID, Pane.EXPORT, Pane.PAYMENTS})
"""Panes a person opened by a key and leaves with Esc, back to the sale."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is limited to. `span` names one stretch of the period: a day, a week, a shift's place."""

    period: Period = Period.TODAY
    span: str = ""
    text: str = ""
    state: str = ""
    tender: str = ""
    cashier: str = ""


@dataclass(frozen=True, slots=True)
class ShownSale:
    """One sale in full; `price` None where no line holds it."""

    detail: SaleDetail
    facts: SaleFacts
    price: PriceView | None
    case: CaseRow | None
    trail: Trail | None = None

    @property
    def sale_id(self) -> UUID:
        """Its id."""
        return self.detail.row.sale_id

    @property
    def has_token(self) -> bool:
        """Whether it gave a token."""
        return self.facts.paper_place is not None and bool(self.digits)

    @property
    def digits(self) -> tuple[str, ...]:
        """Its tokens in the order in which they are typed into the meter."""
        sale = self.detail.sale
        items = [] if sale is None else sale["items"]
        return tuple(str(token["digits"]) for item in items for token in item.get("tokens") or ())


@dataclass(frozen=True, slots=True)
class Form:
    """What is being typed about a case, a refund or a void; `wrong` names the field that is wrong."""

    kind: CaseKind = CaseKind.WRONG_METER
    outcome: CaseState = CaseState.NONE
    reason: str = ""
    proof: str = ""
    right_drn: str = ""
    right_owner: str = ""
    wrong: str = ""
    message: str = ""
    is_busy: bool = False


@dataclass(frozen=True, slots=True)
class ExportState:
    """An export: what file, how far, and what came of it."""

    format: ExportFormat = ExportFormat.CSV
    is_running: bool = False
    written: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class SalesState:
    """Everything the screen shows. `count` None: not counted yet."""

    listing: Listing = Listing.SALES
    filters: Filters = field(default_factory=Filters)
    choices: SalesChoices = field(default_factory=lambda: SalesChoices((), (), ()))
    today: str = ""
    count: int | None = None
    shows_all_cases: bool = False
    pane: Pane = Pane.NOTHING
    is_open: bool = False
    shown: ShownSale | None = None
    case: CaseRow | None = None
    replacement: ReplacementRow | None = None
    form: Form = field(default_factory=Form)
    export: ExportState = field(default_factory=ExportState)
    is_printing: bool = False
    shows_answers: bool = False
