"""How often an address may try to sign in, counted in the database for all workers together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from central.db import Database
from central.limits import Verdict, count_one
from central.models.identity import sign_in_bucket
from central.settings import Rate

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def take_sign_in(database: Database, rate: Rate, *, network: str, now: datetime) -> Verdict:
    """Count one try of a network to sign in; two at once, at whichever workers, never count as one."""
    table, mine = sign_in_bucket, sign_in_bucket.c.network == network
    with database.write(lock=f"sign-in:{network}") as connection:
        known = connection.execute(select(table.c.full_at_us).where(mine)).scalar()
        full_at_s, verdict = count_one(rate, full_at_s=(known or 0) / 1e6, now_s=_microseconds(now) / 1e6)
        values = {"full_at_us": round(full_at_s * 1e6)}
        if verdict.is_allowed and not connection.execute(update(table).where(mine).values(values)).rowcount:
            connection.execute(insert(table).values(network=network, **values))
    return verdict


def forget_full(connection: Connection, now: datetime) -> None:
    """Drop the buckets that are full again."""
    connection.execute(delete(sign_in_bucket).where(sign_in_bucket.c.full_at_us < _microseconds(now)))


def _microseconds(now: datetime) -> int:
    return (now - _EPOCH) // _MICROSECOND
