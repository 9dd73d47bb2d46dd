"""The figures of the open shift, read in one go: what X and Z reports say."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection

from pos.domain.journal import parse_instant
from pos.domain.ledger import drawer_account
from pos.domain.receipt_number import receipt_number
from pos.domain.shift import (
    CashFlow,
    EnvelopeUse,
    Proof,
    ShiftReport,
    SupplierFigures,
    TenderTotal,
)
from pos.models.ledger_book import BookHead, read_head
from pos.models.places import place_of
from pos.models.queries.money import (
    Refunds,
    Stretch,
    balance_minor,
    cash_refunds,
    list_suppliers,
    supplier_sales,
)
from pos.models.queries.selling import envelope_in_force, read_line_at
from pos.models.queries.shifts import (
    SaleCounts,
    ShiftRow,
    change_given_minor,
    item_totals,
    line_totals,
    list_movements,
    list_unresolved,
    sale_counts,
    tender_totals,
)


def running_report(connection: Connection, shift: ShiftRow, *, at: datetime, made_by: str) -> ShiftReport:
    """Read everything about the open shift at `at`; money comes from running totals and balances."""
    head = read_head(connection)
    counts = sale_counts(connection, shift.place)
    refunds = cash_refunds(connection, drawer_account(str(head.till_id)), Stretch(shift.place))
    return ShiftReport(
        number=head.z_last + 1,
        shift_id=shift.id,
        till_code=head.till_code,
        drawer=shift.drawer,
        opened_at=shift.opened_at,
        opened_by=shift.operator,
        business_day=shift.business_day,
        at=at,
        made_by=made_by,
        tenders=tender_totals(connection, shift.place) + _refund_total(refunds),
        lines=line_totals(connection, shift.place),
        items=item_totals(connection, shift.place),
        voided=counts.voided,
        copies=counts.copies,
        receipts=_receipts(counts, head),
        unresolved=list_unresolved(connection),
        suppliers=_suppliers(connection, shift),
        envelope=_envelope(connection),
        proof=proof_of(connection),
        cash=_cash_flow(connection, shift, head, refunds),
    )


def proof_of(connection: Connection) -> Proof:
    """Return where the book stands and since when lines have been waiting to be sent."""
    head = read_head(connection)
    unsent = head.head_seq - head.acked_seq
    since = None
    if unsent:
        oldest = json.loads(read_line_at(connection, place_of(head.number, head.acked_seq + 1)))
        since = parse_instant(oldest["at"])
    return Proof(head.head_seq, head.head_hash.hex(), unsent, since)


def _cash_flow(connection: Connection, shift: ShiftRow, head: BookHead, refunds: Refunds) -> CashFlow:
    expected_minor = balance_minor(connection, drawer_account(str(head.till_id)))
    movements = list_movements(connection, shift.place)
    moved_minor = sum(one.amount_minor for one in movements)
    return CashFlow(
        float_minor=shift.float_minor,
        # What is neither float, movement nor refund came from customers.
        taken_minor=expected_minor - shift.float_minor - moved_minor + refunds.amount_minor,
        change_minor=change_given_minor(connection, shift.place),
        refunded_minor=refunds.amount_minor,
        movements=movements,
        expected_minor=expected_minor,
    )


def _refund_total(refunds: Refunds) -> tuple[TenderTotal, ...]:
    if not refunds.pieces:
        return ()
    return (TenderTotal("cash", "refund", refunds.pieces, -refunds.amount_minor),)


def _receipts(counts: SaleCounts, head: BookHead) -> tuple[str, str] | None:
    if counts.first_receipt is None or counts.last_receipt is None:
        return None
    return (
        receipt_number(head.till_code, counts.first_receipt, is_training=head.is_training),
        receipt_number(head.till_code, counts.last_receipt, is_training=head.is_training),
    )


def _suppliers(connection: Connection, shift: ShiftRow) -> tuple[SupplierFigures, ...]:
    figures = []
    for supplier in list_suppliers(connection):
        sold = supplier_sales(connection, supplier.code, Stretch(shift.place))
        figures.append(
            SupplierFigures(
                supplier.code, supplier.name, sold.sold_minor, sold.commission_minor, supplier.left_minor
            )
        )
    return tuple(figures)


def _envelope(connection: Connection) -> EnvelopeUse | None:
    envelope = envelope_in_force(connection)
    return None if envelope is None else EnvelopeUse(envelope.money_minor, envelope.used_money_minor)
