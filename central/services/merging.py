"""Two ids for one meter: what was taken under either counts for the one that is kept.

A monthly charge taken under both was taken twice, and a debt paid under the duplicate is paid: what is too
much is given back, as booking does where it sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from central.errors import FieldProblem, Problem
from central.models.journal import customer_credit, meter_month, sale_item, sale_line
from central.models.master import device, meter, reading
from central.models.transactions import transactions
from central.services.bulk import upsert_rows
from central.services.customer_credits import publish_credits
from central.services.feed import Change, Feed
from central.services.master import Master
from central.services.meter_changes import Author, add_event
from central.services.meter_locks import hold_meters
from pos.domain.ids import new_id

_MONTH = (
    *("meter_id", "month", "till_id", "organisation_id", "units_milli", "free_milli"),
    *("arrears_taken_minor", "charges", "is_dirty"),
)


def merge_meters(
    connection: Connection, feed: Feed, author: Author, *, duplicate: UUID, kept: UUID, reason: str
) -> None:
    """Let one meter of head office be another from now on; done already, it changes nothing.

    The kept one's record and debt stand; what was paid of the debt under the duplicate comes off it.

    Raises:
        Problem: `meter.unknown` 404, `meter.same` 422, `meter.merged` 409: one of them is merged elsewhere.
    """
    if duplicate == kept:
        said = "A meter is not merged into itself."
        errors = [FieldProblem("body.duplicate_id", "meter.same", said)]
        raise Problem("meter.same", said, status=422, errors=errors)
    ids = sorted((duplicate, kept))
    hold_meters(connection, [_of(connection, author.organisation_id, one).pan for one in ids])
    rows = {
        one: connection.execute(select(meter).where(meter.c.id == one).with_for_update()).one() for one in ids
    }
    if rows[duplicate].merged_into == kept:
        return
    if rows[kept].merged_into is not None or rows[duplicate].merged_into is not None:
        raise Problem("meter.merged", "This meter was merged into another one before.", status=409)
    move_all(connection, feed, author.organisation_id, duplicate=duplicate, kept=kept, now=author.now)
    change = {"field": "merged_into", "old": None, "new": str(kept)}
    add_event(connection, author, duplicate, kind="merged", changes=[change], reason=reason)
    change = {"field": "duplicate", "old": None, "new": str(duplicate)}
    add_event(connection, author, kept, kind="merged", changes=[change], reason=reason)


def move_all(
    connection: Connection, feed: Feed, organisation: UUID, *, duplicate: UUID, kept: UUID, now: datetime
) -> None:
    """Let a meter point to another, with what was merged into it before, and move all that counts."""
    former = connection.execute(select(meter.c.id).where(meter.c.merged_into == duplicate)).scalars().all()
    ids = [duplicate, *former]
    connection.execute(update(meter).where(meter.c.id.in_(ids)).values(merged_into=kept))
    given = _settle_debt(connection, ids, kept, now)
    given += _move_months(connection, feed, organisation, ids=ids, kept=kept, now=now)
    given += _move_credits(connection, ids, kept)
    publish_credits(feed, connection, organisation, credits=given)
    connection.execute(update(reading).where(reading.c.meter_id.in_(ids)).values(meter_id=kept))
    if connection.execute(select(device.c.id).where(device.c.meter_id == kept)).first() is None:
        connection.execute(update(device).where(device.c.meter_id == duplicate).values(meter_id=kept))
    _keep_customer(connection, duplicate, kept)
    Master(feed).publish_meters(connection, organisation, [*ids, kept])


def _of(connection: Connection, organisation: UUID, meter_id: UUID) -> Row[Any]:
    """Return a meter. Raises Problem `meter.unknown` 404."""
    query = select(meter).where(meter.c.id == meter_id, meter.c.organisation_id == organisation)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Problem("meter.unknown", "There is no such meter.", status=404)
    return row


def _keep_customer(connection: Connection, duplicate: UUID, kept: UUID) -> None:
    owner = select(meter.c.customer_id).where(meter.c.id == duplicate).scalar_subquery()
    missing = (meter.c.id == kept) & meter.c.customer_id.is_(None)
    connection.execute(update(meter).where(missing).values(customer_id=owner))


def _settle_debt(connection: Connection, ids: list[UUID], kept: UUID, now: datetime) -> list[str]:
    """Take off the kept meter's debt what was paid of it under the others; what is over is given back."""
    paid = _sum(connection, meter_month.c.arrears_taken_minor, meter_month.c.meter_id.in_(ids))
    back = _sum(
        connection,
        customer_credit.c.amount_minor,
        customer_credit.c.meter_id.in_(ids) & (customer_credit.c.cause == "arrears"),
    )
    row = connection.execute(select(meter).where(meter.c.id == kept)).one()
    paid_minor = max(0, paid - back)
    off_minor = min(paid_minor, max(0, row.arrears_minor))
    connection.execute(
        update(meter).where(meter.c.id == kept).values(arrears_minor=meter.c.arrears_minor - off_minor)
    )
    return _give_debt_back(connection, ids, row, over_minor=paid_minor - off_minor, now=now)


