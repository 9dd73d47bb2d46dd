"""The strip: how the till is, always true, one value after another from the right.

Where the text is large it has two lines: each value stands beside its caption, from the left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos.ui.icons import draw_icon
from pos.ui.look import Look, Type
from pos.ui.widgets.badge import draw_light

_LIGHT = 12
_BATTERY = (22, 11)
_UPPER = 3
_SPEAKING = frozenset({"till", "cashier", "clock"})
"""Values that need no caption beside them."""


@dataclass(frozen=True, slots=True)
class StripItem:
    """One value: `light` ok, warn, bad, off or none; `share` (0 to 1) draws a battery before the value."""

    key: str
    caption: str
    value: str
    light: str = ""
    share: float | None = None


class StatusStrip(QWidget):
    """The logo, the place at the left, the items at the right with dividers between them."""

    pressed = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._place = StripItem("till", "", "")
        self._items: tuple[StripItem, ...] = ()
        self.setFixedHeight(look.metrics.strip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_items(self, place: StripItem, items: Sequence[StripItem]) -> None:
        """Show other values; repaints only when something changed."""
        if (place, tuple(items)) == (self._place, self._items):
            return
        self._place, self._items = place, tuple(items)
        self.setAccessibleName(", ".join(f"{item.caption}: {item.value}" for item in (place, *items)))
        self.update()

    def items(self) -> tuple[StripItem, ...]:
        """Return what is shown."""
        return self._items

    def _width(self, item: StripItem) -> int:
        look = self._look
        value = QFontMetrics(look.font(Type.NAME)).horizontalAdvance(item.value)
        if item.light:
            value += _LIGHT + 6
        if item.share is not None:
            value += _BATTERY[0] + 7
        caption = QFontMetrics(look.font(Type.SMALL)).horizontalAdvance(item.caption)
        return max(value, caption) + 2 * look.metrics.fixed(18, 10) + 1

    def _places(self) -> list[tuple[StripItem, QRectF]]:
        if self._look.metrics.is_single_column:
            return [(item, place) for item, place, _ in self._lines()]
        found, right = [], float(self.width() - self._look.metrics.fixed(16, 8))
        for item in reversed(self._items):
            width = self._width(item)
            if right - width < self._look.metrics.rail:
                break
            found.append((item, QRectF(right - width, 0, width, self.height())))
            right -= width
        return found

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open the detail of a value."""
        for item, place in self._places():
            if place.contains(event.position()):
                self.pressed.emit(item.key)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the strip."""
        painter = QPainter(self)
        look = self._look
        painter.fillRect(self.rect(), look.colour("frame"))
        size = look.metrics.px(28, 28)
        rail = look.metrics.rail
        draw_icon(
            painter,
            look.icons,
            "logo",
            QRectF((rail - size) / 2, (self.height() - size) / 2, size, size),
            look.hex("framebar"),
            look.hex("frame"),
        )
        if look.metrics.is_single_column:
            for item, place, has_caption in self._lines():
                self._draw_in_line(painter, item, place, has_caption=has_caption)
            return
        places = self._places()
        limit = places[-1][1].left() if places else float(self.width())
        pad = look.metrics.fixed(8, 6)
        self._draw(
            painter,
            self._place,
            QRectF(rail + pad - look.metrics.fixed(18, 10), 0, limit - rail - pad, self.height()),
        )
        for item, place in places:
            painter.setPen(QPen(look.colour("frameline"), 1))
            painter.drawLine(round(place.left()), 0, round(place.left()), self.height())
            self._draw(painter, item, place)

    # -- two lines ----------------------------------------------------------------------------------------

    def _lines(self) -> list[tuple[StripItem, QRectF, bool]]:
        """Return every value with its place, and whether its caption stands before it."""
        upper = (self._place, *self._items[:_UPPER])
        high = self.height() / 2
        pad = self._look.metrics.px(2)
        found = self._line(upper, QRectF(0, pad, self.width(), high - pad))
        return found + self._line(self._items[_UPPER:], QRectF(0, high, self.width(), high - pad))

    def _line(self, items: Sequence[StripItem], line: QRectF) -> list[tuple[StripItem, QRectF, bool]]:
        left = self._look.metrics.rail + 8
        room = self.width() - left - 8
        gap = self._look.metrics.px(18)
        captions = {item.key for item in items if item.key not in _SPEAKING and item.share is None}
        # Captions go first where the line is too short; a light and its value say it nearly as well.
        for key in ("", "printer", "drawer", "unsent", "shift"):
            captions.discard(key)
            widths = [self._wide(item, has_caption=item.key in captions) for item in items]
            if sum(widths) + gap * (len(items) - 1) <= room:
                break
        gap = min(gap, max(8, int((room - sum(widths)) / max(1, len(items) - 1))))
        over = sum(widths) + gap * (len(items) - 1) - room
        if over > 0 and widths:
            widths[0] = max(widths[0] - over, 40.0)
        found, x = [], float(left)
        for item, width in zip(items, widths, strict=True):
            found.append((item, QRectF(x, line.top(), width, line.height()), item.key in captions))
            x += width + gap
        return found

    def _wide(self, item: StripItem, *, has_caption: bool) -> float:
        look = self._look
        width = float(look.text_width(Type.NAME, item.value) + 2)
        if item.light:
            width += look.metrics.px(_LIGHT) + look.metrics.px(6)
        if item.share is not None:
            width += _BATTERY[0] + 8
        if has_caption:
            width += look.text_width(Type.SMALL, item.caption) + look.metrics.px(5)
        return width

    def _draw_in_line(self, painter: QPainter, item: StripItem, place: QRectF, *, has_caption: bool) -> None:
        look, x = self._look, place.left()
        side = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if item.light:
            size = look.metrics.px(_LIGHT)
            spot = QRectF(x, round(place.center().y() - size / 2), size, size)
            draw_light(painter, look, spot, item.light, on_frame=True)
            x += size + look.metrics.px(6)
        if item.share is not None:
            self._draw_battery(painter, x, place.center().y(), item.share)
            x += _BATTERY[0] + 8
        if has_caption:
            painter.setFont(look.font(Type.SMALL))
            painter.setPen(look.colour("frametext2"))
            painter.drawText(QRectF(x, place.top(), place.width(), place.height()), side, item.caption)
            x += look.text_width(Type.SMALL, item.caption) + look.metrics.px(5)
        painter.setFont(look.font(Type.NAME))
        painter.setPen(look.colour("frametext"))
        wide = place.right() - x
        text = painter.fontMetrics().elidedText(item.value, Qt.TextElideMode.ElideRight, round(wide) + 1)
        painter.drawText(QRectF(x, place.top(), wide + 2, place.height()), side, text)

    # -- one line -----------------------------------------------------------------------------------------

    def _draw(self, painter: QPainter, item: StripItem, place: QRectF) -> None:
        look = self._look
        x = place.left() + look.metrics.fixed(18, 10)
        middle = self.height() / 2
        painter.setFont(look.font(Type.SMALL))
        painter.setPen(look.colour("frametext2"))
        height = middle - look.metrics.fixed(9, 5)
        painter.drawText(
            QRectF(x, look.metrics.fixed(9, 5), place.width(), height),
            int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter),
            item.caption,
        )
        if item.light:
            draw_light(
                painter,
                look,
                QRectF(x, round(middle + height / 2 - 6), _LIGHT, _LIGHT),
                item.light,
                on_frame=True,
            )
            x += _LIGHT + 6
        if item.share is not None:
            self._draw_battery(painter, x, middle + height / 2, item.share)
            x += _BATTERY[0] + 7
        painter.setFont(look.font(Type.NAME))
        painter.setPen(look.colour("frametext"))
        painter.drawText(
            QRectF(x, middle - 1, place.right() - x, height + 2),
            int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter),
            painter.fontMetrics().elidedText(
                item.value, Qt.TextElideMode.ElideRight, round(place.right() - x)
            ),
        )

    def _draw_battery(self, painter: QPainter, x: float, y: float, share: float) -> None:
        look = self._look
        role = "framebad" if share < 0.05 else "framewarn" if share < 0.20 else "framebar"
        wide, high = _BATTERY
        box = QRectF(round(x) + 0.5, round(y - high / 2) + 0.5, wide - 3, high - 1)
        painter.setPen(QPen(look.colour("frametext2"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)
        painter.drawLine(
            round(box.right()) + 1, round(box.top() + 3), round(box.right()) + 1, round(box.bottom() - 3)
        )
        painter.fillRect(
            QRectF(
                box.left() + 2, box.top() + 2, max(0.0, (box.width() - 4) * min(1.0, share)), box.height() - 4
            ),
            look.colour(role),
        )
