"""Airtel Money in the sandbox: tokens, envelope, signing, every documented refusal, refund, callback."""

import base64
import hashlib
import hmac
import json
import os
import re
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox import credentials as keys
from tests.factories.gateways import Receiver
from tests.unit.gateways.sandbox.callers import AirtelCaller, control, set_value


def public_key(airtel: AirtelCaller) -> rsa.RSAPublicKey:
    answer = requests.get(
        f"{airtel.base}/v1/rsa/encryption-keys", headers=airtel.headers(), timeout=10
    ).json()
    assert answer["status"]["response_code"] == "DP02010001001"
    key = serialization.load_der_public_key(base64.b64decode(answer["data"]["key"]))
    assert isinstance(key, rsa.RSAPublicKey)
    return key


def signed(key: rsa.RSAPublicKey, body: bytes) -> dict[str, str]:
    """Sign as a client does: the body under AES, the AES key under RSA."""
    secret, start = os.urandom(32), os.urandom(16)
    padder = padding.PKCS7(128).padder()
    sealer = Cipher(algorithms.AES(secret), modes.CBC(start)).encryptor()
    sealed = sealer.update(padder.update(body) + padder.finalize()) + sealer.finalize()
    text = base64.b64encode(secret) + b":" + base64.b64encode(start)
    assert len(text) == 69
    return {
        "x-signature": base64.b64encode(sealed).decode(),
        "x-key": base64.b64encode(key.encrypt(text, rsa_padding.PKCS1v15())).decode(),
    }


def pay_signed(airtel: AirtelCaller, headers: dict[str, str], body: bytes) -> requests.Response:
    return requests.post(
        f"{airtel.base}/merchant/v2/payments/", data=body, headers=airtel.headers() | headers, timeout=10
    )


def paid(airtel: AirtelCaller) -> tuple[str, str]:
    """Return reference and receipt of a paid collection."""
    reference = airtel.reference()
    airtel.pay(reference)
    answers = [airtel.ask(reference).json() for _ in range(3)]
    return reference, answers[-1]["data"]["transaction"]["airtel_money_id"]


def test_token_lives_180_seconds_and_says_so_in_text(airtel: AirtelCaller, sandbox: Sandbox) -> None:
    body = {
        "client_id": keys.AIRTEL_CLIENT_ID,
        "client_secret": keys.AIRTEL_CLIENT_SECRET,
        "grant_type": "client_credentials",
    }

    answer = requests.post(f"{airtel.base}/auth/oauth2/token", json=body, timeout=10).json()

    assert answer | {"access_token": ""} == {"access_token": "", "expires_in": "180", "token_type": "bearer"}
    airtel.token = answer["access_token"]
    sandbox.advance(179)
    assert airtel.ask("inv-0").status_code == 200
    sandbox.advance(1)
    refused = airtel.ask("inv-0")
    assert (refused.status_code, set(refused.json())) == (401, {"error", "error_description"})


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_wrong_login_has_the_form_of_the_token_layer(
    airtel: AirtelCaller, changes: dict[str, str], status: int, error: str
) -> None:
    body = {"client_id": "c", "client_secret": "s", "grant_type": "client_credentials"} | changes

    answer = requests.post(f"{airtel.base}/auth/oauth2/token", json=body, timeout=10)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert "error_description" in answer.json()


def test_token_request_that_is_no_json_has_the_form_of_the_token_layer(airtel: AirtelCaller) -> None:
    answer = requests.post(f"{airtel.base}/auth/oauth2/token", data=b"{", timeout=10)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_accepted_payment_says_success_and_is_only_in_process(airtel: AirtelCaller) -> None:
    reference = airtel.reference()

    answer = airtel.pay(reference)

    assert answer.json() == {
        "data": {"transaction": {"id": reference, "status": "SUCCESS"}},
        "status": {
            "code": "200",
            "message": "SUCCESS",
            "result_code": "ESB000010",
            "response_code": "DP00800001006",
            "success": True,
        },
    }


def test_any_number_pays_at_the_third_enquiry(airtel: AirtelCaller) -> None:
    reference = airtel.reference()
    airtel.pay(reference)

    answers = [airtel.ask(reference).json() for _ in range(3)]

    words = [answer["data"]["transaction"]["status"] for answer in answers]
    assert words == ["TIP", "TIP", "TS"]
    assert [answer["status"]["response_code"] for answer in answers] == [
        "DP00800001006",
        "DP00800001006",
        "DP00800001001",
    ]
    transaction = answers[-1]["data"]["transaction"]
    assert re.fullmatch(r"MP\d{6}\.\d{4}\.A\d{5}", transaction["airtel_money_id"])
    assert transaction["message"] == "Paid UGX 1,500 to TEST SHOP"
    assert "airtel_money_id" not in answers[0]["data"]["transaction"]


