"""What becomes of a sale when its payments are certain: its token, a refund that is due, or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.domain.payment_recovery import note_delivered
from pos.domain.permissions import Actor, Role
from pos.domain.recovery_values import Delivery as Given
from pos.domain.states import PaymentState, SaleState
from pos.errors import UserError
from pos.models.ledger_book import Book, read_head
from pos.models.queries.payments import PartRow, PendingRow, find_pending, parts_of
from pos.models.queries.selling import OpenShift, find_sale, find_selling_meter, open_shift
from pos.models.stored import milliseconds_of
from pos.models.uow import WriteUnit
from pos.services.delivery import Delivery, Sale
from pos.services.key_holders import VAULT
from pos.services.payment_lines import PaymentLines
from pos.services.payment_pending import drop_pending, is_parked
from pos.services.payment_rest import RestPricing
from pos.services.payment_store import payments_of_sale, save_payment
from pos.services.remote_delivery import store_request
from pos.services.sale_preparation import SalePreparation
from pos.services.sale_values import SaleKind, SaleResult
from pos.services.trusted_clock import token_instant
from pos.system.clock import Clock

RETRY = timedelta(seconds=30)
"""How soon a paid sale that could not be delivered is tried again."""


class TokenTexts(Protocol):
    """Puts the text of a sale's token into the outbox, where its customer can be reached."""

    def queue(self, unit: WriteUnit, sale_id: UUID) -> None:
        """Queue it inside the write unit at hand; nothing where there is no address."""
        ...


_UNDER_WAY = frozenset({PaymentState.SENT.value, PaymentState.UNKNOWN.value})


