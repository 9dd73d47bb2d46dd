"""Translated texts: the English sentence is the key, `.po` files hold the other languages.

The `.po` files are read as they are (a few hundred texts take some milliseconds), so there is no compiled
twin that could be older than its source. Every `*.po` in `resources/locale/<language>/LC_MESSAGES` counts.
No text has plural forms: Kinyarwanda counts by noun class, so texts are worded to go without ("Tokens: 3").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from babel.messages.pofile import read_po

from pos.errors import UserError
from pos.i18n.resources import resource_path

SOURCE_LANGUAGE = "en"
LANGUAGES = (SOURCE_LANGUAGE, "fr", "rw", "sw")
"""English, French, Kinyarwanda, Swahili."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one language, by their English source."""

    language: str
    texts: Mapping[str, str]

    def say(self, source: str, /, **values: object) -> str:
        """Give `source` in this language with its `{placeholders}` filled; English where it is missing."""
        text = self.texts.get(source) or source
        return text.format(**values) if values else text


@cache
def catalogue(language: str) -> Catalogue:
    """Read the texts of a language (`en`, `fr`, `rw`, `sw`); `language.unknown` for any other."""
    if language not in LANGUAGES:
        raise UserError("language.unknown", f"There is no language {language!r}; use {', '.join(LANGUAGES)}.")
    texts: dict[str, str] = {}
    for path in sorted(resource_path("locale", language, "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            messages = read_po(file, locale=language, abort_invalid=True)
        texts |= {
            str(message.id): str(message.string) for message in messages if message.id and message.string
        }
    return Catalogue(language, MappingProxyType(texts))
