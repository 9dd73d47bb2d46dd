"""Paystack at the counter: by phone, bank and dialled code, and what it asks the payer for in between."""

import csv
import io
import logging
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from pos.bootstrap import Access, Till, open_till, set_up_shop
from pos.cli.demo_meters import demo_meters_csv
from pos.cli.demo_shop import demo_plan
from pos.domain.permissions import Role
from pos.errors import KilotillError
from pos.gateways.base import Address, BankList, StepInput, StepKind
from pos.gateways.sandbox import Sandbox
from pos.models.packing import unpack_line
from pos.services.shop_rows import BookKind
from pos.system.clock import DrivenClock
from pos.system.paths import DataFolder
from pos.ui.screens.sell.state import Stage
from pos.ui.screens.sell.step_words import read_day, read_step
from tests.fakes.clock import FakeClock
from tests.ui.conftest import Desktop
from tests.ui.payments import CTRL, KEY, PayDesk, make_clock, payment_till
from tests.ui.test_sell import meters

PLACES = {"GHS": "Africa/Accra", "NGN": "Africa/Lagos", "KES": "Africa/Nairobi"}
OTP, BIRTHDAY, ACCOUNT = "123456", "23/12/1995", "057 0000000000"


def make_shop(folder: Path, currency: str, at: datetime) -> None:
    """The demo's shop in another country: its money, its hour, no past."""
    plan = demo_plan()
    assert plan.tariffs_csv is not None
    plan = replace(
        plan,
        currency=currency,
        time_zone=ZoneInfo(PLACES[currency]),
        tariffs_csv=plan.tariffs_csv.replace("RWF", currency),
    )
    data, clock = DataFolder(folder), DrivenClock(at - timedelta(hours=1))
    set_up_shop(data, plan, BookKind.DEMO, clock=clock)
    file = folder / "meters.csv"
    file.write_text(_meters_csv(12), encoding="utf-8")
    with open_till(data, Access.WRITES, clock=clock) as till:
        actors = {user.role: till.sign_in.sign_in(user.name, user.pin) for user in plan.users}
        till.imports.run(actors[Role.ADMINISTRATOR], file, errors_path=folder / "errors.csv")
        till.floats.top_up(actors[Role.SUPERVISOR], "reg", amount_minor=90_000_000, reference="BK-1")


def _meters_csv(count: int) -> str:
    """The first meters of the demo, without phones: those are of Rwanda."""
    rows = list(csv.DictReader(io.StringIO(demo_meters_csv())))[:count]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row | {"phone": ""} for row in rows)
    return text.getvalue()


@pytest.fixture
def clock() -> FakeClock:
    return make_clock()


@pytest.fixture
def sandbox(clock: FakeClock) -> Iterator[Sandbox]:
    with Sandbox(clock=clock) as running:
        yield running


@pytest.fixture
def currency() -> str:
    return "NGN"


@pytest.fixture
def till(tmp_path: Path, currency: str, clock: FakeClock, sandbox: Sandbox) -> Iterator[Till]:
    make_shop(tmp_path / "shop", currency, datetime.now(UTC))
    with payment_till(tmp_path / "shop", clock, sandbox) as opened:
        yield opened


@pytest.fixture
def counter(desktop: Desktop, sandbox: Sandbox, clock: FakeClock, open_shift: None) -> PayDesk:
    desktop.sign_in("C")
    return PayDesk(desktop, sandbox, clock)


@pytest.fixture
def drn(till: Till) -> str:
    return meters(till, "arrears_minor = 0")[0]


def pay_by(counter: PayDesk, drn: str, means: str, *, detail: str = "", payer: str = "") -> None:
    """Ask Paystack for the whole sum by one of its means."""
    counter.to_tender(drn)
    counter.screen.presenter.tender.choose("paystack")
    counter.desktop.settle()
    assert counter.state.way == "paystack"
    options = counter.screen.trade.money.payer.options
    choose(options.means, means)
    if detail:
        choose(options.detail, detail)
    counter.desktop.settle()
    if payer:
        # Not where the bank is looked for: its list may have come meanwhile.
        counter.screen.trade.money.payer.payer.edit.setFocus()
        counter.desktop.type(payer)
    counter.key(KEY.Key_Return)


