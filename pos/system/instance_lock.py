"""One writer per data folder: the lock that the window takes, and every command that writes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from pos.errors import UserError
from pos.system.network_share import refuse_network_share
from pos.system.paths import DataFolder, folder_fault

LOCK_NAME = "writer.lock"


class InstanceLock:
    """Held while a program writes in a data folder; the operating system lets go of it if the program dies.

    The file stays; only the lock on it counts.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, folder: DataFolder) -> Self:
        """Take the lock of a folder, which must exist.

        Raises UserError `till.in_use`; MachineFault `disk.network_share`, `disk.read_only`, `disk.full`,
        `disk.write`.
        """
        refuse_network_share(folder.root)
        descriptor = _opened(folder.root / LOCK_NAME)
        if not _try_lock(descriptor):
            os.close(descriptor)
            raise UserError(
                "till.in_use", "This till is in use: close its window, or wait for the other command to end."
            )
        return cls(descriptor)

    def release(self) -> None:
        """Let go; a second time changes nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _opened(path: Path) -> int:
    try:
        # Python makes descriptors that child processes do not inherit: no child can keep the lock alive.
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise folder_fault(path.parent, error) from error


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
        # Not lockf: that lock is the process's, and closing any descriptor of the file would end it.
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
