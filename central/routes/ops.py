"""What those who run the server ask: does it live, can it work, how is it doing."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Request, Response

from central.deps import DatabaseDep, SettingsDep
from central.errors import Unauthenticated
from central.history import newest_version, version_of
from central.routes.answers import problems
from central.schemas import HealthOut, ReadyOut
from pos.errors import Unavailable

router = APIRouter(tags=["operations"])


# Many who watch servers ask with HEAD.
@router.head("/health", include_in_schema=False)
@router.get("/health", summary="The process lives", response_model=HealthOut)
def read_health() -> HealthOut:
    """Says nothing about the database."""
    return HealthOut()


@router.head("/ready", include_in_schema=False)
@router.get("/ready", summary="It can work", response_model=ReadyOut, responses=problems(503))
def read_ready(database: DatabaseDep) -> ReadyOut:
    """The database answers, and is of this program's version."""
    with database.read() as connection:
        version = version_of(connection)
    if version is None or version != newest_version():
        raise Unavailable("server.not_ready", "The database is not of this program's version.")
    return ReadyOut(database_version=version)


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={**problems(401), 200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def read_metrics(request: Request, settings: SettingsDep) -> Response:
    """Open unless KILOTILL_METRICS_TOKEN is set; a proxy should keep it inside."""
    if settings.metrics_token is not None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {settings.metrics_token}".encode()):
            raise Unauthenticated("login.required", "The figures need their token.")
    body, media_type = request.app.state.metrics.render()
    return Response(body, headers={"Content-Type": media_type})
