"""Places: where a fact stands in all the books of a till, as one integer that grows.

A restore starts a new book whose seq begins at 1 again (docs/formats.md §4, book_restored). The place keeps
the order over all of them: book number in the high bits, seq in the low 40. In a first book place and seq are
equal.
"""

from __future__ import annotations

_SEQ_BITS = 40


def place_of(book_number: int, seq: int) -> int:
    """Return the place of a line: `book_number` from 0, `seq` from 1."""
    return book_number << _SEQ_BITS | seq


def seq_of(place: int) -> int:
    """Return the seq of a line within its book."""
    return place & (1 << _SEQ_BITS) - 1


def book_number_of(place: int) -> int:
    """Return the number of the book a line stands in."""
    return place >> _SEQ_BITS
