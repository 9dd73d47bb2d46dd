"""When waiting credit notes are printed beside the window."""

from datetime import UTC, datetime

from pos.errors import MachineFault, Unavailable
from pos.services.print_spool import JobState, PrintJob
from pos.ui.lanes import Lane
from pos.ui.note_printer import AFTER_TROUBLE, NotePrinter
from tests.fakes.clock import FakeClock
from tests.fakes.tasks import InlineTasks

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


class Waiting:
    """A spool with the states that waiting notes will have, or a printer in trouble."""

    def __init__(self) -> None:
        self.ends: list[JobState] = []
        self.trouble: Exception | None = None
        self.asked = 0

    def print_unattended(self, kind: str) -> tuple[PrintJob, ...]:
        assert kind == "credit_note"
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        ends, self.ends = self.ends, []
        return tuple(PrintJob(n, n, 0, end, "", NOW, opens_drawer=False) for n, end in enumerate(ends))


class Watcher:
    def __init__(self) -> None:
        self.spool, self.tasks, self.clock = Waiting(), InlineTasks(), FakeClock(NOW)
        self.printed: list[tuple[PrintJob, ...]] = []
        self.errors: list[BaseException] = []
        self.notes = NotePrinter(
            self.spool,
            self.tasks,
            now=self.clock.now,
            on_printed=self.printed.append,
            on_error=self.errors.append,
        )


def test_look_when_notes_wait_then_printed_on_the_lane_of_the_printer_and_told() -> None:
    watcher = Watcher()
    watcher.spool.ends = [JobState.PRINTED, JobState.PRINTED]
    watcher.notes.look()
    watcher.notes.look()

    assert watcher.tasks.lanes == [Lane.DEVICE, Lane.DEVICE]
    assert [len(jobs) for jobs in watcher.printed] == [2]


def test_look_when_the_printer_is_in_trouble_then_left_in_peace_for_a_while() -> None:
    watcher = Watcher()
    watcher.spool.trouble = Unavailable("printer.paper_out", "The paper is out.")
    watcher.notes.look()
    watcher.spool.trouble, watcher.spool.ends = None, [JobState.PRINTED]
    watcher.clock.pass_time(seconds=AFTER_TROUBLE.total_seconds() - 1)
    watcher.notes.look()
    assert (watcher.spool.asked, watcher.printed, watcher.errors) == (1, [], [])
    watcher.clock.pass_time(seconds=1)
    watcher.notes.look()

    assert (watcher.spool.asked, len(watcher.printed)) == (2, 1)


def test_look_when_nobody_knows_what_came_out_then_told_and_left_in_peace() -> None:
    watcher = Watcher()
    watcher.spool.ends = [JobState.UNKNOWN]
    watcher.notes.look()
    watcher.notes.look()

    assert (watcher.spool.asked, [jobs[0].state for jobs in watcher.printed]) == (1, [JobState.UNKNOWN])


def test_look_when_the_disk_fails_then_told() -> None:
    watcher = Watcher()
    watcher.spool.trouble = MachineFault("disk.fault", "The disk does not answer.")
    watcher.notes.look()

    assert watcher.errors == [watcher.spool.trouble]
