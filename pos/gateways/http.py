"""Calls to a provider over HTTP: time-outs, a bound on size, careful repeats, honest words about silence."""

from __future__ import annotations

import email.utils
import ipaddress
import json
import logging
import random
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NoReturn, TypeAlias
from urllib.parse import urlsplit

import requests
import urllib3

from pos.errors import UserError
from pos.gateways.breaker import Breaker, BreakerLimits, Clock
from pos.gateways.reasons import Reason

logger = logging.getLogger(__name__)

BYTES_MAX = 1_000_000
_CHUNK_BYTES = 16_384
_TRANSIENT = frozenset({429, 502, 503, 504})
_RETRY_AFTER_S_MAX = 3_600


@dataclass(frozen=True, slots=True)
class Pauses:
    """Time-outs of one call, and the waits between repeats of a call that may be repeated."""

    connect_s: float = 5
    read_s: float = 30
    total_ms: int = 60_000
    first_wait_s: float = 0.5
    longest_wait_s: float = 5
    idle_ms: int = 45_000
    """A kept connection older than this is not used again: something between may have forgotten it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `name` stands in logs instead of the path, which may hold a number of a person.

    `attempts` above 1 only where the call can be repeated without a second effect.
    """

    name: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever it is; `retry_at` where the provider said when to come again."""

    status: int
    body: bytes = field(repr=False)
    at: datetime
    retry_at: datetime | None = None

    def json(self) -> Any:
        """Give the body as JSON with decimals for numbers with a point; None for what is no JSON."""
        try:
            return json.loads(self.body, parse_float=Decimal, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing came back. `was_sent` is False only when surely not one byte of the request left."""

    reason: Reason
    was_sent: bool
    at: datetime
    retry_at: datetime | None = None


Result: TypeAlias = Reply | Silence


