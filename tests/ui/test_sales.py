"""The Sales screen in the real window, over a real till."""

import csv
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from pos.bootstrap import Till
from pos.domain.permissions import Actor
from pos.domain.states import CaseKind, CaseState
from pos.services.sale_values import SaleRequest
from pos.services.sales_export import EXPORT_COLUMNS
from pos.ui.screens.sales.state import Listing, Pane
from pos.ui.screens.sales.view import SalesScreen
from tests.ui.conftest import PINS, Desktop

pytestmark = pytest.mark.usefixtures("open_shift")

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def meters(till: Till) -> list[str]:
    with till.units.read() as connection:
        rows: Any = connection.exec_driver_sql(
            "SELECT drn FROM meter WHERE status = 'active' AND service = 0 ORDER BY key LIMIT 4"
        ).all()
    return [row[0] for row in rows]


@pytest.fixture
def sold(till: Till, people: dict[str, Actor], meters: list[str]) -> list[UUID]:
    """Three sales of today by the cashier, oldest first, with printed receipts."""
    ids = []
    for n, drn in enumerate(meters[:3]):
        asked = SaleRequest(sale_id=uuid4(), drn=drn, money_minor=5000 + 1000 * n, is_another_wanted=True)
        result = till.checkout.sell(asked, people["C"])
        assert result.print_job is not None
        till.spool.print_job(result.print_job)
        till.reprints.hand_over_paper(result.place, people["C"])
        ids.append(result.sale_uuid)
    return ids


def open_sales(desktop: Desktop, role: str = "C", **where: object) -> SalesScreen:
    desktop.sign_in(role)
    desktop.window.go("sales", **where)
    desktop.settle()
    assert isinstance(desktop.screen, SalesScreen)
    return desktop.screen


def shown_id(screen: SalesScreen) -> UUID | None:
    shown = screen.presenter.state.shown
    return None if shown is None else shown.sale_id


def test_sales_when_opened_lists_today_with_the_newest_in_full(desktop: Desktop, sold: list[UUID]) -> None:
    screen = open_sales(desktop)

    assert [row.sale_id for row in screen.tables.sales_model.rows] == sold[::-1]
    assert shown_id(screen) == sold[-1]
    assert screen.presenter.state.count == 3
    assert screen.filters.count.text() == "Sales: 3"
    assert screen.tables.sales.hasFocus()

    desktop.key(Key.Key_Down)

    assert shown_id(screen) == sold[1]
    row = screen.tables.sales_model.rows[1]
    assert row.customer and row.case_state == ""


def test_sales_model_when_tested_by_qt_is_sound(desktop: Desktop, sold: list[UUID]) -> None:
    screen = open_sales(desktop, "S")
    testers = [
        QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
        for model in (screen.tables.sales_model, screen.tables.cases_model)
    ]

    screen.presenter.choose_period("month")
    desktop.settle()
    while screen.tables.sales_model.canFetchMore():
        screen.tables.sales_model.fetchMore()
        desktop.settle()

    ids = [row.sale_id for row in screen.tables.sales_model.rows]
    assert len(ids) == len(set(ids)) == screen.presenter.state.count
    assert len(ids) >= len(sold)
    assert len(testers) == 2


def test_reprint_when_f9_is_pressed_prints_the_next_copy(
    desktop: Desktop, till: Till, people: dict[str, Actor], sold: list[UUID]
) -> None:
    screen = open_sales(desktop)

    desktop.key(Key.Key_F9)
    desktop.settle()

    copies = till.reprints.copies(sold[-1], people["C"])
    assert [(copy.copy, copy.state) for copy in copies] == [(0, "printed"), (1, "printed")]
    assert screen.presenter.state.shown is not None
    assert screen.presenter.state.shown.detail.row.copies == 2
    assert "COPY 1 printed" in desktop.window.notices


