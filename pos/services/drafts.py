"""Sales that are begun and not paid: held, recalled, listed, dropped; they survive a power cut."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pos.domain.canonical import JsonObject, canonical_bytes
from pos.domain.permissions import Actor, Permission
from pos.errors import UserError
from pos.models.queries.selling import find_sale
from pos.models.stored import instant_of, milliseconds_of
from pos.models.uow import Units
from pos.services.approval import require
from pos.system.clock import Clock


@dataclass(frozen=True, slots=True)
class Draft:
    """A sale as far as it was typed; `body` belongs to the screen that holds it."""

    sale_id: UUID
    operator_key: int
    changed_at: datetime
    body: JsonObject


class Drafts:
    """Keeps drafts. Everybody who may sell sees all of this till: a customer may come back to a colleague."""

    def __init__(self, units: Units, clock: Clock) -> None:
        """Wire the parts."""
        self._units = units
        self._clock = clock

    def hold(self, sale_id: UUID, actor: Actor, *, body: JsonObject) -> None:
        """Keep a draft, or what has become of it since.

        Raises:
            UserError: `permission.denied`, `sale.id_conflict` (it is paid for already); JsonError `json.*`.
        """
        require(actor, Permission.SALE_CREATE)
        text = canonical_bytes(body).decode()
        with self._units.write() as unit:
            if find_sale(unit.connection, sale_id) is not None:
                raise UserError("sale.id_conflict", "This sale is no draft any more.")
            unit.connection.exec_driver_sql(
                "INSERT INTO draft (sale_id, operator_key, changed_at, body) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (sale_id) DO UPDATE SET operator_key = excluded.operator_key, "
                "changed_at = excluded.changed_at, body = excluded.body",
                (sale_id.bytes, actor.key, milliseconds_of(self._clock.now()), text),
            )

    def recall(self, sale_id: UUID, actor: Actor) -> Draft:
        """Return a draft; it stays until it is sold or discarded.

        Raises:
            UserError: `permission.denied`, `draft.unknown`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.read() as connection:
            row: Any = connection.exec_driver_sql(f"{_DRAFTS} WHERE sale_id = ?", (sale_id.bytes,)).first()
        if row is None:
            raise UserError("draft.unknown", "This draft was sold or discarded meanwhile.")
        return _draft(row)

    def list(self, actor: Actor) -> list[Draft]:
        """List all drafts of the till, the latest first.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.read() as connection:
            rows: Any = connection.exec_driver_sql(f"{_DRAFTS} ORDER BY changed_at DESC, sale_id").all()
        return [_draft(row) for row in rows]

    def discard(self, sale_id: UUID, actor: Actor) -> None:
        """Drop a draft; nothing was paid, so nothing is written into the books.

        Raises:
            UserError: `permission.denied`, `draft.unknown`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.write() as unit:
            gone = unit.connection.exec_driver_sql("DELETE FROM draft WHERE sale_id = ?", (sale_id.bytes,))
            if gone.rowcount == 0:
                raise UserError("draft.unknown", "This draft was sold or discarded meanwhile.")


_DRAFTS = "SELECT sale_id, operator_key, changed_at, body FROM draft"


def _draft(row: Any) -> Draft:
    return Draft(UUID(bytes=row[0]), row[1], instant_of(row[2]), json.loads(row[3]))
