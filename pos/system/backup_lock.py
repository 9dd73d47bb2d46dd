"""The lock of back-ups that leave the PC: closed without a secret, opened with the recovery passphrase.

A back-up is made at night with nobody there, so the till must not need the passphrase to seal one. The
passphrase gives the private half of an X25519 key (Argon2id); the till keeps the public half only, in
`backup.lock`. Each back-up has a key of its own, agreed between that public half and a key used once.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pos.errors import MachineFault, UserError
from pos.system.files import read_whole, write_atomically
from pos.system.sealed_file import (
    SALT_BYTES,
    DamagedFileError,
    PassphraseCost,
    bytes_from,
    cost_from,
    stretch,
)
from pos.tokens.sealing import SEALING_KEY_BYTES
from pos.tokens.secret import Secret

LOCK_NAME = "backup.lock"
PASSPHRASE_LENGTH_MIN = 12

_PURPOSE = b"kilotill-backup-v1"


@dataclass(frozen=True, slots=True)
class BackupLock:
    """What closes a back-up; nothing in it is secret."""

    cost: PassphraseCost
    salt: bytes
    public_key: bytes

    @classmethod
    def make(cls, passphrase: str, cost: PassphraseCost | None = None) -> Self:
        """Make the lock that a passphrase of 12 characters or more opens.

        Raises UserError `backup.passphrase_short`.
        """
        if len(passphrase.strip()) < PASSPHRASE_LENGTH_MIN:
            raise UserError(
                "backup.passphrase_short", f"A passphrase has {PASSPHRASE_LENGTH_MIN} characters or more."
            )
        used, salt = cost or PassphraseCost(), secrets.token_bytes(SALT_BYTES)
        return cls(used, salt, _public(_private(passphrase, salt, used)))

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Read what `to_json` gave. Raises DamagedFileError."""
        return cls(cost_from(value), bytes_from(value, "salt"), bytes_from(value, "public_key"))

    def to_json(self) -> dict[str, Any]:
        """Return the form in `backup.lock` and in the head of a back-up."""
        return {"cost": self.cost.to_header(), "salt": self.salt.hex(), "public_key": self.public_key.hex()}

    def new_seal(self) -> BackupSeal:
        """Return the seal of one back-up."""
        once = X25519PrivateKey.generate()
        shared = once.exchange(X25519PublicKey.from_public_bytes(self.public_key))
        public = once.public_key().public_bytes_raw()
        return BackupSeal(self, self._derive(shared, public), public)

    def key_of(self, passphrase: str, once_public: bytes) -> Secret:
        """Return the key of a back-up whose head has `once_public`. Raises UserError `backup.passphrase`."""
        private = _private(passphrase, self.salt, self.cost)
        if _public(private) != self.public_key:
            raise UserError("backup.passphrase", "This is not the recovery passphrase of this back-up.")
        return self._derive(private.exchange(X25519PublicKey.from_public_bytes(once_public)), once_public)

    def _derive(self, shared: bytes, once_public: bytes) -> Secret:
        hkdf = HKDF(SHA256(), SEALING_KEY_BYTES, self.public_key + once_public, _PURPOSE)
        return Secret(hkdf.derive(shared))


@dataclass(frozen=True, slots=True)
class BackupSeal:
    """The key of one back-up, and the public value (32 bytes) in its head that leads the passphrase to it."""

    lock: BackupLock
    key: Secret
    once_public: bytes


def read_lock(data_folder: Path) -> BackupLock | None:
    """Return the lock of a data folder, None if no passphrase was ever set.

    Raises MachineFault `backup.lock_damaged`, `disk.read`.
    """
    try:
        return BackupLock.from_json(json.loads(read_whole(data_folder / LOCK_NAME)))
    except FileNotFoundError:
        return None
    except (DamagedFileError, ValueError, AttributeError):
        raise MachineFault(
            "backup.lock_damaged", f"{LOCK_NAME} is damaged: set the recovery passphrase again."
        ) from None


def write_lock(data_folder: Path, lock: BackupLock) -> None:
    """Keep the lock for later back-ups. Raises MachineFault `disk.full`, `disk.write`."""
    text = json.dumps(lock.to_json(), indent=1, sort_keys=True)
    write_atomically(data_folder / LOCK_NAME, text.encode() + b"\n")


def _private(passphrase: str, salt: bytes, cost: PassphraseCost) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(stretch(passphrase, salt, cost).reveal())


def _public(private: X25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()
