"""Every Paystack answer of the sandbox fits the published description of Paystack's answers."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pos.gateways.sandbox import Sandbox
from tests.unit.gateways.sandbox import paystack_schema
from tests.unit.gateways.sandbox.callers import PaystackCaller

CARD = {"number": "4084084084084081", "cvv": "408", "expiry_month": "12", "expiry_year": "30"}
STEPS_CARD = CARD | {"number": "507850785078507804", "cvv": "884"}
ADDRESS_CARD = CARD | {"number": "4000000000000010", "cvv": "111"}
ADDRESS = {"address": "1 Sample Street", "city": "Ikeja", "state": "Lagos", "zip_code": "100001"}


class Checker:
    """Sends requests and keeps what the description has against each answer."""

    def __init__(self, paystack: PaystackCaller) -> None:
        self.paystack = paystack
        self.complaints: list[str] = []
        self.checked: set[str] = set()

    def post(self, path: str, body: object, *, template: str = "", status: int = 200) -> dict[str, Any]:
        return self._check("POST", template or path, self.paystack.post(path, body), status)

    def put(self, path: str, body: object, *, template: str) -> dict[str, Any]:
        target, headers = f"{self.paystack.base}/{path}", self.paystack.headers()
        return self._check("PUT", template, requests.put(target, json=body, headers=headers, timeout=10), 200)

    def get(self, path: str, *, template: str = "", status: int = 200, **query: object) -> dict[str, Any]:
        return self._check("GET", template or path, self.paystack.get(path, **query), status)

    def _check(self, method: str, path: str, answer: requests.Response, status: int) -> dict[str, Any]:
        assert answer.status_code == status, answer.text
        found = paystack_schema.complaints(method, f"/{path}", answer.json(), status)
        self.complaints += [f"{method} {path} {status} {complaint}" for complaint in found]
        self.checked.add(f"{method} /{path} {status}")
        value: dict[str, Any] = answer.json()
        return value


@pytest.fixture
def check(paystack: PaystackCaller) -> Iterator[Checker]:
    checker = Checker(paystack)
    yield checker
    assert checker.complaints == []


def body(reference: str, **more: Any) -> dict[str, Any]:
    return {"email": "b@example.com", "amount": 5000, "currency": "NGN", "reference": reference} | more


def test_description_refuses_what_does_not_fit() -> None:
    answer = {"status": True, "message": "Authorization URL created", "data": {"access_code": 5}}

    found = paystack_schema.complaints("POST", "/transaction/initialize", answer)

    assert len(found) >= 3


def test_transactions(check: Checker) -> None:
    check.post("transaction/initialize", body("i1"))
    check.post("transaction/initialize", body("i1"), status=400)
    check.post("transaction/initialize", {"amount": 5000}, status=400)
    check.get("transaction/verify/i1", template="transaction/verify/{reference}")
    check.get("transaction/i1", template="transaction/{id}")
    token = check.post("charge", body("c1", card=CARD))["data"]["authorization"]["authorization_code"]
    check.get("transaction/verify/c1", template="transaction/verify/{reference}")
    check.get("transaction/c1", template="transaction/{id}")
    check.get("transaction/timeline/c1", template="transaction/timeline/{id}")
    check.get("transaction/none", template="transaction/{id}", status=404)
    check.get("transaction")
    check.get("transaction/totals")
    check.get("transaction/export")
    check.post("transaction/charge_authorization", body("a1", authorization_code=token))
    check.post("transaction/partial_debit", body("a2", authorization_code=token))

    assert len(check.checked) == 12


def test_charges_and_their_steps(check: Checker, sandbox: Sandbox) -> None:
    mobile = {"phone": "0551234987", "provider": "mtn"}
    check.post("charge", body("m1", currency="GHS", mobile_money=mobile))
    check.get("charge/m1", template="charge/{reference}")
    sandbox.advance(5)
    check.get("charge/m1", template="charge/{reference}")
    check.post("charge", body("k1", card=STEPS_CARD))
    check.post("charge/submit_pin", {"reference": "k1", "pin": "0000"})
    check.post("charge/submit_phone", {"reference": "k1", "phone": "08000000000"})
    check.post("charge/submit_otp", {"reference": "k1", "otp": "123456"})
    check.post("charge", body("b1", bank={"code": "057", "account_number": "0000000000"}))
    check.post("charge/submit_birthday", {"reference": "b1", "birthday": "2007-04-15"})
    check.post("charge", body("d1", card=ADDRESS_CARD))
    done = check.post("charge/submit_address", ADDRESS | {"reference": "d1"})

    assert done["data"]["status"] == "success"
    assert len(check.checked) == 7


def test_refunds_plans_subscriptions_people_banks(check: Checker) -> None:
    check.post("charge", body("c1", card=CARD))
    number = check.post("refund", {"transaction": "c1"})["data"]["id"]
    check.get("refund")
    check.get(f"refund/{number}", template="refund/{id}")
    plan = check.post("plan", {"name": "Light", "amount": 5000, "interval": "monthly"})["data"]["plan_code"]
    check.get("plan")
    check.get(f"plan/{plan}", template="plan/{code}")
    check.put(f"plan/{plan}", {"name": "Power"}, template="plan/{code}")
    person = {"email": "b@example.com", "first_name": "Bea", "last_name": "Test", "phone": "0800"}
    customer = check.post("customer", person)["data"]["customer_code"]
    check.get("customer")
    check.get(f"customer/{customer}", template="customer/{code}")
    check.put(f"customer/{customer}", {"first_name": "Ada"}, template="customer/{code}")
    check.post("customer/set_risk_action", {"customer": customer, "risk_action": "allow"})
    check.post("charge", body("c2", card=CARD))
    made = check.post("subscription", {"customer": customer, "plan": plan})["data"]
    code, token = made["subscription_code"], made["email_token"]
    check.get("subscription")
    check.get(f"subscription/{code}", template="subscription/{code}")
    check.get(f"subscription/{code}/manage/link", template="subscription/{code}/manage/link")
    check.post(f"subscription/{code}/manage/email", {}, template="subscription/{code}/manage/email")
    check.post("subscription/disable", {"code": code, "token": token})
    check.post("subscription/enable", {"code": code, "token": token})
    for path in ("balance", "bank", "country"):
        check.get(path)
    check.get("bank/resolve", account_number="0000000000", bank_code="057")
    check.get("plan/none", template="plan/{code}", status=404)
    check.paystack.key = "sk_test_wrong"
    check.get("balance", status=401)

    assert len(check.checked) == 26
