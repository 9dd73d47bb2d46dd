"""Token identifiers: minutes since a base date, lanes, expiry (docs/sts.md §3, docs/formats.md §8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from pos.tokens.block import TID_MAX
from pos.tokens.errors import TidError
from pos.tokens.names import BaseDate

MINUTES_PER_DAY = 1440
RESERVED_MINUTE = 1
"""00:01 of any day: never an ordinary TID (docs/sts.md §3)."""

LANES = (1, 4, 16, 60)
"""How many tills may share a group's minutes; all divide 1440 (docs/formats.md §8)."""

LEAD_MAX_MINUTES = MINUTES_PER_DAY
KEN_NEVER = 255

_NEXT_BASE_DATE = {BaseDate.Y1993: BaseDate.Y2014, BaseDate.Y2014: BaseDate.Y2035}


def minute_of(base_date: BaseDate, instant: datetime, zone: tzinfo = UTC) -> int:
    """Return whole minutes from the base date 00:00 to `instant` (aware), both read in `zone`.

    Raises TidError `tid.before_base_date`, `tid.exhausted`; TypeError if `instant` has no zone.
    """
    if instant.tzinfo is None:
        raise TypeError("an instant needs its zone")
    local = instant.astimezone(zone).replace(tzinfo=None)
    minute = (local - datetime(base_date.year, 1, 1)) // timedelta(minutes=1)  # noqa: DTZ001 - both read in `zone`
    if minute < 0:
        raise TidError(
            "tid.before_base_date", f"{local:%Y-%m-%d %H:%M} is before base date {base_date.year}."
        )
    return _within(base_date, minute)


def tid_at(base_date: BaseDate, instant: datetime, zone: tzinfo = UTC) -> int:
    """Return the TID of a first token at `instant`: its minute, or the next one at 00:01 (docs/sts.md §3).

    Raises as `minute_of`.
    """
    return next_tid(base_date, minute_of(base_date, instant, zone), last=None)


def next_tid(base_date: BaseDate, minute: int, *, last: int | None, lane: int = 0, lanes: int = 1) -> int:
    """Return the TID for the next token of a meter (docs/formats.md §8).

    `minute` is the clock's minute, `last` the meter's last TID on this till or None, `lane` this till's lane
    of `lanes`. Raises TidError `tid.lane`, `tid.lead` (over a day ahead of the clock), `tid.exhausted`.
    """
    if lanes not in LANES or not 0 <= lane < lanes:
        raise TidError("tid.lane", f"Lane {lane} of {lanes}: there are 1, 4, 16 or 60 lanes, counted from 0.")
    tid = minute if last is None else max(minute, last + 1)
    tid += (lane - tid) % lanes
    if tid % MINUTES_PER_DAY == RESERVED_MINUTE:
        tid += lanes
    if tid - minute > LEAD_MAX_MINUTES:
        raise TidError(
            "tid.lead",
            "This meter's tokens are more than a day ahead of the clock: the clock has been set wrongly.",
        )
    return _within(base_date, tid)


def instant_of(base_date: BaseDate, tid: int, zone: tzinfo = UTC) -> datetime:
    """Return the instant (aware, in `zone`) whose minute is `tid`. Raises TidError `tid.exhausted`."""
    return datetime(base_date.year, 1, 1, tzinfo=zone) + timedelta(minutes=_within(base_date, tid))


def check_not_expired(tid: int, ken: int) -> None:
    """Refuse a TID beyond a key's expiry: (tid >> 16) > KEN; KEN 255 never expires (docs/sts.md §3).

    Raises TidError `key.expired`.
    """
    if tid >> 16 > ken:
        raise TidError(
            "key.expired", f"The key has expired: its expiry number is {ken}, this token needs {tid >> 16}."
        )


def _within(base_date: BaseDate, tid: int) -> int:
    if tid <= TID_MAX:
        return tid
    following = _NEXT_BASE_DATE.get(base_date)
    remedy = (
        f"the group's meters need a rollover key change to base date {following.year}"
        if following
        else "no later base date is defined yet"
    )
    last = datetime(base_date.year, 1, 1, tzinfo=UTC) + timedelta(minutes=TID_MAX)
    raise TidError(
        "tid.exhausted",
        f"Base date {base_date.year} ended with the token of {last:%Y-%m-%d %H:%M}: {remedy}.",
    )
