"""One server per SQLite database: a lock that the operating system lets go of when the process ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pos.errors import UserError

LOCK_NAME = "server.lock"


@contextmanager
def only_server(folder: Path) -> Iterator[None]:
    """Hold a data folder. Raises UserError `server.in_use`."""
    # Descriptors made by Python are not inherited, so no child keeps the lock alive.
    descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _try_lock(descriptor):
            raise UserError("server.in_use", f"Another server works in {folder}: stop it first.")
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
