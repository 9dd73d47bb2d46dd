"""Master data of head office: places, suppliers, groups, tariffs, and what tills pull as it is."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from central.deps import ClockDep, CurrentUser, DatabaseDep, Principal, require
from central.errors import Problem
from central.etags import cacheable, json_bytes
from central.head_office import HeadOfficeDep
from central.models import master as tables
from central.routes.answers import problems
from central.routes.instants import GivenInstant
from central.schemas import PRINTABLE, Body, Currency, Instant
from central.services import key_changes, master_lists, verification
from central.services.feed import EVERYBODY
from central.services.imported import Imported
from central.services.imports import Imports
from central.services.key_changes import announce, complete
from central.services.master import RECORDS, SCOPED
from pos.domain.ids import new_id
from pos.domain.permissions import Permission
from pos.domain.tariff_json import tariff_from_json

router = APIRouter(prefix="/v1", tags=["master data"])

Setter = Annotated[Principal, Depends(require(Permission.SETTING_EDIT))]
TariffEditor = Annotated[Principal, Depends(require(Permission.TARIFF_EDIT))]
TariffReader = Annotated[Principal, Depends(require(Permission.TARIFF_VIEW))]
KeyLoader = Annotated[Principal, Depends(require(Permission.KEY_LOAD))]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_.-]+$")]
Sgc = Annotated[str, Path(pattern=r"^[0-9]{6}$")]
RecordId = Annotated[str, Path(min_length=1, max_length=120, pattern=r"^[\x21-\x7e]+$")]
RecordResource = Literal[
    "settings", "users", "fee_rules", "institutions", "fraud_rules", "voucher_batches", "catalogue"
]

_PERMISSION_OF = {
    "settings": Permission.SETTING_EDIT,
    "users": Permission.USER_MANAGE,
    "fee_rules": Permission.TARIFF_EDIT,
    "institutions": Permission.INSTITUTION_MANAGE,
    "fraud_rules": Permission.SETTING_EDIT,
    "voucher_batches": Permission.VOUCHER_MAKE,
    "catalogue": Permission.TARIFF_EDIT,
}


class SalesPointIn(Body):
    name: Text
    address: Annotated[str, StringConstraints(max_length=400, pattern=PRINTABLE)] | None = None
    phone: Annotated[str, StringConstraints(pattern=r"^\+[0-9]{6,15}$")] | None = None
    currency: Currency
    language: Literal["en", "fr", "rw", "sw"] = "en"
    is_active: bool = True


class SalesPointOut(SalesPointIn):
    model_config = ConfigDict(from_attributes=True)

    id: UUID


class SalesPointsOut(BaseModel):
    items: list[SalesPointOut]


class SupplierIn(Body):
    """`is_float_kept` false: the float is kept elsewhere, and bounds nothing here."""

    name: Text
    credit_limit_minor: int = Field(default=0, ge=0, le=10**15)
    is_float_kept: bool = True


class SupplierOut(SupplierIn):
    model_config = ConfigDict(from_attributes=True)

    code: str


class SuppliersOut(BaseModel):
    items: list[SupplierOut]


class CommissionIn(Body):
    valid_from: GivenInstant
    ppm: int = Field(ge=0, le=1_000_000)


class KeyIn(Body):
    """The next key of a group: what changes."""

    krn: int = Field(ge=1, le=9)
    ken: int = Field(ge=0, le=255)
    ti: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
    kt: int = Field(default=2, ge=0, le=3)
    base_date: Literal["93", "14", "35"] = "14"


class GroupIn(KeyIn):
    """The key of a group that is there changes only by an announced key change."""

    key_method: Literal["02", "04"]
    algorithm: Literal["07", "11"]
    tid_zone: Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z_/+-]+$")] = "UTC"
    lanes: Literal[1, 4, 16, 60] = 16
    holders: list[Annotated[str, StringConstraints(pattern=r"^[a-z0-9_:-]{1,40}$")]] = Field(
        min_length=1, max_length=8
    )
    supplier: Code
    check_value: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{6}$")] | None = None


class GroupOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    sgc: str
    key_method: str
    algorithm: str
    base_date: str
    ti: str
    krn: int
    kt: int
    ken: int
    tid_zone: str
    lanes: int
    holders: list[str]
    supplier: str
    check_value: str | None
    next_key: dict[str, Any] | None


class GroupsOut(BaseModel):
    items: list[GroupOut]


class TariffIn(Body):
    """`body` is the tariff JSON of docs/formats.md §12."""

    name: Text | None = None
    body: dict[str, Any]


class TariffOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    version: int
    valid_from: Instant
    name: str | None
    sha256: str
    body: dict[str, Any]


class TariffsOut(BaseModel):
    items: list[TariffOut]
    next_cursor: UUID | None = None


class CsvIn(Body):
    """A CSV text (docs/formats.md §12); `sales_point_id`: where the customers of meters belong."""

    text: Annotated[str, StringConstraints(max_length=1_500_000)]
    sales_point_id: UUID | None = None


class RowErrorOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    line: int
    column: str
    error_code: str
    error_text: str


class ImportedOut(BaseModel):
    """`errors`: rows that were left out; the others are in. `unchanged`: they were there just so."""

    added: int = Field(examples=[2])
    changed: int = Field(examples=[1])
    unchanged: int = Field(examples=[240])
    errors: list[RowErrorOut]


class RecordIn(Body):
    """`body` is a row as tills pull it (docs/formats.md §10). `scope`: one sales point or one till."""

    body: dict[str, Any]
    scope: UUID | None = None


class RecordOut(BaseModel):
    id: str
    scope: UUID | None
    body: dict[str, Any]
    version: int
    changed_at: Instant


class RecordsOut(BaseModel):
    items: list[RecordOut]
    next_cursor: str | None = None


class LevelIn(Body):
    """A level of customer verification and what it allows; left out: no limit."""

    name: Text
    sale_max_minor: int | None = Field(default=None, ge=0, le=10**15)
    day_max_minor: int | None = Field(default=None, ge=0, le=10**15)
    month_max_minor: int | None = Field(default=None, ge=0, le=10**15)


class LevelOut(LevelIn):
    model_config = ConfigDict(from_attributes=True)

    level: int


class LevelsOut(BaseModel):
    items: list[LevelOut]


@router.get("/sales-points", summary="List sales points", response_model=SalesPointsOut)
def list_sales_points(who: CurrentUser, database: DatabaseDep) -> SalesPointsOut:
    """All of the organisation."""
    with database.read() as connection:
        rows = master_lists.sales_points(connection, who.organisation_id)
    return SalesPointsOut(items=[SalesPointOut.model_validate(row) for row in rows])


@router.post(
    "/sales-points",
    status_code=201,
    summary="Make a sales point",
    response_model=SalesPointOut,
    responses=problems(403, 409),
)
def make_sales_point(
    body: SalesPointIn, who: Setter, database: DatabaseDep, office: HeadOfficeDep, clock: ClockDep
) -> SalesPointOut:
    """A place where tills stand."""
    return _put_sales_point(body, new_id(clock.now()), who, database, office)


@router.put(
    "/sales-points/{sales_point_id}",
    summary="Change a sales point",
    response_model=SalesPointOut,
    responses=problems(403, 404, 409),
)
def change_sales_point(
    sales_point_id: UUID, body: SalesPointIn, who: Setter, database: DatabaseDep, office: HeadOfficeDep
) -> SalesPointOut:
    """Its currency stays once tills count in it."""
    with database.read() as connection:
        master_lists.get_row(connection, tables.sales_point, who.organisation_id, sales_point_id)
    return _put_sales_point(body, sales_point_id, who, database, office)


def _put_sales_point(
    body: SalesPointIn, id_: UUID, who: Principal, database: DatabaseDep, office: HeadOfficeDep
) -> SalesPointOut:
    with database.write(lock=f"sales_points:{who.organisation_id}") as connection:
        office.master.put_sales_point(connection, who.organisation_id, {"id": id_, **body.model_dump()})
    return SalesPointOut(id=id_, **body.model_dump())


@router.get("/suppliers", summary="List suppliers", response_model=SuppliersOut, responses=problems(403))
def list_suppliers(who: TariffReader, database: DatabaseDep) -> SuppliersOut:
    """By code."""
    with database.read() as connection:
        rows = master_lists.suppliers(connection, who.organisation_id)
    return SuppliersOut(items=[SupplierOut.model_validate(row) for row in rows])


@router.put(
    "/suppliers/{code}",
    summary="Make or change a supplier",
    response_model=SupplierOut,
    responses=problems(403),
)
def put_supplier(
    code: Annotated[str, Path(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_.-]+$")],
    body: SupplierIn,
    who: Setter,
    database: DatabaseDep,
    office: HeadOfficeDep,
) -> SupplierOut:
    """Whose product is sold, and how far its float may go below zero."""
    with database.write() as connection:
        office.master.put_supplier(connection, who.organisation_id, {"code": code, **body.model_dump()})
    return SupplierOut(code=code, **body.model_dump())


@router.put(
    "/suppliers/{code}/commission",
    status_code=204,
    summary="Set a commission share",
    responses=problems(403),
)
def put_commission(
    code: Annotated[str, Path(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_.-]+$")],
    body: CommissionIn,
    who: Setter,
    database: DatabaseDep,
    office: HeadOfficeDep,
) -> None:
    """From an instant on."""
    with database.write() as connection:
        office.master.put_commission(
            connection, who.organisation_id, code, valid_from=body.valid_from, ppm=body.ppm
        )


@router.get("/supply-groups", summary="List supply groups", response_model=GroupsOut, responses=problems(403))
def list_groups(who: TariffReader, database: DatabaseDep) -> GroupsOut:
    """By SGC."""
    with database.read() as connection:
        rows = master_lists.groups(connection, who.organisation_id)
    return GroupsOut(items=[GroupOut.model_validate(row) for row in rows])


@router.put(
    "/supply-groups/{sgc}",
    status_code=204,
    summary="Make or change a supply group",
    responses=problems(403, 409),
)
def put_group(
    sgc: Sgc, body: GroupIn, who: Setter, database: DatabaseDep, office: HeadOfficeDep, clock: ClockDep
) -> None:
    """Live tills get a lane in a new one."""
    key_changes.check_zone(body.tid_zone)
    with database.write(lock=office.enrolment.lock_name(who.organisation_id)) as connection:
        office.master.put_group(
            connection, who.organisation_id, {"sgc": sgc, **body.model_dump()}, now=clock.now()
        )


@router.post(
    "/supply-groups/{sgc}/next-key",
    status_code=202,
    summary="Announce a key change",
    responses=problems(403, 404, 409),
)
def announce_key(sgc: Sgc, body: KeyIn, who: KeyLoader, database: DatabaseDep, office: HeadOfficeDep) -> None:
    """Its start is set by itself once every live till has pulled the announcement."""
    with database.write() as connection:
        announce(office.feed, connection, who.organisation_id, sgc=sgc, next_key=body.model_dump())


@router.post(
    "/supply-groups/{sgc}/next-key/complete",
    status_code=204,
    summary="End a key change",
    responses=problems(403, 404, 409),
)
def complete_key(
    sgc: Sgc, who: KeyLoader, database: DatabaseDep, office: HeadOfficeDep, clock: ClockDep
) -> None:
    """When the meters have been given it: the next key becomes the group's key."""
    with database.write() as connection:
        complete(office.feed, connection, who.organisation_id, sgc=sgc, now=clock.now())


