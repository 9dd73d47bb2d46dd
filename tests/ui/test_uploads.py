"""The Uploads screen: what waits, what has a question, what was not taken; sending; driven by keys."""

import json
import threading
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from pos.bootstrap import Till
from pos.domain.permissions import Actor
from pos.errors import Unavailable
from pos.services.sale_values import SaleRequest
from pos.sync.transport import Response
from pos.system.ids import new_id
from pos.ui.screens.sales.view import SalesScreen
from pos.ui.screens.uploads.state import SENT, TO_DO
from pos.ui.screens.uploads.view import UploadsScreen
from tests.factories.head_office import fail, flag, sales_of, stand_enrolled
from tests.ui.conftest import Desktop
from tests.ui.test_sell import meters
from tests.ui.test_tariffs import GivenFiles

KEY = Qt.Key


class DeadLine:
    """A way to head office that leads nowhere; `waits` lets a cycle hang until it is set."""

    def __init__(self) -> None:
        self.tried = 0
        self.waits: threading.Event | None = None

    def send(self, *_: object, **__: object) -> Response:
        self.tried += 1
        if self.waits is not None:
            self.waits.wait(5)
        raise Unavailable("sync.unreachable", "Head office cannot be reached; it is tried again.")


@pytest.fixture
def line(till: Till) -> DeadLine:
    """Head office cannot be reached."""
    dead = DeadLine()
    till.office.use_transport(lambda _: dead)
    return dead


@pytest.fixture
def sold(till: Till, people: dict[str, Actor], open_shift: None) -> None:
    """Three sales of today."""
    for drn in meters(till, "arrears_minor = 0", count=3):
        request = SaleRequest(
            sale_id=new_id(till.clock.now()), drn=drn, money_minor=5000, tendered_minor=5000
        )
        till.checkout.sell(request, people["C"])


def open_uploads(desktop: Desktop, role: str = "C") -> UploadsScreen:
    desktop.sign_in(role)
    desktop.window.go("uploads")
    desktop.settle()
    return cast(UploadsScreen, desktop.screen)


def now_of(screen: UploadsScreen) -> tuple[int, int, int]:
    now = screen.presenter.state.now
    assert now is not None
    return now.waiting_count, now.flagged_count, len(now.refused)


def test_uploads_when_the_till_stands_alone_say_so_and_offer_to_enrol(desktop: Desktop) -> None:
    screen = open_uploads(desktop, "A")

    card = screen.side.office
    assert card.fact.text() == "This till stands alone"
    assert not card.send.isEnabled()
    assert card.enrol.isVisible()
    desktop.key(KEY.Key_F8)
    assert desktop.window.notices[0] == "This till stands alone"


def test_uploads_when_a_cashier_looks_offer_no_enrolment(desktop: Desktop) -> None:
    assert not open_uploads(desktop, "C").side.office.enrol.isVisible()


def test_waiting_when_entries_are_unsent_shows_them_in_order_with_their_age(
    desktop: Desktop, till: Till, line: DeadLine, sold: None
) -> None:
    stand_enrolled(till, unsent=4)
    screen = open_uploads(desktop)

    rows = screen.waiting.model.rows
    assert [row.kind for row in rows] == ["shift_opened"] + ["sale_delivered"] * 3
    assert [row.seq for row in rows] == sorted(row.seq for row in rows)
    texts = [screen.waiting.model.data(screen.waiting.model.index(1, n)) for n in range(4)]
    assert texts[1].startswith("Sale T03-")
    assert texts[2] == "5,000"
    assert texts[3].endswith("s")
    assert screen.waiting.table.hasFocus()


def test_questions_when_flagged_show_reasons_and_count_on_the_rail(
    desktop: Desktop, till: Till, line: DeadLine, sold: None
) -> None:
    stand_enrolled(till)
    seq = sales_of(till)[0][0]
    flag(till, {seq: ["price", "clock"]})
    screen = open_uploads(desktop)
    desktop.window.refresh_status()
    desktop.settle()

    assert now_of(screen) == (0, 1, 0)
    model = screen.flagged.model
    assert model.data(model.index(0, 3)) == "Price differs +1"
    rail = {item.key: item.count for item in desktop.window.rail.items()}
    assert rail["uploads"] == 1


def test_both_sums_when_asked_for_are_those_of_the_sale(
    desktop: Desktop, till: Till, line: DeadLine, sold: None
) -> None:
    stand_enrolled(till)
    flag(till, {sales_of(till)[0][0]: ["price"]})
    screen = open_uploads(desktop)
    assert screen.flagged.table.hasFocus()
    desktop.key(KEY.Key_Return)

    sums = screen.presenter.state.sums
    assert sums is not None and sums.is_again
    assert sum(one.here_minor or 0 for one in sums.lines) == 5000
    # The tariff did not change: computed again it is the same.
    assert all(one.here_minor == one.there_minor for one in sums.lines)
    assert sums.units_here_milli == sums.units_there_milli
    assert "same sum" in screen.side.sums.about.text()
    desktop.key(KEY.Key_Escape)
    assert screen.presenter.state.sums is None
    assert desktop.screen is screen


