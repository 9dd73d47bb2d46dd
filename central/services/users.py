"""People who sign in at the server: made and changed by administrators, never deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from central.db import Database
from central.errors import FieldProblem, Problem
from central.models.identity import users
from central.passwords import Passwords, check_new_password
from central.services.security_log import SecurityKind, note
from central.services.sessions import end_all_sessions
from central.source import Source
from pos.domain.ids import new_id
from pos.domain.permissions import Role

USERNAME = r"^[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?$"
_USERNAME = re.compile(USERNAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What a person begins with."""

    username: str
    full_name: str
    role: Role
    password: str = field(repr=False)
    institution_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person as others see them."""

    id: UUID
    organisation_id: UUID
    username: str
    full_name: str
    role: Role
    institution_id: UUID | None
    is_active: bool
    has_second_factor: bool
    version: int
    created_at: datetime
    changed_at: datetime


def create_user(
    database: Database,
    passwords: Passwords,
    organisation_id: UUID,
    new: NewUser,
    *,
    actor_id: UUID | None,
    now: datetime,
    source: Source,
) -> User:
    """Make a person who can sign in at once.

    Raises Problem 409 `user.exists`; 422 `user.name`, `user.institution`, `password.weak`.
    """
    if not _USERNAME.fullmatch(new.username):
        raise _field(
            "username",
            Problem(
                "user.name", "A sign-in name has 1 to 40 of a-z, 0-9, dot, dash and underscore.", status=422
            ),
        )
    _check_institution(new.role, new.institution_id)
    check_new_password(new.password, new.username)
    user_id, hashed = new_id(now), passwords.hash(new.password)
    try:
        with database.write() as connection:
            connection.execute(
                insert(users).values(
                    id=user_id,
                    organisation_id=organisation_id,
                    username=new.username,
                    full_name=new.full_name,
                    role=new.role.value,
                    institution_id=new.institution_id,
                    password_hash=hashed,
                    is_active=True,
                    version=1,
                    created_at=now,
                    changed_at=now,
                )
            )
            note(
                connection,
                SecurityKind.USER_CREATED,
                now=now,
                source=source,
                organisation_id=organisation_id,
                actor_id=actor_id,
                subject_id=user_id,
                detail={"role": new.role.value},
            )
            return get_user(connection, organisation_id, user_id)
    except IntegrityError as error:
        taken = Problem("user.exists", "Somebody has this sign-in name already.", status=409)
        raise _field("username", taken) from error


def get_user(connection: Connection, organisation_id: UUID, user_id: UUID) -> User:
    """Return a person of an organisation. Raises Problem 404 `user.unknown`."""
    query = select(users).where(users.c.id == user_id, users.c.organisation_id == organisation_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Problem("user.unknown", "There is no such person.", status=404)
    return _user(row)


def list_users(connection: Connection, organisation_id: UUID, *, after: str | None, limit: int) -> list[User]:
    """Return people by sign-in name, from after a name."""
    query = select(users).where(users.c.organisation_id == organisation_id)
    if after is not None:
        query = query.where(users.c.username > after)
    return [_user(row) for row in connection.execute(query.order_by(users.c.username).limit(limit))]


def change_user(
    database: Database,
    organisation_id: UUID,
    user_id: UUID,
    changes: Mapping[str, Any],
    *,
    version: int | None,
    actor_id: UUID,
    now: datetime,
    source: Source,
) -> User:
    """Change name, role, institution, or whether the person may sign in; the last two hold at once.

    Raises Problem 404 `user.unknown`; 409 `user.last_administrator`; 412 `request.stale`; 422
    `user.institution`.
    """
    with database.write(lock=f"users:{organisation_id}") as connection:
        before = get_user(connection, organisation_id, user_id)
        if version is not None and version != before.version:
            raise stale(before.version)
        role = Role(changes.get("role", before.role))
        _check_institution(role, changes.get("institution_id", before.institution_id))
        is_active = changes.get("is_active", before.is_active)
        is_administrator = role is Role.ADMINISTRATOR and is_active
        if before.role is Role.ADMINISTRATOR and before.is_active and not is_administrator:
            _keep_an_administrator(connection, organisation_id, but=user_id)
        values = dict(changes) | {"role": role.value, "version": before.version + 1, "changed_at": now}
        connection.execute(update(users).where(users.c.id == user_id).values(**values))
        if not is_active:
            end_all_sessions(connection, user_id, reason="user_inactive", now=now)
        note(
            connection,
            SecurityKind.USER_CHANGED,
            now=now,
            source=source,
            organisation_id=organisation_id,
            actor_id=actor_id,
            subject_id=user_id,
            detail={name: str(value) for name, value in sorted(changes.items()) if name != "full_name"},
        )
        return get_user(connection, organisation_id, user_id)


def set_password(
    database: Database,
    passwords: Passwords,
    organisation_id: UUID,
    user_id: UUID,
    password: str,
    *,
    actor_id: UUID | None,
    now: datetime,
    source: Source,
    keep_session: UUID | None = None,
    field: str = "password",
) -> None:
    """Give a person a new password and end their sessions, but `keep_session`; `field` names it in a refusal.

    Raises Problem 404 `user.unknown`; 422 `password.weak`.
    """
    with database.read() as connection:
        user = get_user(connection, organisation_id, user_id)
    check_new_password(password, user.username, field=field)
    hashed = passwords.hash(password)
    with database.write() as connection:
        connection.execute(
            update(users).where(users.c.id == user_id).values(password_hash=hashed, changed_at=now)
        )
        end_all_sessions(connection, user_id, reason="password_set", now=now, but=keep_session)
        note(
            connection,
            SecurityKind.PASSWORD_SET,
            now=now,
            source=source,
            organisation_id=organisation_id,
            actor_id=actor_id,
            subject_id=user_id,
        )


def stale(version: int | str) -> Problem:
    """Return the refusal of a change that was made from an old version."""
    return Problem(
        "request.stale",
        "It was changed meanwhile: read it again, then decide again.",
        status=412,
        headers={"ETag": f'"{version}"'},
    )


def _keep_an_administrator(connection: Connection, organisation_id: UUID, *, but: UUID) -> None:
    others = select(func.count()).where(
        users.c.organisation_id == organisation_id,
        users.c.role == Role.ADMINISTRATOR.value,
        users.c.is_active,
        users.c.id != but,
    )
    if not connection.execute(others).scalar_one():
        raise Problem(
            "user.last_administrator", "This is the last administrator: make another one first.", status=409
        )


def _check_institution(role: Role, institution_id: UUID | None) -> None:
    if institution_id is not None and role not in (Role.FACILITY_MANAGER, Role.AUDITOR):
        refusal = Problem(
            "user.institution", "Only facility managers and auditors belong to one institution.", status=422
        )
        raise _field("institution_id", refusal)


def _field(name: str, problem: Problem) -> Problem:
    problem.errors = (FieldProblem(f"body.{name}", problem.code, problem.text),)
    return problem


def _user(row: Row[Any]) -> User:
    return User(
        id=row.id,
        organisation_id=row.organisation_id,
        username=row.username,
        full_name=row.full_name,
        role=Role(row.role),
        institution_id=row.institution_id,
        is_active=row.is_active,
        has_second_factor=row.totp_confirmed_at is not None,
        version=row.version,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