@router.get("/tariffs", summary="List tariffs", response_model=TariffsOut, responses=problems(304, 403))
def list_tariffs(
    request: Request,
    who: TariffReader,
    database: DatabaseDep,
    cursor: Annotated[UUID | None, Query(description="The last id of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """Every version, in the order they were added."""
    with database.read() as connection:
        rows = master_lists.tariffs(connection, who.organisation_id, after=cursor, limit=limit + 1)
    items = [_tariff_out(row) for row in rows[:limit]]
    page = TariffsOut(items=items, next_cursor=items[-1].id if len(rows) > limit else None)
    return cacheable(request, json_bytes(page.model_dump(mode="json")))


@router.post(
    "/tariffs",
    status_code=201,
    summary="Add a tariff version",
    response_model=TariffOut,
    responses=problems(403, 409),
)
def add_tariff(
    body: TariffIn, who: TariffEditor, database: DatabaseDep, office: HeadOfficeDep, clock: ClockDep
) -> TariffOut:
    """A version never changes; the same once more is the same."""
    new = tariff_from_json(body.body)
    with database.write(lock=f"tariffs:{who.organisation_id}") as connection:
        tariff_id = office.master.add_tariff(
            connection, who.organisation_id, new, name=body.name, now=clock.now()
        )
        row = master_lists.get_row(connection, tables.tariff, who.organisation_id, tariff_id)
    return _tariff_out(row)


@router.post(
    "/tariffs/import",
    summary="Import tariffs from CSV",
    response_model=ImportedOut,
    responses=problems(403, 409),
)
def import_tariffs(
    body: CsvIn, who: TariffEditor, database: DatabaseDep, office: HeadOfficeDep, clock: ClockDep
) -> ImportedOut:
    """A tariff with an error in any of its rows is left out."""
    imports = Imports(database, office.feed, who.organisation_id)
    return imported_out(imports.tariffs(body.text, now=clock.now()))


@router.get(
    "/records/{resource}",
    summary="List master records",
    response_model=RecordsOut,
    responses=problems(304, 403),
)
def list_records(
    request: Request,
    resource: RecordResource,
    who: CurrentUser,
    database: DatabaseDep,
    cursor: Annotated[str | None, Query(max_length=120, pattern=r"^[\x21-\x7e]+$")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """By id; hashes of PINs are never shown."""
    _check_may(who, resource)
    with database.read() as connection:
        rows = master_lists.records(connection, who.organisation_id, resource, after=cursor, limit=limit + 1)
    items = [_record_out(row) for row in rows[:limit]]
    page = RecordsOut(items=items, next_cursor=items[-1].id if len(rows) > limit else None)
    return cacheable(request, json_bytes(page.model_dump(mode="json")))


@router.put(
    "/records/{resource}/{id_}", status_code=204, summary="Make or change a record", responses=problems(403)
)
def put_record(
    resource: RecordResource,
    id_: RecordId,
    body: RecordIn,
    who: CurrentUser,
    database: DatabaseDep,
    office: HeadOfficeDep,
    clock: ClockDep,
) -> None:
    """Tills of its scope pull it from now on."""
    _check_may(who, resource)
    if body.scope is not None and resource not in SCOPED:
        raise Problem("record.scope", "Rows of this resource are for all tills.", status=422)
    with database.write() as connection:
        office.master.put_record(
            connection,
            who.organisation_id,
            resource,
            body={**body.body, "id": id_},
            by=who.user_id,
            now=clock.now(),
            scope=body.scope or EVERYBODY,
        )


@router.delete(
    "/records/{resource}/{id_}",
    status_code=204,
    summary="Take a record away",
    responses=problems(403, 404),
)
def drop_record(
    resource: RecordResource,
    id_: RecordId,
    who: CurrentUser,
    database: DatabaseDep,
    office: HeadOfficeDep,
    scope: UUID | None = None,
) -> None:
    """Tills of its scope are told that it is gone."""
    _check_may(who, resource)
    with database.write() as connection:
        office.master.drop_record(
            connection, who.organisation_id, resource, id_=id_, scope=scope or EVERYBODY
        )


@router.post("/staff/import", summary="Import people of tills from CSV", response_model=ImportedOut)
def import_staff(
    body: CsvIn, who: CurrentUser, database: DatabaseDep, office: HeadOfficeDep, clock: ClockDep
) -> ImportedOut:
    """Columns: name, role (C S F A U), active (yes, no), institution, id. A row without an id is the person
    of that name, in capitals or not; what a row leaves blank stays, and the same file again changes nothing.
    """
    _check_may(who, "users")
    imports = Imports(database, office.feed, who.organisation_id)
    return imported_out(imports.staff(body.text, by=who.user_id, now=clock.now()))


@router.get("/verification-levels", summary="List verification levels", response_model=LevelsOut)
def list_levels(who: CurrentUser, database: DatabaseDep) -> LevelsOut:
    """By level."""
    with database.read() as connection:
        rows = master_lists.rows_of(connection, tables.verification_level, who.organisation_id)
    return LevelsOut(items=[LevelOut.model_validate(row) for row in rows])


@router.put(
    "/verification-levels/{level}",
    status_code=204,
    summary="Make or change a verification level",
    responses=problems(403),
)
def put_level(
    level: Annotated[int, Path(ge=0, le=9)], body: LevelIn, who: Setter, database: DatabaseDep
) -> None:
    """What a customer of this level may buy at once, a day, a month."""
    with database.write() as connection:
        verification.put_level(connection, who.organisation_id, level, **body.model_dump())


def imported_out(done: Imported) -> ImportedOut:
    """Return how an import went."""
    return ImportedOut(
        added=done.added,
        changed=done.changed,
        unchanged=done.unchanged,
        errors=[RowErrorOut.model_validate(error) for error in done.errors],
    )


def _check_may(who: Principal, resource: str) -> None:
    assert resource in RECORDS
    if not who.may(_PERMISSION_OF[resource]):
        raise Problem("permission.denied", "Your role does not allow this.", status=403)


def _tariff_out(row: Any) -> TariffOut:
    return TariffOut(
        id=row.id,
        code=row.code,
        version=row.version,
        valid_from=row.valid_from,
        name=row.name,
        sha256=row.sha256.hex(),
        body=json.loads(row.body),
    )


def _record_out(row: Any) -> RecordOut:
    body = {name: value for name, value in row.body.items() if name != "pin_hash"}
    changed_at: datetime = row.changed_at
    return RecordOut(
        id=row.id,
        scope=None if row.scope == EVERYBODY else row.scope,
        body=body,
        version=row.version,
        changed_at=changed_at,
    )
