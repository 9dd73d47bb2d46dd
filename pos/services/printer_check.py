"""Trying the receipt printer: a test page by the way of every receipt, what it says, the drawer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pos.domain.permissions import Actor, Permission
from pos.models.uow import Units
from pos.printing.devices import PrinterStatus, check_ready
from pos.printing.document import Block, Cut, Document, DrawerKick, Gap, Row, Rule, Text, Title, Token
from pos.printing.layout import plain_text
from pos.printing.thermal import render_thermal
from pos.services.approval import require
from pos.services.facts import RecordFact, privileged_act
from pos.services.print_spool import Printer

_LETTERS = ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789 é è ç à ô ê ï € %")
_DIGITS = "12345678901234567890"


@dataclass(frozen=True, slots=True)
class TestPage:
    """What stands on a test page, already in the language of who looks at it."""

    __test__ = False

    title: str
    facts: Sequence[tuple[str, str]]
    closing: str

    def document(self) -> Document:
        """Return the page as blocks: facts, all letters, a token's digits."""
        blocks: list[Block] = [Title(self.title, is_large=False), Rule()]
        blocks += [Row(name, value) for name, value in self.facts]
        blocks += [
            Gap(),
            *(Text(line) for line in _LETTERS),
            Token(_DIGITS),
            Text(self.closing),
            Rule(),
            Cut(),
        ]
        return Document("test_page", "en", tuple(blocks))


class PrinterCheck:
    """Tries the configured printer. Nothing here waits in the spool: who presses stands beside the paper."""

    def __init__(
        self,
        units: Units,
        book: RecordFact,
        *,
        address: Callable[[], str],
        printers: Callable[[str], Printer],
        till_code: str,
    ) -> None:
        """`address` is the printer of now; `printers` opens one."""
        self._units = units
        self._book = book
        self._address = address
        self._printers = printers
        self._till_code = till_code

    def preview(self, page: TestPage) -> str:
        """Return the lines of the test page as wide as the paper is."""
        return plain_text(page.document(), self._printers(self._address()).paper.columns)

    def status(self, actor: Actor) -> PrinterStatus:
        """Ask the printer how it is.

        Raises:
            UserError: `permission.denied`, `printer.address`.
            Unavailable: `printer.offline`, `printer.driver_missing`.
        """
        require(actor, Permission.SETTING_EDIT)
        device = self._printers(self._address()).open()
        try:
            return device.status()
        finally:
            device.close()

    def print_test_page(self, actor: Actor, page: TestPage) -> PrinterStatus:
        """Print a test page and return what the printer says after it.

        Raises:
            UserError: `permission.denied`, `printer.address`.
            Unavailable: `printer.*`.
        """
        require(actor, Permission.SETTING_EDIT)
        return self._send(page.document())

    def open_drawer(self, actor: Actor, *, reason: str) -> None:
        """Open the drawer to try it; the journal says who did it before the drawer moves.

        Raises:
            UserError: `permission.denied`, `printer.address`.
            Unavailable: `printer.*`.
        """
        require(actor, Permission.SETTING_EDIT)
        body = privileged_act(Permission.SETTING_EDIT, "drawer", self._till_code, reason=reason)
        with self._units.write() as unit:
            self._book.record(unit, "privileged_act", body, actor=actor.id)
        self._send(Document("drawer", "en", (DrawerKick(),)))

    def _send(self, document: Document) -> PrinterStatus:
        printer = self._printers(self._address())
        data = render_thermal(document, printer.paper)
        device = printer.open()
        try:
            check_ready(device)
            device.send(data)
            return device.status()
        finally:
            device.close()


__all__ = ["PrinterCheck", "PrinterStatus", "TestPage"]
