"""Blocks to lines: what stands where on 32 and 48 columns."""

import pytest

from pos.printing.document import (
    Block,
    CopyMark,
    Document,
    Pair,
    Row,
    Signatures,
    TableRow,
    Text,
    Title,
    Token,
)
from pos.printing.layout import Line, Style, lay_out, plain_text
from pos.printing.wrap import clean, group_digits, wrap, wrap_evenly


def lines(block: Block, columns: int) -> list[str]:
    laid = lay_out(Document("receipt", "en", (block,)), columns)
    return [part.text for part in laid if isinstance(part, Line)]


@pytest.mark.parametrize(
    ("block", "columns", "expected"),
    [
        (Row("Change", "1,500"), 16, ["Change     1,500"]),
        (
            Row("Old debt, 20 % of each payment", "3,700", short="Old debt"),
            32,
            ["Old debt" + "3,700".rjust(24)],
        ),
        (Row("a b c d e f g h", "12,345"), 16, ["a b c d e", "f g h     12,345"]),
        (Row("a b", "far too long a value"), 16, ["a b", "  far too long a", "           value"]),
        (Pair("Receipt", "K-1", "17 Nov", "14:33"), 32, ["Receipt K-1         17 Nov 14:33"]),
        (
            Pair("Receipt", "K-000001", "17 Nov 2026", "14:33"),
            24,
            ["Receipt         K-000001", "17 Nov 2026        14:33"],
        ),
        (Pair("Meter 0142 0998 716", "", "Residential", ""), 24, ["Meter 0142 0998 716", "Residential"]),
        (TableRow(("Cash", "66", "316,900")), 24, ["Cash      66     316,900"]),
        (
            TableRow(("All that was sold", "66", "316,900")),
            24,
            ["All that was sold", "          66     316,900"],
        ),
        (
            TableRow(("a", "12345678901234", "12345678901234")),
            24,
            ["a", "12345678901234".rjust(24), "12345678901234".rjust(24)],
        ),
        (Signatures(("Cashier", "Supervisor")), 48, ["", "Cashier _______________ Supervisor ____________"]),
        (Token("28471093552674108839"), 48, ["2847 1093 5526 7410 8839"]),
        (Token("28471093552674108839"), 32, [" 2847 1093 5526", "   7410 8839"]),
        (Title("KIMIRONKO ENERGY SHOP"), 48, ["       KIMIRONKO", "      ENERGY SHOP"]),
        (Title("SHOP", is_large=False), 16, ["      SHOP"]),
        (CopyMark("COPY 1"), 32, ["     COPY 1     "]),
        (Text("thank you", is_centred=True), 16, ["   thank you"]),
    ],
)
def test_block_when_laid_out_stands_where_it_should(block: Block, columns: int, expected: list[str]) -> None:
    assert lines(block, columns) == expected


def test_signatures_when_paper_is_narrow_get_a_line_each() -> None:
    assert lines(Signatures(("Cashier", "Supervisor")), 24) == [
        "",
        "Cashier ________________",
        "",
        "Supervisor _____________",
        "",
    ]


def test_copy_mark_when_laid_out_fills_the_line_to_be_reversed() -> None:
    (line,) = lay_out(Document("receipt", "en", (CopyMark("COPY 1"),)), 48)

    assert isinstance(line, Line)
    assert (line.style, len(line.text) * line.scale) == (Style.REVERSED, 48)


def test_plain_text_when_a_line_is_large_centres_its_letters() -> None:
    assert plain_text(Document("z", "en", (Title("Z REPORT"),)), 32) == "            Z REPORT\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("l\u2019\u00e9t\u00e9 \u2013 \u201coui\u201d\u2026", 'l\'\u00e9t\u00e9 - "oui"...'),
        ("e\u0301", "\u00e9"),
        ("a\u202f1\u00a02", "a\u00a01\u00a02"),
        ("a\u2028b\u3000c\td", "a b c d"),
        ("a\x1b@\u200bb", "a@b"),
    ],
)
def test_text_when_cleaned_has_one_column_per_letter(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_text_when_wrapped_keeps_no_break_spaces_together() -> None:
    assert wrap("pay RWF\u00a018 now", 10) == ["pay RWF 18", "now"]
    assert wrap("pays RWF\u00a018", 10) == ["pays", "RWF 18"]
    assert wrap("abcdefgh", 3) == ["abc", "def", "gh"]
    assert wrap("", 3) == [""]


def test_head_when_wrapped_evenly_has_no_short_last_line() -> None:
    assert wrap("ENERGY SHOP OF REMERA", 16) == ["ENERGY SHOP OF", "REMERA"]
    assert wrap_evenly("ENERGY SHOP OF REMERA", 16) == ["ENERGY SHOP", "OF REMERA"]
    assert wrap_evenly("ABCDEFGHIJKLMNOPQ", 16) == ["ABCDEFGHIJKLMNOP", "Q"]


def test_digits_when_grouped_follow_the_sizes() -> None:
    assert group_digits("0142099871", 4) == "0142 0998 71"
    assert group_digits("0142099871645", 4, 4, 13) == "0142 0998 71645"
