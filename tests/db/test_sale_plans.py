"""How SQLite reads for a sale: nothing that grows with the years is read through."""

from pathlib import Path
from typing import Any

from sqlalchemy import event

from pos.services.sale_values import SaleRequest
from pos.system.ids import new_id
from tests.factories.shop import Shop, make_shop

# Tables of which a till of any age has few rows, and what is no table.
FEW = {"book", "envelope", "reservation", "json_each", "CONSTANT", "(subquery-1)"}
OPEN_SHIFT = "shift USING INDEX ix_shift_open"


def statements_of_a_sale(shop: Shop) -> list[tuple[str, Any]]:
    """Sell once to a meter that had a duplicate with credit; return each statement with its values."""
    kept, double = shop.add_meter(1), shop.add_meter(2)
    with shop.units.write() as unit:
        connection = unit.connection
        connection.exec_driver_sql(
            "UPDATE meter SET status = 'inactive', merged_into = (SELECT id FROM meter WHERE drn = ?) "
            "WHERE drn = ?",
            (kept, double),
        )
        connection.exec_driver_sql(
            "INSERT INTO customer_credit (id, meter_key, amount_minor, cause, code, month, given_at) "
            "SELECT ?, key, 700, 'arrears', '', '2026-10', 0 FROM meter WHERE drn = ?",
            (bytes(16), double),
        )
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        seen.append((statement, values))

    for engine in (shop.units._reading, shop.units._writing):
        event.listen(engine, "before_cursor_execute", note)
    asked = SaleRequest(sale_id=new_id(shop.clock.now()), drn=kept, money_minor=5000)
    assert shop.checkout.trial_vend(asked, shop.cashier).item.money_minor == 5000
    shop.checkout.sell(asked, shop.cashier)
    for engine in (shop.units._reading, shop.units._writing):
        event.remove(engine, "before_cursor_execute", note)
    return seen


def test_sell_when_the_meter_has_a_duplicate_then_nothing_that_grows_is_read_through(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    seen = statements_of_a_sale(shop)

    with shop.units.read() as connection:
        steps = [
            str(row[3])
            for statement, values in seen
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]

    scanned = {step.removeprefix("SCAN ") for step in steps if step.startswith("SCAN ")}
    assert {step for step in scanned if step.split()[0] not in FEW} == {OPEN_SHIFT}
    assert any("INDEX ix_meter_merged_into" in step for step in steps)
