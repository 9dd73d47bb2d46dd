"""Icons: lines on a grid of 24, drawn in the colour of a role at any size."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_LINES = {
    "bolt": '<path d="M13 2.5 4.5 13.5H11l-1 8 8.5-11H12l1-8Z"/>',
    "receipt": '<path d="M5.5 3h13v18l-2.2-1.5-2.1 1.5-2.2-1.5L9.800 21l-2.100-1.500L5.500 21V3Z"/>'
    '<path d="M9 8h6M9 12h6"/>',
    "gauge": '<circle cx="12" cy="13" r="8.500"/><path d="m12 13 3.500-4M7.500 17.500h9"/>',
    "drawer": '<path d="M4.500 11.500 7 4.500h10l2.500 7"/><path d="M3.500 11.500h17v8h-17zM9.500 15.500h5"/>',
    "upload": '<path d="M12 15.500V4m-4.500 4.500L12 4l4.500 4.500M4 15v5h16v-5"/>',
    "building": '<path d="M4 21V5.500L11 3v18M11 9h8.500v12M2.500 21h19M7 8.500h1M7 12.500h1M7 16.500h1M14.500 13h2M14.500 17h2"/>',
    "chart": '<path d="M5 20v-7M10 20V8M15 20v-9M20 20V4"/>',
    "book": '<path d="M12 6.500C10 5 7 4.500 3.500 4.500v14c3.500 0 6.500.5 8.500 2 2-1.500 5-2 8.500-2v-14C17 4.500 14 5 12 6.500Zm0 0v14"/>',
    "sliders": '<path d="M3.500 7.500H14m4 0h2.500M3.500 16.500H6m4 0h10.500"/><circle cx="16" cy="7.500" r="2"/><circle cx="8" cy="16.500" r="2"/>',
    "search": '<circle cx="10.500" cy="10.500" r="6.500"/><path d="m15.500 15.500 5 5"/>',
    "scan": '<path d="M3.500 8V4.500H7M17 4.500h3.500V8M20.500 16v3.500H17M7 19.500H3.500V16M7 9v6M10 9v6M13 9v6M17 9v6"/>',
    "printer": '<path d="M7 9V3.500h10V9M7 17H4V9h16v8h-3"/><path d="M7 14h10v6.500H7z"/>',
    "clock": '<circle cx="12" cy="12" r="8.500"/><path d="M12 7v5l3.500 2"/>',
    "phone": '<rect x="7" y="2.500" width="10" height="19" rx="2"/><path d="M11 18.500h2"/>',
    "cash": '<rect x="3" y="6" width="18" height="12" rx="1.500"/><circle cx="12" cy="12" r="2.500"/><path d="M6.500 12h.1M17.400 12h.1"/>',
    "split": '<path d="M12 21v-8L5.500 5m0 4.500V5H10M12 13l6.500-8M14 5h4.500v4.500"/>',
    "card": '<rect x="3" y="5.500" width="18" height="13" rx="2"/><path d="M3 10h18M6.500 15h3"/>',
    "hourglass": '<path d="M6.500 3.500h11M6.500 20.500h11M8 3.500c0 5 8 5 8 8.500s-8 3.500-8 8.500M16 3.500c0 5-8 5-8 8.500s8 3.500 8 8.500"/>',
    "shield": '<path d="M12 3 4.500 5.500V11c0 5 3 8.500 7.500 10.500 4.500-2 7.500-5.500 7.500-10.500V5.500L12 3Z"/><path d="m8.500 12 2.500 2.500 4.500-5"/>',
    "stop": '<path d="M8 2.500h8L21.500 8v8L16 21.500H8L2.500 16V8L8 2.500Z"/><path d="M12 7.500v5.500M12 16.400v.1"/>',
    "flag": '<path d="M5.500 21V4h12l-3 4 3 4h-12"/>',
    "swap": '<path d="M3.500 8.500h16M16 5l3.500 3.500L16 12M20.500 15.500h-16M8 12l-3.500 3.500L8 19"/>',
    "history": '<path d="M4 12a8 8 0 1 0 2.500-5.800L3.500 9M3.500 4v5h5"/><path d="M12 8v4.500l3 1.500"/>',
    "lock": '<rect x="5" y="10.500" width="14" height="10" rx="1.500"/><path d="M8 10.500V7.500a4 4 0 0 1 8 0v3"/>',
    "help": '<circle cx="12" cy="12" r="8.500"/><path d="M9.500 9.500c.2-1.600 1.200-2.300 2.500-2.300 1.500 0 2.500.9 2.500 2.200 0 1.800-2.500 2-2.500 3.900M12 16.400v.1"/>',
    "message": '<path d="M3.500 4.500h17v12.500H11l-4 3.500V17H3.500V4.500Z"/><path d="M7.500 9h9M7.500 12.500h6"/>',
    "copy": '<rect x="8.500" y="8.500" width="12" height="12" rx="1.500"/><path d="M15.500 8.500v-5h-12v12h5"/>',
    "qr": '<path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 14h2M14 18v2M18 18h2v2h-2z"/>',
    "plug": '<path d="M8.500 3v5M15.500 3v5M6 8h12v3.500a6 6 0 0 1-12 0V8ZM12 17.500V21"/>',
    "play": '<path d="M8 4.500v15l11-7.500-11-7.500Z"/>',
    "pause": '<path d="M9 6v12M15 6v12"/>',
    "eye": '<path d="M2.500 12C5 7.500 8.500 5.500 12 5.500s7 2 9.500 6.500c-2.500 4.500-6 6.500-9.500 6.500S5 16.500 2.500 12Z"/><circle cx="12" cy="12" r="2.800"/>',
    "pencil": '<path d="m4 20 1-4.500L16.500 4l3.500 3.500L8.500 19 4 20Zm9.500-13 3.500 3.500"/>',
    "check": '<path d="m5 12.500 4.500 4.500L19 7"/>',
    "close": '<path d="m6.500 6.500 11 11m0-11-11 11"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "minus": '<path d="M5 12h14"/>',
    "down": '<path d="m6.500 9.500 5.500 5.500 5.500-5.500"/>',
    "right": '<path d="m9.500 6.500 5.500 5.500-5.500 5.500"/>',
    "download": '<path d="M12 4v11.500m-4.500-4.500 4.500 4.500 4.500-4.500M4 20h16"/>',
    "calendar": '<rect x="4" y="5.500" width="16" height="15" rx="1.500"/><path d="M4 10h16M8.500 3v4M15.500 3v4"/>',
    "person": '<circle cx="12" cy="8" r="3.800"/><path d="M4.500 20.500c.6-4 3.700-6 7.500-6s6.900 2 7.500 6"/>',
    "folder": '<path d="M3.500 19.500v-14H9l2.500 3h9v11h-17Z"/>',
    "key": '<circle cx="8" cy="15.500" r="4.500"/><path d="m11.500 12 8.500-8.500M16 7.500l3 3M13.500 10l2 2"/>',
    "wallet": '<path d="M4 7.500h15.500v12H4zM4 7.500l11.500-4v4"/><path d="M15.500 13.500h.1"/>',
    "backspace": '<path d="M8.500 5.500h12v13h-12L3 12l5.500-6.500Z"/><path d="m11.500 9.500 5 5m0-5-5 5"/>',
    "bell": '<path d="M5 17.500h14c-1.500-1.500-2-3-2-6.500 0-3.500-2-5.500-5-5.500s-5 2-5 5.500c0 3.500-.5 5-2 6.500ZM10.500 20.500h3M12 3v2"/>',
    "trash": '<path d="M4.500 6.500h15M9 6.500v-3h6v3M6.500 6.500l1 14h9l1-14"/>',
    "tag": '<path d="M3.500 11.500v-8h8l9 9-8 8-9-9Z"/><path d="M7.800 7.800h.1"/>',
    "keyboard": '<rect x="2.500" y="6" width="19" height="12.500" rx="1.500"/><path d="M6 10h.1M10 10h.1M14 10h.1M18 10h.1M7.500 14.500h9"/>',
}

_FILLED = {
    "light-ok": '<circle cx="12" cy="12" r="10" fill="{c}" stroke="none"/><path d="m7.500 12.300 3.200 3.200 6-6.500" stroke="{g}" stroke-width="2.600"/>',
    "light-warn": '<path d="M12 2.500 22.500 21h-21L12 2.500Z" fill="{c}" stroke="{c}" stroke-width="1"/><path d="M12 9v6M12 17.900v.1" stroke="{g}" stroke-width="2.600"/>',
    "light-bad": '<rect x="2" y="2" width="20" height="20" rx="4" fill="{c}" stroke="none"/><path d="M7 12h10" stroke="{g}" stroke-width="3"/>',
    "light-off": '<circle cx="12" cy="12" r="8.500" stroke="{c}" stroke-width="3"/>',
    "logo": '<rect x="1" y="1" width="22" height="22" rx="5" fill="{c}" stroke="none"/>'
    '<path d="M7.500 5.500v13" stroke="{g}" stroke-width="2.600"/>'
    '<path d="M17 5.500 11.500 12H16l-4.500 6.500" stroke="{g}" stroke-width="2.600"/>',
}

NAMES = frozenset(_LINES) | frozenset(_FILLED)


class Icons:
    """Draws icons and keeps them by name, colour, size and screen."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str, int, float], QPixmap] = {}

    def pixmap(self, name: str, colour: str, size: int, *, ratio: float = 1.0, ground: str = "") -> QPixmap:
        """Return an icon `size` logical pixels wide; `ground` shows through in filled ones."""
        key = (name, colour, ground, size, ratio)
        if key not in self._kept:
            self._kept[key] = _draw(name, colour, ground or colour, round(size * ratio), ratio)
        return self._kept[key]

    def icon(self, name: str, colour: str, size: int = 20) -> QIcon:
        """Return an icon for a widget of Qt's own."""
        icon = QIcon()
        for ratio in (1.0, 2.0):
            icon.addPixmap(self.pixmap(name, colour, size, ratio=ratio))
        return icon


def _draw(name: str, colour: str, ground: str, pixels: int, ratio: float) -> QPixmap:
    body = _LINES.get(name) or _FILLED[name]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}" '
        f'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">'
        f"{body.format(c=colour, g=ground) if name in _FILLED else body}</svg>"
    )
    pixmap = QPixmap(pixels, pixels)
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def draw_icon(
    painter: QPainter, icons: Icons, name: str, rect: QRectF, colour: str, ground: str = ""
) -> None:
    """Draw an icon into a rectangle with the painter's own pixel density."""
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    pixmap = icons.pixmap(name, colour, round(rect.width()), ratio=ratio, ground=ground)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(rect.topLeft(), pixmap)
