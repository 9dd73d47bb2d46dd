"""Two ids for one meter: what was taken from its month under either counts for the one that is kept.

A monthly charge taken under both was taken twice: the second is given back, as booking does where it sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select

from central.models.journal import customer_credit, meter_month, sale_item, sale_line
from central.models.master import meter
from central.models.transactions import transactions
from central.services.bulk import upsert_rows
from central.services.customer_credits import publish_credits
from central.services.feed import Change, Feed
from pos.domain.ids import new_id

_MONTH = (
    *("meter_id", "month", "till_id", "organisation_id", "units_milli", "free_milli"),
    *("arrears_taken_minor", "charges", "is_dirty"),
)


def move_months(
    connection: Connection,
    feed: Feed,
    organisation: UUID,
    *,
    duplicate: UUID,
    kept: UUID,
    now: datetime,
) -> None:
    """Add what was taken under one id to the months of another, and give back what was taken twice."""
    rows = connection.execute(select(meter_month).where(meter_month.c.meter_id.in_([duplicate, kept]))).all()
    given = [
        credit_id
        for month, code in _taken_under_both(rows, duplicate)
        if (credit_id := _give_back(connection, duplicate, kept, month=month, code=code, now=now)) is not None
    ]
    publish_credits(feed, connection, organisation, credits=given)
    known = {(row.month, row.till_id): row for row in rows if row.meter_id == kept}
    moved = []
    for row in rows:
        if row.meter_id == kept:
            continue
        same = known.get((row.month, row.till_id))
        charges = {*_codes(row.charges), *(_codes(same.charges) if same is not None else ())}
        moved.append(
            (
                *(kept, row.month, row.till_id, organisation),
                row.units_milli + (same.units_milli if same is not None else 0),
                row.free_milli + (same.free_milli if same is not None else 0),
                row.arrears_taken_minor + (same.arrears_taken_minor if same is not None else 0),
                *("\n".join(sorted(charges)), True),
            )
        )
    upsert_rows(
        connection,
        meter_month,
        _MONTH,
        moved,
        key=("meter_id", "month", "till_id"),
        on_conflict="DO UPDATE SET units_milli = excluded.units_milli, free_milli = excluded.free_milli, "
        "arrears_taken_minor = excluded.arrears_taken_minor, charges = excluded.charges, is_dirty = true",
    )
    connection.execute(delete(meter_month).where(meter_month.c.meter_id == duplicate))
    gone = [
        Change(f"{duplicate}/{row.month}/{row.till_id}", None) for row in rows if row.meter_id == duplicate
    ]
    if gone:
        feed.publish(connection, organisation, "meter_month", changes=gone)


def _taken_under_both(rows: Sequence[Row[Any]], duplicate: UUID) -> Iterator[tuple[str, str]]:
    """Yield months and codes of charges that were taken under either id."""
    taken: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
    for row in rows:
        taken[row.meter_id == duplicate] |= {(row.month, code) for code in _codes(row.charges)}
    yield from sorted(taken[True] & taken[False])


def _give_back(
    connection: Connection, duplicate: UUID, kept: UUID, *, month: str, code: str, now: datetime
) -> str | None:
    """Give back the charge that was taken under the duplicate; None where that was done already."""
    charge = connection.execute(
        select(sale_line, sale_item.c.organisation_id, transactions.c.currency)
        .join(
            sale_item,
            (sale_item.c.till_id == sale_line.c.till_id)
            & (sale_item.c.seq == sale_line.c.seq)
            & (sale_item.c.n == sale_line.c.item_n),
        )
        .join(transactions, transactions.c.id == sale_item.c.sale_id)
        .where(sale_item.c.meter_id == duplicate, sale_item.c.month == month)
        .where(sale_line.c.kind == "charge", sale_line.c.code == code)
        .order_by(sale_item.c.at)
        .limit(1)
    ).one_or_none()
    if charge is None or _is_given(connection, charge):
        return None
    home_till = connection.execute(select(meter.c.home_till).where(meter.c.id == kept)).scalar()
    credit_id = new_id(now)
    connection.execute(
        insert(customer_credit).values(
            id=credit_id,
            organisation_id=charge.organisation_id,
            meter_id=kept,
            till_id=home_till or charge.till_id,
            amount_minor=charge.amount_minor + _tax_of(connection, charge),
            currency=charge.currency,
            cause="charge",
            code=code,
            month=month,
            given_at=now,
            source_till=charge.till_id,
            source_seq=charge.seq,
            source_n=charge.item_n,
        )
    )
    return str(credit_id)


def _is_given(connection: Connection, charge: Row[Any]) -> bool:
    query = select(customer_credit.c.id).where(
        customer_credit.c.source_till == charge.till_id,
        customer_credit.c.source_seq == charge.seq,
        customer_credit.c.source_n == charge.item_n,
        customer_credit.c.cause == "charge",
        customer_credit.c.code == charge.code,
    )
    return connection.execute(query).first() is not None


def _tax_of(connection: Connection, charge: Row[Any]) -> int:
    """The tax of a charge is the line that follows it (docs/formats.md §7: charges with their tax)."""
    query = select(sale_line.c.amount_minor).where(
        sale_line.c.till_id == charge.till_id,
        sale_line.c.seq == charge.seq,
        sale_line.c.item_n == charge.item_n,
        sale_line.c.n == charge.n + 1,
        sale_line.c.kind == "tax",
        sale_line.c.code == charge.tax_code,
    )
    return int(connection.execute(query).scalar() or 0)


def _codes(charges: str) -> list[str]:
    return charges.split("\n") if charges else []
