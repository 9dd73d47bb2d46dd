"""Counting by note and coin: a card of lines, each with how many there are and what that comes to."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from pos.ui.icons import draw_icon
from pos.ui.look import Look, Type
from pos.ui.screens.shift.counting import PIECES_DIGITS_MAX, Count
from pos.ui.screens.shift.head import sized
from pos.ui.widgets.card import Card, CardHead
from pos.ui.widgets.fields import BareEdit, FieldFrame
from pos.ui.widgets.text import FittedLabel, fitted, label, rule

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NOTHING = "–"
_EDIT_SIDES = 6


class StepButton(QPushButton):
    """One more or one less. The keyboard has keys for it, so Tab passes by."""

    def __init__(self, look: Look, icon: str, name: str) -> None:
        super().__init__()
        self._look = look
        self._icon = icon
        self.setProperty("klSize", "small")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        side = look.metrics.px(36, 34)
        self.setFixedSize(side, side)
        self.setAccessibleName(name)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground by the style sheet and the sign on it."""
        super().paintEvent(event)
        size = self._look.metrics.px(16)
        place = QRectF((self.width() - size) // 2, (self.height() - size) // 2, size, size)
        ink = "text" if self.isEnabled() else "distext"
        draw_icon(QPainter(self), self._look.icons, self._icon, place, self._look.hex(ink))


class CountLine(QWidget):
    """A value, how many, and what they come to."""

    typed = Signal(int, str)
    changed_by = Signal(int, int)
    entered = Signal(int)

    def __init__(
        self, look: Look, n: int, value_minor: int, *, name_width: int = 0, is_small: bool = False
    ) -> None:
        super().__init__()
        self._look = look
        self._n = n
        metrics = look.metrics
        value = look.wording.amount(value_minor)
        self.setFixedHeight(metrics.px(37, 36) if is_small else metrics.px(57, 43))
        row = QHBoxLayout(self)
        side = metrics.fixed(16, 10)
        row.setContentsMargins(0 if is_small else side, 0, 0 if is_small else side, 0)
        row.setSpacing(0)
        name = label(look, value)
        name.setFont(value_font(look, is_small=is_small))
        name.setAlignment(_RIGHT)
        name.setFixedWidth(max(name_width, metrics.px(56, 46)))
        row.addWidget(name)
        times = label(look, "×", Type.BODY, tone="text3")
        times.setAlignment(Qt.AlignmentFlag.AlignCenter)
        times.setFixedWidth(metrics.px(33, 18))
        row.addWidget(times)
        self.edit = BareEdit(takes=str.isdecimal)
        self._font = sized(look, Type.STRONG, 16 if is_small else 18, 15 if is_small else 16)
        self.edit.setFont(self._font)
        self.edit.setAlignment(_RIGHT)
        self.edit.setMaxLength(PIECES_DIGITS_MAX)
        self.edit.setAccessibleName(look.say("How many of {value}", value=value))
        frame = FieldFrame(look, self.edit)
        frame.row.setContentsMargins(8, 0, 11, 0)
        frame.row.addWidget(self.edit)
        frame.setFixedSize(metrics.px(92, 64), metrics.px(34) if is_small else metrics.px(40, 36))
        row.addWidget(frame)
        if not is_small:
            self._add_buttons(row, value)
        row.addStretch(1)
        self._sum = FittedLabel(
            sized(look, Type.STRONG, 14 if is_small else 16, 13 if is_small else 14, weight=500)
        )
        self._sum.setText(_NOTHING)
        self._sum.setAlignment(_RIGHT)
        self._sum.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row.addWidget(self._sum, 4)
        self.edit.textEdited.connect(self._on_typed)
        self.edit.focused.connect(self._on_focused)

    def _add_buttons(self, row: QHBoxLayout, value: str) -> None:
        look = self._look
        less = StepButton(look, "minus", look.say("One less of {value}", value=value))
        more = StepButton(look, "plus", look.say("One more of {value}", value=value))
        less.clicked.connect(self._on_less)
        more.clicked.connect(self._on_more)
        row.addSpacing(look.metrics.fixed(12, 6))
        row.addWidget(less)
        row.addSpacing(4)
        row.addWidget(more)
        row.addSpacing(look.metrics.fixed(8, 4))

    def show_line(self, count: Count) -> None:
        """Show what is counted here."""
        text = count.typed[self._n]
        if self.edit.text() != text:
            self.edit.setText(text)
        self._fit()
        minor = count.line_minor(self._n)
        self._sum.setText(self._look.wording.amount(minor) if text else _NOTHING)

    def _fit(self) -> None:
        self.edit.setFont(fitted(self._font, self.edit.text(), self.edit.width() - _EDIT_SIDES))

    def take_focus(self) -> None:
        """Put the caret in; a number that stands there is typed over."""
        if not self.edit.hasFocus():
            self.edit.setFocus(Qt.FocusReason.OtherFocusReason)
            self.edit.selectAll()

    def _on_typed(self, text: str) -> None:
        self._fit()
        self.typed.emit(self._n, text)

    def _on_focused(self, has_focus: bool) -> None:
        if has_focus:
            self.entered.emit(self._n)

    def _on_less(self) -> None:
        self.changed_by.emit(self._n, -1)

    def _on_more(self) -> None:
        self.changed_by.emit(self._n, 1)


class CountCard(Card):
    """Notes or coins with their sum."""

    def __init__(self, look: Look, title: str, together: str, lines: Sequence[CountLine]) -> None:
        super().__init__()
        self._look = look
        head = CardHead(look, title)
        head.setFixedHeight(look.metrics.px(43, 35))
        self.body.addWidget(head)
        for n, line in enumerate(lines):
            self.body.addWidget(rule())
            if n == 0:
                self.body.addWidget(rule())
            self.body.addWidget(line)
        self.body.addWidget(rule("strong"))
        foot = QWidget()
        foot.setFixedHeight(look.metrics.px(46, 38))
        row = QHBoxLayout(foot)
        side = look.metrics.fixed(16, 10)
        row.setContentsMargins(side, 0, side, 0)
        row.addWidget(label(look, together, Type.NAME), 1)
        self._sum = label(look, "")
        self._sum.setFont(sized(look, Type.STRONG, 18, 16))
        row.addWidget(self._sum)
        self.body.addWidget(foot)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def show_sum(self, minor: int) -> None:
        """Show what all lines come to."""
        self._sum.setText(self._look.wording.amount(minor))


def make_lines(look: Look, count: Count, *, is_small: bool = False) -> list[CountLine]:
    """Return one line for each note and coin."""
    font = value_font(look, is_small=is_small)
    widest = max(QFontMetrics(font).horizontalAdvance(look.wording.amount(value)) for value in count.values)
    return [
        CountLine(look, n, value, name_width=widest + 1, is_small=is_small)
        for n, value in enumerate(count.values)
    ]


def value_font(look: Look, *, is_small: bool) -> QFont:
    """Return the font of the value of a note or coin."""
    return sized(look, Type.STRONG, 15 if is_small else 18, 14 if is_small else 16)
