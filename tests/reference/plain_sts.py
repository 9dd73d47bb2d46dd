"""The standard read plainly, bit by bit: slow, obvious, and the judge of the engine's fast form.

Nothing here comes from `pos.tokens` but the printed STA tables.
"""

from collections.abc import Sequence
from typing import Protocol

from pos.tokens.sta_tables import PRODUCTION

MASK64 = (1 << 64) - 1


class Tables(Protocol):
    """One STA table set."""

    @property
    def substitution1(self) -> Sequence[int]: ...
    @property
    def substitution2(self) -> Sequence[int]: ...
    @property
    def permutation(self) -> Sequence[int]: ...


def plain_sta_encrypt(key: int, block: int, tables: Tables) -> int:
    """docs/sts.md §4.1, the vending form: invert and align the key, then sixteen rounds."""
    k = _rotate_right(key ^ MASK64, 12)
    for _ in range(16):
        block = _substitute(block, k, tables.substitution1, tables.substitution2)
        block = _move_bits(block, tables.permutation)
        k = _rotate_left(k, 1)
    return block


def plain_sta_decrypt(key: int, block: int, tables: Tables) -> int:
    """docs/sts.md §4.1, the meter form: the key as it is, and the inverse tables."""
    k = key
    inverse1 = [tables.substitution1.index(value) for value in range(16)]
    inverse2 = [tables.substitution2.index(value) for value in range(16)]
    back = [tables.permutation.index(place) for place in range(64)]
    for _ in range(16):
        block = _move_bits(block, back)
        clear = 0
        for nibble in range(16):
            table = inverse1 if k >> 4 * nibble & 1 else inverse2
            clear |= table[block >> 4 * nibble & 15] << 4 * nibble
        block = clear
        k = _rotate_right(k, 1)
    return block


def plain_crc(token_class: int, upper48: int, *, currency: bool = False) -> int:
    """docs/sts.md §2.6: the checksum as it stands in the token."""
    data = (token_class << 48 | upper48).to_bytes(7, "big") + (b"\x01" if currency else b"")
    register = 0xFFFF
    for byte in data:
        for place in range(8):
            feedback = (register ^ byte >> place) & 1
            register >>= 1
            if feedback:
                register ^= 0xA001
    return (register & 0xFF) << 8 | register >> 8


def plain_digits(token_class: int, block: int) -> str:
    """docs/sts.md §1: the class bits take the place of bits 28 and 27, which go to the top."""
    bits = [block >> i & 1 for i in range(64)] + [block >> 27 & 1, block >> 28 & 1]
    bits[27], bits[28] = token_class & 1, token_class >> 1
    return str(sum(bit << i for i, bit in enumerate(bits))).zfill(20)


def plain_credit_token(
    key: int, *, subclass: int, rnd: int, tid: int, amount_field: int, tables: Tables = PRODUCTION
) -> str:
    """A unit credit token under EA07."""
    upper48 = subclass << 44 | rnd << 40 | tid << 16 | amount_field
    block = upper48 << 16 | plain_crc(0, upper48)
    return plain_digits(0, plain_sta_encrypt(key, block, tables))


def plain_magnitude(exponent: int, mantissa: int) -> int:
    """docs/sts.md §2.4 and §2.5: what an exponent and a mantissa say."""
    return int(10**exponent) * mantissa + sum(16384 * int(10 ** (n - 1)) for n in range(1, exponent + 1))


def plain_amounts() -> list[int]:
    """What each of the 65,536 amount fields says, in the order of the fields."""
    return [plain_magnitude(field >> 14, field & 0x3FFF) for field in range(1 << 16)]


def plain_luhn(payload: str) -> int:
    """docs/sts.md §5.1: the digit that makes the doubled sum end in zero."""
    for candidate in range(10):
        total = 0
        for place, digit in enumerate(reversed(payload + str(candidate))):
            doubled = int(digit) * (2 if place % 2 else 1)
            total += doubled // 10 + doubled % 10
        if total % 10 == 0:
            return candidate
    raise AssertionError("one of ten digits fits")


def _substitute(block: int, k: int, table1: Sequence[int], table2: Sequence[int]) -> int:
    result = 0
    for nibble in range(16):
        table = table2 if k >> 4 * nibble + 3 & 1 else table1
        result |= table[block >> 4 * nibble & 15] << 4 * nibble
    return result


def _move_bits(block: int, targets: Sequence[int]) -> int:
    result = 0
    for source in range(64):
        result |= (block >> source & 1) << targets[source]
    return result


def _rotate_left(k: int, by: int) -> int:
    return (k << by | k >> 64 - by) & MASK64


def _rotate_right(k: int, by: int) -> int:
    return _rotate_left(k, 64 - by)
