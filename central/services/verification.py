"""Levels of customer verification: how much somebody of each may buy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, exists, func, select, union_all

from central.models.master import customer, meter, vend_request, verification_level
from central.models.transactions import transactions
from central.services.bulk import upsert_rows


@dataclass(frozen=True, slots=True)
class Excess:
    """A limit that a sale would pass: `sale`, `day` or `month`, and what it is."""

    what: str
    limit_minor: int


def put_level(
    connection: Connection,
    organisation: UUID,
    level: int,
    *,
    name: str,
    sale_max_minor: int | None,
    day_max_minor: int | None,
    month_max_minor: int | None,
) -> None:
    """Make or change a level."""
    upsert_rows(
        connection,
        verification_level,
        ("organisation_id", "level", "name", "sale_max_minor", "day_max_minor", "month_max_minor"),
        [(organisation, level, name, sale_max_minor, day_max_minor, month_max_minor)],
        key=("organisation_id", "level"),
        on_conflict="DO UPDATE SET name = excluded.name, sale_max_minor = excluded.sale_max_minor, "
        "day_max_minor = excluded.day_max_minor, month_max_minor = excluded.month_max_minor",
    )


def find_excess(
    connection: Connection, organisation: UUID, meter_id: UUID, *, money_minor: int, day: date
) -> Excess | None:
    """Return the limit of the meter's customer that a sale would pass, None where it passes none."""
    level = connection.execute(
        select(verification_level)
        .join(customer, customer.c.verification == verification_level.c.level)
        .join(meter, meter.c.customer_id == customer.c.id)
        .where(meter.c.id == meter_id, verification_level.c.organisation_id == organisation)
    ).one_or_none()
    if level is None:
        return None
    if level.sale_max_minor is not None and money_minor > level.sale_max_minor:
        return Excess("sale", level.sale_max_minor)
    spans = (("day", level.day_max_minor, day), ("month", level.month_max_minor, day.replace(day=1)))
    for what, limit_minor, first in spans:
        if (
            limit_minor is not None
            and _bought(connection, organisation, meter_id, first) + money_minor > limit_minor
        ):
            return Excess(what, limit_minor)
    return None


def _bought(connection: Connection, organisation: UUID, meter_id: UUID, first: date) -> int:
    """Return what the customer of a meter paid since a day, over all his meters.

    A token that was made here counts from then on, and as the till's sale once a push has brought that. One
    statement: a push between two would be missed by both.
    """
    owner = select(meter.c.customer_id).where(meter.c.id == meter_id).scalar_subquery()
    own = select(meter).where(meter.c.customer_id == owner, meter.c.organisation_id == organisation)
    pushed = select(transactions.c.money_minor).where(
        transactions.c.organisation_id == organisation,
        transactions.c.drn.in_(own.with_only_columns(meter.c.drn)),
        transactions.c.business_day >= first,
        transactions.c.state == "delivered",
    )
    has_come = exists().where(
        transactions.c.id == vend_request.c.sale_id,
        transactions.c.organisation_id == organisation,
        transactions.c.state == "delivered",
    )
    made_here = select(vend_request.c.money_minor).where(
        vend_request.c.organisation_id == organisation,
        vend_request.c.pan.in_(own.with_only_columns(meter.c.pan)),
        vend_request.c.tid.is_not(None),
        vend_request.c.business_day >= first,
        ~has_come,
    )
    both = union_all(pushed, made_here).subquery()
    return int(connection.execute(select(func.coalesce(func.sum(both.c.money_minor), 0))).scalar_one())
