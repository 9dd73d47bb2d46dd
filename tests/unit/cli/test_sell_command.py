"""`kilotill sell` in the demo shop: what it answers, what it refuses, and that a repeat sells nothing."""

import shutil
from pathlib import Path

import pytest

from tests.unit.cli.conftest import CASHIER, SELLER, SUPERVISOR, Kilotill

SALE_ID = "019300aa-0000-7000-8000-000000000001"


@pytest.fixture(scope="module")
def open_demo(made_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("open") / "shop"
    shutil.copytree(made_demo, folder)
    Kilotill(folder).shift()
    return folder


@pytest.fixture
def counter(open_demo: Path, tmp_path: Path) -> Kilotill:
    shutil.copytree(open_demo, tmp_path / "shop")
    return Kilotill(tmp_path / "shop")


def test_sale_for_money_when_tendered_more_then_lines_add_up_and_change_is_given(
    counter: Kilotill, drns: list[str]
) -> None:
    sold = counter.sell(drns[0], "--amount", "5000", "--tender", "cash:10000")

    assert (sold["meter"], sold["money_minor"], sold["currency"]) == (drns[0], 5000, "RWF")
    assert sum(line["amount_minor"] for line in sold["lines"]) == 5000
    assert {"kind", "label", "amount_minor"} <= sold["lines"][0].keys()
    assert (sold["change_minor"], len(sold["token"]), sold["is_repeat"]) == (5000, 20, False)
    bought = sold["units_milli"] + sold["free_milli"] + sold["carry_in_milli"]
    assert bought == sold["token_units_tenths"] * 100 + sold["carry_out_milli"]
    assert sold["receipt_number"].startswith("T03-")
    assert sold["basis"]["tariff_version"] == 1
    assert sold["tid"] > 0
    assert sold["journal_seq"] > 1


def test_sale_when_repeated_with_the_same_id_then_same_token_and_nothing_sold_again(
    counter: Kilotill, drns: list[str]
) -> None:
    sale = ("--amount", "5000", "--sale-id", SALE_ID)

    first, again = counter.sell(drns[0], *sale), counter.sell(drns[0], *sale)

    assert first["sale_id"] == SALE_ID
    assert again == first | {"is_repeat": True}
    newest = counter.answer("sales", "list", "--limit", "2")["sales"]
    assert [row["receipt_number"] == first["receipt_number"] for row in newest] == [True, False]


def test_sale_id_when_used_for_another_amount_then_refused(counter: Kilotill, drns: list[str]) -> None:
    counter.sell(drns[0], "--amount", "5000", "--sale-id", SALE_ID)

    said = counter.refused(
        "sell", "--meter", drns[0], *SELLER, "--amount", "6000", "--sale-id", SALE_ID, pins=CASHIER
    )

    assert "[sale.id_conflict]" in said


def test_sale_by_units_when_told_in_words_then_shows_units_and_the_token_in_groups(
    counter: Kilotill, drns: list[str]
) -> None:
    result = counter("sell", "--meter", drns[1], *SELLER, "--units", "12.5", pins=CASHIER)

    assert result.exit_code == 0
    assert "12.50" in result.stdout
    assert "units" in result.stdout
    assert len(result.stdout.split("Token: ")[1].split()) == 5


def test_second_sale_to_a_meter_when_another_is_not_asked_for_then_refused_and_with_approval_made(
    counter: Kilotill, drns: list[str]
) -> None:
    first = counter.sell(drns[0], "--amount", "1000")
    second = ("sell", "--meter", drns[0], *SELLER, "--amount", "1000")

    assert "[sale.duplicate]" in counter.refused(*second, pins=CASHIER)
    assert "[permission.approval_needed]" in counter.refused(*second, "--another", pins=CASHIER)
    sold = counter.sell(
        drns[0], "--amount", "1000", "--another", "--approved-by", "Bosco", pins=f"{CASHIER} {SUPERVISOR}"
    )

    assert sold["token"] != first["token"]


def test_approval_when_the_pins_stand_in_another_order_then_refused(
    counter: Kilotill, drns: list[str]
) -> None:
    said = counter.refused(
        "sell", "--meter", drns[0], *SELLER, "--amount", "1000", pins=f"{SUPERVISOR} {CASHIER}"
    )

    assert "[pin.wrong]" in said


def test_arrears_when_paid_alone_then_there_is_no_token(counter: Kilotill, drns: list[str]) -> None:
    owing = drns[8]

    sold = counter.sell(owing, "--amount", "100", "--arrears")

    assert (sold["token"], sold["tid"], sold["units_milli"]) == (None, None, 0)
    assert [(line["kind"], line["amount_minor"]) for line in sold["lines"]] == [("arrears", 100)]


def test_sale_when_no_shift_is_open_then_refused(demo: Kilotill, drns: list[str]) -> None:
    said = demo.refused("sell", "--meter", drns[0], *SELLER, "--amount", "1000", pins=CASHIER)

    assert "[shift.cannot_open]" in said


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--meter", "04100000374", "--amount", "1000"), "meter.check_digit"),
        (("--meter", "04999999996", "--amount", "1000"), "meter."),
        (("--meter", "04100000373", "--amount", "10"), "sale.below_charges"),
        (("--meter", "04100000373", "--amount", "1000", "--tender", "cash:500"), "sale.tendered"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_sale_when_the_shop_cannot_make_it_then_exit_1_and_the_reason(
    counter: Kilotill, arguments: tuple[str, ...], code: str
) -> None:
    assert f"[{code}" in counter.refused("sell", *arguments, *SELLER, pins=CASHIER)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--amount", "1000", "--units", "5"),
        (),
        ("--units", "5,5"),
        ("--amount", "12.505"),
        ("--amount", "1000", "--tender", "momo"),
        ("--amount", "1000", "--tender", "cash:"),
        ("--amount", "1000", "--tender", "cash:many"),
        ("--amount", "1000", "--sale-id", "7"),
    ],
    ids=" ".join,
)
def test_sale_when_asked_for_wrongly_then_exit_2(counter: Kilotill, arguments: tuple[str, ...]) -> None:
    result = counter("sell", "--meter", "04100000373", *SELLER, *arguments, pins=CASHIER)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


def test_sale_when_standard_input_ends_before_the_pin_then_exit_2(counter: Kilotill, drns: list[str]) -> None:
    result = counter("sell", "--meter", drns[0], *SELLER, "--amount", "1000")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "PIN of Aline" in result.stderr