class Settling:
    """Brings a sale as far as its payments let it, inside the write unit at hand."""

    def __init__(
        self,
        book: Book,
        delivery: Delivery,
        *,
        clock: Clock,
        preparation: SalePreparation,
        lines: PaymentLines,
        texts: TokenTexts,
        rest: RestPricing,
    ) -> None:
        """Wire the parts; `texts` puts the token's text for the customer into the outbox."""
        self._book = book
        self._delivery = delivery
        self._clock = clock
        self._preparation = preparation
        self._lines = lines
        self._texts = texts
        self._rest = rest

    def settle(self, unit: WriteUnit, sale_id: UUID, *, actor: UUID, trouble: str = "") -> SaleResult | None:
        """Bring an unfinished sale on; returns it if this delivered it.

        `trouble` is the code of the refusal that ended the first try: with it the money is booked as paid,
        and the token comes later.

        Raises:
            UserError, MachineFault: what `Delivery` raises; then nothing is to be kept but the try.
        """
        known = find_sale(unit.connection, sale_id)
        if known is None or known.state != SaleState.AWAITING_PAYMENT:
            return None
        pending = find_pending(unit.connection, sale_id)
        parts = parts_of(unit.connection, sale_id)
        if any(part.state in _UNDER_WAY for part in parts):
            return None
        paid_minor = paid_minor_of(parts)
        if paid_minor == 0:
            self._end(unit, sale_id, pending, SaleState.FAILED, actor=actor, reason="payment failed")
        elif pending is None:
            # The quote was lost with a disk: nobody knows any more what was sold.
            self.make_refund_due(unit, sale_id, amount_minor=paid_minor, actor=actor, reason="quote lost")
        elif paid_minor == pending.money_minor:
            return self._paid(unit, pending, parts, trouble=trouble)
        elif covered := self._rest.cover(unit.connection, pending, paid_minor):
            return self._paid(unit, covered, parts, trouble=trouble)
        return None

    def make_refund_due(
        self,
        unit: WriteUnit,
        sale_id: UUID,
        *,
        amount_minor: int,
        actor: UUID,
        reason: str,
        approved_by: UUID | None = None,
    ) -> None:
        """Write that money of a sale is due back: its owner sees it until it is given back."""
        self._lines.closed(
            unit,
            sale_id,
            SaleState.REFUND_DUE,
            amount_minor=amount_minor,
            reason=reason,
            actor=actor,
            approved_by=approved_by,
        )
        connection = unit.connection
        connection.exec_driver_sql("DELETE FROM reservation WHERE sale_id = ?", (sale_id.bytes,))
        connection.exec_driver_sql(
            "UPDATE pending_sale SET is_ready = 0, deliver_at = NULL WHERE sale_id = ?", (sale_id.bytes,)
        )
        _close_values(connection, sale_id)
        if is_parked(connection, sale_id):
            announce(connection, sale_id, "refund_due", self._clock.now())

    def end_unpaid(self, unit: WriteUnit, sale_id: UUID, *, actor: UUID, reason: str) -> None:
        """Void a sale that waits and of which nothing was paid."""
        pending = find_pending(unit.connection, sale_id)
        self._end(unit, sale_id, pending, SaleState.VOIDED, actor=actor, reason=reason)

    def refused(self, unit: WriteUnit, sale_id: UUID) -> None:
        """Take note that no holder delivers a paid sale: its money is due back already."""
        connection = unit.connection
        connection.exec_driver_sql(
            "UPDATE pending_sale SET is_ready = 0, deliver_at = NULL WHERE sale_id = ?", (sale_id.bytes,)
        )
        _close_values(connection, sale_id)
        if is_parked(connection, sale_id):
            announce(connection, sale_id, "refund_due", self._clock.now())

    def finish(self, unit: WriteUnit, sale_id: UUID) -> None:
        """Clear up after a sale whose token came from elsewhere; it may have been cleared up before."""
        connection = unit.connection
        pending = find_pending(connection, sale_id)
        if pending is None:
            return
        self._delivered(unit, pending)

    def _end(
        self,
        unit: WriteUnit,
        sale_id: UUID,
        pending: PendingRow | None,
        state: SaleState,
        *,
        actor: UUID,
        reason: str,
    ) -> None:
        amount_minor = 0 if pending is None else pending.money_minor
        self._lines.closed(unit, sale_id, state, amount_minor=amount_minor, reason=reason, actor=actor)
        if pending is not None and pending.parked_at is not None:
            announce(unit.connection, sale_id, "failed", self._clock.now())
        drop_pending(unit.connection, sale_id)

    def _paid(
        self, unit: WriteUnit, pending: PendingRow, parts: list[PartRow], *, trouble: str
    ) -> SaleResult | None:
        connection, now = unit.connection, self._clock.now()
        connection.exec_driver_sql(
            "UPDATE pending_sale SET is_ready = 1, deliver_at = ?, trouble = ? WHERE sale_id = ?",
            (milliseconds_of(now + RETRY), trouble or None, pending.sale_id.bytes),
        )
        shift = open_shift(connection)
        if shift is None:
            return None
        actor = operator_of(connection, shift.operator_key)
        holder = self._holder(connection, pending, is_any=bool(trouble))
        sale = pending.quote | {"holder": holder, "payments": _payments(pending, parts)}
        if trouble or holder != VAULT:
            self._book_paid(unit, sale, actor=actor, shift=shift)
            # At once after this unit where a holder is asked, later where something stands in the way.
            at = now + RETRY if trouble else now
            connection.exec_driver_sql(
                "UPDATE pending_sale SET deliver_at = ? WHERE sale_id = ?",
                (milliseconds_of(at), pending.sale_id.bytes),
            )
            return None
        result = self._deliver(unit, sale, pending, actor=actor, shift=shift)
        self._delivered(unit, pending)
        return result

    def _holder(self, connection: Connection, pending: PendingRow, *, is_any: bool) -> str:
        """The holder that serves the sale; `is_any`: later, so whether it can now does not matter."""
        item = pending.quote["items"][0]
        meter = find_selling_meter(connection, item["meter"]["drn"])
        if meter is None:
            raise UserError("meter.unknown", "The meter of this sale is not known any more.")
        kind = SaleKind(pending.request["kind"])
        if not is_any:
            return self._preparation.first_holder(kind, meter)
        return VAULT if kind is SaleKind.ARREARS or VAULT in meter.holders else meter.holders[0]

    def _deliver(
        self, unit: WriteUnit, sale: Sale, pending: PendingRow, *, actor: Actor, shift: OpenShift
    ) -> SaleResult:
        """The durable step: with the payments that stand before it, one write unit."""
        connection, item = unit.connection, sale["items"][0]
        # It counts as used from now on, no longer as reserved.
        connection.exec_driver_sql("DELETE FROM reservation WHERE sale_id = ?", (pending.sale_id.bytes,))
        if pending.request["kind"] == SaleKind.ENERGY.value:
            meter = find_selling_meter(connection, item["meter"]["drn"])
            assert meter is not None, "its holder was asked for a moment ago"
            at = token_instant(self._clock.now(), read_head(connection).trusted_at)
            item = self._delivery.add_vault_token(
                connection, item, meter, at=at, money_minor=item["money_minor"]
            )
        return self._delivery.record(unit, sale | {"items": [item]}, actor=actor, shift=shift)

    def _book_paid(self, unit: WriteUnit, sale: Sale, *, actor: Actor, shift: OpenShift) -> None:
        """Unit 1 of a delivery that needs two (docs/formats.md §6)."""
        body: JsonObject = {
            "sale_id": sale["sale_id"],
            "quote": sale,
            "payments": sale["payments"],
            "holder": sale["holder"],
        }
        self._book.record(unit, "sale_paid", body, actor=actor.id, shift=shift.id)
        store_request(unit.connection, sale)

    def _delivered(self, unit: WriteUnit, pending: PendingRow) -> None:
        connection = unit.connection
        for payment in payments_of_sale(connection, pending.sale_id):
            if payment.state is PaymentState.SUCCEEDED and payment.recovery.delivery is Given.OPEN:
                save_payment(connection, replace(payment, recovery=note_delivered(payment.recovery)))
        if pending.parked_at is not None:
            announce(connection, pending.sale_id, "delivered", self._clock.now())
            self._texts.queue(unit, pending.sale_id)
        drop_pending(connection, pending.sale_id)


