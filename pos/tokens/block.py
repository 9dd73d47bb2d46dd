"""The clear 64-bit block: shared shape and field checks of every encoder (docs/sts.md §2)."""

from __future__ import annotations

from pos.tokens.cipher import BlockCipher
from pos.tokens.crc import block_crc
from pos.tokens.digits import token_digits
from pos.tokens.errors import FieldError

TID_MAX = 0xFFFFFF


def encrypted_token(cipher: BlockCipher, token_class: int, upper48: int) -> str:
    """Return the 20 digits of a class 0 or 2 token from its upper 48 bits: CRC, encrypt, class bits."""
    return token_digits(token_class, cipher.encrypt(upper48 << 16 | block_crc(token_class << 48 | upper48)))


def check_field(name: str, value: int, limit: int) -> None:
    """Refuse a field value outside 0..limit. Raises FieldError `field.range`."""
    if not 0 <= value <= limit:
        raise FieldError("field.range", f"{name} must be 0 to {limit}, not {value}.")
