"""Payments by phone and card: asked for, waited for, parked, delivered; never charged or delivered twice.

What was sent is asked about with the same reference until the provider says a final word
(pos/domain/payment_recovery.py). Every answer is one write unit; no call to a provider is made inside one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.payment_reports import Outcome, Report, Source
from pos.domain.permissions import Actor, Permission
from pos.domain.price_terms import Adjustment
from pos.domain.states import PaymentState, SaleState
from pos.errors import MachineFault, Rejected, Unavailable, UserError, code_of
from pos.gateways.base import ByPhone, PaymentGateway, PaymentRequest, StepInput
from pos.gateways.requests_check import check_request
from pos.models.ledger_book import Book
from pos.models.queries.payments import (
    PendingRow,
    due_payments,
    find_pending,
    list_pending,
    next_due_at,
    open_ids,
    parts_of,
    ready_sales,
    wake_ready,
)
from pos.models.queries.selling import find_sale, open_shift
from pos.models.stored import instant_of, milliseconds_of
from pos.models.uow import Units, WriteUnit
from pos.services.approval import Approval, require, require_any
from pos.services.checkout import Checkout
from pos.services.delivery import check_envelope
from pos.services.facts import privileged_act
from pos.services.key_holders import VAULT
from pos.services.payment_asking import Asking, Gateways
from pos.services.payment_lines import PaymentLines
from pos.services.payment_parts import Part, settled_fees, share_out
from pos.services.payment_pending import insert_pending, note_change, request_of
from pos.services.payment_rest import Fees, RestPricing
from pos.services.payment_settling import (
    RETRY,
    Settling,
    operator_of,
    paid_minor_of,
)
from pos.services.payment_store import ProviderPayment, get_payment
from pos.services.payment_views import SaleView, sale_view
from pos.services.payment_ways import check_network
from pos.services.quoting import Quote
from pos.services.remote_delivery import reserve
from pos.services.sale_preparation import check_same, own_shift
from pos.services.sale_values import SaleKind, SaleRequest
from pos.system.clock import Clock
from pos.system.ids import new_id

logger = logging.getLogger(__name__)

AT_ONCE_MAX = 50
"""So many payments are asked about in one go; the next go takes the others."""


class RefundAsking(Protocol):
    """Asks about refunds that are under way, and hears people about them."""

    def ask(self, payment_id: UUID) -> None:
        """Ask the provider what became of the refund of a payment, and apply the answer."""
        ...

    def resolve(
        self, payment_id: UUID, report: Report, *, actor: UUID, approved_by: UUID | None, unit: WriteUnit
    ) -> None:
        """Apply what a person says about a refund under way, inside the write unit at hand."""
        ...


@dataclass(frozen=True, slots=True)
class Announcement:
    """What came of a sale nobody was waiting for: `delivered`, `failed` or `refund_due`."""

    key: int
    sale_id: UUID
    what: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """A sale whose requests are on disk and may leave now."""

    sale_id: UUID
    payments: tuple[UUID, ...]


class PaymentDesk:
    """Everything people and timers do with payments that are not cash in one go."""

    def __init__(
        self,
        units: Units,
        book: Book,
        checkout: Checkout,
        *,
        clock: Clock,
        gateways: Gateways,
        lines: PaymentLines,
        settling: Settling,
        asking: Asking,
        refunds: RefundAsking,
        fees: Fees,
        rest: RestPricing,
        currency: Callable[[], str],
    ) -> None:
        """Wire the parts; `gateways` is asked each time, so that changed settings count at once."""
        self._units = units
        self._book = book
        self._checkout = checkout
        self._preparation = checkout.preparation
        self._clock = clock
        self._gateways = gateways
        self._lines = lines
        self._settling = settling
        self._asking = asking
        self._refunds = refunds
        self._fees = fees
        self._rest = rest
        self._currency = currency
        self._turn = threading.Lock()

    def trial(self, request: SaleRequest, parts: Sequence[Part], actor: Actor) -> Quote:
        """Price a sale as these parts would pay for it, fees included, without selling.

        Raises:
            UserError: `permission.denied`, `provider.not_set_up`, `fee.*`; as `Checkout.trial_vend`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.read() as connection:
            fees = self._settled_fees(connection, request, parts)
            return self._preparation.trial(connection, request, fees)

    def trial_rest(self, sale_id: UUID, parts: Sequence[Part], actor: Actor) -> Quote:
        """Price a sale anew as these parts would pay what a refused part left open; nothing is asked for.

        Fees of what was paid stay, those of refused parts go, those of the new parts come.

        Raises:
            UserError: `permission.denied`, `payment.not_waiting`; as `trial`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.read() as connection:
            pending = _waiting_sale(connection, sale_id)
            paid_minor = paid_minor_of(parts_of(connection, sale_id))
            fees = self._rest_fees(connection, pending, parts, paid_minor=paid_minor)
            return self._preparation.trial(connection, request_of(pending), fees)

    def begin(
        self, request: SaleRequest, parts: Sequence[Part], actor: Actor, *, approval: Approval | None = None
    ) -> SaleView:
        """Freeze the quote, take cash parts, and ask each provider for its part.

        All of it is on disk before the first byte leaves. The same sale id with the same request begins
        nothing again and returns where the sale is.

        Raises:
            UserError: `permission.denied`, `sale.*`, `shift.*`, `float.empty`, `envelope.*`, `vault.locked`,
                `clock.confirm`, `token.data`, `payment.parts`, `provider.*`, `fee.*`.
            ApprovalNeeded: another token for the same meter above the limit.
            MachineFault: `clock.back`, `disk.*`.
        """
        return self.send(self.store(request, parts, actor, approval=approval))

    def store(
        self, request: SaleRequest, parts: Sequence[Part], actor: Actor, *, approval: Approval | None = None
    ) -> Stored:
        """Do all of `begin` but the network: what it returns is to be given to `send` at once. As `begin`."""
        require(actor, Permission.SALE_CREATE)
        self._preparation.ask_guards()
        with self._units.write() as unit:
            known = find_sale(unit.connection, request.sale_id)
            if known is None:
                sent = self._freeze(unit, request, parts, actor=actor, approval=approval)
            else:
                check_same(request, known)
                sent = []
        return Stored(request.sale_id, tuple(sent))

    def send(self, stored: Stored) -> SaleView:
        """Let the requests leave that were stored, and return where their sale is then."""
        return self._send(stored.sale_id, stored.payments)

    def pay_rest(self, sale_id: UUID, parts: Sequence[Part], actor: Actor) -> SaleView:
        """Ask for what a refused part left open; parts that succeeded stay.

        Where what was paid buys all that was asked for by now, nothing is taken and the sale is delivered.

        Raises:
            UserError: `permission.denied`, `payment.not_waiting`, `payment.under_way`, `shift.cannot_open`,
                `shift.not_yours`, `payment.parts`, `provider.*`, `fee.*`; as `Quoting.quote` where the
                fees change the price.
        """
        return self.send(self.store_rest(sale_id, parts, actor))

    def store_rest(self, sale_id: UUID, parts: Sequence[Part], actor: Actor) -> Stored:
        """Do all of `pay_rest` but the network, as `store`. Raises as `pay_rest`."""
        require(actor, Permission.SALE_CREATE)
        self._preparation.ask_guards()
        with self._units.write() as unit:
            sent = self._freeze_rest(unit, sale_id, parts, actor=actor)
            self._asking_settle(unit, sale_id, sent, actor)
        return Stored(sale_id, tuple(sent))

    def give(self, payment_id: UUID, given: StepInput, actor: Actor) -> SaleView:
        """Hand over what the payer gave for a step: an OTP, a PIN, a birthday.

        Raises:
            UserError: `permission.denied`, `payment.unknown`, `payment.no_step`, `provider.not_set_up`.
        """
        require(actor, Permission.SALE_CREATE)
        self._asking.go_on(payment_id, given)
        return self.of_payment(payment_id)

    def look(self, sale_id: UUID) -> SaleView:
        """Return where a sale is, and its token once it has one. Raises UserError `sale.unknown`."""
        with self._units.read() as connection:
            view = sale_view(connection, sale_id, self._clock.now())
        if view is None:
            raise UserError("sale.unknown", "This till knows no such sale.")
        return view

    def of_payment(self, payment_id: UUID) -> SaleView:
        """Return the sale of a payment. Raises UserError `payment.unknown`."""
        with self._units.read() as connection:
            payment = get_payment(connection, payment_id)
        return self.look(payment.sale_id)

    def stop_waiting(self, sale_id: UUID, actor: Actor) -> SaleView:
        """Serve the next customer: the sale goes on by itself, and what comes of it is announced.

        Raises:
            UserError: `permission.denied`, `sale.unknown`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.write() as unit:
            self._park(unit.connection, "sale_id = ?", sale_id.bytes)
        return self.look(sale_id)

    def waiting(self, actor: Actor) -> list[SaleView]:
        """Return the sales whose payment or delivery is under way or needs a person, the oldest first.

        Raises:
            UserError: `permission.denied`.
        """
        require_any(actor, Permission.PAYMENT_REQUERY, Permission.SALE_VIEW_ALL)
        with self._units.read() as connection:
            found = {pending.sale_id: None for pending in list_pending(connection)}
            for payment_id in open_ids(connection):
                found[get_payment(connection, payment_id).sale_id] = None
            views = [sale_view(connection, sale_id, self._clock.now()) for sale_id in found]
        return sorted((view for view in views if view is not None), key=lambda view: view.begun_at)

    def requery(self, payment_id: UUID, actor: Actor) -> SaleView:
        """Ask the provider now, whatever the schedule says.

        Raises:
            UserError: `permission.denied`, `payment.unknown`.
        """
        require(actor, Permission.PAYMENT_REQUERY)
        self._ask(payment_id)
        return self.of_payment(payment_id)

    def resolve(
        self,
        payment_id: UUID,
        actor: Actor,
        *,
        outcome: Outcome,
        reason: str,
        approval: Approval | None = None,
        source: Source = Source.PERSON,
    ) -> SaleView:
        """Say by a person or a statement what became of a payment; `reason` names the evidence.

        A payment that is final already only loses its mark. An approval is for the payment's id.

        Raises:
            UserError: `permission.denied`, `approval.*`, `payment.unknown`, `payment.reason_missing`,
                `refund.under_way`: it is the refund that somebody could say something about.
            ApprovalNeeded: `permission.approval_needed`.
        """
        report = _word_of_person(outcome, reason, source)
        with self._units.write() as unit:
            payment = get_payment(unit.connection, payment_id)
            if payment.state is PaymentState.REFUND_PENDING:
                raise UserError(
                    "refund.under_way", "This payment is going back: say what became of that instead."
                )
            approved_by = self._resolved(
                unit, payment, actor, approval=approval, report=report, after=outcome.value
            )
            self._asking.resolve(payment_id, report, actor=actor.id, approved_by=approved_by, unit=unit)
        self._deliver_ready()
        return self.of_payment(payment_id)

    def resolve_refund(
        self,
        payment_id: UUID,
        actor: Actor,
        *,
        outcome: Outcome,
        reason: str,
        approval: Approval | None = None,
    ) -> SaleView:
        """Say by a person what became of a refund that its provider does not tell, or tells of other money.

        Succeeded: the customer has the money. Failed: it did not go back, and is due again. `reason` names
        the evidence. An approval is for the payment's id.

        Raises:
            UserError: `permission.denied`, `approval.*`, `payment.unknown`, `payment.reason_missing`,
                `refund.not_under_way`.
            ApprovalNeeded: `permission.approval_needed`.
        """
        report = _word_of_person(outcome, reason, Source.PERSON)
        with self._units.write() as unit:
            payment = get_payment(unit.connection, payment_id)
            if payment.state is not PaymentState.REFUND_PENDING:
                raise UserError("refund.not_under_way", "No provider is giving this payment back.")
            after = PaymentState.REFUNDED if outcome is Outcome.SUCCEEDED else PaymentState.SUCCEEDED
            approved_by = self._resolved(
                unit, payment, actor, approval=approval, report=report, after=after.value
            )
            self._refunds.resolve(payment_id, report, actor=actor.id, approved_by=approved_by, unit=unit)
        return self.of_payment(payment_id)

    def _resolved(
        self,
        unit: WriteUnit,
        payment: ProviderPayment,
        actor: Actor,
        *,
        approval: Approval | None,
        report: Report,
        after: str,
    ) -> UUID | None:
        """Write down that a person decides about a payment; returns who let it happen."""
        subject = str(payment.id)
        approved_by = require(actor, Permission.PAYMENT_RESOLVE, approval=approval, subject=subject)
        act = privileged_act(
            Permission.PAYMENT_RESOLVE,
            "payment",
            subject,
            reason=report.reason,
            before={"state": payment.state.value},
            after={"state": after},
        )
        self._book.record(unit, "privileged_act", act, actor=actor.id, approved_by=approved_by)
        return approved_by

    def give_up(
        self, sale_id: UUID, actor: Actor, *, reason: str, approval: Approval | None = None
    ) -> SaleView:
        """End a sale that is not paid in full, or paid and cannot be delivered: its money is due back.

        An approval is for the sale's id. Nothing that was sent and is not final can be given up.

        Raises:
            UserError: `permission.denied`, `approval.*`, `payment.not_waiting`, `payment.under_way`.
            ApprovalNeeded: `permission.approval_needed`.
        """
        with self._units.write() as unit:
            self._give_up(unit, sale_id, actor, reason=reason, approval=approval)
        return self.look(sale_id)

    def hint(self, provider: str, reference: str) -> bool:
        """Ask soon about a payment that a callback spoke of; False if it is none of this till's."""
        return self._asking.hint(provider, reference)

    def next_due_at(self) -> datetime | None:
        """Return when `run_due` has something to do next, None while nothing waits."""
        with self._units.read() as connection:
            return next_due_at(connection)

    def run_due(self) -> list[Announcement]:
        """Ask about every payment that is due and deliver what became certain; returns what is new to say.

        To be called in the background, at `next_due_at` and after a hint. Two callers never ask twice. A
        mistake of ours at one payment is logged, puts that one off, and holds up no other.

        Raises:
            MachineFault: `disk.*`.
        """
        if self._turn.acquire(blocking=False):
            try:
                with self._units.read() as connection:
                    due = due_payments(connection, self._clock.now(), AT_ONCE_MAX)
                for payment_id in due:
                    self._ask_guarded(payment_id)
                self._deliver_ready()
            finally:
                self._turn.release()
        return self.announcements()

    def announcements(self) -> list[Announcement]:
        """Return what nobody has seen yet, the oldest first."""
        with self._units.read() as connection:
            rows: Any = connection.exec_driver_sql(
                "SELECT key, sale_id, what, at FROM announcement WHERE seen_at IS NULL ORDER BY key"
            ).all()
        return [Announcement(row[0], UUID(bytes=row[1]), row[2], instant_of(row[3])) for row in rows]

    def seen(self, key: int) -> None:
        """Take note that somebody has seen an announcement."""
        with self._units.write() as unit:
            unit.connection.exec_driver_sql(
                "UPDATE announcement SET seen_at = ? WHERE key = ?",
                (milliseconds_of(self._clock.now()), key),
            )

    def take_up(self) -> None:
        """After a start nobody waits at the counter any more: what comes is announced."""
        with self._units.write() as unit:
            self._park(unit.connection, "1", None)

    def deliver_waiting(self) -> None:
        """Deliver at once what is paid and waits: after a shift was opened, or the vault."""
        with self._units.write() as unit:
            wake_ready(unit.connection, self._clock.now())
        self._deliver_ready()

    def gateway(self, provider: str) -> PaymentGateway:
        """Return a provider by its code or its tender. Raises UserError `provider.not_set_up`."""
        for code, gateway in self._gateways().items():
            if provider in (code, gateway.profile.tender):
                return gateway
        raise UserError("provider.not_set_up", "This provider is not set up on this till.")

    def _send(self, sale_id: UUID, sent: Sequence[UUID]) -> SaleView:
        for payment_id in sent:
            self._asking.send(payment_id)
        self._deliver_ready()
        return self.look(sale_id)

    def _asking_settle(self, unit: WriteUnit, sale_id: UUID, sent: Sequence[UUID], actor: Actor) -> None:
        if not sent:
            self._settling.settle(unit, sale_id, actor=actor.id)

    def _freeze(
        self,
        unit: WriteUnit,
        request: SaleRequest,
        parts: Sequence[Part],
        *,
        actor: Actor,
        approval: Approval | None,
    ) -> list[UUID]:
        connection = unit.connection
        parts = self._with_codes(parts)
        fees = self._settled_fees(connection, request, parts)
        prepared = self._preparation.prepare(connection, request, actor, approval=approval, adjustments=fees)
        shared = self._shared(parts, prepared.quote.item.money_minor)
        if all(part.is_cash for part in shared):
            raise UserError("payment.parts", "A sale for cash alone is sold at once.")
        holder = self._preparation.first_holder(request.kind, prepared.quote.meter)
        if holder == VAULT and request.kind is SaleKind.ENERGY:
            item = prepared.quote.item
            units_milli = item.token_units_tenths * 100
            check_envelope(connection, money_minor=item.money_minor, units_milli=units_milli, at=prepared.at)
        reserve(connection, prepared.quote, request.sale_id, supplier_minor=prepared.supplier_minor)
        sale = self._preparation.sale(prepared, holder, ())
        insert_pending(connection, sale, request, operator_key=actor.key, at=prepared.at)
        approved_by = prepared.approved_by
        sent = self._take_parts(unit, request.sale_id, shared, actor=actor, approved_by=approved_by)
        connection.exec_driver_sql(
            "UPDATE sale SET request_sha = ?, asked_drn = ? WHERE id = ?",
            (request.fingerprint(), prepared.quote.meter.drn, request.sale_id.bytes),
        )
        connection.exec_driver_sql("DELETE FROM draft WHERE sale_id = ?", (request.sale_id.bytes,))
        return sent

    def _freeze_rest(
        self, unit: WriteUnit, sale_id: UUID, parts: Sequence[Part], *, actor: Actor
    ) -> list[UUID]:
        connection = unit.connection
        pending = _waiting_sale(connection, sale_id)
        rows = parts_of(connection, sale_id)
        _refuse_under_way(part.state for part in rows)
        own_shift(connection, actor)
        # Somebody stands here for it again.
        connection.exec_driver_sql(
            "UPDATE pending_sale SET parked_at = NULL WHERE sale_id = ?", (sale_id.bytes,)
        )
        paid_minor = paid_minor_of(rows)
        if self._rest.cover(connection, pending, paid_minor) is not None:
            return []
        parts = self._with_codes(parts)
        fees = self._rest_fees(connection, pending, parts, paid_minor=paid_minor)
        quote = self._preparation.trial(connection, request_of(pending), fees)
        shared = self._shared(parts, quote.item.money_minor - paid_minor)
        self._rest.freeze(connection, pending, quote)
        return self._take_parts(unit, sale_id, shared, actor=actor, approved_by=None)

    def _take_parts(
        self,
        unit: WriteUnit,
        sale_id: UUID,
        parts: Sequence[Part],
        *,
        actor: Actor,
        approved_by: UUID | None,
    ) -> list[UUID]:
        """Write each part's first line; returns the payments whose requests may leave now."""
        connection, currency = unit.connection, self._currency()
        sent = []
        for part in parts:
            if part.is_cash:
                payment_id = self._lines.cash_taken(
                    unit, sale_id, part.given_minor, currency=currency, actor=actor.id
                )
                if part.change_minor:
                    note_change(connection, sale_id, payment_id, part.change_minor)
                continue
            payment = self._new_payment(connection, sale_id, part)
            self._asking.note_sent(unit, payment, actor=actor.id, approved_by=approved_by)
            sent.append(payment.id)
        return sent

    def _new_payment(self, connection: Connection, sale_id: UUID, part: Part) -> ProviderPayment:
        gateway, now = self.gateway(part.provider), self._clock.now()
        payment_id, profile = new_id(now), gateway.profile
        fee = self._fee(connection, part.provider, part.given_minor)
        return ProviderPayment(
            id=payment_id,
            sale_id=sale_id,
            provider=profile.code,
            tender=profile.tender,
            reference=gateway.reference_for(payment_id, now),
            amount_minor=part.given_minor,
            currency=self._currency(),
            begun_at=now,
            fee_minor=0 if fee is None else fee.amount_minor,
            pay_by=part.pay_by,
            payer_email=part.payer_email,
        )

    def _with_codes(self, parts: Sequence[Part]) -> tuple[Part, ...]:
        """Name each provider by its code."""
        return tuple(
            part if part.is_cash else replace(part, provider=self.gateway(part.provider).profile.code)
            for part in parts
        )

    def _shared(self, parts: Sequence[Part], money_minor: int) -> tuple[Part, ...]:
        shared = share_out(parts, money_minor)
        for part in shared:
            if not part.is_cash:
                self._check_part(part)
        return shared

    def _check_part(self, part: Part) -> None:
        """Refuse a request that its provider could not take anyway, before anything is written."""
        gateway = self.gateway(part.provider)
        limits = gateway.limits(self._currency())
        most_minor = part.given_minor if limits.most_minor is None else limits.most_minor
        if not limits.least_minor <= part.given_minor <= most_minor:
            raise UserError("provider.amount", "The provider does not take this amount in one payment.")
        request = PaymentRequest(
            "", part.given_minor, self._currency(), part.pay_by, payer_email=part.payer_email
        )
        check_request(request, gateway.profile)
        if isinstance(part.pay_by, ByPhone):
            check_network(part.pay_by, gateway.profile)

    def _settled_fees(
        self, connection: Connection, request: SaleRequest, parts: Sequence[Part]
    ) -> tuple[Adjustment, ...]:
        return settled_fees(
            parts,
            lambda fees: self._price(connection, request, fees),
            lambda provider, amount: self._fee(connection, provider, amount),
        )

    def _price(self, connection: Connection, request: SaleRequest, fees: tuple[Adjustment, ...]) -> int:
        return self._preparation.trial(connection, request, fees).item.money_minor

    def _fee(self, connection: Connection, provider: str, amount_minor: int) -> Adjustment | None:
        tender = self.gateway(provider).profile.tender
        return self._fees.fee(connection, tender, amount_minor, at=self._clock.now())

    def _rest_fees(
        self, connection: Connection, pending: PendingRow, parts: Sequence[Part], *, paid_minor: int
    ) -> tuple[Adjustment, ...]:
        request, kept = request_of(pending), self._rest.kept_fees(connection, pending.sale_id)
        new = settled_fees(
            parts,
            lambda new: self._price(connection, request, (*kept, *new)) - paid_minor,
            lambda provider, amount: self._fee(connection, provider, amount),
        )
        return (*kept, *new)

    def _ask_guarded(self, payment_id: UUID) -> None:
        try:
            self._ask(payment_id)
        except MachineFault:
            raise
        except Exception:
            # A mistake of ours at one payment must not keep all others from being asked about.
            logger.exception("A payment could not be asked about: %s", payment_id)
            self._asking.put_off(payment_id)

    def _ask(self, payment_id: UUID) -> None:
        with self._units.read() as connection:
            payment = get_payment(connection, payment_id)
        if payment.state is PaymentState.REFUND_PENDING:
            self._refunds.ask(payment_id)
        else:
            self._asking.ask(payment_id)

    def _deliver_ready(self) -> None:
        with self._units.read() as connection:
            due = ready_sales(connection, self._clock.now(), AT_ONCE_MAX)
        for sale_id in due:
            self._deliver_guarded(sale_id)

    def _deliver_guarded(self, sale_id: UUID) -> None:
        try:
            self._deliver(sale_id)
        except MachineFault:
            raise
        except Exception as error:
            # Nor one paid sale all others from their tokens.
            logger.exception("A paid sale could not be delivered: %s", sale_id)
            self._postpone(sale_id, code_of(error))

    def _deliver(self, sale_id: UUID) -> None:
        """Bring a paid sale to its token, or note what keeps it from it."""
        with self._units.read() as connection:
            known, shift = find_sale(connection, sale_id), open_shift(connection)
            actor = None if shift is None else operator_of(connection, shift.operator_key)
        if known is None or actor is None:
            self._postpone(sale_id, "shift.cannot_open")
        elif known.state == SaleState.AWAITING_PAYMENT:
            self._asking.settle(sale_id, actor=actor.id)
        elif known.state == SaleState.PAID:
            self._ask_holder(sale_id, actor)
        else:
            self._clear_up(sale_id)

    def _ask_holder(self, sale_id: UUID, actor: Actor) -> None:
        try:
            self._checkout.deliver(sale_id, actor)
        except (Unavailable, UserError) as error:
            self._postpone(sale_id, error.code)
        except Rejected:
            with self._units.write() as unit:
                self._settling.refused(unit, sale_id)
        else:
            self._clear_up(sale_id)

    def _clear_up(self, sale_id: UUID) -> None:
        with self._units.write() as unit:
            known = find_sale(unit.connection, sale_id)
            if known is not None and known.delivered_place is not None:
                self._settling.finish(unit, sale_id)
            else:
                self._settling.refused(unit, sale_id)

    def _postpone(self, sale_id: UUID, trouble: str) -> None:
        with self._units.write() as unit:
            unit.connection.exec_driver_sql(
                "UPDATE pending_sale SET deliver_at = ?, trouble = ? WHERE sale_id = ?",
                (milliseconds_of(self._clock.now() + RETRY), trouble, sale_id.bytes),
            )

    def _park(self, connection: Connection, condition: str, value: bytes | None) -> None:
        at = milliseconds_of(self._clock.now())
        values = (at,) if value is None else (at, value)
        connection.exec_driver_sql(
            f"UPDATE pending_sale SET parked_at = ? WHERE {condition} AND parked_at IS NULL",  # noqa: S608 - our own
            values,
        )

    def _give_up(
        self, unit: WriteUnit, sale_id: UUID, actor: Actor, *, reason: str, approval: Approval | None
    ) -> None:
        connection = unit.connection
        known = find_sale(connection, sale_id)
        rows = parts_of(connection, sale_id)
        _refuse_under_way(part.state for part in rows)
        left = connection.exec_driver_sql(
            "SELECT 1 FROM holder_request WHERE sale_id = ? AND state = 'left'", (sale_id.bytes,)
        ).first()
        if known is None or left is not None or known.state not in _MAY_BE_GIVEN_UP:
            raise UserError("payment.not_waiting", "This sale does not wait for a payment.")
        approved_by = require(actor, Permission.REFUND_MAKE, approval=approval, subject=str(sale_id))
        self._settling.make_refund_due(
            unit,
            sale_id,
            amount_minor=paid_minor_of(rows),
            actor=actor.id,
            reason=reason,
            approved_by=approved_by,
        )
        connection.exec_driver_sql(
            "UPDATE holder_request SET state = 'refused' WHERE sale_id = ?", (sale_id.bytes,)
        )


def _word_of_person(outcome: Outcome, reason: str, source: Source) -> Report:
    if not reason.strip():
        raise UserError("payment.reason_missing", "Say what shows that the payment ended like this.")
    assert outcome in (Outcome.SUCCEEDED, Outcome.FAILED), "a person says yes or no"
    return Report(source, outcome, reason=reason.strip())


def _waiting_sale(connection: Connection, sale_id: UUID) -> PendingRow:
    known, pending = find_sale(connection, sale_id), find_pending(connection, sale_id)
    if known is None or pending is None or known.state != SaleState.AWAITING_PAYMENT:
        raise UserError("payment.not_waiting", "This sale does not wait for a payment.")
    return pending


_MAY_BE_GIVEN_UP = frozenset({SaleState.AWAITING_PAYMENT.value, SaleState.PAID.value})


def _refuse_under_way(states: Iterable[str]) -> None:
    if any(state in (PaymentState.SENT, PaymentState.UNKNOWN) for state in states):
        raise UserError(
            "payment.under_way",
            "A payment of this sale was sent and has no final answer: it cannot be taken back. "
            "Serve the next customer; the sale goes on by itself.",
        )
