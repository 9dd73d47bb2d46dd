"""Class 0 tokens: credit in units (sub-class 0-3) and in currency (sub-class 4-7) (docs/sts.md §2.1)."""

from __future__ import annotations

from pos.tokens.amount import CurrencyField
from pos.tokens.block import TID_MAX, check_field, encrypted_token
from pos.tokens.cipher import BlockCipher
from pos.tokens.crc import block_crc_currency
from pos.tokens.digits import token_digits
from pos.tokens.errors import FieldError
from pos.tokens.names import TokenClass


def credit_token(cipher: BlockCipher, *, subclass: int, rnd: int, tid: int, amount_field: int) -> str:
    """Return a unit credit token of 20 digits.

    `subclass` 0 electricity, 1 water, 2 gas, 3 time; `rnd` 4 bits; `tid` 24 bits; `amount_field` 16 bits as
    `amount.encode_amount` gives it. Raises FieldError `field.subclass`, `field.range`.
    """
    # One comparison chain on the path of every sale; which field is wrong is worked out only when one is.
    if not (0 <= subclass <= 3 and 0 <= rnd <= 15 and 0 <= tid <= TID_MAX and 0 <= amount_field <= 0xFFFF):
        _refuse(subclass, rnd, tid, amount_field)
    return encrypted_token(cipher, 0, subclass << 44 | rnd << 40 | tid << 16 | amount_field)


def currency_token(cipher: BlockCipher, *, subclass: int, tid: int, field: CurrencyField) -> str:
    """Return a currency credit token of 20 digits; its checksum is CRC_C and it has no RND (docs/sts.md
    §2.1).

    `subclass` 4 electricity, 5 water, 6 gas, 7 time. Raises FieldError `field.subclass`, `field.range`.
    """
    if not 4 <= subclass <= 7:
        raise FieldError("field.subclass", f"A currency credit has sub-class 4 to 7, not {subclass}.")
    check_field("tid", tid, TID_MAX)
    check_field("s_and_e", field.s_and_e, 0xF)
    check_field("amount_field", field.amount_field, 0xFFFF)
    upper48 = subclass << 44 | field.s_and_e << 40 | tid << 16 | field.amount_field
    crc = block_crc_currency(TokenClass.CREDIT << 48 | upper48)
    return token_digits(TokenClass.CREDIT, cipher.encrypt(upper48 << 16 | crc))


def _refuse(subclass: int, rnd: int, tid: int, amount_field: int) -> None:
    if not 0 <= subclass <= 3:
        raise FieldError("field.subclass", f"A unit credit has sub-class 0 to 3, not {subclass}.")
    check_field("rnd", rnd, 0xF)
    check_field("tid", tid, TID_MAX)
    check_field("amount_field", amount_field, 0xFFFF)
