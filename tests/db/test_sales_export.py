import csv
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from pos.domain.permissions import Role
from pos.i18n.catalogue import catalogue
from pos.i18n.wording import Wording
from pos.models.queries.sales import SalesFilter
from pos.services.past_sales import COUNTED_MOST
from pos.services.sales_export import EXPORT_COLUMNS, ExportFormat, ExportTask, SalesExport
from tests.db.test_past_sales import sell_some
from tests.factories.office import Office, code_of, make_office
from tests.factories.shop import ZONE

WORDING = Wording(catalogue("en"), "RWF", ZONE)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


def write(office: Office, path: Path, kind: ExportFormat, **wanted: Any) -> int | None:
    export = SalesExport(office.past_sales, currency="RWF")
    task = ExportTask(SalesFilter(**wanted), path, kind, "Sales", "all days")
    return export.write(office.supervisor, task, WORDING)


def test_export_when_csv_has_one_line_for_each_sale_of_the_filter(office: Office, tmp_path: Path) -> None:
    meters = sell_some(office)
    path = tmp_path / "sales.csv"

    assert write(office, path, ExportFormat.CSV, operator_key=office.supervisor.key) == 3

    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == EXPORT_COLUMNS
    assert [row["receipt_number"] for row in rows] == ["T03-000005", "T03-000003", "T03-000001"]
    assert (rows[-1]["meter_number"], rows[-1]["money"], rows[-1]["state"]) == (
        meters[0],
        "1000",
        "delivered",
    )
    assert len(rows[0]["tokens"]) == 20


def test_export_when_workbook_keeps_meters_as_text_and_money_as_numbers(
    office: Office, tmp_path: Path
) -> None:
    meters = sell_some(office)
    path = tmp_path / "sales.xlsx"

    assert write(office, path, ExportFormat.XLSX) == 6

    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert f'<c r="F7" t="inlineStr"><is><t>{meters[0]}</t></is></c>' in sheet
    assert "<v>1000</v>" in sheet
    assert sheet.count("<row ") == 7


def test_export_when_pdf_turns_the_page(office: Office, tmp_path: Path) -> None:
    drn = office.shop.add_meter(1)
    for n in range(45):
        office.sell(drn, 1000 + n)
    path = tmp_path / "sales.pdf"

    assert write(office, path, ExportFormat.PDF) == 45

    content = path.read_bytes()
    assert content.startswith(b"%PDF") and content.count(b"/Type /Page\n") == 2


def test_export_when_stopped_leaves_no_file(office: Office, tmp_path: Path) -> None:
    sell_some(office)
    export = SalesExport(office.past_sales, currency="RWF")
    told: list[int] = []
    for kind in ExportFormat:
        path = tmp_path / f"sales.{kind}"
        task = ExportTask(SalesFilter(), path, kind)

        result = export.write(
            office.supervisor, task, WORDING, progress=told.append, is_cancelled=lambda: True
        )

        assert result is None
        assert not path.exists() and not list(tmp_path.glob(".*.part"))


def test_export_when_the_folder_is_not_there_says_so(office: Office, tmp_path: Path) -> None:
    sell_some(office)

    for kind in ExportFormat:
        path = tmp_path / "gone" / f"sales.{kind}"
        assert code_of(lambda path=path, kind=kind: write(office, path, kind)) == "disk.write"  # type: ignore[misc]


def test_export_when_not_allowed_writes_nothing(office: Office, tmp_path: Path) -> None:
    sell_some(office)
    export = SalesExport(office.past_sales, currency="RWF")
    path = tmp_path / "sales.csv"
    task = ExportTask(SalesFilter(), path, ExportFormat.CSV)

    assert code_of(lambda: export.write(office.cashier, task, WORDING)) == "permission.denied"
    assert not path.exists()


def test_count_when_asked_counts_what_the_list_would_show(office: Office) -> None:
    sell_some(office)

    assert office.past_sales.count(office.supervisor, SalesFilter()) == 6
    assert office.past_sales.count(office.cashier, SalesFilter()) == 3
    assert office.past_sales.count(office.supervisor, SalesFilter(text="nobody")) == 0
    assert office.past_sales.count(office.supervisor, SalesFilter(from_day="2027-01-01")) == 0
    assert COUNTED_MOST == 10_000


def test_choices_when_asked_name_tenders_people_and_the_stretch_of_each_shift(office: Office) -> None:
    sell_some(office)

    seen = office.past_sales.choices(office.supervisor)

    assert seen.tenders == ("cash",)
    assert {name for _, name in seen.cashiers} >= {office.cashier.name, office.supervisor.name}
    (shift,) = seen.shifts
    assert (shift.number, shift.to_place) == (1, None)
    wanted = SalesFilter(from_place=shift.from_place, to_place=shift.to_place)
    assert office.past_sales.count(office.supervisor, wanted) == 6
    earlier = SalesFilter(to_place=shift.from_place)
    assert office.past_sales.page(office.supervisor, earlier) == []
    assert office.past_sales.choices(office.cashier).cashiers == ()
    manager = office.person(Role.FACILITY_MANAGER)
    assert code_of(lambda: office.past_sales.choices(manager)) == "permission.denied"


def test_facts_when_asked_say_where_the_sale_and_its_paper_stand(office: Office) -> None:
    result = office.sell(office.shop.add_meter(1))
    sale_id = UUID(result.sale["sale_id"])

    facts = office.past_sales.facts(office.supervisor, sale_id)

    assert (facts.seq, facts.paper_place, facts.is_sent) == (result.place, result.place, False)
    assert (facts.shift_number, facts.is_shown) == (1, False)
    assert facts.paper is not None and facts.paper.state == "waiting"
    assert code_of(lambda: office.past_sales.facts(office.cashier, sale_id)) == "sale.unknown"
