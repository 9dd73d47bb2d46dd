"""The recovery rule of a refund: sent once, asked about until final, never paid twice (docs/payments.md)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pos.domain.payment_recovery import money_difference
from pos.domain.payment_reports import Outcome, Report, Source, StoredPayment
from pos.domain.poll_schedule import PollSchedule
from pos.domain.recovery_values import (
    ABSENT_ANSWERS_MIN,
    REFUND_CASES,
    Act,
    Action,
    Decision,
    Delivery,
    Move,
    PaymentCase,
    Recovery,
)
from pos.domain.states import PaymentState, check_payment_move


@dataclass(frozen=True, slots=True)
class RefundRecovery:
    """All that the rule remembers of the newest refund of a payment.

    `is_held`: the provider says that other money went back, so that only a person may close it.
    """

    sends: int = 0
    sent_at: datetime | None = None
    next_ask_at: datetime | None = None
    absent_answers: int = 0
    is_seen: bool = False
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class RefundDecision:
    """The refund after an event, and the decision about its payment."""

    refund: RefundRecovery
    payment: Decision


class RefundRule:
    """The rule for the refunds of one provider."""

    def __init__(self, schedule: PollSchedule) -> None:
        self._schedule = schedule

    def send(self, payment: Recovery, refund: RefundRecovery, now: datetime) -> RefundDecision:
        """Note, before it leaves, that a refund is sent; from then on the payment's value is never given.

        Raises:
            UserError: `payment.state`, the payment has not succeeded, or this refund may have arrived.
        """
        moves: tuple[Move, ...] = ()
        if not (payment.state is PaymentState.REFUND_PENDING and self._is_absent(refund, now)):
            check_payment_move(payment.state, PaymentState.REFUND_PENDING)
            moves = (Move(payment.state, PaymentState.REFUND_PENDING, Source.PERSON, ""),)
        closed = Delivery.CLOSED if payment.delivery is Delivery.OPEN else payment.delivery
        pending = replace(
            payment,
            state=PaymentState.REFUND_PENDING,
            delivery=closed,
            # What was said of a refund before this one is over.
            cases=payment.cases - REFUND_CASES if moves else payment.cases,
        )
        sent = replace(
            refund,
            sends=refund.sends + 1,
            sent_at=now,
            absent_answers=0,
            next_ask_at=self._schedule.next_ask(now, now),
        )
        return RefundDecision(sent, Decision(pending, moves, (_ask(sent),)))

    def hear(
        self,
        stored: StoredPayment,
        payment: Recovery,
        refund: RefundRecovery,
        *,
        report: Report,
        now: datetime,
    ) -> RefundDecision:
        """Apply one report about the refund of what was stored.

        A reply that says *succeeded* is final here: an adapter says so only where the provider has no later
        word about a refund. Other money than was asked for closes nothing: a person does. What a person says
        is the end of it.
        """
        if payment.state is not PaymentState.REFUND_PENDING or refund.sent_at is None:
            return RefundDecision(refund, Decision(payment))
        if refund.is_held and report.source is not Source.PERSON:
            return RefundDecision(replace(refund, next_ask_at=None), Decision(payment))
        if report.source is Source.HINT:
            return self._ask_at(payment, refund, now)
        return self._hear_when_open(stored, payment, refund, report=report, now=now)

    def _hear_when_open(
        self,
        stored: StoredPayment,
        payment: Recovery,
        refund: RefundRecovery,
        *,
        report: Report,
        now: datetime,
    ) -> RefundDecision:
        match report.outcome:
            case Outcome.SUCCEEDED | Outcome.REVERSED if money_difference(stored, report) is not None:
                return _held(payment, refund)
            case Outcome.SUCCEEDED | Outcome.REVERSED:
                return _close(payment, refund, PaymentState.REFUNDED, report)
            case Outcome.FAILED if report.source is Source.PERSON:
                return _close(payment, refund, PaymentState.SUCCEEDED, report)
            case Outcome.FAILED if report.source is not Source.REPLY or refund.sends == 1:
                return _refused(payment, refund, report)
            case Outcome.NOT_SENT if report.source is Source.REPLY and refund.sends == 1:
                return _refused(payment, refund, report)
            case Outcome.NOT_FOUND:
                return self._not_found(payment, refund, report, now)
            case Outcome.SENT:
                return self._later(payment, replace(refund, is_seen=True, absent_answers=0), report, now)
            case _:
                return self._later(payment, refund, report, now)

    def due(self, payment: Recovery, refund: RefundRecovery, now: datetime) -> RefundDecision:
        """Say what is to be done now about the refund: after a restart, and whenever time has passed."""
        if payment.state is not PaymentState.REFUND_PENDING or refund.is_held:
            return RefundDecision(refund, Decision(payment))
        sent = refund.sent_at
        decision = Decision(payment, (), (_ask(refund, now),))
        is_old = sent is not None and now - sent >= self._schedule.alarm_after
        if is_old and PaymentCase.UNRESOLVED not in payment.cases:
            alarmed = replace(payment, cases=payment.cases | {PaymentCase.UNRESOLVED})
            case = Action(Act.OPEN_CASE, case=PaymentCase.UNRESOLVED)
            decision = Decision(alarmed, (), (*decision.actions, case))
        return RefundDecision(refund, decision)

    def _not_found(
        self, payment: Recovery, refund: RefundRecovery, report: Report, now: datetime
    ) -> RefundDecision:
        counted = replace(refund, absent_answers=refund.absent_answers + 1)
        later = self._later(payment, counted, report, now)
        if not self._is_absent(counted, now):
            return later
        actions = (Action(Act.REFUND), *later.payment.actions)
        return replace(later, payment=replace(later.payment, actions=actions))

    def _is_absent(self, refund: RefundRecovery, now: datetime) -> bool:
        return (
            refund.sent_at is not None
            and not refund.is_seen
            and refund.absent_answers >= ABSENT_ANSWERS_MIN
            and now - refund.sent_at >= self._schedule.grace
        )

    def _later(
        self, payment: Recovery, refund: RefundRecovery, report: Report, now: datetime
    ) -> RefundDecision:
        assert refund.sent_at is not None
        at = self._schedule.next_ask(refund.sent_at, now)
        return self._ask_at(payment, refund, max(at, report.ask_after or at))

    def _ask_at(self, payment: Recovery, refund: RefundRecovery, at: datetime) -> RefundDecision:
        waiting = replace(refund, next_ask_at=at)
        return RefundDecision(waiting, Decision(payment, (), (_ask(waiting),)))


def _close(payment: Recovery, refund: RefundRecovery, after: PaymentState, report: Report) -> RefundDecision:
    check_payment_move(payment.state, after)
    move = Move(payment.state, after, report.source, report.reason)
    return RefundDecision(replace(refund, next_ask_at=None), Decision(replace(payment, state=after), (move,)))


def _held(payment: Recovery, refund: RefundRecovery) -> RefundDecision:
    """Leave it under way and ask no more: the provider's word is clear, and it is about other money."""
    held = replace(payment, cases=payment.cases | {PaymentCase.REFUND_DIFFERS})
    case = Action(Act.OPEN_CASE, case=PaymentCase.REFUND_DIFFERS)
    return RefundDecision(replace(refund, next_ask_at=None, is_held=True), Decision(held, (), (case,)))


def _refused(payment: Recovery, refund: RefundRecovery, report: Report) -> RefundDecision:
    """Put the payment back to succeeded; its value stays closed, and a person owns what is due."""
    closed = _close(payment, refund, PaymentState.SUCCEEDED, report)
    back = closed.payment.recovery
    case = Action(Act.OPEN_CASE, case=PaymentCase.REFUND_FAILED)
    actions = () if PaymentCase.REFUND_FAILED in back.cases else (case,)
    back = replace(back, cases=back.cases | {PaymentCase.REFUND_FAILED})
    return RefundDecision(closed.refund, replace(closed.payment, recovery=back, actions=actions))


def _ask(refund: RefundRecovery, now: datetime | None = None) -> Action:
    return Action(Act.ASK_REFUND, at=refund.next_ask_at or now)
