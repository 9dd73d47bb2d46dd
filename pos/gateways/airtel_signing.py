"""Signing of Airtel Money requests: the body sealed with AES, the AES key sealed for Airtel with RSA."""

from __future__ import annotations

import base64
import binascii
import secrets

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import load_der_public_key

_KEY_BYTES = 32
_BLOCK_BYTES = 16
_RSA_BITS_LEAST = 1024
"""Into a shorter key the text with the AES key would not fit."""


def read_key(text: str) -> RSAPublicKey | None:
    """Read Airtel's public key, base 64 of its X.509 form; None for anything else."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= _RSA_BITS_LEAST else None


def signature_headers(body: bytes, key: RSAPublicKey) -> dict[str, str]:
    """Give the two headers that go with exactly these bytes."""
    aes_key, iv = secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(_BLOCK_BYTES)
    pad = PKCS7(_BLOCK_BYTES * 8).padder()
    seal = Cipher(algorithms.AES(aes_key), modes.CBC(iv)).encryptor()
    sealed = seal.update(pad.update(body) + pad.finalize()) + seal.finalize()
    words = b":".join(base64.b64encode(part) for part in (aes_key, iv))
    return {
        "x-signature": base64.b64encode(sealed).decode(),
        "x-key": base64.b64encode(key.encrypt(words, padding.PKCS1v15())).decode(),
    }
