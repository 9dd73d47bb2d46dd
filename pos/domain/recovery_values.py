"""What the recovery rule remembers of a payment, and what it says is to be done (docs/payments.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pos.domain.payment_reports import Source
from pos.domain.states import PaymentState

ABSENT_ANSWERS_MIN = 3
"""So many "not found" in a row, the last after the grace time, prove that nothing happened. More than one,
because a clock that jumps ahead would end the grace time too early."""

OPEN_STATES = frozenset({PaymentState.SENT, PaymentState.UNKNOWN})


class Delivery(StrEnum):
    """Whether the value of a payment may still be given, was given, or will never be."""

    OPEN = "open"
    DONE = "done"
    CLOSED = "closed"


class PaymentCase(StrEnum):
    """Why a person must look at a payment."""

    AMOUNT_DIFFERS = "amount_differs"
    CURRENCY_DIFFERS = "currency_differs"
    REFERENCE_DIFFERS = "reference_differs"
    REVERSED = "reversed"
    PAID_AFTER_FAILED = "paid_after_failed"
    CONTRADICTION = "contradiction"
    UNRESOLVED = "unresolved"
    REFUND_FAILED = "refund_failed"
    REFUND_DIFFERS = "refund_differs"


REFUND_CASES = frozenset({PaymentCase.UNRESOLVED, PaymentCase.REFUND_FAILED, PaymentCase.REFUND_DIFFERS})
"""What a refund under way may bring, and the next refund of the same payment again."""

HOLDING_CASES = frozenset({PaymentCase.AMOUNT_DIFFERS, PaymentCase.CURRENCY_DIFFERS})
"""With one of these only a person or a statement may close the payment."""


class Act(StrEnum):
    """What the caller does next."""

    ASK = "ask"
    SEND_AGAIN = "send_again"
    DELIVER = "deliver"
    OPEN_CASE = "open_case"
    REFUND = "refund"
    ASK_REFUND = "ask_refund"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: `at` with the questions, `case` with a case."""

    act: Act
    at: datetime | None = None
    case: PaymentCase | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A step of the payment, for the journal (`payment_changed`)."""

    before: PaymentState
    after: PaymentState
    source: Source
    reason: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """All that the rule remembers of one payment; stored in the same write unit as each move.

    `absent_answers`: "not found" in a row since the last sending. `is_seen`: the provider has shown that it
    knows the payment. `refusal`: a repeated sending was refused, which says nothing about the first.
    """

    state: PaymentState = PaymentState.CREATED
    delivery: Delivery = Delivery.OPEN
    sends: int = 0
    first_sent_at: datetime | None = None
    last_sent_at: datetime | None = None
    asked_at: datetime | None = None
    next_ask_at: datetime | None = None
    absent_answers: int = 0
    is_seen: bool = False
    refusal: str = ""
    cases: frozenset[PaymentCase] = frozenset()

    @property
    def is_open(self) -> bool:
        """Say whether money may still come or not."""
        return self.state in OPEN_STATES

    @property
    def is_held(self) -> bool:
        """Say whether only a person or a statement may close it."""
        return not HOLDING_CASES.isdisjoint(self.cases)


@dataclass(frozen=True, slots=True)
class Decision:
    """The payment after an event, the moves to write, and what to do next, in this order."""

    recovery: Recovery
    moves: tuple[Move, ...] = ()
    actions: tuple[Action, ...] = ()
