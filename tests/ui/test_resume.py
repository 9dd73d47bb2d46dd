"""The resume screen: what a stop left, done card by card with Enter."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from pos.bootstrap import Till
from pos.domain.permissions import Actor
from pos.services.sale_values import SaleRequest, SaleResult
from pos.system.ids import new_id
from pos.ui.screens.resume.view import ResumeScreen
from pos.ui.screens.sell.state import Stage
from pos.ui.screens.sell.view import SellScreen
from tests.ui.conftest import Desktop
from tests.ui.test_sell import meters

KEY = Qt.Key


@pytest.fixture
def stopped(till: Till, people: dict[str, Actor], open_shift: None) -> SaleResult:
    """A sale that is paid and issued, neither shown nor printed; and one that was only typed."""
    first, second = meters(till, "arrears_minor = 0", count=2)
    sale = till.checkout.sell(
        SaleRequest(sale_id=new_id(till.clock.now()), drn=first, money_minor=5000, tendered_minor=6000),
        people["C"],
    )
    body = {"drn": second, "name": "B", "kind": "energy", "amount": "3000", "units": "", "by_units": False}
    till.drafts.hold(new_id(till.clock.now()), people["C"], body=body | {"money_minor": 3000})
    return sale


def resume(desktop: Desktop) -> ResumeScreen:
    assert isinstance(desktop.screen, ResumeScreen)
    return desktop.screen


def test_sign_in_when_something_is_unfinished_then_the_resume_screen_comes_first(
    stopped: SaleResult, desktop: Desktop
) -> None:
    desktop.window.sign_in_as(desktop.people["C"])
    desktop.settle()

    report = resume(desktop).presenter.state.report
    assert report is not None
    assert [card.digits[:1] for card in report.cards] == [(stopped.item["tokens"][0]["digits"],), ()]
    assert report.cards[0].change_minor == 1000
    assert report.is_chain_whole and not report.has_receipt_gap


def test_enter_when_pressed_then_the_paper_is_printed_and_the_card_goes(
    stopped: SaleResult, desktop: Desktop, till: Till
) -> None:
    desktop.window.sign_in_as(desktop.people["C"])
    desktop.settle()
    desktop.key(KEY.Key_Return)

    report = resume(desktop).presenter.state.report
    assert report is not None and [card.digits for card in report.cards] == [()]
    copies = till.reprints.copies(stopped.sale_uuid, desktop.people["C"])
    assert [(copy.copy, copy.state) for copy in copies] == [(0, "printed")]


def test_draft_when_chosen_then_the_sale_goes_on_where_it_was(stopped: SaleResult, desktop: Desktop) -> None:
    desktop.window.sign_in_as(desktop.people["C"])
    desktop.settle()
    desktop.key(KEY.Key_Down)
    desktop.key(KEY.Key_Return)

    screen = desktop.screen
    assert isinstance(screen, SellScreen)
    assert screen.presenter.state.stage is Stage.AMOUNT and screen.presenter.state.amount == "3000"


def test_resume_when_left_with_f8_then_the_sell_screen(stopped: SaleResult, desktop: Desktop) -> None:
    desktop.window.sign_in_as(desktop.people["C"])
    desktop.settle()
    desktop.key(KEY.Key_F8)

    assert isinstance(desktop.screen, SellScreen)


def test_sign_in_when_nothing_is_unfinished_then_straight_to_sell(desktop: Desktop) -> None:
    desktop.window.sign_in_as(desktop.people["C"])
    desktop.settle()

    assert isinstance(desktop.screen, SellScreen)


def test_number_when_typed_on_the_resume_screen_then_no_digit_of_it_is_lost(
    stopped: SaleResult, desktop: Desktop, till: Till
) -> None:
    drn = meters(till, "arrears_minor = 0", count=3)[2]
    desktop.window.sign_in_as(desktop.people["C"])
    desktop.settle()
    assert isinstance(desktop.screen, ResumeScreen)
    desktop.type(drn)
    screen = desktop.screen
    assert isinstance(screen, SellScreen) and screen.presenter.state.search == drn
    desktop.key(KEY.Key_Return)

    card = screen.presenter.state.card
    assert screen.presenter.state.stage is Stage.CONFIRM
    assert card is not None and card.meter.drn == drn


def test_code_when_scanned_on_the_resume_screen_then_its_meter_is_asked_for(
    stopped: SaleResult, desktop: Desktop, till: Till
) -> None:
    drn = meters(till, "arrears_minor = 0", count=3)[2]
    desktop.window.sign_in_as(desktop.people["C"])
    desktop.settle()
    for letter in drn:
        QTest.keyClick(desktop.focus(), letter)
    desktop.key(KEY.Key_Return)

    screen = desktop.screen
    assert isinstance(screen, SellScreen)
    card = screen.presenter.state.card
    assert screen.presenter.state.stage is Stage.CONFIRM
    assert card is not None and card.meter.drn == drn


def test_cards_when_one_is_chosen_then_enter_stands_on_it_alone(
    stopped: SaleResult, desktop: Desktop
) -> None:
    desktop.window.sign_in_as(desktop.people["C"])
    desktop.settle()

    assert [card._main.accessibleName() for card in resume(desktop)._shown] == [
        "Print it, Enter",
        "Go on with it",
    ]
    desktop.key(KEY.Key_Down)
    assert [card._main.accessibleName() for card in resume(desktop)._shown] == [
        "Print it",
        "Go on with it, Enter",
    ]
