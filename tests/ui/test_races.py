"""Late answers and impatient hands: a sale that is being paid is shown whatever is pressed meanwhile."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtTest import QTest

from pos.bootstrap import Till
from pos.ui.screens.sell.state import Stage
from pos.ui.screens.sell.view import SellScreen
from pos.ui.widgets.fields import NumberField
from tests.ui.conftest import PINS, Desktop
from tests.ui.test_sell import meters, screen, state, to_amount

KEY = Qt.Key


@pytest.fixture
def selling(desktop: Desktop, open_shift: None) -> Desktop:
    desktop.sign_in("C")
    return desktop


@contextmanager
def held_sale(till: Till, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Let the sale wait until it is released, as on a slow disk; gives what releases it."""
    gate = threading.Event()
    sell = till.checkout.sell

    def slowly(*arguments: object, **named: object) -> object:
        assert gate.wait(10)
        return sell(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(till.checkout, "sell", slowly)
    try:
        yield gate.set
    finally:
        gate.set()


def pay(desktop: Desktop, drn: str) -> None:
    """Press everything up to Pay; the answer is not waited for."""
    to_amount(desktop, drn)
    desktop.type("5000")
    desktop.key(KEY.Key_Return)
    QTest.keyClick(desktop.focus(), KEY.Key_Return)
    QCoreApplication.processEvents()
    assert state(desktop).is_paying


def press_f4(desktop: Desktop) -> None:
    QTest.keyClick(desktop.focus(), KEY.Key_F4)


def find_another(desktop: Desktop) -> None:
    QTest.keyClick(desktop.focus(), KEY.Key_F2)
    for letter in "04100000746":
        desktop.window._bursts.forget()
        QTest.keyClick(desktop.focus(), letter)
    QTest.keyClick(desktop.focus(), KEY.Key_Return)


def lock(desktop: Desktop) -> None:
    QTest.keyClick(desktop.focus(), KEY.Key_F12)


def resize(desktop: Desktop) -> None:
    desktop.window.resize(1024, 600)
    QCoreApplication.processEvents()


def leave(desktop: Desktop) -> None:
    QTest.keyClick(desktop.focus(), KEY.Key_2, Qt.KeyboardModifier.AltModifier)


@pytest.mark.parametrize("act", [press_f4, find_another, lock, resize, leave])
def test_sale_when_something_else_is_pressed_while_it_is_paid_then_its_token_is_shown(
    selling: Desktop, till: Till, monkeypatch: pytest.MonkeyPatch, act: Callable[[Desktop], None]
) -> None:
    drn = meters(till, "arrears_minor = 0")[0]
    with held_sale(till, monkeypatch) as release:
        pay(selling, drn)
        act(selling)
        release()
        selling.settle()
        QTest.qWait(250)
        selling.settle()

    assert isinstance(selling.screen, SellScreen)
    paid = state(selling).paid
    assert state(selling).stage is Stage.PAID and paid is not None
    assert (paid.sale.row.drn, paid.view.money_minor) == (drn, 5000)
    assert len(paid.sale.digits) == 20


def test_enter_when_held_down_then_leads_on_once(selling: Desktop, till: Till) -> None:
    to_amount(selling, meters(till, "arrears_minor = 0")[0])
    selling.type("5000")
    for n in range(6):
        key = QKeyEvent(
            QEvent.Type.KeyPress,
            KEY.Key_Return,
            Qt.KeyboardModifier.NoModifier,
            "\r",
            n > 0,
        )
        QCoreApplication.sendEvent(selling.focus(), key)
        selling.settle()

    assert state(selling).stage is Stage.TENDER


def test_approval_when_it_comes_after_the_question_was_left_then_does_nothing(
    selling: Desktop, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    approve = till.approver.approve

    def slowly(*arguments: object, **named: object) -> object:
        assert gate.wait(10)
        return approve(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(till.approver, "approve", slowly)
    drn = "04998877667"
    before = till.meters.find(selling.people["A"], drn)
    selling.type("04998877668" if not before else drn)
    selling.key(KEY.Key_Return)
    if state(selling).stage is not Stage.UNKNOWN:
        pytest.fail("the number must be good and unknown")
    screen(selling).unknown.reason.setFocus()
    selling.type("new connection")
    selling.key(KEY.Key_Return)
    selling.type(PINS["S"])
    QTest.keyClick(selling.focus(), KEY.Key_Return)
    QTest.keyClick(selling.focus(), KEY.Key_Escape)
    gate.set()
    selling.settle()

    with till.units.read() as connection:
        added = connection.exec_driver_sql(
            "SELECT count(*) FROM meter WHERE drn LIKE '0499887766%'"
        ).scalar_one()
    assert added == 0
    assert selling.window._panel is None


@pytest.mark.parametrize("typed", ["10,000", "10 000", "10.000"])
def test_amount_when_typed_with_separators_then_the_number_and_nothing_is_thrown_away(
    selling: Desktop, till: Till, typed: str
) -> None:
    to_amount(selling, meters(till, "arrears_minor = 0")[0])
    selling.type(typed)

    assert (state(selling).stage, state(selling).amount) == (Stage.AMOUNT, "10000")


@pytest.mark.parametrize("pasted", ["5000.5", "1e5", "-5", "abc", "\u0665\u0660\u0660"])
def test_amount_when_no_number_is_pasted_then_what_stood_there_stays(
    selling: Desktop, till: Till, pasted: str
) -> None:
    to_amount(selling, meters(till, "arrears_minor = 0")[0])
    selling.type("700")
    QGuiApplication.clipboard().setText(pasted)
    field = screen(selling).trade.amount
    assert isinstance(field, NumberField)
    field.edit.paste()
    selling.settle()

    assert (state(selling).amount, field.text()) == ("700", "700")


def test_scan_when_the_role_does_not_sell_then_stays_where_it_is(desktop: Desktop) -> None:
    desktop.sign_in("U")
    place = desktop.window._place
    desktop.window._deliver_scan("04100000373")
    desktop.settle()

    assert desktop.window._place == place
    desktop.window.go("sell")
    desktop.settle()
    assert desktop.window._place == place


def test_lock_when_an_amount_has_no_price_yet_then_held_all_the_same(selling: Desktop, till: Till) -> None:
    to_amount(selling, meters(till, "arrears_minor = 0")[0])
    selling.window._bursts.forget()
    QTest.keyClick(selling.focus(), "7")
    QTest.keyClick(selling.focus(), KEY.Key_F12)
    selling.settle()

    assert [draft.body["amount"] for draft in till.drafts.list(selling.people["C"])] == ["7"]


def test_sign_in_when_a_token_was_not_handed_over_then_the_resume_screen_again(
    desktop: Desktop, till: Till, open_shift: None
) -> None:
    from pos.services.sale_values import SaleRequest
    from pos.system.ids import new_id
    from pos.ui.screens.resume.view import ResumeScreen

    desktop.sign_in("C")
    desktop.key(KEY.Key_F12)
    request = SaleRequest(
        sale_id=new_id(till.clock.now()), drn=meters(till, "arrears_minor = 0")[0], money_minor=5000
    )
    till.checkout.sell(request, desktop.people["C"])
    desktop.sign_in("C")

    assert isinstance(desktop.screen, ResumeScreen)
