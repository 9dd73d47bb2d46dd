"""What any client may do to any path: wrong method, no login, a body that is none, odd but lawful HTTP.

Each table is made of the routes themselves: a path that is added is tried too.
"""

import gzip
import http.client
import json
import socket
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox import credentials as keys
from tests.fakes.clock import FakeClock
from tests.unit.gateways.sandbox.callers import (
    CALLERS,
    AnyCaller,
    MtnCaller,
    PaystackCaller,
    VtpassCaller,
    control,
)

WAIT_S = 20
PROVIDERS = tuple(CALLERS)
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
NO_JSON = (b"{", b"[]", b"1", b'"text"', b"\xff\xfe", b"\x00", b"[" * 200_000, b'{"a":' * 50_000)

PUBLIC = {
    ("POST", "airtel/auth/oauth2/token"),
    ("GET", "paystack/exports/transactions.csv"),
    ("GET", "paystack/checkout/{code}"),
    ("POST", "paystack/checkout/{code}"),
}
"""Paths that need no login: that of the login itself, and what has a hidden part in its address."""
BODILESS = {
    "mtn/{product}/token",
    "mtn/{product}/oauth2/token",
    "mtn/{product}/v1_0/bc-authorize",
    "mtn/v1_0/apiuser/{id}/apikey",
    "paystack/checkout/{code}",
    "paystack/subscription/{code}/manage/email",
}
"""Paths that read no body, or a form only."""


def table() -> list[tuple[str, str, str]]:
    """Provider, method and template of every route."""
    made = Sandbox(0, clock=FakeClock())
    found = [
        (name, route.method, "/".join(route.parts))
        for name, provider in made.core.providers.items()
        for route in provider._routes
    ]
    made._server.server_close()
    return sorted(set(found))


ROUTES = table()


def filled(template: str) -> str:
    """A path with something in each of its places."""
    parts = [str(uuid.UUID(int=7)) if part.startswith("{") else part for part in template.split("/")]
    return "/".join(parts)


def general(name: str, template: str) -> str:
    """The template with the product left open."""
    whole = f"{name}/{template}"
    for product in keys.MTN_SUBSCRIPTION_KEYS:
        whole = whole.replace(f"mtn/{product}/", "mtn/{product}/")
    return whole


@pytest.fixture
def callers(sandbox: Sandbox) -> dict[str, AnyCaller]:
    made: dict[str, AnyCaller] = {name: kind(sandbox) for name, kind in CALLERS.items()}
    made["mtn"] = MtnCaller(sandbox, environment="sandbox", currency="EUR")
    return made


def headers_of(callers: dict[str, AnyCaller], name: str, template: str) -> dict[str, str]:
    caller = callers[name]
    if not isinstance(caller, MtnCaller):
        return caller.headers()
    product = template.split("/")[0]
    product = product if product in keys.MTN_SUBSCRIPTION_KEYS else "collection"
    own = MtnCaller(caller.sandbox, environment="sandbox", currency="EUR")
    return own.headers(product) | {"X-Reference-Id": str(uuid.uuid4())}


def assert_shape(name: str, answer: requests.Response) -> None:
    """An error of the provider has its own form, and none is a failure of the sandbox."""
    assert "sandbox itself" not in answer.text
    body = answer.json()
    match name:
        case "mtn":
            assert set(body) in ({"statusCode", "message"}, {"code", "message"}, {"error"}), body
        case "airtel":
            assert set(body) == {"error", "error_description"} or body["status"]["success"] is False, body
        case "paystack":
            assert body["status"] is False and body["message"], body
        case _:
            assert set(body) == {"code", "response_description", "content"} or set(body) == {"message"}, body


