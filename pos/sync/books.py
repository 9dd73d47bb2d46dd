"""Compares both books of each business day after a push (docs/formats.md §10).

The till's side is counted from its own lines as the server acknowledges them, once each; `verify` proves that
all other tables say what the lines say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from pos.contracts.books import DayBook
from pos.domain.day_figures import BookColour, DayFigures, DayTally, compare_days
from pos.models.ledger_book import read_head
from pos.models.office import day_book, replaced_book
from pos.models.office_link import StoredLine, change_link, find_link, former_lines_after, lines_after
from pos.models.uow import Units
from pos.sync.client import ServerClient, ServerRefusal
from pos.system.clock import Clock

_LINES_PER_UNIT = 500
_DAYS_PER_CYCLE = 40
"""After the enrolment of an old till there are years to compare: some at a time, the newest first.

As many red days are compared again beside them, those that were looked at longest ago first.
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """Days that were compared now, and those of them that differ."""

    days: int = 0
    red: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Open:
    till_id: UUID
    day: str
    figures: DayFigures


class Books:
    """Keeps the till's figures by day and asks the server for its own."""

    def __init__(self, units: Units, client: ServerClient, clock: Clock) -> None:
        self._units = units
        self._client = client
        self._clock = clock

    def run(self, *, is_cancelled: Callable[[], bool] = lambda: False) -> Compared:
        """Count new lines, then compare every day whose books changed or differed.

        Raises:
            Unavailable, ServerRefusal: as `ServerClient.call`.
        """
        self.count()
        done, red = 0, []
        for one in self._open_days():
            if is_cancelled():
                break
            colour = self._compare(one)
            done += 1
            if colour is BookColour.RED:
                red.append(one.day)
        return Compared(done, tuple(red))

    def count(self) -> None:
        """Add lines the server has to their days: of this book, and of those it took the place of."""
        with self._units.read() as connection:
            former = connection.execute(
                select(replaced_book.c.till_id, replaced_book.c.book_number, replaced_book.c.level_seq)
            ).all()
        for one in former:
            self._count_former(one.till_id, one.book_number, level_seq=one.level_seq)
        self._count_own()

    def _count_former(self, till_id: UUID, number: int, *, level_seq: int) -> None:
        """A back-up has the days as they were counted then; what came back since is added."""
        while True:
            with self._units.read() as connection:
                counted = connection.execute(
                    select(func.coalesce(func.max(day_book.c.last_seq), 0)).where(
                        day_book.c.till_id == till_id
                    )
                ).scalar_one()
                limit = min(_LINES_PER_UNIT, level_seq - counted)
                lines = former_lines_after(connection, counted, book_number=number, limit=max(0, limit))
            if not lines:
                return
            with self._units.write() as unit:
                _add_lines(unit.connection, till_id, lines)

    def _count_own(self) -> None:
        while True:
            with self._units.read() as connection:
                link, head = find_link(connection), read_head(connection)
                if link is None or link.tallied_seq >= head.acked_seq:
                    return
                limit = min(_LINES_PER_UNIT, head.acked_seq - link.tallied_seq)
                lines = lines_after(connection, link.tallied_seq, limit=limit)
            with self._units.write() as unit:
                _add_lines(unit.connection, head.till_id, lines)
                change_link(unit.connection, tallied_seq=lines[-1].seq)

    def _open_days(self) -> list[_Open]:
        grey, red = day_book.c.colour == BookColour.GREY.value, day_book.c.colour == BookColour.RED.value
        newest = day_book.c.business_day.desc()
        with self._units.read() as connection:
            rows = [
                row
                for which, order in ((grey, (newest,)), (red, (day_book.c.compared_at, newest)))
                for row in connection.execute(
                    day_book.select().where(which).order_by(*order).limit(_DAYS_PER_CYCLE)
                )
            ]
        return [_Open(row.till_id, row.business_day, figures_from(json.loads(row.figures))) for row in rows]

    def _compare(self, one: _Open) -> BookColour:
        there = self._ask(one)
        differences = () if there is None else compare_days(one.figures, there)
        colour = BookColour.RED if there is None or differences else BookColour.GREEN
        values = {
            "colour": colour.value,
            "compared_at": self._clock.now(),
            "server_figures": None if there is None else json.dumps(there.to_json()),
            "differences": json.dumps([[each.name, each.here, each.there] for each in differences]),
        }
        with self._units.write() as unit:
            unit.connection.execute(
                day_book.update()
                .where(
                    day_book.c.till_id == one.till_id,
                    day_book.c.business_day == one.day,
                    # Lines that came meanwhile make the day grey again.
                    day_book.c.last_seq == one.figures.last_seq,
                )
                .values(values)
            )
        return colour

    def _ask(self, one: _Open) -> DayFigures | None:
        try:
            answer = self._client.call("GET", f"/v1/books/{one.till_id}/{one.day}")
        except ServerRefusal as refusal:
            if refusal.status == 404:
                return None
            raise
        there = self._client.read(answer, DayBook)
        return figures_from(there.model_dump())


def figures_from(value: dict[str, Any]) -> DayFigures:
    """Return figures that were written as JSON."""
    return DayFigures(
        first_seq=value["first_seq"],
        last_seq=value["last_seq"],
        last_hash=value["last_hash"],
        pieces=value["pieces"],
        sums_minor={kind: amount for kind, amount in value["sums_minor"].items() if amount},
        tenders_minor={kind: amount for kind, amount in value["tenders_minor"].items() if amount},
        tokens=value["tokens"],
        units_milli=value["units_milli"],
    )


def _add_lines(connection: Connection, till_id: UUID, lines: Sequence[StoredLine]) -> None:
    tallies: dict[str, DayTally] = {}
    for line in lines:
        event = json.loads(line.data)
        day = event["business_day"]
        tally = tallies.get(day)
        if tally is None:
            tally = tallies[day] = _tally(connection, till_id, day)
        tally.add(line.seq, line.hash.hex(), kind=event["kind"], body=event["body"])
    for day, tally in tallies.items():
        figures = tally.figures()
        values = {
            "figures": json.dumps(figures.to_json()),
            "last_seq": figures.last_seq,
            "colour": BookColour.GREY.value,
        }
        connection.execute(
            insert(day_book)
            .values(till_id=till_id, business_day=day, **values)
            .on_conflict_do_update(index_elements=["till_id", "business_day"], set_=values)
        )


def _tally(connection: Connection, till_id: UUID, day: str) -> DayTally:
    """Return a tally that goes on where the day's stored figures end."""
    stored = connection.execute(
        day_book.select()
        .where(day_book.c.till_id == till_id, day_book.c.business_day == day)
        .with_only_columns(day_book.c.figures)
    ).scalar()
    return DayTally() if stored is None else DayTally.from_figures(figures_from(json.loads(stored)))
