from pathlib import Path

import pytest

from pos.errors import MachineFault
from pos.system.disk import LOW_BYTES, STOP_BYTES, free_bytes, is_other_disk, low_room, require_room


def test_room_when_there_is_enough_says_nothing() -> None:
    require_room(LOW_BYTES)

    assert low_room(LOW_BYTES) is None


def test_room_when_it_gets_low_is_a_notice_and_selling_goes_on() -> None:
    require_room(STOP_BYTES)
    notice = low_room(LOW_BYTES - 1)

    assert notice is not None
    assert (notice.code, "1999 MB" in notice.text) == ("disk.low", True)


def test_room_when_under_the_stop_refuses() -> None:
    with pytest.raises(MachineFault, match="199 MB") as caught:
        require_room(STOP_BYTES - 1)

    assert caught.value.code == "disk.full"


def test_free_bytes_when_the_disk_is_there_and_when_it_is_gone(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0
    with pytest.raises(MachineFault) as caught:
        free_bytes(tmp_path / "gone")
    assert caught.value.code == "disk.fault"


def test_other_disk_when_folders_lie_together_is_no(tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()

    assert not is_other_disk(tmp_path / "backups", tmp_path)


def test_other_disk_when_the_device_differs_is_yes(tmp_path: Path) -> None:
    assert is_other_disk(Path("/proc"), tmp_path)


def test_other_disk_when_it_is_gone_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(MachineFault) as caught:
        is_other_disk(tmp_path / "gone", tmp_path)
    assert caught.value.code == "disk.fault"
