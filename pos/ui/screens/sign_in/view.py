"""The sign-in screen: the shop on the frame at the left, the people, the PIN."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from pos.domain.permissions import Actor
from pos.i18n.catalogue import LANGUAGES
from pos.ui.desk import Desk
from pos.ui.icons import draw_icon
from pos.ui.lanes import Tasks
from pos.ui.look import Look, Type
from pos.ui.screen import Screen
from pos.ui.screens.sign_in.presenter import SignInPerson, SignInPresenter, SignInState
from pos.ui.widgets.badge import Light
from pos.ui.widgets.card import Note
from pos.ui.widgets.controls import Choice, Segments
from pos.ui.widgets.pin import PinField, PinPad
from pos.ui.widgets.text import ElidedLabel, label, set_tone

LANGUAGE_NAMES = {"en": "English", "fr": "Français", "rw": "Ikinyarwanda", "sw": "Kiswahili"}


class SignInScreen(Screen):
    """Shown while nobody is signed in."""

    signed_in = Signal(object)
    language_chosen = Signal(str)

    def __init__(
        self, desk: Desk, tasks: Tasks, look: Look, *, demo_pins: Sequence[tuple[str, str, str]] = ()
    ) -> None:
        super().__init__(look)
        self._desk = desk
        self._demo_pins = demo_pins
        self._is_large = look.metrics.is_single_column
        row = QVBoxLayout(self) if self._is_large else QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._frame = _FrameStrip(desk, look) if self._is_large else _Frame(desk, look)
        row.addWidget(self._frame)
        right = QHBoxLayout()
        sides = look.metrics.fixed(56, 28)
        top = look.metrics.fixed(48, 28)
        if self._is_large:
            sides, top = look.metrics.fixed(28, 14), look.metrics.fixed(20, 8)
        right.setContentsMargins(sides, top, sides, top if self._is_large else look.metrics.fixed(24, 12))
        right.setSpacing(sides)
        right.addLayout(self._make_people(), 1)
        right.addLayout(self._make_pin())
        row.addLayout(right, 1)
        self.presenter = SignInPresenter(
            desk, tasks, look.wording, show=self.show_state, signed_in=self._on_signed_in
        )
        self._typed = ""
        self._forget = QTimer(self)
        self._forget.setSingleShot(True)
        self._forget.timeout.connect(self._forget_typed)

    def _make_people(self) -> QVBoxLayout:
        look, say = self.look, self.look.say
        column = QVBoxLayout()
        column.setSpacing(8)
        title = Type.HEADING if self._is_large else Type.TITLE
        column.addWidget(label(look, say("Who is at the till?"), title, wraps=True))
        how = label(look, say("Up and Down, or start to type a name."), Type.BODY, tone="text2", wraps=True)
        column.addWidget(how)
        if not self._is_large:
            column.addSpacing(8)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(8)
        holder = QWidget()
        holder.setProperty("klGround", "bg")
        inside = QVBoxLayout(holder)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addLayout(self._rows)
        inside.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(holder)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.addWidget(self._scroll, 1)
        if self._demo_pins:
            # A name and its PIN stay on one line.
            text = " · ".join(f"{name}\N{NO-BREAK SPACE}{pin}" for name, _, pin in self._demo_pins)
            column.addWidget(Note(look, "info", say("Demo PINs"), text))
        names = [(language, LANGUAGE_NAMES[language]) for language in LANGUAGES]
        low = QHBoxLayout()
        low.addWidget(self._make_languages(names))
        low.addStretch(1)
        column.addSpacing(8)
        column.addLayout(low)
        return column

    def _make_languages(self, names: list[tuple[str, str]]) -> QWidget:
        """Four buttons, or a list where four have no room."""
        look, now = self.look, self.look.wording.language
        if self._is_large:
            choice = Choice(look, names, chosen=now, name=look.say("Language"))
            choice.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            choice.picked.connect(self.language_chosen)
            return choice
        segments = Segments(look, names, chosen=now, name=look.say("Language"))
        segments.chosen.connect(self.language_chosen)
        return segments

    def _make_pin(self) -> QVBoxLayout:
        look, say = self.look, self.look.say
        column = QVBoxLayout()
        column.setSpacing(look.metrics.fixed(8, 4) if self._is_large else 8)
        wide = look.metrics.px(240, 220) if self._is_large else look.metrics.px(320, 280)
        self._who = ElidedLabel(look, "", Type.BODY, tone="text2")
        if self._is_large:
            names = QHBoxLayout()
            names.setSpacing(look.metrics.gap)
            names.addWidget(label(look, say("PIN"), Type.HEADING))
            names.addWidget(self._who, 1)
            column.addLayout(names)
        else:
            column.addWidget(label(look, say("PIN"), Type.TITLE))
            column.addWidget(self._who)
            column.addSpacing(8)
        self._pin = PinField(look, name=say("PIN"), is_tall=True)
        self._pin.setFixedWidth(wide)
        column.addWidget(self._pin)
        self._message = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        self._message.setMinimumHeight(look.metrics.px(18 if self._is_large else 38))
        self._message.setFixedWidth(wide)
        self._message.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addWidget(self._message)
        pad = PinPad(look, self._pin, enter=say("Enter"))
        pad.setFixedWidth(wide)
        column.addWidget(pad)
        column.addStretch(1)
        self._pin.entered.connect(self._on_pin)
        return column

    def opened(self) -> None:
        """Read the people; the caret stands in the PIN."""
        self.presenter.open()
        self._pin.setFocus()

    def show_state(self, state: SignInState) -> None:
        """Show people, messages and lights."""
        self._show_people(state)
        person = state.person
        self._who.setText("" if person is None else person.name)
        self._message.setText(state.message)
        set_tone(self._message, "badtext" if state.is_wrong else "text2")
        self._pin.set_wrong(is_wrong=state.is_wrong)
        self._pin.setReadOnly(state.is_busy)
        if not self._pin.hasFocus():
            self._pin.setFocus()
        self._frame.show_checks(state.checks)

    def _show_people(self, state: SignInState) -> None:
        while self._rows.count() > len(state.people):
            item = self._rows.takeAt(self._rows.count() - 1)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        for n, person in enumerate(state.people):
            item = self._rows.itemAt(n)
            row = item.widget() if item is not None else None
            if not isinstance(row, _PersonRow):
                row = _PersonRow(self.look)
                row.clicked.connect(lambda _=False, n=n: self.presenter.choose(n))
                self._rows.addWidget(row)
            row.show_person(person, is_chosen=n == state.chosen)
            if n == state.chosen:
                self._scroll.ensureWidgetVisible(row)

    def type_text(self, text: str) -> bool:
        """Find a person by the beginning of the name."""
        self._typed += text
        self.presenter.type_name(self._typed)
        self._forget.start(1_000)
        return True

    def step(self, by: int) -> bool:
        """Choose a person."""
        self.presenter.step(by)
        return True

    def escape(self) -> bool:
        """Clear the PIN."""
        self._pin.clear()
        return True

    def _forget_typed(self) -> None:
        self._typed = ""

    def _on_pin(self, pin: str) -> None:
        self.presenter.enter(pin)

    def _on_signed_in(self, actor: Actor) -> None:
        self.signed_in.emit(actor)


class _Frame(QFrame):
    """The dark side: shop, clock, how the till is."""

    def __init__(self, desk: Desk, look: Look) -> None:
        super().__init__()
        self._desk = desk
        self._look = look
        self.setProperty("klGround", "frame")
        self.setFixedWidth(look.metrics.fixed(460, 300))
        column = QVBoxLayout(self)
        sides = look.metrics.fixed(48, 28)
        column.setContentsMargins(sides, look.metrics.fixed(48, 28), sides, look.metrics.fixed(40, 20))
        column.setSpacing(8)
        logo = QHBoxLayout()
        logo.setSpacing(12)
        logo.addWidget(_Logo(look))
        logo.addWidget(label(look, "Kilotill", Type.TITLE, tone="frametext"))
        logo.addStretch(1)
        column.addLayout(logo)
        column.addSpacing(look.metrics.fixed(40, 20))
        column.addWidget(label(look, desk.shop.sales_point, Type.OWNER, tone="frametext", wraps=True))
        self._day = label(look, "", Type.LARGE, tone="frametext2", wraps=True)
        column.addWidget(self._day)
        self._clock = label(look, "", Type.CLOCK, tone="frametext")
        if look.metrics.is_compact:
            self._clock.hide()
        column.addSpacing(look.metrics.fixed(24, 8))
        column.addWidget(self._clock)
        column.addStretch(1)
        self._checks = QVBoxLayout()
        self._checks.setSpacing(look.metrics.fixed(14, 10))
        column.addLayout(self._checks)
        column.addSpacing(look.metrics.fixed(24, 12))
        column.addWidget(label(look, f"Kilotill {version('kilotill')}", Type.SUPPORT, tone="frametext2"))
        self._shown: tuple[tuple[str, str], ...] = ()
        timer = QTimer(self)
        timer.timeout.connect(self._tick)
        timer.start(1_000)
        self._tick()

    def _tick(self) -> None:
        now, wording = self._desk.clock.now(), self._look.wording
        self._clock.setText(wording.time(now))
        till = wording.say("Till {code}", code=self._desk.shop.till_code)
        day = wording.long_day(now)
        self._day.setText(
            f"{till} · {day}"
            if not self._look.metrics.is_compact
            else f"{till} · {day} · {wording.time(now)}"
        )

    def show_checks(self, checks: tuple[tuple[str, str], ...]) -> None:
        """Show lights and sentences."""
        if checks == self._shown:
            return
        self._shown = checks
        while (item := self._checks.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for light, text in checks:
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(12)
            row.addWidget(Light(self._look, light, size=14, on_frame=True), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(label(self._look, text, Type.BODY, tone="frametext", wraps=True), 1)
            self._checks.addWidget(line)


class _FrameStrip(QFrame):
    """Large text: the dark side as two lines on top, without the large clock."""

    def __init__(self, desk: Desk, look: Look) -> None:
        super().__init__()
        self._desk = desk
        self._look = look
        self.setProperty("klGround", "frame")
        self.setFixedHeight(look.metrics.strip)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 2, 8, 2)
        row.setSpacing(16)
        row.addWidget(_Logo(look))
        lines = QVBoxLayout()
        lines.setSpacing(0)
        self._day = ElidedLabel(look, "", Type.NAME, tone="frametext")
        lines.addWidget(self._day)
        self._checks = QHBoxLayout()
        self._checks.setSpacing(look.metrics.px(10))
        lines.addLayout(self._checks)
        row.addLayout(lines, 1)
        self._shown: tuple[tuple[str, str], ...] = ()
        timer = QTimer(self)
        timer.timeout.connect(self._tick)
        timer.start(1_000)
        self._tick()

    def _tick(self) -> None:
        now, wording, shop = self._desk.clock.now(), self._look.wording, self._desk.shop
        till = wording.say("Till {code}", code=shop.till_code)
        parts = (shop.sales_point, till, wording.long_day(now), wording.time(now))
        self._day.setText(" · ".join(parts))

    def show_checks(self, checks: tuple[tuple[str, str], ...]) -> None:
        """Show lights and sentences."""
        if checks == self._shown:
            return
        self._shown = checks
        while (item := self._checks.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for light, text in checks:
            self._checks.addWidget(Light(self._look, light, size=12, on_frame=True))
            words = ElidedLabel(self._look, text, Type.BODY, tone="frametext")
            words.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            self._checks.addWidget(words)
        self._checks.addStretch(1)


class _Logo(QWidget):
    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setFixedSize(look.metrics.fixed(44, 36), look.metrics.fixed(44, 36))

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self._look
        draw_icon(
            QPainter(self), look.icons, "logo", QRectF(self.rect()), look.hex("framebar"), look.hex("frame")
        )


class _PersonRow(QPushButton):
    """A person: initials in a square, name, role."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._person = SignInPerson("", "")
        self._is_chosen = False
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedHeight(look.metrics.line(look.metrics.fixed(64, 48), look.metrics.fixed(46, 42)))

    def show_person(self, person: SignInPerson, *, is_chosen: bool) -> None:
        self._person, self._is_chosen = person, is_chosen
        self.setAccessibleName(f"{person.name}, {person.role}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self._look
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(look.colour("accentline" if self._is_chosen else "line"), 1))
        ground = "selected" if self._is_chosen else "hover" if self.underMouse() else "surface"
        painter.setBrush(look.colour(ground))
        painter.drawRoundedRect(rect, 6, 6)
        side = self.height() - 2 * look.metrics.fixed(12, 7)
        square = QRectF(look.metrics.fixed(15, 9), (self.height() - side) / 2, side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("accent" if self._is_chosen else "sunken"))
        painter.drawRoundedRect(square, 6, 6)
        painter.setFont(look.font(Type.NAME))
        painter.setPen(look.colour("onaccent" if self._is_chosen else "text2"))
        painter.drawText(square, int(Qt.AlignmentFlag.AlignCenter), self._person.initials)
        x = square.right() + 12
        high = look.metrics.px(20, 18)
        top = QRectF(x, self.height() / 2 - high, self.width() - x - 12, high)
        painter.setPen(look.colour("text"))
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(top, left, self._person.name)
        painter.setFont(look.font(Type.BODY))
        painter.setPen(look.colour("text2"))
        painter.drawText(top.translated(0, high - 1), left, self._person.role)
