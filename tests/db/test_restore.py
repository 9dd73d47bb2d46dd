import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pos.errors import KilotillError
from pos.models.packing import unpack_line
from pos.models.uow import Units
from pos.services.restore import Restore, RestoreRequest
from pos.services.sale_values import SaleKind
from pos.services.verify import verify
from pos.system.paths import DataFolder
from pos.system.secret_names import TILL_KEY
from pos.system.vault_file import VaultFile
from tests.factories.backups import CHEAP, PASSPHRASE, BackedShop, back_shop, head_of, make_backed_shop
from tests.factories.shop import reopen_shop
from tests.fakes.secret_store import MemorySecretStore

PROJECTIONS = (
    *(
        "sale",
        "sale_item",
        "sale_line",
        "payment",
        "token",
        "tid_guard",
        "carry",
        "meter_month",
        "case_record",
    ),
    *("posting", "total_line", "total_tender", "shift", "cash_movement"),
)


@pytest.fixture
def backed(tmp_path: Path) -> BackedShop:
    return make_backed_shop(tmp_path)


def test_drill_when_the_disk_is_gone_all_comes_back_and_the_next_receipt_is_in_the_new_series(
    backed: BackedShop, tmp_path: Path
) -> None:
    drn = backed.shop.add_meter(1, arrears_minor=9000)
    backed.sell(drn, 3)
    made = backed.back_up()
    backed.sell(drn, 3)
    backed.sell(drn, money_minor=1000, kind=SaleKind.ARREARS)
    backed.mirror.catch_up()
    before, seq = rows(backed.shop.units), backed.head().head_seq
    mirror = backed.mirror_path
    lose_the_disk(backed)

    report = backed.restore(tmp_path / "new", made, mirror=mirror)

    new = rehoused(backed, tmp_path / "new")
    assert rows(new.shop.units) == before
    assert (report.backup_seq, report.restored_seq, report.mirror_seq) == (made.head.head_seq, seq, seq)
    assert (report.missing, report.is_end_known, report.not_booked) == (None, True, ())
    assert (report.last_receipt, report.papers_lost) == ("T03-000007", 4)
    assert "Nothing is missing" in report.sentences()[0]
    assert new.sell(drn)[0].sale["receipt_number"] == report.next_receipt == "T03B-000001"
    assert verify(new.shop.units).findings == ()


def test_restore_when_there_is_no_mirror_names_the_receipts_that_are_missing(
    backed: BackedShop, tmp_path: Path
) -> None:
    drn = backed.shop.add_meter(1)
    backed.sell(drn, 2)
    made = backed.back_up()
    backed.sell(drn, 3)

    report = backed.restore(tmp_path / "new", made, last_receipt="T03-000005")

    assert report.missing is not None
    assert list(report.missing) == ["T03-000003", "T03-000004", "T03-000005"]
    assert "MISSING: 3 receipts, T03-000003 to T03-000005." in report.sentences()[0]
    new = rehoused(backed, tmp_path / "new")
    assert new.sell(drn)[0].sale["receipt_number"] == "T03B-000001"
    assert verify(new.shop.units).findings == ()


def test_restore_when_nothing_tells_the_end_says_so(backed: BackedShop, tmp_path: Path) -> None:
    backed.sell(backed.shop.add_meter(1))

    report = backed.restore(tmp_path / "new", backed.back_up())

    assert (report.missing, report.is_end_known) == (None, False)
    assert "compare with the last paper" in report.sentences()[0]


def test_restore_when_the_mirror_is_torn_in_the_middle_names_what_lies_behind(
    backed: BackedShop, tmp_path: Path
) -> None:
    drn = backed.shop.add_meter(1)
    made = backed.back_up()
    backed.sell(drn, 4)
    backed.mirror.catch_up()
    lines = backed.mirror_path.read_bytes().splitlines(keepends=True)
    torn = next(n for n, line in enumerate(lines) if b'"T03-000003"' in line)
    backed.mirror_path.write_bytes(b"".join([*lines[:torn], lines[torn][:100] + b"\n", *lines[torn + 1 :]]))

    report = backed.restore(tmp_path / "new", made, mirror=backed.mirror_path)

    assert report.last_receipt == "T03-000002"
    assert str(report.missing) == "T03-000003 to T03-000004"
    assert report.mirror_seq == backed.head().head_seq > report.restored_seq == torn
    assert not report.is_end_known


