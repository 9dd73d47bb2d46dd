from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pos.domain.payment_recovery import RecoveryRule, note_delivered
from pos.domain.payment_reports import Outcome, Report, Source, StoredPayment
from pos.domain.poll_schedule import Pace, PollSchedule
from pos.domain.recovery_values import Act, Decision, Delivery, PaymentCase, Recovery
from pos.domain.refund_recovery import RefundRecovery, RefundRule
from pos.domain.states import PaymentState
from pos.errors import UserError

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
STORED = StoredPayment("ref-1", 5000, "RWF")
SCHEDULE = PollSchedule(
    paces=(
        Pace(timedelta(seconds=30), timedelta(seconds=3)),
        Pace(timedelta(minutes=6), timedelta(seconds=10)),
    ),
    then_every=timedelta(minutes=5),
    grace=timedelta(minutes=1),
    resend_until=timedelta(minutes=6),
    alarm_after=timedelta(hours=1),
)
RULE = RecoveryRule(SCHEDULE)
PAID = Report(Source.POLL, Outcome.SUCCEEDED, "paid", 5000, "RWF", "ref-1")
ABSENT = Report(Source.POLL, Outcome.NOT_FOUND, "not_found")


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def sent() -> Recovery:
    return RULE.send(Recovery(), NOW).recovery


def hear(recovery: Recovery, report: Report, now: datetime = NOW, *, is_wanted: bool = True) -> Decision:
    return RULE.hear(STORED, recovery, report=report, now=now, is_wanted=is_wanted)


def said(source: Source, outcome: Outcome, recovery: Recovery | None = None) -> Decision:
    return hear(recovery or sent(), Report(source, outcome))


def acts(decision: Decision) -> list[Act]:
    return [action.act for action in decision.actions]


def absent_three_times(recovery: Recovery) -> Recovery:
    for seconds in (55, 58):
        recovery = hear(recovery, ABSENT, after(seconds)).recovery
    return recovery


def test_send_first_time_is_noted_and_asked_about_after_the_first_pace() -> None:
    decision = RULE.send(Recovery(), NOW)

    assert [(move.before, move.after) for move in decision.moves] == [
        (PaymentState.CREATED, PaymentState.SENT)
    ]
    assert decision.actions[0].at == after(3)
    assert (decision.recovery.sends, decision.recovery.first_sent_at) == (1, NOW)


def test_send_again_without_proof_is_refused() -> None:
    unknown = said(Source.REPLY, Outcome.UNKNOWN).recovery

    with pytest.raises(UserError) as caught:
        RULE.send(unknown, after(600))
    assert caught.value.code == "payment.state"


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.SUCCEEDED, Outcome.NOT_FOUND])
def test_reply_that_is_no_final_no_asks_at_once(outcome: Outcome) -> None:
    decision = said(Source.REPLY, outcome)

    assert decision.recovery.is_open
    assert decision.actions[0].act is Act.ASK
    assert decision.actions[0].at == NOW


def test_reply_unknown_with_retry_after_waits_that_long() -> None:
    decision = hear(sent(), Report(Source.REPLY, Outcome.UNKNOWN, ask_after=after(90)))

    assert decision.recovery.state is PaymentState.UNKNOWN
    assert decision.recovery.next_ask_at == after(90)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.NOT_SENT])
def test_reply_that_refuses_the_only_sending_closes(outcome: Outcome) -> None:
    decision = said(Source.REPLY, outcome)

    assert decision.recovery.state is PaymentState.FAILED
    assert decision.recovery.next_ask_at is None


def test_poll_success_delivers_and_says_so_again_until_it_is_noted() -> None:
    first = hear(sent(), PAID)
    again = hear(first.recovery, PAID)
    noted = note_delivered(again.recovery)

    assert acts(first) == acts(again) == acts(RULE.due(again.recovery, NOW)) == [Act.DELIVER]
    assert acts(hear(noted, PAID)) == acts(RULE.due(noted, NOW)) == []
    with pytest.raises(UserError) as caught:
        note_delivered(noted)
    assert caught.value.code == "payment.state"


