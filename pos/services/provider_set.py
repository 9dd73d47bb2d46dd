"""The providers that are set up: made from settings and credentials, kept while neither changes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pos.config import (
    AIRTEL_URL,
    AIRTEL_VERSION,
    MTN_ENVIRONMENT,
    MTN_URL,
    PAYMENT_MODE,
    PAYMENT_PROVIDERS,
    PAYMENT_STAGE,
    PAYSTACK_EMAIL,
    PAYSTACK_URL,
    PROVIDERS,
    SANDBOX_URL,
)
from pos.errors import UserError
from pos.gateways.base import PaymentGateway
from pos.gateways.breaker import BreakerState
from pos.gateways.factory import SANDBOX_PATHS, Account, make_gateway, sandbox_credentials
from pos.gateways.http import Line
from pos.services.settings import SettingValues
from pos.system.secrets import SecretStore

SANDBOX_EMAIL = "till@example.com"


def secret_name(provider: str) -> str:
    """Return the name under which a provider's credentials are kept (docs/formats.md §15)."""
    return f"provider:{provider}"


@dataclass(frozen=True, slots=True)
class SalesPlace:
    """Where the till sells, and whether its tokens are worth something."""

    country: str
    currency: str
    is_pretend: bool
    """A demo's or training's: no real money may come in, and no real token may go out for play money."""


class ProviderSet:
    """Gives the gateways by code. One lives as long as its settings: it keeps connection and breaker."""

    def __init__(
        self,
        place: SalesPlace,
        line: Line,
        *,
        values: Callable[[], SettingValues],
        secrets: SecretStore | None,
        sandbox_url: Callable[[], str],
        proxies: Callable[[], Mapping[str, PaymentGateway]],
    ) -> None:
        """Wire the parts; `sandbox_url` starts the sandbox inside this program when it is first asked."""
        self._place = place
        self._line = line
        self._values = values
        self._secrets = secrets
        self._sandbox_url = sandbox_url
        self._proxies = proxies
        self._lock = threading.Lock()
        self._made: dict[str, tuple[str, PaymentGateway]] = {}

    def gateways(self) -> Mapping[str, PaymentGateway]:
        """Return the providers that are switched on and have credentials; none in a mix with play money."""
        values = self._values()
        if values[PAYMENT_MODE] == "central":
            chosen = values[PAYMENT_PROVIDERS]
            return {code: one for code, one in self._proxies().items() if code in chosen}
        if self.clash(values) is not None:
            return {}
        found = {}
        with self._lock:
            for code in values[PAYMENT_PROVIDERS]:
                gateway = self._gateway(code, values)
                if gateway is not None:
                    found[code] = gateway
        return found

    def offered(self) -> Mapping[str, PaymentGateway]:
        """Return those that fit the country and currency of this sales point."""
        return {
            code: one
            for code, one in self.gateways().items()
            if one.profile.fits(self._place.country, self._place.currency)
        }

    def clash(self, values: SettingValues) -> UserError | None:
        """Return what refuses a mix of real and play money, None where there is none."""
        is_live = values[PAYMENT_STAGE] == "live"
        if is_live and self._place.is_pretend:
            return UserError(
                "provider.live_in_demo", "Tokens made here are worth nothing: no real money may be taken."
            )
        if not is_live and not self._place.is_pretend:
            return UserError(
                "provider.sandbox_in_live",
                "This till makes real tokens: payments of the sandbox are not taken. Set payments to live.",
            )
        return None

    def make(self, code: str, credentials: Mapping[str, str]) -> PaymentGateway:
        """Make a gateway with credentials that are not stored, to try them.

        Raises:
            UserError: `provider.unknown`, `provider.credentials`, `provider.environment`, `provider.url`,
                `provider.email`.
        """
        if code not in PROVIDERS:
            raise UserError("provider.unknown", f"There is no provider {code[:40]!r}.")
        return make_gateway(code, self._account(code, self._values(), credentials), self._line)

    def breakers(self) -> Mapping[str, BreakerState]:
        """Return how the line to each provider is, as far as it was used."""
        with self._lock:
            made = {code: gateway for code, (_, gateway) in self._made.items()}
        states = {code: getattr(gateway, "breaker", None) for code, gateway in made.items()}
        return {code: state for code, state in states.items() if isinstance(state, BreakerState)}

    def credentials(self, code: str) -> Mapping[str, str] | None:
        """Return what is stored for a provider; in a sandbox of this program its published ones."""
        return self._credentials(code, self._values())

    def _credentials(self, code: str, values: SettingValues) -> Mapping[str, str] | None:
        stored = None if self._secrets is None else self._secrets.get(secret_name(code))
        if stored is not None:
            found: dict[str, str] = json.loads(stored.reveal())
            return found
        if values[PAYMENT_STAGE] == "sandbox" and self._place.is_pretend:
            return sandbox_credentials()[code]
        return None

    def _gateway(self, code: str, values: SettingValues) -> PaymentGateway | None:
        credentials = self._credentials(code, values)
        if credentials is None:
            return None
        print_of = json.dumps([sorted(credentials.items()), self._address(code, values), _variants(values)])
        known = self._made.get(code)
        if known is not None and known[0] == print_of:
            return known[1]
        try:
            gateway = make_gateway(code, self._account(code, values, credentials), self._line)
        except UserError:
            # A provider that has no accounts in this currency, or a damaged address: it is not offered.
            return None
        self._made[code] = (print_of, gateway)
        return gateway

    def _address(self, code: str, values: SettingValues) -> str:
        if values[PAYMENT_STAGE] == "sandbox":
            return f"{(values[SANDBOX_URL] or self._sandbox_url()).rstrip('/')}{SANDBOX_PATHS[code]}"
        by_code = {"mtn_momo": MTN_URL, "airtel_money": AIRTEL_URL, "paystack": PAYSTACK_URL}
        return values[by_code[code]]

    def _account(self, code: str, values: SettingValues, given: Mapping[str, str]) -> Account:
        is_sandbox = values[PAYMENT_STAGE] == "sandbox"
        return Account(
            url=self._address(code, values),
            country=self._place.country,
            currency=self._place.currency,
            credentials=given,
            environment=values[MTN_ENVIRONMENT],
            version=values[AIRTEL_VERSION],
            email=values[PAYSTACK_EMAIL] or (SANDBOX_EMAIL if is_sandbox else ""),
        )


def _variants(values: SettingValues) -> list[Any]:
    return [values[MTN_ENVIRONMENT], values[AIRTEL_VERSION], values[PAYSTACK_EMAIL], values[PAYMENT_STAGE]]
