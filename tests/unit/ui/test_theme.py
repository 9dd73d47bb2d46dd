"""Colours: every pair that is read or seen keeps its contrast, and no colour lives outside the theme."""

import re
from pathlib import Path

import pytest

from pos.ui.theme import THEMES, contrast

TEXT, SHAPE = 4.5, 3.0
PAIRS = [
    *((text, ground, TEXT) for text in ("text", "text2", "text3") for ground in ("surface", "bg", "sunken")),
    ("text", "selected", TEXT),
    ("text2", "selected", TEXT),
    ("accenttext", "surface", TEXT),
    ("accenttext", "accentsoft", TEXT),
    *(("onaccent", ground, TEXT) for ground in ("accent", "accenthover", "accentpress", "accentcap")),
    *(
        (f"{tone}text", ground, TEXT)
        for tone in ("ok", "warn", "bad")
        for ground in (f"{tone}soft", "surface")
    ),
    ("suptext", "supsoft", TEXT),
    ("onbad", "bad", TEXT),
    ("onsup", "sup", TEXT),
    ("frametext", "frame", TEXT),
    ("frametext2", "frame", TEXT),
    ("ink", "paper", TEXT),
    *((shape, ground, SHAPE) for shape in ("strong", "focus") for ground in ("surface", "bg")),
    *((tone, "surface", SHAPE) for tone in ("ok", "warn", "bad")),
    *((f"frame{light}", "frame", SHAPE) for light in ("ok", "warn", "bad", "off", "bar")),
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("one", "other", "least"), PAIRS)
def test_contrast_when_measured_then_not_under_the_limit(
    theme: str, one: str, other: str, least: float
) -> None:
    colours = THEMES[theme]

    assert contrast(colours[one], colours[other]) >= least


def test_contrast_when_black_on_white_then_21() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_sources_when_read_then_no_colour_outside_the_theme() -> None:
    folder = Path(__file__).parents[3] / "pos" / "ui"
    found = [
        f"{path.relative_to(folder)}: {match}"
        for path in folder.rglob("*.py")
        if path.name != "theme.py"
        for match in re.findall(r"#[0-9A-Fa-f]{6}\b", path.read_text(encoding="utf-8"))
    ]

    assert found == []
