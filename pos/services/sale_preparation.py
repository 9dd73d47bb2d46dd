"""What every sale needs before its money is taken: who, when, at what price, and any reason to refuse it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.ledger import supplier_share_minor
from pos.domain.permissions import Actor, Permission, Role
from pos.domain.price_terms import Adjustment
from pos.errors import UserError
from pos.models.ledger_book import read_head
from pos.models.queries.selling import (
    KnownSale,
    OpenShift,
    RecentSale,
    SellingMeter,
    float_left_minor,
    latest_sale_to,
)
from pos.services.approval import Approval, require
from pos.services.delivery import CheckoutRules, Sale, needed_shift
from pos.services.fraud_hold import FraudHold
from pos.services.key_holders import VAULT, RemoteHolder
from pos.services.quoting import Quote, Quoting
from pos.services.sale_values import ITEM_KINDS, SaleKind, SaleRequest
from pos.services.token_vending import check_token_data, key_in_force, meter_json
from pos.services.trusted_clock import token_instant
from pos.system.clock import Clock
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

    @property
    def supplier_minor(self) -> int:
        """What the supplier gets of it."""
        return supplier_share_minor([line.to_json() for line in self.quote.item.lines])


class SalePreparation:
    """Checks and prices sales; writes nothing."""

    def __init__(
        self,
        clock: Clock,
        quoting: Quoting,
        *,
        vault: Vault,
        rules: Callable[[], CheckoutRules],
        remote_holders: Mapping[str, RemoteHolder],
        guards: Sequence[Callable[[], None]] = (),
        fraud: FraudHold | None = None,
    ) -> None:
        """Wire the parts; see `Checkout`."""
        self._fraud = fraud
        self._clock = clock
        self._quoting = quoting
        self._vault = vault
        self._rules = rules
        self._remote_holders = remote_holders
        self._guards = guards

    def ask_guards(self) -> None:
        """Raise the Stop of the first guard that has one: no room on the disk, a forked book."""
        for guard in self._guards:
            guard()

    def trial(
        self, connection: Connection, request: SaleRequest, adjustments: Sequence[Adjustment] = ()
    ) -> Quote:
        """Price a sale now. Raises as `Quoting.quote`."""
        at = max(self._clock.now(), read_head(connection).trusted_at)
        return self._quote(connection, request, at, adjustments)

    def prepare(
        self,
        connection: Connection,
        request: SaleRequest,
        actor: Actor,
        *,
        approval: Approval | None = None,
        adjustments: Sequence[Adjustment] = (),
    ) -> Prepared:
        """Check everything that can refuse a sale; nothing is written yet. Raises as `Checkout.sell`."""
        shift = own_shift(connection, actor)
        at = token_instant(self._clock.now(), read_head(connection).trusted_at)
        quote = self._quote(connection, request, at, adjustments)
        if request.kind is SaleKind.ENERGY:
            check_token_data(quote.meter, at)
        money_minor = quote.item.money_minor
        change_minor = 0 if request.tendered_minor is None else request.tendered_minor - money_minor
        if change_minor < 0:
            raise UserError("sale.tendered", "The customer gave less than the sale costs.")
        prepared = Prepared(request, actor, None, shift, at, quote, change_minor)
        if float_left_minor(connection, quote.meter.supplier) < prepared.supplier_minor:
            raise UserError(
                "float.empty", "The float with the supplier is used up: top it up before selling more."
            )
        approved_by = self._check_duplicate(connection, prepared, approval)
        if approved_by is None:
            approved_by = self._check_fraud(connection, prepared, approval)
        return Prepared(request, actor, approved_by, shift, at, quote, change_minor)

    def first_holder(self, kind: SaleKind, meter: SellingMeter) -> str:
        """Return the first key holder that can serve now; a payment without a token needs none.

        Raises:
            VaultError: `vault.locked`.
        """
        if kind is SaleKind.ARREARS:
            return VAULT
        for holder in meter.holders:
            if holder == VAULT and self._vault.status is VaultStatus.OPEN:
                return VAULT
            if holder in self._remote_holders and self._remote_holders[holder].is_reachable():
                return holder
        raise UserError("vault.locked", "The vault is locked: open it with the till's opening phrase.")

    def sale(self, prepared: Prepared, holder: str, payments: Sequence[Mapping[str, Any]]) -> Sale:
        """Return the `sale` of the journal (docs/formats.md §4), without what delivery adds."""
        request, quote = prepared.request, prepared.quote
        return self.frozen(request, quote, at=prepared.at, holder=holder, payments=payments)

    def frozen(
        self,
        request: SaleRequest,
        quote: Quote,
        *,
        at: datetime,
        holder: str,
        payments: Sequence[Mapping[str, Any]] = (),
    ) -> Sale:
        """Return the `sale` of a quote, as `sale`."""
        rules = self._rules()
        return {
            "sale_id": str(request.sale_id),
            "language": request.language or rules.language,
            "money_minor": quote.item.money_minor,
            "currency": rules.currency,
            "items": [_item(request, quote, at)],
            "payments": [dict(one) for one in payments],
            "holder": holder,
        }

    def _quote(
        self,
        connection: Connection,
        request: SaleRequest,
        at: datetime,
        adjustments: Sequence[Adjustment],
    ) -> Quote:
        coin = self._rules().smallest_coin_minor
        return self._quoting.quote(
            connection, request, at=at, smallest_coin_minor=coin, adjustments=adjustments
        )

    def _check_duplicate(
        self, connection: Connection, prepared: Prepared, approval: Approval | None
    ) -> UUID | None:
        rules, request, quote = self._rules(), prepared.request, prepared.quote
        since = prepared.at - timedelta(minutes=rules.duplicate_minutes)
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
        return require(
            prepared.actor, Permission.SALE_DUPLICATE, approval=approval, subject=str(request.sale_id)
        )

    def _check_fraud(
        self, connection: Connection, prepared: Prepared, approval: Approval | None
    ) -> UUID | None:
        """Ask for a supervisor where a rule of head office holds the sale (docs/sync.md)."""
        if self._fraud is None:
            return None
        rule = self._fraud.rule_against(
            connection,
            meter_key=prepared.quote.meter.key,
            operator_key=prepared.actor.key,
            money_minor=prepared.quote.item.money_minor,
            at=prepared.at,
        )
        if rule is None:
            return None
        subject = str(prepared.request.sale_id)
        return require(prepared.actor, Permission.SALE_DUPLICATE, approval=approval, subject=subject)


def own_shift(connection: Connection, actor: Actor) -> OpenShift:
    """Return the shift in which somebody may take money.

    Raises:
        UserError: `shift.cannot_open`, none is open; `shift.not_yours`, it is another cashier's.
    """
    shift = needed_shift(connection)
    if actor.role is Role.CASHIER and shift.operator_key != actor.key:
        raise UserError("shift.not_yours", "The open shift belongs to a colleague, who must close it first.")
    return shift


def check_same(request: SaleRequest, known: KnownSale) -> None:
    """Refuse a sale id that was used with other parameters. Raises UserError `sale.id_conflict`."""
    if known.request_sha is not None and known.request_sha != request.fingerprint():
        raise UserError("sale.id_conflict", "This sale id already belongs to another sale.")


def _item(request: SaleRequest, quote: Quote, at: datetime) -> Sale:
    """The item of the journal (docs/formats.md §4), without its tokens."""
    item: dict[str, Any] = {
        "n": 1,
        "item_kind": ITEM_KINDS[request.kind],
        "meter": meter_json(quote.meter, key_in_force(quote.meter, at)),
        "basis": quote.basis_json(),
    }
    return item | quote.item.to_json()
