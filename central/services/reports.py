"""Reports of head office; they read running totals, so ten million sales take no longer than ten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Connection, func, select

from central.deps import Principal
from central.models.transactions import transaction_total
from pos.domain.permissions import Role


class By(StrEnum):
    """What a report has a row for."""

    TYPE = "type"
    TILL = "till"
    DAY = "day"
    STATE = "state"


_COLUMNS: dict[By, Column[Any]] = {
    By.TYPE: transaction_total.c.type,
    By.TILL: transaction_total.c.till_code,
    By.DAY: transaction_total.c.business_day,
    By.STATE: transaction_total.c.state,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """Pieces, money and units of one key in one currency."""

    key: str
    currency: str
    pieces: int
    money_minor: int
    units_milli: int


def report_between(
    connection: Connection, principal: Principal, first: date, last: date, *, by: By, state: str | None
) -> list[ReportRow]:
    """Return totals of the days `first` to `last`, of one state or of all, as far as the person may see."""
    table, key = transaction_total, _COLUMNS[by]
    query = (
        select(
            key,
            table.c.currency,
            func.sum(table.c.pieces),
            func.sum(table.c.money_minor),
            func.sum(table.c.units_milli),
        )
        .where(
            table.c.organisation_id == principal.organisation_id,
            table.c.business_day >= first,
            table.c.business_day <= last,
        )
        .group_by(key, table.c.currency)
        .having(func.sum(table.c.pieces) != 0)
        .order_by(key, table.c.currency)
    )
    if state is not None:
        query = query.where(table.c.state == state)
    if principal.role is Role.FACILITY_MANAGER or principal.institution is not None:
        # A facility manager without an institution sees nothing: no row has NULL.
        query = query.where(table.c.institution_id == principal.institution)
    return [
        ReportRow(
            key=str(row[0]),
            currency=row[1],
            pieces=int(row[2]),
            money_minor=int(row[3]),
            units_milli=int(row[4]),
        )
        for row in connection.execute(query)
    ]


def days_of_month(month: str) -> tuple[date, date]:
    """Return the first and last day of `YYYY-MM`."""
    first = date.fromisoformat(f"{month}-01")
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
