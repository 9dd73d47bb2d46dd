"""A key holder behind a network: two write units, and never a second token (docs/formats.md §6)."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from pos.domain.tariff import ArrearsKind, ArrearsRule
from pos.errors import KilotillError, Rejected, Unavailable, UserError
from pos.services.key_holders import HolderAnswer, HolderVerdict
from pos.services.sale_values import SaleRequest
from pos.services.verify import verify
from tests.crash.remote_twin import RemoteHolderTwin, Step
from tests.factories.shop import Shop, make_shop, plain_tariff, reopen_shop

BOOK = "central.jsonl"


def make_remote_shop(
    folder: Path, *script: Step, holders: str = '["central"]'
) -> tuple[Shop, RemoteHolderTwin, str]:
    """A shop whose tokens come from elsewhere, the twin behind it, and a meter."""
    remote: dict[str, RemoteHolderTwin] = {}
    shop = make_shop(folder, holders=holders, remote_holders=remote, commission_ppm=15_000)
    remote["central"] = RemoteHolderTwin(shop.vault, folder / BOOK, script)
    return shop, remote["central"], shop.add_meter(1)


def restart(folder: Path, shop: Shop, *script: Step) -> tuple[Shop, RemoteHolderTwin]:
    """The same till after a power cut."""
    shop.units.close()
    remote: dict[str, RemoteHolderTwin] = {}
    again = reopen_shop(folder, remote_holders=remote)
    remote["central"] = RemoteHolderTwin(again.vault, folder / BOOK, script)
    return again, remote["central"]


def request(drn: str, money_minor: int = 5000) -> SaleRequest:
    return SaleRequest(sale_id=uuid4(), drn=drn, money_minor=money_minor, is_another_wanted=True)


def state_of(shop: Shop) -> tuple[str, int, int]:
    """State of the only sale, how many tokens it has, how many reservations there are."""
    with shop.units.read() as connection:
        row = connection.exec_driver_sql(
            "SELECT state, (SELECT count(*) FROM token), (SELECT count(*) FROM reservation) FROM sale"
        ).one()
    return row[0], row[1], row[2]


def test_sell_when_the_holder_answers_takes_its_token_and_charges_no_envelope(tmp_path: Path) -> None:
    shop, twin, drn = make_remote_shop(tmp_path)

    result = shop.checkout.sell(request(drn), shop.cashier)

    assert shop.virtual_meter(drn).enter(result.credit_token["digits"]).is_accepted
    assert result.sale["holder"] == "central"
    assert state_of(shop) == ("delivered", 1, 0)
    assert len(twin.asked) == 1
    with shop.units.read() as connection:
        assert connection.exec_driver_sql("SELECT used_money_minor FROM envelope").scalar() == 0
    assert verify(shop.units).findings == ()


@pytest.mark.parametrize("lost", [Step.LOSE_ANSWER, Step.LOSE_REQUEST])
def test_sell_when_nothing_comes_back_keeps_the_sale_and_asks_again_with_the_same_request(
    tmp_path: Path, lost: Step
) -> None:
    shop, twin, drn = make_remote_shop(tmp_path, lost, lost)
    asked = request(drn)

    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            shop.checkout.sell(asked, shop.cashier)
    waiting = state_of(shop)
    result = shop.checkout.sell(asked, shop.cashier)

    assert caught.value.code == "holder.no_answer"
    assert waiting == ("paid", 0, 1)
    assert state_of(shop) == ("delivered", 1, 0)
    assert twin.asked == [str(asked.sale_id)] * 3
    assert [token["digits"] for token in twin.made().values()] == [result.credit_token["digits"]]
    assert shop.balance("supplier:reg") == 10**9 - 5000 + 75
    assert verify(shop.units).findings == ()


def test_sell_when_no_answer_has_come_no_other_holder_serves_the_sale(tmp_path: Path) -> None:
    shop, twin, drn = make_remote_shop(tmp_path, *[Step.LOSE_ANSWER] * 3, holders='["central", "vault"]')
    asked = request(drn)
    with pytest.raises(Unavailable):
        shop.checkout.sell(asked, shop.cashier)

    twin.is_up = False
    with pytest.raises(Unavailable):
        shop.checkout.sell(asked, shop.cashier)

    assert state_of(shop) == ("paid", 0, 1)


def test_sell_when_the_answer_is_a_final_no_the_next_holder_serves_the_sale(tmp_path: Path) -> None:
    shop, twin, drn = make_remote_shop(tmp_path, Step.NO, holders='["central", "vault"]')
    asked = request(drn)

    result = shop.checkout.sell(asked, shop.cashier)

    assert result.sale["holder"] == "vault"
    assert twin.made() == {}
    assert shop.virtual_meter(drn).enter(result.credit_token["digits"]).is_accepted
    assert state_of(shop) == ("delivered", 1, 0)
    assert shop.checkout.sell(asked, shop.cashier).sale == result.sale
    assert verify(shop.units).findings == ()


def test_sell_when_the_last_holder_says_no_makes_the_money_due_back(tmp_path: Path) -> None:
    shop, _, drn = make_remote_shop(tmp_path, Step.NO)
    asked = request(drn)

    with pytest.raises(Rejected) as caught:
        shop.checkout.sell(asked, shop.cashier)
    with pytest.raises(UserError) as again:
        shop.checkout.sell(asked, shop.cashier)

    assert (caught.value.code, again.value.code) == ("holder.refused", "sale.not_delivered")
    assert state_of(shop) == ("refund_due", 0, 0)
    assert shop.balance("refund_due") == -5000
    assert shop.balance("customer_deposit") == 0
    assert verify(shop.units).findings == ()


@pytest.mark.parametrize("lost", [Step.LOSE_ANSWER, Step.LOSE_REQUEST])
def test_sell_when_the_power_went_between_the_units_delivers_the_one_token_after_the_restart(
    tmp_path: Path, lost: Step
) -> None:
    shop, _, drn = make_remote_shop(tmp_path, lost)
    asked = request(drn)
    with pytest.raises(Unavailable):
        shop.checkout.sell(asked, shop.cashier)

    shop, twin = restart(tmp_path, shop)
    assert verify(shop.units).findings == ()
    result = shop.checkout.deliver(asked.sale_id, shop.cashier)

    assert [token["digits"] for token in twin.made().values()] == [result.credit_token["digits"]]
    assert shop.checkout.sell(asked, shop.cashier).is_repeat
    assert state_of(shop) == ("delivered", 1, 0)


def test_sell_when_a_quote_waits_for_its_token_the_next_is_priced_after_it(tmp_path: Path) -> None:
    shop, _, drn = make_remote_shop(tmp_path, Step.LOSE_REQUEST)
    shop.set_rules(duplicate_limit_minor=10**9)
    first, second = request(drn, 1780), request(drn, 3100)
    with pytest.raises(Unavailable):
        shop.checkout.sell(first, shop.cashier)

    later = shop.checkout.sell(second, shop.cashier)
    earlier = shop.checkout.sell(first, shop.cashier)

    assert (earlier.item["units_milli"], later.item["units_milli"]) == (20_000, 10_000)
    assert later.item["basis"]["bought_before_milli"] == 20_000
    assert verify(shop.units).findings == ()


def test_deliver_when_the_sale_is_unknown_or_ended_says_so(tmp_path: Path) -> None:
    shop, _, drn = make_remote_shop(tmp_path, Step.NO)
    asked = request(drn)
    with pytest.raises(Rejected):
        shop.checkout.sell(asked, shop.cashier)

    for sale_id in (asked.sale_id, uuid4()):
        with pytest.raises(KilotillError) as caught:
            shop.checkout.deliver(sale_id, shop.cashier)
        assert caught.value.code == "sale.not_paid"


class LyingHolder:
    """Answers at once with whatever tokens it was given, and does something first."""

    def __init__(self, *tokens: dict[str, object], first: Callable[[], object] = lambda: None) -> None:
        self._tokens = tokens
        self._first = first

    def is_reachable(self) -> bool:
        return True

    def vend(self, request: str) -> HolderAnswer:
        self._first()
        if not self._tokens:
            return HolderAnswer(HolderVerdict.FINAL_NO, reason="no key")
        return HolderAnswer(HolderVerdict.TOKENS, tokens=self._tokens)


TOKEN = {"n": 1, "token_class": 0, "subclass": 0, "tid": 7_000_000, "digits": "1" * 20, "tenths": 303}


@pytest.mark.parametrize("change", [{"tenths": 99_999}, {"tid": None}, {"digits": "12"}, {"token_class": 2}])
def test_answer_when_it_does_not_fit_the_sale_is_not_booked(
    tmp_path: Path, change: dict[str, object]
) -> None:
    shop = make_shop(tmp_path, holders='["central"]', remote_holders={"central": LyingHolder(TOKEN | change)})
    drn = shop.add_meter(1)

    with pytest.raises(Unavailable) as kept:
        shop.checkout.sell(request(drn), shop.cashier)

    assert kept.value.code == "holder.wrong_answer"
    assert state_of(shop) == ("paid", 0, 1)


def test_final_no_when_two_callers_get_it_makes_the_money_due_once(tmp_path: Path) -> None:
    remote: dict[str, LyingHolder] = {}
    shop = make_shop(tmp_path, holders='["central"]', remote_holders=remote)
    asked = request(shop.add_meter(1))
    again: list[str] = []

    def second_caller() -> None:
        if not again:
            again.append("asked")
            with pytest.raises(Rejected):
                shop.checkout.deliver(asked.sale_id, shop.cashier)

    remote["central"] = LyingHolder(first=second_caller)

    with pytest.raises(KilotillError):
        shop.checkout.sell(asked, shop.cashier)

    assert again == ["asked"]
    assert shop.balance("refund_due") == -5000
    assert shop.balance("customer_deposit") == 0
    assert verify(shop.units).findings == ()


def test_sale_when_another_to_the_meter_is_paid_and_waits_is_shown_first(tmp_path: Path) -> None:
    shop, _, drn = make_remote_shop(tmp_path, Step.LOSE_REQUEST)
    with pytest.raises(Unavailable):
        shop.checkout.sell(request(drn), shop.cashier)

    with pytest.raises(UserError) as refused:
        shop.checkout.sell(replace(request(drn), is_another_wanted=False), shop.cashier)

    assert refused.value.code == "sale.duplicate"


def test_quote_when_one_of_last_month_is_open_still_counts_its_debt_and_carry(tmp_path: Path) -> None:
    shop, _, drn = make_remote_shop(tmp_path, Step.LOSE_REQUEST)
    with shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE meter SET arrears_minor = 4000")
    with pytest.raises(Unavailable):
        shop.checkout.sell(request(drn), shop.cashier)
    with shop.units.write() as unit:
        unit.connection.exec_driver_sql(
            "UPDATE reservation SET month = '2026-10', arrears_minor = 4000, carry_change_milli = 77"
        )

    quote = shop.checkout.trial_vend(request(drn), shop.cashier)

    assert quote.figures.basis.arrears_before_minor == 0
    assert quote.figures.carry_milli == 77
    assert quote.figures.basis.bought_before_milli == 0


@pytest.mark.parametrize("holders", ['["vault"]', '["provider", "vault"]'])
def test_deliver_when_head_office_took_the_holder_away_meanwhile_the_next_serves_after_its_no(
    tmp_path: Path, holders: str
) -> None:
    shop, _, drn = make_remote_shop(tmp_path, Step.LOSE_REQUEST, Step.NO)
    asked = request(drn)
    with pytest.raises(Unavailable):
        shop.checkout.sell(asked, shop.cashier)
    with shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE supply_group SET holders = ?", (holders,))

    result = shop.checkout.deliver(asked.sale_id, shop.cashier)

    assert result.sale["holder"] == "vault"
    assert verify(shop.units).findings == ()


@pytest.mark.parametrize("renames", [(), (uuid4(),)])
def test_deliver_when_a_pull_lowered_the_debt_meanwhile_it_ends_at_nothing(
    tmp_path: Path, renames: tuple[UUID, ...]
) -> None:
    remote: dict[str, RemoteHolderTwin] = {}
    owing = replace(plain_tariff(), arrears=ArrearsRule(ArrearsKind.ALL))
    shop = make_shop(tmp_path, holders='["central"]', remote_holders=remote, tariffs=(owing,))
    remote["central"] = RemoteHolderTwin(shop.vault, tmp_path / BOOK, [Step.LOSE_REQUEST])
    asked = request(shop.add_meter(1, arrears_minor=900))
    with pytest.raises(Unavailable):
        shop.checkout.sell(asked, shop.cashier)
    with shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE meter SET arrears_minor = 300")
        for new_id in renames:
            unit.connection.exec_driver_sql("INSERT INTO meter_alias SELECT id, key FROM meter")
            unit.connection.exec_driver_sql("UPDATE meter SET id = ?", (new_id.bytes,))

    shop.checkout.deliver(asked.sale_id, shop.cashier)

    with shop.units.read() as connection:
        assert connection.exec_driver_sql("SELECT arrears_minor FROM meter").scalar() == 0
        taken = "SELECT sum(amount_minor) FROM sale_line WHERE kind = 'arrears'"
        assert connection.exec_driver_sql(taken).scalar() == 900
