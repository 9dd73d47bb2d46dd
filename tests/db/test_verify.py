import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pos.domain.journal import line_hash
from pos.models.db import open_engine
from pos.models.ledger_book import read_head
from pos.models.packing import pack_line, unpack_line
from pos.models.rebuild import PROJECTIONS, projected_columns
from pos.models.uow import Units
from pos.services.sale_values import SaleKind, SaleRequest
from pos.services.verify import VerifyReport, verify
from tests.factories.shop import Shop, make_shop

SEED = 20_261_120
TABLES = {table.name: table for table in PROJECTIONS}
EMPTY_HERE = {"issue"}


@dataclass(frozen=True)
class FixedAnchor:
    name: str
    known: tuple[int, bytes] | None

    def head(self) -> tuple[int, bytes] | None:
        return self.known


def sell(shop: Shop, drn: str, money_minor: int, **changes: object) -> None:
    asked = SaleRequest(
        **{"sale_id": uuid4(), "drn": drn, "money_minor": money_minor, "is_another_wanted": True, **changes}
    )
    result = shop.checkout.sell(asked, shop.supervisor)
    record(shop, "token_handed_over", {"sale_id": result.sale["sale_id"], "how": "printed", "copy": 0})


def record(shop: Shop, kind: str, body: dict[str, Any], **more: Any) -> None:
    with shop.units.write() as unit:
        shop.book.record(unit, kind, body, actor=shop.supervisor.id, **more)


def make_busy_shop(folder: Path) -> Shop:
    """A shop with two shifts, sales of every kind, cash moved and a case."""
    shop = make_shop(folder, commission_ppm=15_000, opens_shift=False)
    drns = [shop.add_meter(serial, arrears_minor=3000) for serial in range(1, 5)]
    first = shop.open_shift()
    for number in range(8):
        sell(shop, drns[number % 4], 1000 + 730 * number)
        shop.clock.pass_time(minutes=1)
    sell(shop, drns[0], 700, kind=SaleKind.ARREARS)
    moved = {"movement_id": str(uuid4()), "kind": "safe_drop", "amount_minor": -9000, "reason": "full"}
    record(shop, "cash_moved", moved, shift=first)
    close_shift(shop, first)
    shop.clock.pass_time(days=1)
    second = shop.open_shift()
    for number in range(4):
        sell(shop, drns[number], 2500)
    with shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE book SET case_last = 1")
    case = {"case_id": str(uuid4()), "case_kind": "fault", "from": "", "to": "open", "reason": "no light"}
    record(shop, "case_changed", case, shift=second)
    return shop


def close_shift(shop: Shop, shift_id: Any) -> None:
    till = till_of(shop)
    drawer_minor = shop.balance(f"drawer:{till}")
    with shop.units.write() as unit:
        number = unit.connection.exec_driver_sql(
            "UPDATE book SET z_last = z_last + 1 RETURNING z_last"
        ).scalar_one()
        body = {
            "shift_id": str(shift_id),
            "z_number": f"T03-Z{number:04d}",
            "count": [],
            "counted_minor": drawer_minor - 3,
            "expected_minor": drawer_minor,
            "difference_minor": -3,
            "totals": [],
            "unresolved": [],
        }
        shop.book.record(unit, "shift_closed", body, actor=shop.supervisor.id, shift=shift_id)


def till_of(shop: Shop) -> str:
    with shop.units.read() as connection:
        return str(read_head(connection).till_id)


def head_of(shop: Shop) -> tuple[int, bytes]:
    with shop.units.read() as connection:
        head = read_head(connection)
        return head.head_seq, head.head_hash


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a busy shop, to be copied and tampered with."""
    folder = tmp_path_factory.mktemp("busy")
    shop = make_busy_shop(folder)
    shop.units.close()
    return folder / "till.sqlite"


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(original, tmp_path / "till.sqlite"))


@contextmanager
def tampering(path: Path) -> Iterator[sqlite3.Connection]:
    """The database in the hands of somebody who knows SQL, and no constraint in the way."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute("PRAGMA synchronous = OFF")
        yield database
        database.commit()


def verified(path: Path, *anchors: FixedAnchor) -> VerifyReport:
    units = Units(open_engine(path))
    try:
        return verify(units, anchors)
    finally:
        units.close()