@pytest.mark.parametrize(
    ("ending", "word", "code", "is_success"),
    [
        ("01", "TF", "DP00800001007", False),
        ("02", "TF", "DP00800001002", False),
        ("03", "TE", "DP00800001029", False),
        ("04", "TA", "DP00800001000", True),
    ],
)
def test_number_ending(
    airtel: AirtelCaller, sandbox: Sandbox, ending: str, word: str, code: str, *, is_success: bool
) -> None:
    reference = airtel.reference()
    airtel.pay(reference, f"7526043{ending}")
    sandbox.advance(100)

    answer = airtel.ask(reference).json()

    assert answer["data"]["transaction"]["status"] == word
    assert (answer["status"]["response_code"], answer["status"]["success"]) == (code, is_success)


def test_ending_06_is_http_200_with_success_false(airtel: AirtelCaller) -> None:
    answer = airtel.pay(airtel.reference(), "752604306")

    assert (answer.status_code, answer.json()["status"]["success"]) == (200, False)
    assert answer.json()["status"]["response_code"] == "DP00800001008"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"X-Country": ""}, "ROUTER003"),
        ({"X-Country": "XX"}, "ROUTER006"),
        ({"X-Currency": ""}, "ROUTER119"),
        ({"X-Currency": "EUR"}, "ROUTER112"),
    ],
)
def test_country_or_currency_header_that_is_wrong_is_refused(
    airtel: AirtelCaller, headers: dict[str, str], code: str
) -> None:
    answer = requests.get(
        f"{airtel.base}/standard/v1/users/balance", headers=airtel.headers() | headers, timeout=10
    )

    assert (answer.status_code, answer.json()["status"]["result_code"]) == (400, code)
    assert answer.json()["status"]["success"] is False


@pytest.mark.parametrize(
    ("part", "changes", "status", "code"),
    [
        ("subscriber", {"msisdn": "256752604399"}, 200, "ESB000033"),
        ("subscriber", {"msisdn": "0752604399"}, 200, "ESB000036"),
        ("subscriber", {"msisdn": ""}, 400, "ROUTER003"),
        ("subscriber", {"country": "ZM"}, 200, "ESB000034"),
        ("subscriber", {"currency": "ZMW"}, 200, "ESB000035"),
        ("transaction", {"country": "ZM"}, 200, "ESB000034"),
        ("transaction", {"amount": -5}, 200, "DP00800001004"),
        ("transaction", {"amount": None}, 200, "DP00800001004"),
        ("transaction", {"id": ""}, 400, "ROUTER003"),
        ("transaction", {"id": ["a"]}, 400, "ROUTER003"),
    ],
)
def test_payment_with_a_bad_field_is_refused_and_not_made(
    airtel: AirtelCaller, sandbox: Sandbox, part: str, changes: dict[str, Any], status: int, code: str
) -> None:
    body = airtel.body(airtel.reference())
    body[part] |= changes

    answer = requests.post(
        f"{airtel.base}/merchant/v1/payments", json=body, headers=airtel.headers(), timeout=10
    )

    assert (answer.status_code, answer.json()["status"]["response_code"]) == (status, code)
    assert sandbox.core.book.newest_first("airtel") == []


@pytest.mark.parametrize(
    "changes", [{}, {"country": None, "currency": ""}, {"country": "ug", "currency": "ugx"}]
)
def test_country_and_currency_of_the_body_default_to_the_headers(
    airtel: AirtelCaller, changes: dict[str, str | None]
) -> None:
    body = airtel.body(airtel.reference())
    for part in ("subscriber", "transaction"):
        for name in ("country", "currency"):
            del body[part][name]
        body[part] |= changes

    answer = requests.post(
        f"{airtel.base}/merchant/v1/payments", json=body, headers=airtel.headers(), timeout=10
    )

    assert airtel.is_accepted(answer)


@pytest.mark.parametrize("value", [752604399, "752604399"])
@pytest.mark.parametrize("amount", [5000, "5000", 5000.0])
def test_number_and_amount_as_number_or_text(airtel: AirtelCaller, value: Any, amount: object) -> None:
    assert airtel.is_accepted(airtel.pay(airtel.reference(), value, amount=amount))


