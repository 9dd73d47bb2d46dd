"""The talk with head office beside the window: when it begins, what is told, how it ends."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pos.errors import Rejected, Unavailable
from pos.sync.engine import SyncProgress, SyncReport
from pos.ui.lanes import Lane
from pos.ui.sync_runner import FIRST_AFTER_S, STAND_ALONE_LOOK_S, SyncRunner, SyncState, code_of
from tests.fakes.clock import FakeClock
from tests.fakes.tasks import InlineTasks

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


class OfficeOfTest:
    """What the runner needs of an engine: each cycle does what the test says next."""

    def __init__(self) -> None:
        self.will: list[SyncReport | BaseException] = []
        self.during: Callable[[], None] = lambda: None
        self.cycles = 0
        self.delay_s = 60.0

    def run_once(
        self, progress: Callable[[SyncProgress], None], is_cancelled: Callable[[], bool]
    ) -> SyncReport:
        self.cycles += 1
        progress(SyncProgress("push", "", 100, 400))
        self.during()
        done = self.will.pop(0) if self.will else SyncReport()
        if isinstance(done, BaseException):
            raise done
        done.is_cancelled = is_cancelled()
        return done

    def next_delay(self) -> float:
        return self.delay_s


@pytest.fixture
def office() -> OfficeOfTest:
    return OfficeOfTest()


@pytest.fixture
def tasks() -> InlineTasks:
    return InlineTasks()


@pytest.fixture
def ended() -> list[tuple[SyncReport | None, BaseException | None]]:
    return []


@pytest.fixture
def runner(
    office: OfficeOfTest, tasks: InlineTasks, ended: list[tuple[SyncReport | None, BaseException | None]]
) -> SyncRunner:
    clock = FakeClock(NOW)
    return SyncRunner(
        lambda: office,  # type: ignore[arg-type, return-value]  # all that it asks of an engine
        tasks,
        is_enrolled=lambda: True,
        now=clock.now,
        today=lambda: f"{clock.now():%Y-%m-%d}",
        on_cycle=lambda report, error: ended.append((report, error)),
    )


def test_start_when_the_window_is_shown_begins_a_little_later_on_the_net_lane(
    runner: SyncRunner, office: OfficeOfTest, tasks: InlineTasks
) -> None:
    runner.start()
    assert office.cycles == 0
    assert [delay for delay, _ in tasks.waiting] == [round(FIRST_AFTER_S * 1000)]

    tasks.run_later()
    assert (office.cycles, tasks.lanes) == (1, [Lane.NET])
    assert [delay for delay, _ in tasks.waiting] == [60_000]


def test_cycle_when_it_ends_well_tells_what_was_sent_fetched_and_repeated(
    runner: SyncRunner, office: OfficeOfTest
) -> None:
    office.will = [SyncReport(pushed=12, repeated=3, pulled={"meters": 2, "users": 1})]
    runner.run_now()

    state = runner.state
    assert (state.sent, state.fetched, state.repeated, state.tries) == (12, 3, 3, 0)
    assert (state.sent_at, state.fetched_at, state.error) == (NOW, NOW, None)
    assert state.is_enrolled and not state.is_running


def test_cycles_when_nobody_answers_count_tries_and_keep_what_was_sent_before(
    runner: SyncRunner, office: OfficeOfTest, ended: list[tuple[SyncReport | None, BaseException | None]]
) -> None:
    office.will = [
        SyncReport(pushed=5),
        Unavailable("sync.unreachable", "No answer."),
        Unavailable("sync.time_out", "No answer in time."),
    ]
    for _ in range(3):
        runner.run_now()

    state = runner.state
    assert (state.tries, state.sent, code_of(state.error), state.is_no_answer) == (
        2,
        5,
        "sync.time_out",
        True,
    )
    assert [code_of(error) for _, error in ended] == ["", "sync.unreachable", "sync.time_out"]


def test_cycle_when_head_office_says_no_is_no_missing_answer(
    runner: SyncRunner, office: OfficeOfTest
) -> None:
    office.will = [Rejected("sync.bad_hash", "The chain does not fit.")]
    runner.run_now()

    assert code_of(runner.state.error) == "sync.bad_hash" and not runner.state.is_no_answer


def test_watcher_when_a_cycle_runs_sees_each_step_and_no_more_after_it_left(
    runner: SyncRunner, office: OfficeOfTest
) -> None:
    seen: list[SyncState] = []
    unwatch = runner.watch(seen.append)
    runner.run_now()
    steps = [(state.is_running, state.step, state.done, state.of) for state in seen]

    assert (True, "push", 100, 400) in steps
    assert steps[-1][0] is False
    unwatch()
    unwatch()
    before = len(seen)
    runner.run_now()
    assert len(seen) == before


def test_run_now_when_a_cycle_runs_begins_no_second_one(runner: SyncRunner, office: OfficeOfTest) -> None:
    office.during = runner.run_now
    runner.run_now()

    assert office.cycles == 1


def test_cancel_when_a_cycle_runs_asks_it_to_end_and_tries_again_later(
    runner: SyncRunner, office: OfficeOfTest, tasks: InlineTasks
) -> None:
    stopping: list[bool] = []

    def during() -> None:
        assert runner.cancel()
        stopping.append(runner.state.is_stopping)

    office.during = during
    runner.run_now()

    assert stopping == [True]
    assert not runner.state.is_stopping and len(tasks.waiting) == 1
    assert not runner.cancel()


def test_runner_when_stopped_begins_nothing_more(
    runner: SyncRunner, office: OfficeOfTest, tasks: InlineTasks
) -> None:
    runner.start()
    runner.stop()
    tasks.run_later()
    runner.run_now()

    assert office.cycles == 0


def test_runner_when_a_person_asks_before_the_next_is_due_drops_that_one(
    runner: SyncRunner, office: OfficeOfTest, tasks: InlineTasks
) -> None:
    runner.start()
    runner.run_now()
    tasks.run_later()

    # The one that was planned first is void; the one after the asked-for cycle ran.
    assert office.cycles == 2


def test_runner_when_the_till_stands_alone_looks_again_now_and_then(tasks: InlineTasks) -> None:
    seen: list[SyncState] = []
    runner = SyncRunner(
        lambda: None, tasks, is_enrolled=lambda: False, now=lambda: NOW, today=lambda: "2026-11-20"
    )
    runner.watch(seen.append)
    runner.start()
    tasks.run_later()

    assert not any(state.is_running or state.is_enrolled for state in seen)
    assert tasks.lanes == []
    assert [delay for delay, _ in tasks.waiting] == [round(STAND_ALONE_LOOK_S * 1000)]