def test_pdf_when_saved_is_a_numbered_copy(desktop: Desktop, sold: list[UUID], tmp_path: Path) -> None:
    screen = open_sales(desktop)
    asked: list[str] = []

    def answer(_title: str, name: str, _kind: str) -> Path:
        asked.append(name)
        return tmp_path / name

    screen.ask_path = answer
    screen.panes.sale.pdf.click()
    desktop.settle()

    assert (tmp_path / asked[0]).read_bytes().startswith(b"%PDF")
    assert screen.presenter.state.shown is not None
    assert screen.presenter.state.shown.detail.row.copies == 2


def test_search_when_a_receipt_is_typed_finds_it_on_any_day(desktop: Desktop, sold: list[UUID]) -> None:
    screen = open_sales(desktop)
    number = screen.tables.sales_model.rows[1].receipt_number
    assert number is not None

    desktop.key(Key.Key_F2)
    desktop.type(number.rsplit("-", 1)[1].lstrip("0"))
    desktop.wait_until(lambda: len(screen.tables.sales_model.rows) == 1)
    desktop.settle()

    assert shown_id(screen) == sold[1]

    desktop.type("99999")
    desktop.wait_until(lambda: not screen.tables.sales_model.rows)
    desktop.settle()

    assert screen.presenter.state.pane is Pane.NOTHING
    assert screen.tables.table() is None

    desktop.key(Key.Key_Escape)
    desktop.settle()

    assert len(screen.tables.sales_model.rows) == 3


def test_filters_when_chosen_limit_the_list(desktop: Desktop, sold: list[UUID]) -> None:
    screen = open_sales(desktop, "S")
    presenter = screen.presenter

    presenter.choose_cashier("me")
    desktop.settle()
    assert presenter.state.count == 0

    presenter.choose_cashier("")
    presenter.choose_period("shift")
    desktop.settle()
    assert presenter.state.count == len(sold)

    presenter.choose_state("voided")
    desktop.settle()
    assert presenter.state.count == 0

    presenter.choose_state("")
    presenter.choose_tender("cash")
    presenter.choose_period("week")
    desktop.settle()
    in_weeks = presenter.state.count or 0
    assert in_weeks >= len(sold)
    assert {row.tenders for row in screen.tables.sales_model.rows} == {"cash"}

    # The shop's past reaches back over a Monday now and then.
    presenter.choose_span(presenter.spans()[1].key)
    desktop.settle()
    in_weeks += presenter.state.count or 0
    assert in_weeks > len(sold)


def test_case_when_opened_by_keyboard_stands_on_the_sale(
    desktop: Desktop, till: Till, people: dict[str, Actor], sold: list[UUID], meters: list[str]
) -> None:
    screen = open_sales(desktop)

    desktop.key(Key.Key_F6)
    assert screen.panes.new_case.reason.field.hasFocus()
    desktop.key(Key.Key_F8)
    assert screen.presenter.state.form.wrong == "reason"
    desktop.type("read the wrong line")
    desktop.key(Key.Key_Tab)
    desktop.type(meters[2])
    desktop.settle()
    desktop.key(Key.Key_Return)
    desktop.settle()
    assert screen.presenter.state.form.wrong == "right_drn"
    screen.panes.new_case.right.field.clear()
    desktop.type(meters[3])
    desktop.settle()
    assert screen.presenter.state.form.right_owner
    desktop.key(Key.Key_Return)
    desktop.settle()

    case = till.cases.of_sale(people["C"], sold[-1])
    assert case is not None
    assert (case.kind, case.state, case.right_drn) == (CaseKind.WRONG_METER, CaseState.OPEN, meters[3])
    assert screen.presenter.state.pane is Pane.CASE
    assert screen.tables.sales_model.rows[0].case_state == CaseState.OPEN


