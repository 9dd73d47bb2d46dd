"""Access tokens, and keys derived from the server's secret for each purpose."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt

_ISSUER = "kilotill"
_ALGORITHM = "HS256"
_REQUIRED = ("exp", "iat", "iss", "sub", "sid")
REFRESH_BYTES = 32


def derive_key(secret: bytes, purpose: str) -> bytes:
    """Return the key for one purpose: knowing one says nothing about another."""
    return hmac.digest(secret, f"kilotill-{purpose}-v1\n".encode(), hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says; whether the session still stands, the database says."""

    user_id: UUID
    session_id: UUID
    expires_at: datetime


class AccessTokens:
    """Signs and reads access tokens; this server is the only one who does either."""

    def __init__(self, secret: bytes, lifetime: timedelta) -> None:
        self._key = derive_key(secret, "access")
        self.lifetime = lifetime

    def issue(self, user_id: UUID, session_id: UUID, *, now: datetime) -> str:
        """Return a token that is good for `lifetime`."""
        claims = {
            "iss": _ISSUER,
            "sub": str(user_id),
            "sid": str(session_id),
            "iat": int(now.timestamp()),
            "exp": int((now + self.lifetime).timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, token: str, *, now: datetime) -> Claims | None:
        """Return what a token says, or None: not ours, altered, or expired."""
        try:
            # The time is compared below, with the server's clock and not the library's.
            said = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                options={"require": list(_REQUIRED), "verify_exp": False, "verify_iat": False},
            )
            expires_at = datetime.fromtimestamp(int(said["exp"]), UTC)
            claims = Claims(UUID(said["sub"]), UUID(said["sid"]), expires_at)
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
            return None
        return claims if now < expires_at else None


def new_refresh_token() -> str:
    """Return a refresh token: random, meaning nothing."""
    return secrets.token_urlsafe(REFRESH_BYTES)


def token_hash(token: str) -> bytes:
    """Return what is stored of a random token; it needs no salt, for nobody can guess it."""
    return hashlib.sha256(token.encode()).digest()