def choose(choice: Any, key: str) -> None:
    choice.choose(key)
    assert choice.key() == key
    choice.activated.emit(choice.currentIndex())


def hand_over(counter: PayDesk, *texts: str) -> None:
    """Type what the payer says into the fields of the step, and press Enter."""
    form = counter.screen.trade.wait.form
    assert form is not None and form.frames[0].edit.hasFocus()
    for frame, text in zip(form.frames, texts, strict=True):
        frame.edit.setFocus()
        counter.desktop.type(text)
    counter.key(KEY.Key_Return)


def everything(till: Till, name: str = "%") -> str:
    """Every text in the database, its journal unpacked."""
    with till.units.read() as connection:
        tables = (
            connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE ?", (name,)
            )
            .scalars()
            .all()
        )
        texts = []
        for table in tables:
            rows = connection.exec_driver_sql(f'SELECT * FROM "{table}"').all()
            texts += [_plain(value) for row in rows for value in row if value is not None]
    return "\n".join(texts)


def _plain(value: Any) -> str:
    try:
        return unpack_line(value).decode() if isinstance(value, bytes) else str(value)
    except (ValueError, KilotillError, zlib.error):
        return str(value)


def test_bank_when_it_asks_for_birthday_and_code_then_both_are_handed_over_and_kept_nowhere(
    counter: PayDesk, till: Till, drn: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pay_by(counter, drn, "bank", payer=ACCOUNT)

    assert counter.state.stage is Stage.WAITING, counter.state.parts
    shown = counter.screen.trade.wait.shown
    assert shown is not None and shown.ask is not None and shown.ask.kind is StepKind.GIVE_BIRTHDAY
    assert (shown.title, shown.main) == ("Paystack asks for something", "Hand over")
    hand_over(counter, BIRTHDAY)
    form = counter.screen.trade.wait.form
    assert form is not None and form.kind is StepKind.GIVE_OTP
    assert form.frames[0].edit.echoMode() is QLineEdit.EchoMode.Password
    hand_over(counter, OTP)
    counter.go_on(2, times=2)

    paid = counter.state.paid
    assert counter.state.stage is Stage.PAID and paid is not None
    assert [one["tender"] for one in paid.sale.sale["payments"]] == ["paystack"]
    assert till.verify_books().is_clean
    said = caplog.text + str(counter.state)
    for secret in ("1995-12-23", BIRTHDAY):
        assert secret not in everything(till) + said
    # The code of the sandbox is also the number of a supply group.
    assert OTP not in everything(till, "provider_%") + said


def test_bank_when_the_answer_that_asks_is_lost_then_the_next_question_learns_what_is_asked_for(
    counter: PayDesk, till: Till, drn: str
) -> None:
    counter.play("2")
    pay_by(counter, drn, "bank", payer=ACCOUNT)
    assert counter.screen.trade.wait.form is None, "the line was cut before the answer"
    counter.go_on(11, times=2)

    hand_over(counter, BIRTHDAY)
    hand_over(counter, OTP)
    counter.go_on(11, times=3)
    assert counter.state.stage is Stage.PAID
    assert len(counter.sandbox.core.book.newest_first()) == 1
    assert till.verify_books().is_clean


def test_step_when_what_is_typed_cannot_be_it_then_said_at_the_field_and_nothing_leaves(
    counter: PayDesk, drn: str
) -> None:
    pay_by(counter, drn, "bank", payer=ACCOUNT)
    hand_over(counter, "31/02/1995")

    wait, form = counter.state.wait, counter.screen.trade.wait.form
    assert wait is not None and wait.step_problem == "That is not complete. Type it again."
    assert form is not None and form.kind is StepKind.GIVE_BIRTHDAY
    assert form._problem.isVisible() and counter.state.stage is Stage.WAITING


def test_step_when_the_code_is_wrong_then_not_paid_and_it_can_be_asked_again(
    counter: PayDesk, drn: str
) -> None:
    pay_by(counter, drn, "bank", payer=ACCOUNT)
    hand_over(counter, BIRTHDAY)
    hand_over(counter, "999999")
    counter.go_on(2)

    shown = counter.screen.trade.wait.shown
    assert shown is not None and (shown.kind, shown.main) == ("bad", "Ask again")
    assert counter.screen.trade.wait.form is None and counter.screen.trade.wait.main.hasFocus()


def test_step_when_the_next_customer_is_served_then_it_can_be_taken_up_and_handed_over(
    counter: PayDesk, till: Till, drn: str
) -> None:
    pay_by(counter, drn, "bank", payer=ACCOUNT)
    counter.key(KEY.Key_Escape)
    assert counter.state.stage is Stage.IDLE and counter.state.board.count == 1
    counter.key(KEY.Key_R, CTRL)
    assert counter.state.stage is Stage.WAITING
    hand_over(counter, BIRTHDAY)
    hand_over(counter, OTP)
    counter.go_on(2, times=2)

    assert counter.state.stage is Stage.PAID
    assert till.verify_books().is_clean


def test_dialled_code_when_a_bank_is_chosen_then_the_code_is_shown_and_the_token_comes(
    counter: PayDesk, drn: str
) -> None:
    pay_by(counter, drn, "ussd", detail="737")

    shown = counter.screen.trade.wait.shown
    assert (
        shown is not None and [step.title for step in shown.steps][1] == "The customer dials *737*33*4*18791#"
    )
    counter.go_on(6, times=3)
    assert counter.state.stage is Stage.PAID


def test_dialled_code_when_no_bank_is_chosen_then_refused_and_nothing_is_asked(
    counter: PayDesk, sandbox: Sandbox, drn: str
) -> None:
    pay_by(counter, drn, "ussd")

    assert counter.state.stage is Stage.TENDER and counter.state.parts[0].note == "Choose the bank."
    assert sandbox.core.book.newest_first() == []


@pytest.mark.parametrize("currency", ["GHS"])
def test_phone_when_its_network_sends_a_code_then_it_is_asked_for_here(
    counter: PayDesk, till: Till, drn: str, sandbox: Sandbox
) -> None:
    pay_by(counter, drn, "phone", payer="0201234567")
    assert counter.state.parts[0].note == "Choose the network."
    choose(counter.screen.trade.money.payer.options.detail, "vod")
    counter.key(KEY.Key_F8)
    assert counter.state.stage is Stage.WAITING, counter.state.parts

    shown = counter.screen.trade.wait.shown
    assert shown is not None and shown.ask is not None
    assert shown.ask.text == "Please enter the OTP that was sent to your phone"
    hand_over(counter, OTP)
    counter.go_on(6, times=3)
    assert counter.state.stage is Stage.PAID
    assert till.verify_books().is_clean


@pytest.mark.parametrize("currency", ["KES"])
def test_phone_when_nothing_is_asked_for_then_the_payer_approves_there(counter: PayDesk, drn: str) -> None:
    pay_by(counter, drn, "phone", detail="mpesa", payer="0712345678")

    assert counter.state.stage is Stage.WAITING, counter.state.parts
    assert counter.screen.trade.wait.form is None
    counter.go_on(6, times=3)
    assert counter.state.stage is Stage.PAID


def test_bank_when_it_asks_for_everything_there_is_then_each_is_asked_for_in_its_turn(
    counter: PayDesk, till: Till, drn: str
) -> None:
    pay_by(counter, drn, "bank", payer=ACCOUNT)
    (payment,) = counter.sandbox.core.book.newest_first()
    later = [("pin", "0000"), ("phone", ""), ("address", ""), ("otp", OTP)]
    payment.facts["steps"] = [("birthday", ""), *later]
    asked = []
    for given in (
        (BIRTHDAY,),
        ("0000",),
        ("08012345678",),
        ("Marina Road 1", "Lagos", "Lagos", "100001"),
        (OTP,),
    ):
        form = counter.screen.trade.wait.form
        assert form is not None
        asked.append((form.kind, form.frames[0].edit.echoMode() is QLineEdit.EchoMode.Password))
        hand_over(counter, *given)
    counter.go_on(2, times=2)

    assert asked == [
        (StepKind.GIVE_BIRTHDAY, False),
        (StepKind.GIVE_PIN, True),
        (StepKind.GIVE_PHONE, False),
        (StepKind.GIVE_ADDRESS, False),
        (StepKind.GIVE_OTP, True),
    ]
    assert counter.state.stage is Stage.PAID
    assert till.verify_books().is_clean


@pytest.mark.parametrize(
    ("text", "day"),
    [("23/12/1995", "1995-12-23"), ("1995-12-23", "1995-12-23"), ("3.4.2001", "2001-04-03")],
)
def test_day_when_written_as_people_do_then_read(text: str, day: str) -> None:
    found = read_day(text)
    assert found is not None and found.isoformat() == day


@pytest.mark.parametrize("text", ["", "1995", "31/02/1995", "a/b/c", "1/2/3/4", "12/23/1995"])
def test_day_when_it_is_none_then_not_read(text: str) -> None:
    assert read_day(text) is None


def test_step_when_incomplete_then_not_read() -> None:
    assert read_step(StepKind.GIVE_PIN, ("12",)) is None
    assert read_step(StepKind.GIVE_ADDRESS, ("a", "b", "", "d")) is None
    assert read_step(StepKind.GIVE_OTP, ()) is None
    given = read_step(StepKind.GIVE_ADDRESS, ("a", "b", "c", "d"))
    assert given == StepInput(StepKind.GIVE_ADDRESS, Address("a", "b", "c", "d"))


# --- the bank from a list

popup = pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing the keyboard)", extend=True)
"""The window system of tests says so of every list that pops up."""


