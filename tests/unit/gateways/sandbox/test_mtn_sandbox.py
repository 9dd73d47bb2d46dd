"""MTN MoMo in the sandbox: provisioning, tokens, every documented refusal, test numbers, other calls."""

import json
import uuid
from typing import Any

import pytest
import requests

from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox import credentials as keys
from tests.factories.gateways import Receiver
from tests.unit.gateways.sandbox.callers import MtnCaller, control, set_value

COLLECTION, DISBURSEMENT = (keys.MTN_SUBSCRIPTION_KEYS[name][0] for name in ("collection", "disbursement"))


def provision(mtn: MtnCaller, *, host: object = "pay.example.org", reference: str = "") -> requests.Response:
    return requests.post(
        f"{mtn.base}/v1_0/apiuser",
        json={"providerCallbackHost": host},
        headers={"Ocp-Apim-Subscription-Key": COLLECTION, "X-Reference-Id": reference or str(uuid.uuid4())},
        timeout=10,
    )


def test_provisioning_makes_user_and_key_and_the_user_pays(mtn: MtnCaller) -> None:
    user, key = str(uuid.uuid4()), {"Ocp-Apim-Subscription-Key": COLLECTION}

    made = provision(mtn, reference=user)
    secret = requests.post(f"{mtn.base}/v1_0/apiuser/{user}/apikey", headers=key, timeout=10)
    shown = requests.get(f"{mtn.base}/v1_0/apiuser/{user}", headers=key, timeout=10)

    assert (made.status_code, made.content) == (201, b"")
    assert (secret.status_code, len(secret.json()["apiKey"])) == (201, 32)
    assert shown.json() == {"providerCallbackHost": "pay.example.org", "targetEnvironment": "sandbox"}
    login = (user, secret.json()["apiKey"])
    token = requests.post(f"{mtn.base}/collection/token/", auth=login, headers=key, timeout=10)
    assert token.json() | {"access_token": ""} == {
        "access_token": "",
        "token_type": "access_token",
        "expires_in": 3600,
    }


def test_asking_for_a_key_again_makes_a_new_one_and_ends_the_old(mtn: MtnCaller) -> None:
    user, key = str(uuid.uuid4()), {"Ocp-Apim-Subscription-Key": COLLECTION}
    provision(mtn, reference=user)
    first, second = (
        requests.post(f"{mtn.base}/v1_0/apiuser/{user}/apikey", headers=key, timeout=10).json()["apiKey"]
        for _ in range(2)
    )

    statuses = [
        requests.post(f"{mtn.base}/collection/token", auth=(user, one), headers=key, timeout=10).status_code
        for one in (first, second)
    ]

    assert first != second
    assert statuses == [401, 200]


def test_provisioning_refuses_no_uuid_used_uuid_and_unknown_user(mtn: MtnCaller) -> None:
    user = str(uuid.uuid4())
    provision(mtn, reference=user)
    unknown = requests.get(
        f"{mtn.base}/v1_0/apiuser/{uuid.uuid4()}",
        headers={"Ocp-Apim-Subscription-Key": COLLECTION},
        timeout=10,
    )

    assert provision(mtn, reference="till-7").status_code == 400
    assert provision(mtn, host=None).status_code == 400
    assert provision(mtn, reference=user).status_code == 409
    assert unknown.status_code == 404


@pytest.mark.parametrize("key", ["", "wrong", DISBURSEMENT])
def test_subscription_key_that_is_wrong_is_refused_by_the_gateway(mtn: MtnCaller, key: str) -> None:
    answer = requests.post(
        f"{mtn.base}/collection/token/",
        auth=(keys.MTN_USER, keys.MTN_API_KEY),
        headers={"Ocp-Apim-Subscription-Key": key},
        timeout=10,
    )

    assert answer.status_code == 401
    assert answer.json() == {
        "statusCode": 401,
        "message": "Access denied due to invalid subscription key.",
    }


