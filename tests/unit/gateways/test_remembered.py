from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

import pytest

from pos.errors import Unavailable
from pos.gateways.remembered import Memory
from tests.fakes.clock import FakeClock


def memory(clock: FakeClock, answers: Iterator[int | Unavailable]) -> Memory[int]:
    def ask() -> int:
        answer = next(answers)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    return Memory(ask, clock=clock, holds=timedelta(minutes=5))


AWAY = Unavailable("provider.unreachable", "The provider does not answer now.")


def test_value_is_asked_for_again_only_when_it_is_old_or_urgent() -> None:
    clock = FakeClock()
    kept = memory(clock, iter([1, 2, 3]))

    first, second = kept.get(), kept.get()
    clock.pass_time(minutes=5)
    third, fourth = kept.get(), kept.get(is_urgent=True)

    assert [one.value for one in (first, second, third, fourth)] == [1, 1, 2, 3]
    assert kept.last == fourth


def test_provider_away_shows_the_last_value_with_its_age() -> None:
    clock = FakeClock()
    kept = memory(clock, iter([1, AWAY, 2]))
    kept.get()
    clock.pass_time(minutes=7)

    old, new = kept.get(), kept.get()

    assert (old.value, old.age(clock.now()), old.trouble) == (1, timedelta(minutes=7), AWAY)
    assert (new.value, new.trouble) == (2, None)
    assert new.age(clock.now() - timedelta(hours=1)) == timedelta()


def test_provider_away_from_the_first_gives_nothing_invented() -> None:
    kept = memory(FakeClock(), iter([AWAY]))

    assert kept.last is None
    with pytest.raises(Unavailable) as caught:
        kept.get()
    assert caught.value is AWAY


def test_whoever_comes_while_another_asks_does_not_wait_for_him() -> None:
    clock, answers = FakeClock(), iter([1, 2])
    seen: list[int | str] = []

    def ask() -> int:
        # Another thread comes just now.
        other = Thread(target=meanwhile)
        other.start()
        other.join(10)
        return next(answers)

    def meanwhile() -> None:
        try:
            seen.append(kept.get().value)
        except Unavailable as error:
            seen.append(error.code)

    kept = Memory(ask, clock=clock, holds=timedelta(minutes=5))
    first = kept.get()
    clock.pass_time(minutes=6)
    second = kept.get()

    assert (first.value, second.value) == (1, 2)
    assert seen == ["provider.unreachable", 1]
