"""A drop-down list of many entries in which one searches by typing a part of any of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QListView

from pos.ui.look import Look, Type
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import BareEdit

SHOWN_MAX = 8
"""So many of the entries that fit are seen at once."""
LETTERS_LEAST = 8


class SearchChoice(Choice):
    """A drop-down list of (key, text); what is typed is looked for anywhere in the texts."""

    def __init__(self, look: Look, *, name: str, hint: str) -> None:
        super().__init__(look, name=name)
        self._edit = _SearchEdit(self._take_typed)
        self._edit.setFont(look.font(Type.BODY))
        self._edit.setPlaceholderText(hint)
        self._edit.setAccessibleName(name)
        self._edit.focused.connect(self._on_focus)
        self.setEditable(True)
        self.setLineEdit(self._edit)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(LETTERS_LEAST)
        found = QCompleter(self.model(), self)
        found.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        found.setFilterMode(Qt.MatchFlag.MatchContains)
        found.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        found.setMaxVisibleItems(SHOWN_MAX)
        shown = QListView()
        shown.setProperty("klKind", "menu")
        shown.setFont(look.font(Type.BODY))
        found.setPopup(shown)
        self.setCompleter(found)
        self._found, self._shown = found, shown
        self._edit.shown = shown

    def fill(self, choices: Sequence[tuple[str, str]], chosen: str = "") -> None:
        """Offer other choices."""
        self.clear()
        for key, text in choices:
            self.addItem(text, key)
        # Qt takes the first entry by itself.
        self.setCurrentIndex(self.findData(chosen) if chosen else -1)

    def choose(self, key: str) -> None:
        """Choose without a signal; what is being typed stays while nothing else is chosen."""
        place = self.findData(key) if key else -1
        if place != self.currentIndex():
            self.setCurrentIndex(place)

    def _take_typed(self) -> bool:
        """Take the one entry that fits what is typed; False where nothing was typed."""
        text = self._edit.text().strip()
        if text == self.itemText(self.currentIndex()):
            return False
        place = self._place_of(text)
        if place is None:
            self._found.complete()
            return True
        self._shown.hide()
        self.setCurrentIndex(place)
        self.picked.emit(self.key())
        return True

    def _place_of(self, text: str) -> int | None:
        """Return the entry that is meant: the only one with this text in it, or the one with this key."""
        if not text:
            return -1
        exact = self.findData(text)
        fitting = [n for n in range(self.count()) if text.casefold() in self.itemText(n).casefold()]
        if exact >= 0:
            return exact
        return fitting[0] if len(fitting) == 1 else None

    def _on_focus(self, has_focus: bool) -> None:
        if has_focus or self._shown.isVisible():
            return
        text = self._edit.text().strip()
        if text == self.itemText(self.currentIndex()):
            return
        if self._place_of(text) is not None:
            self._take_typed()
        else:
            # Half a name chooses nothing.
            self.setEditText(self.itemText(self.currentIndex()))


class _SearchEdit(BareEdit):
    """The line in which is typed; Enter takes what is meant before it does anything else."""

    def __init__(self, take: Callable[[], bool]) -> None:
        super().__init__()
        self.shown: QListView | None = None
        self._take = take

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Type, take an entry, or pass the key on."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        shown = self.shown
        is_pointed_at = shown is not None and shown.isVisible() and shown.currentIndex().isValid()
        if is_enter and not is_pointed_at and self._take():
            event.accept()
        else:
            super().keyPressEvent(event)