@pytest.mark.parametrize("source", [Source.STATEMENT, Source.PERSON])
def test_statement_and_person_may_close(source: Source) -> None:
    assert said(source, Outcome.SUCCEEDED).recovery.state is PaymentState.SUCCEEDED
    assert said(source, Outcome.FAILED).recovery.state is PaymentState.FAILED


@pytest.mark.parametrize(
    ("change", "case"),
    [
        ({"amount_minor": 4999}, PaymentCase.AMOUNT_DIFFERS),
        ({"currency": "UGX"}, PaymentCase.CURRENCY_DIFFERS),
    ],
)
def test_success_with_other_money_is_held_for_a_person(change: dict[str, object], case: PaymentCase) -> None:
    decision = hear(sent(), replace(PAID, **change))  # type: ignore[arg-type]

    assert decision.recovery.state is PaymentState.UNKNOWN
    assert [(action.act, action.case) for action in decision.actions] == [(Act.OPEN_CASE, case)]
    later = hear(decision.recovery, PAID)
    assert (later.recovery.state, acts(later)) == (PaymentState.UNKNOWN, [])
    assert acts(RULE.due(decision.recovery, NOW)) == []


def test_success_of_another_reference_is_not_ours_and_asked_again() -> None:
    decision = hear(sent(), replace(PAID, reference="ref-2"))

    assert decision.recovery.state is PaymentState.UNKNOWN
    assert acts(decision) == [Act.ASK, Act.OPEN_CASE]
    assert hear(decision.recovery, PAID).recovery.state is PaymentState.SUCCEEDED


def test_hint_asks_now_but_not_more_often_than_the_gap() -> None:
    polled = said(Source.POLL, Outcome.SENT).recovery

    assert said(Source.HINT, Outcome.SUCCEEDED).actions[0].at == NOW
    soon = hear(polled, Report(Source.HINT, Outcome.SUCCEEDED), after(1))
    assert soon.recovery.next_ask_at == after(2)
    assert soon.recovery.state is PaymentState.SENT


def test_hint_about_a_settled_payment_asks_without_moving_it() -> None:
    failed = said(Source.POLL, Outcome.FAILED).recovery

    decision = said(Source.HINT, Outcome.SUCCEEDED, failed)

    assert (decision.recovery.state, acts(decision)) == (PaymentState.FAILED, [Act.ASK])
    assert acts(said(Source.HINT, Outcome.SUCCEEDED, Recovery())) == []


def test_not_found_before_the_grace_time_proves_nothing() -> None:
    recovery = sent()
    for seconds in range(3, 60, 3):
        recovery = hear(recovery, ABSENT, after(seconds)).recovery

    assert recovery.state is PaymentState.UNKNOWN


def test_not_found_after_the_grace_time_sends_again_with_the_same_reference() -> None:
    decision = hear(absent_three_times(sent()), ABSENT, after(61))

    assert acts(decision)[0] is Act.SEND_AGAIN
    again = RULE.send(decision.recovery, after(61))
    assert again.moves == ()
    assert (again.recovery.sends, again.recovery.absent_answers) == (2, 0)


def test_not_found_once_after_a_clock_jump_proves_nothing() -> None:
    decision = hear(sent(), ABSENT, after(7200))

    assert decision.recovery.state is PaymentState.UNKNOWN
    assert Act.SEND_AGAIN not in acts(decision)


@pytest.mark.parametrize(("seconds", "is_wanted"), [(61, False), (400, True)])
def test_not_found_and_nobody_waits_or_too_late_closes(*, seconds: int, is_wanted: bool) -> None:
    decision = hear(absent_three_times(sent()), ABSENT, after(seconds), is_wanted=is_wanted)

    assert decision.recovery.state is PaymentState.FAILED
    assert decision.moves[-1].reason == "not_found"


def test_not_found_after_the_provider_showed_it_is_for_a_person_in_time() -> None:
    recovery = said(Source.POLL, Outcome.SENT).recovery
    for seconds in (61, 65, 70, 75, 3600):
        recovery = hear(recovery, ABSENT, after(seconds), is_wanted=False).recovery

    assert recovery.state is PaymentState.UNKNOWN
    due = RULE.due(recovery, after(3600))
    assert acts(due) == [Act.ASK, Act.OPEN_CASE]
    assert acts(RULE.due(due.recovery, after(3700))) == [Act.ASK]


