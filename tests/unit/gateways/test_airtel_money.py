import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pos.domain.payment_reports import Outcome
from pos.errors import Unavailable, UserError
from pos.gateways.airtel_money import AirtelAccount, AirtelMoney, ApiVersion
from pos.gateways.airtel_signing import read_key
from pos.gateways.base import Answer, ByPhone, PaymentRequest, RefundRequest
from pos.gateways.reasons import Reason
from tests.factories.gateways import fake_line
from tests.fakes.clock import FakeClock

URL = "https://airtel.example"
REFERENCE = "01934a1c-0000-7000-8000-000000000001"
REQUEST = PaymentRequest(REFERENCE, 5000, "UGX", ByPhone("+256752604392"), payer_text="Order #77")
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=1024)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ENQUIRY = f"{URL}/standard/v1/payments/{REFERENCE}"
SENT = {
    "data": {"transaction": {"id": False, "status": "SUCCESS"}},
    "status": {"code": "200", "result_code": "ESB000010", "response_code": "DP00800001006", "success": True},
}


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(f"{URL}/auth/oauth2/token", json={"access_token": "tok", "expires_in": "180"})
        yield mock


def airtel(version: ApiVersion = ApiVersion.V1) -> AirtelMoney:
    account = AirtelAccount(URL, "client", "secret", "UG", "UGX", version)
    return AirtelMoney(account, fake_line(FakeClock()))


def key_answer(key: rsa.RSAPrivateKey) -> dict[str, object]:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {"data": {"key_id": 100, "key": base64.b64encode(der).decode()}, "status": {"success": True}}


def refused(code: str, key: str = "response_code", success: bool = False) -> dict[str, object]:  # noqa: FBT001, FBT002
    return {"status": {"code": "200", key: code, "success": success}}


def refused_as(newer: str, older: str) -> dict[str, object]:
    return {"status": {"code": "200", "response_code": newer, "result_code": older, "success": False}}


def enquire(wire: responses.RequestsMock, body: object, status: int = 200) -> Answer:
    wire.get(ENQUIRY, json=body, status=status)
    return airtel().ask_payment(REFERENCE)


def found(word: str, code: str = "DP00800001001", **more: object) -> dict[str, object]:
    transaction = {"id": REFERENCE, "status": word, **more}
    return {"data": {"transaction": transaction}, "status": {"response_code": code, "success": True}}


def test_request_v1_on_the_wire(wire: responses.RequestsMock) -> None:
    wire.post(f"{URL}/merchant/v1/payments/", json=SENT)

    answer = airtel().request_payment(REQUEST)

    token, sent = (call.request for call in wire.calls)
    assert json.loads(token.body) == {
        "client_id": "client",
        "client_secret": "secret",
        "grant_type": "client_credentials",
    }
    assert (sent.headers["X-Country"], sent.headers["X-Currency"]) == ("UG", "UGX")
    assert sent.headers["Authorization"] == "Bearer tok"
    assert "x-signature" not in sent.headers
    assert sent.body == (
        b'{"reference":"Order 77","subscriber":{"country":"UG","currency":"UGX","msisdn":"752604392"},'
        b'"transaction":{"amount":5000,"country":"UG","currency":"UGX","id":"' + REFERENCE.encode() + b'"}}'
    )
    assert (answer.outcome, answer.reference) == (Outcome.SENT, None)


@pytest.mark.parametrize(
    ("country", "currency", "phone", "sent"),
    [
        ("CG", "XAF", "+242055123456", "055123456"),
        ("GA", "XAF", "+24174123456", "74123456"),
        ("MG", "MGA", "+261331234567", "331234567"),
    ],
)
def test_phone_on_the_wire_has_its_zero_only_where_that_is_a_part_of_it(
    wire: responses.RequestsMock, country: str, currency: str, phone: str, sent: str
) -> None:
    wire.post(f"{URL}/merchant/v1/payments/", json=SENT)
    account = AirtelAccount(URL, "client", "secret", country, currency, ApiVersion.V1)
    gateway = AirtelMoney(account, fake_line(FakeClock()))

    gateway.request_payment(PaymentRequest(REFERENCE, 5000, currency, ByPhone(phone)))

    assert json.loads(wire.calls[-1].request.body)["subscriber"]["msisdn"] == sent


