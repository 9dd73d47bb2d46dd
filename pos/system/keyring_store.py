"""Secrets in the key store of the operating system, through `keyring` (docs/secrets.md §2)."""

from __future__ import annotations

import base64
import binascii
import logging
import secrets
from collections.abc import Callable
from typing import Protocol, TypeVar

from pos.errors import MachineFault
from pos.system.secret_names import check_name
from pos.tokens.secret import Secret

_OS_BACKENDS = {
    "keyring.backends.Windows": "Windows Credential Manager",
    "keyring.backends.macOS": "macOS Keychain",
    "keyring.backends.SecretService": "Secret Service",
    "keyring.backends.libsecret": "Secret Service",
    "keyring.backends.kwallet": "KWallet",
}
"""The modules of `keyring` that are an operating system's store; plain text, null and others are refused."""

_T = TypeVar("_T")

_log = logging.getLogger(__name__)


class KeyringBackend(Protocol):
    """The three calls of a `keyring` back end that are used."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return a stored text."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store a text."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Delete a text."""
        ...


class KeyringStore:
    """Secrets in the operating system's key store, as base64 under `kilotill-<store id>`."""

    def __init__(self, backend: KeyringBackend, store_id: str, label: str) -> None:
        self._backend = backend
        self._service = f"kilotill-{store_id}"
        self._label = label

    @property
    def describes_itself(self) -> str:
        """Return in words which store this is."""
        return f"operating system key store ({self._label})"

    def get(self, name: str) -> Secret | None:
        """Return a secret, None if never set; errors as `SecretStore.get`."""
        check_name(name)
        text = self._call(self._backend.get_password, name)
        if text is None:
            return None
        try:
            return Secret(base64.b64decode(text, validate=True))
        except binascii.Error:
            raise MachineFault("secrets.damaged", f"The secret {name} in the key store is damaged.") from None

    def set(self, name: str, value: Secret) -> None:
        """Store a secret and read it back; errors as `SecretStore.set`."""
        check_name(name)
        self._call(self._backend.set_password, name, base64.b64encode(value.reveal()).decode())
        if self.get(name) != value:
            raise MachineFault("secrets.keyring", f"The {self._label} did not keep the secret {name}.")

    def delete(self, name: str) -> None:
        """Forget a secret; errors as `SecretStore.delete`."""
        check_name(name)
        if self._call(self._backend.get_password, name) is not None:
            self._call(self._backend.delete_password, name)

    def _call(self, call: Callable[..., _T], *arguments: str) -> _T:
        try:
            return call(self._service, *arguments)
        except Exception as error:  # a back end raises whatever its system library raises
            raise MachineFault(
                "secrets.keyring",
                f"The {self._label} refused ({type(error).__name__}): unlock it and try again.",
            ) from None


def find_os_keyring() -> tuple[KeyringBackend, str] | None:
    """Return the operating system's key store and its name, or None where there is none that works.

    Only the back ends known to be an operating system's own are taken, and only after a trial entry was
    written, read back and deleted (`keyring` also offers plain-text, null and failing ones).
    """
    # Loaded when a store is looked for: it brings half the packaging library along.
    import keyring

    chosen = keyring.get_keyring()
    for backend in [*getattr(chosen, "backends", ()), chosen]:
        label = _OS_BACKENDS.get(type(backend).__module__)
        if label is not None and _works(backend):
            return backend, label
    return None


def _works(backend: KeyringBackend) -> bool:
    trial = secrets.token_hex(8)
    try:
        backend.set_password("kilotill-trial", trial, trial)
        found = backend.get_password("kilotill-trial", trial)
        backend.delete_password("kilotill-trial", trial)
    except Exception as error:  # a back end raises whatever its system library raises
        _log.info("key store %s does not work: %s", type(backend).__module__, type(error).__name__)
        return False
    return found == trial
