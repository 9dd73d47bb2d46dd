"""Whatever is said about a payment, in any order, however often: value is given once, and only for money."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from pos.domain.payment_recovery import RecoveryRule, note_delivered
from pos.domain.payment_reports import Outcome, Report, Source, StoredPayment
from pos.domain.poll_schedule import Pace, PollSchedule
from pos.domain.recovery_values import (
    OPEN_STATES,
    Act,
    Decision,
    Delivery,
    PaymentCase,
    Recovery,
)
from pos.domain.refund_recovery import RefundRecovery, RefundRule
from pos.domain.states import FINAL_PAYMENT_STATES, PAYMENT_MOVES, PaymentState

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
SAYS_SO = (Source.POLL, Source.STATEMENT, Source.PERSON)

reports = st.builds(
    Report,
    source=st.sampled_from(Source),
    outcome=st.sampled_from(Outcome),
    amount_minor=st.sampled_from([5000, 5000, 5000, None, 4999, 0]),
    currency=st.sampled_from(["RWF", "RWF", "RWF", None, "UGX"]),
    reference=st.sampled_from(["ref-1", "ref-1", "ref-1", None, "ref-2"]),
    is_silent=st.booleans(),
)
waits = st.sampled_from([timedelta(seconds=n) for n in (-60, 0, 1, 5, 40, 400, 4000)])


@dataclass
class Till:
    """A caller that does what it is told, and may be killed before it has noted a delivery."""

    recovery: Recovery = field(default_factory=Recovery)
    deliveries: int = 0
    sends: int = 0
    states: list[PaymentState] = field(default_factory=lambda: [PaymentState.CREATED])

    def send(self, now: datetime) -> None:
        self.take(RULE.send(self.recovery, now), dies=False)
        self.sends += 1

    def take(self, decision: Decision, *, dies: bool) -> None:
        for move in decision.moves:
            assert move.before is self.states[-1]
            assert move.after in PAYMENT_MOVES[move.before]
            self.states.append(move.after)
        self.recovery = decision.recovery
        assert self.recovery.state is self.states[-1]
        acts = [action.act for action in decision.actions]
        assert acts.count(Act.DELIVER) <= 1
        if Act.DELIVER in acts and not dies:
            self.recovery = note_delivered(self.recovery)
            self.deliveries += 1


def _proves(report: Report) -> bool:
    return (
        report.outcome is Outcome.SUCCEEDED
        and report.source in SAYS_SO
        and report.amount_minor in (None, 5000)
        and report.currency in (None, "RWF")
        and report.reference in (None, "ref-1")
    )


@given(st.lists(st.tuples(reports, waits, st.booleans(), st.booleans()), max_size=25))
def test_any_reports_in_any_order_deliver_once_at_most_and_only_for_a_proven_success(
    said: list[tuple[Report, timedelta, bool, bool]],
) -> None:
    till, now, is_proven = Till(), NOW, False
    till.send(now)
    for report, wait, dies, is_wanted in said:
        now += wait
        before = till.recovery
        decision = RULE.hear(STORED, before, report=report, now=now, is_wanted=is_wanted)
        is_proven = is_proven or _proves(report)
        till.take(decision, dies=dies)

        assert till.deliveries <= 1
        assert is_proven or till.deliveries == 0
        assert before.state not in FINAL_PAYMENT_STATES or till.recovery.state is before.state
        assert till.recovery.cases >= before.cases
        if before.state is PaymentState.SUCCEEDED:
            assert till.recovery.state in (PaymentState.SUCCEEDED, PaymentState.REVERSED)


@given(st.lists(st.tuples(reports, waits, st.booleans()), max_size=25))
def test_an_open_payment_is_always_asked_about_or_owned_by_a_person(
    said: list[tuple[Report, timedelta, bool]],
) -> None:
    till, now = Till(), NOW
    till.send(now)
    for report, wait, is_wanted in said:
        now += wait
        till.take(RULE.hear(STORED, till.recovery, report=report, now=now, is_wanted=is_wanted), dies=False)
        acts = {action.act for action in RULE.due(till.recovery, now).actions}

        if till.recovery.state in OPEN_STATES:
            assert Act.ASK in acts or till.recovery.is_held
            assert not till.recovery.is_held or till.recovery.cases


@given(st.lists(reports, max_size=12), st.integers(1, 4))
def test_repeating_every_report_changes_nothing_but_the_count_of_questions(
    said: list[Report], times: int
) -> None:
    once, often = Till(), Till()
    once.send(NOW)
    often.send(NOW)
    for report in said:
        # Within the grace time, where "not found" proves nothing however often it is said.
        once.take(RULE.hear(STORED, once.recovery, report=report, now=NOW, is_wanted=True), dies=False)
        for _ in range(times):
            often.take(RULE.hear(STORED, often.recovery, report=report, now=NOW, is_wanted=True), dies=False)

    assert often.states == once.states
    assert often.deliveries == once.deliveries
    assert often.recovery.cases == once.recovery.cases


@dataclass
class Provider:
    """An honest provider behind a bad line: it charges a reference once at most, and forgets nothing."""

    arrives_after: list[timedelta | None]
    pays: bool
    decides_after: timedelta
    arrived_at: datetime | None = None

    def receive(self, now: datetime, n: int) -> None:
        delay = self.arrives_after[min(n, len(self.arrives_after) - 1)]
        if self.arrived_at is None and delay is not None:
            self.arrived_at = now + delay

    def asked(self, now: datetime) -> Outcome:
        if self.arrived_at is None or now < self.arrived_at:
            return Outcome.NOT_FOUND
        if now < self.arrived_at + self.decides_after:
            return Outcome.SENT
        return Outcome.SUCCEEDED if self.pays else Outcome.FAILED


noises = st.sampled_from([None, Outcome.UNKNOWN, Outcome.NOT_SENT])
delays = st.none() | st.integers(0, 55).map(lambda n: timedelta(seconds=n))


@given(
    arrives=st.lists(delays, min_size=1, max_size=4),
    pays=st.booleans(),
    decides=st.sampled_from([timedelta(seconds=n) for n in (0, 5, 90, 3000)]),
    replies=st.lists(st.sampled_from([Outcome.SENT, Outcome.UNKNOWN]), min_size=4, max_size=4),
    noise=st.lists(noises, max_size=12),
    is_wanted=st.booleans(),
    restarts=st.booleans(),
)
@example(
    arrives=[None, timedelta(seconds=50)],
    pays=True,
    decides=timedelta(seconds=0),
    replies=[Outcome.UNKNOWN] * 4,
    noise=[],
    is_wanted=True,
    restarts=True,
)
def test_an_honest_provider_behind_a_bad_line_ends_with_money_and_value_on_the_same_side(
    *,
    arrives: list[timedelta | None],
    pays: bool,
    decides: timedelta,
    replies: list[Outcome],
    noise: list[Outcome | None],
    is_wanted: bool,
    restarts: bool,
) -> None:
    provider = Provider(arrives, pays, decides)
    till, now, polls = Till(), NOW, iter(noise)

    def exchange() -> None:
        provider.receive(now, till.sends - 1)
        reply = Report(Source.REPLY, replies[min(till.sends - 1, 3)], is_silent=True)
        till.take(RULE.hear(STORED, till.recovery, report=reply, now=now, is_wanted=is_wanted), dies=False)

    till.send(now)
    exchange()
    for _ in range(5000):
        if not till.recovery.is_open:
            break
        ask = RULE.due(till.recovery, now).actions[0]
        assert ask.act is Act.ASK
        assert ask.at is not None
        now = max(now, ask.at) + timedelta(milliseconds=10)
        outcome = next(polls, None) or provider.asked(now)
        poll = Report(Source.POLL, outcome, amount_minor=5000, currency="RWF", reference="ref-1")
        decision = RULE.hear(STORED, till.recovery, report=poll, now=now, is_wanted=is_wanted)
        till.take(decision, dies=restarts)
        if decision.actions and decision.actions[0].act is Act.SEND_AGAIN:
            till.send(now)
            exchange()
    if restarts:
        till.take(RULE.due(till.recovery, now), dies=False)

    is_charged = provider.asked(now + timedelta(days=1)) is Outcome.SUCCEEDED
    assert not till.recovery.is_open
    assert till.deliveries == (1 if is_charged else 0)
    assert (till.recovery.state is PaymentState.SUCCEEDED) == is_charged


refund_reports = st.builds(
    Report,
    source=st.sampled_from([Source.REPLY, Source.POLL, Source.HINT, Source.PERSON]),
    outcome=st.sampled_from(Outcome),
    amount_minor=st.sampled_from([5000, 5000, None, 4999]),
)


@given(said=st.lists(st.tuples(refund_reports, waits), max_size=20), was_delivered=st.booleans())
def test_a_refund_is_paid_once_and_its_value_is_never_given_after(
    *, said: list[tuple[Report, timedelta]], was_delivered: bool
) -> None:
    rule, refund, now = RefundRule(SCHEDULE), RefundRecovery(), NOW
    paid = Recovery(
        state=PaymentState.SUCCEEDED,
        delivery=Delivery.DONE if was_delivered else Delivery.OPEN,
        sends=1,
        first_sent_at=NOW,
        last_sent_at=NOW,
    )
    sent = rule.send(paid, refund, now)
    payment, refund = sent.payment.recovery, sent.refund
    states = [payment.state]
    by_person = False
    for report, wait in said:
        now += wait
        if payment.state is PaymentState.REFUND_PENDING and report.source is Source.PERSON:
            by_person = by_person or report.outcome is Outcome.FAILED
        was_held = refund.is_held
        decision = rule.hear(STORED, payment, refund, report=report, now=now)
        payment, refund = decision.payment.recovery, decision.refund
        states += [move.after for move in decision.payment.moves]
        acts = [action.act for action in (*decision.payment.actions, *RULE.due(payment, now).actions)]

        assert Act.DELIVER not in acts
        assert payment.state in (PaymentState.REFUND_PENDING, PaymentState.REFUNDED, PaymentState.SUCCEEDED)
        if Act.REFUND in acts:
            assert refund.absent_answers >= 3
            assert not refund.is_seen
        if payment.state is PaymentState.SUCCEEDED:
            assert by_person or PaymentCase.REFUND_FAILED in payment.cases
        if decision.payment.moves and (was_held or report.amount_minor == 4999):
            assert report.source is Source.PERSON or report.outcome is not Outcome.SUCCEEDED
            assert report.source is Source.PERSON or not was_held

    assert payment.delivery is (Delivery.DONE if was_delivered else Delivery.CLOSED)
    assert states.count(PaymentState.REFUNDED) <= 1


def test_the_amount_held_by_a_person_is_delivered_once_the_person_says_so() -> None:
    till = Till()
    till.send(NOW)
    short = Report(Source.POLL, Outcome.SUCCEEDED, amount_minor=4999, currency="RWF", reference="ref-1")
    till.take(RULE.hear(STORED, till.recovery, report=short, now=NOW, is_wanted=True), dies=False)
    right = replace(short, amount_minor=5000)
    till.take(RULE.hear(STORED, till.recovery, report=right, now=NOW, is_wanted=True), dies=False)

    assert till.deliveries == 0
    assert PaymentCase.AMOUNT_DIFFERS in till.recovery.cases

    by_person = Report(Source.PERSON, Outcome.SUCCEEDED)
    till.take(RULE.hear(STORED, till.recovery, report=by_person, now=NOW, is_wanted=True), dies=False)
    assert till.deliveries == 1
