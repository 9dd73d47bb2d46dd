"""Class 2 tokens other than key changes: limits, clearing, rates, extended set (docs/sts.md §2.3)."""

from __future__ import annotations

from pos.tokens.amount import encode_amount
from pos.tokens.block import TID_MAX, check_field, encrypted_token
from pos.tokens.cipher import BlockCipher
from pos.tokens.errors import FieldError
from pos.tokens.names import (
    ALL_REGISTERS,
    KEY_CHANGE_SECTIONS,
    MANAGEMENT_SUBCLASSES,
    Management,
    TokenClass,
)

AMOUNT_CODED = frozenset(
    {Management.SET_MAXIMUM_POWER_LIMIT, Management.SET_MAXIMUM_PHASE_POWER_UNBALANCE_LIMIT}
)
"""Sub-classes whose value is written like a credit amount, in watts."""

REGISTERS = frozenset({0, 1, 2, 3, 4, 5, 6, 7, ALL_REGISTERS})
"""Credit registers: 0-3 by service, 4-7 the same in currency, 0xFFFF all (docs/sts.md §2.3)."""


def management_token(cipher: BlockCipher, *, subclass: int, rnd: int, tid: int, value_field: int) -> str:
    """Return a management token of 20 digits; `value_field` is the 16-bit field as it stands in the token.

    Raises FieldError `field.subclass` (0, 1, 2, 5, 6, 7, 10 only), `field.range`, `field.register` (no such
    register), `field.pad` (clear tamper carries 0).
    """
    if subclass not in MANAGEMENT_SUBCLASSES or subclass in KEY_CHANGE_SECTIONS:
        raise FieldError(
            "field.subclass", f"A management token has sub-class 0, 1, 2, 5, 6, 7 or 10, not {subclass}."
        )
    check_field("rnd", rnd, 0xF)
    check_field("tid", tid, TID_MAX)
    check_field("value_field", value_field, 0xFFFF)
    if subclass == Management.CLEAR_CREDIT and value_field not in REGISTERS:
        raise FieldError(
            "field.register", f"There is no credit register {value_field}: 0 to 7, or 65535 for all."
        )
    if subclass == Management.CLEAR_TAMPER_CONDITION and value_field:
        raise FieldError("field.pad", f"A clear tamper token carries no value; {value_field} was given.")
    return encrypted_token(
        cipher, TokenClass.MANAGEMENT, subclass << 44 | rnd << 40 | tid << 16 | value_field
    )


def value_field_of(subclass: int, value: int) -> int:
    """Return the 16-bit field for a value in its own unit: watts are coded like an amount, the rest is raw.

    Raises AmountError `amount.range`, FieldError `field.range`.
    """
    if subclass in AMOUNT_CODED:
        return encode_amount(value)
    check_field("value", value, 0xFFFF)
    return value


def extended_value(index: int, control: int) -> int:
    """Return the value field of an extended token: index 0-62 and 10 control bits (docs/sts.md §2.3).

    Raises FieldError `field.range`.
    """
    check_field("index", index, FLAG_INDEX - 1)
    check_field("control", control, 0x3FF)
    return index << 10 | control


def extended_flag(flag: int, *, is_set: bool) -> int:
    """Return the value field that sets or clears flag `flag` (0-511): index 63, flag 9 bits, value in bit 0.

    Raises FieldError `field.range`.
    """
    check_field("flag", flag, 0x1FF)
    return FLAG_INDEX << 10 | flag << 1 | int(is_set)


FLAG_INDEX = 63
"""The index of an extended token whose ten bits are a flag number and its value."""
