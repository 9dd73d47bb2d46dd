"""Voiding a sale before anything was paid or issued (docs/formats.md §6)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.permissions import Actor, Permission
from pos.domain.states import PaymentState, SaleState, may_come_to_nothing
from pos.errors import UserError
from pos.models.ledger_book import Book
from pos.models.queries.selling import KnownSale, find_sale, open_shift
from pos.models.uow import Units, WriteUnit
from pos.services.approval import require


class Voids:
    """Ends sales that came to nothing."""

    def __init__(self, units: Units, book: Book) -> None:
        """Wire the parts."""
        self._units = units
        self._book = book

    def void(self, sale_id: UUID, actor: Actor, *, reason: str) -> None:
        """Void a draft or a sale that waits for its payment. A draft leaves no line: nothing had happened.

        Raises:
            UserError: `permission.denied`, `sale.unknown`, `sale.not_cancellable` (paid, issued, ended, or
                its payment was sent and is not finally failed).
        """
        require(actor, Permission.SALE_VOID)
        with self._units.write() as unit:
            known = find_sale(unit.connection, sale_id)
            if known is None:
                if not _drop_draft(unit.connection, sale_id):
                    raise UserError("sale.unknown", "This till knows no such sale.")
                return
            self._close(unit, sale_id, known, actor=actor, reason=reason)

    def _close(self, unit: WriteUnit, sale_id: UUID, known: KnownSale, *, actor: Actor, reason: str) -> None:
        connection = unit.connection
        payments = _payments(connection, known.place)
        if known.state != SaleState.AWAITING_PAYMENT or not may_come_to_nothing(payments):
            raise UserError(
                "sale.not_cancellable",
                "This sale cannot be voided any more. If the token went to a wrong meter, open a case.",
            )
        shift = open_shift(connection)
        money_minor = connection.exec_driver_sql(
            "SELECT money_minor FROM sale WHERE place = ?", (known.place,)
        ).scalar_one()
        self._book.record(
            unit,
            "sale_closed",
            {
                "sale_id": str(sale_id),
                "state": SaleState.VOIDED.value,
                "reason": reason,
                "amount_minor": money_minor,
            },
            actor=actor.id,
            shift=None if shift is None else shift.id,
        )
        connection.exec_driver_sql("DELETE FROM reservation WHERE sale_id = ?", (sale_id.bytes,))
        _drop_draft(connection, sale_id)


def _drop_draft(connection: Connection, sale_id: UUID) -> bool:
    return connection.exec_driver_sql("DELETE FROM draft WHERE sale_id = ?", (sale_id.bytes,)).rowcount > 0


def _payments(connection: Connection, place: int) -> list[PaymentState]:
    rows: Any = connection.exec_driver_sql("SELECT state FROM payment WHERE sale_place = ?", (place,)).all()
    return [PaymentState(row[0]) for row in rows]
