import base64
import json
from collections.abc import Iterator
from uuid import UUID

import pytest
import requests
import responses

from pos.domain.payment_reports import Outcome
from pos.errors import Rejected, Unavailable, UserError
from pos.gateways.base import Answer, ByPhone, PaymentRequest, RefundRequest
from pos.gateways.mtn_momo import MtnAccount, MtnMomo, MtnProduct
from pos.gateways.reasons import Reason
from tests.factories.gateways import fake_line
from tests.fakes.clock import FakeClock

URL = "https://momo.example"
REFERENCE = "01934a1c-0000-4000-8000-000000000001"
KEYS = MtnProduct("sub-key", "user-1", "api-key")
REFUND_KEYS = MtnProduct("sub-key-2", "user-2", "api-key-2")
REQUEST = PaymentRequest(
    REFERENCE, 1250, "EUR", ByPhone("+46733123999"), payer_text="Meter's no 7 – café", note="till 3"
)
PAY = f"{URL}/collection/v1_0/requesttopay"


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for product in ("collection", "disbursement"):
            mock.post(f"{URL}/{product}/token/", json={"access_token": f"{product}-1", "expires_in": 3600})
        yield mock


def momo(callback_url: str = "", environment: str = "sandbox") -> MtnMomo:
    account = MtnAccount(URL, environment, KEYS, REFUND_KEYS, callback_url)
    return MtnMomo(account, fake_line(FakeClock()))


def ask(wire: responses.RequestsMock, body: object, status: int = 200) -> Answer:
    wire.get(f"{PAY}/{REFERENCE}", json=body, status=status)
    return momo().ask_payment(REFERENCE)


def send(wire: responses.RequestsMock, status: int, body: object = None) -> Answer:
    wire.post(PAY, status=status, json=body)
    return momo().request_payment(REQUEST)


def test_request_on_the_wire(wire: responses.RequestsMock) -> None:
    wire.post(PAY, status=202)

    answer = momo("https://shop.example/hook/1").request_payment(REQUEST)

    token, sent = (call.request for call in wire.calls)
    assert token.headers["Authorization"] == "Basic " + base64.b64encode(b"user-1:api-key").decode()
    assert token.headers["Ocp-Apim-Subscription-Key"] == "sub-key"
    assert token.body is None
    assert {name: sent.headers[name] for name in sent.headers if name not in _TRANSPORT} == {
        "Accept": "*/*",
        "Authorization": "Bearer collection-1",
        "X-Reference-Id": REFERENCE,
        "X-Target-Environment": "sandbox",
        "Ocp-Apim-Subscription-Key": "sub-key",
        "X-Callback-Url": "https://shop.example/hook/1",
        "Content-Type": "application/json",
    }
    assert json.loads(sent.body) == {
        "amount": "12.50",
        "currency": "EUR",
        "externalId": REFERENCE,
        "payer": {"partyIdType": "MSISDN", "partyId": "46733123999"},
        "payerMessage": "Meter s no 7 cafe",
        "payeeNote": "till 3",
    }
    assert (answer.outcome, answer.reason) == (Outcome.SENT, Reason.WAITING_FOR_PAYER)


_TRANSPORT = {"User-Agent", "Accept-Encoding", "Connection", "Content-Length"}


def test_request_without_callback_address_leaves_the_header_out(wire: responses.RequestsMock) -> None:
    send(wire, 202)

    assert "X-Callback-Url" not in wire.calls[-1].request.headers


@pytest.mark.parametrize(
    ("status", "body", "outcome", "reason"),
    [
        (409, {"code": "RESOURCE_ALREADY_EXIST"}, Outcome.UNKNOWN, Reason.DUPLICATE),
        (400, {"message": "bad"}, Outcome.FAILED, Reason.BAD_REQUEST),
        (403, {"statusCode": 403, "message": "Forbidden"}, Outcome.FAILED, Reason.SET_UP),
        (500, {"code": "INVALID_CURRENCY"}, Outcome.FAILED, Reason.SET_UP),
        (500, {"code": "PAYER_NOT_FOUND"}, Outcome.FAILED, Reason.PAYER_UNKNOWN),
        (500, {"code": "NOT_ALLOWED"}, Outcome.FAILED, Reason.NOT_ALLOWED),
        (500, {"code": "INTERNAL_PROCESSING_ERROR"}, Outcome.UNKNOWN, Reason.SERVER_TROUBLE),
        (500, {"code": "SOMETHING_NEW"}, Outcome.UNKNOWN, Reason.SERVER_TROUBLE),
        (503, {"code": "SERVICE_UNAVAILABLE"}, Outcome.UNKNOWN, Reason.SERVER_TROUBLE),
        (429, {}, Outcome.UNKNOWN, Reason.TOO_MANY),
        (404, {"message": "no route"}, Outcome.UNKNOWN, Reason.UNREADABLE),
        (200, {}, Outcome.UNKNOWN, Reason.UNREADABLE),
    ],
)
def test_request_refused(
    wire: responses.RequestsMock, status: int, body: object, outcome: Outcome, reason: Reason
) -> None:
    answer = send(wire, status, body)

    assert (answer.outcome, answer.reason) == (outcome, reason)


