"""What anyone can say about a payment: the outcomes of an answer, and what was stored before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """What an answer means for the payment it was asked about (docs/payments.md)."""

    SENT = "sent"
    """The provider has it and waits for the payer."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """A clear, documented, final no: nothing is owed for this reference."""
    UNKNOWN = "unknown"
    """No answer, or none that is documented: ask about the same reference."""
    NOT_FOUND = "not_found"
    """The provider does not know the reference; a proof only after the grace time."""
    NOT_SENT = "not_sent"
    """Not one byte of this call left the machine: no connection, or the circuit breaker is open."""
    REVERSED = "reversed"
    """It was paid, and the provider took it back."""


FINAL_OUTCOMES = frozenset({Outcome.SUCCEEDED, Outcome.FAILED, Outcome.REVERSED})


class Source(StrEnum):
    """Where a report comes from, as the journal names it (docs/formats.md §4)."""

    REPLY = "reply"
    POLL = "poll"
    HINT = "hint"
    STATEMENT = "statement"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class StoredPayment:
    """What was stored before the first byte left; answers are compared with it."""

    reference: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that was said about a payment.

    What the other side left out is None. `is_silent`: nothing was said at all (time-out, broken line, no
    JSON). `ask_after`: the provider asked not to be asked before that instant.
    """

    source: Source
    outcome: Outcome
    reason: str = ""
    amount_minor: int | None = None
    currency: str | None = None
    reference: str | None = None
    is_silent: bool = False
    ask_after: datetime | None = None
