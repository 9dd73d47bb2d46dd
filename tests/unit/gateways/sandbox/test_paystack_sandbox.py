"""Paystack in the sandbox: refusals, cards and steps, checkout page, paging, refunds, webhooks."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
import requests

from pos.gateways.sandbox import Sandbox
from tests.factories.gateways import Receiver
from tests.unit.gateways.sandbox.callers import PaystackCaller, control

CARD = {"number": "4084084084084081", "cvv": "408", "expiry_month": "12", "expiry_year": "30"}


def charge(paystack: PaystackCaller, reference: str = "c1", **channel: Any) -> dict[str, Any]:
    body = paystack.body(reference, amount=500_000, currency="NGN", **channel)
    answer = paystack.post("charge", body)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def verified(paystack: PaystackCaller, reference: str = "c1") -> dict[str, Any]:
    data: dict[str, Any] = paystack.get(f"transaction/verify/{reference}").json()["data"]
    return data


@pytest.mark.parametrize("key", ["", "pk_test_abc", "sk_test_wrong", "sk_demo_1"])
def test_bad_key_is_401_in_the_short_form(paystack: PaystackCaller, key: str) -> None:
    paystack.key = key

    answer = paystack.get("transaction")

    assert (answer.status_code, answer.json()) == (401, {"status": False, "message": "Invalid key"})


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"email": ...}, 400, "missing_params"),
        ({"email": "nobody"}, 400, "invalid_params"),
        ({"amount": ...}, 400, "missing_params"),
        ({"amount": "12.5"}, 400, "invalid_params"),
        ({"amount": -1}, 400, "invalid_params"),
        ({"amount": 9}, 400, "invalid_params"),
        ({"currency": "EUR"}, 403, "unsupported_currency"),
        ({"reference": "in voice/7"}, 400, "invalid_params"),
        ({"metadata": 7}, 400, "invalid_params"),
    ],
    ids=str,
)
def test_initialize_with_a_bad_field_is_refused(
    paystack: PaystackCaller, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = paystack.post("transaction/initialize", paystack.body(**{"reference": "i1"} | changes))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["status"] is False
    assert answer.json()["type"] == "validation_error"


@pytest.mark.parametrize(("currency", "least"), [("NGN", 5000), ("USD", 200), ("GHS", 10), ("KES", 300)])
def test_smallest_amount_of_a_currency(paystack: PaystackCaller, currency: str, least: int) -> None:
    def status(amount: int) -> int:
        body = paystack.body(..., currency=currency, amount=amount)  # type: ignore[arg-type]
        return paystack.post("transaction/initialize", body).status_code

    assert [status(least), status(least - 1)] == [200, 400]


def test_initialize_as_form_and_amount_as_text_is_taken(paystack: PaystackCaller) -> None:
    body = {"email": "a@example.com", "amount": "500000"}

    answer = requests.post(
        f"{paystack.base}/transaction/initialize/", data=body, headers=paystack.headers(), timeout=10
    )

    reference = answer.json()["data"]["reference"]
    assert verified(paystack, reference)["amount"] == 500_000
    assert verified(paystack, reference)["currency"] == "NGN"


def test_initialized_payment_is_abandoned_until_somebody_pays_on_the_page(paystack: PaystackCaller) -> None:
    body = paystack.body("inv-77", callback_url="http://127.0.0.1:9/done?till=3", metadata={"till": "3"})
    data = paystack.post("transaction/initialize", body).json()["data"]
    page = requests.get(data["authorization_url"], timeout=10)

    before = verified(paystack, "inv-77")
    back = requests.post(data["authorization_url"], data={"act": "pay"}, timeout=10, allow_redirects=False)
    after = verified(paystack, "inv-77")

    assert data["authorization_url"].endswith(f"/paystack/checkout/{data['access_code']}")
    assert "15.00 GHS" in page.text
    assert (before["status"], before["paid_at"], before["metadata"]) == ("abandoned", None, {"till": "3"})
    assert back.headers["Location"] == "http://127.0.0.1:9/done?till=3&trxref=inv-77&reference=inv-77"
    assert (after["status"], after["gateway_response"]) == ("success", "Successful")
    assert after["id"] > 2**32


def test_declined_on_the_page_is_failed(paystack: PaystackCaller) -> None:
    data = paystack.post("transaction/initialize", paystack.body("inv-77")).json()["data"]

    back = requests.post(data["authorization_url"], data={"act": "decline"}, timeout=10)

    assert "failed" in back.text
    assert verified(paystack, "inv-77")["status"] == "failed"


def test_page_of_no_payment_is_404(paystack: PaystackCaller) -> None:
    target = f"{paystack.base}/checkout/none"

    assert [requests.get(target, timeout=10).status_code, requests.post(target, timeout=10).status_code] == [
        404,
        404,
    ]


def test_two_digits_in_the_address_choose_a_scenario_for_a_page(
    paystack: PaystackCaller, sandbox: Sandbox
) -> None:
    paystack.post("transaction/initialize", paystack.body("inv-77", email="till+11@example.com"))

    assert verified(paystack, "inv-77")["status"] == "abandoned"
    sandbox.advance(10)
    assert verified(paystack, "inv-77")["status"] == "success"


def test_unknown_reference_is_400_with_its_code(paystack: PaystackCaller) -> None:
    answer = paystack.get("transaction/verify/none")

    assert (answer.status_code, answer.json()["code"]) == (400, "transaction_not_found")
    assert answer.json()["message"] == "Transaction reference not found"


@pytest.mark.parametrize(
    ("number", "cvv", "status", "message"),
    [
        ("4084084084084081", "408", "success", None),
        ("4084080000005408", "001", "failed", "Declined"),
        ("4084080000670037", "787", "failed", "Insufficient funds"),
        ("4084084084084081", "999", "failed", "Incorrect CVV"),
        ("4111111111111111", "123", "failed", "Declined. Please use the test card since"),
    ],
)
def test_card_without_steps(
    paystack: PaystackCaller, number: str, cvv: str, status: str, message: str | None
) -> None:
    data = charge(paystack, card=CARD | {"number": number, "cvv": cvv})

    assert data["status"] == status
    assert verified(paystack)["status"] == status
    assert (data["message"] or "").startswith(message or "")


@pytest.mark.parametrize(
    ("number", "cvv", "steps", "end"),
    [
        ("507850785078507812", "081", [("pin", "1111")], "success"),
        ("5060666666666666666", "123", [("pin", "1234"), ("otp", "123456")], "success"),
        (
            "507850785078507804",
            "884",
            [("pin", "0000"), ("phone", "08000000000"), ("otp", "123456")],
            "success",
        ),
        ("507850785078507853", "082", [("pin", "0000")], "failed"),
        ("507850785078507812", "081", [("pin", "9999")], "failed"),
        ("5060666666666666666", "123", [("pin", "1234"), ("otp", "000000")], "failed"),
    ],
)
def test_card_with_steps(
    paystack: PaystackCaller, number: str, cvv: str, steps: list[tuple[str, str]], end: str
) -> None:
    data = charge(paystack, card=CARD | {"number": number, "cvv": cvv})

    for step, value in steps:
        assert data["status"] == f"send_{step}"
        assert verified(paystack)["status"] == "ongoing"
        data = paystack.post(f"charge/submit_{step}", {"reference": "c1", step: value}).json()["data"]

    assert data["status"] == end
    assert verified(paystack)["status"] == end


@pytest.mark.parametrize(
    ("expiry", "word"),
    [
        ({"expiry_month": "12", "expiry_year": "30"}, "success"),
        ({"expiry_month": 1, "expiry_year": 2031}, "success"),
        ({"expiry_month": "10", "expiry_year": "2026"}, "failed"),
        ({"expiry_month": "12", "expiry_year": "25"}, "failed"),
        ({"expiry_month": "13", "expiry_year": "30"}, "failed"),
        ({"expiry_month": "May", "expiry_year": "30"}, "failed"),
    ],
    ids=str,
)
def test_expiry_of_a_card_is_any_date_to_come(
    paystack: PaystackCaller, expiry: dict[str, object], word: str
) -> None:
    assert charge(paystack, card=CARD | expiry)["status"] == word


def test_card_with_a_bank_page_opens_a_url(paystack: PaystackCaller) -> None:
    data = charge(paystack, card=CARD | {"number": "5192602720584796", "cvv": "123"})

    requests.post(data["url"], data={"act": "pay"}, timeout=10)

    assert data["status"] == "open_url"
    assert verified(paystack)["status"] == "success"


def test_step_that_is_not_due_unknown_or_empty_is_refused(paystack: PaystackCaller) -> None:
    charge(paystack, card=CARD | {"number": "507850785078507812", "cvv": "081"})

    early = paystack.post("charge/submit_otp", {"reference": "c1", "otp": "123456"})
    empty = paystack.post("charge/submit_pin", {"reference": "c1"})
    unknown = paystack.post("charge/submit_pin", {"reference": "none", "pin": "1111"})
    checked = paystack.get("charge/none")

    assert [early.status_code, empty.status_code] == [400, 400]
    for answer in (unknown, checked):
        assert answer.status_code == 400
        assert answer.json() == {"status": False, "message": "Transaction reference is invalid"}


def test_bank_account_asks_birthday_and_otp(paystack: PaystackCaller) -> None:
    first = charge(paystack, bank={"code": "057", "account_number": "0000000000"})
    second = paystack.post("charge/submit_birthday", {"reference": "c1", "birthday": "1995-12-23"}).json()
    last = paystack.post("charge/submit_otp", {"reference": "c1", "otp": "123456"}).json()

    words = [first["status"], second["data"]["status"], last["data"]["status"]]
    assert words == ["send_birthday", "send_otp", "success"]


def test_address_that_is_not_whole_is_status_false_with_200(paystack: PaystackCaller) -> None:
    charge(paystack, card=CARD | {"number": "4000000000000010", "cvv": "111"})

    answer = paystack.post("charge/submit_address", {"reference": "c1", "address": "1 Sample Street"})

    assert (answer.status_code, answer.json()["status"]) == (200, False)
    assert verified(paystack)["status"] == "failed"


@pytest.mark.parametrize(
    ("channel", "status"),
    [
        ({"bank": {"code": "50211", "phone": "+2348100000000", "token": "123456"}}, "success"),
        ({"ussd": {"type": "737"}}, "pay_offline"),
        ({"bank_transfer": {"account_expires_at": "2026-11-20T12:00:00Z"}}, "pay_offline"),
        ({"qr": {"provider": "visa"}}, "pay_offline"),
        ({"eft": {"provider": "ozow"}}, "open_url"),
        ({"capitec_pay": {"identifier_key": "CELLPHONE"}}, "pay_offline"),
    ],
    ids=str,
)
def test_other_channel(
    paystack: PaystackCaller, sandbox: Sandbox, channel: dict[str, Any], status: str
) -> None:
    data = charge(paystack, **channel)
    sandbox.advance(5)

    assert data["status"] == status
    assert paystack.get("charge/c1").json()["data"]["status"] == (
        "open_url" if status == "open_url" else "success"
    )


@pytest.mark.parametrize(
    ("provider", "phone", "currency", "step", "otp"),
    [
        ("mtn", "0551234987", "GHS", "pay_offline", ""),
        ("atl", "0551234987", "GHS", "pay_offline", ""),
        ("vod", "0501234987", "GHS", "send_otp", "123456"),
        ("mpesa", "+254710000000", "KES", "pay_offline", ""),
        ("orange", "0700000000", "XOF", "send_otp", "1234"),
        ("wave", "0700000000", "XOF", "pay_offline", ""),
    ],
)
def test_mobile_money(
    paystack: PaystackCaller, sandbox: Sandbox, provider: str, phone: str, currency: str, step: str, otp: str
) -> None:
    mobile = {"phone": phone, "provider": provider}
    data = paystack.post("charge", paystack.body("m1", currency=currency, mobile_money=mobile)).json()["data"]

    assert data["status"] == step
    assert data["display_text"]
    if otp:
        paystack.post("charge/submit_otp", {"reference": "m1", "otp": otp})
    sandbox.advance(5)
    assert paystack.get("charge/m1").json()["message"] == "Reference check successful"
    assert verified(paystack, "m1")["status"] == "success"


@pytest.mark.parametrize(
    "mobile",
    [
        {"provider": "mtn", "phone": "0551234987", "currency": "KES"},
        {"provider": "telegraph", "phone": "0551234987"},
        {"provider": "mtn"},
        {"provider": "mtn", "phone": "abc"},
    ],
    ids=str,
)
def test_mobile_money_that_does_not_fit_is_refused(paystack: PaystackCaller, mobile: dict[str, str]) -> None:
    currency = mobile.pop("currency", "GHS")

    answer = paystack.post("charge", paystack.body("m1", currency=currency, mobile_money=mobile))

    assert answer.status_code == 400
    assert paystack.get("transaction/verify/m1").status_code == 400


def test_mobile_money_without_currency_takes_that_of_the_provider(paystack: PaystackCaller) -> None:
    mobile = {"phone": "0551234987", "provider": "mtn"}

    answer = paystack.post("charge", paystack.body("m1", currency=..., mobile_money=mobile)).json()

    assert answer["data"]["currency"] == "GHS"


def test_card_can_be_charged_again_and_an_unknown_one_not(paystack: PaystackCaller) -> None:
    token = charge(paystack, card=CARD)["authorization"]["authorization_code"]

    again = paystack.post("transaction/charge_authorization", paystack.body("a1", authorization_code=token))
    unknown = paystack.post(
        "transaction/charge_authorization", paystack.body("a2", authorization_code="AUTH_0")
    )

    assert again.json()["data"]["status"] == "success"
    assert unknown.status_code == 400


def test_pages_and_cursors_show_each_payment_once(paystack: PaystackCaller) -> None:
    for number in range(5):
        charge(paystack, f"c{number}", card=CARD)

    def page(**query: object) -> dict[str, Any]:
        answer: dict[str, Any] = paystack.get("transaction/", **query).json()
        return answer

    first, last, other = page(perPage=2), page(perPage=2, page=3), page(per_page=2, page=2)
    cursor = page(use_cursor="true", perPage=3)
    following = page(use_cursor="true", perPage=3, next=cursor["meta"]["next"])
    back = page(use_cursor="true", perPage=3, previous=following["meta"]["previous"])

    assert [one["reference"] for one in first["data"] + other["data"] + last["data"]] == [
        "c4",
        "c3",
        "c2",
        "c1",
        "c0",
    ]
    assert last["meta"] == {
        "total": 5,
        "skipped": 4,
        "perPage": 2,
        "page": 3,
        "pageCount": 3,
        "total_volume": 2_500_000,
    }
    assert [one["reference"] for one in following["data"]] == ["c1", "c0"]
    assert (following["meta"]["next"], back["data"]) == (None, cursor["data"])
    assert paystack.get("transaction", use_cursor="true", next="xx").status_code == 400


def test_list_filters(paystack: PaystackCaller, sandbox: Sandbox) -> None:
    charge(paystack, "c1", card=CARD)
    sandbox.advance(86_400)
    paystack.post("transaction/initialize", paystack.body("i1"))
    now = sandbox.core.timeline.now()

    def references(**query: object) -> list[str]:
        return [one["reference"] for one in paystack.get("transaction", **query).json()["data"]]

    assert references() == ["i1", "c1"]
    assert references(status="success") == ["c1"]
    assert references(amount=1500) == ["i1"]
    assert references(**{"from": (now - timedelta(hours=1)).isoformat()}) == ["i1"]
    assert references(to=(now - timedelta(hours=1)).isoformat()) == ["c1"]
    assert references(customer=verified(paystack)["customer"]["id"]) == ["i1", "c1"]


def test_test_and_live_keys_see_their_own_payments(paystack: PaystackCaller) -> None:
    charge(paystack, card=CARD)
    waiting = charge(paystack, "c2", card=CARD | {"number": "507850785078507812", "cvv": "081"})
    paystack.key = "sk_live_0001"

    assert paystack.get("transaction").json()["data"] == []
    assert paystack.get("transaction/verify/c1").json()["code"] == "transaction_not_found"
    assert paystack.get("charge/c1").status_code == 400
    assert paystack.post("charge/submit_pin", {"pin": "1111", "reference": "c2"}).status_code == 400
    assert waiting["status"] == "send_pin"


def refund(paystack: PaystackCaller, **body: Any) -> requests.Response:
    return paystack.post("refund", {"transaction": "c1"} | body)


def test_refund_goes_through_its_states_and_reverses_the_payment(
    paystack: PaystackCaller, sandbox: Sandbox
) -> None:
    charge(paystack, card=CARD)

    made = refund(paystack).json()
    states = [made["data"]["status"]]
    for _ in range(2):
        sandbox.advance(10)
        states.append(paystack.get(f"refund/{made['data']['id']}").json()["data"]["status"])

    assert made["message"] == "Refund has been queued for processing"
    assert states == ["pending", "processing", "processed"]
    assert verified(paystack)["status"] == "reversed"


@pytest.mark.parametrize(
    ("number", "cvv", "status"),
    [("4084080000671803", "180", "failed"), ("4084080000671902", "190", "needs-attention")],
)
def test_card_whose_refund_does_not_go_through(
    paystack: PaystackCaller, sandbox: Sandbox, number: str, cvv: str, status: str
) -> None:
    charge(paystack, card=CARD | {"number": number, "cvv": cvv})
    refund(paystack)

    sandbox.advance(20)

    listed = paystack.get("refund", transaction="c1").json()
    assert [one["status"] for one in listed["data"]] == [status]
    assert verified(paystack)["status"] == "success"


@pytest.mark.parametrize(
    ("account", "end"),
    [("0000000000", "processed"), ("1012204936", "failed"), ("1012204935", "needs-attention")],
)
def test_refund_is_tried_again_with_an_account(
    paystack: PaystackCaller, sandbox: Sandbox, account: str, end: str
) -> None:
    charge(paystack, card=CARD | {"number": "4084080000671902", "cvv": "190"})
    number = refund(paystack).json()["data"]["id"]
    details = {"currency": "NGN", "account_number": account, "bank_id": "9"}

    def retry() -> requests.Response:
        path = f"refund/retry_with_customer_details/{number}"
        return paystack.post(path, {"refund_account_details": details})

    early = retry()
    sandbox.advance(20)
    assert retry().status_code == 200
    sandbox.advance(10)

    assert (early.status_code, early.json()["code"]) == (422, "invalid_params")
    assert paystack.get(f"refund/{number}").json()["data"]["status"] == end


def test_refunds_are_never_more_than_was_paid(paystack: PaystackCaller, sandbox: Sandbox) -> None:
    charge(paystack, card=CARD)

    answers = [
        refund(paystack, amount=300_000),
        refund(paystack, amount=300_000),
        refund(paystack, amount="200000"),
        refund(paystack),
        refund(paystack, transaction="none"),
        refund(paystack, transaction=""),
    ]

    assert [answer.status_code for answer in answers] == [200, 400, 200, 400, 404, 400]
    assert answers[1].json()["code"] == "invalid_params"


def test_unpaid_payment_cannot_be_refunded(paystack: PaystackCaller) -> None:
    paystack.post("transaction/initialize", paystack.body("c1"))

    assert refund(paystack).status_code == 400


def test_webhook_is_signed_over_its_raw_bytes_and_sent_for_success_only(
    paystack: PaystackCaller, sandbox: Sandbox, receiver: Receiver
) -> None:
    charge(paystack, "c0", card=CARD | {"number": "4084080000005408", "cvv": "001"})
    charge(paystack, card=CARD)
    sandbox.core.settle()

    ((headers, raw),) = receiver.kept
    body = json.loads(raw)
    assert (body["event"], body["data"]) == ("charge.success", verified(paystack))
    wanted = hmac.new(paystack.key.encode(), raw, hashlib.sha512).hexdigest()
    assert headers["x-paystack-signature"] == wanted


def test_refund_webhooks_have_amounts_in_text(
    paystack: PaystackCaller, sandbox: Sandbox, receiver: Receiver
) -> None:
    charge(paystack, card=CARD)
    refund(paystack, amount=1000)
    sandbox.advance(10)
    sandbox.advance(10)

    bodies = [json.loads(raw) for _, raw in receiver.kept]
    events = [body["event"] for body in bodies]
    assert events == ["charge.success", "refund.pending", "refund.processing", "refund.processed"]
    assert bodies[-1]["data"]["amount"] == "1000"
    assert bodies[-1]["data"]["transaction_reference"] == "c1"


def test_webhook_that_is_not_taken_is_sent_again_after_an_hour(
    paystack: PaystackCaller, sandbox: Sandbox
) -> None:
    sandbox.core.callback_urls["paystack"] = "http://127.0.0.1:1/nobody"
    charge(paystack, card=CARD)
    sandbox.core.settle()
    sandbox.advance(3600)

    results = [sent.result for sent in sandbox.core.sent.newest_first()]
    assert len(results) == 2
    assert all(result.startswith("no answer") for result in results)


def test_subscription_needs_a_saved_card(paystack: PaystackCaller) -> None:
    plan = paystack.post("plan", {"name": "Light", "amount": 5000, "interval": "monthly"}).json()["data"]
    paystack.post("customer", {"email": "new@example.com"})

    answer = paystack.post("subscription", {"customer": "new@example.com", "plan": plan["plan_code"]})

    assert answer.status_code == 404
    assert answer.json()["message"] == "The customer specified has no saved authorizations"


def test_plan_sets_the_amount_of_a_payment(paystack: PaystackCaller) -> None:
    plan = paystack.post("plan", {"name": "Light", "amount": 7000, "interval": "monthly"}).json()["data"]

    paystack.post("transaction/initialize", paystack.body("i1", amount=100, plan=plan["plan_code"]))

    assert verified(paystack, "i1")["amount"] == 7000


@pytest.mark.parametrize("field", ["name", "amount", "interval"])
def test_plan_without_a_field_is_refused(paystack: PaystackCaller, field: str) -> None:
    whole = {"name": "Light", "amount": 7000, "interval": "monthly"}
    del whole[field]

    assert paystack.post("plan", whole).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"invoice_limit": "many"},
        {"invoice_limit": {"a": 1}},
        {"invoice_limit": -1},
        {"amount": 70.5},
        {"amount": 0},
        {"interval": ["monthly"]},
    ],
    ids=str,
)
def test_plan_with_a_bad_field_is_refused(paystack: PaystackCaller, changes: dict[str, object]) -> None:
    whole = {"name": "Light", "amount": 7000, "interval": "monthly"} | changes

    answer = paystack.post("plan", whole)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_params")


def test_export_leads_to_a_file(paystack: PaystackCaller) -> None:
    charge(paystack, card=CARD)

    path = paystack.get("transaction/export").json()["data"]["path"]

    assert requests.get(path, timeout=10).text.splitlines()[1] == "c1,success,500000,NGN"


def test_too_many_requests_by_control(paystack: PaystackCaller, sandbox: Sandbox) -> None:
    control(sandbox, provider="paystack", code="HTTP429")

    assert paystack.post("transaction/initialize", paystack.body("i1")).status_code == 429


def test_path_that_is_none_is_404(paystack: PaystackCaller) -> None:
    assert paystack.get("nothing").json()["status"] is False


def test_refusal_chosen_by_control(paystack: PaystackCaller, sandbox: Sandbox) -> None:
    control(sandbox, provider="paystack", scenario="refused-at-once")

    answer = paystack.post("charge", paystack.body("c1", card=CARD))

    assert (answer.status_code, answer.json()["type"]) == (400, "processor_error")


# --- banks


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"country": "ghana"}, {"MTN", "040100"}),
        ({"country": "Ghana", "type": "ghipps"}, {"040100"}),
        ({"currency": "KES"}, {"ATL_KE"}),
        ({"country": "south africa", "enabled_for_verification": "true"}, {"632005"}),
        ({"gateway": "digitalbankmandate"}, {"50211"}),
        ({"gateway": "emandate", "pay_with_bank": "true"}, {"057"}),
        ({"country": "ghana", "pay_with_bank": "true"}, set()),
        ({"country": "ghana", "pay_with_bank": "false"}, {"MTN", "040100"}),
        ({"country": "kenya", "pay_with_bank_transfer": "true"}, set()),
    ],
)
def test_banks_pass_the_documented_filters(
    paystack: PaystackCaller, query: dict[str, str], codes: set[str]
) -> None:
    answer = paystack.get("bank", **query).json()

    assert (answer["status"], answer["message"]) == (True, "Banks retrieved")
    assert {one["code"] for one in answer["data"]} == codes
    assert "meta" not in answer


def test_banks_by_page_and_by_cursor_are_all_of_them_once(paystack: PaystackCaller) -> None:
    whole = [one["code"] for one in paystack.get("bank").json()["data"]]
    by_page = [
        one["code"]
        for number in range(1, 8)
        for one in paystack.get("bank", perPage=3, page=number).json()["data"]
    ]
    by_cursor, cursor = [], ""
    while cursor is not None:
        more = {"next": cursor} if cursor else {}
        answer = paystack.get("bank", use_cursor="true", perPage=4, **more).json()
        by_cursor += [one["code"] for one in answer["data"]]
        cursor = answer["meta"]["next"]

    assert whole == by_page == by_cursor
    assert len(set(whole)) == len(whole) > 12
    assert paystack.get("bank", use_cursor="true", next="nonsense").status_code == 400


def test_banks_with_their_sort_code_on_demand(paystack: PaystackCaller) -> None:
    plain = paystack.get("bank").json()["data"]
    coded = paystack.get("bank", include_nip_sort_code="true").json()["data"]

    assert not any("nip_sort_code" in one for one in plain)
    assert all(one["nip_sort_code"] for one in coded)
