"""What endpoints depend on: who asks, and whether the role holds a permission."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from structlog.contextvars import bind_contextvars

from central.clock import Clock
from central.db import Database
from central.errors import Problem, Unauthenticated, permission_denied
from central.limits import address_of, charge, network_of
from central.maintenance import refuse_in_maintenance
from central.services.sessions import find_principal
from central.settings import Settings
from pos.domain.permissions import Permission, Role, holds

_BEARER = OAuth2PasswordBearer(
    tokenUrl="token",
    refreshUrl="v1/auth/refresh",
    description="Sign in with name and password; where a second factor is set, add `totp`.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person who has signed in and asks for something."""

    user_id: UUID
    organisation_id: UUID
    role: Role
    # The one institution the person sees (docs/formats.md §13); None: see `sees_institution`.
    institution: UUID | None
    session_id: UUID
    name: str
    username: str
    has_second_factor: bool
    must_enrol: bool

    def may(self, permission: Permission) -> bool:
        """Say whether the role holds a permission."""
        return holds(self.role, permission)

    def may_see_institution(self, institution: UUID | None) -> bool:
        """Say whether a record of an institution (None: of nobody's) is in this person's view."""
        if self.role is Role.FACILITY_MANAGER:
            return institution is not None and institution == self.institution
        if self.role is Role.AUDITOR:
            return self.institution is None or institution == self.institution
        return True


# These three are coroutines so that FastAPI calls them at once and not on a thread each.
async def get_database(request: Request) -> Database:
    """Return the server's database."""
    database: Database = request.app.state.database
    return database


async def get_clock(request: Request) -> Clock:
    """Return the server's clock."""
    clock: Clock = request.app.state.clock
    return clock


async def get_settings(request: Request) -> Settings:
    """Return the server's settings."""
    settings: Settings = request.app.state.settings
    return settings


def refuse_unknown(request: Request, refusal: Unauthenticated) -> Unauthenticated:
    """Count somebody unknown against the address, then return the refusal. Raises Problem 429."""
    # Who sent no token at all was counted before.
    if request.state.verdict is None:
        charge(request, "address", network_of(address_of(request)))
    return refusal


def signed_in(request: Request, token: Annotated[str | None, Depends(_BEARER)]) -> Principal:
    """Return who asks, even one who must still set a second factor up.

    Raises Unauthenticated `login.required`; Problem 429 `limit.requests`, 503 `server.maintenance`.
    """
    now = request.app.state.clock.now()
    claims = request.app.state.access_tokens.read(token, now=now) if token else None
    found = None if claims is None else find_principal(request.app.state.database, claims, now)
    if claims is None or found is None:
        raise refuse_unknown(
            request, Unauthenticated("login.required", "Sign in: the token is missing, old or revoked.")
        )
    charge(request, "user", str(found.user_id))
    bind_contextvars(user=str(found.user_id), organisation=str(found.organisation_id))
    if found.role != Role.ADMINISTRATOR.value:
        refuse_in_maintenance(found.maintenance_until, found.maintenance_note, now)
    role = Role(found.role)
    return Principal(
        user_id=found.user_id,
        organisation_id=found.organisation_id,
        role=role,
        institution=found.institution_id,
        session_id=claims.session_id,
        name=found.full_name,
        username=found.username,
        has_second_factor=found.has_second_factor,
        must_enrol=found.requires_two_factor and is_manager(role) and not found.has_second_factor,
    )


def is_manager(role: Role) -> bool:
    """Say whether a role is one that a second factor is asked of."""
    return role in (Role.SUPERVISOR, Role.FACILITY_MANAGER, Role.ADMINISTRATOR)


async def current_user(principal: Annotated[Principal, Depends(signed_in)]) -> Principal:
    """Return who asks. Raises as `signed_in`, and Problem 403 `two_factor.must_enrol`."""
    if principal.must_enrol:
        raise Problem(
            "two_factor.must_enrol",
            "Your organisation asks for a second factor: set one up at /v1/me/two-factor first.",
            status=403,
        )
    return principal


def require(*permissions: Permission) -> Callable[[Principal], Awaitable[Principal]]:
    """Return a dependency on a person whose role holds one of these permissions.

    Raises as `current_user`, and Problem 403 `permission.denied`.
    """

    async def with_permission(principal: Annotated[Principal, Depends(current_user)]) -> Principal:
        if not any(principal.may(permission) for permission in permissions):
            raise permission_denied()
        return principal

    return with_permission


CurrentUser = Annotated[Principal, Depends(current_user)]
SignedIn = Annotated[Principal, Depends(signed_in)]
DatabaseDep = Annotated[Database, Depends(get_database)]
ClockDep = Annotated[Clock, Depends(get_clock)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
