"""Where a meter's cells go, and that what its record points to is there and the organisation's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from central.errors import FieldProblem, Problem
from central.models.master import customer, meter, record, sales_point, supply_group, tariff
from central.models.tills import till

METER_COLUMNS: Mapping[str, str] = {
    "tariff_code": "tariff_code",
    "supply_group": "sgc",
    "tariff_index": "ti",
    "key_revision": "krn",
    "key_type": "kt",
    "algorithm": "algorithm",
    "key_method": "key_method",
    "base_date": "base_date",
    "service": "service",
    "status": "status",
    "arrears": "arrears_minor",
    "account_number": "account_number",
    "site": "site",
    "building": "building",
    "department": "department",
    "note": "note",
}
"""Where the cells of docs/formats.md §12 go."""


def check_references(
    connection: Connection, organisation: UUID, values: Mapping[str, Any], *, number_is_new: str | None = None
) -> None:
    """Refuse a meter that points to what is not there.

    Raises:
        Problem: `meter.unknown_tariff`, `meter.unknown_group`, `record.unknown`, `customer.merged` 422;
            `meter.exists` 409.
    """
    if number_is_new is not None:
        same = select(meter.c.id).where(
            meter.c.organisation_id == organisation,
            meter.c.drn == number_is_new,
            meter.c.merged_into.is_(None),
        )
        if connection.execute(same).first() is not None:
            raise Problem("meter.exists", "There is a meter of this number.", status=409)
    groups = select(supply_group.c.sgc).where(
        supply_group.c.organisation_id == organisation, supply_group.c.sgc == values["sgc"]
    )
    if connection.execute(groups).first() is None:
        raise _wrong("sgc", "meter.unknown_group", "There is no such supply group.")
    tariffs = select(tariff.c.id).where(
        tariff.c.organisation_id == organisation, tariff.c.code == values["tariff_code"]
    )
    if connection.execute(tariffs.limit(1)).first() is None:
        raise _wrong("tariff_code", "meter.unknown_tariff", "There is no such tariff.")
    _check_pointers(connection, organisation, values)


def check_sales_point(connection: Connection, organisation: UUID, wanted: UUID | None) -> None:
    """Refuse a sales point of nobody or of another organisation. Raises `sales_point.unknown` 404."""
    if wanted is None:
        return
    query = select(sales_point.c.id).where(
        sales_point.c.id == wanted, sales_point.c.organisation_id == organisation
    )
    if connection.execute(query).first() is None:
        raise Problem("sales_point.unknown", "There is no such sales point.", status=404)


def _check_pointers(connection: Connection, organisation: UUID, values: Mapping[str, Any]) -> None:
    if values.get("customer_id") is not None:
        _check_customer(connection, organisation, values["customer_id"])
    if values.get("home_till") is not None:
        query = select(till.c.id).where(
            till.c.id == values["home_till"], till.c.organisation_id == organisation
        )
        if connection.execute(query).first() is None:
            raise _wrong("home_till", "record.unknown", "There is no such row.")
    if values.get("institution_id") is not None:
        query = select(record.c.id).where(
            record.c.organisation_id == organisation,
            record.c.resource == "institutions",
            record.c.id == str(values["institution_id"]),
        )
        if connection.execute(query).first() is None:
            raise _wrong("institution_id", "record.unknown", "There is no such institution.")


def _check_customer(connection: Connection, organisation: UUID, wanted: UUID) -> None:
    """Hold a meter's customer: he is not merged away until the meter points to him."""
    query = select(customer).where(customer.c.id == wanted, customer.c.organisation_id == organisation)
    row = connection.execute(query.with_for_update(read=True)).one_or_none()
    if row is None:
        raise _wrong("customer_id", "record.unknown", "There is no such row.")
    if row.merged_into is not None:
        raise _wrong("customer_id", "customer.merged", "This customer was merged: name the one that is kept.")


def _wrong(field: str, code: str, text: str) -> Problem:
    return Problem(*(code, text), status=422, errors=[FieldProblem(f"body.{field}", code, text)])
