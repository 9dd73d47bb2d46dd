"""Which cipher serves which EA code (docs/sts.md §4)."""

from __future__ import annotations

from typing import Protocol

from pos.tokens.errors import KeyDataError, UnsupportedError
from pos.tokens.misty1 import Misty1
from pos.tokens.names import EncryptionAlgorithm
from pos.tokens.sta import Sta

KEY_LENGTHS = {EncryptionAlgorithm.STA: 8, EncryptionAlgorithm.MISTY1: 16}
"""Bytes of a decoder key by EA (docs/sts.md §0)."""


class BlockCipher(Protocol):
    """A 64-bit block cipher under one decoder key; blocks are integers, bit 0 least significant."""

    @property
    def ea(self) -> EncryptionAlgorithm:
        """The EA code this cipher implements."""
        ...

    def encrypt(self, block: int) -> int:
        """Return the ciphertext of a clear block."""
        ...

    def decrypt(self, block: int) -> int:
        """Return the clear block of a ciphertext."""
        ...


def cipher_for(ea: EncryptionAlgorithm, decoder_key: bytes) -> BlockCipher:
    """Return the cipher of a meter: STA (8-byte key) or MISTY1 (16-byte key).

    Raises KeyDataError `key.length`; UnsupportedError `unsupported.ea09`.
    """
    check_supported(ea)
    length = KEY_LENGTHS[ea]
    if len(decoder_key) != length:
        raise KeyDataError(
            "key.length",
            f"A decoder key for EA{ea.value} has {length} bytes; this one has {len(decoder_key)}.",
        )
    return Sta(decoder_key) if ea is EncryptionAlgorithm.STA else Misty1(decoder_key)


def check_supported(ea: EncryptionAlgorithm) -> None:
    """Refuse EA09 by name. Raises UnsupportedError `unsupported.ea09`."""
    if ea is EncryptionAlgorithm.DEA:
        raise UnsupportedError(
            "unsupported.ea09",
            "EA09 (DEA) was withdrawn in edition 3 of the standard, and no published token proves it.",
        )
