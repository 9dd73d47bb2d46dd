"""The sale that waits for its payments: what was asked for, kept beside its frozen quote."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject, canonical_bytes
from pos.models.queries.payments import PendingRow, find_pending
from pos.models.stored import milliseconds_of
from pos.services.delivery import Sale
from pos.services.sale_values import SaleKind, SaleRequest


def request_of(pending: PendingRow) -> SaleRequest:
    """Return what was asked for."""
    asked = pending.request
    return SaleRequest(
        sale_id=pending.sale_id,
        drn=asked["drn"],
        money_minor=asked.get("money_minor"),
        units_milli=asked.get("units_milli"),
        kind=SaleKind(asked["kind"]),
        language=asked.get("language"),
        is_another_wanted=True,
    )


def insert_pending(
    connection: Connection, sale: Sale, request: SaleRequest, *, operator_key: int, at: datetime
) -> None:
    """Keep a frozen quote; its units and money are reserved beside it."""
    connection.exec_driver_sql(
        "INSERT INTO pending_sale (sale_id, operator_key, begun_at, request, quote, change, is_ready) "
        "VALUES (?, ?, ?, ?, ?, '{}', 0)",
        (
            request.sale_id.bytes,
            operator_key,
            milliseconds_of(at),
            canonical_bytes(_request_json(request)).decode(),
            canonical_bytes(sale).decode(),
        ),
    )


def note_change(connection: Connection, sale_id: UUID, payment_id: UUID, change_minor: int) -> None:
    """Keep what was given back for a cash part, until the sale's own line says it."""
    connection.exec_driver_sql(
        "UPDATE pending_sale SET change = json_set(change, ?, ?) WHERE sale_id = ?",
        (f'$."{payment_id}"', change_minor, sale_id.bytes),
    )


def drop_pending(connection: Connection, sale_id: UUID) -> None:
    """Forget a quote and what it reserved."""
    for table in ("pending_sale", "reservation", "draft"):
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE sale_id = ?", (sale_id.bytes,))  # noqa: S608 - our own names


def is_parked(connection: Connection, sale_id: UUID) -> bool:
    """Say whether nobody waits for a sale any more."""
    pending = find_pending(connection, sale_id)
    return pending is None or pending.parked_at is not None


def _request_json(request: SaleRequest) -> JsonObject:
    """Return a request as it is kept beside its quote."""
    asked: dict[str, Any] = {
        "drn": request.drn,
        "kind": request.kind.value,
        "money_minor": request.money_minor,
        "units_milli": request.units_milli,
        "language": request.language,
    }
    return {name: value for name, value in asked.items() if value is not None}
