"""Till login: a signed nonce gives an opaque bearer for 30 minutes (docs/formats.md §10)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import bindparam, delete, select

from central.db import Database
from central.errors import Problem
from central.maintenance import refuse_in_maintenance
from central.models.identity import organisation
from central.models.tills import till, till_nonce, till_session
from central.security import token_hash
from central.services.app_version import oldest_app
from pos.contracts.till_session import Scope
from pos.domain.till_login import login_message

NONCE_LIFETIME = timedelta(minutes=2)
SESSION_LIFETIME = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class TillPrincipal:
    """A till that has logged in."""

    till_id: UUID
    organisation_id: UUID
    sales_point_id: UUID
    code: str
    scope: Scope
    min_app: str = ""
    """The oldest program that is served, told with each answer."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: the bearer is told once. `head_seq` is the last line there is of the till's book."""

    token: str
    scope: Scope
    head_seq: int


def make_nonce(database: Database, till_id: UUID, now: datetime) -> str:
    """Return a nonce for a till to sign. Raises Problem `till.not_authorised` 403."""
    nonce = secrets.token_urlsafe(24)
    with database.write() as connection:
        known = connection.execute(select(till.c.id).where(till.c.id == till_id)).scalar()
        if known is None:
            raise _unknown()
        connection.execute(delete(till_nonce).where(till_nonce.c.expires_at < now))
        connection.execute(
            till_nonce.insert().values(
                hash=token_hash(nonce), till_id=till_id, expires_at=now + NONCE_LIFETIME
            )
        )
    return nonce


def open_session(database: Database, till_id: UUID, *, nonce: str, signature: bytes, now: datetime) -> Opened:
    """Return a bearer for a signed nonce; the nonce is used up, right or wrong.

    Raises:
        Problem: `till.not_authorised` 403, `till.nonce` 403, `till.signature` 403.
    """
    with database.write() as connection:
        taken = connection.execute(
            delete(till_nonce)
            .where(till_nonce.c.hash == token_hash(nonce), till_nonce.c.till_id == till_id)
            .returning(till_nonce.c.expires_at)
        ).scalar()
        row = connection.execute(
            select(till.c.public_key, till.c.state).where(till.c.id == till_id)
        ).one_or_none()
    if row is None:
        raise _unknown()
    if taken is None or taken <= now:
        raise Problem("till.nonce", "This nonce is unknown, used or too old: ask for a new one.", status=403)
    if not is_signed(row.public_key, signature, login_message(nonce=nonce, till=till_id)):
        raise Problem("till.signature", "The signature is not this till's.", status=403)
    token = secrets.token_urlsafe(32)
    with database.write() as connection:
        connection.execute(delete(till_session).where(till_session.c.expires_at < now))
        # A till revoked between the two transactions only drains.
        own = connection.execute(select(till.c.state, till.c.head_seq).where(till.c.id == till_id)).one()
        scope: Scope = "till" if own.state == "enrolled" else "drain"
        connection.execute(
            till_session.insert().values(
                token_hash=token_hash(token), till_id=till_id, scope=scope, expires_at=now + SESSION_LIFETIME
            )
        )
    return Opened(token, scope, own.head_seq)


# Built once, for every request of a till asks it.
_FIND = (
    select(
        till.c.id,
        till.c.organisation_id,
        till.c.sales_point_id,
        till.c.code,
        till.c.state,
        till_session.c.scope,
        organisation.c.maintenance_until,
        organisation.c.maintenance_note,
        oldest_app(),
    )
    .join(till, till.c.id == till_session.c.till_id)
    .join(organisation, organisation.c.id == till.c.organisation_id)
    .where(till_session.c.token_hash == bindparam("hash"), till_session.c.expires_at > bindparam("now"))
)


def find_till(database: Database, token: str, now: datetime) -> TillPrincipal | None:
    """Return the till of a bearer, None for one unknown or too old.

    Raises:
        Problem: `server.maintenance` 503.
    """
    with database.read() as connection:
        row = connection.execute(_FIND, {"hash": token_hash(token), "now": now}).one_or_none()
    if row is None:
        return None
    refuse_in_maintenance(row.maintenance_until, row.maintenance_note, now)
    scope: Scope = "till" if row.scope == "till" and row.state == "enrolled" else "drain"
    return TillPrincipal(row.id, row.organisation_id, row.sales_point_id, row.code, scope, row.min_app or "")


def is_signed(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether a signature over a message is that of a key."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _unknown() -> Problem:
    return Problem("till.not_authorised", "This till is not known here.", status=403)
