"""Devices beside meters, and readings from devices and tills."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection

from central.deps import ClockDep, DatabaseDep, Principal, refuse_unknown, require
from central.errors import Unauthenticated
from central.limits import charge
from central.routes.answers import problems
from central.routes.instants import GivenInstant
from central.schemas import PRINTABLE, Body, Instant
from central.services import devices
from central.services.devices import Acknowledged, DevicePrincipal, find_device
from central.services.readings import Reading, Source, list_readings, take_readings
from central.services.security_log import SecurityKind, note
from central.source import source_of
from central.till_auth import current_till, till_of
from pos.domain.journal import instant_text
from pos.domain.permissions import Permission

router = APIRouter(prefix="/v1", tags=["devices"])

_BEARER = HTTPBearer(
    scheme_name="device", description="A device's secret, or a till's bearer.", auto_error=False
)
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
Editor = Annotated[Principal, Depends(require(Permission.METER_EDIT))]
Viewer = Annotated[Principal, Depends(require(Permission.METER_VIEW))]
Kind = Literal["actual", "estimate", "replaced_out", "replaced_in", "rolled_over"]


class DeviceIn(Body):
    meter_id: UUID


class DeviceOut(BaseModel):
    """The secret is told once."""

    id: UUID
    secret: str


class ReadingIn(Body):
    reading_id: UUID
    meter_id: UUID
    register_: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=PRINTABLE)] = Field(
        default="total", alias="register"
    )
    value_milli: int = Field(ge=0, le=10**15)
    read_at: GivenInstant
    kind: Kind = "actual"


class ReadingsIn(Body):
    readings: list[ReadingIn] = Field(max_length=500)


class ReadingResult(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    reading_id: UUID
    result: Literal["accepted", "duplicate", "refused"]
    code: str = ""


class ReadingsAnswer(BaseModel):
    results: list[ReadingResult]


class ReadingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    meter_id: UUID
    drn: str
    register_: str = Field(alias="register")
    value_milli: int
    read_at: Instant
    kind: str
    source: Literal["till", "device"]
    source_id: UUID


class ReadingsOut(BaseModel):
    items: list[ReadingOut]
    next_cursor: UUID | None = None


class WaitingToken(BaseModel):
    digits: str
    token_class: int
    tenths: int | None
    issued_at: Instant


class PollAnswer(BaseModel):
    tokens: list[WaitingToken]
    server_time: str


class AcknowledgedIn(Body):
    digits: Annotated[str, StringConstraints(pattern=r"^[0-9]{20}$")]
    result: Literal["accepted", "old", "used", "wrong"]


class ReportIn(Body):
    """What the meter said to tokens, and what it shows; never a balance that overwrites another."""

    acknowledged: list[AcknowledgedIn] = Field(default=[], max_length=100)
    readings: list[ReadingIn] = Field(default=[], max_length=100)


class ReportAnswer(BaseModel):
    acknowledged: int
    readings: list[ReadingResult]
    server_time: str


def _device(request: Request, device_id: UUID, bearer: Bearer) -> DevicePrincipal:
    if bearer is None:
        raise Unauthenticated("device.secret", "The device or its secret is not known.")
    state = request.app.state
    try:
        found = find_device(state.database, device_id, bearer.credentials, state.clock.now())
    except Unauthenticated as refusal:
        raise refuse_unknown(request, refusal) from refusal
    charge(request, "till", str(found.device_id))
    return found


def _source(
    request: Request,
    bearer: Bearer,
    device_id: Annotated[
        UUID | None, Header(alias="Kilotill-Device", description="A device's id; a till gives none.")
    ] = None,
) -> Source:
    if device_id is not None:
        device = _device(request, device_id, bearer)
        return Source("device", device.device_id, device.organisation_id, device.meter_id)
    till = current_till(till_of(request, bearer))
    return Source("till", till.till_id, till.organisation_id)


Device = Annotated[DevicePrincipal, Depends(_device)]


@router.post("/readings", summary="Send readings", response_model=ReadingsAnswer)
def send_readings(
    body: ReadingsIn, source: Annotated[Source, Depends(_source)], database: DatabaseDep, clock: ClockDep
) -> ReadingsAnswer:
    """From a till, or from a device for its own meter. Idempotent by `reading_id`."""
    with database.write() as connection:
        taken = take_readings(connection, source, _readings(body.readings), clock.now())
    return ReadingsAnswer(results=[ReadingResult.model_validate(one) for one in taken])


@router.get(
    "/meters/{meter_id}/readings",
    summary="List the readings of a meter",
    response_model=ReadingsOut,
    responses=problems(403, 404),
)
def read_readings(
    meter_id: UUID,
    who: Viewer,
    database: DatabaseDep,
    cursor: Annotated[UUID | None, Query(description="The last id of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ReadingsOut:
    """Newest first."""
    with database.read() as connection:
        devices.check_meter_seen(connection, who.organisation_id, meter_id, who.may_see_institution)
        found = list_readings(connection, who.organisation_id, meter_id, before=cursor, limit=limit + 1)
    items = [ReadingOut.model_validate(row) for row in found[:limit]]
    return ReadingsOut(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.post(
    "/devices",
    status_code=201,
    summary="Register a meter's device",
    response_model=DeviceOut,
    responses=problems(403, 404),
)
def add_device(
    request: Request, body: DeviceIn, who: Editor, database: DatabaseDep, clock: ClockDep
) -> DeviceOut:
    """A meter has one device; asked again it gets a new secret, and the old one opens nothing."""
    with database.write() as connection:
        devices.check_meter_seen(connection, who.organisation_id, body.meter_id, who.may_see_institution)
        device_id, secret = devices.add_device(
            connection, who.organisation_id, body.meter_id, now=clock.now()
        )
        _note(request, connection, who, device_id, kind=SecurityKind.DEVICE_MADE)
    return DeviceOut(id=device_id, secret=secret)


@router.delete("/devices/{device_id}", status_code=204, summary="End a device", responses=problems(403, 404))
def end_device(request: Request, device_id: UUID, who: Editor, database: DatabaseDep) -> None:
    """Its secret opens nothing any more."""
    with database.write() as connection:
        devices.end_device(connection, who.organisation_id, device_id, who.may_see_institution)
        _note(request, connection, who, device_id, kind=SecurityKind.DEVICE_ENDED)


@router.post("/devices/{device_id}/poll", summary="Fetch tokens", response_model=PollAnswer)
def poll(who: Device, database: DatabaseDep, clock: ClockDep) -> PollAnswer:
    """The tokens of its meter that it has not answered for, oldest first."""
    with database.read() as connection:
        tokens = devices.waiting_tokens(connection, who)
    return PollAnswer(
        tokens=[WaitingToken.model_validate(one) for one in tokens], server_time=instant_text(clock.now())
    )


@router.post("/devices/{device_id}/report", summary="Report", response_model=ReportAnswer)
def report(body: ReportIn, who: Device, database: DatabaseDep, clock: ClockDep) -> ReportAnswer:
    """Which tokens the meter took or refused, and readings. What is reported twice is kept once."""
    now = clock.now()
    source = Source("device", who.device_id, who.organisation_id, who.meter_id)
    with database.write(lock=f"device:{who.device_id}") as connection:
        answers = [Acknowledged(one.digits, one.result) for one in body.acknowledged]
        new = devices.acknowledge(connection, who, answers, now)
        taken = take_readings(connection, source, _readings(body.readings), now)
    return ReportAnswer(
        acknowledged=new,
        readings=[ReadingResult.model_validate(one) for one in taken],
        server_time=instant_text(now),
    )


def _note(
    request: Request, connection: Connection, who: Principal, device_id: UUID, *, kind: SecurityKind
) -> None:
    """Write what somebody did with a device's secret into the security log."""
    note(
        connection,
        kind,
        now=request.app.state.clock.now(),
        source=source_of(request),
        organisation_id=who.organisation_id,
        actor_id=who.user_id,
        subject_id=device_id,
        session_id=who.session_id,
    )


def _readings(given: list[ReadingIn]) -> list[Reading]:
    return [
        Reading(
            reading_id=one.reading_id,
            meter_id=one.meter_id,
            register=one.register_,
            value_milli=one.value_milli,
            read_at=one.read_at,
            kind=one.kind,
        )
        for one in given
    ]
