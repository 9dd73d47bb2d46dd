"""When an announced key of a supply group begins, and for how long a till may be sure that it has not."""

from __future__ import annotations

from datetime import datetime, timedelta

NOT_YET = "9999-12-31T23:59:59.999Z"
"""The start of a key that is announced while not every till knows it: an instant that never comes."""

LEAD = timedelta(days=7)
"""So long before its start head office says when it will be."""

KNOWN_FOR = timedelta(days=6)
"""So long after it last asked, a till that knows no start is sure that none has come; less than `LEAD`."""


def may_have_begun(starts_at: str, asked_at: datetime | None, now: datetime) -> bool:
    """Say whether an announced key may be in force by now without this till having been told.

    `asked_at` is when head office last said that the start is not set; all instants aware.
    """
    return starts_at == NOT_YET and (asked_at is None or now - asked_at > KNOWN_FOR)
