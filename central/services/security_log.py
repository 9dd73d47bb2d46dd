"""The security log: who did what with accounts and sessions; rows are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select

from central.logs import logger
from central.models.identity import security_event
from central.source import Source
from pos.domain.ids import new_id

_log = logger(__name__)


class SecurityKind(StrEnum):
    """What happened."""

    LOGIN = "login"
    LOGIN_FAILED = "login_failed"
    LOGIN_LOCKED = "login_locked"
    LOGOUT = "logout"
    REFRESH_REUSED = "refresh_reused"
    SESSION_REVOKED = "session_revoked"
    USER_CREATED = "user_created"
    USER_CHANGED = "user_changed"
    USER_UNLOCKED = "user_unlocked"
    # Somebody who is signed in typed a wrong password where it was asked for again.
    PROOF_FAILED = "proof_failed"
    PASSWORD_SET = "password_set"  # noqa: S105 - a word of the log
    TWO_FACTOR_ON = "two_factor_on"
    TWO_FACTOR_OFF = "two_factor_off"
    RECOVERY_CODE_USED = "recovery_code_used"
    ORGANISATION_CREATED = "organisation_created"
    ORGANISATION_CHANGED = "organisation_changed"
    MAINTENANCE_ON = "maintenance_on"
    MAINTENANCE_OFF = "maintenance_off"
    TILL_CODE_MADE = "till_code_made"
    TILL_ENROLLED = "till_enrolled"
    TILL_REVOKED = "till_revoked"
    TILL_LIMITS_SET = "till_limits_set"
    DEVICE_MADE = "device_made"
    DEVICE_ENDED = "device_ended"
    ENVELOPE_WRITTEN_OFF = "envelope_written_off"
    KEY_LOADED = "key_loaded"
    MIN_APP_SET = "min_app_set"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEvent:
    """One row, as it is read."""

    id: UUID
    at: datetime
    kind: str
    actor_id: UUID | None
    subject_id: UUID | None
    session_id: UUID | None
    address: str
    request_id: str
    detail: Mapping[str, Any]


def note(
    connection: Connection,
    kind: SecurityKind,
    *,
    now: datetime,
    source: Source,
    organisation_id: UUID | None,
    actor_id: UUID | None = None,
    subject_id: UUID | None = None,
    session_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add a row in the transaction that does the thing, and say it in the server's log."""
    connection.execute(
        insert(security_event).values(
            id=new_id(now),
            organisation_id=organisation_id,
            at=now,
            kind=kind.value,
            actor_id=actor_id,
            subject_id=subject_id,
            session_id=session_id,
            address=source.address,
            request_id=source.request_id,
            detail=dict(detail or {}),
        )
    )
    _log.info(
        "security", kind=kind.value, subject=_text(subject_id), actor=_text(actor_id), address=source.address
    )


def list_events(
    connection: Connection,
    organisation_id: UUID,
    *,
    kind: str | None,
    subject_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> list[SecurityEvent]:
    """Return rows of one organisation, newest first, from before an id."""
    table = security_event
    query = select(table).where(table.c.organisation_id == organisation_id)
    if kind is not None:
        query = query.where(table.c.kind == kind)
    if subject_id is not None:
        query = query.where(table.c.subject_id == subject_id)
    if before is not None:
        query = query.where(table.c.id < before)
    rows = connection.execute(query.order_by(table.c.id.desc()).limit(limit)).mappings()
    names = SecurityEvent.__slots__
    return [SecurityEvent(**{name: row[name] for name in names}) for row in rows]


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