def test_request_with_a_page_instead_of_json_is_unknown(wire: responses.RequestsMock) -> None:
    wire.post(PAY, status=400, body="<html>Bad gateway</html>")

    assert momo().request_payment(REQUEST).outcome is Outcome.UNKNOWN


def test_request_times_out(wire: responses.RequestsMock) -> None:
    wire.post(PAY, body=requests.ReadTimeout())

    answer = momo().request_payment(REQUEST)

    assert (answer.outcome, answer.reason, answer.is_silent) == (Outcome.UNKNOWN, Reason.TIME_OUT, True)


def test_token_is_kept_until_it_nears_its_end(wire: responses.RequestsMock) -> None:
    clock = FakeClock()
    gateway = MtnMomo(MtnAccount(URL, "sandbox", KEYS), fake_line(clock))
    wire.get(f"{PAY}/{REFERENCE}", status=404, json={"code": "RESOURCE_NOT_FOUND"})
    for _ in range(3):
        gateway.ask_payment(REFERENCE)
    clock.pass_time(seconds=3585)
    gateway.ask_payment(REFERENCE)

    assert [call.request.method for call in wire.calls].count("POST") == 2


def test_token_refused_in_the_middle_is_renewed_once_for_the_same_reference(
    wire: responses.RequestsMock,
) -> None:
    wire.post(f"{URL}/collection/token/", json={"access_token": "collection-2", "expires_in": 3600})
    wire.post(PAY, status=401, json={"error": "invalid_token"})
    wire.post(PAY, status=202)

    answer = momo().request_payment(REQUEST)

    sent = [call.request for call in wire.calls if call.request.url == PAY]
    assert answer.outcome is Outcome.SENT
    assert [one.headers["Authorization"] for one in sent] == ["Bearer collection-1", "Bearer collection-2"]
    assert {one.headers["X-Reference-Id"] for one in sent} == {REFERENCE}
    assert sent[0].body == sent[1].body


def test_token_refused_again_is_not_renewed_for_ever(wire: responses.RequestsMock) -> None:
    answer = send(wire, 401, {"statusCode": 401, "message": "Access denied due to invalid subscription key."})

    assert (answer.outcome, answer.reason) == (Outcome.FAILED, Reason.CREDENTIALS)
    assert [call.request.url for call in wire.calls].count(PAY) == 2


def test_no_token_means_nothing_was_sent(wire: responses.RequestsMock) -> None:
    wire.replace("POST", f"{URL}/collection/token/", status=503)

    answer = momo().request_payment(REQUEST)

    assert (answer.outcome, answer.reason) == (Outcome.NOT_SENT, Reason.SERVER_TROUBLE)
    assert PAY not in [call.request.url for call in wire.calls]


def test_status_paid(wire: responses.RequestsMock) -> None:
    answer = ask(
        wire,
        {
            "financialTransactionId": "360812931",
            "externalId": REFERENCE,
            "amount": "12.5",
            "currency": "EUR",
            "payer": {"partyIdType": "MSISDN", "partyId": "46733123999"},
            "status": "SUCCESSFUL",
        },
    )

    assert answer.outcome is Outcome.SUCCEEDED
    assert (answer.amount_minor, answer.currency) == (1250, "EUR")
    assert (answer.reference, answer.provider_reference) == (REFERENCE, "360812931")
    assert "46733123999" not in answer.raw.body


