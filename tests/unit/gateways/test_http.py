import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
import responses

from pos.errors import UserError
from pos.gateways.breaker import Circuit
from pos.gateways.http import BYTES_MAX, Call, HttpClient, Line, Pauses, Reply, Silence, json_body
from pos.gateways.reasons import Reason
from tests.fakes.clock import FakeClock

URL = "https://provider.example"
GET = Call("test get", "GET", "/status", attempts=3)
POST = Call("test post", "POST", "/pay", body=b"{}")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(clock: FakeClock, waits: list[float]) -> HttpClient:
    return Line(clock, sleep=waits.append, chance=lambda: 1.0).client(URL)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.mark.parametrize("url", ["http://provider.example", "ftp://x", "provider.example", "", "https://"])
def test_client_without_tls_is_refused_except_on_this_machine(url: str, clock: FakeClock) -> None:
    with pytest.raises(UserError) as caught:
        Line(clock).client(url)
    assert caught.value.code == "provider.url"
    assert Line(clock).client("http://127.0.0.1:1") is not None


def test_call_that_may_be_repeated_is_repeated_with_growing_waits(
    client: HttpClient, wire: responses.RequestsMock, waits: list[float]
) -> None:
    for status in (503, 502, 200):
        wire.get(f"{URL}/status", status=status, json={})

    result = client.call(GET)

    assert isinstance(result, Reply)
    assert result.status == 200
    assert waits == [0.5, 1.0]


def test_call_that_changes_something_is_never_repeated(
    client: HttpClient, wire: responses.RequestsMock, waits: list[float]
) -> None:
    wire.post(f"{URL}/pay", body=requests.ReadTimeout())

    result = client.call(POST)

    assert isinstance(result, Silence)
    assert (result.reason, result.was_sent, waits) == (Reason.TIME_OUT, True, [])


@pytest.mark.parametrize(("header", "seconds"), [("3", 3), ("Fri, 20 Nov 2026 08:00:04 GMT", 4)])
def test_retry_after_is_honoured(
    client: HttpClient, wire: responses.RequestsMock, waits: list[float], header: str, seconds: int
) -> None:
    wire.get(f"{URL}/status", status=429, headers={"Retry-After": header})
    wire.get(f"{URL}/status", status=200, json={})

    client.call(GET)

    assert waits == [seconds]


@pytest.mark.parametrize("header", ["999999", "9" * 40, "Tue, 01 Jan 2030 00:00:00 GMT"])
def test_retry_after_is_never_more_than_an_hour(
    client: HttpClient, wire: responses.RequestsMock, clock: FakeClock, header: str
) -> None:
    """A provider's clock may be a day ahead, and a payment is not left alone for days."""
    wire.get(f"{URL}/status", status=503, headers={"Retry-After": header})

    result = client.call(GET)

    assert result.retry_at is not None
    assert result.retry_at - clock.now() == timedelta(hours=1)


def test_retry_after_longer_than_a_call_waits_is_handed_on(
    client: HttpClient, wire: responses.RequestsMock, waits: list[float], clock: FakeClock
) -> None:
    wire.get(f"{URL}/status", status=503, headers={"Retry-After": "120"})

    result = client.call(GET)

    assert waits == []
    assert isinstance(result, Reply)
    assert result.retry_at is not None
    assert (result.retry_at - clock.now()).total_seconds() == 120


def test_answer_that_is_final_is_not_repeated(
    client: HttpClient, wire: responses.RequestsMock, waits: list[float]
) -> None:
    wire.get(f"{URL}/status", status=404, json={})

    client.call(GET)

    assert len(wire.calls) == 1
    assert waits == []


def test_redirect_is_not_followed(client: HttpClient, wire: responses.RequestsMock) -> None:
    wire.post(f"{URL}/pay", status=302, headers={"Location": "https://other.example/"})

    result = client.call(POST)

    assert isinstance(result, Reply)
    assert result.status == 302


def test_answer_longer_than_the_bound_is_unreadable(client: HttpClient, wire: responses.RequestsMock) -> None:
    wire.post(f"{URL}/pay", body=b"x" * (BYTES_MAX + 1))

    result = client.call(POST)

    assert isinstance(result, Silence)
    assert (result.reason, result.was_sent) == (Reason.UNREADABLE, True)


