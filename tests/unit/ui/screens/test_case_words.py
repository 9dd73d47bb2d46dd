"""Why a case was opened: in the language of whoever reads it."""

import pytest

from pos.domain.recovery_values import PaymentCase
from pos.i18n.catalogue import LANGUAGES
from pos.services.payment_lines import CASE_TEXTS
from pos.services.payment_words import case_word
from pos.ui.screens.sales.words import case_reason
from tests.factories.papers import wording


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", sorted(CASE_TEXTS))
def test_reason_when_a_payment_opened_the_case_then_said_in_the_readers_language(
    case: PaymentCase, language: str
) -> None:
    words = wording(language)
    stored = f"payment 6f0e9a52: {CASE_TEXTS[case]}"

    assert case_reason(stored, words) == f"{case_word(case, words)} (6f0e9a52)"


@pytest.mark.parametrize("typed", ["", "payment: not seen", "The meter says 30", "payment 1: by telephone"])
def test_reason_when_a_person_wrote_it_then_as_it_is(typed: str) -> None:
    assert case_reason(typed, wording("sw")) == typed
