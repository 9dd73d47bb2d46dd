"""Draws every screen and state of the real program into `docs/screenshots`: `make screenshots`.

The demo shop is made anew, driven by keys as a person would, on Qt's offscreen platform with the bundled
fonts: 1366×768 and, for Sell, Shift and payments, 1024×600; light and dark; Sell in every language. Names of
parts (`python -m tools.screenshots payments`) draw those alone and leave the others; `--out FOLDER` draws
somewhere else, to look before the pictures of the guide change.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea

from pos.bootstrap import Access, Till, open_till
from pos.cli.demo_shop import demo_plan, make_demo_shop
from pos.domain.canonical import JsonObject
from pos.domain.permissions import Actor
from pos.domain.shift import cash_count
from pos.errors import Unavailable
from pos.models.queries.tariffs import list_versions
from pos.services.enrol_values import EnrolWish
from pos.services.key_changes import Announcement
from pos.services.sale_values import SaleRequest
from pos.sync.transport import Response
from pos.system.ids import new_id
from pos.system.paths import DataFolder
from pos.ui.app import make_application, make_style
from pos.ui.main_window import MainWindow
from pos.ui.picture import settle, silence_offscreen
from pos.ui.screens.office.acts import METERS
from pos.ui.screens.office.presenter import EVENTS_PAUSE_MS
from pos.ui.screens.office.view import TAB_WORDS, OfficeScreen
from pos.ui.tasks import TaskRunner
from tests.factories.head_office import compare, day_figures, fail, flag, sales_of, stand_enrolled
from tests.factories.office_scene import CHIEF, PASSWORD, make_office_scene
from tests.fakes.server_transport import ClientTransport

OUT = Path(__file__).parents[1] / "docs" / "screenshots"
PARTS = ("sell", "shift", "payments", "desk", "head_office", "office", "resume", "key_change")
WIDE, SMALL = (1366, 768), (1024, 600)
KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


class Camera:
    """A window of a shop of its own."""

    out = OUT

    def __init__(self, till: Till, size: tuple[int, int], theme: str, *, language: str = "en") -> None:
        self.till = till
        self.suffix = f"{language + '-' if language != 'en' else ''}{theme}-{size[0]}"
        self._style = make_style(make_application())
        self._tasks = TaskRunner()
        pins = [(user.name, user.role.value, user.pin) for user in demo_plan().users]
        self.window = MainWindow(till, self._tasks, self._style, demo_pins=lambda: pins)
        self.window.resize(*size)
        self.window.show()
        self.window.set_preferences(replace(self.window.preferences, theme=theme, language=language))
        self.window.activateWindow()
        self.settle()
        self.people: dict[str, Actor] = {one.role.value: one for one in till.sign_in.people()}

    def settle(self) -> None:
        """Let everything arrive, also what waits a moment on purpose."""
        for _ in range(4):
            settle(self._tasks)
            QTest.qWait(40)

    def sign_in(self, role: str, *, resumes: bool = False) -> None:
        self.window.has_resumed = not resumes
        self.window.sign_in_as(self.people[role])
        self.settle()

    def go(self, place: str, **where: object) -> Any:
        self.window.go(place, **where)
        self.settle()
        return self.window.screen_now

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifier)
        self.settle()

    def type(self, text: str) -> None:
        for letter in text:
            self.window._bursts.forget()
            QTest.keyClicks(QApplication.focusWidget() or self.window, letter)
        self.settle()

    def shoot(self, name: str) -> None:
        self.settle()
        self.window.toasts.hide() if self.window.actor is not None else None
        self.window.grab().save(str(self.out / f"{name}-{self.suffix}.png"))

    def close(self) -> None:
        self.window.close()
        QCoreApplication.processEvents()


def main(arguments: Sequence[str]) -> int:
    """Draw everything, or the parts that are named."""
    asked = _asked(arguments)
    parts: list[str] = asked.parts
    silence_offscreen()
    Camera.out = asked.out
    asked.out.mkdir(parents=True, exist_ok=True)
    for old in asked.out.glob("[0-9]*.png") if not parts else ():
        old.unlink()
    with tempfile.TemporaryDirectory(prefix="kilotill-pictures-") as name:
        made = Path(name, "made")
        make_demo_shop(DataFolder(made), datetime.now(UTC) - timedelta(minutes=1), days=40)
        jobs: list[tuple[Callable[[Camera], None], tuple[int, int], str, str]] = []
        for theme in ("light", "dark"):
            for size in (WIDE, SMALL):
                jobs += [
                    (_sell, size, theme, "en"),
                    (_shift, size, theme, "en"),
                    (_payments, size, theme, "en"),
                ]
            jobs += [
                (_desk, WIDE, theme, "en"),
                (_head_office, WIDE, theme, "en"),
                (_office, WIDE, theme, "en"),
                (_resume, WIDE, theme, "en"),
                (_key_change, WIDE, theme, "en"),
            ]
        jobs += [(_office, SMALL, "light", "en")]
        jobs += [(_sell, SMALL, "light", language) for language in ("fr", "rw", "sw")]
        jobs += [(_payments, WIDE, "light", "fr")]
        if parts:
            jobs = [job for job in jobs if job[0].__name__.strip("_") in parts]
        for n, (draw, size, theme, language) in enumerate(jobs):
            folder = Path(name, str(n))
            shutil.copytree(made, folder)
            with _camera(folder, size, theme, language=language) as camera:
                draw(camera)
            shutil.rmtree(folder)
            sys.stdout.write(f"{draw.__name__.strip('_')} {size[0]} {theme} {language}\n")
    return 0


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description="Draw the screens.")
    # Python 3.11 looks an empty list up among the choices as well.
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="part", help=", ".join(PARTS))
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help=f"where to (usually {OUT})")
    return parser.parse_args(arguments)


@contextmanager
def _camera(folder: Path, size: tuple[int, int], theme: str, *, language: str) -> Iterator[Camera]:
    with open_till(DataFolder(folder), Access.WRITES) as till:
        camera = Camera(till, size, theme, language=language)
        try:
            yield camera
        finally:
            camera.close()


def _open_shift(camera: Camera) -> None:
    camera.till.shifts.open_shift(camera.people["C"], cash_count([(5000, 6), (1000, 15), (500, 10)]))


def _fresh(till: Till, condition: str, *, count: int = 1) -> list[str]:
    with till.units.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT drn FROM meter WHERE status = 'active' "  # noqa: S608 - our own words
            "AND service = 0 AND institution IS NULL "
            f"AND {condition} ORDER BY key LIMIT ?",
            (count,),
        )
        return [row[0] for row in rows]


def _sell(camera: Camera) -> None:
    camera.shoot("13b-sign-in")
    _open_shift(camera)
    for drn in _fresh(camera.till, "arrears_minor = 0", count=3):
        request = SaleRequest(sale_id=new_id(camera.till.clock.now()), drn=drn, money_minor=2000)
        result = camera.till.checkout.sell(request, camera.people["C"])
        if result.print_job is not None:
            camera.till.spool.print_job(result.print_job)
        camera.till.reprints.hand_over_paper(result.place, camera.people["C"])
    camera.sign_in("C")
    camera.shoot("01-sell-empty")
    drn = _fresh(camera.till, "arrears_minor > 0")[0]
    camera.type(drn)
    camera.key(KEY.Key_Return)
    camera.shoot("01b-sell-confirm")
    camera.key(KEY.Key_Return)
    camera.type("18500")
    camera.shoot("02-sell-trial")
    camera.key(KEY.Key_Return)
    camera.type("20000")
    camera.shoot("05a-tender-cash")
    camera.key(KEY.Key_Return)
    camera.shoot("03-sell-paid")
    camera.type(drn)
    camera.key(KEY.Key_Return)
    camera.key(KEY.Key_Return)
    camera.shoot("04-duplicate-guard")
    camera.type("s")
    camera.type("60000")
    camera.key(KEY.Key_Return)
    camera.key(KEY.Key_Return)
    camera.shoot("15-supervisor")
    camera.key(KEY.Key_Escape)
    for _ in range(4):
        camera.key(KEY.Key_Escape)
    camera.type(drn[:-2] + drn[-1] + drn[-2])
    camera.key(KEY.Key_Return)
    camera.shoot("15-fix-it")


def _payments(camera: Camera) -> None:
    """Cash, a phone, a split, every kind of wait, what waits and what is ready; sandbox numbers choose."""
    _open_shift(camera)
    camera.sign_in("C")
    drns = _fresh(camera.till, "arrears_minor = 0", count=4)
    for drn, phone in zip(drns[1:], ("0788413404", "0788413424", "0788413499"), strict=True):
        _ask(camera, drn, "6000", phone)
        camera.key(KEY.Key_Return)
    drn = _fresh(camera.till, "arrears_minor > 0")[0]
    for text in (drn, "", "18500"):
        camera.type(text)
        camera.key(KEY.Key_Return)
    camera.type("20000")
    camera.shoot("05a-tender-cash")
    for _ in range(5):
        camera.key(KEY.Key_Backspace)
    camera.key(KEY.Key_2, CTRL)
    camera.type("0788413416")
    QTest.qWait(600)
    camera.shoot("05a-tender-phone")
    camera.key(KEY.Key_Escape)
    camera.type("10000")
    camera.key(KEY.Key_4, CTRL)
    sell: Any = camera.window.screen_now
    cash, row = sell.trade.money.split.rows
    cash.received.edit.setFocus()
    camera.type("20000")
    row.payer.edit.setFocus()
    row.payer.edit.selectAll()
    camera.type("0788413416")
    QTest.qWait(600)
    camera.shoot("05b-tender-split")
    camera.key(KEY.Key_Return)
    QTest.qWait(1_500)
    camera.shoot("05c-tender-waiting")
    camera.key(KEY.Key_Return)
    QTest.qWait(8_000)
    camera.window.paying.wake()
    camera.shoot("01-sell-waiting")
    # Its first answer is lost: nobody knows until the provider is asked.
    _ask(camera, _fresh(camera.till, "arrears_minor = 0", count=5)[4], "6000", "0788413418")
    camera.shoot("15-wait")
    camera.key(KEY.Key_Return)
    camera.window.sign_out()
    camera.sign_in("A")
    camera.go("sales")
    camera.key(KEY.Key_F10)
    camera.shoot("08-payments")
    camera.go("settings", page="payments")
    camera.shoot("13a-settings-payments")


def _ask(camera: Camera, drn: str, amount: str, phone: str) -> None:
    for text in (drn, "", amount):
        camera.type(text)
        camera.key(KEY.Key_Return)
    camera.key(KEY.Key_2, CTRL)
    camera.type(phone)
    camera.key(KEY.Key_Return)


def _shift(camera: Camera) -> None:
    _open_shift(camera)
    for drn in _fresh(camera.till, "arrears_minor = 0", count=4):
        request = SaleRequest(
            sale_id=new_id(camera.till.clock.now()), drn=drn, money_minor=5000, tendered_minor=5000
        )
        camera.till.checkout.sell(request, camera.people["C"])
    camera.sign_in("C")
    camera.go("shift")
    camera.shoot("07-shift")
    camera.key(KEY.Key_F8)
    for pieces in ("10", "", "15", "10"):
        camera.type(pieces)
        camera.key(KEY.Key_Return)
    camera.shoot("07a-shift-count")
    camera.key(KEY.Key_F8)
    camera.shoot("07b-shift-result")


def _desk(camera: Camera) -> None:
    _open_shift(camera)
    with camera.till.units.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT drn FROM meter JOIN sale_item ON meter_key = meter.key WHERE status = 'active' "
            "AND service = 0 GROUP BY drn ORDER BY count(*) DESC, drn LIMIT 12"
        )
        drns = [row[0] for row in rows]
    for n, drn in enumerate(drns):
        money_minor = (5000, 2000, 10_000, 3000)[n % 4]
        request = SaleRequest(sale_id=new_id(camera.till.clock.now()), drn=drn, money_minor=money_minor)
        result = camera.till.checkout.sell(request, camera.people["C"])
        if result.print_job is not None:
            camera.till.spool.print_job(result.print_job)
            camera.till.reprints.hand_over_paper(result.place, camera.people["C"])
    camera.sign_in("A")
    camera.go("sales")
    camera.key(KEY.Key_Down)
    camera.shoot("08-sales")
    drn = drns[0]
    camera.go("meters")
    camera.shoot("09-meters")
    camera.go("meters", meter=drn)
    camera.shoot("09-meter-detail")
    for place, name in (
        ("dashboard", "10-dashboard"),
        ("tariffs", "11-tariffs"),
        ("float", "12-float"),
        ("settings", "13a-settings"),
        ("help", "14-help"),
    ):
        camera.go(place)
        camera.shoot(name)


def _head_office(camera: Camera) -> None:
    """An enrolled till that nobody answers: entries wait, two have a question, one is not taken."""
    _open_shift(camera)
    till, cashier = camera.till, camera.people["C"]
    till.office.use_transport(lambda _: _NoLine())
    for drn in _fresh(till, "arrears_minor = 0", count=3):
        request = SaleRequest(
            sale_id=new_id(till.clock.now()), drn=drn, money_minor=5000, tendered_minor=5000
        )
        result = till.checkout.sell(request, cashier)
        till.reprints.hand_over_paper(result.place, cashier)
    stand_enrolled(till, unsent=6)
    older = sales_of(till, limit=14)[6:]
    flag(till, {older[0][0]: ["price"], older[3][0]: ["block", "charge_twice"]})
    compare(till)
    day, money_minor = older[3][1], older[3][2]
    figures = day_figures(till, day)
    figures["pieces"]["sale_delivered"] -= 1
    figures["tenders_minor"]["cash"] -= money_minor
    compare(till, red={day: figures})
    fail(till, "sync.bad_signature", "The signature of this till did not fit.")
    camera.sign_in("C")
    camera.go("uploads")
    camera.shoot("12b-uploads")
    camera.sign_in("A")
    camera.go("books")
    camera.key(KEY.Key_F3)
    camera.shoot("12a-books")
    camera.go("settings", page="office")
    camera.shoot("13c-head-office")


def _office(camera: Camera) -> None:
    """The lists of head office, read from the real server in this process."""
    till, administrator = camera.till, camera.people["A"]
    with till.units.read() as connection:
        tariffs = [one.tariff() for one in list_versions(connection)]
    tariffs.sort(key=lambda one: one.code != "RES")
    server, shop = make_office_scene(till.folder.root / "office", tariffs)
    with server.client:
        till.office.use_transport(lambda _: ClientTransport(server.client))
        till.office.enrol(administrator, EnrolWish("https://office.test", shop.code()))
        camera.sign_in("A")
        screen = camera.go("office")
        camera.shoot("16-office-sign-in")
        screen.username.setFocus()
        camera.type(CHIEF)
        screen.password.setFocus()
        camera.type(PASSWORD)
        camera.key(KEY.Key_Return)
        for tab in TAB_WORDS:
            if tab == METERS:
                # Its last changes come when one rests on a meter.
                QTest.qWait(2 * EVENTS_PAUSE_MS)
            camera.shoot(f"16-office-{tab}")
            if tab == METERS:
                _shoot_changes(camera, screen)
            camera.key(KEY.Key_F6)
    server.database.close()


def _shoot_changes(camera: Camera, screen: OfficeScreen) -> None:
    """What merges another number, and the last changes under it."""
    screen.presenter.choose_act("merge_number")
    camera.settle()
    for area in screen.findChildren(QScrollArea):
        if area.isAncestorOf(screen.detail):
            area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    camera.shoot("16-office-meter-changes")


class _NoLine:
    """A way to head office that leads nowhere."""

    def send(self, *_: object, **__: object) -> Response:
        raise Unavailable("sync.unreachable", "Head office cannot be reached; it is tried again.")


def _resume(camera: Camera) -> None:
    _open_shift(camera)
    till, cashier = camera.till, camera.people["C"]
    first, second = _fresh(till, "arrears_minor = 0", count=2)
    request = SaleRequest(sale_id=new_id(till.clock.now()), drn=first, money_minor=5000, tendered_minor=6000)
    till.checkout.sell(request, cashier)
    name = till.counter.card(cashier, second).meter.name or ""
    body: JsonObject = {
        "drn": second,
        "name": name,
        "kind": "energy",
        "amount": "3000",
        "units": "",
        "by_units": False,
    }
    till.drafts.hold(new_id(till.clock.now()), cashier, body={**body, "money_minor": 3000})
    camera.sign_in("C", resumes=True)
    camera.shoot("06-resume")


def _key_change(camera: Camera) -> None:
    _open_shift(camera)
    till, administrator = camera.till, camera.people["A"]
    drn = _fresh(till, "arrears_minor = 0")[0]
    sgc = till.counter.card(administrator, drn).meter.sgc
    soon = till.clock.now() + timedelta(seconds=1)
    till.key_changes.announce(
        Announcement(sgc=sgc, krn=1, ti="02", from_at=soon, reason="new tariff index"), administrator
    )
    QTest.qWait(1_100)
    camera.sign_in("C")
    camera.type(drn)
    camera.key(KEY.Key_Return)
    camera.key(KEY.Key_Return)
    camera.type("5000")
    camera.key(KEY.Key_Return)
    camera.key(KEY.Key_Return)
    camera.shoot("03b-key-change")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
