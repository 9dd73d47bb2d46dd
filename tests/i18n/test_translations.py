"""The texts of the papers in every language: complete, with the same placeholders, and fit for the paper."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from pos.i18n.catalogue import LANGUAGES, SOURCE_LANGUAGE, catalogue
from pos.i18n.resources import resource_path
from pos.printing.document import Document, Pair, Row, Text, Title
from pos.printing.layout import COLUMNS_58_MM, Line, lay_out
from pos.printing.thermal import ThermalPaper, render_thermal
from pos.printing.wrap import clean
from tests.factories.papers import papers, receipts

ROOT = Path(__file__).parents[2]
TRANSLATED = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")


def _sources() -> set[str]:
    found = extract_from_dir(ROOT / "pos" / "printing", [("**.py", "python")], keywords={"say": None})
    return {str(message) for _, _, message, _, _ in found}


def _texts(language: str) -> dict[str, str]:
    path = resource_path("locale", language, "LC_MESSAGES", "paper.po")
    with path.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id}


@pytest.mark.parametrize("language", TRANSLATED)
def test_texts_when_compared_with_the_program_are_neither_missing_nor_unused(language: str) -> None:
    assert sorted(_texts(language)) == sorted(_sources())


@pytest.mark.parametrize("language", TRANSLATED)
def test_texts_when_read_are_filled_and_have_the_same_placeholders(language: str) -> None:
    for source, text in _texts(language).items():
        assert text.strip() == text != "", source
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(source)), source
        assert source.endswith(".") == text.endswith("."), source


@pytest.mark.parametrize("language", TRANSLATED)
def test_texts_when_printed_have_only_letters_of_the_code_page(language: str) -> None:
    texts = tuple(Text(text) for text in _texts(language).values())
    for text in texts:
        assert clean(text.text).encode("cp858"), text

    printed = render_thermal(Document("all", language, texts), ThermalPaper(code_page="CP858"))

    assert printed.count(b"?") == sum(text.text.count("?") for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_when_on_58_mm_paper_fit_beside_their_value(language: str) -> None:
    own = set(catalogue(language).texts.values()) if language != SOURCE_LANGUAGE else _sources()
    for row in _rows(language):
        label = row.short or row.left
        if label in own:
            assert len(label) + 1 + len(clean(row.right)) <= COLUMNS_58_MM, row


@pytest.mark.parametrize("language", LANGUAGES)
def test_heads_when_on_58_mm_paper_take_two_lines_and_cut_no_word(language: str) -> None:
    for document in (receipts(language) | papers(language)).values():
        for block in document.blocks:
            if isinstance(block, Title):
                lines = lay_out(Document("", language, (block,)), COLUMNS_58_MM)
                texts = [line.text.strip() for line in lines if isinstance(line, Line)]
                assert len(texts) <= 2
                assert " ".join(texts) == block.text
    assert all(
        len(word) <= COLUMNS_58_MM for text in catalogue(language).texts.values() for word in text.split()
    )


def _rows(language: str) -> Iterator[Row]:
    for document in (receipts(language) | papers(language)).values():
        for block in document.blocks:
            if isinstance(block, Row):
                yield block
            elif isinstance(block, Pair) and block.label and block.value:
                yield Row(block.label, block.value)


def test_glossary_when_read_has_sixty_trade_words_in_every_language() -> None:
    page = (ROOT / "docs" / "translations.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
    words = [[cell.strip() for cell in row] for row in rows if len(row) == len(LANGUAGES)][1:]

    assert len(words) >= 60
    assert all(all(row) for row in words)
    assert len({row[0] for row in words}) == len(words)
