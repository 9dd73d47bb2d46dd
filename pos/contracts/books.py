"""`GET /v1/books/{till}/{day}`: what the server has of one till's business day (docs/formats.md §10).

A day the server has nothing of: 404 `books.no_day`. What the figures count: `pos.domain.day_figures`.
"""

from __future__ import annotations

from uuid import UUID

from pos.contracts.wire import Day, Hash, Message


class DayBook(Message):
    till: UUID
    day: Day
    first_seq: int
    last_seq: int
    last_hash: Hash
    pieces: dict[str, int]
    sums_minor: dict[str, int]
    tenders_minor: dict[str, int]
    tokens: int
    units_milli: int
