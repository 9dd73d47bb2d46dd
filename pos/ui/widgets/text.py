"""Labels: a kind of text in a tone; one that wraps, one that elides."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from pos.ui.look import Look, Type

_SMALLEST_PX = 12


def label(
    look: Look, text: str = "", kind: Type = Type.BODY, *, tone: str = "text", wraps: bool = False
) -> QLabel:
    """Return a label; with `wraps` it breaks its lines by words."""
    made = QLabel(text)
    made.setFont(look.font(kind))
    made.setTextFormat(Qt.TextFormat.PlainText)
    if wraps:
        made.setWordWrap(True)
    if tone != "text":
        made.setProperty("klTone", tone)
    return made


def set_tone(widget: QLabel, tone: str) -> None:
    """Give a label another colour."""
    if widget.property("klTone") != tone:
        widget.setProperty("klTone", tone)
        restyle(widget)


def restyle(widget: QWidget) -> None:
    """Let the style sheet see a changed property."""
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def rule(kind: str = "h") -> QFrame:
    """Return a hairline: `h`, `v`, `strong`, `ok` or `focus`."""
    line = QFrame()
    line.setProperty("klLine", kind)
    return line


def fitted(font: QFont, text: str, room: int) -> QFont:
    """Return a font as large as a text fits with, at most as large as it is; a number is never cut."""
    wide = QFontMetrics(font).horizontalAdvance(text)
    if not 0 < room < wide:
        return font
    small = QFont(font)
    small.setPixelSize(max(_SMALLEST_PX, font.pixelSize() * room // wide))
    return small


class FittedLabel(QLabel):
    """A number that is written smaller where it has no room, so that none of its digits is cut."""

    def __init__(self, font: QFont) -> None:
        super().__init__()
        self._full = font
        self.setFont(font)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def set_full_font(self, font: QFont) -> None:
        """Take the font it has where there is room."""
        self._full = font
        self._fit()

    def setText(self, text: str) -> None:
        """Show another number."""
        super().setText(text)
        self._fit()

    def sizeHint(self) -> QSize:
        """Room for the number in full size."""
        metrics = QFontMetrics(self._full)
        return QSize(metrics.horizontalAdvance(self.text()) + 1, metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Room for it in the smallest size; the height stays."""
        smallest = QFont(self._full)
        smallest.setPixelSize(_SMALLEST_PX)
        return QSize(QFontMetrics(smallest).horizontalAdvance(self.text()) + 1, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write as large as the new width allows."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setFont(fitted(self._full, self.text(), self.width()))


class ElidedLabel(QWidget):
    """One line of data that ends in … where there is no room; the whole of it is in the tooltip."""

    def __init__(
        self,
        look: Look,
        text: str = "",
        kind: Type = Type.BODY,
        *,
        tone: str = "text",
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> None:
        super().__init__()
        self._look = look
        self._tone = tone
        self._align = align
        self._text = ""
        self.setFont(look.font(kind))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def text(self) -> str:
        """Return the whole text."""
        return self._text

    def setText(self, text: str) -> None:
        """Show another text."""
        if text == self._text:
            return
        self._text = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def set_tone(self, tone: str) -> None:
        """Draw it in another colour."""
        if tone != self._tone:
            self._tone = tone
            self.update()

    def sizeHint(self) -> QSize:
        """Room for all of it."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 1, metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Room for a little of it."""
        return QSize(24, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as much as fits."""
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self._look.colour(self._tone))
        shown = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(self._align | Qt.AlignmentFlag.AlignVCenter), shown)