def test_verify_when_nothing_was_touched_finds_nothing_and_says_what_it_looked_at(copy: Path) -> None:
    report = verified(copy)

    assert report.findings == ()
    assert report.checked["lines"] == 33
    assert report.checked["documents"] == report.checked["sale"] == 13
    assert {name for name, rows in report.checked.items() if rows == 0} == EMPTY_HERE | {"documents_erased"}
    assert report.to_json()["clean"] is True


def other_value(value: Any, chance: random.Random) -> Any:
    if value is None:
        return 1
    if isinstance(value, int):
        return value + chance.choice((-1, 1, 1000))
    if isinstance(value, bytes):
        place = chance.randrange(len(value) // 2)
        return value[:place] + bytes([value[place] ^ 1 << chance.randrange(8)]) + value[place + 1 :]
    return value + chance.choice(("x", " ", "0"))


def rows_of(database: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    return database.execute(f"SELECT {', '.join(columns_of(table))} FROM {table}").fetchall()


def columns_of(table: str) -> tuple[str, ...]:
    if table == "journal":
        return ("seq", "id", "kind", "business_day", "line", "hash")
    return projected_columns(TABLES[table])


def keys_of(table: str) -> tuple[str, ...]:
    return ("seq",) if table == "journal" else tuple(column.name for column in TABLES[table].primary_key)


def set_column(
    database: sqlite3.Connection, table: str, row: tuple[Any, ...], column: str, value: Any
) -> None:
    values = dict(zip(columns_of(table), row, strict=True))
    keys = keys_of(table)
    where = " AND ".join(f"{key} = ?" for key in keys)
    database.execute(
        f"UPDATE {table} SET {column} = ? WHERE {where}", (value, *(values[key] for key in keys))
    )


def change_column(
    database: sqlite3.Connection, table: str, row: tuple[Any, ...], column: str, chance: random.Random
) -> None:
    """Give the column another value, one that no unique index refuses."""
    value = row[columns_of(table).index(column)]
    for _ in range(100):
        value = other_value(value, chance)
        try:
            set_column(database, table, row, column, value)
        except sqlite3.IntegrityError:
            continue
        return
    raise AssertionError("no other value fits")


FUZZED = ("journal", *(name for name in TABLES if name not in EMPTY_HERE))
COLUMNS = [(table, column) for table in FUZZED for column in columns_of(table)]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_verify_when_a_column_of_any_row_is_changed_names_it(copy: Path, table: str, column: str) -> None:
    chance = random.Random(f"{SEED} {table} {column}")
    with tampering(copy) as database:
        row = chance.choice(rows_of(database, table))
        change_column(database, table, row, column, chance)

    assert_named(verified(copy), table)


def delete(database: sqlite3.Connection, table: str, chance: random.Random) -> None:
    row = dict(zip(columns_of(table), chance.choice(rows_of(database, table)), strict=True))
    keys = keys_of(table)
    where = " AND ".join(f"{key} = ?" for key in keys)
    assert database.execute(f"DELETE FROM {table} WHERE {where}", [row[key] for key in keys]).rowcount == 1


def insert(database: sqlite3.Connection, table: str, chance: random.Random) -> None:
    columns = [one[1] for one in database.execute(f"PRAGMA table_info({table})")]
    row = dict(
        zip(columns, chance.choice(database.execute(f"SELECT * FROM {table}").fetchall()), strict=True)
    )
    for index in unique_columns(database, table):
        row[index] = None if row[index] is None else fresh(row[index], chance)
    if table == "envelope":
        row["taken_place"] = 5
    marks = ", ".join("?" * len(columns))
    database.execute(f"INSERT INTO {table} VALUES ({marks})", [row[column] for column in columns])


def unique_columns(database: sqlite3.Connection, table: str) -> set[str]:
    """One column of every unique index and of the key, but not the till that makes a month's row our own."""
    found = {keys_of(table)[-2 if table == "meter_month" else -1]}
    for _, index, is_unique, *_ in database.execute(f"PRAGMA index_list({table})").fetchall():
        if is_unique:
            names = [one[2] for one in database.execute(f"PRAGMA index_info({index})")]
            found |= {names[-1]} if not found & set(names) else set()
    return found


def fresh(value: Any, chance: random.Random) -> Any:
    if isinstance(value, int):
        return value + 1_000_000 + chance.randrange(1000)
    return bytes(chance.randbytes(len(value))) if isinstance(value, bytes) else f"{value}-{chance.random()}"


def swap(database: sqlite3.Connection, table: str, chance: random.Random) -> None:
    """Two rows exchange what they say, except for their keys."""
    columns, keys = columns_of(table), keys_of(table)
    rest = [column for column in columns if column not in keys]
    first, second = chance.sample(rows_of(database, table), 2)
    one, two = (dict(zip(columns, row, strict=True)) for row in (first, second))
    for column in rest:
        set_column(database, table, first, column, _between(one[column], chance))
    for column in rest:
        set_column(database, table, second, column, one[column])
    for column in rest:
        set_column(database, table, first, column, two[column])


def _between(value: Any, chance: random.Random) -> Any:
    return None if value is None else fresh(value, chance)


@pytest.mark.parametrize("table", FUZZED)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("tamper", [delete, insert], ids=lambda one: one.__name__)
def test_verify_when_a_row_is_removed_or_added_names_it(
    copy: Path, table: str, seed: int, tamper: Callable[[sqlite3.Connection, str, random.Random], None]
) -> None:
    with tampering(copy) as database:
        tamper(database, table, random.Random(f"{SEED} {table} {tamper.__name__} {seed}"))

    assert_named(verified(copy), table)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "table", ["journal", "sale", "sale_item", "sale_line", "payment", "token", "posting", "account", "shift"]
)
def test_verify_when_two_rows_are_swapped_names_one(copy: Path, table: str, seed: int) -> None:
    chance = random.Random(f"{SEED} {table} swap {seed}")
    with tampering(copy) as database:
        swap(database, table, chance)
        is_the_same = set(rows_of(database, table)) == set(rows_of_file(copy, table))

    if not is_the_same:
        assert_named(verified(copy), table)


def rows_of_file(path: Path, table: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return rows_of(database, table)


def assert_named(report: VerifyReport, table: str) -> None:
    assert report.findings, f"nobody noticed a change of {table}"
    first = report.findings[0]
    # The end of the journal is found where the book says it should be.
    assert first.table in ({"journal", "book"} if table == "journal" else {table}), first
    assert first.code.startswith("verify.")
    assert len(first.text.split()) > 4


def test_verify_when_a_row_differs_says_which_column_what_and_instead_of_what(copy: Path) -> None:
    with tampering(copy) as database:
        database.execute("UPDATE sale SET money_minor = 1001 WHERE receipt_number = 1")

    first = verified(copy).findings[0]

    assert (first.code, first.table, first.column) == ("verify.row_changed", "sale", "money_minor")
    assert (first.expected, first.found) == ("1000", "1001")
    assert first.key.startswith("place=")
    assert "journal says 1000" in first.text


@pytest.mark.parametrize(
    ("statement", "code", "table"),
    [
        ("UPDATE journal SET hash = zeroblob(32) WHERE seq = 7", "verify.hash", "journal"),
        ("UPDATE journal SET line = x'0102' WHERE seq = 7", "verify.packing", "journal"),
        ("UPDATE journal SET business_day = '2026-01-01' WHERE seq = 7", "verify.column", "journal"),
        ("DELETE FROM journal WHERE seq = 7", "verify.gap", "journal"),
        ("DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)", "verify.head", "book"),
        ("UPDATE book SET head_hash = zeroblob(32)", "verify.head", "book"),
        ("UPDATE book SET receipt_last = receipt_last + 1", "verify.head", "book"),
        ("UPDATE book SET z_last = 7", "verify.counter", "book"),
        ("UPDATE book SET case_last = 7", "verify.counter", "book"),
        ("DELETE FROM token WHERE tid IS NOT NULL", "verify.row_missing", "token"),
        ("UPDATE payment SET sale_place = 999 WHERE sale_place = 4", "verify.row_extra", "payment"),
        ("DELETE FROM meter WHERE key = 1", "verify.missing_record", "journal"),
        ("UPDATE document SET sha256 = zeroblob(32)", "verify.document", "document"),
        ("UPDATE document SET body = zeroblob(32)", "verify.document", "document"),
        ("UPDATE document SET place = 999 WHERE place = 4", "verify.document", "document"),
        ("UPDATE till SET sales_point_id = zeroblob(16)", "verify.reference", "till"),
        ("UPDATE envelope SET money_minor = money_minor * 2", "verify.envelope", "envelope"),
        ("UPDATE envelope SET body = '{}'", "verify.envelope", "envelope"),
    ],
)
def test_verify_when_something_is_wrong_gives_its_code(
    copy: Path, statement: str, code: str, table: str
) -> None:
    with tampering(copy) as database:
        assert database.execute(statement).rowcount > 0

    first = verified(copy).findings[0]

    assert (first.code, first.table) == (code, table)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE posting SET amount_minor = amount_minor + 1 WHERE place = 4 AND n = 1", "verify.unbalanced"),
        ("UPDATE account SET balance_minor = 0 WHERE name = 'supplier:reg'", "verify.account"),
        ("UPDATE sale_item SET units_milli = units_milli + 1 WHERE sale_place = 4", "verify.carry"),
    ],
)
def test_verify_when_a_law_is_broken_names_the_law_too(copy: Path, statement: str, code: str) -> None:
    with tampering(copy) as database:
        database.execute(statement)

    assert code in {finding.code for finding in verified(copy).findings}


