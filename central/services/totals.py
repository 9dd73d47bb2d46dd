"""Running totals of transactions by day, till, institution, type, state and currency.

Whoever inserts a transaction or moves its state adds here in the same write; reports read only these rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Insert
from sqlalchemy.dialects import postgresql, sqlite

from central.models.transactions import transaction_total

NO_INSTITUTION = UUID(int=0)
NO_TILL = ""


class TotalKey(NamedTuple):
    """What a running total is kept for."""

    organisation_id: UUID
    business_day: date
    till_code: str
    institution_id: UUID
    type: str
    state: str
    currency: str


class Delta(NamedTuple):
    """What is added; negative to take away."""

    pieces: int
    money_minor: int
    units_milli: int


def add_totals(connection: Connection, deltas: Mapping[TotalKey, Delta]) -> None:
    """Add to totals, making rows that are not there; one statement for all.

    The keys are taken in one order everywhere, so that two writers never wait for each other in a ring.
    """
    if not deltas:
        return
    rows = [key._asdict() | delta._asdict() for key, delta in sorted(deltas.items()) if any(delta)]
    if rows:
        connection.execute(_upsert(connection.dialect.name), rows)


def _upsert(dialect: str) -> Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(transaction_total)
    added = {name: transaction_total.c[name] + statement.excluded[name] for name in Delta._fields}
    return statement.on_conflict_do_update(index_elements=list(TotalKey._fields), set_=added)
