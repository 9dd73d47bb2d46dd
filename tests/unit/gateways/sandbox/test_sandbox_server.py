"""The sandbox's server: what real clients send, control, the page, callbacks on this machine only."""

import base64
import http.client
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import requests

from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox import credentials as keys
from pos.gateways.sandbox.callbacks import Callback, is_on_this_machine, send
from pos.gateways.sandbox.timeline import Timeline
from tests.factories.gateways import Receiver
from tests.fakes.clock import FakeClock
from tests.unit.gateways.sandbox.callers import AnyCaller, MtnCaller, PaystackCaller, control

LOGIN = base64.b64encode(f"{keys.MTN_USER}:{keys.MTN_API_KEY}".encode()).decode()
SUBSCRIPTION = keys.MTN_SUBSCRIPTION_KEYS["collection"][0]


@pytest.fixture
def line(sandbox: Sandbox) -> Iterator[http.client.HTTPConnection]:
    """A bare connection, for what a good library would never send."""
    address = urlsplit(sandbox.base_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    yield connection
    connection.close()


@pytest.mark.parametrize("path", ["token", "token/", "token/?", "/token//"])
@pytest.mark.parametrize("body", [b"", b"null", b"{}"])
def test_token_by_any_form_of_path_and_empty_body_and_names_in_any_case(
    line: http.client.HTTPConnection, path: str, body: bytes
) -> None:
    headers = {"AUTHORIZATION": f"basic {LOGIN}", "ocp-apim-subscription-KEY": SUBSCRIPTION}

    line.request("POST", f"/mtn/collection/{path}", body, headers)

    assert line.getresponse().status == 200


def test_body_of_null_on_get_is_ignored(mtn: MtnCaller) -> None:
    reference = mtn.reference()
    mtn.pay(reference)

    answer = requests.get(
        f"{mtn.base}/collection/v1_0/requesttopay/{reference}/",
        data="null",
        headers=mtn.headers(),
        timeout=10,
    )

    assert answer.json()["status"] == "SUCCESSFUL"


def test_body_in_chunks_is_read(mtn: MtnCaller) -> None:
    answer = requests.post(
        f"{mtn.base}/collection/token/",
        data=iter([b"{", b"}"]),
        headers={"Authorization": f"Basic {LOGIN}", "Ocp-Apim-Subscription-Key": SUBSCRIPTION},
        timeout=10,
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("length", ["2000000", "many", "-1"])
def test_body_without_a_sensible_length_is_refused(line: http.client.HTTPConnection, length: str) -> None:
    line.putrequest("POST", "/paystack/charge")
    line.putheader("Content-Length", length)
    line.endheaders()

    assert line.getresponse().status == 413


@pytest.mark.parametrize("size", [b"many", b"-5", b"fffffffff"])
def test_chunk_without_a_sensible_size_is_refused(line: http.client.HTTPConnection, size: bytes) -> None:
    line.putrequest("POST", "/paystack/charge")
    line.putheader("Transfer-Encoding", "chunked")
    line.endheaders()
    line.send(size + b"\r\n{}")

    assert line.getresponse().status == 413


def test_address_that_is_none_is_refused(line: http.client.HTTPConnection) -> None:
    line.putrequest("GET", "http://[/mtn", skip_host=True)
    line.endheaders()

    assert line.getresponse().status == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/_control", 405),
        ("/mtn/collection/token/", 405),
        ("/paystack/charge", 404),
        ("/vtpass/api/pay", 405),
    ],
)
def test_options_are_answered_in_the_form_of_the_provider(sandbox: Sandbox, path: str, status: int) -> None:
    answer = requests.options(f"{sandbox.base_url}{path}", timeout=10)

    assert answer.status_code == status
    assert answer.json()


@pytest.mark.parametrize("path", ["/", "/_control"])
def test_head_says_that_the_sandbox_is_up(sandbox: Sandbox, path: str) -> None:
    assert requests.head(f"{sandbox.base_url}{path}", timeout=10).status_code == 200


def test_connection_is_kept_for_the_next_request(line: http.client.HTTPConnection) -> None:
    line.request("GET", "/_control")
    line.getresponse().read()
    first = line.sock
    line.request("HEAD", "/")

    answer = line.getresponse()

    assert line.sock is first
    assert int(answer.headers["Content-Length"]) > 0
    assert answer.read() == b""