def unsealed(request: object, key: rsa.RSAPrivateKey) -> bytes:
    """Decrypt what was signed, as Airtel does."""
    headers = request.headers  # type: ignore[attr-defined]
    words = key.decrypt(base64.b64decode(headers["x-key"]), padding.PKCS1v15()).split(b":")
    aes_key, iv = (base64.b64decode(word) for word in words)
    assert (len(aes_key), len(iv)) == (32, 16)
    opened = Cipher(algorithms.AES(aes_key), modes.CBC(iv)).decryptor()
    padded = opened.update(base64.b64decode(headers["x-signature"])) + opened.finalize()
    return padded[: -padded[-1]]


def test_request_v2_signs_exactly_the_bytes_it_sends_and_keeps_the_key(wire: responses.RequestsMock) -> None:
    wire.get(f"{URL}/v1/rsa/encryption-keys", json=key_answer(PRIVATE))
    wire.post(f"{URL}/merchant/v2/payments/", json=SENT)
    gateway = airtel(ApiVersion.V2)

    gateway.request_payment(REQUEST)
    gateway.request_payment(REQUEST)

    sent = [call.request for call in wire.calls if "/merchant/" in (call.request.url or "")]
    assert [unsealed(one, PRIVATE) for one in sent] == [one.body for one in sent]
    assert sent[0].headers["x-key"] != sent[1].headers["x-key"]
    assert len(wire.calls) == 4


def test_request_v2_with_an_old_key_fetches_the_new_one_once(wire: responses.RequestsMock) -> None:
    wire.get(f"{URL}/v1/rsa/encryption-keys", json=key_answer(OTHER))
    wire.get(f"{URL}/v1/rsa/encryption-keys", json=key_answer(PRIVATE))
    wire.post(f"{URL}/merchant/v2/payments/", json=refused("DP00800001026"))
    wire.post(f"{URL}/merchant/v2/payments/", json=SENT)

    answer = airtel(ApiVersion.V2).request_payment(REQUEST)

    assert answer.outcome is Outcome.SENT
    assert unsealed(wire.calls[-1].request, PRIVATE) == wire.calls[-1].request.body


def test_request_v2_whose_signature_never_fits_is_refused(wire: responses.RequestsMock) -> None:
    wire.get(f"{URL}/v1/rsa/encryption-keys", json=key_answer(PRIVATE))
    wire.post(f"{URL}/merchant/v2/payments/", json=refused("DP00800001026"))

    answer = airtel(ApiVersion.V2).request_payment(REQUEST)

    assert (answer.outcome, answer.reason) == (Outcome.FAILED, Reason.SIGNATURE)


@pytest.mark.parametrize("key", ["", "no base 64 !", "MIGf", base64.b64encode(b"x" * 50).decode()])
def test_key_that_is_none_means_nothing_was_sent(wire: responses.RequestsMock, key: str) -> None:
    wire.get(f"{URL}/v1/rsa/encryption-keys", json={"data": {"key": key}})

    assert read_key(key) is None
    assert airtel(ApiVersion.V2).request_payment(REQUEST).outcome is Outcome.NOT_SENT