def test_case_when_reallocated_with_a_pin_shows_and_prints_the_new_token(
    desktop: Desktop, till: Till, people: dict[str, Actor], sold: list[UUID], meters: list[str]
) -> None:
    till.cases.open_for_sale(
        CaseKind.WRONG_METER, sold[0], actor=people["C"], reason="mistyped", right_drn=meters[3]
    )
    screen = open_sales(desktop)

    desktop.key(Key.Key_F4)
    desktop.settle()
    assert screen.presenter.state.listing is Listing.CASES
    desktop.key(Key.Key_Return)
    desktop.key(Key.Key_F8)
    assert screen.presenter.state.form.wrong == "outcome"
    screen.presenter.cases.choose_outcome(CaseState.REALLOCATED)
    desktop.key(Key.Key_F8)
    desktop.settle()
    assert screen.presenter.state.form.wrong == "proof"
    screen.panes.case.proof.field.setFocus()
    desktop.type("read on site, not entered")
    desktop.key(Key.Key_Return)
    desktop.settle()
    desktop.type(PINS["S"])
    desktop.key(Key.Key_Return)
    desktop.settle()
    desktop.settle()

    state = screen.presenter.state
    assert state.pane is Pane.REPLACED
    assert state.replacement is not None and state.replacement.drn == meters[3]
    case = till.cases.of_sale(people["C"], sold[0])
    assert case is not None and case.state is CaseState.REALLOCATED
    copies = till.reprints.copies(state.replacement.issue_id, people["C"])
    assert [(copy.copy, copy.state) for copy in copies] == [(0, "printed")]
    assert till.cases.replacement(people["C"], case) == state.replacement

    desktop.key(Key.Key_F9)
    desktop.settle()
    assert len(till.reprints.copies(state.replacement.issue_id, people["C"])) == 2
    desktop.key(Key.Key_Escape)
    state = screen.presenter.state
    assert state.pane is Pane.CASE
    assert state.case is not None and state.case.case_id == case.case_id
    assert not screen.panes.case.token.isHidden()


def test_show_where_when_a_sale_is_named_shows_it_or_the_form_of_its_case(
    desktop: Desktop, sold: list[UUID]
) -> None:
    screen = open_sales(desktop, sale=sold[0])
    desktop.settle()

    assert shown_id(screen) == sold[0]
    assert screen.tables.sales.currentIndex().row() == 2

    desktop.window.go("sell")
    desktop.window.go("sales", case=sold[1])
    desktop.settle()

    assert (shown_id(screen), screen.presenter.state.pane) == (sold[1], Pane.NEW_CASE)

    desktop.key(Key.Key_Escape)
    assert screen.presenter.state.pane is Pane.SALE


@pytest.mark.parametrize("kind", ["csv", "xlsx", "pdf"])
def test_export_when_saved_holds_what_the_list_shows(
    desktop: Desktop, sold: list[UUID], tmp_path: Path, kind: str
) -> None:
    screen = open_sales(desktop, "S")
    path = tmp_path / f"out.{kind}"
    screen.ask_path = lambda *_: path

    desktop.key(Key.Key_E, CTRL)
    screen.presenter.export.choose_format(kind)
    desktop.key(Key.Key_F8)
    desktop.settle()

    assert [one.name for one in tmp_path.iterdir() if one.name.endswith("part")] == []
    assert screen.presenter.state.export.message == f"Sales: 3, saved as out.{kind}"
    starts = {"csv": b"\xef\xbb\xbf", "xlsx": b"PK", "pdf": b"%PDF"}
    assert path.read_bytes().startswith(starts[kind])
    if kind == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert tuple(rows[0]) == EXPORT_COLUMNS
        assert [UUID(row["sale_id"]) for row in rows] == sold[::-1]


def test_export_when_a_cashier_asks_is_not_there(desktop: Desktop, sold: list[UUID]) -> None:
    screen = open_sales(desktop)

    desktop.key(Key.Key_E, CTRL)

    assert screen.presenter.state.pane is Pane.SALE
    assert screen.filters.export.isHidden()
    assert len(screen.tables.sales_model.rows) == len(sold)


def test_compact_when_enter_is_pressed_opens_the_sale_over_the_table(
    desktop: Desktop, sold: list[UUID]
) -> None:
    desktop.window.resize(1024, 600)
    screen = open_sales(desktop)

    assert screen.zone.currentIndex() == 0
    desktop.key(Key.Key_Down)
    desktop.key(Key.Key_Return)
    assert screen.zone.currentIndex() == 1
    assert shown_id(screen) == sold[1]

    desktop.key(Key.Key_Escape)
    assert screen.zone.currentIndex() == 0
    assert screen.tables.sales.hasFocus()


