from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos.domain.permissions import Role
from pos.errors import Rejected, Unavailable
from pos.models.queries.sales import SaleRow, SalesFilter, find_sale_detail, list_sales, recent_sales_of
from pos.services.sale_values import SaleRequest
from tests.crash.remote_twin import Step
from tests.factories.office import Office, code_of, make_office, make_remote_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


def sell_some(office: Office) -> list[str]:
    """Six sales on three days to three meters by two people, oldest first; gives the meters."""
    meters = [office.shop.add_meter(serial) for serial in (1, 2, 3)]
    for n in range(6):
        asked = SaleRequest(sale_id=uuid4(), drn=meters[n % 3], money_minor=1000 + n)
        office.shop.checkout.sell(asked, office.cashier if n % 2 else office.supervisor)
        office.shop.clock.pass_time(hours=12)
    return meters


def numbers(rows: list[SaleRow]) -> list[int]:
    return [int(str(row.receipt_number)[-6:]) for row in rows]


def found(office: Office, **wanted: Any) -> list[int]:
    with office.shop.units.read() as connection:
        return numbers(list_sales(connection, SalesFilter(**wanted)))


def test_list_when_nothing_is_asked_is_newest_first_with_all_a_row_shows(office: Office) -> None:
    meters = sell_some(office)

    rows = office.past_sales.page(office.supervisor, SalesFilter())

    assert numbers(rows) == [6, 5, 4, 3, 2, 1]
    first = rows[-1]
    assert (first.receipt_number, first.cashier, first.tenders, first.drn) == (
        "T03-000001",
        office.supervisor.name,
        "cash",
        meters[0],
    )
    assert (first.money_minor, first.state, first.business_day) == (1000, "delivered", "2026-11-20")
    assert first.token_tenths > 0 and first.units_milli >= first.token_tenths * 100


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"from_day": "2026-11-21", "to_day": "2026-11-21"}, [4, 3]),
        ({"from_day": "2026-11-22"}, [6, 5]),
        ({"to_day": "2026-11-20"}, [2, 1]),
        ({"from_day": "2027-01-01"}, []),
        ({"to_day": "2025-01-01"}, []),
        ({"operator_key": 1}, [6, 4, 2]),
        ({"operator_key": 2, "to_day": "2026-11-21"}, [3, 1]),
        ({"tender": "cash"}, [6, 5, 4, 3, 2, 1]),
        ({"tender": "momo"}, []),
        ({"state": "delivered", "operator_key": 1}, [6, 4, 2]),
        ({"state": "voided"}, []),
        ({"meter_key": 2}, [5, 2]),
        ({"meter_key": 2, "operator_key": 1}, [2]),
        ({"text": "T03-000004"}, [4]),
        ({"text": " 4 "}, [4]),
        ({"text": "4", "operator_key": 2}, []),
        ({"text": "99"}, []),
        ({"text": "Aline"}, []),
        ({"institution": "school"}, []),
    ],
)
def test_list_when_filtered_shows_what_fits(
    office: Office, wanted: dict[str, Any], expected: list[int]
) -> None:
    sell_some(office)

    assert found(office, **wanted) == expected


def test_list_when_a_meter_number_is_typed_finds_its_sales(office: Office) -> None:
    meters = sell_some(office)

    assert found(office, text=meters[2]) == [6, 3]
    assert found(office, text=f"{meters[2][:4]} {meters[2][4:]}") == [6, 3]
    assert found(office, text=meters[2], meter_key=1) == []
    assert found(office, text="04999999990") == []


def test_list_when_paged_gives_every_sale_once(office: Office) -> None:
    sell_some(office)
    pages, before = [], None
    while page := office.past_sales.page(office.supervisor, SalesFilter(), before=before, limit=4):
        pages.append(numbers(page))
        before = page[-1].place

    assert pages == [[6, 5, 4, 3], [2, 1]]


def test_list_when_the_clock_was_set_back_still_finds_the_day(office: Office) -> None:
    sell_some(office)
    # As after a reset: an earlier day stands behind a later one.
    with office.shop.units.write() as unit:
        unit.connection.exec_driver_sql(
            "UPDATE sale SET business_day = '2026-11-20' WHERE receipt_number = 6"
        )

    assert found(office, from_day="2026-11-20", to_day="2026-11-20") == [6, 2, 1]


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "from_day": st.sampled_from(["2026-11-20", "2026-11-21", "2026-11-22", "2026-12-01"]),
        "to_day": st.sampled_from(["2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"]),
        "operator_key": st.sampled_from([1, 2, 3]),
        "tender": st.sampled_from(["cash", "momo"]),
        "meter_key": st.sampled_from([1, 2, 3, 4]),
        "state": st.sampled_from(["delivered", "voided"]),
    },
)