def test_restore_when_the_mirror_ends_before_the_back_up_takes_the_back_up_as_it_is(
    backed: BackedShop, tmp_path: Path
) -> None:
    drn = backed.shop.add_meter(1)
    backed.mirror.catch_up()
    mirrored = backed.head().head_seq
    backed.sell(drn, 2)
    made = backed.back_up()

    report = backed.restore(tmp_path / "new", made, mirror=backed.mirror_path)

    assert (report.mirror_seq, report.restored_seq) == (mirrored, made.head.head_seq)
    assert (report.last_receipt, report.is_end_known) == ("T03-000002", False)


def test_restore_when_a_meter_and_a_person_are_new_since_the_back_up_enters_them_and_says_so(
    backed: BackedShop, tmp_path: Path
) -> None:
    made = backed.back_up()
    drn = backed.shop.add_meter(7)
    with backed.shop.units.write() as unit:
        person = uuid4()
        unit.connection.exec_driver_sql(
            "INSERT INTO operator (id, name, role, pin_sealed, wrong_pins, wait_left_ms, wait_from_ms, "
            "is_locked, is_active) VALUES (?, 'Felix', 'S', x'', 0, 0, 0, 0, 1)",
            (person.bytes,),
        )
        key = unit.connection.exec_driver_sql("SELECT max(key) FROM operator").scalar_one()
    backed.shop.supervisor = replace(backed.shop.supervisor, id=person, key=key)
    backed.sell(drn, 2)
    backed.mirror.catch_up()

    report = backed.restore(tmp_path / "new", made, mirror=backed.mirror_path)

    shop = reopen_shop(tmp_path / "new")
    assert report.made_up == (f"operator ? {person.hex[-12:]}", f"meter {drn}")
    assert report.not_booked == ()
    assert shop.balance(f"drawer:{head_of(shop.units).till_id}") == 60_000
    assert one(shop.units, "SELECT sgc FROM meter WHERE drn = ?", drn) == "201457"
    assert one(shop.units, "SELECT is_active FROM operator WHERE id = ?", person.bytes) == 0
    assert verify(shop.units).findings == ()


def test_restore_when_a_tariff_is_new_since_the_back_up_keeps_the_lines_and_names_them(
    backed: BackedShop, tmp_path: Path
) -> None:
    drn = backed.shop.add_meter(1)
    made = backed.back_up()
    known = backed.sell(drn)[0]
    with backed.shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE tariff SET id = ?", (uuid4().bytes,))
    unknown = backed.sell(drn, 2)
    backed.mirror.catch_up()

    report = backed.restore(tmp_path / "new", made, mirror=backed.mirror_path)

    shop = reopen_shop(tmp_path / "new")
    assert [seq for seq, _ in report.not_booked] == [result.seq for result in unknown]
    assert any(f"Line {unknown[0].seq} is kept but not booked" in text for text in report.sentences())
    kept = one(
        shop.units, "SELECT line FROM former_journal WHERE place = ? AND NOT is_booked", unknown[1].seq
    )
    assert json.loads(unpack_line(kept))["body"]["sale"] == unknown[1].sale
    assert one(shop.units, "SELECT count(*) FROM sale") == 1
    assert one(shop.units, "SELECT place FROM sale") == known.place
    # Their numbers were given out: they are not missing, and not free.
    assert (report.last_receipt, report.missing) == ("T03-000003", None)
    assert verify(shop.units).findings == ()


def test_restore_when_debts_and_meters_changed_since_the_back_up_repeats_the_changes(
    backed: BackedShop, tmp_path: Path
) -> None:
    drn = backed.shop.add_meter(1, arrears_minor=2000)
    made = backed.back_up()
    meter_id = one(backed.shop.units, "SELECT id FROM meter").hex()
    said = {
        "meter_id": f"{meter_id[:8]}-{meter_id[8:12]}-{meter_id[12:16]}-{meter_id[16:20]}-{meter_id[20:]}"
    }
    state(backed, "arrears_changed", {**said, "drn": drn, "amount_minor": 700, "reason": "found"})
    changes = [{"field": "status", "old": "active", "new": "blocked"}, {"field": "note", "new": "dog"}]
    state(backed, "meter_changed_here", {**said, "drn": drn, "changes": changes})
    state(
        backed,
        "privileged_act",
        {"act": "setting.edit", "target_kind": "setting", "target_id": "language", "reason": ""},
    )
    backed.mirror.catch_up()

    report = backed.restore(tmp_path / "new", made, mirror=backed.mirror_path)

    shop = reopen_shop(tmp_path / "new")
    assert one(shop.units, "SELECT arrears_minor || status || note FROM meter") == "2700blockeddog"
    assert [(act.act, act.target) for act in report.to_repeat] == [("setting.edit", "setting language")]


