"""`kilotill sales`, `receipt`, `cases`, `resume`, `verify`: what the book of the demo shop says."""

import csv
import json
import sqlite3
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Kilotill


@pytest.fixture
def book(made_demo: Path) -> Kilotill:
    """The demo shop itself: these commands only read."""
    return Kilotill(made_demo)


def test_sales_when_listed_then_newest_first_and_no_more_than_asked_for(book: Kilotill) -> None:
    rows = book.answer("sales", "list", "--limit", "3")["sales"]

    assert [row["receipt_number"] for row in rows] == sorted(row["receipt_number"] for row in rows)[::-1]
    assert len(book("sales", "list", "--limit", "2").stdout.splitlines()) == 2


def test_sales_when_filtered_then_only_what_fits(book: Kilotill) -> None:
    newest = book.answer("sales", "list")["sales"][0]
    day = newest["business_day"]

    of_day = book.answer("sales", "list", "--from", day, "--to", day)["sales"]

    assert {row["business_day"] for row in of_day} == {day}
    assert book.answer("sales", "list", "--to", "2020-01-01")["sales"] == []
    assert book.answer("sales", "list", "--state", "voided")["sales"] == []
    (found,) = book.answer("sales", "list", "--text", newest["receipt_number"])["sales"]
    assert found == newest


def test_sales_when_exported_then_the_table_holds_every_sale(book: Kilotill) -> None:
    listed = book.answer("sales", "list", "--limit", "1000")["sales"]

    rows = list(csv.DictReader(book("sales", "export").stdout.splitlines()))

    assert [row["sale_id"] for row in rows] == [sale["sale_id"] for sale in listed]
    assert all(len(row["tokens"]) == 20 for row in rows)


@pytest.mark.parametrize(
    "arguments",
    [("--from", "tomorrow"), ("--to", "2026-13-01"), ("--state", "sold"), ("--limit", "0")],
    ids=" ".join,
)
def test_sales_when_filtered_wrongly_then_exit_2(book: Kilotill, arguments: tuple[str, ...]) -> None:
    assert book("sales", "list", *arguments).exit_code == 2


def test_receipt_when_asked_for_then_text_pdf_and_printer_bytes_hold_the_sale(
    book: Kilotill, tmp_path: Path
) -> None:
    sale = book.answer("sales", "list", "--limit", "1")["sales"][0]
    pdf, escpos = tmp_path / "r.pdf", tmp_path / "r.bin"

    text = book("receipt", sale["sale_id"]).stdout
    written = book("receipt", sale["receipt_number"], "--pdf", str(pdf), "--escpos", str(escpos))

    assert sale["receipt_number"] in text
    assert sale["meter"] in text.replace(" ", "")
    assert (written.exit_code, written.stdout) == (0, "")
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert escpos.read_bytes().startswith(b"\x1b")
    assert book("receipt", sale["receipt_number"], "--text").stdout == text


def test_receipt_when_the_sale_is_unknown_then_refused(book: Kilotill) -> None:
    for unknown in ("T03-999999", "T04-000001", "019300aa-0000-7000-8000-000000000001", "?"):
        assert " [sale." in book.refused("receipt", unknown)


def test_receipt_when_it_cannot_be_written_then_exit_1_and_the_reason(book: Kilotill, tmp_path: Path) -> None:
    said = book.refused("receipt", "T03-000001", "--pdf", str(tmp_path / "no" / "r.pdf"))

    assert "[disk.write]" in said


def test_book_when_nothing_is_open_then_cases_and_resume_are_empty(book: Kilotill) -> None:
    assert book.answer("cases") == {"cases": []}
    assert book.answer("resume") == {"items": [], "is_cut": False}
    assert book("resume").stdout == "Nothing is unfinished.\n"


def test_verify_when_the_book_is_whole_then_clean(book: Kilotill) -> None:
    report = book.answer("verify")

    assert (report["clean"], report["findings"]) == (True, [])
    assert report["checked"]["lines"] > report["checked"]["sale"] > 10
    assert book("verify").stdout.endswith("Everything agrees.\n")


def test_verify_when_a_sum_was_changed_by_sql_then_named_and_exit_1(demo: Kilotill) -> None:
    with sqlite3.connect(demo.folder / "till.sqlite") as connection:
        connection.execute("UPDATE account SET balance_minor = balance_minor + 1 WHERE name LIKE 'drawer:%'")
    connection.close()

    result = demo("verify")

    assert result.exit_code == 1
    assert "WRONG" in result.stdout
    assert "account" in result.stdout


def test_verify_when_the_end_was_cut_and_the_mirror_taken_too_then_the_keyring_knows(demo: Kilotill) -> None:
    with sqlite3.connect(demo.folder / "till.sqlite") as connection:
        head = connection.execute("SELECT head_seq FROM book").fetchone()[0]
    for mirror in (demo.folder / "backups").glob("*.jsonl"):
        mirror.unlink()
    agreeing = demo.answer("verify")["anchors"]
    with sqlite3.connect(demo.folder / "till.sqlite") as connection:
        connection.execute("DELETE FROM journal WHERE seq = ?", (head,))
        previous = connection.execute("SELECT hash FROM journal WHERE seq = ?", (head - 1,)).fetchone()[0]
        connection.execute("UPDATE book SET head_seq = ?, head_hash = ?", (head - 1, previous))
    connection.close()

    result = demo("verify", "--json")

    assert {"name": "keyring", "outcome": "agrees", "seq": head} in agreeing
    found = json.loads(result.stdout)
    assert "verify.tail_cut" in {finding["code"] for finding in found["findings"]}
    assert {"name": "keyring", "outcome": "differs", "seq": head} in found["anchors"]
    # The proof outlives a till that goes on working.
    demo("resume")
    demo("shift", "status")
    assert {"name": "keyring", "outcome": "differs", "seq": head} in json.loads(
        demo("verify", "--json").stdout
    )["anchors"]


def test_command_when_the_folder_has_no_till_then_refused_and_no_folder_made(tmp_path: Path) -> None:
    nowhere = Kilotill(tmp_path / "none")

    for arguments in (("verify",), ("sales", "list"), ("resume",), ("backup",)):
        assert "[data.no_till]" in nowhere.refused(*arguments)
    assert not nowhere.folder.exists()
