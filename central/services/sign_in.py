"""Signing in with name, password and, where one is set, a second factor."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from central.db import Database
from central.errors import Problem, Unauthenticated
from central.maintenance import refuse_in_maintenance
from central.models.identity import organisation, users
from central.passwords import Passwords
from central.security import derive_key
from central.services.login_guard import Try, begin_try, forgive, name_mac, take_back
from central.services.security_log import SecurityKind, note
from central.services.sessions import NewTokens, begin_session
from central.services.two_factor import TwoFactor
from central.source import Source
from pos.domain.permissions import Role

_WRONG = "Name or password is wrong."


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person typed."""

    username: str
    password: str = field(repr=False)
    totp: str | None = field(default=None, repr=False)


class SignIn:
    """Lets people in."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        two_factor: TwoFactor,
        *,
        secret_key: bytes,
        lifetime: timedelta,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._two_factor = two_factor
        self._guard_key = derive_key(secret_key, "login-guard")
        self._lifetime = lifetime

    def sign_in(self, typed: Credentials, *, now: datetime, source: Source) -> NewTokens:
        """Begin a session.

        Raises Unauthenticated `login.wrong`, `two_factor.code_missing`, `two_factor.code_wrong`; Problem 429
        `login.wait`, `login.locked`; 503 `server.maintenance`.
        """
        slug, name = split_name(typed.username)
        with self._database.read() as connection:
            found = _find_organisation(connection, slug)
            user = None if found is None else _find_user(connection, found.id, name)
        counted = begin_try(self._database, self.guard_of(found.id if found else None, slug, name), now)
        checked = self._passwords.check(typed.password, user.password_hash if user else None)
        if user is None or found is None or not checked.is_right or not user.is_active:
            self._note_failure(counted, found.id if found else None, user, now=now, source=source)
            raise Unauthenticated("login.wrong", _WRONG)
        if user.role != Role.ADMINISTRATOR.value:
            self._refuse_in_maintenance(found, counted, now)
        return self._let_in(typed, user, counted, better_hash=checked.better_hash, now=now, source=source)

    def proves(self, user_id: UUID, password: str, *, now: datetime, source: Source) -> bool:
        """Say whether this is the password of somebody who is signed in; wrong ones count as at the door.

        A wrong one stands in the security log. Raises Problem 429 `login.wait`, `login.locked`.
        """
        with self._database.read() as connection:
            user = connection.execute(select(users).where(users.c.id == user_id)).one()
        counted = begin_try(self._database, self.guard_of(user.organisation_id, "", user.username), now)
        is_right = self._passwords.check(password, user.password_hash).is_right
        if is_right:
            with self._database.write() as connection:
                forgive(connection, counted.name_mac)
        else:
            kind = SecurityKind.PROOF_FAILED
            self._note_failure(counted, user.organisation_id, user, kind=kind, now=now, source=source)
        return is_right

    def guard_of(self, organisation_id: UUID | None, slug: str, name: str) -> bytes:
        """Return what the tries of a name are counted under."""
        return name_mac(self._guard_key, str(organisation_id or slug), name)

    def _refuse_in_maintenance(self, found: Row[Any], counted: Try, now: datetime) -> None:
        """Refuse while maintenance lasts; the password was right, so the try does not count."""
        try:
            refuse_in_maintenance(found.maintenance_until, found.maintenance_note, now)
        except Problem:
            with self._database.write() as connection:
                take_back(connection, counted, now)
            raise

    def _let_in(
        self,
        typed: Credentials,
        user: Row[Any],
        counted: Try,
        *,
        better_hash: str | None,
        now: datetime,
        source: Source,
    ) -> NewTokens:
        with self._database.write() as connection:
            user = _hold(connection, user)
            needs_code = user.totp_confirmed_at is not None
            if needs_code and not typed.totp:
                take_back(connection, counted, now)
                used = None
            else:
                used = self._use_code(connection, user, typed, now) if needs_code else "none"
            if used is not None:
                forgive(connection, counted.name_mac)
                if better_hash is not None:
                    connection.execute(
                        update(users).where(users.c.id == user.id).values(password_hash=better_hash)
                    )
                tokens = begin_session(
                    connection,
                    user,
                    now=now,
                    lifetime=self._lifetime,
                    source=source,
                    has_second_factor=needs_code,
                )
                self._note_login(connection, user, tokens, used, now=now, source=source)
                return tokens
        if not typed.totp:
            raise Unauthenticated(
                "two_factor.code_missing", "Type the code of your second factor too (field totp)."
            )
        self._note_failure(counted, user.organisation_id, user, now=now, source=source)
        raise Unauthenticated(
            "two_factor.code_wrong", "The code of the second factor is wrong or was used before."
        )

    def _use_code(
        self, connection: Connection, user: Row[Any], typed: Credentials, now: datetime
    ) -> str | None:
        return self._two_factor.is_right(connection, user.id, typed.totp or "", now=now)

    def _note_login(
        self,
        connection: Connection,
        user: Row[Any],
        tokens: NewTokens,
        used: str,
        *,
        now: datetime,
        source: Source,
    ) -> None:
        kinds = [SecurityKind.LOGIN]
        if used == "recovery":
            kinds.append(SecurityKind.RECOVERY_CODE_USED)
        for kind in kinds:
            note(
                connection,
                kind,
                now=now,
                source=source,
                organisation_id=user.organisation_id,
                actor_id=user.id,
                subject_id=user.id,
                session_id=tokens.session_id,
                detail={"second_factor": used},
            )

    def _note_failure(
        self,
        counted: Try,
        organisation_id: UUID | None,
        user: Row[Any] | None,
        *,
        now: datetime,
        source: Source,
        kind: SecurityKind = SecurityKind.LOGIN_FAILED,
    ) -> None:
        with self._database.write() as connection:
            note(
                connection,
                SecurityKind.LOGIN_LOCKED if counted.after.is_locked else kind,
                now=now,
                source=source,
                organisation_id=organisation_id,
                subject_id=None if user is None else user.id,
                detail={"wrong": counted.after.wrong_pins},
            )


def split_name(typed: str) -> tuple[str, str]:
    """Return organisation (may be empty) and name of `name` or `name@organisation`, in lower case."""
    name, _, slug = typed.strip().casefold().partition("@")
    return slug, name


def _find_organisation(connection: Connection, slug: str) -> Row[Any] | None:
    """Return the organisation of a slug; without one, the only organisation there is."""
    query = select(organisation)
    if slug:
        return connection.execute(query.where(organisation.c.slug == slug)).one_or_none()
    few = connection.execute(query.limit(2)).all()
    return few[0] if len(few) == 1 else None


def _hold(connection: Connection, checked: Row[Any]) -> Row[Any]:
    """Return a person as they are now, held until the commit. Raises Unauthenticated `login.wrong`.

    Comparing a password takes a while: one that was changed meanwhile opens no session any more.
    """
    query = select(users).where(
        users.c.id == checked.id, users.c.password_hash == checked.password_hash, users.c.is_active
    )
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None:
        raise Unauthenticated("login.wrong", _WRONG)
    return row


def _find_user(connection: Connection, organisation_id: UUID, name: str) -> Row[Any] | None:
    query = select(users).where(users.c.organisation_id == organisation_id, users.c.username == name)
    return connection.execute(query).one_or_none()
