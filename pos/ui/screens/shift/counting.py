"""A count by note and coin under way: what was typed in each line, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from pos.domain.denominations import denominations_of
from pos.domain.shift import CashCount, cash_count

PIECES_DIGITS_MAX = 5
_PIECES_MAX = 10**PIECES_DIGITS_MAX - 1


@dataclass(frozen=True, slots=True)
class Count:
    """Values in minor units, notes before coins; `typed` holds the digits of each line, `at` the caret.

    `at` may be one past the last line: everything is counted, the main act is next.
    """

    values: tuple[int, ...]
    note_count: int
    typed: tuple[str, ...]
    at: int = 0

    @classmethod
    def of(cls, currency: str) -> Self:
        """Begin a count in the pieces of a currency."""
        pieces = denominations_of(currency)
        values = (*pieces.notes, *pieces.coins)
        return cls(values, len(pieces.notes), ("",) * len(values))

    def pieces(self, n: int) -> int:
        """Return how many pieces line `n` has."""
        return int(self.typed[n] or 0)

    def line_minor(self, n: int) -> int:
        """Return what line `n` comes to."""
        return self.values[n] * self.pieces(n)

    def _sum(self, lines: range) -> int:
        return sum(self.line_minor(n) for n in lines)

    @property
    def notes_minor(self) -> int:
        """What the notes come to."""
        return self._sum(range(self.note_count))

    @property
    def coins_minor(self) -> int:
        """What the coins come to."""
        return self._sum(range(self.note_count, len(self.values)))

    @property
    def total_minor(self) -> int:
        """What everything comes to."""
        return self.notes_minor + self.coins_minor

    @property
    def all_pieces(self) -> int:
        """How many notes and coins there are."""
        return sum(self.pieces(n) for n in range(len(self.values)))

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was typed at all, not even a 0."""
        return not any(self.typed)

    def type_line(self, n: int, text: str) -> Self:
        """Take what stands in line `n`."""
        digits = "".join(letter for letter in text if letter.isdecimal())[:PIECES_DIGITS_MAX]
        return replace(self, typed=(*self.typed[:n], digits, *self.typed[n + 1 :]), at=n)

    def change_line(self, n: int, by: int) -> Self:
        """Count one more or one less in line `n`; there are never fewer than none."""
        pieces = min(_PIECES_MAX, max(0, self.pieces(n) + by))
        return self.type_line(n, str(pieces))

    def stand_at(self, n: int) -> Self:
        """Put the caret into a line, or past the last one."""
        return replace(self, at=min(len(self.values), max(0, n)))

    def to_cash_count(self) -> CashCount:
        """Return the count as services take it. Raises UserError `cash.count`."""
        # A note and a coin of one value are one line of the books.
        pieces: dict[int, int] = {}
        for n, value in enumerate(self.values):
            pieces[value] = pieces.get(value, 0) + self.pieces(n)
        return cash_count(pieces.items())
