"""What every adapter of a payment provider does in the same way, proven against the sandbox."""

import logging
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.payment_reports import Outcome
from pos.errors import Rejected, Unavailable, UserError
from pos.gateways.airtel_money import AirtelAccount, AirtelMoney, ApiVersion
from pos.gateways.base import (
    ByCard,
    ByPhone,
    Means,
    PaymentGateway,
    PaymentRequest,
    RefundRequest,
    StepInput,
    StepKind,
)
from pos.gateways.breaker import Circuit
from pos.gateways.http import Line
from pos.gateways.mtn_momo import MtnAccount, MtnMomo, MtnProduct
from pos.gateways.paystack import Paystack, PaystackAccount
from pos.gateways.reasons import Reason
from pos.gateways.sandbox import Sandbox
from tests.factories.gateways import PAYERS, airtel, fake_line, mtn, payment_gateway, paystack, vtpass
from tests.fakes.clock import FakeClock

NAMES = ("mtn", "airtel_v1", "airtel", "paystack")
every_provider = pytest.mark.parametrize("name", NAMES)
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def line(clock: FakeClock) -> Line:
    return fake_line(clock)


def request_for(gateway: PaymentGateway, name: str, **changes: object) -> PaymentRequest:
    (currency,) = gateway.profile.currencies
    reference = gateway.reference_for(version_7(uuid4().int), datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
    values: dict[str, object] = {"amount_minor": 5000, "currency": currency, "pay_by": PAYERS[name]}
    return PaymentRequest(reference, **{**values, **changes})  # type: ignore[arg-type]


def version_7(number: int) -> UUID:
    return UUID(int=number & ~(0xF << 76) & ~(0x3 << 62) | 7 << 76 | 2 << 62)


def paid(gateway: PaymentGateway, name: str, sandbox: Sandbox) -> PaymentRequest:
    request = request_for(gateway, name)
    assert gateway.request_payment(request).outcome is Outcome.SENT
    for _ in range(10):
        sandbox.advance(10)
        if gateway.ask_payment(request.reference).outcome is Outcome.SUCCEEDED:
            return request
    raise AssertionError("The sandbox did not pay.")


@every_provider
def test_payment_is_sent_then_paid_with_what_was_asked(name: str, sandbox: Sandbox, line: Line) -> None:
    gateway = payment_gateway(name, sandbox.base_url, line)

    request = paid(gateway, name, sandbox)
    answer = gateway.ask_payment(request.reference)

    assert answer.is_final
    assert answer.reason is Reason.PAID
    assert answer.amount_minor in (5000, None)
    assert answer.reference == request.reference
    assert answer.provider_reference
    assert answer.raw.http_status == 200
    assert request.reference in answer.raw.body or name == "mtn"


@every_provider
def test_payment_sent_twice_is_called_a_duplicate_and_nothing_else(
    name: str, sandbox: Sandbox, line: Line
) -> None:
    gateway = payment_gateway(name, sandbox.base_url, line)
    request = request_for(gateway, name)
    gateway.request_payment(request)

    again = gateway.request_payment(request)

    assert (again.outcome, again.reason, again.is_silent) == (Outcome.UNKNOWN, Reason.DUPLICATE, False)


@every_provider
def test_reference_never_sent_is_not_found(name: str, sandbox: Sandbox, line: Line) -> None:
    gateway = payment_gateway(name, sandbox.base_url, line)

    answer = gateway.ask_payment(request_for(gateway, name).reference)

    assert (answer.outcome, answer.reason) == (Outcome.NOT_FOUND, Reason.NOT_FOUND)


@every_provider
def test_provider_that_cannot_be_reached_got_nothing(name: str, line: Line) -> None:
    gateway = payment_gateway(name, NOWHERE, line)

    answer = gateway.request_payment(request_for(gateway, name))

    assert (answer.outcome, answer.reason) == (Outcome.NOT_SENT, Reason.NO_CONNECTION)
    with pytest.raises(Unavailable) as caught:
        gateway.balance()
    assert caught.value.code == "provider.unreachable"


@every_provider
def test_breaker_opens_by_itself_and_says_so(name: str, line: Line) -> None:
    gateway = payment_gateway(name, NOWHERE, line)
    for _ in range(6):
        answer = gateway.ask_payment("ref-1")

    assert (answer.outcome, answer.reason) == (Outcome.NOT_SENT, Reason.BREAKER_OPEN)
    assert answer.ask_after is not None
    assert gateway.breaker.circuit is Circuit.OPEN  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["mtn", "paystack"])
