"""Speaking with providers about payments, and what each answer changes: one write unit an answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.payment_recovery import RecoveryRule
from pos.domain.payment_reports import Outcome, Report, Source
from pos.domain.poll_schedule import PollSchedule
from pos.domain.recovery_values import Act, Action, Decision, Move, PaymentCase, Recovery
from pos.domain.recovery_values import Delivery as Given
from pos.domain.states import PaymentState, SaleState
from pos.errors import KilotillError, MachineFault, UserError, code_of
from pos.gateways.base import Answer, PaymentGateway, StepInput
from pos.models.queries.payments import find_pending, parts_of, payment_of_reference
from pos.models.queries.selling import find_sale
from pos.models.uow import Units, WriteUnit
from pos.services.payment_lines import PaymentLines
from pos.services.payment_settling import Settling, paid_minor_of
from pos.services.payment_store import ProviderPayment, get_payment, keep_answer, put_off, save_payment
from pos.system.clock import Clock

logger = logging.getLogger(__name__)

NO_GATEWAY_RETRY = timedelta(minutes=10)
"""How soon a payment is looked at again whose provider is not set up here at the moment."""

SLOW_SCHEDULE = PollSchedule(
    paces=(),
    then_every=NO_GATEWAY_RETRY,
    grace=timedelta(minutes=10),
    resend_until=timedelta(0),
    alarm_after=timedelta(hours=1),
)
"""For a payment whose provider is not set up here at the moment."""

PASSING = frozenset(
    {
        PaymentCase.UNRESOLVED,
        PaymentCase.AMOUNT_DIFFERS,
        PaymentCase.CURRENCY_DIFFERS,
        PaymentCase.REFERENCE_DIFFERS,
    }
)
"""What needs nobody any more once the payment is final."""

Gateways = Callable[[], Mapping[str, PaymentGateway]]
"""Gives the providers that are set up now, by code."""


class Asking:
    """Sends requests, asks what became of them, and applies what is said."""

    def __init__(
        self, units: Units, *, clock: Clock, lines: PaymentLines, settling: Settling, gateways: Gateways
    ) -> None:
        """Wire the parts; `gateways` is asked each time, so that changed settings count at once."""
        self._units = units
        self._clock = clock
        self._lines = lines
        self._settling = settling
        self._gateways = gateways

    def send(self, payment_id: UUID) -> None:
        """Let a stored request leave, and apply the reply."""
        payment, gateway = self._find(payment_id)
        request = payment.request()
        if gateway is None or request is None:
            return
        self._hear(payment_id, gateway.request_payment(request), Source.REPLY)

    def note_sent(
        self, unit: WriteUnit, payment: ProviderPayment, *, actor: UUID, approved_by: UUID | None
    ) -> None:
        """Note that a payment's request leaves as soon as this write unit is on disk."""
        decision = self._rule(payment).send(payment.recovery, self._clock.now())
        for move in decision.moves:
            self._lines.moved(unit, payment, move, actor=actor, approved_by=approved_by)
        at = decision.recovery.next_ask_at
        save_payment(unit.connection, replace(payment, recovery=decision.recovery, ask_at=at))

    def go_on(self, payment_id: UUID, given: StepInput) -> None:
        """Hand over what the payer gave for a step.

        Raises:
            UserError: `payment.unknown`, `payment.no_step`, `provider.not_set_up`.
        """
        payment, gateway = self._find(payment_id)
        if gateway is None:
            raise UserError("provider.not_set_up", "This provider is not set up on this till.")
        self._hear(payment_id, gateway.continue_payment(payment.reference, given), Source.REPLY)

    def ask(self, payment_id: UUID) -> None:
        """Ask the provider what became of a payment, and apply the answer."""
        payment, gateway = self._find(payment_id)
        if gateway is None:
            self._postpone(payment_id)
            return
        self._hear(payment_id, gateway.ask_payment(payment.reference), Source.POLL)

    def put_off(self, payment_id: UUID) -> None:
        """Ask again at the usual pace about a payment that a mistake of ours kept from being asked about.

        Where it goes on, the payment is marked for a person.
        """
        gateways = self._gateways()

        def schedule(provider: str) -> PollSchedule:
            return _schedule_of(gateways.get(provider))

        with self._units.write() as unit:
            put_off(unit.connection, payment_id, schedule, self._clock.now())

    def hint(self, provider: str, reference: str) -> bool:
        """Ask soon about a payment that somebody said something about; False if it is not ours."""
        with self._units.read() as connection:
            payment_id = payment_of_reference(connection, provider, reference)
        if payment_id is None:
            return False
        self.apply(payment_id, Report(Source.HINT, Outcome.UNKNOWN))
        return True

    def resolve(
        self, payment_id: UUID, report: Report, *, actor: UUID, approved_by: UUID | None, unit: WriteUnit
    ) -> None:
        """Apply what a person or a statement says, inside the write unit at hand."""
        payment = get_payment(unit.connection, payment_id)
        rule = self._rule(payment)
        decision = self._hears(rule, payment, report, is_wanted=False)
        payment = replace(payment, attention=frozenset())
        self._take(unit, payment, decision, rule=rule, actor=actor, approved_by=approved_by, trouble="")

    def settle(self, sale_id: UUID, *, actor: UUID) -> None:
        """Bring a sale on whose payments are certain; what stands in the way is kept as its trouble."""

        def work(unit: WriteUnit, trouble: str) -> bool:
            self._settling.settle(unit, sale_id, actor=actor, trouble=trouble)
            return False

        self._with_second_try(work)

    def _hear(self, payment_id: UUID, answer: Answer, source: Source) -> None:
        if self.apply(payment_id, answer.report(source), answer):
            self.send(payment_id)

    def _hears(
        self, rule: RecoveryRule, payment: ProviderPayment, report: Report, *, is_wanted: bool
    ) -> Decision:
        return rule.hear(
            payment.stored, payment.recovery, report=report, now=self._clock.now(), is_wanted=is_wanted
        )

    def apply(self, payment_id: UUID, report: Report, answer: Answer | None = None) -> bool:
        """Apply one report in one write unit; returns whether the request is to be sent again now."""
        # Settings and key store are read before the unit begins: a sale may be waiting for its turn.
        gateways = self._gateways()

        def work(unit: WriteUnit, trouble: str) -> bool:
            payment = get_payment(unit.connection, payment_id)
            if answer is not None:
                keep_answer(unit.connection, payment_id, answer)
                payment = payment.with_answer(answer)
            is_wanted = _is_wanted(unit.connection, payment)
            rule = _rule_of(gateways.get(payment.provider))
            decision = self._hears(rule, payment, report, is_wanted=is_wanted)
            return self._take(unit, payment, decision, rule=rule, trouble=trouble)

        return self._with_second_try(work)

    def _with_second_try(self, work: Callable[[WriteUnit, str], bool]) -> bool:
        """Keep what a payment became even where its token cannot be made now: money first, token later."""
        try:
            with self._units.write() as unit:
                return work(unit, "")
        except KilotillError as error:
            if isinstance(error, MachineFault) and error.code.startswith("disk."):
                raise
            trouble = error.code
            logger.info("A paid sale cannot be delivered now: %s", trouble)
        except Exception as error:
            # The second try makes no token: a mistake there must not cost us what the provider said.
            logger.exception("A mistake of the program keeps a paid sale from its token.")
            trouble = code_of(error)
        with self._units.write() as unit:
            return work(unit, trouble)

    def _take(
        self,
        unit: WriteUnit,
        payment: ProviderPayment,
        decision: Decision,
        *,
        rule: RecoveryRule,
        trouble: str,
        actor: UUID | None = None,
        approved_by: UUID | None = None,
    ) -> bool:
        connection, now = unit.connection, self._clock.now()
        actor = actor or owner_of(connection, payment.sale_id)
        if _is_reversed_early(connection, payment, decision):
            self._reverse_early(unit, payment, decision, actor=actor)
            return False
        for move in decision.moves:
            self._lines.moved(unit, payment, move, actor=actor, approved_by=approved_by)
        decision = _with_alarm(rule, decision, now)
        cases = {action.case for action in decision.actions if action.case is not None}
        is_again = any(action.act is Act.SEND_AGAIN for action in decision.actions)
        recovery = rule.send(decision.recovery, now).recovery if is_again else decision.recovery
        saved = replace(
            payment,
            recovery=recovery,
            ask_at=_ask_at(payment, recovery, decision.actions),
            attention=_attention(payment, recovery, cases),
        )
        save_payment(connection, saved)
        for case in cases:
            self._lines.case_opened(unit, saved, case, actor=actor)
        if decision.moves and not recovery.is_open:
            self._go_on(unit, saved, actor=actor, trouble=trouble)
        return is_again

    def _go_on(self, unit: WriteUnit, payment: ProviderPayment, *, actor: UUID, trouble: str) -> None:
        """A payment became final: so may its sale."""
        known = find_sale(unit.connection, payment.sale_id)
        is_late = known is not None and known.state in (SaleState.REFUND_DUE, SaleState.REFUNDED)
        if is_late and payment.state is PaymentState.SUCCEEDED:
            self._settling.make_refund_due(
                unit,
                payment.sale_id,
                amount_minor=payment.amount_minor,
                actor=actor,
                reason="paid after the sale had ended",
            )
        else:
            self._settling.settle(unit, payment.sale_id, actor=actor, trouble=trouble)

    def _reverse_early(
        self, unit: WriteUnit, payment: ProviderPayment, decision: Decision, *, actor: UUID
    ) -> None:
        """The provider took a payment back before anything was given for it: that is a refund."""
        connection = unit.connection
        known = find_sale(connection, payment.sale_id)
        assert known is not None, "a payment has its sale"
        if known.state != SaleState.REFUND_DUE:
            self._settling.make_refund_due(
                unit,
                payment.sale_id,
                amount_minor=paid_minor_of(parts_of(connection, payment.sale_id)),
                actor=actor,
                reason="the provider took a payment back",
            )
        source = decision.moves[-1].source
        steps = (PaymentState.SUCCEEDED, PaymentState.REFUND_PENDING, PaymentState.REFUNDED)
        for before, after in pairwise(steps):
            self._lines.moved(unit, payment, Move(before, after, source, "reversed"), actor=actor)
        self._lines.closed(
            unit,
            payment.sale_id,
            SaleState.REFUNDED,
            amount_minor=payment.amount_minor,
            reason="the provider took the payment back",
            actor=actor,
            payment_id=payment.id,
        )
        recovery = replace(decision.recovery, state=PaymentState.REFUNDED, delivery=Given.CLOSED)
        saved = replace(payment, recovery=recovery, ask_at=None, attention=frozenset({PaymentCase.REVERSED}))
        save_payment(connection, saved)
        self._lines.case_opened(unit, saved, PaymentCase.REVERSED, actor=actor)

    def _find(self, payment_id: UUID) -> tuple[ProviderPayment, PaymentGateway | None]:
        with self._units.read() as connection:
            payment = get_payment(connection, payment_id)
        return payment, self._gateways().get(payment.provider)

    def _postpone(self, payment_id: UUID) -> None:
        with self._units.write() as unit:
            payment = get_payment(unit.connection, payment_id)
            at = self._clock.now() + NO_GATEWAY_RETRY
            attention = payment.attention | {PaymentCase.UNRESOLVED}
            save_payment(unit.connection, replace(payment, ask_at=at, attention=attention))

    def _rule(self, payment: ProviderPayment) -> RecoveryRule:
        return _rule_of(self._gateways().get(payment.provider))


