import json
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
import requests
import responses

from pos.domain.payment_reports import Outcome
from pos.errors import Rejected, Unavailable, UserError
from pos.gateways.bills import BillAnswer, Purchase
from pos.gateways.reasons import Reason
from pos.gateways.sandbox import Sandbox
from pos.gateways.vtpass import Vtpass, VtpassAccount
from tests.factories.gateways import fake_line
from tests.factories.gateways import vtpass as sandbox_vtpass
from tests.fakes.clock import FakeClock

URL = "https://vtpass.example/api"
REFERENCE = "202611202315k7f3q9x2"
TOKEN = "12345678901234567890"
METER = Purchase(
    REFERENCE, "ikeja-electric", 100_050, "NGN", "08011111111", "1111111111111", "prepaid", {"quantity": "1"}
)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def vtpass() -> Vtpass:
    return Vtpass(VtpassAccount(URL, "api", "PK_1", "SK_1"), fake_line(FakeClock()))


def delivered(**more: object) -> dict[str, object]:
    transaction = {
        "status": "delivered",
        "transactionId": "1795",
        "amount": 1000.5,
        "commission": 3,
        "total_amount": "997.5",
    }
    return {"code": "000", "content": {"transactions": transaction}, "requestId": REFERENCE, **more}


def asked(wire: responses.RequestsMock, body: object, status: int = 200) -> BillAnswer:
    wire.post(f"{URL}/requery", json=body, status=status)
    return vtpass().ask_purchase(REFERENCE)


def bought(wire: responses.RequestsMock, body: object, status: int = 200) -> BillAnswer:
    wire.post(f"{URL}/pay", json=body, status=status)
    return vtpass().buy(METER)


def test_pay_on_the_wire(wire: responses.RequestsMock) -> None:
    bought(wire, {"code": "099", "response_description": "x"})

    sent = wire.calls[-1].request
    assert (sent.headers["api-key"], sent.headers["secret-key"]) == ("api", "SK_1")
    assert "public-key" not in sent.headers
    assert json.loads(sent.body) == {
        "request_id": REFERENCE,
        "serviceID": "ikeja-electric",
        "amount": 1000.5,
        "phone": "08011111111",
        "billersCode": "1111111111111",
        "variation_code": "prepaid",
        "quantity": "1",
    }


def test_requery_delivered_reads_money_numbers_and_goods(wire: responses.RequestsMock) -> None:
    found = asked(
        wire, delivered(amount="1000.50", token=TOKEN, units="48.6 kWh", purchased_code=f"Token : {TOKEN}")
    )

    answer, goods = found.answer, found.goods
    assert (answer.outcome, answer.amount_minor) == (Outcome.SUCCEEDED, 100_050)
    assert (answer.reference, answer.provider_reference) == (REFERENCE, "1795")
    assert (goods.token, goods.units) == (TOKEN, "48.6 kWh")
    assert (goods.commission_minor, goods.charged_minor) == (300, 99_750)
    assert TOKEN not in answer.raw.body
    assert TOKEN not in repr(found)


@pytest.mark.parametrize(
    "fields",
    [
        {"mainToken": TOKEN, "bonusToken": "9" * 20, "mainTokenUnits": 48},
        {"Token": "1234-5678-9012-3456-7890"},
        {"purchased_code": f"Token : {TOKEN} Bonus Token : {'9' * 20}"},
        {"token": "1234 5678 9012 3456 7890"},
    ],
)
def test_token_is_found_however_the_company_names_it(
    wire: responses.RequestsMock, fields: dict[str, object]
) -> None:
    assert asked(wire, delivered(amount=1000.5, **fields)).goods.token == TOKEN


@pytest.mark.parametrize(
    ("fields", "pins"),
    [
        ({"cards": [{"Serial": "WRN1", "Pin": "123"}]}, ("WRN1 123",)),
        ({"tokens": ["a1", "b2"]}, ("a1", "b2")),
        ({"Pin": "Pin : 9990", "purchased_code": "Pin : 9990"}, ("9990",)),
        ({"purchased_code": "Serial No:W1, pin: 12||Serial No:W2, pin: 34"}, ("12", "34")),
    ],
)
def test_pins_are_found(
    wire: responses.RequestsMock, fields: dict[str, object], pins: tuple[str, ...]
) -> None:
    assert asked(wire, delivered(amount=1000.5, **fields)).goods.pins == pins


