"""What pages are built of: head, rows, fields of settings, the side zone's cards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.widgets.badge import Badge, Light
from pos.ui.widgets.card import Card, CardHead
from pos.ui.widgets.fields import LabelledField, line_edit
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import ElidedLabel, label, rule
from pos.ui.widgets.zones import side_column as side_column


class Choosers(QObject):
    """The system's own file dialogs; tests put other functions in their place."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self.open_file: Callable[[str, str], str] = self._open_file
        self.save_file: Callable[[str, str], str] = self._save_file
        self.folder: Callable[[str, str], str] = self._folder

    def _open_file(self, title: str, start: str) -> str:
        return QFileDialog.getOpenFileName(self._window, title, start)[0]

    def _save_file(self, title: str, start: str) -> str:
        return QFileDialog.getSaveFileName(self._window, title, start)[0]

    def _folder(self, title: str, start: str) -> str:
        return QFileDialog.getExistingDirectory(self._window, title, start)


class PageView(QWidget):
    """One page: a column under its head, and what stands in the side zone."""

    bar_changed = Signal()
    side_wanted = Signal()
    page_wanted = Signal()

    def __init__(self, look: Look, title: str, about: str) -> None:
        super().__init__()
        self.look = look
        self.setProperty("klGround", "surface")
        self.column = QVBoxLayout(self)
        padding = look.metrics.fixed(24, 14)
        self.column.setContentsMargins(
            padding, look.metrics.fixed(20, 12), padding, look.metrics.fixed(20, 12)
        )
        self.column.setSpacing(look.metrics.fixed(14, 10))
        head = QHBoxLayout()
        head.setSpacing(12)
        words = QVBoxLayout()
        words.setSpacing(2)
        self.title = label(look, title, Type.STRONG)
        words.addWidget(self.title)
        words.addWidget(label(look, about, Type.SUPPORT, tone="text2", wraps=True))
        head.addLayout(words, 1)
        self.badge = Badge(look, "", "neutral")
        self.badge.hide()
        head.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignTop)
        self.column.addLayout(head)
        self.side: QWidget | None = None
        self.side_title = ""

    def first(self) -> QWidget | None:
        """Return what takes the focus when the page opens."""
        return None

    def focus_setting(self, key: str) -> bool:
        """Put the caret into the field of a setting; False if it is not here."""
        return False

    def bar(self) -> Mapping[Act, BarItem]:
        """Return what F-keys do here."""
        return {}

    def act(self, act: Act) -> bool:
        """Do an act; False if it does nothing here."""
        return False

    def scanned(self, code: str) -> bool:
        """Take a scanned code."""
        return False

    def escape(self) -> bool:
        """Take one step back; False if there is none."""
        return False

    def say_state(self, text: str, tone: str) -> None:
        """Show the badge of the head; no text: none."""
        if text:
            self.badge.show_state(text, tone)
        self.badge.setVisible(bool(text))

    def say(self, source: str, /, **values: object) -> str:
        """Translate a text."""
        return self.look.say(source, **values)


class Fact(QWidget):
    """A line of the side zone: a name at the left, a light and a value at the right."""

    def __init__(self, look: Look, name: str, value: str = "", light: str = "") -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(label(look, name, Type.BODY, tone="text2"))
        row.addStretch(1)
        if light:
            row.addWidget(Light(look, light, size=14))
        self.value = ElidedLabel(look, value, Type.VALUE, align=Qt.AlignmentFlag.AlignRight)
        row.addWidget(self.value, 4)
        if light:
            self.value.setSizePolicy(
                self.value.sizePolicy().Policy.Maximum, self.value.sizePolicy().Policy.Fixed
            )


def is_narrow(look: Look) -> bool:
    """Say whether there is room for one zone only: a small window, or larger text."""
    return look.metrics.is_compact or look.metrics.percent > 100


def side_card(look: Look, title: str) -> tuple[Card, QVBoxLayout]:
    """Return a card of the side zone with its head, and the layout of its inside."""
    card = Card()
    card.body.addWidget(CardHead(look, title))
    card.body.addWidget(rule())
    inside = QVBoxLayout()
    padding = look.metrics.padding
    inside.setContentsMargins(padding, look.metrics.fixed(12, 8), padding, look.metrics.fixed(14, 10))
    inside.setSpacing(look.metrics.fixed(10, 6))
    card.body.addLayout(inside)
    return card, inside


def paper_card(look: Look, title: str, paper: QWidget) -> Card:
    """Return a card of the side zone with a paper lying on it."""
    card = Card()
    card.body.addWidget(CardHead(look, title))
    ground = QFrame()
    ground.setProperty("klBand", "sunken")
    inside = QHBoxLayout(ground)
    side = look.metrics.fixed(20, 12)
    inside.setContentsMargins(side, look.metrics.fixed(16, 10), side, look.metrics.fixed(16, 10))
    paper.setMaximumWidth(look.metrics.px(408))
    inside.addWidget(paper)
    card.body.addWidget(ground)
    return card


def act_row(*widgets: QWidget) -> QHBoxLayout:
    """Return buttons side by side, the rest of the line empty."""
    row = QHBoxLayout()
    row.setSpacing(12)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row


def pair(look: Look, *widgets: QWidget, shares: Sequence[int] = ()) -> QGridLayout:
    """Return fields side by side; under each other where the text is large."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(look.metrics.fixed(14, 10))
    for n, widget in enumerate(widgets):
        where = (n, 0) if look.metrics.is_single_column else (0, n)
        grid.addWidget(widget, *where, Qt.AlignmentFlag.AlignTop)
        if not look.metrics.is_single_column:
            grid.setColumnStretch(n, shares[n] if n < len(shares) else 1)
    return grid


class PathField(QWidget):
    """A path, typed or chosen with the system's dialog."""

    edited = Signal(str)

    def __init__(
        self, look: Look, name: str, help_text: str, button: str, choose: Callable[[str], str]
    ) -> None:
        super().__init__()
        self._choose = choose
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.edit = line_edit(look)
        self.field = LabelledField(look, name, self.edit, help_text=help_text)
        row.addWidget(self.field, 1)
        self.button = KeyButton(look, button, icon="folder")
        column = QVBoxLayout()
        column.setContentsMargins(0, self.field.caption.sizeHint().height() + 4, 0, 0)
        column.addWidget(self.button)
        column.addStretch(1)
        row.addLayout(column)
        self.edit.editingFinished.connect(self._on_edited)
        self.button.clicked.connect(self._on_button)

    def set_text(self, text: str) -> None:
        """Show a path; no signal."""
        if self.edit.text() != text:
            self.edit.setText(text)

    def _on_edited(self) -> None:
        self.edited.emit(self.edit.text())

    def _on_button(self) -> None:
        path = self._choose(self.edit.text())
        if path:
            self.edit.setText(path)
            self.edited.emit(path)


def clear(layout: Any) -> None:
    """Take everything out of a layout."""
    while (item := layout.takeAt(0)) is not None:
        if item.widget() is not None:
            item.widget().hide()
            item.widget().deleteLater()
        elif item.layout() is not None:
            clear(item.layout())


def scroll_over(inside: QWidget, ground: str) -> QScrollArea:
    """Return a zone that scrolls up and down where it is too long."""
    scroll = QScrollArea()
    inside.setProperty("klGround", ground)
    scroll.setWidget(inside)
    scroll.setWidgetResizable(True)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return scroll
