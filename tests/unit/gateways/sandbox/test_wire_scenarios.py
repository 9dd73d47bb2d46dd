"""The fourteen scenarios of each provider as a client sees them on the socket."""

import json
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from pos.gateways.sandbox import Sandbox
from tests.factories.gateways import Receiver
from tests.unit.gateways.sandbox.callers import (
    ABSENT,
    FAILED,
    PAID,
    PENDING,
    UNKNOWN,
    AnyCaller,
    MtnCaller,
    PaystackCaller,
    VtpassCaller,
    control,
)

ASKS_MAX = 200


def number(caller: AnyCaller, ending: str) -> str:
    return f"{caller.prefix}{ending}"


def begin(caller: AnyCaller, ending: str) -> str:
    """Pay with a number of this ending; the request must be accepted."""
    reference = caller.reference()
    assert caller.is_accepted(caller.pay(reference, number(caller, ending)))
    return reference


def hear(caller: AnyCaller, receiver: Receiver) -> None:
    """MTN is told in each request where to call back; the others by the fixture."""
    if isinstance(caller, MtnCaller):
        caller.url = receiver.url


def told(receiver: Receiver) -> list[str]:
    """Whether each callback says paid or not."""
    return ["paid" if _says_paid(json.loads(body)) else "not" for _, body in receiver.kept]


def _says_paid(body: dict[str, object]) -> bool:
    text = json.dumps(body)
    words = ('"status": "SUCCESSFUL"', '"status_code": "TS"', '"status": "success"', '"status": "delivered"')
    return any(word in text for word in words)


