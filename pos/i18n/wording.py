"""How one paper or screen says things: texts, money, units, shares and instants in one language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal

from babel.dates import format_datetime
from babel.numbers import format_decimal

from pos.domain.money import minor_digits
from pos.i18n.catalogue import Catalogue

NO_BREAK = "\N{NO-BREAK SPACE}"
"""Holds a number and its unit together on one line; paper shows a plain space."""

_DAYS = {"fr": "j"}
"""The short form of *days* where it is not `d`."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A language, the currency of the money and the organisation's time zone."""

    catalogue: Catalogue
    currency: str
    time_zone: tzinfo

    @property
    def language(self) -> str:
        """The two letters of the language."""
        return self.catalogue.language

    def say(self, source: str, /, **values: object) -> str:
        """Translate a text and fill its placeholders."""
        return self.catalogue.say(source, **values)

    def amount(self, amount_minor: int) -> str:
        """Write minor units as `18,500` or `12.50`, without the currency."""
        digits = minor_digits(self.currency)
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return self._number(Decimal(amount_minor).scaleb(-digits), pattern)

    def money(self, amount_minor: int) -> str:
        """Write minor units with the currency before them: `RWF 18,500`."""
        return f"{self.currency}{NO_BREAK}{self.amount(amount_minor)}"

    def units(self, units_milli: int, *, digits_min: int = 1) -> str:
        """Write thousandths of a unit with 1 to 3 digits after the point, without the unit's name."""
        pattern = "#,##0." + "0" * digits_min + "#" * (3 - digits_min)
        return self._number(Decimal(units_milli).scaleb(-3), pattern)

    def round_units(self, units_milli: int) -> str:
        """Write thousandths of a unit with one digit after the point, rounded: for figures at a glance."""
        return self._number(Decimal(units_milli).scaleb(-3), "#,##0.0")

    def rate(self, rate_micro: int) -> str:
        """Write a rate (10^-6 minor units per unit) in major units, with as many digits as it has."""
        return self._number(Decimal(rate_micro).scaleb(-6 - minor_digits(self.currency)), "#,##0.########")

    def count(self, number: int) -> str:
        """Write a whole number."""
        return self._number(Decimal(number), "#,##0")

    def percent(self, ppm: int) -> str:
        """Write parts per million as `18 %`."""
        return self._number(Decimal(ppm).scaleb(-4), "#,##0.####") + f"{NO_BREAK}%"

    def day(self, at: datetime) -> str:
        """Write the local day: `17 Nov 2026`."""
        return self._instant(at, f"d{NO_BREAK}MMM{NO_BREAK}y")

    def time(self, at: datetime) -> str:
        """Write the local time: `14:33`."""
        return self._instant(at, "HH:mm")

    def day_time(self, at: datetime) -> str:
        """Write local day and time: `17 Nov 2026 14:33`."""
        return f"{self.day(at)}{NO_BREAK}{self.time(at)}"

    def month(self, at: datetime) -> str:
        """Write the name of the local month: `November`."""
        return self._instant(at, "MMMM")

    def next_month(self, at: datetime) -> str:
        """Write the name of the month after the local one."""
        local = at.astimezone(self.time_zone)
        return self._instant(local.replace(day=1, month=local.month % 12 + 1, hour=12), "MMMM")

    def short_month(self, at: datetime) -> str:
        """Write the local month in short, for a chart: `Nov`."""
        return self._instant(at, "MMM")

    def age(self, seconds: int) -> str:
        """Write how long ago something was: `40 s`, `12 min`, `1 h 41`, `3 d`."""
        if seconds < 60:
            return f"{seconds}{NO_BREAK}s"
        minutes = seconds // 60
        if minutes < 60:
            return f"{minutes}{NO_BREAK}min"
        if minutes >= 2 * 24 * 60:
            return f"{minutes // (24 * 60)}{NO_BREAK}{_DAYS.get(self.language, 'd')}"
        return f"{minutes // 60}{NO_BREAK}h{NO_BREAK}{minutes % 60:02}"

    def long_day(self, at: datetime) -> str:
        """Write the local day with its name: `Tuesday 17 November 2026`."""
        return self._instant(at, "EEEE d MMMM y")

    def short_day(self, at: datetime) -> str:
        """Write the local day without its year: `24 Oct`."""
        return self._instant(at, f"d{NO_BREAK}MMM")

    def week_day(self, at: datetime) -> str:
        """Write the local day with the short name of its day: `Tue 17 Nov`."""
        return self._instant(at, f"EEE{NO_BREAK}d{NO_BREAK}MMM")

    def seconds(self, at: datetime) -> str:
        """Write the local time to the second: `14:33:02`."""
        return self._instant(at, "HH:mm:ss")

    def _number(self, value: Decimal, pattern: str) -> str:
        return str(format_decimal(value, format=pattern, locale=self.language))

    def _instant(self, at: datetime, pattern: str) -> str:
        return format_datetime(at, pattern, tzinfo=self.time_zone, locale=self.language)
