"""People who sign in: made, listed and changed by administrators."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from central.deps import ClockDep, DatabaseDep, Principal, require
from central.errors import Problem
from central.etags import cacheable, json_bytes, version_wanted
from central.routes.answers import problems
from central.schemas import PasswordIn, UserChange, UserIn, UserOut, UsersOut
from central.services import users
from central.services.login_guard import forgive
from central.services.security_log import SecurityKind, note
from central.services.users import NewUser
from central.source import source_of
from pos.domain.permissions import Permission

plain = APIRouter(tags=["people"])
"""Served as they stand and under /v1."""
router = APIRouter(tags=["people"])

Administrator = Annotated[Principal, Depends(require(Permission.USER_MANAGE))]
Unlocker = Annotated[Principal, Depends(require(Permission.USER_UNLOCK))]


@plain.post(
    "/users/",
    status_code=201,
    summary="Make a person",
    response_model=UserOut,
    responses=problems(403, 409),
)
def create_user(
    request: Request,
    response: Response,
    body: UserIn,
    who: Administrator,
    database: DatabaseDep,
    clock: ClockDep,
) -> users.User:
    """Administrators only; the first one is made on the command line of the server."""
    made = users.create_user(
        database,
        request.app.state.passwords,
        who.organisation_id,
        NewUser(
            username=body.username,
            full_name=body.full_name,
            role=body.role,
            password=body.password,
            institution_id=body.institution_id,
        ),
        actor_id=who.user_id,
        now=clock.now(),
        source=source_of(request),
    )
    response.headers["Location"] = f"/v1/users/{made.id}"
    response.headers["ETag"] = f'"{made.version}"'
    return made


@router.get("/v1/users/", summary="List people", response_model=UsersOut, responses=problems(403))
def list_users(
    who: Administrator,
    database: DatabaseDep,
    cursor: Annotated[
        str | None, Query(pattern=users.USERNAME, description="The last name of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> UsersOut:
    """By sign-in name."""
    with database.read() as connection:
        found = users.list_users(connection, who.organisation_id, after=cursor, limit=limit + 1)
    items = [UserOut.model_validate(user) for user in found[:limit]]
    return UsersOut(items=items, next_cursor=items[-1].username if len(found) > limit else None)


@router.get(
    "/v1/users/{user_id}", summary="Read a person", response_model=UserOut, responses=problems(304, 403, 404)
)
def read_user(request: Request, user_id: UUID, who: Administrator, database: DatabaseDep) -> Response:
    """With the ETag that a change must name."""
    with database.read() as connection:
        found = users.get_user(connection, who.organisation_id, user_id)
    body = json_bytes(UserOut.model_validate(found).model_dump(mode="json"))
    return cacheable(request, body, tag=f'"{found.version}"')


@router.patch(
    "/v1/users/{user_id}",
    summary="Change a person",
    response_model=UserOut,
    responses=problems(403, 404, 409, 412, 428),
)
def change_user(
    request: Request,
    response: Response,
    user_id: UUID,
    body: UserChange,
    who: Administrator,
    database: DatabaseDep,
    clock: ClockDep,
    if_match: Annotated[str | None, Header()] = None,
) -> users.User:
    """What is sent is changed. Somebody who may no longer sign in is out at once."""
    version = version_wanted(if_match)
    given = body.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name == "institution_id"}
    changed = users.change_user(
        database,
        who.organisation_id,
        user_id,
        changes,
        version=version,
        actor_id=who.user_id,
        now=clock.now(),
        source=source_of(request),
    )
    response.headers["ETag"] = f'"{changed.version}"'
    return changed


@router.put(
    "/v1/users/{user_id}/password",
    status_code=204,
    summary="Give another person a new password",
    responses=problems(403, 404, 409),
)
def set_password(
    request: Request,
    user_id: UUID,
    body: PasswordIn,
    who: Administrator,
    database: DatabaseDep,
    clock: ClockDep,
) -> Response:
    """All sessions of the person end. One's own password is changed at `/v1/me/password`."""
    _refuse_self(who, user_id, "Change your own password with the one you have, at /v1/me/password.")
    users.set_password(
        database,
        request.app.state.passwords,
        who.organisation_id,
        user_id,
        body.password,
        actor_id=who.user_id,
        now=clock.now(),
        source=source_of(request),
    )
    return Response(status_code=204)


@router.delete(
    "/v1/users/{user_id}/two-factor",
    status_code=204,
    summary="Take another person's second factor away",
    responses=problems(403, 404, 409),
)
def remove_two_factor(
    request: Request, user_id: UUID, who: Administrator, database: DatabaseDep, clock: ClockDep
) -> Response:
    """For somebody who lost phone and recovery codes. One's own: `/v1/me/two-factor/remove`."""
    _refuse_self(
        who, user_id, "Take your own second factor away with your password, at /v1/me/two-factor/remove."
    )
    with database.read() as connection:
        users.get_user(connection, who.organisation_id, user_id)
    request.app.state.two_factor.remove(
        database, user_id, actor_id=who.user_id, now=clock.now(), source=source_of(request)
    )
    return Response(status_code=204)


@router.post(
    "/v1/users/{user_id}/unlock", status_code=204, summary="End a lock-out", responses=problems(403, 404)
)
def unlock(
    request: Request, user_id: UUID, who: Unlocker, database: DatabaseDep, clock: ClockDep
) -> Response:
    """Wrong passwords so far are forgotten."""
    with database.write() as connection:
        found = users.get_user(connection, who.organisation_id, user_id)
        forgive(connection, request.app.state.sign_in.guard_of(who.organisation_id, "", found.username))
        note(
            connection,
            SecurityKind.USER_UNLOCKED,
            now=clock.now(),
            source=source_of(request),
            organisation_id=who.organisation_id,
            actor_id=who.user_id,
            subject_id=user_id,
        )
    return Response(status_code=204)


def _refuse_self(who: Principal, user_id: UUID, text: str) -> None:
    """Whoever found an open session must not take the account with it. Raises Problem 409 `user.self`."""
    if user_id == who.user_id:
        raise Problem("user.self", text, status=409)
