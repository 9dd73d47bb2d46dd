"""The rail: the places a person may go to; what a role has not is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from pos.ui.icons import draw_icon
from pos.ui.look import Look, Type


@dataclass(frozen=True, slots=True)
class RailItem:
    """A place: its key, icon, word and how much waits there."""

    key: str
    icon: str
    word: str
    count: int = 0


class Rail(QWidget):
    """Places from the top, notices and help at the bottom; compact it shows icons with tooltips."""

    pressed = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._items: tuple[RailItem, ...] = ()
        self._bottom: tuple[RailItem, ...] = ()
        self._active = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setFixedWidth(look.metrics.rail)

    def show_items(self, items: Sequence[RailItem], bottom: Sequence[RailItem], active: str) -> None:
        """Show places; `active` is where the person is."""
        if (tuple(items), tuple(bottom), active) == (self._items, self._bottom, self._active):
            return
        self._items, self._bottom, self._active = tuple(items), tuple(bottom), active
        if self._has_words:
            words = [self._look.text_width(Type.SMALL, item.word) for item in (*items, *bottom)]
            self.setFixedWidth(min(112, max(84, max(words, default=0) + 16)))
        names = [f"{one.word} {one.count}" if one.count else one.word for one in (*items, *bottom)]
        self.setAccessibleName(", ".join(names))
        self.update()

    @property
    def _has_words(self) -> bool:
        return not (self._look.metrics.is_compact or self._look.metrics.is_single_column)

    def items(self) -> tuple[RailItem, ...]:
        """Return the places, without the bottom."""
        return self._items

    def bottom(self) -> tuple[RailItem, ...]:
        """Return what stands at the bottom."""
        return self._bottom

    def place_of(self, key: str) -> QRectF:
        """Return where a place is drawn."""
        return next(place for item, place in self._places() if item.key == key)

    def _places(self) -> list[tuple[RailItem, QRectF]]:
        height, margin = self._look.metrics.px(60, 52), self._look.metrics.fixed(14, 8)
        if self._look.metrics.is_single_column:
            height = self.width()
        if self._items:
            room = self.height() - height * len(self._bottom) - margin
            height = min(height, room // len(self._items))
        found = [(item, QRectF(0, n * height, self.width(), height)) for n, item in enumerate(self._items)]
        low = self.height() - height * len(self._bottom) - margin
        found += [
            (item, QRectF(0, low + n * height, self.width(), height)) for n, item in enumerate(self._bottom)
        ]
        return found

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the place under the pointer."""
        for item, place in self._places():
            if place.contains(event.position()):
                self.pressed.emit(item.key)

    def event(self, event: QEvent) -> bool:
        """Say the word of an icon when compact."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            for item, place in self._places():
                if place.contains(event.pos()):
                    QToolTip.showText(event.globalPos(), item.word, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rail."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.colour("frame"))
        for item, place in self._places():
            self._draw(painter, item, place)

    def _draw(self, painter: QPainter, item: RailItem, place: QRectF) -> None:
        look = self._look
        is_active = item.key == self._active
        if is_active:
            painter.fillRect(place, look.colour("frame2"))
            painter.fillRect(QRectF(0, place.top(), 3, place.height()), look.colour("framebar"))
        ink = "frametext" if is_active else "frametext2"
        has_word = self._has_words
        size = look.metrics.px(14) if look.metrics.is_single_column else 20
        if has_word:
            size = look.metrics.px(20)
        top = place.top() + (10 if has_word else (place.height() - size) / 2)
        x = (place.width() - size) / 2
        draw_icon(painter, look.icons, item.icon, QRectF(round(x), round(top), size, size), look.hex(ink))
        if has_word:
            painter.setFont(look.font(Type.CAPTION if is_active else Type.SMALL))
            painter.setPen(look.colour(ink))
            words = QRectF(0, top + size + 2, place.width(), place.bottom() - top - size - 4)
            text = painter.fontMetrics().elidedText(
                item.word, Qt.TextElideMode.ElideRight, round(place.width() - 4)
            )
            painter.drawText(words, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter), text)
        if item.count:
            self._draw_count(painter, item.count, x + size - 4, top - 5)

    def _draw_count(self, painter: QPainter, count: int, x: float, y: float) -> None:
        look = self._look
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(look.font(Type.CAPTION))
        text = str(count) if count < 100 else "99+"
        high = look.metrics.px(16)
        width = max(high, painter.fontMetrics().horizontalAdvance(text) + 8)
        if x + width > self.width():
            x, y = self.width() - width - 2.0, max(y - 4, 0.0)
        pill = QRectF(x, y, width, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("framewarn"))
        painter.drawRoundedRect(pill, high / 2, high / 2)
        painter.setPen(look.colour("frame"))
        painter.drawText(pill, int(Qt.AlignmentFlag.AlignCenter), text)
        painter.restore()
