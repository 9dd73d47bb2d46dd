"""Every code that a provider's documents name can be had from the sandbox, with its HTTP status and form.

Whether the payment lives afterwards is asked too: that is what a client must not get wrong.
"""

from typing import Any

import pytest
import requests

from pos.gateways.sandbox import Sandbox
from tests.unit.gateways.sandbox.callers import (
    AirtelCaller,
    AnyCaller,
    MtnCaller,
    PaystackCaller,
    VtpassCaller,
    control,
    set_value,
)

MTN_REASONS = (
    "PAYEE_NOT_FOUND", "PAYER_NOT_FOUND", "NOT_ALLOWED", "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "INVALID_CALLBACK_URL_HOST", "INVALID_CURRENCY", "SERVICE_UNAVAILABLE", "INTERNAL_PROCESSING_ERROR",
    "NOT_ENOUGH_FUNDS", "PAYER_LIMIT_REACHED", "PAYEE_NOT_ALLOWED_TO_RECEIVE", "PAYMENT_NOT_APPROVED",
    "RESOURCE_NOT_FOUND", "APPROVAL_REJECTED", "EXPIRED", "TRANSACTION_CANCELED", "RESOURCE_ALREADY_EXIST",
    "COULD_NOT_PERFORM_TRANSACTION", "SENDER_ACCOUNT_NOT_ACTIVE", "PAYEE_LIMIT_REACHED",
    "TRANSACTION_NOT_FOUND", "VALIDATION_ERROR", "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED",
)  # fmt: skip
MTN_ANSWERS = {
    "INVALID_CURRENCY": (500, False),
    "NOT_ALLOWED": (500, False),
    "NOT_ALLOWED_TARGET_ENVIRONMENT": (500, False),
    "INVALID_CALLBACK_URL_HOST": (500, False),
    "INTERNAL_PROCESSING_ERROR": (500, False),
    "PAYER_NOT_FOUND": (500, False),
    "SERVICE_UNAVAILABLE": (503, True),
}
AIRTEL_REFUSED = (
    *(f"DP008000010{number:02}" for number in (2, 3, 4, 5, 6, 7, 8, 9, 10, 25, 26, 29)),
    *(f"ROUTER{number:03}" for number in (1, 3, 5, 6, 7, 112, 114, 115, 116, 119)),
    *(f"ESB0000{number}" for number in (11, 33, 34, 35, 36, 39, 45)),
)
AIRTEL_DOUBTFUL = (
    "DP00800001000", "DP00800001024", "ROUTER117", "ESB000001", "ESB000004", "ESB000008", "ESB000014",
    "0000900",
)  # fmt: skip
VTPASS_REFUSED = (
    "010", "011", "012", "013", "015", "016", "017", "018", "019", "020", "021", "022", "023", "024", "025",
    "026", "027", "028", "031", "032", "034", "035", "040", "085", "087", "091",
)  # fmt: skip
VTPASS_DOUBTFUL = ("014", "030", "044", "083", "089", "099")
HTTP_STATUSES = (400, 401, 403, 404, 405, 408, 429, 500, 502, 503, 504)


@pytest.mark.parametrize("form", ["text", "object"])
@pytest.mark.parametrize("reason", MTN_REASONS)
def test_reason_of_a_failed_payment_of_mtn(mtn: MtnCaller, sandbox: Sandbox, reason: str, form: str) -> None:
    set_value(sandbox, mtn_reason=form)
    control(sandbox, provider="mtn", scenario="refused", reason=reason)
    reference = mtn.reference()

    assert mtn.pay(reference).status_code == 202
    sandbox.advance(10)
    body = mtn.ask(reference).json()

    assert body["status"] == "FAILED" and "financialTransactionId" not in body
    if form == "text":
        assert body["reason"] == reason
    else:
        assert set(body["reason"]) == {"code", "message"} and body["reason"]["code"] == reason


@pytest.mark.parametrize(("code", "status", "is_alive"), [(one, *two) for one, two in MTN_ANSWERS.items()])
def test_code_with_which_mtn_answers_a_request(
    mtn: MtnCaller, sandbox: Sandbox, code: str, status: int, *, is_alive: bool
) -> None:
    control(sandbox, provider="mtn", code=code)
    reference = mtn.reference()

    answer = mtn.pay(reference)

    assert (answer.status_code, answer.json()["code"], set(answer.json())) == (
        status,
        code,
        {"code", "message"},
    )
    sandbox.advance(10)
    assert (mtn.word(mtn.ask(reference)) == "paid") is is_alive


