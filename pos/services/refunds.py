"""Giving back the money of a sale that was paid and cannot be delivered (docs/formats.md §5, §6)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.ledger import drawer_account
from pos.domain.permissions import Actor, Permission
from pos.domain.receipt_number import receipt_number
from pos.domain.recovery_values import REFUND_CASES
from pos.domain.states import PaymentState, SaleState
from pos.errors import UserError
from pos.models.ledger_book import Book, BookHead, read_head, take_number
from pos.models.queries.payments import find_pending, parts_of
from pos.models.queries.selling import find_sale
from pos.models.uow import Units, WriteUnit
from pos.services.approval import Approval, require
from pos.services.delivery import CheckoutRules, needed_shift
from pos.services.issuing import store_slip
from pos.services.payment_settling import no_more_due
from pos.services.payment_store import payments_of_sale, save_payment
from pos.system.clock import Clock


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back, and the number of its credit note."""

    place: int
    document_number: str
    amount_minor: int
    print_job: int | None


class CreditNotes(Protocol):
    """Writes the credit note of a refund."""

    def credit_note(
        self,
        connection: Connection,
        sale: Mapping[str, Any],
        *,
        number: str,
        reason: str,
        actor: Actor,
        at: datetime,
    ) -> bytes:
        """Return the canonical JSON of the credit note of a paid sale (its frozen quote)."""
        ...


class Refunds:
    """Pays refunds out of the drawer."""

    def __init__(
        self,
        units: Units,
        book: Book,
        papers: CreditNotes,
        *,
        clock: Clock,
        rules: Callable[[], CheckoutRules],
    ) -> None:
        """Wire the parts; `rules` names the printer."""
        self._units = units
        self._book = book
        self._papers = papers
        self._clock = clock
        self._rules = rules

    def make(self, sale_id: UUID, actor: Actor, *, reason: str, approval: Approval | None = None) -> Refund:
        """Give the money back in cash, with a credit note in the series of the receipts.

        An approval is for the sale's id. Only a sale that is `refund_due` has money to give back.

        Raises:
            UserError: `refund.not_due`, `refund.cash_short` (the drawer holds less), `shift.cannot_open`,
                `permission.denied`, `approval.*`.
            ApprovalNeeded: `permission.approval_needed`.
            MachineFault: `disk.*`.
        """
        with self._units.write() as unit:
            connection = unit.connection
            known = find_sale(connection, sale_id)
            if known is None or known.state != SaleState.REFUND_DUE:
                raise UserError("refund.not_due", "No money is due back for this sale.")
            needed_shift(connection)
            due_minor = _due_minor(connection, sale_id)
            head = read_head(connection)
            check_drawer(connection, head, due_minor)
            approved_by = require(actor, Permission.REFUND_MAKE, approval=approval, subject=str(sale_id))
            quote = frozen_quote(connection, sale_id) or _without_quote(sale_id)
            quote |= {"money_minor": due_minor}
            refund = self._record(unit, head, quote, actor=actor, approved_by=approved_by, reason=reason)
            for table in ("pending_sale", "reservation"):
                connection.exec_driver_sql(
                    f"DELETE FROM {table} WHERE sale_id = ?",  # noqa: S608 - two names
                    (sale_id.bytes,),
                )
            no_more_due(connection, sale_id, self._clock.now())
            _end_marks(connection, sale_id)
            return refund

    def _record(
        self,
        unit: WriteUnit,
        head: BookHead,
        quote: Mapping[str, Any],
        *,
        actor: Actor,
        approved_by: UUID | None,
        reason: str,
    ) -> Refund:
        connection, amount_minor = unit.connection, quote["money_minor"]
        taken = take_number(connection, "receipt_last")
        number = receipt_number(head.till_code, taken, is_training=head.is_training)
        recorded = self._book.record(
            unit,
            "sale_closed",
            {
                "sale_id": quote["sale_id"],
                "state": SaleState.REFUNDED.value,
                "reason": reason,
                "amount_minor": amount_minor,
                "document_number": number,
            },
            actor=actor.id,
            shift=needed_shift(connection).id,
            approved_by=approved_by,
        )
        if not quote["items"]:
            return Refund(recorded.place, number, amount_minor, None)
        note = self._papers.credit_note(
            connection, quote, number=number, reason=reason, actor=actor, at=recorded.at
        )
        job = store_slip(
            connection, recorded, "credit_note", note, printer=self._rules().printer, opens_drawer=True
        )
        return Refund(recorded.place, number, amount_minor, job)


def frozen_quote(connection: Connection, sale_id: UUID) -> dict[str, Any] | None:
    """Return the frozen quote of a sale that was not delivered; None where a disk took it away.

    The line that took its money has it, and before that line the till keeps it beside the journal.
    """
    pending = find_pending(connection, sale_id)
    if pending is not None:
        return pending.quote
    text: Any = connection.exec_driver_sql(
        "SELECT quote FROM holder_request WHERE sale_id = ?", (sale_id.bytes,)
    ).scalar()
    return None if text is None else json.loads(text)


def check_drawer(connection: Connection, head: BookHead, amount_minor: int) -> None:
    """Refuse to give out more cash than there is. Raises UserError `refund.cash_short`."""
    balance_minor: int | None = connection.exec_driver_sql(
        "SELECT balance_minor FROM account WHERE name = ?", (drawer_account(str(head.till_id)),)
    ).scalar()
    if (balance_minor or 0) < amount_minor:
        raise UserError("refund.cash_short", "The drawer holds less than that: bring cash into it first.")


def _due_minor(connection: Connection, sale_id: UUID) -> int:
    """What is due back of a sale; nothing of it may be under way to the customer by another way."""
    parts = parts_of(connection, sale_id)
    if any(part.state == PaymentState.REFUND_PENDING for part in parts):
        raise UserError(
            "refund.under_way", "A provider was asked to give this back: wait for its answer first."
        )
    return sum(part.amount_minor for part in parts if part.state == PaymentState.SUCCEEDED)


def _end_marks(connection: Connection, sale_id: UUID) -> None:
    """A refund that a provider refused needs nobody any more."""
    for payment in payments_of_sale(connection, sale_id):
        if payment.attention & REFUND_CASES:
            save_payment(connection, replace(payment, attention=payment.attention - REFUND_CASES))


def _without_quote(sale_id: UUID) -> dict[str, Any]:
    return {"sale_id": str(sale_id), "items": []}
