"""The texts of errors: every code of docs/formats.md §14, in every language, short enough for a counter."""

import re
import textwrap
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from pos.errors import UserError
from pos.i18n.catalogue import LANGUAGES, SOURCE_LANGUAGE
from pos.i18n.error_texts import ERROR_TEXTS, ErrorKind, ErrorText, explain_error
from pos.i18n.resources import resource_path
from pos.printing.wrap import clean

ROOT = Path(__file__).parents[2]
TRANSLATED = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
SENTENCE_LETTERS = 200
ACTION_LINES, LINE_LETTERS = 2, 48

# Written down from docs/formats.md §14 beside the fault list of XMLVend 2.1, in their common order.
XMLVEND = """
arrears.refused DebtEx
shift.report_missing ReprintEndBatchEx
meter.blocked BlockedMeterEx
sale.below_charges ServiceChrgEx
cash.slip_missing ReprintDepositSlipEx
meter.check_digit MSNOCheckDigitEx
free.not_due FBEEx
sale.not_cancellable CancelEx
key_change.unknown_meter UnknownMeterUpdateMtrKeyEx
token.not_verified VerifyTokenEx
cash.total_differs CheckBatchTotalEx
sale.nothing_to_reprint ReprintEx
meter.card_required RequireMeterCardEx
till.not_authorised ClientIDAuthorisationEx
meter.unknown UnknownMeterEx
key_change.same_key UpdateMtrKeySameEx
float.empty VendorCreditEx
meter.incomplete InsufficientMeterDataEx
key.newer_revision LatestKRNEx
shift.cannot_close EndBatchEx
permission.denied RequestAuthorisationEx
meter.no_owner ConfirmCustomerEx
token.data STSDataEx
shift.cannot_open StartBatchEx
key.group_not_allowed SGCAuthorisationEx
"""
OWN = """
envelope.money envelope.units envelope.expired clock.back clock.confirm clock.off tid.lead
tid.exhausted key.expired vault.locked sale.id_conflict till.in_use disk.full
"""
FAULTS = [tuple(line.split()) for line in XMLVEND.strip().splitlines()] + [(code, "") for code in OWN.split()]
CODES = [code for code, _ in FAULTS]


def _explain(code: str, language: str) -> ErrorText:
    text = explain_error(code, language)
    assert text is not None, code
    return text


def _po(language: str) -> dict[str, str]:
    path = resource_path("locale", language, "LC_MESSAGES", "errors.po")
    with path.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id}


def _sources() -> set[str]:
    return {part for text in ERROR_TEXTS.values() for part in (text.sentence, text.next_action)}


def test_catalogue_when_read_has_the_codes_of_formats_and_the_names_of_xmlvend() -> None:
    assert len(CODES) == 25 + 13
    assert [(code, text.fault) for code, text in ERROR_TEXTS.items()] == FAULTS


def test_catalogue_when_compared_with_the_list_in_formats_has_the_same_codes() -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    section = page.split("\n## 14 ")[1].split("\n## ")[0]

    assert set(re.findall(r"`([a-z_]+\.[a-z_]+)`", section)) - {"area.reason"} == set(ERROR_TEXTS)


def test_catalogue_when_compared_with_the_page_of_errors_has_the_same_kinds_and_faults() -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z ]+) \| `([a-z_.]+)` \| (\w+|–) \|$", page, flags=re.MULTILINE)

    assert rows == [
        (text.kind.value.replace("_", " "), code, text.fault or "–") for code, text in ERROR_TEXTS.items()
    ]


def test_kinds_when_clock_envelope_disk_or_key_is_wrong_stop_the_till() -> None:
    stops = {code for code, text in ERROR_TEXTS.items() if text.kind is ErrorKind.STOP}

    assert {
        "clock.back",
        "clock.off",
        "envelope.money",
        "envelope.units",
        "disk.full",
        "key.expired",
    } <= stops
    assert ERROR_TEXTS["clock.confirm"].kind is ErrorKind.SUPERVISOR
    assert ERROR_TEXTS["meter.check_digit"].kind is ErrorKind.FIX_IT
    assert {text.kind for text in ERROR_TEXTS.values()} == set(ErrorKind)


@pytest.mark.parametrize("language", TRANSLATED)
def test_error_texts_when_compared_with_the_table_are_neither_missing_nor_unused(language: str) -> None:
    assert sorted(_po(language)) == sorted(_sources())


@pytest.mark.parametrize("language", TRANSLATED)
def test_error_texts_when_read_are_filled_translated_and_have_the_same_placeholders(language: str) -> None:
    texts = _po(language)

    for source, text in texts.items():
        assert text.strip() == text != "", source
        assert text != source
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(source)), source
        assert text.endswith((".", '."', '?"', ".\N{NO-BREAK SPACE}»", "?\N{NO-BREAK SPACE}»")), text
    assert len(set(texts.values())) == len(texts), "two texts would read the same"


@pytest.mark.parametrize("language", TRANSLATED)
def test_error_texts_when_they_hold_words_for_the_customer_keep_them(language: str) -> None:
    opening = "«\N{NO-BREAK SPACE}" if language == "fr" else '"'
    for source, text in _po(language).items():
        assert ('"' in source) == (opening in text), source
        assert re.findall(r"\d+", source) == re.findall(r"\d+", text), source


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_explain_error_when_the_code_is_known_fits_a_small_place(code: str, language: str) -> None:
    text = _explain(code, language)

    assert 20 < len(text.sentence) <= SENTENCE_LETTERS
    assert len(text.next_action) > 20
    assert len(textwrap.wrap(text.next_action, LINE_LETTERS)) <= ACTION_LINES
    assert clean(text.sentence + text.next_action).encode("cp858")


def test_explain_error_when_asked_in_a_language_answers_in_it() -> None:
    texts = {language: _explain("disk.full", language) for language in LANGUAGES}

    assert texts["en"].sentence.startswith("The disk is full.")
    assert texts["fr"].sentence.startswith("Le disque est plein.")
    assert texts["rw"].sentence.startswith("Disiki yuzuye.")
    assert texts["sw"].sentence.startswith("Diski imejaa.")
    assert {text.kind for text in texts.values()} == {ErrorKind.STOP}


def test_explain_error_when_the_code_has_no_text_gives_none() -> None:
    assert explain_error("token.length", "en") is None


def test_explain_error_when_the_language_is_unknown_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        explain_error("disk.full", "xx")

    assert caught.value.code == "language.unknown"
