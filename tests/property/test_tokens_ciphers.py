"""Ciphers, checksum and digits: the fast forms against the plain ones, and there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.tokens.crc import block_crc, block_crc_currency, crc16
from pos.tokens.digits import group, parse_token, token_digits
from pos.tokens.misty1 import Misty1
from pos.tokens.numbers import luhn_digit, make_drn, pan_of, parse_meter_number
from pos.tokens.sta import Sta
from pos.tokens.sta_tables import PRODUCTION, SAMPLE, StaTables
from tests.reference.plain_sts import (
    plain_crc,
    plain_digits,
    plain_luhn,
    plain_sta_decrypt,
    plain_sta_encrypt,
)

both_table_sets = pytest.mark.parametrize("tables", [PRODUCTION, SAMPLE], ids=lambda tables: tables.name)
blocks = st.integers(0, (1 << 64) - 1)
keys_64 = st.binary(min_size=8, max_size=8)
keys_128 = st.binary(min_size=16, max_size=16)


@both_table_sets
@given(key=keys_64, block=blocks)
def test_sta_encrypt_of_any_block_is_that_of_the_plain_loops(
    key: bytes, block: int, tables: StaTables
) -> None:
    assert Sta(key, tables).encrypt(block) == plain_sta_encrypt(int.from_bytes(key, "big"), block, tables)


@both_table_sets
@given(key=keys_64, block=blocks)
def test_sta_decrypt_of_any_block_is_that_of_the_plain_loops(
    key: bytes, block: int, tables: StaTables
) -> None:
    assert Sta(key, tables).decrypt(block) == plain_sta_decrypt(int.from_bytes(key, "big"), block, tables)


@both_table_sets
@given(key=keys_64, block=blocks)
def test_sta_decrypt_after_encrypt_gives_the_block_back(key: bytes, block: int, tables: StaTables) -> None:
    cipher = Sta(key, tables)

    assert cipher.decrypt(cipher.encrypt(block)) == block
    assert cipher.encrypt(cipher.decrypt(block)) == block


@given(key=keys_128, block=blocks)
def test_misty1_decrypt_after_encrypt_gives_the_block_back(key: bytes, block: int) -> None:
    cipher = Misty1(key)

    assert cipher.decrypt(cipher.encrypt(block)) == block
    assert cipher.encrypt(cipher.decrypt(block)) == block


@given(token_class=st.integers(0, 2), upper48=st.integers(0, (1 << 48) - 1))
def test_block_crc_of_any_block_is_that_of_the_plain_loops(token_class: int, upper48: int) -> None:
    data56 = token_class << 48 | upper48

    assert block_crc(data56) == plain_crc(token_class, upper48) == crc16(data56.to_bytes(7, "big"))
    assert block_crc_currency(data56) == plain_crc(token_class, upper48, currency=True)


@given(token_class=st.integers(0, 2), block=blocks)
def test_parse_token_after_token_digits_gives_class_and_block_back(token_class: int, block: int) -> None:
    digits = token_digits(token_class, block)

    assert digits == plain_digits(token_class, block)
    assert len(digits) == 20
    assert parse_token(digits) == (token_class, block)
    assert parse_token(group(digits)) == (token_class, block)
    assert parse_token(group(digits).replace(" ", "-")) == (token_class, block)


@given(number=st.integers(0, (1 << 66) - 1).filter(lambda number: number >> 27 & 3 != 3))
def test_token_digits_after_parse_token_gives_any_digits_back(number: int) -> None:
    digits = f"{number:020d}"

    assert token_digits(*parse_token(digits)) == digits


@given(payload=st.text("0123456789", min_size=1, max_size=30))
def test_luhn_digit_of_any_payload_is_that_of_the_plain_rule(payload: str) -> None:
    assert luhn_digit(payload) == plain_luhn(payload)


@given(
    manufacturer=st.text("0123456789", min_size=2, max_size=2)
    | st.text("0123456789", min_size=4, max_size=4),
    serial=st.text("0123456789", min_size=8, max_size=8),
)
def test_meter_number_written_as_drn_or_pan_is_read_as_the_same(manufacturer: str, serial: str) -> None:
    pan = pan_of(make_drn(manufacturer, serial))

    assert parse_meter_number(pan.digits) == parse_meter_number(pan.drn.digits) == pan
    assert len(pan.digits) == 18