@pytest.mark.parametrize(
    ("country", "currency", "number", "code"),
    [
        ("CG", "XAF", "055123456", "DP00800001006"),
        ("CG", "XAF", "55123456", "DP00800001006"),
        ("CG", "XAF", "0055123456", "ESB000036"),
        ("GA", "XAF", "074123456", "ESB000036"),
    ],
)
def test_zero_stays_where_it_is_a_part_of_the_number(
    airtel: AirtelCaller, country: str, currency: str, number: str, code: str
) -> None:
    body = {
        "reference": "Order 77",
        "subscriber": {"msisdn": number},
        "transaction": {"amount": 1500, "id": airtel.reference()},
    }
    headers = airtel.headers() | {"X-Country": country, "X-Currency": currency}

    answer = requests.post(f"{airtel.base}/merchant/v1/payments/", json=body, headers=headers, timeout=10)

    assert answer.json()["status"]["response_code"] == code


def test_unknown_transaction_is_not_found(airtel: AirtelCaller) -> None:
    status = airtel.ask("inv-0").json()["status"]

    assert (status["result_code"], status["response_code"]) == ("ESB000045", "DP00800001025")
    assert status["success"] is False


@pytest.mark.parametrize("bits", [1024, 2048])
def test_signed_payment_is_accepted(airtel: AirtelCaller, sandbox: Sandbox, bits: int) -> None:
    set_value(sandbox, airtel_key_bits=bits)
    control(sandbox, action="renew_airtel_key")
    key = public_key(airtel)
    body = json.dumps(airtel.body(airtel.reference())).encode()

    assert key.key_size == bits
    assert airtel.is_accepted(pay_signed(airtel, signed(key, body), body))


def test_signature_missing_of_other_bytes_or_by_an_old_key_is_forbidden(
    airtel: AirtelCaller, sandbox: Sandbox
) -> None:
    key = public_key(airtel)
    body = json.dumps(airtel.body(airtel.reference())).encode()
    other = json.dumps(airtel.body(airtel.reference()), indent=1).encode()

    answers = [pay_signed(airtel, {}, body), pay_signed(airtel, signed(key, body), other)]
    answers.append(pay_signed(airtel, {"x-signature": "AAAA", "x-key": "?"}, body))
    control(sandbox, action="renew_airtel_key")
    answers.append(pay_signed(airtel, signed(key, body), body))

    assert [answer.status_code for answer in answers] == [403] * 4
    assert {answer.json()["status"]["response_code"] for answer in answers} == {"DP00800001026"}
    assert airtel.is_accepted(pay_signed(airtel, signed(public_key(airtel), body), body))


def test_signature_on_the_first_version_is_checked_where_it_is_sent(airtel: AirtelCaller) -> None:
    body = json.dumps(airtel.body(airtel.reference())).encode()
    headers = airtel.headers() | signed(public_key(airtel), b"something else")

    answer = requests.post(f"{airtel.base}/merchant/v1/payments", data=body, headers=headers, timeout=10)

    assert answer.status_code == 403


def test_refund_is_whole_and_once(airtel: AirtelCaller) -> None:
    _, receipt = paid(airtel)

    def refund(receipt: str) -> dict[str, Any]:
        target = f"{airtel.base}/standard/v1/payments/refund"
        body = {"transaction": {"airtel_money_id": receipt}}
        answer: dict[str, Any] = requests.post(target, json=body, headers=airtel.headers(), timeout=10).json()
        return answer

    first, second, unknown = refund(receipt), refund(receipt), refund("MP000000.0000.A00000")

    assert first["data"]["transaction"]["status"] == "SUCCESS"
    assert first["data"]["transaction"]["airtel_money_id"].startswith("CI")
    assert [second["status"]["success"], unknown["status"]["success"]] == [False, False]
    assert unknown["status"]["result_code"] == "ESB000045"


def test_signed_refund_of_the_second_version(airtel: AirtelCaller) -> None:
    _, receipt = paid(airtel)
    body = json.dumps({"transaction": {"airtel_money_id": receipt}}).encode()
    target = f"{airtel.base}/standard/v2/payments/refund"

    plain = requests.post(target, data=body, headers=airtel.headers(), timeout=10)
    good = requests.post(
        target, data=body, headers=airtel.headers() | signed(public_key(airtel), body), timeout=10
    )

    assert plain.status_code == 403
    assert good.json()["status"]["success"] is True


@pytest.mark.parametrize("path", ["v1/users/balance", "v2/users/balance?type=COLL"])
def test_balance(airtel: AirtelCaller, path: str) -> None:
    answer = requests.get(f"{airtel.base}/standard/{path}", headers=airtel.headers(), timeout=10).json()

    assert set(answer["data"]) == {"balance", "currency", "account_status"}
    assert answer["status"]["response_code"] == "DP02100000001"


