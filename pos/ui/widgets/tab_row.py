"""Many choices of which one is open, side by side; they go on in the next line where there is no room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QToolButton

from pos.ui.look import Look, Type
from pos.ui.widgets.flow import FlowRow


class TabRow(FlowRow):
    """`chosen` gives the key of the one that was pressed."""

    chosen = Signal(str)

    def __init__(self, look: Look, choices: Sequence[tuple[str, str]], *, chosen: str, name: str) -> None:
        super().__init__(gap=4)
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        for key, text in choices:
            button = QToolButton()
            button.setText(text.replace("&", "&&"))
            button.setFont(look.font(Type.VALUE))
            button.setCheckable(True)
            button.setChecked(key == chosen)
            button.setProperty("klKind", "segment")
            button.setProperty("klEdge", "only")
            button.setMinimumHeight(look.metrics.px(34))
            button.setAccessibleName(f"{name}: {text}")
            button.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            self._group.addButton(button)
            self._buttons[key] = button
            self.addWidget(button)

    def choose(self, key: str) -> None:
        """Choose without a signal."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)
