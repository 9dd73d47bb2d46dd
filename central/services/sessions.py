"""Sessions: begun by a sign-in, kept alive by refresh tokens that are used once, ended by revocation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, select, update

from central.db import Database
from central.errors import Problem, Unauthenticated
from central.models.identity import organisation, refresh_token, user_session, users
from central.security import Claims, new_refresh_token, token_hash
from central.services.security_log import SecurityKind, note
from central.source import Source
from pos.domain.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundUser:
    """Who an access token is of, as the database says now."""

    user_id: UUID
    organisation_id: UUID
    username: str
    full_name: str
    role: str
    institution_id: UUID | None
    has_second_factor: bool
    requires_two_factor: bool
    maintenance_until: datetime | None
    maintenance_note: str | None


@dataclass(frozen=True, slots=True)
class NewTokens:
    """What a sign-in or a refresh gives: the session, and the one refresh token that continues it."""

    session_id: UUID
    user_id: UUID
    refresh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as people see it."""

    id: UUID
    user_id: UUID
    created_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    address: str
    user_agent: str
    has_second_factor: bool


# Built once, for every request asks it.
_FIND = (
    select(
        users.c.id,
        users.c.organisation_id,
        users.c.username,
        users.c.full_name,
        users.c.role,
        users.c.institution_id,
        users.c.totp_confirmed_at,
        organisation.c.requires_two_factor,
        organisation.c.maintenance_until,
        organisation.c.maintenance_note,
        user_session.c.user_id.label("session_user"),
    )
    .join_from(user_session, users, user_session.c.user_id == users.c.id)
    .join(organisation, organisation.c.id == users.c.organisation_id)
    .where(
        user_session.c.id == bindparam("session"),
        user_session.c.revoked_at.is_(None),
        user_session.c.expires_at > bindparam("now"),
        users.c.is_active,
    )
)


def find_principal(database: Database, claims: Claims, now: datetime) -> FoundUser | None:
    """Return the person of a session that still stands; None otherwise."""
    with database.read() as connection:
        row = connection.execute(_FIND, {"session": claims.session_id, "now": now}).one_or_none()
    if row is None or row.session_user != claims.user_id:
        return None
    return FoundUser(
        user_id=row.id,
        organisation_id=row.organisation_id,
        username=row.username,
        full_name=row.full_name,
        role=row.role,
        institution_id=row.institution_id,
        has_second_factor=row.totp_confirmed_at is not None,
        requires_two_factor=row.requires_two_factor,
        maintenance_until=row.maintenance_until,
        maintenance_note=row.maintenance_note,
    )


def begin_session(
    connection: Connection,
    user: Row[Any],
    *,
    now: datetime,
    lifetime: timedelta,
    source: Source,
    has_second_factor: bool,
) -> NewTokens:
    """Begin a session in the transaction of a sign-in."""
    session_id, refresh = new_id(now), new_refresh_token()
    connection.execute(
        insert(user_session).values(
            id=session_id,
            organisation_id=user.organisation_id,
            user_id=user.id,
            created_at=now,
            refreshed_at=now,
            expires_at=now + lifetime,
            address=source.address,
            user_agent=source.user_agent,
            has_second_factor=has_second_factor,
        )
    )
    _add_refresh_token(connection, session_id, refresh, expires_at=now + lifetime)
    return NewTokens(session_id, user.id, refresh)


def refresh_session(
    database: Database, refresh: str, *, now: datetime, lifetime: timedelta, source: Source
) -> NewTokens:
    """Exchange a refresh token for a new one. A token that comes a second time ends the whole session.

    Raises Unauthenticated `session.refresh_wrong`, `session.reused`.
    """
    with database.write() as connection:
        row = connection.execute(_refresh_query(refresh)).one_or_none()
        if row is None or not row.is_active or row.revoked_at or now >= row.expires_at:
            raise _refresh_wrong()
        took = connection.execute(
            update(refresh_token)
            .where(refresh_token.c.hash == token_hash(refresh), refresh_token.c.used_at.is_(None))
            .values(used_at=now)
        )
        if took.rowcount:
            renewed = new_refresh_token()
            expires_at = now + lifetime
            _add_refresh_token(connection, row.session_id, renewed, expires_at=expires_at)
            connection.execute(
                update(user_session)
                .where(user_session.c.id == row.session_id)
                .values(refreshed_at=now, expires_at=expires_at)
            )
            return NewTokens(row.session_id, row.user_id, renewed)
        # Somebody else has it too: neither may go on.
        _end(connection, row.session_id, reason="refresh_reused", now=now)
        note(
            connection,
            SecurityKind.REFRESH_REUSED,
            now=now,
            source=source,
            organisation_id=row.organisation_id,
            subject_id=row.user_id,
            session_id=row.session_id,
        )
    raise Unauthenticated(
        "session.reused",
        "This refresh token was used before. For safety the session has ended: sign in again.",
    )