def test_user_enquiry_knows_barred_and_unknown_numbers(airtel: AirtelCaller) -> None:
    def user(number: str) -> dict[str, Any]:
        target = f"{airtel.base}/standard/v1/users/{number}"
        answer: dict[str, Any] = requests.get(target, headers=airtel.headers(), timeout=10).json()
        return answer

    known, barred, unknown = user("752604399"), user("752604308"), user("752604307")

    assert {"first_name", "last_name", "msisdn", "grade", "is_barred", "is_pin_set", "registration"} == set(
        known["data"]
    )
    assert [known["data"]["is_barred"], barred["data"]["is_barred"]] == [False, True]
    assert (unknown["status"]["success"], unknown["status"]["response_code"]) == (False, "DP02200000002")


@pytest.mark.parametrize("scheme", ["pkcs1", "oaep"])
def test_disbursement_with_an_encrypted_pin(airtel: AirtelCaller, scheme: str) -> None:
    form: rsa_padding.AsymmetricPadding = rsa_padding.PKCS1v15()
    if scheme == "oaep":
        form = rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    reference = airtel.reference()

    def disburse(pin: bytes, reference: str) -> dict[str, Any]:
        body = {
            "payee": {"msisdn": "752604399"},
            "reference": "Float",
            "pin": base64.b64encode(public_key(airtel).encrypt(pin, form)).decode(),
            "transaction": {"amount": 100, "id": reference, "type": "B2C"},
        }
        target = f"{airtel.base}/standard/v1/disbursements/"
        answer: dict[str, Any] = requests.post(target, json=body, headers=airtel.headers(), timeout=10).json()
        return answer

    wrong, good, again = (
        disburse(b"9999", reference),
        disburse(b"1234", reference),
        disburse(b"1234", reference),
    )
    target = f"{airtel.base}/standard/v1/disbursements/{reference}"
    enquiry = requests.get(target, headers=airtel.headers(), timeout=10).json()

    assert wrong["status"]["result_code"] == "ROUTER116"
    assert good["status"]["response_code"] == "DP00900001001"
    assert again["status"]["response_code"] == "DP00900001017"
    assert enquiry["data"]["transaction"]["status"] == "TS"


@pytest.mark.parametrize("form", ["transaction", "body", "none"])
def test_callback_has_the_hash_that_is_set(
    airtel: AirtelCaller, sandbox: Sandbox, receiver: Receiver, form: str
) -> None:
    set_value(sandbox, airtel_callback_hash=form)
    reference, receipt = paid(airtel)
    sandbox.core.settle()

    ((_, raw),) = receiver.kept
    body = json.loads(raw)
    assert body["transaction"] == {
        "id": reference,
        "message": "Paid UGX 1,500 to TEST SHOP",
        "status_code": "TS",
        "airtel_money_id": receipt,
    }
    if form == "none":
        assert "hash" not in body
        return
    whole = body["transaction"] if form == "transaction" else {"transaction": body["transaction"]}
    text = json.dumps(whole, separators=(",", ":")).encode()
    digest = hmac.new(keys.AIRTEL_CALLBACK_KEY.encode(), text, hashlib.sha256).digest()
    assert body["hash"] == base64.b64encode(digest).decode()


@pytest.mark.parametrize(
    ("code", "is_alive"),
    [
        ("ROUTER117", True),
        ("ESB000001", True),
        ("ESB000014", True),
        ("0000900", True),
        ("DP00800001000", True),
        ("DP00800001024", True),
        ("HTTP408", True),
        ("HTTP500", True),
        ("HTTP429", False),
        ("ROUTER001", False),
        ("ROUTER007", False),
        ("ESB000039", False),
        ("DP00800001003", False),
        ("DP00800001009", False),
        ("DP00800001010", False),
    ],
)
def test_code_chosen_by_control_is_answered(
    airtel: AirtelCaller, sandbox: Sandbox, code: str, *, is_alive: bool
) -> None:
    control(sandbox, provider="airtel", code=code)
    reference = airtel.reference()

    answer = airtel.pay(reference)

    assert answer.json()["status"]["success"] is False
    status = answer.json()["status"]
    assert status.get("response_code", f"HTTP{status['code']}") == code
    sandbox.advance(5)
    assert (airtel.word(airtel.ask(reference)) == "paid") is is_alive


def test_reversed_payment_is_tr(airtel: AirtelCaller, sandbox: Sandbox) -> None:
    reference, _ = paid(airtel)

    control(sandbox, action="reverse", reference=reference)

    assert airtel.ask(reference).json()["data"]["transaction"]["status"] == "TR"
