"""Airtel's message signing: the server's side of `x-signature` and `x-key`, and the hash of a callback."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import threading

from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

AES_KEY_BYTES, IV_BYTES = 32, 16
_PIN_PADDINGS: tuple[rsa_padding.AsymmetricPadding, ...] = (
    rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA256()), hashes.SHA256(), None),
    rsa_padding.PKCS1v15(),
)


class KeyPair:
    """The RSA key that clients encrypt for; made when it is first asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: rsa.RSAPrivateKey | None = None
        self.number = 100

    def public_text(self, bits: int) -> str:
        """Return base64 of the public key's SubjectPublicKeyInfo."""
        public = self._private(bits).public_key()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return base64.b64encode(public.public_bytes(serialization.Encoding.DER, form)).decode()

    def renew(self) -> None:
        """Let the present key run out."""
        with self._lock:
            self._key = None
            self.number += 1

    def is_signed(self, body: bytes, *, signature: str, key: str) -> bool:
        """Say whether the two headers belong to exactly these bytes."""
        try:
            parts = [_decoded(part) for part in self._opened(_decoded(key)).decode().split(":")]
            return _decrypted(_decoded(signature), *parts) == body
        except (ValueError, TypeError):
            return False

    def opened_pin(self, text: str) -> str | None:
        """Return a PIN that was encrypted with either padding, None if it was not."""
        for scheme in _PIN_PADDINGS:
            try:
                pin = self._private().decrypt(_decoded(text), scheme).decode()
            except ValueError:
                continue
            if pin.isdecimal():
                return pin
        return None

    def _opened(self, sealed: bytes) -> bytes:
        return self._private().decrypt(sealed, rsa_padding.PKCS1v15())

    def _private(self, bits: int = 2048) -> rsa.RSAPrivateKey:
        with self._lock:
            if self._key is None:
                self._key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
            return self._key


def callback_hash(text: bytes, key: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text, hashlib.sha256).digest()).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError from error


def _decrypted(sealed: bytes, key: bytes, start: bytes) -> bytes:
    if (len(key), len(start)) != (AES_KEY_BYTES, IV_BYTES):
        raise ValueError
    opener = Cipher(algorithms.AES(key), modes.CBC(start)).decryptor()
    padded = opener.update(sealed) + opener.finalize()
    stripper = padding.PKCS7(128).unpadder()
    return stripper.update(padded) + stripper.finalize()
