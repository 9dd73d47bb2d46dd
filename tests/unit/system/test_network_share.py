from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from pos.errors import MachineFault
from pos.system import network_share
from pos.system.network_share import is_mounted_share, is_windows_share, refuse_network_share

MOUNTS = r"""/dev/sda1 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
nas:/shop /mnt/nas nfs4 rw,vers=4.2 0 0
//nas/shop /mnt/our\040shop cifs rw 0 0
/dev/sdb1 /mnt/nas/local ext4 rw 0 0
user@host:/ /home/anne/far fuse.sshfs rw 0 0
C:\134 /mnt/c 9p rw,aname=drvfs 0 0
/dev/sdc1 /mnt/stick vfat rw 0 0
nas:/late /mnt/stick nfs rw 0 0
nas:/early /srv/till smb3 rw 0 0
/dev/sdd1 /srv/till xfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "is_share"),
    [
        ("/home/anne/till", False),
        ("/mnt/nas", True),
        ("/mnt/nas/till", True),
        ("/mnt/nasty", False),
        ("/mnt/nas/local/till", False),
        ("/mnt/our shop/till", True),
        ("/home/anne/far/till", True),
        ("/home/anne/farm", False),
        ("/mnt/c/Users/anne", True),
        ("/mnt/stick/till", True),  # mounted over
        ("/srv/till/data", False),  # mounted over
    ],
)
def test_mounted_share_when_a_folder_is_looked_up_then_the_nearest_and_latest_mount_decides(
    folder: str, *, is_share: bool
) -> None:
    assert is_mounted_share(PurePosixPath(folder), MOUNTS) is is_share


def test_mounted_share_when_there_is_no_table_then_is_none() -> None:
    assert not is_mounted_share(PurePosixPath("/mnt/nas"), "")


@pytest.mark.parametrize(
    ("folder", "is_share"),
    [
        (r"C:\Users\anne\till", False),
        (r"Z:\till", True),
        (r"\\nas\shop\till", True),
        (r"\\?\UNC\nas\shop\till", True),
        (r"\\?\C:\till", False),
        (r"\\?\Z:\till", True),
    ],
)
def test_windows_share_when_a_folder_is_looked_up_then_unc_and_remote_drives_are_shares(
    folder: str, *, is_share: bool
) -> None:
    types = {"C:\\": 3, "Z:\\": 4}
    assert is_windows_share(PureWindowsPath(folder), types.__getitem__) is is_share


def test_refuse_network_share_when_on_a_disk_of_this_machine_then_passes(tmp_path: Path) -> None:
    refuse_network_share(tmp_path / "not yet there")


def test_refuse_network_share_when_on_a_share_then_is_a_machine_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_share, "_is_share", lambda folder: True)
    with pytest.raises(MachineFault) as caught:
        refuse_network_share(tmp_path)
    assert caught.value.code == "disk.network_share"
