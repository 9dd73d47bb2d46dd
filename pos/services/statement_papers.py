"""The paper of a supplier's statement: as a PDF file, on the printer, as text to look at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from pos.domain.permissions import Actor
from pos.errors import UserError
from pos.models.uow import Units
from pos.printing.devices import check_ready
from pos.printing.document import Document
from pos.printing.layout import COLUMNS_80_MM, plain_text
from pos.printing.thermal import render_thermal
from pos.services.float_statement import FloatStatement
from pos.services.money_papers import MoneyPapers
from pos.services.paper_files import PaperFiles
from pos.services.print_spool import Printer
from pos.services.supplier_float import SupplierFloats
from pos.system.clock import Clock


class StatementPapers:
    """Makes the paper anew each time: it is no receipt, so nothing is stored and copies are not counted."""

    def __init__(
        self,
        units: Units,
        clock: Clock,
        *,
        floats: SupplierFloats,
        papers: MoneyPapers,
        files: PaperFiles,
        printer: Callable[[], Printer | None],
    ) -> None:
        """Wire the parts; `printer` gives the till's printer, None where it has none."""
        self._units = units
        self._clock = clock
        self._floats = floats
        self._papers = papers
        self._files = files
        self._printer = printer

    def write_pdf(self, actor: Actor, code: str, path: Path, *, first_day: date, last_day: date) -> None:
        """Write a statement as PDF.

        Raises:
            UserError: as `SupplierFloats.statement`.
            MachineFault: `disk.*`.
        """
        # Loaded only here: it takes a third of a second.
        from pos.printing.pdf import Sheet

        self._files.write_document(self._document(actor, code, first_day, last_day), path, Sheet.A4)

    def print_out(self, actor: Actor, code: str, *, first_day: date, last_day: date) -> None:
        """Print a statement at once.

        Raises:
            UserError: `printer.none`, and as `SupplierFloats.statement`.
            Unavailable: `printer.*`.
        """
        printer = self._printer()
        if printer is None:
            raise UserError("printer.none", "This till has no printer: choose one in Settings.")
        data = render_thermal(self._document(actor, code, first_day, last_day), printer.paper)
        device = printer.open()
        try:
            check_ready(device)
            device.send(data)
        finally:
            device.close()

    def text(self, actor: Actor, code: str, *, first_day: date, last_day: date) -> str:
        """Return a statement as the lines of the printer. Raises as `SupplierFloats.statement`."""
        return plain_text(self._document(actor, code, first_day, last_day), COLUMNS_80_MM)

    def _document(self, actor: Actor, code: str, first_day: date, last_day: date) -> Document:
        statement: FloatStatement = self._floats.statement(
            actor, code, first_day=first_day, last_day=last_day
        )
        with self._units.read() as connection:
            return self._papers.statement(connection, statement, actor=actor, at=self._clock.now())
