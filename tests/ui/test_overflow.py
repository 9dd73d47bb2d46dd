"""No text is cut and nothing reaches out of its place: small window, long words, large letters."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from PySide6.QtCore import Qt

from pos.bootstrap import Till
from pos.domain.permissions import Actor
from pos.domain.recovery_values import PaymentCase
from pos.domain.states import PaymentState, SaleState
from pos.gateways.base import NextStep, StepKind
from pos.i18n.catalogue import LANGUAGES, catalogue
from pos.services.payment_board import Board, ReadyRow, WaitingRow
from pos.services.payment_views import PaymentView, SaleView
from pos.services.sale_values import SaleRequest, SaleResult
from pos.system.ids import new_id
from pos.ui import main_window
from pos.ui.screens.sell.state import Stage, Wait
from pos.ui.screens.sell.view import SellScreen
from pos.ui.screens.settings.view import SettingsScreen
from pos.ui.screens.uploads.view import UploadsScreen
from tests.factories.head_office import compare, day_figures, fail, flag, sales_of, stand_enrolled
from tests.ui.conftest import Desktop
from tests.ui.overflow import Longer, captions_cut, faults
from tests.ui.test_resume import stopped  # noqa: F401 - a fixture
from tests.ui.test_sell import meters
from tests.ui.test_uploads import DeadLine

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
SIZES = [(1366, 768), (1024, 600)]
PLACES = ("sales", "meters", "shift", "uploads", "dashboard", "float", "tariffs", "books", "office", "help")


@pytest.fixture(params=SIZES, ids=["1366", "1024"])
def small(request: pytest.FixtureRequest, desktop: Desktop) -> Desktop:
    desktop.window.resize(*request.param)
    return desktop


@pytest.fixture
def longer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every text of the screens is 35 % longer."""
    monkeypatch.setattr(main_window, "catalogue", lambda _: Longer("en", catalogue("en").texts))
    yield


@pytest.fixture
def stretched(longer: None, small: Desktop) -> Desktop:
    small.window.set_preferences(small.window.preferences)
    small.settle()
    return small


def look_at(desktop: Desktop, percent: int, language: str = "") -> None:
    """Show everything in another size of text, or language."""
    window = desktop.window
    preferences = replace(window.preferences, text_percent=percent)
    window.set_preferences(preferences.with_language(language) if language else preferences)
    desktop.settle()


def found(desktop: Desktop, where: str) -> list[str]:
    desktop.settle()
    return [f"{where}: {fault}" for fault in faults(desktop.window)]


def walk_sale(desktop: Desktop, till: Till) -> list[str]:
    """Go through the stages of a sale and collect what does not fit."""
    wrong: list[str] = []

    def look(name: str, stage: Stage) -> None:
        screen = desktop.screen
        assert isinstance(screen, SellScreen)
        assert screen.presenter.state.stage is stage, name
        wrong.extend(found(desktop, name))

    drn = meters(till, "arrears_minor > 2000")[0]
    look("empty", Stage.IDLE)
    wrong.extend(walk_board(desktop))
    desktop.type(drn[-4:])
    look("results", Stage.RESULTS)
    desktop.key(KEY.Key_Escape)
    desktop.type(drn[:-1] + str((int(drn[-1]) + 1) % 10))
    desktop.key(KEY.Key_Return)
    wrong += found(desktop, "wrong number")
    desktop.key(KEY.Key_Escape)
    desktop.key(KEY.Key_Escape)
    desktop.type(drn)
    desktop.key(KEY.Key_Return)
    look("confirm", Stage.CONFIRM)
    desktop.key(KEY.Key_Return)
    look("amount, empty", Stage.AMOUNT)
    desktop.type("18500")
    look("amount", Stage.AMOUNT)
    desktop.key(KEY.Key_F3)
    look("all lines or trial", Stage.AMOUNT)
    desktop.key(KEY.Key_F3)
    desktop.key(KEY.Key_Return)
    look("tender", Stage.TENDER)
    walk_payment(desktop, look)
    desktop.type("20000")
    desktop.key(KEY.Key_Return)
    look("paid", Stage.PAID)
    desktop.type(drn)
    desktop.key(KEY.Key_Return)
    desktop.key(KEY.Key_Return)
    look("guard", Stage.GUARD)
    desktop.key(KEY.Key_Escape)
    desktop.key(KEY.Key_Escape)
    desktop.key(KEY.Key_T, CTRL)
    look("check", Stage.CHECK)
    return wrong


