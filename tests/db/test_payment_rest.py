"""What is still to pay of a sale by units once the part that brought the fee is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from pos.domain.fees import FeeRule
from pos.domain.journal import instant_text
from pos.domain.payment_reports import Outcome
from pos.domain.permissions import Actor, Role
from pos.domain.states import SaleState
from pos.services.payment_parts import Part
from pos.services.payment_views import SaleView
from pos.tokens.demo import demo_keys
from tests.db.test_payment_desk import code_of
from tests.factories.payments import Counter, airtel, asked, cash, make_counter, momo

UNITS_MILLI = 20_000
PRICE_MINOR, FEE_MINOR = 1780, 50


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    made = make_counter(tmp_path)
    made.fees.add(
        Actor(made.shop.supervisor.id, 3, "Claire", Role.ADMINISTRATOR),
        FeeRule(
            code="fee_momo",
            version=1,
            provider="momo",
            currency="RWF",
            valid_from=made.shop.clock.now(),
            fixed_minor=FEE_MINOR,
        ),
    )
    made.momo.fate = Outcome.FAILED
    return made


@pytest.fixture
def drn(counter: Counter) -> str:
    return counter.shop.add_meter(1)


def begin(counter: Counter, drn: str, *parts: Part) -> SaleView:
    request = asked(drn, money_minor=None, units_milli=UNITS_MILLI)
    view = counter.desk.begin(request, parts, counter.shop.cashier)
    assert view.money_minor == PRICE_MINOR + FEE_MINOR
    return view


def item_of(view: SaleView) -> dict[str, Any]:
    assert view.result is not None
    assert not [line for line in view.result.item["lines"] if line["kind"] == "fee"]
    return dict(view.result.item)


def test_refusal_when_the_other_parts_pay_for_the_units_then_the_sale_is_delivered(
    counter: Counter, drn: str
) -> None:
    view = begin(counter, drn, cash(PRICE_MINOR), momo(FEE_MINOR))
    counter.run()

    done = counter.desk.look(view.sale_id)
    assert (done.state, done.paid_minor, done.rest_minor) == (SaleState.DELIVERED, PRICE_MINOR, 0)
    item = item_of(done)
    assert (item["money_minor"], item["units_milli"]) == (PRICE_MINOR, UNITS_MILLI)
    counter.check_books()


def test_refusal_when_more_is_paid_than_the_units_cost_then_all_of_it_buys(
    counter: Counter, drn: str
) -> None:
    view = begin(counter, drn, cash(PRICE_MINOR + 20), momo(FEE_MINOR - 20))
    counter.run()

    done = counter.desk.look(view.sale_id)
    item = item_of(done)
    # The block after the 20 units costs 310 a unit: 20 buy 0.064 of them.
    assert (item["money_minor"], item["units_milli"]) == (PRICE_MINOR + 20, UNITS_MILLI + 64)
    counter.check_books()


def test_refusal_when_the_vault_is_locked_then_the_token_comes_later(counter: Counter, drn: str) -> None:
    counter.momo.is_instant = False
    view = begin(counter, drn, cash(PRICE_MINOR), momo(FEE_MINOR))
    counter.shop.vault.lock()
    counter.momo.finish()
    counter.run()
    paid = counter.desk.look(view.sale_id)
    assert (paid.state, paid.trouble) == (SaleState.PAID, "vault.locked")

    counter.shop.vault.unlock(demo_keys(), save=lambda _: None)
    counter.run(seconds=40)

    assert item_of(counter.desk.look(view.sale_id))["money_minor"] == PRICE_MINOR
    counter.check_books()


def test_refusal_when_no_shift_is_open_then_the_next_one_delivers(counter: Counter, drn: str) -> None:
    counter.momo.is_instant = False
    view = begin(counter, drn, cash(PRICE_MINOR), momo(FEE_MINOR))
    counter.close_shift()
    counter.momo.finish()
    counter.run()
    assert counter.desk.look(view.sale_id).state is SaleState.AWAITING_PAYMENT

    counter.open_shift()

    assert counter.desk.look(view.sale_id).state is SaleState.DELIVERED
    counter.check_books()


def test_refusal_when_another_part_is_under_way_then_its_answer_decides(counter: Counter, drn: str) -> None:
    counter.airtel.is_instant = False
    view = begin(counter, drn, cash(PRICE_MINOR - 500), airtel(500), momo(FEE_MINOR))
    counter.run()
    assert counter.desk.look(view.sale_id).state is SaleState.AWAITING_PAYMENT

    counter.airtel.finish()
    counter.run()

    assert item_of(counter.desk.look(view.sale_id))["money_minor"] == PRICE_MINOR
    counter.check_books()


def test_refusal_when_the_meter_is_blocked_meanwhile_then_it_waits_for_a_person(
    counter: Counter, drn: str
) -> None:
    counter.momo.is_instant = False
    view = begin(counter, drn, cash(PRICE_MINOR), momo(FEE_MINOR))
    set_status(counter, "blocked")
    counter.momo.finish()
    counter.run()
    left = counter.desk.look(view.sale_id)
    assert (left.state, left.parts[1].state.value) == (SaleState.AWAITING_PAYMENT, "failed")
    rest = (cash(10),)
    blocked = code_of(lambda: counter.desk.pay_rest(view.sale_id, rest, counter.shop.cashier))
    assert blocked == "meter.blocked"

    set_status(counter, "active")
    done = counter.desk.pay_rest(view.sale_id, rest, counter.shop.cashier)

    # Nothing was left to pay, and nothing was taken.
    assert [part.amount_minor for part in done.parts if part.state.value == "succeeded"] == [PRICE_MINOR]
    assert item_of(done)["units_milli"] == UNITS_MILLI
    counter.check_books()


def test_refusal_when_the_meter_has_left_its_group_meanwhile_then_it_is_kept_and_waits_for_a_person(
    counter: Counter, drn: str
) -> None:
    counter.momo.is_instant = False
    view = begin(counter, drn, cash(PRICE_MINOR), momo(FEE_MINOR))
    change = {
        "krn": 1, "ken": 255, "ti": "01", "kt": 2, "base_date": "14", "sgc": "999888",
        "from": instant_text(counter.shop.clock.now()),
    }  # fmt: skip
    set_meter(counter, next_key=json.dumps(change))
    counter.momo.finish()
    counter.run()

    left = counter.desk.look(view.sale_id)
    assert (left.state, left.parts[1].state.value) == (SaleState.AWAITING_PAYMENT, "failed")
    given_up = counter.desk.give_up(view.sale_id, counter.shop.supervisor, reason="the meter has moved")
    assert given_up.state is SaleState.REFUND_DUE
    counter.check_books()


def test_rest_when_nothing_is_left_to_pay_of_a_parked_sale_then_it_is_not_announced(
    counter: Counter, drn: str
) -> None:
    counter.momo.is_instant = False
    view = begin(counter, drn, cash(PRICE_MINOR), momo(FEE_MINOR))
    counter.desk.stop_waiting(view.sale_id, counter.shop.cashier)
    set_status(counter, "blocked")
    counter.momo.finish()
    counter.run()
    set_status(counter, "active")

    done = counter.desk.pay_rest(view.sale_id, (cash(10),), counter.shop.cashier)

    assert done.state is SaleState.DELIVERED
    assert counter.desk.announcements() == []
    assert counter.texts.sales == []


def set_meter(counter: Counter, **changes: str) -> None:
    columns = ", ".join(f"{name} = ?" for name in changes)
    with counter.shop.units.write() as unit:
        unit.connection.exec_driver_sql(f"UPDATE meter SET {columns}", tuple(changes.values()))


def set_status(counter: Counter, status: str) -> None:
    set_meter(counter, status=status)
