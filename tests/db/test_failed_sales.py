"""Sales that came to nothing, in the list of sales: of whom they were."""

from pathlib import Path

import pytest

from pos.domain.payment_reports import Outcome
from pos.models.queries.sales import SaleRow, SalesFilter
from pos.services.past_sales import PastSales
from tests.factories.payments import Counter, cash, make_counter, momo, reopen_counter
from tests.factories.shop import add_customer


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    made = make_counter(tmp_path)
    made.momo.fate = Outcome.FAILED
    return made


def add_meter(counter: Counter, serial: int, name: str) -> str:
    shop = counter.shop
    with shop.units.write() as unit:
        key = add_customer(unit.connection, shop.clock.now(), name=name)
    return shop.add_meter(serial, customer_key=key)


def shown(counter: Counter) -> list[tuple[str, str | None, str]]:
    sales = PastSales(counter.shop.units)
    rows: list[SaleRow] = sales.page(counter.shop.supervisor, SalesFilter())
    assert all(sales.detail(counter.shop.supervisor, row.sale_id).row == row for row in rows)
    return [(row.state, row.drn, row.customer) for row in rows]


def test_list_when_a_sale_failed_then_it_names_its_meter_and_customer(counter: Counter) -> None:
    drn, other = add_meter(counter, 1, "Grace"), counter.shop.add_meter(2)
    counter.begin(other)
    counter.begin(drn)
    assert shown(counter) == [("awaiting_payment", drn, "Grace"), ("awaiting_payment", other, "")]
    counter.run()

    assert shown(counter) == [("failed", drn, "Grace"), ("failed", other, "")]
    counter.check_books()


def test_list_when_a_refused_sale_was_given_back_then_it_still_names_its_customer(
    counter: Counter, tmp_path: Path
) -> None:
    drn = add_meter(counter, 1, "Grace")
    view = counter.begin(drn, cash(1000), momo())
    counter.run()
    counter.desk.give_up(view.sale_id, counter.shop.supervisor, reason="left")
    assert shown(counter) == [("refund_due", drn, "Grace")]
    counter.refunds.make(view.sale_id, counter.shop.supervisor, reason="left")

    again = reopen_counter(counter, tmp_path)

    assert shown(again) == [("refunded", drn, "Grace")]


def test_list_when_the_customer_is_erased_then_a_failed_sale_names_nobody(counter: Counter) -> None:
    drn = add_meter(counter, 1, "Grace")
    counter.begin(drn)
    counter.run()
    with counter.shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE customer SET name = NULL")

    assert shown(counter) == [("failed", drn, "")]
