"""The content key of a vault, wrapped for those who may open it (docs/secrets.md §5)."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pos.system.sealed_file import (
    SALT_BYTES,
    DamagedFileError,
    PassphraseCost,
    bytes_from,
    cost_from,
    stretch,
)
from pos.system.secret_names import VAULT_KEY
from pos.system.secrets import SecretStore, get_or_make
from pos.tokens.errors import VaultError
from pos.tokens.sealing import SEALING_KEY_BYTES, damaged_vault, seal, unseal
from pos.tokens.secret import Secret

_OPENING = b"kilotill-vault-opening-v1"
_DEMO = b"kilotill-vault-demo-v1"
_RECOVERY = b"kilotill-vault-recovery-v1"
_KEY_ID = b"kilotill-vault-key-id-v1"

Header = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Binding:
    """What a vault is tied to: its file, the store of `vault_key`, and the cost of new phrases."""

    path: Path
    store: SecretStore
    cost: PassphraseCost


def live_opening(binding: Binding, phrase: str, content_key: Secret) -> Header:
    """Return the header fields by which `phrase` and the stored secret open the vault."""
    vault_key = get_or_make(binding.store, VAULT_KEY)
    salt = secrets.token_bytes(SALT_BYTES)
    wrapping_key = _derive(vault_key, salt=stretch(phrase, salt, binding.cost), purpose=_OPENING)
    opening = {
        "cost": binding.cost.to_header(),
        "salt": salt.hex(),
        "wrapped": _wrap(content_key, wrapping_key, _OPENING),
    }
    return {"key_id": _key_id(vault_key), "opening": opening}


def demo_opening(binding: Binding, content_key: Secret) -> Header:
    """Return the header fields by which the stored secret alone opens a demo vault."""
    vault_key = get_or_make(binding.store, VAULT_KEY)
    wrapped = _wrap(content_key, _derive(vault_key, salt=None, purpose=_DEMO), _DEMO)
    return {"key_id": _key_id(vault_key), "opening": {"wrapped": wrapped}}


def recovery(passphrase: str, content_key: Secret, cost: PassphraseCost) -> Header:
    """Return the header field `recovery`, by which `passphrase` opens the vault on any machine."""
    salt = secrets.token_bytes(SALT_BYTES)
    wrapping_key = _derive(stretch(passphrase, salt, cost), salt=None, purpose=_RECOVERY)
    return {
        "cost": cost.to_header(),
        "salt": salt.hex(),
        "wrapped": _wrap(content_key, wrapping_key, _RECOVERY),
    }


def open_live(binding: Binding, header: Header, phrase: str) -> Secret:
    """Return the content key.

    Raises VaultError `vault.phrase`, `vault.other_machine`; MachineFault `vault.damaged`.
    """
    vault_key = _vault_key_of(binding.store, header)
    try:
        opening = header["opening"]
        stretched = stretch(phrase, bytes_from(opening, "salt"), cost_from(opening))
        return _unwrap(opening, _derive(vault_key, salt=stretched, purpose=_OPENING), _OPENING)
    except (DamagedFileError, KeyError):
        raise damaged_vault() from None
    except InvalidTag:
        raise VaultError("vault.phrase", "This is not the opening phrase of this till.") from None


def open_demo(binding: Binding, header: Header) -> Secret:
    """Return the content key. Raises VaultError `vault.other_machine`, MachineFault `vault.damaged`."""
    vault_key = _vault_key_of(binding.store, header)
    try:
        return _unwrap(header["opening"], _derive(vault_key, salt=None, purpose=_DEMO), _DEMO)
    except (DamagedFileError, KeyError, InvalidTag):
        raise damaged_vault() from None


def open_recovery(fields: Header, passphrase: str) -> Secret:
    """Return the content key. Raises VaultError `vault.recovery`, MachineFault `vault.damaged`."""
    try:
        stretched = stretch(passphrase, bytes_from(fields, "salt"), cost_from(fields))
        return _unwrap(fields, _derive(stretched, salt=None, purpose=_RECOVERY), _RECOVERY)
    except DamagedFileError:
        raise damaged_vault() from None
    except InvalidTag:
        raise VaultError("vault.recovery", "This is not the recovery passphrase of this vault.") from None


def _vault_key_of(store: SecretStore, header: Header) -> Secret:
    vault_key = store.get(VAULT_KEY)
    if vault_key is None or _key_id(vault_key) != header.get("key_id"):
        raise VaultError(
            "vault.other_machine",
            "This vault was sealed with a stored secret that is not on this machine: open it with the "
            "recovery passphrase, or load the keys again.",
        )
    return vault_key


def _derive(key: Secret, *, salt: Secret | None, purpose: bytes) -> Secret:
    hkdf = HKDF(SHA256(), SEALING_KEY_BYTES, None if salt is None else salt.reveal(), purpose)
    return Secret(hkdf.derive(key.reveal()))


def _wrap(content_key: Secret, wrapping_key: Secret, purpose: bytes) -> str:
    return seal(content_key.reveal(), wrapping_key, header=purpose).hex()


def _unwrap(fields: Header, wrapping_key: Secret, purpose: bytes) -> Secret:
    return Secret(unseal(bytes_from(fields, "wrapped"), wrapping_key, header=purpose))


def _key_id(vault_key: Secret) -> str:
    """Four bytes that name the stored secret without helping to find it: it is 32 random bytes."""
    return hmac.digest(vault_key.reveal(), _KEY_ID, "sha256")[:4].hex()
