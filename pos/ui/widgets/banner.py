"""One line under the strip that stays: training, sandbox."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout

from pos.ui.look import Look, Type
from pos.ui.widgets.badge import Light
from pos.ui.widgets.text import label, restyle


class Banner(QFrame):
    """Hidden while there is nothing to say."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setProperty("klNote", "warn")
        row = QHBoxLayout(self)
        row.setContentsMargins(look.metrics.margin, 4, look.metrics.margin, 4)
        row.setSpacing(10)
        self._light = Light(look, "warn")
        row.addWidget(self._light)
        self._text = label(look, "", Type.NAME)
        row.addWidget(self._text, 1)
        self.hide()

    def say(self, text: str, *, light: str = "warn") -> None:
        """Show a text, red where `light` is bad; an empty one hides the banner."""
        self.setProperty("klNote", light)
        restyle(self)
        self._light.show_state(light)
        self._text.setText(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))
