"""What all providers of the sandbox share: time, payments, chance, settings, and how a scenario is played."""

from __future__ import annotations

import random
import re
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import ClassVar

from pos.gateways.sandbox.callbacks import Callback, Sent, SentList, send
from pos.gateways.sandbox.payments import Book, Payment
from pos.gateways.sandbox.post import Letter, Post
from pos.gateways.sandbox.scenarios import Breaks, Orders, Says, Scenario
from pos.gateways.sandbox.timeline import Timeline, TimeSource
from pos.gateways.sandbox.wire import CUT, Answer, BadBodyError, Request, Route, html_fault

HTML_STATUS = {Breaks.HTML_500: 500, Breaks.HTML_502: 502, Breaks.LOST_503: 503}
SETTLE_S = 10
BAD_WORDS = ("wrong", "invalid", "bad")


@dataclass(slots=True)
class Settings:
    """What differs between countries and versions, and where no provider says what is right."""

    mtn_reason: str = "text"
    mtn_callback_method: str = "PUT"
    mtn_refusals: str = "status"
    airtel_callback_hash: str = "transaction"
    airtel_key_bits: int = 2048
    paystack_currency: str = "NGN"
    vtpass_repeat_rule: bool = True
    vtpass_refusal_status: int = 401
    holds: bool = False


CHOICES: Mapping[str, tuple[object, ...]] = {
    "mtn_reason": ("text", "object"),
    "mtn_callback_method": ("PUT", "POST"),
    "mtn_refusals": ("status", "http_500"),
    "airtel_callback_hash": ("transaction", "body", "none"),
    "airtel_key_bits": (1024, 2048),
    "paystack_currency": ("NGN", "GHS", "KES", "ZAR", "USD", "XOF"),
    "vtpass_repeat_rule": (True, False),
    "vtpass_refusal_status": (200, 401),
    "holds": (True, False),
}


class Dice:
    """Made-up values, the same in the same order for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - nothing here is secret

    def digits(self, count: int) -> str:
        return str(self._random.randint(10 ** (count - 1), 10**count - 1))

    def hex(self, count: int) -> str:
        return f"{self._random.getrandbits(count * 4):0{count}x}"

    def word(self, count: int) -> str:
        return "".join(self._random.choices("abcdefghijkmnpqrstuvwxyz0123456789", k=count))

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))


@dataclass(slots=True)
class Core:
    """The shared state of a running sandbox."""

    timeline: Timeline
    book: Book
    dice: Dice
    settings: Settings
    orders: Orders = field(default_factory=Orders)
    sent: SentList = field(default_factory=SentList)
    post: Post = field(default_factory=Post)
    callback_urls: dict[str, str] = field(default_factory=dict)
    providers: dict[str, Provider] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget all payments, wishes and what is still to come."""
        self.timeline.clear()
        self.post.clear()
        for part in (self.book, self.orders, self.sent):
            part.clear()
        for provider in self.providers.values():
            provider.forget()

    def settle(self, timeout_s: float = SETTLE_S) -> bool:
        """Wait until nothing is due and no callback is on its way; False if that took longer."""
        end = time.monotonic() + timeout_s
        while self.timeline.settle(end - time.monotonic()) and self.post.settle(end - time.monotonic()):
            if not self.timeline.is_due():
                return True
        return False


def make_core(source: TimeSource, seed: int) -> Core:
    timeline = Timeline(source)
    core = Core(timeline, Book(timeline.now), Dice(seed), Settings())
    core.book.on_final = lambda payment: core.providers[payment.provider].became_final(payment)
    return core


class Tale(StrEnum):
    """What a callback tells."""

    TRUE = "callback"
    FORGED = "forged callback"
    STALE = "stale callback"


