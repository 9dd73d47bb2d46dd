"""A long table as PDF, page by page: the head on each page, its number at the foot; no page is kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from pos.i18n.resources import resource_path

_FONT = "KilotillTable"
_FONT_BOLD = "KilotillTable-Bold"
_POINTS = 7.5
_LETTER = _POINTS * 0.6
"""Every letter of the font is 600/1000 of its size wide."""

_LINE = 11.5
_MARGIN = 34.0
_GAP_LETTERS = 2
_WIDTH, _HEIGHT = landscape(A4)


@dataclass(frozen=True, slots=True)
class PdfColumn:
    """A column: its head, its width in letters; numbers stand at its right."""

    head: str
    letters: int
    is_number: bool = False


class TablePdf:
    """Takes rows one after the other; `save` ends the file."""

    def __init__(self, path: Path, title: str, subtitle: str, columns: Sequence[PdfColumn]) -> None:
        """Begin the file at `path`."""
        _register_fonts()
        self._columns = tuple(columns)
        self._title = title
        self._subtitle = subtitle
        self._canvas = Canvas(str(path), pagesize=(_WIDTH, _HEIGHT), pageCompression=1)
        self._canvas.setTitle(title)
        self._page = 0
        self._top = 0.0
        self._begin_page()

    def add(self, cells: Sequence[str], *, is_bold: bool = False) -> None:
        """Draw a row; what is too long for its column ends in a dot."""
        if self._top - _LINE < _MARGIN + _LINE:
            self._end_page()
            self._begin_page()
        self._row(cells, is_bold=is_bold)

    def save(self) -> None:
        """Write what is left."""
        self._end_page()
        self._canvas.save()

    def _begin_page(self) -> None:
        self._page += 1
        self._top = _HEIGHT - _MARGIN
        canvas = self._canvas
        canvas.setFont(_FONT_BOLD, 12)
        canvas.drawString(_MARGIN, self._top - 10, self._title)
        canvas.setFont(_FONT, _POINTS)
        canvas.drawString(_MARGIN, self._top - 24, self._subtitle)
        self._top -= 34
        self._row([column.head for column in self._columns], is_bold=True)
        canvas.setLineWidth(0.5)
        canvas.line(_MARGIN, self._top - 2, _WIDTH - _MARGIN, self._top - 2)
        self._top -= 3

    def _end_page(self) -> None:
        self._canvas.setFont(_FONT, _POINTS)
        self._canvas.drawRightString(_WIDTH - _MARGIN, _MARGIN - 8, str(self._page))
        self._canvas.showPage()

    def _row(self, cells: Sequence[str], *, is_bold: bool) -> None:
        canvas, x = self._canvas, _MARGIN
        canvas.setFont(_FONT_BOLD if is_bold else _FONT, _POINTS)
        self._top -= _LINE
        for column, cell in zip(self._columns, cells, strict=True):
            text = cell if len(cell) <= column.letters else cell[: column.letters - 1] + "…"
            width = column.letters * _LETTER
            if column.is_number:
                canvas.drawRightString(x + width, self._top, text)
            else:
                canvas.drawString(x, self._top, text)
            x += width + _GAP_LETTERS * _LETTER


@cache
def _register_fonts() -> None:
    for name, file in ((_FONT, "JetBrainsMono-Medium.ttf"), (_FONT_BOLD, "JetBrainsMono-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, resource_path("fonts", file)))
