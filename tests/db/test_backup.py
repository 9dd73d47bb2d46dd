import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import pos.services.backup
from pos.domain.journal import head_message
from pos.domain.permissions import Role
from pos.errors import KilotillError
from pos.services.backup import BackupJob, BackupPlan, Backups, list_backups
from pos.system.backup_file import read_backup, unpack_backup
from pos.system.disk import LOW_BYTES, STOP_BYTES
from pos.system.secret_names import TILL_KEY
from pos.tokens.secret import Secret
from tests.factories.backups import CHEAP, PASSPHRASE, BackedShop, make_backed_shop
from tests.fakes.disk import FakeDisk
from tests.fakes.secret_store import MemorySecretStore

UNFINISHED = ".kilotill-unfinished-*"
WORK = "backup-work-*"


@pytest.fixture
def backed(tmp_path: Path) -> BackedShop:
    return make_backed_shop(tmp_path)


def test_backup_when_made_holds_the_book_to_its_head_and_the_vault(
    backed: BackedShop, tmp_path: Path
) -> None:
    drn = backed.shop.add_meter(1)
    backed.sell(drn, 3)
    (backed.folder.root / "vault.sealed").write_bytes(b"sealed keys")

    made = backed.back_up()

    backed.sell(drn)
    assert made.path.name == "kilotill-T03-20261120T080300Z.kbk"
    files = unpacked(made.path, tmp_path / "out")
    assert sorted(path.name for path in files.iterdir()) == ["till.sqlite", "vault.sealed"]
    assert (files / "vault.sealed").read_bytes() == b"sealed keys"
    assert answer(files / "till.sqlite", "SELECT count(*) FROM sale") == 3
    assert answer(files / "till.sqlite", "SELECT head_seq FROM book") == made.head.head_seq
    assert not list(backed.folder.root.glob(WORK))
    assert [path.name for path in backed.stick.iterdir()] == [made.path.name]


def test_backup_when_somebody_sells_between_its_steps_makes_nobody_wait_and_is_one_moment(
    backed: BackedShop,
) -> None:
    drn = backed.shop.add_meter(1)
    backed.sell(drn)
    job = backed.backups.begin()

    steps = 0
    while job.step():
        backed.sell(drn)
        steps += 1

    assert steps > 2
    assert job.made is not None
    assert job.made.head.head_seq < backed.head().head_seq
    assert job.step() is False


def test_copy_when_somebody_sells_between_its_pages_does_not_begin_again(backed: BackedShop) -> None:
    drn = backed.shop.add_meter(1)
    sales = iter(range(10**6))

    def sell_one() -> bool:
        next(sales)
        backed.sell(drn)
        return True

    copy = backed.folder.root / "copy.sqlite"
    before = backed.head().head_seq
    monkey = pytest.MonkeyPatch()
    monkey.setattr("pos.models.database_copy.PAGES_PER_STEP", 5)
    pos.services.backup.copy_database(backed.folder.database, copy, pause_s=0, goes_on=sell_one)
    monkey.undo()

    assert next(sales) > 10
    assert answer(copy, "SELECT head_seq FROM book") == before


def test_backup_when_cancelled_leaves_nothing_behind(backed: BackedShop) -> None:
    job = backed.backups.begin()
    assert job.step()

    job.cancel()

    assert job.run() is None
    assert list(backed.stick.iterdir()) == []
    assert not list(backed.folder.root.glob(WORK))


def test_backup_when_cancelled_during_the_copy_stops_it(backed: BackedShop) -> None:
    job = backed.backups.begin()
    steps = job._work()
    job._is_cancelled = True

    assert list(steps) == []
    assert job.made is None
    assert not list(backed.folder.root.glob(WORK))


def test_backup_when_another_one_runs_beside_it_does_not_disturb_it(backed: BackedShop) -> None:
    first = backed.backups.begin()
    assert first.step()

    second = backed.back_up()

    made = first.run()
    assert made is not None
    assert {path.name for path in backed.stick.iterdir()} == {made.path.name, second.path.name}


