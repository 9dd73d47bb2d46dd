"""Secrets in the sealed file `secrets.sealed`, where there is no key store (docs/secrets.md §2)."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag

from pos.errors import MachineFault, UserError
from pos.system.files import read_whole, write_atomically
from pos.system.sealed_file import (
    SALT_BYTES,
    DamagedFileError,
    PassphraseCost,
    bytes_from,
    cost_from,
    head_of,
    join,
    split,
    stretch,
)
from pos.system.secret_names import check_name
from pos.tokens.sealing import seal, unseal
from pos.tokens.secret import Secret

_KIND = b"kilotill-secrets-v1"


class SealedFileStore:
    """Secrets in one file under a passphrase: Argon2id, then AES-256-GCM; every change rewrites it whole."""

    def __init__(self, path: Path, head: bytes, key: Secret, contents: dict[str, Secret]) -> None:
        self._path = path
        self._head = head
        self._key = key
        self._contents = contents
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path, passphrase: str, cost: PassphraseCost | None = None) -> Self:
        """Make a new, empty store.

        Raises UserError `secrets.passphrase_missing` (empty), MachineFault `secrets.exists`, `disk.full`,
        `disk.write`.
        """
        if path.exists():
            raise MachineFault("secrets.exists", f"{path.name} is already there and is not overwritten.")
        head, key = _new_head(passphrase, cost or PassphraseCost())
        store = cls(path, head, key, {})
        store._write({}, head, key)
        return store

    @classmethod
    def open(cls, path: Path, passphrase: str) -> Self:
        """Open an existing store.

        Raises UserError `secrets.passphrase` (wrong), MachineFault `secrets.damaged`, `disk.read`.
        """
        try:
            parts = split(read_whole(path), _KIND)
            key = stretch(passphrase, bytes_from(parts.header, "salt"), cost_from(parts.header))
        except DamagedFileError:
            raise MachineFault(
                "secrets.damaged",
                f"{path.name} is damaged or comes from another version: restore the till from its back-up.",
            ) from None
        try:
            plain = unseal(parts.body, key, header=parts.head)
        except InvalidTag:
            raise UserError("secrets.passphrase", f"This is not the passphrase of {path.name}.") from None
        contents = {name: Secret(base64.b64decode(text)) for name, text in json.loads(plain).items()}
        return cls(path, parts.head, key, contents)

    @property
    def describes_itself(self) -> str:
        """Return in words which store this is."""
        return f"sealed file {self._path.name}"

    def get(self, name: str) -> Secret | None:
        """Return a secret, None if never set; errors as `SecretStore.get`."""
        check_name(name)
        return self._contents.get(name)

    def set(self, name: str, value: Secret) -> None:
        """Store a secret for good; errors as `SecretStore.set`."""
        check_name(name)
        with self._lock:
            self._write(self._contents | {name: value}, self._head, self._key)

    def delete(self, name: str) -> None:
        """Forget a secret; errors as `SecretStore.delete`."""
        check_name(name)
        with self._lock:
            if name in self._contents:
                rest = {other: value for other, value in self._contents.items() if other != name}
                self._write(rest, self._head, self._key)

    def change_passphrase(self, passphrase: str, cost: PassphraseCost | None = None) -> None:
        """Seal the file under a new passphrase. Raises as `create`, without `secrets.exists`."""
        head, key = _new_head(passphrase, cost or PassphraseCost())
        with self._lock:
            self._write(self._contents, head, key)

    def _write(self, contents: dict[str, Secret], head: bytes, key: Secret) -> None:
        """Write first; what is in memory follows only when that has worked."""
        plain = {name: base64.b64encode(value.reveal()).decode() for name, value in contents.items()}
        write_atomically(self._path, join(head, seal(json.dumps(plain).encode(), key, header=head)))
        self._contents, self._head, self._key = contents, head, key


def _new_head(passphrase: str, cost: PassphraseCost) -> tuple[bytes, Secret]:
    if not passphrase:
        raise UserError("secrets.passphrase_missing", "The passphrase is empty.")
    salt = secrets.token_bytes(SALT_BYTES)
    return head_of(_KIND, {"cost": cost.to_header(), "salt": salt.hex()}), stretch(passphrase, salt, cost)
