"""A sale between its two write units as the resume list shows it, and how it goes on (docs/formats.md §6)."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from pos.errors import Unavailable
from pos.services.resume import NextAction, Unfinished
from pos.services.sale_values import SaleRequest
from tests.crash.remote_twin import Step
from tests.factories.office import Office, code_of, make_remote_office


class PulledPlugError(Exception):
    """The power is gone."""


def request(office: Office) -> SaleRequest:
    return SaleRequest(sale_id=uuid4(), drn=office.shop.add_meter(1), money_minor=5000)


def test_resume_when_a_holder_did_not_answer_says_whom_to_ask_and_how_old_it_is(tmp_path: Path) -> None:
    office, _ = make_remote_office(tmp_path, Step.LOSE_ANSWER)
    asked = request(office)
    with pytest.raises(Unavailable):
        office.shop.checkout.sell(asked, office.cashier)
    office.shop.clock.pass_time(minutes=2)

    (item,) = office.resume().items

    assert (item.what, item.action, item.id) == (Unfinished.PAID, NextAction.ASK_HOLDER, asked.sale_id)
    assert (item.holder, item.request_state, item.age) == ("central", "left", timedelta(minutes=2))
    assert (item.money_minor, item.drn) == (5000, asked.drn)


def test_sell_when_the_till_dies_before_the_request_leaves_it_is_sent_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, holder = make_remote_office(tmp_path)
    asked = request(office)

    def pull_plug(*_: object) -> None:
        raise PulledPlugError

    with monkeypatch.context() as patch:
        patch.setattr(office.shop.checkout, "deliver", pull_plug)
        with pytest.raises(PulledPlugError):
            office.shop.checkout.sell(asked, office.cashier)
    assert [(item.what, item.request_state) for item in office.resume().items] == [
        (Unfinished.PAID, "stored")
    ]

    result = office.shop.checkout.deliver(asked.sale_id, office.cashier)

    assert (result.sale["sale_id"], len(holder.asked)) == (str(asked.sale_id), 1)
    assert Unfinished.PAID not in [item.what for item in office.resume().items]


def test_deliver_when_no_shift_is_open_waits_for_the_next_one_and_belongs_to_it(tmp_path: Path) -> None:
    office, holder = make_remote_office(tmp_path, Step.LOSE_ANSWER)
    asked = request(office)
    with pytest.raises(Unavailable):
        office.shop.checkout.sell(asked, office.cashier)
    office.close_shift()
    assert [item.action for item in office.resume().items] == [NextAction.OPEN_SHIFT]

    assert code_of(lambda: office.shop.checkout.deliver(asked.sale_id, office.cashier)) == "shift.cannot_open"
    office.shop.open_shift()
    office.shop.checkout.deliver(asked.sale_id, office.cashier)

    ((shift_place, last_shift, state),) = office.rows(
        "SELECT shift_place, (SELECT max(place) FROM shift), state FROM sale"
    )
    assert (shift_place, state) == (last_shift, "delivered")
    assert len(holder.made()) == 1 and set(holder.asked) == {str(asked.sale_id)}


def test_sell_when_the_vault_takes_over_its_own_reservation_does_not_count_twice(tmp_path: Path) -> None:
    office, _ = make_remote_office(
        tmp_path,
        Step.NO,
        holders='["central", "vault"]',
        envelope_money_minor=5000,
        envelope_units_milli=30_387,
    )

    result = office.shop.checkout.sell(request(office), office.cashier)

    assert result.sale["holder"] == "vault"
    assert office.rows("SELECT used_money_minor, used_units_milli FROM envelope") == [(5000, 30_300)]