def test_backup_when_a_power_cut_left_pieces_takes_the_old_ones_away(backed: BackedShop) -> None:
    old, new = backed.folder.root / "backup-work-old", backed.folder.root / "backup-work-new"
    piece = backed.stick / ".kilotill-unfinished-old"
    now = backed.shop.clock.now().timestamp()
    for path in (old, new):
        path.mkdir()
    piece.touch()
    for path, age_s in ((old, 90_000), (piece, 90_000), (new, 60)):
        os.utime(path, (now - age_s, now - age_s))

    backed.back_up()

    assert (old.exists(), piece.exists(), new.exists()) == (False, False, True)


def test_backup_when_the_till_has_a_key_is_signed(backed: BackedShop) -> None:
    key, secrets = Ed25519PrivateKey.generate(), MemorySecretStore()
    secrets.set(TILL_KEY, Secret(key.private_bytes_raw()))

    made = backups(backed, secrets=secrets).begin().run()

    assert made is not None
    head = read_backup(made.path).head
    message = head_message(
        at=head.at, line_hash_hex=backed.head().head_hash.hex(), seq=head.head_seq, till=UUID(head.till)
    )
    key.public_key().verify(bytes.fromhex(head.signature), message)


def test_backup_when_it_leaves_the_disk_is_sealed(
    backed: BackedShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pos.services.backup, "is_other_disk", lambda *_: True)
    assert code_of(backed.backups.begin) == "backup.passphrase_missing"
    backed.backups.set_passphrase(PASSPHRASE, CHEAP)

    made = backed.back_up()

    assert made.is_sealed
    assert b"Test" not in made.path.read_bytes()
    assert code_of(lambda: unpacked(made.path, tmp_path / "none")) == "backup.passphrase_missing"
    assert code_of(lambda: unpacked(made.path, tmp_path / "wrong", "wrong goats")) == "backup.passphrase"
    files = unpacked(made.path, tmp_path / "out", PASSPHRASE)
    assert (files / "backup.lock").read_bytes() == (backed.folder.root / "backup.lock").read_bytes()
    report = backed.restore(tmp_path / "new", made, passphrase=PASSPHRASE)
    assert report.new_code == "T03B"
    assert (tmp_path / "new" / "backup.lock").exists()


def test_backup_when_the_plan_wants_it_is_sealed_on_the_same_disk_too(backed: BackedShop) -> None:
    always = backups(backed, always_seals=True)
    always.set_passphrase(PASSPHRASE, CHEAP)

    made = always.begin().run()

    assert made is not None and made.is_sealed


