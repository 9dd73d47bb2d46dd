"""What stands where there is nothing: an icon, one bold fact, one sentence with the way out."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from pos.ui.look import Look, Type
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.text import label


class EmptyPanel(QWidget):
    """Stands in the middle of its place."""

    def __init__(self, look: Look, icon: str, fact: str, text: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        is_large = look.metrics.is_single_column
        column.setContentsMargins(24, 4 if is_large else 16, 24, 4 if is_large else 16)
        column.setSpacing(8)
        column.addStretch(2)
        if not is_large:
            # Large words need the room themselves.
            column.addWidget(IconLabel(look, icon, 32, "text3"), 0, Qt.AlignmentFlag.AlignHCenter)
        self._fact = label(look, fact, Type.STRONG, wraps=True)
        self._text = label(look, text, Type.BODY, tone="text2", wraps=True)
        for words in (self._fact, self._text):
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(words)
        column.addStretch(3)

    def say(self, fact: str, text: str) -> None:
        """Say something else."""
        self._fact.setText(fact)
        self._text.setText(text)
