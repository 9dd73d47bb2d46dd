"""Whether the machine's clock may date a token (docs/formats.md §8)."""

from __future__ import annotations

from datetime import datetime, timedelta

from pos.errors import MachineFault, UserError
from pos.models.ledger_book import FORWARD_TOLERANCE

BACK_TOLERANCE = timedelta(minutes=5)


def token_instant(now: datetime, trusted_at: datetime) -> datetime:
    """Return the instant that dates a token: the wall clock, or the trusted one if that is ahead.

    `now` is the wall clock, `trusted_at` the greatest instant of the journal or the server; both aware.

    Raises:
        MachineFault: `clock.back`, the clock is over five minutes behind what was already recorded. It ends
            by itself when the clock is right.
        UserError: `clock.confirm`, the clock is over a week ahead of the last record: a supervisor says
            today's date.
    """
    if now < trusted_at - BACK_TOLERANCE:
        raise MachineFault(
            "clock.back",
            f"This computer's clock says {now:%Y-%m-%d %H:%M} UTC, but the last record is from "
            f"{trusted_at:%Y-%m-%d %H:%M} UTC. Set the clock right; no token is made until then.",
        )
    if now > trusted_at + FORWARD_TOLERANCE:
        raise UserError(
            "clock.confirm",
            f"The last record is from {trusted_at:%Y-%m-%d}, this computer says {now:%Y-%m-%d}. "
            "A supervisor must confirm today's date.",
        )
    return max(now, trusted_at)
