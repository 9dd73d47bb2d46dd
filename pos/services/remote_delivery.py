"""Delivery by a key holder behind a network: two write units with the network between them (formats §6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import canonical_bytes
from pos.domain.permissions import Actor
from pos.errors import Rejected, Unavailable, UserError
from pos.models.ledger_book import Book
from pos.models.queries.selling import find_sale
from pos.models.stored import milliseconds_of
from pos.models.uow import Units, WriteUnit
from pos.services.delivery import Delivery, needed_shift, sale_at
from pos.services.key_holders import VAULT, HolderAnswer, HolderVerdict, RemoteHolder
from pos.services.quoting import Quote
from pos.services.sale_values import SaleResult
from pos.system.clock import Clock
from pos.tokens.names import TokenClass
from pos.tokens.vault import Vault, VaultStatus


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """A request as it was stored before it left, and where it stands."""

    holder: str
    state: str
    request: str
    quote: dict[str, Any]


def reserve(connection: Connection, quote: Quote, sale_id: UUID, *, supplier_minor: int) -> None:
    """Reserve a quote's units, charges, envelope and float: counted as used by every later quote."""
    item = quote.item
    charges = sorted(line.code for line in item.lines if line.kind.value == "charge")
    connection.exec_driver_sql(
        "INSERT INTO reservation (sale_id, item_n, meter_key, month, units_milli, free_milli, charges, "
        "carry_change_milli, arrears_minor, credit_minor, money_minor, supplier, supplier_minor) "
        "VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            sale_id.bytes,
            quote.meter.key,
            quote.month,
            item.units_milli,
            item.free_milli,
            "\n".join(charges),
            item.carry_out_milli - item.carry_in_milli,
            sum(line.amount_minor for line in item.lines if line.kind.value == "arrears"),
            -sum(line.amount_minor for line in item.lines if line.kind.value == "credit"),
            item.money_minor,
            quote.meter.supplier,
            supplier_minor,
        ),
    )


def store_request(connection: Connection, sale: dict[str, Any]) -> None:
    """Store the request to the holder of a paid, frozen `sale` as it will be sent."""
    sale_id = UUID(sale["sale_id"]).bytes
    request = {"sale_id": sale["sale_id"], "drn": sale["items"][0]["meter"]["drn"], "quote": sale}
    connection.exec_driver_sql(
        "INSERT INTO holder_request (sale_id, holder, state, request, quote) VALUES (?, ?, 'stored', ?, ?)",
        (sale_id, sale["holder"], canonical_bytes(request).decode(), canonical_bytes(sale).decode()),
    )


