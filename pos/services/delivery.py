"""Delivering what is paid: receipt number, document, journal line, print job, in the write unit at hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.envelope import EnvelopeError, EnvelopeLeft
from pos.domain.permissions import Actor
from pos.domain.receipt_number import receipt_number
from pos.errors import UserError
from pos.models.ledger_book import Book, Recorded, read_head, take_number
from pos.models.packing import pack_document
from pos.models.queries.selling import (
    OpenShift,
    SellingMeter,
    envelope_in_force,
    find_selling_meter,
    open_shift,
    read_line_at,
    reserved_minor,
)
from pos.models.stored import milliseconds_of
from pos.models.uow import WriteUnit
from pos.services.key_holders import VAULT
from pos.services.sale_values import SaleResult
from pos.services.token_vending import Issued, TokenVending
from pos.services.trusted_clock import token_instant
from pos.system.clock import Clock

Sale = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CheckoutRules:
    """The settings a sale obeys."""

    currency: str
    language: str
    duplicate_minutes: int = 30
    duplicate_limit_minor: int = 0
    """Another token for the same meter above this needs a supervisor."""
    smallest_coin_minor: int = 1
    printer: str = ""
    """Its address; empty where the till has none."""


class Papers(Protocol):
    """Writes the paper of a sale as a document, inside the write unit."""

    def receipt(
        self, connection: Connection, sale: Mapping[str, Any], *, actor: Actor, at: datetime
    ) -> bytes:
        """Return the canonical JSON of the receipt of `sale`, which lacks only `document_sha256`."""
        ...

    def sha256_of(self, document: bytes) -> str:
        """Return the hash of a document, 64 hex digits."""
        ...


class Delivery:
    """Turns paid sales into delivered ones."""

    def __init__(
        self,
        book: Book,
        *,
        clock: Clock,
        vending: TokenVending,
        papers: Papers,
        rules: Callable[[], CheckoutRules],
    ) -> None:
        """Wire the parts; `rules` is asked at each sale, so that a changed setting counts at once."""
        self._book = book
        self._clock = clock
        self._vending = vending
        self._papers = papers
        self._rules = rules

    def add_vault_token(
        self, connection: Connection, item: Sale, meter: SellingMeter, *, at: datetime, money_minor: int
    ) -> Sale:
        """Return the item with a token of the vault, inside what the envelope leaves.

        Raises:
            EnvelopeError: `envelope.*`. VaultError: `vault.locked`, `key.*`. TidError: `tid.*`.
        """
        tenths = item["token_units_tenths"]
        check_envelope(connection, money_minor=money_minor, units_milli=tenths * 100, at=at)
        return with_tokens(item, self._vending.credit(connection, meter, tenths=tenths, at=at))

    def deliver_quote(self, unit: WriteUnit, quote: Sale, actor: Actor) -> SaleResult:
        """Deliver a paid, frozen quote, with a token of the vault if it buys one.

        Raises:
            UserError: `shift.cannot_open`, `meter.unknown`; as `add_vault_token`.
        """
        item = quote["items"][0]
        meter = find_selling_meter(unit.connection, item["meter"]["drn"])
        if meter is None:
            raise UserError("meter.unknown", "The meter of this sale is not known any more.")
        at = token_instant(self._clock.now(), read_head(unit.connection).trusted_at)
        # It counts as used from now on, no longer as reserved.
        unit.connection.exec_driver_sql(
            "DELETE FROM reservation WHERE sale_id = ?", (UUID(quote["sale_id"]).bytes,)
        )
        if item["item_kind"] == "token":
            item = self.add_vault_token(unit.connection, item, meter, at=at, money_minor=item["money_minor"])
        sale = {**quote, "items": [item], "holder": VAULT}
        return self.record(unit, sale, actor=actor, shift=needed_shift(unit.connection))

    def record(
        self,
        unit: WriteUnit,
        sale: Sale,
        *,
        actor: Actor,
        shift: OpenShift,
        approved_by: UUID | None = None,
        request_sha: bytes | None = None,
    ) -> SaleResult:
        """Write the delivery: receipt number, document, `sale_delivered`, arrears, print job."""
        connection, rules = unit.connection, self._rules()
        head = read_head(connection)
        number = take_number(connection, "receipt_last")
        sale = sale | {"receipt_number": receipt_number(head.till_code, number, is_training=head.is_training)}
        at = max(self._clock.now(), head.trusted_at)
        document = self._papers.receipt(connection, sale, actor=actor, at=at)
        sale = sale | {"document_sha256": self._papers.sha256_of(document)}
        recorded = self._book.record(
            unit,
            "sale_delivered",
            {"sale": sale},
            actor=actor.id,
            shift=shift.id,
            approved_by=approved_by,
        )
        _finish(connection, sale, recorded, request_sha)
        job = store_paper(connection, recorded, "receipt", document, printer=rules.printer)
        return SaleResult(recorded.place, recorded.seq, sale, is_repeat=False, print_job=job)


def needed_shift(connection: Connection) -> OpenShift:
    """Return the open shift. Raises UserError `shift.cannot_open` when there is none."""
    shift = open_shift(connection)
    if shift is None:
        raise UserError("shift.cannot_open", "No shift is open: open a shift with a counted float first.")
    return shift


def with_tokens(item: Sale, issued: Issued) -> Sale:
    """Return the item with its tokens and the key fields they were made with."""
    key = issued.key
    made_with = {
        "sgc": key.sgc,
        "ea": key.ea,
        "dkga": key.dkga,
        "krn": key.krn,
        "ti": key.ti,
        "kt": key.kt,
        "base_date": key.base_date,
    }
    return item | {"meter": item["meter"] | made_with, "tokens": list(issued.tokens)}


def check_envelope(connection: Connection, *, money_minor: int, units_milli: int, at: datetime) -> None:
    """Refuse what the offline envelope does not cover (docs/formats.md §9).

    Raises:
        EnvelopeError: `envelope.money`, `envelope.units`, `envelope.expired`.
    """
    row = envelope_in_force(connection)
    if row is None:
        raise EnvelopeError("envelope.money", "This till has no offline limit yet: nothing can be issued.")
    reserved_money_minor, reserved_units_milli = reserved_minor(connection)
    left = EnvelopeLeft(
        row.money_minor - row.used_money_minor - reserved_money_minor,
        row.units_milli - row.used_units_milli - reserved_units_milli,
        row.expires_at,
    )
    left.check(money_minor=money_minor, units_milli=units_milli, at=at)


def store_paper(
    connection: Connection, recorded: Recorded, kind: str, document: bytes, *, printer: str
) -> int | None:
    """Store a document beside its line and queue its original; returns the job's key, if any."""
    sale = json.loads(recorded.data)["body"]["sale"]
    sha256 = bytes.fromhex(sale["document_sha256"])
    connection.exec_driver_sql(
        "INSERT INTO document (place, kind, sha256, body) VALUES (?, ?, ?, ?)",
        (recorded.place, kind, sha256, pack_document(document, recorded.data)),
    )
    if not printer:
        return None
    key: int = connection.exec_driver_sql(
        "INSERT INTO print_job (place, copy, state, printer, created_at, opens_drawer) "
        "VALUES (?, 0, 'waiting', ?, ?, ?) RETURNING key",
        # A token that a phone paid for may be printed any time later: the drawer stays shut.
        (recorded.place, printer, milliseconds_of(recorded.at), int(_has_cash(sale))),
    ).scalar_one()
    return key


