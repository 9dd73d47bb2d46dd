"""Papers again, marked COPY n, and the fact that a customer got the token (docs/formats.md §4, §11)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.domain.permissions import Actor, Permission
from pos.errors import UserError
from pos.models.ledger_book import Book
from pos.models.packing import unpack_document
from pos.models.queries.selling import open_shift, read_line_at
from pos.models.stored import instant_of, milliseconds_of
from pos.models.uow import Units, WriteUnit
from pos.services.approval import require
from pos.services.delivery import CheckoutRules
from pos.system.clock import Clock


class HandedOver(StrEnum):
    """How a token reached the customer."""

    SHOWN = "shown"
    PRINTED = "printed"
    PDF = "pdf"
    SMS = "sms"


ON_PAPER = frozenset({HandedOver.PRINTED, HandedOver.PDF})


@dataclass(frozen=True, slots=True)
class Copy:
    """One paper of a sale or an issue: 0 is the original, COPY n after it.

    `print_job` and its `state` are None for a PDF, or where the till has no printer.
    """

    copy: int
    place: int
    print_job: int | None
    state: str | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class _Paper:
    """Where the tokens of a sale or an issue stand, and how often they were put on paper."""

    key: str
    id: UUID
    place: int
    copies: int
    is_handed_over: bool


class Reprints:
    """Prints stored papers again; nothing is ever worked out anew, so a copy says what the original said."""

    def __init__(self, units: Units, book: Book, *, clock: Clock, rules: Callable[[], CheckoutRules]) -> None:
        """Wire the parts; `rules` names the printer."""
        self._units = units
        self._book = book
        self._clock = clock
        self._rules = rules

    def reprint(self, what: UUID, actor: Actor, *, how: HandedOver = HandedOver.PRINTED) -> Copy:
        """Make the next copy of a delivered sale's receipt, or of an issue's slip; the drawer stays shut.

        PRINTED queues it; with PDF the caller makes the file from `document`.

        Raises:
            UserError: `permission.denied`, `sale.nothing_to_reprint`.
            MachineFault: `disk.*`.
        """
        require(actor, Permission.SALE_REPRINT)
        with self._units.write() as unit:
            paper = _paper(unit.connection, what)
            if paper is None or not _has_document(unit.connection, paper.place):
                raise _nothing()
            # The original counts as out even if nobody said so: two papers must never look alike.
            number = max(1, paper.copies)
            at = self._record(unit, paper, how, copy=number, actor=actor)
            printer = self._rules().printer
            if how is not HandedOver.PRINTED or not printer:
                return Copy(number, paper.place, None, None, at)
            job: int = unit.connection.exec_driver_sql(
                "INSERT INTO print_job (place, copy, state, printer, created_at, opens_drawer) "
                "VALUES (?, ?, 'waiting', ?, ?, 0) RETURNING key",
                (paper.place, number, printer, milliseconds_of(at)),
            ).scalar_one()
            return Copy(number, paper.place, job, "waiting", at)

    def copies(self, what: UUID, actor: Actor) -> list[Copy]:
        """List the papers of a sale or an issue that went to a printer, the original first.

        Raises:
            UserError: `permission.denied`, `sale.nothing_to_reprint`.
        """
        require(actor, Permission.SALE_REPRINT)
        with self._units.read() as connection:
            paper = _paper(connection, what)
            if paper is None:
                raise _nothing()
            rows: Any = connection.exec_driver_sql(
                "SELECT copy, key, state, created_at FROM print_job WHERE place = ? ORDER BY copy, key",
                (paper.place,),
            ).all()
        return [Copy(row[0], paper.place, row[1], row[2], instant_of(row[3])) for row in rows]

    def document(self, what: UUID, actor: Actor) -> bytes:
        """Return the stored document of a sale or an issue, canonical JSON.

        Raises:
            UserError: `permission.denied`, `sale.nothing_to_reprint`.
        """
        require(actor, Permission.SALE_REPRINT)
        with self._units.read() as connection:
            paper = _paper(connection, what)
            document = None if paper is None else document_at(connection, paper.place)
        if document is None:
            raise _nothing()
        return document

    def hand_over(self, what: UUID, actor: Actor, *, how: HandedOver) -> bool:
        """State that the customer got the original's token, once for each of screen, message and paper.

        Returns whether a line was written. The spool calls it when an original came out, the screen when it
        showed the token.

        Raises:
            UserError: `sale.nothing_to_reprint`.
        """
        with self._units.write() as unit:
            paper = _paper(unit.connection, what)
            if paper is None:
                raise _nothing()
            if paper.copies if how in ON_PAPER else paper.is_handed_over:
                return False
            self._record(unit, paper, how, copy=0, actor=actor)
        return True

    def hand_over_paper(self, place: int, actor: Actor) -> bool:
        """State that the original paper of the line at `place` came out of a printer; see `hand_over`.

        Papers that carry no token (a credit note, a case) state nothing.
        """
        with self._units.read() as connection:
            body = json.loads(read_line_at(connection, place))["body"]
        what = body.get("issue_id") or body.get("sale", {}).get("sale_id")
        return what is not None and self.hand_over(UUID(what), actor, how=HandedOver.PRINTED)

    def _record(
        self, unit: WriteUnit, paper: _Paper, how: HandedOver, *, copy: int, actor: Actor
    ) -> datetime:
        shift = open_shift(unit.connection)
        body: JsonObject = {paper.key: str(paper.id), "how": how.value, "copy": copy}
        recorded = self._book.record(
            unit, "token_handed_over", body, actor=actor.id, shift=None if shift is None else shift.id
        )
        return recorded.at


def document_at(connection: Connection, place: int) -> bytes | None:
    """Return the document of the line at a place, None where there is none (any more)."""
    packed: bytes | None = connection.exec_driver_sql(
        "SELECT body FROM document WHERE place = ?", (place,)
    ).scalar()
    return None if packed is None else unpack_document(packed, read_line_at(connection, place))


def _paper(connection: Connection, what: UUID) -> _Paper | None:
    row: Any = connection.exec_driver_sql(
        "SELECT 'sale_id', delivered_place, copies, is_handed_over FROM sale "
        "WHERE id = ? AND delivered_place IS NOT NULL "
        "UNION ALL SELECT 'issue_id', place, copies, is_handed_over FROM issue WHERE id = ?",
        (what.bytes, what.bytes),
    ).first()
    return None if row is None else _Paper(row[0], what, row[1], row[2], bool(row[3]))


def _nothing() -> UserError:
    return UserError("sale.nothing_to_reprint", "There is no token or paper of this sale to give out again.")


def _has_document(connection: Connection, place: int) -> bool:
    return connection.exec_driver_sql("SELECT 1 FROM document WHERE place = ?", (place,)).scalar() is not None
