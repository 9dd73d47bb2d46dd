"""Where the till keeps its secrets: the system's key store, else a sealed file (docs/secrets.md §2)."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pos.errors import MachineFault, UserError
from pos.system.files import read_whole, write_atomically
from pos.system.keyring_store import KeyringBackend, KeyringStore, find_os_keyring
from pos.system.sealed_file import PassphraseCost
from pos.system.sealed_store import SealedFileStore
from pos.tokens.sealing import new_sealing_key
from pos.tokens.secret import Secret

SEALED_NAME = "secrets.sealed"
MARKER_NAME = "secrets.keyring"
PASSPHRASE_VARIABLE = "KILOTILL_PASSPHRASE"  # noqa: S105 - the name of a variable, not its value

_MARKER_ID = re.compile(r"[0-9a-f]{32}")


class PassphraseQuestion(StrEnum):
    """Why the passphrase of the sealed file is asked for: a new one is typed twice."""

    OPEN = "open"
    NEW = "new"


AskPassphrase = Callable[[PassphraseQuestion], str | None]
"""Asks a person; None when nobody answers."""


class SecretStore(Protocol):
    """Named secrets of one till. Every method raises UserError `secrets.name` for a name not in §15.

    Names: till_key, vault_key, pin_key, pii_key, voucher_key, `provider:<name>` (docs/formats.md §15).
    """

    @property
    def describes_itself(self) -> str:
        """Return in words which store this is, for settings and `verify`."""
        ...

    def get(self, name: str) -> Secret | None:
        """Return a secret, None if never set. Raises MachineFault `secrets.keyring`, `secrets.damaged`."""
        ...

    def set(self, name: str, value: Secret) -> None:
        """Store a secret for good. Raises MachineFault `secrets.keyring`, `disk.full`, `disk.write`."""
        ...

    def delete(self, name: str) -> None:
        """Forget a secret; one that is not there is no error. Raises as `set`."""
        ...


def get_or_make(store: SecretStore, name: str) -> Secret:
    """Return a secret, making it from 32 random bytes if it was never set. Raises as `get` and `set`."""
    found = store.get(name)
    if found is not None:
        return found
    made = new_sealing_key()
    store.set(name, made)
    return made


def open_secret_store(
    data_dir: Path,
    passphrase: str | None = None,
    *,
    ask: AskPassphrase | None = None,
    environ: Mapping[str, str] = os.environ,
    os_keyring: Callable[[], tuple[KeyringBackend, str] | None] = find_os_keyring,
    cost: PassphraseCost | None = None,
) -> SecretStore:
    """Open the store a data folder uses; for a new folder choose the key store, else the sealed file.

    A folder that has used one kind never falls back to the other: `secrets.sealed` in it is always opened,
    and the marker `secrets.keyring` (no secret: the id of its entries) asks for the key store. The passphrase
    of a sealed file is `passphrase`, else KILOTILL_PASSPHRASE, else what `ask` returns.

    Raises UserError `secrets.passphrase`, `secrets.passphrase_missing`; MachineFault `secrets.damaged`,
    `secrets.keyring_gone`, `disk.full`, `disk.write`, `disk.read`.
    """
    sealed, marker = data_dir / SEALED_NAME, data_dir / MARKER_NAME
    if sealed.exists():
        return SealedFileStore.open(sealed, _passphrase(PassphraseQuestion.OPEN, passphrase, environ, ask))
    found = os_keyring()
    if found is not None:
        store_id = _read_marker(marker) if marker.exists() else _new_marker(marker)
        return KeyringStore(found[0], store_id, found[1])
    if marker.exists():
        raise MachineFault(
            "secrets.keyring_gone",
            "This till keeps its secrets in the operating system's key store, which cannot be reached now: "
            "log in to the desktop or unlock the key store, then start again.",
        )
    new = _passphrase(PassphraseQuestion.NEW, passphrase, environ, ask)
    return SealedFileStore.create(sealed, new, cost)


def asks_new_passphrase(
    data_dir: Path,
    *,
    environ: Mapping[str, str] = os.environ,
    os_keyring: Callable[[], tuple[KeyringBackend, str] | None] = find_os_keyring,
) -> bool:
    """Say whether a till that is made here needs a passphrase from a person: no key store, none given."""
    if environ.get(PASSPHRASE_VARIABLE) or (data_dir / MARKER_NAME).exists():
        return False
    return (data_dir / SEALED_NAME).exists() or os_keyring() is None


def open_existing_secret_store(data_dir: Path, passphrase: str | None = None) -> SecretStore | None:
    """Open the store a data folder already uses without asking anybody; None where it has none.

    Raises as `open_secret_store`.
    """
    if not (data_dir / SEALED_NAME).exists() and not (data_dir / MARKER_NAME).exists():
        return None
    return open_secret_store(data_dir, passphrase)


def _passphrase(
    question: PassphraseQuestion, given: str | None, environ: Mapping[str, str], ask: AskPassphrase | None
) -> str:
    found = given or environ.get(PASSPHRASE_VARIABLE) or (ask(question) if ask else None)
    if not found:
        raise UserError(
            "secrets.passphrase_missing",
            f"This machine has no key store: give the passphrase of {SEALED_NAME} when asked, in "
            f"{PASSPHRASE_VARIABLE} or with --passphrase-stdin.",
        )
    return found


def _new_marker(marker: Path) -> str:
    store_id = secrets.token_hex(16)
    write_atomically(marker, f"{store_id}\n".encode())
    return store_id


def _read_marker(marker: Path) -> str:
    store_id = read_whole(marker).decode(errors="replace").strip()
    if not _MARKER_ID.fullmatch(store_id):
        raise MachineFault("secrets.damaged", f"{marker.name} is damaged: restore it from a back-up.")
    return store_id