@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        ({"status": "PENDING"}, Outcome.SENT, Reason.WAITING_FOR_PAYER),
        ({"status": "CREATED"}, Outcome.SENT, Reason.WAITING_FOR_PAYER),
        ({"status": "FAILED", "reason": "APPROVAL_REJECTED"}, Outcome.FAILED, Reason.REFUSED_BY_PAYER),
        (
            {"status": "FAILED", "reason": {"code": "NOT_ENOUGH_FUNDS", "message": "x"}},
            Outcome.FAILED,
            Reason.NOT_ENOUGH_MONEY,
        ),
        ({"status": "FAILED", "reason": "BRAND_NEW"}, Outcome.FAILED, Reason.REFUSED),
        ({"status": "FAILED"}, Outcome.FAILED, Reason.REFUSED),
        ({"status": "ESCALATED"}, Outcome.UNKNOWN, Reason.UNKNOWN_WORD),
        ({}, Outcome.UNKNOWN, Reason.UNKNOWN_WORD),
        ({"status": "SUCCESSFUL", "currency": "EUR"}, Outcome.UNKNOWN, Reason.UNREADABLE),
        (
            {"status": "SUCCESSFUL", "amount": "1e3", "currency": "EUR"},
            Outcome.UNKNOWN,
            Reason.UNREADABLE,
        ),
        ({"status": "SUCCESSFUL", "amount": "12.50"}, Outcome.UNKNOWN, Reason.UNREADABLE),
        ([], Outcome.UNKNOWN, Reason.UNREADABLE),
    ],
)
def test_status_words(wire: responses.RequestsMock, body: object, outcome: Outcome, reason: Reason) -> None:
    answer = ask(wire, body)

    assert (answer.outcome, answer.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (404, {"code": "RESOURCE_NOT_FOUND"}, Outcome.NOT_FOUND),
        (404, {"statusCode": 404, "message": "Resource not found"}, Outcome.UNKNOWN),
        (500, {"code": "NOT_ALLOWED"}, Outcome.UNKNOWN),
        (401, {"error": "x"}, Outcome.UNKNOWN),
    ],
)
def test_status_refused_says_nothing_about_the_payment(
    wire: responses.RequestsMock, status: int, body: object, outcome: Outcome
) -> None:
    assert ask(wire, body, status).outcome is outcome


def test_refund_goes_through_disbursement(wire: responses.RequestsMock) -> None:
    wire.post(f"{URL}/disbursement/v1_0/refund", status=202)
    refund = RefundRequest("01934a1c-0000-4000-8000-00000000000f", REFERENCE, "36", 1250, "EUR", "wrong")

    answer = momo().refund(refund)

    sent = wire.calls[-1].request
    assert answer.outcome is Outcome.SENT
    assert sent.headers["Authorization"] == "Bearer disbursement-1"
    assert sent.headers["Ocp-Apim-Subscription-Key"] == "sub-key-2"
    assert sent.headers["X-Reference-Id"] == refund.reference
    assert json.loads(sent.body)["referenceIdToRefund"] == REFERENCE


def test_refund_without_the_product_is_refused_and_one_under_way_is_unknown() -> None:
    """Keys may be taken away while a refund is under way: nothing is said about that one."""
    gateway = MtnMomo(MtnAccount(URL, "sandbox", KEYS), fake_line(FakeClock()))
    refund = RefundRequest("r", REFERENCE, "", 1, "EUR")

    made, asked = gateway.refund(refund), gateway.ask_refund(refund)

    assert (made.outcome, made.reason) == (Outcome.FAILED, Reason.SET_UP)
    assert (asked.outcome, asked.reason, asked.is_silent) == (Outcome.UNKNOWN, Reason.SET_UP, True)


def test_unknown_environment_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        momo(environment="mtnmars")
    assert caught.value.code == "provider.environment"


def test_payer_is_asked_for_in_lower_case_and_unknown_in_both_forms(wire: responses.RequestsMock) -> None:
    holder = f"{URL}/collection/v1_0/accountholder/msisdn/46733123450"
    wire.get(f"{holder}/active", status=404, json={"code": "RESOURCE_NOT_FOUND"})
    wire.get(f"{holder}/active", json={"result": False})
    wire.get(f"{holder}/active", json={"result": True})
    wire.get(f"{holder}/basicuserinfo", json={"given_name": "Ada", "family_name": "Box"})

    first, second, third = (momo().verify_payer("+46733123450") for _ in range(3))

    assert (first.is_active, second.is_active) == (False, False)
    assert (third.is_active, third.name) == (True, "Ada Box")


def test_balance_that_is_refused_or_unreadable_is_never_invented(wire: responses.RequestsMock) -> None:
    url = f"{URL}/collection/v1_0/account/balance"
    wire.get(url, status=500, json={"code": "NOT_ALLOWED"})
    with pytest.raises(Unavailable) as caught:
        momo().balance()
    assert caught.value.code == "provider.unreachable"
    wire.replace("GET", url, json={"availableBalance": "lots", "currency": "EUR"})
    with pytest.raises(Unavailable) as caught:
        momo().balance()
    assert caught.value.code == "provider.unreadable"
    wire.replace("GET", url, status=403, json={})
    with pytest.raises(Rejected) as refused:
        momo().balance()
    assert refused.value.code == "provider.refused"


def test_reference_is_our_id_with_another_version() -> None:
    ours = UUID("01934a1c-0000-7abc-8000-000000000001")

    assert momo().reference_for(ours, FakeClock().now()) == "01934a1c-0000-4abc-8000-000000000001"
