"""Stored papers out of the till: as PDF file, as text to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pos.printing.document import Document
from pos.printing.layout import COLUMNS_80_MM, plain_text
from pos.services.papers import StoredPapers
from pos.system.files import write_atomically

if TYPE_CHECKING:
    from pos.printing.pdf import Sheet


class PaperFiles:
    """Gives stored papers other forms than the printer's."""

    def __init__(self, papers: StoredPapers, logos: Callable[[], Mapping[str, bytes]]) -> None:
        """`logos` are the pictures that papers name."""
        self._papers = papers
        self._logos = logos

    def write_pdf(self, place: int, path: Path, sheet: Sheet | None = None, *, copy: int = 0) -> None:
        """Write the stored paper of a place as PDF, on an 80 mm roll if nothing else is said.

        Above 0, `copy` is the number it is marked with.

        Raises:
            UserError: `sale.nothing_to_reprint`.
            MachineFault: `disk.*`.
        """
        self.write_document(self._papers.find(place, copy), path, sheet)

    def write_document(self, document: Document, path: Path, sheet: Sheet | None = None) -> None:
        """Write a document as PDF. Raises MachineFault `disk.*`."""
        # reportlab takes a third of a second to load, and most days nobody wants a PDF.
        from pos.printing.pdf import Sheet, render_pdf

        write_atomically(path, render_pdf(document, sheet or Sheet.ROLL_80, logos=self._logos()))

    def text(self, place: int, *, columns: int = COLUMNS_80_MM) -> str:
        """Return the stored paper of a place as the lines of the printer. Raises as `write_pdf`."""
        return plain_text(self._papers.find(place, 0), columns)