def test_client_that_leaves_in_the_middle_harms_nobody(sandbox: Sandbox) -> None:
    address = urlsplit(sandbox.base_url)
    with socket.create_connection((address.hostname, address.port)) as half:
        half.sendall(b"POST /paystack/charge HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")

    assert requests.get(f"{sandbox.base_url}/_control", timeout=10).status_code == 200


def test_unknown_path_names_the_known_ones(sandbox: Sandbox) -> None:
    answer = requests.get(f"{sandbox.base_url}/nothing", timeout=10)

    assert answer.status_code == 404
    assert "/vtpass/api" in answer.text


def test_stopped_sandbox_frees_its_port_and_ends_open_connections(clock: FakeClock) -> None:
    with Sandbox(clock=clock) as first, requests.Session() as session:
        port = urlsplit(first.base_url).port
        session.get(f"{first.base_url}/_control", timeout=10)
        first.stop()
        with Sandbox(port or 0, clock=clock) as second:
            assert second.base_url == first.base_url
            assert session.get(f"{second.base_url}/_control", timeout=10).status_code == 200


def test_without_a_clock_it_takes_the_machines() -> None:
    with Sandbox() as running:
        now = datetime.fromisoformat(requests.get(f"{running.base_url}/_control", timeout=10).json()["now"])

    assert abs((datetime.now(UTC) - now).total_seconds()) < 60


