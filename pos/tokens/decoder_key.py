"""Decoder keys from vending keys: DKGA02 and DKGA04 (docs/sts.md §5)."""

from __future__ import annotations

import hmac

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from pos.tokens.cipher import KEY_LENGTHS, check_supported
from pos.tokens.errors import KeyDataError, UnsupportedError
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod, KeyType
from pos.tokens.numbers import parse_pan

VENDING_KEY_LENGTHS = {KeyMethod.DKGA02: 8, KeyMethod.DKGA04: 20}
"""Bytes of a vending key by method (docs/sts.md §0)."""

_UNSUPPORTED_METHODS = {
    KeyMethod.DKGA01: (
        "unsupported.dkga01",
        "DKGA01 is a legacy method for a few old meter ranges, and no published token proves it.",
    ),
    KeyMethod.DKGA03: (
        "unsupported.dkga03",
        "DKGA03 was withdrawn in edition 3 of the standard, and no published token proves it.",
    ),
}


def check_method_supported(method: KeyMethod) -> None:
    """Refuse DKGA01 and DKGA03. Raises UnsupportedError `unsupported.dkga01`, `unsupported.dkga03`."""
    if method in _UNSUPPORTED_METHODS:
        raise UnsupportedError(*_UNSUPPORTED_METHODS[method])


def dkga02(vk: bytes, *, pan: str, kt: int, sgc: str, ti: str, krn: int) -> bytes:
    """Return the 8-byte decoder key of a meter under an 8-byte vending key (docs/sts.md §5.2, §5.3).

    `pan` 18 digits, `sgc` 6 digits, `ti` 2 digits, `kt` 0-3, `krn` 1-9. Raises KeyDataError `key.length`,
    `key.parity`, `key.sgc`, `key.ti`, `key.krn`, `key.kt`; NumberError for the PAN.
    """
    _check_vending_key(vk, KeyMethod.DKGA02)
    check_key_attributes(kt=kt, sgc=sgc, ti=ti, krn=krn)
    x = _pan_block(pan, kt) ^ int(f"{kt}{sgc}{ti}{krn}FFFFFF", 16)
    encrypted = int.from_bytes(des_encrypt(vk, x.to_bytes(8, "big")), "big")
    return (encrypted ^ x ^ int.from_bytes(vk, "big")).to_bytes(8, "big")


def dkga04(
    vk: bytes, *, base_date: BaseDate, ea: EncryptionAlgorithm, pan: str, kt: int, sgc: str, ti: str, krn: int
) -> bytes:
    """Return the decoder key (8 bytes for EA07, 16 for EA11) under a 20-byte vending key (docs/sts.md §5.4).

    HMAC-SHA-256 in the feedback mode of NIST SP 800-108. Arguments and errors as `dkga02`, and
    UnsupportedError `unsupported.ea09`.
    """
    _check_vending_key(vk, KeyMethod.DKGA04)
    check_key_attributes(kt=kt, sgc=sgc, ti=ti, krn=krn)
    check_supported(ea)
    pan_digits = parse_pan(pan).digits
    length = KEY_LENGTHS[ea]
    message = b"\x04\x02%b\x02%b\x02%b\x02%b\x00\x04\x06%b\x01%d\x01%d\x12%b%b" % (
        b"04",
        base_date.value.encode(),
        ea.value.encode(),
        ti.encode(),
        sgc.encode(),
        kt,
        krn,
        pan_digits.encode(),
        (length * 8).to_bytes(4, "big"),
    )
    return hmac.digest(vk, message, "sha256")[:length]


def check_key_attributes(*, kt: int, sgc: str, ti: str, krn: int) -> None:
    """Refuse key attributes outside their form (docs/sts.md §0).

    Raises KeyDataError `key.kt`, `key.sgc`, `key.ti`, `key.krn`.
    """
    if not KeyType.DITK <= kt <= KeyType.DCTK:
        raise KeyDataError("key.kt", f"A key type is 0 to 3, not {kt}.")
    if not (len(sgc) == 6 and sgc.isascii() and sgc.isdigit()):
        raise KeyDataError("key.sgc", f"A supply group code has 6 digits, not {sgc[:20]!r}.")
    if not (len(ti) == 2 and ti.isascii() and ti.isdigit()):
        raise KeyDataError("key.ti", f"A tariff index has 2 digits, not {ti[:20]!r}.")
    if not 1 <= krn <= 9:
        raise KeyDataError("key.krn", f"A key revision number is 1 to 9, not {krn}.")


def has_odd_parity(key: bytes) -> bool:
    """Return whether every byte has an odd number of ones, as DES keys from a key centre do."""
    return all(byte.bit_count() & 1 for byte in key)


def des_encrypt(key: bytes, block: bytes) -> bytes:
    """Return one block of 8 bytes under single DES (docs/sts.md §5.7): triple DES with the key repeated."""
    encryptor = Cipher(TripleDES(key * 3), modes.ECB()).encryptor()  # noqa: S305 - one block, as the standard says
    return encryptor.update(block) + encryptor.finalize()


def _pan_block(pan: str, kt: int) -> int:
    """PAN digits 2..17 as hex nibbles; a common key has zeros for the DRN (docs/sts.md §5.2)."""
    number = parse_pan(pan)
    if kt == KeyType.DCTK:
        return int(number.issuer[1:].ljust(16, "0"), 16)
    return int(number.digits[1:17], 16)


def _check_vending_key(vk: bytes, method: KeyMethod) -> None:
    length = VENDING_KEY_LENGTHS[method]
    if len(vk) != length:
        raise KeyDataError(
            "key.length", f"A vending key for DKGA{method.value} has {length} bytes; this one has {len(vk)}."
        )
    if method is KeyMethod.DKGA02 and not has_odd_parity(vk):
        raise KeyDataError(
            "key.parity",
            "A vending key for DKGA02 has odd parity in every byte; this one is mistyped or not such a key.",
        )
