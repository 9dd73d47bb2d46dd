import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from pos.domain.permissions import Role
from pos.errors import ApprovalNeeded, KilotillError, MachineFault, UserError
from pos.models.ledger_book import read_head
from pos.models.packing import unpack_document, unpack_line
from pos.services.checkout import DuplicateSaleError
from pos.services.sale_values import SaleKind, SaleRequest
from pos.services.verify import verify
from pos.tokens.numbers import make_drn
from pos.tokens.virtual_meter import ResultCode
from tests.factories.shop import Shop, make_shop

NEXT_KEY = (
    '{"base_date":"14","from":"2026-11-01T00:00:00.000Z","ken":255,"krn":2,"kt":2,"sgc":"201457","ti":"01"}'
)


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


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


def test_sell_when_the_same_meter_bought_a_moment_ago_shows_that_sale_first(shop: Shop) -> None:
    drn = shop.add_meter(1)
    first = shop.checkout.sell(request(drn), shop.cashier)

    with pytest.raises(DuplicateSaleError) as caught:
        shop.checkout.sell(request(drn), shop.cashier)

    assert (str(caught.value.sale_id), caught.value.code) == (first.sale["sale_id"], "sale.duplicate")


def test_sell_when_another_is_wanted_needs_a_supervisor_above_the_limit(shop: Shop) -> None:
    drn = shop.add_meter(1)
    shop.set_rules(duplicate_limit_minor=3000)
    shop.checkout.sell(request(drn), shop.cashier)

    small = shop.checkout.sell(request(drn, 3000, is_another_wanted=True), shop.cashier)
    with pytest.raises(ApprovalNeeded) as caught:
        shop.checkout.sell(request(drn, 3001, is_another_wanted=True), shop.cashier)

    assert small.sale["receipt_number"] == "T03-000002"
    assert caught.value.permission == "sale.duplicate"


def test_sell_when_the_earlier_sale_is_half_an_hour_old_asks_nothing(shop: Shop) -> None:
    drn = shop.add_meter(1)
    shop.checkout.sell(request(drn), shop.cashier)

    shop.clock.pass_time(minutes=30, seconds=1)

    assert shop.checkout.sell(request(drn), shop.cashier).sale["receipt_number"] == "T03-000002"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"drn": "04000000018"}, "meter.check_digit"),
        ({"drn": "04999999990"}, "meter.unknown"),
        ({"tendered_minor": 4999}, "sale.tendered"),
        ({"money_minor": 0}, "sale.below_charges"),
        ({"units_milli": 1000}, "sale.amount"),
        ({"kind": SaleKind.ARREARS}, "arrears.refused"),
    ],
)
def test_sell_when_the_request_is_wrong_says_why_and_writes_nothing(
    shop: Shop, changes: dict[str, object], code: str
) -> None:
    drn = shop.add_meter(1)
    before = shop.balance("supplier:reg")
    if changes.get("drn") == "04999999990":
        changes["drn"] = make_drn("04", "99999999").digits

    assert code_of(lambda: shop.checkout.sell(request(**{"drn": drn, **changes}), shop.cashier)) == code
    assert shop.balance("supplier:reg") == before
    with shop.units.read() as connection:
        assert read_head(connection).receipt_last == 0


@pytest.mark.parametrize("status", ["blocked", "suspended", "inactive"])
def test_sell_when_the_meter_may_not_buy_is_refused_with_the_reason(shop: Shop, status: str) -> None:
    drn = shop.add_meter(1, status=status, block_reason="tampered")

    with pytest.raises(UserError, match="tampered") as caught:
        shop.checkout.sell(request(drn), shop.cashier)

    assert caught.value.code == "meter.blocked"


def test_sell_when_no_tariff_is_in_force_is_refused(shop: Shop) -> None:
    drn = shop.add_meter(1, tariff_code="GHOST")

    assert code_of(lambda: shop.checkout.sell(request(drn), shop.cashier)) == "tariff.unknown"


def test_sell_when_no_shift_is_open_is_refused(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, opens_shift=False)
    drn = shop.add_meter(1)

    assert code_of(lambda: shop.checkout.sell(request(drn), shop.cashier)) == "shift.cannot_open"


def test_sell_when_the_role_may_not_is_refused(shop: Shop) -> None:
    drn = shop.add_meter(1)
    auditor = replace(shop.cashier, role=Role.AUDITOR)

    assert code_of(lambda: shop.checkout.sell(request(drn), auditor)) == "permission.denied"


def test_sell_when_the_float_is_used_up_is_refused_until_topped_up(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, float_minor=4999)
    drn = shop.add_meter(1)

    assert code_of(lambda: shop.checkout.sell(request(drn), shop.cashier)) == "float.empty"
    shop.top_up(1)
    assert shop.checkout.sell(request(drn), shop.cashier).sale["money_minor"] == 5000


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"envelope_money_minor": 9_999}, "envelope.money"),
        ({"envelope_units_milli": 60_699}, "envelope.units"),
    ],
)
def test_sell_when_the_envelope_is_used_up_stops(tmp_path: Path, limits: dict[str, int], code: str) -> None:
    shop = make_shop(tmp_path, **limits)
    shop.checkout.sell(request(shop.add_meter(1)), shop.cashier)
    drn = shop.add_meter(2)

    if code == "envelope.units":
        shop.checkout.sell(request(drn), shop.cashier)
        drn = shop.add_meter(3)

    assert code_of(lambda: shop.checkout.sell(request(drn), shop.cashier)) == code


