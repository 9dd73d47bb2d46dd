"""A payment provider that follows a script; its book says whose money it took, whatever it answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, auto
from uuid import UUID

from pos.domain.payment_reports import Outcome
from pos.domain.poll_schedule import Pace, PollSchedule
from pos.errors import UserError
from pos.gateways.base import (
    Answer,
    Balance,
    BankList,
    Limits,
    Means,
    NextStep,
    PayerInfo,
    PaymentRequest,
    Profile,
    RawAnswer,
    RefundRequest,
    StepInput,
    StepKind,
)
from pos.gateways.reasons import Reason
from pos.system.clock import Clock

SCHEDULE = PollSchedule(
    paces=(
        Pace(timedelta(seconds=30), timedelta(seconds=3)),
        Pace(timedelta(minutes=5), timedelta(seconds=10)),
    ),
    then_every=timedelta(minutes=1),
    grace=timedelta(minutes=1),
    resend_until=timedelta(minutes=10),
    alarm_after=timedelta(hours=1),
)


class Sends(StrEnum):
    """What becomes of a request."""

    ACCEPT = auto()
    LOSE_ANSWER = auto()
    """Taken; nothing comes back."""
    LOSE_REQUEST = auto()
    """Never arrives; nothing comes back."""
    REFUSE = auto()
    NO_LINE = auto()
    """Nothing leaves the machine."""


@dataclass
class Entry:
    """A payment in the provider's book; `fate` is what it will be, `is_final` whether it is already."""

    request: PaymentRequest
    fate: Outcome = Outcome.SUCCEEDED
    is_final: bool = False
    said_minor: int | None = None
    said_currency: str | None = None
    refund: Outcome | None = None


