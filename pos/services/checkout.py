"""The durable step: one sale for cash, from counted money to a token that is on disk (formats §6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.domain.ledger import supplier_share_minor
from pos.domain.permissions import Actor, Permission, Role
from pos.errors import UserError
from pos.models.ledger_book import Book, read_head
from pos.models.queries.selling import (
    KnownSale,
    OpenShift,
    RecentSale,
    find_sale,
    float_left_minor,
    latest_sale_to,
)
from pos.models.uow import Units, WriteUnit
from pos.services.approval import Approval, require
from pos.services.delivery import CheckoutRules, Delivery, Sale, needed_shift, sale_at
from pos.services.key_holders import VAULT, RemoteHolder
from pos.services.quoting import Quote, Quoting
from pos.services.remote_delivery import RemoteDelivery, reserve_and_store
from pos.services.sale_values import ITEM_KINDS, SaleKind, SaleRequest, SaleResult
from pos.services.token_vending import key_in_force
from pos.services.trusted_clock import token_instant
from pos.system.clock import Clock
from pos.system.ids import new_id
from pos.tokens.vault import Vault, VaultStatus


class DuplicateSaleError(UserError):
    """This meter was sold to a moment ago (`sale.duplicate`): show that token, offer it again or another."""

    def __init__(self, code: str, text: str, earlier: RecentSale) -> None:
        """Name the earlier sale."""
        super().__init__(code, text)
        self.sale_id = earlier.sale_id
        self.at = earlier.at
        self.money_minor = earlier.money_minor


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sale that nothing refuses any more."""

    request: SaleRequest
    actor: Actor
    approved_by: UUID | None
    shift: OpenShift
    at: datetime
    quote: Quote
    change_minor: int


