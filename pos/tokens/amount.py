"""The 16-bit amount of a token and the 20-bit currency amount, both ways (docs/sts.md §2.4, §2.5).

Everything is an integer: unit amounts in tenths (0.1 kWh, 0.1 m³, 0.1 minute, 1 W for limits), currency
amounts in steps of 0.00001 of the base currency.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pos.tokens.errors import AmountError, FieldError

MANTISSA_MAX = 0x3FFF
AMOUNT_MAX = 18_201_624
"""The largest amount a unit credit token can carry, in tenths (field 0xFFFF)."""

CURRENCY_STEPS_PER_UNIT = 100_000
_EXPONENT_MAX_CURRENCY = 31
_STEP_DECIMALS = 5
_DECIMAL_TEXT_MAX = 100
_DECIMAL_TEXT = re.compile(r"([+-]?)(?=\.?\d)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?", re.ASCII)


def _offset(exponent: int) -> int:
    """Sum of 16384 * 10^(n-1) for n = 1..exponent: where the range of an exponent begins."""
    return 16384 * (int(10**exponent - 1) // 9)


_OFFSETS = tuple(_offset(exponent) for exponent in range(_EXPONENT_MAX_CURRENCY + 1))
CURRENCY_MAX = 10**_EXPONENT_MAX_CURRENCY * MANTISSA_MAX + _OFFSETS[-1]
"""The largest currency magnitude, in steps of 0.00001."""

_CURRENCY_DIGITS_MAX = len(str(CURRENCY_MAX))


def encode_amount(units: int) -> int:
    """Return the 16-bit field for `units` tenths, rounded up to what the field can say (docs/sts.md §2.4).

    Raises AmountError `amount.range` outside 0..18201624.
    """
    if not 0 <= units <= AMOUNT_MAX:
        raise AmountError("amount.range", f"A token carries 0 to {AMOUNT_MAX} tenths of a unit, not {units}.")
    exponent, mantissa = _round_up(units, 3)
    return exponent << 14 | mantissa


def decode_amount(amount_field: int) -> int:
    """Return the tenths that a 16-bit field says (docs/sts.md §2.4). Raises FieldError `field.amount`."""
    if not 0 <= amount_field <= 0xFFFF:
        raise FieldError("field.amount", f"An amount field has 16 bits; {amount_field} does not fit.")
    exponent = amount_field >> 14
    return int(10**exponent) * (amount_field & MANTISSA_MAX) + _OFFSETS[exponent]


def largest_amount_not_above(units: int) -> int:
    """Return the largest amount in tenths that a token can carry and that is not above `units`.

    What a sale uses: nobody is over-issued, the rest is carried. Above 18201624 the answer is 18201624.
    Raises AmountError `amount.range` below 0.
    """
    if units < 0:
        raise AmountError("amount.range", f"An amount cannot be below zero: {units}.")
    exponent, mantissa = _round_down(units, 3)
    return int(10**exponent) * mantissa + _OFFSETS[exponent]


@dataclass(frozen=True, slots=True)
class CurrencyField:
    """A currency amount as a token carries it: S&E nibble and 16-bit amount field (docs/sts.md §2.5)."""

    s_and_e: int
    amount_field: int

    @property
    def exponent(self) -> int:
        """The five exponent bits, 0..31."""
        return (self.s_and_e & 7) << 2 | self.amount_field >> 14

    @property
    def mantissa(self) -> int:
        """The fourteen mantissa bits."""
        return self.amount_field & MANTISSA_MAX

    @property
    def is_negative(self) -> bool:
        """Whether the sign bit is set."""
        return self.s_and_e >> 3 == 1


def encode_currency(steps: int) -> CurrencyField:
    """Return the field for `steps` of 0.00001: magnitude up if positive, down if negative (docs/sts.md §2.5).

    Both roundings favour the customer. Raises AmountError `amount.range`.
    """
    if abs(steps) > CURRENCY_MAX:
        raise _beyond_currency(is_negative=steps < 0)
    rounded = (
        _round_up(steps, _EXPONENT_MAX_CURRENCY)
        if steps >= 0
        else _round_down(-steps, _EXPONENT_MAX_CURRENCY)
    )
    return _currency_field(*rounded, is_negative=steps < 0)


def decode_currency(field: CurrencyField) -> int:
    """Return the signed steps of 0.00001 that a currency field says (docs/sts.md §2.5).

    Raises FieldError `field.s_and_e`, `field.amount`.
    """
    if not 0 <= field.s_and_e <= 0xF:
        raise FieldError("field.s_and_e", f"Sign and exponent share 4 bits; {field.s_and_e} does not fit.")
    if not 0 <= field.amount_field <= 0xFFFF:
        raise FieldError("field.amount", f"An amount field has 16 bits; {field.amount_field} does not fit.")
    magnitude = int(10**field.exponent) * field.mantissa + _OFFSETS[field.exponent]
    return -magnitude if field.is_negative else magnitude


def largest_currency_not_above(steps: int) -> int:
    """Return the largest representable signed amount, in steps of 0.00001, that is not above `steps`.

    Above the largest representable amount the answer is that amount. Raises AmountError `amount.range` below
    the smallest one.
    """
    if steps < -CURRENCY_MAX:
        raise _beyond_currency(is_negative=True)
    if steps >= 0:
        field = _currency_field(*_round_down(steps, _EXPONENT_MAX_CURRENCY), is_negative=False)
    else:
        field = _currency_field(*_round_up(-steps, _EXPONENT_MAX_CURRENCY), is_negative=True)
    return decode_currency(field)


def parse_currency(text: str) -> int:
    """Return steps of 0.00001 for decimal text in the base currency (`"1"`, `"-0.5"`, `"1.82E+14"`).

    A remainder below one step is rounded toward plus infinity, in the customer's favour, like the field
    itself. Raises AmountError `amount.too_long`, `amount.not_decimal`, `amount.range`.
    """
    if len(text) > _DECIMAL_TEXT_MAX:
        raise AmountError(
            "amount.too_long", f"An amount has at most {_DECIMAL_TEXT_MAX} characters, not {len(text)}."
        )
    match = _DECIMAL_TEXT.fullmatch(text)
    if not match:
        raise AmountError("amount.not_decimal", f"Not a decimal amount: {text[:60]!r}.")
    sign, whole, fraction, exponent = match.groups()
    value = int(f"{sign}{whole}{fraction}")
    power = int(exponent or 0) - len(fraction) + _STEP_DECIMALS
    if not value:
        return 0
    if power + len(str(abs(value))) > _CURRENCY_DIGITS_MAX:
        raise _beyond_currency(is_negative=value < 0)
    if power >= 0:
        return int(value * 10**power)
    # Dividing by more than the text can hold changes nothing: what is left is the sign.
    return int(-(-value // 10 ** min(-power, _DECIMAL_TEXT_MAX)))


def format_currency(steps: int) -> str:
    """Return `steps` of 0.00001 as decimal text in the base currency, five decimals."""
    whole, rest = divmod(abs(steps), CURRENCY_STEPS_PER_UNIT)
    return f"{'-' if steps < 0 else ''}{whole}.{rest:05d}"


def _round_up(units: int, exponent_max: int) -> tuple[int, int]:
    """The smallest exponent whose range reaches `units`, and the mantissa that is not below it."""
    exponent = next(e for e in range(exponent_max + 1) if units <= _OFFSETS[e] + 10**e * MANTISSA_MAX)
    return exponent, max(0, -((_OFFSETS[exponent] - units) // 10**exponent))


def _round_down(units: int, exponent_max: int) -> tuple[int, int]:
    """The largest exponent whose range begins at or below `units`, and the mantissa that is not above it."""
    exponent = max(e for e in range(exponent_max + 1) if units >= _OFFSETS[e])
    return exponent, min(MANTISSA_MAX, (units - _OFFSETS[exponent]) // 10**exponent)


def _beyond_currency(*, is_negative: bool) -> AmountError:
    side = "below the lowest" if is_negative else "above the highest"
    return AmountError("amount.range", f"The amount is {side} that a currency token can carry.")


def _currency_field(exponent: int, mantissa: int, *, is_negative: bool) -> CurrencyField:
    sign = 1 if is_negative else 0
    return CurrencyField(s_and_e=sign << 3 | exponent >> 2, amount_field=(exponent & 3) << 14 | mantissa)
