import csv
import io

import pytest

from pos.models.queries.money import MonthLine, MonthReport, MonthTender
from pos.reports.month import month_before, month_figures
from pos.reports.month_files import month_csv


def line(day: str, tariff: str, kind: str, *, amount_minor: int, units_milli: int = 0) -> MonthLine:
    return MonthLine(f"2026-11-{day}", "Aline", tariff, 1, kind, 1, amount_minor, units_milli)


REPORT = MonthReport(
    "2026-11",
    (
        line("02", "RES", "energy", amount_minor=1000, units_milli=5_000),
        line("02", "RES", "free", amount_minor=0, units_milli=2_000),
        line("02", "RES", "tax", amount_minor=180, units_milli=9_999),
        line("03", "WATER", "energy", amount_minor=700, units_milli=3_000),
        line("03", "", "goods", amount_minor=50, units_milli=1_000),
    ),
    (
        MonthTender("2026-11-02", "Aline", "cash", 1, 1180),
        MonthTender("2026-11-03", "=SUM(A1)", "momo", 2, 750),
    ),
)


def test_month_figures_when_water_was_sold_never_add_it_to_electricity() -> None:
    figures = month_figures(REPORT, frozenset({"WATER"}))

    assert (figures.whole.kwh_milli, figures.whole.m3_milli) == (7_000, 3_000)
    assert {one.name: (one.kwh_milli, one.m3_milli) for one in figures.tariffs} == {
        "RES": (7_000, 0),
        "WATER": (0, 3_000),
        "": (0, 0),
    }


def test_month_figures_when_ranked_begin_with_the_largest() -> None:
    figures = month_figures(REPORT, frozenset())

    assert [one.name for one in figures.tariffs] == ["RES", "WATER", ""]
    assert [one.name for one in figures.tenders] == ["cash", "momo"]


@pytest.mark.parametrize(("month", "before"), [("2026-11", "2026-10"), ("2026-01", "2025-12")])
def test_month_before_when_given_a_month_is_the_one_before(month: str, before: str) -> None:
    assert month_before(month) == before


def test_month_csv_when_a_name_looks_like_a_formula_keeps_it_text() -> None:
    rows = list(csv.DictReader(io.StringIO(month_csv(month_figures(REPORT, frozenset()), "USD").decode())))

    names = {row["name"] for row in rows}
    assert "'=SUM(A1)" in names and "=SUM(A1)" not in names
    assert next(row["amount"] for row in rows if row["name"] == "cash") == "11.80"
