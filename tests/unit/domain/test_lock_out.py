import pytest

from pos.domain.lock_out import LockOut

MINUTE = 60_000


def wrong(times: int, running_ms: int = 5000) -> LockOut:
    state = LockOut()
    for _ in range(times):
        state = state.after_wrong_pin(running_ms)
    return state


@pytest.mark.parametrize(("times", "seconds"), [(1, 2), (2, 4), (3, 8), (4, 16)])
def test_lock_out_when_the_nth_pin_is_wrong_then_waits_two_to_the_n_seconds(times: int, seconds: int) -> None:
    state = wrong(times)
    assert (state.wait_left_ms, state.is_locked) == (seconds * 1000, False)
    assert state.at(5000 + seconds * 1000 - 1).wait_left_ms == 1
    assert state.at(5000 + seconds * 1000).wait_left_ms == 0


def test_lock_out_when_the_fifth_pin_is_wrong_then_locks_for_fifteen_minutes() -> None:
    state = wrong(5)
    assert state.is_locked
    assert state.at(5000 + 15 * MINUTE - 1) == LockOut(5, 1, 5000 + 15 * MINUTE - 1, is_locked=True)
    assert state.at(5000 + 15 * MINUTE) == LockOut(5, 0, 5000 + 15 * MINUTE, is_locked=False)


def test_lock_out_when_wrong_again_after_a_lock_then_locks_at_once() -> None:
    again = wrong(5).at(5000 + 15 * MINUTE).after_wrong_pin(2_000_000)
    assert (again.wrong_pins, again.wait_left_ms, again.is_locked) == (6, 15 * MINUTE, True)


def test_lock_out_when_the_machine_restarts_then_the_rest_of_the_wait_goes_on() -> None:
    before = wrong(5, running_ms=9_000_000).at(9_000_000 + 5 * MINUTE)
    after = before.at(30_000)  # half a minute after the machine came up
    assert (after.wait_left_ms, after.wait_from_ms, after.is_locked) == (10 * MINUTE, 30_000, True)
    assert after.at(30_000 + 10 * MINUTE).is_locked is False


def test_lock_out_when_asked_many_times_then_time_is_counted_once() -> None:
    state = wrong(4)
    for running_ms in range(5000, 13_001, 1000):
        state = state.at(running_ms)
    assert state.wait_left_ms == 8000
