"""Limits on how often somebody may ask: a bucket per user, address or till, in this process.

A bucket fills evenly; a quiet client may empty it at once. With n worker processes a client whose requests
reach all of them may get up to n times the limit. What must hold for all workers together is counted in the
database: how often an address signs in (`central.services.sign_in_limit`), and wrong passwords and second
factors (`central.services.login_guard`).
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from central.errors import Problem
from central.settings import Rate, Rates

KEYS_MAX = 50_000
_IPV6_PREFIX = 64


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is left of a bucket after one request."""

    rate: Rate
    remaining: int
    full_in_s: int
    next_in_s: int
    is_allowed: bool

    def headers(self) -> dict[str, str]:
        """Return the header fields that tell a client where it stands."""
        shown = {
            "RateLimit-Limit": str(self.rate.requests),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.full_in_s),
            "RateLimit-Policy": f"{self.rate.requests};w={self.rate.seconds}",
        }
        return shown if self.is_allowed else shown | {"Retry-After": str(self.next_in_s)}


def count_one(rate: Rate, *, full_at_s: float, now_s: float) -> tuple[float, Verdict]:
    """Count one request; return when the bucket, full at `full_at_s` before, is full again, and what is left.

    A clock that was set back makes nobody wait longer than one whole bucket.
    """
    step = rate.seconds / rate.requests
    full_at_s = min(max(now_s, full_at_s), now_s + rate.seconds)
    is_allowed = full_at_s + step - now_s <= rate.seconds + 1e-6
    full_at_s += step if is_allowed else 0.0
    used_s = full_at_s - now_s
    return full_at_s, Verdict(
        rate,
        remaining=max(0, int((rate.seconds - used_s) / step + 1e-6)),
        full_in_s=math.ceil(used_s),
        next_in_s=max(1, math.ceil(used_s + step - rate.seconds)),
        is_allowed=is_allowed,
    )


class Limiter:
    """The buckets of one process; the ones not used for longest are forgotten first."""

    def __init__(self, rates: Rates, running_s: Callable[[], float] = time.monotonic) -> None:
        self._rates = rates
        self._running_s = running_s
        self._lock = threading.Lock()
        # Per key the running time at which its bucket would be full (or was).
        self._full_at: OrderedDict[tuple[str, str], float] = OrderedDict()

    def take(self, kind: str, key: str) -> Verdict:
        """Count one request of a key; `kind` is the name of a limit in `Rates`."""
        rate: Rate = getattr(self._rates, kind)
        with self._lock:
            now = self._running_s()
            before = self._full_at.pop((kind, key), now)
            self._full_at[(kind, key)], verdict = count_one(rate, full_at_s=before, now_s=now)
            if len(self._full_at) > KEYS_MAX:
                self._full_at.popitem(last=False)
        return verdict


def address_of(request: Request) -> str:
    """Return where a request came from (behind a trusted proxy: what the proxy says)."""
    return request.client.host if request.client else "unknown"


def network_of(address: str) -> str:
    """Return what an address is counted as: whoever has one of IPv6 has all of its /64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found), _IPV6_PREFIX), strict=False))


def charge(request: Request, kind: str, key: str) -> None:
    """Count a request; the answer will say what is left. Raises Problem 429 `limit.requests`."""
    verdict: Verdict = request.app.state.limiter.take(kind, key)
    request.state.verdict = verdict
    if not verdict.is_allowed:
        raise too_many(verdict)


def too_many(verdict: Verdict) -> Problem:
    """Return the refusal of a client that asks too often."""
    return Problem(
        "limit.requests",
        f"Too many requests. Try again in {verdict.next_in_s} s.",
        status=429,
        headers=verdict.headers(),
    )