def test_verify_when_two_tokens_have_one_tid_says_so(copy: Path) -> None:
    with tampering(copy) as database:
        database.execute("DROP INDEX uq_token_tid")
        pan, tid = database.execute(
            "SELECT pan, max(tid) FROM token GROUP BY pan HAVING count(*) > 1"
        ).fetchone()
        database.execute("UPDATE token SET tid = ? WHERE pan = ?", (tid, pan))

    assert "verify.double_tid" in {finding.code for finding in verified(copy).findings}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"actor":', b'"actor": ', "verify.form"),
        (b'"kind":"sale_delivered"', b'"kind":"sale_imagined"', "verify.form"),
        (b'"receipt_number":"T03-00000', b'"receipt_number":"T03-00001', "verify.receipt_gap"),
        (b'"change_minor":0,', b'"change_minor":0.5,', "verify.form"),
        (b'"money_minor":1000,"n":1', b'"money_minor":1001,"n":1', "verify.sums"),
        (b'"carry_out_milli":', b'"carry_out_milli":1', "verify.carry"),
        (b'"tender":"cash"', b'"tendre":"cash"', "verify.unreadable"),
        (b'"prev":"', b'"prev":"f', "verify.chain"),
    ],
)
def test_verify_when_a_line_and_its_hash_were_forged_names_the_line(
    copy: Path, old: bytes, new: bytes, code: str
) -> None:
    with tampering(copy) as database:
        seq, packed = database.execute(
            "SELECT seq, line FROM journal WHERE kind = 'sale_delivered' ORDER BY seq LIMIT 1"
        ).fetchone()
        data = unpack_line(packed).replace(old, new, 1)
        kind = "sale_imagined" if b"imagined" in new else "sale_delivered"
        database.execute(
            "UPDATE journal SET line = ?, hash = ?, kind = ? WHERE seq = ?",
            (pack_line(data), line_hash(data), kind, seq),
        )

    first = verified(copy).findings[0]

    assert (first.code, first.key) == (code, f"seq={seq}")


