"""Meter numbers as they are typed, printed and read from cards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.tokens.errors import NumberError
from pos.tokens.numbers import make_drn, pan_number, pan_of, parse_drn, parse_meter_number, parse_pan


@pytest.mark.parametrize(("manufacturer", "issuer", "length"), [("04", "600727", 11), ("1234", "0000", 13)])
def test_pan_of_a_meter_number_has_the_issuer_of_its_length(
    manufacturer: str, issuer: str, length: int
) -> None:
    drn = make_drn(manufacturer, "12345678")
    pan = pan_of(drn)

    assert len(drn.digits) == length
    assert (pan.issuer, len(pan.digits)) == (issuer, 18)
    assert str(drn) == drn.digits
    assert str(pan) == pan.digits == issuer + drn.digits + str(pan.check_digit)


@pytest.mark.parametrize(
    "text", ["600727000000000009", "6007 2700 0000 0000 09", "00000000000", "000-0000 0000"]
)
def test_parse_meter_number_in_any_form_gives_the_same_meter(text: str) -> None:
    assert parse_meter_number(text).digits == "600727000000000009"


def test_parse_drn_of_either_length_gives_its_parts() -> None:
    short, long = (
        parse_drn("04123456782"[:10] + _last("0412345678")),
        parse_drn(make_drn("0004", "12345678").digits),
    )

    assert (short.manufacturer, short.serial) == ("04", "12345678")
    assert (long.manufacturer, long.serial) == ("0004", "12345678")


def test_parse_pan_of_a_13_digit_meter_gives_its_parts() -> None:
    pan = pan_of(make_drn("0004", "12345678"))

    assert parse_pan(pan.digits) == pan


def test_parse_drn_with_a_wrong_check_digit_names_the_right_one() -> None:
    with pytest.raises(NumberError, match="should be 3"):
        parse_drn("12345678904")


def test_parse_drn_with_any_single_digit_changed_is_refused() -> None:
    right = make_drn("04", "12345678").digits
    for place, digit in enumerate(right):
        for wrong in set("0123456789") - {digit}:
            with pytest.raises(NumberError) as refusal:
                parse_drn(right[:place] + wrong + right[place + 1 :])
            assert refusal.value.code == "meter.check_digit"


def _last(payload: str) -> str:
    return str(make_drn(payload[:2], payload[2:]).check_digit)


@given(st.sampled_from(("04", "0461")), st.integers(0, 10**8 - 1))
def test_pan_number_of_any_meter_is_that_of_the_long_way(manufacturer: str, serial: int) -> None:
    drn = make_drn(manufacturer, f"{serial:08d}")

    assert pan_number(drn.digits) == int(pan_of(drn).digits)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("04123456781", "meter.check_digit"),
        ("0412345678", "meter.length"),
        ("0412345678x", "meter.not_digits"),
        ("\u0660\u0664123456782", "meter.not_digits"),
        ("\ud800", "meter.not_digits"),
        ("", "meter.not_digits"),
    ],
)
def test_pan_number_of_no_meter_says_what_is_wrong(text: str, code: str) -> None:
    with pytest.raises(NumberError) as refusal:
        pan_number(text)

    assert refusal.value.code == code


def test_pan_number_when_typed_with_blanks_is_the_same() -> None:
    digits = make_drn("04", "12345678").digits

    assert pan_number(f"{digits[:4]} {digits[4:]}") == pan_number(digits)
