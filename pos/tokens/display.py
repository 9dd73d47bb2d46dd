"""Class 1 tokens: meter tests and displays; not encrypted, the same for every meter (docs/sts.md §2.2)."""

from __future__ import annotations

from dataclasses import dataclass

from pos.tokens.block import check_field
from pos.tokens.crc import block_crc
from pos.tokens.digits import token_digits
from pos.tokens.errors import FieldError
from pos.tokens.names import TokenClass


@dataclass(frozen=True, slots=True)
class DisplayLayout:
    """How a class 1 sub-class shares its 44 bits: control, then manufacturer code."""

    control_bits: int
    manufacturer_bits: int
    manufacturer_max: int


LAYOUTS = {
    0: DisplayLayout(control_bits=36, manufacturer_bits=8, manufacturer_max=99),
    1: DisplayLayout(control_bits=28, manufacturer_bits=16, manufacturer_max=9999),
    2: DisplayLayout(control_bits=36, manufacturer_bits=8, manufacturer_max=99),
}
"""Sub-class 0: 2-digit manufacturer codes, 1: 4-digit codes, 2: extended read (STS 202-5)."""


def display_token(*, subclass: int, manufacturer_code: int, control: int) -> str:
    """Return a test or display token of 20 digits; manufacturer code 0 is meant for every make.

    Raises FieldError `field.subclass` (only 0, 1, 2 are defined), `field.range`.
    """
    layout = _layout(subclass)
    check_field("mfr_code", manufacturer_code, layout.manufacturer_max)
    check_field("control", control, (1 << layout.control_bits) - 1)
    upper48 = subclass << 44 | control << layout.manufacturer_bits | manufacturer_code
    block = upper48 << 16 | block_crc(TokenClass.DISPLAY << 48 | upper48)
    return token_digits(TokenClass.DISPLAY, block)


def control_of_test(subclass: int, test: int) -> int:
    """Return the control bits of test number `test`: bit n-1, or all bits for test 0.

    Raises FieldError `field.subclass`, `field.range`; sub-class 2 has no tests (`field.subclass`).
    """
    if subclass not in (0, 1):
        raise FieldError("field.subclass", f"Tests are asked for with sub-class 0 or 1, not {subclass}.")
    bits = LAYOUTS[subclass].control_bits
    check_field("test", test, bits)
    return 1 << test - 1 if test else (1 << bits) - 1


def tests_of_control(subclass: int, control: int) -> list[int]:
    """Return the test numbers that control bits ask for; all bits set is test 0."""
    bits = LAYOUTS[subclass].control_bits
    if control == (1 << bits) - 1:
        return [0]
    return [bit + 1 for bit in range(bits) if control >> bit & 1]


def _layout(subclass: int) -> DisplayLayout:
    try:
        return LAYOUTS[subclass]
    except KeyError:
        raise FieldError(
            "field.subclass", f"A display token has sub-class 0, 1 or 2, not {subclass}."
        ) from None
