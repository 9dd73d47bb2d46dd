"""The texts of the screens: all there, translated, with the same placeholders, short where the place is."""

import re

import pytest

from pos.i18n.catalogue import LANGUAGES, SOURCE_LANGUAGE, catalogue
from tools.collect_texts import catalogue_of, texts

PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
BREAKABLE = re.compile(r"[ \N{NARROW NO-BREAK SPACE}][?!;:»]|« ")
TRANSLATED = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
FOUND = texts()


@pytest.mark.parametrize("language", TRANSLATED)
def test_texts_when_collected_then_every_one_is_translated(language: str) -> None:
    missing = [message.id for message in catalogue_of(language, FOUND) if message.id and not message.string]

    assert missing == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_texts_when_translated_then_the_placeholders_agree(language: str) -> None:
    known = catalogue(language).texts
    wrong = [
        text
        for text in FOUND
        if text in known and sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(known[text]))
    ]

    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_texts_when_translated_then_few_are_the_english_ones(language: str) -> None:
    known = catalogue(language).texts
    long = [text for text in FOUND if len(text.split()) > 3]
    same = [text for text in long if known.get(text) == text]

    assert len(same) <= len(long) // 100


def test_texts_when_french_then_no_line_breaks_before_a_mark() -> None:
    known = catalogue("fr").texts

    assert [text for text in FOUND if BREAKABLE.search(known.get(text, ""))] == []


def test_texts_when_collected_then_the_sell_screen_is_among_them() -> None:
    assert {"Give change", "Is this the customer?", "Residential"} & FOUND.keys() >= {"Give change"}
    assert len(FOUND) > 1_000
