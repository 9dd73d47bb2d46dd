"""Signing in, going on, signing out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from pydantic import StringConstraints

from central.db import Database
from central.deps import ClockDep, DatabaseDep, SettingsDep, SignedIn
from central.errors import Unauthenticated
from central.limits import Verdict, address_of, network_of, too_many
from central.routes.answers import problems
from central.schemas import PRINTABLE, RefreshIn, TokensOut
from central.services.security_log import SecurityKind
from central.services.sessions import NewTokens, end_session, refresh_session
from central.services.sign_in import Credentials
from central.services.sign_in_limit import take_sign_in
from central.source import source_of

plain = APIRouter(tags=["sign in"])
"""Served as they stand and under /v1."""
router = APIRouter(tags=["sign in"])

_Typed = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)]


@plain.post(
    "/token",
    summary="Sign in with name and password",
    response_model=TokensOut,
    responses=problems(401, 503),
)
def sign_in(
    request: Request,
    database: DatabaseDep,
    clock: ClockDep,
    username: Annotated[_Typed, Form(description="`name`, or `name@organisation`.")],
    password: Annotated[_Typed, Form(json_schema_extra={"format": "password"})],
    grant_type: Annotated[str, Form(pattern="^password$")] = "password",
    scope: Annotated[str, Form(pattern=PRINTABLE, max_length=200)] = "",  # noqa: ARG001 - clients send it
    totp: Annotated[
        str | None,
        Form(
            description="Six digits of the second factor, or a recovery code.",
            max_length=40,
            pattern=PRINTABLE,
        ),
    ] = None,
) -> TokensOut:
    """Give an access token for 30 minutes and a refresh token for 7 days.

    Where a second factor is set and `totp` is missing, the answer is 401 `two_factor.code_missing`: ask for
    the code, then send all of it again.
    """
    assert grant_type == "password"
    _count(request, database, clock.now())
    typed = Credentials(username, password, totp or None)
    try:
        made = request.app.state.sign_in.sign_in(typed, now=clock.now(), source=source_of(request))
    except Unauthenticated as refusal:
        request.app.state.metrics.sign_ins.labels(refusal.code).inc()
        raise
    request.app.state.metrics.sign_ins.labels("ok").inc()
    return _tokens(request, made)


@router.post(
    "/v1/auth/refresh",
    summary="Exchange a refresh token for new tokens",
    response_model=TokensOut,
    responses=problems(401),
)
def refresh(
    request: Request, body: RefreshIn, database: DatabaseDep, clock: ClockDep, settings: SettingsDep
) -> TokensOut:
    """Each refresh token works once. One that comes again ends the session, for two people have it."""
    made = refresh_session(
        database,
        body.refresh_token,
        now=clock.now(),
        lifetime=settings.refresh_lifetime,
        source=source_of(request),
    )
    return _tokens(request, made)


@router.post("/v1/auth/logout", status_code=204, summary="End this session", responses=problems(401))
def log_out(request: Request, who: SignedIn, database: DatabaseDep, clock: ClockDep) -> Response:
    """End the session at once: its access and refresh tokens are worth nothing from now on."""
    with database.write() as connection:
        end_session(
            connection,
            who.session_id,
            kind=SecurityKind.LOGOUT,
            organisation_id=who.organisation_id,
            actor_id=who.user_id,
            subject_id=who.user_id,
            now=clock.now(),
            source=source_of(request),
        )
    return Response(status_code=204)


def _count(request: Request, database: Database, now: datetime) -> None:
    """Count a try to sign in for all workers together. Raises Problem 429 `limit.requests`."""
    rate = request.app.state.settings.rates.address
    verdict = take_sign_in(database, rate, network=network_of(address_of(request)), now=now)
    here: Verdict | None = request.state.verdict
    if here is None or verdict.remaining <= here.remaining:
        request.state.verdict = verdict
    if not verdict.is_allowed:
        raise too_many(verdict)


def _tokens(request: Request, made: NewTokens) -> TokensOut:
    state = request.app.state
    access = state.access_tokens.issue(made.user_id, made.session_id, now=state.clock.now())
    return TokensOut(
        access_token=access,
        expires_in=int(state.access_tokens.lifetime.total_seconds()),
        refresh_token=made.refresh,
        refresh_expires_in=int(state.settings.refresh_lifetime.total_seconds()),
        session_id=made.session_id,
    )