@pytest.mark.parametrize("code", ["sync.bad_hash", "sync.bad_signature"])
def test_refused_when_a_batch_was_not_taken_is_its_first_entry(
    desktop: Desktop, till: Till, line: DeadLine, sold: None, tmp_path: Path, code: str
) -> None:
    stand_enrolled(till, unsent=3)
    fail(till, code)
    screen = open_uploads(desktop)

    assert now_of(screen) == (2, 0, 1)
    (refused,) = screen.refused.model.rows
    assert refused.entry is not None and refused.entry.kind == "sale_delivered"
    path = tmp_path / "report.json"
    screen.files = GivenFiles(path)
    screen._report(refused)
    desktop.settle()
    report = json.loads(path.read_text())
    assert (report["code"], report["entry"]["seq"]) == (code, refused.entry.seq)
    assert "digits" not in path.read_text() and "drn" not in path.read_text()


def test_send_now_when_nobody_answers_says_so_and_tries_again(
    desktop: Desktop, till: Till, line: DeadLine, sold: None
) -> None:
    stand_enrolled(till, unsent=2)
    screen = open_uploads(desktop)
    tried = line.tried
    desktop.key(KEY.Key_F8)
    desktop.settle()

    assert line.tried > tried
    sync = desktop.window.syncing.state
    assert sync.tries >= 1 and sync.is_no_answer and sync.next_at is not None
    card = screen.side.office
    assert card.fact.text() == "No answer from head office"
    assert card.tries.text() == str(sync.tries)
    assert "next try in" in screen.waiting.note.text()
    assert desktop.window._panel is None


def test_send_now_when_stopped_with_escape_ends_at_its_next_step(
    desktop: Desktop, till: Till, line: DeadLine, sold: None
) -> None:
    stand_enrolled(till, unsent=2)
    screen = open_uploads(desktop)
    line.waits = threading.Event()
    screen.presenter.send_now()
    assert screen.side.office.stop.isVisible() and not screen.side.office.send.isVisible()
    assert screen.escape()

    assert desktop.window.syncing.state.is_stopping
    assert not screen.side.office.stop.isEnabled()
    line.waits.set()
    desktop.wait_until(lambda: not desktop.window.syncing.state.is_running)
    assert desktop.screen is screen


def test_sent_today_when_turned_to_lists_what_head_office_has(
    desktop: Desktop, till: Till, line: DeadLine, sold: None
) -> None:
    stand_enrolled(till, unsent=1)
    screen = open_uploads(desktop)
    screen._turn(SENT)
    desktop.settle()

    assert [row.kind for row in screen.sent.rows] == ["sale_delivered", "sale_delivered", "shift_opened"]
    assert screen.sent_table.hasFocus()
    assert screen.side.office.taken.text() == "3" and screen.side.office.made.text() == "4"
    desktop.key(KEY.Key_Escape)
    assert screen.presenter.state.tab == TO_DO


def test_entry_when_opened_shows_its_sale(desktop: Desktop, till: Till, line: DeadLine, sold: None) -> None:
    stand_enrolled(till, unsent=1)
    open_uploads(desktop)
    desktop.key(KEY.Key_F9)

    assert isinstance(desktop.screen, SalesScreen)


@pytest.mark.parametrize(
    ("state", "fact"),
    [("forked", "A copy of this till sold too"), ("revoked", "The office does not allow this till")],
)
def test_head_office_when_it_stopped_the_till_is_shown_as_a_stop(
    desktop: Desktop, till: Till, line: DeadLine, sold: None, state: str, fact: str
) -> None:
    stand_enrolled(till, unsent=2)
    with till.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE server_link SET state = ?, state_reason = 'line 3'", (state,))
    till.office.state.reload()
    screen = open_uploads(desktop)

    assert screen.side.office.fact.text().startswith(fact)
    assert screen.presenter.state.now is not None
    assert screen.presenter.state.now.office.state == state


def test_strip_when_the_unsent_value_is_pressed_opens_uploads(
    desktop: Desktop, till: Till, line: DeadLine
) -> None:
    stand_enrolled(till, unsent=2)
    desktop.sign_in("C")
    desktop.window.strip.pressed.emit("unsent")
    desktop.settle()

    assert isinstance(desktop.screen, UploadsScreen)


def test_table_models_when_tested_by_qt_are_sound(
    desktop: Desktop, till: Till, line: DeadLine, sold: None
) -> None:
    stand_enrolled(till, unsent=2)
    flag(till, {sales_of(till)[2][0]: ["price"]})
    fail(till, "sync.bad_hash")
    screen = open_uploads(desktop)
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    for model in (screen.waiting.model, screen.flagged.model, screen.refused.model, screen.sent):
        tester = QAbstractItemModelTester(model, fatal)
        model.show_rows([])
        del tester


def test_background_when_a_cycle_is_due_runs_by_itself_and_stops_with_the_window(
    desktop: Desktop, till: Till, line: DeadLine
) -> None:
    stand_enrolled(till)
    desktop.window.syncing.start()
    desktop.wait_until(lambda: line.tried > 0)
    desktop.window.syncing.stop()
    tried = line.tried

    desktop.window.syncing.run_now()
    desktop.settle()
    assert line.tried == tried
