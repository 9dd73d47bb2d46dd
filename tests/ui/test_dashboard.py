"""The dashboard: figures, chart and table, months, files; driven by keys against real services."""

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from pos.bootstrap import Till
from pos.domain.permissions import Actor
from pos.services.reports import month_before
from pos.ui.screens.dashboard.view import DashboardScreen
from tests.ui.conftest import Desktop
from tests.ui.test_tariffs import GivenFiles


def open_dashboard(desktop: Desktop, role: str = "A") -> DashboardScreen:
    desktop.sign_in(role)
    desktop.window.go("dashboard")
    desktop.settle()
    return cast(DashboardScreen, desktop.screen)


@pytest.fixture
def screen(desktop: Desktop, till: Till, people: dict[str, Actor]) -> DashboardScreen:
    """The month that has the demo's sales: near the first of a month it is the one before."""
    screen = open_dashboard(desktop)
    if not till.reports.month(people["A"], screen.presenter.state.month).whole.payments:
        screen.presenter.step(-1)
        desktop.settle()
    return screen


def test_dashboard_when_opened_shows_the_same_money_in_every_part(screen: DashboardScreen) -> None:
    figures = screen.presenter.state.figures
    assert figures is not None
    total = figures.whole.amount_minor
    assert total > 0
    assert sum(day.amount_minor for day in figures.days) == total
    for model in (screen.tenders, screen.cashiers, screen.tariffs):
        assert sum(row.amount_minor for row in model.rows) == total
    assert figures.whole.payments == sum(day.payments for day in figures.days)
    assert screen.month_card.value.text() == f"{total:,}"


def test_chart_when_shown_has_a_bar_for_each_day_so_far(screen: DashboardScreen) -> None:
    state = screen.presenter.state
    bars = screen.chart.bars()

    assert len(bars) == len(state.days) > 0
    assert [bar.values[0] for bar in bars] == [day.amount_minor for day in state.days]
    assert "as a table" in screen.chart.accessibleName()


def test_chart_when_units_are_chosen_shows_kwh(screen: DashboardScreen) -> None:
    screen.measure.chosen.emit("units")

    days = screen.presenter.state.days
    assert [bar.values[0] for bar in screen.chart.bars()] == [day.kwh_milli / 1000 for day in days]


def test_chart_when_turned_by_its_key_is_a_table_with_the_same_days(
    desktop: Desktop, screen: DashboardScreen
) -> None:
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    desktop.key(Qt.Key.Key_T, both)

    assert screen.days_table.isVisible() and screen.days_table.hasFocus()
    assert len(screen.days.rows) == len(screen.chart.bars())
    desktop.key(Qt.Key.Key_Escape)
    assert screen.chart.isVisible()
    assert desktop.screen is screen


def test_table_models_when_tested_by_qt_are_sound(screen: DashboardScreen) -> None:
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    for model in (screen.days, screen.tenders, screen.cashiers, screen.tariffs):
        tester = QAbstractItemModelTester(model, fatal)
        model.show_rows([])
        del tester


def test_months_when_stepped_by_keys_go_back_and_forth(desktop: Desktop, screen: DashboardScreen) -> None:
    first = screen.presenter.state.month
    desktop.key(Qt.Key.Key_F5)
    assert screen.presenter.state.month == month_before(first)
    figures = screen.presenter.state.figures
    assert figures is not None and figures.month == month_before(first)

    desktop.key(Qt.Key.Key_F6)
    assert screen.presenter.state.month == first


def test_month_when_nothing_was_sold_says_so(desktop: Desktop, screen: DashboardScreen) -> None:
    screen.presenter.choose(screen.presenter.months()[-1])
    desktop.settle()

    assert screen.refusal.isVisible()
    assert "Nothing was sold" in screen.refusal.fact.text()
    assert not screen.earlier.isEnabled()


def test_month_when_over_shows_its_best_day(
    desktop: Desktop, screen: DashboardScreen, till: Till, people: dict[str, Actor]
) -> None:
    figures = screen.presenter.state.figures
    assert figures is not None and figures.best_day is not None
    later = f"{int(figures.month[:4]) + 1}-01-15"
    screen.presenter.state = replace(screen.presenter.state, today=later)
    screen.show_state(screen.presenter.state)

    assert screen.day_card.value.text() == f"{figures.best_day.amount_minor:,}"


@pytest.mark.parametrize("ending", ["csv", "xlsx", "pdf"])
def test_export_when_asked_for_writes_the_month(
    desktop: Desktop, screen: DashboardScreen, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"month.{ending}"
    screen.files = GivenFiles(path)
    desktop.key(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)

    assert desktop.window.notices[0] == f"Written: month.{ending}"
    data = path.read_bytes()
    figures = screen.presenter.state.figures
    assert figures is not None
    if ending == "csv":
        rows = list(csv.DictReader(io.StringIO(data.decode())))
        for part in ("day", "tender", "cashier", "tariff"):
            assert sum(int(row["amount"]) for row in rows if row["part"] == part) == (
                figures.whole.amount_minor
            )
    elif ending == "xlsx":
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            assert sum(name.startswith("xl/worksheets/sheet") for name in book.namelist()) == 4
    else:
        assert data.startswith(b"%PDF")


def test_export_when_the_name_has_no_ending_is_a_workbook(
    desktop: Desktop, screen: DashboardScreen, tmp_path: Path
) -> None:
    screen.files = GivenFiles(tmp_path / "month")
    desktop.key(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)

    assert (tmp_path / "month.xlsx").read_bytes().startswith(b"PK")


def test_export_when_the_folder_is_gone_shows_the_fault(
    desktop: Desktop, screen: DashboardScreen, tmp_path: Path
) -> None:
    screen.files = GivenFiles(tmp_path / "gone" / "month.csv")
    desktop.key(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)

    assert desktop.window._panel is not None
    assert not screen.presenter.state.is_busy


def test_dashboard_when_a_facility_manager_looks_says_whose_report_it_is(desktop: Desktop) -> None:
    screen = open_dashboard(desktop, "F")

    assert screen.refusal.isVisible()
    assert screen.presenter.state.figures is None
    assert not screen.export_button.isEnabled()


@pytest.mark.parametrize("language", ["fr", "sw"])
def test_dashboard_when_small_dark_and_in_another_language_is_built_without_a_warning(
    desktop: Desktop, screen: DashboardScreen, language: str
) -> None:
    old = desktop.window.preferences
    desktop.window.set_preferences(replace(old, theme="dark", language=language, text_percent=150))
    desktop.window.resize(1024, 600)
    desktop.settle()

    assert cast(DashboardScreen, desktop.screen).presenter.state.figures is not None
