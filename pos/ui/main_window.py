"""The window: frame, places, keys, and what a screen may ask of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QCloseEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFocusFrame,
    QHBoxLayout,
    QLayout,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pos.domain.permissions import Actor, Permission, Role
from pos.errors import KilotillError, Unavailable
from pos.i18n.catalogue import catalogue
from pos.i18n.wording import Wording
from pos.services.approval import Approval
from pos.services.office_standing import RESTORED
from pos.services.till_status import TillStatus
from pos.ui.context import ApprovalAsk, Context
from pos.ui.customer_window import CustomerWindow
from pos.ui.desk import DemoPins, Desk
from pos.ui.keymap import Act
from pos.ui.lanes import Lane, TaskScope
from pos.ui.look import Look
from pos.ui.metrics import metrics_for
from pos.ui.notices import Notices
from pos.ui.payment_news import PaymentNews
from pos.ui.places import HELP, RESUME, UPLOADS, make_screen, place_of, places_of
from pos.ui.preferences import Preferences, read_preferences
from pos.ui.refusal_words import code_words
from pos.ui.scanner import SILENCE_MS, BurstReader, Verdict
from pos.ui.screen import Screen
from pos.ui.screens.sign_in.view import SignInScreen
from pos.ui.show_error import is_stop, refusal_of, sentence_of
from pos.ui.strip_items import strip_items
from pos.ui.style import KilotillStyle, apply_look
from pos.ui.sync_runner import SyncRunner, code_of
from pos.ui.tasks import TaskRunner
from pos.ui.widgets.approval_panel import ApprovalPanel
from pos.ui.widgets.banner import Banner
from pos.ui.widgets.fields import is_text_key
from pos.ui.widgets.fkey_bar import BarItem, FKeyBar
from pos.ui.widgets.notice_list import NoticePanel
from pos.ui.widgets.rail import Rail, RailItem
from pos.ui.widgets.refusal_panel import RefusalPanel
from pos.ui.widgets.status_strip import StatusStrip
from pos.ui.widgets.toast import Toast

if TYPE_CHECKING:
    from pos.sync.engine import SyncReport

BELL = "bell"
STATUS_EVERY_MS = 5_000
CLOCK_EVERY_MS = 1_000
BACKUP_FIRST_MS = 60_000
BACKUP_LOOK_MS = 15 * 60_000
MINIMUM = (1024, 600)

_BUSY_LOOK_MS = 100

_STRIP_PLACES = {
    "shift": "shift",
    "drawer": "shift",
    "envelope": "float",
    "unsent": "uploads",
    "office": "uploads",
    "tills": "office",
    "printer": "settings",
    "backup": "settings",
    "clock": "settings",
}
_STRIP_PAGES = {"printer": "printer", "backup": "backup", "clock": "office"}
_WAYS_OUT = {"clock.off": ("settings", {"page": "office"})}
"""Where whoever may change settings puts right what stopped the till (docs/formats.md §8)."""

_MOVES = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10}


class MainWindow(QWidget):
    """One window per till. It is the `Shell` of its screens."""

    def __init__(
        self,
        desk: Desk,
        tasks: TaskRunner,
        style: KilotillStyle,
        *,
        demo_pins: DemoPins = list,
        asks_to_enrol: bool = False,
        clock_ms: Callable[[], float] = lambda: time.monotonic() * 1000,
    ) -> None:
        super().__init__()
        self.desk = desk
        self.tasks = tasks
        self._style = style
        self._demo_pins = demo_pins
        self._scope = TaskScope(tasks)
        self.clock_ms = clock_ms
        self._bursts = BurstReader()
        self._burst_text: tuple[QLineEdit, str] | None = None
        self.actor: Actor | None = None
        self.preferences: Preferences = read_preferences(desk.settings.values())
        self.look = self._make_look()
        self.context: Context | None = None
        self.screen_now: Screen | None = None
        self._place = ""
        self._screens: dict[str, Screen] = {}
        self._status: TillStatus | None = None
        self._ask: ApprovalAsk | None = None
        self._panel: QWidget | None = None
        self._focus_before: QWidget | None = None
        self._idle_since = clock_ms()
        self.has_resumed = False
        self._memories: dict[int, dict[str, object]] = {}
        self._notices = Notices()
        self.setWindowTitle("Kilotill")
        self._outer = QVBoxLayout(self)
        # The window is as large as the screen lets it be; what does not fit is the screens' own affair.
        self._outer.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._outer.setSpacing(0)
        self._content: QWidget | None = None
        self._focus_frame: QFocusFrame | None = None
        self._customer: CustomerWindow | None = None
        self._status_timer = self._timer(STATUS_EVERY_MS, self.refresh_status)
        self._clock_timer = self._timer(CLOCK_EVERY_MS, self._tick)
        self._backup_timer = self._timer(BACKUP_LOOK_MS, self._back_up_if_due)
        tasks.later(BACKUP_FIRST_MS, self._back_up_if_due)
        self._burst_timer = QTimer(self)
        self._burst_timer.setSingleShot(True)
        self._burst_timer.timeout.connect(self._on_silence)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self._application = application
        application.focusChanged.connect(self._on_focus)
        apply_look(application, style, self.look)
        self._shown_stop = self._banner_text = ""
        self._has_asked, self._asks_to_enrol = False, asks_to_enrol
        self.syncing = SyncRunner(
            lambda: self.desk.sync,
            tasks,
            is_enrolled=lambda: self.desk.office.state.is_enrolled,
            now=desk.clock.now,
            today=desk.books_desk.today,
            on_cycle=self._on_cycle,
        )
        self.paying = PaymentNews(self.desk, tasks, context=lambda: self.context)
        self._build()
        self._begin_background()

    def _begin_background(self) -> None:
        """Read how the till is; talk with head office and with providers from now on."""
        self.refresh_status()
        self.syncing.start()
        self.paying.start(tell=self._tell_news, show=self._show_news, on_error=self.show_error)

    def _timer(self, every_ms: int, act: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.timeout.connect(act)
        timer.start(every_ms)
        return timer

    # -- look ---------------------------------------------------------------------------------------------

    def _make_look(self) -> Look:
        shop = self.desk.shop
        wording = Wording(catalogue(self.preferences.language), shop.currency, shop.time_zone)
        metrics = metrics_for(self.width(), self.height(), self.preferences.text_percent)
        return Look(wording, theme=self.preferences.theme, metrics=metrics, keys=self.preferences.keys)

    def set_preferences(self, preferences: Preferences) -> None:
        """Show everything anew in another theme, size or language; the session goes on."""
        self.preferences = preferences
        self._rebuild()

    def settings_changed(self) -> None:
        """Take changed settings into account."""
        self.desk.reload_settings()
        read = read_preferences(self.desk.settings.values())
        if read != self.preferences:
            self.set_preferences(read)
        self.refresh_status()
        self.paying.look_at_settings()

    def _rebuild(self) -> None:
        if self.screen_now is not None and self.screen_now.is_busy():
            # The screen waits for an answer that must be shown: a new one would not know of it.
            QTimer.singleShot(_BUSY_LOOK_MS, self, self._rebuild)
            return
        self.look = self._make_look()
        apply_look(self._application, self._style, self.look)
        self._renew_customer_window()
        place = self._place
        where = {} if self.screen_now is None else dict(self.screen_now.where())
        for screen in self._screens.values():
            screen.will_be_rebuilt()
        self._build()
        if self.actor is not None and place:
            self.go(place, **where)

    # -- content ------------------------------------------------------------------------------------------

    def _build(self) -> None:
        """Build the sign-in screen, or the frame with its screens."""
        self._drop_panel()
        for screen in self._screens.values():
            screen.left()
        if self._content is not None:
            self._content.hide()
            self._content.deleteLater()
        self._screens = {}
        self.screen_now = None
        if self._focus_frame is not None and _is_alive(self._focus_frame):
            # It has moved into the window by itself, and would stay there when the content goes.
            self._focus_frame.deleteLater()
        self._focus_frame = None
        self._scope.close()
        self._scope = TaskScope(self.tasks)
        if self.actor is None:
            self._content = self._make_sign_in()
        else:
            wording = self.look.wording
            memory = self._memories.setdefault(self.actor.key, {})
            self.context = Context(self.desk, self._scope, wording, self.actor, self, memory)
            self._content = self._make_frame()
        self._outer.addWidget(self._content)
        self._focus_frame = QFocusFrame(self._content)

    def _make_sign_in(self) -> QWidget:
        screen = SignInScreen(self.desk, self._scope, self.look, demo_pins=self._demo_pins())
        screen.signed_in.connect(self.sign_in_as)
        screen.language_chosen.connect(self._choose_language)
        self.screen_now = screen
        screen.opened()
        return screen

    def _choose_language(self, language: str) -> None:
        self.set_preferences(self.preferences.with_language(language))

    def _make_frame(self) -> QWidget:
        frame = QWidget()
        column = QVBoxLayout(frame)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.strip = StatusStrip(self.look)
        self.rail = Rail(self.look)
        self.stack = QStackedWidget()
        self.stack.setObjectName("desk")
        self.fkeys = FKeyBar(self.look)
        self.banner = Banner(self.look)
        self._banner_text = ""
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.banner)
        right.addWidget(self.stack, 1)
        right.addWidget(self.fkeys)
        low = QHBoxLayout()
        low.setSpacing(0)
        low.addWidget(self.rail)
        low.addLayout(right, 1)
        column.addWidget(self.strip)
        column.addLayout(low, 1)
        self.toasts = Toast(self.look, self.stack)
        self.rail.pressed.connect(self._on_rail)
        self.fkeys.pressed.connect(self._on_bar)
        self.strip.pressed.connect(self._on_strip)
        self._show_status()
        return frame

    # -- session ------------------------------------------------------------------------------------------

    def sign_in_as(self, actor: object) -> None:
        """Begin a session and go to the first place of the person, or to what a power cut left."""
        assert isinstance(actor, Actor)
        self.actor = actor
        self._idle_since = self.clock_ms()
        self._place = ""
        self._build()
        self.refresh_status()
        if actor.role is Role.ADMINISTRATOR:
            self._look_at_backups()
        assert self.context is not None
        places = places_of(self.context)
        if self.context.may(Permission.SALE_CREATE):
            is_first, self.has_resumed = not self.has_resumed, True
            self._look_for_unfinished(places[0].key, is_first=is_first)
            return
        self.go(places[0].key)

    def _look_for_unfinished(self, otherwise: str, *, is_first: bool) -> None:
        """Show what waits: at the first sign-in all of it, later only what was paid and not handed over."""
        counter, actor = self.desk.counter, self.actor
        assert actor is not None

        self.go(otherwise)
        self._scope.submit(
            Lane.READ,
            lambda: counter.has_unfinished(actor, with_drafts=is_first),
            on_ok=lambda found: self.go(RESUME.key) if found and self._place == otherwise else None,
            on_error=self.show_error,
        )

    def sign_out(self) -> None:
        """End the session; what was being typed is held, not lost."""
        self._drop_panel()
        if self._waits_for_answer():
            return
        self.customer_display("")
        self.desk.office_admin.sign_out()
        for screen in self._screens.values():
            screen.left()
        self._screens = {}
        self.actor = None
        self.context = None
        self._place = ""
        self._build()

    # -- the shell of the screens -------------------------------------------------------------------------

    def go(self, place: str, **where: object) -> None:
        """Show another screen."""
        if self.context is None or not self._may_go(place):
            return
        self._drop_panel()
        if place != self._place and self._waits_for_answer():
            return
        screen = self._screens.get(place)
        if screen is None:
            screen = make_screen(place_of(place), self.context, self.look)
            self._screens[place] = screen
            self.stack.addWidget(screen)
            screen.bar_changed.connect(self._show_bar)
        if self.screen_now is not None and self.screen_now is not screen:
            self.screen_now.left()
        self.screen_now = screen
        self._place = place
        self.stack.setCurrentWidget(screen)
        screen.opened()
        if where:
            screen.show_where(where)
        self._show_rail()
        self._show_bar()

    def _may_go(self, place: str) -> bool:
        """Say whether the person has this place; help and what a stop left are everybody's who sells."""
        if self.context is None:
            return False
        if place == RESUME.key:
            return self.context.may(Permission.SALE_CREATE)
        if place == UPLOADS.key and self.context.may(Permission.SALE_VIEW_ALL):
            return True
        return place == HELP.key or any(one.key == place for one in places_of(self.context))

    def _waits_for_answer(self) -> bool:
        """Say so, and that it is being waited for, while a sale is being paid."""
        is_busy = self.screen_now is not None and self.screen_now.is_busy()
        if is_busy:
            self.toast(self.look.say("One moment: the sale is being written."), light="off")
        return is_busy

    def toast(self, text: str, *, light: str = "ok", cap: str = "") -> None:
        """Say something in passing."""
        person = None if self.actor is None else self.actor.key
        self._notices.add(text, light, at=self.desk.clock.now(), person=person)
        if self.actor is not None:
            self.toasts.say(text, light=light, cap=cap)
            self._show_notices()
        self.announce(text)

    @property
    def notices(self) -> list[str]:
        """What was said in passing, the newest first."""
        return self._notices.texts()

    def _turn_notices(self) -> bool:
        """Open the bell list, or close it."""
        if isinstance(self._panel, NoticePanel):
            self._drop_panel()
        elif self._panel is None and not self._waits_for_answer():
            panel = NoticePanel(self.look)
            panel.closed.connect(self._drop_panel)
            self._show_panel(panel)
            self._show_notices()
            self.toasts.hide()
            panel.focus()
            self.announce(panel.accessibleName())
        return True

    def _show_notices(self) -> None:
        """Show what is kept where the list is open, and count at the bell what is not."""
        if self.actor is None:
            return
        if isinstance(self._panel, NoticePanel):
            self._notices.saw(self.actor.key)
            self._panel.show_notices(self._notices.of(self.actor.key), self.desk.clock.now())
        self._show_rail()

    def announce(self, text: str) -> None:
        """Let a screen reader say something."""
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def ask_approval(self, ask: ApprovalAsk) -> None:
        """Ask for a supervisor's PIN over the zone of the act."""
        self._drop_panel()
        self._ask = ask
        panel = ApprovalPanel(self.look)
        panel.allowed.connect(self._on_allowed)
        panel.refused.connect(self._on_refused)
        self._show_panel(panel)

        def got(people: tuple[str, ...]) -> None:
            if self._panel is panel:
                own = "" if self.actor is None else self.actor.name
                # Somebody else is meant: the asker stands last, as few acts let people approve themselves.
                ordered = sorted(people, key=lambda name: name == own)
                panel.ask(ordered, ask.facts, ask.permission)
                panel.focus()

        self._scope.submit(
            Lane.READ,
            lambda: self.desk.counter.who_holds(ask.permission),
            on_ok=got,
            on_error=self.show_error,
        )

    def _on_allowed(self, who: str, pin: str) -> None:
        ask, panel = self._ask, self._panel
        if ask is None:
            return

        def given(approval: Approval) -> None:
            if self._ask is not ask or self._panel is not panel:
                return
            self._ask = None
            self._drop_panel()
            ask.on_given(approval)

        def refused(error: BaseException) -> None:
            if isinstance(error, KilotillError) and isinstance(panel, ApprovalPanel) and panel is self._panel:
                panel.say_wrong(sentence_of(error, self.look.wording))
            elif self._ask is ask:
                self._drop_panel()
                self.show_error(error)

        approver = self.desk.approver
        self._scope.submit(
            Lane.READ,
            lambda: approver.approve(ask.permission, ask.subject, approver=who, pin=pin),
            on_ok=given,
            on_error=refused,
        )

    def _on_refused(self) -> None:
        self._drop_panel()

    def show_error(self, error: BaseException) -> None:
        """Show a Stop as a panel over the zone, anything else as a toast."""
        wording = self.look.wording
        if self.actor is None or self.screen_now is None:
            self.announce(sentence_of(error, wording))
            return
        is_plain = isinstance(error, KilotillError) and not is_stop(error, wording.language)
        if is_plain or self._ask is not None:
            # A question that is open is not taken away by trouble of something else.
            self.toast(sentence_of(error, wording), light="warn")
            return
        refusal = refusal_of(error, wording)
        way = _WAYS_OUT.get(refusal.code)
        has_way = way is not None and self._may_go(way[0]) and self._may_set()
        if has_way:
            refusal = replace(refusal, main=wording.say("Open clock settings"), other=refusal.main)
        panel = RefusalPanel(self.look, refusal)
        panel.main_pressed.connect(self._drop_panel)
        panel.other_pressed.connect(self._drop_panel)
        if way is not None and has_way:
            panel.main_pressed.connect(partial(self.go, way[0], **way[1]))
        self._show_panel(panel)
        panel.main.setFocus()
        self.announce(panel.accessibleName())

    def _may_set(self) -> bool:
        return self.context is not None and self.context.may(Permission.SETTING_EDIT)

    def _show_panel(self, panel: QWidget) -> None:
        self._drop_panel(keeps_ask=True)
        self._focus_before = QApplication.focusWidget()
        panel.setParent(self.stack)
        self._panel = panel
        self._place_panel()
        panel.show()
        panel.raise_()
        if isinstance(panel, ApprovalPanel):
            panel.focus()

    def _place_panel(self) -> None:
        if self._panel is not None and self.screen_now is not None:
            self._panel.setGeometry(self.screen_now.zone_of_acts())

    def _drop_panel(self, *, keeps_ask: bool = False) -> None:
        panel, self._panel = self._panel, None
        ask = None if keeps_ask else self._ask
        if not keeps_ask:
            self._ask = None
        if ask is not None:
            # Whatever took the question away, the act is told that nobody allowed it.
            ask.on_refused()
        if panel is None:
            return
        panel.hide()
        panel.deleteLater()
        before, self._focus_before = self._focus_before, None
        if before is not None and _is_alive(before) and before.isVisible():
            before.setFocus()

    def customer_display(self, amount: str, detail: str = "", token: str = "", *, qr: str = "") -> None:
        """Show the customer's window what to show, where the shop has one."""
        if not self.preferences.has_customer_display:
            if self._customer is not None:
                self._customer.close()
                self._customer = None
            return
        if self._customer is None:
            self._customer = CustomerWindow(self.look, self.desk.shop.sales_point)
            self._customer.show_beside(self)
            self.activateWindow()
        self._customer.say(amount, detail, token, qr)

    def _renew_customer_window(self) -> None:
        """Show the customer the same in another look."""
        if self._customer is not None:
            said = self._customer.said
            self._customer.close()
            self._customer = None
            self.customer_display(*said[:3], qr=said[3])

    # -- status -------------------------------------------------------------------------------------------

    def refresh_status(self) -> None:
        """Read how the till is, beside the window."""
        reader = self.desk.status
        self.tasks.submit(Lane.READ, reader.read, on_ok=self._got_status, on_error=self._status_failed)

    def _got_status(self, status: TillStatus) -> None:
        self._status = status
        self._show_status()
        self._ask_for_replacement(status)

    def _show_banner(self, status: TillStatus) -> None:
        say, text, light = self.look.say, "", "warn"
        if self.paying.clash:
            text, light = code_words(self.paying.clash, self.look.wording), "bad"
        elif self.desk.shop.is_training:
            text = say("Training. Nothing here is real: no money, no token that works.")
        elif status.office == RESTORED:
            text = say("This till was restored. An administrator must enrol it in place of the lost one.")
        if text != self._banner_text:
            self._banner_text = text
            self.banner.say(text, light=light)

    def _ask_for_replacement(self, status: TillStatus) -> None:
        """Lead an administrator once to enrolling: on another machine, or where the first start said so."""
        is_wanted = status.office == RESTORED or (self._asks_to_enrol and not status.has_office)
        if not is_wanted or self._has_asked or self.context is None:
            return
        is_free = self._panel is None and self._place == places_of(self.context)[0].key
        if is_free and self.context.may(Permission.TILL_ENROL):
            self._has_asked = True
            self.go("settings", page="office")

    def _status_failed(self, error: BaseException) -> None:
        if is_stop(error, self.look.wording.language):
            self._status_timer.stop()
            self.show_error(error)

    def _show_status(self) -> None:
        if self.actor is None or self._status is None:
            return
        place, items = strip_items(self._status, self.actor, self.look, self.desk.clock.now())
        self.strip.show_items(place, items)
        self._show_banner(self._status)
        self._show_rail()

    def _tick(self) -> None:
        self._show_status()
        if self.actor is not None and self.screen_now is not None:
            self.screen_now.time_passed()
        minutes = self.preferences.lock_minutes
        if self.actor is not None and minutes and self.clock_ms() - self._idle_since > minutes * 60_000:
            self.sign_out()

    def _back_up_if_due(self) -> None:
        """Make a back-up when its time has come, and say what will soon need a person."""
        backups, code = self.desk.backups, self.desk.shop.till_code

        def work() -> list[KilotillError]:
            if backups.is_due(code):
                backups.begin().run()
            return backups.alarms(code)

        self.tasks.submit(Lane.BULK, work, on_ok=self._warn, on_error=lambda error: self._warn([error]))

    def _look_at_backups(self) -> None:
        """The strip says how old the newest back-up is; its folder may be slow, and nobody waits for it."""
        backups, code = self.desk.backups, self.desk.shop.till_code

        self.tasks.submit(
            Lane.BULK,
            lambda: backups.last_made_at(code),
            on_ok=lambda _: self.refresh_status(),
            on_error=lambda error: self._warn([error]),
        )

    def _warn(self, troubles: Sequence[BaseException]) -> None:
        for trouble in troubles:
            self.toast(sentence_of(trouble, self.look.wording), light="warn")

    # -- head office --------------------------------------------------------------------------------------

    def _on_cycle(self, report: SyncReport | None, error: BaseException | None) -> None:
        """Show what a talk with head office changed; a Stop is shown once, until it is another one."""
        self.refresh_status()
        if report is not None:
            self._shown_stop = ""
            if "settings" in report.changed:
                self.settings_changed()
            return
        code = code_of(error)
        if error is None or self.actor is None or not self._is_office_stop(error, code):
            return
        self._shown_stop = code
        self.show_error(error)

    def _is_office_stop(self, error: BaseException, code: str) -> bool:
        if isinstance(error, Unavailable) or code == self._shown_stop or self._waits():
            return False
        return is_stop(error, self.look.wording.language)

    def _waits(self) -> bool:
        return self.screen_now is not None and self.screen_now.is_busy()

    # -- payments -----------------------------------------------------------------------------------------

    def payments_changed(self) -> None:
        """Look at once whether something is due at a provider, and count anew what is ready."""
        self.paying.wake()

    def deliver_paid(self) -> None:
        """Deliver what is paid and waited: a shift is open now, or the vault."""
        self.paying.deliver()

    def _tell_news(self, text: str, light: str) -> None:
        QApplication.beep()
        self.toast(text, light=light, cap=self.look.keys.cap_of(Act.READY))

    def _show_news(self) -> None:
        self._show_status()
        if self.screen_now is not None:
            self.screen_now.payments_changed()

    # -- frame --------------------------------------------------------------------------------------------

    def _show_rail(self) -> None:
        if self.context is None:
            return
        say = self.look.say
        status = self._status
        counts = {} if status is None else {"sell": status.drafts, "uploads": status.questions}
        counts["sell"] = counts.get("sell", 0) + len(self.paying.ready)
        items = [
            RailItem(place.key, place.icon, say(place.word), counts.get(place.key, 0))
            for place in places_of(self.context)
        ]
        waiting = self._notices.waiting(self.context.actor.key)
        bottom = [
            RailItem(BELL, "bell", say("Notices"), waiting),
            RailItem(HELP.key, HELP.icon, say(HELP.word)),
        ]
        self.rail.show_items(items, bottom, self._place)

    def _show_bar(self) -> None:
        if self.screen_now is None or self.actor is None:
            return
        say = self.look.say
        items: dict[Act, BarItem] = {Act.HELP: BarItem(say("Help"))}
        items.update(self.screen_now.bar())
        items[Act.LOCK] = BarItem(say("Lock"))
        self.fkeys.show_items(items)

    def _on_rail(self, key: str) -> None:
        if key == BELL:
            self._turn_notices()
        else:
            self.go(key)

    def _on_bar(self, act: object) -> None:
        assert isinstance(act, Act)
        self.do_act(act)

    def _on_strip(self, key: str) -> None:
        target = _STRIP_PLACES.get(key)
        if target and self._may_go(target):
            where = {"page": _STRIP_PAGES[key]} if key in _STRIP_PAGES else {}
            self.go(target, **where)

    def do_act(self, act: Act) -> bool:
        """Do what a key stands for."""
        if self.actor is None:
            return False
        if act is Act.LOCK:
            self.sign_out()
            return True
        if act is Act.HELP:
            topic = "" if self.screen_now is None else self.screen_now.help_topic()
            self.go(HELP.key, topic=topic or self._place)
            return True
        if act is Act.NOTICES:
            return self._turn_notices()
        self._leave_notices()
        if self._panel is not None:
            return False
        if act is Act.READY:
            if self._may_go("sell"):
                # What called for it has done its work.
                self.toasts.hide()
                self.go("sell", ready=True)
            return True
        return self.screen_now is not None and self.screen_now.act(act)

    def _leave_notices(self) -> None:
        """Close the bell list: it stands in the way of nothing."""
        if isinstance(self._panel, NoticePanel):
            self._drop_panel()

    # -- keys ---------------------------------------------------------------------------------------------

    def watch_keys(self) -> None:
        """See every key before its widget does; a scanner types into whatever has the focus."""
        self._application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep a scanner's burst from the fields, and note that somebody is here."""
        kind = event.type()
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and isinstance(watched, QWidget):
            self._idle_since = self.clock_ms()
            return watched is QApplication.focusWidget() and self._watch_key(event)
        if kind == QEvent.Type.MouseButtonPress:
            self._idle_since = self.clock_ms()
        return False

    def _watch_key(self, event: QKeyEvent) -> bool:
        if self.actor is None or event.isAutoRepeat():
            return False
        focus = QApplication.focusWidget()
        takes_keys = focus is not None and focus.property("klKeys") == "all"
        is_free = self._panel is None or isinstance(self._panel, NoticePanel)
        if not takes_keys and is_free and self._place_key(event):
            # Before the field: edits and lists would take Alt and a digit for typing.
            return True
        now = self.clock_ms()
        if is_text_key(event):
            return self._watch_text(event, now)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
            if not self._bursts.is_holding:
                self._bursts.forget()
                return False
            code, typed = self._bursts.end(now)
            self._burst_timer.stop()
            self._give_back(typed)
            if code:
                self._deliver_scan(code)
            return not typed
        self._bursts.forget()
        return False

    def _watch_text(self, event: QKeyEvent, now: float) -> bool:
        field = QApplication.focusWidget()
        is_first = isinstance(field, QLineEdit) and not self._bursts.is_holding
        before = field.text() if is_first and isinstance(field, QLineEdit) else None
        verdict = self._bursts.key(event.text(), now)
        if verdict is Verdict.PASS:
            self._burst_text = (
                (field, before) if isinstance(field, QLineEdit) and before is not None else None
            )
            return False
        if verdict is Verdict.TAKE_BACK and self._burst_text is not None:
            edit, text = self._burst_text
            if _is_alive(edit) and edit.text() != text:
                edit.setText(text)
                edit.textEdited.emit(text)
        self._burst_timer.start(SILENCE_MS)
        return True

    def _on_silence(self) -> None:
        code, typed = self._bursts.silence(self.clock_ms())
        self._give_back(typed)
        if code:
            self._deliver_scan(code)
        elif self._bursts.is_holding:
            self._burst_timer.start(SILENCE_MS)

    def _give_back(self, typed: str) -> None:
        """Type what turned out to be fast typing."""
        field = QApplication.focusWidget()
        self._burst_text = None
        if not typed or field is None:
            return
        for letter in typed:
            key = QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, letter)
            # Straight to the widget: the watch has seen these keys.
            target: QWidget | None = QApplication.focusWidget()
            while target is not None:
                key.accept()
                target.event(key)
                if key.isAccepted() or target is self:
                    break
                target = target.parentWidget()

    def _deliver_scan(self, code: str) -> None:
        self._leave_notices()
        if self.screen_now is None or self._panel is not None or self.screen_now.scanned(code):
            return
        if self._may_go("sell"):
            self.go("sell", scan=code)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the keys that nothing in the screen took."""
        if self._panel is not None and self._panel_key(event):
            return
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        act = self.look.keys.act_of(key_text(event))
        if event.isAutoRepeat() and (is_enter or act is not None):
            # A key that is held down leads on once: it must not walk through a sale.
            return
        if act is not None and self.do_act(act):
            return
        if self._place_key(event):
            return
        if is_text_key(event):
            self._leave_notices()
        screen = self.screen_now
        if screen is None or self._panel is not None or not self._screen_key(screen, event):
            super().keyPressEvent(event)

    def _panel_key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            self._on_refused() if self._ask is not None else self._drop_panel()
            return True
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and isinstance(self._panel, RefusalPanel):
            self._panel.main.click()
            return True
        if is_enter and isinstance(self._panel, NoticePanel):
            self._drop_panel()
            return True
        return False

    def _place_key(self, event: QKeyEvent) -> bool:
        """Alt and a digit go to a place of the rail, from the top; 0 is the tenth, as on the keyboard."""
        if self.context is None or event.modifiers() != Qt.KeyboardModifier.AltModifier:
            return False
        n = 9 if event.key() == Qt.Key.Key_0 else event.key() - Qt.Key.Key_1
        places = places_of(self.context)
        if 0 <= n < len(places):
            self.go(places[n].key)
            return True
        return False

    def _screen_key(self, screen: Screen, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return screen.enter()
        if event.key() == Qt.Key.Key_Escape:
            if not screen.escape() and self.context is not None and self._place != "sell":
                places = places_of(self.context)
                self.go(places[0].key)
            return True
        if event.key() in _MOVES:
            return screen.step(_MOVES[Qt.Key(event.key())])
        return is_text_key(event) and screen.type_text(event.text())

    # -- events -------------------------------------------------------------------------------------------

    def _on_focus(self, _old: QWidget | None, now: QWidget | None) -> None:
        frame = self._focus_frame
        if frame is None or not _is_alive(frame):
            return
        # A ring around a whole screen shows nothing: it takes keys, but none of it can act.
        is_bare = isinstance(now, QLineEdit | Screen)
        wants_ring = now is not None and not is_bare and now.property("klRing") != "own"
        if wants_ring and now is not None and self.isAncestorOf(now):
            frame.setWidget(now)
        else:
            frame.setWidget(None)  # type: ignore[arg-type]  # Qt takes null: no ring

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Build anew when the window crosses the compact limit."""
        super().resizeEvent(event)
        wanted = metrics_for(self.width(), self.height(), self.preferences.text_percent)
        if wanted != self.look.metrics:
            self._rebuild()
        self._place_panel()
        if self.actor is not None:
            self.toasts.place()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the work: nothing new, wait for what runs."""
        for timer in (self._status_timer, self._clock_timer, self._backup_timer, self._burst_timer):
            timer.stop()
        self.syncing.stop()
        self.paying.stop()
        for screen in self._screens.values():
            screen.left()
        self._application.removeEventFilter(self)
        self._application.focusChanged.disconnect(self._on_focus)
        if self._customer is not None:
            self._customer.close()
        self.tasks.close()
        super().closeEvent(event)


def key_text(event: QKeyEvent) -> str:
    """Return a key as the key map writes it: `F8`, `Ctrl+E`, `Ctrl++` wherever the sign stands."""
    if event.key() == Qt.Key.Key_Plus and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        return "Ctrl++"
    return QKeySequence(event.keyCombination()).toString(QKeySequence.SequenceFormat.PortableText)


def _is_alive(widget: QObject) -> bool:
    return shiboken6.isValid(widget)
