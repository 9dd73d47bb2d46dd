"""The banks whose accounts providers charge, kept with their age so that a counter can choose from them."""

from __future__ import annotations

import threading
from datetime import timedelta

from pos.gateways.base import BankList, Means, PaymentGateway, Profile
from pos.gateways.remembered import Memory, Remembered, TellsTime

BANKS_HOLD = timedelta(days=1)
"""Banks come and go seldom; what is older is asked for anew."""

Key = tuple[str, frozenset[str]]


class BankLists:
    """One list for each provider and its currencies; a gateway that is made anew has the same."""

    def __init__(self, clock: TellsTime) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._memories: dict[Key, Memory[BankList]] = {}
        self._gateways: dict[Key, PaymentGateway] = {}

    def known(self, profile: Profile) -> BankList | None:
        """Return what is known of a provider without asking; None where nothing was ever read."""
        memory = self._memories.get(_key(profile))
        last = None if memory is None else memory.last
        return None if last is None else last.value

    def get(self, gateway: PaymentGateway) -> Remembered[BankList]:
        """Return the list, asked anew where it is old.

        Raises:
            UserError: `provider.not_offered`: it charges no bank accounts, or lists no banks.
            Unavailable: it is away, or being asked by another, and nothing is known.
            Rejected: it refused.
        """
        key = _key(gateway.profile)
        with self._lock:
            self._gateways[key] = gateway
            memory = self._memories.setdefault(
                key, Memory(lambda: self._gateways[key].banks(), clock=self._clock, holds=BANKS_HOLD)
            )
        return memory.get()


def charges_banks(gateway: PaymentGateway) -> bool:
    """Say whether a provider charges bank accounts at all."""
    return Means.BANK in gateway.profile.means


def _key(profile: Profile) -> Key:
    return profile.code, profile.currencies
