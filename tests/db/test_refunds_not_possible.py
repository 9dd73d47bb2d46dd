"""Refunds that an account cannot make: due again or a person's, and no other payment waits for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.domain.payment_reports import Outcome
from pos.domain.states import PaymentState, SaleState
from pos.gateways.base import PaymentGateway
from pos.gateways.http import Line, Pauses
from pos.gateways.mtn_momo import MtnAccount, MtnMomo, MtnProduct
from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox import credentials as keys
from pos.gateways.sandbox.scenarios import SCENARIOS, Order
from pos.services.payment_views import SaleView
from tests.factories.payments import Counter, airtel, make_counter, momo


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=3) as running:
        yield running


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return make_counter(tmp_path)


def mtn(counter: Counter, sandbox: Sandbox, *, can_refund: bool) -> PaymentGateway:
    collection, disbursement = (
        MtnProduct(keys.MTN_SUBSCRIPTION_KEYS[name][0], keys.MTN_USER, keys.MTN_API_KEY)
        for name in ("collection", "disbursement")
    )
    account = MtnAccount(
        f"{sandbox.base_url}/mtn", "mtnrwanda", collection, disbursement if can_refund else None
    )
    return MtnMomo(account, Line(counter.shop.clock, Pauses(connect_s=2, read_s=5)))


def refund_due(counter: Counter, sandbox: Sandbox) -> SaleView:
    """A split whose first part was paid by the real adapter and whose second was refused."""
    counter.airtel.fate = Outcome.FAILED
    drn = counter.shop.add_meter(1)
    view = counter.begin(drn, momo(3000), airtel())
    for _ in range(4):
        sandbox.advance(5)
        counter.run(seconds=5)
    due = counter.desk.give_up(view.sale_id, counter.shop.supervisor, reason="left")
    assert due.state is SaleState.REFUND_DUE
    return due


def other_sale(counter: Counter) -> SaleView:
    counter.airtel.fate = Outcome.SUCCEEDED
    return counter.begin(counter.shop.add_meter(2), airtel())


def test_refund_when_the_account_makes_none_is_due_again_and_says_why(
    counter: Counter, sandbox: Sandbox
) -> None:
    counter.gateways["mtn_momo"] = mtn(counter, sandbox, can_refund=False)
    due = refund_due(counter, sandbox)

    counter.refunds.make(due.sale_id, counter.shop.supervisor, reason="left")

    after = counter.desk.look(due.sale_id)
    assert (after.state, after.parts[0].state) == (SaleState.REFUND_DUE, PaymentState.SUCCEEDED)
    assert after.parts[0].reason == "set_up"
    counter.cash_refunds.make(due.sale_id, counter.shop.supervisor, reason="left")
    assert counter.desk.look(due.sale_id).state is SaleState.REFUNDED
    counter.check_books()


def test_payments_when_a_refund_cannot_be_asked_about_any_more_go_on(
    counter: Counter, sandbox: Sandbox
) -> None:
    """The keys of refunds were taken away while one was under way."""
    counter.gateways["mtn_momo"] = mtn(counter, sandbox, can_refund=True)
    due = refund_due(counter, sandbox)
    sandbox.core.orders.add(Order(SCENARIOS[6], provider="mtn"))
    counter.refunds.make(due.sale_id, counter.shop.supervisor, reason="left")
    assert counter.desk.look(due.sale_id).parts[0].state is PaymentState.REFUND_PENDING
    counter.gateways["mtn_momo"] = mtn(counter, sandbox, can_refund=False)
    # It has waited longest: it is asked about first.
    counter.shop.clock.pass_time(minutes=1)
    other = other_sale(counter)
    counter.run(seconds=60, times=3)

    assert counter.desk.look(other.sale_id).state is SaleState.DELIVERED
    assert counter.desk.look(due.sale_id).parts[0].state is PaymentState.REFUND_PENDING
    counter.check_books()
