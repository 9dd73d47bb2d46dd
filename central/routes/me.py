"""What a person sees and changes of their own: account, password, second factor."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from central.deps import ClockDep, CurrentUser, DatabaseDep, SignedIn
from central.errors import FieldProblem, Problem
from central.routes.answers import problems
from central.schemas import (
    MeOut,
    OwnPasswordIn,
    ProofIn,
    RecoveryCodesOut,
    TwoFactorIn,
    TwoFactorOut,
    UserOut,
)
from central.services import users
from central.services.two_factor import recovery_codes_left
from central.source import source_of
from pos.domain.permissions import HOLDERS

plain = APIRouter(tags=["my account"])
"""Served as they stand and under /v1."""
router = APIRouter(tags=["my account"])


@plain.get("/users/me/", summary="Who am I", response_model=MeOut, responses=problems(401, 503))
def read_me(who: SignedIn, database: DatabaseDep) -> MeOut:
    """The account of the token, with all it may do."""
    with database.read() as connection:
        found = users.get_user(connection, who.organisation_id, who.user_id)
        left = recovery_codes_left(connection, who.user_id)
    return MeOut(
        **UserOut.model_validate(found).model_dump(),
        permissions=sorted(permission for permission, roles in HOLDERS.items() if who.role in roles),
        session_id=who.session_id,
        recovery_codes_left=left,
    )


@router.put("/v1/me/password", status_code=204, summary="Change my password", responses=problems(401, 503))
def change_password(
    request: Request, body: OwnPasswordIn, who: SignedIn, database: DatabaseDep, clock: ClockDep
) -> Response:
    """My other sessions end."""
    _prove(request, who, body.old_password, "old_password")
    users.set_password(
        database,
        request.app.state.passwords,
        who.organisation_id,
        who.user_id,
        body.new_password,
        actor_id=who.user_id,
        now=clock.now(),
        source=source_of(request),
        keep_session=who.session_id,
        field="new_password",
    )
    return Response(status_code=204)


@router.post(
    "/v1/me/two-factor",
    status_code=201,
    summary="Begin to set a second factor up",
    response_model=TwoFactorOut,
    responses=problems(401, 409, 503),
)
def begin_two_factor(
    request: Request, body: ProofIn, who: SignedIn, database: DatabaseDep, clock: ClockDep
) -> TwoFactorOut:
    """Show `uri` as a QR code to an authenticator, then confirm with a code of it."""
    _prove(request, who, body.password, "password")
    begun = request.app.state.two_factor.begin(database, who.user_id, account=who.username, now=clock.now())
    return TwoFactorOut(secret=begun.secret, uri=begun.uri)


@router.post(
    "/v1/me/two-factor/confirm",
    summary="Confirm the second factor",
    response_model=RecoveryCodesOut,
    responses=problems(401, 409, 503),
)
def confirm_two_factor(
    request: Request, body: TwoFactorIn, who: SignedIn, database: DatabaseDep, clock: ClockDep
) -> RecoveryCodesOut:
    """From now on each sign-in asks for a code. The recovery codes are shown this once."""
    codes = request.app.state.two_factor.confirm(
        database, who.user_id, body.code, now=clock.now(), source=source_of(request)
    )
    return RecoveryCodesOut(recovery_codes=codes)


@router.post(
    "/v1/me/two-factor/remove",
    status_code=204,
    summary="Take my second factor away",
    responses=problems(401, 403, 409, 503),
)
def remove_two_factor(
    request: Request, body: ProofIn, who: CurrentUser, database: DatabaseDep, clock: ClockDep
) -> Response:
    """Needs the password."""
    _prove(request, who, body.password, "password")
    request.app.state.two_factor.remove(
        database, who.user_id, actor_id=who.user_id, now=clock.now(), source=source_of(request)
    )
    return Response(status_code=204)


def _prove(request: Request, who: CurrentUser, password: str, field: str) -> None:
    """Let a session go on only with its person's password.

    Raises Problem 422 `password.wrong`; 429 `login.wait`, `login.locked`.
    """
    state = request.app.state
    if not state.sign_in.proves(who.user_id, password, now=state.clock.now(), source=source_of(request)):
        text = "The password is wrong."
        errors = [FieldProblem(f"body.{field}", "password.wrong", text)]
        raise Problem("password.wrong", text, status=422, errors=errors)