@pytest.mark.parametrize("code", [*AIRTEL_REFUSED, *AIRTEL_DOUBTFUL])
def test_code_with_which_airtel_answers_a_request(airtel: AirtelCaller, sandbox: Sandbox, code: str) -> None:
    control(sandbox, provider="airtel", code=code)
    reference = airtel.reference()

    answer = airtel.pay(reference)

    status = answer.json()["status"]
    assert (answer.status_code, status["success"], "data" in answer.json()) == (200, False, False)
    assert code in (status["response_code"], status["result_code"])
    assert set(status) == {"code", "message", "result_code", "response_code", "success"}
    sandbox.advance(10)
    assert (airtel.word(airtel.ask(reference)) == "paid") is (code in AIRTEL_DOUBTFUL)


@pytest.mark.parametrize("code", [*VTPASS_REFUSED, *VTPASS_DOUBTFUL])
def test_code_with_which_vtpass_answers_a_purchase(vtpass: VtpassCaller, sandbox: Sandbox, code: str) -> None:
    control(sandbox, provider="vtpass", code=code)
    reference = vtpass.reference()

    answer = vtpass.pay(reference)

    assert (answer.status_code, answer.json()["code"]) == (200, code)
    assert answer.json()["response_description"]
    sandbox.advance(10)
    assert (vtpass.word(vtpass.ask(reference)) == "paid") is (code in VTPASS_DOUBTFUL)


@pytest.mark.parametrize("status", HTTP_STATUSES)
def test_plain_http_status_of_each_provider_is_in_its_form(
    caller: AnyCaller, sandbox: Sandbox, status: int
) -> None:
    control(sandbox, provider=caller.name, code=f"HTTP{status}")
    reference = caller.reference()

    answer = caller.pay(reference)

    assert answer.status_code == status
    members = {"mtn": "statusCode", "airtel": "status", "paystack": "message", "vtpass": "message"}
    assert members[caller.name] in answer.json()
    sandbox.advance(10)
    is_alive = caller.word(caller.ask(reference)) in ("paid", "pending")
    assert is_alive is (status >= 500 or status == 408)


def charge(**changes: Any) -> dict[str, Any]:
    whole = {"email": "a@b.co", "amount": 5000, "currency": "NGN", "reference": "new"}
    return {name: value for name, value in (whole | changes).items() if value is not ...}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "transaction/initialize", charge(email=...), 400, "missing_params"),
        ("POST", "transaction/initialize", charge(amount=...), 400, "missing_params"),
        ("POST", "transaction/initialize", charge(amount=1), 400, "invalid_params"),
        ("POST", "transaction/initialize", charge(reference="used"), 400, "duplicate_reference"),
        ("POST", "charge", charge(reference="used", ussd={"type": "737"}), 400, "duplicate_reference"),
        ("POST", "charge", charge(), 400, "missing_params"),
        ("POST", "charge", charge(authorization_code="AUTH_no"), 400, "invalid_params"),
        ("GET", "transaction/verify/none", None, 400, "transaction_not_found"),
        ("GET", "transaction/99", None, 404, "transaction_not_found"),
        ("GET", "transaction/timeline/none", None, 404, "not_found"),
        ("POST", "refund", {}, 400, "missing_params"),
        ("POST", "refund", {"transaction": "none"}, 404, "transaction_not_found"),
        ("POST", "refund", {"transaction": "used"}, 400, "invalid_params"),
        ("GET", "refund/99", None, 404, "not_found"),
        ("GET", "plan/PLN_none", None, 404, "not_found"),
        ("GET", "subscription/SUB_none", None, 404, "not_found"),
        ("GET", "customer/CUS_none", None, 404, "not_found"),
        ("GET", "charge/none", None, 400, None),
        ("POST", "charge/submit_pin", {"reference": "none", "pin": "1"}, 400, None),
        ("POST", "nowhere", {}, 404, None),
    ],
)
def test_error_of_paystack(
    paystack: PaystackCaller, method: str, path: str, body: object, status: int, code: str | None
) -> None:
    paystack.post("transaction/initialize", charge(reference="used"))

    answer = requests.request(
        method, f"{paystack.base}/{path}", json=body, headers=paystack.headers(), timeout=20
    )

    found = answer.json()
    assert (answer.status_code, found["status"], found.get("code")) == (status, False, code), found
    assert found["message"]
    # Older endpoints say only status and message.
    assert (set(found) == {"status", "message"}) is (code is None)
    if code is not None:
        assert found["type"] in ("api_error", "validation_error", "processor_error")
        assert found["meta"]["nextStep"]
