"""What ends a Stop: `clock`, `vault`, `float`, `envelope`; back-ups on a timer; the logo."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from pos.models.schema import open_till_database
from pos.models.stored import milliseconds_of
from tests.unit.cli.conftest import CASHIER, SUPERVISOR, Kilotill

COMPONENTS = "0123456789abcdef0123456789abcdef01234567 fedcba9876543210fedcba9876543210fedcba98"
AS_SUPERVISOR = ("--operator", "Bosco", "--pin-stdin")


def today() -> str:
    return f"{datetime.now(ZoneInfo('Africa/Kigali')):%Y-%m-%d}"


def trust(shop: Kilotill, instant: datetime) -> None:
    """Let the book's last record be of that instant."""
    units = open_till_database(shop.folder)
    with units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE book SET trusted_at = ?", (milliseconds_of(instant),))
    units.close()


def test_clock_when_the_till_slept_for_weeks_is_confirmed_and_sells_again(
    demo: Kilotill, drns: list[str]
) -> None:
    demo.shift()
    trust(demo, datetime.now(UTC) - timedelta(days=20))

    stopped = demo.refused(
        "sell", "--meter", drns[5], "--amount", "5000", "--operator", "Aline", "--pin-stdin", pins=CASHIER
    )
    confirmed = demo("clock", "confirm", "--today", today(), *AS_SUPERVISOR, pins=SUPERVISOR)

    assert "[clock.confirm]" in stopped
    assert confirmed.exit_code == 0
    assert demo.sell(drns[5], "--amount", "5000")["token"]


def test_clock_when_the_typed_date_is_another_is_refused(demo: Kilotill) -> None:
    said = demo.refused("clock", "confirm", "--today", "2020-01-01", *AS_SUPERVISOR, pins=SUPERVISOR)

    assert "[clock.date_differs]" in said
    assert demo("clock", "confirm", "--today", "soon", *AS_SUPERVISOR, pins=SUPERVISOR).exit_code == 2


def test_clock_when_the_record_is_in_the_future_is_reset_by_two(demo: Kilotill, drns: list[str]) -> None:
    demo.shift()
    trust(demo, datetime.now(UTC) + timedelta(days=300))
    arguments = ("clock", "reset", "--today", today(), *AS_SUPERVISOR, "--approved-by", "Claire")

    assert demo(*arguments, pins=f"{SUPERVISOR} 975310").exit_code == 0
    assert demo.sell(drns[5], "--amount", "5000")["token"]


def test_vault_when_a_demo_has_no_recovery(demo: Kilotill) -> None:
    said = demo.refused(
        "vault", "set-recovery", "--operator", "Claire", "--stdin", pins="975310 a-recovery-passphrase"
    )

    assert "[vault.demo]" in said


def test_vault_when_the_machine_is_lost_opens_on_another_by_the_recovery_passphrase(
    live: Kilotill, at: Callable[[str], Kilotill], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.answer("init", "--from", str(tmp_path / "shop.json"))
    loaded = live(
        *("keys", "load", "--group", "600100", "--operator", "Bea", "--second", "Ada", "--pin-stdin"),
        pins=f"333333 444444 {COMPONENTS}",
    )
    kept = live("vault", "set-recovery", "--operator", "Bea", "--stdin", pins="333333 a-recovery-passphrase")
    made = live.answer("backup")
    new = at("new")
    restored = new("restore", made["file"], "--reason", "stolen", "--administrator", "Bea")

    wrong = new.refused("vault", "recover", "--stdin", pins="not-the-passphrase another-phrase-here")
    opened = new("vault", "recover", "--stdin", pins="a-recovery-passphrase another-phrase-here")

    assert (loaded.exit_code, kept.exit_code, restored.exit_code) == (0, 0, 0)
    assert "[vault.recovery]" in wrong
    assert "it holds 1 keys" in opened.stdout


def test_float_when_topped_up_sells_that_much_more(demo: Kilotill) -> None:
    before = demo.answer("float", "list", *AS_SUPERVISOR, pins=SUPERVISOR)["floats"]
    topped = demo(
        *("float", "top-up", "--supplier", "reg", "--amount", "5000", "--reference", "BK-1", *AS_SUPERVISOR),
        pins=SUPERVISOR,
    )
    after = demo.answer("float", "list", *AS_SUPERVISOR, pins=SUPERVISOR)["floats"]

    assert topped.exit_code == 0
    assert after[0]["left_minor"] == before[0]["left_minor"] + 5000
    assert demo("float", "list", *AS_SUPERVISOR, pins=SUPERVISOR).stdout.startswith("reg ")
    assert "[supplier.unknown]" in demo.refused(
        *("float", "top-up", "--supplier", "x", "--amount", "5", "--reference", "y", *AS_SUPERVISOR),
        pins=SUPERVISOR,
    )


def test_envelope_when_used_up_is_renewed_by_an_administrator_only(demo: Kilotill, drns: list[str]) -> None:
    as_admin = ("--operator", "Claire", "--pin-stdin")
    demo.shift()
    small = demo("envelope", "renew", "--money", "100", "--units", "10", *as_admin, pins="975310")
    sale = ("sell", "--meter", drns[5], "--amount", "5000", "--operator", "Aline", "--pin-stdin")

    stopped = demo.refused(*sale, pins=CASHIER)
    denied = demo.refused(
        "envelope", "renew", "--money", "9000", "--units", "900", *AS_SUPERVISOR, pins=SUPERVISOR
    )
    demo("envelope", "renew", "--money", "9000", "--units", "900.5", *as_admin, pins="975310")

    assert small.exit_code == 0
    assert "[envelope.money]" in stopped
    assert "[permission.denied]" in denied
    assert demo.sell(drns[5], "--amount", "5000")["token"]
    left = demo.answer("envelope", "show", *AS_SUPERVISOR, pins=SUPERVISOR)
    assert left["money_left_minor"] == 4000
    assert demo("envelope", "show", *AS_SUPERVISOR, pins=SUPERVISOR).stdout.startswith("Left: 4000 RWF")


def test_backup_when_one_is_fresh_is_not_due_again(demo: Kilotill) -> None:
    first = demo.answer("backup", "--if-due")
    second = demo.answer("backup", "--if-due")

    assert Path(first["file"]).exists()
    assert second == {"file": None}


def test_logo_when_set_stands_on_the_papers(demo: Kilotill, drns: list[str], tmp_path: Path) -> None:
    picture = tmp_path / "logo.png"
    Image.new("1", (64, 32)).save(picture)
    machine = demo.folder / "machine.json"
    machine.write_text(json.dumps({**json.loads(machine.read_text()), "receipt_logo": str(picture)}))
    demo.shift()
    sold = demo.sell(drns[5], "--amount", "5000")
    plain, drawn = tmp_path / "plain.bin", tmp_path / "drawn.bin"

    demo("receipt", sold["sale_id"], "--escpos", str(drawn), "--pdf", str(tmp_path / "r.pdf"))
    picture.unlink()
    demo("receipt", sold["sale_id"], "--escpos", str(plain))

    assert len(drawn.read_bytes()) > len(plain.read_bytes()) > 500
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")
