"""Paying through head office: the real till, the real server, the sandbox behind it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Event
from uuid import uuid4

import pytest

from central.services.payment_accounts import PaymentAccounts, ServerAccount, sandbox_accounts
from pos.config import PAYMENT_MODE
from pos.domain.permissions import Role
from pos.domain.states import PaymentState, SaleState
from pos.errors import KilotillError
from pos.gateways.base import Bank, ByCard, ByPhone, PaymentRequest
from pos.gateways.factory import Account
from pos.gateways.http import Line
from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox import credentials as keys
from pos.services.payment_parts import Part
from pos.services.payment_views import SaleView
from pos.services.sale_values import SaleRequest
from pos.services.verify import verify
from tests.server.rig import Server
from tests.server.till_rig import DRNS
from tests.sync.conftest import RealTill

PHONE = "+250788123488"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=5) as running:
        yield running


@pytest.fixture
def till(real_till: RealTill, server: Server, sandbox: Sandbox) -> RealTill:
    """An enrolled till that pays through head office, with an open shift."""
    found = [replace(one, callback_secret="") for one in sandbox_accounts(sandbox.base_url)]
    accounts = PaymentAccounts(found, Line(server.clock))
    office = server.app.state.head_office
    office.payments._accounts = office.webhooks._accounts = accounts
    real_till.enrol()
    real_till.engine.run_once()
    real_till.till.settings.change(
        real_till.people[Role.ADMINISTRATOR], PAYMENT_MODE, value="central", reason="no keys here"
    )
    real_till.till.reload_settings()
    real_till.open_shift()
    return real_till


def begin(till: RealTill, phone: str = PHONE) -> SaleView:
    request = SaleRequest(sale_id=uuid4(), drn=DRNS[0], money_minor=5000, is_another_wanted=True)
    part = Part("momo", pay_by=ByPhone(phone))
    return till.till.payments.desk.begin(request, (part,), till.people[Role.CASHIER])


def run(till: RealTill, server: Server, sandbox: Sandbox, *, seconds: float = 4) -> None:
    server.clock.pass_time(seconds=seconds)
    sandbox.advance(seconds)
    till.till.payments.run_due()


def test_sale_when_paid_through_head_office_is_delivered(
    till: RealTill, server: Server, sandbox: Sandbox
) -> None:
    assert {one.code for one in till.till.payments.offers()} == {"mtn_momo", "airtel_money"}
    view = begin(till)
    assert view.parts[0].state is PaymentState.SENT
    for _ in range(5):
        run(till, server, sandbox)

    assert till.till.payments.desk.look(view.sale_id).state is SaleState.DELIVERED
    assert verify(till.till.units).findings == ()


def test_sale_when_head_office_cannot_be_reached_fails_at_once(till: RealTill) -> None:
    # What it offers is known from before; a new session cannot be opened.
    till.till.payments.offers()
    till.line.is_cut = True
    till.till.payments.providers._proxies()
    client = till.till.payments._proxy_set
    assert client is not None
    client._client().log_out()  # type: ignore[union-attr]
    view = begin(till)

    assert (view.state, view.parts[0].code) == (SaleState.FAILED, "sync.unreachable")


def test_sale_when_the_line_breaks_after_the_request_is_asked_about(
    till: RealTill, server: Server, sandbox: Sandbox
) -> None:
    view = begin(till)
    till.line.is_cut = True
    run(till, server, sandbox)
    assert till.till.payments.desk.look(view.sale_id).parts[0].state in (
        PaymentState.SENT,
        PaymentState.UNKNOWN,
    )
    till.line.is_cut = False
    for _ in range(8):
        run(till, server, sandbox, seconds=12)

    assert till.till.payments.desk.look(view.sale_id).state is SaleState.DELIVERED
    assert verify(till.till.units).findings == ()


class Hanging:
    """Lets calls of a path hang until they are let go, and says whether one had to be given up."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._let_go = Event()
        self._has_come = Event()
        self.was_given_up = False

    def __call__(self, path: str) -> None:
        if self._part in path:
            self._has_come.set()
            self.was_given_up |= not self._let_go.wait(10)

    @contextmanager
    def during(self, work: Callable[[], object]) -> Iterator[None]:
        """Do some work in another thread, which hangs meanwhile."""
        with ThreadPoolExecutor(1) as pool:
            hanging = pool.submit(work)
            assert self._has_come.wait(10)
            try:
                yield
            finally:
                self._let_go.set()
            hanging.result()


