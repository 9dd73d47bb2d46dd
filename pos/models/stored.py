"""How values are stored, for the statements that bypass column types because they stand on a sale's path."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def stored(value: object) -> object:
    """Return a value as SQLite keeps it: ids as bytes, instants as milliseconds, the rest unchanged."""
    if isinstance(value, UUID):
        return value.bytes
    if isinstance(value, datetime):
        return milliseconds_of(value)
    return value


def bytes_of(text: str) -> bytes:
    """Return the 16 bytes of an id written as text."""
    return UUID(text).bytes


def milliseconds_of(instant: datetime) -> int:
    """Return an aware instant as milliseconds since 1970 UTC. Raises TypeError for a naive one."""
    return (instant - EPOCH) // _MILLISECOND


def instant_of(milliseconds: int) -> datetime:
    """Return the aware UTC instant of stored milliseconds."""
    return EPOCH + milliseconds * _MILLISECOND
