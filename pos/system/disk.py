"""How much room a disk has: the alarm at 2 GB, the Stop at 200 MB (docs/backup.md §6)."""

from __future__ import annotations

import shutil
from pathlib import Path

from pos.errors import MachineFault, Unavailable

LOW_BYTES = 2_000_000_000
STOP_BYTES = 200_000_000


def free_bytes(folder: Path) -> int:
    """Return what this account may still write on the disk of a folder. Raises MachineFault `disk.fault`."""
    try:
        return shutil.disk_usage(folder).free
    except OSError as error:
        raise MachineFault("disk.fault", f"{folder} cannot be reached: {error.strerror}.") from error


def require_room(free: int) -> None:
    """Refuse to begin anything that writes on a nearly full disk; `free` in bytes.

    The rest is kept for what is under way. Raises MachineFault `disk.full`.
    """
    if free < STOP_BYTES:
        raise MachineFault(
            "disk.full",
            f"Only {_megabytes(free)} MB are free on the till's disk: nothing is sold until there is room. "
            "What was sold is safe.",
        )


def low_room(free: int) -> Unavailable | None:
    """Return the notice `disk.low` below 2 GB, else None; `free` in bytes."""
    if free >= LOW_BYTES:
        return None
    return Unavailable(
        "disk.low",
        f"Only {_megabytes(free)} MB are free on the till's disk. Make room; at "
        f"{_megabytes(STOP_BYTES)} MB selling stops.",
    )


def is_other_disk(folder: Path, data_folder: Path) -> bool:
    """Say whether `folder`, which must exist, is on another disk, stick or share than the till's data.

    Raises MachineFault `disk.fault`.
    """
    try:
        return folder.stat().st_dev != data_folder.stat().st_dev
    except OSError as error:
        raise MachineFault("disk.fault", f"{folder} cannot be reached: {error.strerror}.") from error


def _megabytes(count: int) -> int:
    return count // 1_000_000
