"""The money zone while a provider is asked: what we wait for, how long, and the next customer."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.state import SellState, Wait
from pos.ui.screens.sell.step_form import StepForm
from pos.ui.screens.sell.wait_words import Step, WaitView, wait_view
from pos.ui.screens.sell.words import main_caption
from pos.ui.widgets.badge import Badge, Light
from pos.ui.widgets.card import Card, tight
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.qr_view import QrView
from pos.ui.widgets.text import ElidedLabel, label, rule, set_tone
from pos.ui.widgets.zones import scrolling

ANNOUNCED_S = (60, 30, 10)
"""A countdown is read aloud at these seconds only."""

_INKS = {"info": "accenttext", "warn": "warntext", "bad": "badtext"}
_CARDS = {"info": "wait", "warn": "warnline", "bad": "bad"}
_BANDS = {"info": "info", "warn": "warn", "bad": "badsoft"}
_QR_SIDE = 132


class WaitCard(Card):
    """Head with the countdown, steps or facts, and at the bottom what can be done."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        super().__init__(kind="wait", padding=1)
        self._look = look
        self._presenter = presenter
        self.shown: WaitView | None = None
        self._told: int | None = None
        self.body.addWidget(self._make_head())
        holder = QWidget()
        holder.setProperty("klGround", "surface")
        self._inside = QVBoxLayout(holder)
        padding = look.metrics.padding
        self._inside.setContentsMargins(padding, look.metrics.fixed(14, 8), padding, 4)
        self._inside.setSpacing(look.metrics.fixed(12, 6))
        self._list = QVBoxLayout()
        tight(self._list, gap=look.metrics.fixed(12, 6))
        self._inside.addLayout(self._list)
        self._form_place = QVBoxLayout()
        tight(self._form_place)
        self._inside.addLayout(self._form_place)
        self.form: StepForm | None = None
        self._line = rule()
        self._inside.addWidget(self._line)
        self._note = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        self._inside.addWidget(self._note)
        self._inside.addStretch(1)
        scroll = scrolling(holder)
        scroll.setMinimumHeight(look.metrics.px(40))
        self.body.addWidget(scroll, 1)
        self.body.addLayout(self._make_acts())
        self._steps: list[_StepLine] = []
        self._drawn: object = None

    def _make_head(self) -> QWidget:
        look, metrics = self._look, self._look.metrics
        self._band = QFrame()
        self._band.setProperty("klBand", "info")
        column = QVBoxLayout(self._band)
        padding = metrics.padding
        column.setContentsMargins(padding, metrics.fixed(14, 8), padding, metrics.fixed(14, 8))
        column.setSpacing(metrics.fixed(4, 2))
        top = QHBoxLayout()
        top.setSpacing(10)
        self._icon = IconLabel(look, "hourglass", 20, "accenttext", ground="accentsoft")
        self._title = label(look, "", Type.STRONG, tone="accenttext", wraps=True)
        self._badge = Badge(look, "", "info", icon="")
        top.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self._title, 1)
        is_low = metrics.is_compact or metrics.is_single_column
        if not is_low:
            top.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(top)
        line = QHBoxLayout()
        line.setSpacing(10)
        self._left = label(look, "", Type.COUNTDOWN if not metrics.is_single_column else Type.HEADING)
        self._until = label(look, look.say("until the request ends"), Type.BODY, tone="text2", wraps=True)
        line.addWidget(self._left)
        line.addWidget(self._until, 1)
        if is_low:
            line.addWidget(self._badge)
        column.addLayout(line)
        self._progress = _Progress(look)
        column.addWidget(self._progress)
        return self._band

    def _make_acts(self) -> QVBoxLayout:
        look, say, keys = self._look, self._look.say, self._look.keys
        column = QVBoxLayout()
        padding = look.metrics.padding
        column.setContentsMargins(padding, 8, padding, look.metrics.fixed(14, 10))
        column.setSpacing(8)
        self.main = _MainButton(look, "", cap=say("Enter"), kind="accent", size="pay")
        self.ask = KeyButton(look, say("Ask now"), cap=keys.cap_of(Act.REFRESH))
        self.stop = KeyButton(look, say("Stop waiting"), cap=keys.cap_of(Act.STOP_WAITING))
        waits = self._presenter.waits
        self.main.clicked.connect(waits.main)
        self.ask.clicked.connect(waits.ask_now)
        self.stop.clicked.connect(waits.stop)
        for button in (self.ask, self.stop):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout()
        row.setSpacing(8)
        if look.metrics.is_single_column:
            row.addWidget(self.main, 3)
        else:
            column.addWidget(self.main)
        # Each as wide as its words: the longer of the two keeps the cap of its key.
        for button in (self.ask, self.stop):
            row.addWidget(button, 2 if look.metrics.is_single_column else 0)
        column.addLayout(row)
        self._code = ElidedLabel(look, "", Type.MONO, tone="text2", align=Qt.AlignmentFlag.AlignHCenter)
        if look.metrics.is_compact or look.metrics.is_single_column:
            self._code.hide()
        column.addWidget(self._code)
        return column

    # -- showing ------------------------------------------------------------------------------------------

    def show_state(self, state: SellState) -> None:
        """Show a wait; each second only the figures change."""
        wait = state.wait
        if wait is None:
            return
        wording = self._look.wording
        may = self._presenter.waits.may_pay_again()
        view = wait_view(state, wait, wording, may_pay_again=may)
        self.shown = view
        self._show_head(view)
        self._show_list(view)
        self._show_form(view, wait)
        self._note.setText(view.note)
        self._note.setVisible(bool(view.note))
        self._line.setVisible(bool(view.note and view.steps))
        self.main.set_caption(main_caption(self._look, view.main, self._short(view)))
        self.ask.setVisible(view.can_ask)
        self.stop.setVisible(view.can_stop)
        self.main.setEnabled(view.ask is None or not wait.is_asking)
        self.ask.setEnabled(not wait.is_asking)
        self.ask.set_caption(self._look.say("Asking") if wait.is_asking else self._look.say("Ask now"))
        self._code.setText(view.code)
        rows = [f"{name}: {text}" for name, text in view.rows]
        steps = [f"{step.title} {step.text}" for step in view.steps]
        self.setAccessibleName(". ".join([view.title, *rows, *steps]))

    def _short(self, view: WaitView) -> str:
        is_next = view.main == self._look.say("Serve the next customer")
        return self._look.say("Next customer") if is_next else view.main

    def _show_head(self, view: WaitView) -> None:
        self.set_kind(_CARDS[view.kind])
        if self._band.property("klBand") != _BANDS[view.kind]:
            self._band.setProperty("klBand", _BANDS[view.kind])
            self._band.style().unpolish(self._band)
            self._band.style().polish(self._band)
        self._icon.show_icon(view.icon, _INKS[view.kind])
        self._title.setText(view.title)
        set_tone(self._title, _INKS[view.kind])
        is_low = self._look.metrics.is_compact
        badge = self._look.say("Not taken") if is_low and view.badge else view.badge
        self._badge.show_state(badge, "info")
        self._badge.setVisible(bool(view.badge))
        has_end = view.left_s is not None
        for widget in (self._left, self._until, self._progress):
            widget.setVisible(has_end)
        if view.left_s is None:
            return
        minutes, seconds = divmod(view.left_s, 60)
        self._left.setText(f"{minutes}:{seconds:02}")
        self._progress.show_share(view.left_s / view.whole_s)
        self._announce(view.left_s)

    def _announce(self, left_s: int) -> None:
        """Read the countdown aloud, once at each of a few seconds."""
        if left_s in ANNOUNCED_S and left_s != self._told:
            self._told = left_s
            text = self._look.say("{age} left", age=self._look.wording.age(left_s))
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def _show_list(self, view: WaitView) -> None:
        shape = (tuple(step.title for step in view.steps), tuple(name for name, _ in view.rows), view.link)
        if shape != self._drawn:
            self._drawn = shape
            self._rebuild(view)
        for line, step in zip(self._steps, view.steps, strict=True):
            line.show_step(step)
        for value, (_, text) in zip(self._values, view.rows, strict=True):
            value.setText(text)

    def _show_form(self, view: WaitView, wait: Wait) -> None:
        """Show the fields of a step; the caret goes there when it is asked for, and back after it."""
        ask = view.ask
        if self.form is not None and (ask is None or ask.kind is not self.form.kind):
            had_focus = self.form.has_focus()
            self.form.hide()
            self.form.deleteLater()
            self.form = None
            if had_focus:
                self.main.setFocus()
        if ask is None:
            return
        is_new = self.form is None
        if self.form is None:
            self.form = StepForm(self._look, self._presenter, ask)
            self._form_place.addWidget(self.form)
        self.form.show_wait(wait, ask, self._look.say("It was not taken. Try again."))
        if is_new and self.main.hasFocus():
            self.form.focus()

    def focus(self) -> None:
        """Put the focus on what is next: what a provider asks for, else the main button."""
        if self.form is not None:
            self.form.focus()
        else:
            self.main.setFocus()

    def _rebuild(self, view: WaitView) -> None:
        look = self._look
        while (item := self._list.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._steps = [_StepLine(look) for _ in view.steps]
        if view.link:
            self._list.addWidget(self._make_link(view.link))
        for line in self._steps:
            self._list.addWidget(line)
        self._values: list[QLabel] = []
        if not view.rows:
            return
        holder = QWidget()
        grid = QGridLayout(holder)
        tight(grid)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(look.metrics.fixed(8, 4))
        grid.setColumnStretch(1, 1)
        for n, (name, text) in enumerate(view.rows):
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(label(look, name, Type.BODY, tone="text2"), n, 0, top)
            value = label(look, text, Type.BODY, wraps=True)
            self._values.append(value)
            grid.addWidget(value, n, 1, top)
        self._list.addWidget(holder)

    def _make_link(self, link: str) -> QWidget:
        look = self._look
        holder = QWidget()
        row = QHBoxLayout(holder)
        tight(row, gap=12)
        side = look.metrics.fixed(_QR_SIDE, 104)
        row.addWidget(QrView(look, link, side=side, name=look.say("QR code of the payment")))
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(label(look, look.say("The customer scans this, or opens:"), Type.BODY, wraps=True))
        words.addWidget(ElidedLabel(look, link, Type.MONO, tone="accenttext"))
        words.addStretch(1)
        row.addLayout(words, 1)
        return holder


class _MainButton(KeyButton):
    """Has the focus while nothing else can: the arrows go to the window, which goes through what waits."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the arrows to the window; Qt would move the focus."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()
        else:
            super().keyPressEvent(event)


class _StepLine(QWidget):
    """A light, what happened, and a quiet line below it."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        row = QHBoxLayout(self)
        tight(row, gap=14)
        self._light = Light(look, "off")
        self._glass = IconLabel(look, "hourglass", 16, "accenttext")
        for widget in (self._light, self._glass):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(1)
        self._title = label(look, "", Type.VALUE, wraps=True)
        self._text = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        words.addWidget(self._title)
        words.addWidget(self._text)
        row.addLayout(words, 1)

    def show_step(self, step: Step) -> None:
        """Show a step."""
        self._glass.setVisible(step.light == "wait")
        self._light.setVisible(step.light != "wait")
        if step.light != "wait":
            self._light.show_state(step.light)
        self._title.setText(step.title)
        self._text.setText(step.text)
        self._text.setVisible(bool(step.text))


class _Progress(QWidget):
    """How much of the time is left."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._share = 1.0
        self.setFixedHeight(6)

    def show_share(self, share: float) -> None:
        """Show another share."""
        self._share = min(1.0, max(0.0, share))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for role, share in (("accentline", 1.0), ("accent", self._share)):
            painter.setBrush(self._look.colour(role))
            painter.drawRoundedRect(QRectF(0, 0, self.width() * share, self.height()), 2, 2)
