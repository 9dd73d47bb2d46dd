import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pos.gateways.bearer import Bearer, Bearers, NoBearer
from pos.gateways.http import Result, Silence
from pos.gateways.reasons import Reason
from tests.fakes.clock import FakeClock

WAITERS = 8


class _CountedLock:
    """A lock that knows how many have come to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._change = threading.Condition()
        self._arrived = 0

    def __enter__(self) -> None:
        with self._change:
            self._arrived += 1
            self._change.notify_all()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def wait_for(self, count: int) -> None:
        with self._change:
            assert self._change.wait_for(lambda: self._arrived >= count, 10)


def test_token_that_cannot_be_had_is_asked_for_once_by_all_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, lock, answers = FakeClock(), _CountedLock(), iter(["hangs", "holds"])

    def fetch() -> Bearer | Result:
        if next(answers) == "holds":
            return Bearer("tok", 180)
        lock.wait_for(WAITERS)
        return Silence(Reason.TIME_OUT, was_sent=True, at=clock.now())

    bearers = Bearers(fetch, clock)
    monkeypatch.setattr(bearers, "_lock", lock)

    with ThreadPoolExecutor(WAITERS) as pool:
        found = list(pool.map(lambda _: bearers.get(), range(WAITERS)))

    assert all(isinstance(one, NoBearer) for one in found)
    assert bearers.get() == Bearer("tok", 180)


def test_token_that_was_refused_is_renewed_once_by_all_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, lock, made = FakeClock(), _CountedLock(), iter(["first", "second", "third"])

    def fetch() -> Bearer:
        word = next(made)
        if word == "second":
            lock.wait_for(1 + WAITERS)
        return Bearer(word, 180)

    bearers = Bearers(fetch, clock)
    monkeypatch.setattr(bearers, "_lock", lock)
    assert bearers.get() == Bearer("first", 180)

    with ThreadPoolExecutor(WAITERS) as pool:
        found = list(pool.map(lambda _: bearers.get(refused="first"), range(WAITERS)))

    assert found == [Bearer("second", 180)] * WAITERS
