"""Customers of head office; each belongs to one sales point, and two records of one are merged."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Row

from central.deps import ClockDep, DatabaseDep, Principal, require
from central.errors import Problem
from central.etags import tag_wanted
from central.head_office import HeadOfficeDep
from central.models import master as tables
from central.routes.answers import problems
from central.routes.versions import IfMatch, changed_answer, read_answer
from central.schemas import PRINTABLE, Body, Instant, Reason, Words
from central.services import customer_changes, customer_merging, master_lists
from central.services.meter_changes import Author
from central.services.meter_values import check_sales_point
from pos.domain.ids import new_id
from pos.domain.permissions import Permission, Role

router = APIRouter(prefix="/v1", tags=["meters"])

CustomerViewer = Annotated[Principal, Depends(require(Permission.CUSTOMER_VIEW))]
CustomerEditor = Annotated[Principal, Depends(require(Permission.CUSTOMER_EDIT))]
Merger = Annotated[Principal, Depends(require(Permission.REVIEW_DECIDE))]
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
    merged_into: UUID | None
    version: str = Field(
        description="What a change names in If-Match, in quotes.", examples=["5d41402abc4b2a76"]
    )


class CustomersOut(BaseModel):
    items: list[CustomerOut]
    next_cursor: UUID | None = None


class CustomerMergeIn(Body):
    """`duplicate_id` is another record of the same person; tills forget it."""

    duplicate_id: UUID = Field(examples=["019aa3c4-5b10-7c3e-9f00-3f6f2f0c9b21"])
    reason: Annotated[Reason, Field(examples=["One person, written twice"])]


class CustomerEventOut(BaseModel):
    """What a person did to a customer; `changes` are of the form {field, old, new}.

    Names, phones and addresses are not in them: "…" says that there was one, null that there was none; of a
    phone the last three digits are shown.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: Instant
    kind: Literal["changed", "merged", "erased"]
    changes: list[dict[str, Any]] = Field(
        examples=[
            [{"field": "phone", "old": "…456", "new": "…789"}, {"field": "name", "old": None, "new": "…"}]
        ]
    )
    reason: str
    actor_id: UUID | None
    actor_name: str


class CustomerEventsOut(BaseModel):
    items: list[CustomerEventOut]
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


@router.get(
    "/customers/{customer_id}/events",
    summary="What people did to a customer",
    response_model=CustomerEventsOut,
    responses=problems(403, 404),
)
def read_customer_events(
    customer_id: UUID,
    who: CustomerViewer,
    database: DatabaseDep,
    cursor: Annotated[UUID | None, Query(description="The last id of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> CustomerEventsOut:
    """Newest first: who changed, merged or erased, and when; those of one institution see none."""
    if who.role is Role.FACILITY_MANAGER or who.institution is not None:
        raise Problem("record.unknown", "There is no such row.", status=404)
    with database.read() as connection:
        master_lists.get_row(connection, tables.customer, who.organisation_id, customer_id)
        rows = customer_changes.list_events(
            connection, who.organisation_id, customer_id, after=cursor, limit=limit + 1
        )
    items = [CustomerEventOut.model_validate(row) for row in rows[:limit]]
    return CustomerEventsOut(items=items, next_cursor=items[-1].id if len(rows) > limit else None)


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
    _refuse_facility_manager(who)
    customer_id = new_id(clock.now())
    values = {"id": customer_id, "is_erased": False, **body.model_dump()}
    with database.write() as connection:
        check_sales_point(connection, who.organisation_id, body.sales_point_id)
        office.master.put_customers(connection, who.organisation_id, [values])
        row = master_lists.get_row(connection, tables.customer, who.organisation_id, customer_id)
    return _customer_out(row)


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
    clock: ClockDep,
    if_match: IfMatch = None,
) -> Response:
    """Who and when stand in an event. One that moves to another sales point leaves the tills of the first."""
    wanted = tag_wanted(if_match)
    _refuse_facility_manager(who)
    author = Author(who.organisation_id, who.user_id, who.name, clock.now())
    with database.write() as connection:
        check_sales_point(connection, who.organisation_id, body.sales_point_id)
        customer_changes.change_customer(
            connection, office.master, author, customer_id, body.model_dump(), wanted=wanted
        )
        row = master_lists.get_row(connection, tables.customer, who.organisation_id, customer_id)
    return changed_answer(_customer_out(row))


@router.post(
    "/customers/{customer_id}/merge",
    summary="Merge a duplicate into a customer",
    response_model=CustomerOut,
    responses=problems(403, 404, 409),
)
def merge_customer(
    customer_id: UUID,
    body: CustomerMergeIn,
    who: Merger,
    database: DatabaseDep,
    office: HeadOfficeDep,
    clock: ClockDep,
) -> Response:
    """This one is kept. The duplicate's meters are his, and what is not known of him comes from the
    duplicate, which tills forget. It cannot be undone; done already, it changes nothing.
    """
    author = Author(who.organisation_id, who.user_id, who.name, clock.now())
    with database.write() as connection:
        customer_merging.merge_customers(
            connection,
            office.feed,
            author,
            duplicate=body.duplicate_id,
            kept=customer_id,
            reason=body.reason,
        )
        row = master_lists.get_row(connection, tables.customer, who.organisation_id, customer_id)
    return changed_answer(_customer_out(row))


@router.post(
    "/customers/{customer_id}/erase",
    status_code=204,
    summary="Erase a customer's personal data",
    responses=problems(403, 404, 409),
)
def erase_customer(
    customer_id: UUID, who: Eraser, database: DatabaseDep, office: HeadOfficeDep, clock: ClockDep
) -> None:
    """Name, phone and address are gone, here and at the tills, out of what tills proposed, and of what was
    merged into the customer too; what was sold stays. Who did it and when stands in an event.
    """
    author = Author(who.organisation_id, who.user_id, who.name, clock.now())
    with database.write() as connection:
        customer_changes.erase_customer(connection, office.master, author, customer_id)


def _refuse_facility_manager(who: Principal) -> None:
    if who.role is Role.FACILITY_MANAGER:
        raise Problem("permission.denied", "Customers of an institution are kept at its till.", status=403)


def _customer_out(row: Row[Any]) -> CustomerOut:
    return CustomerOut.model_validate({**row._mapping, "version": customer_changes.version_of(row)})
