"""Meters and customers of head office."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from central.deps import ClockDep, DatabaseDep, Principal, require
from central.errors import Problem
from central.head_office import HeadOfficeDep
from central.models import master as tables
from central.routes.answers import problems
from central.routes.master import CsvIn, ImportedOut, imported_out
from central.schemas import PRINTABLE, Body, Drn
from central.services import master_lists
from central.services.devices import check_meter_seen
from central.services.imports import Imports
from central.services.meter_values import check_references, check_sales_point
from pos.domain.ids import new_id
from pos.domain.permissions import Permission, Role

router = APIRouter(prefix="/v1", tags=["meters"])

Viewer = Annotated[Principal, Depends(require(Permission.METER_VIEW))]
Editor = Annotated[Principal, Depends(require(Permission.METER_EDIT))]
Importer = Annotated[Principal, Depends(require(Permission.METER_IMPORT))]
CustomerViewer = Annotated[Principal, Depends(require(Permission.CUSTOMER_VIEW))]
CustomerEditor = Annotated[Principal, Depends(require(Permission.CUSTOMER_EDIT))]
Eraser = Annotated[Principal, Depends(require(Permission.CUSTOMER_ERASE))]
Text = Annotated[str, StringConstraints(max_length=200, pattern=PRINTABLE)]
Digits2 = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]


class MeterChange(Body):
    """All that may be said of a meter but its number; empty key fields are the group's."""

    service: int = Field(default=0, ge=0, le=3)
    customer_id: UUID | None = None
    tariff_code: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=PRINTABLE)]
    sgc: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    ti: Digits2 | None = None
    krn: int | None = Field(default=None, ge=1, le=9)
    kt: int | None = Field(default=None, ge=0, le=3)
    algorithm: Literal["07", "11"] | None = None
    key_method: Literal["02", "04"] | None = None
    base_date: Literal["93", "14", "35"] | None = None
    status: Literal["active", "inactive", "suspended", "blocked"] = "active"
    block_reason: Text | None = None
    account_number: Annotated[str, StringConstraints(max_length=64, pattern=PRINTABLE)] | None = None
    institution_id: UUID | None = None
    site: Text | None = None
    building: Text | None = None
    department: Text | None = None
    note: Text | None = None
    home_till: UUID | None = None


class MeterIn(MeterChange):
    drn: Drn
    arrears_minor: int = Field(default=0, ge=0, le=10**13)


class MeterOut(MeterChange):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    drn: str
    arrears_minor: int
    merged_into: UUID | None
    next_key: dict[str, Any] | None


class MetersOut(BaseModel):
    items: list[MeterOut]
    next_cursor: str | None = None


class CustomerIn(Body):
    """A customer belongs to one sales point, whose tills pull it."""

    sales_point_id: UUID | None = None
    name: Text | None = None
    phone: Annotated[str, StringConstraints(pattern=r"^\+[0-9]{6,15}$")] | None = None
    address: Annotated[str, StringConstraints(max_length=400, pattern=PRINTABLE)] | None = None
    area: Text | None = None
    verification: int = Field(default=0, ge=0, le=9)


class CustomerOut(CustomerIn):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    is_erased: bool


class CustomersOut(BaseModel):
    items: list[CustomerOut]
    next_cursor: UUID | None = None


