import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import requests
import responses
from responses import matchers

from pos.domain.payment_reports import Outcome
from pos.errors import Rejected, Unavailable, UserError
from pos.gateways.base import (
    Address,
    Answer,
    Bank,
    ByBank,
    ByCard,
    ByLink,
    ByPhone,
    BySavedCard,
    ByUssd,
    PayBy,
    PaymentRequest,
    RefundRequest,
    StepInput,
    StepKind,
)
from pos.gateways.paystack import Paystack, PaystackAccount
from pos.gateways.reasons import Reason
from pos.gateways.sandbox import Sandbox
from tests.factories.gateways import fake_line
from tests.factories.gateways import paystack as sandbox_paystack
from tests.fakes.clock import FakeClock

URL = "https://paystack.example"
REFERENCE = "01934a1c-0000-7000-8000-000000000001"
REFUND = RefundRequest("refund-1", REFERENCE, "7001", 5000, "GHS", "wrong meter")
VERIFY = f"{URL}/transaction/verify/{REFERENCE}"


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def paystack(currency: str = "GHS", callback_url: str = "") -> Paystack:
    account = PaystackAccount(
        URL, "sk_test_1", currency, "shop@example.com", callback_url=callback_url, takes_typed_cards=True
    )
    return Paystack(account, fake_line(FakeClock()))


def request(
    pay_by: PayBy, amount_minor: int = 5000, currency: str = "GHS", email: str = ""
) -> PaymentRequest:
    return PaymentRequest(REFERENCE, amount_minor, currency, pay_by, payer_email=email)


def verified(wire: responses.RequestsMock, **data: object) -> Answer:
    body = {"status": True, "data": {"id": 7001, "reference": REFERENCE, "currency": "GHS", **data}}
    wire.get(VERIFY, json=body)
    return paystack().ask_payment(REFERENCE)


def test_link_on_the_wire(wire: responses.RequestsMock) -> None:
    url = "https://checkout.paystack.com/0abc"
    wire.post(
        f"{URL}/transaction/initialize",
        json={
            "status": True,
            "data": {"authorization_url": url, "access_code": "0abc", "reference": REFERENCE},
        },
    )

    answer = paystack(callback_url="https://shop.example/back").request_payment(request(ByLink()))

    sent = wire.calls[-1].request
    assert sent.headers["Authorization"] == "Bearer sk_test_1"
    assert json.loads(sent.body) == {
        "email": "shop@example.com",
        "amount": 5000,
        "currency": "GHS",
        "reference": REFERENCE,
        "callback_url": "https://shop.example/back",
    }
    assert answer.outcome is Outcome.SENT
    assert answer.step is not None
    assert (answer.step.kind, answer.step.url) == (StepKind.OPEN_LINK, url)
    assert url not in answer.raw.body


@pytest.mark.parametrize(
    ("pay_by", "currency", "channel"),
    [
        (
            ByPhone("+233551234987", "mtn"),
            "GHS",
            {"mobile_money": {"phone": "0551234987", "provider": "mtn"}},
        ),
        (
            ByPhone("+254710000000", "mpesa"),
            "KES",
            {"mobile_money": {"phone": "+254710000000", "provider": "mpesa"}},
        ),
        (
            ByPhone("+2250700000000", "orange"),
            "XOF",
            {"mobile_money": {"phone": "0700000000", "provider": "orange"}},
        ),
        (ByBank("057", "0000000000"), "NGN", {"bank": {"code": "057", "account_number": "0000000000"}}),
        (ByUssd("737"), "NGN", {"ussd": {"type": "737"}}),
        (
            ByCard("4084084084084081", "408", "12", "2030"),
            "NGN",
            {
                "card": {
                    "number": "4084084084084081",
                    "cvv": "408",
                    "expiry_month": "12",
                    "expiry_year": "2030",
                }
            },
        ),
    ],
)
def test_charge_on_the_wire(
    wire: responses.RequestsMock, pay_by: PayBy, currency: str, channel: dict[str, object]
) -> None:
    wire.post(f"{URL}/charge", json={"status": True, "data": {"reference": REFERENCE, "status": "pending"}})

    answer = paystack(currency).request_payment(request(pay_by, currency=currency, email="a@example.com"))

    factor = 100 if currency == "XOF" else 1
    assert json.loads(wire.calls[-1].request.body) == {
        "email": "a@example.com",
        "amount": 5000 * factor,
        "currency": currency,
        "reference": REFERENCE,
        **channel,
    }
    assert (answer.outcome, answer.reason) == (Outcome.SENT, Reason.WAITING_FOR_PAYER)


