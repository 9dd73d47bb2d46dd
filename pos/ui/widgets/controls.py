"""Small controls: segments, a switch, a combo box."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QComboBox, QHBoxLayout, QToolButton, QWidget

from pos.ui.look import Look, Type
from pos.ui.widgets.text import restyle


def at_left(control: QWidget) -> QWidget:
    """Put a control at the left of its room instead of across it."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(control)
    row.addStretch(1)
    return holder


class Segments(QWidget):
    """One of a few, side by side. `chosen` gives the key of the one that was pressed."""

    chosen = Signal(str)

    def __init__(
        self, look: Look, choices: Sequence[tuple[str, str]], *, chosen: str = "", name: str = ""
    ) -> None:
        super().__init__()
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        for n, (key, text) in enumerate(choices):
            button = QToolButton()
            button.setText(text.replace("&", "&&"))
            button.setFont(look.font(Type.VALUE))
            button.setCheckable(True)
            button.setChecked(key == chosen)
            button.setProperty("klKind", "segment")
            edge = (
                "only"
                if len(choices) == 1
                else "first"
                if n == 0
                else "last"
                if n == len(choices) - 1
                else "mid"
            )
            button.setProperty("klEdge", edge)
            button.setMinimumHeight(look.metrics.px(34))
            button.setAccessibleName(f"{name}: {text}" if name else text)
            button.clicked.connect(self._on_clicked)
            self._group.addButton(button)
            self._buttons[key] = button
            row.addWidget(button)

    def key(self) -> str:
        """Return the chosen key, empty for none."""
        return next((key for key, button in self._buttons.items() if button.isChecked()), "")

    def choose(self, key: str) -> None:
        """Choose without a signal."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)

    def set_text(self, key: str, text: str) -> None:
        """Write something else on one of them."""
        self._buttons[key].setText(text.replace("&", "&&"))

    def _on_clicked(self) -> None:
        self.chosen.emit(self.key())


class Switch(QCheckBox):
    """On or off, painted as a switch."""

    def __init__(self, look: Look, name: str, *, is_on: bool = False) -> None:
        super().__init__()
        self._look = look
        self.setAccessibleName(name)
        self.setChecked(is_on)
        self.setFixedSize(QSize(look.metrics.px(40), look.metrics.px(34)))

    def hitButton(self, pos: object) -> bool:
        """All of it can be pressed."""
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = self._look
        high = look.metrics.px(22)
        box = QRectF(0.5, (self.height() - high) / 2 + 0.5, self.width() - 1, high - 1)
        is_on = self.isChecked()
        painter.setPen(QPen(look.colour("accent" if is_on else "strong"), 1))
        painter.setBrush(look.colour(("accent" if is_on else "surface") if self.isEnabled() else "dis"))
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        size = box.height() - 6
        x = box.right() - size - 3 if is_on else box.left() + 3
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("onaccent" if is_on else "strong"))
        painter.drawEllipse(QRectF(x, box.top() + 3, size, size))


class Choice(QComboBox):
    """A drop-down list of (key, text)."""

    picked = Signal(str)

    def __init__(
        self, look: Look, choices: Sequence[tuple[str, str]] = (), *, chosen: str = "", name: str = ""
    ) -> None:
        super().__init__()
        # Its border shows the focus; a ring around it would be a second one.
        self.setProperty("klRing", "own")
        self.setFont(look.font(Type.BODY))
        self.setAccessibleName(name)
        self.fill(choices, chosen)
        self.activated.connect(self._on_activated)

    def fill(self, choices: Sequence[tuple[str, str]], chosen: str = "") -> None:
        """Offer other choices."""
        self.clear()
        for key, text in choices:
            self.addItem(text, key)
        self.choose(chosen)

    def key(self) -> str:
        """Return the chosen key."""
        return str(self.currentData() or "")

    def choose(self, key: str) -> None:
        """Choose without a signal."""
        place = self.findData(key)
        if place >= 0:
            self.setCurrentIndex(place)

    def _on_activated(self) -> None:
        self.picked.emit(self.key())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the keys of acts to the window: Qt would look for an entry that begins with the letter."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
        else:
            super().keyPressEvent(event)


def set_property(widget: QWidget, name: str, value: str) -> None:
    """Change a property the style sheet looks at."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        restyle(widget)
