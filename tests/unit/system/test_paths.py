import errno
import os
import sys
from pathlib import Path

import pytest

from pos.errors import MachineFault, UserError
from pos.system.paths import DataFolder, choose_data_folder, folder_fault, make_data_folder


def test_choose_data_folder_when_given_then_takes_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert choose_data_folder(Path("shop")).root == tmp_path / "shop"
    assert not (tmp_path / "shop").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the folder differs by system")
def test_choose_data_folder_when_not_given_then_is_the_accounts_own() -> None:
    assert choose_data_folder().root == Path(os.environ["XDG_DATA_HOME"]) / "Kilotill"


def test_make_data_folder_when_new_then_is_closed_to_others(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "a" / "b")
    make_data_folder(folder)
    make_data_folder(folder)
    assert folder.root.is_dir()
    if os.name == "posix":
        assert folder.root.stat().st_mode & 0o777 == 0o700


def test_make_data_folder_when_a_file_is_there_then_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError) as caught:
            make_data_folder(DataFolder(root))
        assert caught.value.code == "data.not_a_folder"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc takes no folders, on Linux")
def test_make_data_folder_when_the_disk_refuses_then_is_a_machine_fault() -> None:
    with pytest.raises(MachineFault) as caught:
        make_data_folder(DataFolder(Path("/proc/kilotill")))
    assert caught.value.code in ("disk.write", "disk.read_only")


def test_data_folder_when_asked_then_training_is_apart(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert folder.training.database.parent != folder.database.parent
    assert folder.training.root.is_relative_to(folder.root)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk.full"),
        (errno.EROFS, "disk.read_only"),
        (errno.EACCES, "disk.read_only"),
        (errno.EIO, "disk.write"),
    ],
)
def test_folder_fault_when_the_system_refuses_then_says_what_to_do(number: int, code: str) -> None:
    fault = folder_fault(Path("shop"), OSError(number, os.strerror(number)))
    assert fault.code == code
    assert "shop" in fault.text


def test_data_folder_when_asked_then_everything_is_inside(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert {path.parent for path in (folder.database, folder.logs, folder.backups)} == {tmp_path}
    assert len({folder.database, folder.logs, folder.backups, folder.training.root}) == 4
