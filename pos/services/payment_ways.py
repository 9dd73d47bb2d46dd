"""By which means of a provider a counter lets people pay, and what each of them must be told."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pos.errors import UserError
from pos.gateways.base import ByBank, ByPhone, Means, Profile
from pos.gateways.paystack_words import NETWORK_NAMES, USSD_BANKS

COUNTER_MEANS = (Means.LINK, Means.PHONE, Means.BANK, Means.USSD)
"""Cards are never typed at a counter: their page has the link."""

_BANK = re.compile(r"\s*(\d{3,6})\D+([\d ]{5,20})\s*")


def means_of(profile: Profile) -> tuple[Means, ...]:
    """Return the means a counter offers, the usual one first."""
    return tuple(means for means in COUNTER_MEANS if means in profile.means)


def networks_of(profile: Profile) -> Mapping[str, str]:
    """Return the networks a phone may be of, by their code; none where a provider has only its own."""
    if Means.LINK not in profile.means:
        return {}
    return next((NETWORK_NAMES[one] for one in profile.currencies if one in NETWORK_NAMES), {})


def ussd_banks_of(profile: Profile) -> Mapping[str, str]:
    """Return the banks whose code a payer can dial."""
    return USSD_BANKS if Means.USSD in profile.means else {}


def read_bank(text: str) -> ByBank | None:
    """Read a bank's code and an account as they are typed, `057 0123456789`; None where that is neither."""
    found = _BANK.fullmatch(text)
    if found is None:
        return None
    return ByBank(found[1], found[2].replace(" ", ""))


def check_network(by_phone: ByPhone, profile: Profile) -> None:
    """Refuse a phone whose network is not said. Raises UserError `provider.network`."""
    networks = networks_of(profile)
    if networks and by_phone.network not in networks:
        raise UserError("provider.network", f"Choose the network: {', '.join(networks.values())}.")