class Checkout:
    """Sells. Every public method is one thing a cashier does."""

    def __init__(
        self,
        units: Units,
        book: Book,
        delivery: Delivery,
        *,
        clock: Clock,
        quoting: Quoting,
        vault: Vault,
        rules: Callable[[], CheckoutRules],
        remote_holders: Mapping[str, RemoteHolder],
        guards: Sequence[Callable[[], None]] = (),
    ) -> None:
        """Wire the parts; `rules` is asked at each sale, so that a changed setting counts at once.

        Each of `guards` is asked before a sale and raises its Stop: no room on the disk, a forked book.
        """
        self._guards = guards
        self._units = units
        self._book = book
        self._delivery = delivery
        self._clock = clock
        self._quoting = quoting
        self._vault = vault
        self._rules = rules
        self._remote_holders = remote_holders

    def trial_vend(self, request: SaleRequest, actor: Actor) -> Quote:
        """Price a sale without selling: the very lines the sale would have.

        Raises:
            UserError: as `Quoting.quote`, `permission.denied`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.read() as connection:
            at = max(self._clock.now(), read_head(connection).trusted_at)
            return self._quote(connection, request, at)

    def sell(self, request: SaleRequest, actor: Actor, *, approval: Approval | None = None) -> SaleResult:
        """Sell for cash that is counted: payment, token, books and receipt in one write unit.

        The same sale id with the same parameters returns the same token and sells nothing again. With a
        remote key holder the payment is written first, the token when the holder answers.

        Raises:
            UserError: `permission.denied`, `sale.id_conflict`, `sale.duplicate`, `sale.tendered`,
                `shift.cannot_open`, `float.empty`, `envelope.*`, `clock.confirm`, and as `trial_vend`;
                VaultError, TidError: `vault.locked`, `key.*`, `tid.*`.
            ApprovalNeeded: another token for the same meter above the limit.
            MachineFault: `clock.back`, `disk.*`.
        """
        require(actor, Permission.SALE_CREATE)
        for guard in self._guards:
            guard()
        with self._units.write() as unit:
            known = find_sale(unit.connection, request.sale_id)
            if known is not None and (known.delivered_place is not None or known.state != "paid"):
                return _repeat(unit.connection, request, known)
            if known is None:
                prepared = self._prepare(unit.connection, request, actor, approval)
                holder = self._first_holder(prepared)
                if holder == VAULT:
                    return self._deliver_now(unit, prepared)
                self._take_payment(unit, prepared, holder)
            else:
                _check_same(request, known)
        return self.deliver(request.sale_id, actor)

    def deliver(self, sale_id: UUID, actor: Actor) -> SaleResult:
        """Ask the key holders of a paid sale for its token, in their order, until one has answered.

        A holder that was asked and did not answer is asked again with the same request; no other serves the
        sale before its final no (docs/formats.md §6).

        Raises:
            UserError: `sale.not_paid`, `shift.cannot_open`.
            Unavailable: `holder.no_answer`; the sale stays paid and shows on the resume screen.
            Rejected: `holder.refused`; nobody can deliver, the money is now due back.
        """
        require(actor, Permission.SALE_CREATE)
        remote = RemoteDelivery(
            self._units,
            self._book,
            self._delivery,
            clock=self._clock,
            vault=self._vault,
            holders=self._remote_holders,
        )
        return remote.deliver(sale_id, actor)

    def _quote(self, connection: Connection, request: SaleRequest, at: datetime) -> Quote:
        coin = self._rules().smallest_coin_minor
        return self._quoting.quote(connection, request, at=at, smallest_coin_minor=coin)

    def _prepare(
        self, connection: Connection, request: SaleRequest, actor: Actor, approval: Approval | None
    ) -> Prepared:
        """Check everything that can refuse a sale; nothing is written yet."""
        shift = needed_shift(connection)
        if actor.role is Role.CASHIER and shift.operator_key != actor.key:
            raise UserError(
                "shift.not_yours", "The open shift belongs to a colleague, who must close it first."
            )
        at = token_instant(self._clock.now(), read_head(connection).trusted_at)
        quote = self._quote(connection, request, at)
        money_minor = quote.item.money_minor
        change_minor = 0 if request.tendered_minor is None else request.tendered_minor - money_minor
        if change_minor < 0:
            raise UserError("sale.tendered", "The customer gave less than the sale costs.")
        if float_left_minor(connection, quote.meter.supplier) < _supplier_minor(quote):
            raise UserError(
                "float.empty", "The float with the supplier is used up: top it up before selling more."
            )
        approved_by = self._check_duplicate(connection, request, quote, actor, approval, at)
        return Prepared(request, actor, approved_by, shift, at, quote, change_minor)

    def _check_duplicate(
        self,
        connection: Connection,
        request: SaleRequest,
        quote: Quote,
        actor: Actor,
        approval: Approval | None,
        at: datetime,
    ) -> UUID | None:
        rules = self._rules()
        since = at - timedelta(minutes=rules.duplicate_minutes)
        kind = ITEM_KINDS[request.kind]
        earlier = latest_sale_to(connection, quote.meter.key, item_kind=kind, since=since)
        if earlier is None:
            return None
        if not request.is_another_wanted:
            raise DuplicateSaleError(
                "sale.duplicate",
                "This meter bought a moment ago. Print that receipt again, or sell another token.",
                earlier,
            )
        if quote.item.money_minor <= rules.duplicate_limit_minor:
            return None
        return require(actor, Permission.SALE_DUPLICATE, approval=approval, subject=str(request.sale_id))

    def _first_holder(self, prepared: Prepared) -> str:
        """The first key holder of the group that can serve now; a payment without a token needs none."""
        if prepared.request.kind is SaleKind.ARREARS:
            return VAULT
        for holder in prepared.quote.meter.holders:
            if holder == VAULT and self._vault.status is VaultStatus.OPEN:
                return VAULT
            if holder in self._remote_holders and self._remote_holders[holder].is_reachable():
                return holder
        raise UserError("vault.locked", "The vault is locked: open it with the till's opening phrase.")

    def _deliver_now(self, unit: WriteUnit, prepared: Prepared) -> SaleResult:
        item = _item(prepared)
        if prepared.request.kind is SaleKind.ENERGY:
            item = self._delivery.add_vault_token(
                unit.connection,
                item,
                prepared.quote.meter,
                at=prepared.at,
                money_minor=prepared.quote.item.money_minor,
            )
        return self._delivery.record(
            unit,
            self._sale(prepared, item, VAULT),
            actor=prepared.actor,
            shift=prepared.shift,
            approved_by=prepared.approved_by,
            request_sha=prepared.request.fingerprint(),
        )

    def _take_payment(self, unit: WriteUnit, prepared: Prepared, holder: str) -> None:
        """Unit 1 of a remote delivery: the money, the frozen quote, the request as it will be sent."""
        sale = self._sale(prepared, _item(prepared), holder)
        body: JsonObject = {
            "sale_id": sale["sale_id"],
            "quote": sale,
            "payments": sale["payments"],
            "holder": holder,
        }
        recorded = self._book.record(
            unit,
            "sale_paid",
            body,
            actor=prepared.actor.id,
            shift=prepared.shift.id,
            approved_by=prepared.approved_by,
        )
        unit.connection.exec_driver_sql(
            "UPDATE sale SET request_sha = ? WHERE place = ?",
            (prepared.request.fingerprint(), recorded.place),
        )
        reserve_and_store(unit.connection, prepared.quote, sale, _supplier_minor(prepared.quote))

    def _sale(self, prepared: Prepared, item: Sale, holder: str) -> Sale:
        """The `sale` of the journal (docs/formats.md §4), without what delivery adds."""
        rules, money_minor = self._rules(), prepared.quote.item.money_minor
        payment = {
            "payment_id": str(new_id(prepared.at)),
            "tender": "cash",
            "amount_minor": money_minor,
            "change_minor": prepared.change_minor,
        }
        return {
            "sale_id": str(prepared.request.sale_id),
            "language": prepared.request.language or rules.language,
            "money_minor": money_minor,
            "currency": rules.currency,
            "items": [item],
            "payments": [payment],
            "holder": holder,
        }


def _item(prepared: Prepared) -> Sale:
    """The item of the journal (docs/formats.md §4), without its tokens."""
    quote = prepared.quote
    meter = quote.meter
    key = key_in_force(meter, prepared.at)
    item: dict[str, Any] = {
        "n": 1,
        "item_kind": ITEM_KINDS[prepared.request.kind],
        "meter": {
            "meter_id": str(meter.id),
            "drn": meter.drn,
            "sgc": meter.sgc,
            "ti": key.ti,
            "krn": key.krn,
            "kt": key.kt,
            "ea": meter.ea,
            "base_date": key.base_date,
            "dkga": meter.dkga,
        },
        "basis": quote.basis_json(),
    }
    return item | quote.item.to_json()


def _supplier_minor(quote: Quote) -> int:
    return supplier_share_minor([line.to_json() for line in quote.item.lines])


def _repeat(connection: Connection, request: SaleRequest, known: KnownSale) -> SaleResult:
    _check_same(request, known)
    if known.delivered_place is None:
        raise UserError("sale.not_delivered", f"This sale is {known.state}: no token was issued for it.")
    return sale_at(connection, known.delivered_place, is_repeat=True)


def _check_same(request: SaleRequest, known: KnownSale) -> None:
    if known.request_sha is not None and known.request_sha != request.fingerprint():
        raise UserError("sale.id_conflict", "This sale id already belongs to another sale.")
