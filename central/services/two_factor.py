"""The second factor: time-based codes of RFC 6238, and recovery codes for a lost phone."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, delete, func, insert, or_, select, update

from central.db import Database
from central.errors import FieldProblem, Problem
from central.models.identity import recovery_code, users
from central.security import derive_key
from central.services.security_log import SecurityKind, note
from central.source import Source
from pos.tokens.sealing import seal, unseal
from pos.tokens.secret import Secret

RECOVERY_CODES = 10
_STEP_S = 30
_STEPS_OFF_MAX = 1
# Base 32 without the letters that look like digits or like each other.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_HEADER = b"kilotill-totp-v1\n"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator is given, once."""

    secret: str
    uri: str


class TwoFactor:
    """Seals, checks and replaces second factors."""

    def __init__(self, secret_key: bytes) -> None:
        self._key = Secret(derive_key(secret_key, "totp"))

    def begin(self, database: Database, user_id: UUID, *, account: str, now: datetime) -> Enrolment:
        """Give a new secret, which counts once `confirm` has seen a code of it.

        Raises Problem 409 `two_factor.exists`.
        """
        secret = pyotp.random_base32()
        sealed = seal(secret.encode(), self._key, header=_HEADER + user_id.bytes)
        with database.write() as connection:
            changed = connection.execute(
                update(users)
                .where(users.c.id == user_id, users.c.totp_confirmed_at.is_(None))
                .values(totp_sealed=sealed, totp_last_step=None, changed_at=now)
            )
            if not changed.rowcount:
                raise _exists()
        uri = pyotp.TOTP(secret, interval=_STEP_S).provisioning_uri(name=account, issuer_name="Kilotill")
        return Enrolment(secret, uri)

    def confirm(
        self, database: Database, user_id: UUID, code: str, *, now: datetime, source: Source
    ) -> list[str]:
        """Let the factor count from now on, and return the recovery codes; they are shown this once.

        Raises Problem 409 `two_factor.exists`, `two_factor.none`; 422 `two_factor.code_wrong`.
        """
        codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
        with database.write(lock=f"two_factor:{user_id}") as connection:
            row = connection.execute(select(users).where(users.c.id == user_id)).one()
            if row.totp_confirmed_at is not None:
                raise _exists()
            if row.totp_sealed is None:
                raise Problem("two_factor.none", "No second factor is being set up. Begin again.", status=409)
            step = self._step_of(row.totp_sealed, user_id, code, now=now)
            if step is None:
                raise _wrong_in_form()
            connection.execute(
                update(users)
                .where(users.c.id == user_id)
                .values(totp_confirmed_at=now, totp_last_step=step, changed_at=now)
            )
            connection.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))
            rows = [{"user_id": user_id, "hash": _hash(one)} for one in codes]
            connection.execute(insert(recovery_code), rows)
            note(
                connection,
                SecurityKind.TWO_FACTOR_ON,
                now=now,
                source=source,
                organisation_id=row.organisation_id,
                actor_id=user_id,
                subject_id=user_id,
            )
        return codes

    def is_right(self, connection: Connection, user_id: UUID, code: str, *, now: datetime) -> str | None:
        """Use a code up: `totp` or `recovery` when it was right and unused, else None."""
        row = connection.execute(select(users).where(users.c.id == user_id)).one()
        step = self._step_of(row.totp_sealed, user_id, code, now=now)
        if step is not None:
            is_new = or_(users.c.totp_last_step.is_(None), users.c.totp_last_step < step)
            used = connection.execute(
                update(users).where(users.c.id == user_id, is_new).values(totp_last_step=step)
            )
            return "totp" if used.rowcount else None
        used = connection.execute(
            update(recovery_code)
            .where(
                recovery_code.c.user_id == user_id,
                recovery_code.c.hash == _hash(code),
                recovery_code.c.used_at.is_(None),
            )
            .values(used_at=now)
        )
        return "recovery" if used.rowcount else None

    def remove(
        self, database: Database, user_id: UUID, *, actor_id: UUID, now: datetime, source: Source
    ) -> None:
        """Take a person's second factor away. Raises Problem 409 `two_factor.none`."""
        with database.write() as connection:
            row = connection.execute(
                update(users)
                .where(users.c.id == user_id, users.c.totp_sealed.is_not(None))
                .values(totp_sealed=None, totp_confirmed_at=None, totp_last_step=None, changed_at=now)
                .returning(users.c.organisation_id)
            ).one_or_none()
            if row is None:
                raise Problem("two_factor.none", "There is no second factor.", status=409)
            connection.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))
            note(
                connection,
                SecurityKind.TWO_FACTOR_OFF,
                now=now,
                source=source,
                organisation_id=row.organisation_id,
                actor_id=actor_id,
                subject_id=user_id,
            )

    def _step_of(self, sealed: bytes, user_id: UUID, code: str, *, now: datetime) -> int | None:
        """Return the time step whose code this is, or None."""
        digits = "".join(code.split())
        if not (digits.isascii() and digits.isdigit()):
            return None
        try:
            secret = unseal(sealed, self._key, header=_HEADER + user_id.bytes).decode()
        except InvalidTag:
            # Sealed under an earlier key of the server: no code is right, recovery codes still are.
            return None
        totp = pyotp.TOTP(secret, interval=_STEP_S)
        step = int(now.timestamp()) // _STEP_S
        for near in range(step - _STEPS_OFF_MAX, step + _STEPS_OFF_MAX + 1):
            if secrets.compare_digest(totp.at(near * _STEP_S), digits):
                return near
        return None


def recovery_codes_left(connection: Connection, user_id: UUID) -> int:
    """Return how many recovery codes were not used."""
    unused = (recovery_code.c.user_id == user_id) & recovery_code.c.used_at.is_(None)
    return int(connection.execute(select(func.count()).where(unused)).scalar_one())


def _new_recovery_code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(10))
    return f"{letters[:5]}-{letters[5:]}"


def _hash(code: str) -> bytes:
    """Return what is kept of a recovery code: 50 random bits, guarded by the lock-out like a password."""
    return hashlib.sha256("".join(code.upper().split()).replace("-", "").encode()).digest()


def _exists() -> Problem:
    return Problem("two_factor.exists", "A second factor is set. Remove it first.", status=409)


def _wrong_in_form() -> Problem:
    text = "The code is not right. Look at the clock of your phone, and type the newest code."
    return Problem(
        "two_factor.code_wrong",
        text,
        status=422,
        errors=[FieldProblem("body.code", "two_factor.code_wrong", text)],
    )
