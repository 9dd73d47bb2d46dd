"""Finding transactions by days and by the beginning of a text, however many there are.

No question here looks at more rows than it gives and a fixed number besides. What every request of its kind
asks is built once.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    func,
    or_,
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
_NUMBERS = tuple(transactions.c[name] for name in ("receipt_number", "drn", "reference"))
# Written out, so that the database knows it when it plans.
_MOST = bindparam("most", type_=Integer, literal_execute=True)
_OF_ORGANISATION = transactions.c.organisation_id == bindparam("organisation")


def _edge(name: str, of: Any) -> ScalarSelect[Any]:
    """Return when the first (or last) of a day was sold, and of the few days that may overlap with it."""
    at, day = transactions.c.at, transactions.c.business_day
    each = [
        select(of(at).label("at")).where(_OF_ORGANISATION, day == bindparam(f"{name}_{n}"))
        for n in range(_APART)
    ]
    return select(of(union_all(*each).subquery().c.at)).scalar_subquery()


def _first_that_begin(column: Column[Any]) -> Select[Any]:
    # In the order of the index, and no further: so it is always the index that is read.
    begins = _between(column, bindparam(f"{column.name}_from"), bindparam(f"{column.name}_to"))
    return select(transactions.c.id).where(_OF_ORGANISATION, begins).order_by(column).limit(_MOST)


def _between(column: ColumnElement[Any], first: Any, beyond: Any) -> ColumnElement[bool]:
    return and_(column >= first, column < beyond)


_EDGES = select(_edge("first", func.min), _edge("last", func.max))
_FOUND = tuple(_first_that_begin(column).subquery() for column in _NUMBERS)
_COUNTS = select(*(select(func.count()).select_from(found).scalar_subquery() for found in _FOUND))
_IDS = select(union(*(select(found.c.id) for found in _FOUND)).subquery().c.id)


def during(
    connection: Connection, organisation_id: UUID, first: date | None, last: date | None
) -> list[ColumnElement[bool]]:
    """Return conditions for business days, with the instants at which a list by time begins and ends.

    The instants are as close as the rows allow: whoever reads a list by time meets nobody else's day.
    """
    columns = transactions.c
    days = {f"first_{n}": first and first + n * _DAY for n in range(_APART)}
    days |= {f"last_{n}": last and last - n * _DAY for n in range(_APART)}
    begin, end = connection.execute(_EDGES, {"organisation": organisation_id, **days}).one()
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
        self._beginnings = {"receipt_number": words.upper(), "drn": words, "reference": words}
        self.values: dict[str, Any] = {"organisation": organisation_id, "most": MATCHES_MAX + 1}
        for name, beginning in self._beginnings.items():
            self.values |= {f"{name}_from": beginning, f"{name}_to": beginning + _LAST_LETTER}

    def is_narrow(self, connection: Connection) -> bool:
        """Say whether so few begin with the text that all of them can be put in order."""
        return sum(connection.execute(_COUNTS, self.values).one()) <= MATCHES_MAX

    def narrowly(self) -> ColumnElement[bool]:
        """Return the condition that reads the indexes of the numbers; it is executed with `values`."""
        return transactions.c.id.in_(_IDS)

    def among(self, columns: Any) -> ColumnElement[bool]:
        """Return the condition on rows that are read anyway."""
        return or_(
            *(
                _between(columns[name], beginning, beginning + _LAST_LETTER)
                for name, beginning in self._beginnings.items()
            )
        )


def _instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
