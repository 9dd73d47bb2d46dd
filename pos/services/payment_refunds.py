"""Giving money of an undelivered sale back as it came: cash from the drawer, the rest by its provider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from pos.domain.payment_reports import Report, Source
from pos.domain.permissions import Actor, Permission
from pos.domain.receipt_number import receipt_number
from pos.domain.recovery_values import REFUND_CASES, Act, PaymentCase
from pos.domain.refund_recovery import RefundDecision, RefundRecovery, RefundRule
from pos.domain.states import PaymentState, SaleState
from pos.errors import UserError
from pos.gateways.base import Answer, PaymentGateway
from pos.models.ledger_book import read_head, take_number
from pos.models.queries.payments import PartRow, parts_of
from pos.models.queries.selling import find_sale
from pos.models.uow import Units, WriteUnit
from pos.services.approval import Approval, require
from pos.services.delivery import CheckoutRules, needed_shift
from pos.services.issuing import store_slip
from pos.services.payment_asking import SLOW_SCHEDULE, Gateways
from pos.services.payment_lines import PaymentLines
from pos.services.payment_pending import drop_pending
from pos.services.payment_settling import no_more_due, operator_by_id
from pos.services.payment_store import (
    ProviderPayment,
    RefundBy,
    find_payment,
    get_payment,
    keep_answer,
    save_payment,
)
from pos.services.refunds import CreditNotes, check_drawer, frozen_quote
from pos.system.clock import Clock
from pos.system.ids import new_id


class PaymentRefunds:
    """Refunds each part of a sale whose money is due back; a provider's final word is waited for."""

    def __init__(
        self,
        units: Units,
        *,
        clock: Clock,
        gateways: Gateways,
        lines: PaymentLines,
        papers: CreditNotes,
        rules: Callable[[], CheckoutRules],
    ) -> None:
        """Wire the parts; `rules` names the printer."""
        self._units = units
        self._clock = clock
        self._gateways = gateways
        self._lines = lines
        self._papers = papers
        self._rules = rules

    def make(self, sale_id: UUID, actor: Actor, *, reason: str, approval: Approval | None = None) -> None:
        """Give every part back by its own tender; an approval is for the sale's id.

        A provider's part is `refund_pending` until the provider says it is done; refused, it is due again.

        Raises:
            UserError: `refund.not_due`, `refund.cash_short`, `shift.cannot_open`, `permission.denied`,
                `approval.*`, `provider.not_set_up`.
            ApprovalNeeded: `permission.approval_needed`.
        """
        with self._units.write() as unit:
            sent = self._begin(unit, sale_id, actor, reason=reason, approval=approval)
        for payment_id in sent:
            self.send(payment_id)

    def send(self, payment_id: UUID) -> None:
        """Let a stored refund leave, and apply the reply."""
        payment, gateway = self._find(payment_id)
        if gateway is not None:
            answer = gateway.refund(payment.refund_request())
            self._hear(payment, answer.report(Source.REPLY), answer)

    def ask(self, payment_id: UUID) -> None:
        """Ask the provider what became of the refund of a payment, and apply the answer."""
        payment, gateway = self._find(payment_id)
        if gateway is None:
            self._postpone(payment_id)
            return
        answer = gateway.ask_refund(payment.refund_request())
        self._hear(payment, answer.report(Source.POLL), answer)

    def resolve(
        self, payment_id: UUID, report: Report, *, actor: UUID, approved_by: UUID | None, unit: WriteUnit
    ) -> None:
        """Apply what a person says about a refund under way, inside the write unit at hand."""
        payment = get_payment(unit.connection, payment_id)
        assert payment.refund_by is not None, "it was sent"
        by = replace(payment.refund_by, actor=actor, approved_by=approved_by or payment.refund_by.approved_by)
        payment = replace(payment, attention=payment.attention - REFUND_CASES)
        self._apply(unit, payment, report, by=by)

    def _begin(
        self, unit: WriteUnit, sale_id: UUID, actor: Actor, *, reason: str, approval: Approval | None
    ) -> list[UUID]:
        connection = unit.connection
        known = find_sale(connection, sale_id)
        if known is None or known.state != SaleState.REFUND_DUE:
            raise UserError("refund.not_due", "No money is due back for this sale.")
        needed_shift(connection)
        due = [part for part in parts_of(connection, sale_id) if part.state == PaymentState.SUCCEEDED]
        if not due:
            raise UserError("refund.not_due", "What is due back is under way to the customer already.")
        cash_minor = sum(part.amount_minor for part in due if part.tender == "cash")
        check_drawer(connection, read_head(connection), cash_minor)
        approved_by = require(actor, Permission.REFUND_MAKE, approval=approval, subject=str(sale_id))
        no_more_due(connection, sale_id, self._clock.now())
        by = RefundBy(actor.id, approved_by, reason)
        sent = []
        for part in due:
            payment = find_payment(connection, part.payment_id)
            if payment is None:
                self._give_back(unit, sale_id, part, by=by)
            else:
                sent.append(self._store(unit, payment, by))
        return sent

    def _store(self, unit: WriteUnit, payment: ProviderPayment, by: RefundBy) -> UUID:
        """Write the refund down with its own reference before it leaves."""
        gateway, now = self._gateways().get(payment.provider), self._clock.now()
        if gateway is None:
            raise UserError("provider.not_set_up", "This provider is not set up on this till.")
        reference = gateway.reference_for(new_id(now), now)
        asked = replace(payment, refund_reference=reference, refund_by=by, refund=RefundRecovery())
        decision = self._rule(asked).send(asked.recovery, RefundRecovery(), now)
        self._take(unit, asked, decision, by=by)
        return payment.id

    def _hear(self, asked: ProviderPayment, report: Report, answer: Answer) -> None:
        with self._units.write() as unit:
            payment = get_payment(unit.connection, asked.id)
            keep_answer(unit.connection, asked.id, answer)
            if payment.refund_reference != asked.refund_reference:
                # It was refused and made anew meanwhile: this answer is about the one before.
                return
            by = payment.refund_by
            assert by is not None, "it was sent"
            payment = replace(payment, reason=answer.reason.value, code=answer.code)
            is_again = self._apply(unit, payment, report, by=by)
        if is_again:
            self.send(asked.id)

    def _apply(self, unit: WriteUnit, payment: ProviderPayment, report: Report, *, by: RefundBy) -> bool:
        """Apply one report; returns whether the same refund is to be sent again now."""
        assert payment.refund is not None, "it was sent"
        now, rule = self._clock.now(), self._rule(payment)
        decision = rule.hear(payment.stored, payment.recovery, payment.refund, report=report, now=now)
        actions = decision.payment.actions
        is_again = any(action.act is Act.REFUND for action in actions)
        if is_again:
            decision = rule.send(decision.payment.recovery, decision.refund, now)
        alarm = rule.due(decision.payment.recovery, decision.refund, now)
        cases = {action.case for action in (*actions, *alarm.payment.actions) if action.case is not None}
        payment = replace(payment, attention=payment.attention | cases)
        kept = replace(decision.payment, recovery=alarm.payment.recovery)
        self._take(unit, payment, replace(decision, payment=kept), by=by)
        for case in sorted(cases):
            self._lines.case_opened(unit, payment, case, actor=by.actor)
        return is_again

    def _take(
        self, unit: WriteUnit, payment: ProviderPayment, decision: RefundDecision, *, by: RefundBy
    ) -> None:
        recovery = decision.payment.recovery
        for move in decision.payment.moves:
            self._lines.moved(unit, payment, move, actor=by.actor, approved_by=by.approved_by)
        is_pending = recovery.state is PaymentState.REFUND_PENDING
        saved = replace(
            payment,
            recovery=recovery,
            refund=decision.refund,
            ask_at=decision.refund.next_ask_at if is_pending else None,
            attention=_attention(payment, decision),
        )
        save_payment(unit.connection, saved)
        if decision.payment.moves and recovery.state is PaymentState.REFUNDED:
            parts = parts_of(unit.connection, payment.sale_id)
            part = next(one for one in parts if one.payment_id == payment.id)
            self._give_back(unit, payment.sale_id, part, by=by)

    def _give_back(self, unit: WriteUnit, sale_id: UUID, part: PartRow, *, by: RefundBy) -> None:
        """Write that a part is given back, with its credit note in the series of the receipts."""
        connection, head = unit.connection, read_head(unit.connection)
        quote = frozen_quote(connection, sale_id)
        taken = take_number(connection, "receipt_last")
        number = receipt_number(head.till_code, taken, is_training=head.is_training)
        recorded = self._lines.closed(
            unit,
            sale_id,
            SaleState.REFUNDED,
            amount_minor=part.amount_minor,
            reason=by.reason,
            actor=by.actor,
            payment_id=part.payment_id,
            document_number=number,
            approved_by=by.approved_by,
        )
        if quote is not None:
            note = self._papers.credit_note(
                connection,
                quote | {"money_minor": part.amount_minor, "tender": part.tender},
                number=number,
                reason=by.reason,
                actor=operator_by_id(connection, by.actor),
                at=recorded.at,
            )
            printer, is_cash = self._rules().printer, part.tender == "cash"
            store_slip(connection, recorded, "credit_note", note, printer=printer, opens_drawer=is_cash)
        known = find_sale(connection, sale_id)
        if known is not None and known.state == SaleState.REFUNDED:
            drop_pending(connection, sale_id)

    def _find(self, payment_id: UUID) -> tuple[ProviderPayment, PaymentGateway | None]:
        with self._units.read() as connection:
            payment = get_payment(connection, payment_id)
        return payment, self._gateways().get(payment.provider)

    def _postpone(self, payment_id: UUID) -> None:
        with self._units.write() as unit:
            payment = get_payment(unit.connection, payment_id)
            at = SLOW_SCHEDULE.next_ask(self._clock.now(), self._clock.now())
            attention = payment.attention | {PaymentCase.UNRESOLVED}
            save_payment(unit.connection, replace(payment, ask_at=at, attention=attention))

    def _rule(self, payment: ProviderPayment) -> RefundRule:
        gateway = self._gateways().get(payment.provider)
        return RefundRule(SLOW_SCHEDULE if gateway is None else gateway.profile.schedule)


def _attention(payment: ProviderPayment, decision: RefundDecision) -> frozenset[PaymentCase]:
    """A new refund begins without the marks of the one before, and one that was made needs nobody."""
    ends = (PaymentState.REFUND_PENDING, PaymentState.REFUNDED)
    is_over = any(move.after in ends for move in decision.payment.moves)
    return payment.attention - REFUND_CASES if is_over else payment.attention
