"""Holding meters by their number: whoever sells to, makes or merges one goes after the other."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

_HOLD = text("SELECT pg_advisory_xact_lock(pan) FROM unnest(cast(:pans AS bigint[])) AS pan")


def hold_meters(connection: Connection, pans: Iterable[int]) -> None:
    """Hold these PANs until the transaction ends, in one order for all; known or not.

    Take them before rows of these meters are locked. SQLite has one writer anyway.
    """
    wanted = sorted(set(pans))
    if wanted and connection.dialect.name == "postgresql":
        connection.execute(_HOLD, {"pans": wanted})


__all__ = ["hold_meters"]
