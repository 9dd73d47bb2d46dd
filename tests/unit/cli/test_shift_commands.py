"""`kilotill shift` in the demo shop: open, look, close by blind count."""

import pytest

from tests.unit.cli.conftest import CASHIER, SELLER, SUPERVISOR, Kilotill


def test_shift_when_opened_sold_in_and_counted_right_then_closes_without_a_difference(
    demo: Kilotill, drns: list[str]
) -> None:
    demo.shift()
    demo.sell(drns[0], "--amount", "5000")

    running = demo.answer("shift", "status", *SELLER, pins=CASHIER)
    closed = demo.answer("shift", "close", *SELLER, "--count", "5000x11", pins=CASHIER)

    cash = {"tender": "cash", "kind": "sale", "pieces": 1, "amount_minor": 5000}
    assert cash in running["totals"]
    assert running["z_number"] is None
    assert closed["z_number"] == "T03-Z0004"
    assert (closed["counted_minor"], closed["expected_minor"], closed["difference_minor"]) == (
        55000,
        55000,
        0,
    )
    assert "[shift.cannot_open]" in demo.refused("shift", "status", *SELLER, pins=CASHIER)


def test_close_when_the_count_differs_then_a_supervisor_must_stand_for_it(demo: Kilotill) -> None:
    demo.shift()
    close = ("shift", "close", *SELLER, "--count", "5000x3,1000x12")

    assert "[shift.difference]" in demo.refused(*close, pins=CASHIER)
    closed = demo.answer(*close, "--approved-by", "Bosco", pins=f"{CASHIER} {SUPERVISOR}")

    assert closed["difference_minor"] == 27_000 - 50_000


def test_shift_when_one_is_open_then_no_second_is_opened(demo: Kilotill) -> None:
    demo.shift()

    said = demo.refused("shift", "open", *SELLER, "--float", "0", pins=CASHIER)

    assert "[shift.cannot_open]" in said


@pytest.mark.parametrize(
    "arguments",
    [("open", "--float", "many"), ("open", "--float", "50x"), ("close", "--count", "50000")],
    ids=" ".join,
)
def test_cash_when_not_readable_then_exit_2(demo: Kilotill, arguments: tuple[str, ...]) -> None:
    action, *count = arguments

    result = demo("shift", action, *SELLER, *count, pins=CASHIER)

    assert (result.exit_code, result.stdout) == (2, "")
