"""Payments as screens and the command line show them: plain values with age and what is next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.recovery_values import PaymentCase
from pos.domain.states import PaymentState, SaleState
from pos.gateways.base import NextStep
from pos.models.queries.payments import PartRow, PendingRow, find_pending, parts_of
from pos.models.queries.selling import find_sale
from pos.models.stored import instant_of
from pos.services.delivery import sale_at
from pos.services.payment_store import ProviderPayment, payments_of_sale
from pos.services.sale_values import SaleResult


@dataclass(frozen=True, slots=True)
class PaymentView:
    """One payment of a sale. Of a phone only its last digits are shown; `provider` is empty for cash."""

    id: UUID
    tender: str
    state: PaymentState
    amount_minor: int
    change_minor: int = 0
    provider: str = ""
    reference: str = ""
    provider_reference: str = ""
    phone_last3: str = ""
    fee_minor: int = 0
    begun_at: datetime | None = None
    ask_at: datetime | None = None
    asked_at: datetime | None = None
    sent_at: datetime | None = None
    step: NextStep | None = None
    reason: str = ""
    code: str = ""
    attention: frozenset[PaymentCase] = frozenset()

    @property
    def is_under_way(self) -> bool:
        """Whether money may still come or not."""
        return self.state in (PaymentState.SENT, PaymentState.UNKNOWN)

    @property
    def needs_word(self) -> bool:
        """Whether a person may say what became of it, or of its way back."""
        return self.is_under_way or self.state is PaymentState.REFUND_PENDING or bool(self.attention)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleView:
    """A sale and its payments; `result` once it is delivered, `owner` is who began it.

    `money_minor` is what is to be paid, `paid_minor` what is certain, `rest_minor` what nobody was asked for
    yet or was refused. `trouble` is the code of what keeps a paid sale from its token.
    """

    sale_id: UUID
    state: SaleState
    money_minor: int
    paid_minor: int
    rest_minor: int
    parts: tuple[PaymentView, ...]
    drn: str
    owner: str
    owner_id: UUID
    begun_at: datetime
    age: timedelta
    parked_at: datetime | None
    trouble: str
    result: SaleResult | None

    @property
    def is_waiting(self) -> bool:
        """Whether a payment of it is under way."""
        return any(part.is_under_way for part in self.parts)

    @property
    def is_refused(self) -> bool:
        """Whether nothing is under way and something is still to be paid."""
        return self.state is SaleState.AWAITING_PAYMENT and not self.is_waiting and self.rest_minor > 0


def sale_view(connection: Connection, sale_id: UUID, now: datetime) -> SaleView | None:
    """Return a sale with its payments, None for an id nobody knows."""
    known = find_sale(connection, sale_id)
    if known is None:
        return None
    row: Any = connection.exec_driver_sql(
        "SELECT sale.at, money_minor, operator.id, operator.name FROM sale "
        "JOIN operator ON operator.key = operator_key WHERE place = ?",
        (known.place,),
    ).one()
    pending = find_pending(connection, sale_id)
    rows = parts_of(connection, sale_id)
    kept = {one.id: one for one in payments_of_sale(connection, sale_id)}
    parts = tuple(_part(one, kept.get(one.payment_id), pending) for one in rows)
    money_minor = row[1] if pending is None else pending.money_minor
    paid_minor = sum(one.amount_minor for one in parts if one.state is PaymentState.SUCCEEDED)
    asked_minor = sum(one.amount_minor for one in parts if one.is_under_way)
    begun_at = instant_of(row[0])
    return SaleView(
        sale_id=sale_id,
        state=SaleState(known.state),
        money_minor=money_minor,
        paid_minor=paid_minor,
        rest_minor=money_minor - paid_minor - asked_minor,
        parts=parts,
        drn=_drn(connection, sale_id, pending),
        owner=row[3],
        owner_id=UUID(bytes=row[2]),
        begun_at=begun_at,
        age=now - begun_at,
        parked_at=None if pending is None else pending.parked_at,
        trouble="" if pending is None else pending.trouble or "",
        result=None
        if known.delivered_place is None
        else sale_at(connection, known.delivered_place, is_repeat=True),
    )


def _drn(connection: Connection, sale_id: UUID, pending: PendingRow | None) -> str:
    if pending is not None:
        return str(pending.quote["items"][0]["meter"]["drn"])
    found = connection.exec_driver_sql(
        "SELECT drn FROM sale JOIN sale_item ON sale_place = place JOIN meter ON meter.key = meter_key "
        "WHERE sale.id = ? ORDER BY n LIMIT 1",
        (sale_id.bytes,),
    ).scalar()
    return str(found or "")


def _part(row: PartRow, kept: ProviderPayment | None, pending: PendingRow | None) -> PaymentView:
    change_minor = row.change_minor
    if pending is not None:
        change_minor = pending.change.get(str(row.payment_id), change_minor)
    if kept is None:
        return PaymentView(
            row.payment_id,
            row.tender,
            PaymentState(row.state),
            row.amount_minor,
            change_minor,
            reference=row.reference or "",
            provider_reference=row.provider_reference or "",
            phone_last3=row.phone_last3 or "",
        )
    return PaymentView(
        row.payment_id,
        row.tender,
        PaymentState(row.state),
        row.amount_minor,
        change_minor,
        provider=kept.provider,
        reference=kept.reference,
        provider_reference=kept.provider_reference,
        phone_last3=row.phone_last3 or "",
        fee_minor=kept.fee_minor,
        begun_at=kept.begun_at,
        ask_at=kept.ask_at,
        asked_at=kept.recovery.asked_at,
        sent_at=kept.recovery.last_sent_at,
        step=kept.step,
        reason=kept.reason,
        code=kept.code,
        attention=kept.attention,
    )
