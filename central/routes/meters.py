"""Meters of head office: reading them, changing them from what was read, and what people did to them."""

from __future__ import annotations

from datetime import datetime
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
from central.routes.master import CsvIn, ImportedOut, imported_out
from central.routes.versions import IfMatch, changed_answer, read_answer
from central.schemas import PRINTABLE, Body, Drn, Instant, Reason, Words
from central.services import master_lists, meter_changes
from central.services.devices import check_meter_seen
from central.services.imports import Imports
from central.services.master import pan_number
from central.services.merging import merge_meters
from central.services.meter_changes import Author
from central.services.meter_key_changes import announce_move, complete_move
from central.services.meter_locks import hold_meters
from central.services.meter_values import check_references, check_sales_point
from pos.domain.ids import new_id
from pos.domain.permissions import Permission, Role

router = APIRouter(prefix="/v1", tags=["meters"])

Viewer = Annotated[Principal, Depends(require(Permission.METER_VIEW))]
Editor = Annotated[Principal, Depends(require(Permission.METER_EDIT))]
Adjuster = Annotated[Principal, Depends(require(Permission.ARREARS_ADJUST))]
KeyLoader = Annotated[Principal, Depends(require(Permission.KEY_LOAD))]
Merger = Annotated[Principal, Depends(require(Permission.REVIEW_DECIDE))]
Importer = Annotated[Principal, Depends(require(Permission.METER_IMPORT))]
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
    block_reason: Words | None = None
    account_number: Annotated[str, StringConstraints(max_length=64, pattern=PRINTABLE)] | None = None
    institution_id: UUID | None = None
    site: Words | None = None
    building: Words | None = None
    department: Words | None = None
    note: Words | None = None
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
    version: str = Field(
        description="What a change names in If-Match, in quotes.", examples=["5d41402abc4b2a76.900"]
    )


class ArrearsIn(Body):
    """All that a meter owes, not the difference."""

    arrears_minor: int = Field(ge=0, le=10**13, examples=[900])
    reason: Reason


class MoveIn(Body):
    """The supply group whose key the meter gets."""

    sgc: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    reason: Reason


class MergeIn(Body):
    """`duplicate_id` is another record of the same meter; its number is the wrong one from now on."""

    duplicate_id: UUID
    reason: Reason


class MeterEventOut(BaseModel):
    """What a person did to a meter; `changes` are of the form {field, old, new}."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: Instant
    kind: Literal["changed", "arrears", "merged"]
    changes: list[dict[str, Any]]
    reason: str
    actor_id: UUID | None
    actor_name: str


class MeterEventsOut(BaseModel):
    items: list[MeterEventOut]
    next_cursor: UUID | None = None


class MetersOut(BaseModel):
    items: list[MeterOut]
    next_cursor: str | None = None


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
    items = [_meter_out(row) for row in rows[:limit]]
    return MetersOut(items=items, next_cursor=items[-1].drn if len(rows) > limit else None)


@router.get(
    "/meters/{meter_id}", summary="Read a meter", response_model=MeterOut, responses=problems(304, 403, 404)
)
def read_meter(request: Request, meter_id: UUID, who: Viewer, database: DatabaseDep) -> Response:
    """With its debt, the key it holds where that is not its group's, and the ETag that a change must name."""
    with database.read() as connection:
        check_meter_seen(connection, who.organisation_id, meter_id, who.may_see_institution)
        row = master_lists.get_row(connection, tables.meter, who.organisation_id, meter_id)
    found = _meter_out(row)
    return read_answer(request, found)