@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        (refused("DP00800001002"), Outcome.FAILED, Reason.WRONG_PIN),
        (refused("DP00800001007"), Outcome.FAILED, Reason.NOT_ENOUGH_MONEY),
        (refused("ROUTER001", "code"), Outcome.FAILED, Reason.SET_UP),
        (refused("ESB000033", "result_code"), Outcome.FAILED, Reason.PAYER_UNKNOWN),
        (refused("ESB000041", "result_code"), Outcome.UNKNOWN, Reason.DUPLICATE),
        (refused("DP00800001000"), Outcome.UNKNOWN, Reason.AMBIGUOUS),
        (refused("DP00800001005"), Outcome.UNKNOWN, Reason.AMBIGUOUS),
        (refused("DP00800001024"), Outcome.UNKNOWN, Reason.AMBIGUOUS),
        (refused("ROUTER117", "code"), Outcome.UNKNOWN, Reason.AMBIGUOUS),
        (refused("0000900"), Outcome.UNKNOWN, Reason.AMBIGUOUS),
        (refused("DP00800001025"), Outcome.UNKNOWN, Reason.AMBIGUOUS),
        (refused("DP99999999999"), Outcome.UNKNOWN, Reason.UNKNOWN_WORD),
        (refused_as("DP99999999999", "ESB000011"), Outcome.UNKNOWN, Reason.UNKNOWN_WORD),
        (refused_as("DP99999999999", "ESB000033"), Outcome.FAILED, Reason.PAYER_UNKNOWN),
        (refused_as("DP00800001007", "ESB000011"), Outcome.FAILED, Reason.NOT_ENOUGH_MONEY),
        (refused_as("", "ESB000011"), Outcome.FAILED, Reason.REFUSED),
        (refused("DP00800001007", success=True), Outcome.UNKNOWN, Reason.UNKNOWN_WORD),
        (refused("DP00800001006"), Outcome.UNKNOWN, Reason.UNKNOWN_WORD),
        ({}, Outcome.UNKNOWN, Reason.UNREADABLE),
    ],
)
def test_request_refused_with_http_200(
    wire: responses.RequestsMock, body: object, outcome: Outcome, reason: Reason
) -> None:
    wire.post(f"{URL}/merchant/v1/payments/", json=body)

    answer = airtel().request_payment(REQUEST)

    assert (answer.outcome, answer.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        (400, Outcome.FAILED, Reason.BAD_REQUEST),
        (401, Outcome.FAILED, Reason.CREDENTIALS),
        (403, Outcome.FAILED, Reason.SET_UP),
        (408, Outcome.UNKNOWN, Reason.UNREADABLE),
        (500, Outcome.UNKNOWN, Reason.SERVER_TROUBLE),
    ],
)
def test_request_refused_by_http_status(
    wire: responses.RequestsMock, status: int, outcome: Outcome, reason: Reason
) -> None:
    wire.post(f"{URL}/merchant/v1/payments/", json={"error": "x"}, status=status)

    answer = airtel().request_payment(REQUEST)

    assert (answer.outcome, answer.reason) == (outcome, reason)


def test_enquiry_paid(wire: responses.RequestsMock) -> None:
    body = found("TS", "DP00800001006", airtel_money_id="MP1", message="Paid UGX 5,000 to TEST SHOP")

    answer = enquire(wire, body)

    assert answer.outcome is Outcome.SUCCEEDED
    assert (answer.amount_minor, answer.currency) == (5000, "UGX")
    assert (answer.reference, answer.provider_reference) == (REFERENCE, "MP1")


@pytest.mark.parametrize(
    ("more", "amount_minor", "outcome"),
    [
        ({"message": "You have paid"}, None, Outcome.SUCCEEDED),
        ({"amount": 4999}, 4999, Outcome.SUCCEEDED),
        ({"amount": "5000.00", "currency": "UGX"}, 5000, Outcome.SUCCEEDED),
        ({"amount": "50.5"}, None, Outcome.UNKNOWN),
        ({"message": "Paid QQQ 5,000 to X"}, None, Outcome.UNKNOWN),
    ],
)
def test_enquiry_states_money_or_none_but_never_one_that_cannot_be_read(
    wire: responses.RequestsMock, more: dict[str, object], amount_minor: int | None, outcome: Outcome
) -> None:
    answer = enquire(wire, found("TS", **more))

    assert (answer.outcome, answer.amount_minor) == (outcome, amount_minor)


@pytest.mark.parametrize("amount", ["1e999999999", "1e-999999999", "NaN", "9" * 4000, f'"{"9" * 5000}"'])
def test_enquiry_with_a_monstrous_amount_is_unreadable(wire: responses.RequestsMock, amount: str) -> None:
    body = json.dumps(found("TS", amount="AMOUNT")).replace('"AMOUNT"', amount)
    wire.get(ENQUIRY, body=body)

    answer = airtel().ask_payment(REFERENCE)

    assert (answer.outcome, answer.reason) == (Outcome.UNKNOWN, Reason.UNREADABLE)


def test_enquiry_with_half_a_character_gives_words_that_can_be_kept(wire: responses.RequestsMock) -> None:
    wire.get(ENQUIRY, body=json.dumps(found("TS", airtel_money_id="MP\ud800\0")))

    answer = airtel().ask_payment(REFERENCE)

    assert (answer.outcome, answer.provider_reference) == (Outcome.SUCCEEDED, "MP?")
    assert answer.raw.body.encode()