class Provider(ABC):
    """One imitated provider: its paths, its words and its callback."""

    name: ClassVar[str]
    doubtful_codes: ClassVar[frozenset[str]] = frozenset()
    repeats_max: ClassVar[int] = 0
    repeats_after_s: ClassVar[float] = 0

    def __init__(self, core: Core) -> None:
        self.core = core
        self._routes = self.routes()

    @abstractmethod
    def routes(self) -> tuple[Route, ...]: ...

    @abstractmethod
    def no_such_path(self, *, is_wrong_method: bool) -> Answer: ...

    @abstractmethod
    def refusal(self, code: str) -> Answer:
        """Return the answer to a first request that carries a code of the provider; empty: its usual one."""

    @classmethod
    def is_doubtful(cls, code: str) -> bool:
        """Say whether a payment lives although its first request was answered with this code."""
        status = http_status(code)
        return code in cls.doubtful_codes or (status is not None and (status >= 500 or status == 408))

    def renew_keys(self) -> None:
        """Let the keys run out that clients encrypt with; most providers have none."""
        return

    @abstractmethod
    def bad_body(self) -> Answer: ...

    @abstractmethod
    def callback(self, payment: Payment, tale: Tale) -> Callback | None:
        """Return the message about a payment, None if nobody is to hear it.

        A forged one claims that it was paid, a stale one says what was true before the end.
        """

    def forget(self) -> None:
        """Forget what is remembered about payments beside the book; most providers remember nothing."""
        return

    def answer(self, request: Request) -> Answer:
        """Find the handler of a request and let it answer."""
        other_methods = False
        for route in self._routes:
            named = route.match(request.parts)
            if named is None:
                continue
            if route.method == request.method:
                try:
                    return route.handler(replace(request, named=named))
                except BadBodyError:
                    return self.bad_body()
            other_methods = True
        return self.no_such_path(is_wrong_method=other_methods)

    def accept(
        self, payment: Payment, *, reply: Callable[[], Answer], duplicate: Callable[[], Answer]
    ) -> Answer:
        """Keep a checked request and answer it as its scenario wants."""
        plan = payment.scenario
        if plan.breaks is Breaks.REFUSED:
            return self.refusal(plan.code)
        has_trouble = plan.stall_s > 0 or plan.breaks is Breaks.LOST_503
        if has_trouble and self.core.book.is_first_trouble(self.name, payment.reference):
            if not self.core.timeline.wait(plan.stall_s):
                return CUT
            payment.made_at = self.core.timeline.now()
            if plan.breaks is Breaks.LOST_503:
                return html_fault(503)
        if not self._keep(payment):
            return duplicate()
        if plan.says is Says.BEFORE_ANSWER and payment.outcome is not None:
            self._say_at_once(payment)
        if plan.breaks is Breaks.DOUBTFUL:
            return self.refusal(plan.code)
        return self._broken(plan.breaks, reply=reply, duplicate=duplicate)

    def became_final(self, payment: Payment) -> None:
        """Send what the scenario says about a payment that is final now."""
        says = payment.scenario.says
        is_told = says is Says.BEFORE_ANSWER and payment.scenario.is_at_once() and not payment.is_held
        if says is Says.NEVER or is_told:
            return
        for tale in _TALES.get(says, (Tale.TRUE,)):
            self.core.timeline.call_soon(partial(self.say, payment, tale))

    def say(self, payment: Payment, tale: Tale = Tale.TRUE, repeat: int = 0) -> Letter | None:
        """Put a callback on its way, if anybody is to hear it; refused, it is sent again like the provider's.

        What an address is told goes out in the order of asking.
        """
        callback = self.callback(payment, tale)
        if callback is None:
            return None
        return self.core.post.put(callback, partial(self._was_said, payment, tale, repeat))

    def _say_at_once(self, payment: Payment) -> None:
        """Send a callback before anything else happens to its payment."""
        if (callback := self.callback(payment, Tale.TRUE)) is not None:
            self._was_said(payment, Tale.TRUE, 0, *send(callback))

    def _was_said(self, payment: Payment, tale: Tale, repeat: int, result: str, answer: bytes) -> None:
        now = self.core.timeline.now()
        sent = Sent(now, self.name, payment.reference, result, answer)
        self.core.sent.add(sent)
        self.core.book.note(payment, f"{tale}: {result}")
        if not self.is_taken(sent) and repeat < self.repeats_max:
            again = partial(self.say, payment, tale, repeat + 1)
            self.core.timeline.call_at(now + timedelta(seconds=self.repeats_after_s), again)

    def is_taken(self, sent: Sent) -> bool:
        """Say whether the receiver answered as this provider wants."""
        return sent.is_taken()

    def scenario_for(self, *, reference: str, number: str, otherwise: Scenario) -> Scenario:
        """Return what the control page wishes for this payment, else `otherwise`."""
        return self.core.orders.take(self.name, reference=reference, number=number) or otherwise

    def new_payment(self, kind: str, reference: str, **parts: object) -> Payment:
        return Payment(self.name, kind, reference, made_at=self.core.timeline.now(), **parts)  # type: ignore[arg-type]

    def found(self, kind: str, reference: str) -> Payment | None:
        """Return a payment that the provider admits to."""
        payment = self.core.book.find(self.name, kind, reference)
        return None if payment is None or self.core.book.is_hidden(payment) else payment

    def status_fault(self, payment: Payment) -> Answer | None:
        """Return the page of a broken machine if the scenario still owes one to the status call."""
        status = HTML_STATUS.get(payment.scenario.breaks)
        if status is None or not self.core.book.take_fault(payment):
            return None
        return html_fault(status)

    def delay(self, payment: Payment, seconds: float) -> None:
        """Let a payment become final only after so many seconds from now."""
        due_at = self.core.timeline.now() + timedelta(seconds=seconds)
        self.core.book.set_due(payment, due_at)
        self.core.timeline.call_at(due_at, lambda: self._fall_due(payment))

    def _keep(self, payment: Payment) -> bool:
        plan = payment.scenario
        payment.is_held = self.core.settings.holds
        payment.is_fault_due = plan.breaks in HTML_STATUS or plan.revokes_token
        if plan.after_s is not None and not plan.is_endless and not payment.is_held:
            payment.due_at = payment.made_at + timedelta(seconds=plan.after_s)
        if not self.core.book.add(payment):
            return False
        if plan.is_at_once() and not payment.is_held:
            self.core.book.finish(payment, plan.outcome, plan.reason)
        elif payment.due_at is not None:
            self.core.timeline.call_at(payment.due_at, lambda: self._fall_due(payment))
        return True

    def _fall_due(self, payment: Payment) -> None:
        if payment.due_at is not None and payment.due_at <= self.core.timeline.now():
            self.core.book.finish(payment, payment.scenario.outcome, payment.scenario.reason)

    @staticmethod
    def _broken(breaks: Breaks, *, reply: Callable[[], Answer], duplicate: Callable[[], Answer]) -> Answer:
        if breaks is Breaks.CUT:
            return CUT
        if breaks is Breaks.DUPLICATE:
            return duplicate()
        if breaks in (Breaks.HTML_500, Breaks.HTML_502):
            return html_fault(HTML_STATUS[breaks])
        return reply()


def http_status(code: str) -> int | None:
    """Return the status of a code such as `HTTP403`, None for a code of a provider."""
    return int(code[4:]) if re.fullmatch(r"HTTP[45]\d\d", code) else None


def is_bad_secret(text: str) -> bool:
    """Say whether a credential is one of those made for trying refusals."""
    return not text or any(word in text.lower() for word in BAD_WORDS)


_TALES = {
    Says.TWICE: (Tale.TRUE, Tale.TRUE),
    Says.FORGED: (Tale.FORGED,),
    Says.OUT_OF_ORDER: (Tale.TRUE, Tale.STALE),
}
