import subprocess
import sys
from pathlib import Path

import pytest

from pos.errors import MachineFault, UserError
from pos.system import network_share
from pos.system.instance_lock import InstanceLock
from pos.system.paths import DataFolder

HOLD = """
import sys
from pathlib import Path
from pos.system.instance_lock import InstanceLock
from pos.system.paths import DataFolder
lock = InstanceLock.take(DataFolder(Path(sys.argv[1])))
print("taken", flush=True)
sys.stdin.read()
"""


def is_free(folder: DataFolder) -> bool:
    try:
        InstanceLock.take(folder).release()
    except UserError as error:
        assert error.code == "till.in_use"
        return False
    return True


def test_instance_lock_when_taken_then_a_second_one_is_refused_until_released(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with InstanceLock.take(folder) as lock:
        assert not is_free(folder)
        assert not is_free(folder)  # a refused try has not loosened it
    assert is_free(folder)
    lock.release()
    assert is_free(folder)


def test_instance_lock_when_another_folder_then_is_free(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with InstanceLock.take(DataFolder(tmp_path)):
        assert is_free(DataFolder(tmp_path / "other"))


def test_instance_lock_when_the_holder_is_killed_then_is_free_at_once(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"taken"
        assert not is_free(folder)
        holder.kill()
        holder.wait()
        assert is_free(folder)


def test_instance_lock_when_a_child_process_lives_on_then_it_holds_nothing(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    lock = InstanceLock.take(folder)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        lock.release()
        assert is_free(folder)
        child.communicate(b"\n")


def test_instance_lock_when_the_folder_is_not_there_then_is_a_machine_fault(tmp_path: Path) -> None:
    with pytest.raises(MachineFault) as caught:
        InstanceLock.take(DataFolder(tmp_path / "gone"))
    assert caught.value.code == "disk.write"


def test_instance_lock_when_on_a_network_share_then_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_share, "_is_share", lambda folder: True)
    with pytest.raises(MachineFault) as caught:
        InstanceLock.take(DataFolder(tmp_path))
    assert caught.value.code == "disk.network_share"
    assert list(tmp_path.iterdir()) == []
