from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pos.domain.shift import (
    CashCount,
    Compared,
    KindTotal,
    Pieces,
    Unresolved,
    cash_count,
    parse_count,
)
from pos.errors import KilotillError


def test_cash_count_when_given_pairs_adds_them_up_and_puts_the_largest_first() -> None:
    count = cash_count([(100, 2), (5000, 3), (50, 0)])

    assert count == CashCount((Pieces(5000, 3), Pieces(100, 2)), 15_200)
    assert count.to_json() == [{"value_minor": 5000, "pieces": 3}, {"value_minor": 100, "pieces": 2}]


def test_cash_count_when_only_a_total_is_typed_stands_for_it() -> None:
    assert cash_count([], typed_minor=50_000) == CashCount((), 50_000)


@pytest.mark.parametrize(
    ("pairs", "typed_minor", "code"),
    [
        ([(5000, 3)], 15_001, "cash.total_differs"),
        ([(5000, 3), (5000, 1)], None, "cash.count"),
        ([(0, 3)], None, "cash.count"),
        ([(100, -1)], None, "cash.count"),
        ([], -1, "cash.count"),
        ([(2**52, 4)], None, "cash.count"),
    ],
)
def test_cash_count_when_it_cannot_be_is_refused(
    pairs: list[tuple[int, int]], typed_minor: int | None, code: str
) -> None:
    with pytest.raises(KilotillError) as caught:
        cash_count(pairs, typed_minor=typed_minor)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "currency", "total_minor"),
    [("5000x3,1000x12", "RWF", 27_000), (" 0.50x4 , 20x1 ", "KES", 2_200), ("", "RWF", 0)],
)
def test_parse_count_when_well_written_gives_minor_units(text: str, currency: str, total_minor: int) -> None:
    assert parse_count(text, currency).total_minor == total_minor


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5000", "cash.count"),
        ("5000x", "cash.count"),
        ("5000x-1", "cash.count"),
        ("axx1", "cash.count"),
        ("0.5x1", "money.digits"),
        ("ax1", "money.text"),
    ],
)
def test_parse_count_when_it_means_nothing_is_refused(text: str, code: str) -> None:
    with pytest.raises(KilotillError) as caught:
        parse_count(text, "RWF")

    assert caught.value.code == code


@pytest.mark.parametrize(("counted", "difference", "outside"), [(900, -100, False), (1101, 101, True)])
def test_compared_when_counted_says_how_far_off_and_whether_that_is_too_far(
    counted: int, difference: int, *, outside: bool
) -> None:
    compared = Compared(CashCount((), counted), 1000, 100)

    assert (compared.difference_minor, compared.is_outside) == (difference, outside)


def test_unresolved_when_written_down_names_ids_and_its_age() -> None:
    since = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    waiting = Unresolved(UUID(int=1), "paid", "cash", 5000, UUID(int=2), "Aline", since)

    assert waiting.age_seconds(since + timedelta(minutes=2)) == 120
    assert "Aline" not in waiting.to_json().values()
    assert KindTotal("energy", 1, 2).units_milli == 0
