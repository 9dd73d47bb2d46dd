"""Sessions that stand, and ending them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from central.deps import ClockDep, CurrentUser, DatabaseDep, Principal
from central.errors import permission_denied
from central.routes.answers import problems
from central.schemas import SessionOut, SessionsOut
from central.services import users
from central.services.security_log import SecurityKind
from central.services.sessions import end_session, list_sessions, owner_of
from central.source import source_of
from pos.domain.permissions import Permission

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])


@router.get("", summary="List sessions", response_model=SessionsOut, responses=problems(403, 404))
def read_sessions(
    who: CurrentUser,
    database: DatabaseDep,
    clock: ClockDep,
    user_id: Annotated[UUID | None, Query(description="Somebody else's: administrators only.")] = None,
) -> SessionsOut:
    """Mine, newest first."""
    subject = user_id or who.user_id
    _refuse_others(who, subject)
    with database.read() as connection:
        users.get_user(connection, who.organisation_id, subject)
        found = list_sessions(connection, who.organisation_id, subject, clock.now())
    items = [SessionOut.model_validate(session) for session in found]
    for item in items:
        item.is_this = item.id == who.session_id
    return SessionsOut(items=items)


@router.delete("/{session_id}", status_code=204, summary="End a session", responses=problems(403, 404))
def revoke_session(
    request: Request, session_id: UUID, who: CurrentUser, database: DatabaseDep, clock: ClockDep
) -> Response:
    """Mine, or as an administrator anybody's: it is out at once."""
    with database.write() as connection:
        owner = owner_of(connection, who.organisation_id, session_id)
        _refuse_others(who, owner)
        end_session(
            connection,
            session_id,
            kind=SecurityKind.SESSION_REVOKED,
            organisation_id=who.organisation_id,
            actor_id=who.user_id,
            subject_id=owner,
            now=clock.now(),
            source=source_of(request),
        )
    return Response(status_code=204)


def _refuse_others(who: Principal, owner: UUID) -> None:
    if owner != who.user_id and not who.may(Permission.USER_MANAGE):
        raise permission_denied("Only administrators see and end other people's sessions.")
