"""The bar of the twelve F-keys: a place never moves, and one without an act stays empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos.ui.keymap import BAR_ACTS, Act
from pos.ui.look import Look, Type
from pos.ui.widgets.keycap import cap_size, draw_cap


@dataclass(frozen=True, slots=True)
class BarItem:
    """What stands on one place: a short caption; `is_main` for the screen's main act.

    `short` stands there where the caption has no room, as in a language of long words.
    """

    caption: str
    is_on: bool = True
    is_main: bool = False
    short: str = ""


_SIDE = 10
_GAP = 8
_NARROWER = (87, 80, 75)
"""Percent of its width that a caption steps down to where its place forces it, before it loses height."""
_SMALLEST_PX = 12
_SMALLEST = 0.65
_FIRST_TO_GO = (Act.CASH, Act.RECENT, Act.HOLD, Act.REPRINT, Act.TRIAL, Act.FIND)
"""What leaves a bar that has no room for all: each keeps its key, and most have a button."""


class FKeyBar(QWidget):
    """Twelve equal places in three groups of four, cap above caption.

    Where the text is large only the keys that can act are there, one after another, cap beside caption; all
    step down in size together as far as the width forces them.
    """

    pressed = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._items: dict[Act, BarItem] = {}
        self._is_row = look.metrics.is_single_column
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

    def shown(self) -> dict[Act, QRectF]:
        """Return the acts that are shown, and where."""
        if not self._is_row:
            return {act: self.place_of(act) for act in self._items}
        _, widths = self._row()
        free = self.width() - 2 * _SIDE - sum(widths.values())
        gap = min(24.0, free / max(1, len(widths) - 1)) if free > 0 else 0.0
        places, x = {}, float(_SIDE)
        for act, width in widths.items():
            places[act] = QRectF(x, 0, width, self.height())
            x += width + gap
        return places

    def is_cut(self, act: Act) -> bool:
        """Say whether the caption of an act does not fit its place."""
        if self._is_row:
            return self._row()[0] < 0.5
        wide = QFontMetricsF(self._font(act)).horizontalAdvance(self.caption_of(act))
        return wide > self.place_of(act).width()

    def caption_of(self, act: Act) -> str:
        """Return what is written on the place of an act."""
        item = self._items[act]
        if not item.short or self._is_row:
            return item.caption
        wide = QFontMetricsF(self._look.font(Type.SUPPORT)).horizontalAdvance(item.caption)
        return item.short if wide > self.place_of(act).width() else item.caption

    def place_of(self, act: Act) -> QRectF:
        """Return where an act stands."""
        if self._is_row:
            return self.shown().get(act, QRectF())
        margin = self._look.metrics.fixed(12, 6)
        group_gap = self._look.metrics.fixed(16, 4)
        n = BAR_ACTS.index(act)
        width = (self.width() - 2 * margin - 2 * group_gap) / 12
        return QRectF(margin + n * width + (n // 4) * group_gap, 0, width, self.height())

    def _row(self) -> tuple[float, dict[Act, float]]:
        """Return the size of the row, 1 for full, and how wide each act is in it."""
        acts = [act for act in (*BAR_ACTS[1:], Act.HELP) if act in self._items and self._items[act].is_on]
        room = self.width() - 2 * _SIDE
        widths = {act: self._width(act) for act in acts}
        smallest = max(_SMALLEST, 100 / self._look.metrics.percent)
        for act in _FIRST_TO_GO:
            if sum(widths.values()) * smallest <= room:
                break
            widths.pop(act, None)
        whole = sum(widths.values())
        scale = min(1.0, room / whole) if whole else 1.0
        return scale, {act: width * scale for act, width in widths.items()}

    def _width(self, act: Act) -> float:
        text = QFontMetricsF(self._look.font(Type.SUPPORT)).horizontalAdvance(self._items[act].caption)
        cap = cap_size(self._look, self._look.keys.cap_of(act)).width()
        return _SIDE + cap + _GAP + text + 2 + _SIDE

    def _font(self, act: Act) -> QFont:
        """Return the font of a caption, narrower where its place forces it; nothing is under 12 px."""
        font = QFont(self._look.font(Type.SUPPORT))
        text, room = self.caption_of(act), self.place_of(act).width()
        for stretch in _NARROWER:
            if QFontMetricsF(font).horizontalAdvance(text) <= room:
                break
            font.setStretch(stretch)
        while QFontMetricsF(font).horizontalAdvance(text) > room and font.pixelSize() > _SMALLEST_PX:
            font.setPixelSize(font.pixelSize() - 1)
        return font

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Press the act under the pointer."""
        for act, place in self.shown().items():
            if self._items[act].is_on and place.contains(event.position()):
                self.pressed.emit(act)
                return  # The act may have changed what the bar shows.

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar."""
        painter = QPainter(self)
        look = self._look
        painter.fillRect(self.rect(), look.colour("sunken"))
        painter.setPen(QPen(look.colour("line"), 1))
        painter.drawLine(0, 0, self.width(), 0)
        if self._is_row:
            scale = self._row()[0]
            for act, place in self.shown().items():
                self._draw_in_row(painter, act, place, scale)
            return
        for act in (Act.PLACE_5, Act.REPRINT):
            x = round(self.place_of(act).left() - look.metrics.fixed(16, 4) / 2)
            painter.drawLine(x, 14, x, self.height() - 14)
        for act, item in self._items.items():
            self._draw_item(painter, act, item)

    def _draw_in_row(self, painter: QPainter, act: Act, place: QRectF, scale: float) -> None:
        look, item = self._look, self._items[act]
        ink = "onaccent" if item.is_main else "text"
        if item.is_main:
            self._draw_main(painter, place)
        painter.save()
        painter.translate(place.left(), place.center().y())
        painter.scale(scale, scale)
        key = look.keys.cap_of(act)
        size = cap_size(look, key)
        cap = QRectF(_SIDE, -size.height() / 2, size.width(), size.height())
        draw_cap(painter, look, cap, key, ground="accentcap" if item.is_main else "", colour=ink)
        painter.setFont(look.font(Type.SUPPORT))
        painter.setPen(look.colour(ink))
        words = QRectF(
            cap.right() + _GAP, -place.height() / 2 / scale, place.width() / scale, place.height() / scale
        )
        painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), item.caption)
        painter.restore()

    def _draw_main(self, painter: QPainter, place: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour("accent"))
        painter.drawRoundedRect(place.adjusted(1, 4, -1, -3), 6, 6)

    def _draw_item(self, painter: QPainter, act: Act, item: BarItem) -> None:
        look, place = self._look, self.place_of(act)
        ink = "text" if item.is_on else "text3"
        if item.is_main and item.is_on:
            self._draw_main(painter, place)
            ink = "onaccent"
        key = look.keys.cap_of(act)
        size = cap_size(look, key)
        top = look.metrics.px(9, 5)
        cap = QRectF(round(place.center().x() - size.width() / 2), top, size.width(), look.metrics.px(18))
        ground = "accentcap" if ink == "onaccent" else ""
        draw_cap(painter, look, cap, key, ground=ground, colour=ink if item.is_on else "distext")
        painter.setFont(self._font(act))
        painter.setPen(look.colour(ink))
        caption = self.caption_of(act)
        text = painter.fontMetrics().elidedText(caption, Qt.TextElideMode.ElideRight, round(place.width()))
        painter.drawText(
            QRectF(place.left(), cap.bottom(), place.width(), place.height() - cap.bottom() - 2),
            int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter),
            text,
        )
