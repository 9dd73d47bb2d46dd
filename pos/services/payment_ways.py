"""By which means of a provider a counter lets people pay, and what each of them must be told."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pos.errors import UserError
from pos.gateways.base import ByBank, ByPhone, Means, Profile
from pos.gateways.paystack_words import NETWORK_NAMES, USSD_BANKS

COUNTER_MEANS = (Means.LINK, Means.PHONE, Means.BANK, Means.USSD)
"""Cards are never typed at a counter: their page has the link."""

WHOLE_ACCOUNT_DIGITS = 10
"""So many digits after a bank's code are an account, and not the rest of one that begins like a code."""
_ACCOUNT = re.compile(r"\s*\d[\d ]{4,26}\s*")
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


def read_account(text: str, bank_code: str) -> ByBank | None:
    """Read an account of a bank that was chosen, with or without its code before it; else None."""
    if _ACCOUNT.fullmatch(text):
        whole = read_bank(text)
        if whole is None or len(whole.account_number) < WHOLE_ACCOUNT_DIGITS:
            return ByBank(bank_code, text.replace(" ", ""))
        return whole if whole.bank_code == bank_code else None
    return None


def check_network(by_phone: ByPhone, profile: Profile) -> None:
    """Refuse a phone whose network is not said. Raises UserError `provider.network`."""
    networks = networks_of(profile)
    if networks and by_phone.network not in networks:
        raise UserError("provider.network", f"Choose the network: {', '.join(networks.values())}.")
