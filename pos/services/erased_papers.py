"""Receipts without the person: what is left of a paper when a customer is erased."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.journal import parse_instant
from pos.models.packing import pack_document
from pos.models.queries.selling import read_line_at
from pos.models.stored import milliseconds_of
from pos.models.uow import WriteUnit
from pos.printing.document import sha256_of
from pos.printing.document_json import document_bytes
from pos.printing.receipt import receipt_document
from pos.services.papers import ShopPapers
from pos.system.clock import Clock

_PAPERS = """
SELECT document.place FROM sale_item JOIN sale ON sale.place = sale_item.sale_place
JOIN document ON document.place = sale.delivered_place
WHERE sale_item.meter_key = ? AND document.kind = 'receipt' AND document.erased_at IS NULL
"""


class ErasedPapers:
    """Writes the stored receipts of meters anew, from their journal lines, without a name or an address."""

    def __init__(self, papers: ShopPapers, clock: Clock) -> None:
        """Take words and seller from `papers`."""
        self._papers = papers
        self._clock = clock

    def erase_person(self, unit: WriteUnit, meter_keys: Sequence[int]) -> None:
        """Replace the papers of these meters inside the write unit; their lines name nobody anyway."""
        connection, at = unit.connection, self._clock.now()
        for place in _places(connection, meter_keys):
            line = read_line_at(connection, place)
            body = self._anonymous(connection, json.loads(line))
            connection.exec_driver_sql(
                "UPDATE document SET body = ?, sha256 = ?, erased_at = ? WHERE place = ?",
                (pack_document(body, line), bytes.fromhex(sha256_of(body)), milliseconds_of(at), place),
            )

    def _anonymous(self, connection: Connection, line: dict[str, Any]) -> bytes:
        sale = line["body"]["sale"]
        cashier: str = connection.exec_driver_sql(
            "SELECT name FROM operator WHERE id = ?", (UUID(line["actor"]).bytes,)
        ).scalar_one()
        at: datetime = parse_instant(line["at"])
        context = self._papers.context(connection, sale, cashier=cashier, at=at)
        return document_bytes(receipt_document(sale, replace(context, customer=None)))


def _places(connection: Connection, meter_keys: Sequence[int]) -> Iterator[int]:
    for key in meter_keys:
        yield from connection.exec_driver_sql(_PAPERS, (key,)).scalars().all()
