"""What a shop has chosen about how its screens look and behave, read from the settings."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from pos.config import (
    CUSTOMER_DISPLAY,
    KEYS,
    LANGUAGE,
    LOCK_MINUTES,
    TEXT_PERCENT,
    THEME,
)
from pos.services.settings import SettingValues
from pos.ui.keymap import KeyMap, KeyMapError, read_keymap

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preferences:
    """Language, theme, size of text, minutes until the till locks itself (0: never), keys, second screen."""

    language: str
    theme: str
    text_percent: int
    lock_minutes: int
    keys_text: str
    has_customer_display: bool

    @property
    def keys(self) -> KeyMap:
        """Return the key map; the usual one where the stored one cannot be read."""
        try:
            return read_keymap(self.keys_text)
        except KeyMapError as error:
            _logger.warning("the stored keys cannot be used: %s", error)
            return KeyMap()

    def with_language(self, language: str) -> Preferences:
        """Return the same in another language, for this session."""
        return replace(self, language=language)


def read_preferences(values: SettingValues) -> Preferences:
    """Read the settings of the screens."""
    return Preferences(
        language=values[LANGUAGE],
        theme=values[THEME],
        text_percent=values[TEXT_PERCENT],
        lock_minutes=values[LOCK_MINUTES],
        keys_text=values[KEYS],
        has_customer_display=values[CUSTOMER_DISPLAY],
    )
