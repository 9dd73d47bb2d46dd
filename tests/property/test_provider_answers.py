"""Whatever a provider answers, an adapter reads it and never takes it for more than it says."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.payment_reports import Outcome
from pos.errors import Rejected, Unavailable
from pos.gateways.airtel_money import ApiVersion
from pos.gateways.base import (
    Answer,
    ByBank,
    ByLink,
    ByPhone,
    PaymentRequest,
    RefundRequest,
    StepInput,
    StepKind,
)
from pos.gateways.bills import Purchase
from pos.gateways.http import Call, Reply, Result, Silence
from pos.gateways.paystack_banks import read_banks
from pos.gateways.reasons import Reason
from tests.factories.gateways import airtel, fake_line, mtn, paystack, vtpass
from tests.fakes.clock import FakeClock

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:9"
REFERENCE = "01934a1c-0000-4000-8000-000000000001"
PAID_WORDS = ("SUCCESSFUL", "TS", "success", "delivered")

_SINGLE = """
    PENDING CREATED FAILED TF TE TR TIP TA SUCCESS failed pending abandoned ongoing reversed
    processed processing needs-attention send_otp send_pin pay_offline open_url timeout initiated
    RESOURCE_NOT_FOUND RESOURCE_ALREADY_EXIST PAYER_NOT_FOUND INVALID_CURRENCY
    INTERNAL_PROCESSING_ERROR DP00800001001 DP00800001006 DP00800001008 DP00800001025 ESB000010
    ESB000011 ESB000041 ESB000045 transaction_not_found duplicate_reference invalid_params api_error
    processor_error 000 001 014 015 016 040 099 083 5000 50.00 1e5 NaN EUR RWF UGX GHS NGN XXX
"""
WORDS = (
    *PAID_WORDS,
    REFERENCE,
    "refund-1 note",
    "",
    "\ud800",
    "Paid UGX 5,000 to SHOP",
    "Token : 1234 5678 9012 3456 7890",
    "Transaction reference not found",
    "Duplicate Transaction Reference",
    *_SINGLE.split(),
)
_KEYS = """
    status code data transaction transactions content message reason amount currency externalId
    reference id success response_code result_code airtel_money_id type meta next merchant_note
    gateway_response fees authorization_url url display_text balance availableBalance
    financialTransactionId requestId purchased_code token mainToken units contents result given_name
    first_name is_barred key name active pay_with_bank cards tokens total_amount commission
    unit_price kct1 KCT2