def test_saved_card_that_the_bank_wants_to_check_opens_a_page(wire: responses.RequestsMock) -> None:
    wire.post(
        f"{URL}/transaction/charge_authorization",
        json={"status": True, "data": {"authorization_url": "https://bank.example", "paused": True}},
    )

    answer = paystack().request_payment(request(BySavedCard("AUTH_1")))

    assert json.loads(wire.calls[-1].request.body)["authorization_code"] == "AUTH_1"
    assert answer.step is not None
    assert answer.step.kind is StepKind.OPEN_LINK


@pytest.mark.parametrize(
    ("pay_by", "currency", "code"),
    [
        (ByPhone("+254710000000", "mtn"), "GHS", "provider.country"),
        (ByPhone("+233551234987", "mpesa"), "GHS", "provider.network"),
        (ByPhone("+233551234987", ""), "GHS", "provider.network"),
        (ByPhone("+2348100000000", "mtn"), "NGN", "provider.means"),
    ],
)
def test_phone_that_does_not_fit_is_refused(pay_by: PayBy, currency: str, code: str) -> None:
    with pytest.raises(UserError) as caught:
        paystack(currency).request_payment(request(pay_by, currency=currency))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("status", "body", "outcome", "reason"),
    [
        (
            400,
            {"status": False, "message": "Duplicate Transaction Reference", "code": "duplicate_reference"},
            Outcome.UNKNOWN,
            Reason.DUPLICATE,
        ),
        (
            400,
            {"status": False, "message": "Duplicate Transaction Reference"},
            Outcome.UNKNOWN,
            Reason.DUPLICATE,
        ),
        (
            400,
            {"status": False, "message": "Charge attempted", "data": {"status": "pending"}},
            Outcome.UNKNOWN,
            Reason.UNREADABLE,
        ),
        (
            400,
            {"status": False, "message": "Charge attempted", "data": {"status": "failed"}},
            Outcome.FAILED,
            Reason.BAD_REQUEST,
        ),
        (
            400,
            {"status": False, "message": "x", "type": "validation_error", "code": "missing_params"},
            Outcome.FAILED,
            Reason.BAD_REQUEST,
        ),
        (
            400,
            {"status": False, "message": "x", "type": "processor_error"},
            Outcome.UNKNOWN,
            Reason.UNREADABLE,
        ),
        (401, {"status": False, "message": "Invalid key"}, Outcome.FAILED, Reason.CREDENTIALS),
        (429, {"status": False, "message": "x"}, Outcome.UNKNOWN, Reason.TOO_MANY),
        (500, {"status": False, "message": "x"}, Outcome.UNKNOWN, Reason.SERVER_TROUBLE),
        (200, {"status": False, "message": "x"}, Outcome.UNKNOWN, Reason.STEP_NEEDED),
        (200, {"status": True, "data": {"status": "timeout"}}, Outcome.UNKNOWN, Reason.TIME_OUT),
        (
            200,
            {"status": True, "data": {"status": "failed", "message": "Insufficient funds"}},
            Outcome.FAILED,
            Reason.NOT_ENOUGH_MONEY,
        ),
        (200, {"status": True, "data": {"status": "success"}}, Outcome.SUCCEEDED, Reason.PAID),
        (200, {"status": True, "data": {"status": "brand_new"}}, Outcome.UNKNOWN, Reason.UNKNOWN_WORD),
    ],
)
def test_charge_answers(
    wire: responses.RequestsMock, status: int, body: object, outcome: Outcome, reason: Reason
) -> None:
    wire.post(f"{URL}/charge", status=status, json=body)

    answer = paystack().request_payment(request(ByPhone("+233551234987", "mtn")))

    assert (answer.outcome, answer.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("given", "path", "body"),
    [
        (StepInput(StepKind.GIVE_PIN, "1234"), "pin", {"pin": "1234"}),
        (StepInput(StepKind.GIVE_OTP, "123456"), "otp", {"otp": "123456"}),
        (StepInput(StepKind.GIVE_PHONE, "0551234987"), "phone", {"phone": "0551234987"}),
        (StepInput(StepKind.GIVE_BIRTHDAY, date(2007, 4, 15)), "birthday", {"birthday": "2007-04-15"}),
        (
            StepInput(StepKind.GIVE_ADDRESS, Address("1 Street", "Accra", "GA", "00233")),
            "address",
            {"address": "1 Street", "city": "Accra", "state": "GA", "zip_code": "00233"},
        ),
    ],
)
def test_step_on_the_wire(
    wire: responses.RequestsMock, given: StepInput, path: str, body: dict[str, str]
) -> None:
    wire.post(
        f"{URL}/charge/submit_{path}",
        json={"status": True, "data": {"status": "send_otp", "display_text": "Type the code"}},
    )

    answer = paystack().continue_payment(REFERENCE, given)

    assert json.loads(wire.calls[-1].request.body) == {**body, "reference": REFERENCE}
    assert answer.step is not None
    assert (answer.step.kind, answer.step.text) == (StepKind.GIVE_OTP, "Type the code")
    assert answer.reason is Reason.STEP_NEEDED


