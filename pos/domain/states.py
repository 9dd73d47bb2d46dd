"""What a sale, a payment and a case may become (docs/formats.md §6), as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from pos.errors import UserError


class SaleState(StrEnum):
    """Where a sale is; a draft has no journal line yet."""

    DRAFT = "draft"
    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    DELIVERED = "delivered"
    VOIDED = "voided"
    FAILED = "failed"
    EXPIRED = "expired"
    REFUND_DUE = "refund_due"
    REFUNDED = "refunded"


class PaymentState(StrEnum):
    """Where a payment is."""

    CREATED = "created"
    SENT = "sent"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"
    REVERSED = "reversed"


class CaseKind(StrEnum):
    """What a case is about."""

    WRONG_METER = "wrong_meter"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a word of the trade
    FAULT = "fault"
    METER_SWAP = "meter_swap"


class CaseState(StrEnum):
    """Where a case is; `NONE` is the `from` of the line that opens it."""

    NONE = ""
    OPEN = "open"
    REFUSED = "refused"
    REALLOCATED = "reallocated"
    GOODWILL = "goodwill"
    REPLACED = "replaced"
    CLOSED = "closed"


SALE_MOVES: Mapping[SaleState, frozenset[SaleState]] = MappingProxyType(
    {
        SaleState.DRAFT: frozenset({SaleState.AWAITING_PAYMENT, SaleState.VOIDED}),
        SaleState.AWAITING_PAYMENT: frozenset(
            {
                SaleState.PAID,
                SaleState.VOIDED,
                SaleState.FAILED,
                SaleState.EXPIRED,
                # A part of it was paid, every other is finally failed, and nobody goes on with it.
                SaleState.REFUND_DUE,
            }
        ),
        SaleState.PAID: frozenset({SaleState.DELIVERED, SaleState.REFUND_DUE}),
        SaleState.REFUND_DUE: frozenset({SaleState.REFUNDED}),
        SaleState.DELIVERED: frozenset(),
        SaleState.VOIDED: frozenset(),
        SaleState.FAILED: frozenset(),
        SaleState.EXPIRED: frozenset(),
        SaleState.REFUNDED: frozenset(),
    }
)
"""The single steps. A sale for cash with the key in the vault takes several of them in one write unit."""

PAYMENT_MOVES: Mapping[PaymentState, frozenset[PaymentState]] = MappingProxyType(
    {
        PaymentState.CREATED: frozenset({PaymentState.SENT}),
        PaymentState.SENT: frozenset({PaymentState.SUCCEEDED, PaymentState.FAILED, PaymentState.UNKNOWN}),
        PaymentState.UNKNOWN: frozenset({PaymentState.SUCCEEDED, PaymentState.FAILED}),
        PaymentState.SUCCEEDED: frozenset({PaymentState.REFUND_PENDING, PaymentState.REVERSED}),
        PaymentState.REFUND_PENDING: frozenset({PaymentState.REFUNDED, PaymentState.SUCCEEDED}),
        PaymentState.FAILED: frozenset(),
        PaymentState.REFUNDED: frozenset(),
        PaymentState.REVERSED: frozenset(),
    }
)

_OUTCOMES: Mapping[CaseKind, frozenset[CaseState]] = MappingProxyType(
    {
        CaseKind.WRONG_METER: frozenset({CaseState.REFUSED, CaseState.REALLOCATED, CaseState.GOODWILL}),
        CaseKind.TOKEN_REFUSED: frozenset({CaseState.REFUSED, CaseState.REPLACED}),
        CaseKind.FAULT: frozenset({CaseState.CLOSED}),
        CaseKind.METER_SWAP: frozenset({CaseState.CLOSED}),
    }
)

FINAL_SALE_STATES = frozenset(state for state, following in SALE_MOVES.items() if not following)
FINAL_PAYMENT_STATES = frozenset(state for state, following in PAYMENT_MOVES.items() if not following)

_NOTHING_CAN_COME = frozenset({PaymentState.CREATED, PaymentState.FAILED})
"""Payments that were never sent or are finally failed."""


def check_sale_move(before: SaleState, after: SaleState) -> None:
    """Refuse a step that no sale takes.

    Raises:
        UserError: `sale.state`.
    """
    if after not in SALE_MOVES[before]:
        raise UserError("sale.state", f"A sale that is {_words(before)} cannot become {_words(after)}.")


def check_payment_move(before: PaymentState, after: PaymentState) -> None:
    """Refuse a step that no payment takes.

    Raises:
        UserError: `payment.state`.
    """
    if after not in PAYMENT_MOVES[before]:
        raise UserError("payment.state", f"A payment that is {_words(before)} cannot become {_words(after)}.")


def check_case_move(kind: CaseKind, before: CaseState, after: CaseState) -> None:
    """Refuse an outcome that a case of this kind does not have, or a second one.

    Raises:
        UserError: `case.state`.
    """
    following = frozenset({CaseState.OPEN}) if before is CaseState.NONE else _OUTCOMES[kind]
    if before not in (CaseState.NONE, CaseState.OPEN) or after not in following:
        raise UserError(
            "case.state", f"A {_words(kind)} case that is {_words(before)} cannot become {_words(after)}."
        )


def may_come_to_nothing(payments: Iterable[PaymentState]) -> bool:
    """Say whether a sale may end unpaid: no payment of it was ever sent and may still succeed."""
    return _NOTHING_CAN_COME.issuperset(payments)


def _words(state: StrEnum) -> str:
    return state.value.replace("_", " ") or "new"
