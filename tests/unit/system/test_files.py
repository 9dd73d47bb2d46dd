import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from pos.errors import MachineFault
from pos.system.files import read_whole, write_atomically


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_write_when_new_and_again_then_holds_the_last_content(tmp_path: Path) -> None:
    path = tmp_path / "a.sealed"
    for content in (b"first", b"", b"third" * 1000):
        write_atomically(path, content)
        assert read_whole(path) == content
    assert names_in(tmp_path) == ["a.sealed"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has access lists, not modes")
def test_write_when_done_then_only_the_owner_may_read(tmp_path: Path) -> None:
    path = tmp_path / "a.sealed"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_atomically(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "disk.full"), (errno.EIO, "disk.write")])
def test_write_when_the_disk_fails_then_the_old_file_stays_and_nothing_is_left_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, code: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    path = tmp_path / "a.sealed"
    write_atomically(path, b"old")
    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), fail)
        with pytest.raises(MachineFault) as caught:
            write_atomically(path, b"new")
    assert caught.value.code == code
    assert read_whole(path) == b"old"
    assert names_in(tmp_path) == ["a.sealed"]


def test_write_when_stopped_half_way_then_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "a.sealed"
    write_atomically(path, b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", stop)
        with pytest.raises(KeyboardInterrupt):
            write_atomically(path, b"new")
    assert (read_whole(path), names_in(tmp_path)) == (b"old", ["a.sealed"])


def test_write_when_the_content_is_synced_then_it_is_before_the_new_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    real_fsync, real_replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (calls.append("sync"), real_fsync(descriptor))[1])
    monkeypatch.setattr(Path, "replace", lambda old, new: (calls.append("rename"), real_replace(old, new))[1])
    write_atomically(tmp_path / "a.sealed", b"content")
    assert calls == (["sync", "rename"] if sys.platform == "win32" else ["sync", "rename", "sync"])


def test_write_when_the_folder_is_missing_then_says_so(tmp_path: Path) -> None:
    with pytest.raises(MachineFault) as caught:
        write_atomically(tmp_path / "none" / "a.sealed", b"content")
    assert caught.value.code == "disk.write"


def test_read_when_there_is_no_file_or_no_access_then_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_whole(tmp_path / "a.sealed")
    with pytest.raises(MachineFault) as caught:
        read_whole(tmp_path)
    assert caught.value.code == "disk.read"
