"""A supplier's account over some days, day by day and kind by kind, read from its postings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sqlalchemy import Connection

from pos.domain.ledger import supplier_account
from pos.models.queries.money import (
    Stretch,
    SupplierRow,
    float_moves,
    last_place_before,
    posted_minor,
    supplier_sales,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementMove:
    """What one kind of movement did to the account on one day, and the balance after it.

    `kind` is `top_up`, `commission` or `correction` for one of those, `sales` (below zero) and
    `sales_commission` for all sales of the day.
    """

    day: date
    kind: str
    pieces: int
    amount_minor: int
    balance_minor: int = 0
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FloatStatement:
    """A supplier's account over whole days, first and last included; moves lead from opening to closing."""

    supplier: SupplierRow
    first_day: date
    last_day: date
    opening_minor: int
    moves: tuple[StatementMove, ...]

    @property
    def closing_minor(self) -> int:
        """The balance at the end of the last day."""
        return self.moves[-1].balance_minor if self.moves else self.opening_minor

    @property
    def commission_minor(self) -> int:
        """All commission in it."""
        kinds = ("commission", "sales_commission")
        return sum(move.amount_minor for move in self.moves if move.kind in kinds)


def read_statement(
    connection: Connection, supplier: SupplierRow, *, first_day: date, last_day: date, time_zone: tzinfo
) -> FloatStatement:
    """Read the statement; each day is one stretch of places, so that no line is read but float movements."""
    before = _last_place_before_day(connection, first_day, time_zone)
    # What the account held then: what it holds now, less all that came since.
    since_minor = posted_minor(connection, supplier_account(supplier.code), Stretch(before))
    opening_minor = balance_minor = supplier.balance_minor - since_minor
    moves = []
    for move in _moves(connection, supplier.code, first_day, last_day, time_zone):
        balance_minor += move.amount_minor
        moves.append(replace(move, balance_minor=balance_minor))
    return FloatStatement(supplier, first_day, last_day, opening_minor, tuple(moves))


def _moves(
    connection: Connection, code: str, first_day: date, last_day: date, time_zone: tzinfo
) -> Iterator[StatementMove]:
    start = _last_place_before_day(connection, first_day, time_zone)
    for number in range((last_day - first_day).days + 1):
        day = first_day + timedelta(days=number)
        end = _last_place_before_day(connection, day + timedelta(days=1), time_zone)
        if end > start:
            yield from _moves_of_day(connection, code, day, Stretch(start, end))
        start = end


def _moves_of_day(connection: Connection, code: str, day: date, stretch: Stretch) -> Iterator[StatementMove]:
    for move in float_moves(connection, code, stretch):
        yield StatementMove(
            day=day,
            kind=move.kind,
            pieces=1,
            amount_minor=move.amount_minor,
            reference=move.reference,
            reason=move.reason,
        )
    sales = supplier_sales(connection, code, stretch)
    if sales.pieces:
        yield StatementMove(day=day, kind="sales", pieces=sales.pieces, amount_minor=-sales.sold_minor)
    if sales.commission_minor:
        yield StatementMove(
            day=day, kind="sales_commission", pieces=sales.pieces, amount_minor=sales.commission_minor
        )


def _last_place_before_day(connection: Connection, day: date, time_zone: tzinfo) -> int:
    return last_place_before(connection, datetime.combine(day, time.min, time_zone).astimezone(UTC))