def test_form_when_the_window_becomes_small_keeps_what_was_typed(desktop: Desktop, sold: list[UUID]) -> None:
    open_sales(desktop)
    desktop.key(Key.Key_F6)
    desktop.type("half a rea")

    desktop.window.resize(1024, 600)
    desktop.settle()

    screen = desktop.screen
    assert isinstance(screen, SalesScreen)
    assert screen.presenter.state.pane is Pane.NEW_CASE
    assert screen.panes.new_case.reason.field.property("text") == "half a rea"
    assert shown_id(screen) == sold[-1]


@pytest.fixture
def refund_due(till: Till, people: dict[str, Actor], sold: list[UUID]) -> UUID:
    """A sale that was paid in cash and that its key holder refused: the lines a remote delivery leaves."""
    quote = dict(till.past_sales.detail(people["C"], sold[0]).sale or {})
    sale_id = uuid4()
    item = {key: value for key, value in quote["items"][0].items() if key != "tokens"}
    quote |= {"sale_id": str(sale_id), "items": [item], "holder": "central"}
    quote.pop("receipt_number")
    quote.pop("document_sha256")
    paid = {"sale_id": str(sale_id), "quote": quote, "payments": quote["payments"], "holder": "central"}
    closed = {
        "sale_id": str(sale_id),
        "state": "refund_due",
        "reason": "central: meter unknown there",
        "amount_minor": quote["money_minor"],
    }
    with till.units.write() as unit:
        shift: bytes = unit.connection.exec_driver_sql(
            "SELECT id FROM shift WHERE closed_place IS NULL"
        ).scalar_one()
        for kind, body in (("sale_paid", paid), ("sale_closed", closed)):
            till.book.record(unit, kind, body, actor=people["C"].id, shift=UUID(bytes=shift))
    return sale_id


def test_refund_when_a_supervisor_allows_it_gives_the_money_back(
    desktop: Desktop, till: Till, people: dict[str, Actor], refund_due: UUID
) -> None:
    screen = open_sales(desktop)
    assert shown_id(screen) == refund_due
    assert not screen.presenter.papers.can_reprint()
    first, *_, last = screen.tables.sales_model.rows
    assert (first.drn, first.customer) == (last.drn, last.customer)

    desktop.key(Key.Key_F7)
    desktop.key(Key.Key_F8)
    assert screen.presenter.state.form.wrong == "reason"
    desktop.type("no token could be made")
    desktop.key(Key.Key_Return)
    desktop.settle()
    desktop.type(PINS["S"])
    desktop.key(Key.Key_Return)
    desktop.settle()
    desktop.settle()

    row = till.past_sales.detail(people["C"], refund_due).row
    assert row.state == "refunded"
    assert row.receipt_number is not None and row.receipt_number in desktop.window.notices[-1]
    assert screen.tables.sales_model.rows[0].state == "refunded"
    with till.units.read() as connection:
        states = connection.exec_driver_sql("SELECT state, opens_drawer FROM print_job ORDER BY key DESC")
        assert states.first() == ("printed", 1)


def test_void_when_a_sale_waits_for_its_payment_ends_it(
    desktop: Desktop, till: Till, people: dict[str, Actor], sold: list[UUID]
) -> None:
    sale_id = uuid4()
    with till.units.write() as unit:
        # As a provider's tender will leave it: nothing sent, nothing paid.
        unit.connection.exec_driver_sql(
            "INSERT INTO sale (place, id, state, at, business_day, operator_key, money_minor, holder, "
            "language, copies, is_handed_over) SELECT max(place) + 1000, ?, 'awaiting_payment', max(at), "
            "max(business_day), ?, 5000, '', 'en', 0, 0 FROM sale",
            (sale_id.bytes, people["C"].key),
        )
    screen = open_sales(desktop)
    assert shown_id(screen) == sale_id

    desktop.key(Key.Key_F7)
    desktop.type("customer left")
    desktop.key(Key.Key_F8)
    desktop.settle()

    assert till.past_sales.detail(people["C"], sale_id).row.state == "voided"
    assert "The sale is voided" in desktop.window.notices
    assert len(screen.tables.sales_model.rows) == len(sold) + 1
