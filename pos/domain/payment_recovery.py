"""The recovery rule: what follows from each thing that is said about a payment (docs/payments.md).

It is one state machine without input or output. Money moves by three rules: what was sent is asked about with
the same reference until the provider says a final word; value is given once, and only after a success whose
amount, currency and reference are those stored; a final state never becomes another open one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pos.domain.payment_reports import Outcome, Report, Source, StoredPayment
from pos.domain.poll_schedule import PollSchedule
from pos.domain.recovery_values import (
    ABSENT_ANSWERS_MIN,
    Act,
    Action,
    Decision,
    Delivery,
    Move,
    PaymentCase,
    Recovery,
)
from pos.domain.states import PaymentState, check_payment_move
from pos.errors import UserError

_NOTHING_TO_ASK = frozenset({PaymentState.CREATED, PaymentState.REFUNDED, PaymentState.REVERSED})


class RecoveryRule:
    """The rule for the payments of one provider, whose pace is `schedule`."""

    def __init__(self, schedule: PollSchedule) -> None:
        self._schedule = schedule

    def send(self, recovery: Recovery, now: datetime) -> Decision:
        """Note, before the first byte leaves, that the request is being sent, or sent again.

        Raises:
            UserError: `payment.state`, it was sent and nothing proved that it did not arrive, or it is final.
        """
        first = recovery.state is PaymentState.CREATED
        if not first and not (recovery.is_open and self._is_absent(recovery, now)):
            raise UserError("payment.state", "This payment was sent; ask what became of it.")
        sent = replace(
            recovery,
            state=PaymentState.SENT if first else recovery.state,
            sends=recovery.sends + 1,
            first_sent_at=recovery.first_sent_at or now,
            last_sent_at=now,
            next_ask_at=self._schedule.next_ask(now, now),
            absent_answers=0,
            refusal="",
        )
        moves = (Move(recovery.state, sent.state, Source.REPLY, ""),) if first else ()
        return Decision(sent, moves, (_ask(sent),))

    def hear(
        self, stored: StoredPayment, recovery: Recovery, *, report: Report, now: datetime, is_wanted: bool
    ) -> Decision:
        """Apply one report, whichever and however often and in whatever order they come.

        `is_wanted`: somebody still waits for this payment, so that one which never arrived is sent again
        rather than closed.
        """
        if report.source is Source.HINT:
            return self._ask_soon(recovery, now)
        asked = replace(recovery, asked_at=now) if report.source is Source.POLL else recovery
        if not recovery.is_open:
            return _hear_when_settled(stored, asked, report)
        if _is_about_another(stored, report):
            unknown = self._unknown(asked, report, now)
            return _with_case(unknown, PaymentCase.REFERENCE_DIFFERS)
        if recovery.is_held and report.source not in (Source.PERSON, Source.STATEMENT):
            return Decision(replace(asked, next_ask_at=None))
        return self._hear_when_open(stored, asked, report, now=now, is_wanted=is_wanted)

    def due(self, recovery: Recovery, now: datetime) -> Decision:
        """Say what is to be done now: after a restart, and whenever time has passed."""
        decision = Decision(recovery)
        if recovery.is_open and not recovery.is_held:
            decision = Decision(recovery, (), (_ask(recovery, now),))
        elif _may_deliver(recovery):
            decision = Decision(recovery, (), (Action(Act.DELIVER),))
        first = recovery.first_sent_at
        if recovery.is_open and first is not None and now - first >= self._schedule.alarm_after:
            decision = _with_case(decision, PaymentCase.UNRESOLVED)
        return decision

    def _hear_when_open(
        self, stored: StoredPayment, recovery: Recovery, report: Report, *, now: datetime, is_wanted: bool
    ) -> Decision:
        match report.outcome:
            case Outcome.SUCCEEDED if report.source is Source.REPLY:
                return self._ask_soon(replace(recovery, is_seen=True), now)
            case Outcome.SUCCEEDED:
                return self._succeeded(stored, recovery, report, now)
            case Outcome.FAILED:
                return self._failed(recovery, report, now)
            case Outcome.REVERSED:
                return _move(recovery, PaymentState.FAILED, report)
            case Outcome.SENT:
                is_seen = recovery.is_seen or report.source is not Source.REPLY
                return self._ask_later(replace(recovery, is_seen=is_seen, absent_answers=0), report, now)
            case Outcome.NOT_SENT:
                return self._not_sent(recovery, report, now)
            case Outcome.NOT_FOUND if report.source is Source.POLL:
                return self._not_found(recovery, report, now=now, is_wanted=is_wanted)
            case _:
                return self._unknown(recovery, report, now)

    def _succeeded(
        self, stored: StoredPayment, recovery: Recovery, report: Report, now: datetime
    ) -> Decision:
        case = money_difference(stored, report)
        if case is None:
            done = _move(replace(recovery, next_ask_at=None), PaymentState.SUCCEEDED, report)
            deliver = (Action(Act.DELIVER),) if _may_deliver(done.recovery) else ()
            return replace(done, actions=deliver)
        unknown = self._unknown(recovery, replace(report, is_silent=False), now)
        held = replace(unknown, recovery=replace(unknown.recovery, next_ask_at=None), actions=())
        return _with_case(held, case)

    def _failed(self, recovery: Recovery, report: Report, now: datetime) -> Decision:
        if report.source is Source.REPLY and (recovery.is_seen or recovery.sends > 1):
            # The request was refused, but an earlier one with the same reference may live.
            return self._unknown(replace(recovery, refusal=report.reason or "refused"), report, now)
        return _move(recovery, PaymentState.FAILED, report)

    def _not_sent(self, recovery: Recovery, report: Report, now: datetime) -> Decision:
        if report.source is Source.REPLY and recovery.sends == 1 and not recovery.is_seen:
            return _move(recovery, PaymentState.FAILED, report)
        return self._ask_later(recovery, report, now)

    def _not_found(self, recovery: Recovery, report: Report, *, now: datetime, is_wanted: bool) -> Decision:
        counted = replace(recovery, absent_answers=recovery.absent_answers + 1)
        if not self._is_absent(counted, now):
            return self._unknown(counted, report, now)
        if is_wanted and not counted.refusal and self._may_send_again(counted, now):
            unknown = self._unknown(counted, report, now)
            return replace(unknown, actions=(Action(Act.SEND_AGAIN), *unknown.actions))
        return _move(counted, PaymentState.FAILED, report)

    def _is_absent(self, recovery: Recovery, now: datetime) -> bool:
        sent = recovery.last_sent_at
        return (
            sent is not None
            and not recovery.is_seen
            and recovery.absent_answers >= ABSENT_ANSWERS_MIN
            and now - sent >= self._schedule.grace
        )

    def _may_send_again(self, recovery: Recovery, now: datetime) -> bool:
        first = recovery.first_sent_at
        return first is not None and now - first < self._schedule.resend_until

    def _unknown(self, recovery: Recovery, report: Report, now: datetime) -> Decision:
        silent_poll = report.is_silent and report.source is Source.POLL
        if recovery.state is PaymentState.UNKNOWN or silent_poll:
            return self._ask_later(recovery, report, now)
        moved = _move(recovery, PaymentState.UNKNOWN, report)
        if report.source is Source.REPLY and report.ask_after is None:
            asking = self._ask_soon(moved.recovery, now)
        else:
            asking = self._ask_later(moved.recovery, report, now)
        return replace(asking, moves=moved.moves)

    def _ask_later(self, recovery: Recovery, report: Report, now: datetime) -> Decision:
        assert recovery.last_sent_at is not None
        at = self._schedule.next_ask(recovery.last_sent_at, now)
        waiting = replace(recovery, next_ask_at=max(at, report.ask_after or at))
        return Decision(waiting, (), (_ask(waiting),))

    def _ask_soon(self, recovery: Recovery, now: datetime) -> Decision:
        """Ask at once, or a moment after the last question: forged callbacks must not make us ask more."""
        if recovery.is_held or recovery.state in _NOTHING_TO_ASK:
            return Decision(recovery)
        asked = recovery.asked_at
        is_too_soon = asked is not None and asked <= now < asked + self._schedule.gap
        at = asked + self._schedule.gap if asked is not None and is_too_soon else now
        if not recovery.is_open:
            return Decision(recovery, (), (Action(Act.ASK, at=at),))
        waiting = replace(recovery, next_ask_at=at)
        return Decision(waiting, (), (_ask(waiting),))


def note_delivered(recovery: Recovery) -> Recovery:
    """Note that the value was given; part of the write unit that gives it.

    Raises:
        UserError: `payment.state`, it must not be given, or was given before.
    """
    if not _may_deliver(recovery):
        raise UserError("payment.state", "The value of this payment was given before or must not be given.")
    return replace(recovery, delivery=Delivery.DONE)


def _hear_when_settled(stored: StoredPayment, recovery: Recovery, report: Report) -> Decision:
    """Apply a report to a payment that is final, or was never sent."""
    decision = Decision(recovery)
    if _is_about_another(stored, report) or report.source is Source.REPLY:
        return decision
    match recovery.state, report.outcome:
        case PaymentState.SUCCEEDED, Outcome.REVERSED:
            closed = Delivery.CLOSED if recovery.delivery is Delivery.OPEN else recovery.delivery
            moved = _move(replace(recovery, delivery=closed), PaymentState.REVERSED, report)
            return _with_case(moved, PaymentCase.REVERSED)
        case PaymentState.SUCCEEDED, Outcome.FAILED:
            return _with_case(decision, PaymentCase.CONTRADICTION)
        case PaymentState.SUCCEEDED, Outcome.SUCCEEDED if _may_deliver(recovery):
            return replace(decision, actions=(Action(Act.DELIVER),))
        case PaymentState.FAILED, Outcome.SUCCEEDED:
            return _with_case(decision, PaymentCase.PAID_AFTER_FAILED)
        case PaymentState.CREATED, Outcome.SUCCEEDED:
            return _with_case(decision, PaymentCase.CONTRADICTION)
        case PaymentState.REFUND_PENDING, Outcome.REVERSED:
            return replace(decision, actions=(Action(Act.ASK_REFUND),))
        case _:
            return decision


def _move(recovery: Recovery, after: PaymentState, report: Report) -> Decision:
    check_payment_move(recovery.state, after)
    moved = replace(recovery, state=after)
    if not moved.is_open:
        moved = replace(moved, next_ask_at=None)
    return Decision(moved, (Move(recovery.state, after, report.source, report.reason),))


def _is_about_another(stored: StoredPayment, report: Report) -> bool:
    return report.reference is not None and report.reference != stored.reference


def money_difference(stored: StoredPayment, report: Report) -> PaymentCase | None:
    """Say whether a report states other money than was stored; what it leaves out differs from nothing."""
    if report.currency is not None and report.currency != stored.currency:
        return PaymentCase.CURRENCY_DIFFERS
    if report.amount_minor is not None and report.amount_minor != stored.amount_minor:
        return PaymentCase.AMOUNT_DIFFERS
    return None


def _may_deliver(recovery: Recovery) -> bool:
    return recovery.state is PaymentState.SUCCEEDED and recovery.delivery is Delivery.OPEN


def _with_case(decision: Decision, case: PaymentCase) -> Decision:
    """Open a case, once for each reason."""
    if case in decision.recovery.cases:
        return decision
    recovery = replace(decision.recovery, cases=decision.recovery.cases | {case})
    return replace(decision, recovery=recovery, actions=(*decision.actions, Action(Act.OPEN_CASE, case=case)))


def _ask(recovery: Recovery, now: datetime | None = None) -> Action:
    return Action(Act.ASK, at=recovery.next_ask_at or now)
