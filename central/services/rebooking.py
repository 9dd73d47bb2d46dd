"""Booking the lines anew for `verify`, judged by the master data there was when each was booked first.

A supply group or a tariff may come to head office after the first sales of a till: their lines were posted
to the account of an unknown supplier, and stay so. What was known then is read from the postings: a line may
have been booked without some of its groups and tariffs, as long as no line of the book before it was booked
with them. Postings that follow from no such state are still found.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import combinations
from typing import Any

from sqlalchemy import Connection, Row, select

from central.clock import Clock
from central.db import Database
from central.models.journal import line_flag, posting
from central.services.book_context import Context
from central.services.book_read import items_of
from central.services.book_writers import Booker, Posted
from central.services.booking import Booking
from central.services.bulk import rows_where
from central.services.push_lines import PushedLine

_HIDDEN_MAX = 4
"""How many groups and tariffs one line may have been booked without: all their subsets are tried."""


class Rebooking(Booking):
    """Books the lines of one till into the database beside; `source` has the postings of the first time."""

    def __init__(self, beside: Database, clock: Clock, source: Database) -> None:
        super().__init__(beside, clock)
        self._source = source
        self._known_from: dict[str, int] = {}
        """By group and tariff, the first line that was booked with it."""

    def _booker(
        self,
        connection: Connection,
        row: Row[Any],
        lines: Sequence[PushedLine],
        *,
        drained: frozenset[int] = frozenset(),
        is_understood: bool = True,
    ) -> tuple[Booker, Context]:
        booker, context = super()._booker(
            connection, row, lines, drained=drained, is_understood=is_understood
        )
        booked, late = self._first_time(row, [line.seq for line in lines])
        booker.choose_postings = partial(self._choose, booker, booked=booked, late=late)
        return booker, context

    def _first_time(self, row: Row[Any], seqs: Sequence[int]) -> tuple[dict[int, Posted], set[int]]:
        """Return the postings of some lines, and which of them were booked later than those after them."""
        booked: dict[int, Posted] = {}
        with self._source.read() as connection:
            columns = (posting.c.seq, posting.c.n, posting.c.account, posting.c.amount_minor)
            rows = rows_where(connection, columns, posting.c.seq, seqs, more=(posting.c.till_id == row.id,))
            for one in sorted(rows, key=lambda one: (one.seq, one.n)):
                booked.setdefault(one.seq, []).append((one.account, one.amount_minor))
            query = select(line_flag.c.seq).where(
                line_flag.c.till_id == row.id,
                line_flag.c.flag == "unknown_kind",
                line_flag.c.seq.between(min(seqs), max(seqs)),
            )
            late = set(connection.execute(query).scalars())
        return booked, late

    def _choose(
        self, booker: Booker, line: PushedLine, made: Posted, *, booked: dict[int, Posted], late: set[int]
    ) -> Posted:
        """Return the postings as they follow from what was known when the line was booked first."""
        found = booked.get(line.seq, [])
        open_ = [name for name in sorted(_names(line)) if self._known_from.get(name, line.seq) >= line.seq]
        if made != found:
            for some in _subsets(open_):
                if (then := booker.postings_without(line, some)) == found:
                    made = then
                    break
        if line.seq not in late:
            for name in open_:
                if booker.postings_without(line, frozenset({name})) != made:
                    self._known_from.setdefault(name, line.seq)
        return made


def _subsets(names: Sequence[str]) -> list[frozenset[str]]:
    """Return the sets a line may have been booked without, the smallest first."""
    most = min(len(names), _HIDDEN_MAX)
    return [frozenset(some) for size in range(1, most + 1) for some in combinations(names, size)]


def _names(line: PushedLine) -> set[str]:
    """Return the groups and the hashes of the tariffs that a line's postings hang on."""
    found: set[str] = set()
    for item in items_of(line.value["kind"], line.value["body"]):
        if (meter := item.get("meter")) is not None:
            found.add(meter["sgc"])
        if (basis := item.get("basis")) is not None:
            found.add(basis["tariff_sha256"])
    return found