def test_backup_when_the_written_file_is_damaged_is_not_kept(
    backed: BackedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = backed.back_up()
    job = backed.backups.begin()
    while not list(backed.stick.glob(UNFINISHED)):
        assert job.step()
    (written,) = backed.stick.glob(UNFINISHED)
    while written.stat().st_size < whole.size_bytes * 0.9:
        assert job.step()
    data = bytearray(written.read_bytes())
    data[len(data) // 2] ^= 1
    written.write_bytes(data)

    assert code_of(job.run) == "backup.damaged"
    assert [path.name for path in backed.stick.iterdir()] == [whole.path.name]


def test_backup_when_the_database_is_damaged_says_so(backed: BackedShop) -> None:
    backed.sell(backed.shop.add_meter(1))
    backed.shop.units.close()
    data = bytearray(backed.folder.database.read_bytes())
    connection = sqlite3.connect(backed.folder.database)
    (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'sale_line'").fetchone()
    connection.close()
    data[(root - 1) * 4096 + 10 : (root - 1) * 4096 + 60] = b"\xff" * 50
    backed.folder.database.write_bytes(data)

    assert code_of(backed.back_up) == "disk.damaged"
    assert list(backed.stick.iterdir()) == []


def test_backup_when_no_till_is_set_up_has_nothing_to_do(backed: BackedShop) -> None:
    with backed.shop.units.write() as unit:
        unit.connection.exec_driver_sql("DELETE FROM book")

    assert code_of(backed.back_up) == "backup.no_till"


def test_folder_when_the_stick_is_out_is_not_made_up_for(backed: BackedShop) -> None:
    backed.stick.rmdir()

    assert code_of(backed.backups.begin) == "backup.no_folder"
    assert not backed.stick.exists()


def test_folder_when_it_is_the_tills_own_is_made(backed: BackedShop) -> None:
    made = backups(backed, folder=backed.folder.backups).begin().run()

    assert made is not None
    assert made.path.parent == backed.folder.root / "backups"


def test_stick_when_pulled_during_the_work_ends_it_with_a_code(backed: BackedShop) -> None:
    job = backed.backups.begin()
    job.step()
    backed.stick.rmdir()

    assert code_of(job.run).startswith("disk.")


def test_rotation_when_there_are_more_than_wanted_takes_the_oldest_of_this_till_only(
    backed: BackedShop,
) -> None:
    others = [backed.stick / "kilotill-T04-20200101T000000Z.kbk", backed.stick / "letter.txt"]
    for path in others:
        path.write_bytes(b"mine")
    made = []
    for _ in range(5):
        made.append(backed.back_up())
        backed.shop.clock.pass_time(hours=24)

    assert [path for _, path in list_backups(backed.stick, "T03")] == [one.path for one in made[-3:]]
    assert all(path.exists() for path in others)


def test_rotation_when_room_is_short_takes_old_ones_but_never_the_last_two(backed: BackedShop) -> None:
    for _ in range(3):
        backed.back_up()
        backed.shop.clock.pass_time(hours=24)
    backed.disk.free = LOW_BYTES - 1

    backed.back_up()

    assert len(list_backups(backed.stick, "T03")) == 2


def test_backup_when_there_is_no_room_refuses_and_keeps_the_last_two(backed: BackedShop) -> None:
    for _ in range(3):
        backed.back_up()
        backed.shop.clock.pass_time(hours=24)
    backed.disk.free = STOP_BYTES - 1

    assert code_of(backed.back_up) == "backup.no_room"
    assert len(list_backups(backed.stick, "T03")) == 3

    # The till's own disk has room for the copy, the stick has none.
    job = backed.backups.begin()
    backed.disk.free = 10**12
    job.step()
    backed.disk.free = STOP_BYTES - 1
    assert code_of(job.run) == "backup.no_room"
    assert len(list_backups(backed.stick, "T03")) == 2


def test_two_backups_when_made_in_one_second_are_both_kept(backed: BackedShop) -> None:
    first, second = backed.back_up(), backed.back_up()

    assert first.path != second.path
    assert first.path.exists() and second.path.exists()


def test_due_when_a_day_has_passed_or_the_clock_was_set_back(backed: BackedShop) -> None:
    assert backed.backups.is_due("T03")
    backed.back_up()
    assert not backed.backups.is_due("T03")

    backed.shop.clock.pass_time(hours=23, minutes=59)
    assert not backed.backups.is_due("T03")
    backed.shop.clock.pass_time(minutes=1)
    assert backed.backups.is_due("T03")
    backed.shop.clock.set_wall(backed.shop.clock.now() - timedelta(days=400))
    assert backed.backups.is_due("T03")


def test_alarms_when_there_is_no_back_up_or_little_room_are_given(backed: BackedShop) -> None:
    assert [alarm.code for alarm in backed.backups.alarms("T03")] == ["backup.overdue"]
    backed.back_up()
    assert backed.backups.alarms("T03") == []

    backed.disk.free = LOW_BYTES - 1
    backed.shop.clock.pass_time(hours=49)

    assert [alarm.code for alarm in backed.backups.alarms("T03")] == ["disk.low", "backup.overdue"]


def test_make_when_the_role_may_not_is_refused(backed: BackedShop) -> None:
    cashier = backed.shop.cashier

    assert code_of(lambda: backed.backups.make(cashier)) == "permission.denied"
    assert isinstance(backed.backups.make(replace(cashier, role=Role.SUPERVISOR)), BackupJob)


def backups(backed: BackedShop, secrets: MemorySecretStore | None = None, **plan: object) -> Backups:
    wanted = BackupPlan(**{"folder": backed.stick, **plan})
    return Backups(
        backed.folder,
        backed.shop.clock,
        plan=lambda: wanted,
        secrets=secrets,
        free=FakeDisk(),
        pause_s=0,
    )


def unpacked(path: Path, folder: Path, passphrase: str | None = None) -> Path:
    folder.mkdir()
    for _ in unpack_backup(path, folder, passphrase=passphrase):
        pass
    return folder


def answer(path: Path, query: str) -> object:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchone()[0]
    finally:
        connection.close()


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code