def _has_cash(sale: Sale) -> bool:
    return any(payment["tender"] == "cash" for payment in sale["payments"])


def sale_at(connection: Connection, delivered_place: int, *, is_repeat: bool) -> SaleResult:
    """Return a delivered sale as its journal line has it."""
    line = json.loads(read_line_at(connection, delivered_place))
    return SaleResult(delivered_place, line["seq"], line["body"]["sale"], is_repeat)


def _finish(connection: Connection, sale: Sale, recorded: Recorded, request_sha: bytes | None) -> None:
    """What a delivery changes beside the journal: the debt, the request's print, draft and reservation."""
    sale_id = UUID(sale["sale_id"]).bytes
    for item in sale["items"]:
        arrears_minor = sum(line["amount_minor"] for line in item["lines"] if line["kind"] == "arrears")
        if arrears_minor:
            connection.exec_driver_sql(
                # A pull may have changed the meter's debt and its id since the quote was frozen.
                "UPDATE meter SET arrears_minor = max(0, arrears_minor - ?1) "
                "WHERE id = ?2 OR key = (SELECT meter_key FROM meter_alias WHERE id = ?2)",
                (arrears_minor, UUID(item["meter"]["meter_id"]).bytes),
            )
    if request_sha is not None:
        connection.exec_driver_sql(
            "UPDATE sale SET request_sha = ? WHERE place = ?", (request_sha, recorded.place)
        )
    for table in ("reservation", "draft"):
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE sale_id = ?", (sale_id,))  # noqa: S608 - two names
