"""Payments through the server, callbacks of providers, and hints for waiting tills."""

import asyncio
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from starlette.concurrency import run_in_threadpool

from central.services.hint_board import HintBoard
from central.services.payment_accounts import PaymentAccounts, ServerAccount, load_accounts, sandbox_accounts
from central.services.payments import Payments
from central.services.webhooks import Callback, Webhooks
from pos.contracts.payments import HintsAnswer
from pos.errors import Unavailable, UserError
from pos.gateways.factory import Account
from pos.gateways.http import Line
from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox import credentials as keys
from pos.gateways.sandbox.scenarios import Outcome
from tests.server.rig import Server
from tests.server.till_rig import Till, make_shop

PHONE = "+250788123488"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=5) as running:
        yield running


@pytest.fixture
def till(server: Server, sandbox: Sandbox) -> Till:
    give_accounts(server, sandbox)
    return make_shop(server).till()


def give_accounts(server: Server, sandbox: Sandbox) -> None:
    """Accounts as payments.json gives them."""
    paystack = Account(
        url=f"{sandbox.base_url}/paystack",
        country="GH",
        currency="GHS",
        credentials={"secret_key": keys.PAYSTACK_SECRET_KEY},
        email="shop@example.com",
    )
    own = (*sandbox_accounts(sandbox.base_url), ServerAccount("*", "paystack", paystack))
    accounts = PaymentAccounts(
        [replace(one, callback_secret="hidden-part" if one.provider == "mtn_momo" else "") for one in own],
        Line(server.clock),
    )
    office = server.app.state.head_office
    for service in (office.payments, office.webhooks):
        assert isinstance(service, Payments | Webhooks)
        service._accounts = accounts


def request(reference: str, amount_minor: int = 5000) -> dict[str, Any]:
    return {
        "reference": reference,
        "amount_minor": amount_minor,
        "currency": "RWF",
        "pay_by": {"by": "phone", "phone": PHONE},
    }


def post(till: Till, path: str, body: dict[str, Any]) -> Any:
    return till.client.post(
        f"/v1/payments/{path}", json=body, headers={"Authorization": f"Bearer {till.bearer}"}
    )


def get(till: Till, path: str) -> Any:
    return till.client.get(f"/v1/payments/{path}", headers={"Authorization": f"Bearer {till.bearer}"})


def reference() -> str:
    return str(uuid4())


def test_providers_when_asked_are_those_of_the_organisation(till: Till) -> None:
    found = get(till, "providers").json()["providers"]

    assert {one["code"] for one in found} == {"mtn_momo", "airtel_money", "paystack"}
    (momo,) = [one for one in found if one["code"] == "mtn_momo"]
    assert (momo["tender"], momo["currencies"], momo["countries"]) == ("momo", ["RWF"], ["RW"])
    assert till.client.get("/v1/payments/providers").status_code == 401


def test_payment_when_passed_on_is_the_providers_word(till: Till, sandbox: Sandbox) -> None:
    mine = reference()
    sent = post(till, "mtn_momo/requests", request(mine))
    assert sent.status_code == 200, sent.text
    assert (sent.json()["outcome"], sent.json()["raw"]["http_status"]) == ("sent", 202)
    sandbox.advance(60)
    asked = get(till, f"mtn_momo/requests/{mine}").json()

    assert (asked["outcome"], asked["amount_minor"], asked["currency"]) == ("succeeded", 5000, "RWF")
    assert PHONE.removeprefix("+") not in json.dumps(asked)
    again = post(till, "mtn_momo/requests", request(mine)).json()
    assert again["outcome"] != "succeeded"