def list_sessions(
    connection: Connection, organisation_id: UUID, user_id: UUID, now: datetime
) -> list[Session]:
    """Return the sessions of a person that still stand, newest first."""
    table = user_session
    query = (
        select(table)
        .where(
            table.c.organisation_id == organisation_id,
            table.c.user_id == user_id,
            table.c.revoked_at.is_(None),
            table.c.expires_at > now,
        )
        .order_by(table.c.id.desc())
        .limit(200)
    )
    names = Session.__slots__
    return [Session(**{name: row[name] for name in names}) for row in connection.execute(query).mappings()]


def owner_of(connection: Connection, organisation_id: UUID, session_id: UUID) -> UUID:
    """Return whose session it is. Raises Problem 404 `session.unknown`."""
    table = user_session
    query = select(table.c.user_id).where(
        table.c.id == session_id, table.c.organisation_id == organisation_id
    )
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise Problem("session.unknown", "There is no such session.", status=404)
    return found  # type: ignore[no-any-return]


def end_session(
    connection: Connection,
    session_id: UUID,
    *,
    kind: SecurityKind,
    organisation_id: UUID,
    actor_id: UUID,
    subject_id: UUID,
    now: datetime,
    source: Source,
) -> None:
    """End one session at once; ending it again changes nothing."""
    if _end(connection, session_id, reason=kind.value, now=now):
        note(
            connection,
            kind,
            now=now,
            source=source,
            organisation_id=organisation_id,
            actor_id=actor_id,
            subject_id=subject_id,
            session_id=session_id,
        )


def end_all_sessions(
    connection: Connection, user_id: UUID, *, reason: str, now: datetime, but: UUID | None = None
) -> int:
    """End every session of a person, except `but`; return how many."""
    table = user_session
    query = update(table).where(table.c.user_id == user_id, table.c.revoked_at.is_(None))
    if but is not None:
        query = query.where(table.c.id != but)
    return connection.execute(query.values(revoked_at=now, revoked_reason=reason)).rowcount


def forget_ended(connection: Connection, now: datetime) -> None:
    """Drop sessions that ended a month ago, and their refresh tokens."""
    connection.execute(delete(user_session).where(user_session.c.expires_at < now - timedelta(days=30)))


def _refresh_query(refresh: str) -> Select[Any]:
    return (
        select(
            refresh_token.c.session_id,
            refresh_token.c.expires_at,
            user_session.c.user_id,
            user_session.c.organisation_id,
            user_session.c.revoked_at,
            users.c.is_active,
        )
        .join_from(refresh_token, user_session, refresh_token.c.session_id == user_session.c.id)
        .join(users, users.c.id == user_session.c.user_id)
        .where(refresh_token.c.hash == token_hash(refresh))
    )


def _add_refresh_token(
    connection: Connection, session_id: UUID, refresh: str, *, expires_at: datetime
) -> None:
    connection.execute(
        insert(refresh_token).values(hash=token_hash(refresh), session_id=session_id, expires_at=expires_at)
    )


def _end(connection: Connection, session_id: UUID, *, reason: str, now: datetime) -> bool:
    table = user_session
    ended = connection.execute(
        update(table)
        .where(table.c.id == session_id, table.c.revoked_at.is_(None))
        .values(revoked_at=now, revoked_reason=reason)
    )
    return ended.rowcount > 0


def _refresh_wrong() -> Unauthenticated:
    return Unauthenticated(
        "session.refresh_wrong", "The refresh token is unknown, old or revoked: sign in again."
    )
