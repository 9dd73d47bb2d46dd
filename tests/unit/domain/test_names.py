"""Names as they are searched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.names import fold


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("UWIMANA Jean-Pierre", "uwimana jean pierre"),
        ("Émile  Nyiramana", "emile nyiramana"),
        ("E\u0301mile", "emile"),
        ("N'Golo ng’ombe", "ngolo ngombe"),
        ("de l'Église, (St.)", "de leglise st"),
        ("Łukasz Ødegård straße Œuvre", "lukasz odegard strasse oeuvre"),
        ("ሰላም", "ሰላም"),
        ("School 12", "school 12"),
        ("'-.", ""),
        ("", ""),
    ],
)
def test_fold_when_a_name_is_spelt_in_any_way_then_plain_words(text: str, words: str) -> None:
    assert fold(text) == words


@given(st.text())
def test_fold_when_folded_again_then_the_same(text: str) -> None:
    once = fold(text)

    assert fold(once) == once


@given(st.text())
def test_fold_when_any_text_then_only_letters_digits_and_single_blanks(text: str) -> None:
    assert all(part.isalnum() for part in fold(text).split(" ") if part)
    assert '"' not in fold(text)
    assert fold(text) == fold(text).strip()