def test_verify_when_the_next_line_follows_a_forged_one_breaks_the_chain_there(copy: Path) -> None:
    with tampering(copy) as database:
        packed = database.execute("SELECT line FROM journal WHERE seq = 4").fetchone()[0]
        data = unpack_line(packed).replace(b'"app":"0', b'"app":"9', 1)
        database.execute(
            "UPDATE journal SET line = ?, hash = ? WHERE seq = 4", (pack_line(data), line_hash(data))
        )

    first = verified(copy).findings[0]

    assert (first.code, first.key) == ("verify.chain", "seq=5")


def test_verify_when_the_end_was_cut_off_cleanly_needs_an_anchor_to_see_it(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    drn = shop.add_meter(1)
    sell(shop, drn, 1000)
    shop.units.close()
    cut = Path(shutil.copy(tmp_path / "till.sqlite", tmp_path / "cut.sqlite"))
    sell(shop, drn, 2000)
    seq, known = head_of(shop)

    assert verified(cut).findings == ()
    report = verified(cut, FixedAnchor("mirror file", (seq, known)), FixedAnchor("server", None))

    assert [finding.code for finding in report.findings] == ["verify.tail_cut"]
    assert [(one.name, one.outcome) for one in report.anchors] == [
        ("mirror file", "differs"),
        ("server", "absent"),
    ]


def test_verify_when_the_end_was_written_anew_the_anchor_knows_another_line(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    drn = shop.add_meter(1)
    shop.units.close()
    other = Path(shutil.copy(tmp_path / "till.sqlite", tmp_path / "other.sqlite"))
    sell(shop, drn, 1000)
    seq, known = head_of(shop)
    agreeing = verified(tmp_path / "till.sqlite", FixedAnchor("keyring", (seq, known)))
    shop.units.close()
    shutil.copy(other, tmp_path / "till.sqlite")
    sell(shop, drn, 2000)

    report = verified(tmp_path / "till.sqlite", FixedAnchor("keyring", (seq, known)))

    assert [one.outcome for one in agreeing.anchors] == ["agrees"]
    assert agreeing.findings == ()
    assert [finding.code for finding in report.findings] == ["verify.fork"]


def test_verify_when_a_document_was_erased_accepts_it_by_its_hash(copy: Path) -> None:
    with tampering(copy) as database:
        database.execute("UPDATE document SET body = x'', erased_at = 1 WHERE place = 4")

    report = verified(copy)

    assert report.findings == ()
    assert report.checked["documents_erased"] == 1


def test_verify_when_it_has_run_leaves_nothing_behind_and_the_till_sells_on(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    drn = shop.add_meter(1)
    sell(shop, drn, 1000)

    assert [verify(shop.units).is_clean for _ in range(10)] == [True] * 10

    shop.clock.pass_time(minutes=1)
    sell(shop, drn, 1000)
    assert verify(shop.units).checked["sale"] == 2


def begin_next_book(shop: Shop) -> None:
    """What a restore does to the tables: the old lines step back, a new chain begins."""
    with shop.units.write() as unit:
        execute = unit.connection.exec_driver_sql
        execute(
            "INSERT INTO former_journal (place, id, kind, business_day, line, hash, is_booked) "
            "SELECT seq, id, kind, business_day, line, hash, 1 FROM journal"
        )
        execute(
            "INSERT INTO former_book (number, till_id, head_seq, head_hash, receipt_last) "
            "SELECT number, till_id, head_seq, head_hash, receipt_last FROM book"
        )
        execute("DELETE FROM journal")
        execute(
            "INSERT INTO till (id, sales_point_id, code, public_key) "
            "SELECT ?, sales_point_id, 'T03B', public_key FROM till",
            (uuid4().bytes,),
        )
        execute(
            "UPDATE book SET number = 1, receipt_last = 0, head_seq = 0, acked_seq = 0, "
            "head_hash = zeroblob(32), "
            "till_id = (SELECT id FROM till WHERE code = 'T03B')"
        )


def test_verify_when_there_is_a_former_book_follows_both(tmp_path: Path) -> None:
    shop = make_busy_shop(tmp_path)
    begin_next_book(shop)
    record(shop, "book_restored", {"backup_seq": 33, "backup_hash": "0" * 64, "reason": "disk"})
    with shop.units.read() as connection:
        drn = connection.exec_driver_sql("SELECT drn FROM meter LIMIT 1").scalar_one()
    sell(shop, drn, 4000)

    report = verify(shop.units)

    assert report.findings == ()
    assert report.checked["lines"] == 36
    assert report.checked["documents"] == 14


def test_verify_when_a_former_book_is_touched_names_its_line(tmp_path: Path) -> None:
    shop = make_busy_shop(tmp_path)
    begin_next_book(shop)
    with shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE former_journal SET kind = 'cash_moved' WHERE place = 9")

    first = verify(shop.units).findings[0]

    assert (first.code, first.table, first.key) == ("verify.column", "former_journal", "seq=9")


def test_verify_when_a_former_head_is_touched_says_so(tmp_path: Path) -> None:
    shop = make_busy_shop(tmp_path)
    begin_next_book(shop)
    with shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE former_book SET head_seq = 3")

    first = verify(shop.units).findings[0]

    assert (first.code, first.table, first.column) == ("verify.head", "former_book", "head_seq")


def test_verify_when_the_clock_stood_still_for_years_finds_nothing(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    drn = shop.add_meter(1)
    sell(shop, drn, 1000)
    shop.clock.set_wall(shop.clock.now() - timedelta(minutes=4))
    sell(shop, drn, 1000)

    assert verify(shop.units).is_clean
