from collections.abc import Callable
from pathlib import Path

import pytest

from pos.domain.permissions import Role
from pos.errors import KilotillError
from pos.printing.devices import PrinterDevice, PrinterStatus, open_printer
from pos.printing.thermal import ThermalPaper
from pos.services.print_spool import Printer
from pos.services.printer_check import PrinterCheck, TestPage
from tests.db.register import ADA, Register, person

PAGE = TestPage("TEST PAGE", (("Till", "T03"), ("Paper", "80 mm")), "The end.")
DRAWER_KICK = b"\x1bp"


class TalkingPrinter:
    """A printer that answers, and keeps what it got."""

    def __init__(self, status: PrinterStatus) -> None:
        self.says = status
        self.data = b""
        self.is_closed = False

    def status(self) -> PrinterStatus:
        return self.says

    def send(self, data: bytes) -> None:
        self.data += data

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path)


def _check(register: Register, opens: Callable[[], PrinterDevice], *, columns: int = 48) -> PrinterCheck:
    return PrinterCheck(
        register.units,
        register.facts,
        address=lambda: "somewhere",
        printers=lambda _: Printer(open=opens, paper=ThermalPaper(columns=columns)),
        till_code="T03",
    )


def test_test_page_when_printed_goes_out_whole_and_the_printer_is_let_go(register: Register) -> None:
    device = TalkingPrinter(PrinterStatus(is_known=True, is_paper_low=True))

    status = _check(register, lambda: device).print_test_page(ADA, PAGE)

    assert status.is_paper_low and device.is_closed
    assert b"TEST PAGE" in device.data and b"1234 5678 9012 3456 7890" in device.data
    assert DRAWER_KICK not in device.data and register.facts.facts == []


def test_test_page_when_written_to_a_file_is_there(register: Register, tmp_path: Path) -> None:
    path = tmp_path / "paper.bin"

    _check(register, lambda: open_printer(f"file:{path}")).print_test_page(ADA, PAGE)

    assert b"The end." in path.read_bytes()


@pytest.mark.parametrize("columns", [32, 48])
def test_preview_when_asked_for_is_as_wide_as_the_paper(register: Register, columns: int) -> None:
    device = TalkingPrinter(PrinterStatus(is_known=False))

    lines = _check(register, lambda: device, columns=columns).preview(PAGE).splitlines()

    assert max(map(len, lines)) == columns


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (PrinterStatus(is_known=True, has_paper=False), "printer.paper_out"),
        (PrinterStatus(is_known=True, is_cover_closed=False), "printer.cover_open"),
        (PrinterStatus(is_known=True, is_online=False), "printer.offline"),
    ],
)
def test_test_page_when_the_printer_is_not_ready_says_why_and_sends_nothing(
    register: Register, status: PrinterStatus, code: str
) -> None:
    device = TalkingPrinter(status)

    with pytest.raises(KilotillError) as caught:
        _check(register, lambda: device).print_test_page(ADA, PAGE)

    assert (caught.value.code, device.data, device.is_closed) == (code, b"", True)


def test_drawer_when_opened_is_in_the_journal_and_kicked_without_paper(register: Register) -> None:
    device = TalkingPrinter(PrinterStatus(is_known=False))

    _check(register, lambda: device).open_drawer(ADA, reason="new drawer")

    assert DRAWER_KICK in device.data and b"TEST" not in device.data
    ((kind, body),) = register.facts.facts
    assert kind == "privileged_act"
    assert (body["target_kind"], body["target_id"], body["reason"]) == ("drawer", "T03", "new drawer")


@pytest.mark.parametrize("role", [Role.CASHIER, Role.SUPERVISOR, Role.AUDITOR])
def test_printer_when_tried_by_another_role_is_left_alone(register: Register, role: Role) -> None:
    def never() -> PrinterDevice:
        raise AssertionError("the printer is not touched")

    check = _check(register, never)
    acts = (
        lambda: check.print_test_page(person(role), PAGE),
        lambda: check.open_drawer(person(role), reason="x"),
        lambda: check.status(person(role)),
    )
    for act in acts:
        with pytest.raises(KilotillError) as caught:
            act()
        assert caught.value.code == "permission.denied"
    assert register.facts.facts == []