class ScriptedProvider:
    """One provider. `fate` is what a request accepted from now on becomes once `finish` is called."""

    def __init__(self, clock: Clock, *, code: str = "mtn_momo", tender: str = "momo") -> None:
        self.clock = clock
        self.book: dict[str, Entry] = {}
        self.script: list[Sends] = []
        self.fate = Outcome.SUCCEEDED
        self.is_instant = True
        self.is_up = True
        self.mistake: Exception | None = None
        self.refund_fate = Outcome.SUCCEEDED
        self.refund_said_minor: int | None = None
        self.step: NextStep | None = None
        self.sent: list[str] = []
        self.asked: list[str] = []
        self.refunds: list[RefundRequest] = []
        self._profile = Profile(
            code=code,
            label=tender,
            tender=tender,
            currencies=frozenset({"RWF"}),
            countries=frozenset({"RW"}),
            means=frozenset({Means.PHONE, Means.LINK}),
            schedule=SCHEDULE,
        )

    @property
    def profile(self) -> Profile:
        return self._profile

    def limits(self, currency: str) -> Limits:
        return Limits(most_minor=1_000_000)

    def reference_for(self, payment_id: UUID, at: object) -> str:
        return str(payment_id)

    def plan(self, *script: Sends) -> None:
        """Follow this with the next requests, then accept."""
        self.script = list(script)

    def finish(self, fate: Outcome | None = None, references: Iterable[str] | None = None) -> None:
        """Let payments become final."""
        for reference in list(self.book) if references is None else references:
            entry = self.book[reference]
            entry.fate = entry.fate if fate is None else fate
            entry.is_final = True

    def taken_minor(self) -> int:
        """Whose money it has now: paid and not given back."""
        return sum(
            entry.request.amount_minor
            for entry in self.book.values()
            if entry.is_final and entry.fate is Outcome.SUCCEEDED and entry.refund is not Outcome.SUCCEEDED
        )

    def request_payment(self, request: PaymentRequest) -> Answer:
        step = self.script.pop(0) if self.script else Sends.ACCEPT
        if step is Sends.NO_LINE:
            return self._answer(Outcome.NOT_SENT, Reason.NO_CONNECTION, is_silent=True)
        self.sent.append(request.reference)
        if step is Sends.LOSE_REQUEST:
            return self._answer(Outcome.UNKNOWN, Reason.TIME_OUT, is_silent=True)
        if request.reference in self.book:
            return self._answer(Outcome.UNKNOWN, Reason.DUPLICATE)
        if step is Sends.REFUSE:
            return self._answer(Outcome.FAILED, Reason.NOT_ALLOWED)
        self.book[request.reference] = Entry(request, self.fate, is_final=self.is_instant)
        if step is Sends.LOSE_ANSWER:
            return self._answer(Outcome.UNKNOWN, Reason.TIME_OUT, is_silent=True)
        return self._answer(Outcome.SENT, Reason.WAITING_FOR_PAYER, step=self.step)

    def ask_payment(self, reference: str) -> Answer:
        self.asked.append(reference)
        if self.mistake is not None:
            raise self.mistake
        if not self.is_up:
            return self._answer(Outcome.NOT_SENT, Reason.NO_CONNECTION, is_silent=True)
        entry = self.book.get(reference)
        if entry is None:
            return self._answer(Outcome.NOT_FOUND, Reason.NOT_FOUND)
        if not entry.is_final:
            return self._answer(Outcome.SENT, Reason.WAITING_FOR_PAYER)
        request = entry.request
        return self._answer(
            entry.fate,
            _REASONS.get(entry.fate, Reason.AMBIGUOUS),
            amount_minor=request.amount_minor if entry.said_minor is None else entry.said_minor,
            currency=entry.said_currency or request.currency,
            reference=reference,
            provider_reference=f"FT-{list(self.book).index(reference) + 1}",
        )

    def continue_payment(self, reference: str, given: StepInput) -> Answer:
        self.book[reference].is_final = True
        return self._answer(Outcome.SENT, Reason.WAITING_FOR_PAYER)

    def refund(self, request: RefundRequest) -> Answer:
        self.refunds.append(request)
        step = self.script.pop(0) if self.script else Sends.ACCEPT
        if step is Sends.LOSE_REQUEST:
            return self._answer(Outcome.UNKNOWN, Reason.TIME_OUT, is_silent=True)
        entry = self.book[request.payment_reference]
        if entry.refund is None:
            entry.refund = self.refund_fate
        if step is Sends.LOSE_ANSWER:
            return self._answer(Outcome.UNKNOWN, Reason.TIME_OUT, is_silent=True)
        return self._answer(Outcome.SENT, Reason.WAITING_FOR_PAYER)

    def ask_refund(self, request: RefundRequest) -> Answer:
        if self.mistake is not None:
            raise self.mistake
        entry = self.book[request.payment_reference]
        if entry.refund is None:
            return self._answer(Outcome.NOT_FOUND, Reason.NOT_FOUND)
        return self._answer(
            entry.refund,
            Reason.PAID if entry.refund is Outcome.SUCCEEDED else Reason.REFUSED,
            amount_minor=self.refund_said_minor,
            currency="RWF",
        )

    def balance(self) -> Balance:
        return Balance(self.taken_minor(), "RWF", self.clock.now())

    def banks(self) -> BankList:
        raise UserError("provider.not_offered", "It charges no bank accounts.")

    def verify_payer(self, phone: str) -> PayerInfo:
        return PayerInfo(is_active=True, name="Uwase Marie")

    def _answer(self, outcome: Outcome, reason: Reason, **more: object) -> Answer:
        raw = RawAnswer(self.clock.now(), "call", 200, f'{{"outcome":"{outcome.value}"}}')
        return Answer(outcome, reason, raw, **more)  # type: ignore[arg-type]


_REASONS = {
    Outcome.SUCCEEDED: Reason.PAID,
    Outcome.FAILED: Reason.NOT_ENOUGH_MONEY,
    Outcome.REVERSED: Reason.REVERSED,
}

OTP = NextStep(StepKind.GIVE_OTP, "Type the code")
