"""Bearer tokens: fetched when needed, renewed early, and renewed once more when the provider refuses one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from pos.gateways.breaker import Clock
from pos.gateways.http import Call, HttpClient, Result

_UNAUTHORISED = 401
_EARLY_S = 20


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token and how long it holds, in seconds from when it was asked for."""

    value: str = field(repr=False)
    holds_s: int


@dataclass(frozen=True, slots=True)
class NoBearer:
    """No token could be had, so the call itself never left; `result` is what the token call gave."""

    result: Result


Fetch: TypeAlias = Callable[[], Bearer | Result]


class Bearers:
    """Keeps the token of one product of a provider; threads that need one at once share one call.

    They share its failure too: where a provider hangs, each waiting for its turn would wait for hours.
    """

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._bearer: Bearer | None = None
        self._ends_ms = 0
        self._fetches = 0
        self._failed: Result | None = None

    def get(self, refused: str = "") -> Bearer | NoBearer:
        """Give a token that is not the refused one."""
        fetches_before = self._fetches
        with self._lock:
            kept = self._bearer
            if kept is not None and kept.value != refused and self._clock.running_ms() < self._ends_ms:
                return kept
            if self._failed is not None and self._fetches != fetches_before:
                return NoBearer(self._failed)
            asked_ms = self._clock.running_ms()
            fetched = self._fetch()
            self._fetches += 1
            self._failed = None if isinstance(fetched, Bearer) else fetched
            if not isinstance(fetched, Bearer):
                self._bearer = None
                return NoBearer(fetched)
            self._bearer = fetched
            self._ends_ms = asked_ms + max(fetched.holds_s - _EARLY_S, fetched.holds_s // 2) * 1000
            return fetched


def call_with_bearer(http: HttpClient, bearers: Bearers, call: Call) -> Result | NoBearer:
    """Make a call with a token; where it is refused, renew the token and repeat the same call, once."""
    bearer = bearers.get()
    if isinstance(bearer, NoBearer):
        return bearer
    result = http.call(_with(call, bearer))
    if getattr(result, "status", None) != _UNAUTHORISED:
        return result
    renewed = bearers.get(refused=bearer.value)
    return result if isinstance(renewed, NoBearer) else http.call(_with(call, renewed))


def _with(call: Call, bearer: Bearer) -> Call:
    return replace(call, headers={**call.headers, "Authorization": f"Bearer {bearer.value}"})
