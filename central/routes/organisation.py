"""The organisation of the person who asks: its settings at the server, and maintenance."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from central.deps import ClockDep, CurrentUser, DatabaseDep, Principal, require
from central.routes.answers import problems
from central.schemas import MaintenanceIn, MaintenanceOut, OrganisationChange, OrganisationOut
from central.services import organisations
from central.source import source_of
from pos.domain.permissions import Permission

router = APIRouter(prefix="/v1/organisation", tags=["organisation"])

Administrator = Annotated[Principal, Depends(require(Permission.SETTING_EDIT))]


@router.get("", summary="Read my organisation", response_model=OrganisationOut, responses=problems(403))
def read_organisation(who: CurrentUser, database: DatabaseDep) -> OrganisationOut:
    """Name, time zone, currency."""
    with database.read() as connection:
        return OrganisationOut.model_validate(
            organisations.get_organisation(connection, who.organisation_id), from_attributes=True
        )


@router.patch(
    "", summary="Ask managers for a second factor", response_model=OrganisationOut, responses=problems(403)
)
def change_organisation(
    request: Request, body: OrganisationChange, who: Administrator, database: DatabaseDep, clock: ClockDep
) -> OrganisationOut:
    """Who has none yet can do nothing but set one up."""
    organisations.require_two_factor(
        database,
        who.organisation_id,
        is_required=body.requires_two_factor,
        actor_id=who.user_id,
        now=clock.now(),
        source=source_of(request),
    )
    return read_organisation(who, database)


@router.put(
    "/maintenance", summary="Begin maintenance", response_model=MaintenanceOut, responses=problems(403)
)
def begin_maintenance(
    request: Request, body: MaintenanceIn, who: Administrator, database: DatabaseDep, clock: ClockDep
) -> MaintenanceOut:
    """Everybody but administrators gets 503 with Retry-After. Tills go on selling and send later."""
    until = organisations.begin_maintenance(
        database,
        who.organisation_id,
        minutes=body.minutes,
        reason=body.note,
        actor_id=who.user_id,
        now=clock.now(),
        source=source_of(request),
    )
    return MaintenanceOut(maintenance_until=until)


@router.delete(
    "/maintenance", summary="End maintenance", response_model=MaintenanceOut, responses=problems(403)
)
def end_maintenance(
    request: Request, who: Administrator, database: DatabaseDep, clock: ClockDep
) -> MaintenanceOut:
    """Everybody is served again."""
    organisations.end_maintenance(
        database, who.organisation_id, actor_id=who.user_id, now=clock.now(), source=source_of(request)
    )
    return MaintenanceOut(maintenance_until=None)
