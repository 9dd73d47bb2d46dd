"""Everything the Sell screen shows, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID

from pos.gateways.base import BankList, Means, Profile
from pos.services.counter import MeterRow, OwnerCard, RecentMeter, ShownSale
from pos.services.drafts import Draft
from pos.services.payment_board import Board
from pos.services.payment_views import SaleView
from pos.services.price_view import PriceView
from pos.services.sale_values import SaleKind
from pos.services.token_check import TokenVerdict
from pos.services.token_messages import TokenText


class Stage(Enum):
    """Where the sale is. Enter leads on, Esc one step back."""

    IDLE = "idle"
    RESULTS = "results"
    CONFIRM = "confirm"
    AMOUNT = "amount"
    TENDER = "tender"
    WAITING = "waiting"
    PAID = "paid"
    GUARD = "guard"
    UNKNOWN = "unknown"
    CHECK = "check"


CASH, SPLIT = "cash", "split"
"""Ways to pay that are no provider."""


@dataclass(frozen=True, slots=True)
class Way:
    """A provider by which the customer may pay; `is_down`: it does not answer at the moment."""

    profile: Profile
    is_down: bool = False
    banks: BankList | None = None
    """The banks whose accounts it charges, as far as they are known here."""

    @property
    def code(self) -> str:
        """The provider's code."""
        return self.profile.code

    @property
    def label(self) -> str:
        """Its name."""
        return self.profile.label


@dataclass(frozen=True, slots=True)
class PartDraft:
    """One part of a payment as it is typed; an empty amount is the rest.

    `received` is what the customer put down for a cash part; empty: exactly that much. `payer` is a phone,
    or an e-mail address where the payer opens a link. `note` says what is known of the payer, or what is
    wrong with what is typed; `tone` is the colour of that. `by` is the means of a provider that has several,
    `detail` its network or bank.
    """

    code: str = CASH
    amount: str = ""
    received: str = ""
    by: Means = Means.PHONE
    detail: str = ""
    payer: str = ""
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """A sale whose money or token is being waited for, as seen at `now`.

    `payers` are the phones as they were typed here, by provider; of others only the last digits are known.
    """

    view: SaleView
    now: datetime
    payers: tuple[tuple[str, str], ...] = ()
    is_asking: bool = False
    given: tuple[str, ...] = field(default=(), repr=False)
    """What is typed for a step the provider waits for; nothing of it is kept anywhere."""
    step_problem: str = ""


@dataclass(frozen=True, slots=True)
class SearchProblem:
    """What is wrong with a field: a sentence, what to say to the customer, and a way out to offer."""

    text: str
    advice: str = ""
    offer: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """A finished sale: what it was, the change, when its token was shown and printed."""

    sale: ShownSale
    view: PriceView
    received_minor: int
    change_minor: int
    may_be_given: bool = False
    """Whether the change belongs to cash that was taken before another part was paid."""
    shown_at: datetime | None = None
    printed_at: datetime | None = None
    print_state: str = ""
    """Empty without a printer, `waiting`, `printed`, `unknown` or `failed`."""
    print_error: str = ""
    text: TokenText | None = None
    """What became of the text for the customer's phone; None while it is read."""


@dataclass(frozen=True, slots=True)
class UnknownMeter:
    """A good number that no meter of the register has, and what is typed to sell to it anyway."""

    drn: str
    name: str = ""
    tariff: str = ""
    sgc: str = ""
    reason: str = ""
    tariffs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class TokenQuestion:
    """A token a customer brings back: for which meter, what it says."""

    drn: str = ""
    digits: str = ""
    verdict: TokenVerdict | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SellState:
    """The whole screen."""

    stage: Stage = Stage.IDLE
    search: str = ""
    search_problem: SearchProblem | None = None
    results: tuple[MeterRow, ...] = ()
    result_at: int = 0
    results_for: str = ""
    recent: tuple[RecentMeter, ...] = ()
    recent_at: int = -1
    last: ShownSale | None = None
    drafts: tuple[Draft, ...] = ()
    own_count: int = 0
    average_s: int | None = None
    sale_id: UUID | None = None
    card: OwnerCard | None = None
    kind: SaleKind = SaleKind.ENERGY
    is_by_units: bool = False
    amount: str = ""
    units: str = ""
    price: PriceView | None = None
    price_month: tuple[int, int] = (0, 0)
    amount_problem: str = ""
    tendered: str = ""
    tender_problem: str = ""
    ways: tuple[Way, ...] = ()
    way: str = CASH
    parts: tuple[PartDraft, ...] = ()
    part_at: int = 0
    rest: SaleView | None = None
    """A sale of which a part was refused: the tender asks for what is left of it."""
    wait: Wait | None = None
    board: Board = field(default_factory=Board)
    language: str = ""
    is_another_wanted: bool = False
    is_paying: bool = False
    envelope_left_minor: int | None = None
    guard: ShownSale | None = None
    guard_minutes: int = 0
    guard_limit_minor: int = 0
    guard_age_s: int = 0
    paid: Paid | None = None
    unknown: UnknownMeter | None = None
    check: TokenQuestion | None = None
    trial_only: bool = False
    shows_all_lines: bool = False
    """Large text folds the lines of a price into four; this unfolds them."""

    @property
    def chosen_result(self) -> MeterRow | None:
        """Return the result that Enter opens."""
        return self.results[self.result_at] if 0 <= self.result_at < len(self.results) else None

    @property
    def money_minor(self) -> int | None:
        """What is to be paid now; None while nothing is priced."""
        if self.price is None:
            return None if self.rest is None else self.rest.rest_minor
        # The price of a rest is made anew with the fees of whatever pays it.
        return self.price.money_minor - (0 if self.rest is None else self.rest.paid_minor)

    @property
    def is_selling(self) -> bool:
        """Whether a customer is being served and nothing is paid yet."""
        return self.stage in (Stage.CONFIRM, Stage.AMOUNT, Stage.TENDER)
