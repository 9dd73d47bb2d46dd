"""Whatever stands on a paper, it stays on the paper, and can be stored and read back."""

from hypothesis import given
from hypothesis import strategies as st

from pos.printing.document import (
    Block,
    CopyMark,
    Cut,
    Document,
    DrawerKick,
    Gap,
    Logo,
    Pair,
    Qr,
    Row,
    Rule,
    Signatures,
    Small,
    TableRow,
    Text,
    Title,
    Token,
)
from pos.printing.document_json import document_bytes, document_from_bytes
from pos.printing.layout import Line, lay_out, plain_text
from pos.printing.thermal import ThermalPaper, render_thermal
from pos.printing.wrap import clean, shown, wrap

LETTERS = st.characters(exclude_categories=["Cs"])
TEXT = st.one_of(st.text(LETTERS, max_size=60), st.text(st.sampled_from("abc é\u00a0-.1"), max_size=90))
FLAG = st.booleans()
BLOCK: st.SearchStrategy[Block] = st.one_of(
    st.builds(Title, TEXT, FLAG),
    st.builds(Text, TEXT, FLAG, FLAG),
    st.builds(Small, TEXT),
    st.builds(Row, TEXT, TEXT, FLAG, TEXT),
    st.builds(Pair, TEXT, TEXT, TEXT, TEXT, FLAG),
    st.builds(TableRow, st.lists(TEXT, min_size=2, max_size=4).map(tuple), FLAG),
    st.builds(Rule, FLAG),
    st.just(Gap()),
    st.builds(Token, st.text("0123456789", min_size=20, max_size=20)),
    st.builds(Qr, st.text("0123456789", min_size=1, max_size=20)),
    st.builds(Logo, TEXT),
    st.builds(CopyMark, TEXT),
    st.builds(Signatures, st.lists(TEXT, min_size=1, max_size=3).map(tuple)),
    st.just(Cut()),
    st.just(DrawerKick()),
)
DOCUMENT = st.builds(Document, TEXT, st.sampled_from(["en", "rw"]), st.lists(BLOCK, max_size=8).map(tuple))
COLUMNS = st.sampled_from([32, 42, 48, 72])


@given(DOCUMENT, COLUMNS)
def test_lines_when_laid_out_are_never_wider_than_the_paper(document: Document, columns: int) -> None:
    for laid in lay_out(document, columns):
        if isinstance(laid, Line):
            assert len(laid.text) * laid.scale <= columns
            assert laid.text.isprintable()
    assert all(len(line) <= columns for line in plain_text(document, columns).splitlines())


@given(DOCUMENT)
def test_document_when_stored_is_read_back_the_same(document: Document) -> None:
    body = document_bytes(document)

    assert document_from_bytes(body) == document
    assert document_bytes(document_from_bytes(body)) == body


@given(st.text("0123456789", min_size=20, max_size=20), COLUMNS)
def test_token_when_laid_out_keeps_every_digit(digits: str, columns: int) -> None:
    text = plain_text(Document("receipt", "en", (Token(digits),)), columns)

    assert "".join(text.split()) == digits


@given(TEXT, st.integers(1, 60))
def test_words_when_wrapped_are_all_there_and_in_order(text: str, columns: int) -> None:
    lines = wrap(text, columns)

    assert all(len(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(shown(clean(text)).split())


@given(TEXT)
def test_text_when_cleaned_twice_is_the_same(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.lists(BLOCK, max_size=4).map(tuple), st.sampled_from([None, "CP858"]))
def test_printer_bytes_when_rendered_hold_no_letter_outside_one_byte(
    blocks: tuple[Block, ...], code_page: str | None
) -> None:
    data = render_thermal(Document("receipt", "en", blocks), ThermalPaper(code_page=code_page))

    assert data.startswith(b"\x1b@")