def test_new_book_when_restored_states_what_it_replaces_and_is_signed_by_a_new_key(
    backed: BackedShop, tmp_path: Path
) -> None:
    made, secrets = backed.back_up(), MemorySecretStore()
    old = backed.head()

    Restore(DataFolder(tmp_path / "new"), backed.shop.clock, lambda is_pretend: secrets).run(
        RestoreRequest(backup=made.path, administrator=" claire ", reason="the disk broke")
    )

    shop = reopen_shop(tmp_path / "new")
    enrolled, restored = (json.loads(unpack_line(row[0]))["body"] for row in journal(shop.units))
    assert enrolled["replaces"] == {
        "till": str(old.till_id),
        "seq": old.head_seq,
        "hash": old.head_hash.hex(),
    }
    key = secrets.get(TILL_KEY)
    assert key is not None
    public_key = Ed25519PrivateKey.from_private_bytes(key.reveal()).public_key().public_bytes_raw()
    assert (enrolled["till_code"], enrolled["public_key"]) == ("T03B", public_key.hex())
    assert one(shop.units, "SELECT public_key FROM till WHERE code = 'T03B'") == public_key
    assert restored == {
        "backup_seq": old.head_seq,
        "backup_hash": old.head_hash.hex(),
        "reason": "the disk broke",
    }
    assert head_of(shop.units).number == 1


def test_drawer_when_restored_goes_over_to_the_new_book(backed: BackedShop, tmp_path: Path) -> None:
    drn = backed.shop.add_meter(1)
    backed.sell(drn, 2)
    backed.restore(tmp_path / "new", backed.back_up())

    shop = reopen_shop(tmp_path / "new")

    assert shop.balance(f"drawer:{head_of(shop.units).till_id}") == 60_000
    assert shop.balance(f"drawer:{backed.head().till_id}") == 0


def test_restore_when_done_twice_begins_the_third_series_and_keeps_all_books(
    backed: BackedShop, tmp_path: Path
) -> None:
    drn = backed.shop.add_meter(1)
    backed.sell(drn)
    backed.restore(tmp_path / "second", backed.back_up())
    second = rehoused(backed, tmp_path / "second")
    second.sell(drn)

    report = second.restore(tmp_path / "third", second.back_up())

    third = rehoused(second, tmp_path / "third")
    assert (report.last_receipt, report.next_receipt) == ("T03B-000001", "T03C-000001")
    assert third.sell(drn)[0].sale["receipt_number"] == "T03C-000001"
    series = "SELECT group_concat(receipt_book || ':' || receipt_number) FROM sale"
    assert one(third.shop.units, series) == "0:1,1:1,2:1"
    assert verify(third.shop.units).findings == ()


def test_sale_when_repeated_after_a_restore_returns_the_same_token(
    backed: BackedShop, tmp_path: Path
) -> None:
    drn, sale_id = backed.shop.add_meter(1), uuid4()
    first = backed.sell(drn, sale_id=sale_id)[0]
    backed.restore(tmp_path / "new", backed.back_up())

    new = rehoused(backed, tmp_path / "new")
    again = new.sell(drn, sale_id=sale_id)[0]

    assert again.is_repeat
    assert again.sale == first.sale
    sale_id = uuid4()
    here, repeated = (new.sell(drn, sale_id=sale_id)[0] for _ in range(2))
    assert (repeated.is_repeat, repeated.sale) == (True, here.sale)


def test_vault_when_restored_opens_with_the_recovery_passphrase(tmp_path: Path) -> None:
    backed = make_backed_shop(tmp_path)
    with backed.shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE book SET is_demo = 0")
    old = VaultFile(backed.folder.root, MemorySecretStore(), CHEAP)
    old.create("the opening phrase").set_recovery(PASSPHRASE)
    secrets = MemorySecretStore()

    report = Restore(DataFolder(tmp_path / "new"), backed.shop.clock, lambda is_pretend: secrets).run(
        RestoreRequest(backup=backed.back_up().path, administrator="Claire", reason="fire")
    )

    assert report.has_vault
    opened = VaultFile(tmp_path / "new", secrets, CHEAP).recover(PASSPHRASE, new_phrase="another phrase")
    assert (opened.keys, opened.is_demo) == ((), False)


