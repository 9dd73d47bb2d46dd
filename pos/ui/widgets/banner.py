"""One line under the strip that stays: training, sandbox."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout

from pos.ui.look import Look, Type
from pos.ui.widgets.badge import Light
from pos.ui.widgets.text import label


class Banner(QFrame):
    """Hidden while there is nothing to say."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setProperty("klNote", "warn")
        row = QHBoxLayout(self)
        row.setContentsMargins(look.metrics.margin, 4, look.metrics.margin, 4)
        row.setSpacing(10)
        row.addWidget(Light(look, "warn"))
        self._text = label(look, "", Type.NAME)
        row.addWidget(self._text, 1)
        self.hide()

    def say(self, text: str) -> None:
        """Show a text; an empty one hides the banner."""
        self._text.setText(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))
