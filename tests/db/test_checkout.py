import json
from pathlib import Path
from uuid import uuid4

import pytest

from pos.errors import UserError
from pos.models.packing import unpack_document, unpack_line
from pos.services.sale_values import SaleRequest
from pos.tokens.virtual_meter import ResultCode
from tests.factories.shop import Shop, make_shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def request(drn: str, money_minor: int = 5000, **changes: object) -> SaleRequest:
    return SaleRequest(**{"sale_id": uuid4(), "drn": drn, "money_minor": money_minor, **changes})


def test_sell_when_all_is_well_gives_a_token_that_the_meter_takes_once(shop: Shop) -> None:
    drn = shop.add_meter(1)

    result = shop.checkout.sell(request(drn, tendered_minor=10_000), shop.cashier)

    item = result.item
    assert (item["units_milli"], item["token_units_tenths"], item["carry_out_milli"]) == (30_387, 303, 87)
    assert sum(line["amount_minor"] for line in item["lines"]) == 5000
    assert result.sale["payments"][0]["change_minor"] == 5000
    assert result.sale["receipt_number"] == "T03-000001"
    meter = shop.virtual_meter(drn)
    digits = result.credit_token["digits"]
    assert meter.enter(digits).result is ResultCode.ACCEPT
    assert meter.enter(digits).result is ResultCode.USED
    assert meter.registers[0] == 303


def test_sell_when_repeated_returns_the_same_token_and_books_nothing(shop: Shop) -> None:
    drn = shop.add_meter(1)
    asked = request(drn)

    first, second = (shop.checkout.sell(asked, shop.cashier) for _ in range(2))

    assert second.is_repeat and not first.is_repeat
    assert second.credit_token == first.credit_token
    assert shop.balance("supplier:reg") == 10**9 - 5000


def test_sell_when_the_id_comes_back_with_other_parameters_is_refused(shop: Shop) -> None:
    drn = shop.add_meter(1)
    asked = request(drn)
    shop.checkout.sell(asked, shop.cashier)

    with pytest.raises(UserError, match="already belongs") as caught:
        shop.checkout.sell(request(drn, 6000, sale_id=asked.sale_id), shop.cashier)

    assert caught.value.code == "sale.id_conflict"


def test_sell_when_written_stores_the_exact_line_and_document(shop: Shop) -> None:
    result = shop.checkout.sell(request(shop.add_meter(1)), shop.cashier)

    with shop.units.read() as connection:
        line = unpack_line(
            connection.exec_driver_sql("SELECT line FROM journal WHERE seq = ?", (result.seq,)).scalar_one()
        )
        document = unpack_document(connection.exec_driver_sql("SELECT body FROM document").scalar_one(), line)
    assert json.loads(line)["body"]["sale"] == result.sale
    assert json.loads(document)["number"] == "T03-000001"
