"""Reports of the whole shop: a month in figures and as files, and who may have them."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pos.domain.permissions import Actor, Role
from pos.errors import KilotillError
from pos.i18n.catalogue import catalogue
from pos.i18n.wording import Wording
from pos.printing.layout import plain_text
from pos.services.paper_files import PaperFiles
from pos.services.papers import StoredPapers
from pos.services.report_paper import month_paper
from pos.services.reports import ReportForm, Reports
from tests.factories.shifts import Desk, coins, make_desk
from tests.factories.shop import ZONE

WORDING = Wording(catalogue("en"), "RWF", ZONE)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = make_desk(tmp_path)
    desk.shifts.open_shift(desk.shop.cashier, coins(0))
    drn = desk.shop.add_meter(1)
    desk.sell(drn, 5000)
    desk.shop.clock.pass_time(days=1)
    desk.sell(drn, 2000)
    return desk


@pytest.fixture
def reports(desk: Desk) -> Reports:
    units, clock = desk.shop.units, desk.shop.clock
    files = PaperFiles(StoredPapers(units), dict)
    return Reports(units, clock, files, time_zone=ZONE, shop_name="Market counter")


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


def test_month_when_read_says_the_same_money_in_every_part(desk: Desk, reports: Reports) -> None:
    figures = reports.month(desk.person(Role.ADMINISTRATOR), "2026-11")

    assert (figures.whole.amount_minor, figures.whole.payments, figures.average_minor) == (7000, 2, 3500)
    assert [(day.name, day.amount_minor, day.payments) for day in figures.days if day.amount_minor] == [
        ("2026-11-20", 5000, 1),
        ("2026-11-21", 2000, 1),
    ]
    assert len(figures.days) == 30
    assert [(one.name, one.amount_minor, one.payments) for one in figures.tenders] == [("cash", 7000, 2)]
    assert [(one.name, one.amount_minor, one.payments) for one in figures.cashiers] == [("Aline", 7000, 2)]
    assert [(one.name, one.amount_minor) for one in figures.tariffs] == [("HOME", 7000)]
    assert figures.whole.kwh_milli == figures.tariffs[0].kwh_milli > 0
    assert figures.best_day is not None and figures.best_day.name == "2026-11-20"


def test_month_when_nothing_was_sold_is_empty(desk: Desk, reports: Reports) -> None:
    figures = reports.month(desk.person(Role.ADMINISTRATOR), "2027-02")

    assert (figures.whole.amount_minor, figures.average_minor, figures.best_day) == (0, 0, None)
    assert len(figures.days) == 28


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "26-11", "2026-11-01", "", "november"])
def test_month_when_it_is_none_is_refused(desk: Desk, reports: Reports, month: str) -> None:
    assert code_of(lambda: reports.month(desk.person(Role.ADMINISTRATOR), month)) == "report.month"


@pytest.mark.parametrize("role", list(Role))
def test_month_when_asked_for_is_given_to_those_who_see_the_whole_shop(
    desk: Desk, reports: Reports, role: Role
) -> None:
    actor: Actor = replace(desk.shop.cashier, role=role)
    refused = {Role.CASHIER: "permission.denied", Role.FACILITY_MANAGER: "report.one_institution"}
    if role in refused:
        assert code_of(lambda: reports.month(actor, "2026-11")) == refused[role]
    else:
        assert reports.month(actor, "2026-11").whole.amount_minor == 7000


def test_month_when_an_auditor_sees_one_institution_is_refused(desk: Desk, reports: Reports) -> None:
    auditor = replace(desk.shop.cashier, role=Role.AUDITOR, institution="Nyange College")

    assert code_of(lambda: reports.month(auditor, "2026-11")) == "report.one_institution"


def test_export_when_written_as_csv_can_be_added_up(desk: Desk, reports: Reports, tmp_path: Path) -> None:
    path, admin = tmp_path / "month.csv", desk.person(Role.ADMINISTRATOR)

    reports.export_month(admin, "2026-11", path, form=ReportForm.CSV, wording=WORDING)

    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert sum(int(row["amount"]) for row in rows if row["part"] == "day") == 7000
    assert [row["name"] for row in rows if row["part"] == "tariff"] == ["HOME"]


@pytest.mark.parametrize(("form", "begin"), [(ReportForm.XLSX, b"PK"), (ReportForm.PDF, b"%PDF")])
def test_export_when_written_in_another_form_is_of_that_form(
    desk: Desk, reports: Reports, tmp_path: Path, form: ReportForm, begin: bytes
) -> None:
    path = tmp_path / "month"

    reports.export_month(desk.person(Role.ADMINISTRATOR), "2026-11", path, form=form, wording=WORDING)

    assert path.read_bytes().startswith(begin)


def test_export_when_a_cashier_wants_it_is_refused_and_writes_nothing(
    desk: Desk, reports: Reports, tmp_path: Path
) -> None:
    path = tmp_path / "month.csv"
    cashier = desk.shop.cashier

    assert (
        code_of(lambda: reports.export_month(cashier, "2026-11", path, form=ReportForm.CSV, wording=WORDING))
        == "permission.denied"
    )
    assert not path.exists()


def test_paper_when_laid_out_has_figures_and_every_part(desk: Desk, reports: Reports) -> None:
    figures = reports.month(desk.person(Role.ADMINISTRATOR), "2026-11")

    text = plain_text(month_paper(figures, "Market counter", WORDING), 48)

    assert "November 2026" in text
    assert all(word in text for word in ("Cash", "Aline", "HOME", "20 Nov", "RWF 7,000"))
