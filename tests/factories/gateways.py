"""The four adapters pointed at a sandbox, and a caller that obeys the recovery rule with each of them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pos.domain.payment_recovery import RecoveryRule, note_delivered
from pos.domain.payment_reports import Report, Source, StoredPayment
from pos.domain.poll_schedule import PollSchedule
from pos.domain.recovery_values import Act, Decision, Move, PaymentCase, Recovery
from pos.gateways.airtel_money import AirtelAccount, AirtelMoney, ApiVersion
from pos.gateways.base import Answer, ByPhone, PaymentGateway, PaymentRequest
from pos.gateways.bills import Purchase
from pos.gateways.http import Line, Pauses
from pos.gateways.mtn_momo import MtnAccount, MtnMomo, MtnProduct
from pos.gateways.paystack import Paystack, PaystackAccount
from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox import credentials as keys
from pos.gateways.vtpass import Vtpass, VtpassAccount
from tests.fakes.clock import FakeClock

PROVIDERS = ("mtn", "airtel_v1", "airtel", "paystack", "vtpass")
PAUSES = Pauses(connect_s=2, read_s=5)


def fake_line(clock: FakeClock, pauses: Pauses = PAUSES) -> Line:
    """A line whose waits between repeats only move the clock."""
    return Line(clock, pauses, sleep=lambda seconds: clock.pass_time(seconds=seconds), chance=lambda: 1.0)


def mtn(base_url: str, line: Line, *, callback_url: str = "", environment: str = "mtnrwanda") -> MtnMomo:
    products = {
        name: MtnProduct(keys.MTN_SUBSCRIPTION_KEYS[name][0], keys.MTN_USER, keys.MTN_API_KEY)
        for name in ("collection", "disbursement")
    }
    account = MtnAccount(
        f"{base_url}/mtn", environment, products["collection"], products["disbursement"], callback_url
    )
    return MtnMomo(account, line)


def airtel(base_url: str, line: Line, version: ApiVersion = ApiVersion.V2) -> AirtelMoney:
    account = AirtelAccount(
        f"{base_url}/airtel", keys.AIRTEL_CLIENT_ID, keys.AIRTEL_CLIENT_SECRET, "UG", "UGX", version
    )
    return AirtelMoney(account, line)


def paystack(base_url: str, line: Line, currency: str = "GHS") -> Paystack:
    account = PaystackAccount(
        f"{base_url}/paystack", keys.PAYSTACK_SECRET_KEY, currency, "shop@example.com", takes_typed_cards=True
    )
    return Paystack(account, line)


def vtpass(base_url: str, line: Line) -> Vtpass:
    account = VtpassAccount(
        f"{base_url}/vtpass/api", keys.VTPASS_API_KEY, keys.VTPASS_PUBLIC_KEY, keys.VTPASS_SECRET_KEY
    )
    return Vtpass(account, line)


def payment_gateway(name: str, base_url: str, line: Line, *, callback_url: str = "") -> PaymentGateway:
    """One of the payment providers by the name used in tests."""
    match name:
        case "mtn":
            return mtn(base_url, line, callback_url=callback_url)
        case "airtel":
            return airtel(base_url, line)
        case "airtel_v1":
            return airtel(base_url, line, ApiVersion.V1)
        case _:
            return paystack(base_url, line)


PAYERS = {
    "mtn": ByPhone("+250788123499"),
    "airtel": ByPhone("+256752604399"),
    "airtel_v1": ByPhone("+256752604399"),
    "paystack": ByPhone("+233241234599", "mtn"),
}


@dataclass(frozen=True)
class Subject:
    """One provider seen as two calls: send with a reference, and ask about it."""

    name: str
    schedule: PollSchedule
    stored: StoredPayment
    send: Callable[[], Answer]
    ask: Callable[[], Answer]

    @property
    def provider(self) -> str:
        """The name that the sandbox has for it."""
        return self.name.removesuffix("_v1")


def subject(name: str, base_url: str, line: Line, *, callback_url: str = "") -> Subject:
    """A payment of 5,000 minor units (bills: 100 naira), its reference made and stored before it is sent."""
    payment_id = uuid.UUID(int=uuid.uuid4().int & ~(0xF << 76) | 7 << 76)
    if name == "vtpass":
        bills = vtpass(base_url, line)
        reference = bills.reference_for(payment_id, line.clock.now())
        purchase = Purchase(reference, "mtn", 10_000, "NGN", phone="08011111111")
        stored = StoredPayment(reference, 10_000, "NGN")
        return Subject(
            name,
            bills.profile.schedule,
            stored,
            send=lambda: bills.buy(purchase).answer,
            ask=lambda: bills.ask_purchase(reference).answer,
        )
    gateway = payment_gateway(name, base_url, line, callback_url=callback_url)
    reference = gateway.reference_for(payment_id, line.clock.now())
    (currency,) = gateway.profile.currencies
    request = PaymentRequest(reference, 5000, currency, PAYERS[name])
    return Subject(
        name,
        gateway.profile.schedule,
        StoredPayment(reference, 5000, currency),
        send=lambda: gateway.request_payment(request),
        ask=lambda: gateway.ask_payment(reference),
    )


@dataclass
class Caller:
    """Does what the rule says, and counts what it would hand out."""

    subject: Subject
    sandbox: Sandbox
    clock: FakeClock
    recovery: Recovery = field(default_factory=Recovery)
    deliveries: int = 0
    moves: list[Move] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    cases: list[PaymentCase] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rule = RecoveryRule(self.subject.schedule)

    def send(self) -> None:
        """Note the sending first, then send, then hear the reply."""
        self._take(self.rule.send(self.recovery, self.clock.now()))
        self.hear(self.subject.send(), Source.REPLY)

    def hear(self, answer: Answer, source: Source) -> None:
        self.answers.append(answer)
        self.hear_report(answer.report(source))

    def hear_report(self, report: Report) -> None:
        decision = self.rule.hear(
            self.subject.stored, self.recovery, report=report, now=self.clock.now(), is_wanted=True
        )
        self._take(decision)
        if any(action.act is Act.SEND_AGAIN for action in decision.actions):
            self.send()

    def run(self, *, minutes: float, polls_max: int = 500) -> None:
        """Ask as the rule wants until the payment is final, is held, or the time is over."""
        for _ in range(polls_max):
            self._take(self.rule.due(self.recovery, self.clock.now()))
            at = self.recovery.next_ask_at
            if at is None or minutes * 60 < (at - self._start).total_seconds():
                return
            self.pass_to(at)
            self.hear(self.subject.ask(), Source.POLL)
        raise AssertionError("The payment is asked about without end.")

    def pass_to(self, at: datetime) -> None:
        wait = (at - self.clock.now()).total_seconds()
        self.clock.pass_time(seconds=max(wait, 0))
        self.sandbox.advance(0)

    @property
    def _start(self) -> datetime:
        assert self.recovery.first_sent_at is not None
        return self.recovery.first_sent_at

    def _take(self, decision: Decision) -> None:
        self.recovery = decision.recovery
        self.moves += decision.moves
        for action in decision.actions:
            if action.act is Act.DELIVER:
                self.recovery = note_delivered(self.recovery)
                self.deliveries += 1
            if action.case is not None:
                self.cases.append(action.case)


class Receiver:
    """A server on loopback that keeps the callbacks it gets."""

    def __init__(self) -> None:
        kept: list[tuple[dict[str, str], bytes]] = []
        self.kept = kept

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                kept.append(({name.lower(): value for name, value in self.headers.items()}, body))
                answer = b'{"response":"success"}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_PUT = do_POST  # noqa: N815 - the library's names

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
