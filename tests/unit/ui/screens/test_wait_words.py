"""What a wait says in each state: the fact, the money, the token, the next act."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from pos.domain.poll_schedule import Pace, PollSchedule
from pos.domain.recovery_values import PaymentCase
from pos.domain.states import PaymentState, SaleState
from pos.gateways.base import Means, NextStep, Profile, StepKind
from pos.i18n.catalogue import LANGUAGES, catalogue
from pos.i18n.wording import Wording
from pos.services.payment_views import PaymentView, SaleView
from pos.ui.screens.sell.state import SellState, Wait, Way
from pos.ui.screens.sell.wait_words import WaitView, asked_text, wait_view

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SCHEDULE = PollSchedule(
    paces=(Pace(timedelta(minutes=6), timedelta(seconds=10)),),
    then_every=timedelta(minutes=1),
    grace=timedelta(minutes=1),
    resend_until=timedelta(minutes=6),
    alarm_after=timedelta(hours=1),
)
MOMO = Way(
    Profile(
        code="mtn_momo",
        label="MTN MoMo",
        tender="momo",
        currencies=frozenset({"RWF"}),
        countries=frozenset({"RW"}),
        means=frozenset({Means.PHONE}),
        schedule=SCHEDULE,
    )
)
STATE = SellState(ways=(MOMO,))
CASH = PaymentView(uuid4(), "cash", PaymentState.SUCCEEDED, 10_000)
PART = PaymentView(
    uuid4(),
    "momo",
    PaymentState.SENT,
    8500,
    provider="mtn_momo",
    reference="01a22938-249f-4db7-89a2-be0519604eae",
    phone_last3="412",
    begun_at=NOW - timedelta(seconds=36),
    ask_at=NOW + timedelta(seconds=4),
    asked_at=NOW - timedelta(seconds=6),
)
SALE = SaleView(
    sale_id=uuid4(),
    state=SaleState.AWAITING_PAYMENT,
    money_minor=18_500,
    paid_minor=10_000,
    rest_minor=0,
    parts=(CASH, PART),
    drn="04100000373",
    owner="Aline",
    owner_id=uuid4(),
    begun_at=NOW,
    age=timedelta(0),
    parked_at=None,
    trouble="",
    result=None,
)


def wording(language: str = "en") -> Wording:
    return Wording(catalogue(language), "RWF", ZoneInfo("Africa/Kigali"))


def said(sale: SaleView, *, may_pay_again: bool = False) -> WaitView:
    wait = Wait(sale, NOW, payers=(("mtn_momo", "0788 413 412"),))
    return wait_view(STATE, wait, wording(), may_pay_again=may_pay_again)


def test_wait_when_sent_then_steps_and_a_countdown_of_the_provider() -> None:
    view = said(SALE)

    assert (view.kind, view.left_s, view.whole_s) == ("info", 324, 360)
    assert [step.light for step in view.steps] == ["ok", "wait", "off"]
    assert view.steps[0].title == "Request sent to 0788 413 412"
    assert view.steps[1].text.replace("\N{NO-BREAK SPACE}", " ") == "asked 6 s ago, again in 4 s"
    assert view.can_ask and view.can_stop and view.main == "Serve the next customer"


def test_wait_when_the_phone_was_typed_elsewhere_then_only_its_last_digits() -> None:
    view = wait_view(STATE, Wait(SALE, NOW), wording(), may_pay_again=False)

    assert view.steps[0].title == "Request sent to ··· 412"


def test_wait_when_the_payer_opens_a_link_then_it_is_there_to_scan() -> None:
    step = NextStep(StepKind.OPEN_LINK, url="https://checkout.example.com/abc")
    view = said(replace(SALE, parts=(replace(PART, step=step),)))

    assert view.link == "https://checkout.example.com/abc"
    assert view.steps[1].title == "The customer scans the code or opens the link"


def test_wait_when_nobody_knows_then_what_to_tell_and_never_failed() -> None:
    view = said(replace(SALE, parts=(CASH, replace(PART, state=PaymentState.UNKNOWN, reason="time_out"))))
    words = " ".join((view.title, view.note, *(text for _, text in view.rows)))

    assert view.kind == "info" and view.can_ask
    assert "failed" not in words.lower()
    assert view.note.startswith("The provider did not answer in time.")
    assert view.code == PART.reference


def test_wait_when_other_money_is_named_then_a_person_and_no_way_to_stop() -> None:
    view = said(replace(SALE, parts=(CASH, replace(PART, attention=frozenset({PaymentCase.AMOUNT_DIFFERS})))))

    assert view.kind == "warn" and not view.can_stop
    assert dict(view.rows)["To go on"] == "A supervisor decides it under Sales."


@pytest.mark.parametrize(("may", "main"), [(True, "Ask again"), (False, "Serve the next customer")])
def test_wait_when_failed_then_ask_again_only_where_it_can_be(may: bool, main: str) -> None:  # noqa: FBT001
    failed = replace(PART, state=PaymentState.FAILED, reason="not_enough_money")
    view = said(replace(SALE, state=SaleState.FAILED, paid_minor=0, parts=(failed,)), may_pay_again=may)

    assert (view.kind, view.main) == ("bad", main)
    assert dict(view.rows)["Why"] == "The payer has not enough money."


def test_wait_when_a_part_is_refused_then_what_is_paid_stays() -> None:
    failed = replace(PART, state=PaymentState.FAILED, reason="refused_by_payer")
    view = said(replace(SALE, rest_minor=8500, parts=(CASH, failed)))

    assert view.main == "Ask for the rest"
    assert "10,000" in dict(view.rows)["Money"] and "stays" in dict(view.rows)["Money"]


def test_wait_when_paid_and_the_token_is_held_up_then_says_by_what() -> None:
    view = said(replace(SALE, state=SaleState.PAID, parts=(CASH,), trouble="envelope.money"))

    assert view.title == "Paid. The token is on its way" and view.code == "envelope.money"
    assert dict(view.rows)["Why"] not in ("", "–", "envelope.money")


@pytest.mark.parametrize(
    "changes",
    [
        {"parts": (replace(CASH, change_minor=5000), replace(PART, state=PaymentState.UNKNOWN))},
        {
            "parts": (replace(CASH, change_minor=5000), replace(PART, state=PaymentState.FAILED)),
            "rest_minor": 8500,
        },
        {"parts": (replace(CASH, change_minor=5000),), "state": SaleState.PAID},
    ],
    ids=["unknown", "rest", "paid"],
)
def test_wait_when_cash_was_given_then_its_change_stands_there_whatever_becomes_of_the_rest(
    changes: dict[str, Any],
) -> None:
    view = said(replace(SALE, **changes))

    assert dict(view.rows)["Change"].replace("\N{NO-BREAK SPACE}", " ") == "RWF 5,000"


def test_asked_when_the_instant_is_past_then_asking_now() -> None:
    late = replace(PART, ask_at=NOW - timedelta(seconds=1))

    assert asked_text(late, NOW, wording()).endswith("asking now")


def test_asked_when_the_word_stands_before_it_then_not_said_twice() -> None:
    view = said(replace(SALE, parts=(CASH, replace(PART, state=PaymentState.UNKNOWN))))

    assert " ago" in dict(view.rows)["Asked"]
    assert "asked" not in dict(view.rows)["Asked"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_wait_when_said_in_each_language_then_whole(language: str) -> None:
    view = wait_view(STATE, Wait(SALE, NOW), wording(language), may_pay_again=False)

    assert "{" not in " ".join([view.title, view.note, *(step.title + step.text for step in view.steps)])
