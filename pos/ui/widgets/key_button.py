"""A button that shows its key: caption, icon and cap on one line."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from pos.ui.icons import draw_icon
from pos.ui.look import Look, Type
from pos.ui.widgets.keycap import cap_size, draw_cap
from pos.ui.widgets.text import restyle

_GAP = 10
_SQUEEZED = 7
"""What stays free at each end of a button that has less room than it wants."""

_PADDING = {"small": 11, "normal": 15, "large": 18, "pay": 18, "pad": 8}
_TEXT = {
    "small": Type.VALUE,
    "normal": Type.VALUE,
    "large": Type.STRONG,
    "pay": Type.LARGE,
    "pad": Type.STRONG,
}


class KeyButton(QPushButton):
    """The style sheet paints the ground, this class the caption, the icon at its left and the cap.

    `kind`: normal, accent, sup, bad, quiet. `size`: small, normal, large, pay. `spread` puts the cap at the
    right edge and the rest at the left; otherwise everything stands in the middle.
    """

    def __init__(
        self,
        look: Look,
        caption: str,
        *,
        cap: str = "",
        kind: str = "normal",
        size: str = "normal",
        icon: str = "",
        spread: bool = False,
    ) -> None:
        super().__init__()
        self._look = look
        self._caption = caption
        self._cap = cap
        self._icon = icon
        self._kind = kind
        self._size = size
        self._spread = spread
        self._under = ""
        self.setProperty("klKind", kind)
        self.setProperty("klSize", size)
        self.setFont(look.font(_TEXT[size]))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAutoDefault(False)
        self._name()

    @property
    def caption(self) -> str:
        """The text on the button."""
        return self._caption

    def set_caption(self, caption: str, *, cap: str | None = None) -> None:
        """Show another text, and another key where one is given."""
        if (caption, cap) == (self._caption, None) or (caption, cap) == (self._caption, self._cap):
            return
        self._caption = caption
        if cap is not None:
            self._cap = cap
        self._name()
        self.updateGeometry()
        self.update()

    def set_under(self, text: str) -> None:
        """Put a quiet word under the caption; the button then shows no icon and no cap."""
        if text != self._under:
            self._under = text
            self._name()
            self.update()

    def set_chosen(self, *, is_chosen: bool) -> None:
        """Mark the button as the chosen one of several."""
        value = "true" if is_chosen else "false"
        if self.property("klChosen") != value:
            self.setProperty("klChosen", value)
            restyle(self)

    def set_kind(self, kind: str) -> None:
        """Make it another kind of button."""
        if kind != self._kind:
            self._kind = kind
            self.setProperty("klKind", kind)
            restyle(self)

    def _name(self) -> None:
        # Qt underlines what follows an ampersand; nothing here has one.
        spoken = f"{self._caption} {self._under}".strip()
        self.setAccessibleName(f"{spoken}, {self._cap}" if self._cap else spoken)
        self.setObjectName(self._caption)

    def _icon_size(self) -> int:
        if not self._icon:
            return 0
        return self._look.metrics.px(22 if self._size == "pad" else 18)

    def _wanted_width(self) -> int:
        width = QFontMetrics(self.font()).horizontalAdvance(self._caption)
        if self._icon:
            width += self._icon_size() + _GAP
        if self._cap:
            width += cap_size(self._look, self._cap).width() + _GAP
        # A picture alone has no gap beside it.
        return width if self._caption or self._cap else width - _GAP

    def sizeHint(self) -> QSize:
        """Room for everything on one line."""
        heights = {
            "small": self._look.metrics.px(34),
            "normal": self._look.metrics.field,
            "large": self._look.metrics.px(48, 40),
            "pay": self._look.metrics.pay,
            "pad": self._look.metrics.line(
                self._look.metrics.fixed(64, 52), self._look.metrics.fixed(43, 39)
            ),
        }
        return QSize(self._wanted_width() + 2 * _PADDING[self._size] + 4, heights[self._size])

    def minimumSizeHint(self) -> QSize:
        """Room for the caption, which is never cut; the cap of its key goes where there is none for it."""
        hint = self.sizeHint()
        if self._cap:
            hint.setWidth(hint.width() - self._cap_width())
        return hint

    def _cap_width(self) -> int:
        return cap_size(self._look, self._cap).width() + _GAP if self._cap else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground by the style sheet, then what stands on it."""
        super().paintEvent(event)
        painter = QPainter(self)
        if self._under:
            self._draw_two_lines(painter)
            return
        ink = self._ink()
        rect = QRectF(self.rect())
        padding = _PADDING[self._size]
        wanted = self._wanted_width()
        # A caption that begins at the left needs its padding; one in the middle may use that of both sides.
        room = rect.width() - 2 * (padding if self._spread else _SQUEEZED)
        has_cap = bool(self._cap) and wanted <= room
        if not has_cap:
            wanted -= self._cap_width()
        x = padding + 1.0 if self._spread else (rect.width() - wanted) / 2
        if self._icon:
            size = self._icon_size()
            draw_icon(
                painter,
                self._look.icons,
                self._icon,
                QRectF(round(x), round((rect.height() - size) / 2), size, size),
                self._look.hex(ink),
            )
            x += size + _GAP
        painter.setFont(self.font())
        painter.setPen(self._look.colour(ink))
        width = QFontMetrics(self.font()).horizontalAdvance(self._caption)
        painter.drawText(
            QRectF(x, 0, width + 2, rect.height()),
            int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter),
            self._caption,
        )
        if has_cap:
            cap = cap_size(self._look, self._cap)
            left = rect.width() - padding - cap.width() - 1 if self._spread else x + width + _GAP
            place = QRectF(round(left), round((rect.height() - cap.height()) / 2), cap.width(), cap.height())
            draw_cap(painter, self._look, place, self._cap, ground=self._cap_ground(), colour=ink)

    def _draw_two_lines(self, painter: QPainter) -> None:
        high, middle = self._look.metrics.px(17, 16), self.height() / 2
        centre = int(Qt.AlignmentFlag.AlignCenter)
        painter.setPen(self._look.colour(self._ink()))
        painter.setFont(self.font())
        painter.drawText(QRectF(0, middle - high, self.width(), high), centre, self._caption)
        painter.setFont(self._look.font(Type.SMALL))
        painter.drawText(QRectF(0, middle, self.width(), high - 2), centre, self._under)

    def _cap_ground(self) -> str:
        if not self.isEnabled():
            return ""
        return {"accent": "accentcap", "sup": "suptext"}.get(self._kind, "")

    def _ink(self) -> str:
        if not self.isEnabled():
            return "distext"
        if self.property("klChosen") == "true":
            return "accenttext"
        return {"accent": "onaccent", "sup": "onsup", "bad": "badtext", "quiet": "accenttext"}.get(
            self._kind, "text"
        )
