"""Settings of payments: providers, credentials, a try, fees, a statement, messages, the red banner."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.bootstrap import Till
from pos.config import PAYMENT_STAGE, PROVIDER_LOW_MINOR, SMS_WAY
from pos.domain.permissions import Actor
from pos.gateways.base import ByPhone
from pos.gateways.sandbox import Sandbox
from pos.services.payment_parts import Part
from pos.services.sale_values import SaleRequest
from pos.system.ids import new_id
from pos.ui.screens.settings.page_fees import FeesPage
from pos.ui.screens.settings.page_messages import MessagesPage
from pos.ui.screens.settings.page_payments import PaymentsPage
from pos.ui.screens.settings.parts import PageView
from pos.ui.screens.settings.view import SettingsScreen
from tests.fakes.clock import FakeClock
from tests.ui.conftest import Desktop
from tests.ui.payments import KEY, make_clock, payment_till
from tests.ui.test_sell import meters


@pytest.fixture
def clock() -> FakeClock:
    return make_clock()


@pytest.fixture
def sandbox(clock: FakeClock) -> Iterator[Sandbox]:
    with Sandbox(clock=clock) as running:
        yield running


@pytest.fixture
def till(made_shop: Path, tmp_path: Path, clock: FakeClock, sandbox: Sandbox) -> Iterator[Till]:
    shutil.copytree(made_shop, tmp_path / "shop")
    with payment_till(tmp_path / "shop", clock, sandbox) as opened:
        yield opened


def screen_of(desktop: Desktop) -> SettingsScreen:
    assert isinstance(desktop.screen, SettingsScreen)
    return desktop.screen


def open_page(desktop: Desktop, key: str, *, role: str = "A") -> PageView:
    desktop.sign_in(role)
    desktop.window.go("settings", page=key)
    desktop.settle()
    view = screen_of(desktop).page_view()
    assert view is not None
    return view


def test_providers_when_opened_then_offered_or_not_with_the_last_characters_only(desktop: Desktop) -> None:
    view = open_page(desktop, "payments")
    assert isinstance(view, PaymentsPage)

    assert view.cards["mtn_momo"].badge.text() == "Offered"
    assert view.cards["paystack"].badge.text() == "Not set up"
    shown = screen_of(desktop).presenter.payments.state.statuses[0].credentials
    assert all(len(text) <= 5 for text in shown.values())


def test_connection_when_tested_then_says_the_money_there_and_keeps_it_with_its_age(
    desktop: Desktop, till: Till, people: dict[str, Actor], clock: FakeClock
) -> None:
    view = open_page(desktop, "payments")
    assert isinstance(view, PaymentsPage)
    view.cards["mtn_momo"].test.click()
    desktop.settle()

    assert view.cards["mtn_momo"].said.text().startswith("It works. Money there: RWF")
    clock.pass_time(seconds=120)
    status = till.payments.accounts.statuses(people["A"])[0]
    assert status.balance is not None and status.balance_age is not None
    assert status.balance_age.total_seconds() >= 120


def test_credentials_when_typed_wrong_then_the_try_says_so_and_nothing_is_kept(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    view = open_page(desktop, "payments")
    assert isinstance(view, PaymentsPage)
    view.cards["airtel_money"].type.click()
    desktop.settle()
    assert view.edits["client_id"].hasFocus()
    desktop.type("somebody-elses-client")
    desktop.key(KEY.Key_Tab)
    desktop.type("a-wrong-secret")
    view.try_typed.click()
    desktop.settle()

    assert view.typing_said.text() and view.typing_said.property("klTone") == "badtext"
    desktop.key(KEY.Key_Escape)
    assert screen_of(desktop).presenter.payments.state.typed == {}
    assert till.payments.accounts.statuses(people["A"])[1].credentials["client_id"] == "…0001"


def test_credentials_when_kept_then_shown_as_their_last_four_and_written_without_them(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    view = open_page(desktop, "payments")
    assert isinstance(view, PaymentsPage)
    view.cards["airtel_money"].type.click()
    desktop.settle()
    desktop.type("client-0123456789abcd")
    desktop.key(KEY.Key_Tab)
    desktop.type("secret-0123456789wxyz")
    desktop.key(KEY.Key_Return)
    desktop.settle()

    shown = till.payments.accounts.statuses(people["A"])[1].credentials
    assert dict(shown) == {"client_id": "…abcd", "client_secret": "…wxyz"}
    assert screen_of(desktop).presenter.payments.state.chosen == ""


def test_credentials_when_one_is_missing_then_refused_at_the_field(desktop: Desktop) -> None:
    view = open_page(desktop, "payments")
    assert isinstance(view, PaymentsPage)
    view.cards["airtel_money"].type.click()
    desktop.settle()
    desktop.key(KEY.Key_Return)
    desktop.settle()

    assert "client_id" in screen_of(desktop).presenter.payments.state.wrong


def test_banner_when_real_money_is_switched_on_in_a_demo_then_red_and_nobody_is_offered(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    desktop.sign_in("A")
    till.payments.accounts.set_credentials(
        people["A"], "airtel_money", {"client_id": "client-0123456789", "client_secret": "secret-0123456789"}
    )
    till.settings.change(people["A"], PAYMENT_STAGE, value="live", reason="test")
    desktop.window.settings_changed()
    desktop.settle()

    banner = desktop.window.banner
    assert banner.isVisible() and banner.property("klNote") == "bad"
    assert till.payments.offers() == []
    till.settings.change(people["A"], PAYMENT_STAGE, value="sandbox", reason="test")
    desktop.window.settings_changed()
    desktop.settle()
    assert not banner.isVisible()


def test_fee_when_stored_then_the_next_version_and_no_number_is_refused(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    view = open_page(desktop, "fees")
    assert isinstance(view, FeesPage)
    view.edits["percent"].setFocus()
    desktop.type("much")
    desktop.key(KEY.Key_Return)
    assert "percent" in screen_of(desktop).presenter.fees.state.wrong
    for percent in ("1.5", "2"):
        view.edits["percent"].setFocus()
        view.edits["percent"].selectAll()
        desktop.type(percent)
        desktop.key(KEY.Key_Return)
        desktop.settle()

    stored = till.payments.fees.versions(people["A"])
    assert [(rule.version, rule.percent_ppm) for rule in stored] == [(1, 15_000), (2, 20_000)]


def test_statement_when_read_then_what_differs_is_listed(
    desktop: Desktop,
    till: Till,
    people: dict[str, Actor],
    sandbox: Sandbox,
    clock: FakeClock,
    open_shift: None,
    tmp_path: Path,
) -> None:
    drn = meters(till, "arrears_minor = 0")[0]
    request = SaleRequest(sale_id=new_id(till.clock.now()), drn=drn, money_minor=5000)
    view = till.payments.desk.begin(request, [Part("momo", pay_by=ByPhone("+250788413499"))], people["C"])
    for _ in range(6):
        clock.pass_time(seconds=5)
        sandbox.core.settle()
        till.payments.run_due()
    assert till.payments.desk.look(view.sale_id).result is not None
    file = tmp_path / "momo.csv"
    file.write_text(f"reference,amount\n{view.parts[0].reference},4900\nunknown-one,700\n", encoding="utf-8")
    page = open_page(desktop, "fees")
    assert isinstance(page, FeesPage)
    screen_of(desktop).choosers.open_file = lambda _title, _start: str(file)
    page.choose.click()
    desktop.settle()

    state = screen_of(desktop).presenter.fees.state
    assert [(entry.verdict, entry.amount_minor) for entry in state.entries] == [
        ("differing", 4900),
        ("only_theirs", 700),
    ]
    assert "differ: 1" in page.outcome.text() and page.lines.count() == 2


def test_statement_when_its_file_is_too_large_then_nothing_of_it_is_read(
    desktop: Desktop, tmp_path: Path
) -> None:
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    small.write_text("reference,amount\nunknown-one,700\n", encoding="utf-8")
    with large.open("wb") as file:
        file.write(small.read_bytes())
        file.truncate(20_000_001)
    page = open_page(desktop, "fees")
    assert isinstance(page, FeesPage)
    for path in (small, large):
        screen_of(desktop).choosers.open_file = lambda _title, _start, path=path: str(path)
        page.choose.click()
        desktop.settle()

    assert page.outcome.text() == "The statement is larger than 20 MB: split it by days."
    assert page.lines.count() == 0 and not page.settle.isVisible()


def test_statement_when_a_supervisor_reads_it_then_an_open_payment_is_settled_and_no_fee_can_be_set(
    desktop: Desktop,
    till: Till,
    people: dict[str, Actor],
    sandbox: Sandbox,
    open_shift: None,
    tmp_path: Path,
) -> None:
    drn = meters(till, "arrears_minor = 0")[0]
    request = SaleRequest(sale_id=new_id(till.clock.now()), drn=drn, money_minor=5000)
    view = till.payments.desk.begin(request, [Part("momo", pay_by=ByPhone("+250788413416"))], people["C"])
    file = tmp_path / "momo.csv"
    file.write_text(f"reference,amount\n{view.parts[0].reference},5000\n", encoding="utf-8")
    page = open_page(desktop, "fees", role="S")
    assert isinstance(page, FeesPage)
    assert page.edits.keys() == {"reference", "theirs", "amount", "fee"} and not page.add.isVisible()
    screen_of(desktop).choosers.open_file = lambda _title, _start: str(file)
    page.choose.click()
    desktop.settle()
    assert page.settle.isVisible()
    page.settle.click()
    desktop.settle()

    assert page.said.text() == "Settled by the statement: 1" and page.said.isVisible()
    assert till.payments.desk.look(view.sale_id).result is not None
    assert till.verify_books().is_clean


def test_statement_when_a_cashier_looks_then_there_is_no_such_page(desktop: Desktop) -> None:
    desktop.sign_in("C")

    assert "settings" not in {item.key for item in desktop.window.rail.items()}


def test_messages_when_a_token_text_went_out_then_listed_without_its_address(
    desktop: Desktop,
    till: Till,
    people: dict[str, Actor],
    sandbox: Sandbox,
    clock: FakeClock,
    open_shift: None,
) -> None:
    till.settings.change(people["A"], SMS_WAY, value="file", reason="test")
    drn = meters(till, "arrears_minor = 0")[0]
    request = SaleRequest(sale_id=new_id(till.clock.now()), drn=drn, money_minor=5000)
    till.payments.desk.begin(request, [Part("momo", pay_by=ByPhone("+250788413499"))], people["C"])
    till.payments.desk.stop_waiting(request.sale_id, people["C"])
    for _ in range(6):
        clock.pass_time(seconds=5)
        sandbox.core.settle()
        till.payments.run_due()
    assert till.payments.desk.look(request.sale_id).result is not None
    view = open_page(desktop, "messages")
    assert isinstance(view, MessagesPage)

    rows = screen_of(desktop).presenter.messages.state.rows
    assert [(row.channel, row.state) for row in rows] == [("sms", "sent")]
    assert view._line(rows[0])[1].startswith("sent ")


def test_mail_password_when_kept_then_forgotten_here(desktop: Desktop) -> None:
    view = open_page(desktop, "messages")
    assert isinstance(view, MessagesPage)
    view.password.setFocus()
    desktop.type("a-mail-password")
    desktop.key(KEY.Key_Return)
    desktop.settle()

    assert view.password.text() == "" and view.said.text() == "The password is kept."


def test_money_when_low_at_a_provider_then_who_looks_after_it_is_warned(
    desktop: Desktop, till: Till, people: dict[str, Actor]
) -> None:
    till.settings.change(people["A"], PROVIDER_LOW_MINOR, value=10_000_000, reason="test")
    desktop.sign_in("C")
    desktop.window.paying._look_at_money()
    desktop.settle()
    assert not any("is low" in text for text in texts_of(desktop))
    desktop.window.sign_out()
    desktop.sign_in("A")
    desktop.window.paying._look_at_money()
    desktop.settle()

    assert any(text.startswith("Money at MTN MoMo is low: RWF") for text in texts_of(desktop))


def texts_of(desktop: Desktop) -> list[str]:
    return [str(one) for one in desktop.window.notices]
