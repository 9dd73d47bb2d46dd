"""A toast: one at a time, bottom right above the bar, 8 seconds, never takes the focus."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from pos.ui.look import Look, Type
from pos.ui.widgets.badge import Light
from pos.ui.widgets.keycap import KeyCap
from pos.ui.widgets.text import label

SHOWN_MS = 8_000
_HEIGHT = 48


class Toast(QFrame):
    """A line over the desk; the list of past ones is the bell's."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.setProperty("card", "true")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 14, 0)
        row.setSpacing(12)
        self._light = Light(look)
        self._text = label(look, "", Type.VALUE, wraps=look.metrics.is_single_column)
        self._row = row
        self._cap: KeyCap | None = None
        row.addWidget(self._light)
        row.addWidget(self._text, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def say(self, text: str, *, light: str = "ok", cap: str = "") -> None:
        """Show a text; whatever was shown before goes."""
        self._light.show_state(light)
        self._text.setText(text)
        if self._cap is not None:
            self._cap.deleteLater()
            self._cap = None
        if cap:
            self._cap = KeyCap(self._look, cap)
            self._row.addWidget(self._cap)
        self.setAccessibleName(text)
        self.adjustSize()
        self.place()
        self.show()
        self.raise_()
        self._timer.start(SHOWN_MS)

    def text(self) -> str:
        """Return what is shown, empty when nothing is."""
        return self._text.text() if self.isVisible() else ""

    def place(self) -> None:
        """Stand at the bottom right of the desk, left of the money zone, so that Pay stays free.

        Where the text is large Pay is at the bottom and the toast at the top, as high as its words need.
        """
        host = self.parentWidget()
        if host is None:
            return
        if self._look.metrics.is_single_column:
            margin = self._look.metrics.margin
            room = host.width() - 2 * margin
            icon = self._look.metrics.px(_HEIGHT)
            wide = self._look.text_width(Type.VALUE, self._text.text()) + 2 * icon
            wide += 0 if self._cap is None else self._cap.width()
            width = min(room, wide)
            height = max(self._look.metrics.px(34), self._row.heightForWidth(width))
            self.setGeometry(margin + room - width, margin, width, height)
            return
        width = min(self.sizeHint().width(), host.width() - 2 * self._look.metrics.margin)
        right = host.width() - self._look.metrics.margin - self._look.metrics.side - self._look.metrics.gap
        self.setGeometry(
            max(self._look.metrics.margin, right - width),
            host.height() - self._look.metrics.px(_HEIGHT) - self._look.metrics.gap,
            width,
            self._look.metrics.px(_HEIGHT),
        )
