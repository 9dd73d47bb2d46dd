"""Makes the gateway of a provider from plain values: the till from its settings, the server from its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from pos.errors import UserError
from pos.gateways.airtel_money import AirtelAccount, AirtelMoney, ApiVersion
from pos.gateways.base import PaymentGateway
from pos.gateways.http import Line
from pos.gateways.mtn_momo import MtnAccount, MtnMomo, MtnProduct
from pos.gateways.mtn_words import ENVIRONMENTS
from pos.gateways.paystack import Paystack, PaystackAccount

FIELDS: Mapping[str, tuple[str, ...]] = {
    "mtn_momo": (
        "subscription_key",
        "user_id",
        "api_key",
        "refund_subscription_key",
        "refund_user_id",
        "refund_api_key",
    ),
    "airtel_money": ("client_id", "client_secret"),
    "paystack": ("secret_key",),
}
"""What a shop is given by each provider; those of refunds may be left out."""

OPTIONAL = frozenset({"refund_subscription_key", "refund_user_id", "refund_api_key"})

SANDBOX_PATHS = {"mtn_momo": "/mtn", "airtel_money": "/airtel", "paystack": "/paystack"}
"""Where the program's own sandbox has each provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where and as whom somebody speaks to a provider.

    `environment` is MTN's; empty: the one of country and currency. `email` is Paystack's.
    """

    url: str
    country: str
    currency: str
    credentials: Mapping[str, str] = field(repr=False)
    environment: str = ""
    version: str = "v2"
    email: str = ""
    callback_url: str = ""


def make_gateway(code: str, account: Account, line: Line) -> PaymentGateway:
    """Make the gateway of a provider.

    Raises:
        UserError: `provider.unknown`, `provider.credentials`, `provider.email`, `provider.environment`,
            `provider.url`.
    """
    if code not in FIELDS:
        raise UserError("provider.unknown", f"There is no provider {code[:40]!r}.")
    check_credentials(code, account.credentials)
    if code == "mtn_momo":
        return MtnMomo(_mtn(account), line)
    if code == "airtel_money":
        given = account.credentials
        place = (account.country, account.currency)
        version = ApiVersion(account.version)
        return AirtelMoney(
            AirtelAccount(account.url, given["client_id"], given["client_secret"], *place, version), line
        )
    return Paystack(_paystack(account), line)


def check_credentials(code: str, given: Mapping[str, str]) -> None:
    """Refuse credentials that lack something or cannot be sent. Raises UserError `provider.credentials`."""
    needed = [name for name in FIELDS[code] if name not in OPTIONAL]
    unknown = set(given) - set(FIELDS[code])
    if unknown or not all(given.get(name, "").strip() for name in needed):
        raise UserError("provider.credentials", f"Give {', '.join(needed)} of this provider, nothing else.")
    odd = next((name for name, value in given.items() if not _is_plain(value)), "")
    if odd:
        # A header cannot carry it, and the error of the library would show it.
        raise UserError("provider.credentials", f"{odd} has a character that is in no key. Copy it anew.")


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value


def reference_of(code: str, payment_id: UUID) -> str:
    """Make the reference of a payment without its gateway, as that would make it."""
    if code == "mtn_momo":
        return str(UUID(int=payment_id.int & ~(0xF << 76) | 4 << 76))
    return str(payment_id)


def sandbox_credentials() -> Mapping[str, Mapping[str, str]]:
    """Return what the program's own sandbox takes: published, and good for nothing else."""
    # Only where it is needed: a real shop never loads the sandbox.
    from pos.gateways.sandbox import credentials as published

    keys = published.MTN_SUBSCRIPTION_KEYS
    return {
        "mtn_momo": {
            "subscription_key": keys["collection"][0],
            "user_id": published.MTN_USER,
            "api_key": published.MTN_API_KEY,
            "refund_subscription_key": keys["disbursement"][0],
            "refund_user_id": published.MTN_USER,
            "refund_api_key": published.MTN_API_KEY,
        },
        "airtel_money": {
            "client_id": published.AIRTEL_CLIENT_ID,
            "client_secret": published.AIRTEL_CLIENT_SECRET,
        },
        "paystack": {"secret_key": published.PAYSTACK_SECRET_KEY},
    }


def _mtn(account: Account) -> MtnAccount:
    given, refunds = account.credentials, None
    if all(given.get(name) for name in OPTIONAL):
        refunds = MtnProduct(
            given["refund_subscription_key"], given["refund_user_id"], given["refund_api_key"]
        )
    collection = MtnProduct(given["subscription_key"], given["user_id"], given["api_key"])
    environment = account.environment or _environment_of(account)
    return MtnAccount(account.url, environment, collection, refunds, account.callback_url)


def _environment_of(account: Account) -> str:
    wanted = (account.country, account.currency)
    return next((name for name, found in ENVIRONMENTS.items() if found == wanted), "sandbox")


def _paystack(account: Account) -> PaystackAccount:
    if not account.email:
        raise UserError("provider.email", "Set the e-mail address for Paystack first.")
    return PaystackAccount(
        account.url,
        account.credentials["secret_key"],
        account.currency,
        account.email,
        countries=frozenset({account.country}),
    )
