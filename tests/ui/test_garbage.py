"""Cycles are collected on the window's thread, never on a worker's."""

import gc
import linecache
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pos.ui.garbage import WindowGarbage
from pos.ui.lanes import Lane
from pos.ui.tasks import TaskRunner


class Knot:
    """Holds itself, so that only the collector can free it; notes on which thread it did."""

    def __init__(self, freed_on: list[threading.Thread]) -> None:
        self.me = self
        self.freed_on = freed_on

    def __del__(self) -> None:
        self.freed_on.append(threading.current_thread())


@pytest.fixture
def tasks(qapp: QApplication) -> Iterator[TaskRunner]:
    runner = TaskRunner()
    yield runner
    runner.close()


class Held:
    """Notes on which thread its last reference was dropped, as a widget would notice."""

    def __init__(self, freed_on: list[threading.Thread]) -> None:
        self.freed_on = freed_on

    def __del__(self) -> None:
        self.freed_on.append(threading.current_thread())


class Pause:
    """Stops a worker right behind its signal to the window: before it drops anything."""

    def __init__(self) -> None:
        self.is_reached = threading.Event()
        self.may_go_on = threading.Event()

    def __call__(self, _frame: object, event: str, function: object) -> None:
        if event == "c_return" and getattr(function, "__name__", "") == "emit":
            self.is_reached.set()
            self.may_go_on.wait(10)


@pytest.fixture
def pause() -> Iterator[Pause]:
    stop = Pause()
    threading.setprofile(stop)
    yield stop
    stop.may_go_on.set()
    threading.setprofile(None)


def look_at(held: Held) -> None:
    assert held.freed_on is not None


def submit_holding(tasks: TaskRunner, held: Held, work: Callable[[Held], object]) -> None:
    """Let work and both answers hold one thing that nobody else holds."""
    tasks.submit(
        Lane.READ, lambda: work(held), on_ok=lambda _: look_at(held), on_error=lambda _: look_at(held)
    )


def ends_well(held: Held) -> int:
    return id(held)


def fails(held: Held) -> None:
    raise ValueError(str(id(held)))


def allocate_much() -> None:
    for _ in range(50):
        kept = [[n] for n in range(1000)]
        kept.clear()


def test_cycle_when_a_worker_allocates_much_then_it_is_freed_on_the_windows_thread(tasks: TaskRunner) -> None:
    freed_on: list[threading.Thread] = []
    Knot(freed_on)

    tasks.submit(Lane.READ, allocate_much, on_ok=lambda _: None, on_error=lambda _: None)
    tasks.wait_idle()
    assert freed_on == []
    pile = [[n] for n in range(2000)]
    for _ in range(200):
        if freed_on:
            break
        QTest.qWait(20)

    assert len(pile) == 2000
    assert freed_on == [threading.main_thread()]


@pytest.mark.parametrize("work", [ends_well, fails])
def test_closures_when_the_window_was_faster_than_the_worker_then_they_are_freed_by_the_window(
    tasks: TaskRunner, pause: Pause, work: Callable[[Held], object]
) -> None:
    freed_on: list[threading.Thread] = []
    submit_holding(tasks, Held(freed_on), work)
    assert pause.is_reached.wait(10)
    QCoreApplication.processEvents()

    assert freed_on == [threading.main_thread()]


def test_closures_when_posted_on_the_way_then_they_are_freed_by_the_window(tasks: TaskRunner) -> None:
    freed_on: list[threading.Thread] = []

    def post_much(held: Held) -> None:
        for _ in range(50):
            tasks.post(partial(look_at, held))

    submit_holding(tasks, Held(freed_on), post_much)
    tasks.wait_idle()
    QCoreApplication.processEvents()

    assert freed_on == [threading.main_thread()]


def test_closures_when_the_runner_is_closed_then_they_are_freed_on_the_windows_thread(
    qapp: QApplication,
) -> None:
    runner = TaskRunner()
    freed_on: list[threading.Thread] = []
    is_begun, may_end = threading.Event(), threading.Event()

    def slow(held: Held) -> None:
        is_begun.set()
        assert may_end.wait(10), held

    submit_holding(runner, Held(freed_on), slow)
    submit_holding(runner, Held(freed_on), ends_well)
    assert is_begun.wait(10)
    may_end.set()
    runner.close()

    assert freed_on == [threading.main_thread()] * 2


def test_wait_idle_when_a_lane_has_two_workers_then_waits_for_both(tasks: TaskRunner) -> None:
    gates = [threading.Event(), threading.Event()]
    answers: list[bool] = []

    def pass_gate(gate: threading.Event, other: threading.Event) -> bool:
        other.set()
        return gate.wait(10)

    for gate, other in (gates, gates[::-1]):
        tasks.submit(Lane.NET, partial(pass_gate, gate, other), on_ok=answers.append, on_error=lambda _: None)
    tasks.wait_idle()
    QCoreApplication.processEvents()

    assert answers == [True, True]


def test_collector_when_the_runner_is_closed_then_it_is_pythons_again(qapp: QApplication) -> None:
    was_on = gc.isenabled()
    runner = TaskRunner()
    assert not gc.isenabled()

    runner.close()

    assert gc.isenabled() is was_on


def test_freed_memory_when_a_while_has_gone_by_then_is_given_back_until_the_end(qapp: QApplication) -> None:
    garbage = WindowGarbage()
    assert linecache.getlines(__file__)
    garbage.tidying.setInterval(1)
    for _ in range(500):
        if __file__ not in linecache.cache:
            break
        QTest.qWait(10)
    assert __file__ not in linecache.cache

    garbage.close()

    assert not garbage.tidying.isActive()
