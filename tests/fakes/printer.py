"""A printer that keeps what it gets, and breaks off where a test says so."""

from pos.errors import Unavailable
from pos.printing.devices import PrinterStatus

READY = PrinterStatus(is_known=True)


class FakePrinter:
    def __init__(self) -> None:
        self.state = READY
        self.state_after = READY
        self.received: list[bytes] = []
        self.breaks_off = False
        self.is_off = False
        self.mistake_at_open: Exception | None = None
        self.mistake_at_send: Exception | None = None
        self.open_count = 0

    def open(self) -> "FakePrinter":
        if self.is_off:
            raise Unavailable("printer.offline", "The printer does not answer.")
        if self.mistake_at_open is not None:
            raise self.mistake_at_open
        self.open_count += 1
        return self

    def status(self) -> PrinterStatus:
        return self.state

    def send(self, data: bytes) -> None:
        self.received.append(data)
        if self.mistake_at_send is not None:
            raise self.mistake_at_send
        self.state = self.state_after
        if self.breaks_off:
            raise Unavailable("printer.offline", "The printer does not answer.")

    def close(self) -> None:
        self.open_count -= 1