def test_subscription_key_as_query_parameter_is_taken(mtn: MtnCaller) -> None:
    answer = requests.post(
        f"{mtn.base}/collection/token/?subscription-key={COLLECTION}",
        auth=(keys.MTN_USER, keys.MTN_API_KEY),
        timeout=10,
    )

    assert answer.status_code == 200


def test_wrong_login_and_old_token_are_401_with_error(mtn: MtnCaller, sandbox: Sandbox) -> None:
    login = requests.post(
        f"{mtn.base}/collection/token/",
        auth=(keys.MTN_USER, "wrong"),
        headers={"Ocp-Apim-Subscription-Key": COLLECTION},
        timeout=10,
    )
    mtn.headers()
    sandbox.advance(3600)

    assert (login.status_code, list(login.json())) == (401, ["error"])
    assert (mtn.pay(mtn.reference()).status_code, list(mtn.pay(mtn.reference()).json())) == (401, ["error"])


def test_user_of_another_product_is_not_allowed(mtn: MtnCaller) -> None:
    user, key = str(uuid.uuid4()), {"Ocp-Apim-Subscription-Key": COLLECTION}
    provision(mtn, reference=user)
    secret = requests.post(f"{mtn.base}/v1_0/apiuser/{user}/apikey", headers=key, timeout=10).json()["apiKey"]
    other = {"Ocp-Apim-Subscription-Key": DISBURSEMENT}
    token = requests.post(f"{mtn.base}/disbursement/token/", auth=(user, secret), headers=other, timeout=10)
    headers = other | {
        "Authorization": f"Bearer {token.json()['access_token']}",
        "X-Target-Environment": "sandbox",
    }

    answer = requests.get(f"{mtn.base}/disbursement/v1_0/account/balance", headers=headers, timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (500, "NOT_ALLOWED_TARGET_ENVIRONMENT")


def test_request_to_pay_is_202_with_empty_body_and_status_has_every_field(mtn: MtnCaller) -> None:
    reference = mtn.reference()

    answer = mtn.pay(reference, "46733123999", amount="12.50")
    status = mtn.ask(reference)

    assert (answer.status_code, answer.content) == (202, b"")
    assert status.json() | {"financialTransactionId": ""} == {
        "financialTransactionId": "",
        "externalId": "INV-7",
        "amount": "12.5",
        "currency": "EUR",
        "payer": {"partyIdType": "MSISDN", "partyId": "46733123999"},
        "payerMessage": "Invoice 7",
        "payeeNote": "till 3",
        "status": "SUCCESSFUL",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": ...},
        {"amount": "-5"},
        {"amount": "0"},
        {"amount": "1,50"},
        {"amount": True},
        {"currency": ...},
        {"payer": ...},
        {"payer": {"partyIdType": "MSISDN", "partyId": "+46733123999"}},
        {"payer": {"partyIdType": "PHONE", "partyId": "46733123999"}},
        {"payer": {"partyIdType": "MSISDN"}},
        {"payerMessage": "x" * 161},
        {"payeeNote": "Ada's till"},
    ],
    ids=str,
)
def test_request_to_pay_with_a_bad_field_is_400(mtn: MtnCaller, changes: dict[str, Any]) -> None:
    reference = mtn.reference()

    assert mtn.pay(reference, **changes).status_code == 400
    assert mtn.ask(reference).status_code == 404


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_request_to_pay_with_bad_json_is_400(mtn: MtnCaller, body: bytes) -> None:
    answer = requests.post(
        f"{mtn.base}/collection/v1_0/requesttopay",
        data=body,
        headers=mtn.headers() | {"X-Reference-Id": mtn.reference()},
        timeout=10,
    )

    assert answer.status_code == 400


def test_reference_that_is_no_uuid_is_400(mtn: MtnCaller) -> None:
    assert mtn.pay("INV-7").status_code == 400


def test_reference_in_capitals_is_the_same_reference(mtn: MtnCaller) -> None:
    reference = mtn.reference()
    mtn.pay(reference)

    again = mtn.pay(reference.upper())

    assert mtn.is_duplicate(again)
    assert mtn.ask(reference.upper()).json() == mtn.ask(reference).json()


