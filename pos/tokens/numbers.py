"""Meter numbers: DRN of 11 and 13 digits, PAN of 18 digits, Luhn digits, manufacturer codes (docs/sts.md
§5.1).
"""

from __future__ import annotations

from dataclasses import dataclass

from pos.tokens.errors import NumberError

ISSUER_OF_DRN_LENGTH = {11: "600727", 13: "0000"}
"""IIN by length of the DRN: 600727 for 11 digits, 0000 for 13 (docs/sts.md §0)."""

PAN_LENGTH = 18
_PLAIN = bytes((code - 48) % 256 for code in range(256))
_DOUBLED = bytes((2 * digit - 9 * (digit > 4)) % 256 for digit in _PLAIN)
"""The value of each digit's character, as it is and doubled, with its digits added up."""


@dataclass(frozen=True, slots=True)
class Drn:
    """A decoder reference number: manufacturer code (2 or 4 digits), serial (8 digits), Luhn digit."""

    manufacturer: str
    serial: str
    check_digit: int

    @property
    def digits(self) -> str:
        """The 11 or 13 digits as printed on the meter."""
        return f"{self.manufacturer}{self.serial}{self.check_digit}"

    def __str__(self) -> str:
        return self.digits


@dataclass(frozen=True, slots=True)
class DrnChecks:
    """Each check of a meter number on its own: ASCII digits only, 11 or 13 long, Luhn digit right."""

    digits: bool
    length: bool
    check_digit: bool


@dataclass(frozen=True, slots=True)
class Pan:
    """A meter primary account number: issuer (IIN), DRN and a Luhn digit over both, 18 digits in all."""

    issuer: str
    drn: Drn
    check_digit: int

    @property
    def digits(self) -> str:
        """The 18 digits that enter decoder key derivation."""
        return f"{self.issuer}{self.drn.digits}{self.check_digit}"

    def __str__(self) -> str:
        return self.digits


def luhn_digit(payload: str) -> int:
    """Return the Luhn check digit (0-9) of `payload`, one or more ASCII digits (docs/sts.md §5.1).

    Raises NumberError `meter.not_digits`.
    """
    # A register has millions of numbers: whole slices at a time, from the right, cost a fifth of a loop.
    return _luhn(_digits_only(payload, "payload").encode())


def _luhn(digits: bytes) -> int:
    return -(sum(digits[-1::-2].translate(_DOUBLED)) + sum(digits[-2::-2].translate(_PLAIN))) % 10


def check_drn(text: str) -> DrnChecks:
    """Return the verdicts on a meter number; blanks and dashes anywhere are ignored.

    The length counts every other character; the check digit is wrong where not all are digits.
    """
    number = _squeeze(text)
    has_digits = number.isascii() and number.isdigit()
    return DrnChecks(
        digits=has_digits,
        length=len(number) in ISSUER_OF_DRN_LENGTH,
        check_digit=has_digits and len(number) > 1 and luhn_digit(number[:-1]) == int(number[-1]),
    )


def parse_drn(text: str) -> Drn:
    """Read a meter number of 11 or 13 digits; blanks and dashes anywhere are ignored.

    Raises NumberError `meter.not_digits`, `meter.length` or `meter.check_digit`.
    """
    digits = _digits_only(_squeeze(text), "meter number")
    if len(digits) not in ISSUER_OF_DRN_LENGTH:
        raise NumberError("meter.length", f"A meter number has 11 or 13 digits; this one has {len(digits)}.")
    payload, given = digits[:-1], int(digits[-1])
    expected = luhn_digit(payload)
    if given != expected:
        raise NumberError(
            "meter.check_digit",
            f"The last digit of meter number {digits} should be {expected}: a digit is mistyped.",
        )
    return Drn(manufacturer=payload[:-8], serial=payload[-8:], check_digit=given)


def make_drn(manufacturer: str, serial: str) -> Drn:
    """Build a DRN from a manufacturer code (2 or 4 digits) and a serial (8 digits), adding its Luhn digit.

    Raises NumberError `meter.not_digits`, `meter.length`.
    """
    payload = _digits_only(manufacturer + serial, "manufacturer code and serial")
    if len(manufacturer) not in (2, 4) or len(serial) != 8:
        raise NumberError("meter.length", "A manufacturer code has 2 or 4 digits and a serial 8.")
    return Drn(manufacturer=manufacturer, serial=serial, check_digit=luhn_digit(payload))


def pan_of(drn: Drn) -> Pan:
    """Return the PAN of a DRN: issuer by length, then the Luhn digit over both (docs/sts.md §5.1)."""
    issuer = ISSUER_OF_DRN_LENGTH[len(drn.digits)]
    return Pan(issuer=issuer, drn=drn, check_digit=luhn_digit(issuer + drn.digits))


def pan_number(text: str) -> int:
    """Return `pan_of(parse_drn(text))` as one number; registers of millions of meters have no time for more.

    Raises as `parse_drn`.
    """
    digits = text.encode() if text.isascii() else b""
    issuer = ISSUER_OF_DRN_LENGTH.get(len(digits))
    if issuer is None or not digits.isdigit() or _luhn(digits[:-1]) != digits[-1] - 48:
        # The long way says what is wrong, or bears blanks.
        return int(pan_of(parse_drn(text)).digits)
    return int(issuer.encode() + digits) * 10 + _luhn(issuer.encode() + digits)


def parse_pan(text: str) -> Pan:
    """Read a PAN of 18 digits and check issuer, DRN and both Luhn digits.

    Raises NumberError `pan.not_digits`, `pan.length`, `pan.issuer`, `pan.check_digit`, `meter.check_digit`.
    """
    digits = _squeeze(text)
    if not (digits.isascii() and digits.isdigit()):
        raise NumberError("pan.not_digits", "A PAN has digits only.")
    if len(digits) != PAN_LENGTH:
        raise NumberError("pan.length", f"A PAN has 18 digits; this one has {len(digits)}.")
    for issuer in ISSUER_OF_DRN_LENGTH.values():
        if digits.startswith(issuer):
            break
    else:
        raise NumberError("pan.issuer", f"A PAN starts with 600727 or 0000, not {digits[:6]}.")
    drn = parse_drn(digits[len(issuer) : -1])
    pan = pan_of(drn)
    if pan.check_digit != int(digits[-1]):
        raise NumberError(
            "pan.check_digit",
            f"The last digit of PAN {digits} should be {pan.check_digit}: a digit is mistyped.",
        )
    return pan


def parse_meter_number(text: str) -> Pan:
    """Read what a person, a card or a file may give: a DRN of 11 or 13 digits or a PAN of 18.

    Raises the errors of `parse_drn` and `parse_pan`; a length that is none of the three is `meter.length`.
    """
    digits = _squeeze(text)
    if len(digits) == PAN_LENGTH:
        return parse_pan(digits)
    if len(digits) not in ISSUER_OF_DRN_LENGTH and digits.isdigit():
        raise NumberError(
            "meter.length", f"A meter number has 11, 13 or 18 digits; this one has {len(digits)}."
        )
    return pan_of(parse_drn(digits))


def _squeeze(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


def _digits_only(text: str, what: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise NumberError("meter.not_digits", f"The {what} must be digits only.")
    return text
