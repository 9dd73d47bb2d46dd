"""PDF: sizes, pages, fonts, and the same bytes every time."""

import io
import re

import pytest
from PIL import Image

from pos.printing.document import CopyMark, Document, Logo, Text
from pos.printing.pdf import Sheet, render_pdf
from tests.factories.papers import papers, receipts

BOX = re.compile(rb"/MediaBox \[ 0 0 ([0-9.]+) ([0-9.]+) \]")


def boxes(data: bytes) -> list[tuple[int, int]]:
    return [(round(float(width)), round(float(height))) for width, height in BOX.findall(data)]


@pytest.mark.parametrize("sheet", list(Sheet))
def test_paper_when_made_twice_has_the_same_bytes(sheet: Sheet) -> None:
    for document in (receipts("rw") | papers("rw")).values():
        assert render_pdf(document, sheet) == render_pdf(document, sheet)


def test_roll_when_made_is_one_page_of_80_mm_as_long_as_needed() -> None:
    short, long = (boxes(render_pdf(receipts("en")[name], Sheet.ROLL_80)) for name in ("copy", "token"))

    assert [width for width, _ in short + long] == [227, 227]
    assert short[0][1] < long[0][1]


@pytest.mark.parametrize(("sheet", "size", "pages"), [(Sheet.A6, (298, 420), 3), (Sheet.A4, (595, 842), 1)])
def test_sheets_when_made_have_their_size_and_as_many_as_needed(
    sheet: Sheet, size: tuple[int, int], pages: int
) -> None:
    document = Document("receipt", "en", tuple(Text(f"line {n}") for n in range(3 * 30)))

    found = boxes(render_pdf(document, sheet))

    assert set(found) == {size}
    assert len(found) >= pages


def test_pdf_when_made_embeds_its_font() -> None:
    data = render_pdf(receipts("fr")["token"], Sheet.A4)

    assert data.startswith(b"%PDF-")
    assert b"JetBrainsMono-Medium" in data
    assert b"JetBrainsMono-Bold" in data
    assert b"/FontFile2" in data


def test_logo_when_it_is_there_is_in_the_pdf() -> None:
    picture = io.BytesIO()
    Image.new("RGB", (60, 20)).save(picture, "PNG")
    document = Document("receipt", "en", (Logo("shop"), CopyMark("COPY 1")))

    assert b"/Subtype /Image" in render_pdf(document, Sheet.A4, logos={"shop": picture.getvalue()})
    assert b"/Subtype /Image" not in render_pdf(document, Sheet.A4)