@router.get(
    "/meters/{meter_id}/events",
    summary="What people did to a meter",
    response_model=MeterEventsOut,
    responses=problems(403, 404),
)
def read_meter_events(
    meter_id: UUID,
    who: Viewer,
    database: DatabaseDep,
    cursor: Annotated[UUID | None, Query(description="The last id of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> MeterEventsOut:
    """Newest first: who changed, what and why. What tills did stands in their books."""
    with database.read() as connection:
        check_meter_seen(connection, who.organisation_id, meter_id, who.may_see_institution)
        rows = meter_changes.list_events(
            connection, who.organisation_id, meter_id, after=cursor, limit=limit + 1
        )
    items = [MeterEventOut.model_validate(row) for row in rows[:limit]]
    return MeterEventsOut(items=items, next_cursor=items[-1].id if len(rows) > limit else None)


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
    with database.write() as connection:
        hold_meters(connection, [pan_number(body.drn)])
        check_references(connection, who.organisation_id, body.model_dump(), number_is_new=body.drn)
        office.master.put_meters(connection, who.organisation_id, [{"id": meter_id, **body.model_dump()}])
        row = master_lists.get_row(connection, tables.meter, who.organisation_id, meter_id)
    return _meter_out(row)


@router.put(
    "/meters/{meter_id}",
    summary="Change a meter",
    response_model=MeterOut,
    responses=problems(403, 404, 409, 412, 428),
)
def change_meter(
    meter_id: UUID,
    body: MeterChange,
    who: Editor,
    database: DatabaseDep,
    office: HeadOfficeDep,
    clock: ClockDep,
    if_match: IfMatch = None,
) -> Response:
    """Its number and its debt stay. That its debt moved since it was read does not matter here."""
    if not who.may_see_institution(body.institution_id):
        raise Problem("permission.denied", "You look after another institution's meters.", status=403)
    author, wanted = _author(who, clock.now()), tag_wanted(if_match)
    with database.write() as connection:
        check_meter_seen(connection, who.organisation_id, meter_id, who.may_see_institution)
        check_references(connection, who.organisation_id, body.model_dump())
        changes = meter_changes.change_record(
            connection, office.master, meter_id, body.model_dump(), wanted=wanted
        )
        if changes:
            meter_changes.add_event(connection, author, meter_id, kind="changed", changes=changes)
        row = master_lists.get_row(connection, tables.meter, who.organisation_id, meter_id)
    return changed_answer(_meter_out(row))


@router.put(
    "/meters/{meter_id}/arrears",
    summary="Change the debt of a meter",
    response_model=MeterOut,
    responses=problems(403, 404, 409, 412, 428),
)
def change_arrears(
    meter_id: UUID,
    body: ArrearsIn,
    who: Adjuster,
    database: DatabaseDep,
    office: HeadOfficeDep,
    clock: ClockDep,
    if_match: IfMatch = None,
) -> Response:
    """Who, when and why stand in an event. A sale that took of the debt since it was read answers 412."""
    author, wanted = _author(who, clock.now()), tag_wanted(if_match)
    with database.write() as connection:
        check_meter_seen(connection, who.organisation_id, meter_id, who.may_see_institution)
        meter_changes.set_arrears(
            connection,
            office.master,
            author,
            meter_id,
            arrears_minor=body.arrears_minor,
            reason=body.reason,
            wanted=wanted,
        )
        row = master_lists.get_row(connection, tables.meter, who.organisation_id, meter_id)
    return changed_answer(_meter_out(row))


@router.post(
    "/meters/{meter_id}/next-key",
    status_code=202,
    summary="Announce that a meter leaves its supply group",
    response_model=MeterOut,
    responses=problems(403, 404, 409, 412, 428),
)
def announce_meter_key(
    meter_id: UUID,
    body: MoveIn,
    who: KeyLoader,
    database: DatabaseDep,
    office: HeadOfficeDep,
    clock: ClockDep,
    if_match: IfMatch = None,
) -> Response:
    """It gets the key of another group a week after every live till has pulled this; until then nothing
    changes. From then on tokens carry the new key, the first two of each till with the key change.
    """
    author, wanted = _author(who, clock.now()), tag_wanted(if_match)
    with database.write() as connection:
        check_meter_seen(connection, who.organisation_id, meter_id, who.may_see_institution)
        announce_move(
            connection, office.master, author, meter_id, sgc=body.sgc, reason=body.reason, wanted=wanted
        )
        row = master_lists.get_row(connection, tables.meter, who.organisation_id, meter_id)
    return changed_answer(_meter_out(row), status=202)


@router.post(
    "/meters/{meter_id}/next-key/complete",
    summary="End the move of a meter",
    response_model=MeterOut,
    responses=problems(403, 404, 409),
)
def complete_meter_key(
    meter_id: UUID, who: KeyLoader, database: DatabaseDep, office: HeadOfficeDep, clock: ClockDep
) -> Response:
    """When the meter has been given its new key: it is of the other group from now on."""
    author = _author(who, clock.now())
    with database.write() as connection:
        check_meter_seen(connection, who.organisation_id, meter_id, who.may_see_institution)
        complete_move(connection, office.master, author, meter_id)
        row = master_lists.get_row(connection, tables.meter, who.organisation_id, meter_id)
    return changed_answer(_meter_out(row))


@router.post(
    "/meters/{meter_id}/merge",
    summary="Merge a duplicate into a meter",
    response_model=MeterOut,
    responses=problems(403, 404, 409),
)
def merge_meter(
    meter_id: UUID, body: MergeIn, who: Merger, database: DatabaseDep, office: HeadOfficeDep, clock: ClockDep
) -> Response:
    """This one is kept, with its record. What was bought, charged and paid under either counts for it, and
    what was taken twice comes back as credit. It cannot be undone; done already, it changes nothing.
    """
    author = _author(who, clock.now())
    with database.write() as connection:
        merge_meters(
            connection,
            office.feed,
            author,
            duplicate=body.duplicate_id,
            kept=meter_id,
            reason=body.reason,
        )
        row = master_lists.get_row(connection, tables.meter, who.organisation_id, meter_id)
    return changed_answer(_meter_out(row))


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


def _meter_out(row: Row[Any]) -> MeterOut:
    return MeterOut.model_validate({**row._mapping, "version": meter_changes.version_of(row)})


def _author(who: Principal, now: datetime) -> Author:
    return Author(who.organisation_id, who.user_id, who.name, now)