def test_reference_when_another_tills_or_of_other_money_is_refused(server: Server, till: Till) -> None:
    mine = reference()
    post(till, "mtn_momo/requests", request(mine))
    other = till.shop.till("T02")

    for answer in (
        post(other, "mtn_momo/requests", request(mine)),
        get(other, f"mtn_momo/requests/{mine}"),
        post(till, "mtn_momo/requests", request(mine, 6000)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "payment.reference_taken")


def test_payment_when_its_till_was_replaced_goes_on_at_the_new_one(
    server: Server, till: Till, sandbox: Sandbox
) -> None:
    mine = reference()
    after = get(till, "hints?wait_s=0").json()["after"]
    post(till, "mtn_momo/requests", request(mine))
    new = Till(till.shop, "T01B")
    replaced = {"till": str(till.id), "seq": 0, "hash": "00" * 32}
    assert new.enrol(replaces=replaced).status_code == 200
    new.log_in()
    hook(server, "mtn_momo/hidden-part", callback(mine))
    sandbox.advance(60)

    assert get(new, f"mtn_momo/requests/{mine}").json()["outcome"] == "succeeded"
    assert get(new, f"hints?after={after}&wait_s=0").json()["hints"] == [
        {"provider": "mtn_momo", "reference": mine}
    ]
    other = till.shop.till("T02")
    assert get(other, f"mtn_momo/requests/{mine}").json()["code"] == "payment.reference_taken"


def test_payment_when_it_cannot_be_sent_is_refused_before_it_leaves(till: Till) -> None:
    foreign = request(reference()) | {"pay_by": {"by": "phone", "phone": "+256752604399"}}
    answer = post(till, "mtn_momo/requests", foreign)
    assert (answer.status_code, answer.json()["code"]) == (422, "provider.country")
    unknown = post(till, "mpesa/requests", request(reference()))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "provider.not_set_up")
    step = post(till, f"mtn_momo/requests/{reference()}/step", {"kind": "dance", "value": "1"})
    assert (step.status_code, step.json()["code"]) == (422, "payment.no_step")


def test_refund_when_passed_on_has_its_own_reference(till: Till, sandbox: Sandbox) -> None:
    mine, back = reference(), reference()
    post(till, "mtn_momo/requests", request(mine))
    sandbox.advance(60)
    paid = get(till, f"mtn_momo/requests/{mine}").json()
    refund = {
        "reference": back,
        "payment_reference": mine,
        "provider_reference": paid["provider_reference"],
        "amount_minor": 5000,
        "currency": "RWF",
    }
    assert post(till, "mtn_momo/refunds", refund).json()["outcome"] in ("sent", "succeeded")
    assert post(till, "mtn_momo/refunds/status", refund).json()["outcome"] in ("sent", "succeeded")


def test_refund_when_it_names_the_number_of_anothers_payment_gives_back_its_own(
    till: Till, sandbox: Sandbox
) -> None:
    other = till.shop.till("T02")
    numbers = []
    for who, mine in ((till, reference()), (other, reference())):
        body = request(mine) | {"pay_by": {"by": "phone", "phone": "+250733123488"}}
        post(who, "airtel_money/requests", body)
        sandbox.advance(60)
        numbers.append((mine, get(who, f"airtel_money/requests/{mine}").json()["provider_reference"]))
    (mine, own), (_, foreign) = numbers
    refund = {
        "reference": reference(),
        "payment_reference": mine,
        "provider_reference": foreign,
        "amount_minor": 5000,
        "currency": "RWF",
    }

    answer = post(till, "airtel_money/refunds", refund)

    assert answer.json()["outcome"] == "succeeded"
    given_back = {one.reference for one in sandbox.core.book.newest_first("airtel", "refund")}
    assert own in given_back
    assert foreign not in given_back


def test_refund_when_the_payment_cannot_be_asked_about_has_not_left(till: Till, sandbox: Sandbox) -> None:
    mine = reference()
    post(till, "mtn_momo/requests", request(mine) | {"pay_by": {"by": "phone", "phone": "+250788123418"}})
    refund = {"reference": reference(), "payment_reference": mine, "amount_minor": 5000, "currency": "RWF"}

    answer = post(till, "mtn_momo/refunds", refund).json()

    assert (answer["outcome"], answer["reason"]) == ("not_sent", "server_trouble")
    assert sandbox.core.book.find("mtn", "refund", refund["reference"]) is None


