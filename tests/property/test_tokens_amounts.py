"""The amount of a token and of money in a token: always rounded in the customer's favour, and no further."""

from bisect import bisect_left, bisect_right
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pos.tokens.amount import (
    AMOUNT_MAX,
    CURRENCY_MAX,
    CurrencyField,
    decode_amount,
    decode_currency,
    encode_amount,
    encode_currency,
    format_currency,
    largest_amount_not_above,
    largest_currency_not_above,
    parse_currency,
)
from pos.tokens.errors import AmountError
from tests.reference.plain_sts import plain_amounts, plain_magnitude

ALL_AMOUNTS = plain_amounts()
PLACE_MAX = (1 << 19) - 1
edges = st.sampled_from(
    [edge + by for edge in (16383, 16384, 180214, 180224, 1818524, 1818624) for by in range(-3, 11)]
)
units = st.integers(0, AMOUNT_MAX) | edges
magnitudes = st.integers(0, 31).flatmap(
    lambda exponent: st.integers(0, min(10**exponent * 17000, CURRENCY_MAX))
)
steps = st.builds(lambda magnitude, sign: magnitude * sign, magnitudes, st.sampled_from([1, -1]))


@given(units)
def test_encode_amount_of_any_units_is_the_smallest_field_not_below(asked: int) -> None:
    assert encode_amount(asked) == bisect_left(ALL_AMOUNTS, asked)


@given(units | st.integers(AMOUNT_MAX, 10**30))
def test_largest_amount_not_above_any_units_is_the_best_of_all_fields(asked: int) -> None:
    assert largest_amount_not_above(asked) == ALL_AMOUNTS[bisect_right(ALL_AMOUNTS, asked) - 1]


def test_decode_amount_of_every_field_is_the_plain_rule_and_encodes_back() -> None:
    assert [decode_amount(field) for field in range(1 << 16)] == ALL_AMOUNTS
    assert [encode_amount(amount) for amount in ALL_AMOUNTS] == list(range(1 << 16))
    assert sorted(set(ALL_AMOUNTS)) == ALL_AMOUNTS
    assert ALL_AMOUNTS[-1] == AMOUNT_MAX


@given(units, units)
def test_encode_amount_of_more_units_is_never_a_smaller_field(one: int, other: int) -> None:
    assert (one <= other) <= (encode_amount(one) <= encode_amount(other))
    assert largest_amount_not_above(one) <= one <= decode_amount(encode_amount(one))


@example(CURRENCY_MAX)
@example(-CURRENCY_MAX)
@example(0)
@example(-1)
@given(steps)
def test_encode_currency_of_any_amount_is_the_smallest_value_not_below(asked: int) -> None:
    field = encode_currency(asked)
    got = decode_currency(field)

    assert got >= asked
    place = _place(field)
    if asked < 0:
        assert field.is_negative
        assert place == PLACE_MAX or -_magnitude(place + 1) < asked
    else:
        assert not field.is_negative
        assert place == 0 or _magnitude(place - 1) < asked


@example(CURRENCY_MAX)
@example(-CURRENCY_MAX)
@example(0)
@given(steps)
def test_largest_currency_not_above_any_amount_is_the_best_there_is(asked: int) -> None:
    best = largest_currency_not_above(asked)

    assert best <= asked
    assert decode_currency(encode_currency(best)) == best
    place = _place(encode_currency(best))
    if asked < 0:
        assert -_magnitude(place - 1) > asked
    else:
        assert place == PLACE_MAX or _magnitude(place + 1) > asked


@given(st.integers(0, 15), st.integers(0, 0xFFFF))
def test_currency_field_of_any_bits_is_the_plain_rule_and_encodes_back(s_and_e: int, amount: int) -> None:
    field = CurrencyField(s_and_e=s_and_e, amount_field=amount)
    value = decode_currency(field)

    assert abs(value) == plain_magnitude((s_and_e & 7) * 4 + amount // 16384, amount % 16384)
    assert (value < 0) == (s_and_e >= 8 and value != 0)
    assert value == 0 or encode_currency(value) == field


@given(st.integers(CURRENCY_MAX + 1, 10 * CURRENCY_MAX))
def test_largest_currency_not_above_more_than_the_largest_is_the_largest(asked: int) -> None:
    assert largest_currency_not_above(asked) == CURRENCY_MAX


@given(steps)
def test_parse_currency_of_formatted_steps_gives_them_back(value: int) -> None:
    assert parse_currency(format_currency(value)) == value


@given(st.decimals(-(10**12), 10**12, allow_nan=False, places=9))
def test_parse_currency_of_fine_decimals_rounds_up_by_less_than_a_step(value: Decimal) -> None:
    read = Decimal(parse_currency(format(value, "f")))

    assert 0 <= read - value * 100_000 < 1
    assert parse_currency(str(value)) == read


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("0e999", 0),
        ("-0e-999", 0),
        ("0." + "0" * 98, 0),
        ("0" * 99 + "1", 100_000),
        ("1e-" + "9" * 90, 1),
        ("-1e-" + "9" * 90, 0),
        ("0.000010", 1),
        ("." + "0" * 60 + "1", 1),
        ("1." + "0" * 60 + "1", 100_001),
        ("-1." + "0" * 60 + "1", -100_000),
        ("10000e-4", 100_000),
        ("5.", 500_000),
    ],
)
def test_parse_currency_of_unusual_spellings_reads_their_value(text: str, steps: int) -> None:
    assert parse_currency(text) == steps


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1e999", "above the highest"),
        ("1" * 60, "above the highest"),
        ("-1e9999", "below the lowest"),
        ("0" * 101, "at most 100 characters, not 101"),
        ("1,5", "Not a decimal amount: '1,5'"),
        ("\u0661", "Not a decimal amount"),
    ],
)
def test_parse_currency_of_what_it_cannot_read_says_why(text: str, words: str) -> None:
    with pytest.raises(AmountError, match=words):
        parse_currency(text)


@pytest.mark.parametrize("sign", [1, -1])
def test_encode_currency_beyond_its_range_says_on_which_side(sign: int) -> None:
    with pytest.raises(AmountError, match="above the highest" if sign > 0 else "below the lowest"):
        encode_currency(sign * (CURRENCY_MAX + 1))


def _place(field: CurrencyField) -> int:
    """Where a magnitude stands among all: exponent and mantissa in a row."""
    return field.exponent << 14 | field.mantissa


def _magnitude(place: int) -> int:
    return plain_magnitude(place >> 14, place & 0x3FFF)
