"""Refuses data folders on a network share, where SQLite's locks and its write-ahead log do not hold."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path, PurePath, PureWindowsPath

from pos.errors import MachineFault

NETWORK_FILE_SYSTEMS = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4"}
    | {"smb2", "smb3", "smbfs", "fuse.ceph", "fuse.curlftpfs", "fuse.davfs2", "fuse.glusterfs"}
    | {"fuse.gvfsd-fuse", "fuse.rclone", "fuse.s3fs", "fuse.smbnetfs", "fuse.sshfs"}
)
"""Types of the mount table that mean another machine's disk (9p: a Windows disk from WSL, or a host's)."""

_DRIVE_REMOTE = 4
_OCTAL = re.compile(r"\\([0-7]{3})")


def refuse_network_share(folder: Path) -> None:
    """Let a folder of this machine's own disks pass; it need not be there yet.

    Raises MachineFault `disk.network_share`.
    """
    if _is_share(folder):
        raise MachineFault(
            "disk.network_share",
            f"{folder} is on a network share, where a lost line can damage the books: choose one on this "
            "machine's own disk. Back-ups may go to a share.",
        )


def is_mounted_share(folder: PurePath, mount_table: str) -> bool:
    """Say whether the file system that holds `folder` (no links in it) is another machine's.

    `mount_table` has the form of `/proc/mounts`: device, mount point, type and more, blanks as `\\040`.
    """
    found, found_type = PurePath(), ""
    for line in mount_table.splitlines():
        point_text, file_system = line.split(" ")[1:3]
        point = PurePath(_OCTAL.sub(lambda code: chr(int(code[1], 8)), point_text))
        # A later mount on the same point hides the earlier one.
        if folder.is_relative_to(point) and len(point.parts) >= len(found.parts):
            found, found_type = point, file_system
    return found_type in NETWORK_FILE_SYSTEMS


def is_windows_share(folder: PureWindowsPath, drive_type: Callable[[str], int]) -> bool:
    r"""Say whether a folder is `\\server\share\…` or on a drive letter that stands for a share.

    `drive_type` is Windows' GetDriveTypeW.
    """
    drive = folder.drive.upper()
    if drive.startswith("\\\\?\\UNC\\"):
        return True
    drive = drive.removeprefix("\\\\?\\")
    return drive.startswith("\\\\") or drive_type(f"{drive}\\") == _DRIVE_REMOTE


if sys.platform == "win32":
    import ctypes

    def _is_share(folder: Path) -> bool:
        return is_windows_share(PureWindowsPath(folder.absolute()), ctypes.windll.kernel32.GetDriveTypeW)

else:

    def _is_share(folder: Path) -> bool:
        try:
            mount_table = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return False  # macOS has none
        return is_mounted_share(folder.resolve(), mount_table)
