"""Two records of one customer: the meters of either are the kept one's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from central.errors import FieldProblem, Problem
from central.models.master import customer, meter
from central.services.customer_changes import add_event as add_customer_event
from central.services.customer_changes import shown
from central.services.feed import Feed
from central.services.master import Master
from central.services.meter_changes import Author, add_event
from central.services.meter_locks import hold_meters

_FACTS = ("sales_point_id", "name", "phone", "address", "area", "verification")


def merge_customers(
    connection: Connection, feed: Feed, author: Author, *, duplicate: UUID, kept: UUID, reason: str
) -> None:
    """Let one customer of head office be another from now on; done already, it changes nothing.

    The kept one's facts stand, those that are blank come from the duplicate, and tills forget the duplicate.

    Raises:
        Problem: `customer.unknown` 404, `customer.same` 422; `customer.merged` 409: one of them is merged
            elsewhere; `customer.erased` 409: the kept one is.
    """
    if duplicate == kept:
        said = "A customer is not merged into himself."
        errors = [FieldProblem("body.duplicate_id", "customer.same", said)]
        raise Problem("customer.same", said, status=422, errors=errors)
    hold_meters(connection, _pans_of(connection, author.organisation_id, duplicate))
    rows = _held(connection, author.organisation_id, sorted((duplicate, kept)))
    if rows[duplicate].merged_into == kept:
        return
    if any(row.merged_into is not None for row in rows.values()):
        raise Problem("customer.merged", "This customer was merged into another one before.", status=409)
    if rows[kept].is_erased:
        raise Problem("customer.erased", "This customer was erased: keep the other one.", status=409)
    filled = _facts_missing(rows[duplicate], rows[kept])
    _point_to(connection, duplicate, kept)
    both = [rows[duplicate]._asdict(), rows[kept]._asdict() | filled]
    Master(feed).put_customers(connection, author.organisation_id, both)
    _move_meters(connection, feed, author, duplicate=duplicate, kept=kept, reason=reason)
    change = {"field": "merged_into", "old": None, "new": str(kept)}
    add_customer_event(connection, author, duplicate, kind="merged", changes=[change], reason=reason)
    changes: list[dict[str, object]] = [{"field": "duplicate", "old": None, "new": str(duplicate)}]
    changes += [{"field": name, "old": None, "new": shown(name, value)} for name, value in filled.items()]
    add_customer_event(connection, author, kept, kind="merged", changes=changes, reason=reason)


def kept_customer(connection: Connection, organisation: UUID, wanted: UUID) -> UUID | None:
    """Return the customer that an id means now, held until the transaction ends; None: there is none."""
    query = select(customer.c.id, customer.c.merged_into).where(
        customer.c.id == wanted, customer.c.organisation_id == organisation
    )
    row = connection.execute(query.with_for_update(read=True)).one_or_none()
    if row is None:
        return None
    found: UUID = row.merged_into or row.id
    return found


def _pans_of(connection: Connection, organisation: UUID, customer_id: UUID) -> list[int]:
    query = select(meter.c.pan).where(
        meter.c.customer_id == customer_id, meter.c.organisation_id == organisation
    )
    return list(connection.execute(query).scalars())


def _held(connection: Connection, organisation: UUID, ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """Return customers and hold them, in one order for all. Raises Problem `customer.unknown` 404."""
    rows = {}
    for one in ids:
        query = select(customer).where(customer.c.id == one, customer.c.organisation_id == organisation)
        row = connection.execute(query.with_for_update()).one_or_none()
        if row is None:
            raise Problem("customer.unknown", "There is no such customer.", status=404)
        rows[one] = row
    return rows


def _facts_missing(duplicate: Row[Any], kept: Row[Any]) -> dict[str, Any]:
    """Return the facts that the kept one lacks and the duplicate has."""
    there, here = duplicate._mapping, kept._mapping
    return {name: there[name] for name in _FACTS if not here[name] and there[name]}


def _point_to(connection: Connection, duplicate: UUID, kept: UUID) -> None:
    """Let the duplicate, and what was merged into it before, be the kept one."""
    moved = (customer.c.id == duplicate) | (customer.c.merged_into == duplicate)
    connection.execute(update(customer).where(moved).values(merged_into=kept))


def _move_meters(
    connection: Connection, feed: Feed, author: Author, *, duplicate: UUID, kept: UUID, reason: str
) -> None:
    query = select(meter.c.id, meter.c.merged_into).where(meter.c.customer_id == duplicate)
    rows = connection.execute(query.order_by(meter.c.id)).all()
    if not rows:
        return
    connection.execute(update(meter).where(meter.c.customer_id == duplicate).values(customer_id=kept))
    Master(feed).publish_meters(connection, author.organisation_id, [row.id for row in rows])
    change = {"field": "customer_id", "old": str(duplicate), "new": str(kept)}
    for row in rows:
        if row.merged_into is None:
            add_event(connection, author, row.id, kind="changed", changes=[change], reason=reason)