def test_step_that_is_refused_says_nothing_about_the_payment(wire: responses.RequestsMock) -> None:
    wire.post(
        f"{URL}/charge/submit_otp",
        status=400,
        json={"status": False, "message": "Transaction reference is invalid"},
    )

    answer = paystack().continue_payment(REFERENCE, StepInput(StepKind.GIVE_OTP, "1"))

    assert (answer.outcome, answer.reason) == (Outcome.UNKNOWN, Reason.STEP_NEEDED)


def test_verify_paid_reads_money_fee_and_numbers(wire: responses.RequestsMock) -> None:
    answer = verified(wire, status="success", amount="5000", fees=98)

    assert (answer.outcome, answer.amount_minor, answer.currency) == (Outcome.SUCCEEDED, 5000, "GHS")
    assert (answer.reference, answer.provider_reference, answer.fee_minor) == (REFERENCE, "7001", 98)


@pytest.mark.parametrize(
    ("data", "outcome", "reason"),
    [
        ({"status": "abandoned"}, Outcome.SENT, Reason.WAITING_FOR_PAYER),
        ({"status": "ongoing"}, Outcome.SENT, Reason.WAITING_FOR_PAYER),
        ({"status": "queued"}, Outcome.SENT, Reason.WAITING_FOR_PAYER),
        ({"status": "reversed"}, Outcome.REVERSED, Reason.REVERSED),
        ({"status": "failed", "gateway_response": "Declined"}, Outcome.FAILED, Reason.REFUSED_BY_PAYER),
        ({"status": "failed", "message": None}, Outcome.FAILED, Reason.REFUSED),
        ({"status": "success"}, Outcome.UNKNOWN, Reason.UNREADABLE),
        ({"status": "success", "amount": 5000.5}, Outcome.UNKNOWN, Reason.UNREADABLE),
        ({"status": "success", "amount": 5000, "currency": None}, Outcome.UNKNOWN, Reason.UNREADABLE),
        ({"status": "success", "amount": 5000, "reference": None}, Outcome.UNKNOWN, Reason.UNREADABLE),
    ],
)
def test_verify_words(
    wire: responses.RequestsMock, data: dict[str, object], outcome: Outcome, reason: Reason
) -> None:
    answer = verified(wire, **data)

    assert (answer.outcome, answer.reason) == (outcome, reason)


def test_verify_in_a_currency_without_minor_units_divides_exactly(wire: responses.RequestsMock) -> None:
    for amount in (500_000, 500_001):
        wire.get(
            VERIFY,
            json={
                "status": True,
                "data": {
                    "status": "success",
                    "reference": REFERENCE,
                    "currency": "XOF",
                    "amount": amount,
                    "fees": 150,
                },
            },
        )

    exact, finer = (paystack("XOF").ask_payment(REFERENCE) for _ in range(2))

    assert (exact.outcome, exact.amount_minor, exact.fee_minor) == (Outcome.SUCCEEDED, 5000, 2)
    assert finer.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("status", [400, 404])
def test_verify_unknown_reference_in_both_forms(wire: responses.RequestsMock, status: int) -> None:
    wire.get(
        VERIFY,
        status=status,
        json={"status": False, "message": "Transaction reference not found", "code": "transaction_not_found"},
    )

    assert paystack().ask_payment(REFERENCE).outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize(
    ("status", "body"), [(404, {"message": "no route"}), (401, {"status": False}), (200, {"status": False})]
)
def test_verify_refused_says_nothing(wire: responses.RequestsMock, status: int, body: object) -> None:
    wire.get(VERIFY, status=status, json=body)

    answer = paystack().ask_payment(REFERENCE)

    assert (answer.outcome, answer.is_silent) == (Outcome.UNKNOWN, True)


def test_refund_looks_first_and_carries_our_reference(wire: responses.RequestsMock) -> None:
    wire.get(f"{URL}/refund?transaction=7001&perPage=100", json={"status": True, "data": []})
    wire.post(
        f"{URL}/refund",
        json={"status": True, "data": {"id": 5, "status": "pending", "amount": "5000", "currency": "GHS"}},
    )

    answer = paystack().refund(REFUND)

    assert json.loads(wire.calls[-1].request.body) == {
        "transaction": REFERENCE,
        "amount": 5000,
        "currency": "GHS",
        "merchant_note": "refund-1 wrong meter",
    }
    assert (answer.outcome, answer.amount_minor, answer.provider_reference) == (Outcome.SENT, 5000, "5")


