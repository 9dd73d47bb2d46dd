"""Ids: their form, their order, and that no two are the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from pos.domain.ids import id_from, new_id

MOMENT = datetime(2026, 11, 30, 8, 15, 0, 123_000, tzinfo=UTC)
MILLISECONDS = 1_796_026_500_123


def test_new_id_is_a_version_7_uuid_with_the_milliseconds_of_its_moment() -> None:
    made = new_id(MOMENT)

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == MILLISECONDS


def test_new_id_when_the_moment_is_the_same_stands_after_the_one_before() -> None:
    made = [new_id(MOMENT) for _ in range(10_000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_new_id_when_the_moment_is_later_stands_after_all_earlier_ones() -> None:
    made = [new_id(MOMENT + timedelta(milliseconds=number // 3)) for number in range(3_000)]

    assert made == sorted(made)


def test_new_id_when_the_clock_is_set_back_says_the_time_it_was_given() -> None:
    later = new_id(MOMENT)
    earlier = new_id(MOMENT - timedelta(hours=1))

    assert earlier < later
    assert earlier.int >> 80 == MILLISECONDS - 3_600_000


def test_new_id_when_threads_ask_at_once_gives_each_its_own() -> None:
    with ThreadPoolExecutor(8) as threads:
        parts = list(threads.map(lambda _: [new_id(MOMENT) for _ in range(2_000)], range(8)))

    assert all(part == sorted(part) for part in parts)
    assert len({made for part in parts for made in part}) == 16_000


def test_id_from_when_the_same_is_named_again_then_the_same_id_else_another() -> None:
    one = id_from(MOMENT, "till/7/1/0")
    assert id_from(MOMENT, "till/7/1/0") == one
    assert (one.version, one.variant) == (7, "specified in RFC 4122")
    assert one.int >> 80 == MILLISECONDS
    others = {id_from(MOMENT, f"till/{n}/1/0") for n in range(8, 1_008)}
    assert len(others | {one}) == 1_001
    assert id_from(MOMENT + timedelta(milliseconds=1), "till/7/1/0") != one