@pytest.mark.parametrize(
    ("word", "code", "outcome", "reason"),
    [
        ("TF", "DP00800001005", Outcome.FAILED, Reason.EXPIRED),
        ("TF", "DP00800001007", Outcome.FAILED, Reason.NOT_ENOUGH_MONEY),
        ("TF", "DP00800001001", Outcome.FAILED, Reason.REFUSED),
        ("TE", "DP00800001029", Outcome.FAILED, Reason.EXPIRED),
        ("TIP", "DP00800001006", Outcome.SENT, Reason.WAITING_FOR_PAYER),
        ("TI", "DP00800001006", Outcome.SENT, Reason.WAITING_FOR_PAYER),
        ("TA", "DP00800001000", Outcome.UNKNOWN, Reason.AMBIGUOUS),
        ("TR", "DP00800001001", Outcome.REVERSED, Reason.REVERSED),
        ("TX", "DP00800001001", Outcome.UNKNOWN, Reason.UNKNOWN_WORD),
    ],
)
def test_enquiry_words(
    wire: responses.RequestsMock, word: str, code: str, outcome: Outcome, reason: Reason
) -> None:
    answer = enquire(wire, found(word, code))

    assert (answer.outcome, answer.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (refused("ESB000045", "result_code"), Outcome.NOT_FOUND),
        (refused("DP00800001025"), Outcome.NOT_FOUND),
        (refused("DP00800001008"), Outcome.UNKNOWN),
        (refused("ESB000001", "result_code"), Outcome.UNKNOWN),
        ({"error": "x"}, Outcome.UNKNOWN),
    ],
)
def test_enquiry_without_a_transaction(wire: responses.RequestsMock, body: object, outcome: Outcome) -> None:
    assert enquire(wire, body).outcome is outcome


@pytest.mark.parametrize(("success", "outcome"), [(True, Outcome.SUCCEEDED), (False, Outcome.UNKNOWN)])
def test_refund_is_done_only_where_both_words_agree(
    wire: responses.RequestsMock,
    *,
    success: bool,
    outcome: Outcome,
) -> None:
    wire.post(
        f"{URL}/standard/v1/payments/refund",
        json={
            "data": {"transaction": {"airtel_money_id": "CI1", "status": "SUCCESS"}},
            "status": {"success": success, "response_code": "DP00800001001"},
        },
    )

    answer = airtel().refund(RefundRequest("r", REFERENCE, "MP1", 5000, "UGX"))

    assert answer.outcome is outcome
    assert json.loads(wire.calls[-1].request.body) == {"transaction": {"airtel_money_id": "MP1"}}


@pytest.mark.parametrize(
    "answer", [{"json": found("TIP")}, {"status": 503}, {"body": requests.ReadTimeout()}]
)
def test_refund_without_airtels_own_number_is_not_sent(
    wire: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    wire.get(ENQUIRY, **answer)

    refund = airtel().refund(RefundRequest("r", REFERENCE, "", 5000, "UGX"))

    assert refund.outcome is Outcome.NOT_SENT
    assert {call.request.method for call in wire.calls if "payments" in call.request.url} == {"GET"}


def test_key_of_airtel_that_is_too_short_is_none() -> None:
    short = RSAPublicNumbers(65537, (1 << 511) + 111).public_key()
    text = base64.b64encode(short.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()

    assert read_key(text) is None


def test_payer_barred_or_unknown_is_not_active(wire: responses.RequestsMock) -> None:
    url = f"{URL}/standard/v1/users/752604392"
    wire.get(url, json={"data": {"first_name": "Ada", "is_barred": True}, "status": {"success": True}})
    wire.get(url, json=refused("DP02200000000"))

    assert not airtel().verify_payer("+256752604392").is_active
    assert not airtel().verify_payer("+256752604392").is_active


def test_balance_that_cannot_be_read_is_not_invented(wire: responses.RequestsMock) -> None:
    wire.get(f"{URL}/standard/v1/users/balance", json={"data": {}})

    with pytest.raises(Unavailable) as caught:
        airtel().balance()
    assert caught.value.code == "provider.unreadable"


def test_country_without_the_api_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        AirtelMoney(AirtelAccount(URL, "c", "s", "SE", "SEK"), fake_line(FakeClock()))
    assert caught.value.code == "provider.environment"
