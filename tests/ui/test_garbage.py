"""Cycles are collected on the window's thread, never on a worker's."""

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

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


def test_collector_when_the_runner_is_closed_then_it_is_pythons_again(qapp: QApplication) -> None:
    was_on = gc.isenabled()
    runner = TaskRunner()
    assert not gc.isenabled()

    runner.close()

    assert gc.isenabled() is was_on