def open_bank(counter: PayDesk, till: Till, drn: str) -> Any:
    """Learn the banks, then choose to pay by bank account; the caret is where the bank is looked for."""
    till.payments.accounts.refresh_banks()
    counter.to_tender(drn)
    counter.screen.presenter.tender.choose("paystack")
    counter.desktop.settle()
    options = counter.screen.trade.money.payer.options
    choose(options.means, "bank")
    counter.desktop.settle()
    assert options.bank.isVisible() and options.bank.lineEdit().hasFocus()
    return options.bank


def known_banks(till: Till) -> BankList | None:
    (profile,) = [one for one in till.payments.offers() if one.code == "paystack"]
    return till.payments.accounts.banks(profile)


def note(counter: PayDesk) -> str:
    return counter.state.parts[0].note.replace("\xa0", " ")


@popup
def test_bank_when_a_part_of_its_name_is_typed_is_chosen_and_only_the_account_is_asked_for(
    counter: PayDesk, till: Till, clock: FakeClock, drn: str
) -> None:
    till.payments.accounts.refresh_banks()
    clock.pass_time(hours=2)
    bank = open_bank(counter, till, drn)
    assert note(counter) == "list of banks, 2 h 00 old"

    counter.desktop.type("zen")
    counter.key(KEY.Key_Return)
    assert (counter.state.stage, counter.state.parts[0].detail) == (Stage.TENDER, "057")
    assert bank.currentText() == "057 · Zenith Bank"
    payer = counter.screen.trade.money.payer.payer
    assert payer.edit.hasFocus() and payer.edit.placeholderText() == "Account number"
    counter.desktop.type("000 000 0000")
    counter.key(KEY.Key_Return)

    assert counter.state.stage is Stage.WAITING, counter.state.parts
    shown = counter.screen.trade.wait.shown
    assert shown is not None and shown.ask is not None and shown.ask.kind is StepKind.GIVE_BIRTHDAY


