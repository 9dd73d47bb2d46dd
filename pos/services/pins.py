"""PINs and the recovery code: what they look like, how they are kept and checked (docs/formats.md §15)."""

from __future__ import annotations

import re
import secrets
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from cryptography.exceptions import InvalidTag

from pos.domain.permissions import Role
from pos.errors import MachineFault, UserError
from pos.system.sealed_file import PassphraseCost
from pos.system.secret_names import PIN_KEY
from pos.system.secrets import SecretStore, get_or_make
from pos.tokens.sealing import seal, unseal
from pos.tokens.secret import Secret

_HEADER = b"kilotill-pin-v1\n"
_PIN_LENGTH_MAX = 8
_PIN_LENGTH_MIN = 5
_PIN_LENGTH_MIN_BY_ROLE = {Role.SUPERVISOR: 6, Role.ADMINISTRATOR: 6}

# Base 32 without the letters that look like digits or like each other.
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 25
_CODE_GROUP = 5


def check_pin(pin: str, role: Role) -> None:
    """Refuse a new PIN of the wrong form for a role; the text never repeats it.

    Raises:
        UserError: `pin.form`.
    """
    shortest = pin_length_min(role)
    if not re.fullmatch(r"[0-9]+", pin) or not shortest <= len(pin) <= _PIN_LENGTH_MAX:
        raise UserError("pin.form", f"A PIN of this role has {shortest} to {_PIN_LENGTH_MAX} digits.")


def pin_length_min(role: Role) -> int:
    """Return how many digits a PIN of a role has at least."""
    return _PIN_LENGTH_MIN_BY_ROLE.get(role, _PIN_LENGTH_MIN)


class PinSeal:
    """Turns PINs into what may be stored: an Argon2id hash, sealed under the stored secret `pin_key`.

    A copy of the database is then of no use for guessing PINs. Each sealed hash belongs to one operator id:
    moved to another person's row it no longer opens.
    """

    def __init__(self, store: SecretStore, cost: PassphraseCost | None = None) -> None:
        """Use the secrets of `store`; `cost` is what one guess costs (tests pass a small one)."""
        self._store = store
        self._hasher = _hasher(cost or PassphraseCost())

    def make_key_if_gone(self) -> None:
        """Make the secret that seals PINs where there is none: at set-up, and on another machine."""
        get_or_make(self._store, PIN_KEY)

    def seal(self, operator_id: UUID, pin: str) -> bytes:
        """Return what to store for a PIN.

        Raises:
            MachineFault: `secrets.pin_key_gone`, and those of the store.
        """
        return seal(self._hasher.hash(pin).encode(), self._key(), header=_HEADER + operator_id.bytes)

    def seal_hash(self, operator_id: UUID, pin_hash: str) -> bytes:
        """Return what to store for a PIN of which head office sent the Argon2id hash.

        Raises:
            MachineFault: `secrets.pin_key_gone`, and those of the store.
        """
        return seal(pin_hash.encode(), self._key(), header=_HEADER + operator_id.bytes)

    def is_right(self, operator_id: UUID, pin: str, sealed: bytes) -> bool:
        """Compare a typed PIN with what is stored; takes about 0.2 s at the default cost.

        Raises:
            UserError: `pin.must_be_set`, sealed under another `pin_key` (a restore elsewhere), or altered.
            MachineFault: `secrets.pin_key_gone`, and those of the store.
        """
        try:
            stored = unseal(sealed, self._key(), header=_HEADER + operator_id.bytes)
        except InvalidTag:
            raise UserError(
                "pin.must_be_set",
                "This PIN was made on another machine: an administrator must set a new one.",
            ) from None
        return _matches(self._hasher, stored.decode(), pin)

    def _key(self) -> Secret:
        key = self._store.get(PIN_KEY)
        if key is None:
            raise MachineFault(
                "secrets.pin_key_gone",
                "The secret behind the PINs is not on this machine: an administrator gets in with the shop's "
                "recovery code.",
            )
        return key


class RecoveryCodes:
    """Makes and checks the shop's recovery code: 25 letters and digits, 125 random bits, shown once."""

    def __init__(self, cost: PassphraseCost | None = None) -> None:
        """Hash at `cost` (tests pass a small one)."""
        self._hasher = _hasher(cost or PassphraseCost())

    def make(self) -> tuple[str, str]:
        """Return a new code as it is shown, in groups of five, and the hash to store."""
        letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
        groups = (letters[start : start + _CODE_GROUP] for start in range(0, _CODE_LENGTH, _CODE_GROUP))
        return "-".join(groups), self._hasher.hash(letters)

    def is_right(self, typed: str, stored: str) -> bool:
        """Compare a typed code with the stored hash; blanks, dashes and small letters do not matter."""
        return _matches(self._hasher, stored, re.sub(r"[\s-]", "", typed).upper())


def _hasher(cost: PassphraseCost) -> PasswordHasher:
    return PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)


def _matches(hasher: PasswordHasher, stored: str, typed: str) -> bool:
    try:
        return hasher.verify(stored, typed)
    except (VerifyMismatchError, InvalidHashError):
        return False
