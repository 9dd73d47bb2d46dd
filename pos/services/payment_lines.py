"""The journal lines of payments: each step, the cases they open, and how a sale ends without a token."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from pos.domain.canonical import JsonObject
from pos.domain.phone_mac import last3, phone_mac
from pos.domain.recovery_values import Move, PaymentCase
from pos.domain.states import CaseKind, CaseState, SaleState
from pos.models.ledger_book import Book, Recorded, take_number
from pos.models.queries.selling import open_shift
from pos.models.uow import WriteUnit
from pos.services.payment_store import ProviderPayment
from pos.system.clock import Clock
from pos.system.ids import new_id

CASE_TEXTS = {
    PaymentCase.AMOUNT_DIFFERS: "the provider names another amount",
    PaymentCase.CURRENCY_DIFFERS: "the provider names another currency",
    PaymentCase.REVERSED: "the provider took the payment back",
    PaymentCase.PAID_AFTER_FAILED: "the provider says paid after it said failed",
    PaymentCase.CONTRADICTION: "the provider contradicts its final word",
    PaymentCase.REFUND_FAILED: "the provider did not make the refund",
    PaymentCase.REFUND_DIFFERS: "the provider says that other money went back than was asked for",
}
"""What a case is about. An alarm alone (unresolved, another reference) opens none: it is only shown."""


class PaymentLines:
    """Writes them into the write unit at hand."""

    def __init__(self, book: Book, clock: Clock, *, pii_key: Callable[[], bytes]) -> None:
        """Wire the parts; `pii_key` keys the names of phones."""
        self._book = book
        self._clock = clock
        self._pii_key = pii_key

    def moved(
        self,
        unit: WriteUnit,
        payment: ProviderPayment,
        move: Move,
        *,
        actor: UUID,
        approved_by: UUID | None = None,
    ) -> Recorded:
        """Write one step of a payment through a provider."""
        body: JsonObject = {
            "payment_id": str(payment.id),
            "sale_id": str(payment.sale_id),
            "tender": payment.tender,
            "provider": payment.provider,
            "reference": payment.reference,
            "from": move.before.value,
            "to": move.after.value,
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
            "fee_minor": payment.fee_minor,
            "source": move.source.value,
        }
        if payment.provider_reference:
            body["provider_reference"] = payment.provider_reference
        if move.reason:
            body["reason"] = move.reason
        if payment.phone:
            body["phone_mac"] = phone_mac(self._pii_key(), payment.phone)
            body["phone_last3"] = last3(payment.phone)
        return self._record(unit, "payment_changed", body, actor, approved_by)

    def cash_taken(
        self, unit: WriteUnit, sale_id: UUID, amount_minor: int, *, currency: str, actor: UUID
    ) -> UUID:
        """Write a counted cash part of a split; returns its payment's id."""
        payment_id = new_id(self._clock.now())
        body: JsonObject = {
            "payment_id": str(payment_id),
            "sale_id": str(sale_id),
            "tender": "cash",
            "from": "created",
            "to": "succeeded",
            "amount_minor": amount_minor,
            "currency": currency,
            "fee_minor": 0,
            "source": "person",
        }
        self._record(unit, "payment_changed", body, actor)
        return payment_id

    def case_opened(
        self, unit: WriteUnit, payment: ProviderPayment, case: PaymentCase, *, actor: UUID
    ) -> None:
        """Open a case about a payment, where it is more than an alarm."""
        text = CASE_TEXTS.get(case)
        if text is None:
            return
        # The projection reads the number that was taken last (pos.models.book_facts).
        take_number(unit.connection, "case_last")
        body: JsonObject = {
            "case_id": str(new_id(self._clock.now())),
            "case_kind": CaseKind.FAULT.value,
            "from": CaseState.NONE.value,
            "to": CaseState.OPEN.value,
            "sale_id": str(payment.sale_id),
            "reason": f"payment {payment.reference}: {text}",
        }
        self._record(unit, "case_changed", body, actor)

    def closed(
        self,
        unit: WriteUnit,
        sale_id: UUID,
        state: SaleState,
        *,
        amount_minor: int,
        reason: str,
        actor: UUID,
        payment_id: UUID | None = None,
        document_number: str = "",
        approved_by: UUID | None = None,
    ) -> Recorded:
        """Write how a sale ends, or what of it is due back."""
        body: JsonObject = {
            "sale_id": str(sale_id),
            "state": state.value,
            "reason": reason,
            "amount_minor": amount_minor,
        }
        if payment_id is not None:
            body["payment_id"] = str(payment_id)
        if document_number:
            body["document_number"] = document_number
        return self._record(unit, "sale_closed", body, actor, approved_by)

    def _record(
        self, unit: WriteUnit, kind: str, body: JsonObject, actor: UUID, approved_by: UUID | None = None
    ) -> Recorded:
        shift = open_shift(unit.connection)
        return self._book.record(
            unit,
            kind,
            body,
            actor=actor,
            shift=None if shift is None else shift.id,
            approved_by=approved_by,
        )