@pytest.mark.parametrize("name", PROVIDERS)
def test_wrong_method_is_refused_in_the_form_of_the_provider(
    sandbox: Sandbox, callers: dict[str, AnyCaller], name: str
) -> None:
    known = {(method, template) for provider, method, template in ROUTES if provider == name}
    tried = 0
    for template in sorted({template for _, template in known}):
        for method in METHODS:
            path = filled(template)
            if any(m == method and _fits(t, path) for m, t in known):
                continue
            headers = headers_of(callers, name, template)
            answer = requests.request(
                method, f"{sandbox.base_url}/{name}/{path}", headers=headers, timeout=WAIT_S
            )
            assert answer.status_code == (404 if name == "paystack" else 405), (method, template)
            assert_shape(name, answer)
            tried += 1
    assert tried > 20


def _fits(template: str, path: str) -> bool:
    parts, found = template.split("/"), path.split("/")
    return len(parts) == len(found) and all(
        one.startswith("{") or one == two for one, two in zip(parts, found, strict=True)
    )


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic é"}])
def test_no_path_is_open_without_a_login(sandbox: Sandbox, name: str, given: dict[str, str]) -> None:
    """Each of the provider's own 401 forms: MTN's key first, Airtel's token, Paystack's key, VTpass's 087."""
    headers = {key: value.encode("latin-1") for key, value in given.items()}
    tried = 0
    for provider, method, template in ROUTES:
        if provider != name or (method, f"{name}/{template}") in PUBLIC:
            continue
        target = f"{sandbox.base_url}/{name}/{filled(template)}"
        answer = requests.request(method, target, headers=headers, json={}, timeout=WAIT_S)
        assert answer.status_code == 401, (method, template, answer.text)
        assert_shape(name, answer)
        tried += 1
    assert tried > 5


@pytest.mark.parametrize("name", PROVIDERS)
def test_body_that_is_no_object_is_refused_by_every_path_that_reads_one(
    sandbox: Sandbox, callers: dict[str, AnyCaller], name: str
) -> None:
    tried = 0
    for provider, method, template in ROUTES:
        if provider != name or method not in ("POST", "PUT") or general(name, template) in BODILESS:
            continue
        for body in NO_JSON:
            answer = requests.request(
                method,
                f"{sandbox.base_url}/{name}/{filled(template)}",
                headers=headers_of(callers, name, template)
                | {"Content-Type": "application/json; charset=utf-8"},
                data=body,
                timeout=WAIT_S,
            )
            is_refused = 400 <= answer.status_code < 500 or (name == "vtpass" and answer.status_code == 200)
            assert is_refused, (method, template, body[:20], answer.status_code)
            assert_shape(name, answer)
            tried += 1
    assert tried > 20


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("ending", ["", "/", "//", "?", "/?a=1&a=2&b[]=3"])
def test_every_path_has_the_same_answer_with_slashes_and_queries_behind_it(
    sandbox: Sandbox, callers: dict[str, AnyCaller], name: str, ending: str
) -> None:
    """The status alone: what an answer holds may be made anew each time."""
    for provider, method, template in ROUTES:
        if provider != name or method != "GET":
            continue
        headers = headers_of(callers, name, template)
        target = f"{sandbox.base_url}/{name}/{filled(template)}"
        plain = requests.get(target, headers=headers, timeout=WAIT_S)
        ended = requests.get(target + ending, headers=headers, timeout=WAIT_S)
        assert (plain.status_code, set(ended.headers)) == (ended.status_code, set(plain.headers)), template


ODD_VALUES: tuple[Any, ...] = (
    "\ud800", "\x00", "x" * 100_000, "é漢字", "'", -1, 0, 1e308, 10**40, True, None, [], {}, [1], {"a": 1},
    "NaN", "Infinity", "-0", "1e5", "٣٤", " 5 ", "5,000",
)  # fmt: skip


def bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A whole request of each provider with one member replaced."""
    requests_: dict[str, tuple[str, dict[str, Any]]] = {
        "mtn": (
            "collection/v1_0/requesttopay",
            {
                "amount": "5",
                "currency": "EUR",
                "externalId": "1",
                "payer": {"partyIdType": "MSISDN", "partyId": "46733123999"},
                "payerMessage": "a",
                "payeeNote": "b",
            },
        ),
        "airtel": (
            "merchant/v1/payments/",
            {
                "reference": "r",
                "subscriber": {"country": "UG", "currency": "UGX", "msisdn": "752604392"},
                "transaction": {"amount": 500, "country": "UG", "currency": "UGX", "id": "inv"},
            },
        ),
        "paystack": (
            "charge",
            {
                "email": "a@b.c",
                "amount": 50_000,
                "currency": "GHS",
                "reference": "r",
                "metadata": {"a": 1},
                "mobile_money": {"phone": "0551234987", "provider": "mtn"},
                "plan": "",
            },
        ),
        "vtpass": (
            "api/pay",
            {
                "request_id": "x",
                "serviceID": "mtn",
                "amount": 100,
                "phone": "08011111111",
                "billersCode": "1",
                "variation_code": "x",
                "quantity": 1,
            },
        ),
    }
    for name, (path, body) in requests_.items():
        for at in body:
            inner = body[at]
            places = [at] if not isinstance(inner, dict) else [at, *(f"{at}.{key}" for key in inner)]
            for place in places:
                for value in ODD_VALUES:
                    changed = json.loads(json.dumps(body))
                    first, _, second = place.partition(".")
                    if second:
                        changed[first][second] = value
                    else:
                        changed[first] = value
                    yield name, path, changed


def test_odd_value_of_any_member_is_answered_by_the_provider_and_breaks_no_list(
    sandbox: Sandbox, callers: dict[str, AnyCaller]
) -> None:
    line = requests.Session()
    for name, path, body in bodies():
        answer = line.post(
            f"{sandbox.base_url}/{name}/{path}",
            data=json.dumps(body),
            headers=headers_of(callers, name, path) | {"Content-Type": "application/json"},
            timeout=WAIT_S,
        )
        assert "sandbox itself" not in answer.text, (name, body)
        assert answer.status_code in (200, 202, 400, 403, 500), (name, answer.status_code)

    paystack = callers["paystack"]
    assert isinstance(paystack, PaystackCaller)
    for list_ in ("transaction", "customer", "refund", "transaction/totals"):
        assert paystack.get(list_, perPage=1000).json()["status"] is True
    assert requests.get(sandbox.base_url, timeout=WAIT_S).status_code == 200
    assert requests.get(f"{sandbox.base_url}/_control", timeout=WAIT_S).json()["payments"]


@pytest.mark.parametrize("seconds", [1e300, "1e12", -1, "NaN", 9_000_000_000])
def test_time_is_not_moved_out_of_the_calendar(sandbox: Sandbox, seconds: object) -> None:
    answer = control(sandbox, action="advance", seconds=seconds)

    assert answer.status_code == 400
    for _ in range(7):
        last = control(sandbox, action="advance", seconds=1_000_000_000)
    assert "cannot be moved" in last.json()["error"]
    assert control(sandbox, action="reset").status_code == 200


# --- lawful HTTP that few clients speak


def exchange(sandbox: Sandbox, request: bytes) -> list[bytes]:
    """Send bytes as they are and read all that comes back."""
    address = urlsplit(sandbox.base_url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=WAIT_S) as line:
        line.sendall(request)
        received = b""
        while piece := line.recv(65_536):
            received += piece
    return received.split(b"\r\n\r\n")


BALANCE = f"Authorization: Bearer {keys.PAYSTACK_SECRET_KEY}\r\n".encode()


def test_client_that_waits_for_100_continue_is_told_to_go_on(sandbox: Sandbox) -> None:
    body = json.dumps({"email": "a@b.c", "amount": 50_000}).encode()
    request = (
        b"POST /paystack/transaction/initialize HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Expect: 100-continue\r\nContent-Type: application/json\r\n" + BALANCE
    )

    first, second, *_ = exchange(sandbox, request + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    assert first == b"HTTP/1.1 100 Continue"
    assert second.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/1.1"])
def test_client_without_host_agent_or_accept_is_answered_and_let_go(sandbox: Sandbox, version: bytes) -> None:
    request = b"GET /paystack/balance " + version + b"\r\nconnection: CLOSE\r\n"

    head, body = exchange(sandbox, request + BALANCE + b"\r\n")

    assert head.startswith(b"HTTP/1.1 200 OK")
    assert json.loads(body)["status"] is True


def test_requests_sent_ahead_on_one_line_are_answered_in_order(sandbox: Sandbox) -> None:
    one = b"GET /paystack/balance HTTP/1.1\r\nHost: x\r\n" + BALANCE
    two = b"GET /paystack/nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + BALANCE

    answers = b"\r\n\r\n".join(exchange(sandbox, one + b"\r\n" + two + b"\r\n"))

    assert [line.split()[1] for line in answers.split(b"HTTP/1.1 ")[1:]] == [b"OK", b"Not"]


def test_head_of_an_answer_names_its_length_and_has_no_body(sandbox: Sandbox) -> None:
    address = urlsplit(sandbox.base_url)
    line = http.client.HTTPConnection(address.hostname or "", address.port, timeout=WAIT_S)
    line.request("HEAD", "/paystack/balance", headers={"Authorization": f"Bearer {keys.PAYSTACK_SECRET_KEY}"})
    answer = line.getresponse()
    body = answer.read()
    line.request("GET", "/paystack/balance", headers={"Authorization": f"Bearer {keys.PAYSTACK_SECRET_KEY}"})
    after = line.getresponse()
    line.close()

    assert (body, after.status) == (b"", 200)
    assert answer.getheader("Content-Type") == "application/json"


def test_packed_body_is_no_json(paystack: PaystackCaller) -> None:
    packed = gzip.compress(json.dumps(paystack.body("r1")).encode())

    answer = requests.post(
        f"{paystack.base}/transaction/initialize",
        data=packed,
        headers=paystack.headers() | {"Content-Encoding": "gzip", "Content-Type": "application/json"},
        timeout=WAIT_S,
    )

    assert (answer.status_code, answer.json()["status"]) == (400, False)


def test_form_with_members_of_members_is_read_as_json_would_be(paystack: PaystackCaller) -> None:
    form = {
        "email": "a@example.com",
        "amount": "5000",
        "currency": "GHS",
        "reference": "form-1",
        "mobile_money[phone]": "0551234987",
        "mobile_money[provider]": "mtn",
        "metadata[cart][id]": "7",
        "metadata[tags][]": "a",
        "channels[]": "card",
        "odd[": "x",
        "amount[a]": "y",
    }

    answer = requests.post(f"{paystack.base}/charge", data=form, headers=paystack.headers(), timeout=WAIT_S)

    assert answer.json()["data"]["status"] == "pay_offline", answer.text
    assert paystack.ask("form-1").json()["data"]["metadata"]["cart"] == {"id": "7"}


def test_words_of_any_script_come_back_as_they_were_sent(
    paystack: PaystackCaller, mtn: MtnCaller, vtpass: VtpassCaller
) -> None:
    words = "Amashanyarazi ☀ 電気 ñ"
    paystack.post("transaction/initialize", paystack.body("w1", metadata={"words": words}))
    reference = mtn.reference()
    mtn.pay(reference, "46733123999", payerMessage=words)

    assert paystack.ask("w1").json()["data"]["metadata"]["words"] == words
    assert mtn.ask(reference).json()["payerMessage"] == words
    assert vtpass.post("merchant-verify", {"billersCode": words, "serviceID": "dstv"}).json()["code"] == "000"


def test_channel_of_a_charge_as_json_in_a_text_is_read(paystack: PaystackCaller) -> None:
    """The client paystack-node writes its objects so."""
    card = {"number": "4084084084084081", "cvv": "408", "expiry_month": "12", "expiry_year": "2030"}
    whole = paystack.post(
        "charge", paystack.body("t1", card=json.dumps(card), currency="NGN", amount="500000")
    )
    none = paystack.post("charge", paystack.body("t2", card="[" * 100_000, metadata="[" * 100_000))

    assert whole.json()["data"]["status"] == "success"
    assert (none.status_code, none.json()["code"]) == (400, "missing_params")