class HttpClient:
    """The way to one provider. Each thread has its own session with kept connections."""

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock,
        breaker: Breaker,
        pauses: Pauses,
        sleep: Callable[[float], None],
        chance: Callable[[], float],
        is_healthy: Callable[[Reply], bool],
    ) -> None:
        """Take `https` only; plain `http` on this machine, for the sandbox.

        Raises:
            UserError: `provider.url`.
        """
        self._base_url, self._is_here = _checked_url(base_url)
        self.breaker = breaker
        self._clock = clock
        self._pauses = pauses
        self._sleep = sleep
        self._chance = chance
        self._is_healthy = is_healthy
        self._kept = threading.local()

    def call(self, call: Call) -> Result:
        """Make a call, and repeat it while that may help and is allowed; never raises for the line."""
        for attempt in range(1, call.attempts + 1):
            result = self._once(call)
            wait_s = self._wait_before_repeat(result, attempt)
            if attempt == call.attempts or wait_s is None:
                break
            self._sleep(wait_s)
        return result

    def _wait_before_repeat(self, result: Result, attempt: int) -> float | None:
        """Give the wait before another try; None where another try is no use now."""
        if isinstance(result, Reply) and result.status not in _TRANSIENT:
            return None
        if isinstance(result, Silence) and result.reason is Reason.BREAKER_OPEN:
            return None
        if result.retry_at is not None:
            asked_s = (result.retry_at - result.at).total_seconds()
            return max(asked_s, 0) if asked_s <= self._pauses.longest_wait_s else None
        longest_s = min(self._pauses.first_wait_s * float(2 ** (attempt - 1)), self._pauses.longest_wait_s)
        return longest_s * (0.5 + self._chance() / 2)

    def _once(self, call: Call) -> Result:
        if not self.breaker.enter():
            at, state = self._clock.now(), self.breaker.state()
            return Silence(Reason.BREAKER_OPEN, was_sent=False, at=at, retry_at=state.retry_at)
        is_well = False
        started_ms = self._clock.running_ms()
        try:
            result = self._exchange(call, started_ms)
            is_well = isinstance(result, Reply) and self._is_healthy(result)
        finally:
            (self.breaker.succeeded if is_well else self.breaker.failed)()
        word = result.status if isinstance(result, Reply) else result.reason.value
        logger.info("%s: %s after %s ms", call.name, word, self._clock.running_ms() - started_ms)
        return result

    def _exchange(self, call: Call, started_ms: int) -> Result:
        try:
            with self._session(started_ms).request(
                call.method,
                self._base_url + call.path,
                headers={"Accept": "*/*", **call.headers},
                data=call.body,
                timeout=(self._pauses.connect_s, self._pauses.read_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = self._read(response, started_ms)
                retry_at = _retry_at(response.headers.get("Retry-After", ""), self._clock.now())
                return Reply(response.status_code, body, self._clock.now(), retry_at)
        except _TooMuchError:
            return Silence(Reason.UNREADABLE, was_sent=True, at=self._clock.now())
        except requests.Timeout as error:
            was_sent = not isinstance(error, requests.ConnectTimeout)
            return Silence(Reason.TIME_OUT, was_sent=was_sent, at=self._clock.now())
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            is_late = isinstance(_cause(error), urllib3.exceptions.ReadTimeoutError)
            reason = Reason.TIME_OUT if is_late else Reason.NO_CONNECTION
            return Silence(reason, was_sent=not _never_left(error), at=self._clock.now())
        except requests.exceptions.ContentDecodingError:
            return Silence(Reason.UNREADABLE, was_sent=True, at=self._clock.now())

    def _read(self, response: requests.Response, started_ms: int) -> bytes:
        """Read a bounded body in bounded time: a trickle of bytes would never run into the read time-out."""
        body = bytearray()
        for chunk in response.iter_content(_CHUNK_BYTES):
            body += chunk
            if len(body) > BYTES_MAX:
                raise _TooMuchError
            if self._clock.running_ms() - started_ms > self._pauses.total_ms:
                raise requests.ReadTimeout("The answer took too long in all.")
        return bytes(body)

    def _session(self, now_ms: int) -> requests.Session:
        kept: requests.Session | None = getattr(self._kept, "session", None)
        if kept is None:
            kept = self._kept.session = requests.Session()
            # A provider's credentials are in the headers; the machine's .netrc must not replace them.
            kept.auth = lambda prepared: prepared
            kept.trust_env = not self._is_here
        elif now_ms - self._kept.used_ms > self._pauses.idle_ms:
            kept.close()
        self._kept.used_ms = now_ms
        kept.cookies.clear()
        return kept


@dataclass(frozen=True, slots=True)
class Line:
    """What every adapter needs to reach its provider; tests drive clock, sleep and chance."""

    clock: Clock
    pauses: Pauses = Pauses()
    breaker_limits: BreakerLimits = field(default_factory=BreakerLimits)
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def client(
        self, base_url: str, is_healthy: Callable[[Reply], bool] = lambda reply: reply.status < 500
    ) -> HttpClient:
        """Make the way to one provider, with its own breaker; `provider.url` for an address without TLS."""
        return HttpClient(
            base_url,
            clock=self.clock,
            breaker=Breaker(self.clock, self.breaker_limits),
            pauses=self.pauses,
            sleep=self.sleep,
            chance=self.chance,
            is_healthy=is_healthy,
        )


class _TooMuchError(Exception):
    """The answer is longer than any of a provider's."""


def json_body(value: object) -> bytes:
    """Write a request's body; what is signed is exactly these bytes."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=_number).encode()


def _number(value: object) -> int | float:
    # json knows no decimals. One with few digits, as money has, survives the way through a float exactly.
    assert isinstance(value, Decimal)
    return int(value) if value == value.to_integral_value() else float(value)


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(word)


def _checked_url(base_url: str) -> tuple[str, bool]:
    parts = urlsplit(base_url)
    is_here = _is_loopback(parts.hostname or "")
    if not parts.hostname or parts.scheme not in (("https", "http") if is_here else ("https",)):
        raise UserError("provider.url", "The provider's address must begin with https://.")
    return base_url.rstrip("/"), is_here


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _never_left(error: requests.RequestException) -> bool:
    """Say whether the connection itself did not come about: no route, no name, refused, a bad certificate."""
    cause = _cause(error)
    if isinstance(cause, urllib3.exceptions.NewConnectionError):
        return True
    nested = cause.args[0] if isinstance(cause, urllib3.exceptions.SSLError) and cause.args else None
    return isinstance(nested, ssl.SSLCertVerificationError)


def _cause(error: requests.RequestException) -> object:
    """Give what urllib3 said under what requests says."""
    cause: object = error.args[0] if error.args else None
    return cause.reason if isinstance(cause, urllib3.exceptions.MaxRetryError) else cause


def _retry_at(header: str, now: datetime) -> datetime | None:
    """Read when to come again, at most an hour from now: a payment must not be left alone for days."""
    latest = now + timedelta(seconds=_RETRY_AFTER_S_MAX)
    if header.isascii() and header.isdigit():
        return min(now + timedelta(seconds=int(header[:9])), latest)
    try:
        at = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    return min(at if at.tzinfo else at.replace(tzinfo=UTC), latest)