"""
KEYS = tuple(_KEYS.split())
leaves = (
    st.sampled_from(WORDS)
    | st.booleans()
    | st.none()
    | st.integers(-5, 10_000)
    | st.sampled_from((5000, 50, 10**40, -1, 0))
    | st.floats()
    | st.text(max_size=5)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=7),
    max_leaves=25,
)
objects = st.dictionaries(st.sampled_from(KEYS), values, max_size=8)
bodies = (objects | values).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=20)
statuses = st.sampled_from(
    (200, 200, 200, 201, 202, 204, 302, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503)
)
replies = st.builds(Reply, statuses, bodies, st.just(AT)) | st.builds(
    Silence, st.sampled_from((Reason.TIME_OUT, Reason.NO_CONNECTION)), was_sent=st.booleans(), at=st.just(AT)
)


@dataclass
class Scripted:
    """Answers calls one after the other with what a test made up; log-ins always work."""

    answers: list[Result]
    calls: list[Call] = field(default_factory=list)

    def call(self, call: Call) -> Result:
        if call.name.endswith("token"):
            return Reply(200, b'{"access_token":"t","expires_in":"3600"}', AT)
        self.calls.append(call)
        return self.answers[(len(self.calls) - 1) % len(self.answers)]


def made(name: str, answers: list[Result]) -> Any:
    line = fake_line(FakeClock())
    gateway: Any = {
        "mtn": lambda: mtn(NOWHERE, line),
        "airtel": lambda: airtel(NOWHERE, line, ApiVersion.V1),
        "airtel_v2": lambda: airtel(NOWHERE, line),
        "paystack": lambda: paystack(NOWHERE, line),
        "vtpass": lambda: vtpass(NOWHERE, line),
    }[name]()
    gateway._http = Scripted(answers)
    return gateway


PAYERS = {
    "mtn": ByPhone("+250788123499"),
    "airtel": ByPhone("+256752604399"),
    "airtel_v2": ByPhone("+256752604399"),
    "paystack": ByLink(),
}


def check(answer: Answer, answers: list[Result]) -> None:
    """No answer is made up: success needs its word, and whoever said nothing did not say no."""
    if answer.outcome is Outcome.SUCCEEDED:
        said = b"".join(one.body for one in answers if isinstance(one, Reply))
        assert any(word.encode() in said for word in (*PAID_WORDS, "SUCCESS", "processed", "TR", "reversed"))
        assert answer.amount_minor is None or isinstance(answer.amount_minor, int)
    if answer.outcome is Outcome.FAILED:
        assert any(isinstance(one, Reply) for one in answers)
    if answer.outcome is Outcome.NOT_SENT:
        assert answer.is_silent or not answer.is_final
    json.dumps([answer.raw.body, answer.code, answer.reference, answer.provider_reference]).encode()
    answer.raw.body.encode()


@pytest.mark.parametrize("name", PAYERS)
@given(answers=st.lists(replies, min_size=1, max_size=3))
def test_any_answer_about_a_payment_is_read(name: str, answers: list[Result]) -> None:
    (currency,) = made(name, answers).profile.currencies
    request = PaymentRequest(REFERENCE, 5000, currency, PAYERS[name])
    refund = RefundRequest("refund-1", REFERENCE, "", 5000, currency)
    calls = (
        lambda gateway: gateway.request_payment(request),
        lambda gateway: gateway.ask_payment(REFERENCE),
        lambda gateway: gateway.refund(refund),
        lambda gateway: gateway.ask_refund(refund),
    )
    for call in calls:
        check(call(made(name, answers)), answers)


@given(
    answers=st.lists(replies, min_size=1, max_size=3),
    kind=st.sampled_from((StepKind.GIVE_OTP, StepKind.GIVE_BIRTHDAY)),
)
def test_any_answer_to_a_step_is_read(answers: list[Result], kind: StepKind) -> None:
    value = date(2007, 4, 15) if kind is StepKind.GIVE_BIRTHDAY else "1"
    check(made("paystack", answers).continue_payment(REFERENCE, StepInput(kind, value)), answers)
    request = PaymentRequest(REFERENCE, 5000, "GHS", ByBank("057", "0000000000"))
    check(made("paystack", answers).request_payment(request), answers)


@given(answers=st.lists(replies, min_size=1, max_size=3))
def test_any_answer_about_a_purchase_is_read(answers: list[Result]) -> None:
    purchase = Purchase(
        "202611200900abcd", "ikeja-electric", 10_000, "NGN", phone="08011111111", biller_code="1"
    )
    for call in (
        lambda gateway: gateway.buy(purchase),
        lambda gateway: gateway.ask_purchase(purchase.reference),
    ):
        check(call(made("vtpass", answers)).answer, answers)


@pytest.mark.parametrize("name", [*PAYERS, "vtpass"])
@given(answers=st.lists(replies, min_size=1, max_size=3))
def test_any_answer_that_is_about_no_payment_is_read_or_refused(name: str, answers: list[Result]) -> None:
    calls: dict[str, tuple[Any, ...]] = {
        "mtn": (lambda one: one.balance(), lambda one: one.verify_payer("+250788123499")),
        "airtel": (lambda one: one.balance(), lambda one: one.verify_payer("+256752604399")),
        "airtel_v2": (lambda one: one.balance(),),
        "paystack": (lambda one: one.balance(),),
        "vtpass": (
            lambda one: one.balance(),
            lambda one: one.categories(),
            lambda one: one.services("x"),
            lambda one: one.variations("x"),
            lambda one: one.verify_customer("ikeja-electric", "1", kind="prepaid"),
        ),
    }
    for call in calls[name]:
        try:
            assert call(made(name, answers)) is not None
        except (Unavailable, Rejected) as error:
            assert error.code.startswith("provider.")


@given(answers=st.lists(replies, min_size=1, max_size=3))
def test_any_list_of_banks_is_read_or_refused(answers: list[Result]) -> None:
    line = Scripted(answers)
    try:
        found = read_banks(lambda path: line.call(Call("banks", "GET", path)), "NGN")
    except (Unavailable, Rejected) as error:
        assert error.code.startswith("provider.")
    else:
        assert all(bank.code and bank.name for bank in found.banks)
