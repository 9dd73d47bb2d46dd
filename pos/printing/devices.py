"""Printers behind one small port: open by address, ask how they are, send bytes.

Every fault of a printer becomes `Unavailable` with a code of `printer.*`. A printer that cannot say how it
is (file, Windows queue, one-way cable) is taken as ready.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pos.errors import Unavailable, UserError

TIMEOUT_S = 5
KINDS = frozenset({"network", "usb", "serial", "windows", "file", "dummy"})


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What a printer says of itself; `is_known` is false where it says nothing."""

    is_known: bool
    is_online: bool = True
    has_paper: bool = True
    is_paper_low: bool = False
    is_cover_closed: bool = True


class PrinterDevice(Protocol):
    """An open printer."""

    def status(self) -> PrinterStatus:
        """Ask the printer how it is; Unavailable `printer.offline` if the line to it is gone."""
        ...

    def send(self, data: bytes) -> None:
        """Send bytes; Unavailable `printer.offline` if that breaks off, however much has already left."""
        ...

    def close(self) -> None:
        """Let go of the printer."""
        ...


def check_ready(device: PrinterDevice) -> None:
    """Refuse to print where the printer says that it cannot.

    Raises Unavailable `printer.cover_open`, `printer.paper_out` or `printer.offline`.
    """
    status = device.status()
    if not status.is_cover_closed:
        raise Unavailable("printer.cover_open", "The printer's cover is open. Close it.")
    if not status.has_paper:
        raise Unavailable("printer.paper_out", "The printer has no paper. Put in a new roll.")
    if not status.is_online:
        raise Unavailable("printer.offline", "The printer is not ready. Look at its lights.")


def open_printer(address: str, *, timeout_s: int = TIMEOUT_S) -> PrinterDevice:
    """Open a printer by its address.

    Addresses: `network:192.168.0.50[:9100]`, `usb:04b8:0202`, `serial:/dev/ttyS0[:9600]`,
    `windows:NAME OF THE QUEUE`, `file:/path`, `dummy:`. Raises UserError `printer.address` for anything else,
    Unavailable `printer.driver_missing` where the transport's library is not installed, `printer.offline`
    where nobody answers.
    """
    kind, _, rest = address.partition(":")
    if kind not in KINDS or (not rest and kind != "dummy"):
        raise UserError("printer.address", f"{address!r} is no printer address such as network:192.168.0.50.")
    # python-escpos and its transports take a sixth of a second to load.
    from pos.printing.escpos_devices import open_device

    return open_device(kind, rest, timeout_s)