def test_failure_of_our_own_is_logged_and_answered_with_500(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox.core, "providers", None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pos.gateways.sandbox.server.logger.exception", lambda text: None)
        answer = requests.get(f"{sandbox.base_url}/mtn/x", timeout=10)

    assert answer.status_code == 500


# --- control


@pytest.mark.parametrize(
    "command",
    [
        {"action": "dance"},
        {"scenario": 15},
        {"scenario": "5-sometimes"},
        {"scenario": 1, "provider": "bank"},
        {"scenario": 1, "times": 0},
        {"scenario": 1, "after_s": "soon"},
        {"code": "016"},
        {"action": "approve", "reference": "none"},
        {"action": "callbacks", "airtel": "http://example.com/x"},
        {"action": "callbacks", "airtel": "https://127.0.0.1/x"},
        {"action": "set", "mtn_reason": "poem"},
        {"action": "advance", "seconds": -1},
    ],
    ids=str,
)
def test_bad_command_is_refused_with_a_reason(sandbox: Sandbox, command: dict[str, object]) -> None:
    answer = control(sandbox, **command)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_json_that_is_called_a_form_is_taken_as_json(sandbox: Sandbox) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = requests.post(f"{sandbox.base_url}/_control", data='{"scenario":7}', headers=form, timeout=10)

    assert answer.json()["result"] == {"scenario": 7, "title": "paid after the client gave up"}


def test_bad_json_to_control_is_refused(sandbox: Sandbox) -> None:
    assert requests.post(f"{sandbox.base_url}/_control", data=b"[", timeout=10).status_code == 400


def test_scenario_is_played_as_often_as_asked_and_with_its_own_times(
    caller: AnyCaller, sandbox: Sandbox
) -> None:
    ordered = control(sandbox, provider=caller.name, scenario=1, after_s=77, times=2)
    number = f"{caller.prefix}99"
    references = [caller.reference() for _ in range(2)]
    for reference in references:
        caller.pay(reference, number)
        sandbox.advance(31)

    assert ordered.json()["result"]["scenario"] == 1
    caller.token = ""
    assert [caller.word(caller.ask(one)) for one in references] == ["pending", "pending"]
    sandbox.advance(46)
    assert [caller.word(caller.ask(one)) for one in references] == ["paid", "paid"]


def test_order_for_a_reference_waits_for_it(mtn: MtnCaller, sandbox: Sandbox) -> None:
    wanted, other = mtn.reference(), mtn.reference()
    control(sandbox, scenario="no-money", reference=wanted)

    mtn.pay(other)
    mtn.pay(wanted)
    sandbox.advance(5)

    assert [mtn.ask(one).json()["status"] for one in (other, wanted)] == ["SUCCESSFUL", "FAILED"]
    assert mtn.ask(wanted).json()["reason"] == "NOT_ENOUGH_FUNDS"


def test_held_payments_wait_for_a_person(caller: AnyCaller, sandbox: Sandbox) -> None:
    control(sandbox, action="set", holds=True)
    approved, refused, expired = (caller.reference() for _ in range(3))
    for reference in (approved, refused, expired):
        caller.pay(reference, f"{caller.prefix}11")
        sandbox.advance(31)
    assert caller.word(caller.ask(approved)) == "pending"

    control(sandbox, action="approve", reference=approved)
    control(sandbox, action="refuse", reference=refused)
    control(sandbox, action="expire", reference=expired)

    words = [caller.word(caller.ask(one)) for one in (approved, refused, expired)]
    assert words == ["paid", "failed", "failed"]
    assert control(sandbox, action="approve", reference=refused).status_code == 400


def test_callback_of_a_held_payment_comes_when_it_is_decided(
    paystack: PaystackCaller, sandbox: Sandbox, receiver: Receiver
) -> None:
    control(sandbox, action="set", holds=True)
    paystack.pay("m1", "0241234514")
    sandbox.core.settle()
    assert receiver.kept == []

    control(sandbox, action="approve", reference="m1")
    sandbox.core.settle()

    assert len(receiver.kept) == 1


def test_delayed_payment_waits_that_long(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = caller.reference()
    caller.pay(reference, f"{caller.prefix}11")

    control(sandbox, action="delay", reference=reference, seconds=100)

    sandbox.advance(99)
    assert caller.word(caller.ask(reference)) == "pending"
    sandbox.advance(1)
    assert caller.word(caller.ask(reference)) == "paid"
    assert control(sandbox, action="delay", reference=reference).status_code == 400


def test_time_is_moved_by_control(mtn: MtnCaller, sandbox: Sandbox) -> None:
    reference = mtn.reference()
    mtn.pay(reference, "46733123454")

    control(sandbox, action="advance", seconds=25)

    assert mtn.ask(reference).json()["status"] == "SUCCESSFUL"


def test_only_a_paid_one_is_reversed(paystack: PaystackCaller, sandbox: Sandbox) -> None:
    paystack.post("transaction/initialize", paystack.body("i1"))

    early = control(sandbox, action="reverse", reference="i1")
    control(sandbox, action="approve", reference="i1")
    control(sandbox, action="reverse", reference="i1")

    assert early.status_code == 400
    assert paystack.ask("i1").json()["data"]["status"] == "reversed"


def test_callback_is_sent_again_on_request(paystack: PaystackCaller, sandbox: Sandbox) -> None:
    control(sandbox, action="callbacks", paystack="http://127.0.0.1:1/x")
    paystack.post("transaction/initialize", paystack.body("i1"))
    control(sandbox, action="approve", reference="i1")
    sandbox.core.settle()

    control(sandbox, action="resend", reference="i1")

    shown = requests.get(f"{sandbox.base_url}/_control", timeout=10).json()
    assert len(shown["sent"]) == 2
    assert shown["callbacks"] == {"paystack": "http://127.0.0.1:1/x"}


def test_reset_forgets_all_payments(paystack: PaystackCaller, sandbox: Sandbox) -> None:
    paystack.post("transaction/initialize", paystack.body("i1"))

    control(sandbox, action="reset")

    assert requests.get(f"{sandbox.base_url}/_control", timeout=10).json()["payments"] == []


def test_reset_forgets_a_request_that_is_held(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = caller.reference()
    caller.headers()
    with pytest.raises(requests.ReadTimeout):
        caller.pay(reference, f"{caller.prefix}13", wait_s=0.2)

    control(sandbox, action="reset")
    sandbox.advance(60)

    # The thread that held the request needs a moment; each ask is a round trip.
    assert {caller.word(caller.ask(reference)) for _ in range(100)} == {"absent"}


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}])
@pytest.mark.parametrize("path", ["/", "/_control"])
def test_other_web_pages_may_not_control(sandbox: Sandbox, headers: dict[str, str], path: str) -> None:
    answer = requests.get(f"{sandbox.base_url}{path}", headers=headers, timeout=10)

    assert answer.status_code == 403


def test_control_by_other_methods_is_405(sandbox: Sandbox) -> None:
    answers = [
        requests.put(f"{sandbox.base_url}/_control", timeout=10),
        requests.post(sandbox.base_url, timeout=10),
    ]

    assert [answer.status_code for answer in answers] == [405, 405]


# --- the page


