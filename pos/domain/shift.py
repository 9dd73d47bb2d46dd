"""Counted cash and the figures of a shift: what its X and Z reports say (docs/formats.md §4, §5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pos.domain.canonical import INTEGER_MAX, JsonObject, JsonValue
from pos.domain.money import parse_major
from pos.errors import UserError


class MovementKind(StrEnum):
    """Why money went into or out of the drawer without a sale."""

    IN = "in"
    OUT = "out"
    SAFE_DROP = "safe_drop"
    BANKING = "banking"
    NO_SALE_OPEN = "no_sale_open"


@dataclass(frozen=True, slots=True)
class Pieces:
    """How many notes or coins of one value."""

    value_minor: int
    pieces: int


@dataclass(frozen=True, slots=True)
class CashCount:
    """Money counted by note and coin, the largest value first; made by `cash_count`.

    `entries` is empty where only a total was typed, or where there was nothing to count.
    """

    entries: tuple[Pieces, ...]
    total_minor: int

    def to_json(self) -> list[JsonValue]:
        """Give the `count` of a journal line."""
        return [{"value_minor": one.value_minor, "pieces": one.pieces} for one in self.entries]


def cash_count(pairs: Iterable[tuple[int, int]], *, typed_minor: int | None = None) -> CashCount:
    """Add up (value_minor, pieces) of each note and coin; values without pieces are left out.

    `typed_minor` is the total as a person wrote it down; alone, it stands for the count.

    Raises:
        UserError: `cash.count` (a value or number that cannot be, or a value twice), `cash.total_differs`.
    """
    entries = tuple(Pieces(value, pieces) for value, pieces in sorted(pairs, reverse=True) if pieces)
    values = [one.value_minor for one in entries]
    if any(one.value_minor <= 0 or one.pieces < 0 for one in entries) or len(set(values)) < len(values):
        raise UserError("cash.count", "Give each note and coin once, with how many pieces there are.")
    total_minor = sum(one.value_minor * one.pieces for one in entries)
    if typed_minor is not None and entries and typed_minor != total_minor:
        raise UserError(
            "cash.total_differs", "The typed total is not the sum of the counted notes and coins."
        )
    total_minor = total_minor if typed_minor is None else typed_minor
    if not 0 <= total_minor <= INTEGER_MAX:
        raise UserError("cash.count", "The counted total is below zero or too large.")
    return CashCount(entries, total_minor)


def parse_count(text: str, currency: str) -> CashCount:
    """Read a count such as `5000x3,1000x12`: value in major units, then pieces; empty for an empty drawer.

    Raises:
        UserError: `cash.count`; AmountTextError as `parse_major`.
    """
    return cash_count(_pair(part.strip(), currency) for part in text.split(",") if part.strip())


def _pair(text: str, currency: str) -> tuple[int, int]:
    value, mark, pieces = text.partition("x")
    if not mark or not (pieces.isascii() and pieces.isdigit() and len(pieces) <= 9):
        raise UserError("cash.count", f"{text[:30]!r} is not like 5000x3: a value, x, how many pieces.")
    return parse_major(value, currency), int(pieces)


@dataclass(frozen=True, slots=True)
class TenderTotal:
    """What was paid with one tender; `kind` is `sale`, or `refund` with an amount below zero."""

    tender: str
    kind: str
    pieces: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class KindTotal:
    """What was sold of one kind (of line, or of item)."""

    kind: str
    pieces: int
    amount_minor: int
    units_milli: int = 0


@dataclass(frozen=True, slots=True)
class Movement:
    """One cash movement; `amount_minor` is above zero into the drawer."""

    kind: MovementKind
    amount_minor: int
    reason: str
    slip_number: str | None = None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A sale the next shift inherits: payment not final, token missing, or money due back.

    `state` is the sale's, `payment` that of the payment it is about. `attention` names why a person must look
    at it (values of `PaymentCase`), `is_asked` says whether any part of the sale is still being asked about,
    `is_ready` whether all its money is there and only the token waits.
    """

    sale_id: UUID
    state: str
    tender: str
    amount_minor: int
    owner_id: UUID
    owner: str
    since: datetime
    reference: str = ""
    payment: str = ""
    attention: tuple[str, ...] = ()
    is_asked: bool = False
    is_ready: bool = False

    def age_seconds(self, at: datetime) -> int:
        """Give how long it has been waiting at `at`."""
        return int((at - self.since).total_seconds())

    def to_json(self) -> JsonObject:
        """Give the entry of `unresolved` in a journal line: ids, no names."""
        return {
            "sale_id": str(self.sale_id),
            "state": self.state,
            "tender": self.tender,
            "amount_minor": self.amount_minor,
            "owner": str(self.owner_id),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CashFlow:
    """How the drawer came to what it should hold; the parts add up to `expected_minor`.

    `taken_minor` is cash kept for sales, also for those whose token is still missing; `change_minor` was
    given back besides.
    """

    float_minor: int
    taken_minor: int
    change_minor: int
    refunded_minor: int
    movements: tuple[Movement, ...]
    expected_minor: int


@dataclass(frozen=True, slots=True)
class Compared:
    """A blind count beside what the drawer's account says."""

    count: CashCount
    expected_minor: int
    limit_minor: int

    @property
    def difference_minor(self) -> int:
        """Give counted less expected: below zero, money is missing."""
        return self.count.total_minor - self.expected_minor

    @property
    def is_outside(self) -> bool:
        """Say whether the difference is larger than one person may close with."""
        return abs(self.difference_minor) > self.limit_minor


@dataclass(frozen=True, slots=True)
class SupplierFigures:
    """A supplier in one shift: what its products brought, our commission, and the float left now."""

    code: str
    name: str
    sold_minor: int
    commission_minor: int
    left_minor: int


@dataclass(frozen=True, slots=True)
class EnvelopeUse:
    """The envelope in force: its limit and what own tokens have used of it."""

    limit_minor: int
    used_minor: int


@dataclass(frozen=True, slots=True)
class Proof:
    """Where the book stood: last line, its hash (64 hex), and what the server has not confirmed yet."""

    seq: int
    head_hash: str
    unsent: int
    unsent_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftReport:
    """Everything an X or Z report says. In an X, `z_number` and `signature` are empty.

    `number` counts the shifts of a till and is what the shift's Z carries. `cash` is None where the person
    may not see it before counting; `compared` is None in an X. `receipts` are the first and last number, None
    without a sale. `signature` is the till's Ed25519 signature over the head.
    """

    number: int
    shift_id: UUID
    till_code: str
    drawer: str
    opened_at: datetime
    opened_by: str
    business_day: str
    at: datetime
    made_by: str
    tenders: tuple[TenderTotal, ...]
    lines: tuple[KindTotal, ...]
    items: tuple[KindTotal, ...]
    voided: KindTotal
    copies: int
    receipts: tuple[str, str] | None
    unresolved: tuple[Unresolved, ...]
    suppliers: tuple[SupplierFigures, ...]
    envelope: EnvelopeUse | None
    proof: Proof
    cash: CashFlow | None = None
    compared: Compared | None = None
    approved_by: UUID | None = None
    z_number: str = ""
    signature: bytes = b""

    def totals_json(self) -> list[JsonValue]:
        """Give the `totals` of the journal line: per tender, then per line kind (with an empty tender)."""
        tenders = [(one.tender, one.kind, one.pieces, one.amount_minor) for one in self.tenders]
        lines = [("", one.kind, one.pieces, one.amount_minor) for one in self.lines]
        return [
            {"tender": tender, "kind": kind, "pieces": pieces, "amount_minor": amount_minor}
            for tender, kind, pieces, amount_minor in (*tenders, *lines)
        ]
