"""Providers from settings and credentials: who is offered, what is shown, and no mix with play money."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pos.config import (
    MTN_URL,
    PAYMENT_MODE,
    PAYMENT_PROVIDERS,
    PAYMENT_STAGE,
    PAYSTACK_EMAIL,
    PROVIDER_LOW_MINOR,
    Setting,
)
from pos.domain.permissions import Actor, Role
from pos.errors import KilotillError, UserError
from pos.gateways.base import PaymentGateway
from pos.gateways.factory import sandbox_credentials
from pos.gateways.http import Line, Pauses
from pos.gateways.sandbox import Sandbox
from pos.services.provider_accounts import ProviderAccounts, shown
from pos.services.provider_set import ProviderSet, SalesPlace
from pos.services.settings import SettingValues
from tests.factories.payments import Counter, make_counter
from tests.fakes.provider import ScriptedProvider
from tests.fakes.secret_store import MemorySecretStore


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=3) as running:
        yield running


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return make_counter(tmp_path)


class Desk:
    """A provider set over settings that a test changes."""

    def __init__(self, counter: Counter, url: str, *, place: SalesPlace) -> None:
        self.texts: dict[str, str] = {}
        self.secrets = MemorySecretStore()
        self.proxies: dict[str, PaymentGateway] = {}
        self.started = 0
        self.read = 0
        self.providers = ProviderSet(
            place,
            Line(counter.shop.clock, Pauses(connect_s=2, read_s=5)),
            values=self.values,
            secrets=self.secrets,
            sandbox_url=lambda: self.start(url),
            proxies=lambda: self.proxies,
        )
        self.accounts = ProviderAccounts(
            counter.shop.units,
            counter.shop.book,
            self.providers,
            clock=counter.shop.clock,
            secrets=self.secrets,
            values=self.values,
        )

    def values(self) -> SettingValues:
        self.read += 1
        return SettingValues(self.texts)

    def start(self, url: str) -> str:
        self.started += 1
        return url

    def change(self, setting: Setting[Any], value: object) -> None:
        self.texts[setting.key] = setting.write(value)


def make_desk(
    counter: Counter, sandbox: Sandbox, *, country: str = "RW", currency: str = "RWF", pretend: str = "yes"
) -> Desk:
    place = SalesPlace(country, currency, is_pretend=pretend == "yes")
    return Desk(counter, sandbox.base_url, place=place)


def administrator(counter: Counter) -> Actor:
    with counter.shop.units.read() as connection:
        key, name = connection.exec_driver_sql("SELECT key, name FROM operator WHERE role = 'A'").one()
    return Actor(counter.shop.supervisor.id, key, name, Role.ADMINISTRATOR)


def code_of(error: pytest.ExceptionInfo[KilotillError]) -> str:
    return error.value.code


@pytest.mark.parametrize(
    ("country", "currency", "offered"),
    [
        ("RW", "RWF", {"mtn_momo", "airtel_money"}),
        ("UG", "UGX", {"mtn_momo", "airtel_money"}),
        ("GH", "GHS", {"mtn_momo", "paystack"}),
        ("KE", "KES", {"airtel_money", "paystack"}),
        ("NG", "NGN", {"mtn_momo", "airtel_money", "paystack"}),
        ("BI", "BIF", set()),
    ],
)
def test_offers_when_the_shop_stands_somewhere_are_those_that_fit(
    counter: Counter, sandbox: Sandbox, country: str, currency: str, offered: set[str]
) -> None:
    desk = make_desk(counter, sandbox, country=country, currency=currency)

    assert set(desk.providers.offered()) == offered


def test_gateways_when_nothing_changes_stay_the_same_objects(counter: Counter, sandbox: Sandbox) -> None:
    desk = make_desk(counter, sandbox)
    first = desk.providers.gateways()["mtn_momo"]
    assert desk.providers.gateways()["mtn_momo"] is first
    desk.change(PAYMENT_PROVIDERS, ("airtel_money",))
    assert set(desk.providers.gateways()) == {"airtel_money"}
    desk.change(PAYMENT_PROVIDERS, ())
    assert desk.providers.gateways() == {}


def test_gateways_when_play_money_meets_real_tokens_are_none(counter: Counter, sandbox: Sandbox) -> None:
    live = make_desk(counter, sandbox, pretend="no")
    assert live.providers.gateways() == {}
    with pytest.raises(UserError) as caught:
        live.accounts.test(administrator(counter), "mtn_momo")
    assert code_of(caught) == "provider.sandbox_in_live"

    demo = make_desk(counter, sandbox)
    demo.change(PAYMENT_STAGE, "live")
    assert demo.providers.gateways() == {}
    with pytest.raises(UserError) as caught:
        demo.accounts.test(administrator(counter), "mtn_momo")
    assert code_of(caught) == "provider.live_in_demo"


def test_gateways_when_live_need_the_shops_own_credentials(counter: Counter, sandbox: Sandbox) -> None:
    desk = make_desk(counter, sandbox, country="GH", currency="GHS", pretend="no")
    desk.change(PAYMENT_STAGE, "live")
    assert desk.providers.gateways() == {}
    desk.accounts.set_credentials(administrator(counter), "paystack", {"secret_key": "sk_live_0001"})
    assert desk.providers.gateways() == {}
    with pytest.raises(UserError) as caught:
        desk.providers.make("paystack", {"secret_key": "sk_live_0001"})
    assert code_of(caught) == "provider.email"
    desk.change(PAYSTACK_EMAIL, "shop@example.com")

    assert set(desk.providers.gateways()) == {"paystack"}
    assert desk.started == 0


def test_gateways_when_central_are_those_of_head_office(counter: Counter, sandbox: Sandbox) -> None:
    desk = make_desk(counter, sandbox, pretend="no")
    proxy = ScriptedProvider(counter.shop.clock)
    desk.proxies = {"mtn_momo": proxy, "vtpass": proxy}
    desk.change(PAYMENT_MODE, "central")

    assert desk.providers.gateways() == {"mtn_momo": proxy}


@pytest.mark.parametrize(
    ("provider", "given", "code"),
    [
        ("mtn_momo", {"user_id": "x"}, "provider.credentials"),
        ("airtel_money", {"client_id": "x", "client_secret": "y", "pin": "1"}, "provider.credentials"),
        ("paystack", {"secret_key": "sk_live_ключ"}, "provider.credentials"),
        ("paystack", {"secret_key": "sk_live_1\nsk_live_2"}, "provider.credentials"),
        ("mtn_momo", {"subscription_key": "…123", "user_id": "u", "api_key": "k"}, "provider.credentials"),
        ("mpesa", {"key": "x"}, "provider.unknown"),
    ],
)
def test_credentials_when_not_whole_are_refused(
    counter: Counter, sandbox: Sandbox, provider: str, given: dict[str, str], code: str
) -> None:
    desk = make_desk(counter, sandbox)
    with pytest.raises(UserError) as caught:
        desk.accounts.set_credentials(administrator(counter), provider, given)
    assert code_of(caught) == code
    with pytest.raises(UserError) as caught:
        desk.providers.make(provider, given)
    assert code_of(caught) == code


def test_credentials_when_a_cashier_types_them_are_refused(counter: Counter, sandbox: Sandbox) -> None:
    desk = make_desk(counter, sandbox)
    with pytest.raises(UserError) as caught:
        desk.accounts.set_credentials(counter.shop.cashier, "paystack", {"secret_key": "x"})
    assert code_of(caught) == "permission.denied"


def test_status_when_asked_shows_the_last_characters_and_never_an_invented_balance(
    counter: Counter, sandbox: Sandbox
) -> None:
    desk, person = make_desk(counter, sandbox), administrator(counter)
    (before, _, _) = desk.accounts.statuses(person)
    assert (before.is_offered, before.balance, before.balance_age) == (True, None, None)

    desk.accounts.test(person, "mtn_momo", sandbox_credentials()["mtn_momo"])
    assert desk.accounts.statuses(person)[0].balance is None
    desk.accounts.refresh("mtn_momo")
    counter.shop.clock.pass_time(minutes=7)
    (after, _, _) = desk.accounts.statuses(person)

    assert after.balance is not None and after.balance_age is not None
    assert after.balance_age.total_seconds() >= 0
    assert not after.is_low
    assert all(text.startswith("…") and len(text) <= 5 for text in after.credentials.values())
    desk.change(PROVIDER_LOW_MINOR, 10**12)
    assert desk.accounts.statuses(person)[0].is_low
    counter.check_books()


def test_status_when_the_provider_is_away_keeps_the_last_balance_with_its_age(
    counter: Counter, sandbox: Sandbox
) -> None:
    desk, person = make_desk(counter, sandbox, pretend="no"), administrator(counter)
    desk.change(PAYMENT_STAGE, "live")
    # Nobody listens on this port of this machine.
    desk.change(MTN_URL, "http://127.0.0.1:9")
    desk.accounts.set_credentials(person, "mtn_momo", sandbox_credentials()["mtn_momo"])
    desk.accounts.refresh_due()

    (status, _, _) = desk.accounts.statuses(person)
    assert (status.balance, status.trouble) == (None, "provider.unreachable")


def test_payer_when_asked_for_is_named(counter: Counter, sandbox: Sandbox) -> None:
    desk = make_desk(counter, sandbox)
    found = desk.accounts.payer(counter.shop.cashier, "mtn_momo", "+250788123488")
    assert found.is_active
    with pytest.raises(UserError) as caught:
        desk.accounts.payer(counter.shop.cashier, "mtn_momo", "+256752604399")
    assert code_of(caught) == "provider.country"
    with pytest.raises(UserError) as caught:
        desk.accounts.payer(counter.shop.cashier, "paystack", "+250788123488")
    assert code_of(caught) == "provider.not_set_up"


def test_shown_when_a_secret_is_short_shows_nothing_of_it() -> None:
    assert (shown("abcdefgh"), shown("abcdefghijklmnop")) == ("…", "…mnop")


def test_gateways_of_all_providers_read_the_settings_once(counter: Counter, sandbox: Sandbox) -> None:
    desk = make_desk(counter, sandbox)

    found = desk.providers.gateways()

    assert len(found) > 1
    assert desk.read == 1
