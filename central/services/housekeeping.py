"""What grows and is of no more use is dropped: old sessions, guards, counts, tries and idempotency keys."""

from __future__ import annotations

from datetime import datetime, timedelta

from central.db import Database
from central.services import login_guard, sessions, sign_in_limit
from central.services.enrolment import forget_old_tries
from central.services.payments import forget_old_payments
from central.services.transactions import forget_old_keys

KEYS_KEPT = timedelta(days=30)
PAYMENTS_KEPT = timedelta(days=400)


def tidy(database: Database, now: datetime) -> None:
    """Drop what is old; several workers may do it at once."""
    with database.write() as connection:
        login_guard.forget_old(connection, now)
        sign_in_limit.forget_full(connection, now)
        forget_old_tries(connection, now)
        sessions.forget_ended(connection, now)
        forget_old_keys(connection, now - KEYS_KEPT)
        forget_old_payments(connection, now - PAYMENTS_KEPT)