def test_sell_when_the_vault_is_locked_stops_tokens_but_not_arrears(shop: Shop) -> None:
    drn = shop.add_meter(1, arrears_minor=2000)
    shop.vault.lock()

    assert code_of(lambda: shop.checkout.sell(request(drn), shop.cashier)) == "vault.locked"
    paid = shop.checkout.sell(request(drn, 1500, kind=SaleKind.ARREARS), shop.cashier)
    assert [line["kind"] for line in paid.item["lines"]] == ["arrears"]
    assert paid.credit_token is None
    with shop.units.read() as connection:
        assert connection.exec_driver_sql("SELECT arrears_minor FROM meter").scalar() == 500


@pytest.mark.parametrize(
    "changes",
    [
        {"algorithm": "09"},
        {"algorithm": "AES"},
        {"key_method": "03"},
        {"base_date": "20"},
        {"ti": "1"},
        {"krn": 12},
        {"kt": 7},
        {"next_key": NEXT_KEY.replace('"kt":2', '"kt":9')},
    ],
)
def test_sell_when_no_token_can_be_made_from_the_record_then_nothing_is_taken(
    shop: Shop, changes: dict[str, object]
) -> None:
    drn = shop.add_meter(1, arrears_minor=2000, **changes)
    before_minor = shop.balance("supplier:reg")

    assert code_of(lambda: shop.checkout.sell(request(drn), shop.cashier)) == "token.data"
    assert shop.balance("supplier:reg") == before_minor
    paid = shop.checkout.sell(request(drn, 1500, kind=SaleKind.ARREARS), shop.cashier)
    assert paid.credit_token is None


def test_sell_when_paid_posts_drawer_supplier_and_commission(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, commission_ppm=15_000)

    shop.checkout.sell(request(shop.add_meter(1), tendered_minor=6000), shop.cashier)

    assert shop.balance(f"drawer:{_till(shop)}") == 55_000
    assert shop.balance("supplier:reg") == 10**9 - 5000 + 75
    assert shop.balance("income:commission") == -75


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        (timedelta(seconds=-1), None),
        (timedelta(minutes=-4), None),
        (timedelta(minutes=-10), "clock.back"),
        (timedelta(days=8), "clock.confirm"),
        (timedelta(days=365 * 10), "clock.confirm"),
        (timedelta(days=-365 * 56), "clock.back"),
    ],
)
def test_sell_when_the_clock_jumps_is_safe_or_stops(shop: Shop, step: timedelta, outcome: str | None) -> None:
    first, second = shop.add_meter(1), shop.add_meter(2)
    earlier = shop.checkout.sell(request(first), shop.cashier)
    shop.clock.set_wall(shop.clock.now() + step)

    if outcome is None:
        later = shop.checkout.sell(request(second), shop.cashier)
        assert later.credit_token["tid"] >= earlier.credit_token["tid"]
    else:
        assert code_of(lambda: shop.checkout.sell(request(second), shop.cashier)) == outcome


def test_sell_when_three_in_one_minute_are_all_accepted_in_any_order(shop: Shop) -> None:
    drn = shop.add_meter(1)
    tokens = [
        shop.checkout.sell(request(drn, is_another_wanted=True), shop.supervisor).credit_token
        for _ in range(3)
    ]
    meter = shop.virtual_meter(drn)

    assert [one["tid"] for one in tokens] == list(range(tokens[0]["tid"], tokens[0]["tid"] + 3))
    assert all(meter.enter(one["digits"]).is_accepted for one in reversed(tokens))


def test_units_when_sold_in_parts_conserve_what_was_bought(shop: Shop) -> None:
    drn = shop.add_meter(1)
    results = [
        shop.checkout.sell(request(drn, money, is_another_wanted=True), shop.supervisor)
        for money in (500, 137, 999, 12_345, 777)
    ]

    bought = sum(result.item["units_milli"] for result in results)
    tokens = sum(result.item["token_units_tenths"] for result in results) * 100
    assert bought == tokens + results[-1].item["carry_out_milli"]
    assert [after.item["carry_in_milli"] for after in results[1:]] == [
        before.item["carry_out_milli"] for before in results[:-1]
    ]


def _till(shop: Shop) -> str:
    with shop.units.read() as connection:
        return str(read_head(connection).till_id)


def test_line_when_the_clock_jumped_a_week_ahead_does_not_make_the_jump_trusted(shop: Shop) -> None:
    drn = shop.add_meter(1)
    with shop.units.read() as connection:
        before = read_head(connection).trusted_at
    shop.clock.set_wall(shop.clock.now() + timedelta(days=8))

    shop.top_up(1)

    with shop.units.read() as connection:
        assert read_head(connection).trusted_at == before
    assert code_of(lambda: shop.checkout.sell(request(drn), shop.cashier)) == "clock.confirm"


def test_sale_when_repeated_by_somebody_who_may_not_sell_shows_no_token(shop: Shop) -> None:
    asked = request(shop.add_meter(1))
    shop.checkout.sell(asked, shop.cashier)

    auditor = replace(shop.cashier, role=Role.AUDITOR)

    assert code_of(lambda: shop.checkout.sell(asked, auditor)) == "permission.denied"


def test_tariff_when_changed_by_hand_sells_nothing_and_verify_names_it(shop: Shop) -> None:
    drn = shop.add_meter(1)
    with shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE tariff SET body = replace(body, '89000000', '1000000')")

    assert code_of(lambda: shop.checkout.sell(request(drn), shop.cashier)) == "tariff.damaged"
    assert "verify.tariff" in [finding.code for finding in verify(shop.units).findings]


def test_sell_when_a_guard_stops_writes_nothing(shop: Shop) -> None:
    def stop() -> None:
        raise MachineFault("disk.full", "The disk is full.")

    drn = shop.add_meter(1)
    shop.checkout.preparation._guards = (stop,)

    assert code_of(lambda: shop.checkout.sell(request(drn), shop.cashier)) == "disk.full"
    with shop.units.read() as connection:
        assert read_head(connection).receipt_last == 0