def test_refund_is_asked_about_until_it_is_done(name: str, sandbox: Sandbox, line: Line) -> None:
    gateway = payment_gateway(name, sandbox.base_url, line)
    request = paid(gateway, name, sandbox)
    provider_reference = gateway.ask_payment(request.reference).provider_reference
    refund = RefundRequest(
        request_for(gateway, name).reference, request.reference, provider_reference, 5000, request.currency
    )

    first = gateway.refund(refund)
    sandbox.advance(60)
    asked = gateway.ask_refund(refund)
    again = gateway.refund(refund)

    assert (first.outcome, asked.outcome) == (Outcome.SENT, Outcome.SUCCEEDED)
    assert again.outcome in (Outcome.UNKNOWN, Outcome.SUCCEEDED)
    assert len([one for one in sandbox.core.book.newest_first() if one.kind == "refund"]) == 1


@pytest.mark.parametrize("name", ["mtn", "paystack"])
def test_refund_never_sent_is_not_found(name: str, sandbox: Sandbox, line: Line) -> None:
    gateway = payment_gateway(name, sandbox.base_url, line)
    request = paid(gateway, name, sandbox)
    refund = RefundRequest(
        request_for(gateway, name).reference, request.reference, "", 5000, request.currency
    )

    assert gateway.ask_refund(refund).outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize("name", ["airtel_v1", "airtel"])
def test_airtel_says_at_once_that_it_refunded_and_nothing_when_asked_later(
    name: str, sandbox: Sandbox, line: Line
) -> None:
    gateway = payment_gateway(name, sandbox.base_url, line)
    request = paid(gateway, name, sandbox)
    refund = RefundRequest("r", request.reference, "", 5000, request.currency)

    asked = gateway.ask_refund(refund)

    assert (asked.outcome, asked.reason) == (Outcome.UNKNOWN, Reason.AMBIGUOUS)
    assert gateway.refund(refund).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("name", ["mtn", "airtel_v1", "airtel"])
def test_balance_and_payer_are_read(name: str, sandbox: Sandbox, line: Line, clock: FakeClock) -> None:
    gateway = payment_gateway(name, sandbox.base_url, line)

    balance = gateway.balance()
    payer = gateway.verify_payer(getattr(PAYERS[name], "phone"))  # noqa: B009 - of a union

    assert balance.amount_minor > 0
    assert (balance.currency,) == tuple(gateway.profile.currencies)
    assert balance.at == clock.now()
    assert payer.is_active
    assert payer.name


@every_provider
def test_request_that_does_not_fit_is_refused_before_it_leaves(name: str, line: Line) -> None:
    gateway = payment_gateway(name, NOWHERE, line)
    wrongs = {
        "provider.currency": {"currency": "JPY"},
        "provider.amount": {"amount_minor": 0},
        "provider.country": {"pay_by": ByPhone("+46733123450", "mtn")},
    }
    if name != "paystack":
        wrongs["provider.means"] = {"pay_by": ByCard("4084084084084081", "408", "12", "2030")}
    for code, changes in wrongs.items():
        with pytest.raises(UserError) as caught:
            gateway.request_payment(request_for(gateway, name, **changes))
        assert caught.value.code == code


@every_provider
def test_step_that_the_provider_does_not_have_is_refused(name: str, line: Line) -> None:
    gateway = payment_gateway(name, NOWHERE, line)

    with pytest.raises(UserError) as caught:
        gateway.continue_payment("ref-1", StepInput(StepKind.OPEN_LINK, ""))
    assert caught.value.code == "provider.not_offered"