def test_delivered_without_goods_says_so_and_key_changes_keep_their_order(
    wire: responses.RequestsMock,
) -> None:
    wire.post(f"{URL}/requery", json=delivered(amount=1000.5))
    wire.post(f"{URL}/requery", json=delivered(amount=1000.5, KCT1="1" * 20, KCT2="2" * 20, Token=TOKEN))

    first, second = (vtpass().ask_purchase(REFERENCE).goods for _ in range(2))

    assert first.is_empty
    assert not second.is_empty
    assert second.key_change_tokens == ("1" * 20, "2" * 20)


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("pending", Outcome.SENT),
        ("initiated", Outcome.SENT),
        ("failed", Outcome.FAILED),
        ("reversed", Outcome.REVERSED),
        ("odd", Outcome.UNKNOWN),
    ],
)
def test_code_000_is_read_by_the_status_of_the_transaction(
    wire: responses.RequestsMock, word: str, outcome: Outcome
) -> None:
    body = {"code": "000", "content": {"transactions": {"status": word}}}

    assert bought(wire, body).answer.outcome is outcome


@pytest.mark.parametrize(
    ("code", "paid", "queried", "reason"),
    [
        ("014", Outcome.UNKNOWN, Outcome.UNKNOWN, Reason.DUPLICATE),
        ("015", Outcome.UNKNOWN, Outcome.NOT_FOUND, Reason.NOT_FOUND),
        ("016", Outcome.FAILED, Outcome.FAILED, Reason.REFUSED),
        ("018", Outcome.FAILED, Outcome.UNKNOWN, Reason.SHOP_BALANCE),
        ("019", Outcome.UNKNOWN, Outcome.UNKNOWN, Reason.DUPLICATE),
        ("030", Outcome.UNKNOWN, Outcome.UNKNOWN, Reason.AMBIGUOUS),
        ("040", Outcome.REVERSED, Outcome.REVERSED, Reason.REVERSED),
        ("083", Outcome.UNKNOWN, Outcome.UNKNOWN, Reason.AMBIGUOUS),
        ("085", Outcome.FAILED, Outcome.UNKNOWN, Reason.CLOCK),
        ("087", Outcome.FAILED, Outcome.UNKNOWN, Reason.CREDENTIALS),
        ("089", Outcome.SENT, Outcome.SENT, Reason.WAITING_FOR_PAYER),
        ("099", Outcome.SENT, Outcome.SENT, Reason.WAITING_FOR_PAYER),
        ("777", Outcome.UNKNOWN, Outcome.UNKNOWN, Reason.UNKNOWN_WORD),
    ],
)
def test_codes(
    wire: responses.RequestsMock, code: str, paid: Outcome, queried: Outcome, reason: Reason
) -> None:
    body = {"code": code, "response_description": "x"}

    first, second = bought(wire, body).answer, asked(wire, body).answer

    assert (first.outcome, second.outcome) == (paid, queried)
    assert first.reason is second.reason is reason


def test_answers_that_are_none_are_unknown(wire: responses.RequestsMock) -> None:
    wire.post(f"{URL}/pay", body="<html>")
    wire.post(f"{URL}/pay", json={"response_description": "no code"})
    wire.post(f"{URL}/pay", status=500, json={"code": "016"})
    wire.post(f"{URL}/pay", body=requests.ReadTimeout())
    wire.post(f"{URL}/pay", json={"code": "000", "content": {"transactions": {"status": "delivered"}}})

    assert {vtpass().buy(METER).answer.outcome for _ in range(5)} == {Outcome.UNKNOWN}


def test_other_currency_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        vtpass().buy(Purchase(REFERENCE, "mtn", 1, "GHS"))
    assert caught.value.code == "provider.currency"


def test_reference_begins_with_lagos_time_of_when_it_was_made() -> None:
    made = vtpass().reference_for(
        UUID("01934a1c-0000-7000-8000-000000000001"), datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    )

    assert made.startswith("202611210030")
    assert len(made) == 37
    assert made.isalnum()