def test_restore_when_it_is_a_demo_makes_its_vault_anew(backed: BackedShop, tmp_path: Path) -> None:
    secrets = MemorySecretStore()
    Restore(DataFolder(tmp_path / "new"), backed.shop.clock, lambda is_pretend: secrets).run(
        RestoreRequest(backup=backed.back_up().path, administrator="Claire", reason="")
    )

    assert VaultFile(tmp_path / "new", secrets).open_demo().is_demo


def test_restore_when_interrupted_is_begun_again(backed: BackedShop, tmp_path: Path) -> None:
    made, target = backed.back_up(), tmp_path / "new"
    (target / "restoring").mkdir(parents=True)
    (target / "restoring" / "till.sqlite").write_bytes(b"half")
    (target / "vault.sealed").write_bytes(b"put in place already")

    report = backed.restore(target, made)

    assert report.new_code == "T03B"
    assert not (target / "restoring").exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"administrator": "Nobody"}, "restore.administrator"),
        ({"administrator": "Bosco"}, "permission.denied"),
        ({"last_receipt": "T04-000001"}, "restore.other_till"),
        ({"last_receipt": "seven"}, "sale.receipt_number"),
    ],
)
def test_restore_when_the_request_is_wrong_leaves_no_till_behind(
    backed: BackedShop, tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    made = backed.back_up()

    assert code_of(lambda: backed.restore(tmp_path / "new", made, **changes)) == code
    assert not (tmp_path / "new" / "till.sqlite").exists()


def test_restore_when_the_mirror_is_of_another_book_is_refused(backed: BackedShop, tmp_path: Path) -> None:
    other = make_backed_shop(tmp_path / "other")
    other.sell(other.shop.add_meter(1), 5)
    other.mirror.catch_up()
    made = backed.back_up()

    found = code_of(lambda: backed.restore(tmp_path / "new", made, mirror=other.mirror_path))

    assert found == "restore.other_mirror"


def test_restore_when_the_folder_holds_a_till_is_refused(backed: BackedShop) -> None:
    made = backed.back_up()

    assert code_of(lambda: backed.restore(backed.folder.root, made)) == "restore.not_empty"


def lose_the_disk(backed: BackedShop) -> None:
    backed.shop.units.close()
    for path in backed.folder.root.glob("till.sqlite*"):
        path.unlink()


def rehoused(backed: BackedShop, folder: Path) -> BackedShop:
    """The restored shop, opened a minute later."""
    shop = reopen_shop(folder)
    shop.clock.set_wall(backed.shop.clock.now() + timedelta(minutes=1))
    return back_shop(shop, folder, backed.stick)


def state(backed: BackedShop, kind: str, body: dict[str, Any]) -> None:
    with backed.shop.units.write() as unit:
        backed.shop.book.record(unit, kind, body, actor=backed.shop.supervisor.id)


def rows(units: Units) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that follows from the sales, and the debts; not what is beside the journal (request_sha)."""
    with units.read() as connection:
        found = {
            table: sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {table}")), key=repr)
            for table in PROJECTIONS
            if table not in ("sale", "posting")
        }
        # The new book's first line moves the drawer's balance over to it.
        posting = "SELECT * FROM posting WHERE place < 1 << 40"
        found["posting"] = sorted(map(tuple, connection.exec_driver_sql(posting)))
        sale = "SELECT place, id, state, at, operator_key, receipt_number, money_minor, copies FROM sale"
        found["sale"] = sorted(map(tuple, connection.exec_driver_sql(sale)))
        found["meter"] = sorted(
            map(tuple, connection.exec_driver_sql("SELECT drn, arrears_minor FROM meter"))
        )
    return found


def journal(units: Units) -> list[Any]:
    with units.read() as connection:
        return list(connection.exec_driver_sql("SELECT line FROM journal ORDER BY seq"))


def one(units: Units, query: str, *values: object) -> Any:
    with units.read() as connection:
        return connection.exec_driver_sql(query, values).scalar_one()


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code
