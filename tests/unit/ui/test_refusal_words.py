"""Every refusal that a person at the till can meet is said in every language."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pos.domain.price_terms import PricingError
from pos.errors import UserError
from pos.i18n.catalogue import LANGUAGES, SOURCE_LANGUAGE, catalogue
from pos.i18n.error_texts import ERROR_TEXTS
from pos.i18n.wording import Wording
from pos.ui.refusal_words import LIMIT_WORDS, WORDS, plain_sentence

ERRORS = Path(__file__).parents[3] / "docs" / "errors.md"
AREAS = (
    "approval arrears case cash customer draft enrol holder import message meter operator payment permission"
    " pin printer proposal provider refund sale shift statement supplier sync token vault"
)
NOT_ON_A_SCREEN = frozenset(
    {
        *("payment.not_central", "printer.profile", "token.key_needed", "token.range", "vault.live"),
        *("customer.same", "meter.same", "proposal.reason"),
        *("proposal.id_conflict", "proposal.too_many", "sale.adjustment", "sale.basis", "sale.carry"),
        *("sync.cursor", "sync.format", "sync.gap", "sync.resource", "sync.too_large"),
    }
)
"""Only the command line, programs around the till and mistakes of programs can cause them."""


def codes_of_the_document() -> set[str]:
    return set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", ERRORS.read_text(encoding="utf-8"), re.MULTILINE))


def wording(language: str) -> Wording:
    return Wording(catalogue(language), "RWF", ZoneInfo("Africa/Kigali"))


def test_words_when_a_person_at_the_till_can_meet_a_code_then_it_has_some() -> None:
    met = {code for code in codes_of_the_document() if code.partition(".")[0] in AREAS.split()}

    assert sorted(met - WORDS.keys() - ERROR_TEXTS.keys() - NOT_ON_A_SCREEN) == []


def test_words_when_there_are_some_then_for_a_code_that_exists_and_has_no_text_yet() -> None:
    assert sorted(WORDS.keys() - codes_of_the_document()) == []
    assert sorted(WORDS.keys() & ERROR_TEXTS.keys()) == []


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != SOURCE_LANGUAGE])
def test_words_when_said_in_another_language_then_not_in_english(language: str) -> None:
    say = catalogue(language).say

    assert [code for code, words in WORDS.items() if say(words) == words] == []


def test_sentence_when_in_english_then_the_errors_own_with_its_figures() -> None:
    error = UserError("money.digits", "This has more than 2 digits after the dot.")

    assert plain_sentence(error, wording("en")) == "This has more than 2 digits after the dot."
    assert plain_sentence(error, wording("fr")) == catalogue("fr").say(WORDS["money.digits"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", LIMIT_WORDS)
def test_sentence_when_an_amount_would_do_then_named_as_money_in_every_language(
    code: str, language: str
) -> None:
    said = plain_sentence(PricingError(code, "At most 500000 RWF.", 500_000), wording(language))

    assert wording(language).money(500_000) in said
    assert language == SOURCE_LANGUAGE or ("least amount" not in said and "at most" not in said)


def test_sentence_when_the_code_has_no_words_then_the_errors_own() -> None:
    assert plain_sentence(UserError("shop_file.json", "Not JSON."), wording("sw")) == "Not JSON."
