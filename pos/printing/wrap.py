"""Texts for paper of a fixed number of columns: cleaned of what no printer knows, and wrapped by words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_PLAIN = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u2026": "...",
        "\u00d7": "x",
        "\t": " ",
        "\n": " ",
        "\u202f": "\u00a0",
        "\u2007": "\u00a0",
    }
)
_NO_BREAK = "\u00a0"


def clean(text: str) -> str:
    """Give the text with one column per character: composed, no controls, plain quotes and dashes."""
    composed = unicodedata.normalize("NFC", text.translate(_PLAIN))
    return "".join(_one_column(letter) for letter in composed)


def shown(text: str) -> str:
    """Give a clean text as it is printed: a no-break space has done its work and is a space."""
    return text.replace(_NO_BREAK, " ")


def wrap(text: str, columns: int) -> list[str]:
    """Break a text into lines of at most `columns` characters, between words; a longer word is cut.

    An empty text is one empty line.
    """
    lines = [""]
    for word in _words(text, columns):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if len(longer) <= columns:
            lines[-1] = longer
        else:
            lines.append(word)
    return [shown(line) for line in lines]


def wrap_evenly(text: str, columns: int) -> list[str]:
    """Wrap into as few lines as `wrap`, the longest of them as short as it can be: for heads."""
    lines = wrap(text, columns)
    for narrower in range(columns - 1, 0, -1):
        tried = wrap(text, narrower)
        if len(tried) > len(lines) or _is_cut(tried, text):
            break
        lines = tried
    return lines


def group_digits(digits: str, *sizes: int) -> str:
    """Put a space between groups of digits; the last size repeats: `("28471093", 4)` gives `2847 1093`."""
    groups = []
    wanted = list(sizes)
    while digits:
        size = wanted.pop(0) if len(wanted) > 1 else wanted[0]
        groups.append(digits[:size])
        digits = digits[size:]
    return " ".join(groups)


def _words(text: str, columns: int) -> Iterable[str]:
    for word in clean(text).split(" "):
        for start in range(0, len(word), columns):
            yield word[start : start + columns]


def _is_cut(lines: list[str], text: str) -> bool:
    return " ".join(lines).split() != shown(clean(text)).split()


def _one_column(letter: str) -> str:
    """Give the letter, a plain space for any other space, or nothing for controls and lonely accents."""
    category = unicodedata.category(letter)[0]
    if category == "Z":
        return letter if letter == _NO_BREAK else " "
    return "" if category in "CM" else letter
