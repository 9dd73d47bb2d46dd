"""ESC/POS bytes: what a printer is told, letter by letter."""

import io

import pytest
from PIL import Image

from pos.errors import UserError
from pos.printing.document import Block, CopyMark, Cut, Document, DrawerKick, Logo, Qr, Small, Text, Token
from pos.printing.thermal import QrMode, ThermalPaper, render_thermal

LARGE_BOLD = b"\x1d!\x11\x1bE\x01"


WIDE = ThermalPaper()


def rendered(*blocks: Block, paper: ThermalPaper = WIDE) -> bytes:
    return render_thermal(Document("receipt", "en", blocks), paper)


def test_token_when_printed_is_double_wide_and_high_in_groups() -> None:
    data = rendered(Token("28471093552674108839"))

    assert LARGE_BOLD in data
    assert b"2847 1093 5526 7410 8839\n" in data


def test_copy_mark_when_printed_is_white_on_black() -> None:
    assert b"\x1dB\x01" in rendered(CopyMark("COPY 1"))


def test_small_print_when_printed_is_in_the_second_font() -> None:
    assert b"\x1bM\x01" in rendered(Small("footer"))


def test_french_when_printed_takes_the_code_page_that_has_the_letter() -> None:
    data = rendered(Text("reçu dû à"))

    assert b"\x1bt\x00" in data
    assert "reçu dû à".encode("cp437") in data


def test_code_page_when_fixed_is_the_only_one() -> None:
    data = rendered(Text("reçu d'œuvre 3 m³ ł"), paper=ThermalPaper(code_page="CP858"))

    assert data.count(b"\x1bt") == 1
    assert b"\x1bt\x13" in data
    assert "reçu d'?uvre 3 m³ ?".encode("cp858") in data


def test_letter_when_no_page_has_it_loses_its_accent_or_becomes_a_question_mark() -> None:
    data = rendered(Text("ǎ 漢"), paper=ThermalPaper(profile="simple"))

    assert b"a ?" in data


@pytest.mark.parametrize(
    ("paper", "code"),
    [
        (ThermalPaper(profile="none such"), "printer.profile"),
        (ThermalPaper(code_page="CP1"), "printer.code_page"),
    ],
)
def test_settings_when_the_library_does_not_know_them_are_refused(paper: ThermalPaper, code: str) -> None:
    with pytest.raises(UserError) as refused:
        rendered(Text("a"), paper=paper)
    assert refused.value.code == code


def test_qr_when_the_printer_can_is_drawn_by_it_and_centred() -> None:
    data = rendered(Qr("28471093552674108839"))

    assert b"\x1ba\x01\x1d(k" in data
    assert b"28471093552674108839" in data
    assert data.endswith(b"\x1ba\x00")


def test_qr_when_the_printer_cannot_is_a_centred_picture(capsys: pytest.CaptureFixture[str]) -> None:
    data = rendered(Qr("28471093552674108839"), paper=ThermalPaper(32, profile="POS-5890", qr=QrMode.IMAGE))

    assert b"28471093552674108839" not in data
    # GS v 0: 384 dots are 48 bytes wide; 21 modules of 6 dots are 126 lines high.
    assert b"\x1dv0\x00\x30\x00\x7e\x00" in data
    assert capsys.readouterr().out == ""


def test_logo_when_it_is_wider_than_the_paper_is_made_smaller() -> None:
    picture = io.BytesIO()
    Image.new("1", (1_000, 500)).save(picture, "PNG")
    paper = ThermalPaper(logos={"shop": picture.getvalue()})

    assert b"\x1dv0\x00\x48\x00\x20\x01" in rendered(Logo("shop"), paper=paper)
    assert rendered(Logo("none"), paper=paper) == rendered()


def test_end_when_printed_kicks_the_drawer_and_cuts() -> None:
    data = rendered(DrawerKick(), Cut(), paper=ThermalPaper(drawer_pin=5))

    assert data.index(b"\x1bp\x01") < data.index(b"\x1dV\x01")
