"""A day's two books as screens and papers show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pos.domain.day_figures import BookColour, Difference


@dataclass(frozen=True, slots=True)
class BookSide:
    """One book's figures of a day, as a person compares them; `seal` is the hash of the day's last line."""

    sales: int
    money_minor: int
    seal: str


@dataclass(frozen=True, slots=True)
class BookDay:
    """A day of one till: both sides (`there` None where head office was not asked or has nothing), colour.

    `unsent` counts the entries of the day that head office has not got.
    """

    till_id: UUID
    till_code: str
    day: str
    here: BookSide
    there: BookSide | None
    colour: BookColour
    differences: tuple[Difference, ...] = ()
    unsent: int = 0
    compared_at: datetime | None = None

    @property
    def missing_sales(self) -> int:
        """How many sales the till has more than head office; below zero: fewer."""
        return 0 if self.there is None else self.here.sales - self.there.sales

    @property
    def missing_minor(self) -> int:
        """How much more money the till has."""
        return 0 if self.there is None else self.here.money_minor - self.there.money_minor


@dataclass(frozen=True, slots=True)
class BookList:
    """The days of a period, newest first; `is_enrolled` False: there is nothing to compare with."""

    is_enrolled: bool
    days: tuple[BookDay, ...] = ()

    def count(self, colour: BookColour) -> int:
        """Count the days of a colour."""
        return sum(day.colour is colour for day in self.days)


@dataclass(frozen=True, slots=True)
class ChainState:
    """What the till says of its own book: is the chain whole, is a receipt number missing, do tokens fit."""

    is_chain_whole: bool
    has_no_gap: bool
    are_tokens_known: bool

    @property
    def is_good(self) -> bool:
        """Whether all of it is."""
        return self.is_chain_whole and self.has_no_gap and self.are_tokens_known


@dataclass(frozen=True, slots=True)
class DaySale:
    """A sale of a day as either book has it; what is not known there is empty."""

    sale_id: UUID
    number: str
    customer: str
    money_minor: int
    at: datetime


@dataclass(frozen=True, slots=True)
class DayMatch:
    """The sales of a day that only one of the two books has."""

    only_here: tuple[DaySale, ...]
    only_there: tuple[DaySale, ...]
