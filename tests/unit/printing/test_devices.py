"""Printers by address, and what a printer on the network answers."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pos.errors import KilotillError, Unavailable, UserError
from pos.printing.devices import PrinterStatus, check_ready, open_printer
from tests.fakes.printer import FakePrinter

FINE = {1: 0x12, 2: 0x12, 4: 0x12}


class NetworkPrinter:
    """A printer on loopback: answers DLE EOT n from its table, keeps the rest."""

    def __init__(self, answers: dict[int, int]) -> None:
        self.answers = answers
        self.received = b""
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"network:127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._thread.join(5)
        self._server.close()

    def _serve(self) -> None:
        line, _ = self._server.accept()
        with line:
            while data := line.recv(4096):
                if data.startswith(b"\x10\x04"):
                    answer = self.answers.get(data[2])
                    line.sendall(bytes([answer]) if answer is not None else b"??")
                else:
                    self.received += data


@contextmanager
def network_printer(answers: dict[int, int]) -> Iterator[NetworkPrinter]:
    printer = NetworkPrinter(answers)
    try:
        yield printer
    finally:
        printer.close()


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        (FINE, PrinterStatus(is_known=True)),
        (FINE | {4: 0x1E}, PrinterStatus(is_known=True, is_paper_low=True)),
        (FINE | {1: 0x1A, 2: 0x16}, PrinterStatus(is_known=True, is_online=False, is_cover_closed=False)),
        (FINE | {1: 0x1A, 2: 0x32}, PrinterStatus(is_known=True, is_online=False, has_paper=False)),
        (
            FINE | {1: 0x1A, 4: 0x7E},
            PrinterStatus(is_known=True, is_online=False, has_paper=False, is_paper_low=True),
        ),
        ({}, PrinterStatus(is_known=False)),
        (FINE | {2: 0xFF}, PrinterStatus(is_known=False)),
    ],
)
def test_status_when_a_network_printer_answers_says_what_it_means(
    answers: dict[int, int], status: PrinterStatus
) -> None:
    with network_printer(answers) as printer:
        device = open_printer(printer.address, timeout_s=5)
        found = [device.status(), device.status()]
        device.close()

    assert found == [status, status]


def test_bytes_when_sent_to_a_network_printer_arrive() -> None:
    with network_printer(FINE) as printer:
        device = open_printer(printer.address)
        check_ready(device)
        device.send(b"\x1b@token\n")
        device.close()

    assert printer.received == b"\x1b@token\n"


def test_bytes_when_sent_to_a_file_are_in_it(tmp_path: Path) -> None:
    device = open_printer(f"file:{tmp_path / 'out.bin'}")
    check_ready(device)
    device.send(b"abc")
    device.send(b"def")
    device.close()

    assert (tmp_path / "out.bin").read_bytes() == b"abcdef"


def test_dummy_when_opened_takes_everything() -> None:
    device = open_printer("dummy:")
    device.send(b"abc")

    assert device.status() == PrinterStatus(is_known=False)
    device.close()


@pytest.mark.parametrize(
    "address", ["", "network:", "bluetooth:00:11", "network:127.0.0.1:port", "usb:zzzz:1", "file:"]
)
def test_address_when_it_makes_no_sense_is_refused(address: str) -> None:
    with pytest.raises(UserError) as refused:
        open_printer(address)
    assert refused.value.code == "printer.address"


def test_printer_when_nobody_listens_is_offline(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for address in (f"network:127.0.0.1:{port}", f"file:{tmp_path / 'none' / 'lp0'}"):
        with pytest.raises(Unavailable) as refused:
            open_printer(address, timeout_s=1)
        assert refused.value.code == "printer.offline"


@pytest.mark.parametrize(
    "address", ["windows:EPSON TM-T20", "usb:04b8:0202", "serial:/dev/kilotill-none:9600"]
)
def test_printer_when_its_library_or_port_is_missing_is_named_so(address: str) -> None:
    with pytest.raises(KilotillError) as refused:
        open_printer(address)
    assert refused.value.code in ("printer.driver_missing", "printer.offline")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (PrinterStatus(is_known=True, has_paper=False), "printer.paper_out"),
        (PrinterStatus(is_known=True, is_cover_closed=False), "printer.cover_open"),
        (PrinterStatus(is_known=True, is_online=False), "printer.offline"),
    ],
)
def test_check_when_the_printer_cannot_names_the_cause(status: PrinterStatus, code: str) -> None:
    printer = FakePrinter()
    printer.state = status

    with pytest.raises(Unavailable) as refused:
        check_ready(printer)
    assert refused.value.code == code
