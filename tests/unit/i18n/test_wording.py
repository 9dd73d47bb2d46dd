"""Texts, money, units and instants in four languages."""

from datetime import UTC, datetime

import pytest

from pos.errors import UserError
from pos.i18n.catalogue import LANGUAGES, catalogue
from pos.i18n.resources import resource_path
from tests.factories.papers import wording

AT = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["RWF 18,500", "1,234.5", "0.152", "0.3 %", "1 Dec 2026 00:30", "December", "January"]),
        ("fr", ["RWF 18 500", "1 234,5", "0,152", "0,3 %", "1 déc. 2026 00:30", "décembre", "janvier"]),
        ("rw", ["RWF 18.500", "1.234,5", "0,152", "0,3 %", "1 uku. 2026 00:30", "Ukuboza", "Mutarama"]),
        ("sw", ["RWF 18,500", "1,234.5", "0.152", "0.3 %", "1 Des 2026 00:30", "Desemba", "Januari"]),
    ],
)
def test_figures_when_written_follow_the_language_and_the_zone(language: str, expected: list[str]) -> None:
    say = wording(language)

    written = [
        say.money(18_500),
        say.units(1_234_500),
        say.rate(152_000),
        say.percent(3_000),
        say.day_time(AT),
        say.month(AT),
        say.next_month(AT),
    ]

    assert [plain(text) for text in written] == expected


def test_money_when_the_currency_has_cents_shows_them() -> None:
    say = wording("en", "KES")

    assert [say.amount(amount) for amount in (100_000, -5, 0)] == ["1,000.00", "-0.05", "0.00"]
    assert say.rate(5_350_000_000) == "53.5"


def test_units_when_fine_show_up_to_three_digits() -> None:
    say = wording()

    assert [say.units(milli) for milli in (52_500, 5_617, 20_000)] == ["52.5", "5.617", "20.0"]
    assert say.units(20_000, digits_min=3) == "20.000"


def test_age_when_written_has_the_unit_that_fits() -> None:
    say = wording()

    assert [plain(say.age(seconds)) for seconds in (40, 750, 6_060, 3_600)] == [
        "40 s",
        "12 min",
        "1 h 41",
        "1 h 00",
    ]


def test_age_when_of_days_then_in_the_letter_of_the_language() -> None:
    assert [plain(wording(language).age(259_200)) for language in ("en", "fr")] == ["3 d", "3 j"]


def test_text_when_it_is_not_translated_is_english() -> None:
    assert catalogue("rw").say("No such text {n}", n=1) == "No such text 1"
    assert catalogue("en").say("COPY {n}", n=2) == "COPY 2"
    assert catalogue("fr").say("COPY {n}", n=2) == "COPIE 2"


def test_language_when_there_is_none_such_is_refused() -> None:
    with pytest.raises(UserError) as refused:
        catalogue("de")
    assert refused.value.code == "language.unknown"


def test_resources_when_looked_for_are_there() -> None:
    assert (
        resource_path("fonts", "OFL.txt")
        .read_text(encoding="utf-8")
        .startswith("Copyright 2020 The JetBrains")
    )
    for language in LANGUAGES[1:]:
        assert resource_path("locale", language, "LC_MESSAGES", "paper.po").is_file()
