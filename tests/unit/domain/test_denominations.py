"""Notes and coins: what change is made of, what a customer hands over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.denominations import change_in_pieces, denominations_of, quick_tenders
from pos.domain.money import MINOR_DIGITS


@given(st.integers(0, 10_000_000), st.sampled_from(["RWF", "UGX", "KES", "ZAR", "ZMW"]))
def test_change_when_counted_out_then_adds_up_but_for_what_no_coin_covers(amount: int, currency: str) -> None:
    pieces = change_in_pieces(amount, currency)

    least = min(denominations_of(currency).all)
    assert amount - least < sum(value * count for value, count in pieces) <= amount
    assert [value for value, _ in pieces] == sorted((value for value, _ in pieces), reverse=True)


def test_change_when_1500_then_a_note_of_1000_and_one_of_500() -> None:
    assert change_in_pieces(1500, "RWF") == ((1000, 1), (500, 1))


@pytest.mark.parametrize(
    ("amount", "offers"),
    [(18_500, (18_500, 19_000, 20_000)), (5000, (5000, 6000, 10_000)), (300, (300, 500, 1000))],
)
def test_tenders_when_offered_then_exact_money_and_the_next_sums_of_notes(
    amount: int, offers: tuple[int, ...]
) -> None:
    assert quick_tenders(amount, "RWF") == offers


@pytest.mark.parametrize("currency", sorted(MINOR_DIGITS))
def test_denominations_when_any_currency_then_sorted_and_above_zero(currency: str) -> None:
    values = denominations_of(currency).notes

    assert list(values) == sorted(values, reverse=True) and min(values) > 0
