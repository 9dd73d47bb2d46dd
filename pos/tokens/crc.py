"""The checksum inside a token: CRC-16 with its two bytes swapped, and CRC_C for currency (docs/sts.md §2.6).

A CRC is linear, so one table per byte position, XORed together, gives it without a loop. The tables already
hold the swapped form that is stored in the token.
"""

from __future__ import annotations

from struct import Struct

_POLYNOMIAL = 0xA001
_START = 0xFFFF
_DATA_LENGTH = 7
_CURRENCY_TAIL = b"\x01"

_eight_bytes = Struct(">Q").pack


def crc16(data: bytes) -> int:
    """Return the CRC of any bytes in the stored (byte-swapped) form, computed bit by bit."""
    crc = _START
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ _POLYNOMIAL if crc & 1 else crc >> 1
    return (crc & 0xFF) << 8 | crc >> 8


def _position_tables(tail: bytes) -> tuple[tuple[int, ...], ...]:
    """One table of 256 per byte position; the first also carries the CRC of all zeros."""
    zeros = bytearray(_DATA_LENGTH)
    base = crc16(bytes(zeros) + tail)
    tables = []
    for position in range(_DATA_LENGTH):
        table = []
        for byte in range(256):
            data = bytearray(zeros)
            data[position] = byte
            table.append(crc16(bytes(data) + tail) ^ (0 if position == 0 else base))
        tables.append(tuple(table))
    return tuple(tables)


_T0, _T1, _T2, _T3, _T4, _T5, _T6 = _position_tables(b"")
_C0, _C1, _C2, _C3, _C4, _C5, _C6 = _position_tables(_CURRENCY_TAIL)


def block_crc(data56: int) -> int:
    """Return the CRC for `data56` = class << 48 | the upper 48 bits of the block (docs/sts.md §2.6)."""
    _, a, b, c, d, e, f, g = _eight_bytes(data56)
    return _T0[a] ^ _T1[b] ^ _T2[c] ^ _T3[d] ^ _T4[e] ^ _T5[f] ^ _T6[g]


def block_crc_currency(data56: int) -> int:
    """Return CRC_C: the same over the seven bytes and one byte 0x01 (class 0, sub-class 4-7 only)."""
    _, a, b, c, d, e, f, g = _eight_bytes(data56)
    return _C0[a] ^ _C1[b] ^ _C2[c] ^ _C3[d] ^ _C4[e] ^ _C5[f] ^ _C6[g]