def test_catalogue_with_the_spelling_of_the_wire(wire: responses.RequestsMock) -> None:
    wire.get(f"{URL}/service-categories", json={"content": [{"identifier": "airtime", "name": "Airtime"}]})
    wire.get(
        f"{URL}/services?identifier=tv-subscription",
        json={
            "content": [
                {
                    "serviceID": "dstv",
                    "name": "DSTV",
                    "minimium_amount": "1",
                    "maximum_amount": 100000,
                    "convinience_fee": "0 %",
                    "product_type": "fix",
                }
            ]
        },
    )
    variation = {
        "variation_code": "dstv-padi",
        "name": "Padi",
        "variation_amount": "1850.00",
        "fixedPrice": "Yes",
    }
    for name in ("varations", "variations"):
        wire.get(f"{URL}/service-variations?serviceID=dstv", json={"content": {name: [variation]}})

    gateway = vtpass()
    (service,) = gateway.services("tv-subscription")

    assert [one.code for one in gateway.categories()] == ["airtime"]
    assert (service.least_minor, service.most_minor, service.fee_minor) == (100, 10_000_000, None)
    assert service.has_fixed_prices
    for _ in range(2):
        (found,) = gateway.variations("dstv")
        assert (found.code, found.price_minor, found.has_fixed_price) == ("dstv-padi", 185_000, True)
    assert {call.request.headers["public-key"] for call in wire.calls} == {"PK_1"}
    assert not any("secret-key" in call.request.headers for call in wire.calls)


def test_catalogue_that_is_refused_or_unreadable(wire: responses.RequestsMock) -> None:
    wire.get(f"{URL}/service-categories", json={"code": "087", "response_description": "INVALID CREDENTIALS"})
    with pytest.raises(Rejected) as refused:
        vtpass().categories()
    assert refused.value.code == "provider.refused"
    wire.replace("GET", f"{URL}/service-categories", body="<html>")
    with pytest.raises(Unavailable) as caught:
        vtpass().categories()
    assert caught.value.code == "provider.unreadable"


@pytest.mark.parametrize(
    ("content", "is_found"),
    [
        ({"Customer_Name": "ADA SANDBOX", "Address": "1 STREET", "WrongBillersCode": False}, True),
        ({"Customer_Name": "ADA", "WrongBillersCode": True}, False),
        ({"error": "This meter is not correct"}, False),
        ({"Customer_Name": ""}, False),
        (None, False),
    ],
)
def test_customer_with_code_000_is_found_only_with_a_name_and_no_error(
    wire: responses.RequestsMock, content: object, *, is_found: bool
) -> None:
    wire.post(f"{URL}/merchant-verify", json={"code": "000", "content": content})

    customer = vtpass().verify_customer("ikeja-electric", "1111111111111", kind="prepaid")

    assert customer.is_found is is_found
    assert json.loads(wire.calls[-1].request.body) == {
        "billersCode": "1111111111111",
        "serviceID": "ikeja-electric",
        "type": "prepaid",
    }


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, "087", "provider.refused"),
        (200, "087", "provider.refused"),
        (200, "030", "provider.unreadable"),
        (503, "000", "provider.unreachable"),
    ],
)
def test_customer_that_cannot_be_asked_for(
    wire: responses.RequestsMock, status: int, code: str, error: str
) -> None:
    wire.post(f"{URL}/merchant-verify", json={"code": code}, status=status)

    with pytest.raises((Rejected, Unavailable)) as caught:
        vtpass().verify_customer("dstv", "1")
    assert caught.value.code == error


def test_sandbox_sells_a_token_to_a_verified_meter(sandbox: Sandbox, clock: FakeClock) -> None:
    gateway = sandbox_vtpass(sandbox.base_url, fake_line(clock))
    reference = gateway.reference_for(UUID("01934a1c-0000-7000-8000-000000000002"), clock.now())
    purchase = Purchase(
        reference, "ikeja-electric", 100_000, "NGN", "08011111111", "1111111111111", "prepaid"
    )

    assert gateway.verify_customer("ikeja-electric", "1111111111111", kind="prepaid").is_found
    assert not gateway.verify_customer("ikeja-electric", "1111111111112", kind="prepaid").is_found
    before = gateway.balance()
    gateway.buy(purchase)
    found = gateway.ask_purchase(reference)
    again = gateway.buy(purchase)

    assert found.answer.outcome is Outcome.SUCCEEDED
    assert len(found.goods.token) == 20
    assert again.answer.reason is Reason.DUPLICATE
    assert 0 < before.amount_minor - gateway.balance().amount_minor <= 100_000


def test_sandbox_catalogue_can_be_walked(sandbox: Sandbox, clock: FakeClock) -> None:
    gateway = sandbox_vtpass(sandbox.base_url, fake_line(clock))

    categories = {one.code for one in gateway.categories()}
    variations = gateway.variations("dstv")

    assert {"airtime", "data", "tv-subscription", "electricity-bill", "education"} <= categories
    assert "dstv" in {one.code for one in gateway.services("tv-subscription")}
    assert all(one.price_minor > 0 for one in variations)
