"""Giving back the money of a sale that was paid and cannot be delivered (docs/formats.md §5, §6)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.ledger import drawer_account
from pos.domain.permissions import Actor, Permission
from pos.domain.receipt_number import receipt_number
from pos.domain.states import SaleState
from pos.errors import UserError
from pos.models.ledger_book import Book, BookHead, read_head, take_number
from pos.models.queries.selling import KnownSale, find_sale, read_line_at
from pos.models.uow import Units, WriteUnit
from pos.services.approval import Approval, require
from pos.services.delivery import CheckoutRules, needed_shift
from pos.services.issuing import store_slip
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
            quote = _quote_of(connection, known)
            head = read_head(connection)
            _check_drawer(connection, head, quote["money_minor"])
            approved_by = require(actor, Permission.REFUND_MAKE, approval=approval, subject=str(sale_id))
            return self._record(unit, head, quote, actor=actor, approved_by=approved_by, reason=reason)

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
        note = self._papers.credit_note(
            connection, quote, number=number, reason=reason, actor=actor, at=recorded.at
        )
        job = store_slip(
            connection, recorded, "credit_note", note, printer=self._rules().printer, opens_drawer=True
        )
        return Refund(recorded.place, number, amount_minor, job)


def _quote_of(connection: Connection, known: KnownSale) -> dict[str, Any]:
    """The frozen quote of a sale that was paid before it was delivered: its first line has it."""
    quote: dict[str, Any] = json.loads(read_line_at(connection, known.place))["body"]["quote"]
    return quote


def _check_drawer(connection: Connection, head: BookHead, amount_minor: int) -> None:
    balance_minor: int | None = connection.exec_driver_sql(
        "SELECT balance_minor FROM account WHERE name = ?", (drawer_account(str(head.till_id)),)
    ).scalar()
    if (balance_minor or 0) < amount_minor:
        raise UserError("refund.cash_short", "The drawer holds less than that: bring cash into it first.")
