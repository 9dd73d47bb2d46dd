"""The PIN: dots in a field, and a pad for fingers."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QLineEdit, QStyle, QStyleOptionFrame, QWidget

from pos.ui.look import Look, Type
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import restyle

DIGITS_MAX = 8
_DOTS_MIN = 4


class PinField(QLineEdit):
    """Holds digits and shows dots; `entered` follows Enter. The digits are never painted."""

    entered = Signal(str)

    def __init__(self, look: Look, *, name: str, is_supervisor: bool = False, is_tall: bool = False) -> None:
        super().__init__()
        self._look = look
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setMaxLength(DIGITS_MAX)
        self.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly | Qt.InputMethodHint.ImhSensitiveData)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setAccessibleName(name)
        self.setFont(look.font(Type.BODY))
        if is_supervisor:
            self.setProperty("klKind", "sup")
        if is_tall:
            self.setProperty("klSize", "tall")

    def set_wrong(self, *, is_wrong: bool) -> None:
        """Mark the PIN as wrong."""
        self.setProperty("klWrong", "true" if is_wrong else "false")
        restyle(self)

    def add_digit(self, digit: str) -> None:
        """Type a digit with the pad."""
        self.insert(digit)

    def take(self) -> str:
        """Return what was typed and forget it."""
        pin = self.text()
        self.clear()
        return pin

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take digits, Enter and Backspace; leave the rest to the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit(self.take())
        elif event.text().isdecimal() or event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            super().keyPressEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame as the style sheet has it, and a dot for each digit."""
        painter = QPainter(self)
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, option, painter, self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        typed = len(self.text())
        shown = max(_DOTS_MIN, typed + (1 if typed >= _DOTS_MIN and typed < DIGITS_MAX else 0))
        size = min(18.0, self.height() * 0.3)
        step = min(size * 2.1, (self.width() - 24) / shown)
        x = (self.width() - step * (shown - 1)) / 2
        for n in range(shown):
            middle = QPointF(x + n * step, self.height() / 2)
            if n < typed:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self._look.colour("text"))
                painter.drawEllipse(middle, size / 2, size / 2)
            else:
                painter.setPen(QPen(self._look.colour("strong"), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(
                    QRectF(middle.x() - size / 2 + 1, middle.y() - size / 2 + 1, size - 2, size - 2)
                )


class PinPad(QWidget):
    """Twelve keys for a touch screen; the keyboard does not come here."""

    def __init__(self, look: Look, field: PinField, *, enter: str) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        for n, key in enumerate(("1", "2", "3", "4", "5", "6", "7", "8", "9", "<", "0", "=")):
            if key == "=":
                button = KeyButton(look, enter, kind="accent", size="pad")
                button.clicked.connect(lambda: field.entered.emit(field.take()))
            elif key == "<":
                button = KeyButton(look, "", icon="backspace", size="pad")
                button.setAccessibleName("Backspace")
                button.clicked.connect(field.backspace)
            else:
                button = KeyButton(look, key, size="pad")
                button.setFont(look.font(Type.TITLE))
                button.clicked.connect(lambda _=False, digit=key: field.add_digit(digit))
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setMinimumWidth(0 if look.metrics.is_single_column else look.metrics.px(80, 72))
            grid.addWidget(button, n // 3, n % 3)
