"""Currencies, decimal text and the named roundings."""

from __future__ import annotations

import pytest

from pos.domain.money import (
    AmountTextError,
    format_major,
    format_scaled,
    half_up,
    minor_digits,
    parse_major,
    parse_scaled,
    round_up_to,
    share,
    tax_inside,
)


@pytest.mark.parametrize(
    ("currency", "digits"),
    [
        ("RWF", 0),
        ("UGX", 0),
        ("BIF", 0),
        ("KES", 2),
        ("TZS", 2),
        ("CDF", 2),
        ("ZAR", 2),
        ("USD", 2),
        ("KWD", 3),
    ],
)
def test_minor_digits_when_currency_is_known_then_iso_4217(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


def test_minor_digits_when_currency_is_unknown_then_refused() -> None:
    with pytest.raises(AmountTextError) as caught:
        minor_digits("rwf")
    assert caught.value.code == "money.currency"


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("5000", "RWF", 5000),
        ("5000.00", "RWF", 5000),
        ("12.5", "KES", 1250),
        ("0.01", "USD", 1),
        ("1.005", "KWD", 1005),
        ("007", "RWF", 7),
        ("0", "KES", 0),
    ],
)
def test_parse_major_when_text_is_decimal_then_minor_units(text: str, currency: str, minor: int) -> None:
    assert parse_major(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (text, "money.text")
        for text in ["", " 5", "5 ", "-5", "+5", "1,5", "1e3", ".5", "5.", "٣", "1_0", "5\n"]
    ]
    + [("0.001", "money.digits"), ("99999999999999999", "money.range"), ("9" * 19, "money.text")],
)
def test_parse_major_when_text_is_no_amount_then_refused(text: str, code: str) -> None:
    with pytest.raises(AmountTextError) as caught:
        parse_major(text, "KES")
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (5000, "RWF", "5000"),
        (1250, "KES", "12.50"),
        (1, "KES", "0.01"),
        (-5, "KWD", "-0.005"),
        (0, "USD", "0.00"),
    ],
)
def test_format_major_when_minor_units_then_plain_decimal(minor: int, currency: str, text: str) -> None:
    assert format_major(minor, currency) == text


def test_format_scaled_when_parsed_back_then_same() -> None:
    assert parse_scaled(format_scaled(23_853, 3), 3) == 23_853


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(1, 2, 1), (3, 2, 2), (-1, 2, 0), (-3, 2, -1), (1, 3, 0), (2, 3, 1), (0, 7, 0), (119443, 100, 1194)],
)
def test_half_up_when_between_two_numbers_then_nearest_and_half_up(
    numerator: int, denominator: int, rounded: int
) -> None:
    assert half_up(numerator, denominator) == rounded


def test_share_and_tax_inside_when_vat_then_on_top_and_out_of() -> None:
    assert share(500, 180_000) == 90
    assert tax_inside(590, 180_000) == 90
    assert share(25, 20_000) == 1
    assert share(24, 20_000) == 0


@pytest.mark.parametrize(("amount", "step", "up"), [(4997, 5, 5000), (5000, 5, 5000), (0, 5, 0), (1, 1, 1)])
def test_round_up_to_when_coins_then_next_multiple(amount: int, step: int, up: int) -> None:
    assert round_up_to(amount, step) == up
