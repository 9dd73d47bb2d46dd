"""A machine that fails: the right Stop, nothing lost, and the sale goes through once it is well again."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import event

import pos.models.db
from pos.errors import KilotillError, MachineFault
from pos.models.db import open_engine
from pos.models.uow import Units
from pos.services.sale_values import SaleRequest, SaleResult
from pos.services.verify import verify
from tests.factories.shop import START, Shop, make_shop, reopen_shop


@dataclass
class Counter:
    """A shop that has sold once, and the sale that comes next."""

    shop: Shop
    folder: Path
    sold: SaleRequest
    first: SaleResult
    asked: SaleRequest

    def sell(self) -> SaleResult:
        return self.shop.checkout.sell(self.asked, self.shop.supervisor)

    def refusal(self) -> KilotillError:
        with pytest.raises(KilotillError) as caught:
            self.sell()
        return caught.value

    def check_nothing_is_lost(self) -> None:
        """The first sale is there, the one that failed is not; it goes through now, with the next number."""
        assert self.shop.checkout.sell(self.sold, self.shop.cashier).sale == self.first.sale
        with self.shop.units.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM sale").scalar_one() == 1
        later = self.sell()
        assert (later.is_repeat, later.sale["receipt_number"]) == (False, "T03-000002")
        assert verify(self.shop.units).findings == ()


def request(drn: str) -> SaleRequest:
    return SaleRequest(sale_id=uuid4(), drn=drn, money_minor=5000, is_another_wanted=True)


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    shop = make_shop(tmp_path)
    drn = shop.add_meter(1)
    sold = request(drn)
    return Counter(shop, tmp_path, sold, shop.checkout.sell(sold, shop.cashier), request(drn))


@pytest.mark.skipif(sys.platform == "win32", reason="a limit of POSIX systems")
def test_sell_when_the_file_may_not_grow_stops_and_loses_nothing(counter: Counter) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    largest = max(one.stat().st_size for one in counter.folder.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        refusal = counter.refusal()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert (type(refusal), refusal.code) == (MachineFault, "disk.fault")
    counter.check_nothing_is_lost()


def test_sell_when_the_disk_is_full_stops_and_loses_nothing(counter: Counter) -> None:
    counter.shop.units.close()
    limited = reopen_shop(counter.folder)
    with limited.units.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    limited.units.close()

    @event.listens_for(limited.units._reading, "connect")
    def _no_room(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(MachineFault) as caught:
        for _ in range(50):
            limited.checkout.sell(request(counter.asked.drn), limited.supervisor)
    limited.units.close()

    again = reopen_shop(counter.folder)
    assert caught.value.code == "disk.full"
    assert verify(again.units).findings == ()
    assert again.checkout.sell(counter.sold, again.cashier).sale == counter.first.sale
    assert not again.checkout.sell(counter.asked, again.supervisor).is_repeat
    assert verify(again.units).findings == ()


def test_sell_when_the_database_may_only_be_read_stops_and_loses_nothing(counter: Counter) -> None:
    locked = reopen_shop(counter.folder)
    locked.units.close()

    @event.listens_for(locked.units._reading, "connect")
    def _read_only(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    with pytest.raises(MachineFault) as caught:
        locked.checkout.sell(counter.asked, locked.supervisor)

    assert caught.value.code == "disk.read_only"
    counter.check_nothing_is_lost()


def test_sell_when_another_program_holds_the_database_stops_and_loses_nothing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pos.models.db, "BUSY_TIMEOUT_MS", 20)
    impatient = reopen_shop(counter.folder)
    with held(counter.folder / "till.sqlite"), pytest.raises(MachineFault) as caught:
        impatient.checkout.sell(counter.asked, impatient.supervisor)

    assert caught.value.code == "disk.busy"
    counter.check_nothing_is_lost()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another program in the middle of writing."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def damaged(path: Path, harm: Callable[[bytearray, int], None]) -> Units:
    """The database after its pages were put in order and one of them was harmed."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode = DELETE")
        root = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sale'").fetchone()[0]
        page_size = database.execute("PRAGMA page_size").fetchone()[0]
    data = bytearray(path.read_bytes())
    harm(data, (root - 1) * page_size)
    path.write_bytes(data)
    return Units(open_engine(path))


def _harm_page(data: bytearray, start: int) -> None:
    data[start : start + 64] = b"\xff" * 64


def _harm_header(data: bytearray, _start: int) -> None:
    data[:16] = bytes(16)


@pytest.mark.parametrize("harm", [_harm_page, _harm_header])
def test_reading_when_the_file_is_damaged_says_so(
    counter: Counter, harm: Callable[[bytearray, int], None]
) -> None:
    counter.shop.units.close()
    units = damaged(counter.folder / "till.sqlite", harm)

    with pytest.raises(MachineFault) as caught, units.read() as connection:
        connection.exec_driver_sql("SELECT sum(money_minor) FROM sale").scalar_one()

    assert caught.value.code == "disk.damaged"
    units.close()


def test_verify_when_a_page_is_damaged_stops_with_the_machine_fault(counter: Counter) -> None:
    counter.shop.units.close()
    units = damaged(counter.folder / "till.sqlite", _harm_page)

    with pytest.raises(MachineFault) as caught:
        verify(units)

    assert caught.value.code == "disk.damaged"
    units.close()


@pytest.mark.parametrize(
    ("wall", "code"),
    [
        (START + timedelta(minutes=-10), "clock.back"),
        (START + timedelta(days=8), "clock.confirm"),
        (datetime(2036, 1, 1, tzinfo=UTC), "clock.confirm"),
        (datetime(1970, 1, 1, tzinfo=UTC), "clock.back"),
    ],
)
def test_sell_when_the_clock_was_wrong_goes_on_once_it_is_right(
    counter: Counter, wall: datetime, code: str
) -> None:
    counter.shop.clock.set_wall(wall)

    refusal = counter.refusal()
    counter.shop.clock.set_wall(START + timedelta(minutes=1))

    assert refusal.code == code
    counter.check_nothing_is_lost()


@pytest.mark.parametrize("step", [timedelta(seconds=-1), timedelta(minutes=-4)])
def test_sell_when_the_clock_is_a_little_behind_dates_no_line_before_the_last(
    counter: Counter, step: timedelta
) -> None:
    counter.shop.clock.set_wall(START + step)

    later = counter.sell()

    assert later.credit_token["tid"] == counter.first.credit_token["tid"] + 1
    with counter.shop.units.read() as connection:
        instants = [row[0] for row in connection.exec_driver_sql("SELECT at FROM sale ORDER BY place")]
    assert instants == sorted(instants)
    assert verify(counter.shop.units).findings == ()
