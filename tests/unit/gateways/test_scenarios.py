"""Every scenario of every provider, through adapter and recovery rule, against the sandbox."""

import threading
from collections import Counter

import pytest

from pos.domain.payment_reports import Outcome, Report, Source
from pos.domain.recovery_values import PaymentCase
from pos.domain.states import PaymentState
from pos.errors import UserError
from pos.gateways import webhooks
from pos.gateways.http import Pauses
from pos.gateways.reasons import Reason
from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox import credentials as keys
from pos.gateways.sandbox.scenarios import Order, named_scenario
from tests.factories.gateways import PROVIDERS, Caller, Receiver, Subject, fake_line, subject
from tests.fakes.clock import FakeClock

every_provider = pytest.mark.parametrize("name", PROVIDERS)


def begin(name: str, scenario: str, sandbox: Sandbox, clock: FakeClock, **options: object) -> Caller:
    made = subject(name, sandbox.base_url, fake_line(clock), **options)  # type: ignore[arg-type]
    wish(sandbox, made, scenario)
    return Caller(made, sandbox, clock)


def wish(sandbox: Sandbox, made: Subject, scenario: str) -> None:
    chosen = named_scenario(scenario)
    assert chosen is not None
    sandbox.core.orders.add(Order(chosen, made.provider))


def charges(sandbox: Sandbox) -> int:
    """Payments that took money, whatever their reference."""
    return sum(
        one.outcome is not None and one.outcome.value == "paid" for one in sandbox.core.book.newest_first()
    )


def assert_paid_once(caller: Caller) -> None:
    assert caller.recovery.state is PaymentState.SUCCEEDED
    assert (caller.deliveries, charges(caller.sandbox)) == (1, 1)
    assert caller.cases == []
    assert Counter(move.after for move in caller.moves).most_common(1)[0][1] == 1


@every_provider
@pytest.mark.parametrize("scenario", ["1", "2", "4", "5", "5-never", "8", "8-502", "9", "10", "11", "12"])
def test_paid_in_the_end_is_delivered_once(
    name: str, scenario: str, sandbox: Sandbox, clock: FakeClock
) -> None:
    caller = begin(name, scenario, sandbox, clock)

    caller.send()
    caller.run(minutes=30)

    assert_paid_once(caller)
    assert caller.recovery.sends == 1


@pytest.mark.parametrize("name", PROVIDERS[:-1])
def test_13_clock_of_the_provider_ahead_changes_nothing(
    name: str, sandbox: Sandbox, clock: FakeClock
) -> None:
    caller = begin(name, "13", sandbox, clock)

    caller.send()
    caller.run(minutes=30)

    assert_paid_once(caller)


def test_13_vtpass_on_another_day_refuses_and_charges_nothing(sandbox: Sandbox, clock: FakeClock) -> None:
    caller = begin("vtpass", "13", sandbox, clock)

    caller.send()

    assert (caller.answers[-1].code, caller.answers[-1].reason) == ("085", Reason.CLOCK)
    assert caller.recovery.state is PaymentState.FAILED
    assert (caller.deliveries, charges(sandbox)) == (0, 0)


@every_provider
def test_3_time_out_is_asked_about_and_delivered_once(name: str, sandbox: Sandbox, clock: FakeClock) -> None:
    made = subject(name, sandbox.base_url, fake_line(clock, Pauses(connect_s=2, read_s=0.2)))
    caller = Caller(made, sandbox, clock)
    warm(caller)
    wish(sandbox, made, "3")

    caller.send()
    assert caller.answers[-1].reason is Reason.TIME_OUT
    caller.run(minutes=30)

    assert_paid_once(caller)


def warm(caller: Caller) -> None:
    """Fetch what the adapter keeps, so that the short time-out hits the payment itself."""
    caller.subject.ask()


@every_provider
def test_6_pending_for_ever_stays_open_and_calls_a_person_once(
    name: str, sandbox: Sandbox, clock: FakeClock
) -> None:
    caller = begin(name, "6", sandbox, clock)

    caller.send()
    caller.run(minutes=180)

    assert caller.recovery.is_open
    assert (caller.deliveries, charges(sandbox)) == (0, 0)
    assert caller.cases == [PaymentCase.UNRESOLVED]


@every_provider
def test_7_paid_after_the_client_gave_up_is_still_delivered(
    name: str, sandbox: Sandbox, clock: FakeClock
) -> None:
    caller = begin(name, "7", sandbox, clock)

    caller.send()
    caller.run(minutes=5)
    assert caller.recovery.is_open
    caller.run(minutes=60)

    assert_paid_once(caller)


@every_provider
def test_8_not_accepted_is_proven_and_sent_again_with_the_same_reference(
    name: str, sandbox: Sandbox, clock: FakeClock
) -> None:
    caller = begin(name, "8-503", sandbox, clock)

    caller.send()
    caller.run(minutes=30)

    assert_paid_once(caller)
    assert caller.recovery.sends == 2


@every_provider
def test_14_other_amount_is_held_for_a_person_and_not_delivered(
    name: str, sandbox: Sandbox, clock: FakeClock
) -> None:
    caller = begin(name, "14", sandbox, clock)

    caller.send()
    caller.run(minutes=30)

    assert caller.deliveries == 0
    assert caller.recovery.is_held
    assert caller.cases == [PaymentCase.AMOUNT_DIFFERS]


