"""Looks for texts that are cut and widgets that reach out of their place, in a language of long words."""

from collections.abc import Iterator

from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QComboBox,
    QFocusFrame,
    QLabel,
    QScrollArea,
    QToolButton,
    QWidget,
)

from pos.i18n.catalogue import Catalogue
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.fkey_bar import FKeyBar
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import ElidedLabel

_LONGER = 0.35
_SLACK = 2
_ROUNDING = 3
"""A table gives what is left over to its middle columns, in whole pixels."""


class Longer(Catalogue):
    """English whose every text is 35 % longer, as other languages are."""

    def say(self, source: str, /, **values: object) -> str:
        """Add letters to the last word; a text of one word grows as a whole word does."""
        text = super().say(source, **values)
        if not any(letter.isalpha() for letter in source):
            return text
        more = max(1, round(len(source) * _LONGER))
        tail = "".join("enatiro"[n % 7] for n in range(more))
        return text + tail if more < 6 else f"{text} {' '.join(_words(tail))}"


def _words(tail: str) -> Iterator[str]:
    for start in range(0, len(tail), 7):
        yield tail[start : start + 7]


def faults(window: QWidget) -> list[str]:
    """Return what does not fit in a window, in words; empty where all does."""
    found = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.width() == 0 or _is_part_of_qt(widget):
            continue
        found += _cut(widget)
        found += _out_of_parent(widget)
        if isinstance(widget, QAbstractScrollArea) and widget.horizontalScrollBar().maximum() > _ROUNDING:
            found.append(f"{_name(widget)} scrolls sideways by {widget.horizontalScrollBar().maximum()}")
    return found + captions_cut(window)


def captions_cut(window: QWidget) -> list[str]:
    """Return the F-keys whose captions do not fit their places."""
    bars = window.findChildren(FKeyBar)
    return [f"caption of {act} is cut" for bar in bars for act in bar.shown() if bar.is_cut(act)]


def _is_part_of_qt(widget: QWidget) -> bool:
    """Parts that Qt makes itself: the list of a combo box, headers, scroll bars, the ring of the focus."""
    if isinstance(widget, QFocusFrame):
        return True
    parent = widget.parentWidget()
    is_part = isinstance(parent, QAbstractItemView | QComboBox)
    return is_part or widget.objectName().startswith("qt_")


def _cut(widget: QWidget) -> list[str]:
    if isinstance(widget, ElidedLabel) or not isinstance(
        widget, QLabel | QAbstractButton | QComboBox | Badge
    ):
        return []
    # A button with a key may leave the key's cap out, never its caption.
    hint = widget.minimumSizeHint() if isinstance(widget, KeyButton) else widget.sizeHint()
    if isinstance(widget, QToolButton):
        # A segment may lose some of the air around its word.
        hint.setWidth(widget.fontMetrics().horizontalAdvance(widget.text()) + 8)
    if isinstance(widget, Badge):
        hint = widget.minimumSize()
    if isinstance(widget, QLabel) and widget.wordWrap():
        high = widget.heightForWidth(widget.width())
        longest = max(
            (widget.fontMetrics().horizontalAdvance(word) for word in widget.text().split()), default=0
        )
        if widget.height() + _SLACK < high:
            return [f"{_name(widget)} is {widget.height()} high and needs {high}"]
        hint.setWidth(longest)
    if widget.width() + _SLACK < hint.width():
        return [f"{_name(widget)} is {widget.width()} wide and needs {hint.width()}"]
    if (
        isinstance(widget, QLabel | QAbstractButton)
        and widget.height() + _SLACK < widget.minimumSizeHint().height()
    ):
        return [f"{_name(widget)} is {widget.height()} high and needs {widget.minimumSizeHint().height()}"]
    return []


def _out_of_parent(widget: QWidget) -> list[str]:
    parent = widget.parentWidget()
    if parent is None or widget.isWindow():
        return []
    area = parent.parentWidget()
    place, room = widget.geometry(), parent.rect()
    over = max(place.right() - room.right(), room.left() - place.left())
    if over > _SLACK:
        return [f"{_name(widget)} reaches {over} out of {_name(parent)} sideways"]
    scrolls = isinstance(area, QScrollArea) and area.viewport() is parent
    over = max(place.bottom() - room.bottom(), room.top() - place.top())
    if over > _SLACK and not scrolls:
        return [f"{_name(widget)} reaches {over} out of {_name(parent)} up or down"]
    return []


def _name(widget: QWidget) -> str:
    text = getattr(widget, "text", None)
    words = str(text() if callable(text) else "") or widget.accessibleName() or widget.objectName()
    return f"{type(widget).__name__} '{words[:48]}'"
