"""Money as whole minor units: currencies, decimal text and the named roundings (docs/formats.md §1, §7)."""

from __future__ import annotations

import re

from pos.domain.canonical import INTEGER_MAX
from pos.errors import UserError

PPM = 1_000_000
"""One whole, in parts per million."""

_NO_MINOR = "BIF DJF GNF JPY KMF RWF UGX XAF XOF"
_TWO_DIGITS = (
    "AED AOA BWP CDF CHF CNY CVE DZD EGP ERN ETB EUR GBP GHS GMD INR KES LRD LSL MAD MGA MRU MUR MWK MZN NAD "
    "NGN SAR SCR SDG SLE SOS SSP STN SZL TZS USD ZAR ZMW ZWG"
)
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"

MINOR_DIGITS: dict[str, int] = {
    code: digits
    for digits, codes in ((0, _NO_MINOR), (2, _TWO_DIGITS), (3, _THREE_DIGITS))
    for code in codes.split()
}
"""ISO 4217: digits after the point, by currency code."""

_DECIMAL = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,18}))?")


class AmountTextError(UserError):
    """A decimal text or a currency code that means no amount (`money.*`)."""


def minor_digits(currency: str) -> int:
    """Give the digits after the point of a currency; `money.currency` if it is not in the table."""
    digits = MINOR_DIGITS.get(currency)
    if digits is None:
        raise AmountTextError("money.currency", f"The currency {currency!r} is not known.")
    return digits


def parse_scaled(text: str, digits: int) -> int:
    """Read decimal text such as `12.5` as a whole number of 10^-`digits` steps.

    Only ASCII digits and one dot; zeros after the last step are allowed (`5000.00` with 0 digits is 5000).

    Raises:
        AmountTextError: `money.text` (no such number), `money.digits` (too fine), `money.range` (too large).
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise AmountTextError("money.text", f"{text!r} is not an amount; write it like 12.5, with a dot.")
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > digits:
        raise AmountTextError("money.digits", f"{text} has more than {digits} digits after the dot.")
    value = int(match[1] + fraction.ljust(digits, "0"))
    if value > INTEGER_MAX:
        raise AmountTextError("money.range", f"{text} is too large.")
    return value


def format_scaled(value: int, digits: int) -> str:
    """Write a whole number of 10^-`digits` steps as decimal text, with `digits` digits after the dot."""
    sign = "-" if value < 0 else ""
    text = str(abs(value)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else sign + text


def parse_major(text: str, currency: str) -> int:
    """Read decimal text in major units (`12.50`) as minor units; errors as `parse_scaled`, `minor_digits`."""
    return parse_scaled(text, minor_digits(currency))


def format_major(amount_minor: int, currency: str) -> str:
    """Write minor units as plain decimal text in major units, for files and error texts."""
    return format_scaled(amount_minor, minor_digits(currency))


def half_up(numerator: int, denominator: int) -> int:
    """Round a fraction to the nearest whole number, halves up (towards plus infinity)."""
    return (2 * numerator + denominator) // (2 * denominator)


def share(amount_minor: int, ppm: int) -> int:
    """Give `ppm` parts per million of an amount, to the minor unit, half up: tax on top, percent of money."""
    return half_up(amount_minor * ppm, PPM)


def tax_inside(gross_minor: int, ppm: int) -> int:
    """Give the tax that an amount already holds, to the minor unit, half up: gross · ppm / (10^6 + ppm)."""
    return half_up(gross_minor * ppm, PPM + ppm)


def round_up_to(amount_minor: int, step_minor: int) -> int:
    """Round an amount up to a whole number of steps, such as the smallest coin."""
    return -(-amount_minor // step_minor) * step_minor