def test_refund_status_when_it_names_anothers_payment_tells_of_its_own_only(
    till: Till, sandbox: Sandbox
) -> None:
    """The account is shared: what a till calls the provider's number may be that of another's payment."""
    other = till.shop.till("T02")
    mine, theirs = reference(), reference()
    for owner, name in ((till, mine), (other, theirs)):
        body = request(name) | {"currency": "GHS", "pay_by": {"by": "link"}}
        assert post(owner, "paystack/requests", body).json()["outcome"] == "sent"
        payment = sandbox.core.book.find("paystack", "transaction", name)
        assert payment is not None
        sandbox.core.book.finish(payment, Outcome.PAID)
    paid = get(other, f"paystack/requests/{theirs}").json()
    refund = {"payment_reference": theirs, "amount_minor": 100, "currency": "GHS", "note": "wrong meter"}
    given = post(other, "paystack/refunds", refund | {"reference": reference()}).json()
    assert given["outcome"] == "sent", given

    spied = post(
        till,
        "paystack/refunds/status",
        refund
        | {"reference": "wrong", "payment_reference": mine, "provider_reference": paid["provider_reference"]},
    ).json()

    assert (spied["outcome"], "wrong meter" in spied["raw"]["body"]) == ("not_found", False)


def test_balance_and_payer_when_asked_are_passed_on(till: Till) -> None:
    assert get(till, "mtn_momo/balance").json()["currency"] == "RWF"
    assert post(till, "mtn_momo/payers", {"phone": PHONE}).json()["is_active"] is True
    bad = post(till, "mtn_momo/payers", {"phone": "+256752604399"})
    assert (bad.status_code, bad.json()["code"]) == (422, "provider.country")


def test_banks_when_asked_for_are_those_of_the_provider_and_asked_for_once_a_day(
    server: Server, sandbox: Sandbox, till: Till
) -> None:
    account = Account(
        url=f"{sandbox.base_url}/paystack",
        country="NG",
        currency="NGN",
        credentials={"secret_key": keys.PAYSTACK_SECRET_KEY},
        email="shop@example.com",
    )
    payments = server.app.state.head_office.payments
    payments._accounts = PaymentAccounts([ServerAccount("*", "paystack", account)], Line(server.clock))

    first = get(till, "paystack/banks").json()
    away = replace(account, url="http://127.0.0.1:9")
    payments._accounts = PaymentAccounts([ServerAccount("*", "paystack", away)], Line(server.clock))
    server.clock.pass_time(hours=20)
    till.log_in()
    again = get(till, "paystack/banks").json()
    server.clock.pass_time(hours=20)
    till.log_in()
    old = get(till, "paystack/banks").json()

    assert {"code": "057", "name": "Zenith Bank"} in first["banks"]
    assert first == again == old


def test_banks_when_there_are_none_or_the_provider_is_away_are_refused(server: Server, till: Till) -> None:
    none = get(till, "mtn_momo/banks")
    account = Account(
        url="http://127.0.0.1:9",
        country="NG",
        currency="NGN",
        credentials={"secret_key": keys.PAYSTACK_SECRET_KEY},
        email="shop@example.com",
    )
    payments = server.app.state.head_office.payments
    payments._accounts = PaymentAccounts([ServerAccount("*", "paystack", account)], Line(server.clock))
    away = get(till, "paystack/banks")

    assert (none.status_code, none.json()["code"]) == (422, "provider.not_offered")
    assert (away.status_code, away.json()["code"]) == (503, "provider.unreachable")
    assert get(till, "airtel_money/banks").status_code == 404


def callback(reference_: str, status: str = "SUCCESSFUL") -> bytes:
    return json.dumps({"externalId": reference_, "status": status, "amount": "5000"}).encode()


def hook(server: Server, path: str, body: bytes, **headers: str) -> Any:
    return server.client.post(f"/v1/webhooks/{path}", content=body, headers=headers)


