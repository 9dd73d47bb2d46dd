"""AES-256-GCM around secrets, bytes in and bytes out: any, and the keys of a vault (docs/secrets.md §5)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pos.errors import MachineFault
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod, KeyType
from pos.tokens.secret import Secret
from pos.tokens.vending_key import GroupKey, VendingKey

SEALING_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16


def new_sealing_key() -> Secret:
    """Return 32 random bytes from the operating system."""
    return Secret(secrets.token_bytes(SEALING_KEY_BYTES))


def seal(plain: bytes, key: Secret, *, header: bytes) -> bytes:
    """Return a random nonce (12 bytes), then `plain` encrypted under `key` (32 bytes) and its tag (16).

    `header` is authenticated and not included.
    """
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key.reveal()).encrypt(nonce, plain, header)


def unseal(sealed: bytes, key: Secret, *, header: bytes) -> bytes:
    """Return what `seal` was given. Raises InvalidTag for another key, another header or changed bytes."""
    if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
        raise InvalidTag
    return AESGCM(key.reveal()).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], header)


def seal_keys(keys: Iterable[VendingKey], content_key: Secret, *, header: bytes) -> bytes:
    """Return the sealed form of a vault's contents."""
    plain = json.dumps([_to_plain(key) for key in keys], sort_keys=True, separators=(",", ":"))
    return seal(plain.encode(), content_key, header=header)


def open_keys(sealed: bytes, content_key: Secret, *, header: bytes) -> tuple[VendingKey, ...]:
    """Return the contents of a sealed vault. Raises MachineFault `vault.damaged`."""
    try:
        plain = unseal(sealed, content_key, header=header)
    except InvalidTag:
        raise damaged_vault() from None
    return tuple(_from_plain(item) for item in json.loads(plain))


def damaged_vault() -> MachineFault:
    """Return the error `vault.damaged`, for a sealed vault that is no longer what was written."""
    return MachineFault(
        "vault.damaged",
        "The vault file is damaged or was changed: restore it from a back-up or load the keys.",
    )


def _to_plain(key: VendingKey) -> dict[str, Any]:
    group = key.group
    return {
        "base_date": group.base_date.value,
        "ea": group.ea.value,
        "ken": group.ken,
        "key": key.secret.reveal().hex(),
        "krn": group.krn,
        "kt": int(group.kt),
        "method": group.method.value,
        "sgc": group.sgc,
        "valid_until": None if group.valid_until is None else group.valid_until.isoformat(),
    }


def _from_plain(item: dict[str, Any]) -> VendingKey:
    end = item["valid_until"]
    group = GroupKey(
        sgc=item["sgc"],
        krn=item["krn"],
        method=KeyMethod(item["method"]),
        ea=EncryptionAlgorithm(item["ea"]),
        base_date=BaseDate(item["base_date"]),
        kt=KeyType(item["kt"]),
        ken=item["ken"],
        valid_until=None if end is None else datetime.fromisoformat(end),
    )
    return VendingKey(group, Secret(bytes.fromhex(item["key"])))
