"""Cases: a token for a wrong meter, a token a meter refused, a fault (docs/formats.md §4, §11).

A case is opened once and decided once. A replacement token is new value: it goes to a meter only after proof on
site that the first one was not used, or as goodwill.
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
from pos.models.queries.cases import CaseRow, find_case, find_case_of_sale, list_cases
from pos.models.queries.selling import find_sale, open_shift, read_line_at
from pos.models.uow import Units, WriteUnit
from pos.services.approval import Approval, require, require_two_people
from pos.services.delivery import CheckoutRules
from pos.services.engineering import needed_meter
from pos.services.issuing import Cause, IssueResult, Issuing, issued_item, meter_json, store_slip
from pos.services.token_vending import TokenVending, key_in_force
from pos.system.clock import Clock
from pos.system.ids import new_id

_OUTCOMES_WITH_TOKEN = frozenset({CaseState.REALLOCATED, CaseState.GOODWILL, CaseState.REPLACED})


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """A case with the number the customer keeps; `print_job` None where it has no paper."""

    case_id: UUID
    number: str
    place: int
    print_job: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How a case ends. `proof` says what was seen on site; needed for a token that is no goodwill."""

    outcome: CaseState
    reason: str
    proof: str = ""


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
        """Wire the parts; goodwill above the limit needs two people."""
        self._units = units
        self._book = book
        self._issuing = issuing
        self._vending = vending
        self._papers = papers
        self._clock = clock
        self._rules = rules
        self._goodwill_limit_minor = goodwill_limit_minor

    def open_wrong_meter(
        self, sale_id: UUID, actor: Actor, *, reason: str, right_drn: str | None = None
    ) -> OpenedCase:
        """Open a case about a token that was sold for another meter than the customer's.

        Raises:
            UserError: `permission.denied`, `case.no_token`, `case.exists`, `case.same_meter`, `case.service`,
                `meter.unknown`.
        """
        require(actor, Permission.CASE_OPEN)
        with self._units.write() as unit:
            item = _sold_item(unit.connection, sale_id)
            body = self._body_for_sale(unit.connection, CaseKind.WRONG_METER, sale_id, item, reason=reason)
            if right_drn is not None:
                body["right_drn"] = _right_meter(unit.connection, item, right_drn)
            return self._open(unit, body, actor)

    def open_token_refused(self, sale_id: UUID, actor: Actor, *, reason: str) -> OpenedCase:
        """Open a case about a token that its own meter refused.

        Raises:
            UserError: `permission.denied`, `case.no_token`, `case.exists`.
        """
        require(actor, Permission.CASE_OPEN)
        with self._units.write() as unit:
            item = _sold_item(unit.connection, sale_id)
            kind = CaseKind.TOKEN_REFUSED
            return self._open(
                unit, self._body_for_sale(unit.connection, kind, sale_id, item, reason=reason), actor
            )

    def report_fault(self, drn: str, actor: Actor, *, what: str) -> OpenedCase:
        """Take down what a customer says is wrong with a meter, and queue the paper with its number.

        Raises:
            UserError: `permission.denied`, `meter.unknown`, `case.reason_missing`; NumberError.
        """
        require(actor, Permission.CASE_OPEN)
        with self._units.write() as unit:
            connection = unit.connection
            meter = needed_meter(connection, drn)
            body = _new_body(CaseKind.FAULT, self._clock.now(), what) | {"wrong_drn": meter.drn}
            opened = self._open(unit, body, actor, is_on_paper=True)
            item = {"meter": meter_json(meter, key_in_force(meter, self._clock.now()))}
            at = max(self._clock.now(), read_head(connection).trusted_at)
            paper = self._papers.fault_report(
                connection, item, number=opened.opened.number, what=what.strip(), actor=actor, at=at
            )
            job = store_slip(
                connection, opened.recorded, "fault_report", paper, printer=self._rules().printer
            )
            return OpenedCase(opened.opened.case_id, opened.opened.number, opened.opened.place, job)
