"""The STA cipher (EA07) in its table-driven form (docs/sts.md §4.1; why: docs/adr/0003).

A round substitutes every nibble (which table: one key bit a nibble) and permutes the 64 bits. Both work on
each byte alone, so a round is eight look-ups of pre-substituted, pre-permuted words, ORed. Two key bits
choose one of four variants of a byte's table.
"""

from __future__ import annotations

from functools import cache
from struct import Struct

from pos.tokens.names import EncryptionAlgorithm
from pos.tokens.sta_tables import PRODUCTION, StaTables

_MASK = (1 << 64) - 1
_ROUNDS = 16
_bytes_of = Struct("<Q").pack

Table = tuple[int, ...]
Round = tuple[Table, ...]
"""Eight tables of 256 words, one a byte position, least significant byte first."""


class Sta:
    """STA under one 64-bit key and one table set.

    The schedule that is kept gives the key away, so it is never shown.
    """

    __slots__ = ("_aligned", "_backward", "_fast", "_forward")
    ea = EncryptionAlgorithm.STA

    def __init__(self, key: bytes, tables: StaTables = PRODUCTION) -> None:
        if len(key) != 8:
            raise ValueError("an STA key has 8 bytes")
        inverted = int.from_bytes(key, "big") ^ _MASK
        # docs/sts.md §4.1 step 1: NOT, then rotate right by 12.
        self._aligned = inverted >> 12 | inverted << 52 & _MASK
        self._fast = _fast_tables(tables)
        self._forward = _schedule(self._aligned, self._fast.substitute_permute)
        self._backward: tuple[Round, ...] | None = None

    def encrypt(self, block: int) -> int:
        """Return the ciphertext of a 64-bit block."""
        for t0, t1, t2, t3, t4, t5, t6, t7 in self._forward:
            a, b, c, d, e, f, g, h = _bytes_of(block)
            block = t0[a] | t1[b] | t2[c] | t3[d] | t4[e] | t5[f] | t6[g] | t7[h]
        return block

    def decrypt(self, block: int) -> int:
        """Return the clear form of a 64-bit block.

        The inverse rounds, regrouped so that each is again *substitute then permute*: first one inverse
        permutation, then fifteen inverse substitutions each followed by one, then a last substitution alone.
        """
        # Made at the first use: a till encrypts with a new key for nearly every sale and seldom decrypts.
        if self._backward is None:
            self._backward = self._backward_rounds()
        for t0, t1, t2, t3, t4, t5, t6, t7 in self._backward:
            a, b, c, d, e, f, g, h = _bytes_of(block)
            block = t0[a] | t1[b] | t2[c] | t3[d] | t4[e] | t5[f] | t6[g] | t7[h]
        return block

    def _backward_rounds(self) -> tuple[Round, ...]:
        fast = self._fast
        middle = _schedule(self._aligned, fast.unsubstitute_unpermute)[:0:-1]
        return fast.unpermute, *middle, _round_tables(self._aligned, fast.unsubstitute)


class _FastTables:
    """The look-up tables of one table set; each choice list maps a key byte to one of four tables."""

    __slots__ = ("substitute_permute", "unpermute", "unsubstitute", "unsubstitute_unpermute")

    def __init__(self, tables: StaTables) -> None:
        sub1, sub2 = tables.substitution1, tables.substitution2
        permutation = tables.permutation
        straight = tuple(range(64))
        inverse = _inverted(permutation)
        self.substitute_permute = _choices(sub1, sub2, permutation)
        self.unsubstitute_unpermute = _choices(_inverted(sub1), _inverted(sub2), inverse)
        self.unsubstitute = _choices(_inverted(sub1), _inverted(sub2), straight)
        nibbles = tuple(range(16))
        self.unpermute = tuple(choice[0] for choice in _choices(nibbles, nibbles, inverse))


@cache
def _fast_tables(tables: StaTables) -> _FastTables:
    return _FastTables(tables)


def _choices(sub1: Table, sub2: Table, permutation: Table) -> tuple[tuple[Table, ...], ...]:
    """For each byte position 256 references, by key byte, to its table for key bits 3 (low nibble) and 7
    (high).
    """
    positions = []
    for position in range(8):
        low = [_nibble_words(sub, permutation, 8 * position) for sub in (sub1, sub2)]
        high = [_nibble_words(sub, permutation, 8 * position + 4) for sub in (sub1, sub2)]
        four = [
            tuple(high_word | low_word for high_word in high[kind >> 1] for low_word in low[kind & 1])
            for kind in range(4)
        ]
        positions.append(tuple(four[key >> 3 & 1 | key >> 6 & 2] for key in range(256)))
    return tuple(positions)


def _nibble_words(substitution: Table, permutation: Table, shift: int) -> list[int]:
    """The 64-bit word, permuted, for each value of the nibble at bit `shift` after substitution."""
    return [
        sum(1 << permutation[shift + bit] for bit in range(4) if substitution[value] >> bit & 1)
        for value in range(16)
    ]


def _schedule(aligned: int, choices: tuple[tuple[Table, ...], ...]) -> tuple[Round, ...]:
    """The eight tables of each round; the key turns left by one bit a round (docs/sts.md §4.1 step 2)."""
    doubled = aligned << 64 | aligned
    return tuple([_round_tables(doubled >> 64 - index & _MASK, choices) for index in range(_ROUNDS)])


def _round_tables(round_key: int, choices: tuple[tuple[Table, ...], ...]) -> Round:
    c0, c1, c2, c3, c4, c5, c6, c7 = choices
    a, b, c, d, e, f, g, h = _bytes_of(round_key)
    return c0[a], c1[b], c2[c], c3[d], c4[e], c5[f], c6[g], c7[h]


def _inverted(table: Table) -> Table:
    inverse = [0] * len(table)
    for source, target in enumerate(table):
        inverse[target] = source
    return tuple(inverse)
