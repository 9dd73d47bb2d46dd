"""Proposes what this till has from files and head office does not know: a register from before it enrolled.

What is made by hand is proposed at once (docs/sync.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import Connection

from pos.models.ledger_book import Book
from pos.models.office_link import enrolling_actor
from pos.models.proposals import About, keep_proposal
from pos.models.queries.office import (
    OwnPage,
    is_pulled,
    keep_register_mark,
    own_customers,
    own_meters,
    register_mark,
)
from pos.models.uow import Units, WriteUnit
from pos.system.clock import Clock
from pos.system.ids import new_id

UNIT_ROWS = 50
CYCLE_UNITS = 40
"""At most so many units a cycle: two thousand rows a minute leave the line to the sales."""
PAUSE_S = 0.008

_PAGES: Mapping[str, Callable[[Connection, str], OwnPage]] = MappingProxyType(
    {
        "meters": lambda connection, mark: own_meters(connection, mark, limit=UNIT_ROWS),
        "customers": lambda connection, mark: own_customers(connection, mark, limit=UNIT_ROWS),
    }
)


class Register:
    """Turns rows into proposals, once what head office has is here; each row once, broken off or not."""

    def __init__(self, units: Units, book: Book, clock: Clock, *, pause: Callable[[float], None]) -> None:
        self._units = units
        self._book = book
        self._clock = clock
        self._pause = pause

    def run(self, *, is_cancelled: Callable[[], bool] = lambda: False) -> int:
        """Propose what is not known at head office; returns how many rows. Raises MachineFault `disk.*`."""
        done = 0
        for resource in _PAGES:
            for _ in range(CYCLE_UNITS):
                rows = 0 if is_cancelled() else self._propose(resource)
                done += rows
                if rows < UNIT_ROWS:
                    break
                self._pause(PAUSE_S)
        return done

    def _propose(self, resource: str) -> int:
        with self._units.read() as connection:
            mark = register_mark(connection, resource)
            if not is_pulled(connection, resource) or _PAGES[resource](connection, mark) == OwnPage((), mark):
                return 0
        with self._units.write() as unit:
            page = _PAGES[resource](unit.connection, mark)
            for row in page.rows:
                is_meter = resource == "meters"
                about = About(meter_key=row.key) if is_meter else About(customer_key=row.key)
                proposal_id = new_id(self._clock.now())
                body = keep_proposal(unit.connection, about, proposal_id=proposal_id, record=row.record)
                self._book.record(unit, "record_proposed", body, actor=_actor(unit))
            keep_register_mark(unit.connection, resource, page.mark)
        return len(page.rows)


def _actor(unit: WriteUnit) -> UUID:
    actor = enrolling_actor(unit.connection)
    assert actor is not None, "a till that pulls was enrolled by somebody"
    return actor