def test_callback_when_it_comes_is_a_hint_for_the_till_once(server: Server, till: Till) -> None:
    mine = reference()
    post(till, "mtn_momo/requests", request(mine))
    start = get(till, "hints?wait_s=0").json()
    for _ in range(3):
        answer = hook(server, "mtn_momo/hidden-part", callback(mine))
        assert (answer.status_code, answer.json()) == (200, {"response": "success"})
    found = get(till, f"hints?after={start['after']}&wait_s=0").json()

    assert found["hints"] == [{"provider": "mtn_momo", "reference": mine}]
    assert get(till, f"hints?after={found['after']}&wait_s=0").json()["hints"] == []
    other = till.shop.till("T02")
    assert get(other, f"hints?after={start['after']}&wait_s=0").json()["hints"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("vtpass", {"type": "transaction-update", "data": {"requestId": "REF", "code": "000"}}),
        ("airtel_money", {"transaction": {"id": "REF", "status_code": "TS"}}),
        ("mtn_momo", {"externalId": "REF", "status": "SUCCESSFUL"}),
    ],
)
def test_callback_when_nobody_vouches_for_it_is_kept_for_a_payment_of_ours_only(
    server: Server, till: Till, path: str, body: dict[str, Any]
) -> None:
    """Whoever finds the address of a provider that signs nothing must not fill the database."""
    mine = reference()
    post(till, "mtn_momo/requests", request(mine))
    webhooks = server.app.state.head_office.webhooks
    webhooks._accounts = PaymentAccounts([], Line(server.clock))
    start = webhooks.last_number()

    for number in range(3):
        text = json.dumps(body).replace("REF", f"nobodys-{number}")
        assert hook(server, path, text.encode()).status_code == 200
    assert webhooks.last_number() == start

    answer = hook(server, path, json.dumps(body).replace("REF", mine).encode())
    assert answer.json() == {"response": "success"}
    assert webhooks.last_number() == (start + 1 if path == "mtn_momo" else start)


def test_callback_when_put_as_mtn_does_is_taken(server: Server, till: Till) -> None:
    answer = server.client.put("/v1/webhooks/mtn_momo/hidden-part", content=callback(reference()))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("mtn_momo", callback("x1"), 401, "webhook.signature"),
        ("mtn_momo/guessed", callback("x1"), 401, "webhook.signature"),
        ("mtn_momo/hidden-part", b"{", 400, "webhook.unreadable"),
        ("mtn_momo/hidden-part", b'{"status":"SUCCESSFUL"}', 400, "webhook.no_reference"),
        ("mtn_momo/hidden-part", b" " * 70_000, 413, "webhook.too_long"),
        ("paystack", b'{"event":"charge.success","data":{"reference":"x"}}', 401, "webhook.signature"),
        ("airtel_money", b'{"transaction":{"id":"x","status_code":"TS"}}', 401, "webhook.signature"),
        ("mpesa", b"{}", 404, "webhook.unknown_provider"),
    ],
)
def test_callback_when_forged_cut_or_nobodys_is_refused_and_keeps_nothing(
    server: Server, till: Till, path: str, body: bytes, status: int, code: str
) -> None:
    start = get(till, "hints?wait_s=0").json()["after"]
    answer = hook(server, path, body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert get(till, "hints?wait_s=0").json()["after"] == start


@pytest.mark.parametrize(
    ("path", "code"),
    [("webhooks/mtn_momo/hidden-part", "webhook.unreadable"), ("sync/push", "request.unreadable")],
)
def test_request_whose_line_breaks_in_the_middle_is_no_fault_of_the_server(
    server: Server, till: Till, path: str, code: str
) -> None:
    start = get(till, "hints?wait_s=0").json()["after"]

    status, answer = asyncio.run(cut_in_the_middle(server, f"/v1/{path}", till.auth))

    assert (status, answer["code"]) == (400, code)
    assert get(till, "hints?wait_s=0").json()["after"] == start


async def cut_in_the_middle(server: Server, path: str, auth: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    """Send half of a request, and give what the application would have answered."""
    events = [
        {"type": "http.request", "body": b'{"externalId"', "more_body": True},
        {"type": "http.disconnect"},
    ]
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return events.pop(0) if len(events) > 1 else events[0]

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"host", b"testserver"),
            (b"content-length", b"100"),
            *((name.lower().encode(), value.encode()) for name, value in auth.items()),
        ],
        "client": ("127.0.0.1", 5),
        "server": ("testserver", 80),
        "state": {},
    }
    await server.app(scope, receive, send)
    return said[0]["status"], json.loads(said[1]["body"])


