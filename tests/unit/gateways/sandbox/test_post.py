"""Callbacks of the sandbox: no address holds up another, and each hears its own in order."""

import socket
import threading
from collections.abc import Iterator
from functools import partial

import pytest
import requests

from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox.callbacks import Callback
from pos.gateways.sandbox.post import LINES_MAX, SENDERS_MAX, TOO_MANY, WAITING_MAX, Post
from tests.factories.gateways import Receiver
from tests.unit.gateways.sandbox.callers import AirtelCaller, MtnCaller, PaystackCaller, control

WAIT_S = 20


class DeafListener:
    """An address that takes a connection and never answers, until it is let go."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/hook"

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def deaf() -> Iterator[DeafListener]:
    listener = DeafListener()
    yield listener
    listener.close()


@pytest.fixture
def post() -> Iterator[Post]:
    made = Post()
    yield made
    made.stop()


class Told:
    """What senders were told, and a way to wait for so many of them."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, str]] = []
        self._change = threading.Condition()

    def note(self, name: str, result: str, _answer: bytes) -> None:
        with self._change:
            self.kept.append((name, result))
            self._change.notify_all()

    def wait_for(self, count: int) -> bool:
        with self._change:
            return self._change.wait_for(lambda: len(self.kept) >= count, WAIT_S)


def test_deaf_address_holds_up_no_other(
    mtn: MtnCaller, paystack: PaystackCaller, sandbox: Sandbox, receiver: Receiver, deaf: DeafListener
) -> None:
    mtn.url = deaf.url
    for _ in range(20):
        mtn.pay(mtn.reference(), "46733123999")
    reference = paystack.reference()
    paystack.pay(reference, "0241234599")

    control(sandbox, action="approve", reference=reference, provider="paystack")

    letter = sandbox.core.post.put(Callback(receiver.url, b"last"), lambda _result, _answer: None)
    assert letter.is_over.wait(WAIT_S)
    assert [reference.encode() in body for _, body in receiver.kept] == [True, False]
    assert not [one for one in sandbox.core.sent.newest_first() if one.provider == "mtn"]
    # All that was on its way to the deaf one ends with the reset.
    control(sandbox, action="reset")
    assert sandbox.core.post.settle(WAIT_S)
    assert sandbox.core.sent.newest_first() == []


def test_letters_to_one_address_arrive_in_the_order_of_asking(post: Post, receiver: Receiver) -> None:
    told = Told()

    for number in range(200):
        post.put(Callback(receiver.url, str(number).encode()), partial(told.note, str(number)))

    assert post.settle(WAIT_S)
    assert [int(body) for _, body in receiver.kept] == list(range(200))
    assert told.kept == [(str(number), "200") for number in range(200)]


def test_letters_to_many_addresses_are_all_sent_by_few_senders(post: Post, receiver: Receiver) -> None:
    told = Told()

    for number in range(4 * SENDERS_MAX):
        post.put(Callback(f"{receiver.url}/{number}", b"x"), partial(told.note, str(number)))

    assert post.settle(WAIT_S)
    assert sorted(int(name) for name, _ in told.kept) == list(range(4 * SENDERS_MAX))


def test_deaf_machine_with_many_addresses_holds_up_no_other(
    post: Post, receiver: Receiver, deaf: DeafListener
) -> None:
    told = Told()
    for number in range(2 * SENDERS_MAX):
        post.put(Callback(f"{deaf.url}/{number}", b"x"), partial(told.note, "deaf"))

    for number in range(10):
        letter = post.put(Callback(f"{receiver.url}/{number}", b"x"), partial(told.note, "live"))
        assert letter.is_over.wait(WAIT_S)

    assert told.kept == [("live", "200")] * 10
    assert post._lines[deaf.url.split("/")[2]] <= LINES_MAX


def test_address_whose_queue_is_full_is_sent_no_more_and_it_is_said(post: Post, deaf: DeafListener) -> None:
    told = Told()

    for number in range(WAITING_MAX + 2):
        post.put(Callback(deaf.url, b"x"), partial(told.note, str(number)))
    # One is being sent or not yet: the last one or the last two are too many.
    assert told.wait_for(1)

    assert {result for _, result in told.kept} == {TOO_MANY}
    assert {name for name, _ in told.kept} <= {str(WAITING_MAX), str(WAITING_MAX + 1)}


def test_what_is_forgotten_is_neither_sent_nor_told(
    post: Post, deaf: DeafListener, receiver: Receiver
) -> None:
    told = Told()
    letters = [post.put(Callback(deaf.url, b"x"), partial(told.note, str(number))) for number in range(3)]

    post.clear()

    assert all(letter.is_over.wait(WAIT_S) for letter in letters)
    assert post.settle(WAIT_S)
    assert post.put(Callback(receiver.url, b"after"), partial(told.note, "after")).is_over.wait(WAIT_S)
    assert told.kept == [("after", "200")]


def test_stopped_post_ends_its_threads_and_sends_nothing_more(deaf: DeafListener, receiver: Receiver) -> None:
    post, told = Post(), Told()
    post.put(Callback(deaf.url, b"x"), partial(told.note, "deaf"))

    post.stop()

    assert not [one for one in threading.enumerate() if one.name == "sandbox-post" and one in post._senders]
    assert post.put(Callback(receiver.url, b"x"), partial(told.note, "late")).is_over.is_set()
    assert (told.kept, receiver.kept) == ([], [])


@pytest.mark.expect_log("A callback of the sandbox failed.")
def test_listener_of_the_result_that_fails_does_not_end_the_sender(post: Post, receiver: Receiver) -> None:
    told = Told()

    def fail(_result: str, _answer: bytes) -> None:
        raise ValueError

    post.put(Callback(receiver.url, b"first"), fail)
    post.put(Callback(receiver.url, b"second"), partial(told.note, "second"))

    assert post.settle(WAIT_S)
    assert told.kept == [("second", "200")]


def test_resent_callback_has_been_answered_when_the_command_is(
    airtel: AirtelCaller, sandbox: Sandbox, receiver: Receiver
) -> None:
    reference = airtel.reference()
    airtel.pay(reference)
    control(sandbox, action="approve", reference=reference)

    requests.post(
        f"{sandbox.base_url}/_control", json={"action": "resend", "reference": reference}, timeout=WAIT_S
    )

    assert [reference.encode() in body for _, body in receiver.kept] == [True, True]
