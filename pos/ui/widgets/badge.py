"""Badges and lights: shape first, then word, then colour."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos.ui.icons import draw_icon
from pos.ui.look import Look, Type

_SHAPES = {
    "ok": "light-ok",
    "info": "hourglass",
    "warn": "light-warn",
    "bad": "light-bad",
    "neutral": "light-off",
    "sup": "shield",
    "plain": "",
}
_COLOURS = {
    "ok": ("oksoft", "okline", "oktext", "ok"),
    "info": ("accentsoft", "accentline", "accenttext", "accenttext"),
    "warn": ("warnsoft", "warnline", "warntext", "warn"),
    "bad": ("badsoft", "badline", "badtext", "bad"),
    "neutral": ("sunken", "line", "text2", "text3"),
    "sup": ("supsoft", "supline", "suptext", "suptext"),
    "plain": ("sunken", "line", "text2", "text3"),
}
_ICON = 12
_SIDE = 8
_GAP = 5


def badge_width(look: Look, text: str, *, has_shape: bool = True) -> int:
    """Return how wide a badge with this text is."""
    px = look.metrics.px
    width = QFontMetrics(look.font(Type.CAPTION)).horizontalAdvance(text) + 2 * px(_SIDE) + 2
    return width + px(_ICON) + px(_GAP) if has_shape else width


def draw_badge(
    painter: QPainter, look: Look, rect: QRectF, text: str, tone: str, icon: str | None = None
) -> None:
    """Draw a badge into a rectangle of its own size."""
    ground, line, ink, mark = _COLOURS[tone]
    shape = _SHAPES[tone] if icon is None else icon
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.colour(line), 1))
    painter.setBrush(look.colour(ground))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    x = rect.left() + look.metrics.px(_SIDE) + 1
    if shape:
        size = look.metrics.px(_ICON)
        place = QRectF(round(x), round(rect.center().y() - size / 2), size, size)
        draw_icon(painter, look.icons, shape, place, look.hex(mark), look.hex(ground))
        x += size + look.metrics.px(_GAP)
    painter.setPen(look.colour(ink))
    painter.setFont(look.font(Type.CAPTION))
    painter.drawText(
        QRectF(x, rect.top(), rect.right() - x, rect.height()),
        int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter),
        text,
    )
    painter.restore()


class Badge(QWidget):
    """A state in one word. `tone`: ok, info, warn, bad, neutral, sup, plain (no shape)."""

    def __init__(self, look: Look, text: str = "", tone: str = "plain", *, icon: str | None = None) -> None:
        super().__init__()
        self._look = look
        self._icon = icon
        self._text = text
        self._tone = tone
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_state(text, tone)

    def text(self) -> str:
        """Return the word."""
        return self._text

    def show_state(self, text: str, tone: str) -> None:
        """Show another state."""
        self._text, self._tone = text, tone
        has_shape = bool(_SHAPES[tone] if self._icon is None else self._icon)
        self.setFixedSize(badge_width(self._look, text, has_shape=has_shape), self._look.metrics.px(22))
        self.setAccessibleName(text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        draw_badge(QPainter(self), self._look, QRectF(self.rect()), self._text, self._tone, self._icon)


class Light(QWidget):
    """A light: ok (disc with tick), warn (triangle), bad (square with bar), off (ring)."""

    def __init__(self, look: Look, state: str = "off", *, size: int = 16, on_frame: bool = False) -> None:
        super().__init__()
        self._look = look
        self._state = state
        self._on_frame = on_frame
        self.setFixedSize(QSize(look.metrics.px(size), look.metrics.px(size)))

    def show_state(self, state: str) -> None:
        """Show another state."""
        if state != self._state:
            self._state = state
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        draw_light(QPainter(self), self._look, QRectF(self.rect()), self._state, on_frame=self._on_frame)


def draw_light(painter: QPainter, look: Look, rect: QRectF, state: str, *, on_frame: bool = False) -> None:
    """Draw a light on the desk or on the frame."""
    if on_frame:
        colour, ground = look.hex(f"frame{state}"), look.hex("frame")
    else:
        colour, ground = look.hex("text3" if state == "off" else state), look.hex("surface")
    draw_icon(painter, look.icons, f"light-{state}", rect, colour, ground)
