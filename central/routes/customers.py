"""Customers of head office; each belongs to one sales point."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection, Row, select

from central.deps import ClockDep, DatabaseDep, Principal, require
from central.errors import Problem
from central.etags import tag_of, tag_wanted
from central.head_office import HeadOfficeDep
from central.models import master as tables
from central.routes.answers import problems
from central.routes.versions import IfMatch, changed_answer, read_answer
from central.schemas import PRINTABLE, Body, Words
from central.services import master_lists
from central.services.meter_values import check_sales_point
from central.services.users import stale
from pos.domain.ids import new_id
from pos.domain.permissions import Permission, Role

router = APIRouter(prefix="/v1", tags=["meters"])

CustomerViewer = Annotated[Principal, Depends(require(Permission.CUSTOMER_VIEW))]
CustomerEditor = Annotated[Principal, Depends(require(Permission.CUSTOMER_EDIT))]
Eraser = Annotated[Principal, Depends(require(Permission.CUSTOMER_ERASE))]


class CustomerIn(Body):
    """A customer belongs to one sales point, whose tills pull it."""

    sales_point_id: UUID | None = None
    name: Words | None = None
    phone: Annotated[str, StringConstraints(pattern=r"^\+[0-9]{6,15}$")] | None = None
    address: Annotated[str, StringConstraints(max_length=400, pattern=PRINTABLE)] | None = None
    area: Words | None = None
    verification: int = Field(default=0, ge=0, le=9)


class CustomerOut(CustomerIn):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    is_erased: bool
    version: str = Field(
        description="What a change names in If-Match, in quotes.", examples=["5d41402abc4b2a76"]
    )


class CustomersOut(BaseModel):
    items: list[CustomerOut]
    next_cursor: UUID | None = None


@router.get("/customers", summary="List customers", response_model=CustomersOut, responses=problems(403))
def list_customers(
    who: CustomerViewer,
    database: DatabaseDep,
    cursor: Annotated[UUID | None, Query(description="The last id of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> CustomersOut:
    """By id; who looks after one institution sees none here."""
    if who.role is Role.FACILITY_MANAGER or who.institution is not None:
        return CustomersOut(items=[])
    with database.read() as connection:
        rows = master_lists.customers(connection, who.organisation_id, after=cursor, limit=limit + 1)
    items = [_customer_out(row) for row in rows[:limit]]
    return CustomersOut(items=items, next_cursor=items[-1].id if len(rows) > limit else None)


@router.get(
    "/customers/{customer_id}",
    summary="Read a customer",
    response_model=CustomerOut,
    responses=problems(304, 403, 404),
)
def read_customer(
    request: Request, customer_id: UUID, who: CustomerViewer, database: DatabaseDep
) -> Response:
    """With the ETag that a change must name; who looks after one institution sees none here."""
    if who.role is Role.FACILITY_MANAGER or who.institution is not None:
        raise Problem("record.unknown", "There is no such row.", status=404)
    with database.read() as connection:
        row = master_lists.get_row(connection, tables.customer, who.organisation_id, customer_id)
    found = _customer_out(row)
    return read_answer(request, found)


@router.post(
    "/customers",
    status_code=201,
    summary="Add a customer",
    response_model=CustomerOut,
    responses=problems(403, 404),
)
def add_customer(
    body: CustomerIn, who: CustomerEditor, database: DatabaseDep, office: HeadOfficeDep, clock: ClockDep
) -> CustomerOut:
    """The tills of the sales point pull it."""
    return _put_customer(body, new_id(clock.now()), who, database, office, is_new=True)


@router.put(
    "/customers/{customer_id}",
    summary="Change a customer",
    response_model=CustomerOut,
    responses=problems(403, 404, 409, 412, 428),
)
def change_customer(
    customer_id: UUID,
    body: CustomerIn,
    who: CustomerEditor,
    database: DatabaseDep,
    office: HeadOfficeDep,
    if_match: IfMatch = None,
) -> Response:
    """One that moves to another sales point leaves the tills of the first."""
    return changed_answer(
        _put_customer(body, customer_id, who, database, office, if_match=tag_wanted(if_match))
    )


@router.post(
    "/customers/{customer_id}/erase",
    status_code=204,
    summary="Erase a customer's personal data",
    responses=problems(403, 404),
)
def erase_customer(customer_id: UUID, who: Eraser, database: DatabaseDep, office: HeadOfficeDep) -> None:
    """Name, phone and address are gone, here and at the tills; what was sold stays."""
    with database.write() as connection:
        row = master_lists.get_row(connection, tables.customer, who.organisation_id, customer_id)
        empty = dict.fromkeys(("name", "phone", "address", "area"))
        values = {"id": customer_id, "sales_point_id": row.sales_point_id, "verification": 0, **empty}
        office.master.put_customers(connection, who.organisation_id, [values | {"is_erased": True}])


def _put_customer(
    body: CustomerIn,
    id_: UUID,
    who: Principal,
    database: DatabaseDep,
    office: HeadOfficeDep,
    *,
    if_match: str | None = None,
    is_new: bool = False,
) -> CustomerOut:
    if who.role is Role.FACILITY_MANAGER:
        raise Problem("permission.denied", "Customers of an institution are kept at its till.", status=403)
    values = {"id": id_, "is_erased": False, **body.model_dump()}
    with database.write() as connection:
        if not is_new:
            _hold_customer(connection, who.organisation_id, id_, if_match)
        check_sales_point(connection, who.organisation_id, body.sales_point_id)
        office.master.put_customers(connection, who.organisation_id, [values])
        row = master_lists.get_row(connection, tables.customer, who.organisation_id, id_)
    return _customer_out(row)


def _hold_customer(connection: Connection, organisation: UUID, id_: UUID, wanted: str | None) -> None:
    """Hold a customer as it was read. Raises Problem 404, 409 `customer.erased`, 412 `request.stale`."""
    query = select(tables.customer.c.id).where(tables.customer.c.id == id_).with_for_update()
    connection.execute(query)
    row = master_lists.get_row(connection, tables.customer, organisation, id_)
    if row.is_erased:
        raise Problem("customer.erased", "This customer was erased.", status=409)
    version = _customer_out(row).version
    if wanted not in (None, version):
        raise stale(version)


def _customer_out(row: Row[Any]) -> CustomerOut:
    return CustomerOut.model_validate({**row._mapping, "version": tag_of(dict(row._mapping))})
