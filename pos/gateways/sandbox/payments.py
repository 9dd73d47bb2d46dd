"""The sandbox's payments in memory: each is made once, becomes final once, and remembers its story."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pos.gateways.sandbox.scenarios import Outcome, Scenario


@dataclass(slots=True)
class Payment:
    """One payment, refund or order at a provider."""

    provider: str
    kind: str
    reference: str
    amount: Decimal
    currency: str
    payer: str
    scenario: Scenario
    made_at: datetime
    facts: dict[str, Any] = field(default_factory=dict)
    outcome: Outcome | None = None
    reason: str = ""
    final_at: datetime | None = None
    asks: int = 0
    is_fault_due: bool = False
    due_at: datetime | None = None
    is_held: bool = False
    trail: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def shown_amount(self) -> Decimal:
        """The amount that the provider speaks of; one scenario moves less than it was asked to."""
        short = Decimal(self.scenario.short_by)
        return self.amount - short if self.amount > short else self.amount + short

    @property
    def shows_unknown_words(self) -> bool:
        return self.scenario.uses_unknown_words and self.outcome is None

    @property
    def is_ambiguous(self) -> bool:
        return self.outcome is None and self.scenario.outcome is Outcome.AMBIGUOUS

    def provider_time(self, instant: datetime) -> datetime:
        """Return `instant` as the provider's clock shows it."""
        return instant + timedelta(seconds=self.scenario.skew_s)


Finished = Callable[[Payment], None]


class Book:
    """All payments by provider, kind and reference."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.RLock()
        self._payments: dict[tuple[str, str, str], Payment] = {}
        self._troubled: set[tuple[str, str]] = set()
        self.on_final: Finished = _ignore

    def add(self, payment: Payment) -> bool:
        """Keep a new payment; False, and nothing is kept, if its reference was used before."""
        key = (payment.provider, payment.kind, payment.reference)
        with self._lock:
            if key in self._payments:
                return False
            self._payments[key] = payment
            payment.trail.append((self._now(), f"made: {payment.scenario.title}"))
        return True

    def find(self, provider: str, kind: str, reference: str) -> Payment | None:
        """Return a payment whether or not its provider admits to it already."""
        with self._lock:
            return self._payments.get((provider, kind, reference))

    def find_any(self, reference: str, provider: str = "") -> Payment | None:
        """Return the payment of a reference whatever its kind."""
        with self._lock:
            return next(
                (
                    one
                    for one in self.newest_first()
                    if one.reference == reference and provider in ("", one.provider)
                ),
                None,
            )

    def newest_first(self, provider: str = "", *kinds: str) -> list[Payment]:
        with self._lock:
            found = list(self._payments.values())
        return [
            one
            for one in reversed(found)
            if provider in ("", one.provider) and (not kinds or one.kind in kinds)
        ]

    def is_hidden(self, payment: Payment) -> bool:
        """Say whether the provider still answers that it knows nothing of it."""
        return self._now() < payment.made_at + timedelta(seconds=payment.scenario.hidden_s)

    def is_first_trouble(self, provider: str, reference: str) -> bool:
        """Say whether trouble before the acceptance of this reference is still to be played; once only."""
        with self._lock:
            is_first = (provider, reference) not in self._troubled
            self._troubled.add((provider, reference))
        return is_first

    def ask(self, payment: Payment) -> Outcome | None:
        """Count a status call and return the outcome, None while there is none."""
        with self._lock:
            payment.asks += 1
            is_due = self._is_due(payment)
        if is_due:
            self.finish(payment, payment.scenario.outcome, payment.scenario.reason)
        return payment.outcome

    def finish(self, payment: Payment, outcome: Outcome, reason: str = "") -> bool:
        """Make a payment final; False if it was final before. A paid one may still be reversed."""
        with self._lock:
            may = payment.outcome is None or (payment.outcome is Outcome.PAID and outcome is Outcome.REVERSED)
            if not may:
                return False
            payment.outcome, payment.reason, payment.final_at = outcome, reason, self._now()
            payment.trail.append(
                (self._now(), str(outcome) if reason == outcome else f"{outcome} {reason}".strip())
            )
        self.on_final(payment)
        return True

    def set_due(self, payment: Payment, due_at: datetime | None) -> None:
        """Let a payment become final at an instant, or only by hand."""
        with self._lock:
            payment.due_at, payment.is_held = due_at, due_at is None

    def note(self, payment: Payment, text: str) -> None:
        with self._lock:
            payment.trail.append((self._now(), text))

    def take_fault(self, payment: Payment) -> bool:
        """Say whether a fault of the status call is still to be played; once only."""
        with self._lock:
            is_due, payment.is_fault_due = payment.is_fault_due, False
        return is_due

    def clear(self) -> None:
        with self._lock:
            self._payments.clear()
            self._troubled.clear()

    def _is_due(self, payment: Payment) -> bool:
        plan = payment.scenario
        if payment.outcome is not None or payment.is_held:
            return False
        by_time = payment.due_at is not None and payment.due_at <= self._now()
        by_asks = plan.after_asks is not None and payment.asks >= plan.after_asks and not plan.is_endless
        return by_time or by_asks


def _ignore(payment: Payment) -> None:
    """Nobody listens yet."""