@router.get("/meters", summary="List meters", response_model=MetersOut, responses=problems(403))
def list_meters(
    who: Viewer,
    database: DatabaseDep,
    number: Annotated[str, Query(max_length=13, pattern=r"^[0-9]*$", description="How it begins.")] = "",
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{11,13}$")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> MetersOut:
    """By number; a facility manager sees those of his institution."""
    if who.role is Role.FACILITY_MANAGER and who.institution is None:
        return MetersOut(items=[])
    with database.read() as connection:
        rows = master_lists.meters(
            connection,
            who.organisation_id,
            institution=who.institution,
            begins=number,
            after=cursor,
            limit=limit + 1,
        )
    items = [MeterOut.model_validate(row) for row in rows[:limit]]
    return MetersOut(items=items, next_cursor=items[-1].drn if len(rows) > limit else None)


@router.get(
    "/meters/{meter_id}", summary="Read a meter", response_model=MeterOut, responses=problems(403, 404)
)
def read_meter(meter_id: UUID, who: Viewer, database: DatabaseDep) -> MeterOut:
    """With its debt and the key it holds where that is not its group's."""
    with database.read() as connection:
        check_meter_seen(connection, who.organisation_id, meter_id, who.may_see_institution)
        row = master_lists.get_row(connection, tables.meter, who.organisation_id, meter_id)
    return MeterOut.model_validate(row)


@router.post(
    "/meters",
    status_code=201,
    summary="Add a meter",
    response_model=MeterOut,
    responses=problems(403, 409),
)
def add_meter(
    body: MeterIn, who: Editor, database: DatabaseDep, office: HeadOfficeDep, clock: ClockDep
) -> MeterOut:
    """All tills pull it."""
    if not who.may_see_institution(body.institution_id):
        raise Problem("permission.denied", "You look after another institution's meters.", status=403)
    meter_id = new_id(clock.now())
    with database.write(lock=f"meters:{who.organisation_id}") as connection:
        check_references(connection, who.organisation_id, body.model_dump(), number_is_new=body.drn)
        office.master.put_meters(connection, who.organisation_id, [{"id": meter_id, **body.model_dump()}])
        row = master_lists.get_row(connection, tables.meter, who.organisation_id, meter_id)
    return MeterOut.model_validate(row)


@router.put(
    "/meters/{meter_id}",
    summary="Change a meter",
    response_model=MeterOut,
    responses=problems(403, 404, 409),
)
def change_meter(
    meter_id: UUID, body: MeterChange, who: Editor, database: DatabaseDep, office: HeadOfficeDep
) -> MeterOut:
    """Its number and its debt stay: the debt moves by sales and by `arrears_changed`."""
    if not who.may_see_institution(body.institution_id):
        raise Problem("permission.denied", "You look after another institution's meters.", status=403)
    with database.write() as connection:
        check_meter_seen(connection, who.organisation_id, meter_id, who.may_see_institution)
        check_references(connection, who.organisation_id, body.model_dump())
        known = master_lists.get_row(connection, tables.meter, who.organisation_id, meter_id)
        values = dict(known._mapping) | body.model_dump()
        office.master.put_meters(connection, who.organisation_id, [values])
        row = master_lists.get_row(connection, tables.meter, who.organisation_id, meter_id)
    return MeterOut.model_validate(row)


@router.post(
    "/meters/import",
    summary="Import meters from CSV",
    response_model=ImportedOut,
    responses=problems(403, 404),
)
def import_meters(
    body: CsvIn, who: Importer, database: DatabaseDep, office: HeadOfficeDep, clock: ClockDep
) -> ImportedOut:
    """By number: those known are changed. Rows with an error are left out and named."""
    if who.role is Role.FACILITY_MANAGER:
        raise Problem("permission.denied", "An institution's meters are imported at its till.", status=403)
    with database.read() as connection:
        check_sales_point(connection, who.organisation_id, body.sales_point_id)
    imports = Imports(database, office.feed, who.organisation_id)
    return imported_out(imports.meters(body.text, sales_point_id=body.sales_point_id, now=clock.now()))


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
    items = [CustomerOut.model_validate(row) for row in rows[:limit]]
    return CustomersOut(items=items, next_cursor=items[-1].id if len(rows) > limit else None)


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
    return _put_customer(body, new_id(clock.now()), who, database, office)


@router.put(
    "/customers/{customer_id}",
    summary="Change a customer",
    response_model=CustomerOut,
    responses=problems(403, 404, 409),
)
def change_customer(
    customer_id: UUID, body: CustomerIn, who: CustomerEditor, database: DatabaseDep, office: HeadOfficeDep
) -> CustomerOut:
    """One that moves to another sales point leaves the tills of the first."""
    with database.read() as connection:
        row = master_lists.get_row(connection, tables.customer, who.organisation_id, customer_id)
    if row.is_erased:
        raise Problem("customer.erased", "This customer was erased.", status=409)
    return _put_customer(body, customer_id, who, database, office)


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
    body: CustomerIn, id_: UUID, who: Principal, database: DatabaseDep, office: HeadOfficeDep
) -> CustomerOut:
    if who.role is Role.FACILITY_MANAGER:
        raise Problem("permission.denied", "Customers of an institution are kept at its till.", status=403)
    values = {"id": id_, "is_erased": False, **body.model_dump()}
    with database.write() as connection:
        check_sales_point(connection, who.organisation_id, body.sales_point_id)
        office.master.put_customers(connection, who.organisation_id, [values])
    return CustomerOut.model_validate(values)
