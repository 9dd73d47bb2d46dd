"""Files that are either the old or the new one after a power cut, never half of each."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from pos.errors import MachineFault


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content`, readable by its owner only, and on disk when this returns.

    The folder must exist. Raises MachineFault `disk.full`, `disk.write`; the old file is then untouched.
    """
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise
        sync_folder(path.parent)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise MachineFault("disk.full", f"The disk is full: {path.name} was not saved.") from error
        raise MachineFault("disk.write", f"{path.name} cannot be written: {error.strerror}.") from error


def read_whole(path: Path) -> bytes:
    """Return the content of `path`. Raises MachineFault `disk.read`; FileNotFoundError passes through."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise MachineFault("disk.read", f"{path.name} cannot be read: {error.strerror}.") from error


def sync_folder(folder: Path) -> None:
    """Make the new name itself durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
