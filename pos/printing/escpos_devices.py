"""Printers of python-escpos and its transports as devices of ours; nothing else knows that library."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from escpos.exceptions import Error as EscposError
from escpos.printer import Dummy, File, Network, Serial, Usb, Win32Raw
from usb.core import NoBackendError

from pos.errors import Unavailable, UserError
from pos.printing.devices import PrinterDevice, PrinterStatus

_PORT = 9100
_BAUD_RATE = 9600

_ASK = b"\x10\x04"
_ASK_PRINTER, _ASK_OFFLINE_CAUSE, _ASK_PAPER = b"\x01", b"\x02", b"\x04"
_FIXED_BITS, _FIXED_VALUE = 0x93, 0x12
_OFFLINE, _COVER_OPEN, _STOPPED_BY_PAPER = 0x08, 0x04, 0x20
_PAPER_LOW, _PAPER_OUT = 0x0C, 0x60


def open_device(kind: str, rest: str, timeout_s: int) -> PrinterDevice:
    """Open a printer of a kind; `rest` is its address behind the colon. Raises as `open_printer`."""
    with _translated():
        printer = _MAKERS[kind](rest, timeout_s)
        printer.open()
    return EscposDevice(printer, can_answer=kind in _ANSWERING)


class EscposDevice:
    """A printer of python-escpos as a PrinterDevice."""

    def __init__(self, printer: Any, *, can_answer: bool) -> None:
        """Take an open printer; `can_answer` is false where nothing can be read from it."""
        self._printer = printer
        self._can_answer = can_answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def status(self) -> PrinterStatus:
        if not self._can_answer:
            return PrinterStatus(is_known=False)
        answers = []
        for question in (_ASK_PRINTER, _ASK_OFFLINE_CAUSE, _ASK_PAPER):
            answer = self._ask(question)
            if answer is None:
                # Many cheap printers know none of the questions; they are not asked again.
                self._can_answer = False
                return PrinterStatus(is_known=False)
            answers.append(answer)
        printer, cause, paper = answers
        return PrinterStatus(
            is_known=True,
            is_online=not printer & _OFFLINE,
            has_paper=not (cause & _STOPPED_BY_PAPER or paper & _PAPER_OUT),
            is_paper_low=bool(paper & _PAPER_LOW),
            is_cover_closed=not cause & _COVER_OPEN,
        )

    def send(self, data: bytes) -> None:
        with _translated():
            self._printer._raw(data)

    def close(self) -> None:
        with _translated():
            self._printer.close()

    def _ask(self, question: bytes) -> int | None:
        with _translated():
            self._printer._raw(_ASK + question)
        try:
            answer = bytes(self._printer._read())
        except OSError:
            # A time-out: the printer has no such answer. A line that is cut shows at the next write.
            return None
        if len(answer) != 1 or answer[0] & _FIXED_BITS != _FIXED_VALUE:
            return None
        return answer[0]


class _Network(Network):  # type: ignore[misc]  # the library has no types
    """python-escpos' own leaves a socket open whenever the printer does not answer."""

    def open(self, raise_not_found: bool = True) -> None:  # noqa: FBT001, FBT002, ARG002 - the library's form
        self.device = socket.create_connection((self.host, self.port), self.timeout)


def _network(rest: str, timeout_s: int) -> Network:
    host, _, port = rest.partition(":")
    return _Network(host, port=_number(port, _PORT), timeout=timeout_s)


def _usb(rest: str, timeout_s: int) -> Usb:
    vendor, _, product = rest.partition(":")
    numbers = [_number(text, 0, base=16) for text in (vendor, product)]
    _need(Usb)
    return Usb(numbers[0], numbers[1], timeout=timeout_s * 1_000)


def _serial(rest: str, timeout_s: int) -> Serial:
    _need(Serial)
    port, _, rate = rest.rpartition(":")
    if not port or not rate.isdigit():
        port, rate = rest, ""
    return Serial(port, baudrate=_number(rate, _BAUD_RATE), timeout=timeout_s)


def _windows(rest: str, _timeout_s: int) -> Win32Raw:
    _need(Win32Raw)
    return Win32Raw(rest)


_MAKERS: dict[str, Callable[[str, int], Any]] = {
    "network": _network,
    "usb": _usb,
    "serial": _serial,
    "windows": _windows,
    "file": lambda rest, _timeout_s: File(rest),
    "dummy": lambda _rest, _timeout_s: Dummy(),
}
_ANSWERING = frozenset({"network", "usb", "serial"})


def _need(kind: Any) -> None:
    if not kind.is_usable():
        text = f"This computer lacks the library for printers of the kind {kind.__name__}."
        raise Unavailable("printer.driver_missing", text)


def _number(text: str, default: int, *, base: int = 10) -> int:
    try:
        return int(text, base) if text else default
    except ValueError as error:
        raise UserError("printer.address", f"{text!r} is no number of a printer address.") from error


def _windows_errors() -> Iterator[type[Exception]]:
    """Give pywin32's own error class, which is no OSError, where there is one."""
    try:
        from pywintypes import error  # type: ignore[import-untyped]  # exists on Windows only
    except ImportError:
        return
    yield error


_FAULTS: tuple[type[Exception], ...] = (OSError, EscposError, *_windows_errors())


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except NoBackendError as error:
        text = "This computer lacks libusb, which USB printers need. On Debian: apt-get install libusb-1.0-0."
        raise Unavailable("printer.driver_missing", text) from error
    except _FAULTS as error:
        text = "The printer does not answer. Check its cable and that it is switched on."
        raise Unavailable("printer.offline", text) from error
