"""Tells a scanner's burst from a person's typing by time, so that a code never lands in an amount.

A scanner types a code in one go, each key a few milliseconds after the other, and ends with Enter or Tab. The
second key of a burst shows it: it and its followers are kept until the burst ends. What is too short for a
code was fast typing and is given back as typed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

BURST_GAP_MS = 30
CODE_LENGTH_MIN = 6
SAME_CODE_MS = 300
SILENCE_MS = 60


class Verdict(Enum):
    """What to do with a key."""

    PASS = "pass"  # noqa: S105 - not a password
    """It is typing: let the field have it."""
    HOLD = "hold"
    """It may be of a burst: keep it from the field."""
    TAKE_BACK = "take_back"
    """It may be of a burst whose first key is in the field already: take that one back and keep this one."""


@dataclass(slots=True)
class BurstReader:
    """Follows the keys of one keyboard; times in milliseconds of any clock that only rises."""

    _held: str = ""
    _last_at: float = field(default=-1e9)
    _last_key: str = ""
    _last_code: str = ""
    _last_code_at: float = field(default=-1e9)

    @property
    def is_holding(self) -> bool:
        """Whether keys are kept that nobody has got yet."""
        return bool(self._held)

    def key(self, letter: str, at_ms: float) -> Verdict:
        """Take note of a letter or digit."""
        is_fast = at_ms - self._last_at < BURST_GAP_MS
        self._last_at = at_ms
        if self._held:
            self._held += letter
            return Verdict.HOLD
        if is_fast and self._last_key:
            self._held = self._last_key + letter
            self._last_key = ""
            return Verdict.TAKE_BACK
        self._last_key = letter
        return Verdict.PASS

    def end(self, at_ms: float) -> tuple[str, str]:
        """Take note of Enter or Tab; returns the code, and what was typing after all: one of them is empty.

        The same code again at once is a doubled scan, and dropped: both are empty.
        """
        held, self._held, self._last_key = self._held, "", ""
        is_fast = at_ms - self._last_at < 2 * BURST_GAP_MS
        self._last_at = at_ms
        if len(held) < CODE_LENGTH_MIN or not is_fast:
            return "", held
        code = "".join(letter for letter in held if letter.isprintable()).strip()
        if code == self._last_code and at_ms - self._last_code_at < SAME_CODE_MS:
            self._last_code_at = at_ms
            return "", ""
        self._last_code, self._last_code_at = code, at_ms
        return code, ""

    def silence(self, at_ms: float) -> tuple[str, str]:
        """Take note that a while has passed; returns as `end`. Some scanners send no Enter."""
        if not self._held or at_ms - self._last_at < SILENCE_MS:
            return "", ""
        self._last_at = at_ms
        held, self._held, self._last_key = self._held, "", ""
        if len(held) < CODE_LENGTH_MIN:
            return "", held
        return held.strip(), ""

    def forget(self) -> None:
        """Forget the last key: something else was pressed."""
        self._last_key = ""