@every_provider
@pytest.mark.parametrize("scenario", ["no-money", "refused", "expired", "5-forged"])
def test_not_paid_is_closed_and_not_delivered(
    name: str, scenario: str, sandbox: Sandbox, clock: FakeClock
) -> None:
    caller = begin(name, scenario, sandbox, clock)

    caller.send()
    caller.run(minutes=30)

    assert caller.recovery.state in (PaymentState.FAILED, PaymentState.SENT, PaymentState.UNKNOWN)
    assert (caller.deliveries, charges(sandbox)) == (0, 0)


@pytest.mark.parametrize("name", ["mtn", "airtel_v1", "airtel", "vtpass"])
def test_refused_at_once_is_final(name: str, sandbox: Sandbox, clock: FakeClock) -> None:
    caller = begin(name, "refused-at-once", sandbox, clock)

    caller.send()

    assert caller.recovery.state is PaymentState.FAILED
    assert (caller.deliveries, charges(sandbox)) == (0, 0)


def test_processor_error_of_paystack_is_no_final_word(sandbox: Sandbox, clock: FakeClock) -> None:
    caller = begin("paystack", "refused-at-once", sandbox, clock)

    caller.send()
    assert caller.recovery.state is PaymentState.UNKNOWN
    caller.run(minutes=30)

    assert_paid_once(caller)
    assert caller.recovery.sends == 2


@every_provider
def test_ambiguous_for_ever_is_never_called_failed(name: str, sandbox: Sandbox, clock: FakeClock) -> None:
    caller = begin(name, "ambiguous", sandbox, clock)

    caller.send()
    caller.run(minutes=90)

    assert caller.recovery.is_open
    assert caller.deliveries == 0


def read_callback(provider: str, headers: dict[str, str], body: bytes) -> webhooks.Hint:
    match provider:
        case "mtn":
            return webhooks.read_mtn(body, headers.get("x-reference-id", ""))
        case "airtel":
            return webhooks.read_airtel(body, keys=(keys.AIRTEL_CALLBACK_KEY,))
        case "paystack":
            return webhooks.read_paystack(
                body, headers.get("x-paystack-signature", ""), keys.PAYSTACK_SECRET_KEY
            )
        case _:
            return webhooks.read_vtpass(body)


@every_provider
def test_4_callback_before_the_answer_is_a_hint_that_delivers_nothing_by_itself(
    name: str, sandbox: Sandbox, clock: FakeClock, receiver: Receiver
) -> None:
    caller = begin(name, "4", sandbox, clock, callback_url=receiver.url)

    caller.send()
    hints = [read_callback(caller.subject.provider, *one) for one in receiver.kept]
    caller.hear_report(Report(Source.HINT, Outcome.SUCCEEDED))

    assert [hint.reference for hint in hints] == [caller.subject.stored.reference]
    assert caller.deliveries == 0
    caller.run(minutes=30)
    assert_paid_once(caller)


@every_provider
def test_5_callback_twice_is_one_event_and_one_delivery(
    name: str, sandbox: Sandbox, clock: FakeClock, receiver: Receiver
) -> None:
    caller = begin(name, "5", sandbox, clock, callback_url=receiver.url)

    caller.send()
    caller.run(minutes=30)
    sandbox.core.settle()
    hints = [read_callback(caller.subject.provider, *one) for one in receiver.kept]
    for _ in hints:
        caller.hear_report(Report(Source.HINT, Outcome.SUCCEEDED))
        caller.hear(caller.subject.ask(), Source.POLL)

    assert len(hints) == 2
    assert len({hint.event_id for hint in hints}) == 1
    assert_paid_once(caller)


@every_provider
def test_5_forged_callback_is_refused_where_it_is_signed_and_harmless_elsewhere(
    name: str, sandbox: Sandbox, clock: FakeClock, receiver: Receiver
) -> None:
    caller = begin(name, "5-forged", sandbox, clock, callback_url=receiver.url)

    caller.send()
    caller.run(minutes=30)
    sandbox.core.settle()

    (forged,) = receiver.kept
    if caller.subject.provider in ("airtel", "paystack"):
        with pytest.raises(UserError) as caught:
            read_callback(caller.subject.provider, *forged)
        assert caught.value.code == "webhook.signature"
    else:
        hint = read_callback(caller.subject.provider, *forged)
        assert hint.reference == caller.subject.stored.reference
        caller.hear_report(Report(Source.HINT, Outcome.SUCCEEDED))
        caller.hear(caller.subject.ask(), Source.POLL)
    assert caller.recovery.state is not PaymentState.SUCCEEDED
    assert (caller.deliveries, charges(sandbox)) == (0, 0)


@every_provider
def test_same_request_sent_by_two_threads_charges_once(name: str, sandbox: Sandbox, clock: FakeClock) -> None:
    made = subject(name, sandbox.base_url, fake_line(clock))
    outcomes: list[Outcome] = []
    threads = [threading.Thread(target=lambda: outcomes.append(made.send().outcome)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    caller = Caller(made, sandbox, clock)
    caller.send()
    caller.run(minutes=30)

    assert Outcome.FAILED not in outcomes
    assert charges(sandbox) == 1
    assert caller.deliveries == 1