@popup
def test_bank_when_many_fit_is_pointed_at_in_the_list(counter: PayDesk, till: Till, drn: str) -> None:
    bank = open_bank(counter, till, drn)

    counter.desktop.type("un")
    found = bank.completer()
    assert found.popup().isVisible() and 1 < found.completionCount() < bank.count()
    counter.key(KEY.Key_Return)
    assert counter.state.parts[0].detail == "" and counter.state.stage is Stage.TENDER
    QTest.keyClick(found.popup(), KEY.Key_Down)
    QTest.keyClick(found.popup(), KEY.Key_Return)

    assert counter.state.parts[0].detail == "032"
    assert bank.currentText() == "032 · Union Bank of Nigeria"


@popup
@pytest.mark.parametrize(("typed", "code"), [("057", "057"), ("ZENITH", "057"), ("nowhere", ""), ("", "")])
def test_bank_when_the_caret_leaves_is_the_one_that_fits_or_none(
    counter: PayDesk, till: Till, drn: str, typed: str, code: str
) -> None:
    bank = open_bank(counter, till, drn)

    counter.desktop.type(typed)
    bank.completer().popup().hide()
    # A list that pops up takes the place of the window here, and does not give it back.
    counter.desktop.window.activateWindow()
    counter.screen.trade.money.payer.payer.edit.setFocus()
    counter.desktop.settle()

    assert counter.state.parts[0].detail == code
    assert bank.currentText() == ("057 · Zenith Bank" if code else "")