@given(wanted=FILTERS, limit=st.integers(1, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_list_when_filtered_at_random_equals_filtering_by_hand(
    filled: Office, wanted: dict[str, Any], limit: int
) -> None:
    with filled.shop.units.read() as connection:
        everything = list_sales(connection, SalesFilter())
        rows: list[SaleRow] = []
        while page := list_sales(
            connection, SalesFilter(**wanted), before=rows[-1].place if rows else None, limit=limit
        ):
            rows += page

    assert rows == [row for row in everything if _fits(row, wanted)]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = make_office(tmp_path_factory.mktemp("filled"))
    sell_some(office)
    return office


def _fits(row: SaleRow, wanted: dict[str, Any]) -> bool:
    names = {"Aline": 1, "Bosco": 2}
    checks = {
        "from_day": lambda value: row.business_day >= value,
        "to_day": lambda value: row.business_day <= value,
        "operator_key": lambda value: names[row.cashier] == value,
        "tender": lambda value: row.tenders == value,
        "meter_key": lambda value: (int(str(row.receipt_number)[-6:]) - 1) % 3 + 1 == value,
        "state": lambda value: row.state == value,
    }
    return all(checks[name](value) for name, value in wanted.items())


def test_list_when_a_cashier_looks_shows_only_own_sales(office: Office) -> None:
    sell_some(office)

    assert numbers(office.past_sales.page(office.cashier, SalesFilter())) == [6, 4, 2]
    assert numbers(office.past_sales.page(office.cashier, SalesFilter(operator_key=2))) == [6, 4, 2]
    assert numbers(office.past_sales.page(office.person(Role.AUDITOR), SalesFilter())) == [6, 5, 4, 3, 2, 1]
    manager = office.person(Role.FACILITY_MANAGER)
    assert code_of(lambda: office.past_sales.page(manager, SalesFilter())) == "permission.denied"


def test_list_when_an_auditor_has_one_institution_shows_only_its_sales(office: Office) -> None:
    sell_some(office)
    office.sell(office.shop.add_meter(4, institution="school"))
    auditor = replace(office.person(Role.AUDITOR), institution="school")

    assert numbers(office.past_sales.page(auditor, SalesFilter())) == [7]


def test_detail_when_delivered_is_what_the_line_says(office: Office) -> None:
    result = office.sell(office.shop.add_meter(1))
    sale_id = UUID(result.sale["sale_id"])

    detail = office.past_sales.detail(office.supervisor, sale_id)

    assert detail.sale == result.sale
    assert detail.row.receipt_number == "T03-000001"
    assert code_of(lambda: office.past_sales.detail(office.cashier, sale_id)) == "sale.unknown"
    assert code_of(lambda: office.past_sales.detail(office.supervisor, uuid4())) == "sale.unknown"


def test_detail_when_paid_and_not_delivered_is_the_frozen_quote(tmp_path: Path) -> None:
    office, _ = make_remote_office(tmp_path, Step.LOSE_REQUEST)
    asked = SaleRequest(sale_id=uuid4(), drn=office.shop.add_meter(1), money_minor=5000)
    with pytest.raises(Unavailable):
        office.shop.checkout.sell(asked, office.cashier)

    with office.shop.units.read() as connection:
        detail = find_sale_detail(connection, asked.sale_id)

    assert detail is not None and detail.sale is not None
    assert (detail.row.state, detail.row.receipt_number, detail.sale["money_minor"]) == ("paid", None, 5000)
    assert found_states(office, "paid") == ["paid"]


def test_list_when_money_is_due_back_is_found_by_its_state(tmp_path: Path) -> None:
    office, _ = make_remote_office(tmp_path, Step.NO)
    asked = SaleRequest(sale_id=uuid4(), drn=office.shop.add_meter(1), money_minor=5000)
    with pytest.raises(Rejected):
        office.shop.checkout.sell(asked, office.cashier)

    assert found_states(office, "refund_due") == ["refund_due"]
    assert found_states(office, "paid") == []


def found_states(office: Office, state: str) -> list[str]:
    return [row.state for row in office.past_sales.page(office.supervisor, SalesFilter(state=state))]


def test_recent_when_asked_for_a_meter_shows_everybody_its_sales(office: Office) -> None:
    sell_some(office)

    assert numbers(office.past_sales.recent(office.cashier, 2)) == [5, 2]
    with office.shop.units.read() as connection:
        assert numbers(recent_sales_of(connection, 2, limit=1)) == [5]


def test_export_when_made_has_tokens_change_and_every_row(office: Office) -> None:
    sell_some(office)
    result = office.sell(office.shop.add_meter(9), tendered_minor=6000)

    rows = list(office.past_sales.export(office.supervisor, SalesFilter()))

    assert [row.row.money_minor for row in rows] == [5000, 1005, 1004, 1003, 1002, 1001, 1000]
    assert (rows[0].tokens, rows[0].change_minor) == (result.credit_token["digits"], 1000)
    assert code_of(lambda: office.past_sales.export(office.cashier, SalesFilter())) == "permission.denied"
