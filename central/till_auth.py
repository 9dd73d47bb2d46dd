"""What endpoints for tills depend on: which till asks, and whether it may do more than drain."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from structlog.contextvars import bind_contextvars

from central.deps import refuse_unknown
from central.errors import Problem, Unauthenticated
from central.limits import charge
from central.services.app_version import refuse_too_old
from central.services.till_sessions import TillPrincipal, find_till
from pos.contracts.wire import APP_HEADER

_TILL_BEARER = HTTPBearer(
    scheme_name="till", description="A till's bearer (POST /v1/tills/token).", auto_error=False
)


def till_of(
    request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_TILL_BEARER)]
) -> TillPrincipal:
    """Return the till that asks, even one that may only drain.

    Raises Unauthenticated `till.login_required`; Problem 426 `sync.app_too_old`, 429 `limit.requests`, 503
    `server.maintenance`.
    """
    database, now = request.app.state.database, request.app.state.clock.now()
    found = find_till(database, bearer.credentials, now) if bearer else None
    if found is None:
        refusal = Unauthenticated("till.login_required", "Log in: the bearer is missing or too old.")
        raise refuse_unknown(request, refusal)
    charge(request, "till", str(found.till_id))
    bind_contextvars(till=str(found.till_id), organisation=str(found.organisation_id))
    refuse_too_old(request.headers.get(APP_HEADER, ""), found.min_app)
    return found


def current_till(found: Annotated[TillPrincipal, Depends(till_of)]) -> TillPrincipal:
    """Return the till that asks. Raises as `till_of`, and Problem 403 `till.not_authorised` in drain."""
    if found.scope == "drain":
        raise Problem(
            "till.not_authorised", "This till was revoked: it may only send what it has.", status=403
        )
    return found


DrainingTill = Annotated[TillPrincipal, Depends(till_of)]
CurrentTill = Annotated[TillPrincipal, Depends(current_till)]