class RemoteDelivery:
    """Asks the holder of a paid sale, and moves on only after a final no."""

    def __init__(
        self,
        units: Units,
        book: Book,
        delivery: Delivery,
        *,
        clock: Clock,
        vault: Vault,
        holders: Mapping[str, RemoteHolder],
    ) -> None:
        """Wire the parts; `holders` are the remote ones by name."""
        self._units = units
        self._book = book
        self._delivery = delivery
        self._clock = clock
        self._vault = vault
        self._holders = holders

    def deliver(self, sale_id: UUID, actor: Actor) -> SaleResult:
        """Ask until a holder has given its answer; see `Checkout.deliver`."""
        while True:
            stored = self._mark_left(sale_id)
            if isinstance(stored, SaleResult):
                return stored
            if stored.holder == VAULT:
                with self._units.write() as unit:
                    if not _is_still_waiting(unit.connection, sale_id, stored.holder):
                        continue
                    result = self._delivery.deliver_quote(unit, stored.quote, actor)
                    _set_state(unit.connection, sale_id, "answered")
                return result
            answer = self._ask(stored)
            if answer.verdict is HolderVerdict.UNKNOWN:
                raise Unavailable(
                    "holder.no_answer",
                    "No answer yet from the token server. The sale is kept and asked again.",
                )
            if answer.verdict is HolderVerdict.FINAL_NO:
                self._move_on(sale_id, stored, answer, actor)
                continue
            _check_answer(stored, answer)
            booked = self._book_answer(sale_id, stored, answer, actor)
            if booked is not None:
                return booked

    def _mark_left(self, sale_id: UUID) -> StoredRequest | SaleResult:
        """Write down that the request leaves before it does; a delivered sale is returned instead."""
        with self._units.write() as unit:
            connection = unit.connection
            known = find_sale(connection, sale_id)
            if known is not None and known.delivered_place is not None:
                return sale_at(connection, known.delivered_place, is_repeat=True)
            row: Any = connection.exec_driver_sql(
                "SELECT holder, state, request, quote FROM holder_request WHERE sale_id = ?", (sale_id.bytes,)
            ).one_or_none()
            if known is None or row is None or known.state != "paid":
                raise UserError("sale.not_paid", "This sale is not waiting for a token.")
            connection.exec_driver_sql(
                "UPDATE holder_request SET state = 'left', asked_at = ? WHERE sale_id = ?",
                (milliseconds_of(self._clock.now()), sale_id.bytes),
            )
            return StoredRequest(row[0], row[1], row[2], json.loads(row[3]))

    def _ask(self, stored: StoredRequest) -> HolderAnswer:
        holder = self._holders.get(stored.holder)
        return HolderAnswer(HolderVerdict.UNKNOWN) if holder is None else holder.vend(stored.request)

    def _book_answer(
        self, sale_id: UUID, stored: StoredRequest, answer: HolderAnswer, actor: Actor
    ) -> SaleResult | None:
        """Unit 2; None when another caller has finished the sale meanwhile."""
        quote = stored.quote
        item = quote["items"][0]
        # The key may have changed since the quote was frozen.
        item = item | {"meter": item["meter"] | dict(answer.key), "tokens": list(answer.tokens)}
        with self._units.write() as unit:
            if not _is_still_waiting(unit.connection, sale_id, stored.holder):
                return None
            shift = needed_shift(unit.connection)
            result = self._delivery.record(unit, quote | {"items": [item]}, actor=actor, shift=shift)
            _set_state(unit.connection, sale_id, "answered")
        return result

    def _move_on(self, sale_id: UUID, stored: StoredRequest, answer: HolderAnswer, actor: Actor) -> None:
        """After a final no: the group's next holder serves the sale, or its money is due back."""
        with self._units.write() as unit:
            if not _is_still_waiting(unit.connection, sale_id, stored.holder):
                return
            following = self._next_holder(unit.connection, stored)
            if following is not None:
                unit.connection.exec_driver_sql(
                    "UPDATE holder_request SET holder = ?, state = 'stored' WHERE sale_id = ?",
                    (following, sale_id.bytes),
                )
                return
            self._make_refund_due(unit, stored, answer, actor)
            _set_state(unit.connection, sale_id, "refused")
        raise Rejected(
            "holder.refused", f"No token can be made for this sale: {answer.reason}. The money is due back."
        )

    def _next_holder(self, connection: Connection, stored: StoredRequest) -> str | None:
        sgc = stored.quote["items"][0]["meter"]["sgc"]
        text = connection.exec_driver_sql("SELECT holders FROM supply_group WHERE sgc = ?", (sgc,)).scalar()
        order: list[str] = [] if text is None else json.loads(text)
        # Head office may have taken this holder, or the whole group, away while the sale waited.
        begin = order.index(stored.holder) + 1 if stored.holder in order else 0
        for name in order[begin:]:
            if name in self._holders or (name == VAULT and self._vault.status is VaultStatus.OPEN):
                return name
        return None

    def _make_refund_due(
        self, unit: WriteUnit, stored: StoredRequest, answer: HolderAnswer, actor: Actor
    ) -> None:
        shift = needed_shift(unit.connection)
        self._book.record(
            unit,
            "sale_closed",
            {
                "sale_id": stored.quote["sale_id"],
                "state": "refund_due",
                "reason": answer.reason,
                "amount_minor": stored.quote["money_minor"],
            },
            actor=actor.id,
            shift=shift.id,
        )
        unit.connection.exec_driver_sql(
            "DELETE FROM reservation WHERE sale_id = ?", (UUID(stored.quote["sale_id"]).bytes,)
        )


def _is_still_waiting(connection: Connection, sale_id: UUID, holder: str) -> bool:
    """Whether the sale is paid, not delivered, and still with this holder: the network took its time."""
    known = find_sale(connection, sale_id)
    now_with = connection.exec_driver_sql(
        "SELECT holder FROM holder_request WHERE sale_id = ?", (sale_id.bytes,)
    ).scalar()
    return known is not None and known.state == "paid" and now_with == holder


def _check_answer(stored: StoredRequest, answer: HolderAnswer) -> None:
    """Refuse tokens that are not what was paid for; the sale stays paid and is asked about again."""
    item = stored.quote["items"][0]
    credits = [one for one in answer.tokens if one.get("token_class") == TokenClass.CREDIT]
    fits = len(credits) == 1 and all(_is_token(one) for one in answer.tokens)
    if not fits or credits[0].get("tenths") != item["token_units_tenths"] or credits[0]["tid"] is None:
        raise Unavailable(
            "holder.wrong_answer",
            "The token server's answer does not fit this sale. The sale is kept; call head office.",
        )


def _is_token(one: dict[str, Any]) -> bool:
    digits = one.get("digits")
    return isinstance(digits, str) and len(digits) == 20 and digits.isascii() and digits.isdigit()


def _set_state(connection: Connection, sale_id: UUID, state: str) -> None:
    connection.exec_driver_sql(
        "UPDATE holder_request SET state = ? WHERE sale_id = ?", (state, sale_id.bytes)
    )
