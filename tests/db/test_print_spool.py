"""The print spool on a real database: nothing is printed twice by itself, nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.errors import MachineFault, Unavailable, UserError
from pos.models.uow import Units
from pos.printing.devices import PrinterStatus
from pos.printing.document import Cut, Document, Text
from pos.printing.thermal import ThermalPaper
from pos.services.print_spool import Decision, JobState, Printer, PrintSpool, add_print_job
from tests.db.schema import make_database
from tests.fakes.clock import FakeClock
from tests.fakes.printer import FakePrinter

KICK = b"\x1bp\x00"


class FakePapers:
    def find(self, place: int, copy: int) -> Document:
        if place == 404:
            raise UserError("document.block", "A paper cannot hold a block 'video'.")
        if place == 500:
            raise ValueError("a mistake of the program")
        if place == 507:
            raise MachineFault("disk.fault", "The disk failed.")
        return Document("receipt", "en", (Text(f"place {place} copy {copy}"), Cut()))


class Shop:
    def __init__(self, units: Units) -> None:
        self.units = units
        self.clock = FakeClock()
        self.printer = FakePrinter()
        self.spool = PrintSpool(units, clock=self.clock, papers=FakePapers(), printers=self._find)

    def add(self, place: int, *, copy: int = 0, opens_drawer: bool = False, printer: str = "counter") -> int:
        with self.units.write() as unit:
            return add_print_job(
                unit, place, printer=printer, at=self.clock.now(), copy=copy, opens_drawer=opens_drawer
            )

    def states(self) -> list[tuple[int, JobState, str]]:
        return [(job.key, job.state, job.error) for job in self.spool.list_open()]

    def _find(self, name: str) -> Printer:
        if name != "counter":
            raise UserError("printer.unknown", f"There is no printer {name}.")
        return Printer(self.printer.open, ThermalPaper())


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    units = make_database(tmp_path)
    yield Shop(units)
    units.close()


def test_jobs_when_printed_come_out_once_each_and_in_order(shop: Shop) -> None:
    shop.add(7)
    shop.add(9, copy=2)

    printed = [shop.spool.print_next(), shop.spool.print_next(), shop.spool.print_next()]

    assert [job and (job.place, job.copy, job.state) for job in printed] == [
        (7, 0, JobState.PRINTED),
        (9, 2, JobState.PRINTED),
        None,
    ]
    assert [b"place 7 copy 0" in data for data in shop.printer.received] == [True, False]
    assert shop.spool.list_open() == ()
    assert shop.printer.open_count == 0


def test_job_when_it_opens_the_drawer_kicks_before_it_prints(shop: Shop) -> None:
    shop.add(7, opens_drawer=True)
    shop.add(8)

    shop.spool.print_next()
    shop.spool.print_next()

    with_kick, without = shop.printer.received
    assert 0 < with_kick.index(KICK) < with_kick.index(b"place 7")
    assert KICK not in without


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (PrinterStatus(is_known=True, is_online=False, has_paper=False), "printer.paper_out"),
        (PrinterStatus(is_known=True, is_online=False, is_cover_closed=False), "printer.cover_open"),
        (PrinterStatus(is_known=True, is_online=False), "printer.offline"),
    ],
)
def test_job_when_the_printer_cannot_waits_on_with_nothing_sent(
    shop: Shop, status: PrinterStatus, code: str
) -> None:
    key = shop.add(7)
    shop.printer.state = status

    with pytest.raises(Unavailable) as refused:
        shop.spool.print_next()

    assert refused.value.code == code
    assert shop.states() == [(key, JobState.WAITING, code)]
    assert shop.printer.received == []
    assert shop.printer.open_count == 0


def test_job_when_the_printer_is_off_waits_and_is_printed_later(shop: Shop) -> None:
    shop.add(7)
    shop.printer.is_off = True
    with pytest.raises(Unavailable):
        shop.spool.print_next()
    shop.printer.is_off = False

    job = shop.spool.print_next()

    assert job is not None
    assert (job.state, job.error) == (JobState.PRINTED, "")


def test_job_when_sending_breaks_off_is_unknown_and_is_not_tried_again(shop: Shop) -> None:
    key = shop.add(7)
    shop.printer.breaks_off = True

    job = shop.spool.print_next()

    assert job is not None
    assert (job.state, job.error) == (JobState.UNKNOWN, "printer.offline")
    assert shop.spool.print_next() is None
    with pytest.raises(UserError) as refused:
        shop.spool.print_job(key)
    assert refused.value.code == "printer.job_not_waiting"
    assert len(shop.printer.received) == 1


def test_job_when_paper_ends_while_printing_is_unknown(shop: Shop) -> None:
    shop.add(7)
    shop.printer.state_after = PrinterStatus(is_known=True, has_paper=False)

    job = shop.spool.print_next()

    assert job is not None
    assert (job.state, job.error) == (JobState.UNKNOWN, "printer.paper_out")


def test_job_when_the_program_ended_while_sending_is_unknown_after_the_start(shop: Shop) -> None:
    key = shop.add(7)
    waiting = shop.add(8)
    # The crash: the job is taken, and nothing more happens.
    shop.spool._take(key)

    recovered = shop.spool.recover()

    assert recovered == (key,)
    assert shop.states() == [
        (key, JobState.UNKNOWN, "printer.interrupted"),
        (waiting, JobState.WAITING, ""),
    ]
    job = shop.spool.print_next()
    assert job is not None
    assert job.key == waiting
    assert shop.spool.recover() == ()


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        (Decision.IS_PRINTED, JobState.PRINTED),
        (Decision.PRINT_AGAIN, JobState.WAITING),
        (Decision.GIVE_UP, JobState.FAILED),
    ],
)
def test_unknown_job_when_a_person_decides_follows_and_never_kicks_again(
    shop: Shop, decision: Decision, state: JobState
) -> None:
    key = shop.add(7, opens_drawer=True)
    shop.spool._take(key)
    shop.spool.recover()

    job = shop.spool.decide(key, decision)

    assert (job.state, job.error, job.opens_drawer) == (state, "", False)


def test_job_when_it_needs_no_decision_is_refused(shop: Shop) -> None:
    key = shop.add(7)

    with pytest.raises(UserError) as refused:
        shop.spool.decide(key, Decision.PRINT_AGAIN)
    assert refused.value.code == "printer.job_settled"
    with pytest.raises(UserError) as missing:
        shop.spool.print_job(99)
    assert missing.value.code == "printer.job_missing"


@pytest.mark.parametrize(
    ("place", "printer", "code"), [(404, "counter", "document.block"), (7, "cellar", "printer.unknown")]
)
def test_job_when_it_can_never_be_made_fails(shop: Shop, place: int, printer: str, code: str) -> None:
    shop.add(place, printer=printer)

    job = shop.spool.print_next()

    assert job is not None
    assert (job.state, job.error) == (JobState.FAILED, code)
    assert shop.printer.received == []


def test_unattended_when_papers_wait_then_only_originals_that_leave_the_drawer_shut(shop: Shop) -> None:
    with shop.units.write() as unit:
        for place, kind in ((7, "credit_note"), (8, "credit_note"), (9, "receipt")):
            unit.connection.exec_driver_sql(
                "INSERT INTO document (place, kind, sha256, body) VALUES (?, ?, x'00', x'00')", (place, kind)
            )
    note = shop.add(7)
    others = [shop.add(7, copy=1), shop.add(8, opens_drawer=True), shop.add(9)]

    printed = shop.spool.print_unattended("credit_note")

    assert [(job.key, job.state) for job in printed] == [(note, JobState.PRINTED)]
    assert [job.key for job in shop.spool.list_open()] == others
    assert shop.spool.print_unattended("credit_note") == ()


@pytest.mark.expect_log("A paper could not be made")
def test_job_when_its_paper_trips_the_program_has_failed_and_the_next_comes_out(shop: Shop) -> None:
    broken = shop.add(500)
    shop.add(7)

    printed = [shop.spool.print_next(), shop.spool.print_next()]

    assert [job and job.state for job in printed] == [JobState.FAILED, JobState.PRINTED]
    assert shop.states() == [(broken, JobState.FAILED, "program.fault")]


def test_job_when_the_disk_fails_under_its_paper_waits_on(shop: Shop) -> None:
    job = shop.add(507)

    with pytest.raises(MachineFault, match="The disk failed"):
        shop.spool.print_next()

    assert shop.states() == [(job, JobState.WAITING, "disk.fault")]


def test_job_when_opening_the_printer_trips_the_program_waits_on(shop: Shop) -> None:
    job = shop.add(7)
    shop.printer.mistake_at_open = ValueError("a mistake of a driver")

    with pytest.raises(ValueError, match="a mistake of a driver"):
        shop.spool.print_next()

    assert shop.states() == [(job, JobState.WAITING, "program.fault")]


@pytest.mark.expect_log("A paper was broken off")
def test_job_when_sending_trips_the_program_is_unknown(shop: Shop) -> None:
    job = shop.add(7)
    shop.printer.mistake_at_send = ValueError("a mistake of a driver")

    shop.spool.print_next()

    assert shop.states() == [(job, JobState.UNKNOWN, "program.fault")]
    assert shop.printer.open_count == 0