def test_profile_says_where_a_provider_can_be_offered(line: Line) -> None:
    rwanda, everywhere = mtn(NOWHERE, line).profile, mtn(NOWHERE, line, environment="sandbox").profile
    link = paystack(NOWHERE, line).profile

    assert rwanda.fits("RW", "RWF")
    assert not rwanda.fits("UG", "UGX")
    assert not rwanda.fits("UG", "RWF")
    assert everywhere.fits("SE", "EUR")
    assert (rwanda.shows_link, link.shows_link) == (False, True)
    assert airtel(NOWHERE, line).profile.tender == "airtel"
    assert Means.PHONE not in paystack(NOWHERE, line, "NGN").profile.means
    assert paystack(NOWHERE, line).limits("GHS").least_minor == 10
    assert mtn(NOWHERE, line).limits("RWF").least_minor == 1
    assert airtel(NOWHERE, line).limits("UGX").most_minor is None


ids = st.integers(0, 2**128 - 1).map(version_7)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(ids, ids, instants)
def test_reference_is_the_same_for_the_same_payment_and_never_shared(
    first: UUID, second: UUID, at: datetime
) -> None:
    line = fake_line(FakeClock())
    for gateway in (
        mtn(NOWHERE, line),
        airtel(NOWHERE, line),
        paystack(NOWHERE, line),
        vtpass(NOWHERE, line),
    ):
        made = gateway.reference_for(first, at)

        assert made == gateway.reference_for(first, at)
        assert (made == gateway.reference_for(second, at)) == (first == second)
    assert UUID(mtn(NOWHERE, line).reference_for(first, at)).version == 4


@every_provider
def test_logs_name_calls_and_neither_phones_nor_secrets(
    name: str, sandbox: Sandbox, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pos.gateways")
    gateway = payment_gateway(name, sandbox.base_url, line)
    request = paid(gateway, name, sandbox)
    if name != "paystack":
        gateway.verify_payer(getattr(PAYERS[name], "phone"))  # noqa: B009 - of a union

    said = "\n".join(record.getMessage() for record in caplog.records if record.name == "pos.gateways.http")
    phone = str(getattr(PAYERS[name], "phone"))  # noqa: B009 - of a union
    assert said.count(" after ") >= 2
    for hidden in (phone[-9:], request.reference, "sk_test", "5a4db0c5"):
        assert hidden not in said
    assert phone not in repr(request)


@every_provider
def test_wrong_credentials_are_named(name: str, sandbox: Sandbox, line: Line) -> None:
    gateway = with_wrong_keys(name, sandbox.base_url, line)

    sent = gateway.request_payment(request_for(gateway, name))
    asked = gateway.ask_payment(request_for(gateway, name).reference)

    assert sent.outcome in (Outcome.NOT_SENT, Outcome.FAILED)
    assert asked.outcome in (Outcome.NOT_SENT, Outcome.UNKNOWN)
    assert sent.reason is asked.reason is Reason.CREDENTIALS
    with pytest.raises(Rejected) as caught:
        gateway.balance()
    assert caught.value.code == "provider.refused"


def with_wrong_keys(name: str, base_url: str, line: Line) -> PaymentGateway:
    """An adapter with credentials that the sandbox refuses."""
    if name == "mtn":
        keys = MtnProduct("wrong", "6f0e9a52-0000-4000-8000-00000000a001", "wrong")
        return MtnMomo(MtnAccount(f"{base_url}/mtn", "mtnrwanda", keys), line)
    if name == "paystack":
        return Paystack(PaystackAccount(f"{base_url}/paystack", "wrong", "GHS", "shop@example.com"), line)
    version = ApiVersion.V1 if name == "airtel_v1" else ApiVersion.V2
    return AirtelMoney(AirtelAccount(f"{base_url}/airtel", "wrong", "wrong", "UG", "UGX", version), line)
