import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pos.errors import KilotillError
from pos.system.backup_file import (
    BackupHead,
    backup_instant,
    backup_name,
    read_backup,
    unpack_backup,
    write_backup,
)
from pos.system.backup_lock import BackupLock, read_lock, write_lock
from pos.system.sealed_file import PassphraseCost

AT = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
HEAD = BackupHead(
    at=AT, app="1", schema="0001", till="t", till_code="T03", book=0, head_seq=7, head_hash="ab" * 32
)
CHEAP = PassphraseCost(memory_kib=8, passes=1)
PASSPHRASE = "seven goats cross the river"
# More than one frame, and not to be made smaller.
DATABASE = os.urandom(2_500_000)


@pytest.fixture
def till(tmp_path: Path) -> Path:
    folder = tmp_path / "till"
    folder.mkdir()
    (folder / "till.sqlite").write_bytes(DATABASE)
    (folder / "vault.sealed").write_bytes(b"sealed")
    return folder


def packed(till: Path, path: Path, lock: BackupLock | None = None) -> Path:
    seal = None if lock is None else lock.new_seal()
    steps = sum(1 for _ in write_backup(path, HEAD, folder=till, seal=seal))
    assert steps >= 3
    return path


def unpacked(path: Path, folder: Path, passphrase: str | None = None) -> dict[str, bytes]:
    folder.mkdir()
    for _ in unpack_backup(path, folder, passphrase=passphrase):
        pass
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


@pytest.mark.parametrize("sealed", [False, True], ids=["open", "sealed"])
def test_backup_when_unpacked_gives_back_the_very_files(till: Path, tmp_path: Path, *, sealed: bool) -> None:
    lock = BackupLock.make(PASSPHRASE, CHEAP) if sealed else None
    path = packed(till, tmp_path / "one.kbk", lock)

    found = unpacked(path, tmp_path / "out", PASSPHRASE)

    assert found == {"till.sqlite": DATABASE, "vault.sealed": b"sealed"}
    parts = read_backup(path)
    assert (parts.head, parts.is_sealed) == (HEAD, sealed)
    assert (DATABASE[1000:1100] in path.read_bytes()) is not sealed


def test_backup_when_sealed_opens_with_its_passphrase_only(till: Path, tmp_path: Path) -> None:
    path = packed(till, tmp_path / "one.kbk", BackupLock.make(PASSPHRASE, CHEAP))

    assert code_of(lambda: unpacked(path, tmp_path / "a")) == "backup.passphrase_missing"
    assert code_of(lambda: unpacked(path, tmp_path / "b", "six goats cross the river")) == "backup.passphrase"
    assert list((tmp_path / "b").iterdir()) == []


@pytest.mark.parametrize("sealed", [False, True], ids=["open", "sealed"])
@pytest.mark.parametrize("where", [5, 40, 1_000, 1_500_000, -20_000, -10, "cut", "longer", "frame"])
def test_backup_when_one_byte_is_wrong_is_refused(
    till: Path, tmp_path: Path, where: int | str, *, sealed: bool
) -> None:
    lock = BackupLock.make(PASSPHRASE, CHEAP) if sealed else None
    path = packed(till, tmp_path / "one.kbk", lock)
    data = bytearray(path.read_bytes())
    if where == "cut":
        del data[-5:]
    elif where == "longer":
        data += b"more"
    elif where == "frame":
        del data[len(read_backup(path).head_bytes) : len(read_backup(path).head_bytes) + 1_000_000]
    else:
        assert isinstance(where, int)
        data[where] ^= 1
    path.write_bytes(data)

    # A changed byte in the head of a sealed one can make the right passphrase look wrong.
    assert code_of(lambda: unpacked(path, tmp_path / "out", PASSPHRASE)) in (
        "backup.damaged",
        *(("backup.passphrase",) if where == 1_000 else ()),
    )


def test_backup_when_there_is_no_vault_leaves_it_out(till: Path, tmp_path: Path) -> None:
    (till / "vault.sealed").unlink()

    found = unpacked(packed(till, tmp_path / "one.kbk"), tmp_path / "out")

    assert list(found) == ["till.sqlite"]


def test_backup_when_the_head_names_foreign_files_is_refused(till: Path, tmp_path: Path) -> None:
    path = packed(till, tmp_path / "one.kbk")
    path.write_bytes(path.read_bytes().replace(b'"vault.sealed"', b'"../../passwd"', 1))

    assert code_of(lambda: read_backup(path)) == "backup.damaged"


def test_backup_when_the_file_is_gone_or_cannot_be_written_says_so(till: Path, tmp_path: Path) -> None:
    assert code_of(lambda: read_backup(tmp_path / "gone.kbk")) == "disk.read"
    assert code_of(lambda: packed(till, tmp_path / "nowhere" / "one.kbk")) == "disk.write"
    path = packed(till, tmp_path / "one.kbk")
    assert code_of(lambda: list(unpack_backup(path, tmp_path / "nowhere"))) == "disk.write"


def test_name_when_read_back_gives_the_instant_of_this_till_only() -> None:
    name = backup_name("T03", AT)

    assert name == "kilotill-T03-20261120T101500Z.kbk"
    assert backup_instant(name, "T03") == AT
    assert backup_instant(name, "T03B") is None
    assert backup_instant("kilotill-T03-20269999T101500Z.kbk", "T03") is None
    assert backup_instant("holiday.jpg", "T03") is None


def test_lock_when_stored_is_found_again_and_holds_no_secret(tmp_path: Path) -> None:
    assert read_lock(tmp_path) is None
    lock = BackupLock.make(PASSPHRASE, CHEAP)

    write_lock(tmp_path, lock)

    assert read_lock(tmp_path) == lock
    assert PASSPHRASE not in (tmp_path / "backup.lock").read_text()


def test_lock_when_the_passphrase_is_short_or_the_file_damaged_is_refused(tmp_path: Path) -> None:
    assert code_of(lambda: BackupLock.make("short")) == "backup.passphrase_short"
    for text in ("{", "[]", '{"cost": {}}'):
        (tmp_path / "backup.lock").write_text(text)
        assert code_of(lambda: read_lock(tmp_path)) == "backup.lock_damaged"


def test_seal_when_made_twice_has_two_keys() -> None:
    lock = BackupLock.make(PASSPHRASE, CHEAP)
    first, second = lock.new_seal(), lock.new_seal()

    assert first.key.reveal() != second.key.reveal()
    assert lock.key_of(PASSPHRASE, first.once_public).reveal() == first.key.reveal()
