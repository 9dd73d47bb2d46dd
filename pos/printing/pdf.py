"""Documents to PDF through reportlab: the same lines as on paper, in the bundled JetBrains Mono.

The same document gives the same bytes (no dates, no random ids), so that a file can be compared and hashed.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from pos.i18n.resources import resource_path
from pos.printing.document import Cut, Document, DrawerKick, Logo, Qr
from pos.printing.layout import Laid, Line, Style, TokenSpace, lay_out
from pos.printing.qr import qr_modules

_FONT = "KilotillMono"
_FONT_BOLD = "KilotillMono-Bold"
_LETTER_WIDTH = 0.6
"""Of the font size: every letter of the font is 600/1000 wide."""

_LINE_HEIGHT = 2.17
_BASELINE = 0.68
_SMALL = 0.8
_TOKEN_SPACE_LINES = 0.35
_LOGO_LINES = 4
_MODULE_COLUMNS = 0.5


class Sheet(StrEnum):
    """The paper of a PDF: a roll as long as needed, or sheets."""

    ROLL_80 = "80mm"
    A6 = "a6"
    A4 = "a4"


@dataclass(frozen=True, slots=True)
class _Size:
    """Width, height (None: as long as needed) and margin in points, and letters per line."""

    width: float
    height: float | None
    margin: float
    columns: int

    @property
    def column(self) -> float:
        """The width of one letter."""
        return (self.width - 2 * self.margin) / self.columns

    @property
    def line(self) -> float:
        """The height of one line."""
        return self.column * _LINE_HEIGHT


_SIZES = {
    Sheet.ROLL_80: _Size(80 * mm, None, 4 * mm, 48),
    Sheet.A6: _Size(105 * mm, 148 * mm, 8 * mm, 48),
    Sheet.A4: _Size(210 * mm, 297 * mm, 20 * mm, 72),
}


def render_pdf(document: Document, sheet: Sheet, *, logos: Mapping[str, bytes] | None = None) -> bytes:
    """Give the PDF of a document; `logos` are pictures (PNG) by name."""
    _register_fonts()
    size = _SIZES[sheet]
    pictures = {name: ImageReader(io.BytesIO(data)) for name, data in (logos or {}).items()}
    laid = [part for part in lay_out(document, size.columns) if _is_drawn(part, pictures)]
    total = sum(_height(part, size) for part in laid)
    height = total + 2 * size.margin if size.height is None else size.height
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(size.width, height), invariant=1, pageCompression=1)
    canvas.setTitle(document.kind)
    _Pages(canvas, size, height, pictures).draw(laid)
    canvas.save()
    return buffer.getvalue()


class _Pages:
    """Draws one part under the other, and turns the page where the next one does not fit."""

    def __init__(
        self, canvas: Canvas, size: _Size, height: float, pictures: Mapping[str, ImageReader]
    ) -> None:
        self._canvas = canvas
        self._size = size
        self._height = height
        self._pictures = pictures
        self._top = height - size.margin

    def draw(self, laid: Sequence[Laid]) -> None:
        for part in laid:
            height = _height(part, self._size)
            # A hundredth of a point for what the sums of many lines lose.
            if self._top - height < self._size.margin - 0.01:
                self._canvas.showPage()
                self._top = self._height - self._size.margin
            self._draw(part)
            self._top -= height

    def _draw(self, part: Laid) -> None:
        match part:
            case Line():
                self._line(part)
            case Qr(content):
                self._qr(content)
            case Logo(name):
                self._logo(name)
            case _:
                pass

    def _line(self, line: Line) -> None:
        size, canvas = self._size, self._canvas
        height = size.line * line.scale
        if line.style is Style.REVERSED:
            canvas.setFillGray(0)
            canvas.rect(
                size.margin, self._top - height, size.width - 2 * size.margin, height, stroke=0, fill=1
            )
        canvas.setFillGray(1 if line.style is Style.REVERSED else 0)
        is_light = line.style in (Style.NORMAL, Style.SMALL)
        points = size.column / _LETTER_WIDTH * line.scale * (_SMALL if line.style is Style.SMALL else 1)
        canvas.setFont(_FONT if is_light else _FONT_BOLD, points)
        canvas.drawString(size.margin, self._top - height * _BASELINE, line.text)

    def _qr(self, content: str) -> None:
        modules = qr_modules(content)
        step = self._size.column * _MODULE_COLUMNS
        left = (self._size.width - step * len(modules)) / 2
        top = self._top - self._size.line / 2
        path = self._canvas.beginPath()
        for y, row in enumerate(modules):
            for x, is_dark in enumerate(row):
                if is_dark:
                    path.rect(left + x * step, top - (y + 1) * step, step, step)
        self._canvas.setFillGray(0)
        self._canvas.drawPath(path, stroke=0, fill=1)

    def _logo(self, name: str) -> None:
        height = self._size.line * _LOGO_LINES
        width = self._size.width - 2 * self._size.margin
        self._canvas.drawImage(
            self._pictures[name],
            self._size.margin,
            self._top - height,
            width,
            height,
            preserveAspectRatio=True,
            mask="auto",
        )


def _is_drawn(part: Laid, pictures: Mapping[str, ImageReader]) -> bool:
    if isinstance(part, Logo):
        return part.name in pictures
    return not isinstance(part, Cut | DrawerKick)


def _height(part: Laid, size: _Size) -> float:
    match part:
        case Line():
            return size.line * part.scale
        case TokenSpace():
            return size.line * _TOKEN_SPACE_LINES
        case Qr(content):
            return len(qr_modules(content)) * size.column * _MODULE_COLUMNS + size.line
        case Logo():
            return size.line * _LOGO_LINES
        case _:
            return 0


@cache
def _register_fonts() -> None:
    for name, file in ((_FONT, "JetBrainsMono-Medium.ttf"), (_FONT_BOLD, "JetBrainsMono-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, resource_path("fonts", file)))