def test_callback_when_signed_by_paystack_is_checked_on_the_bytes_as_received(
    server: Server, till: Till
) -> None:
    # Blanks that a JSON library would not write again.
    body = b'{ "event":"charge.success",  "data":{"id":1,"reference":"ours-1","status":"success"} }'
    signature = hmac.new(keys.PAYSTACK_SECRET_KEY.encode(), body, hashlib.sha512).hexdigest()

    assert hook(server, "paystack", body, **{"x-paystack-signature": signature}).status_code == 200
    changed = body.replace(b"ours-1", b"ours-2")
    assert hook(server, "paystack", changed, **{"x-paystack-signature": signature}).status_code == 401


def test_hints_when_a_till_waits_come_within_two_seconds(server: Server, till: Till) -> None:
    mine = reference()
    post(till, "mtn_momo/requests", request(mine))
    after = get(till, "hints?wait_s=0").json()["after"]
    found: dict[str, Any] = {}

    def wait() -> None:
        found.update(get(till, f"hints?after={after}&wait_s=20").json())
        found["at"] = time.monotonic()

    waiting = threading.Thread(target=wait)
    waiting.start()
    board = server.app.state.head_office.hint_board
    while board._looking is None:
        assert waiting.is_alive()
    sent_at = time.monotonic()
    hook(server, "mtn_momo/hidden-part", callback(mine))
    waiting.join(20)

    assert found["hints"] == [{"provider": "mtn_momo", "reference": mine}]
    assert found["at"] - sent_at < 2


class _AwayNow(Webhooks):
    """Callbacks whose database can be away."""

    is_away = False
    looks = 0

    def last_number(self) -> int:
        self.looks += 1
        if self.is_away:
            raise Unavailable("database.gone", "The database is away.")
        return super().last_number()


def test_hints_when_the_database_was_away_meanwhile_still_come(server: Server, till: Till) -> None:
    mine = reference()
    post(till, "mtn_momo/requests", request(mine))
    after = get(till, "hints?wait_s=0").json()["after"]
    known = server.app.state.head_office.webhooks
    webhooks = _AwayNow(server.database, known._accounts, server.clock)
    board = HintBoard(webhooks)

    async def wait_through_it() -> HintsAnswer:
        waiting = asyncio.create_task(board.wait(till.id, after=after, seconds=20))
        webhooks.is_away = await looked(2)
        webhooks.is_away = not await looked(webhooks.looks + 2)
        await run_in_threadpool(webhooks.take, Callback("mtn_momo", callback(mine), {}, "hidden-part"))
        found = await waiting
        await board.stop()
        return found

    async def looked(times: int) -> bool:
        while webhooks.looks < times:
            await asyncio.sleep(0.01)
        return True

    found = asyncio.run(asyncio.wait_for(wait_through_it(), 20))

    assert [hint.reference for hint in found.hints] == [mine]


def test_accounts_when_the_file_is_not_whole_do_not_let_the_server_start(server: Server) -> None:
    path = server.settings.data_folder / "payments.json"
    assert load_accounts(server.settings, server.clock).of_provider("mtn_momo") == []
    path.write_text('{"accounts":[{"provider":"mtn_momo"}]}')
    with pytest.raises(UserError) as caught:
        load_accounts(server.settings, server.clock)
    assert caught.value.code == "settings.payments"
    entry = {
        "provider": "paystack",
        "url": "https://api.paystack.co",
        "country": "GH",
        "currency": "GHS",
        "email": "shop@example.com",
        "credentials": {"secret_key": "sk_live_1"},
    }
    path.write_text(json.dumps({"accounts": [entry, entry | {"organisation": str(uuid4())}]}))
    accounts = load_accounts(server.settings, server.clock)

    assert len(accounts.of_provider("paystack")) == 2
    assert set(accounts.gateways(uuid4())) == {"paystack"}
