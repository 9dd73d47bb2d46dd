"""Lists of banks: asked for once a day, the same for a gateway that is made anew, never invented."""

from datetime import timedelta

import pytest

from pos.errors import Unavailable, UserError
from pos.gateways.bank_lists import BANKS_HOLD, BankLists, charges_banks
from pos.gateways.sandbox import Sandbox
from tests.factories.gateways import airtel, fake_line, mtn, paystack
from tests.fakes.clock import FakeClock

NOWHERE = "http://127.0.0.1:9"


def test_list_is_asked_for_once_a_day_and_kept_while_the_provider_is_away(
    sandbox: Sandbox, clock: FakeClock
) -> None:
    lists, here = BankLists(clock), paystack(sandbox.base_url, fake_line(clock), "NGN")
    assert lists.known(here.profile) is None
    first = lists.get(here).value
    # The same shop's gateway with other credentials, and nobody answers it.
    away = paystack(NOWHERE, fake_line(clock), "NGN")

    clock.pass_time(hours=23)
    assert lists.get(away).value is first
    clock.pass_time(hours=2)
    kept = lists.get(away)

    assert (kept.value, kept.trouble is not None) == (first, True)
    assert kept.age(clock.now()) > BANKS_HOLD > timedelta(hours=23)
    assert lists.get(here).value.at > first.at
    assert lists.known(away.profile) == lists.known(here.profile) != first


def test_list_of_another_currency_is_another(sandbox: Sandbox, clock: FakeClock) -> None:
    lists = BankLists(clock)
    lists.get(paystack(sandbox.base_url, fake_line(clock), "NGN"))

    assert lists.known(paystack(sandbox.base_url, fake_line(clock), "GHS").profile) is None


def test_provider_that_never_answered_has_no_list(clock: FakeClock) -> None:
    lists, away = BankLists(clock), paystack(NOWHERE, fake_line(clock), "NGN")

    with pytest.raises(Unavailable):
        lists.get(away)

    assert lists.known(away.profile) is None


def test_providers_of_phones_charge_no_banks(clock: FakeClock) -> None:
    for gateway in (mtn(NOWHERE, fake_line(clock)), airtel(NOWHERE, fake_line(clock))):
        assert not charges_banks(gateway)
        with pytest.raises(UserError) as caught:
            BankLists(clock).get(gateway)
        assert caught.value.code == "provider.not_offered"
