"""Making a till and keeping it: `init`, `demo`, `keys`, `people`, `backup`, `restore`, and the lock."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pos.system.instance_lock import InstanceLock
from pos.system.paths import DataFolder
from tests.factories.meter_files import meter_cells, write_csv
from tests.unit.cli.conftest import ADMINISTRATOR, CASHIER, SELLER, Kilotill

COMPONENTS = "0123456789abcdef0123456789abcdef01234567 fedcba9876543210fedcba9876543210fedcba98"
At = Callable[[str], Kilotill]


def test_demo_when_asked_again_then_says_what_is_there(demo: Kilotill) -> None:
    answer = demo.answer("demo")

    assert {person["role"] for person in answer["operators"]} == set("CSAFU")
    assert {"name": "Aline", "role": "C", "pin": CASHIER} in answer["operators"]
    assert len(answer["meters"]) >= 200
    assert f"--data {demo.folder} sell --meter {answer['meters'][0]}" in demo("demo").stdout


def test_live_till_when_set_up_and_given_its_key_then_sells(
    live: Kilotill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = live.answer("init", "--from", str(tmp_path / "shop.json"))
    loaded = live(
        *("keys", "load", "--group", "600100", "--operator", "Bea", "--second", "Ada", "--pin-stdin"),
        pins=f"333333 444444 {COMPONENTS}",
    )
    meter = meter_cells(5, supply_group="600100")
    file = write_csv(tmp_path / "m.csv", [meter])
    live.answer("meters", "import", str(file), "--operator", "Bea", "--pin-stdin", pins="333333")
    live.shift()
    sold = live.sell(meter["meter_number"], "--amount", "5000")

    assert made["till_code"] == "K01"
    assert "shop.not_demo" in live.refused("demo")
    assert "[shop.exists]" in live.refused("init", "--from", str(tmp_path / "shop.json"))
    assert loaded.stdout == "Key of group 600100, revision 1: check value 485E3C.\n"
    assert (sold["receipt_number"], len(sold["token"])) == ("K01-000001", 20)
    assert live.answer("verify")["clean"]
    monkeypatch.delenv("KILOTILL_OPENING_PHRASE")
    locked = ("sell", "--meter", meter["meter_number"], "--amount", "60", *SELLER, "--another")
    assert live(*locked, pins=CASHIER).exit_code == 1
    monkeypatch.delenv("KILOTILL_PASSPHRASE")
    assert "[secrets.passphrase_missing]" in live.refused("shift", "status", *SELLER, pins=CASHIER)


def test_init_when_there_is_no_file_then_refused_and_nothing_made(live: Kilotill, tmp_path: Path) -> None:
    assert "[shop_file.missing]" in live.refused("init", "--from", str(tmp_path / "none.json"))
    assert live("init").exit_code == 2
    assert not live.folder.exists()


def test_administrator_when_recovered_by_the_code_then_gives_others_new_pins(
    live: Kilotill, tmp_path: Path
) -> None:
    code = live.answer("init", "--from", str(tmp_path / "shop.json"))["recovery_code"]
    recover = ("people", "recover", "--operator", "Bea", "--stdin")

    assert live(*recover, pins=f"{code} 987654").exit_code == 0
    assert "[recovery.code]" in live.refused(*recover, pins=f"{code} 987654")
    given = live(
        *("people", "set-pin", "Aline", "--operator", "Bea", "--reason", "forgotten", "--pin-stdin"),
        pins="987654 13579",
    )

    assert given.stdout == "Aline has a new PIN.\n"
    answer = live.answer("shift", "open", *SELLER, "--float", "0", pins="13579")
    assert answer["float_minor"] == 0


def test_till_when_another_program_writes_then_reading_goes_on_and_writing_is_refused(demo: Kilotill) -> None:
    with InstanceLock.take(DataFolder(demo.folder)):
        for arguments in (("verify",), ("sales", "list"), ("tariff", "export"), ("backup",), ("resume",)):
            assert demo(*arguments).exit_code == 0, arguments
        said = demo.refused("shift", "open", *SELLER, "--float", "0", pins=CASHIER)

    assert "[till.in_use]" in said


def test_demo_when_restored_elsewhere_then_the_next_receipt_is_in_the_new_series(
    demo: Kilotill, at: At, drns: list[str], tmp_path: Path
) -> None:
    made = demo.answer("backup")
    demo.shift()
    demo.sell(drns[0], "--amount", "1000")
    (mirror,) = (demo.folder / "backups").glob("*.ndjson")
    last = demo.answer("sales", "list", "--limit", "1")["sales"][0]["receipt_number"]
    new = at("new")
    restore = ("restore", made["file"], "--administrator", "Claire", "--reason", "the disk broke")

    said = new(*restore, "--mirror", str(mirror))

    assert said.exit_code == 0
    assert f"The last receipt is {last}." in said.stdout
    assert new.sell(drns[1], "--amount", "1000")["receipt_number"] == "T03B-000001"
    assert new("receipt", "T03-000001").stdout == demo("receipt", "T03-000001").stdout
    assert new.answer("verify")["clean"]
    assert "[restore.not_empty]" in new.refused(*restore)


def test_restore_when_papers_show_later_receipts_then_they_are_named_and_exit_1(
    demo: Kilotill, at: At
) -> None:
    made = demo.answer("backup")
    last = demo.answer("sales", "list", "--limit", "1")["sales"][0]["receipt_number"]
    missing = f"T03-{int(last[-6:]) + 1:06d}"

    result = at("new")(
        *("restore", made["file"], "--administrator", "Claire", "--reason", "x", "--last-receipt", missing)
    )

    assert result.exit_code == 1
    assert f"MISSING: 1 receipts, {missing}" in result.stdout


def test_restore_when_the_file_is_no_backup_or_the_name_no_administrator_then_refused(
    demo: Kilotill, at: At, tmp_path: Path
) -> None:
    made = demo.answer("backup")
    other = tmp_path / "other.kbk"
    other.write_text("{}")
    named = ("--reason", "x", "--administrator")

    assert "[backup.damaged]" in at("new").refused("restore", str(other), *named, "Claire")
    assert "[permission.denied]" in at("new").refused("restore", made["file"], *named, "Aline")
    assert "[restore.administrator]" in at("new").refused("restore", made["file"], *named, "Nobody")


def test_pin_when_wrong_then_refused_and_nothing_is_done(demo: Kilotill) -> None:
    said = demo.refused("shift", "open", *SELLER, "--float", "0", pins=ADMINISTRATOR)

    assert "[pin.wrong]" in said
