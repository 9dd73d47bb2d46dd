"""Bearer tokens that run out, kept in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Grant:
    """For whom a token was made, and until when."""

    owner: str
    scope: str
    until: datetime


class Tokens:
    """Tokens of one provider."""

    def __init__(self, now: Callable[[], datetime], *, lifetime_s: int) -> None:
        self._now = now
        self.lifetime_s = lifetime_s
        self._grants: dict[str, Grant] = {}

    def issue(self, token: str, *, owner: str, scope: str = "") -> str:
        self._grants[token] = Grant(owner, scope, self._now() + timedelta(seconds=self.lifetime_s))
        return token

    def find(self, token: str) -> Grant | None:
        """Return the grant of a token that still holds."""
        grant = self._grants.get(token)
        return grant if grant is not None and self._now() < grant.until else None

    def revoke(self, token: str) -> None:
        self._grants.pop(token, None)
