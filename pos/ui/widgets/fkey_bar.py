"""The bar of the twelve F-keys: a place never moves, and one without an act stays empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos.ui.keymap import BAR_ACTS, Act
from pos.ui.look import Look, Type
from pos.ui.widgets.keycap import cap_size, draw_cap


@dataclass(frozen=True, slots=True)
class BarItem:
    """What stands on one place: a short caption; `is_main` for the screen's main act."""

    caption: str
    is_on: bool = True
    is_main: bool = False


class FKeyBar(QWidget):
    """Twelve equal places in three groups of four, cap above caption."""

    pressed = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._items: dict[Act, BarItem] = {}
        self.setFixedHeight(look.metrics.bar)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_items(self, items: Mapping[Act, BarItem]) -> None:
        """Show other acts."""
        if dict(items) != self._items:
            self._items = dict(items)
            names = [f"{self._look.keys.cap_of(act)} {item.caption}" for act, item in self._items.items()]
            self.setAccessibleName(", ".join(names))
            self.update()

    def place_of(self, act: Act) -> QRectF:
        """Return where an act stands."""
        margin = self._look.metrics.fixed(12, 6)
        group_gap = self._look.metrics.fixed(16, 4)
        n = BAR_ACTS.index(act)
        width = (self.width() - 2 * margin - 2 * group_gap) / 12
        return QRectF(margin + n * width + (n // 4) * group_gap, 0, width, self.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Press the act under the pointer."""
        for act, item in self._items.items():
            if item.is_on and self.place_of(act).contains(event.position()):
                self.pressed.emit(act)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar."""
        painter = QPainter(self)
        look = self._look
        painter.fillRect(self.rect(), look.colour("sunken"))
        painter.setPen(QPen(look.colour("line"), 1))
        painter.drawLine(0, 0, self.width(), 0)
        for act in (Act.PLACE_5, Act.REPRINT):
            x = round(self.place_of(act).left() - look.metrics.fixed(16, 4) / 2)
            painter.drawLine(x, 14, x, self.height() - 14)
        for act, item in self._items.items():
            self._draw_item(painter, act, item)

    def _draw_item(self, painter: QPainter, act: Act, item: BarItem) -> None:
        look, place = self._look, self.place_of(act)
        ink = "text" if item.is_on else "text3"
        if item.is_main and item.is_on:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("accent"))
            painter.drawRoundedRect(place.adjusted(1, 4, -1, -3), 6, 6)
            ink = "onaccent"
        key = look.keys.cap_of(act)
        size = cap_size(look, key)
        top = look.metrics.px(9, 5)
        cap = QRectF(round(place.center().x() - size.width() / 2), top, size.width(), look.metrics.px(18))
        ground = "accentcap" if ink == "onaccent" else ""
        draw_cap(painter, look, cap, key, ground=ground, colour=ink if item.is_on else "distext")
        painter.setFont(look.font(Type.SUPPORT))
        painter.setPen(look.colour(ink))
        text = painter.fontMetrics().elidedText(
            item.caption, Qt.TextElideMode.ElideRight, round(place.width())
        )
        painter.drawText(
            QRectF(place.left(), cap.bottom(), place.width(), place.height() - cap.bottom() - 2),
            int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter),
            text,
        )
