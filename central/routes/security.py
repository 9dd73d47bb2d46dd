"""The security log, and what each role may do."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from central.deps import CurrentUser, DatabaseDep, Principal, require
from central.etags import cacheable, json_bytes
from central.routes.answers import problems
from central.schemas import RoleOut, RolesOut, SecurityEventOut, SecurityEventsOut
from central.services.security_log import SecurityKind, list_events
from pos.domain.permissions import HOLDERS, Permission, Role

router = APIRouter(prefix="/v1", tags=["security"])

Auditor = Annotated[Principal, Depends(require(Permission.AUDIT_VIEW))]
_ROLES_AGE_S = 3600


@router.get(
    "/security/events",
    summary="Read the security log",
    response_model=SecurityEventsOut,
    responses=problems(403),
)
def read_events(
    who: Auditor,
    database: DatabaseDep,
    kind: SecurityKind | None = None,
    subject_id: UUID | None = None,
    cursor: Annotated[UUID | None, Query(description="The last id of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> SecurityEventsOut:
    """Newest first; it is the organisation's, so an auditor of one institution sees nothing of it."""
    if who.institution is not None:
        return SecurityEventsOut(items=[], next_cursor=None)
    with database.read() as connection:
        found = list_events(
            connection, who.organisation_id, kind=kind, subject_id=subject_id, before=cursor, limit=limit + 1
        )
    items = [SecurityEventOut.model_validate(event) for event in found[:limit]]
    return SecurityEventsOut(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.get("/roles", summary="What each role may do", response_model=RolesOut, responses=problems(304, 403))
def read_roles(request: Request, _who: CurrentUser) -> Response:
    """The table of docs/formats.md §13."""
    roles = [
        RoleOut(
            role=role,
            name=role.name.lower(),
            permissions=sorted(permission for permission, holders in HOLDERS.items() if role in holders),
        )
        for role in Role
    ]
    body = json_bytes(RolesOut(roles=roles).model_dump(mode="json"))
    return cacheable(request, body, max_age_s=_ROLES_AGE_S)
