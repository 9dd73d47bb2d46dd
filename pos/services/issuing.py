"""Tokens that are not sold: free units, engineering, key changes, replacements (docs/formats.md §4, §9)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.domain.permissions import Actor
from pos.models.ledger_book import Book, Recorded, read_head
from pos.models.packing import pack_document
from pos.models.queries.selling import SellingMeter, find_tariff, open_shift
from pos.models.stored import milliseconds_of
from pos.models.uow import WriteUnit
from pos.services.delivery import CheckoutRules, check_envelope
from pos.services.token_vending import Issued, meter_json
from pos.services.trusted_clock import token_instant
from pos.system.clock import Clock
from pos.system.ids import new_id

_MICRO_PER_MILLI = 1000 * 1_000_000
"""A rate is 10^-6 minor units per 1.000 unit: divide units_milli times rate_micro by this."""


@dataclass(frozen=True, slots=True)
class IssueResult:
    """What was issued: the `item` of its journal line and where it stands."""

    issue_id: UUID
    place: int
    item: dict[str, Any]
    print_job: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why tokens are issued without a sale, and what belongs to it."""

    word: str
    sale_id: str | None = None
    case_id: str | None = None


class IssuePapers(Protocol):
    """Writes the slip of tokens that were not sold."""

    def token_slip(
        self, connection: Connection, item: Mapping[str, Any], *, actor: Actor, at: datetime
    ) -> bytes:
        """Return the canonical JSON of a slip with the tokens of `item`."""
        ...


class Issuing:
    """Records issues: envelope, journal line, slip and print job in the write unit at hand."""

    def __init__(
        self, book: Book, *, clock: Clock, papers: IssuePapers, rules: Callable[[], CheckoutRules]
    ) -> None:
        """Wire the parts; `rules` names the printer."""
        self._book = book
        self._clock = clock
        self._papers = papers
        self._rules = rules

    def instant(self, connection: Connection) -> datetime:
        """Return the instant that dates a token now. Raises as `token_instant`: `clock.*`."""
        return token_instant(self._clock.now(), read_head(connection).trusted_at)

    def charge(self, connection: Connection, meter: SellingMeter, *, tenths: int, at: datetime) -> int:
        """Return what units cost the envelope, checked against what it leaves: the first block's rate.

        Raises:
            EnvelopeError: `envelope.*`.
        """
        row = find_tariff(connection, meter.tariff_code, at)
        rate_micro = 0 if row is None else int(json.loads(row.body)["blocks"][0]["rate_micro"])
        charge_minor = (200 * tenths * rate_micro + _MICRO_PER_MILLI) // (2 * _MICRO_PER_MILLI)
        check_envelope(connection, money_minor=charge_minor, units_milli=tenths * 100, at=at)
        return charge_minor

    def record(
        self,
        unit: WriteUnit,
        item: Mapping[str, Any],
        *,
        cause: Cause,
        actor: Actor,
        approved_by: UUID | None = None,
        charge_minor: int = 0,
    ) -> IssueResult:
        """Write `tokens_issued` with its slip; `item` is complete (see `issued_item`)."""
        connection = unit.connection
        at = max(self._clock.now(), read_head(connection).trusted_at)
        issue_id, shift = new_id(at), open_shift(connection)
        body: JsonObject = {
            "issue_id": str(issue_id),
            "cause": cause.word,
            "item": dict(item),
            "charge_envelope_minor": charge_minor,
        }
        if cause.sale_id is not None:
            body["sale_id"] = cause.sale_id
        if cause.case_id is not None:
            body["case_id"] = cause.case_id
        recorded = self._book.record(
            unit,
            "tokens_issued",
            body,
            actor=actor.id,
            shift=None if shift is None else shift.id,
            approved_by=approved_by,
        )
        slip = self._papers.token_slip(connection, item, actor=actor, at=at)
        job = store_slip(connection, recorded, "token_slip", slip, printer=self._rules().printer)
        return IssueResult(issue_id, recorded.place, dict(item), job)


def issued_item(meter: SellingMeter, issued: Issued, **changes: Any) -> dict[str, Any]:
    """Return an item (docs/formats.md §4) that costs nothing and carries these tokens; `changes` win."""
    tenths = sum(token.get("tenths", 0) for token in issued.tokens)
    item: dict[str, Any] = {
        "n": 1,
        "item_kind": "token",
        "money_minor": 0,
        "lines": [],
        "meter": meter_json(meter, issued.key),
        "units_milli": tenths * 100,
        "free_milli": 0,
        "carry_in_milli": 0,
        "carry_out_milli": 0,
        "token_units_tenths": tenths,
        "tokens": list(issued.tokens),
    }
    return item | changes


def store_slip(
    connection: Connection,
    recorded: Recorded,
    kind: str,
    document: bytes,
    *,
    printer: str,
    opens_drawer: bool = False,
) -> int | None:
    """Store the paper of a line that names no hash of it, and queue it; None where there is no printer."""
    connection.exec_driver_sql(
        "INSERT INTO document (place, kind, sha256, body) VALUES (?, ?, ?, ?)",
        (recorded.place, kind, sha256(document).digest(), pack_document(document, recorded.data)),
    )
    if not printer:
        return None
    key: int = connection.exec_driver_sql(
        "INSERT INTO print_job (place, copy, state, printer, created_at, opens_drawer) "
        "VALUES (?, 0, 'waiting', ?, ?, ?) RETURNING key",
        (recorded.place, printer, milliseconds_of(recorded.at), int(opens_drawer)),
    ).scalar_one()
    return key
