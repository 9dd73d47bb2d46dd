"""Passwords: what a good one looks like, how it is kept (Argon2id) and compared."""

from __future__ import annotations

import threading
import unicodedata
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from central.errors import FieldProblem, Problem
from central.settings import PasswordCost

LENGTH_MIN = 12
LENGTH_MAX = 128
_DIFFERENT_MIN = 5
# A shorter name is part of too many words.
_NAME_LENGTH_MIN = 4
_AT_ONCE = 4
_COMMON = ("password", "kilotill", "qwertyuiop", "administrator", "1234567890", "letmein", "changeme")


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a password was right, and a hash to keep instead where the old one was made too cheaply."""

    is_right: bool
    better_hash: str | None = None


class Passwords:
    """Makes and compares hashes; only a few at once, since each takes its memory."""

    def __init__(self, cost: PasswordCost) -> None:
        self._hasher = PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes
        )
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._nobodys = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Return what to store for a password."""
        with self._turns:
            return self._hasher.hash(_normal(password))

    def check(self, password: str, stored: str | None) -> Checked:
        """Compare; without a stored hash it takes as long and is wrong, so that nobody learns who exists."""
        with self._turns:
            try:
                self._hasher.verify(stored or self._nobodys, _normal(password))
            except (VerificationError, InvalidHashError):
                return Checked(is_right=False)
            if stored is None:
                return Checked(is_right=False)
            better = self._hasher.hash(_normal(password)) if self._hasher.check_needs_rehash(stored) else None
            return Checked(is_right=True, better_hash=better)


def check_new_password(password: str, username: str, *, field: str = "password") -> None:
    """Refuse a password that is easily guessed, naming its field. Raises Problem 422 `password.weak`."""
    plain = _normal(password).casefold()
    if not LENGTH_MIN <= len(plain) <= LENGTH_MAX:
        reason = f"A password has {LENGTH_MIN} to {LENGTH_MAX} characters."
    elif len(set(plain)) < _DIFFERENT_MIN:
        reason = f"A password has at least {_DIFFERENT_MIN} different characters."
    elif len(username) >= _NAME_LENGTH_MIN and username.casefold() in plain:
        reason = "A password does not hold the sign-in name."
    elif any(plain.startswith(word) and len(plain) < len(word) + _DIFFERENT_MIN for word in _COMMON):
        reason = "This password is among the first that anybody tries."
    else:
        return
    errors = [FieldProblem(f"body.{field}", "password.weak", reason)]
    raise Problem("password.weak", reason, status=422, errors=errors)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
