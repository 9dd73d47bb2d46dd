"""The papers of sales: who stands on them is read here, how they look is decided in pos.printing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from pos.domain.permissions import Actor
from pos.domain.tariff import Service, Tariff
from pos.domain.tariff_json import tariff_from_json
from pos.errors import UserError
from pos.i18n.catalogue import catalogue
from pos.i18n.wording import Wording
from pos.models.packing import unpack_document
from pos.models.queries.selling import read_line_at
from pos.models.stored import bytes_of
from pos.models.uow import Units
from pos.printing.document import Document, sha256_of
from pos.printing.document_json import document_bytes, document_from_bytes
from pos.printing.fiscal import FiscalSigner
from pos.printing.parties import Counter, CustomerSnapshot, MeterFacts, Seller
from pos.printing.receipt import (
    ReceiptContext,
    marked_copy,
    payment_received_slip,
    receipt_document,
)

TENDER_NAMES = {"momo": "MTN MoMo", "airtel": "Airtel Money", "paystack": "Paystack"}
"""How providers call their own product, in every language."""


@dataclass(frozen=True, slots=True)
class PaperRules:
    """What the settings decide about papers."""

    currency: str
    footer: str = ""
    thanks: str = ""
    logo: str = ""


class ShopPapers:
    """Writes receipts and slips as documents; tariffs are kept parsed, as a stored version never changes."""

    def __init__(self, time_zone: tzinfo, signer: FiscalSigner, *, rules: Callable[[], PaperRules]) -> None:
        """Wire the parts; `rules` is asked for each paper."""
        self._time_zone = time_zone
        self._signer = signer
        self._rules = rules
        self._tariffs: dict[bytes, tuple[Tariff, str]] = {}

    def receipt(
        self, connection: Connection, sale: Mapping[str, Any], *, actor: Actor, at: datetime
    ) -> bytes:
        """Return the canonical JSON of the receipt of `sale`, which lacks only `document_sha256`."""
        context = self.context(connection, sale, cashier=actor.name, at=at)
        return document_bytes(receipt_document(sale, context))

    def payment_slip(
        self, connection: Connection, quote: Mapping[str, Any], *, actor: Actor, at: datetime
    ) -> bytes:
        """Return the numberless slip of a payment that has no token yet."""
        context = self.context(connection, quote, cashier=actor.name, at=at)
        return document_bytes(payment_received_slip(quote, context))

    def sha256_of(self, document: bytes) -> str:
        """Return the hash of a document, 64 hex digits."""
        return sha256_of(document)

    def context(
        self, connection: Connection, sale: Mapping[str, Any], *, cashier: str, at: datetime
    ) -> ReceiptContext:
        """Return all that a receipt says and its sale does not hold."""
        seller, counter = self.head(connection, cashier=cashier, at=at)
        meters = {item["meter"]["drn"]: self._meter_facts(connection, item) for item in sale["items"]}
        number = sale.get("receipt_number")
        return ReceiptContext(
            seller=seller,
            counter=counter,
            wording=Wording(catalogue(sale["language"]), sale["currency"], self._time_zone),
            customer=_customer(connection, sale),
            meters=meters,
            **({} if number is None else {"fiscal": self._signer.stamp(number)}),
        )

    def head(self, connection: Connection, *, cashier: str, at: datetime) -> tuple[Seller, Counter]:
        """Return who sells and where and when a paper is made."""
        row: Any = connection.exec_driver_sql(_SELLER).one()
        return self.seller(row), Counter(row[6], cashier, at, shift=str(row[7]))

    def seller(self, row: Any) -> Seller:
        """Return the shop as its papers name it, from a row of `_SELLER`."""
        rules = self._rules()
        return Seller(
            name=row[0],
            tin=row[1] or "",
            branch=row[2],
            address=row[4] or "",
            phone=row[5] or "",
            footer=rules.footer,
            thanks=rules.thanks,
            logo=rules.logo,
            names=TENDER_NAMES,
        )

    def _meter_facts(self, connection: Connection, item: Mapping[str, Any]) -> MeterFacts:
        service = connection.exec_driver_sql(
            "SELECT service FROM meter WHERE id = ?", (bytes_of(item["meter"]["meter_id"]),)
        ).scalar_one()
        basis = item.get("basis")
        kind = Service.WATER if service == 1 else Service.ELECTRICITY
        if basis is None:
            return MeterFacts(service=kind)
        tariff, name = self._tariff(connection, bytes_of(basis["tariff_id"]))
        return MeterFacts(tariff_name=name, service=kind, tariff=tariff)

    def _tariff(self, connection: Connection, key: bytes) -> tuple[Tariff, str]:
        found = self._tariffs.get(key)
        if found is None:
            row: Any = connection.exec_driver_sql(
                "SELECT body, coalesce(name, code) FROM tariff WHERE id = ?", (key,)
            ).one()
            found = self._tariffs[key] = tariff_from_json(json.loads(row[0])), row[1]
        return found


class StoredPapers:
    """Finds stored papers for the spool, marked where they are copies."""

    def __init__(self, units: Units) -> None:
        """Read from `units`."""
        self._units = units

    def find(self, place: int, copy: int) -> Document:
        """Return the paper of a journal place; with `copy` above 0 it says COPY n.

        Raises:
            UserError: `sale.nothing_to_reprint`, there is none (any more).
        """
        with self._units.read() as connection:
            body = connection.exec_driver_sql("SELECT body FROM document WHERE place = ?", (place,)).scalar()
            if body is None:
                raise UserError("sale.nothing_to_reprint", "There is no paper of this sale to print again.")
            data = unpack_document(body, read_line_at(connection, place))
            row: Any = connection.exec_driver_sql(_ZONE_AND_CURRENCY).one()
        document = document_from_bytes(data)
        if not copy:
            return document
        wording = Wording(catalogue(document.language), row[1], ZoneInfo(row[0]))
        return marked_copy(document, copy, wording)


_ZONE_AND_CURRENCY = (
    "SELECT organisation.time_zone, sales_point.currency FROM organisation JOIN branch "
    "ON organisation_id = organisation.id JOIN sales_point ON branch_id = branch.id LIMIT 1"
)

_SELLER = (
    "SELECT organisation.name, organisation.tin, branch.name, sales_point.name, sales_point.address, "
    "sales_point.phone, till.code, book.z_last + 1 FROM book JOIN till ON till.id = book.till_id "
    "JOIN sales_point ON sales_point.id = till.sales_point_id JOIN branch ON branch.id = branch_id "
    "JOIN organisation ON organisation.id = organisation_id"
)


def _customer(connection: Connection, sale: Mapping[str, Any]) -> CustomerSnapshot | None:
    meter_id = bytes_of(sale["items"][0]["meter"]["meter_id"])
    row: Any = connection.exec_driver_sql(
        "SELECT customer.name, customer.address, customer.area FROM meter "
        "JOIN customer ON customer.key = meter.customer_key WHERE meter.id = ?",
        (meter_id,),
    ).one_or_none()
    if row is None:
        return None
    return CustomerSnapshot(name=row[0] or "", place=", ".join(part for part in row[1:] if part))
