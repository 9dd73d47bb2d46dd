"""Telephone numbers in any usual spelling, as E.164 (docs/formats.md §1).

The library is loaded with the first number: the till starts without it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from pos.errors import UserError

_HEAD_SHOWN, _TAIL_SHOWN, _LEAST_HIDDEN = 4, 3, 3
_FILLERS = str.maketrans("", "", " -./()\u00a0\u202f")


@dataclass(frozen=True, slots=True)
class _Home:
    """The shop's country: its prefix, what is dialled before a number at home, and how its mobiles look."""

    prefix: str
    trunk: str
    mobile: re.Pattern[str]


class PhoneReader:
    """Reads the numbers of a shop's country without a prefix, and those of all others with theirs."""

    def __init__(self, country: str) -> None:
        """`country` is the ISO 3166 code of two letters, such as RW."""
        self._country = country

    @cached_property
    def _home(self) -> _Home:
        from phonenumbers import PhoneMetadata

        metadata = PhoneMetadata.metadata_for_region(self._country)
        assert metadata is not None
        assert metadata.mobile is not None
        trunk: str | None = metadata.national_prefix_for_parsing
        return _Home(
            f"+{metadata.country_code}",
            trunk if trunk and trunk.isdigit() else "",
            re.compile(metadata.mobile.national_number_pattern or "", re.ASCII),
        )

    def __call__(self, text: str) -> str:
        """Return a number as E.164, such as `+250788123456`.

        Raises:
            UserError: `phone.invalid`, no number that can exist in its country.
        """
        return self._home_mobile(text) or self._any(text)

    def home_text(self, phone: str) -> str:
        """Write a number (E.164) as people dial it here: `0788 413 412`, others with their country's code."""
        import phonenumbers
        from phonenumbers import PhoneNumberFormat

        try:
            number = phonenumbers.parse(phone)
        except phonenumbers.NumberParseException:
            return phone
        is_home = f"+{number.country_code}" == self._home.prefix
        form = PhoneNumberFormat.NATIONAL if is_home else PhoneNumberFormat.INTERNATIONAL
        return phonenumbers.format_number(number, form)

    def masked_text(self, phone: str) -> str:
        """Write a number (E.164) so that nobody else in the queue can read it whole: `0788 ··· 412`."""
        home = self._home
        at_home = f"{home.trunk}{phone[len(home.prefix) :]}" if phone.startswith(home.prefix) else phone
        tail = at_home[-_TAIL_SHOWN:]
        head = at_home[: max(0, min(_HEAD_SHOWN, len(at_home) - _TAIL_SHOWN - _LEAST_HIDDEN))]
        return f"{head} ··· {tail}".lstrip()

    def _home_mobile(self, text: str) -> str | None:
        """Read the many plain ones without the library, which takes forty times as long; else None."""
        home, digits = self._home, text.translate(_FILLERS)
        if digits.startswith(home.prefix):
            digits = digits[len(home.prefix) :]
        elif home.trunk and digits.startswith(home.trunk):
            digits = digits[len(home.trunk) :]
        return f"{home.prefix}{digits}" if home.mobile.fullmatch(digits) else None

    def _any(self, text: str) -> str:
        import phonenumbers
        from phonenumbers import PhoneNumberFormat

        try:
            number = phonenumbers.parse(text, self._country)
        except phonenumbers.NumberParseException as error:
            raise _invalid(text) from error
        if not phonenumbers.is_valid_number(number):
            raise _invalid(text)
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _invalid(text: str) -> UserError:
    return UserError("phone.invalid", f"{text[:40]!r} is not a telephone number.")
