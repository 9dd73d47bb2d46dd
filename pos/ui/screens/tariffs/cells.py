"""What a field of the editor is made of: caption, field, and the sentence when it is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from pos.ui.look import Look, Type
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.text import label, restyle


class Toggles(QWidget):
    """Any of a few, side by side; `changed` gives the chosen keys with `;` between them."""

    changed = Signal(str)

    def __init__(self, look: Look, choices: Sequence[tuple[str, str]], *, name: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._buttons: dict[str, QToolButton] = {}
        for n, (key, text) in enumerate(choices):
            button = QToolButton()
            button.setText(text)
            button.setFont(look.font(Type.VALUE))
            button.setCheckable(True)
            button.setProperty("klKind", "segment")
            button.setProperty("klEdge", {0: "first", len(choices) - 1: "last"}.get(n, "mid"))
            button.setFixedHeight(look.metrics.field)
            button.setAccessibleName(f"{name}: {text}")
            button.clicked.connect(self._on_clicked)
            self._group.addButton(button)
            self._buttons[key] = button
            row.addWidget(button)
        row.addStretch(1)

    def text(self) -> str:
        """Return the chosen keys."""
        return ";".join(key for key, button in self._buttons.items() if button.isChecked())

    def choose(self, text: str) -> None:
        """Choose without a signal."""
        chosen = set(text.split(";"))
        for key, button in self._buttons.items():
            button.setChecked(key in chosen)

    def _on_clicked(self) -> None:
        self.changed.emit(self.text())


class Cell(QWidget):
    """One field of the editor: caption, field, what is wrong with it."""

    def __init__(self, look: Look, caption: str, field: QWidget, *, name: str = "", width: int = 0) -> None:
        super().__init__()
        self.field = field
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        if caption:
            column.addWidget(label(look, caption, Type.SUPPORT, tone="text2"))
        column.addWidget(field)
        self.wrong = label(look, "", Type.SMALL, tone="badtext", wraps=True)
        self.wrong.hide()
        column.addWidget(self.wrong)
        column.addStretch(1)
        field.setAccessibleName(name or caption)
        if width:
            self.setFixedWidth(look.metrics.px(width, round(width * 0.88)))

    def show_text(self, text: str, wrong: str) -> None:
        """Show a text and what is wrong with it."""
        field = self.field
        if isinstance(field, QLineEdit):
            if field.text() != text:
                field.setText(text)
        elif isinstance(field, Choice | Toggles):
            field.choose(text)
        self.wrong.setText(wrong)
        self.wrong.setVisible(bool(wrong))
        value = "true" if wrong else "false"
        if field.property("klWrong") != value:
            field.setProperty("klWrong", value)
            restyle(field)
