"""Opening and closing a cashier's shift; the X and Z reports (docs/formats.md §4, §5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.domain.journal import head_message
from pos.domain.ledger import drawer_account
from pos.domain.permissions import Actor, Permission, holds
from pos.domain.receipt_number import z_number
from pos.domain.shift import CashCount, Compared, ShiftReport, Unresolved
from pos.errors import ApprovalNeeded, UserError
from pos.models.ledger_book import Book, Recorded, read_head, take_number
from pos.models.queries.money import balance_minor
from pos.models.queries.payments import wake_ready
from pos.models.queries.shifts import (
    ShiftRow,
    find_closed_shift,
    find_open_shift,
    list_closed_shifts,
    list_unresolved,
    was_count_refused,
)
from pos.models.uow import Units, WriteUnit
from pos.services.approval import Approval, require, require_any
from pos.services.facts import privileged_act
from pos.services.shift_figures import proof_of, running_report
from pos.system.clock import Clock
from pos.system.ids import new_id


class CountDiffersError(ApprovalNeeded):
    """The count is outside the limit (`shift.difference`).

    `compared` is for the supervisor who is asked, `subject` is what the approval is for.
    """

    def __init__(self, code: str, text: str, *, compared: Compared, subject: str) -> None:
        """Keep both figures."""
        super().__init__(code, text, Permission.SHIFT_DIFFERENCE.value)
        self.compared = compared
        self.subject = subject


@dataclass(frozen=True, slots=True)
class ShiftRules:
    """The settings a shift obeys."""

    difference_limit_minor: int = 0
    drawer: str = "drawer-1"


@dataclass(frozen=True, slots=True)
class OpenedShift:
    """The open shift, and what it inherits: paid and not delivered, not final, or due back."""

    shift: ShiftRow
    waiting: tuple[Unresolved, ...]


class ZPapers(Protocol):
    """Keeps the paper of a Z report."""

    def keep_z(self, unit: WriteUnit, report: ShiftReport, *, place: int, actor: Actor) -> None:
        """Store the paper of the line at `place`, and its print job, inside the write unit of the close."""
        ...


class Shifts:
    """The shifts of a till: one open at a time."""

    def __init__(
        self,
        units: Units,
        book: Book,
        *,
        clock: Clock,
        rules: Callable[[], ShiftRules],
        sign: Callable[[bytes], bytes],
        papers: ZPapers,
    ) -> None:
        """Wire the parts; `sign` makes the till's Ed25519 signature, 64 bytes; `rules` is asked each time."""
        self._units = units
        self._book = book
        self._clock = clock
        self._rules = rules
        self._sign = sign
        self._papers = papers

    def open_shift(self, actor: Actor, count: CashCount) -> OpenedShift:
        """Open a shift with the counted float; what the drawer's account held besides goes to the safe.

        Raises:
            UserError: `permission.denied`, `shift.cannot_open` (one is open on this till already).
        """
        require(actor, Permission.SHIFT_OPEN)
        with self._units.write() as unit:
            _refuse_second(find_open_shift(unit.connection), actor)
            shift_id = new_id(self._clock.now())
            body: JsonObject = {
                "shift_id": str(shift_id),
                "drawer_id": self._rules().drawer,
                "float_minor": count.total_minor,
                "count": count.to_json(),
            }
            self._book.record(unit, "shift_opened", body, actor=actor.id, shift=shift_id)
            # What became paid while no shift was open belongs to this one.
            wake_ready(unit.connection, self._clock.now())
            return _opened(unit.connection, needed_open_shift(unit.connection))

    def resume(self, actor: Actor) -> OpenedShift | None:
        """Return the open shift to the person who goes on with it, None if none is open.

        Raises:
            UserError: `permission.denied`, `shift.not_yours`.
        """
        require(actor, Permission.SHIFT_OPEN)
        with self._units.read() as connection:
            shift = find_open_shift(connection)
            if shift is None:
                return None
            refuse_stranger(shift, actor)
            return _opened(connection, shift)

    def x_report(self, actor: Actor) -> ShiftReport:
        """Return the running figures of the open shift; nothing changes.

        What should be in the drawer is left out for whoever will count it: the owner of the shift, and
        everybody who may not see reports.

        Raises:
            UserError: `permission.denied`, `shift.cannot_open` (none is open), `shift.not_yours`.
        """
        require_any(actor, Permission.SHIFT_CLOSE, Permission.REPORT_VIEW)
        may_see_all = holds(actor.role, Permission.REPORT_VIEW)
        with self._units.read() as connection:
            shift = needed_open_shift(connection)
            if not may_see_all:
                refuse_stranger(shift, actor)
            at = max(self._clock.now(), read_head(connection).trusted_at)
            report = running_report(connection, shift, at=at, made_by=actor.name)
        is_blind = not may_see_all or actor.key == shift.operator_key
        return replace(report, cash=None) if is_blind else report

    def close_shift(self, actor: Actor, count: CashCount, *, approval: Approval | None = None) -> ShiftReport:
        """Close the open shift with a blind count by note and coin; returns the figures of its Z.

        A count outside the limit is written into the journal before a supervisor is asked; from then on no
        other count closes the shift without one. An approval names the shift's id as its subject. Sync never
        stands in the way, nor does what is unresolved: the next shift inherits it.

        Raises:
            UserError: `permission.denied`, `shift.cannot_close`, `shift.not_yours`, `cash.count`,
                `approval.*` as `require`.
            ApprovalNeeded: CountDiffersError `shift.difference`.
            MachineFault: those of the till's key.
        """
        require(actor, Permission.SHIFT_CLOSE)
        _check_counted(count)
        with self._units.write() as unit:
            shift = _closable(unit.connection, actor)
            compared = self._compare(unit.connection, count)
            must_approve = compared.is_outside or was_count_refused(unit.connection, shift)
            if not must_approve:
                return self._close(unit, shift, actor, compared=compared, approved_by=None)
            if approval is not None or holds(actor.role, Permission.SHIFT_DIFFERENCE):
                approved_by = require(
                    actor, Permission.SHIFT_DIFFERENCE, approval=approval, subject=str(shift.id)
                )
                return self._close(unit, shift, actor, compared=compared, approved_by=approved_by)
            self._note_refused(unit, shift, actor, compared)
        raise CountDiffersError(
            "shift.difference",
            "The counted cash is not what the till expects. A supervisor must look and approve the close.",
            compared=compared,
            subject=str(shift.id),
        )

    def get_closed(self, actor: Actor, number: int) -> ShiftRow:
        """Return the shift that was closed with a Z number; its paper is stored at `closed_place`.

        Raises:
            UserError: `permission.denied`, `shift.report_missing`, `shift.not_yours`.
        """
        require_any(actor, Permission.SHIFT_CLOSE, Permission.REPORT_VIEW)
        with self._units.read() as connection:
            shift = find_closed_shift(connection, number)
        if shift is None:
            raise UserError("shift.report_missing", f"No shift was closed with Z number {number} here.")
        if not holds(actor.role, Permission.REPORT_VIEW):
            refuse_stranger(shift, actor)
        return shift

    def list_closed(self, actor: Actor, *, before_z_number: int | None = None) -> tuple[ShiftRow, ...]:
        """Return a page of closed shifts, the newest first. Raises UserError `permission.denied`."""
        require(actor, Permission.REPORT_VIEW)
        with self._units.read() as connection:
            return list_closed_shifts(connection, before_z_number=before_z_number)

    def _compare(self, connection: Connection, count: CashCount) -> Compared:
        drawer = drawer_account(str(read_head(connection).till_id))
        return Compared(count, balance_minor(connection, drawer), self._rules().difference_limit_minor)

    def _note_refused(self, unit: WriteUnit, shift: ShiftRow, actor: Actor, compared: Compared) -> None:
        body = privileged_act(
            Permission.SHIFT_DIFFERENCE,
            "shift",
            str(shift.id),
            reason="counted outside the limit",
            after={
                "counted_minor": compared.count.total_minor,
                "difference_minor": compared.difference_minor,
                "count": compared.count.to_json(),
            },
        )
        self._book.record(unit, "privileged_act", body, actor=actor.id, shift=shift.id)

    def _close(
        self,
        unit: WriteUnit,
        shift: ShiftRow,
        actor: Actor,
        *,
        compared: Compared,
        approved_by: UUID | None,
    ) -> ShiftReport:
        connection = unit.connection
        # The figures are read before the close moves the drawer's account.
        report = running_report(connection, shift, at=self._clock.now(), made_by=actor.name)
        number = z_number(report.till_code, take_number(connection, "z_last"))
        body = _closed_body(report, compared, number)
        line = self._book.record(
            unit, "shift_closed", body, actor=actor.id, shift=shift.id, approved_by=approved_by
        )
        report = replace(
            report,
            at=line.at,
            z_number=number,
            compared=compared,
            approved_by=approved_by,
            proof=proof_of(connection),
            signature=self._head_signature(connection, line),
        )
        self._papers.keep_z(unit, report, place=line.place, actor=actor)
        return report

    def _head_signature(self, connection: Connection, line: Recorded) -> bytes:
        till = read_head(connection).till_id
        return self._sign(head_message(at=line.at, line_hash_hex=line.hash.hex(), seq=line.seq, till=till))