def walk_payment(desktop: Desktop, look: Callable[[str, Stage], None]) -> None:
    """Go through the ways to pay and every kind of wait, then back to cash; nothing is asked for."""
    screen = desktop.screen
    assert isinstance(screen, SellScreen)
    desktop.wait_until(lambda: bool(screen.presenter.state.ways))
    desktop.key(KEY.Key_2, CTRL)
    desktop.type("0788413412")
    look("phone", Stage.TENDER)
    desktop.key(KEY.Key_Escape)
    desktop.type("10000")
    desktop.key(KEY.Key_4, CTRL)
    look("split", Stage.TENDER)
    screen.presenter.tender.type_received(0, "20000")
    look("split with change", Stage.TENDER)
    desktop.key(KEY.Key_Plus, CTRL)
    look("split in three", Stage.TENDER)
    for name, view in waits(screen).items():
        screen.presenter.set(stage=Stage.WAITING, wait=Wait(view, desktop.window.desk.clock.now()))
        look(f"wait, {name}", Stage.WAITING)
    screen.presenter.set(stage=Stage.TENDER, wait=None)
    desktop.key(KEY.Key_Escape)
    for _ in range(5):
        desktop.key(KEY.Key_Backspace)


def walk_board(desktop: Desktop) -> list[str]:
    """Show the empty screen on a bad day: much waits, much is ready."""
    screen = desktop.screen
    assert isinstance(screen, SellScreen)
    now = desktop.window.desk.clock.now()
    waiting = tuple(
        WaitingRow(
            sale_id=uuid4(),
            name="Jean Damascène Habimana Niyonzima",
            drn="04100000373",
            tender="momo",
            phone_last3="412",
            amount_minor=1_860_000,
            begun_at=now - timedelta(minutes=n * 50),
            state=SaleState.AWAITING_PAYMENT,
            is_parked=True,
            is_unknown=n == 1,
            needs_person=n == 2,
            trouble="",
        )
        for n in range(4)
    )
    ready = tuple(
        ReadyRow(n, uuid4(), what, now, "Jean Damascène Habimana", "04100000373", 1_860_000)
        for n, what in enumerate(("delivered", "failed", "refund_due"))
    )
    before = screen.presenter.state.board
    screen.presenter.set(board=Board(waiting, 1000, ready))
    wrong = found(desktop, "much waits")
    screen.presenter.set(board=before)
    return wrong


def waits(screen: SellScreen) -> dict[str, SaleView]:
    """Sales in every state a wait can show."""
    now = screen.presenter.context.desk.clock.now()
    part = PaymentView(
        uuid4(),
        "momo",
        PaymentState.SENT,
        8500,
        provider="mtn_momo",
        reference=str(uuid4()),
        phone_last3="412",
        begun_at=now,
        ask_at=now + timedelta(seconds=4),
        asked_at=now,
        reason="time_out",
    )
    cash = PaymentView(uuid4(), "cash", PaymentState.SUCCEEDED, 10_000, 10_000)
    link = NextStep(StepKind.OPEN_LINK, url="https://checkout.example.com/0123456789abcdef0123456789")
    dial = NextStep(StepKind.PAY_OFFLINE, ussd_code="*737*33*4*18791#")
    view = SaleView(
        sale_id=uuid4(),
        state=SaleState.AWAITING_PAYMENT,
        money_minor=18_500,
        paid_minor=10_000,
        rest_minor=0,
        parts=(cash, part),
        drn="04100000373",
        owner="Aline",
        owner_id=uuid4(),
        begun_at=now,
        age=timedelta(0),
        parked_at=None,
        trouble="",
        result=None,
    )
    differs = replace(part, attention=frozenset({PaymentCase.AMOUNT_DIFFERS}))
    failed = replace(part, state=PaymentState.FAILED, reason="not_enough_money")
    return {
        "sent": view,
        "link": replace(view, parts=(cash, replace(part, step=link))),
        "code": replace(view, parts=(cash, replace(part, step=NextStep(StepKind.GIVE_OTP)))),
        "address": replace(view, parts=(cash, replace(part, step=NextStep(StepKind.GIVE_ADDRESS)))),
        "dialled": replace(view, parts=(cash, replace(part, step=dial))),
        "unknown": replace(view, parts=(cash, replace(part, state=PaymentState.UNKNOWN))),
        "other money": replace(view, parts=(cash, differs)),
        "failed": replace(view, state=SaleState.FAILED, paid_minor=0, parts=(failed,)),
        "rest": replace(view, rest_minor=8500, parts=(cash, failed)),
        "paid": replace(view, state=SaleState.PAID, parts=(cash,), trouble="envelope.money"),
        "due back": replace(view, state=SaleState.REFUND_DUE, parts=(cash,)),
    }