def test_page_lists_payments_with_buttons_and_masks_numbers(caller: AnyCaller, sandbox: Sandbox) -> None:
    assert "No payment yet" in requests.get(sandbox.base_url, timeout=10).text
    reference, number = caller.reference(), f"{caller.prefix}16"
    caller.pay(reference, number)

    page = requests.get(sandbox.base_url, timeout=10).text

    assert reference in page
    assert f"…{number[-4:]}" in page
    assert number not in page
    assert re.findall(r'value="(approve|refuse|delay)"', page) == ["approve", "refuse", "delay"]


def test_buttons_of_the_page_decide_and_lead_back(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = caller.reference()
    caller.pay(reference, f"{caller.prefix}16")
    form = {"reference": reference, "provider": caller.name, "seconds": "60", "action": "approve"}

    answer = requests.post(f"{sandbox.base_url}/_control", data=form, timeout=10, allow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert caller.word(caller.ask(reference)) == "paid"
    assert 'value="approve"' not in requests.get(sandbox.base_url, timeout=10).text


def test_control_shows_a_browser_the_page_and_programs_the_state(sandbox: Sandbox) -> None:
    for_people = requests.get(
        f"{sandbox.base_url}/_control", headers={"Accept": "text/html,application/xml;q=0.9"}, timeout=10
    )
    for_programs = requests.get(f"{sandbox.base_url}/_control", timeout=10)

    assert "<h1>Payment sandbox</h1>" in for_people.text
    assert for_programs.json()["payments"] == []


def test_page_chooses_what_the_next_payment_plays(caller: AnyCaller, sandbox: Sandbox) -> None:
    form = {"provider": caller.name, "scenario": "6", "action": "play"}
    page = requests.post(f"{sandbox.base_url}/_control", data=form, timeout=10).text
    reference = caller.reference()

    caller.pay(reference, f"{caller.prefix}11")

    assert f"<li>next {caller.name}: pending for ever</li>" in page
    assert "<li>" not in requests.get(sandbox.base_url, timeout=10).text
    sandbox.advance(60)
    assert caller.word(caller.ask(reference)) == "pending"


def test_button_that_comes_too_late_is_explained_on_the_page(caller: AnyCaller, sandbox: Sandbox) -> None:
    reference = caller.reference()
    caller.pay(reference, f"{caller.prefix}16")
    form = {"reference": reference, "provider": caller.name, "action": "approve"}
    requests.post(f"{sandbox.base_url}/_control", data=form, timeout=10)

    answer = requests.post(f"{sandbox.base_url}/_control", data=form, timeout=10)

    assert answer.status_code == 400
    assert "This payment is final already." in answer.text
    assert "<h1>Payment sandbox</h1>" in answer.text


def test_page_shows_odd_references_as_text(mtn: MtnCaller, sandbox: Sandbox) -> None:
    mtn.pay(mtn.reference(), payer={"partyIdType": "EMAIL", "partyId": "<b>ada</b>"})

    assert "<b>ada" not in requests.get(sandbox.base_url, timeout=10).text


# --- callbacks and time


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("http://127.0.0.1:8000/x", True),
        ("http://localhost/x", True),
        ("http://[::1]:8000/x", True),
        ("http://127.9.9.9/", True),
        ("https://127.0.0.1/x", False),
        ("http://10.0.0.1/x", False),
        ("http://localhost.example.com/x", False),
        ("http://127.0.0.1@example.com/x", False),
        ("http://example.com/x", False),
        ("http://127.0.0.1:port/x", False),
        ("ftp://127.0.0.1/x", False),
        ("", False),
    ],
)
def test_callbacks_go_to_this_machine_only(url: str, *, is_ours: bool) -> None:
    assert is_on_this_machine(url) is is_ours


def test_callback_to_elsewhere_is_not_sent() -> None:
    assert send(Callback("http://example.com/x", b"{}"))[0].startswith("not sent")


def test_work_that_fails_is_logged_and_the_rest_goes_on(clock: FakeClock) -> None:
    timeline, done, logged = Timeline(clock), [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pos.gateways.sandbox.timeline.logger.exception", logged.append)
        timeline.start()
        timeline.call_soon(lambda: [][0])
        timeline.call_soon(lambda: done.append("second"))

        assert timeline.settle()
        timeline.stop()

    assert (len(logged), done) == (1, ["second"])


def test_settle_gives_up_on_work_that_takes_too_long(clock: FakeClock) -> None:
    timeline = Timeline(clock)
    timeline.start()
    timeline.call_soon(lambda: timeline.wait(1000))

    assert not timeline.settle(timeout_s=0.05)

    timeline.stop()
