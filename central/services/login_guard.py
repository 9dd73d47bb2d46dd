"""Waiting and lock-out after wrong passwords, counted in the database for all workers together.

Each try counts as wrong before it is looked at, and is forgiven when it was right. Two tries at once can
therefore never pass as one, and a second sign-in of the same person in the same moment is told to wait. A
lock ends by itself: nobody can shut a person out for good by typing wrong passwords.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from central.db import Database
from central.errors import Problem
from central.models.identity import login_guard
from pos.domain.lock_out import FREE, LockOut

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Try:
    """A counted try: what to put back when the password was right and only the second factor is missing."""

    name_mac: bytes
    before: LockOut
    after: LockOut


def name_mac(key: bytes, organisation: str, name: str) -> bytes:
    """Return what a name is counted under; the typed name itself is not kept."""
    return hmac.digest(key, f"{organisation}\n{name}".encode(), "sha256")


def begin_try(database: Database, mac: bytes, now: datetime) -> Try:
    """Count a try. Raises Problem 429 `login.wait` or `login.locked` while there is time left to wait."""
    with database.write(lock=f"login:{mac.hex()}") as connection:
        before = _read(connection, mac).at(_ms(now))
        if before.wait_left_ms > 0:
            raise _wait(before)
        after = before.after_wrong_pin(_ms(now))
        _write(connection, mac, state=after, now=now)
    return Try(mac, before, after)


def take_back(connection: Connection, counted: Try, now: datetime) -> None:
    """Undo a try that was neither right nor wrong."""
    _write(connection, counted.name_mac, state=counted.before, now=now)


def forgive(connection: Connection, mac: bytes) -> bool:
    """Forget all wrong tries of a name; say whether there were any."""
    return connection.execute(delete(login_guard).where(login_guard.c.name_mac == mac)).rowcount > 0


def forget_old(connection: Connection, now: datetime) -> None:
    """Drop what is a day old."""
    connection.execute(delete(login_guard).where(login_guard.c.changed_at < now - timedelta(days=1)))


def _wait(state: LockOut) -> Problem:
    seconds = math.ceil(state.wait_left_ms / 1000)
    headers = {"Retry-After": str(seconds)}
    if state.is_locked:
        minutes = math.ceil(seconds / 60)
        text = f"Too many wrong tries. Try again in {minutes} min, or ask a supervisor to unlock you."
        return Problem("login.locked", text, status=429, headers=headers)
    return Problem("login.wait", f"Wait {seconds} s before the next try.", status=429, headers=headers)


def _read(connection: Connection, mac: bytes) -> LockOut:
    row = connection.execute(select(login_guard).where(login_guard.c.name_mac == mac)).one_or_none()
    return FREE if row is None else LockOut(row.wrong, row.wait_left_ms, row.wait_from_ms, row.is_locked)


def _write(connection: Connection, mac: bytes, *, state: LockOut, now: datetime) -> None:
    values: Mapping[str, Any] = {
        "wrong": state.wrong_pins,
        "wait_left_ms": state.wait_left_ms,
        "wait_from_ms": state.wait_from_ms,
        "is_locked": state.is_locked,
        "changed_at": now,
    }
    changed = connection.execute(update(login_guard).where(login_guard.c.name_mac == mac).values(**values))
    if not changed.rowcount:
        connection.execute(insert(login_guard).values(name_mac=mac, **values))


def _ms(now: datetime) -> int:
    return (now - _EPOCH) // timedelta(milliseconds=1)