def test_unknown_reference_is_404_with_code(mtn: MtnCaller) -> None:
    answer = mtn.ask(mtn.reference())

    assert (answer.status_code, answer.json()) == (
        404,
        {"code": "RESOURCE_NOT_FOUND", "message": "Requested resource was not found."},
    )


def test_msisdn_as_a_number_is_taken(mtn: MtnCaller) -> None:
    reference = mtn.reference()

    mtn.pay(reference, payer={"partyIdType": "MSISDN", "partyId": 46733123999})

    assert mtn.ask(reference).json()["payer"]["partyId"] == "46733123999"


def test_sandbox_takes_euros_only_and_countries_their_own_money(mtn: MtnCaller, sandbox: Sandbox) -> None:
    rwanda = MtnCaller(sandbox)

    answers = [
        mtn.pay(mtn.reference(), currency="RWF"),
        rwanda.pay(rwanda.reference(), currency="EUR"),
        rwanda.pay(rwanda.reference(), currency="RWF"),
    ]

    assert [answer.status_code for answer in answers] == [500, 500, 202]
    assert answers[0].json()["code"] == "INVALID_CURRENCY"


def test_unknown_target_environment_is_not_allowed(mtn: MtnCaller) -> None:
    mtn.environment = "mtnatlantis"

    answer = mtn.pay(mtn.reference())

    assert (answer.status_code, answer.json()["code"]) == (500, "NOT_ALLOWED_TARGET_ENVIRONMENT")


@pytest.mark.parametrize(
    ("url", "status"), [("http://elsewhere.example/cb", 500), (None, 202), ("", 400), ("::", 500)]
)
def test_callback_host_must_be_that_of_the_user(mtn: MtnCaller, url: str | None, status: int) -> None:
    mtn.url = url
    reference = mtn.reference()

    answer = mtn.pay(reference, "46733123999")

    assert answer.status_code == status
    if status == 500:
        assert answer.json() == {
            "code": "INVALID_CALLBACK_URL_HOST",
            "message": "Callback URL does not match the configured value.",
        }
        assert mtn.ask(reference).status_code == 404


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("46733123450", "INTERNAL_PROCESSING_ERROR"),
        ("46733123451", "APPROVAL_REJECTED"),
        ("46733123452", "EXPIRED"),
        ("46733123455", "PAYER_NOT_FOUND"),
        ("46733123456", "PAYEE_NOT_ALLOWED_TO_RECEIVE"),
        ("46733123457", "NOT_ALLOWED"),
        ("46733123458", "NOT_ALLOWED_TARGET_ENVIRONMENT"),
        ("46733123459", "INVALID_CALLBACK_URL_HOST"),
        ("46733123460", "INVALID_CURRENCY"),
        ("46733123461", "INTERNAL_PROCESSING_ERROR"),
        ("46733123462", "SERVICE_UNAVAILABLE"),
        ("46733123463", "COULD_NOT_PERFORM_TRANSACTION"),
    ],
)
def test_failing_test_number_is_accepted_and_shows_its_reason_in_both_forms(
    mtn: MtnCaller, sandbox: Sandbox, number: str, reason: str
) -> None:
    reference = mtn.reference()

    assert mtn.pay(reference, number).status_code == 202
    status = mtn.ask(reference).json()
    set_value(sandbox, mtn_reason="object")
    other = mtn.ask(reference).json()

    assert (status["status"], status["reason"]) == ("FAILED", reason)
    assert "financialTransactionId" not in status
    assert other["reason"]["code"] == reason


def test_refusing_test_number_as_http_500_where_that_is_set(mtn: MtnCaller, sandbox: Sandbox) -> None:
    set_value(sandbox, mtn_refusals="http_500")
    reference = mtn.reference()

    answer = mtn.pay(reference, "46733123455")

    assert (answer.status_code, answer.json()["code"]) == (500, "PAYER_NOT_FOUND")
    assert mtn.ask(reference).status_code == 404