def _give_debt_back(
    connection: Connection, ids: list[UUID], kept: Row[Any], *, over_minor: int, now: datetime
) -> list[str]:
    """Give back what was paid of a debt that was none, of the last sales first."""
    given = []
    for taken in connection.execute(_taken(ids, "arrears").order_by(sale_item.c.at.desc())).all():
        if over_minor <= 0:
            break
        if _is_given(connection, taken, "arrears", ""):
            continue
        amount_minor = min(over_minor, taken.amount_minor)
        over_minor -= amount_minor
        given.append(_give(connection, taken, kept, amount_minor=amount_minor, cause="arrears", now=now))
    return given


def _move_credits(connection: Connection, ids: list[UUID], kept: UUID) -> list[str]:
    """Let credit that was given for the others be the kept meter's; return it, to be published anew."""
    of_others = customer_credit.c.meter_id.in_(ids)
    moved = [str(one) for one in connection.execute(select(customer_credit.c.id).where(of_others)).scalars()]
    connection.execute(update(customer_credit).where(of_others).values(meter_id=kept))
    return moved


def _sum(connection: Connection, column: Any, where: Any) -> int:
    return int(connection.execute(select(func.coalesce(func.sum(column), 0)).where(where)).scalar_one())


def _move_months(
    connection: Connection,
    feed: Feed,
    organisation: UUID,
    *,
    ids: list[UUID],
    kept: UUID,
    now: datetime,
) -> list[str]:
    """Add what was taken under an id to the months of another; return credits for what was taken twice."""
    duplicate = ids[0]
    rows = connection.execute(select(meter_month).where(meter_month.c.meter_id.in_([duplicate, kept]))).all()
    owner = connection.execute(select(meter).where(meter.c.id == kept)).one()
    given = [
        credit_id
        for month, code in _taken_under_both(rows, duplicate)
        if (credit_id := _give_back(connection, ids, owner, month=month, code=code, now=now)) is not None
    ]
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
    return given


def _taken_under_both(rows: Sequence[Row[Any]], duplicate: UUID) -> Iterator[tuple[str, str]]:
    """Yield months and codes of charges that were taken under either id."""
    taken: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
    for row in rows:
        taken[row.meter_id == duplicate] |= {(row.month, code) for code in _codes(row.charges)}
    yield from sorted(taken[True] & taken[False])


def _give_back(
    connection: Connection, ids: list[UUID], kept: Row[Any], *, month: str, code: str, now: datetime
) -> str | None:
    """Give back the charge that was taken under the others; None where all of them are given back already."""
    query = _taken(ids, "charge").where(sale_item.c.month == month, sale_line.c.code == code)
    charges = connection.execute(query.order_by(sale_item.c.at)).all()
    charge = next((one for one in charges if not _is_given(connection, one, "charge", code)), None)
    if charge is None:
        return None
    amount_minor = charge.amount_minor + _tax_of(connection, charge)
    return _give(connection, charge, kept, amount_minor=amount_minor, cause="charge", now=now)


def _taken(ids: list[UUID], kind: str) -> Any:
    """Select what sales took of a kind under some ids."""
    return (
        select(sale_line, sale_item.c.organisation_id, sale_item.c.month, transactions.c.currency)
        .join(
            sale_item,
            (sale_item.c.till_id == sale_line.c.till_id)
            & (sale_item.c.seq == sale_line.c.seq)
            & (sale_item.c.n == sale_line.c.item_n),
        )
        .join(transactions, transactions.c.id == sale_item.c.sale_id)
        .where(sale_item.c.meter_id.in_(ids), sale_item.c.cause == "sale", sale_line.c.kind == kind)
    )


def _give(
    connection: Connection,
    taken: Row[Any],
    kept: Row[Any],
    *,
    amount_minor: int,
    cause: str,
    now: datetime,
) -> str:
    """Give a customer back what a line took, at the meter's home till, else at the one that took it."""
    credit_id = new_id(now)
    connection.execute(
        insert(customer_credit).values(
            id=credit_id,
            organisation_id=taken.organisation_id,
            meter_id=kept.id,
            till_id=kept.home_till or taken.till_id,
            amount_minor=amount_minor,
            currency=taken.currency,
            cause=cause,
            code=taken.code if cause == "charge" else "",
            month=taken.month,
            given_at=now,
            source_till=taken.till_id,
            source_seq=taken.seq,
            source_n=taken.item_n,
        )
    )
    return str(credit_id)


def _is_given(connection: Connection, taken: Row[Any], cause: str, code: str) -> bool:
    query = select(customer_credit.c.id).where(
        customer_credit.c.source_till == taken.till_id,
        customer_credit.c.source_seq == taken.seq,
        customer_credit.c.source_n == taken.item_n,
        customer_credit.c.cause == cause,
        customer_credit.c.code == code,
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
