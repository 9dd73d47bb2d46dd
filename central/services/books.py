"""The server's side of a till's business day (docs/formats.md §10, pos.domain.day_figures)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from central.errors import Problem
from central.models.journal import book_day
from central.services.book_context import tally_of
from pos.contracts.books import DayBook


def day_book(connection: Connection, till: UUID, day: str) -> DayBook:
    """Return the figures of a day. Raises Problem `books.no_day`, 404."""
    query = select(book_day.c.figures).where(book_day.c.till_id == till, book_day.c.business_day == day)
    figures = connection.execute(query).scalar()
    if figures is None:
        raise Problem("books.no_day", "Nothing of this day has come in from this till.", status=404)
    return DayBook.model_validate({"till": till, "day": day} | tally_of(figures).figures().to_json())