def walk_office(desktop: Desktop) -> list[str]:
    """Go to every place but Sell, and to every page of the settings."""
    wrong = []
    for place in PLACES:
        desktop.window.go(place)
        wrong += found(desktop, place)
    desktop.window.go("settings")
    desktop.settle()
    screen = desktop.screen
    assert isinstance(screen, SettingsScreen)
    for page in screen.presenter.pages:
        desktop.window.go("settings", page=page.key)
        wrong += found(desktop, f"settings, {page.key}")
    return wrong


def test_sell_when_words_are_longer_then_nothing_is_cut(
    stretched: Desktop, till: Till, open_shift: None
) -> None:
    stretched.sign_in("C")

    assert walk_sale(stretched, till) == []


@pytest.mark.parametrize("percent", [150, 200])
def test_sell_when_letters_are_large_then_nothing_is_cut(
    small: Desktop, till: Till, open_shift: None, percent: int
) -> None:
    look_at(small, percent)
    small.sign_in("C")

    assert walk_sale(small, till) == []


def test_places_when_words_are_longer_then_nothing_is_cut(stretched: Desktop, open_shift: None) -> None:
    stretched.sign_in("A")

    assert walk_office(stretched) == []


def test_places_when_letters_are_large_then_nothing_is_cut(small: Desktop, open_shift: None) -> None:
    look_at(small, 200)
    small.sign_in("A")

    assert walk_office(small) == []


@pytest.fixture
def head_office(till: Till, open_shift: None, people: dict[str, Actor]) -> None:
    """The till is enrolled: entries wait, have a question, are not taken; a day differs."""
    till.office.use_transport(lambda _: DeadLine())
    for drn in meters(till, "arrears_minor = 0", count=3):
        request = SaleRequest(
            sale_id=new_id(till.clock.now()), drn=drn, money_minor=5000, tendered_minor=5000
        )
        till.checkout.sell(request, people["C"])
    stand_enrolled(till, unsent=3)
    older = sales_of(till, limit=8)
    flag(till, {older[5][0]: ["price", "clock"], older[6][0]: ["charge_twice"]})
    fail(till, "sync.bad_signature")
    compare(till)
    day = older[5][1]
    figures = day_figures(till, day)
    figures["pieces"]["sale_delivered"] -= 1
    figures["tenders_minor"]["cash"] -= 3000
    compare(till, red={day: figures})


def walk_head_office(desktop: Desktop) -> list[str]:
    """Go through what an enrolled till shows of head office."""
    wrong = []
    desktop.window.go("uploads")
    wrong += found(desktop, "uploads")
    screen = desktop.screen
    assert isinstance(screen, UploadsScreen)
    flagged = screen.flagged.model.rows[0].entry.sale_id
    assert flagged is not None
    screen.presenter.see_sums(flagged)
    wrong += found(desktop, "both sums")
    screen.show_where({"tab": "sent"})
    wrong += found(desktop, "sent today")
    for place in ("books", "office"):
        desktop.window.go(place)
        wrong += found(desktop, place)
    desktop.window.go("settings", page="office")
    return wrong + found(desktop, "settings, office")


def test_head_office_when_words_are_longer_then_nothing_is_cut(head_office: None, stretched: Desktop) -> None:
    stretched.sign_in("A")

    assert walk_head_office(stretched) == []


def test_head_office_when_letters_are_large_then_nothing_is_cut(head_office: None, small: Desktop) -> None:
    look_at(small, 200)
    small.sign_in("A")

    assert walk_head_office(small) == []


@pytest.mark.parametrize("percent", [100, 200])
def test_sign_in_when_words_are_longer_then_nothing_is_cut(stretched: Desktop, percent: int) -> None:
    look_at(stretched, percent)

    assert found(stretched, "sign-in") == []


@pytest.mark.parametrize("percent", [100, 200])
def test_resume_when_words_are_longer_then_nothing_is_cut(
    stopped: SaleResult,  # noqa: F811 - the fixture
    stretched: Desktop,
    people: dict[str, Actor],
    percent: int,
) -> None:
    look_at(stretched, percent)
    stretched.window.sign_in_as(people["C"])
    stretched.settle()

    assert found(stretched, "resume") == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("percent", [100, 200])
def test_keys_when_shown_in_a_shipped_language_then_their_captions_fit(
    small: Desktop, open_shift: None, language: str, percent: int
) -> None:
    look_at(small, percent, language)
    small.sign_in("A")
    wrong = []
    for place in ("sell", *PLACES, "settings"):
        small.window.go(place)
        small.settle()
        wrong += [f"{place}: {one}" for one in captions_cut(small.window)]

    assert wrong == []
