"""Meter numbers read the short way and the long way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import UserError
from pos.services.meter_shop import read_number
from pos.tokens.numbers import parse_meter_number


@given(st.from_regex(r"\A[0-9]{10,19}\Z"))
def test_read_number_when_any_digits_then_as_the_token_engine_reads_them(text: str) -> None:
    try:
        pan = parse_meter_number(text)
    except UserError as error:
        with pytest.raises(UserError) as caught:
            read_number(text)
        assert caught.value.code == error.code
    else:
        assert read_number(text) == (pan.drn.digits, int(pan.digits))


@given(st.sampled_from(("04", "0412")), st.integers(0, 99_999_999), st.integers(0, 9))
def test_read_number_when_meter_numbers_then_one_check_digit_in_ten_is_right(
    maker: str, serial: int, digit: int
) -> None:
    text = f"{maker}{serial:08d}{digit}"
    try:
        expected = parse_meter_number(text)
    except UserError:
        with pytest.raises(UserError):
            read_number(text)
    else:
        assert read_number(text) == (expected.drn.digits, int(expected.digits))
        assert read_number(expected.digits) == read_number(f" {text[:4]}-{text[4:]} ")


@pytest.mark.parametrize("text", ["", "x", "٠٤٠٠٠٠٠٠٠١٠", "0400000001²"])
def test_read_number_when_no_ascii_digits_then_refused(text: str) -> None:
    with pytest.raises(UserError) as caught:
        read_number(text)

    assert caught.value.code in ("meter.not_digits", "meter.length")
