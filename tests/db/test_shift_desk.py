"""What the Shift place reads and prints, on a real till with a printer that keeps what it gets."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pos.domain.shift import MovementKind
from pos.errors import KilotillError, Unavailable
from pos.printing.devices import PrinterStatus
from pos.printing.thermal import ThermalPaper
from pos.services.papers import StoredPapers
from pos.services.print_spool import JobState, Printer, PrintSpool
from pos.services.shift_desk import ShiftDesk
from pos.services.shift_papers import ShiftPapers
from tests.factories.shifts import Desk, coins, make_desk
from tests.factories.shop import ZONE
from tests.fakes.printer import FakePrinter

KICK = b"\x1bp\x00"


class Counter:
    """A desk of the factory, with papers and a printer."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.printer = FakePrinter()
        self.cashier, self.supervisor = desk.shop.cashier, desk.shop.supervisor
        shop = desk.shop
        papers = ShiftPapers(ZONE, "Kimironko", rules=lambda: shop.rules)
        self.spool = PrintSpool(
            shop.units,
            clock=shop.clock,
            papers=StoredPapers(shop.units),
            printers=lambda _: Printer(self.printer.open, ThermalPaper()),
        )
        desk.shifts._papers = papers
        self.shift_desk = ShiftDesk(
            shop.units,
            shop.clock,
            shifts=desk.shifts,
            papers=papers,
            spool=self.spool,
            rules=lambda: shop.rules,
        )

    def print_all(self) -> None:
        while self.spool.print_next() is not None:
            continue


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    desk = make_desk(tmp_path)
    desk.shop.set_rules(printer="counter", duplicate_limit_minor=10**12)
    yield Counter(desk)
    desk.shop.units.close()


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


def test_now_when_no_shift_is_open_gives_the_next_number(counter: Counter) -> None:
    now = counter.shift_desk.now(counter.cashier)

    assert (now.shift, now.number, now.sales, now.movements, now.is_mine) == (None, 1, 0, (), False)


def test_now_when_a_shift_is_open_counts_sales_and_lists_movements_with_their_times(counter: Counter) -> None:
    desk = counter.desk
    desk.shifts.open_shift(counter.cashier, coins(50_000))
    desk.sell(desk.shop.add_meter(1), 5000)
    desk.cash.take_out(counter.cashier, 700, reason="cleaning")
    desk.cash.bank(counter.supervisor, 900, slip_number="BK-7")

    now = counter.shift_desk.now(counter.cashier)

    assert (now.sales, now.is_mine, now.waiting) == (1, True, ())
    assert [(row.kind, row.amount_minor, row.reason, row.slip_number) for row in now.movements] == [
        (MovementKind.OUT, -700, "cleaning", ""),
        (MovementKind.BANKING, -900, "", "BK-7"),
    ]
    assert all(now.shift is not None and row.at >= now.shift.opened_at for row in now.movements)
    assert now.unsent > 0


def test_now_when_it_is_a_colleagues_shift_says_who_may_go_on(counter: Counter) -> None:
    counter.desk.shifts.open_shift(counter.supervisor, coins(100))

    assert not counter.shift_desk.now(counter.cashier).is_mine
    assert counter.shift_desk.now(counter.supervisor).is_mine
    assert code_of(lambda: counter.shift_desk.x_text(counter.cashier)) == "shift.not_yours"


def test_x_when_printed_leaves_no_job_and_says_no_cash(counter: Counter) -> None:
    counter.desk.shifts.open_shift(counter.cashier, coins(50_000))

    assert counter.shift_desk.print_x(counter.cashier)

    assert "CASH IN THE DRAWER" not in counter.shift_desk.x_text(counter.cashier)
    assert b"X REPORT" in counter.printer.received[0]
    assert counter.spool.list_open() == ()


def test_x_when_the_paper_is_out_is_not_printed_later(counter: Counter) -> None:
    counter.desk.shifts.open_shift(counter.cashier, coins(50_000))
    counter.printer.state = PrinterStatus(is_known=True, has_paper=False)

    assert code_of(lambda: counter.shift_desk.print_x(counter.cashier)) == "printer.paper_out"
    assert (counter.printer.received, counter.spool.list_open()) == ([], ())


def test_z_when_printed_again_is_marked_as_a_copy_each_time(counter: Counter) -> None:
    counter.desk.shifts.open_shift(counter.cashier, coins(100))
    counter.desk.shifts.close_shift(counter.cashier, coins(100))
    counter.print_all()

    assert counter.shift_desk.print_z_again(counter.cashier, 1)
    assert counter.shift_desk.print_z_again(counter.supervisor, 1)
    counter.print_all()

    first, second, third = counter.printer.received
    assert b"COPY" not in first
    assert b"COPY 1" in second
    assert b"COPY 2" in third


def test_z_when_it_is_a_colleagues_or_there_is_none_is_refused(counter: Counter) -> None:
    counter.desk.shifts.open_shift(counter.supervisor, coins(0))
    counter.desk.shifts.close_shift(counter.supervisor, coins(0))

    assert code_of(lambda: counter.shift_desk.print_z_again(counter.cashier, 1)) == "shift.not_yours"
    assert code_of(lambda: counter.shift_desk.print_z_again(counter.supervisor, 2)) == "shift.report_missing"


def test_slip_when_nothing_was_banked_is_refused(counter: Counter) -> None:
    counter.desk.shifts.open_shift(counter.cashier, coins(100))
    counter.desk.cash.drop_to_safe(counter.cashier, 50, reason="bag 1")
    counter.desk.shifts.close_shift(counter.cashier, coins(50))

    assert code_of(lambda: counter.shift_desk.print_slip_again(counter.cashier, 1)) == "cash.slip_missing"
    assert [row.reason for row in counter.shift_desk.movements_of(counter.cashier, 1)] == ["bag 1"]


def test_drawer_when_opened_kicks_and_shows_on_the_status(counter: Counter) -> None:
    counter.desk.shifts.open_shift(counter.cashier, coins(100))
    moved = counter.desk.cash.open_without_sale(counter.cashier, reason="change")

    assert counter.shift_desk.open_drawer(moved.place)

    assert KICK in counter.printer.received[0]
    with counter.desk.shop.units.read() as connection:
        rows = connection.exec_driver_sql("SELECT place, state, opens_drawer FROM print_job").all()
    assert [tuple(row) for row in rows] == [(moved.place, JobState.PRINTED.value, 1)]


def test_drawer_when_the_printer_is_away_says_so_and_notes_nothing(counter: Counter) -> None:
    counter.desk.shifts.open_shift(counter.cashier, coins(100))
    moved = counter.desk.cash.open_without_sale(counter.cashier, reason="change")
    counter.printer.is_off = True

    with pytest.raises(Unavailable):
        counter.shift_desk.open_drawer(moved.place)

    assert counter.spool.list_open() == ()


def test_papers_when_the_till_has_no_printer_are_not_queued(counter: Counter) -> None:
    counter.desk.shop.set_rules(printer="", duplicate_limit_minor=10**12)
    counter.desk.shifts.open_shift(counter.cashier, coins(100))
    moved = counter.desk.cash.open_without_sale(counter.cashier, reason="change")

    assert not counter.shift_desk.print_x(counter.cashier)
    assert not counter.shift_desk.open_drawer(moved.place)
    counter.desk.shifts.close_shift(counter.cashier, coins(100))
    counter.print_all()
    assert not counter.shift_desk.print_z_again(counter.cashier, 1)