def test_sale_when_head_office_hangs_over_another_one_is_begun_meanwhile(
    till: RealTill, server: Server, sandbox: Sandbox
) -> None:
    first = begin(till)
    till.line.before = hanging = Hanging(f"/requests/{first.parts[0].reference}")

    with hanging.during(lambda: run(till, server, sandbox)):
        second = begin(till, "+250788123477")

    assert not hanging.was_given_up
    assert second.parts[0].state is PaymentState.SENT
    for _ in range(5):
        run(till, server, sandbox)
    for view in (first, second):
        assert till.till.payments.desk.look(view.sale_id).state is SaleState.DELIVERED


def test_offers_when_head_office_hangs_over_the_question_what_it_last_offered_is_offered(
    till: RealTill, server: Server
) -> None:
    payments = till.till.payments
    known = payments.offers()
    server.clock.pass_time(minutes=11)
    till.line.before = hanging = Hanging("/v1/payments/providers")

    with hanging.during(payments.offers):
        assert payments.offers() == known

    assert not hanging.was_given_up


def test_hint_when_the_provider_calls_back_reaches_the_till(
    till: RealTill, server: Server, sandbox: Sandbox
) -> None:
    view = begin(till)
    payments = till.till.payments
    assert payments.wait_for_hints() is False
    reference = view.parts[0].reference
    answer = server.client.post(
        "/v1/webhooks/mtn_momo", json={"externalId": reference, "status": "SUCCESSFUL"}
    )
    assert answer.status_code == 200, answer.text

    assert payments.wait_for_hints() is True
    assert payments.desk.next_due_at() is not None
    sandbox.advance(60)
    server.clock.pass_time(seconds=1)
    payments.run_due()
    assert payments.desk.look(view.sale_id).state is SaleState.DELIVERED


def test_hints_when_the_till_pays_directly_are_not_waited_for(real_till: RealTill) -> None:
    with pytest.raises(KilotillError) as caught:
        real_till.till.payments.wait_for_hints()
    assert caught.value.code == "payment.not_central"


def test_card_when_typed_never_goes_through_head_office(till: RealTill) -> None:
    gateway = till.till.payments.gateways()["mtn_momo"]
    card = ByCard("4084084084084081", "408", "12", "2030")
    with pytest.raises(KilotillError) as caught:
        gateway.request_payment(PaymentRequest("r1", 5000, "RWF", card))
    assert caught.value.code == "provider.means"


def test_payer_and_balance_when_asked_come_through_head_office(till: RealTill) -> None:
    accounts, person = till.till.payments.accounts, till.people[Role.ADMINISTRATOR]
    assert accounts.payer(till.people[Role.CASHIER], "mtn_momo", PHONE).is_active
    assert accounts.test(person, "mtn_momo").currency == "RWF"


def test_banks_when_head_office_has_a_list_are_kept_with_the_age_it_has_there(
    till: RealTill, server: Server, sandbox: Sandbox
) -> None:
    account = Account(
        url=f"{sandbox.base_url}/paystack",
        country="NG",
        currency="NGN",
        credentials={"secret_key": keys.PAYSTACK_SECRET_KEY},
        email="shop@example.com",
    )
    accounts = PaymentAccounts([ServerAccount("*", "paystack", account)], Line(server.clock))
    server.app.state.head_office.payments._accounts = accounts
    gateway = till.till.payments.providers._proxies()["paystack"]

    found = gateway.banks()
    asked_at = server.clock.now()
    server.clock.pass_time(hours=3)
    again = gateway.banks()

    assert Bank("057", "Zenith Bank") in found.banks
    assert found == again
    assert abs((found.at - asked_at).total_seconds()) < 1