def needed_open_shift(connection: Connection) -> ShiftRow:
    """Return the open shift. Raises UserError `shift.cannot_open` when there is none."""
    shift = find_open_shift(connection)
    if shift is None:
        raise UserError("shift.cannot_open", "No shift is open: open a shift with a counted float first.")
    return shift


def refuse_stranger(shift: ShiftRow, actor: Actor) -> None:
    """Refuse who neither opened the shift nor may stand in for who did: a supervisor may.

    Raises:
        UserError: `shift.not_yours`.
    """
    if actor.key != shift.operator_key and not holds(actor.role, Permission.SHIFT_DIFFERENCE):
        raise UserError(
            "shift.not_yours", f"This is the shift of {shift.operator}: that person or a supervisor goes on."
        )


def _opened(connection: Connection, shift: ShiftRow) -> OpenedShift:
    return OpenedShift(shift, list_unresolved(connection))


def _refuse_second(shift: ShiftRow | None, actor: Actor) -> None:
    if shift is None:
        return
    if shift.operator_key == actor.key:
        raise UserError("shift.cannot_open", "Your shift is open already: go on with it.")
    raise UserError(
        "shift.cannot_open", f"{shift.operator} has a shift open on this till: it must be closed first."
    )


def _closable(connection: Connection, actor: Actor) -> ShiftRow:
    shift = find_open_shift(connection)
    if shift is None:
        raise UserError("shift.cannot_close", "No shift is open on this till.")
    refuse_stranger(shift, actor)
    return shift


def _check_counted(count: CashCount) -> None:
    if count.total_minor and not count.entries:
        raise UserError("cash.count", "Count the drawer by note and coin: a total alone closes no shift.")


def _closed_body(report: ShiftReport, compared: Compared, number: str) -> JsonObject:
    return {
        "shift_id": str(report.shift_id),
        "z_number": number,
        "count": compared.count.to_json(),
        "counted_minor": compared.count.total_minor,
        "expected_minor": compared.expected_minor,
        "difference_minor": compared.difference_minor,
        "totals": report.totals_json(),
        "unresolved": [one.to_json() for one in report.unresolved],
    }
