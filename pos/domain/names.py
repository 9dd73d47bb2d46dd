"""Names as they are searched: lower case, without accents, as plain words in any order."""

from __future__ import annotations

import unicodedata

_APOSTROPHES = "'`´ʹʻʼʽʾʿˈ‘’‛′＇"  # noqa: RUF001 - the many ways to type one
# Letters of Latin scripts that Unicode does not take apart into a letter and its mark.
_WHOLE_LETTERS = {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ħ": "h", "ı": "i", "ŋ": "n"}  # noqa: RUF001
_JOINED = str.maketrans(dict.fromkeys(_APOSTROPHES, "") | _WHOLE_LETTERS)
_ASCII = str.maketrans(
    {chr(code): " " for code in range(128) if not chr(code).isalnum()} | dict.fromkeys("'`", "")
)


def fold(text: str) -> str:
    """Give the words of a text as they are searched: `N'Golo JEAN-PIERRE É.` becomes `ngolo jean pierre e`.

    Apostrophes join, every other mark separates; other scripts than Latin keep their letters.
    """
    if not text.isascii():
        text = _without_marks(text)
    return " ".join(text.lower().translate(_ASCII).split())


def _without_marks(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold().translate(_JOINED))
    plain = "".join(part for part in parts if not unicodedata.combining(part))
    # A mark can stand for itself and take another form in pieces: `translate` again, after taking apart.
    return "".join(part if part.isalnum() or part == "'" else " " for part in plain.translate(_JOINED))
