"""Instants that clients give: with any zone, inside the years we can mean, and in UTC from here on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

_FIRST_YEAR, _LAST_YEAR = 2000, 2199


def _in_utc(at: datetime) -> datetime:
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise ValueError(f"an instant is of a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    return at.astimezone(UTC)


GivenInstant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An aware instant, turned to UTC."""
