"""Documents to ESC/POS bytes through python-escpos; nothing is sent from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pos.printing.document import Document
from pos.printing.layout import COLUMNS_80_MM, lay_out

DOTS_PER_COLUMN = 12
"""Font A is 12 × 24 dots."""


class QrMode(StrEnum):
    """Who draws QR codes: the printer itself, or we, as a picture for printers that cannot."""

    NATIVE = "native"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class ThermalPaper:
    """One printer's paper and habits.

    `columns` is 48 for 80 mm and 32 for 58 mm. `profile` names the printer in python-escpos' list.
    `code_page` (such as `CP858`) fixes the letters; None takes from the profile whatever page has a letter.
    `logos` are pictures (PNG) by name. `drawer_pin` is 2 or 5.
    """

    columns: int = COLUMNS_80_MM
    profile: str = "default"
    qr: QrMode = QrMode.NATIVE
    code_page: str | None = None
    drawer_pin: int = 2
    logos: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def dots(self) -> int:
        """The width in dots."""
        return self.columns * DOTS_PER_COLUMN


def render_thermal(document: Document, paper: ThermalPaper) -> bytes:
    """Give the bytes a printer needs for the whole document, from initialising to cutting.

    Raises UserError `printer.profile` or `printer.code_page` for names python-escpos does not know.
    """
    # python-escpos takes a sixth of a second to load; a till that has not printed yet does without it.
    from pos.printing.escpos_slip import Slip

    slip = Slip(paper)
    for laid in lay_out(document, paper.columns):
        slip.add(laid)
    return slip.data()