def test_refund_that_is_there_already_is_not_made_again(wire: responses.RequestsMock) -> None:
    listed = [
        {"id": 4, "merchant_note": "another", "status": "processed"},
        {"id": 5, "merchant_note": "refund-1 wrong meter", "status": "processed", "deducted_amount": None},
    ]
    wire.get(f"{URL}/refund?transaction=7001&perPage=100", json={"status": True, "data": listed})

    answer = paystack().refund(REFUND)

    assert (answer.outcome, answer.provider_reference) == (Outcome.SUCCEEDED, "5")
    assert len(wire.calls) == 1


def test_refund_without_a_list_is_not_made(wire: responses.RequestsMock) -> None:
    wire.get(f"{URL}/refund?transaction=7001&perPage=100", status=500)

    answer = paystack().refund(REFUND)

    assert answer.outcome is Outcome.UNKNOWN
    assert {call.request.method for call in wire.calls} == {"GET"}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, {"status": False, "message": "x", "code": "invalid_params"}, Outcome.FAILED),
        (500, {}, Outcome.UNKNOWN),
    ],
)
def test_refund_refused(wire: responses.RequestsMock, status: int, body: object, outcome: Outcome) -> None:
    wire.get(f"{URL}/refund?transaction=7001&perPage=100", json={"status": True, "data": []})
    wire.post(f"{URL}/refund", status=status, json=body)

    assert paystack().refund(REFUND).outcome is outcome


def test_refund_that_times_out_is_unknown(wire: responses.RequestsMock) -> None:
    wire.get(f"{URL}/refund?transaction=7001&perPage=100", json={"status": True, "data": []})
    wire.post(f"{URL}/refund", body=requests.ReadTimeout())

    assert paystack().refund(REFUND).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("processing", Outcome.SENT),
        ("needs-attention", Outcome.SENT),
        ("failed", Outcome.FAILED),
        ("odd", Outcome.UNKNOWN),
    ],
)
def test_refund_words(wire: responses.RequestsMock, word: str, outcome: Outcome) -> None:
    wire.get(
        f"{URL}/refund?transaction=7001&perPage=100",
        json={"status": True, "data": [{"merchant_note": "refund-1", "status": word}]},
    )

    assert paystack().ask_refund(REFUND).outcome is outcome


def test_refund_is_not_that_of_another_reference_which_begins_alike(wire: responses.RequestsMock) -> None:
    wire.get(
        f"{URL}/refund?transaction=7001&perPage=100",
        json={"status": True, "data": [{"merchant_note": "refund-10 wrong meter", "status": "processed"}]},
    )

    assert paystack().ask_refund(REFUND).outcome is Outcome.NOT_FOUND


def test_balance_of_the_accounts_currency(wire: responses.RequestsMock) -> None:
    listed = [{"currency": "NGN", "balance": 1}, {"currency": "GHS", "balance": 500_000}]
    wire.get(f"{URL}/balance", json={"status": True, "data": listed})
    wire.get(f"{URL}/balance", json={"status": True, "data": listed[:1]})
    wire.get(f"{URL}/balance", json={"status": True, "data": [{"currency": "GHS", "balance": 10**30}]})

    assert paystack().balance().amount_minor == 500_000
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            paystack().balance()
        assert caught.value.code == "provider.unreadable"


def bank(code: str, name: str, **changes: object) -> dict[str, object]:
    row: dict[str, object] = {"code": code, "name": name, "active": True, "is_deleted": False}
    return row | {"currency": "NGN", "pay_with_bank": True} | changes


def banks_page(wire: responses.RequestsMock, next_: str | None, *rows: object, cursor: str = "") -> None:
    query = {"country": "nigeria", "currency": "NGN", "pay_with_bank": "true", "use_cursor": "true"}
    wire.get(
        f"{URL}/bank",
        match=[
            matchers.query_param_matcher(query | {"perPage": "100"} | ({"next": cursor} if cursor else {}))
        ],
        json={"status": True, "data": list(rows), "meta": {"next": next_, "perPage": 100}},
    )


