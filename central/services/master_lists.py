"""Master data as people read it: pages by key, only their own organisation's and their own view."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Table, select

from central.errors import Problem
from central.models.master import customer, meter, record, sales_point, supplier, supply_group, tariff


def rows_of(connection: Connection, table: Table, organisation: UUID) -> list[Row[Any]]:
    """Return all rows of a small table by its key."""
    query = select(table).where(table.c.organisation_id == organisation)
    return list(connection.execute(query.order_by(*table.primary_key.columns)))


def sales_points(connection: Connection, organisation: UUID) -> list[Row[Any]]:
    """Return the sales points."""
    return rows_of(connection, sales_point, organisation)


def suppliers(connection: Connection, organisation: UUID) -> list[Row[Any]]:
    """Return the suppliers."""
    return rows_of(connection, supplier, organisation)


def groups(connection: Connection, organisation: UUID) -> list[Row[Any]]:
    """Return the supply groups."""
    return rows_of(connection, supply_group, organisation)


def tariffs(connection: Connection, organisation: UUID, *, after: UUID | None, limit: int) -> list[Row[Any]]:
    """Return tariff versions in the order they were added."""
    query = select(tariff).where(tariff.c.organisation_id == organisation)
    if after is not None:
        query = query.where(tariff.c.id > after)
    return list(connection.execute(query.order_by(tariff.c.id).limit(limit)))


def meters(
    connection: Connection,
    organisation: UUID,
    *,
    institution: UUID | None,
    begins: str,
    after: str | None,
    limit: int,
) -> list[Row[Any]]:
    """Return meters that were not merged away, by number, whose number begins so."""
    query = select(meter).where(meter.c.organisation_id == organisation, meter.c.merged_into.is_(None))
    if institution is not None:
        query = query.where(meter.c.institution_id == institution)
    if begins:
        query = query.where(meter.c.drn >= begins, meter.c.drn < begins + ":")
    if after is not None:
        query = query.where(meter.c.drn > after)
    return list(connection.execute(query.order_by(meter.c.drn).limit(limit)))


def customers(
    connection: Connection, organisation: UUID, *, after: UUID | None, limit: int
) -> list[Row[Any]]:
    """Return customers that were not merged away, by id."""
    query = select(customer).where(
        customer.c.organisation_id == organisation, customer.c.merged_into.is_(None)
    )
    if after is not None:
        query = query.where(customer.c.id > after)
    return list(connection.execute(query.order_by(customer.c.id).limit(limit)))


def records(
    connection: Connection, organisation: UUID, resource: str, *, after: str | None, limit: int
) -> list[Row[Any]]:
    """Return rows that are kept as they are pulled, by id."""
    query = select(record).where(record.c.organisation_id == organisation, record.c.resource == resource)
    if after is not None:
        query = query.where(record.c.id > after)
    return list(connection.execute(query.order_by(record.c.id, record.c.scope).limit(limit)))


def get_row(connection: Connection, table: Table, organisation: UUID, id_: UUID) -> Row[Any]:
    """Return one row. Raises Problem `record.unknown` 404."""
    query = select(table).where(table.c.id == id_, table.c.organisation_id == organisation)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Problem("record.unknown", "There is no such row.", status=404)
    return row
