"""Finding transactions by days and by the beginning of a text, however many there are.

No question here looks at more rows than it gives and a fixed number besides.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    func,
    null,
    select,
    union,
    union_all,
)

from central.errors import FieldProblem, Problem
from central.models.transactions import transactions

TEXT_LENGTH_MIN = 3
MATCHES_MAX = 3_000
"""A text that begins more numbers than this is looked for in the list itself, a stretch at a time."""
# The day of a sale is that of its instant somewhere on earth; this finds the instants that can have it.
_ZONES = timedelta(hours=26)
_DAY = timedelta(days=1)
# Days as far apart as this have no instant in common.
_APART = 3
_LAST_LETTER = "\U0010ffff"


def during(
    connection: Connection, organisation_id: UUID, first: date | None, last: date | None
) -> list[ColumnElement[bool]]:
    """Return conditions for business days, with the instants at which a list by time begins and ends.

    The instants are as close as the rows allow: whoever reads a list by time meets nobody else's day.
    """
    columns = transactions.c
    begin, end = connection.execute(
        select(
            _edge(organisation_id, first, _DAY, func.min),
            _edge(organisation_id, last, -_DAY, func.max),
        )
    ).one()
    found: list[ColumnElement[bool]] = []
    if first is not None:
        beyond = _instant(first + _APART * _DAY) - _ZONES
        found += [columns.business_day >= first, columns.at >= min(begin or beyond, beyond)]
    if last is not None:
        beyond = _instant(last - _APART * _DAY) + 2 * _ZONES
        found += [columns.business_day <= last, columns.at <= max(end or beyond, beyond)]
    return found


class TextSearch:
    """Transactions whose receipt number, meter number or reference begins with a text."""

    def __init__(self, organisation_id: UUID, typed: str) -> None:
        """Raises Problem 422 `transaction.text`."""
        words = typed.strip()
        if len(words) < TEXT_LENGTH_MIN:
            message = f"Type at least {TEXT_LENGTH_MIN} letters or digits."
            errors = [FieldProblem("query.text", "transaction.text", message)]
            raise Problem("transaction.text", message, status=422, errors=errors)
        self._organisation_id = organisation_id
        self._beginnings = {"receipt_number": words.upper(), "drn": words, "reference": words}

    def is_narrow(self, connection: Connection) -> bool:
        """Say whether so few begin with the text that all of them can be put in order."""
        counts = [
            select(func.count()).select_from(self._first(transactions.c[name]).subquery()).scalar_subquery()
            for name in self._beginnings
        ]
        return sum(connection.execute(select(*counts)).one()) <= MATCHES_MAX

    def narrowly(self) -> ColumnElement[bool]:
        """Return the condition that reads the indexes of the numbers."""
        each = [select(self._first(transactions.c[name]).subquery().c.id) for name in self._beginnings]
        return transactions.c.id.in_(select(union(*each).subquery().c.id))

    def among(self, columns: Any) -> ColumnElement[bool]:
        """Return the condition on rows that are read anyway."""
        first, *others = (_begins(columns[name], text) for name, text in self._beginnings.items())
        for other in others:
            first |= other
        return first

    def _first(self, column: Column[Any]) -> Select[Any]:
        # In the order of the index, and no further: so it is always the index that is read.
        here = transactions.c.organisation_id == self._organisation_id
        query = select(transactions.c.id).where(here, _begins(column, self._beginnings[column.name]))
        return query.order_by(column).limit(MATCHES_MAX + 1)


def _begins(column: ColumnElement[Any], beginning: str) -> ColumnElement[bool]:
    return (column >= beginning) & (column < beginning + _LAST_LETTER)


def _edge(organisation_id: UUID, day: date | None, step: timedelta, of: Any) -> ScalarSelect[Any]:
    """Return when the first (or last) of a day was sold, and of the few days that may overlap with it."""
    if day is None:
        return select(null()).scalar_subquery()
    columns = transactions.c
    each = [
        select(of(columns.at).label("at")).where(
            columns.organisation_id == organisation_id, columns.business_day == day + n * step
        )
        for n in range(_APART)
    ]
    return select(of(union_all(*each).subquery().c.at)).scalar_subquery()


def _instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
