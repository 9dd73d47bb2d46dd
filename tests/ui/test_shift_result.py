"""The result of a shift: what is not final stands by sale, and nothing is cut in the smallest window."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from PySide6.QtWidgets import QLabel, QWidget

from pos.domain.recovery_values import PaymentCase
from pos.domain.shift import (
    CashFlow,
    Compared,
    EnvelopeUse,
    KindTotal,
    Proof,
    ShiftReport,
    SupplierFigures,
    TenderTotal,
    Unresolved,
    cash_count,
)
from pos.i18n.catalogue import LANGUAGES
from pos.ui.screens.shift.result_page import ResultPage
from pos.ui.screens.shift.state import Page, Result
from pos.ui.screens.shift.view import ShiftScreen
from pos.ui.screens.shift.waiting import by_sale
from pos.ui.widgets.text import ElidedLabel
from tests.ui.conftest import Desktop
from tests.ui.overflow import faults

AT = datetime(2026, 11, 17, 16, 4, tzinfo=UTC)
OWNER = UUID(int=2)


def part(
    sale: int, tender: str, amount_minor: int, minutes: int, payment: str, *, attention: tuple[str, ...] = ()
) -> Unresolved:
    return Unresolved(
        sale_id=UUID(int=sale),
        state="awaiting_payment",
        tender=tender,
        amount_minor=amount_minor,
        owner_id=OWNER,
        owner="Aline Uwase",
        since=AT - timedelta(minutes=minutes),
        reference="" if tender == "cash" else f"0192f3a4-77c{sale}",
        payment=payment,
        attention=attention,
        is_asked=True,
    )


SPLIT = (part(1, "cash", 2500, 212, "succeeded"), part(1, "momo", 6000, 212, "unknown"))
HELD = part(2, "airtel", 2500, 22, "unknown", attention=(PaymentCase.AMOUNT_DIFFERS.value,))


def report_of(*unresolved: Unresolved) -> ShiftReport:
    compared = Compared(cash_count([(5000, 37), (1000, 1), (100, 4)]), 186_900, 1000)
    return ShiftReport(
        number=118,
        shift_id=UUID(int=3),
        till_code="T03",
        drawer="1",
        opened_at=AT - timedelta(hours=9),
        opened_by="Aline Uwase",
        business_day="2026-11-17",
        at=AT,
        made_by="Aline Uwase",
        tenders=(
            TenderTotal("cash", "sale", 66, 316_900),
            TenderTotal("momo", "sale", 23, 142_000),
            TenderTotal("airtel", "sale", 9, 51_500),
        ),
        lines=(),
        items=(KindTotal("token", 71, 448_400),),
        voided=KindTotal("token", 0, 0),
        copies=0,
        receipts=("T03-004362", "T03-004459"),
        unresolved=unresolved,
        suppliers=(SupplierFigures("reg", "REG", 448_400, 8968, 500_000),),
        envelope=EnvelopeUse(700_000, 448_400),
        proof=Proof(11_251, "7c1f" * 16, 5, AT - timedelta(minutes=3)),
        cash=CashFlow(
            float_minor=50_000,
            taken_minor=316_900,
            change_minor=81_100,
            refunded_minor=0,
            movements=(),
            expected_minor=186_900,
        ),
        compared=compared,
        z_number="T03-Z0118",
    )


def shown(desktop: Desktop, report: ShiftReport, language: str = "en") -> ResultPage:
    """The page of a report, in the window of a till whose shift was just closed."""
    desktop.sign_in("C")
    desktop.window.set_preferences(desktop.window.preferences.with_language(language))
    desktop.window.go("shift")
    desktop.settle()
    screen = desktop.screen
    assert isinstance(screen, ShiftScreen)
    screen.presenter._set(page=Page.RESULT, result=Result(report, text="Z REPORT"))
    desktop.settle()
    page = screen.page(Page.RESULT)
    assert isinstance(page, ResultPage)
    return page


@pytest.fixture
def small(desktop: Desktop) -> Desktop:
    desktop.window.resize(1024, 600)
    desktop.settle()
    return desktop


def texts(page: QWidget) -> list[str]:
    return [one.text() for one in page.findChildren(QLabel) if one.isVisible()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("is_outside", [False, True], ids=["inside", "outside"])
def test_result_when_the_window_is_small_then_nothing_is_cut_in_any_language(
    small: Desktop, language: str, *, is_outside: bool
) -> None:
    report = report_of(*SPLIT, HELD)
    assert report.compared is not None
    if is_outside:
        report = replace(report, compared=replace(report.compared, limit_minor=100))

    page = shown(small, report, language)

    assert faults(page) == []
    ways = {one.text(): one for one in page.findChildren(ElidedLabel) if one.isVisible()}
    for way in ("MTN MoMo", "Airtel Money"):
        assert ways[way].fontMetrics().horizontalAdvance(way) <= ways[way].width()


def test_result_when_a_sale_is_split_then_one_row_with_what_is_paid_and_what_is_open(
    desktop: Desktop,
) -> None:
    seen = texts(shown(desktop, report_of(*SPLIT, HELD)))

    assert seen.count("8,500") == 1 and "6,000" not in seen
    assert "Cash 2,500 · in the drawer, the rest is being asked about" in seen
    assert "MTN MoMo 6,000 · ref 0192f3a4-77c1" in seen
    assert "Payments: 3 · 11,000" in seen, "the sum is that of the paper"


def test_result_when_a_payment_is_held_then_all_of_why_a_person_is_needed(small: Desktop) -> None:
    page = shown(small, report_of(HELD))

    (held,) = [one for one in page.findChildren(QLabel) if one.text().startswith("held, a person is needed")]
    assert held.text().endswith("The provider names another amount.") and held.wordWrap()
    assert held.height() >= held.heightForWidth(held.width())


def test_by_sale_when_parts_are_of_several_sales_then_each_sale_once_and_no_money_lost() -> None:
    other = part(3, "momo", 700, 5, "sent")
    found = by_sale((SPLIT[0], other, SPLIT[1], HELD))

    assert [one.sale_id for one in found] == [UUID(int=1), UUID(int=3), UUID(int=2)]
    assert [one.amount_minor for one in found] == [8500, 700, 2500]
    assert found[0].parts == SPLIT
