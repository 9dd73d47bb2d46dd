"""Cases: a token for a wrong meter, a token a meter refused, a fault (docs/formats.md §4, §11).

A case is opened once and decided once. A replacement token is new value: it goes to a meter only after proof
on site that the first one was not used, or as goodwill.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.domain.permissions import Actor, Permission
from pos.domain.receipt_number import case_number
from pos.domain.states import CaseKind, CaseState, check_case_move
from pos.errors import UserError
from pos.models.ledger_book import Book, Recorded, read_head, take_number
from pos.models.queries.cases import (
    CaseRow,
    ReplacementRow,
    find_case,
    latest_case_of_sale,
    list_cases,
    open_case_of_sale,
    replacement_of,
)
from pos.models.queries.selling import SellingMeter, find_sale, open_shift, read_line_at
from pos.models.uow import Units, WriteUnit
from pos.services.approval import Approval, require, require_any, require_two_people
from pos.services.delivery import CheckoutRules
from pos.services.engineering import needed_meter
from pos.services.issuing import Cause, IssueResult, Issuing, issued_item, store_slip
from pos.services.token_vending import TokenVending, key_in_force, meter_json
from pos.system.clock import Clock
from pos.system.ids import new_id

_WITH_TOKEN = frozenset({CaseState.REALLOCATED, CaseState.GOODWILL, CaseState.REPLACED})
_BY_TWO_PEOPLE = frozenset({CaseState.REALLOCATED, CaseState.GOODWILL})
_WITH_PROOF = frozenset({CaseState.REALLOCATED, CaseState.REPLACED})


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """A case with the number the customer keeps; `print_job` None where it has no paper."""

    case_id: UUID
    number: str
    place: int
    print_job: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDecision:
    """How a case ends.

    `proof` says what was seen on site: needed for a token that is no goodwill. `right_drn` is the meter that
    gets the token, where the case does not name it yet.
    """

    outcome: CaseState
    reason: str
    proof: str = ""
    right_drn: str | None = None


class CasePapers(Protocol):
    """Writes the paper of a reported fault."""

    def fault_report(
        self,
        connection: Connection,
        item: Mapping[str, Any],
        *,
        number: str,
        what: str,
        actor: Actor,
        at: datetime,
    ) -> bytes:
        """Return the canonical JSON of the report about the meter of `item`."""
        ...


@dataclass(frozen=True, slots=True)
class _Disputed:
    """What was sold in the sale of a case."""

    place: int
    item: Mapping[str, Any]

    @property
    def drn(self) -> str:
        """The meter the token was made for."""
        return str(self.item["meter"]["drn"])

    @property
    def tenths(self) -> int:
        """What its token carries."""
        return int(self.item["token_units_tenths"])


class Cases:
    """Opens and decides cases."""

    def __init__(
        self,
        units: Units,
        book: Book,
        issuing: Issuing,
        *,
        vending: TokenVending,
        papers: CasePapers,
        clock: Clock,
        rules: Callable[[], CheckoutRules],
        goodwill_limit_minor: Callable[[], int],
    ) -> None:
        """Wire the parts; a token given for a sale above the limit needs two people."""
        self._units = units
        self._book = book
        self._issuing = issuing
        self._vending = vending
        self._papers = papers
        self._clock = clock
        self._rules = rules
        self._goodwill_limit_minor = goodwill_limit_minor

    def open_for_sale(
        self, kind: CaseKind, sale_id: UUID, *, actor: Actor, reason: str, right_drn: str | None = None
    ) -> OpenedCase:
        """Open a WRONG_METER or TOKEN_REFUSED case; `right_drn` is the customer's own meter, where known.

        Raises:
            UserError: `permission.denied`, `case.reason_missing`, `case.no_token`, `case.exists`,
                `case.same_meter`, `case.service`, `meter.unknown`; NumberError.
        """
        require(actor, Permission.CASE_OPEN)
        with self._units.write() as unit:
            connection = unit.connection
            disputed = _disputed(connection, sale_id)
            if open_case_of_sale(connection, disputed.place):
                raise UserError("case.exists", "This sale has a case already.")
            body = self._body(kind, reason) | {"sale_id": str(sale_id), "wrong_drn": disputed.drn}
            if right_drn is not None:
                body["right_drn"] = _right_meter(connection, disputed, right_drn).drn
            opened, _ = self._open(unit, body, actor)
            return opened

    def report_fault(self, drn: str, actor: Actor, *, what: str) -> OpenedCase:
        """Take down what a customer says is wrong with a meter, and queue the paper with the case's number.

        `what` is about the meter and holds no name or phone: it stands in the journal.

        Raises:
            UserError: `permission.denied`, `case.reason_missing`, `meter.unknown`; NumberError.
        """
        require(actor, Permission.CASE_OPEN)
        with self._units.write() as unit:
            meter = needed_meter(unit.connection, drn)
            opened, recorded = self._open(
                unit, self._body(CaseKind.FAULT, what) | {"wrong_drn": meter.drn}, actor
            )
            paper = self._papers.fault_report(
                unit.connection,
                {"meter": meter_json(meter, key_in_force(meter, recorded.at))},
                number=opened.number,
                what=what.strip(),
                actor=actor,
                at=recorded.at,
            )
            job = store_slip(unit.connection, recorded, "fault_report", paper, printer=self._rules().printer)
            return OpenedCase(opened.case_id, opened.number, opened.place, job)

    def decide(
        self, case_id: UUID, decision: CaseDecision, *, actor: Actor, approval: Approval | None = None
    ) -> IssueResult | None:
        """End a case; returns the replacement token where the outcome gives one. An approval is for its id.

        Raises:
            UserError: `case.unknown`, `case.state`, `case.reason_missing`, `case.proof_missing`,
                `case.right_meter_missing`, `case.same_meter`, `case.service`, `meter.unknown`,
                `permission.*`, `approval.*`, `clock.confirm`; EnvelopeError, VaultError, TidError.
            ApprovalNeeded: `permission.approval_needed`, also of a second person for a token of much money.
            MachineFault: `clock.back`, `disk.*`.
        """
        with self._units.write() as unit:
            connection = unit.connection
            case = find_case(connection, case_id)
            if case is None:
                raise UserError("case.unknown", "There is no such case on this till.")
            check_case_move(case.kind, case.state, decision.outcome)
            if decision.outcome in _WITH_PROOF and not decision.proof.strip():
                raise UserError(
                    "case.proof_missing", "Say what was seen at the meter: no token without proof."
                )
            disputed = None if case.sale_id is None else _disputed(connection, case.sale_id)
            right = self._receiver(connection, case, disputed, decision)
            approved_by = self._allowed(case, disputed, decision, actor=actor, approval=approval)
            self._close(unit, case, decision, right=right, actor=actor, approved_by=approved_by)
            if right is None or disputed is None:
                return None
            cause = Cause(word="replacement", sale_id=str(case.sale_id), case_id=str(case_id))
            return self._replace(unit, right, disputed, cause=cause, actor=actor, approved_by=approved_by)

    def page(
        self, actor: Actor, *, state: CaseState | None = None, before: int | None = None
    ) -> list[CaseRow]:
        """List cases, newest first, 50 a page.

        Raises:
            UserError: `permission.denied`.
        """
        require_any(actor, Permission.CASE_OPEN, Permission.CASE_DECIDE)
        with self._units.read() as connection:
            return list_cases(connection, state=None if state is None else state.value, before=before)

    def of_sale(self, actor: Actor, sale_id: UUID) -> CaseRow | None:
        """Return the last case about a sale, None without one.

        Raises:
            UserError: `permission.denied`.
        """
        require_any(actor, Permission.CASE_OPEN, Permission.CASE_DECIDE, Permission.SALE_VIEW_ALL)
        with self._units.read() as connection:
            return latest_case_of_sale(connection, sale_id)

    def replacement(self, actor: Actor, case: CaseRow) -> ReplacementRow | None:
        """Return the tokens that a case gave, to show or print them again; None where it gave none.

        Raises:
            UserError: `permission.denied`.
        """
        require_any(actor, Permission.CASE_OPEN, Permission.CASE_DECIDE)
        drn = case.wrong_drn if case.kind is CaseKind.TOKEN_REFUSED else case.right_drn
        if case.state not in _WITH_TOKEN or case.sale_id is None or drn is None:
            return None
        with self._units.read() as connection:
            return replacement_of(connection, case.sale_id, drn)

    def _body(self, kind: CaseKind, reason: str) -> JsonObject:
        if not reason.strip():
            raise UserError("case.reason_missing", "Say what the case is about.")
        check_case_move(kind, CaseState.NONE, CaseState.OPEN)
        return {
            "case_id": str(new_id(self._clock.now())),
            "case_kind": kind.value,
            "from": CaseState.NONE.value,
            "to": CaseState.OPEN.value,
            "reason": reason.strip(),
        }

    def _open(self, unit: WriteUnit, body: JsonObject, actor: Actor) -> tuple[OpenedCase, Recorded]:
        # The projection reads the number that was taken last (pos.models.book_facts).
        number = case_number(read_head(unit.connection).till_code, take_number(unit.connection, "case_last"))
        recorded = self._record(unit, body, actor=actor, approved_by=None)
        return OpenedCase(UUID(str(body["case_id"])), number, recorded.place), recorded

    def _record(
        self, unit: WriteUnit, body: JsonObject, *, actor: Actor, approved_by: UUID | None
    ) -> Recorded:
        shift = open_shift(unit.connection)
        return self._book.record(
            unit,
            "case_changed",
            body,
            actor=actor.id,
            shift=None if shift is None else shift.id,
            approved_by=approved_by,
        )

    def _receiver(
        self, connection: Connection, case: CaseRow, disputed: _Disputed | None, decision: CaseDecision
    ) -> SellingMeter | None:
        """The meter that gets the replacement: the right one, or the same one again after a refused token."""
        if decision.outcome not in _WITH_TOKEN or disputed is None:
            return None
        if case.kind is CaseKind.TOKEN_REFUSED:
            return needed_meter(connection, disputed.drn)
        drn = decision.right_drn or case.right_drn
        if drn is None:
            raise UserError("case.right_meter_missing", "Say which meter the token was meant for.")
        return _right_meter(connection, disputed, drn)

    def _allowed(
        self,
        case: CaseRow,
        disputed: _Disputed | None,
        decision: CaseDecision,
        *,
        actor: Actor,
        approval: Approval | None,
    ) -> UUID | None:
        subject = str(case.case_id)
        is_given_twice = disputed is not None and decision.outcome in _BY_TWO_PEOPLE
        if is_given_twice and disputed and disputed.item["money_minor"] > self._goodwill_limit_minor():
            return require_two_people(actor, Permission.CASE_DECIDE, approval=approval, subject=subject)
        return require(actor, Permission.CASE_DECIDE, approval=approval, subject=subject)

    def _close(
        self,
        unit: WriteUnit,
        case: CaseRow,
        decision: CaseDecision,
        *,
        right: SellingMeter | None,
        actor: Actor,
        approved_by: UUID | None,
    ) -> None:
        texts = [text.strip() for text in (decision.reason, decision.proof) if text.strip()]
        if not texts:
            raise UserError("case.reason_missing", "Say why the case ends like this.")
        body: JsonObject = {
            "case_id": str(case.case_id),
            "case_kind": case.kind.value,
            "from": case.state.value,
            "to": decision.outcome.value,
            "reason": ". ".join(texts),
        }
        named = {
            "sale_id": None if case.sale_id is None else str(case.sale_id),
            "wrong_drn": case.wrong_drn,
            "right_drn": case.right_drn if right is None else right.drn,
        }
        body |= {key: value for key, value in named.items() if value is not None}
        self._record(unit, body, actor=actor, approved_by=approved_by)

    def _replace(
        self,
        unit: WriteUnit,
        meter: SellingMeter,
        disputed: _Disputed,
        *,
        cause: Cause,
        actor: Actor,
        approved_by: UUID | None,
    ) -> IssueResult:
        """Issue the same units again; the month's figures of both meters stay as they were sold."""
        connection, tenths = unit.connection, disputed.tenths
        at = self._issuing.instant(connection)
        charge_minor = self._issuing.charge(connection, meter, tenths=tenths, at=at)
        issued = self._vending.credit(connection, meter, tenths=tenths, at=at)
        return self._issuing.record(
            unit,
            issued_item(meter, issued),
            cause=cause,
            actor=actor,
            approved_by=approved_by,
            charge_minor=charge_minor,
        )


def _disputed(connection: Connection, sale_id: UUID) -> _Disputed:
    known = find_sale(connection, sale_id)
    if known is not None and known.delivered_place is not None:
        sale = json.loads(read_line_at(connection, known.delivered_place))["body"]["sale"]
        for item in sale["items"]:
            if item.get("tokens") and item["token_units_tenths"]:
                return _Disputed(known.place, item)
    raise UserError("case.no_token", "No token was issued for this sale, so there is none to dispute.")


def _right_meter(connection: Connection, disputed: _Disputed, number: str) -> SellingMeter:
    """The meter a token was meant for: another one, for the same service."""
    meter = needed_meter(connection, number)
    if meter.drn == disputed.drn:
        raise UserError("case.same_meter", "The token was made for that very meter.")
    credit = disputed.item["tokens"][-1]
    if credit["subclass"] != meter.service:
        raise UserError("case.service", "The two meters measure different things; units cannot move.")
    return meter


__all__ = ["CaseDecision", "CasePapers", "CaseRow", "Cases", "OpenedCase", "ReplacementRow"]