def test_breaker_opens_rests_tries_once_and_rests_longer(
    client: HttpClient, wire: responses.RequestsMock, clock: FakeClock
) -> None:
    wire.post(f"{URL}/pay", status=500)
    for _ in range(5):
        client.call(POST)
    opened = client.breaker.state()

    refused = client.call(POST)

    assert isinstance(refused, Silence)
    assert (refused.reason, refused.was_sent) == (Reason.BREAKER_OPEN, False)
    assert opened.circuit is Circuit.OPEN
    assert refused.retry_at == opened.retry_at
    assert len(wire.calls) == 5

    clock.pass_time(seconds=15)
    assert client.breaker.state().circuit is Circuit.HALF_OPEN
    client.call(POST)
    assert client.breaker.state().circuit is Circuit.OPEN
    clock.pass_time(seconds=15)
    assert client.breaker.state().circuit is Circuit.OPEN
    clock.pass_time(seconds=15)
    wire.replace("POST", f"{URL}/pay", status=200)
    client.call(POST)
    assert client.breaker.state().circuit is Circuit.CLOSED
    assert client.breaker.state().failures == 0


def test_half_open_breaker_lets_one_call_through(client: HttpClient, clock: FakeClock) -> None:
    for _ in range(5):
        assert client.breaker.enter()
        client.breaker.failed()
    clock.pass_time(seconds=15)

    assert [client.breaker.enter() for _ in range(3)] == [True, False, False]


def test_reply_that_is_no_json_reads_as_none(clock: FakeClock) -> None:
    for body in (b"<html>", b"\xff", b"NaN", b"[" * 100_000, b""):
        assert Reply(200, body, clock.now()).json() is None
    assert str(Reply(200, b'{"a":12.50}', clock.now()).json()["a"]) == "12.50"


def test_json_body_writes_decimals_as_numbers(clock: FakeClock) -> None:
    amounts = Reply(200, b'{"a":5000.0,"b":12.5}', clock.now()).json()

    assert json_body(amounts) == b'{"a":5000,"b":12.5}'


class Page(BaseHTTPRequestHandler):
    """Says what each path is named after."""

    protocol_version = "HTTP/1.1"
    released = threading.Event()
    connections: set[Any]

    def do_GET(self) -> None:
        type(self).connections.add(self.client_address)
        if self.path == "/silent":
            self.released.wait(10)
            self.close_connection = True
            return
        if self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"{")
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.send_header("Set-Cookie", "track=1")
        self.end_headers()
        self.wfile.write(b"{}" if "Cookie" not in self.headers else b"no")

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def page() -> Iterator[str]:
    Page.connections = set()
    Page.released = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    Page.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


def test_connection_is_kept_without_cookies_and_renewed_after_a_long_rest(
    page: str, clock: FakeClock
) -> None:
    client = Line(clock).client(page)
    first, second = (client.call(Call("c", "GET", "/")) for _ in range(2))
    kept = len(Page.connections)
    clock.pass_time(minutes=2)
    client.call(Call("c", "GET", "/"))

    assert isinstance(first, Reply)
    assert isinstance(second, Reply)
    assert (first.body, second.body) == (b"{}", b"{}")
    assert (kept, len(Page.connections)) == (1, 2)


def test_provider_that_does_not_answer_in_time_may_have_it(page: str, clock: FakeClock) -> None:
    client = Line(clock, Pauses(read_s=0.1)).client(page)

    result = client.call(Call("c", "GET", "/silent"))

    assert isinstance(result, Silence)
    assert (result.reason, result.was_sent) == (Reason.TIME_OUT, True)


def test_answer_that_breaks_off_may_mean_anything(page: str, clock: FakeClock) -> None:
    result = Line(clock).client(page).call(Call("c", "GET", "/short"))

    assert isinstance(result, Silence)
    assert (result.reason, result.was_sent) == (Reason.NO_CONNECTION, True)


def test_port_where_nobody_listens_surely_got_nothing(clock: FakeClock) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        client = Line(clock).client(f"http://127.0.0.1:{held.getsockname()[1]}")
        result = client.call(POST)

    assert isinstance(result, Silence)
    assert (result.reason, result.was_sent) == (Reason.NO_CONNECTION, False)