def test_ongoing_and_delayed_test_numbers(mtn: MtnCaller, sandbox: Sandbox) -> None:
    ongoing, delayed = mtn.reference(), mtn.reference()
    mtn.pay(ongoing, "46733123453")
    mtn.pay(delayed, "46733123454")

    words = [mtn.ask(delayed).json()["status"] for _ in range(2)]
    sandbox.advance(25)

    assert [*words, mtn.ask(delayed).json()["status"]] == ["CREATED", "PENDING", "SUCCESSFUL"]
    assert mtn.ask(ongoing).json()["status"] == "PENDING"


def test_any_other_number_of_the_sandbox_pays_at_once_whatever_its_ending(mtn: MtnCaller) -> None:
    reference = mtn.reference()
    mtn.pay(reference, "46733123412")

    assert mtn.ask(reference).json()["status"] == "SUCCESSFUL"


def test_callback_is_put_or_post_with_the_status(
    mtn: MtnCaller, sandbox: Sandbox, receiver: Receiver
) -> None:
    mtn.url = receiver.url
    reference = mtn.reference()

    mtn.pay(reference, "46733123451")
    sandbox.core.settle()

    ((headers, body),) = receiver.kept
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == mtn.ask(reference).json()


@pytest.mark.parametrize(
    ("kind", "value", "status", "result"),
    [
        ("msisdn", "46733123999", 200, {"result": True}),
        ("msisdn", "46733123450", 404, "RESOURCE_NOT_FOUND"),
        ("msisdn", "46733123451", 200, {"result": False}),
        ("msisdn", "46733123452", 500, "NOT_ALLOWED"),
        ("msisdn", "46733123453", 500, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
        ("msisdn", "46733123454", 500, "INTERNAL_PROCESSING_ERROR"),
        ("msisdn", "46733123455", 503, "SERVICE_UNAVAILABLE"),
        ("email", "notfound@email.com", 404, "RESOURCE_NOT_FOUND"),
        ("email", "notactive@email.com", 200, {"result": False}),
        ("email", "notallowed@email.com", 500, "NOT_ALLOWED"),
        ("email", "notallowedtargetenvironment@email.com", 500, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
        ("email", "internalprocessingerror@email.com", 500, "INTERNAL_PROCESSING_ERROR"),
        ("email", "serviceunavailable@email.com", 503, "SERVICE_UNAVAILABLE"),
        ("party_code", "5cecb5a7-8bd0-4f49-87b1-8eb9ecc7b7bc", 404, "RESOURCE_NOT_FOUND"),
        ("party_code", "b0040b3c-b426-4a90-af6e-673e65861cd7", 200, {"result": False}),
        ("party_code", "4d5f500f-c385-4901-9be5-25b6d36ad220", 500, "NOT_ALLOWED"),
        ("party_code", "d2265f9b-0c22-496d-908f-79a65ad66266", 500, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
        ("party_code", "8f548a78-ceb8-4d12-a243-5640b91e91a4", 500, "INTERNAL_PROCESSING_ERROR"),
        ("party_code", "585c07a4-2c80-42f7-9e73-e586b36dee68", 503, "SERVICE_UNAVAILABLE"),
        ("MSISDN", "46733123999", 400, "BAD_REQUEST"),
    ],
)
def test_account_holder(mtn: MtnCaller, kind: str, value: str, status: int, result: object) -> None:
    target = f"{mtn.base}/collection/v1_0/accountholder/{kind}/{value}/active"

    answer = requests.get(target, headers=mtn.headers(), timeout=10)

    body = answer.json()
    assert (answer.status_code, body if status == 200 else body["code"]) == (status, result)


def test_balance_names_the_currency_of_the_environment(mtn: MtnCaller, sandbox: Sandbox) -> None:
    rwanda = MtnCaller(sandbox)

    balances = [
        requests.get(f"{one.base}/collection/v1_0/account/balance", headers=one.headers(), timeout=10).json()
        for one in (mtn, rwanda)
    ]

    assert balances == [
        {"availableBalance": "50000", "currency": "EUR"},
        {"availableBalance": "50000", "currency": "RWF"},
    ]


def test_basic_user_info(mtn: MtnCaller) -> None:
    base = f"{mtn.base}/collection/v1_0/accountholder/msisdn"

    found = requests.get(f"{base}/46733123999/basicuserinfo", headers=mtn.headers(), timeout=10)
    missing = requests.get(f"{base}/46733123450/basicuserinfo", headers=mtn.headers(), timeout=10)

    names = {"given_name", "family_name", "birthdate", "locale", "gender", "status"}
    assert set(found.json()) == names
    assert missing.status_code == 404


def test_delivery_notification_is_for_paid_ones(mtn: MtnCaller) -> None:
    paid, pending = mtn.reference(), mtn.reference()
    mtn.pay(paid, "46733123999")
    mtn.pay(pending, "46733123453")

    def notify(reference: str, text: object) -> int:
        target = f"{mtn.base}/collection/v1_0/requesttopay/{reference}/deliverynotification"
        body = {"notificationMessage": text}
        return requests.post(target, json=body, headers=mtn.headers(), timeout=10).status_code

    assert [notify(paid, "Thank you"), notify(paid, "x" * 161), notify(paid, None)] == [200, 400, 400]
    assert notify(pending, "Thank you") == 500
    assert notify(mtn.reference(), "Thank you") == 404


PARTY = {"partyIdType": "MSISDN", "partyId": "46733123999"}
OTHERS = [
    ("collection/v2_0/payment", {"money": {"amount": "1000", "currency": "EUR"}, "customerReference": "7"}),
    ("collection/v2_0/invoice", {"amount": "10", "currency": "EUR", "intendedPayer": PARTY}),
    ("collection/v2_0/preapproval", {"payer": PARTY, "payerCurrency": "EUR", "validityTime": 3600}),
    ("collection/v1_0/requesttowithdraw", {"amount": "10", "currency": "EUR", "payer": PARTY}),
]


@pytest.mark.parametrize(("path", "body"), OTHERS, ids=[path for path, _ in OTHERS])
def test_other_call_follows_the_same_pattern(mtn: MtnCaller, path: str, body: dict[str, Any]) -> None:
    reference, target = mtn.reference(), f"{mtn.base}/{path}"
    headers = mtn.headers() | {"X-Reference-Id": reference}

    made = requests.post(target, json=body, headers=headers, timeout=10)
    again = requests.post(target, json=body, headers=headers, timeout=10)
    status = requests.get(f"{target}/{reference}", headers=mtn.headers(), timeout=10)
    unknown = requests.get(f"{target}/{mtn.reference()}", headers=mtn.headers(), timeout=10)

    assert (made.status_code, made.content) == (202, b"")
    assert again.status_code == 409
    assert status.json()["status"] == "SUCCESSFUL"
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("amount", "first", "last"),
    [
        ("1000", "SUCCESSFUL", "SUCCESSFUL"),
        ("2000", "FAILED", "FAILED"),
        ("3000", "PENDING", "SUCCESSFUL"),
        ("7000", "FAILED", "FAILED"),
    ],
)
def test_amounts_of_the_second_payment_call(
    mtn: MtnCaller, sandbox: Sandbox, amount: str, first: str, last: str
) -> None:
    reference, target = mtn.reference(), f"{mtn.base}/collection/v2_0/payment"
    body = {"money": {"amount": amount, "currency": "EUR"}}
    requests.post(target, json=body, headers=mtn.headers() | {"X-Reference-Id": reference}, timeout=10)

    def word() -> object:
        return requests.get(f"{target}/{reference}", headers=mtn.headers(), timeout=10).json()["status"]

    assert word() == first
    sandbox.advance(4)
    assert word() == last


@pytest.mark.parametrize(
    ("amount", "status", "reason"), [("600", "SUCCESSFUL", None), ("1501", "FAILED", "NOT_ALLOWED")]
)
@pytest.mark.parametrize("version", ["v1_0", "v2_0"])
def test_refund_is_a_disbursement_and_not_more_than_was_paid(
    mtn: MtnCaller, sandbox: Sandbox, version: str, amount: str, status: str, reason: str | None
) -> None:
    paid, refund = mtn.reference(), mtn.reference()
    mtn.pay(paid, "46733123999")
    office = MtnCaller(sandbox, environment="sandbox", currency="EUR")
    body = {
        "amount": amount,
        "currency": "EUR",
        "externalId": "R-7",
        "payerMessage": "Sorry",
        "payeeNote": "till 3",
        "referenceIdToRefund": paid,
    }
    headers = office.headers("disbursement")

    made = requests.post(
        f"{mtn.base}/disbursement/{version}/refund",
        json=body,
        headers=headers | {"X-Reference-Id": refund},
        timeout=10,
    )
    shown = requests.get(f"{mtn.base}/disbursement/v1_0/refund/{refund}", headers=headers, timeout=10).json()

    assert made.status_code == 202
    assert (shown["status"], shown.get("reason")) == (status, reason)


def test_refund_of_an_unknown_payment_fails(mtn: MtnCaller, sandbox: Sandbox) -> None:
    office, refund = MtnCaller(sandbox, environment="sandbox"), mtn.reference()
    headers = office.headers("disbursement")
    body = {"amount": "1", "currency": "EUR", "externalId": "1", "referenceIdToRefund": mtn.reference()}
    target = f"{mtn.base}/disbursement/v1_0/refund"

    requests.post(target, json=body, headers=headers | {"X-Reference-Id": refund}, timeout=10)

    shown = requests.get(f"{target}/{refund}", headers=headers, timeout=10).json()
    assert (shown["status"], shown["reason"]) == ("FAILED", "TRANSACTION_NOT_FOUND")


def test_consent_flow_gives_a_token(mtn: MtnCaller) -> None:
    login, key = (keys.MTN_USER, keys.MTN_API_KEY), {"Ocp-Apim-Subscription-Key": COLLECTION}
    asked = requests.post(
        f"{mtn.base}/collection/v1_0/bc-authorize",
        data={"login_hint": "ID:46733123999/MSISDN", "scope": "profile", "access_type": "offline"},
        auth=login,
        headers=key,
        timeout=10,
    ).json()

    def token(request_id: str) -> requests.Response:
        body = {"grant_type": "urn:openid:params:grant-type:ciba", "auth_req_id": request_id}
        target = f"{mtn.base}/collection/oauth2/token/"
        return requests.post(target, data=body, auth=login, headers=key, timeout=10)

    assert token("unknown").status_code == 400
    granted = token(asked["auth_req_id"])
    assert granted.json()["scope"] == "profile"
    mtn.token = granted.json()["access_token"]
    info = requests.get(f"{mtn.base}/collection/oauth2/v1_0/userinfo", headers=mtn.headers(), timeout=10)
    assert info.json()["sub"] == keys.MTN_USER


@pytest.mark.parametrize("code", ["PAYER_NOT_FOUND", "NOT_ALLOWED", "INTERNAL_PROCESSING_ERROR"])
def test_code_chosen_by_control_is_answered_and_no_payment_exists(
    mtn: MtnCaller, sandbox: Sandbox, code: str
) -> None:
    control(sandbox, provider="mtn", code=code)
    reference = mtn.reference()

    answer = mtn.pay(reference)

    assert (answer.status_code, answer.json()["code"]) == (500, code)
    assert mtn.ask(reference).status_code == 404


def test_forbidden_address_is_403_in_the_form_of_the_gateway(mtn: MtnCaller, sandbox: Sandbox) -> None:
    control(sandbox, provider="mtn", code="HTTP403")

    answer = mtn.pay(mtn.reference())

    assert (answer.status_code, answer.json()) == (403, {"statusCode": 403, "message": "Forbidden"})


def test_path_that_is_none_is_404_in_the_form_of_the_gateway(mtn: MtnCaller) -> None:
    answers = [
        requests.get(f"{mtn.base}/collection/v1_0/nothing", timeout=10),
        requests.put(f"{mtn.base}/collection/v1_0/requesttopay", timeout=10),
    ]

    assert [answer.json()["statusCode"] for answer in answers] == [404, 405]
