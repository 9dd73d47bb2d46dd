"""One till's business day in figures, and how two books of it are compared (docs/formats.md §10).

Each side fills them from its own tables; `DayTally` says what they count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pos.domain.canonical import JsonObject

Body = Mapping[str, Any]


class BookColour(StrEnum):
    """How the two books of a day stand to each other."""

    GREY = "grey"
    """Not compared yet: lines of the day are still to be sent, or the server was not asked."""
    GREEN = "green"
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """The figures of all lines of a till that carry one business day.

    `first_seq`, `last_seq`: the least and the greatest seq; `last_hash`: of the line at `last_seq`, hex.
    `pieces`: lines by event kind. `sums_minor`: price lines of delivered sales by line kind, kinds with sum 0
    left out. `tenders_minor`: payments of delivered sales by tender, sums of 0 left out. `tokens`: all
    tokens, sold or issued. `units_milli`: what the items of delivered sales bought.
    """

    first_seq: int
    last_seq: int
    last_hash: str
    pieces: Mapping[str, int]
    sums_minor: Mapping[str, int]
    tenders_minor: Mapping[str, int]
    tokens: int
    units_milli: int

    def to_json(self) -> JsonObject:
        """Return the figures as they travel."""
        return {
            "first_seq": self.first_seq,
            "last_seq": self.last_seq,
            "last_hash": self.last_hash,
            "pieces": dict(sorted(self.pieces.items())),
            "sums_minor": dict(sorted(self.sums_minor.items())),
            "tenders_minor": dict(sorted(self.tenders_minor.items())),
            "tokens": self.tokens,
            "units_milli": self.units_milli,
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that differs: its name (`sums_minor.energy`), what is here and what is there."""

    name: str
    here: int | str
    there: int | str


def compare_days(here: DayFigures, there: DayFigures) -> tuple[Difference, ...]:
    """Return the figures that differ, none when both books agree; a kind that is missing counts as 0."""
    found = [
        Difference(name, getattr(here, name), getattr(there, name))
        for name in ("first_seq", "last_seq", "last_hash", "tokens", "units_milli")
    ]
    for group in ("pieces", "sums_minor", "tenders_minor"):
        ours, theirs = getattr(here, group), getattr(there, group)
        found += [
            Difference(f"{group}.{kind}", ours.get(kind, 0), theirs.get(kind, 0))
            for kind in sorted({*ours, *theirs})
        ]
    return tuple(one for one in found if one.here != one.there)


@dataclass(slots=True)
class DayTally:
    """Counts the lines of one till and one business day, in any order: the rule both sides follow."""

    first_seq: int = 0
    last_seq: int = 0
    last_hash: str = ""
    pieces: Counter[str] = field(default_factory=Counter)
    sums_minor: Counter[str] = field(default_factory=Counter)
    tenders_minor: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    units_milli: int = 0

    @classmethod
    def from_figures(cls, figures: DayFigures) -> DayTally:
        """Return a tally that goes on from figures."""
        return cls(
            figures.first_seq,
            figures.last_seq,
            figures.last_hash,
            Counter(figures.pieces),
            Counter(figures.sums_minor),
            Counter(figures.tenders_minor),
            figures.tokens,
            figures.units_milli,
        )

    def add(self, seq: int, line_hash: str, *, kind: str, body: Body) -> None:
        """Count one line."""
        self.first_seq = min(self.first_seq or seq, seq)
        if seq > self.last_seq:
            self.last_seq, self.last_hash = seq, line_hash
        self.pieces[kind] += 1
        if kind == "tokens_issued":
            self.tokens += len(body["item"].get("tokens", ()))
        elif kind == "sale_delivered":
            self._add_sale(body["sale"])

    def _add_sale(self, sale: Body) -> None:
        for payment in sale["payments"]:
            self.tenders_minor[payment["tender"]] += payment["amount_minor"]
        for item in sale["items"]:
            self.tokens += len(item.get("tokens", ()))
            self.units_milli += item.get("units_milli", 0)
            for line in item.get("lines", ()):
                self.sums_minor[line["kind"]] += line["amount_minor"]

    def figures(self) -> DayFigures:
        """Return the figures so far; there must be a line."""
        assert self.first_seq, "a day without a line has no figures"
        return DayFigures(
            first_seq=self.first_seq,
            last_seq=self.last_seq,
            last_hash=self.last_hash,
            pieces=dict(self.pieces),
            sums_minor={kind: amount for kind, amount in self.sums_minor.items() if amount},
            tenders_minor={kind: amount for kind, amount in self.tenders_minor.items() if amount},
            tokens=self.tokens,
            units_milli=self.units_milli,
        )
