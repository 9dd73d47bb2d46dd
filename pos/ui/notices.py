"""What the window said in passing, kept for the bell list. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

KEPT = 50
_TROUBLE = frozenset({"warn", "bad"})


@dataclass(frozen=True, slots=True)
class Notice:
    """One text with its light, when it was said, and to whom; `person` is None where nobody was signed in."""

    number: int
    text: str
    light: str
    at: datetime
    person: int | None


class Notices:
    """The newest ones of the till. Each person reads those said to themselves and those said to nobody."""

    def __init__(self) -> None:
        self._kept: tuple[Notice, ...] = ()
        self._number = 0
        self._seen: dict[int, int] = {}

    def add(self, text: str, light: str, *, at: datetime, person: int | None) -> None:
        """Keep a text; the oldest goes where there are too many."""
        self._number += 1
        self._kept = (Notice(self._number, text, light, at, person), *self._kept)[:KEPT]

    def texts(self) -> list[str]:
        """Return every text, the newest first."""
        return [one.text for one in self._kept]

    def of(self, person: int) -> tuple[Notice, ...]:
        """Return what a person may read, the newest first."""
        return tuple(one for one in self._kept if one.person in (None, person))

    def waiting(self, person: int) -> int:
        """Count the troubles a person has not seen in the list yet; good news asks for no look."""
        seen = self._seen.get(person, 0)
        return sum(one.number > seen and one.light in _TROUBLE for one in self.of(person))

    def saw(self, person: int) -> None:
        """Take note that a person has the list open."""
        self._seen[person] = self._number
