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
_SLACK = 4


class Toast(QFrame):
    """A line over the desk; the list of past ones is the bell's."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.setProperty("card", "true")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 4, 14, 4)
        row.setSpacing(12)
        self._light = Light(look)
        self._text = label(look, "", Type.VALUE, wraps=True)
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

        Where the text is large Pay is at the bottom and the toast at the top; as high as its words need.
        """
        host = self.parentWidget()
        if host is None:
            return
        metrics = self._look.metrics
        left, right = metrics.margin, host.width() - metrics.margin
        if not metrics.is_single_column:
            right -= metrics.side + metrics.gap
        width = min(right - left, self._wide())
        least = metrics.px(34 if metrics.is_single_column else _HEIGHT)
        height = max(least, self._row.heightForWidth(width))
        top = metrics.margin if metrics.is_single_column else host.height() - height - metrics.gap
        self.setGeometry(right - width, top, width, height)

    def _wide(self) -> int:
        """Return how wide all of it is on one line."""
        sides = self._row.contentsMargins()
        wide = sides.left() + sides.right() + self._light.width() + self._row.spacing()
        wide += self._look.text_width(Type.VALUE, self._text.text()) + _SLACK
        return wide if self._cap is None else wide + self._row.spacing() + self._cap.width()