def test_1_final_after_ten_seconds(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = begin(caller, "11")

    assert caller.word(caller.ask(reference)) == PENDING
    sandbox.advance(10)
    assert caller.word(caller.ask(reference)) == PAID


def test_2_accepted_and_the_connection_is_cut(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = caller.reference()
    caller.headers()

    with pytest.raises(requests.ConnectionError):
        caller.pay(reference, number(caller, "12"))

    sandbox.advance(5)
    assert caller.word(caller.ask(reference)) == PAID
    assert caller.is_duplicate(caller.pay(reference, number(caller, "12")))


def test_3_waits_longer_than_the_client_and_then_accepts(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = caller.reference()
    caller.headers()

    with pytest.raises(requests.ReadTimeout):
        caller.pay(reference, number(caller, "13"), wait_s=0.2)

    assert caller.word(caller.ask(reference)) == ABSENT
    sandbox.advance(60)
    # The thread that still holds the request needs a moment; each ask is a round trip.
    words = [caller.word(caller.ask(reference)) for _ in range(ASKS_MAX)]
    assert PENDING in words
    sandbox.advance(5)
    assert caller.word(caller.ask(reference)) == PAID


def test_4_callback_comes_before_the_answer(caller: AnyCaller, receiver: Receiver) -> None:
    hear(caller, receiver)

    reference = begin(caller, "14")

    assert told(receiver) == ["paid"]
    assert caller.word(caller.ask(reference)) == PAID


@pytest.mark.parametrize(
    ("ending", "heard"), [("15", ["paid", "paid"]), ("25", []), ("26", ["paid"]), ("29", ["paid", "not"])]
)
def test_5_callback_twice_never_forged_or_out_of_order(
    caller: AnyCaller, sandbox: Sandbox, receiver: Receiver, ending: str, heard: list[str]
) -> None:
    hear(caller, receiver)

    reference = begin(caller, ending)
    sandbox.advance(5)

    assert told(receiver) == heard
    assert caller.word(caller.ask(reference)) == (FAILED if ending == "26" else PAID)


def test_6_pending_for_ever_until_a_person_decides(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = begin(caller, "16")

    sandbox.advance(3000)
    caller.token = ""
    assert caller.word(caller.ask(reference)) == PENDING
    assert control(sandbox, action="approve", reference=reference).status_code == 200
    assert caller.word(caller.ask(reference)) == PAID


def test_7_paid_after_seven_minutes(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = begin(caller, "17")

    sandbox.advance(419)
    caller.token = ""
    assert caller.word(caller.ask(reference)) == PENDING
    sandbox.advance(1)
    assert caller.word(caller.ask(reference)) == PAID


@pytest.mark.parametrize(("ending", "status"), [("18", 500), ("27", 502)])
def test_8_html_instead_of_the_answer_and_of_the_first_status(
    caller: AnyCaller, sandbox: Sandbox, ending: str, status: int
) -> None:
    reference = caller.reference()

    answers = [caller.pay(reference, number(caller, ending)), caller.ask(reference)]

    assert [answer.status_code for answer in answers] == [status, status]
    assert all(answer.headers["Content-Type"].startswith("text/html") for answer in answers)
    sandbox.advance(5)
    assert caller.word(caller.ask(reference)) == PAID


def test_8_not_accepted_with_503_until_it_is_sent_again(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = caller.reference()

    answer = caller.pay(reference, number(caller, "28"))

    assert (answer.status_code, answer.text[:6]) == (503, "<html>")
    assert caller.word(caller.ask(reference)) == ABSENT
    assert caller.is_accepted(caller.pay(reference, number(caller, "28")))


def test_9_unknown_words_twice_and_then_paid(caller: AnyCaller) -> None:
    reference = caller.reference()
    caller.pay(reference, number(caller, "19"))

    words = [caller.word(caller.ask(reference)) for _ in range(3)]

    assert words == [UNKNOWN, UNKNOWN, PAID]


def test_10_token_is_refused_once_in_the_middle(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = begin(caller, "20")
    sandbox.advance(5)

    assert caller.ask(reference).status_code == 401
    if caller.name in ("mtn", "airtel"):
        assert caller.ask(reference).status_code == 401
    caller.token = ""
    assert caller.word(caller.ask(reference)) == PAID


def test_11_first_request_is_called_a_duplicate(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = caller.reference()

    assert caller.is_duplicate(caller.pay(reference, number(caller, "21")))

    sandbox.advance(5)
    assert caller.word(caller.ask(reference)) == PAID


def test_12_status_is_not_found_for_the_first_seconds(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = begin(caller, "22")

    assert caller.word(caller.ask(reference)) == ABSENT
    sandbox.advance(20)
    assert caller.word(caller.ask(reference)) == PAID


def test_13_clock_of_the_provider_is_a_day_ahead(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = caller.reference()

    answer = caller.pay(reference, number(caller, "23"))

    now = sandbox.core.timeline.now()
    whole_second = now.replace(microsecond=0)
    assert parsedate_to_datetime(answer.headers["Date"]) - whole_second == timedelta(days=1)
    if isinstance(caller, VtpassCaller):
        assert answer.json()["code"] == "085"
        assert caller.word(caller.ask(reference)) == ABSENT
        return
    sandbox.advance(5)
    answer = caller.ask(reference)
    assert caller.word(answer) == PAID
    if isinstance(caller, PaystackCaller):
        assert answer.json()["data"]["paid_at"].startswith(
            f"{now + timedelta(days=1, seconds=5):%Y-%m-%dT%H:%M:%S}"
        )


def test_14_amount_in_the_status_differs(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = begin(caller, "24")
    sandbox.advance(5)

    answer = caller.ask(reference)

    assert caller.word(answer) == PAID
    assert caller.amount(answer) == "1499"


def test_used_reference_is_refused_and_the_first_payment_stays(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = begin(caller, "11")

    assert caller.is_duplicate(caller.pay(reference, number(caller, "11")))

    sandbox.advance(10)
    assert caller.word(caller.ask(reference)) == PAID
    assert len(sandbox.core.book.newest_first()) == 1


@pytest.mark.parametrize(("ending", "word"), [("01", FAILED), ("02", FAILED), ("03", FAILED)])
def test_failing_numbers(caller: AnyCaller, ending: str, word: str) -> None:
    reference = begin(caller, ending)

    assert caller.word(caller.ask(reference)) == word


def test_05_cuts_and_06_refuses_at_once(caller: AnyCaller) -> None:
    cut, refused = caller.reference(), caller.reference()
    caller.headers()

    with pytest.raises(requests.ConnectionError):
        caller.pay(cut, number(caller, "05"))
    assert not caller.is_accepted(caller.pay(refused, number(caller, "06")))
    assert caller.word(caller.ask(refused)) == ABSENT


def test_same_seed_makes_the_same_values(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference, answers = caller.reference(), []

    for _ in range(2):
        with Sandbox(seed=11, clock=sandbox.core.timeline) as fresh:
            caller.sandbox, caller.token = fresh, ""
            caller.pay(reference, number(caller, "14"))
            answers.append(caller.ask(reference).json())

    assert answers[0] == answers[1]
