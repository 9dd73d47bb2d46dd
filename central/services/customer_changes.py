"""Changes of one customer by a person: made from what was read, and each leaves an event.

Names, phones and addresses live in the customer's row only, which can be erased. So an event says which of
them changed and whether there was one before, and of a phone its last three digits, as a journal line does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update

from central.errors import Problem
from central.etags import tag_of
from central.models.master import customer, customer_event, meter, proposal
from central.services.master import Master
from central.services.meter_changes import Author, event_values, newest_events
from central.services.users import stale

PERSONAL = frozenset({"name", "phone", "address", "area"})
_HIDDEN = "…"
_PHONE_DIGITS_SHOWN = 3


def version_of(row: Row[Any]) -> str:
    """Return the version of a customer."""
    return tag_of(dict(row._mapping))


def change_customer(
    connection: Connection,
    master: Master,
    author: Author,
    customer_id: UUID,
    values: Mapping[str, Any],
    *,
    wanted: str | None,
) -> None:
    """Change what is said of a customer; nothing is written where it is said already.

    `wanted` is the version it was made from, None: whichever there is.

    Raises:
        Problem: `record.unknown` 404; `customer.erased`, `customer.merged` 409; `request.stale` 412.
    """
    row = held_customer(connection, author.organisation_id, customer_id)
    if row.is_erased:
        raise Problem("customer.erased", "This customer was erased.", status=409)
    if wanted not in (None, version_of(row)):
        raise stale(version_of(row))
    changes = [
        {"field": name, "old": shown(name, row._mapping[name]), "new": shown(name, value)}
        for name, value in values.items()
        if row._mapping[name] != value
    ]
    if changes:
        master.put_customers(connection, author.organisation_id, [{**row._mapping, **values}])
        add_event(connection, author, customer_id, kind="changed", changes=changes)


def erase_customer(connection: Connection, master: Master, author: Author, customer_id: UUID) -> None:
    """Forget who a customer is, and who those are that were merged into him; once more changes nothing.

    Raises:
        Problem: `record.unknown` 404, `customer.merged` 409.
    """
    row = held_customer(connection, author.organisation_id, customer_id)
    merged = merged_into(connection, author.organisation_id, customer_id)
    people = [one for one in (row, *merged) if not one.is_erased]
    master.put_customers(connection, author.organisation_id, [_erased(one) for one in people])
    _erase_proposals(connection, author.organisation_id, [one.id for one in people])
    for one in people:
        add_event(connection, author, one.id, kind="erased", changes=[])


def held_customer(connection: Connection, organisation: UUID, customer_id: UUID) -> Row[Any]:
    """Return a customer and hold him until the transaction ends.

    Raises:
        Problem: `record.unknown` 404, `customer.merged` 409: he is another one now.
    """
    query = select(customer).where(customer.c.id == customer_id, customer.c.organisation_id == organisation)
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None:
        raise Problem("record.unknown", "There is no such row.", status=404)
    if row.merged_into is not None:
        raise Problem("customer.merged", "This customer was merged: change the one that is kept.", status=409)
    return row


def merged_into(connection: Connection, organisation: UUID, kept: UUID) -> Sequence[Row[Any]]:
    """Return the customers that were merged into one."""
    query = select(customer).where(customer.c.merged_into == kept, customer.c.organisation_id == organisation)
    return connection.execute(query.order_by(customer.c.id)).all()


def shown(name: str, value: object) -> object:
    """Return a value as an event has it: of what is personal, only that there is some."""
    if value is None or value == "":
        return None
    if name == "phone":
        return f"{_HIDDEN}{str(value)[-_PHONE_DIGITS_SHOWN:]}"
    if name in PERSONAL:
        return _HIDDEN
    return str(value) if isinstance(value, UUID) else value


def add_event(
    connection: Connection,
    author: Author,
    customer_id: UUID,
    *,
    kind: str,
    changes: Sequence[Mapping[str, Any]],
    reason: str = "",
) -> None:
    """Write down what was done to a customer."""
    values = event_values(author, kind=kind, changes=changes, reason=reason)
    connection.execute(insert(customer_event).values(customer_id=customer_id, **values))


def list_events(
    connection: Connection, organisation: UUID, customer_id: UUID, *, after: UUID | None, limit: int
) -> list[Row[Any]]:
    """Return what people did to a customer, the newest first."""
    table = customer_event
    query = select(table).where(table.c.organisation_id == organisation, table.c.customer_id == customer_id)
    return newest_events(connection, query, table.c.id, after=after, limit=limit)


def _erase_proposals(connection: Connection, organisation: UUID, people: Sequence[UUID]) -> None:
    """Take customers out of what tills proposed about them and their meters."""
    owned = select(meter.c.id).where(meter.c.customer_id.in_(people), meter.c.organisation_id == organisation)
    meters = connection.execute(owned).scalars()
    record = proposal.c.record
    about = record["customer_id"].as_string().in_(map(str, people))
    of_meters = record["meter_id"].as_string().in_([str(one) for one in meters])
    query = select(proposal.c.id, record).where(proposal.c.organisation_id == organisation, about | of_meters)
    for row in connection.execute(query).all():
        kept = {name: value for name, value in row.record.items() if name not in PERSONAL}
        connection.execute(update(proposal).where(proposal.c.id == row.id).values(record=kept))


def _erased(row: Row[Any]) -> dict[str, Any]:
    return {**row._mapping, **dict.fromkeys(PERSONAL), "verification": 0, "is_erased": True}
