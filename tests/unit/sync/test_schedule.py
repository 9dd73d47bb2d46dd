import random
from datetime import timedelta

import pytest

from pos.sync.schedule import Schedule
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def schedule(clock: FakeClock) -> Schedule:
    return Schedule(clock, random.Random(7))


def test_delay_when_all_is_well_is_about_a_minute(schedule: Schedule) -> None:
    assert 54 <= schedule.next_delay() <= 66


def test_delay_when_failures_follow_each_other_doubles_up_to_ten_minutes(schedule: Schedule) -> None:
    bounds = []
    for _ in range(14):
        schedule.failed()
        bounds.append(schedule.next_delay())

    for n, delay in enumerate(bounds):
        whole = min(600, 2 * 2**n)
        assert max(2, whole / 2) <= delay <= max(2, whole)


def test_delay_when_it_failed_for_a_month_does_not_overflow(schedule: Schedule) -> None:
    for _ in range(5_000):
        schedule.failed()

    assert 300 <= schedule.next_delay() <= 600


def test_delay_when_the_server_says_when_wins_and_runs_down(schedule: Schedule, clock: FakeClock) -> None:
    schedule.failed(clock.now() + timedelta(seconds=3_000))

    assert schedule.next_delay() == 3_000
    clock.pass_time(seconds=2_990)
    assert schedule.next_delay() == 10
    clock.pass_time(seconds=60)
    assert schedule.next_delay() == 0


def test_delay_when_a_cycle_ends_well_forgets_the_failures(schedule: Schedule) -> None:
    schedule.failed()
    schedule.succeeded()

    assert schedule.failures == 0 and schedule.next_delay() > 50
