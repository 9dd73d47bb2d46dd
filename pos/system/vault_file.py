"""The sealed vault on disk: opening phrase, stored secret, recovery passphrase (docs/secrets.md §5).

The keys are sealed under a random content key. That key is wrapped under the opening phrase *and* the stored
secret `vault_key` (in a demo under `vault_key` alone), and, once a recovery passphrase is set, a second time
under that. The header with both wraps and the demo flag is authenticated by the seal around the keys.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

from pos.errors import MachineFault
from pos.system.files import read_whole, write_atomically
from pos.system.sealed_file import DamagedFileError, PassphraseCost, SealedParts, head_of, join, split
from pos.system.secrets import SecretStore
from pos.system.vault_wrapping import (
    Binding,
    Header,
    demo_opening,
    live_opening,
    open_demo,
    open_live,
    open_recovery,
    recovery,
)
from pos.tokens.errors import VaultError
from pos.tokens.sealing import damaged_vault, new_sealing_key, open_keys, seal_keys
from pos.tokens.secret import Secret
from pos.tokens.vending_key import VendingKey

VAULT_NAME = "vault.sealed"
PHRASE_LENGTH_MIN = 12

_KIND = b"kilotill-vault-v1"


class OpenVaultFile:
    """A vault file opened with its phrase: the keys as last saved, and what may be changed while open."""

    def __init__(
        self, binding: Binding, header: Header, content_key: Secret, keys: tuple[VendingKey, ...]
    ) -> None:
        self._binding = binding
        self._header = header
        self._content_key = content_key
        self._keys = keys

    def __repr__(self) -> str:
        return f"OpenVaultFile({self._binding.path.name})"

    @property
    def keys(self) -> tuple[VendingKey, ...]:
        """The keys as read or last saved."""
        return self._keys

    @property
    def is_demo(self) -> bool:
        """Whether this is a demo vault; it stays one for ever."""
        return bool(self._header["demo"])

    @property
    def has_recovery(self) -> bool:
        """Whether a recovery passphrase is set."""
        return "recovery" in self._header

    def save(self, keys: Iterable[VendingKey]) -> None:
        """Store `keys` in place of the old ones. Raises MachineFault `disk.full`, `disk.write`."""
        self._write(self._header, tuple(keys))

    def change_phrase(self, old: str, new: str) -> None:
        """Let `new` open the vault in place of `old`; the recovery passphrase stays.

        Raises VaultError `vault.demo`, `vault.phrase` (old one wrong), `vault.phrase_short`, and as `save`.
        """
        self._refuse_demo()
        check_phrase(new)
        open_live(self._binding, self._header, old)
        self._write(self._header | live_opening(self._binding, new, self._content_key), self._keys)

    def set_recovery(self, passphrase: str) -> None:
        """Set or replace the recovery passphrase (12 characters or more), kept outside the shop.

        Raises VaultError `vault.demo`, `vault.phrase_short`, and as `save`.
        """
        self._refuse_demo()
        check_phrase(passphrase)
        wrapped = recovery(passphrase, self._content_key, self._binding.cost)
        self._write(self._header | {"recovery": wrapped}, self._keys)

    def _refuse_demo(self) -> None:
        if self.is_demo:
            raise VaultError("vault.demo", "A demo vault has no phrase and can never become live.")

    def _write(self, header: Header, keys: tuple[VendingKey, ...]) -> None:
        head = head_of(_KIND, header)
        write_atomically(self._binding.path, join(head, seal_keys(keys, self._content_key, header=head)))
        self._header, self._keys = header, keys


class VaultFile:
    """`vault.sealed` in a data folder: made, opened, recovered; holds no phrase and no key itself."""

    def __init__(self, data_dir: Path, store: SecretStore, cost: PassphraseCost | None = None) -> None:
        self._binding = Binding(data_dir / VAULT_NAME, store, cost or PassphraseCost())

    @property
    def path(self) -> Path:
        """Where the vault file is or will be."""
        return self._binding.path

    def exists(self) -> bool:
        """Return whether there is a vault file."""
        return self.path.exists()

    def is_demo(self) -> bool:
        """Return whether the file calls itself a demo vault (proven only by opening it).

        Raises VaultError `vault.missing`; MachineFault `vault.damaged`, `disk.read`.
        """
        return bool(self._read().header.get("demo"))

    def create(self, phrase: str) -> OpenVaultFile:
        """Make an empty vault under a new opening phrase of 12 characters or more.

        Raises VaultError `vault.exists`, `vault.phrase_short`; MachineFault of the store and the disk.
        """
        check_phrase(phrase)
        self._refuse_existing()
        content_key = new_sealing_key()
        header = {"demo": False} | live_opening(self._binding, phrase, content_key)
        return self._made(header, content_key, ())

    def create_demo(self, keys: Iterable[VendingKey]) -> OpenVaultFile:
        """Make a demo vault with `keys`, which opens without a phrase. Raises as `create`."""
        self._refuse_existing()
        content_key = new_sealing_key()
        header = {"demo": True} | demo_opening(self._binding, content_key)
        return self._made(header, content_key, tuple(keys))

    def open(self, phrase: str) -> OpenVaultFile:
        """Open with the till's opening phrase.

        Raises VaultError `vault.missing`, `vault.demo` (open it as a demo), `vault.phrase`,
        `vault.other_machine` (the stored secret is missing or another one: recover); MachineFault
        `vault.damaged` and those of the store and the disk.
        """
        parts = self._read()
        if parts.header.get("demo"):
            raise VaultError(
                "vault.demo", "This is a demo vault: it opens without a phrase, in the demo only."
            )
        return self._opened(parts, open_live(self._binding, parts.header, phrase))

    def open_demo(self) -> OpenVaultFile:
        """Open a demo vault. Raises as `open`, and VaultError `vault.live` if the vault is not a demo."""
        parts = self._read()
        if not parts.header.get("demo"):
            raise VaultError(
                "vault.live", "This vault is not a demo: it opens with the till's opening phrase only."
            )
        return self._opened(parts, open_demo(self._binding, parts.header))

    def recover(self, passphrase: str, *, new_phrase: str) -> OpenVaultFile:
        """Open a back-up, or a vault whose phrase is forgotten; bind it to this machine and `new_phrase`.

        Raises VaultError `vault.missing`, `vault.no_recovery`, `vault.recovery` (wrong passphrase),
        `vault.phrase_short`; MachineFault `vault.damaged` and those of the store and the disk.
        """
        check_phrase(new_phrase)
        parts = self._read()
        if "recovery" not in parts.header:
            raise VaultError(
                "vault.no_recovery", "This vault has no recovery passphrase: load the keys again."
            )
        content_key = open_recovery(parts.header["recovery"], passphrase)
        keys = self._opened(parts, content_key).keys
        return self._made(
            parts.header | live_opening(self._binding, new_phrase, content_key), content_key, keys
        )

    def set_aside(self) -> Path:
        """Rename a vault nobody can open, so that a new one can be made and its keys loaded again.

        Returns the new path. Raises VaultError `vault.missing`; MachineFault `disk.write`.
        """
        aside = self.path.with_name(f"{VAULT_NAME}.aside-{secrets.token_hex(4)}")
        try:
            return self.path.rename(aside)
        except FileNotFoundError:
            raise _missing() from None
        except OSError as error:
            raise MachineFault(
                "disk.write", f"{self.path.name} cannot be renamed: {error.strerror}."
            ) from error

    def _read(self) -> SealedParts:
        try:
            return split(read_whole(self.path), _KIND)
        except FileNotFoundError:
            raise _missing() from None
        except DamagedFileError:
            raise damaged_vault() from None

    def _opened(self, parts: SealedParts, content_key: Secret) -> OpenVaultFile:
        keys = open_keys(parts.body, content_key, header=parts.head)
        return OpenVaultFile(self._binding, parts.header, content_key, keys)

    def _made(self, header: Header, content_key: Secret, keys: tuple[VendingKey, ...]) -> OpenVaultFile:
        made = OpenVaultFile(self._binding, header, content_key, keys)
        made.save(keys)
        return made

    def _refuse_existing(self) -> None:
        if self.exists():
            raise VaultError(
                "vault.exists", "This till already has a vault: open it, recover it or set it aside."
            )


def check_phrase(phrase: str) -> None:
    """Refuse a phrase under 12 characters. Raises VaultError `vault.phrase_short`."""
    if len(phrase.strip()) < PHRASE_LENGTH_MIN:
        raise VaultError("vault.phrase_short", f"A phrase has {PHRASE_LENGTH_MIN} characters or more.")


def _missing() -> VaultError:
    return VaultError("vault.missing", "This till has no vault yet: make one and load the keys.")