def paid_minor_of(parts: list[PartRow]) -> int:
    """Return what is certainly paid of a sale."""
    return sum(part.amount_minor for part in parts if part.state == PaymentState.SUCCEEDED)


def announce(connection: Connection, sale_id: UUID, what: str, at: datetime) -> None:
    """Note what came of a sale that nobody was waiting for."""
    connection.exec_driver_sql(
        "INSERT INTO announcement (sale_id, at, what) VALUES (?, ?, ?) "
        "ON CONFLICT (sale_id, what) DO NOTHING",
        (sale_id.bytes, milliseconds_of(at), what),
    )


def no_more_due(connection: Connection, sale_id: UUID, at: datetime) -> None:
    """Announce no more that money is due back: somebody is giving it back."""
    connection.exec_driver_sql(
        "UPDATE announcement SET seen_at = ? WHERE sale_id = ? AND what = 'refund_due' AND seen_at IS NULL",
        (milliseconds_of(at), sale_id.bytes),
    )


def operator_of(connection: Connection, key: int) -> Actor:
    """Return a person by key, as services take one."""
    row: Any = connection.exec_driver_sql("SELECT id, name, role FROM operator WHERE key = ?", (key,)).one()
    return Actor(UUID(bytes=row[0]), key, row[1], Role(row[2]))


def operator_by_id(connection: Connection, operator: UUID) -> Actor:
    """Return a person by id, as services take one."""
    key: int = connection.exec_driver_sql(
        "SELECT key FROM operator WHERE id = ?", (operator.bytes,)
    ).scalar_one()
    return operator_of(connection, key)


def _payments(pending: PendingRow, parts: list[PartRow]) -> list[JsonObject]:
    return [
        {
            "payment_id": str(part.payment_id),
            "tender": part.tender,
            "amount_minor": part.amount_minor,
            "change_minor": pending.change.get(str(part.payment_id), 0),
        }
        for part in parts
        if part.state == PaymentState.SUCCEEDED
    ]


def _close_values(connection: Connection, sale_id: UUID) -> None:
    """No token is ever given for these payments any more."""
    for payment in payments_of_sale(connection, sale_id):
        if payment.recovery.delivery is Given.OPEN:
            closed = replace(payment.recovery, delivery=Given.CLOSED)
            save_payment(connection, replace(payment, recovery=closed))