@popup
def test_bank_when_it_or_its_account_is_missing_is_asked_for(counter: PayDesk, till: Till, drn: str) -> None:
    open_bank(counter, till, drn)
    counter.key(KEY.Key_Return)
    assert note(counter) == "Choose the bank."
    counter.desktop.type("057")
    counter.key(KEY.Key_Return)
    counter.key(KEY.Key_Return)
    assert (note(counter), counter.state.stage) == ("Type the account number.", Stage.TENDER)
    counter.desktop.type("058 0000000000")
    counter.key(KEY.Key_Return)
    assert (note(counter), counter.state.stage) == ("Type the account number.", Stage.TENDER)
    assert not counter.sandbox.core.book.newest_first()


@popup
def test_bank_of_a_part_when_it_is_chosen_leads_on_to_its_account(
    counter: PayDesk, till: Till, drn: str
) -> None:
    till.payments.accounts.refresh_banks()
    counter.to_tender(drn)
    tender = counter.screen.presenter.tender
    tender.choose("paystack")
    tender.choose("split")
    tender.look_at(1)
    counter.desktop.settle()
    split = counter.screen.trade.money.split
    choose(split.options.means, "bank")
    counter.desktop.settle()
    assert split.options.bank.lineEdit().hasFocus()

    counter.desktop.type("zenith")
    counter.key(KEY.Key_Return)
    counter.desktop.type("0000000000")

    part = counter.state.parts[1]
    assert (part.detail, part.payer) == ("057", "0000000000")
    counter.key(KEY.Key_Return)
    assert counter.state.stage is Stage.WAITING, counter.state.parts


@pytest.mark.parametrize("is_known", [True, False])
def test_bank_when_its_code_is_typed_before_the_account_needs_no_list(
    counter: PayDesk, till: Till, drn: str, *, is_known: bool
) -> None:
    if is_known:
        till.payments.accounts.refresh_banks()
    pay_by(counter, drn, "bank", payer="")
    counter.screen.trade.money.payer.payer.edit.setFocus()
    counter.desktop.type(ACCOUNT)
    counter.key(KEY.Key_Return)

    assert counter.state.stage is Stage.WAITING, counter.state.parts


def test_banks_when_the_window_has_been_open_for_a_moment_are_known(
    counter: PayDesk, till: Till, drn: str
) -> None:
    assert known_banks(till) is None

    counter.desktop.window.paying._look_at_banks()
    counter.desktop.settle()

    found = known_banks(till)
    assert found is not None and "057" in {one.code for one in found.banks}


def test_banks_when_paystack_is_away_are_none_and_nothing_is_said(
    counter: PayDesk, till: Till, drn: str
) -> None:
    till.payments.use_sandbox("http://127.0.0.1:9")

    counter.desktop.window.paying._look_at_banks()
    counter.desktop.settle()

    assert known_banks(till) is None
