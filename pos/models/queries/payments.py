"""Payments under way as services read them: requests to providers, pending sales, what is due."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.models.stored import instant_of, milliseconds_of


@dataclass(frozen=True, slots=True)
class PendingRow:
    """A sale whose payment is under way, with its frozen quote."""

    sale_id: UUID
    operator_key: int
    begun_at: datetime
    request: dict[str, Any]
    quote: dict[str, Any]
    change: dict[str, int]
    parked_at: datetime | None
    is_ready: bool
    deliver_at: datetime | None
    trouble: str | None

    @property
    def money_minor(self) -> int:
        """What is to be paid."""
        return int(self.quote["money_minor"])


_PENDING = (
    "SELECT sale_id, operator_key, begun_at, request, quote, change, parked_at, is_ready, deliver_at, "
    "trouble FROM pending_sale"
)


def find_pending(connection: Connection, sale_id: UUID) -> PendingRow | None:
    """Return a sale whose payment is under way, None if there is none of that id."""
    row: Any = connection.exec_driver_sql(f"{_PENDING} WHERE sale_id = ?", (sale_id.bytes,)).one_or_none()
    return None if row is None else _pending(row)


def list_pending(connection: Connection, *, limit: int = -1) -> list[PendingRow]:
    """Return all of them, or so many, the oldest first: their ids grow with the time."""
    rows: Any = connection.exec_driver_sql(f"{_PENDING} ORDER BY sale_id LIMIT ?", (limit,)).all()
    return [_pending(row) for row in rows]


def ready_sales(connection: Connection, now: datetime, limit: int) -> list[UUID]:
    """Return the sales that are paid and whose delivery is due."""
    rows = connection.exec_driver_sql(
        "SELECT sale_id FROM pending_sale WHERE is_ready = 1 AND deliver_at <= ? ORDER BY deliver_at LIMIT ?",
        (milliseconds_of(now), limit),
    )
    return [UUID(bytes=row[0]) for row in rows.all()]


def wake_ready(connection: Connection, now: datetime) -> None:
    """Let what is paid and waits be delivered at once: something it waited for is there now."""
    connection.exec_driver_sql(
        "UPDATE pending_sale SET deliver_at = ? WHERE is_ready = 1", (milliseconds_of(now),)
    )


def _pending(row: Any) -> PendingRow:
    return PendingRow(
        sale_id=UUID(bytes=row[0]),
        operator_key=row[1],
        begun_at=instant_of(row[2]),
        request=json.loads(row[3]),
        quote=json.loads(row[4]),
        change=json.loads(row[5]),
        parked_at=_instant(row[6]),
        is_ready=bool(row[7]),
        deliver_at=_instant(row[8]),
        trouble=row[9],
    )


@dataclass(frozen=True, slots=True)
class PartRow:
    """A payment of a sale as the journal has it."""

    payment_id: UUID
    n: int
    tender: str
    state: str
    amount_minor: int
    change_minor: int
    reference: str | None
    provider_reference: str | None
    phone_last3: str | None


def parts_of(connection: Connection, sale_id: UUID) -> list[PartRow]:
    """Return the payments of a sale, in order."""
    rows: Any = connection.exec_driver_sql(
        "SELECT payment.id, n, tender, payment.state, amount_minor, change_minor, reference, "
        "provider_reference, phone_last3 FROM sale JOIN payment ON sale_place = sale.place "
        "WHERE sale.id = ? ORDER BY n",
        (sale_id.bytes,),
    ).all()
    return [PartRow(UUID(bytes=row[0]), *row[1:]) for row in rows]


def due_payments(connection: Connection, now: datetime, limit: int) -> list[UUID]:
    """Return the payments to ask about now: first those somebody stands here for, then the longest due."""
    rows = connection.exec_driver_sql(
        "SELECT id FROM provider_payment LEFT JOIN pending_sale USING (sale_id) "
        "WHERE ask_at IS NOT NULL AND ask_at <= ? "
        "ORDER BY pending_sale.sale_id IS NULL OR parked_at IS NOT NULL, ask_at LIMIT ?",
        (milliseconds_of(now), limit),
    )
    return [UUID(bytes=row[0]) for row in rows.all()]


def next_due_at(connection: Connection) -> datetime | None:
    """Return when something is next to be asked or delivered, None while nothing waits."""
    found: int | None = connection.exec_driver_sql(
        "SELECT min(at) FROM (SELECT min(ask_at) AS at FROM provider_payment WHERE ask_at IS NOT NULL "
        "UNION ALL SELECT min(deliver_at) FROM pending_sale WHERE is_ready = 1)"
    ).scalar()
    return None if found is None else instant_of(found)


def open_ids(connection: Connection) -> Sequence[UUID]:
    """Return the payments that are asked about or wait for a person, the oldest first."""
    rows = connection.exec_driver_sql(
        "SELECT id FROM provider_payment WHERE ask_at IS NOT NULL OR attention <> '' ORDER BY begun_at, id"
    )
    return [UUID(bytes=row[0]) for row in rows.all()]


def payment_of_reference(connection: Connection, provider: str, reference: str) -> UUID | None:
    """Return the payment with this reference of ours at a provider, or whose refund has it."""
    found: bytes | None = connection.exec_driver_sql(
        "SELECT id FROM provider_payment WHERE provider = ?1 AND reference = ?2 UNION ALL "
        "SELECT id FROM provider_payment WHERE refund_reference = ?2 AND provider = ?1 LIMIT 1",
        (provider, reference),
    ).scalar()
    return None if found is None else UUID(bytes=found)


def find_by_text(connection: Connection, text: str) -> tuple[UUID, UUID | None] | None:
    """Return the sale a text names, and the payment where it names one: ids or a reference."""
    try:
        key = UUID(text).bytes
    except ValueError:
        key = b""
    row: Any = connection.exec_driver_sql(
        "SELECT sale_id, id FROM provider_payment WHERE id = ?1 OR reference = ?2 "
        "OR (provider_reference = ?2 AND ?2 <> '') "
        "UNION ALL SELECT id, NULL FROM sale WHERE id = ?1 LIMIT 1",
        (key, text),
    ).first()
    if row is None:
        return None
    return UUID(bytes=row[0]), None if row[1] is None else UUID(bytes=row[1])


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A raw answer, for managers."""

    at: datetime
    call: str
    http_status: int | None
    outcome: str
    body: str


def answers_of(connection: Connection, payment_id: UUID) -> list[AnswerRow]:
    """Return what a provider answered about a payment, in order."""
    rows: Any = connection.exec_driver_sql(
        "SELECT at, call, http_status, outcome, body FROM provider_answer WHERE payment_id = ? ORDER BY key",
        (payment_id.bytes,),
    ).all()
    return [AnswerRow(instant_of(row[0]), *row[1:]) for row in rows]


def purge_answers(connection: Connection, before: datetime) -> int:
    """Forget raw answers and payers older than an instant; returns how many answers went."""
    cut = milliseconds_of(before)
    gone = connection.exec_driver_sql("DELETE FROM provider_answer WHERE at < ?", (cut,)).rowcount
    connection.exec_driver_sql(
        "UPDATE provider_payment SET pay_by = NULL, step = NULL "
        "WHERE begun_at < ? AND pay_by IS NOT NULL AND ask_at IS NULL",
        (cut,),
    )
    connection.exec_driver_sql("DELETE FROM message WHERE made_at < ? AND send_at IS NULL", (cut,))
    return gone


def _instant(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else instant_of(milliseconds)