def test_banks_are_read_page_by_page_and_only_those_whose_accounts_can_be_charged_now(
    wire: responses.RequestsMock,
) -> None:
    banks_page(wire, "second", bank("057", "Zenith Bank"), bank("1", "No transfers", pay_with_bank=False))
    banks_page(
        wire,
        None,
        bank("044", " Access Bank "),
        bank("2", "Closed", active=False),
        bank("3", "Gone", is_deleted=True),
        bank("4", "Of Ghana", currency="GHS"),
        bank("5/../6", "A path"),
        bank("7", ""),
        "no bank",
        cursor="second",
    )

    found = paystack("NGN").banks()

    assert found.banks == (Bank("044", "Access Bank"), Bank("057", "Zenith Bank"))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 500}, "provider.unreachable"),
        ({"status": 401, "json": {"status": False, "message": "Invalid key"}}, "provider.refused"),
        ({"json": {"status": True, "data": {}}}, "provider.unreadable"),
        ({"json": {"status": True, "data": [], "meta": {"next": "again"}}}, "provider.unreadable"),
        ({"body": requests.ReadTimeout()}, "provider.unreachable"),
    ],
)
def test_banks_that_cannot_be_read_are_not_invented(
    wire: responses.RequestsMock, answer: dict[str, Any], error: str
) -> None:
    wire.get(f"{URL}/bank", **answer)

    with pytest.raises((Unavailable, Rejected)) as caught:
        paystack("NGN").banks()

    assert caught.value.code == error
    assert len(wire.calls) <= 20


def test_banks_of_a_currency_without_a_list_are_not_asked_for(wire: responses.RequestsMock) -> None:
    with pytest.raises(UserError) as caught:
        paystack("XOF").banks()

    assert (caught.value.code, len(wire.calls)) == ("provider.not_offered", 0)


def test_banks_of_the_sandbox_are_those_that_pay(sandbox: Sandbox, clock: FakeClock) -> None:
    found = sandbox_paystack(sandbox.base_url, fake_line(clock), "NGN").banks()

    assert Bank("057", "Zenith Bank") in found.banks
    assert "Kuda Bank" not in {one.name for one in found.banks}
    assert [one.name for one in found.banks] == sorted(one.name for one in found.banks)
    assert found.at == clock.now()


def test_payer_is_not_known_and_currency_without_accounts_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        paystack().verify_payer("+233551234987")
    assert caught.value.code == "provider.not_offered"
    with pytest.raises(UserError) as caught:
        paystack("RWF")
    assert caught.value.code == "provider.environment"


@pytest.mark.parametrize(
    ("card", "steps"),
    [
        (ByCard("4084084084084081", "408", "12", "2030"), []),
        (ByCard("507850785078507812", "081", "12", "2030"), [(StepKind.GIVE_PIN, "1111")]),
        (
            ByCard("5060666666666666666", "123", "12", "2030"),
            [(StepKind.GIVE_PIN, "1234"), (StepKind.GIVE_OTP, "123456")],
        ),
        (
            ByCard("507850785078507804", "884", "12", "2030"),
            [
                (StepKind.GIVE_PIN, "0000"),
                (StepKind.GIVE_PHONE, "08100000000"),
                (StepKind.GIVE_OTP, "123456"),
            ],
        ),
        (
            ByBank("057", "0000000000"),
            [(StepKind.GIVE_BIRTHDAY, date(2007, 4, 15)), (StepKind.GIVE_OTP, "123456")],
        ),
    ],
)
def test_published_test_data_go_through_their_steps(
    sandbox: Sandbox, clock: FakeClock, card: PayBy, steps: list[tuple[StepKind, str | date]]
) -> None:
    gateway = sandbox_paystack(sandbox.base_url, fake_line(clock), "NGN")
    answer = gateway.request_payment(request(card, 500_000, "NGN"))
    for kind, value in steps:
        assert answer.step is not None
        assert answer.step.kind is kind
        answer = gateway.continue_payment(REFERENCE, StepInput(kind, value))

    assert answer.outcome is Outcome.SUCCEEDED
    verified = gateway.ask_payment(REFERENCE)
    assert (verified.outcome, verified.amount_minor, verified.currency) == (Outcome.SUCCEEDED, 500_000, "NGN")


@pytest.mark.parametrize(
    ("number", "cvv", "reason"),
    [
        ("4084080000670037", "787", Reason.NOT_ENOUGH_MONEY),
        ("4084080000005408", "001", Reason.REFUSED_BY_PAYER),
    ],
)
def test_published_cards_that_fail(
    sandbox: Sandbox, clock: FakeClock, number: str, cvv: str, reason: Reason
) -> None:
    gateway = sandbox_paystack(sandbox.base_url, fake_line(clock), "NGN")

    answer = gateway.request_payment(request(ByCard(number, cvv, "12", "2030"), 500_000, "NGN"))

    assert (answer.outcome, answer.reason) == (Outcome.FAILED, reason)
