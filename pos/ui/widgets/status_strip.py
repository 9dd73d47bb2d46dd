"""The strip: how the till is, always true, one value after another from the right."""

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
