"""Telephone numbers in any usual spelling, as E.164 (docs/formats.md §1)."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat

from pos.errors import UserError

_FILLERS = str.maketrans("", "", " -./()\u00a0\u202f")


class PhoneReader:
    """Reads the numbers of a shop's country without a prefix, and those of all others with theirs."""

    def __init__(self, country: str) -> None:
        """`country` is the ISO 3166 code of two letters, such as RW."""
        self._country = country
        metadata = PhoneMetadata.metadata_for_region(country)
        assert metadata is not None
        assert metadata.mobile is not None
        self._prefix = f"+{metadata.country_code}"
        trunk: str | None = metadata.national_prefix_for_parsing
        self._trunk = trunk if trunk and trunk.isdigit() else ""
        self._mobile = re.compile(metadata.mobile.national_number_pattern or "", re.ASCII)

    def __call__(self, text: str) -> str:
        """Return a number as E.164, such as `+250788123456`.

        Raises:
            UserError: `phone.invalid`, no number that can exist in its country.
        """
        return self._home_mobile(text) or self._any(text)

    def home_text(self, phone: str) -> str:
        """Write a number (E.164) as people dial it here: `0788 413 412`, others with their country's code."""
        try:
            number = phonenumbers.parse(phone)
        except phonenumbers.NumberParseException:
            return phone
        is_home = f"+{number.country_code}" == self._prefix
        form = PhoneNumberFormat.NATIONAL if is_home else PhoneNumberFormat.INTERNATIONAL
        return phonenumbers.format_number(number, form)

    def _home_mobile(self, text: str) -> str | None:
        """Read the many plain ones without the library, which takes forty times as long; else None."""
        digits = text.translate(_FILLERS)
        if digits.startswith(self._prefix):
            digits = digits[len(self._prefix) :]
        elif self._trunk and digits.startswith(self._trunk):
            digits = digits[len(self._trunk) :]
        return f"{self._prefix}{digits}" if self._mobile.fullmatch(digits) else None

    def _any(self, text: str) -> str:
        try:
            number = phonenumbers.parse(text, self._country)
        except phonenumbers.NumberParseException as error:
            raise _invalid(text) from error
        if not phonenumbers.is_valid_number(number):
            raise _invalid(text)
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _invalid(text: str) -> UserError:
    return UserError("phone.invalid", f"{text[:40]!r} is not a telephone number.")
