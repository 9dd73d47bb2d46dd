"""The common shape of `secrets.sealed` and `vault.sealed`, and keys from passphrases (docs/secrets.md §5).

A file is a kind line, one line of JSON header, a sealed body, and the SHA-256 of all that. The digest tells a
damaged file from a wrong passphrase. Only the seal, which covers kind and header too, holds against a forger.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from typing import Any

from argon2.low_level import Type, hash_secret_raw

from pos.tokens.sealing import SEALING_KEY_BYTES
from pos.tokens.secret import Secret

SALT_BYTES = 16
_DIGEST_BYTES = 32
_MEMORY_KIB_MAX = 1 << 20
_PASSES_MAX = 100
_LANES_MAX = 16


class DamagedFileError(Exception):
    """A sealed file is cut short, altered, or of another kind or version."""


@dataclass(frozen=True, slots=True)
class PassphraseCost:
    """What one guess at a passphrase costs: Argon2id memory (KiB), passes, lanes (docs/formats.md §15)."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 1

    def to_header(self) -> dict[str, int]:
        """Return the form that stands in a header."""
        return {"lanes": self.lanes, "memory_kib": self.memory_kib, "passes": self.passes}


@dataclass(frozen=True, slots=True)
class SealedParts:
    """A sealed file taken apart: `head` are the exact bytes of kind line and header line."""

    head: bytes
    header: dict[str, Any]
    body: bytes


def stretch(passphrase: str, salt: bytes, cost: PassphraseCost) -> Secret:
    """Return 32 bytes from a passphrase by Argon2id; takes about 0.2 s at the default cost.

    The text is brought to Unicode form NFKC first, so that two keyboards typing the same letters agree.
    """
    return Secret(
        hash_secret_raw(
            unicodedata.normalize("NFKC", passphrase).encode(),
            salt,
            time_cost=cost.passes,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
            hash_len=SEALING_KEY_BYTES,
            type=Type.ID,
        )
    )


def cost_from(header: dict[str, Any]) -> PassphraseCost:
    """Return the cost a header states. Raises DamagedFileError outside sensible bounds."""
    try:
        cost = PassphraseCost(**header["cost"])
        in_bounds = (
            8 * cost.lanes <= cost.memory_kib <= _MEMORY_KIB_MAX
            and 1 <= cost.passes <= _PASSES_MAX
            and 1 <= cost.lanes <= _LANES_MAX
        )
    except (KeyError, TypeError):
        raise DamagedFileError from None
    if not in_bounds:
        raise DamagedFileError
    return cost


def bytes_from(header: dict[str, Any], name: str) -> bytes:
    """Return a hex field of a header. Raises DamagedFileError."""
    try:
        return bytes.fromhex(header[name])
    except (KeyError, TypeError, ValueError):
        raise DamagedFileError from None


def head_of(kind: bytes, header: dict[str, Any]) -> bytes:
    """Return the kind line and header line, which the seal authenticates."""
    return kind + b"\n" + json.dumps(header, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def join(head: bytes, body: bytes) -> bytes:
    """Return the whole file."""
    return head + body + hashlib.sha256(head + body).digest()


def split(content: bytes, kind: bytes) -> SealedParts:
    """Take a file apart. Raises DamagedFileError."""
    covered, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
    if hashlib.sha256(covered).digest() != digest:
        raise DamagedFileError
    found_kind, _, rest = covered.partition(b"\n")
    line, _, body = rest.partition(b"\n")
    if found_kind != kind:
        raise DamagedFileError
    try:
        header = json.loads(line)
    except ValueError:
        raise DamagedFileError from None
    if not isinstance(header, dict):
        raise DamagedFileError
    return SealedParts(covered[: len(kind) + len(line) + 2], header, body)
