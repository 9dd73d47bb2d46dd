"""The durable step: one sale for cash, from counted money to a token that is on disk (formats §6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.domain.permissions import Actor, Permission
from pos.domain.price_terms import Adjustment
from pos.errors import UserError
from pos.models.ledger_book import Book
from pos.models.queries.selling import KnownSale, find_sale
from pos.models.uow import Units, WriteUnit
from pos.services.approval import Approval, require
from pos.services.delivery import CheckoutRules, Delivery, Sale, sale_at
from pos.services.fraud_hold import FraudHold
from pos.services.key_holders import VAULT, RemoteHolder
from pos.services.quoting import Quote, Quoting
from pos.services.remote_delivery import RemoteDelivery, reserve, store_request
from pos.services.sale_preparation import DuplicateSaleError, Prepared, SalePreparation, check_same
from pos.services.sale_values import SaleKind, SaleRequest, SaleResult
from pos.system.clock import Clock
from pos.system.ids import new_id
from pos.tokens.vault import Vault


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
        fraud: FraudHold | None = None,
    ) -> None:
        """Wire the parts; `rules` is asked at each sale, so that a changed setting counts at once.

        Each of `guards` is asked before a sale and raises its Stop: no room on the disk, a forked book.
        """
        self._units = units
        self._book = book
        self._delivery = delivery
        self._clock = clock
        self._vault = vault
        self._remote_holders = remote_holders
        self.preparation = SalePreparation(
            clock,
            quoting,
            vault=vault,
            rules=rules,
            remote_holders=remote_holders,
            guards=guards,
            fraud=fraud,
        )

    def trial_vend(
        self, request: SaleRequest, actor: Actor, *, adjustments: Sequence[Adjustment] = ()
    ) -> Quote:
        """Price a sale without selling: the very lines the sale would have; `adjustments` are its fees.

        Raises:
            UserError: as `Quoting.quote`, `permission.denied`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.read() as connection:
            return self.preparation.trial(connection, request, adjustments)

    def sell(self, request: SaleRequest, actor: Actor, *, approval: Approval | None = None) -> SaleResult:
        """Sell for cash that is counted: payment, token, books and receipt in one write unit.

        The same sale id with the same parameters returns the same token and sells nothing again. With a
        remote key holder the payment is written first, the token when the holder answers.

        Raises:
            UserError: `permission.denied`, `sale.id_conflict`, `sale.duplicate`, `sale.tendered`,
                `shift.cannot_open`, `float.empty`, `envelope.*`, `clock.confirm`, and as `trial_vend`;
                VaultError, TidError, KeyDataError: `vault.locked`, `key.*`, `tid.*`, `token.data`.
            ApprovalNeeded: another token for the same meter above the limit.
            MachineFault: `clock.back`, `disk.*`.
        """
        require(actor, Permission.SALE_CREATE)
        self.preparation.ask_guards()
        with self._units.write() as unit:
            known = find_sale(unit.connection, request.sale_id)
            if known is not None and (known.delivered_place is not None or known.state != "paid"):
                return _repeat(unit.connection, request, known)
            if known is None:
                prepared = self.preparation.prepare(unit.connection, request, actor, approval=approval)
                holder = self.preparation.first_holder(request.kind, prepared.quote.meter)
                if holder == VAULT:
                    return self._deliver_now(unit, prepared)
                self._take_payment(unit, prepared, holder)
            else:
                check_same(request, known)
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

    def _deliver_now(self, unit: WriteUnit, prepared: Prepared) -> SaleResult:
        sale = self.preparation.sale(prepared, VAULT, _cash(prepared))
        if prepared.request.kind is SaleKind.ENERGY:
            item = self._delivery.add_vault_token(
                unit.connection,
                sale["items"][0],
                prepared.quote.meter,
                at=prepared.at,
                money_minor=prepared.quote.item.money_minor,
            )
            sale |= {"items": [item]}
        return self._delivery.record(
            unit,
            sale,
            actor=prepared.actor,
            shift=prepared.shift,
            approved_by=prepared.approved_by,
            request_sha=prepared.request.fingerprint(),
        )

    def _take_payment(self, unit: WriteUnit, prepared: Prepared, holder: str) -> None:
        """Unit 1 of a remote delivery: the money, the frozen quote, the request as it will be sent."""
        sale = self.preparation.sale(prepared, holder, _cash(prepared))
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
        reserve(
            unit.connection, prepared.quote, prepared.request.sale_id, supplier_minor=prepared.supplier_minor
        )
        store_request(unit.connection, sale)


def _cash(prepared: Prepared) -> list[Sale]:
    payment: Sale = {
        "payment_id": str(new_id(prepared.at)),
        "tender": "cash",
        "amount_minor": prepared.quote.item.money_minor,
        "change_minor": prepared.change_minor,
    }
    return [payment]


def _repeat(connection: Connection, request: SaleRequest, known: KnownSale) -> SaleResult:
    check_same(request, known)
    if known.delivered_place is None:
        raise UserError("sale.not_delivered", f"This sale is {known.state}: no token was issued for it.")
    return sale_at(connection, known.delivered_place, is_repeat=True)


__all__ = ["Checkout", "DuplicateSaleError"]