def test_refused_repeat_is_asked_about_and_closes_only_when_absent() -> None:
    again = RULE.send(hear(absent_three_times(sent()), ABSENT, after(61)).recovery, after(61)).recovery

    refused = hear(again, Report(Source.REPLY, Outcome.FAILED, "set_up"), after(62))
    assert refused.recovery.state is PaymentState.UNKNOWN
    recovery = refused.recovery
    for seconds in (115, 118, 122):
        recovery = hear(recovery, ABSENT, after(seconds)).recovery
    assert recovery.state is PaymentState.FAILED


def test_silent_poll_leaves_a_sent_payment_as_it_is() -> None:
    silent = hear(sent(), Report(Source.POLL, Outcome.UNKNOWN, is_silent=True), after(30))
    spoken = hear(sent(), Report(Source.POLL, Outcome.UNKNOWN), after(30))

    assert silent.recovery.state is PaymentState.SENT
    assert silent.recovery.next_ask_at == after(40)
    assert spoken.recovery.state is PaymentState.UNKNOWN


def test_reversed_after_success_opens_a_case_and_closes_delivery() -> None:
    paid = hear(sent(), PAID).recovery

    undelivered = said(Source.POLL, Outcome.REVERSED, paid)
    delivered = said(Source.POLL, Outcome.REVERSED, note_delivered(paid))

    for decision in (undelivered, delivered):
        assert decision.recovery.state is PaymentState.REVERSED
        assert [action.case for action in decision.actions] == [PaymentCase.REVERSED]
    assert undelivered.recovery.delivery is Delivery.CLOSED
    assert delivered.recovery.delivery is Delivery.DONE


def test_reversed_before_we_knew_of_success_closes_without_delivery() -> None:
    decision = said(Source.POLL, Outcome.REVERSED)

    assert (decision.recovery.state, acts(decision)) == (PaymentState.FAILED, [])


def test_success_after_a_final_failure_is_a_case_and_not_a_delivery() -> None:
    failed = said(Source.POLL, Outcome.FAILED).recovery

    decision = hear(failed, PAID)

    assert decision.recovery.state is PaymentState.FAILED
    assert [action.case for action in decision.actions] == [PaymentCase.PAID_AFTER_FAILED]
    assert acts(hear(decision.recovery, PAID)) == []


def test_failure_after_success_is_a_case() -> None:
    decision = said(Source.POLL, Outcome.FAILED, hear(sent(), PAID).recovery)

    assert decision.recovery.state is PaymentState.SUCCEEDED
    assert [action.case for action in decision.actions] == [PaymentCase.CONTRADICTION]


def test_created_payment_that_the_provider_calls_paid_is_a_case() -> None:
    decision = hear(Recovery(), PAID)

    assert decision.recovery.state is PaymentState.CREATED
    assert [action.case for action in decision.actions] == [PaymentCase.CONTRADICTION]


def test_poll_schedule_gets_slower_and_takes_a_clock_set_back_as_new() -> None:
    assert SCHEDULE.next_ask(NOW, after(10)) == after(13)
    assert SCHEDULE.next_ask(NOW, after(31)) == after(41)
    assert SCHEDULE.next_ask(NOW, after(3600)) == after(3900)
    assert SCHEDULE.next_ask(NOW, after(-60)) == after(-57)


REFUNDS = RefundRule(SCHEDULE)
PAID_UP = Recovery(state=PaymentState.SUCCEEDED, sends=1, first_sent_at=NOW, last_sent_at=NOW)


def refund(outcome: Outcome, source: Source = Source.POLL, seconds: float = 5) -> Decision:
    begun = REFUNDS.send(PAID_UP, RefundRecovery(), NOW)
    report = Report(source, outcome)
    return REFUNDS.hear(
        STORED, begun.payment.recovery, begun.refund, report=report, now=after(seconds)
    ).payment


def test_refund_closes_delivery_and_is_asked_about() -> None:
    begun = REFUNDS.send(PAID_UP, RefundRecovery(), NOW)

    assert begun.payment.recovery.delivery is Delivery.CLOSED
    assert begun.payment.moves[0].after is PaymentState.REFUND_PENDING
    assert acts(begun.payment) == [Act.ASK_REFUND]
    assert acts(RULE.due(begun.payment.recovery, NOW)) == []


