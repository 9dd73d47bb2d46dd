"""When providers are asked beside the window, and what is told once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from pos.errors import MachineFault
from pos.services.payment_desk import Announcement
from pos.ui.lanes import Lane
from pos.ui.payment_runner import AFTER_TROUBLE_MS, FIRST_AFTER_MS, LEAST_MS, MOST_MS, PaymentRunner
from tests.fakes.tasks import InlineTasks

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


class DuePayments:
    """Payments that are due at an instant, or a disk that fails."""

    def __init__(self) -> None:
        self.runs = 0
        self.due_at: datetime | None = None
        self.news: list[Announcement] = []
        self.fault: Exception | None = None

    def run_due(self) -> list[Announcement]:
        self.runs += 1
        if self.fault is not None:
            raise self.fault
        return self.news

    def next_due_at(self) -> datetime | None:
        return self.due_at


class Watcher:
    def __init__(self) -> None:
        self.payments = DuePayments()
        self.tasks = InlineTasks()
        self.told: list[Sequence[Announcement]] = []
        self.errors: list[BaseException] = []
        self.runner = PaymentRunner(
            self.payments,
            self.tasks,
            now=lambda: NOW,
            on_news=self.told.append,
            on_error=self.errors.append,
        )


def test_runner_when_started_then_begins_soon_on_the_lane_of_the_network() -> None:
    watcher = Watcher()
    watcher.runner.start()
    assert [delay for delay, _ in watcher.tasks.waiting] == [FIRST_AFTER_MS]
    watcher.tasks.run_later()

    assert watcher.payments.runs == 1 and watcher.tasks.lanes == [Lane.NET]
    assert [delay for delay, _ in watcher.tasks.waiting] == [MOST_MS]


def test_runner_when_something_is_due_then_sleeps_until_then() -> None:
    watcher = Watcher()
    watcher.payments.due_at = NOW + timedelta(seconds=3)
    watcher.runner.start()
    watcher.tasks.run_later()
    assert [delay for delay, _ in watcher.tasks.waiting] == [3000]
    watcher.payments.due_at = NOW - timedelta(minutes=1)
    watcher.tasks.run_later()

    assert [delay for delay, _ in watcher.tasks.waiting] == [LEAST_MS]


def test_runner_when_woken_then_goes_at_once_and_the_earlier_alarm_does_nothing() -> None:
    watcher = Watcher()
    watcher.runner.start()
    watcher.runner.wake()
    assert watcher.payments.runs == 1
    watcher.tasks.run_later()

    assert watcher.payments.runs == 2, "the alarm set by the go that was woken, not the first one"


def test_runner_when_the_disk_fails_then_told_and_tried_again() -> None:
    watcher = Watcher()
    watcher.payments.fault = MachineFault("disk.fault", "The disk does not answer.")
    watcher.runner.start()
    watcher.tasks.run_later()

    assert watcher.errors == [watcher.payments.fault] and watcher.told == []
    assert [delay for delay, _ in watcher.tasks.waiting] == [AFTER_TROUBLE_MS]


def test_runner_when_there_is_news_then_told_and_stopped_ends_it() -> None:
    watcher = Watcher()
    watcher.payments.news = [Announcement(1, uuid4(), "delivered", NOW)]
    watcher.runner.start()
    watcher.tasks.run_later()
    assert watcher.told == [watcher.payments.news]
    watcher.runner.stop()
    watcher.runner.wake()
    watcher.tasks.run_later()

    assert watcher.payments.runs == 1
