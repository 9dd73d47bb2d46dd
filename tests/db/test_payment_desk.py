"""Payments by phone: asked once, waited for, delivered once, whatever the network does (docs/payments.md)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from pos.domain.payment_reports import Outcome
from pos.domain.permissions import Actor, Permission, Role
from pos.domain.recovery_values import PaymentCase
from pos.domain.states import PaymentState, SaleState
from pos.errors import KilotillError
from pos.gateways.base import Answer, ByPhone, PaymentGateway, RefundRequest, StepInput, StepKind
from pos.models.packing import unpack_line
from pos.models.queries.shifts import list_unresolved
from pos.printing.layout import plain_text
from pos.services.approval import Approval
from pos.services.payment_parts import Part
from pos.services.shift_papers import ShiftPapers
from pos.services.verify import verify
from pos.tokens.demo import demo_keys
from tests.factories.payments import (
    PHONE,
    Counter,
    airtel,
    asked,
    cash,
    make_counter,
    momo,
    reopen_counter,
)
from tests.factories.shop import ZONE
from tests.fakes.provider import OTP, Sends


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return make_counter(tmp_path, commission_ppm=15_000)


@pytest.fixture
def drn(counter: Counter) -> str:
    return counter.shop.add_meter(1)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


def steps(counter: Counter, kind: str = "payment_changed") -> list[dict[str, Any]]:
    with counter.shop.units.read() as connection:
        rows = connection.exec_driver_sql("SELECT line FROM journal WHERE kind = ? ORDER BY seq", (kind,))
        return [json.loads(unpack_line(row[0]))["body"] for row in rows]


def approval(counter: Counter, permission: Permission, subject: object) -> Approval:
    shop = counter.shop
    return Approval(permission, str(subject), approver=shop.supervisor.id, clock=shop.clock)


def rows(counter: Counter, table: str) -> int:
    with counter.shop.units.read() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def test_begin_when_the_payer_approves_delivers_with_the_last_step(counter: Counter, drn: str) -> None:
    view = counter.begin(drn)

    assert (view.state, view.is_waiting, view.rest_minor) == (SaleState.AWAITING_PAYMENT, True, 0)
    assert rows(counter, "reservation") == 1
    counter.run()

    done = counter.desk.look(view.sale_id)
    assert done.state is SaleState.DELIVERED
    assert done.result is not None and done.result.credit_token is not None
    assert counter.shop.virtual_meter(drn).enter(done.result.credit_token["digits"]).is_accepted
    assert done.result.sale["payments"] == [
        {
            "payment_id": str(view.parts[0].id),
            "tender": "momo",
            "amount_minor": 5000,
            "change_minor": 0,
        }
    ]
    assert [(one["from"], one["to"], one["source"]) for one in steps(counter)] == [
        ("created", "sent", "reply"),
        ("sent", "succeeded", "poll"),
    ]
    assert counter.shop.balance("provider:momo") == 5000
    assert counter.shop.balance("customer_deposit") == 0
    assert rows(counter, "reservation") == rows(counter, "pending_sale") == 0
    assert counter.desk.next_due_at() is None
    counter.check_books()


def test_begin_when_written_names_the_phone_by_its_mac_only(counter: Counter, drn: str) -> None:
    counter.begin(drn)

    line = steps(counter)[0]
    assert line["phone_last3"] == "456"
    assert len(line["phone_mac"]) == 32
    assert PHONE not in json.dumps(line)
    assert (line["provider"], line["tender"], line["fee_minor"]) == ("mtn_momo", "momo", 0)
    assert line["reference"] == counter.momo.sent[0]


def test_begin_when_repeated_asks_nobody_again(counter: Counter, drn: str) -> None:
    request = asked(drn)
    first = counter.desk.begin(request, (momo(),), counter.shop.cashier)
    again = counter.desk.begin(request, (momo(),), counter.shop.cashier)

    assert len(counter.momo.sent) == 1
    assert [part.id for part in again.parts] == [part.id for part in first.parts]
    other = asked(drn, money_minor=6000, sale_id=request.sale_id)
    assert code_of(lambda: counter.desk.begin(other, (momo(),), counter.shop.cashier)) == "sale.id_conflict"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((), "payment.parts"),
        ((momo(), airtel()), "payment.parts"),
        ((momo(1000), airtel(1000)), "payment.parts"),
        ((momo(6000), cash()), "payment.parts"),
        ((cash(),), "payment.parts"),
        ((momo(-1), cash()), "payment.parts"),
        ((cash(2000, 1500), momo()), "sale.tendered"),
        ((Part("paystack"),), "provider.not_set_up"),
        ((Part("momo", pay_by=ByPhone("+256772123456")),), "provider.country"),
    ],
)
def test_begin_when_the_parts_cannot_be_refuses_and_writes_nothing(
    counter: Counter, drn: str, parts: tuple[Part, ...], code: str
) -> None:
    assert code_of(lambda: counter.desk.begin(asked(drn), parts, counter.shop.cashier)) == code
    assert rows(counter, "reservation") == rows(counter, "pending_sale") == rows(counter, "sale") == 0
    assert counter.momo.sent == []


def test_begin_when_the_amount_is_more_than_the_provider_takes_refuses(counter: Counter, drn: str) -> None:
    assert code_of(lambda: counter.begin(drn, money_minor=1_000_001)) == "provider.amount"


def test_begin_when_the_vault_is_locked_asks_no_payer(counter: Counter, drn: str) -> None:
    counter.shop.vault.lock()
    assert code_of(lambda: counter.begin(drn)) == "vault.locked"
    assert counter.momo.sent == []


def test_begin_when_no_token_can_be_made_from_the_record_asks_no_payer(counter: Counter) -> None:
    drn = counter.shop.add_meter(7, ti="1")

    assert code_of(lambda: counter.begin(drn)) == "token.data"
    assert counter.momo.sent == []


def test_begin_when_the_envelope_is_too_small_asks_no_payer(tmp_path: Path) -> None:
    counter = make_counter(tmp_path, envelope_money_minor=6000)
    counter.shop.set_rules(duplicate_limit_minor=10**9)
    drn = counter.shop.add_meter(1)
    counter.momo.is_instant = False
    counter.begin(drn)

    # The first sale's quote is reserved: what is left does not cover a second one.
    assert code_of(lambda: counter.begin(drn)) == "envelope.money"
    counter.momo.finish()
    counter.run()
    counter.check_books()


def test_begin_when_the_meter_waits_for_a_payment_shows_that_sale_first(counter: Counter, drn: str) -> None:
    counter.momo.is_instant = False
    counter.begin(drn)
    request = asked(drn, is_another_wanted=False)
    assert code_of(lambda: counter.desk.begin(request, (momo(),), counter.shop.cashier)) == "sale.duplicate"


def test_interleaved_quotes_when_delivered_in_any_order_price_like_one_after_another(
    counter: Counter, drn: str
) -> None:
    counter.shop.set_rules(duplicate_limit_minor=10**9)
    counter.momo.is_instant = False
    first = counter.begin(drn, money_minor=1780)
    second = counter.begin(drn, money_minor=9300)
    counter.momo.finish(references=[counter.momo.sent[1]])
    counter.run()
    counter.momo.finish()
    counter.run(times=3)

    results = [counter.desk.look(view.sale_id).result for view in (first, second)]
    assert [one and one.item["units_milli"] for one in results] == [20_000, 30_000]
    counter.check_books()


@pytest.mark.parametrize("lost", [Sends.LOSE_ANSWER, Sends.LOSE_REQUEST])
def test_begin_when_nothing_comes_back_asks_about_the_same_reference(
    counter: Counter, drn: str, lost: Sends
) -> None:
    counter.momo.plan(lost)
    view = counter.begin(drn)
    assert view.parts[0].state is PaymentState.UNKNOWN

    counter.run(seconds=20, times=12)

    assert counter.desk.look(view.sale_id).state is SaleState.DELIVERED
    assert len(set(counter.momo.sent)) == 1
    assert counter.momo.taken_minor() == 5000
    counter.check_books()


def test_begin_when_no_byte_left_fails_the_sale_and_frees_what_it_held(counter: Counter, drn: str) -> None:
    counter.momo.plan(Sends.NO_LINE)
    view = counter.begin(drn)

    assert view.state is SaleState.FAILED
    assert view.parts[0].state is PaymentState.FAILED
    assert view.money_minor == 5000
    assert rows(counter, "reservation") == rows(counter, "pending_sale") == 0
    counter.check_books()


def test_begin_when_the_payer_refuses_fails_the_sale(counter: Counter, drn: str) -> None:
    counter.momo.fate = Outcome.FAILED
    view = counter.begin(drn)
    counter.run()

    done = counter.desk.look(view.sale_id)
    assert (done.state, done.parts[0].reason) == (SaleState.FAILED, "not_enough_money")
    assert counter.shop.balance("provider:momo") == 0
    counter.check_books()


def test_begin_when_parked_and_it_never_arrived_is_not_sent_again(counter: Counter, drn: str) -> None:
    counter.momo.plan(Sends.LOSE_REQUEST)
    view = counter.begin(drn)
    counter.desk.stop_waiting(view.sale_id, counter.shop.cashier)
    counter.run(seconds=20, times=12)

    assert counter.desk.look(view.sale_id).state is SaleState.FAILED
    assert len(counter.momo.sent) == 1
    assert [one.what for one in counter.desk.announcements()] == ["failed"]
    counter.check_books()


def test_split_when_all_parts_are_certain_delivers_and_says_the_change(counter: Counter, drn: str) -> None:
    drawer = f"drawer:{till_id(counter)}"
    before_minor = counter.shop.balance(drawer)
    view = counter.begin(drn, cash(2000, 5000), momo(2500), airtel())
    assert [(part.tender, part.amount_minor) for part in view.parts] == [
        ("cash", 2000),
        ("momo", 2500),
        ("airtel", 500),
    ]
    assert view.parts[0].change_minor == 3000
    assert counter.shop.balance(drawer) - before_minor == 2000
    counter.run()

    done = counter.desk.look(view.sale_id)
    assert done.state is SaleState.DELIVERED
    assert done.result is not None
    assert [(one["tender"], one["change_minor"]) for one in done.result.sale["payments"]] == [
        ("cash", 3000),
        ("momo", 0),
        ("airtel", 0),
    ]
    assert counter.shop.balance(drawer) - before_minor == 2000
    counter.check_books()


def test_split_when_one_part_is_refused_asks_for_the_rest_only(counter: Counter, drn: str) -> None:
    counter.airtel.fate = Outcome.FAILED
    view = counter.begin(drn, cash(1000), momo(2500), airtel())
    counter.run()

    left = counter.desk.look(view.sale_id)
    assert (left.state, left.paid_minor, left.rest_minor) == (SaleState.AWAITING_PAYMENT, 3500, 1500)
    assert left.is_refused
    counter.check_books()
    with counter.shop.units.read() as connection:
        lines = list_unresolved(connection)
    assert [(one.tender, one.payment, one.is_asked, one.is_ready) for one in lines] == [
        ("cash", "succeeded", False, False),
        ("momo", "succeeded", False, False),
    ]
    done = counter.desk.pay_rest(view.sale_id, (cash(),), counter.shop.cashier)

    assert done.state is SaleState.DELIVERED
    assert done.result is not None
    assert [one["amount_minor"] for one in done.result.sale["payments"]] == [1000, 2500, 1500]
    assert len(counter.momo.sent) == 1
    counter.check_books()


def test_split_when_a_part_is_under_way_cannot_be_asked_for_or_given_up(counter: Counter, drn: str) -> None:
    counter.momo.is_instant = False
    view = counter.begin(drn, cash(1000), momo())
    desk, shop = counter.desk, counter.shop

    assert code_of(lambda: desk.pay_rest(view.sale_id, (cash(),), shop.cashier)) == "payment.under_way"
    assert code_of(lambda: desk.give_up(view.sale_id, shop.supervisor, reason="left")) == "payment.under_way"
    other = asked(drn).sale_id
    assert code_of(lambda: desk.pay_rest(other, (cash(),), shop.cashier)) == "payment.not_waiting"
    assert code_of(lambda: desk.give_up(other, shop.supervisor, reason="left")) == "payment.not_waiting"


def test_split_when_given_up_gives_every_part_back_as_it_came(counter: Counter, drn: str) -> None:
    drawer = f"drawer:{till_id(counter)}"
    before_minor = counter.shop.balance(drawer)
    counter.airtel.fate = Outcome.FAILED
    view = counter.begin(drn, cash(1000), momo(2500), airtel())
    counter.run()
    assert code_of(lambda: counter.desk.give_up(view.sale_id, counter.shop.cashier, reason="left")) == (
        "permission.approval_needed"
    )
    allowed = approval(counter, Permission.REFUND_MAKE, view.sale_id)
    due = counter.desk.give_up(view.sale_id, counter.shop.cashier, reason="left", approval=allowed)
    assert (due.state, rows(counter, "reservation")) == (SaleState.REFUND_DUE, 0)
    counter.check_books()

    counter.refunds.make(view.sale_id, counter.shop.supervisor, reason="left")
    assert counter.desk.look(view.sale_id).state is SaleState.REFUND_DUE
    assert counter.shop.balance(drawer) == before_minor
    counter.run()

    done = counter.desk.look(view.sale_id)
    assert done.state is SaleState.REFUNDED
    assert [part.state for part in done.parts] == [
        PaymentState.REFUNDED,
        PaymentState.REFUNDED,
        PaymentState.FAILED,
    ]
    assert counter.shop.balance("provider:momo") == counter.shop.balance("refund_due") == 0
    assert [one["document_number"] for one in steps(counter, "sale_closed") if "document_number" in one] == [
        "T03-000001",
        "T03-000002",
    ]
    assert rows(counter, "pending_sale") == 0
    counter.check_books()


def till_id(counter: Counter) -> str:
    with counter.shop.units.read() as connection:
        found = connection.exec_driver_sql("SELECT name FROM account WHERE name LIKE 'drawer:%'").scalar_one()
    return str(found).removeprefix("drawer:")


def test_refund_when_the_provider_refuses_may_go_out_in_cash(counter: Counter, drn: str) -> None:
    counter.airtel.fate = Outcome.FAILED
    view = counter.begin(drn, momo(2500), airtel())
    counter.run()
    counter.desk.give_up(view.sale_id, counter.shop.supervisor, reason="left")
    counter.momo.refund_fate = Outcome.FAILED
    counter.refunds.make(view.sale_id, counter.shop.supervisor, reason="left")
    assert (
        code_of(lambda: counter.cash_refunds.make(view.sale_id, counter.shop.supervisor, reason="left"))
        == "refund.under_way"
    )
    assert (
        code_of(lambda: counter.refunds.make(view.sale_id, counter.shop.supervisor, reason="left"))
        == "refund.not_due"
    )
    counter.run()

    back = counter.desk.look(view.sale_id)
    assert (back.state, back.parts[0].state) == (SaleState.REFUND_DUE, PaymentState.SUCCEEDED)
    assert "refund_failed" in back.parts[0].attention
    assert rows(counter, "case_record") == 1
    refund = counter.cash_refunds.make(view.sale_id, counter.shop.supervisor, reason="left")

    assert refund.amount_minor == 2500
    assert counter.desk.look(view.sale_id).state is SaleState.REFUNDED
    assert counter.desk.waiting(counter.shop.cashier) == []
    # The provider has the money still: it belongs to the shop now.
    assert counter.shop.balance("provider:momo") == 2500
    counter.check_books()


def test_rest_when_a_colleague_has_the_shift_open_is_refused(counter: Counter, drn: str) -> None:
    counter.airtel.fate = Outcome.FAILED
    view = counter.begin(drn, momo(2500), airtel())
    counter.run()
    colleague = replace(counter.shop.cashier, key=999)

    assert code_of(lambda: counter.desk.pay_rest(view.sale_id, [cash()], colleague)) == "shift.not_yours"


def test_refund_when_its_provider_is_not_set_up_any_more_needs_a_person(counter: Counter, drn: str) -> None:
    counter.momo.refund_fate = Outcome.SENT
    sale_id, payment_id = begin_refund(counter, drn)
    del counter.gateways["mtn_momo"]
    counter.run(seconds=700)

    view = counter.desk.look(sale_id)
    assert view.parts[0].attention == {PaymentCase.UNRESOLVED}
    assert view.parts[0].ask_at is not None
    supervisor = counter.shop.supervisor
    done = counter.desk.resolve_refund(payment_id, supervisor, outcome=Outcome.SUCCEEDED, reason="slip")
    assert done.state is SaleState.REFUNDED
    counter.check_books()


def begin_refund(counter: Counter, drn: str) -> tuple[UUID, UUID]:
    """A split whose second part was refused; its first goes back by its provider."""
    counter.airtel.fate = Outcome.FAILED
    view = counter.begin(drn, momo(2500), airtel())
    counter.run()
    counter.desk.give_up(view.sale_id, counter.shop.supervisor, reason="left")
    counter.refunds.make(view.sale_id, counter.shop.supervisor, reason="left")
    return view.sale_id, view.parts[0].id


@pytest.mark.parametrize("is_whole", [True, False])
def test_refund_when_the_provider_gave_other_money_back_a_person_closes_it(
    counter: Counter, drn: str, *, is_whole: bool
) -> None:
    counter.momo.refund_said_minor = 2499
    sale_id, payment_id = begin_refund(counter, drn)
    counter.run(seconds=400, times=15)

    held = counter.desk.look(sale_id)
    assert (held.state, held.parts[0].state) == (SaleState.REFUND_DUE, PaymentState.REFUND_PENDING)
    assert held.parts[0].attention == {PaymentCase.REFUND_DIFFERS}
    assert held.parts[0].ask_at is None
    assert rows(counter, "case_record") == 1
    assert [one.sale_id for one in counter.desk.waiting(counter.shop.cashier)] == [sale_id]
    counter.check_books()
    cashier, supervisor = counter.shop.cashier, counter.shop.supervisor
    outcome = Outcome.SUCCEEDED if is_whole else Outcome.FAILED
    said: dict[str, Any] = {"outcome": outcome, "reason": "statement line 3"}
    assert code_of(lambda: counter.desk.resolve(payment_id, supervisor, **said)) == "refund.under_way"
    assert code_of(lambda: counter.desk.resolve_refund(payment_id, cashier, **said)) == (
        "permission.approval_needed"
    )
    by = approval(counter, Permission.PAYMENT_RESOLVE, payment_id)
    done = counter.desk.resolve_refund(payment_id, cashier, approval=by, **said)

    assert done.parts[0].attention == frozenset()
    assert code_of(lambda: counter.desk.resolve_refund(payment_id, supervisor, **said)) == (
        "refund.not_under_way"
    )
    assert done.state is (SaleState.REFUNDED if is_whole else SaleState.REFUND_DUE)
    assert counter.shop.balance("provider:momo") == (0 if is_whole else 2500)
    assert steps(counter)[-1]["source"] == "person"
    if not is_whole:
        counter.cash_refunds.make(sale_id, supervisor, reason="left")
        assert counter.desk.look(sale_id).state is SaleState.REFUNDED
    counter.check_books()


def test_refund_when_an_answer_is_about_the_one_before_it_changes_nothing(
    counter: Counter, drn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.momo.refund_fate = Outcome.FAILED
    sale_id, payment_id = begin_refund(counter, drn)
    ask = counter.momo.ask_refund
    supervisor = counter.shop.supervisor

    def late(request: RefundRequest) -> Answer:
        """While this answer is on its way another worker hears the same, and a person begins anew."""
        monkeypatch.setattr(counter.momo, "ask_refund", ask)
        answer = ask(request)
        counter.refunds.ask(payment_id)
        counter.momo.book[request.payment_reference].refund = None
        counter.momo.refund_fate = Outcome.SENT
        counter.refunds.make(sale_id, supervisor, reason="again")
        return answer

    monkeypatch.setattr(counter.momo, "ask_refund", late)
    counter.refunds.ask(payment_id)

    view = counter.desk.look(sale_id)
    assert view.parts[0].state is PaymentState.REFUND_PENDING
    assert view.parts[0].attention == frozenset()
    assert len({one.reference for one in counter.momo.refunds}) == 2


def test_refund_when_a_late_answer_about_the_payment_comes_is_asked_about_still(
    counter: Counter, drn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.airtel.fate = Outcome.FAILED
    view = counter.begin(drn, momo(2500), airtel())
    counter.run()
    supervisor, ask = counter.shop.supervisor, counter.momo.ask_payment
    counter.desk.give_up(view.sale_id, supervisor, reason="left")

    def late(reference: str) -> Answer:
        """While this answer is on its way a person gives the money back."""
        counter.momo.plan(Sends.LOSE_ANSWER)
        counter.refunds.make(view.sale_id, supervisor, reason="left")
        return ask(reference)

    monkeypatch.setattr(counter.momo, "ask_payment", late)
    asked_again = counter.desk.requery(view.parts[0].id, supervisor)

    assert asked_again.parts[0].state is PaymentState.REFUND_PENDING
    assert asked_again.parts[0].ask_at is not None
    counter.run()
    assert counter.desk.look(view.sale_id).state is SaleState.REFUNDED


def test_refund_when_made_at_the_second_try_leaves_no_mark(counter: Counter, drn: str) -> None:
    counter.momo.refund_fate = Outcome.FAILED
    sale_id, _ = begin_refund(counter, drn)
    counter.run()
    assert counter.desk.look(sale_id).parts[0].attention == {PaymentCase.REFUND_FAILED}
    counter.momo.book[counter.momo.refunds[0].payment_reference].refund = None
    counter.momo.refund_fate = Outcome.SUCCEEDED
    counter.refunds.make(sale_id, counter.shop.supervisor, reason="again")
    counter.run()

    done = counter.desk.look(sale_id)
    assert (done.state, done.parts[0].attention) == (SaleState.REFUNDED, frozenset())
    assert counter.desk.waiting(counter.shop.supervisor) == []


def test_refund_of_a_parked_sale_when_given_in_cash_is_announced_no_more(counter: Counter, drn: str) -> None:
    counter.airtel.fate = Outcome.FAILED
    view = counter.begin(drn, momo(2500), airtel())
    counter.desk.stop_waiting(view.sale_id, counter.shop.cashier)
    counter.run()
    counter.desk.give_up(view.sale_id, counter.shop.supervisor, reason="left")
    assert [one.what for one in counter.desk.announcements()] == ["refund_due"]

    counter.cash_refunds.make(view.sale_id, counter.shop.supervisor, reason="left")

    assert counter.desk.announcements() == []


@pytest.mark.parametrize("lost", [Sends.LOSE_ANSWER, Sends.LOSE_REQUEST])
def test_refund_when_nothing_comes_back_is_never_paid_twice(counter: Counter, drn: str, lost: Sends) -> None:
    counter.airtel.fate = Outcome.FAILED
    view = counter.begin(drn, momo(2500), airtel())
    counter.run()
    counter.desk.give_up(view.sale_id, counter.shop.supervisor, reason="left")
    counter.momo.plan(lost)
    counter.refunds.make(view.sale_id, counter.shop.supervisor, reason="left")
    counter.run(seconds=20, times=12)

    assert counter.desk.look(view.sale_id).state is SaleState.REFUNDED
    assert len({one.reference for one in counter.momo.refunds}) == 1
    assert counter.momo.taken_minor() == 0
    counter.check_books()


def test_parked_sale_when_it_succeeds_after_a_restart_is_delivered_and_announced(tmp_path: Path) -> None:
    counter = make_counter(tmp_path)
    drn = counter.shop.add_meter(1)
    counter.momo.is_instant = False
    view = counter.begin(drn)
    counter.desk.stop_waiting(view.sale_id, counter.shop.cashier)
    counter = reopen_counter(counter, tmp_path)
    waiting = counter.desk.waiting(counter.shop.cashier)
    assert [(one.sale_id, one.owner, one.drn) for one in waiting] == [(view.sale_id, "Aline", drn)]
    counter.momo.finish()
    counter.shop.clock.pass_time(minutes=7)

    (news,) = counter.desk.run_due()

    assert (news.sale_id, news.what) == (view.sale_id, "delivered")
    assert counter.texts.sales == [view.sale_id]
    assert counter.desk.waiting(counter.shop.cashier) == []
    counter.desk.seen(news.key)
    assert counter.desk.announcements() == []
    counter.check_books()


def test_payment_when_final_while_no_shift_is_open_waits_for_the_next(counter: Counter, drn: str) -> None:
    counter.momo.is_instant = False
    view = counter.begin(drn)
    counter.close_shift()
    (line,) = steps(counter, "shift_closed")
    assert [(one["sale_id"], one["tender"], one["state"]) for one in line["unresolved"]] == [
        (str(view.sale_id), "momo", "awaiting_payment")
    ]
    counter.momo.finish()
    counter.run(times=3)

    paid = counter.desk.look(view.sale_id)
    assert (paid.state, paid.parts[0].state) == (SaleState.AWAITING_PAYMENT, PaymentState.SUCCEEDED)
    counter.check_books()
    counter.open_shift()

    assert counter.desk.look(view.sale_id).state is SaleState.DELIVERED
    with counter.shop.units.read() as connection:
        (total,) = connection.exec_driver_sql(
            "SELECT total_tender.amount_minor FROM total_tender JOIN shift ON shift.place = shift_place "
            "WHERE tender = 'momo' AND closed_place IS NULL"
        ).one()
    assert total == 5000
    counter.check_books()


def test_payment_when_the_vault_is_locked_meanwhile_is_delivered_later(counter: Counter, drn: str) -> None:
    counter.momo.is_instant = False
    view = counter.begin(drn)
    counter.momo.finish()
    counter.shop.vault.lock()
    counter.run()

    paid = counter.desk.look(view.sale_id)
    assert (paid.state, paid.trouble) == (SaleState.PAID, "vault.locked")
    counter.check_books()
    counter.shop.vault.unlock(demo_keys(), save=lambda _: None)
    counter.run(seconds=40)

    assert counter.desk.look(view.sale_id).state is SaleState.DELIVERED
    counter.check_books()


def test_payment_when_it_cannot_be_delivered_is_due_back(counter: Counter, drn: str) -> None:
    counter.momo.is_instant = False
    view = counter.begin(drn)
    counter.momo.finish()
    counter.shop.vault.lock()
    counter.run()
    counter.desk.give_up(view.sale_id, counter.shop.supervisor, reason="the keys are lost")
    counter.run(seconds=40)
    assert counter.desk.look(view.sale_id).state is SaleState.REFUND_DUE

    counter.refunds.make(view.sale_id, counter.shop.supervisor, reason="the keys are lost")
    counter.run()

    assert counter.desk.look(view.sale_id).state is SaleState.REFUNDED
    assert counter.momo.taken_minor() == 0
    counter.check_books()


@pytest.mark.parametrize(
    ("minor", "currency", "case"), [(4999, None, "amount_differs"), (None, "UGX", "currency_differs")]
)
def test_payment_when_the_provider_names_other_money_gives_nothing_until_a_person_resolves(
    counter: Counter, drn: str, minor: int | None, currency: str | None, case: str
) -> None:
    view = counter.begin(drn)
    entry = counter.momo.book[counter.momo.sent[0]]
    entry.said_minor, entry.said_currency = minor, currency
    counter.run(times=5)

    held = counter.desk.look(view.sale_id)
    assert (held.state, held.parts[0].state) == (SaleState.AWAITING_PAYMENT, PaymentState.UNKNOWN)
    assert held.parts[0].attention == {case}
    assert rows(counter, "case_record") == 1
    assert [one.sale_id for one in counter.desk.waiting(counter.shop.cashier)] == [view.sale_id]
    with counter.shop.units.read() as connection:
        (line,) = list_unresolved(connection)
    assert (line.payment, line.attention, line.owner) == ("unknown", (case,), "Aline")
    papers = ShiftPapers(ZONE, "Shop", rules=lambda: counter.shop.rules)
    printed = plain_text(papers.document(counter.shifts.x_report(counter.shop.supervisor)))
    assert f"The provider names another {case.split('_')[0]}." in printed
    done = counter.desk.resolve(
        held.parts[0].id, counter.shop.supervisor, outcome=Outcome.SUCCEEDED, reason="slip 17 of the provider"
    )

    assert done.state is SaleState.DELIVERED
    assert (steps(counter)[-1]["source"], steps(counter)[-1]["reason"]) == (
        "person",
        "slip 17 of the provider",
    )
    counter.check_books()


def test_resolve_when_a_cashier_does_it_needs_reason_and_approval(counter: Counter, drn: str) -> None:
    counter.momo.is_instant = False
    view = counter.begin(drn)
    desk, shop, payment = counter.desk, counter.shop, view.parts[0].id

    def resolve(reason: str, allowed: Approval | None = None) -> object:
        return desk.resolve(payment, shop.cashier, outcome=Outcome.FAILED, reason=reason, approval=allowed)

    assert code_of(lambda: resolve(" ")) == "payment.reason_missing"
    assert code_of(lambda: resolve("statement")) == "permission.approval_needed"
    resolve("statement", approval(counter, Permission.PAYMENT_RESOLVE, payment))

    assert desk.look(view.sale_id).state is SaleState.FAILED
    assert steps(counter, "privileged_act")[-1]["act"] == "payment.resolve"
    assert code_of(lambda: desk.requery(view.sale_id, shop.cashier)) == "payment.unknown"
    counter.check_books()


def test_payment_when_reversed_after_delivery_opens_a_case(counter: Counter, drn: str) -> None:
    view = counter.begin(drn)
    counter.run()
    counter.momo.finish(Outcome.REVERSED)
    assert counter.desk.hint("mtn_momo", counter.momo.sent[0])
    counter.run()

    done = counter.desk.look(view.sale_id)
    assert (done.state, done.parts[0].state) == (SaleState.DELIVERED, PaymentState.REVERSED)
    assert rows(counter, "case_record") == 1
    assert counter.shop.balance("loss:reversed") == 5000
    assert counter.shop.balance("provider:momo") == 0
    counter.check_books()


def test_payment_when_reversed_before_delivery_gives_no_token(counter: Counter, drn: str) -> None:
    counter.momo.is_instant = False
    view = counter.begin(drn)
    counter.close_shift()
    counter.momo.finish()
    counter.run()
    counter.momo.finish(Outcome.REVERSED)
    counter.desk.hint("mtn_momo", counter.momo.sent[0])
    counter.run()
    counter.open_shift()

    done = counter.desk.look(view.sale_id)
    assert (done.state, done.result) == (SaleState.REFUNDED, None)
    assert counter.shop.balance("provider:momo") == counter.shop.balance("refund_due") == 0
    counter.check_books()


def test_payment_when_paid_after_it_had_failed_is_shown_and_gives_nothing(counter: Counter, drn: str) -> None:
    counter.momo.fate = Outcome.FAILED
    view = counter.begin(drn)
    counter.run()
    counter.momo.finish(Outcome.SUCCEEDED)
    counter.desk.hint("mtn_momo", counter.momo.sent[0])
    counter.run()

    late = counter.desk.look(view.sale_id)
    assert late.state is SaleState.FAILED
    assert late.parts[0].attention == {PaymentCase.PAID_AFTER_FAILED}
    assert [one.owner for one in counter.desk.waiting(counter.shop.cashier)] == ["Aline"]
    counter.close_shift()
    (line,) = steps(counter, "shift_closed")
    assert [one["sale_id"] for one in line["unresolved"]] == [str(view.sale_id)]
    counter.desk.resolve(
        late.parts[0].id, counter.shop.supervisor, outcome=Outcome.FAILED, reason="given back at the provider"
    )
    assert counter.desk.waiting(counter.shop.cashier) == []
    counter.check_books()


def test_payment_when_open_for_too_long_asks_for_a_person(counter: Counter, drn: str) -> None:
    counter.momo.is_instant = False
    view = counter.begin(drn)
    counter.shop.clock.pass_time(minutes=61)
    counter.desk.run_due()

    assert counter.desk.look(view.sale_id).parts[0].attention == {"unresolved"}
    assert rows(counter, "case_record") == 0
    counter.momo.finish()
    counter.run(seconds=70)

    assert counter.desk.look(view.sale_id).parts[0].attention == frozenset()
    counter.check_books()


def test_hint_when_it_comes_asks_soon_and_a_forged_one_changes_nothing(counter: Counter, drn: str) -> None:
    counter.momo.is_instant = False
    view = counter.begin(drn)
    counter.shop.clock.pass_time(minutes=6)
    counter.desk.run_due()
    asked_before = len(counter.momo.asked)
    counter.shop.clock.pass_time(seconds=20)
    for _ in range(5):
        assert counter.desk.hint("mtn_momo", counter.momo.sent[0])
        counter.desk.run_due()

    # The first hint makes it ask; the others come within the gap.
    assert len(counter.momo.asked) == asked_before + 1
    assert counter.desk.look(view.sale_id).state is SaleState.AWAITING_PAYMENT
    assert not counter.desk.hint("mtn_momo", "nobody's")


def test_requery_when_asked_for_by_a_person_asks_now(counter: Counter, drn: str) -> None:
    view = counter.begin(drn)
    done = counter.desk.requery(view.parts[0].id, counter.shop.cashier)

    assert done.state is SaleState.DELIVERED


def test_requery_when_nothing_is_known_yet_looks_providers_up_while_nobody_waits_to_write(
    counter: Counter, drn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.momo.is_instant = False
    view = counter.begin(drn)
    is_writing: list[bool] = []

    def gateways() -> Mapping[str, PaymentGateway]:
        is_writing.append(counter.shop.units._turn.locked())
        return counter.gateways

    monkeypatch.setattr(counter.desk._asking, "_gateways", gateways)
    counter.desk.requery(view.parts[0].id, counter.shop.cashier)

    assert is_writing == [False, False]


def test_step_when_the_payer_gives_a_code_goes_on(counter: Counter, drn: str) -> None:
    counter.momo.is_instant, counter.momo.step = False, OTP
    view = counter.begin(drn)
    assert view.parts[0].step == OTP
    counter.desk.give(view.parts[0].id, StepInput(StepKind.GIVE_OTP, "123456"), counter.shop.cashier)
    counter.run()

    assert counter.desk.look(view.sale_id).state is SaleState.DELIVERED
    counter.check_books()


def test_provider_when_taken_away_leaves_its_payments_to_a_person(counter: Counter, drn: str) -> None:
    counter.momo.is_instant = False
    view = counter.begin(drn)
    del counter.gateways["mtn_momo"]
    counter.run(times=2)

    assert counter.desk.look(view.sale_id).parts[0].attention == {"unresolved"}
    done = counter.desk.resolve(
        view.parts[0].id, counter.shop.supervisor, outcome=Outcome.SUCCEEDED, reason="bank statement 3"
    )
    assert done.state is SaleState.DELIVERED
    assert code_of(lambda: counter.desk.gateway("momo")) == "provider.not_set_up"
    counter.check_books()


def test_verify_when_a_payment_was_made_to_fail_by_hand_finds_it(counter: Counter, drn: str) -> None:
    counter.begin(drn)
    counter.run()
    with counter.shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE payment SET state = 'failed'")

    assert {one.code for one in verify(counter.shop.units).findings} == {
        "verify.row_changed",
        "verify.unpaid",
    }


def test_waiting_when_a_facility_manager_asks_is_refused(counter: Counter) -> None:
    manager = Actor(counter.shop.cashier.id, 4, "Denis", Role.FACILITY_MANAGER)
    assert code_of(lambda: counter.desk.waiting(manager)) == "permission.denied"