def _rule_of(gateway: PaymentGateway | None) -> RecoveryRule:
    return RecoveryRule(_schedule_of(gateway))


def _schedule_of(gateway: PaymentGateway | None) -> PollSchedule:
    return SLOW_SCHEDULE if gateway is None else gateway.profile.schedule


def owner_of(connection: Connection, sale_id: UUID) -> UUID:
    """Return who began a sale: whose payment it is until it is resolved."""
    found: bytes = connection.exec_driver_sql(
        "SELECT operator.id FROM sale JOIN operator ON operator.key = operator_key WHERE sale.id = ?",
        (sale_id.bytes,),
    ).scalar_one()
    return UUID(bytes=found)


def _is_wanted(connection: Connection, payment: ProviderPayment) -> bool:
    """Whether somebody waits for it, and it could be sent again."""
    pending = find_pending(connection, payment.sale_id)
    return pending is not None and pending.parked_at is None and payment.pay_by is not None


def _is_reversed_early(connection: Connection, payment: ProviderPayment, decision: Decision) -> bool:
    """Whether a payment was reversed whose sale got nothing, nor can get it from a holder that was asked."""
    if decision.recovery.state is not PaymentState.REVERSED or not decision.moves:
        return False
    known = find_sale(connection, payment.sale_id)
    if known is None or known.delivered_place is not None:
        return False
    left: Any = connection.exec_driver_sql(
        "SELECT 1 FROM holder_request WHERE sale_id = ? AND state = 'left'", (payment.sale_id.bytes,)
    ).first()
    return left is None or known.state != SaleState.PAID


def _with_alarm(rule: RecoveryRule, decision: Decision, now: datetime) -> Decision:
    """Add the alarm of a payment that is open for too long."""
    due = rule.due(decision.recovery, now)
    alarms = tuple(action for action in due.actions if action.act is Act.OPEN_CASE)
    return replace(decision, recovery=due.recovery, actions=(*decision.actions, *alarms))


def _ask_at(payment: ProviderPayment, recovery: Recovery, actions: tuple[Action, ...]) -> datetime | None:
    if recovery.is_open:
        return recovery.next_ask_at
    # A late answer about a payment that goes back meanwhile must not end the questions about its refund.
    kept = payment.ask_at if recovery.state is PaymentState.REFUND_PENDING else None
    # A hint about a final payment: it is asked once more, it may have been taken back.
    return next((action.at for action in actions if action.act is Act.ASK), kept)


def _attention(
    payment: ProviderPayment, recovery: Recovery, cases: set[PaymentCase]
) -> frozenset[PaymentCase]:
    found = payment.attention | cases
    return found if recovery.is_open else found - PASSING