def test_refund_ends_refunded_or_back_at_succeeded_with_a_case() -> None:
    assert refund(Outcome.SUCCEEDED).recovery.state is PaymentState.REFUNDED
    failed = refund(Outcome.FAILED)
    assert failed.recovery.state is PaymentState.SUCCEEDED
    assert [action.case for action in failed.actions] == [PaymentCase.REFUND_FAILED]
    assert acts(RULE.due(failed.recovery, NOW)) == []


def test_refund_unknown_is_asked_about_and_never_sent_again_unproven() -> None:
    begun = REFUNDS.send(PAID_UP, RefundRecovery(), NOW)
    unknown = refund(Outcome.UNKNOWN, Source.REPLY)

    assert unknown.recovery.state is PaymentState.REFUND_PENDING
    with pytest.raises(UserError) as caught:
        REFUNDS.send(unknown.recovery, begun.refund, after(900))
    assert caught.value.code == "payment.state"


def test_refund_proven_absent_is_sent_again() -> None:
    begun = REFUNDS.send(PAID_UP, RefundRecovery(), NOW)
    payment, memory = begun.payment.recovery, begun.refund
    for seconds in (55, 58, 61):
        decision = REFUNDS.hear(STORED, payment, memory, report=ABSENT, now=after(seconds))
        payment, memory = decision.payment.recovery, decision.refund

    assert acts(decision.payment)[0] is Act.REFUND
    again = REFUNDS.send(payment, memory, after(62))
    assert (again.refund.sends, again.payment.moves) == (2, ())


def test_refund_left_open_for_long_needs_a_person_once() -> None:
    begun = REFUNDS.send(PAID_UP, RefundRecovery(), NOW)

    due = REFUNDS.due(begun.payment.recovery, begun.refund, after(3600)).payment

    assert acts(due) == [Act.ASK_REFUND, Act.OPEN_CASE]
    assert acts(REFUNDS.due(due.recovery, begun.refund, after(3700)).payment) == [Act.ASK_REFUND]
    assert acts(REFUNDS.due(PAID_UP, RefundRecovery(), NOW).payment) == []


def test_refund_of_other_money_is_held_for_a_person() -> None:
    begun = REFUNDS.send(PAID_UP, RefundRecovery(), NOW)
    payment, memory = begun.payment.recovery, begun.refund
    less = Report(Source.POLL, Outcome.SUCCEEDED, "paid", 4999, "RWF")
    held = REFUNDS.hear(STORED, payment, memory, report=less, now=after(5))
    assert held.payment.moves == ()
    assert [action.case for action in held.payment.actions] == [PaymentCase.REFUND_DIFFERS]

    whole = replace(less, amount_minor=5000)
    later = REFUNDS.hear(STORED, held.payment.recovery, held.refund, report=whole, now=after(9))
    assert (later.payment.moves, later.payment.actions, later.refund.next_ask_at) == ((), (), None)
    assert acts(REFUNDS.due(later.payment.recovery, later.refund, after(7200)).payment) == []

    for outcome, state in ((Outcome.SUCCEEDED, "refunded"), (Outcome.FAILED, "succeeded")):
        said = Report(Source.PERSON, outcome, "statement")
        done = REFUNDS.hear(STORED, later.payment.recovery, later.refund, report=said, now=after(10)).payment
        assert (done.recovery.state, done.actions) == (state, ())


def test_a_second_refund_may_open_its_own_cases() -> None:
    failed = refund(Outcome.FAILED).recovery
    again = REFUNDS.send(failed, RefundRecovery(), after(60))
    assert PaymentCase.REFUND_FAILED not in again.payment.recovery.cases
    report = Report(Source.POLL, Outcome.FAILED)
    once_more = REFUNDS.hear(STORED, again.payment.recovery, again.refund, report=report, now=after(65))
    assert [action.case for action in once_more.payment.actions] == [PaymentCase.REFUND_FAILED]


def test_hint_about_a_refund_asks_now() -> None:
    assert refund(Outcome.SUCCEEDED, Source.HINT).actions[0].at == after(5)
