"""Payments through head office: the same port, with the provider's keys on the server only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pos.contracts.payments import (
    HINTS_WAIT_S_MAX,
    BalanceAnswer,
    BanksAnswer,
    HintMessage,
    HintsAnswer,
    PayAnswer,
    PayerAnswer,
    PayerRequest,
    ProviderMessage,
    ProvidersAnswer,
)
from pos.contracts.wire import Message
from pos.domain.journal import parse_instant
from pos.domain.payment_reports import Outcome
from pos.errors import KilotillError, Unavailable, UserError
from pos.gateways.base import (
    Answer,
    Balance,
    BankList,
    Limits,
    PayerInfo,
    PaymentGateway,
    PaymentRequest,
    Profile,
    RawAnswer,
    RefundRequest,
    StepInput,
)
from pos.gateways.factory import reference_of
from pos.gateways.reasons import Reason
from pos.gateways.wire import answer_of, banks_of, profile_of, refund_message, request_message, step_message
from pos.sync.client import ServerClient, ServerRefusal
from pos.system.clock import Clock

M = TypeVar("M", bound=Message)

_JSON = {"Content-Type": "application/json"}
PROVIDERS_EVERY_MS = 600_000
"""How long what head office offers is taken for known."""

REQUEST = "request"
"""The call that asks a payer for money."""

FINAL_REFUSALS = frozenset(
    {
        "provider.amount",
        "provider.country",
        "provider.currency",
        "provider.means",
        "provider.network",
        "provider.not_set_up",
        "provider.unknown",
    }
)
"""What head office refuses before it has asked the provider anything."""

Call = Callable[[ServerClient], PayAnswer]


class PaymentProxies:
    """The providers that head office offers, and the lines to it; a call that hangs holds up no other."""

    def __init__(self, client: Callable[[], ServerClient | None], clock: Clock) -> None:
        """`client` gives each thread its own conversation of an enrolled till, None without enrolment."""
        self._client = client
        self._clock = clock
        self._turn = threading.Lock()
        self._known: dict[str, PaymentGateway] = {}
        self._asked_ms: int | None = None

    def gateways(self) -> Mapping[str, PaymentGateway]:
        """Return what head office offers; where it cannot be asked, or is being asked, what it last did."""
        if not self._is_known_lately() and self._turn.acquire(blocking=not self._known):
            try:
                self._ask_what_is_offered()
            finally:
                self._turn.release()
        return dict(self._known)

    def _is_known_lately(self) -> bool:
        asked_ms = self._asked_ms
        return asked_ms is not None and self._clock.running_ms() - asked_ms < PROVIDERS_EVERY_MS

    def _ask_what_is_offered(self) -> None:
        # Asked by another one meanwhile: then it is known.
        client = None if self._is_known_lately() else self._client()
        if client is None:
            return
        now_ms = self._clock.running_ms()
        try:
            answer = client.call("GET", "/v1/payments/providers")
            found = client.read(answer, ProvidersAnswer).providers
        except KilotillError:
            # What it last offered stands; whoever pays learns what is wrong.
            return
        self._known = {one.code: PaymentProxy(self, one, self._clock) for one in found}
        self._asked_ms = now_ms

    def ask(self, name: str, work: Call) -> Answer:
        """Do one call; whatever goes wrong on the way becomes an answer that says how far it got."""
        client = self._client()
        try:
            if client is None:
                raise Unavailable("sync.unreachable", "This till is not enrolled.")
            client.log_in()
        except KilotillError as error:
            # Logged in first: without a session not one byte of the payment has left.
            return self._said(name, Outcome.NOT_SENT, Reason.NO_CONNECTION, error.code)
        try:
            return answer_of(work(client))
        except ServerRefusal as refusal:
            if name == REQUEST and refusal.code in FINAL_REFUSALS:
                return self._said(name, Outcome.FAILED, Reason.REFUSED, refusal.code)
            return self._said(name, Outcome.UNKNOWN, Reason.AMBIGUOUS, refusal.code)
        except Unavailable as error:
            return self._said(name, Outcome.UNKNOWN, Reason.TIME_OUT, error.code)

    def read(self, method: str, path: str, shape: type[M], *, body: bytes = b"") -> M:
        """Do a call that is about no payment. Raises Unavailable, Rejected."""
        client = self._client()
        if client is None:
            raise Unavailable("sync.unreachable", "This till is not enrolled.")
        return client.read(client.call(method, path, body=body, headers=_JSON if body else None), shape)

    def _said(self, name: str, outcome: Outcome, reason: Reason, code: str) -> Answer:
        raw = RawAnswer(self._clock.now(), name, None, code)
        is_silent = reason in (Reason.TIME_OUT, Reason.NO_CONNECTION)
        return Answer(outcome, reason, raw, code=code, is_silent=is_silent)


class PaymentProxy:
    """One provider behind head office."""

    def __init__(self, proxies: PaymentProxies, message: ProviderMessage, clock: Clock) -> None:
        self._proxies = proxies
        self._clock = clock
        self._profile = profile_of(message)
        self._limits = Limits(message.least_minor, message.most_minor)
        self._path = f"/v1/payments/{message.code}"

    @property
    def profile(self) -> Profile:
        """What this provider is and can do, as head office says."""
        return self._profile

    def limits(self, currency: str) -> Limits:
        """The bounds of one payment, as head office says."""
        del currency
        return self._limits

    def reference_for(self, payment_id: UUID, at: datetime) -> str:
        """Make the reference that the provider's own adapter would make."""
        del at
        return reference_of(self._profile.code, payment_id)

    def request_payment(self, request: PaymentRequest) -> Answer:
        """Let head office ask the payer for money."""
        body = request_message(request).model_dump_json().encode()
        return self._post(REQUEST, f"{self._path}/requests", body)

    def ask_payment(self, reference: str) -> Answer:
        """Let head office ask what became of a payment."""
        path = f"{self._path}/requests/{reference}"
        return self._proxies.ask("status", lambda client: client.read(client.call("GET", path), PayAnswer))

    def continue_payment(self, reference: str, given: StepInput) -> Answer:
        """Hand over what the payer gave for a step."""
        body = step_message(given).model_dump_json().encode()
        return self._post("step", f"{self._path}/requests/{reference}/step", body)

    def refund(self, request: RefundRequest) -> Answer:
        """Let head office give a payment back."""
        body = refund_message(request).model_dump_json().encode()
        return self._post("refund", f"{self._path}/refunds", body)

    def ask_refund(self, request: RefundRequest) -> Answer:
        """Let head office ask what became of a refund."""
        body = refund_message(request).model_dump_json().encode()
        return self._post("refund status", f"{self._path}/refunds/status", body)

    def balance(self) -> Balance:
        """Ask for the shop's money there. Raises Unavailable, Rejected."""
        found = self._proxies.read("GET", f"{self._path}/balance", BalanceAnswer)
        return Balance(found.amount_minor, found.currency, parse_instant(found.at))

    def banks(self) -> BankList:
        """List the banks whose accounts it charges. Raises Unavailable, Rejected."""
        return banks_of(self._proxies.read("GET", f"{self._path}/banks", BanksAnswer))

    def verify_payer(self, phone: str) -> PayerInfo:
        """Ask whose phone (E.164) this is. Raises UserError `provider.country`, Unavailable, Rejected."""
        try:
            body = PayerRequest(phone=phone).model_dump_json().encode()
        except ValueError as error:
            raise UserError("provider.country", "This is no telephone number with a country code.") from error
        found = self._proxies.read("POST", f"{self._path}/payers", PayerAnswer, body=body)
        return PayerInfo(found.is_active, found.name)

    def _post(self, name: str, path: str, body: bytes) -> Answer:
        return self._proxies.ask(
            name,
            lambda client: client.read(client.call("POST", path, body=body, headers=_JSON), PayAnswer),
        )


class HintLine:
    """Waits at head office for callbacks about this till's payments: one long question after the other."""

    def __init__(self, client: Callable[[], ServerClient | None]) -> None:
        """`client` gives a conversation for this alone: it hangs for up to half a minute."""
        self._client = client
        self._after = -1

    def wait(self, seconds: int = HINTS_WAIT_S_MAX) -> list[HintMessage]:
        """Return the hints that have come; empty after the time without one.

        Raises:
            Unavailable, Rejected: as `ServerClient.call`.
        """
        client = self._client()
        if client is None:
            raise Unavailable("sync.unreachable", "This till is not enrolled.")
        answer = client.call("GET", f"/v1/payments/hints?after={self._after}&wait_s={seconds}")
        found = client.read(answer, HintsAnswer)
        self._after = found.after
        return list(found.hints)
