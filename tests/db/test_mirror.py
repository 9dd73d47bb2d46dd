import shutil
import sqlite3
from pathlib import Path

import pytest

from pos.errors import KilotillError
from pos.models.ledger_book import Book
from pos.models.packing import unpack_line
from pos.services.mirror import BATCH_LINES, Mirror
from tests.factories.backups import BackedShop, make_backed_shop
from tests.factories.shop import ZONE


@pytest.fixture
def backed(tmp_path: Path) -> BackedShop:
    return make_backed_shop(tmp_path)


def test_mirror_when_lines_were_written_has_their_exact_bytes(backed: BackedShop) -> None:
    backed.sell(backed.shop.add_meter(1), 2)

    assert backed.mirror.catch_up() is None

    assert backed.mirror_path.read_bytes() == journal_bytes(backed)
    assert backed.mirror.position == backed.head().head_seq


def test_mirror_when_a_line_is_written_is_told_and_written_in_the_background(backed: BackedShop) -> None:
    book = Book(backed.shop.clock, ZONE, backed.mirror)
    backed.mirror.start()

    for number in range(20):
        record(backed, book, number)
    backed.mirror.stop()

    assert backed.mirror_path.read_bytes() == journal_bytes(backed)
    assert noted(backed) == backed.head().head_seq


def test_mirror_when_many_lines_are_missing_writes_them_in_batches(backed: BackedShop) -> None:
    with backed.shop.units.write() as unit:
        for number in range(2 * BATCH_LINES + 3):
            backed.shop.book.record(unit, "float_moved", float_body(number), actor=backed.shop.supervisor.id)

    backed.mirror.catch_up()

    assert backed.mirror_path.read_bytes() == journal_bytes(backed)
    assert noted(backed) >= 1000


def test_mirror_when_started_again_goes_on_where_the_file_ends(backed: BackedShop) -> None:
    backed.mirror.catch_up()
    with backed.mirror_path.open("ab") as file:
        file.write(b'{"actor":"torn by a power cut')
    backed.sell(backed.shop.add_meter(1))

    again = Mirror(backed.shop.units, lambda: backed.stick)

    assert again.catch_up() is None
    assert backed.mirror_path.read_bytes() == journal_bytes(backed)


def test_mirror_when_the_stick_is_out_says_so_and_catches_up_later(backed: BackedShop) -> None:
    backed.mirror.catch_up()
    path, elsewhere = backed.mirror_path, backed.stick.with_name("pocket")
    backed.stick.rename(elsewhere)
    backed.sell(backed.shop.add_meter(1))

    trouble = backed.mirror.catch_up()

    assert trouble is not None and trouble.code == "mirror.unavailable"
    assert not backed.stick.exists()
    elsewhere.rename(backed.stick)
    assert backed.mirror.catch_up() is None
    assert path.read_bytes() == journal_bytes(backed)


@pytest.mark.parametrize("damage", ["deleted", "cut"])
def test_mirror_when_somebody_deleted_or_cut_it_is_made_whole_again(backed: BackedShop, damage: str) -> None:
    backed.mirror.catch_up()
    path = backed.mirror_path
    if damage == "deleted":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-100])
    backed.sell(backed.shop.add_meter(1))

    assert backed.mirror.catch_up() is None

    assert path.read_bytes() == journal_bytes(backed)


def test_mirror_when_it_cannot_be_written_says_so_and_nothing_else_stops(backed: BackedShop) -> None:
    backed.mirror_path.mkdir()

    trouble = backed.mirror.catch_up()

    assert trouble is not None and trouble.code == "mirror.unavailable"
    backed.sell(backed.shop.add_meter(1))


def test_mirror_when_the_database_is_an_old_copy_is_ahead_and_is_left_alone(backed: BackedShop) -> None:
    old = backed.folder.root.with_name("old.sqlite")
    copy(backed.folder.database, old)
    backed.sell(backed.shop.add_meter(1), 3)
    backed.mirror.catch_up()
    backed.shop.units.close()
    shutil.copy(old, backed.folder.database)
    mirror, before = Mirror(backed.shop.units, lambda: backed.stick), backed.mirror_path.read_bytes()

    trouble = mirror.catch_up()

    assert code_of(trouble) == "mirror.ahead"
    assert backed.mirror_path.read_bytes() == before


def test_mirror_when_the_old_copy_was_sold_from_is_a_fork(backed: BackedShop) -> None:
    old, drn = backed.folder.root.with_name("old.sqlite"), backed.shop.add_meter(1)
    copy(backed.folder.database, old)
    backed.sell(drn)
    backed.mirror.catch_up()
    backed.shop.units.close()
    shutil.copy(old, backed.folder.database)
    backed.sell(drn, 2)
    mirror, before = Mirror(backed.shop.units, lambda: backed.stick), backed.mirror_path.read_bytes()

    trouble = mirror.catch_up()

    assert code_of(trouble) == "mirror.fork"
    assert mirror.trouble is trouble
    assert backed.mirror_path.read_bytes() == before


def test_mirror_when_its_last_line_is_no_line_of_ours_is_left_alone(backed: BackedShop) -> None:
    backed.mirror_path.write_bytes(b"my shopping list\n")

    assert code_of(backed.mirror.catch_up()) == "mirror.fork"
    assert backed.mirror_path.read_bytes() == b"my shopping list\n"


def record(backed: BackedShop, book: Book, number: int) -> None:
    with backed.shop.units.write() as unit:
        book.record(unit, "float_moved", float_body(number), actor=backed.shop.supervisor.id)


def float_body(number: int) -> dict[str, object]:
    return {
        "account": "supplier:reg",
        "amount_minor": number,
        "kind": "top_up",
        "reference": str(number),
        "reason": "",
    }


def copy(source: Path, target: Path) -> None:
    connection = sqlite3.connect(source)
    connection.execute("VACUUM INTO ?", (str(target),))
    connection.close()


def journal_bytes(backed: BackedShop) -> bytes:
    with backed.shop.units.read() as connection:
        rows = connection.exec_driver_sql("SELECT line FROM journal ORDER BY seq").all()
    return b"".join(unpack_line(row[0]) + b"\n" for row in rows)


def noted(backed: BackedShop) -> int:
    with backed.shop.units.read() as connection:
        return int(connection.exec_driver_sql("SELECT mirrored_seq FROM book").scalar_one())


def code_of(trouble: KilotillError | None) -> str:
    return "" if trouble is None else trouble.code
