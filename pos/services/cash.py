"""Money into and out of the drawer without a sale (docs/formats.md §4, `cash_moved`).

The books may say that the drawer holds less than nothing: refusing a movement for want of cash would tell a
cashier, try by try, what the blind count must not reveal. The close shows the difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pos.domain.canonical import INTEGER_MAX, JsonObject
from pos.domain.permissions import Actor, Permission
from pos.domain.shift import CashCount, MovementKind
from pos.errors import UserError
from pos.models.ledger_book import Book, Recorded
from pos.models.uow import Units, WriteUnit
from pos.services.approval import require
from pos.services.shifts import needed_open_shift, refuse_stranger
from pos.system.clock import Clock
from pos.system.ids import new_id

REASON_LENGTH_MAX = 200
SLIP_LENGTH_MAX = 40
NOTHING_COUNTED = CashCount((), 0)


@dataclass(frozen=True, slots=True)
class CashMoved:
    """A cash movement that is on disk; `amount_minor` is above zero into the drawer."""

    id: UUID
    place: int
    kind: MovementKind
    amount_minor: int


@dataclass(frozen=True, slots=True)
class _Move:
    kind: MovementKind
    amount_minor: int
    reason: str
    slip_number: str = ""
    count: CashCount = NOTHING_COUNTED

    def body(self, movement_id: UUID) -> JsonObject:
        body: JsonObject = {
            "movement_id": str(movement_id),
            "kind": self.kind.value,
            "amount_minor": self.amount_minor,
            "reason": self.reason,
        }
        if self.slip_number:
            body["slip_number"] = self.slip_number
        if self.count.entries:
            body["count"] = self.count.to_json()
        return body


class DepositPapers(Protocol):
    """Keeps the slip that goes to the bank with the money."""

    def keep_deposit(
        self,
        unit: WriteUnit,
        line: Recorded,
        *,
        slip_number: str,
        amount_minor: int,
        count: CashCount,
        actor: Actor,
    ) -> None:
        """Store the slip of the banking at `line` and its print job, inside the write unit at hand."""
        ...


class Cash:
    """Moves cash in the open shift: its owner, or a supervisor in the owner's place."""

    def __init__(
        self, units: Units, book: Book, clock: Clock, *, papers: DepositPapers | None = None
    ) -> None:
        """Wire the parts; without `papers` a banking has no slip of its own."""
        self._papers = papers
        self._units = units
        self._book = book
        self._clock = clock

    def put_in(
        self, actor: Actor, amount_minor: int, *, reason: str, count: CashCount = NOTHING_COUNTED
    ) -> CashMoved:
        """Put money from the safe into the drawer.

        Raises:
            UserError: `permission.denied`, `shift.cannot_open` (none is open), `shift.not_yours`,
                `cash.amount`, `cash.reason`, `cash.total_differs` (the count is not the amount).
        """
        amount_minor = _checked_amount(amount_minor, count)
        return self._move(actor, _Move(MovementKind.IN, amount_minor, _needed_reason(reason), count=count))

    def take_out(
        self, actor: Actor, amount_minor: int, *, reason: str, count: CashCount = NOTHING_COUNTED
    ) -> CashMoved:
        """Take money out of the drawer and spend it on what the reason says. Errors as `put_in`."""
        amount_minor = _checked_amount(amount_minor, count)
        return self._move(actor, _Move(MovementKind.OUT, -amount_minor, _needed_reason(reason), count=count))

    def drop_to_safe(
        self, actor: Actor, amount_minor: int, *, reason: str = "", count: CashCount = NOTHING_COUNTED
    ) -> CashMoved:
        """Take money out of the drawer into the safe; the reason may name the bag. Errors as `put_in`."""
        amount_minor = _checked_amount(amount_minor, count)
        move = _Move(MovementKind.SAFE_DROP, -amount_minor, _checked_reason(reason), count=count)
        return self._move(actor, move)

    def bank(
        self,
        actor: Actor,
        amount_minor: int,
        *,
        slip_number: str,
        reason: str = "",
        count: CashCount = NOTHING_COUNTED,
    ) -> CashMoved:
        """Bring money of the drawer to the bank, under the number of its deposit slip.

        Raises:
            UserError: `cash.slip_missing`, and as `put_in`.
        """
        amount_minor = _checked_amount(amount_minor, count)
        move = _Move(
            MovementKind.BANKING, -amount_minor, _checked_reason(reason), _checked_slip(slip_number), count
        )
        return self._move(actor, move, Permission.CASH_BANK)

    def open_without_sale(self, actor: Actor, *, reason: str) -> CashMoved:
        """State that the drawer is opened without a sale; call it before the drawer moves.

        Errors as `put_in`.
        """
        return self._move(actor, _Move(MovementKind.NO_SALE_OPEN, 0, _needed_reason(reason)))

    def _move(self, actor: Actor, move: _Move, permission: Permission = Permission.CASH_MOVE) -> CashMoved:
        require(actor, permission)
        movement_id = new_id(self._clock.now())
        with self._units.write() as unit:
            shift = needed_open_shift(unit.connection)
            refuse_stranger(shift, actor)
            line = self._book.record(
                unit, "cash_moved", move.body(movement_id), actor=actor.id, shift=shift.id
            )
            if move.slip_number and self._papers is not None:
                self._papers.keep_deposit(
                    unit,
                    line,
                    slip_number=move.slip_number,
                    amount_minor=-move.amount_minor,
                    count=move.count,
                    actor=actor,
                )
        return CashMoved(movement_id, line.place, move.kind, move.amount_minor)


def _checked_amount(amount_minor: int, count: CashCount) -> int:
    if not 0 < amount_minor <= INTEGER_MAX:
        raise UserError("cash.amount", "Enter an amount above zero.")
    if count.entries and count.total_minor != amount_minor:
        raise UserError("cash.total_differs", "The amount is not the sum of the counted notes and coins.")
    return amount_minor


def _checked_reason(reason: str) -> str:
    text = " ".join(reason.split())
    if len(text) > REASON_LENGTH_MAX or (text and not text.isprintable()):
        raise UserError("cash.reason", f"A reason has at most {REASON_LENGTH_MAX} characters, on one line.")
    return text


def _needed_reason(reason: str) -> str:
    text = _checked_reason(reason)
    if not text:
        raise UserError("cash.reason", "Say why the drawer is opened or money is moved.")
    return text


def _checked_slip(slip_number: str) -> str:
    text = slip_number.strip()
    if not 1 <= len(text) <= SLIP_LENGTH_MAX or not text.isprintable():
        raise UserError("cash.slip_missing", "Type the number of the deposit slip as the bank printed it.")
    return text
