"""The four providers called as plain HTTP, with nothing of the till's own adapters in between."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests

from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox import credentials as keys

WAIT_S = 10
PAID, PENDING, FAILED, UNKNOWN, ABSENT = "paid", "pending", "failed", "unknown", "absent"


@dataclass
class MtnCaller:
    sandbox: Sandbox
    environment: str = "mtnrwanda"
    currency: str = "RWF"
    url: str | None = None
    token: str = ""

    prefix = "2507881234"
    name = "mtn"

    @property
    def base(self) -> str:
        return f"{self.sandbox.base_url}/mtn"

    def reference(self) -> str:
        return str(uuid.uuid4())

    def headers(self, product: str = "collection") -> dict[str, str]:
        key = keys.MTN_SUBSCRIPTION_KEYS[product][0]
        self.token = self.token or self.new_token(product)
        return {
            "Authorization": f"Bearer {self.token}",
            "X-Target-Environment": self.environment,
            "Ocp-Apim-Subscription-Key": key,
        }

    def new_token(self, product: str = "collection") -> str:
        key = keys.MTN_SUBSCRIPTION_KEYS[product][0]
        answer = requests.post(
            f"{self.base}/{product}/token/",
            auth=(keys.MTN_USER, keys.MTN_API_KEY),
            headers={"Ocp-Apim-Subscription-Key": key},
            timeout=WAIT_S,
        )
        return str(answer.json()["access_token"])

    def body(self, number: str = "250788123499", **changes: Any) -> dict[str, Any]:
        whole = {
            "amount": "1500",
            "currency": self.currency,
            "externalId": "INV-7",
            "payer": {"partyIdType": "MSISDN", "partyId": number},
            "payerMessage": "Invoice 7",
            "payeeNote": "till 3",
        }
        return {name: value for name, value in (whole | changes).items() if value is not ...}

    def pay(
        self, reference: str, number: str = "250788123499", wait_s: float = WAIT_S, **changes: Any
    ) -> requests.Response:
        headers = self.headers() | {"X-Reference-Id": reference}
        if self.url is not None:
            headers["X-Callback-Url"] = self.url
        target = f"{self.base}/collection/v1_0/requesttopay"
        return requests.post(target, json=self.body(number, **changes), headers=headers, timeout=wait_s)

    def ask(self, reference: str) -> requests.Response:
        target = f"{self.base}/collection/v1_0/requesttopay/{reference}"
        return requests.get(target, headers=self.headers(), timeout=WAIT_S)

    def word(self, answer: requests.Response) -> str:
        if answer.status_code == 404:
            return ABSENT
        words = {"SUCCESSFUL": PAID, "FAILED": FAILED, "PENDING": PENDING, "CREATED": PENDING}
        return words.get(answer.json()["status"], UNKNOWN)

    def amount(self, answer: requests.Response) -> str:
        return str(answer.json()["amount"])

    def is_accepted(self, answer: requests.Response) -> bool:
        return answer.status_code == 202

    def is_duplicate(self, answer: requests.Response) -> bool:
        return (answer.status_code, answer.json()["code"]) == (409, "RESOURCE_ALREADY_EXIST")


@dataclass
class AirtelCaller:
    sandbox: Sandbox
    token: str = ""

    prefix = "7526043"
    name = "airtel"

    @property
    def base(self) -> str:
        return f"{self.sandbox.base_url}/airtel"

    def reference(self) -> str:
        return f"inv-{uuid.uuid4()}"

    def headers(self) -> dict[str, str]:
        self.token = self.token or self.new_token()
        return {"Authorization": f"Bearer {self.token}", "X-Country": "UG", "X-Currency": "UGX"}

    def new_token(self) -> str:
        body = {
            "client_id": keys.AIRTEL_CLIENT_ID,
            "client_secret": keys.AIRTEL_CLIENT_SECRET,
            "grant_type": "client_credentials",
        }
        answer = requests.post(f"{self.base}/auth/oauth2/token", json=body, timeout=WAIT_S)
        return str(answer.json()["access_token"])

    def body(self, reference: str, number: str = "752604399", amount: object = 1500) -> dict[str, Any]:
        return {
            "reference": "Order 77",
            "subscriber": {"country": "UG", "currency": "UGX", "msisdn": number},
            "transaction": {"amount": amount, "country": "UG", "currency": "UGX", "id": reference},
        }

    def pay(
        self, reference: str, number: str = "752604399", wait_s: float = WAIT_S, amount: object = 1500
    ) -> requests.Response:
        return requests.post(
            f"{self.base}/merchant/v1/payments/",
            json=self.body(reference, number, amount),
            headers=self.headers(),
            timeout=wait_s,
        )

    def ask(self, reference: str) -> requests.Response:
        target = f"{self.base}/standard/v1/payments/{reference}"
        return requests.get(target, headers=self.headers(), timeout=WAIT_S)

    def word(self, answer: requests.Response) -> str:
        body = answer.json()
        if "data" not in body:
            return ABSENT if body["status"]["response_code"] == "DP00800001025" else UNKNOWN
        words = {"TS": PAID, "TF": FAILED, "TE": FAILED, "TIP": PENDING, "TA": UNKNOWN}
        return words.get(body["data"]["transaction"]["status"], UNKNOWN)

    def amount(self, answer: requests.Response) -> str:
        text: str = answer.json()["data"]["transaction"]["message"]
        return text.split()[2].replace(",", "")

    def is_accepted(self, answer: requests.Response) -> bool:
        status = answer.json()["status"]
        return bool(status["success"]) and status["response_code"] == "DP00800001006"

    def is_duplicate(self, answer: requests.Response) -> bool:
        status = answer.json()["status"]
        return (answer.status_code, status["success"], status["result_code"]) == (200, False, "ESB000041")


@dataclass
class PaystackCaller:
    sandbox: Sandbox
    key: str = keys.PAYSTACK_SECRET_KEY
    token: str = ""

    prefix = "02412345"
    name = "paystack"

    @property
    def base(self) -> str:
        return f"{self.sandbox.base_url}/paystack"

    def reference(self) -> str:
        return f"inv-{uuid.uuid4()}"

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def post(self, path: str, body: object, wait_s: float = WAIT_S) -> requests.Response:
        return requests.post(f"{self.base}/{path}", json=body, headers=self.headers(), timeout=wait_s)

    def get(self, path: str, **query: object) -> requests.Response:
        return requests.get(
            f"{self.base}/{path}",
            params=query,  # type: ignore[arg-type]
            headers=self.headers(),
            timeout=WAIT_S,
        )

    def body(self, reference: str, **changes: Any) -> dict[str, Any]:
        whole = {"email": "a@example.com", "amount": 1500, "currency": "GHS", "reference": reference}
        return {name: value for name, value in (whole | changes).items() if value is not ...}

    def pay(self, reference: str, number: str = "0241234599", wait_s: float = WAIT_S) -> requests.Response:
        body = self.body(reference, mobile_money={"phone": number, "provider": "mtn"})
        return self.post("charge", body, wait_s)

    def ask(self, reference: str) -> requests.Response:
        return self.get(f"transaction/verify/{reference}")

    def word(self, answer: requests.Response) -> str:
        body = answer.json()
        if answer.status_code == 400 and body["code"] == "transaction_not_found":
            return ABSENT
        words = {"success": PAID, "failed": FAILED, "ongoing": PENDING, "pending": PENDING}
        return words.get(body["data"]["status"], UNKNOWN)

    def amount(self, answer: requests.Response) -> str:
        return str(answer.json()["data"]["amount"])

    def is_accepted(self, answer: requests.Response) -> bool:
        return answer.status_code == 200 and answer.json()["message"] == "Charge attempted"

    def is_duplicate(self, answer: requests.Response) -> bool:
        return (answer.status_code, answer.json()["code"]) == (400, "duplicate_reference")


@dataclass
class VtpassCaller:
    sandbox: Sandbox
    token: str = ""

    prefix = "080012345"
    name = "vtpass"

    @property
    def base(self) -> str:
        return f"{self.sandbox.base_url}/vtpass/api"

    def reference(self) -> str:
        now = self.sandbox.core.timeline.now() + timedelta(hours=1)
        return f"{now:%Y%m%d%H%M}{uuid.uuid4().hex[:8]}"

    def headers(self) -> dict[str, str]:
        return {
            "api-key": keys.VTPASS_API_KEY,
            "public-key": keys.VTPASS_PUBLIC_KEY,
            "secret-key": keys.VTPASS_SECRET_KEY,
        }

    def post(self, path: str, body: object, wait_s: float = WAIT_S) -> requests.Response:
        return requests.post(f"{self.base}/{path}", json=body, headers=self.headers(), timeout=wait_s)

    def get(self, path: str, **query: str) -> requests.Response:
        return requests.get(f"{self.base}/{path}", params=query, headers=self.headers(), timeout=WAIT_S)

    def pay(
        self, reference: str, number: str = "08011111111", wait_s: float = WAIT_S, **changes: Any
    ) -> requests.Response:
        whole = {"request_id": reference, "serviceID": "mtn", "amount": 1500, "phone": number}
        body = {name: value for name, value in (whole | changes).items() if value is not ...}
        return self.post("pay", body, wait_s)

    def ask(self, reference: str) -> requests.Response:
        return self.post("requery", {"request_id": reference})

    def word(self, answer: requests.Response) -> str:
        body = answer.json()
        if body["code"] == "015":
            return ABSENT
        words = {"delivered": PAID, "failed": FAILED, "pending": PENDING, "initiated": PENDING}
        return words.get(body["content"]["transactions"]["status"], UNKNOWN)

    def amount(self, answer: requests.Response) -> str:
        return str(answer.json()["amount"])

    def is_accepted(self, answer: requests.Response) -> bool:
        return bool(answer.json()["code"] in ("000", "099"))

    def is_duplicate(self, answer: requests.Response) -> bool:
        return bool(answer.json()["code"] == "014")


AnyCaller = MtnCaller | AirtelCaller | PaystackCaller | VtpassCaller
CALLERS: dict[str, type[MtnCaller] | type[AirtelCaller] | type[PaystackCaller] | type[VtpassCaller]] = {
    "mtn": MtnCaller,
    "airtel": AirtelCaller,
    "paystack": PaystackCaller,
    "vtpass": VtpassCaller,
}


def control(sandbox: Sandbox, **command: Any) -> requests.Response:
    return requests.post(f"{sandbox.base_url}/_control", json=command, timeout=WAIT_S)


def set_value(sandbox: Sandbox, **settings: Any) -> None:
    assert control(sandbox, action="set", **settings).status_code == 200
